"""How sources fare, as a table: golden texts, everything said under what to do, never wider than the screen.

The golden texts are in tests/golden/faring-<language>-<width>.txt, without the spaces that rich leaves at line ends.
`WATCHER_GOLDEN=write pytest tests/test_render_faring.py` writes them again; look at what changed before keeping it.
"""

import io
import os
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import get_args
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from watcher.health import Advice, Health, Word, judge_all
from watcher.render.faring import health_table
from watcher.render.terminal import console
from watcher.render.words import ADVICE, FARES, TO_DO, briefly_said, short_day
from watcher.sources import Source, SourceState, Trouble, TroubleKind, after_move, after_trouble

GOLDEN = Path(__file__).parent / "golden"
PARIS = ZoneInfo("Europe/Paris")
NOW = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
DAY = timedelta(days=1)
NAMES = """\
Inserm, salle de presse|Inserm, salle de presse, rubrique Cancer|CNRS [Le Journal]|Institut Pasteur
Gustave Roussy|Unicancer
Fédération nationale des centres de lutte contre le cancer et de leurs partenaires|HAS|ANSM|Egora
RT Flash|Le Monde — Santé|Libération|La Recherche|Nature|Pour la Science|Académie nationale de médecine
Allodocteurs|INCa|AP-HP|Pourquoi Docteur|Vidal|APMnews|Destination Santé|Institut Curie|Fondation ARC
Centre Léon Bérard|IUCT-Oncopole"""
SOURCES = tuple(
    Source(id=f"s{n}", name=name, url=f"https://s{n}.example/feed")
    for n, name in enumerate(NAMES.replace("\n", "|").split("|"))
)
TROUBLES: dict[int, tuple[TroubleKind, int | None, int, str]] = {  # kind, status, days ago, detail
    17: ("dns", None, 30, ""), 18: ("tls", None, 12, ""), 19: ("selector", None, 3, "ul.actus > li"),
    7: ("blocked", 403, 60, ""), 20: ("gone", 410, 1, ""), 21: ("not-a-feed", None, 400, ""), 22: ("http", 503, 2, ""),
    23: ("empty", None, 5, ""), 5: ("timeout", None, 9, ""),
}  # fmt: skip


def state(number: int, **changes: object) -> SourceState:
    facts: dict[str, object] = {"checked": NOW, "ok": NOW, "first": NOW - 500 * DAY}
    facts |= {"newest": NOW - number * DAY / 4, "articles": number**3 + 3}
    return SourceState(source=f"s{number}", **(facts | changes))  # type: ignore[arg-type]


def states() -> list[SourceState]:
    found = [state(number) for number in range(len(SOURCES))]
    for number, (kind, status, days, detail) in TROUBLES.items():
        trouble = Trouble(kind=kind, status=status, detail=detail)
        found[number] = after_trouble(found[number], trouble, NOW - days * DAY)
    found[12] = replace(found[12], gap=NOW - DAY)
    quiet = {"newest": NOW - 40 * DAY, "usual_gap": 3 * DAY}
    found[13] = state(13, gap=NOW - 2 * DAY, flood=NOW, held=41, **quiet)
    found[14] = after_move(found[14], SOURCES[14], "https://www.nouvelle.example/rubriques/sante.rss", NOW - 8 * DAY)
    found[15] = state(15, newest=NOW - 500 * DAY, usual_gap=DAY)
    found[16] = state(16, newest=None, same_since=NOW - 40 * DAY)
    found[24] = SourceState(source="s24")
    return found


FOUND = [judge_all(source, now, NOW) for source, now in zip(SOURCES, states(), strict=True)]


def printed(fares: list[tuple[Health, ...]], language: str, width: int) -> str:
    screen = console(width=width, colour=False)
    screen.file = io.StringIO()
    screen.print(health_table(fares, language, PARIS, now=NOW, width=width))
    return re.sub(r" +$", "", screen.file.getvalue(), flags=re.MULTILINE)


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("width", [80, 100, 140])
def test_golden(language: str, width: int) -> None:
    text = printed(FOUND, language, width)
    file = GOLDEN / f"faring-{language}-{width}.txt"
    if os.environ.get("WATCHER_GOLDEN") == "write":
        file.write_text(text, encoding="utf-8")
    assert text == file.read_text(encoding="utf-8")


def test_what_a_person_must_do_comes_first_and_the_well_last() -> None:
    text = printed(FOUND, "fr", 100)
    plain = text.replace("\u00a0", " ").replace("\u202f", " ")
    found = {key: plain.find(head) for key, (head, _) in TO_DO.items()}
    assert [key for key, at in found.items() if at < 0] == ["allow-host"]
    assert (there := [at for at in found.values() if at >= 0]) == sorted(there)
    assert text.splitlines()[-1].endswith("2\u00a0silencieuses")


def test_every_thing_to_know_of_a_source_is_said_under_what_to_do_about_it() -> None:
    text = printed([FOUND[13]], "en", 100)
    assert [health.word for health in FOUND[13]] == ["flood", "gap", "silent"]
    assert text.count("La Recherche") == 3
    assert all(phrase in text for phrase in ("41 new at once", "no article known before", "usually every 3 days"))
    assert text.splitlines()[-1].replace("\u00a0", " ") == "1 source: 1 with a flood"


def test_sources_that_were_never_asked_are_only_named() -> None:
    fares = [judge_all(source, SourceState(source=source.id), NOW) for source in SOURCES]
    text = printed(fares, "fr", 80)
    assert "articles" not in text
    assert text.splitlines()[-1].replace("\u00a0", " ") == f"{len(SOURCES)} sources : {len(SOURCES)} jamais interrogées"
    assert len(text.splitlines()) < len(SOURCES)


@settings(max_examples=40, deadline=None)
@given(
    width=st.integers(20, 250),
    language=st.sampled_from(["fr", "en"]),
    chosen=st.sets(st.integers(0, len(SOURCES) - 1), min_size=1),
)
def test_no_line_is_wider_than_the_screen_and_no_source_is_missing(width: int, language: str, chosen: set[int]) -> None:
    text = printed([FOUND[number] for number in sorted(chosen)], language, width)
    assert max(len(line) for line in text.splitlines()) <= width
    if width >= 80:
        assert all(SOURCES[number].name[:16] in text for number in chosen)


@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_word_advice_and_trouble_can_be_said(language: str) -> None:
    at = language == "en"
    assert all(FARES[word][at] for word in get_args(Word))
    assert all(ADVICE[advice][at] or not advice for advice in get_args(Advice))
    assert set(TO_DO) == {*get_args(Advice), "silent", "well"} - {""}
    for kind in get_args(TroubleKind):
        ill = after_trouble(SourceState(source="s0"), Trouble(kind=kind, status=418, detail="détail"), NOW)
        said = briefly_said(language, judge_all(SOURCES[0], ill, NOW)[0])
        assert said
        assert "{" not in said


@pytest.mark.parametrize(
    ("moment", "french", "english"),
    [
        (NOW, "2 mars", "2 Mar"),
        (datetime(2026, 1, 31, 23, 30, tzinfo=UTC), "1er févr.", "1 Feb"),  # in Paris
        (datetime(2025, 8, 15, tzinfo=UTC), "15 août", "15 Aug"),
        (datetime(2025, 5, 1, tzinfo=UTC), "mai 2025", "May 2025"),
        (datetime(2027, 12, 24, tzinfo=UTC), "déc. 2027", "Dec 2027"),
    ],
)
def test_short_days(moment: datetime, french: str, english: str) -> None:
    assert short_day("fr", moment, PARIS, now=NOW) == french
    assert short_day("en", moment, PARIS, now=NOW) == english
