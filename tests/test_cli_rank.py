"""`watcher rank` with what was kept and rejected, as it is typed; and tables as files of articles."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Typed = Callable[..., Any]

TABLE = """id;title;abstract
a;La ferroptose tue les cellules;Le fer des lysosomes déclenche la ferroptose.
b;Ferroptosis and iron;Iron kills persister cells by lipid peroxidation.
c;Ferroptosis of plants;Plants in drought lose their leaves.
d;Drought and plants;Plants of the coast need light.
e;The town hall;It opens on Monday.
"""


@pytest.fixture
def typed(tmp_path: Path) -> Typed:
    """What a command prints, in a folder that holds a table and a seed."""
    (tmp_path / "seeds").mkdir()
    (tmp_path / "seeds/fer.txt").write_text("La ferroptose des cellules, par le fer.", encoding="utf-8")
    (tmp_path / "a.csv").write_bytes(TABLE.encode("cp1252"))

    def run(*words: str, code: int = 0) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "watcher", *words],
            check=False,
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1]), "COLUMNS": "120"},
            capture_output=True,
            text=True,
        )
        assert done.returncode == code, done.stderr
        assert "Traceback" not in done.stderr
        return done.stderr if code else done.stdout

    return run


def ids(said: str) -> list[str]:
    return [json.loads(line)["id"] for line in said.splitlines()]


def test_what_was_answered_is_left_out_and_taught(typed: Typed, tmp_path: Path) -> None:
    plain = ids(typed("rank", "a.csv", "--seeds", "seeds", "--format", "jsonl"))
    assert sorted(plain) == list("abcde")
    (tmp_path / "said.txt").write_text("d keep\n\na garder\nd reject\n", encoding="utf-8-sig")
    words = ("rank", "a.csv", "--seeds", "seeds", "--verdicts", "said.txt", "--format", "jsonl")
    taught = ids(typed(*words))
    assert taught[0] == "b"
    assert sorted(taught) == ["b", "c", "e"]
    assert ids(typed(*words, "--limit", "1")) == ["b"]
    (one,) = [json.loads(line) for line in typed(*words, "--limit", "1", "--explain").splitlines()]
    assert sum(match["contribution"] for match in one["matches"]) == pytest.approx(one["score"])


def test_kept_articles_are_seeds(typed: Typed) -> None:
    assert ids(typed("rank", "a.csv", "--keep", "a", "--format", "jsonl"))[0] == "b"
    assert ids(typed("rank", "a.csv", "--keep", "d", "--format", "jsonl"))[0] == "c"


def test_a_table_shows_what_speaks_against(typed: Typed) -> None:
    table = typed("rank", "a.csv", "--keep", "b", "--reject", "d")
    assert "La ferroptose tue" in table
    assert "− " in table


def test_a_table_can_be_grouped(typed: Typed) -> None:
    assert ids(typed("group", "a.csv", "--format", "jsonl")) == list("abcde")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "--seeds"),
        (("--reject", "a"), "--seeds"),
        (("--keep", "zz"), "« zz »"),
        (("--keep", "a", "--reject", "a"), "« a »"),
        (("--verdicts", "missing.txt"), "missing.txt"),
        (("--verdicts", "bad.txt"), "bad.txt, ligne 2"),
        (("--verdicts", "latin.txt"), "latin.txt"),
    ],
)
def test_what_cannot_be_used_is_one_line(typed: Typed, tmp_path: Path, words: tuple[str, ...], said: str) -> None:
    (tmp_path / "bad.txt").write_text("a keep\nkeep\n", encoding="utf-8")
    (tmp_path / "latin.txt").write_bytes("a écarter".encode("cp1252"))
    error = typed("rank", "a.csv", *words, code=2)
    assert said in error
    assert len(error.splitlines()) == 1


def test_a_table_without_titles_is_one_line(typed: Typed, tmp_path: Path) -> None:
    (tmp_path / "b.csv").write_text("nom;texte\nfer;cellules\n", encoding="utf-8")
    assert "nom, texte" in typed("group", "b.csv", code=2)
