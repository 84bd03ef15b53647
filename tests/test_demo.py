"""The sample world holds what it promises, in the shapes it promises, behind a server that behaves."""

import gzip
import html
import json
import re
import socket
import struct
from calendar import timegm
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import feedparser
import pytest
import requests

from watcher.demo import Item, World, open_world

DAY_ONE = datetime(2025, 11, 17, 6, 30, tzinfo=UTC)
STORIES = (
    "ferroptose-cd44",
    "melanome-senescence",
    "metastases-cerebrales-s100a9",
    "osteosarcome-mt2a",
    "sein-triple-negatif-fosl1",
)
XML_SOURCES = (
    "bench-bedside",
    "clairon-sante",
    "clairon-une",
    "gazette-hopitaux",
    "institut-rabelais",
    "oncoabstracts",
    "oncologie-aujourdhui",
    "petit-praticien",
    "science-en-clair",
)


@pytest.fixture
def world() -> Iterator[World]:
    with open_world(DAY_ONE) as world:
        yield world


def url_of(world: World, source: str) -> str:
    return next(one.url for one in world.sources if one.id == source)


def ask(world: World, source: str, **headers: str) -> requests.Response:
    return requests.get(url_of(world, source), headers={"Accept-Encoding": "identity", **headers}, timeout=10)


def served(world: World, source: str, day: int) -> tuple[Item, ...]:
    return tuple(item.on(day) for item in world.items if item.source == source and item.day <= day)


def bytes_of_day(world: World, day: int) -> dict[str, bytes]:
    world.set_day(day)
    return {source.id: ask(world, source.id).content for source in world.sources}


def words(text: str) -> int:
    return sum(1 for word in text.split() if re.search(r"\w", word))


# What the world says


def test_there_are_enough_items_in_both_languages(world: World) -> None:
    assert len(world.items) >= 110
    languages = Counter(item.language for item in world.items)
    assert set(languages) == {"fr", "en"}
    assert min(languages.values()) >= 30
    assert Counter(item.day for item in world.items)[2] >= 30


@pytest.mark.parametrize("story", STORIES)
def test_each_story_is_told_by_several_outlets_in_both_languages(world: World, story: str) -> None:
    told = [item for item in world.items if item.story == story]
    assert len({item.article for item in told}) >= 4
    assert len({item.source for item in told}) >= 4
    assert {item.language for item in told} == {"fr", "en"}
    assert all(story in item.about for item in told)


def test_some_items_are_on_topic_without_telling_a_story_and_most_are_not(world: World) -> None:
    related = [item for item in world.items if item.about and not item.story]
    assert {topic for item in related for topic in item.about} == set(STORIES)
    assert sum(1 for item in world.items if not item.about) > len(world.items) / 2
    assert {item.story for item in world.items} == {*STORIES, ""}


def test_titles_and_summaries_look_like_real_ones(world: World) -> None:
    for item in world.items:
        assert 6 <= words(item.title) <= 18, item.title
        assert 40 <= words(item.summary) <= 110, item.title
        assert not re.search(r"[^\s] [:;?!»%]|« ", item.title + item.summary) or item.language == "en", item.title
        assert re.match(r"https?://[a-z.-]+\.example/", item.link)


def test_an_item_names_one_source_once(world: World) -> None:
    assert Counter((item.source, item.link) for item in world.items).most_common(1)[0][1] == 1
    assert {item.source for item in world.items} < {source.id for source in world.sources}


def test_one_article_in_two_feeds_differs_by_its_tracking_only(world: World) -> None:
    twins = [item for item in world.items if item.source == "clairon-sante"]
    une = {item.article: item for item in world.items if item.source == "clairon-une"}
    both = [item for item in twins if item.article in une]
    assert len(both) >= 4
    for item in both:
        assert item.link == item.article + "?xtor=RSS-9"
        assert une[item.article].link == item.article + "#xtor=RSS-3-[lestitres]"
        assert item.title == une[item.article].title


def test_on_day_two_titles_are_edited_and_a_guid_changes_but_no_link(world: World) -> None:
    edited = [item for item in world.items if item.on(2) != item]
    assert {name for item in edited for name, _ in item.edits} == {"title", "guid", "updated"}
    assert all(item.on(2).link == item.link and item.day == 1 for item in edited)
    assert all(item.on(1) == item for item in world.items)


def test_an_undated_item_exists_and_no_item_comes_from_the_future(world: World) -> None:
    assert any(item.published is None for item in world.items)
    assert all(item.published < world.now(item.day) for item in world.items if item.published)
    fresh = [item for item in world.items if item.day == 2 and item.published]
    assert all(item.published >= world.now(1) for item in fresh if item.published)


# The shapes


@pytest.mark.parametrize("source", XML_SOURCES)
@pytest.mark.parametrize("day", [1, 2])
def test_each_xml_feed_parses_to_its_items(world: World, source: str, day: int) -> None:
    world.set_day(day)
    answer = ask(world, source)
    parsed = feedparser.parse(answer.content, response_headers={"content-type": answer.headers["Content-Type"]})
    expected = {item.link: item for item in served(world, source, day)}
    assert {entry.link for entry in parsed.entries} == set(expected)
    for entry in parsed.entries:
        item = expected[entry.link]
        assert html.unescape(html.unescape(entry.title)) == item.title
        when = entry.get("published_parsed") or entry.get("updated_parsed")
        assert (datetime.fromtimestamp(timegm(when), UTC) if when else None) == item.published


def test_the_rss_feeds_are_rss(world: World) -> None:
    rss = set(XML_SOURCES) - {"oncologie-aujourdhui", "oncoabstracts"}
    assert {feedparser.parse(ask(world, source).content).version for source in rss} == {"rss20"}


def test_the_atom_feed_says_that_an_edited_item_was_updated(world: World) -> None:
    before = feedparser.parse(ask(world, "oncologie-aujourdhui").content)
    assert all(entry.updated_parsed == entry.published_parsed for entry in before.entries)
    world.set_day(2)
    parsed = feedparser.parse(ask(world, "oncologie-aujourdhui").content)
    assert parsed.version == "atom10"
    assert not parsed.bozo
    edited = next(item for item in world.items if item.source == "oncologie-aujourdhui" and item.edits)
    entry = next(entry for entry in parsed.entries if entry.link == edited.link)
    assert entry.title == edited.on(2).title != edited.title
    assert entry.updated_parsed > entry.published_parsed


def test_the_rdf_feed_has_dc_dates_and_dois_but_no_guid(world: World) -> None:
    content = ask(world, "oncoabstracts").content
    assert feedparser.parse(content).version == "rss10"
    assert b"<dc:date>" in content
    assert b"<prism:doi>10.1038/s41586-025-08974-4</prism:doi>" in content
    assert b"<guid" not in content
    assert b"<pubDate" not in content


def test_the_json_feed_is_a_json_feed(world: World) -> None:
    answer = ask(world, "resistance-letter")
    feed: dict[str, Any] = answer.json()
    assert answer.headers["Content-Type"] == "application/feed+json"
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    expected = {item.guid: item for item in served(world, "resistance-letter", 1)}
    assert {one["id"] for one in feed["items"]} == set(expected)
    for one in feed["items"]:
        item = expected[one["id"]]
        assert (one["url"], one["title"], one["summary"]) == (item.link, item.title, item.summary)
        assert datetime.fromisoformat(one["date_published"]) == item.published
        assert "<p>" in one["content_html"]


def test_the_latin_feed_is_in_latin(world: World) -> None:
    answer = ask(world, "gazette-hopitaux")
    assert b'encoding="ISO-8859-1"' in answer.content[:60]
    assert answer.headers["Content-Type"].endswith("charset=ISO-8859-1")
    assert "Métastases cérébrales" in answer.content.decode("iso-8859-1")
    with pytest.raises(UnicodeDecodeError):
        answer.content.decode("utf-8")


def test_the_feed_that_claims_utf8_is_not(world: World) -> None:
    content = ask(world, "petit-praticien").content
    assert b'encoding="UTF-8"' in content[:60]
    assert b"\x92" in content  # the typographic apostrophe of Windows
    with pytest.raises(UnicodeDecodeError):
        content.decode("utf-8")
    assert "l’adolescent" in content.decode("cp1252")


def test_one_feed_escapes_twice_inside_cdata(world: World) -> None:
    text = ask(world, "science-en-clair").content.decode()
    title = re.search(r"<title><!\[CDATA\[([^]]*Alzheimer[^]]*)\]\]></title>", text)
    assert title
    assert "d&amp;#8217;" in text
    expected = next(i for i in world.items if i.source == "science-en-clair" and "Alzheimer" in i.title)
    assert html.unescape(html.unescape(title[1])) == expected.title


def test_one_feed_gives_no_guids(world: World) -> None:
    text = ask(world, "bench-bedside").content.decode()
    assert "<guid" not in text
    assert "?utm_source=rss&amp;utm_medium=feed</link>" in text
    assert "<title>Bench &amp; Bedside News</title>" in text


def test_two_feeds_make_the_tracked_link_their_guid(world: World) -> None:
    for source, mark in (("clairon-une", "#xtor=RSS-3-[lestitres]"), ("clairon-sante", "?xtor=RSS-9")):
        parsed = feedparser.parse(ask(world, source).content)
        assert parsed.entries
        assert all(entry.id == entry.link and entry.link.endswith(mark) for entry in parsed.entries)


# The server


def test_one_source_is_down_and_one_answers_a_page(world: World) -> None:
    down, page = ask(world, "agence-essais"), ask(world, "hopital-sainte-blandine")
    assert down.status_code == 500
    assert page.status_code == 200
    assert page.headers["Content-Type"] == "text/html; charset=UTF-8"
    assert not feedparser.parse(page.content).entries


def test_a_path_without_a_feed_is_not_found(world: World) -> None:
    assert requests.get(world.address + "/robots.txt", timeout=10).status_code == 404


def test_the_world_is_on_the_loopback_address_only(world: World) -> None:
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+", world.address)
    assert all(source.url.startswith(world.address + "/") for source in world.sources)


@pytest.mark.parametrize("coding", ["identity", "gzip"])
def test_a_client_that_has_the_document_gets_304(world: World, coding: str) -> None:
    first = ask(world, "clairon-une", **{"Accept-Encoding": coding})
    tag, date = first.headers["ETag"], first.headers["Last-Modified"]
    for header in ({"If-None-Match": tag}, {"If-None-Match": f'"other", {tag}'}, {"If-Modified-Since": date}):
        again = ask(world, "clairon-une", **{"Accept-Encoding": coding, **header})
        assert again.status_code == 304
        assert again.content == b""
        assert again.headers["ETag"] == tag
    world.set_day(2)
    assert ask(world, "clairon-une", **{"If-None-Match": tag}).status_code == 200
    assert ask(world, "clairon-une", **{"If-None-Match": tag, "If-Modified-Since": date}).status_code == 200
    assert ask(world, "clairon-une", **{"If-Modified-Since": date}).status_code == 200


def test_a_validator_that_makes_no_sense_is_passed_over(world: World) -> None:
    assert ask(world, "clairon-une", **{"If-Modified-Since": "yesterday"}).status_code == 200
    assert ask(world, "clairon-une", **{"If-None-Match": "yesterday"}).status_code == 200


def test_gzip_carries_the_same_bytes(world: World) -> None:
    with requests.get(url_of(world, "petit-praticien"), timeout=10, stream=True) as zipped:
        assert zipped.headers["Content-Encoding"] == "gzip"
        raw = zipped.raw.read(decode_content=False)
    assert gzip.decompress(raw) == ask(world, "petit-praticien").content


# The calendar


def test_day_three_brings_nothing_new(world: World) -> None:
    first, second, third = (bytes_of_day(world, day) for day in (1, 2, 3))
    assert third == second
    changed = {source for source in first if first[source] != second[source]}
    assert changed == {*XML_SOURCES, "resistance-letter"}


def test_the_bytes_depend_on_the_first_day_alone(world: World) -> None:
    elsewhere = DAY_ONE.astimezone(timezone(timedelta(hours=2)))
    with open_world(elsewhere) as twin, open_world(DAY_ONE + timedelta(days=1)) as later:
        assert twin.address != world.address
        assert twin.items == world.items
        assert bytes_of_day(twin, 2) == bytes_of_day(world, 2)
        assert bytes_of_day(later, 2)["clairon-une"] != bytes_of_day(world, 2)["clairon-une"]


def test_the_days_follow_each_other(world: World) -> None:
    assert [world.now(day) - DAY_ONE for day in (1, 2, 3)] == [timedelta(days=n) for n in (0, 1, 2)]
    for day in (0, 4):
        with pytest.raises(ValueError, match=str(day)):
            world.set_day(day)
        with pytest.raises(ValueError, match=str(day)):
            world.now(day)


def test_a_closed_world_answers_no_more() -> None:
    with open_world(DAY_ONE) as world:
        address = world.address
    with pytest.raises(requests.ConnectionError):
        requests.get(address, timeout=10)


def test_the_server_prints_nothing(world: World, capfd: pytest.CaptureFixture[str]) -> None:
    ask(world, "clairon-une")
    ask(world, "agence-essais")
    assert capfd.readouterr() == ("", "")


def test_a_client_that_hangs_up_disturbs_nobody(world: World, capfd: pytest.CaptureFixture[str]) -> None:
    host, port = world.address.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as rude:
        rude.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # close with a reset
        rude.sendall(b"GET /leclairon/titres.rss HTTP/1.1\r\n")
    assert ask(world, "clairon-une").status_code == 200
    assert capfd.readouterr() == ("", "")


def test_json_keeps_accents_readable(world: World) -> None:
    content = ask(world, "resistance-letter").content
    assert "Céline Vallot" in content.decode()
    assert json.loads(content)["language"] == "en"
