"""The digest as plain text: golden, narrow, and nothing in it but text."""

import re

import pytest
from digests import DIGEST, FAILED, HOSTILE, PARIS, PARTLY, QUIET, golden, titled

from watcher.render.text import WIDTH, text


@pytest.mark.parametrize("language", ["fr", "en"])
def test_golden(language: str) -> None:
    golden(f"text-{language}.txt", text(DIGEST, language, PARIS))


def test_only_addresses_are_longer_than_a_line() -> None:
    assert all(
        len(one) <= WIDTH or re.fullmatch(r" *https?://\S+", one) for one in text(DIGEST, "fr", PARIS).split("\n")
    )


def test_the_outcomes_are_told_apart_in_words() -> None:
    quiet, partly, failed = (text(d, "fr", PARIS) for d in (QUIET, PARTLY, FAILED))
    assert "les sources ont répondu" in quiet
    assert "dans les sources qui ont répondu" in " ".join(partly.split())
    assert "n’est pas une absence de nouvelles" in " ".join(failed.split())
    assert ["1\u00a0source\u00a0en\u00a0panne" in said for said in (quiet, partly, failed)] == [False, True, True]
    assert ["Institut Curie refuse les programmes" in said for said in (quiet, partly, failed)] == [False, True, True]


@pytest.mark.parametrize("attack", HOSTILE)
def test_nothing_commands_a_terminal(attack: str) -> None:
    said = text(titled(attack), "fr", PARIS)
    assert all(c.isprintable() or c in "\n\u00a0\u202f" for c in said)
    assert not re.search("[\u202a-\u202e\u2066-\u2069\u200b]", said)
