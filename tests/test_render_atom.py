"""The digest as a feed: golden, read by a feed reader, and with ids that stay."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import feedparser
import pytest
from digests import DIGEST, FAILED, HOSTILE, NOW, PARIS, QUIET, STORY, golden, outlet, titled

from watcher.digest import Digest, Section
from watcher.render.atom import atom
from watcher.render.sheet import shown


def feed(digest: Digest, language: str = "fr") -> Any:
    found = feedparser.parse(atom(digest, language, PARIS))
    assert not found.bozo
    return found


@pytest.mark.parametrize("language", ["fr", "en"])
def test_golden(language: str) -> None:
    golden(f"digest-{language}.atom", atom(DIGEST, language, PARIS))


def test_a_reader_reads_it() -> None:
    found = feed(DIGEST)
    assert found.version == "atom10"
    assert found.feed.title == "Veille du 23 février au 2 mars 2026"
    paper, undated, ruled, near, also, turned, sources = found.entries
    assert paper.link == "https://www.nature.example/articles/s41586-1?a=1&b=2"
    assert [author.name for author in paper.authors] == ["Lefebvre C", "Zoé Œuvrard", "Consortium Fer and Fils"]
    assert [tag.term for tag in paper.tags] == ["ferroptose"]
    assert "<b>ferroptosis</b>" in paper.content[0].value
    assert undated.title == "(sans titre)"
    assert "published" not in undated
    assert "« une piste »" in ruled.title.replace("\u00a0", " ")
    assert turned.title == "rétracté — Ferritinophagy & relapse: a cohort"
    assert sources.title.startswith("Sources à surveiller")
    assert "http://" not in near.content[0].value
    assert 'href="https://bench.example/iron?a=1&amp;b=2"' in near.content[0].value
    assert "&lt;melanoma&gt;" in near.content[0].value
    assert "(sans titre)" in also.content[0].value
    assert len({entry.id for entry in found.entries}) == 7
    assert all(entry.id.startswith("tag:") and entry.updated for entry in found.entries)


def test_a_failure_is_an_entry_and_nothing_new_is_none() -> None:
    assert [len(feed(d).entries) for d in (QUIET, FAILED)] == [0, 1]
    assert "n’est pas une absence" in feed(FAILED).feed.subtitle


def test_what_is_left_for_the_next_one_is_said() -> None:
    assert "3 histoires attendent" in feed(replace(DIGEST, carried=3)).feed.subtitle.replace("\u00a0", " ")


def test_ids_stay_from_one_digest_to_the_next() -> None:
    later = replace(DIGEST, start=NOW, end=NOW + timedelta(days=7))
    assert [e.id for e in feed(later).entries] == [e.id for e in feed(DIGEST, "en").entries]
    assert feed(later).feed.id == feed(DIGEST).feed.id


def test_a_story_keeps_its_id_when_another_article_leads_it() -> None:
    first, news = STORY.outlets[0], outlet("Le Monde, santé", 1206)
    told = replace(STORY, lead=replace(STORY.lead, id=1206), outlets=(news, first))
    sections = (Section(profile="ferroptose", threshold=50.0, lines=(told,)),)
    assert feed(replace(DIGEST, sections=sections)).entries[0].id == feed(DIGEST).entries[0].id


@pytest.mark.parametrize("attack", HOSTILE)
def test_a_title_stays_a_text(attack: str) -> None:
    document = atom(titled(attack), "fr", PARIS).decode()
    entry = feed(titled(attack)).entries[0]
    assert entry.title == shown(attack).strip()
    assert "<script" not in document
    assert not any(found.get("src") for found in entry.get("enclosures", ()))
    assert "<img" not in entry.content[0].value
    assert "<script" not in entry.content[0].value
    assert "\x1b" not in document
