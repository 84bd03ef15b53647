"""What the check of the dependencies makes of pip-audit's answer: a check that could not be made is no good news."""

import importlib.util
import json
import re
from pathlib import Path
from types import ModuleType

import pytest

PROJECT = Path(__file__).parent.parent


@pytest.fixture
def tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("check_dependencies", PROJECT / "tools" / "check_dependencies.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


WELL = {"name": "a", "version": "1", "vulns": []}
ILL = {"name": "b", "version": "2", "vulns": [{"id": "PYSEC-1", "fix_versions": ["2.1"]}]}
SKIPPED = {"name": "c", "skip_reason": "Dependency not found on PyPI and could not be audited: c (1)"}


@pytest.mark.parametrize(
    ("answer", "code", "said"),
    [
        (json.dumps({"dependencies": [WELL]}), 0, "1 dependencies looked up"),
        (json.dumps({"dependencies": [WELL, ILL]}), 1, "VULNERABLE: b 2: PYSEC-1, mended in 2.1"),
        (json.dumps({"dependencies": [ILL, SKIPPED]}), 1, "VULNERABLE: b 2"),
        (json.dumps({"dependencies": [WELL, SKIPPED]}), 3, "NOT CHECKED: 1 of 2 dependencies: c"),
        (json.dumps({"dependencies": []}), 3, "NOT CHECKED"),
        ("", 3, "NOT CHECKED"),
        ("null", 3, "NOT CHECKED"),
    ],
)
def test_only_what_was_looked_up_is_well(tool: ModuleType, answer: str, code: int, said: str) -> None:
    found, lines = tool.verdict(answer)
    assert found == code
    assert lines[0].startswith(said)


def test_every_locked_dependency_has_its_hashes() -> None:
    locked = (PROJECT / "requirements-dev.txt").read_text(encoding="utf-8")
    pinned = re.split(r"\n(?=[a-z0-9])", locked.replace("\\\n", " "), flags=re.IGNORECASE)
    pinned = [line for line in pinned if not line.startswith("#")]
    assert len(pinned) > 50
    assert all(re.match(r"[\w.-]+(\[[\w,]+\])?==\S+\s", line) and "--hash=sha256:" in line for line in pinned), pinned
