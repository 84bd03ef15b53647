"""Verdicts, changed profiles, absences, replays and audits in words: golden texts in both languages.

The golden texts are in tests/golden/steering-<language>.txt; `WATCHER_GOLDEN=write pytest` with
this file writes them again. Look at what changed before keeping it.
"""

import io
import json
import os
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from rich.console import RenderableType

from watcher.absence import Absence
from watcher.articles import Article
from watcher.audit import Recall
from watcher.health import Health
from watcher.profiles import Profile, Term
from watcher.relevance import Match, Score
from watcher.render import steering
from watcher.render.json import absence_json, audit_json, difference_json, learnt_json, marked_json, replayed_json
from watcher.render.steering import (
    absence_page,
    audit_page,
    difference_table,
    marked_said,
    replay_page,
    undone_said,
)
from watcher.render.terminal import console
from watcher.replay import Replayed, Shift
from watcher.rules import Ruling
from watcher.run import Audit, Difference, Learnt, Marked
from watcher.sources import Source, SourceState, Trouble
from watcher.store import Remembered
from watcher.verdicts import Change

GOLDEN = Path(__file__).parent / "golden"
PARIS = ZoneInfo("Europe/Paris")
NOW = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)


def term(label: str, *seeds: str) -> Term:
    return Term(key=label, french=(label,), english=(), facet="", weight=0.5, general=5.0, biomedical=2.0, seeds=seeds)


def known(number: int, title: str) -> Remembered:
    article = Article(source="a", url=f"https://a.example/{number}", title=title, language="fr", published=NOW)
    return Remembered(
        id=number, article=article, first_seen=NOW, changed=None, story=number, sources=("a",), aliases=(), cites=(),
        scores=(("fer", 41.0),),
    )  # fmt: skip


ONE, TWO = known(123, "La {ferroptose} : [red]des lysosomes[/red]"), known(124, "")
PROFILE = Profile(name="fer", terms=(term("ferroptose", "a.md"),), seeds=("a.md",))
CHANGES = (
    Change(term=term("ferroptose", "a.md", "+#123"), before=1.0, after=1.15, because=("+#123",)),
    Change(term=term("organoïde", "+#123"), before=0.0, after=0.12, because=("+#123",)),
    Change(term=term("sarcome", "a.md", "-#124"), before=0.5, after=0.45, because=("-#124",)),
    Change(term=term("souris", "a.md"), before=0.3, after=0.0, because=()),
    *(Change(term=term(f"terme {n}", "a.md"), before=0.1, after=0.11, because=("b.md",)) for n in range(5)),
)
LEARNT = Learnt(profile=PROFILE, changes=CHANGES)
MATCH = Match(key="fer", label="fer", fields=("title",), count=1, weight=0.5, contribution=41.04)
SCORE = Score(profile="fer", value=41.04, matches=(MATCH,))
SOURCES = tuple(
    Health(source=Source(id=name, url=f"https://{name}.example/", name=name.title()), state=state, word=word)  # type: ignore[arg-type]
    for name, word, state in (
        ("lente", "broken", SourceState(source="lente", trouble=Trouble(kind="timeout"), failures=2, since=NOW)),
        ("bonne", "well", SourceState(source="bonne", ok=NOW, due=NOW + timedelta(hours=6))),
    )
)
ABSENCES = (
    Absence(stage="unknown"),
    Absence(stage="unknown", sources=SOURCES),
    Absence(stage="background", known=ONE),
    Absence(stage="rejected", known=ONE, profile="fer"),
    Absence(stage="rule", known=ONE, ruling=Ruling(name="never", word="souris", profile="")),
    Absence(stage="rule", known=ONE, ruling=Ruling(name="must", word="patients", profile="fer")),
    Absence(stage="merged", known=ONE, lead=TWO),
    Absence(stage="notice", known=ONE, lead=TWO),
    Absence(
        stage="below", known=ONE, profile="fer", threshold=50, score=SCORE, lacking=(term("CD44"), term("lysosome"))
    ),
    Absence(stage="below", known=ONE),
    Absence(stage="outside", known=ONE, profile="fer", threshold=50, score=SCORE),
    Absence(stage="shown", known=ONE, profile="fer", threshold=50, score=SCORE),
)
REPLAYED = (
    Replayed(
        profile="fer",
        added=(Shift(article=ONE, before=41, after=62, now=1),),
        dropped=(Shift(article=TWO, before=55, after=30, was=4),),
        moved=(Shift(article=known(7, "Un troisième"), before=70, after=60, was=1, now=2),),
        same=3,
    ),
    Replayed(profile="os", added=(), dropped=(), moved=(), same=2),
)


def audit(asked: tuple[Remembered, ...], labelled: int, recall: Recall | None) -> Audit:
    return Audit(
        profile="fer", week="2026-W10", since=NOW, floor=20, asked=asked, labelled=labelled, found=1, recall=recall
    )


RECALL = Recall(value=0.84, low=0.61, high=0.93, shown=42, missed=8.0, missing=2)
AUDITS = (audit((ONE, TWO), 0, None), audit((TWO,), 19, RECALL), audit((), 20, RECALL), audit((), 0, RECALL))
MARKED = tuple(
    tuple(Marked(article=one, profile="fer", keep=keep) for one in those)
    for those, keep in (((ONE,), True), ((ONE, TWO), True), ((TWO,), False), ((ONE, TWO), None))
)
DIFFERENCES = (
    Difference(profile=PROFILE, since=NOW, changes=CHANGES),
    Difference(profile=PROFILE, since=None, changes=()),
)


def parts(language: str) -> Iterator[RenderableType]:
    for marked in MARKED:
        yield from marked_said(marked, (LEARNT,) if marked[0].keep else (), language)
    yield undone_said("fer", (123, 124), (LEARNT,), language)
    yield undone_said("fer", (), (), language)
    for difference in DIFFERENCES:
        yield difference_table(difference, language, PARIS)
    for absence in ABSENCES:
        yield absence_page(absence, language, PARIS)
        yield ""
    yield from replay_page(REPLAYED, language)
    for one in AUDITS:
        yield from audit_page(one, language, PARIS)
        yield ""


def shown(language: str) -> str:
    screen = console(width=100, colour=False)
    screen.file = io.StringIO()
    for part in parts(language):
        screen.print(part)
    return "".join(f"{line.rstrip()}\n" for line in screen.file.getvalue().splitlines())


@pytest.mark.parametrize("language", ["fr", "en"])
def test_golden(language: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("FORCE_COLOR", "NO_COLOR", "COLUMNS", "LINES"):
        monkeypatch.delenv(name, raising=False)
    text = shown(language)
    file = GOLDEN / f"steering-{language}.txt"
    if os.environ.get("WATCHER_GOLDEN") == "write":
        file.write_text(text, encoding="utf-8")
    assert text == file.read_text(encoding="utf-8")
    assert "[red]" in text  # a title is no markup
    assert not re.search(r"\{(?!ferroptose)", text)  # every place was filled


def test_every_saying_is_used() -> None:
    code = Path(steering.__file__).read_text(encoding="utf-8").partition("# fmt: skip")[2]
    built = {f"replay-{key}" for key in ("added", "dropped", "moved", "same")} | {
        "rule-never",
        "rule-must",
        "up",
        "down",
    }
    built |= {"added", "dropped"}
    assert {key for key in steering._SAYINGS if f'"{key}"' not in code} <= built


def test_everything_can_be_written_for_other_programs() -> None:
    for facts in (
        *map(absence_json, ABSENCES), *map(replayed_json, REPLAYED), *map(audit_json, AUDITS),
        *map(difference_json, DIFFERENCES), learnt_json(LEARNT), *(marked_json(m) for those in MARKED for m in those),
    ):  # fmt: skip
        assert json.loads(json.dumps(facts)) == facts
