"""Digests and lists for other programs: complete, exact, one line."""

import json
import math
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from watcher.articles import Article
from watcher.digest import Digest, Line, Outlet, Section
from watcher.health import Health
from watcher.ownpages import OwnPage
from watcher.profiles import ProfileSetting, learn
from watcher.relevance import judge
from watcher.render.json import article_json, digest_json, dumped, profile_json, report_json, source_json, time
from watcher.run import RunReport, SourceReport
from watcher.seeds import Seed
from watcher.sources import Source, SourceState, Trouble
from watcher.store import Remembered, RunSummary

NOW = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
SOURCE = Source(id="inserm", url="https://inserm.example/feed", name="Inserm")
LATE = SourceState(source="inserm", checked=NOW, failures=2, trouble=Trouble(kind="http", status=503, detail="Busy"))


SEED = Seed(name="a.md", title="Ferroptose", text="La ferroptose part du lysosome. Le fer du lysosome la déclenche.")
PROFILE = learn((SEED,), ProfileSetting(name="fer", seeds=Path("seeds/fer")))
ARTICLE = Article(
    source="inserm",
    url="https://inserm.example/1",
    title="La ferroptose part du lysosome",
    summary="« Le fer » s’accumule.\nLa ferroptose suit.",
    language="fr",
    published=NOW - timedelta(days=1),
)
KNOWN = Remembered(
    id=3,
    article=ARTICLE,
    first_seen=NOW,
    changed=None,
    story=2,
    sources=("inserm",),
    aliases=(("doi", "10.5555/x"), ("url", "https://inserm.example/1")),
    cites=(),
    scores=(("fer", 61.5),),
)


def digest() -> Digest:
    (score,) = judge(ARTICLE, (PROFILE,))
    outlet = Outlet(source="Inserm", article=3, url=ARTICLE.url, title=ARTICLE.title, language="fr", published=None)
    line = Line(lead=KNOWN, score=score, scored=3, outlets=(outlet,), also=("autre",), fresh=(3,))
    return Digest(
        start=NOW - timedelta(days=7),
        end=NOW,
        sections=(Section(profile="fer", threshold=50.0, lines=(line,)),),
        read=4,
        set_aside=3,
        sources=1,
        troubles=(Health(source=SOURCE, state=LATE),),
    )


def test_a_digest_holds_what_the_screen_shows() -> None:
    facts = digest_json(digest())
    (section,) = facts["sections"]
    (line,) = section["lines"]
    assert (facts["outcome"], facts["read"], facts["set_aside"], facts["sources"]) == ("news", 4, 3, 1)
    assert (facts["start"], facts["end"]) == ("2026-02-23T06:00:00+00:00", "2026-03-02T06:00:00+00:00")
    assert (section["profile"], section["threshold"]) == ("fer", 50.0)
    assert (line["id"], line["story"], line["title"], line["url"]) == (3, 2, ARTICLE.title, ARTICLE.url)
    assert (line["published"], line["language"], line["new"], line["also"]) == (
        "2026-03-01T06:00:00+00:00",
        "fr",
        1,
        ["autre"],
    )
    assert line["outlets"][0]["published"] is None
    assert facts["troubles"][0]["trouble"] == {"kind": "http", "status": 503, "detail": "Busy"}
    assert facts["notices"] == []


def test_contributions_sum_to_the_value() -> None:
    (section,) = digest_json(digest())["sections"]
    score = section["lines"][0]["score"]
    assert len(score["matches"]) >= 2
    assert math.isclose(math.fsum(m["contribution"] for m in score["matches"]), score["value"], abs_tol=1e-9)
    assert score["article"] == 3


def test_one_line_that_reads_back_with_accents_as_they_are() -> None:
    text = dumped(digest_json(digest()))
    assert "\n" not in text
    assert "« Le fer »" in text
    assert json.loads(text) == digest_json(digest())


texts = st.text(st.characters(codec="utf-8"))
json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | texts,
    lambda inner: st.lists(inner) | st.dictionaries(texts, inner),
    max_leaves=20,
)


@given(json_values)
def test_anything_dumped_is_one_line_and_reads_back(value: Any) -> None:
    text = dumped(value)
    assert "\n" not in text
    assert json.loads(text) == value
    text.encode("utf-8")


def test_an_article_is_written_as_import_reads_it() -> None:
    assert article_json(KNOWN) == {
        "id": "3",
        "title": ARTICLE.title,
        "text": ARTICLE.summary,
        "url": ARTICLE.url,
        "published": "2026-03-01T06:00:00+00:00",
        "first_seen": "2026-03-02T06:00:00+00:00",
        "language": "fr",
        "sources": ["inserm"],
        "aliases": ["doi:10.5555/x", "url:https://inserm.example/1"],
        "story": 2,
        "scores": {"fer": 61.5},
    }


def test_a_profile_with_all_its_terms() -> None:
    facts = profile_json(PROFILE)
    assert (facts["name"], facts["threshold"], facts["seeds"]) == ("fer", 50.0, ["a.md"])
    assert [t["key"] for t in facts["terms"]] == [t.key for t in PROFILE.terms]
    assert facts["terms"][0]["seeds"] == ["a.md"]
    assert facts["fingerprint"] == PROFILE.fingerprint


def test_a_source_and_how_it_fares() -> None:
    facts = source_json(SOURCE, LATE)
    assert (facts["id"], facts["name"], facts["every_minutes"], facts["failures"]) == ("inserm", "Inserm", 360, 2)
    assert facts["checked"] == "2026-03-02T06:00:00+00:00"
    assert source_json(SOURCE, SourceState(source="inserm"))["trouble"] is None


def test_a_report_source_by_source() -> None:
    run = RunSummary(started=NOW, finished=NOW, asked=2, failed=1, new=5, known=1)
    reports = (
        SourceReport(source=SOURCE, new=5, known=1, changed=1),
        SourceReport(source=SOURCE, trouble=Trouble(kind="dns")),
    )
    page = OwnPage(article=3, url="https://a.example/3", asked=NOW, outcome="read", text="Texte")
    facts = report_json(RunReport(summary=run, sources=reports, resting=7, pages=(page,)))
    assert [(p["article"], p["outcome"], p["due"], p["characters"]) for p in facts["pages"]] == [("3", "read", None, 5)]
    assert (facts["asked"], facts["resting"], facts["failed"], facts["new"], facts["known"]) == (2, 7, 1, 5, 1)
    assert facts["sources"][0]["changed"] == 1
    assert facts["sources"][1]["trouble"] == {"kind": "dns", "status": None, "detail": ""}


def test_no_time_is_null() -> None:
    assert time(None) is None
