"""The digest in every form, as a person asks for it: on stdout, in a file, in a browser."""

import csv
import io
import json
import os
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import feedparser
import pytest
import rispy
from digests import DIGEST, PARIS

from watcher.cli.forms import FORMS, formed

Typed = Callable[..., Any]

SETTINGS = """
sources:
  - {id: gazette, url: "https://gazette.example/rss"}
profiles:
  - {name: ferroptose, seeds: seeds, threshold: 1}
"""
SEED = "La ferroptose tue les cellules persistantes\n\nLe fer des lysosomes déclenche la ferroptose des cellules."
RECORD = {
    "id": "un",
    "title": "La ferroptose tue les cellules persistantes",
    "text": "Le fer des lysosomes déclenche la ferroptose des cellules cancéreuses persistantes qui portent CD44.",
    "url": "https://gazette.example/fer",
    "doi": "10.5555/fer.1",
}


@pytest.fixture
def typed(tmp_path: Path) -> Typed:
    """Type a command in a folder that knows one article; returns what the program gave back, as bytes."""
    (tmp_path / "feeds.yaml").write_text(SETTINGS, encoding="utf-8")
    (tmp_path / "seeds").mkdir()
    (tmp_path / "seeds" / "un.txt").write_text(SEED, encoding="utf-8")
    (tmp_path / "un.jsonl").write_text(json.dumps(RECORD), encoding="utf-8")

    def typed(*words: str, code: int = 0, **wishes: str) -> Any:
        environment = {
            k: v for k, v in os.environ.items() if k in ("PATH", "LANG", "PYTHONPATH") or k.startswith("COV")
        }
        environment |= {"HOME": str(tmp_path), "PYTHONIOENCODING": "utf-8", "PYTHONWARNINGS": "error"}
        environment |= {"TMPDIR": str(tmp_path), "BROWSER": "false"} | wishes
        command = [sys.executable, "-m", "watcher", *words]
        run = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, timeout=60, check=False)
        assert run.returncode == code, run.stderr.decode()
        assert b"Traceback" not in run.stderr
        return run

    typed("import", "un.jsonl")
    return typed


def test_every_form_says_the_story(typed: Typed) -> None:
    for form in FORMS:
        assert "La ferroptose tue" in typed("digest", "--format", form).stdout.decode(), form


def test_other_programs_read_what_is_meant_for_them(typed: Typed) -> None:
    made = {form: typed("digest", "--format", form).stdout for form in ("json", "atom", "ris", "csv")}
    assert json.loads(made["json"]) == json.loads(typed("digest", "--json").stdout) | {
        "start": json.loads(made["json"])["start"],
        "end": json.loads(made["json"])["end"],
    }
    assert not feedparser.parse(made["atom"]).bozo
    assert rispy.loads(made["ris"].decode())[0]["doi"] == "10.5555/fer.1"
    assert next(csv.DictReader(io.StringIO(made["csv"].decode())))["doi"] == "10.5555/fer.1"


def test_a_file_gets_the_form_and_stdout_nothing(typed: Typed, tmp_path: Path) -> None:
    run = typed("digest", "--format", "bibtex", "--output", "veille.bib")
    assert run.stdout == b""
    assert (tmp_path / "veille.bib").read_text(encoding="utf-8").startswith("@article{")
    typed("digest", "--output", "veille.txt")
    assert (tmp_path / "veille.txt").read_text(encoding="utf-8").startswith("Veille du ")


def test_a_file_that_cannot_be_written_is_said(typed: Typed) -> None:
    assert "absent/x.html" in typed("digest", "--format", "html", "--output", "absent/x.html", code=2).stderr.decode()


def test_the_page_is_opened_in_a_browser(typed: Typed, tmp_path: Path) -> None:
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\nprintf %s "$1" > {tmp_path}/opened\n')
    browser.chmod(browser.stat().st_mode | stat.S_IXUSR)
    run = typed("digest", "--open", BROWSER=f"{browser} %s")
    address = (tmp_path / "opened").read_text()
    file = Path(address.removeprefix("file://"))
    assert "La ferroptose tue" in file.read_text(encoding="utf-8")
    assert file.parent.stat().st_mode & 0o077 == 0
    assert str(file) in run.stderr.decode()
    typed("digest", "--open", "--output", "page.html", BROWSER=f"{browser} %s")
    assert (tmp_path / "opened").read_text() == (tmp_path / "page.html").resolve().as_uri()


def test_only_a_page_is_opened(typed: Typed) -> None:
    assert "--format ris" in typed("digest", "--open", "--format", "ris", code=2).stderr.decode()


def test_every_form_is_made_of_any_digest() -> None:
    for form in FORMS[1:]:
        assert b"ferropt" in formed(DIGEST, form, "fr", PARIS)
