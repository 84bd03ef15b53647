"""The words of every form: plurals, dates, numbers, spaces, sums; and none missing for what the rooms raise."""

import ast
import math
import string
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import get_args
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

import watcher
from watcher import config, sources, store
from watcher.cli import words as said
from watcher.errors import ConfigError, Mistake, UsageError
from watcher.ownpages import Answer, OwnPage
from watcher.render import words
from watcher.render.words import (
    date_said,
    moment_said,
    number,
    page_said,
    pages_said,
    say,
    spaced,
    summary_said,
    tenths,
    trouble_said,
    units,
)
from watcher.sources import Trouble, TroubleKind
from watcher.store import faults

ROOMS = Path(watcher.__file__).parent
PARIS = ZoneInfo("Europe/Paris")
LANGUAGES = ("fr", "en")


def utc(*when: int) -> datetime:
    return datetime(*when, tzinfo=UTC)  # type: ignore[arg-type,misc]


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


# Plurals, numbers, spaces


@pytest.mark.parametrize(
    ("language", "n", "text"),
    [
        ("fr", 0, "0 article lu"),
        ("fr", 1, "1 article lu"),
        ("fr", 2, "2 articles lus"),
        ("fr", 1312, "1\u202f312 articles lus"),
        ("en", 0, "0 articles read"),
        ("en", 1, "1 article read"),
        ("en", 2, "2 articles read"),
        ("en", 1312, "1,312 articles read"),
    ],
)
def test_plurals(language: str, n: int, text: str) -> None:
    assert say(language, "read", n) == text


@pytest.mark.parametrize(
    ("language", "value", "decimals", "text"),
    [
        ("fr", 1234567.25, 1, "1\u202f234\u202f567,2"),
        ("fr", 0.5, 2, "0,50"),
        ("en", 1234567.25, 1, "1,234,567.2"),
        ("en", 12, 0, "12"),
    ],
)
def test_numbers(language: str, value: float, decimals: int, text: str) -> None:
    assert number(language, value, decimals) == text


def test_french_spaces_before_double_punctuation() -> None:
    assert spaced("fr", "Quoi ? Ceci ; cela ! Fin : « mot »") == (
        "Quoi\u202f? Ceci\u202f; cela\u202f! Fin\u00a0: «\u00a0mot\u00a0»"
    )
    assert spaced("en", "What ? Yes : no") == "What ? Yes : no"


@pytest.mark.parametrize(
    "table", [words._SAYINGS, words._TROUBLE, words.HEADS, words.LABELS, words._PAGES, words._PAGE]
)
def test_no_french_saying_can_be_broken_before_its_punctuation(table: dict[str, tuple[str, str]]) -> None:
    for french, _ in table.values():
        text = spaced("fr", french)
        assert not any(pair in text for pair in (" ;", " :", " !", " ?", "« ", " »")), text
        assert "'" not in text  # ’


@pytest.mark.parametrize(
    "table", [words._SAYINGS, words._TROUBLE, words._PAGES, words._PAGE, said._ERRORS, said._MISTAKES]
)
def test_both_languages_say_the_same_things(table: dict[str, tuple[str, str]]) -> None:
    for key, (french, english) in table.items():
        assert french
        assert english
        for one in french.split("|"):
            for other in english.split("|"):
                assert placeholders(one) == placeholders(other), key


def test_a_run_in_one_line() -> None:
    run = store.RunSummary(started=utc(2026, 1, 1), finished=utc(2026, 1, 1), asked=1, failed=0, new=2, known=1)
    assert summary_said("fr", run, 3) == (
        "1 source interrogée, 3 pas encore échues, 0 en échec · 2 articles nouveaux, 1 déjà connu"
    )
    assert summary_said("en", run, 0) == "1 source asked, 0 not yet due, 0 failed · 2 new articles, 1 already known"


def own(outcome: Answer | TroubleKind, **facts: object) -> OwnPage:
    return OwnPage(article=1, url="https://a.example/1", asked=utc(2026, 3, 1), outcome=outcome, **facts)  # type: ignore[arg-type]


def test_what_came_of_articles_own_pages_in_one_line() -> None:
    pages = [own("read"), own("robots"), own("read"), own("timeout"), own("http", status=404), own("reserved")]
    assert pages_said("fr", pages) == (
        "2 pages lues, 1 refusée par robots.txt, 1 réservée par l’éditeur (fouille de textes), 2 en échec"
    )
    assert pages_said("en", pages[:2]) == "1 page read, 1 refused by robots.txt"
    assert pages_said("fr", pages[1:2]) == "0 page lue, 1 refusée par robots.txt"
    assert pages_said("fr", ()) == ""


def test_what_came_of_one_articles_own_page() -> None:
    read = own("read", text="Texte")
    assert page_said("fr", read, PARIS, judged=True).startswith("lue le 1er mars 2026\u202f; le texte ci-dessous")
    assert page_said("en", read, PARIS, judged=False) == "read on 1 March 2026, says no more"
    assert page_said("en", own("http", status=503, due=utc(2026, 3, 2)), PARIS, judged=False) == (
        "failed on 1 March 2026, to be tried again (503)"
    )
    assert page_said("fr", own("timeout"), PARIS, judged=False) == "échec le 1er mars 2026"


# Dates


@pytest.mark.parametrize(
    ("language", "moment", "text"),
    [
        ("fr", utc(2026, 3, 1, 12), "1er mars 2026"),
        ("fr", utc(2026, 2, 28, 23, 30), "1er mars 2026"),  # already March in Paris
        ("fr", utc(2026, 8, 31, 21, 59), "31 août 2026"),
        ("fr", utc(2026, 8, 31, 22, 0), "1er septembre 2026"),  # summer time
        ("fr", utc(2026, 12, 31, 23, 0), "1er janvier 2027"),
        ("en", utc(2026, 3, 1, 12), "1 March 2026"),
    ],
)
def test_dates_are_those_of_the_zone(language: str, moment: datetime, text: str) -> None:
    assert date_said(language, moment, PARIS) == text


def test_dates_with_the_day_and_without_the_year() -> None:
    assert date_said("fr", utc(2026, 11, 23, 7), PARIS, day=True) == "lundi 23 novembre 2026"
    assert date_said("en", utc(2026, 11, 23, 7), PARIS, day=True) == "Monday 23 November 2026"
    assert date_said("fr", utc(2026, 11, 1, 7), PARIS, day=True, year=False) == "dimanche 1er novembre"
    assert moment_said("fr", utc(2026, 11, 22, 13, 5), PARIS) == "22 novembre 2026, 14:05"


# Sums


@given(st.lists(st.floats(min_value=0, max_value=100), max_size=80))
def test_what_is_shown_adds_up(parts: list[float]) -> None:
    total = math.fsum(parts)
    assert f"{math.fsum(tenths(parts)):.1f}" == f"{total:.1f}"
    assert str(sum(units(parts))) == f"{total:.0f}"
    assert all(abs(shown - part) <= 0.1 + 1e-9 for shown, part in zip(tenths(parts), parts, strict=True))
    assert all(abs(shown - part) <= 1 + 1e-9 for shown, part in zip(units(parts), parts, strict=True))


@pytest.mark.parametrize(
    ("parts", "shown"),
    [
        ([], ()),
        ([0.35], (0.3,)),  # what `number` makes of it, although 0.35 * 10 rounds to 4
        ([33.333, 33.333, 33.334], (33.3, 33.3, 33.4)),
        ([1.05, 1.05, 1.05, 1.05], (1.1, 1.1, 1.0, 1.0)),
    ],
)
def test_tenths(parts: list[float], shown: tuple[float, ...]) -> None:
    assert tenths(parts) == shown


# Nothing that a room raises is without words, and there are no words for what is never raised


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_trouble_has_words(language: str) -> None:
    assert set(words._TROUBLE) == set(get_args(sources.TroubleKind))
    for kind in get_args(sources.TroubleKind):
        text = trouble_said(language, Trouble(kind=kind, status=403))
        assert text
        assert "{" not in text
    assert "403" in trouble_said(language, Trouble(kind="blocked", status=403))


def raised() -> Iterator[tuple[str, set[str]]]:
    """Every reason given to an error of ours anywhere in the house, with the names of its facts."""
    ours = {"WatcherError", "UsageError", "UnreadableError", "StorageError", "LockedError", "UndeliveredError"}
    ours |= {"UnwellError"}
    for file in ROOMS.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ours:
                (reason,) = node.args
                facts = {keyword.arg or "**" for keyword in node.keywords}
                if isinstance(reason, ast.Constant):
                    yield str(reason.value), facts
                else:  # store: what SQLite and the disk say
                    assert file.name == "faults.py"
                    for told in {*faults._REASONS.values(), *faults._OS_REASONS.values()}:
                        yield told, facts


def test_every_error_has_words_that_its_facts_fill() -> None:
    found = list(raised())
    assert len(found) > 15
    for reason, facts in found:
        assert reason in said._ERRORS
        assert placeholders(said._ERRORS[reason][0]) <= facts, reason


def test_no_words_for_errors_that_nobody_raises() -> None:
    assert set(said._ERRORS) == {reason for reason, _ in raised()}


def test_every_mistake_in_the_settings_has_words_and_no_other() -> None:
    assert set(said._MISTAKES) == set(get_args(config.Reason))
    for french, _ in said._MISTAKES.values():
        assert placeholders(french) <= {"got", "hint"}


def test_an_error_is_said_in_one_line() -> None:
    (line,) = said.error_said(UsageError("bad-duration", value="{soon}"))
    assert "{soon}" in line
    assert "12h" in line


def test_every_mistake_is_said_with_its_place_and_the_right_word() -> None:
    mistakes = (
        Mistake(file="feeds.yaml", line=3, where="sources[0].evry", reason="unknown-key", got="evry", hint="every"),
        Mistake(file="feeds.yaml", line=9, where="sources[1].id", reason="duplicate-id", got="a", hint="4"),
        Mistake(file="feeds.yaml", line=0, where="", reason="too-large"),
    )
    first, second, third = said.error_said(ConfigError(mistakes))
    assert first == "feeds.yaml:3: sources[0].evry « evry » : réglage inconnu ; vouliez-vous dire « every » ?"
    assert second == "feeds.yaml:9: sources[1].id identifiant « a » déjà pris ligne 4"
    assert third.startswith("feeds.yaml: fichier trop volumineux")


def test_every_saying_is_used() -> None:
    rooms = "".join(file.read_text(encoding="utf-8") for file in ROOMS.rglob("*.py") if file.name != "words.py")
    rooms += (ROOMS / "render" / "words.py").read_text(encoding="utf-8").partition("def say(")[2]
    unused = {key for key in (*words._SAYINGS, *words.HEADS) if f'"{key}"' not in rooms and f"'{key}'" not in rooms}
    assert unused == set()


@pytest.mark.parametrize(
    ("start", "end", "french", "english"),
    [
        ((2026, 11, 16), (2026, 11, 23), "Veille du 16 au 23 novembre 2026", "Watch from 16 to 23 November 2026"),
        ((2026, 10, 30), (2026, 11, 2),
         "Veille du 30 octobre au 2 novembre 2026",
         "Watch from 30 October to 2 November 2026"),
        ((2025, 12, 30), (2026, 1, 1),
         "Veille du 30 décembre 2025 au 1er janvier 2026",
         "Watch from 30 December 2025 to 1 January 2026"),
    ],
)  # fmt: skip
def test_a_period_says_once_what_its_dates_share(
    start: tuple[int, int, int], end: tuple[int, int, int], french: str, english: str
) -> None:
    first, last = datetime(*start, 12, tzinfo=UTC), datetime(*end, 12, tzinfo=UTC)
    assert words.period_said("fr", first, last, UTC) == french
    assert words.period_said("en", first, last, UTC) == english
