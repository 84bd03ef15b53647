"""Whether a known vulnerability is in one of the locked dependencies; says plainly when that could not be found out.

pip-audit calls it well when it could not look: what its service does not know it skips, with exit code 0. So its answer
is counted here. Exit codes: 0 every dependency was looked up and none is known to be vulnerable, 1 some are, 3 not all
could be looked up.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

LOCKED = Path(__file__).parent.parent / "requirements-dev.txt"
_PATIENCE = 300  # seconds


def verdict(answer: str) -> tuple[int, list[str]]:
    """What pip-audit's JSON means: an exit code, and what to say, a line each."""
    try:
        listed: list[dict[str, Any]] = json.loads(answer)["dependencies"]
    except (ValueError, KeyError, TypeError):
        return 3, ["NOT CHECKED: pip-audit gave no answer; is there a network?"]
    said = [
        f"VULNERABLE: {one['name']} {one['version']}: {found['id']}, mended in {', '.join(found['fix_versions'])}"
        for one in listed
        for found in one.get("vulns", ())
    ]
    unknown = [one["name"] for one in listed if "skip_reason" in one]
    looked = len(listed) - len(unknown)
    if unknown or not listed:
        said.append(f"NOT CHECKED: {len(unknown)} of {len(listed)} dependencies: {', '.join(unknown[:5]) or '-'}...")
    said.append(f"{looked} dependencies looked up")
    return 1 if said[0].startswith("VULNERABLE") else 3 if unknown or not listed else 0, said


def main() -> int:
    """Ask pip-audit, which must be installed for this Python, about the locked versions."""
    asked = ["--disable-pip", "--require-hashes", "--requirement", str(LOCKED), "--format", "json"]
    command = [sys.executable, "-m", "pip_audit", *asked, "--progress-spinner", "off"]
    try:
        done = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=_PATIENCE, check=False)
    except subprocess.TimeoutExpired:
        print(f"NOT CHECKED: no answer within {_PATIENCE} s")
        return 3
    code, said = verdict(done.stdout)
    print("\n".join(said if done.stdout.strip() else [*said, *done.stderr.strip().splitlines()[-1:]]))
    return code


if __name__ == "__main__":
    sys.exit(main())
