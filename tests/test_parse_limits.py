"""Documents made to keep a reader busy: none of them stops a poll, takes it over, or spoils its neighbour."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from servers import http_server, reply

from watcher.articles import Parsed
from watcher.fetch import Manners
from watcher.parse.limits import Limits, read_apart, suspicious
from watcher.run import poll
from watcher.sources import Source, Trouble
from watcher.store import Store

NOW = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)
SOURCE = Source(id="inst", url="https://inst.fr/rss")
ADDRESS = "https://inst.fr/rss"

HEAD, TAIL = b'<rss version="2.0"><channel><title>Institut</title>', b"</channel></rss>"
ITEM = b"<item><title>Un titre de bonne foi</title><link>https://inst.fr/1</link></item>"
DECLARED = b'<?xml version="1.0"?>'
LAUGHS = b"".join(b'<!ENTITY l%d "%s">' % (n, b"&l%d;" % (n - 1) * 10 if n else b"lol") for n in range(10))

HOSTILE: dict[str, Callable[[], bytes]] = {
    "200,000 elements deep": lambda: HEAD + b"<a>" * 200_000 + b"</a>" * 200_000 + ITEM + TAIL,
    "200,000 elements left open": lambda: HEAD + ITEM + b"<a>" * 200_000,
    "80,000 lines before the root": lambda: DECLARED + b"\n" * 80_000 + HEAD + ITEM + TAIL,
    "20,000 entities": lambda: (
        DECLARED + b"<!DOCTYPE rss [" + b"".join(b'<!ENTITY e%d "x">' % n for n in range(20_000)) + b"]>"
        + HEAD + ITEM + TAIL
    ),
    "a billion laughs": lambda: DECLARED + b"<!DOCTYPE rss [" + LAUGHS + b"]>" + HEAD
    + b"<item><title>&l9;</title></item>" + ITEM + TAIL,
    "100,000 items": lambda: HEAD + b"".join(b"<item><guid>%d</guid></item>" % n for n in range(100_000)) + TAIL,
    "a title of 9 MB": lambda: HEAD + b"<item><title>" + b"un " * 3_000_000 + b"</title></item>" + TAIL,
    "100,000 declarations": lambda: HEAD + ITEM + b"<!" * 100_000 + TAIL,
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_document_is_read_or_refused_and_its_neighbour_recorded(name: str, tmp_path: Path) -> None:
    routes = {"/sain": reply(body=HEAD + ITEM + TAIL), "/malin": reply(body=HOSTILE[name]())}
    with http_server(routes) as server, Store(tmp_path / "w.db") as store:
        sources = tuple(Source(id=n, url=f"{server.url}/{n}") for n in ("malin", "sain"))
        start = time.monotonic()
        report = poll(sources, (), store, Manners(allow_hosts=("127.0.0.0/8",)), clock=lambda: NOW)
        taken = time.monotonic() - start
    healthy, hostile = sorted(report.sources, key=lambda r: r.source.id != "sain")
    assert healthy.trouble is None
    assert healthy.new + healthy.known == 1
    assert hostile.new + hostile.known or hostile.trouble
    assert taken < 60


SLOW = HEAD + b"<item><title>" + b"a&b " * 2_000_000 + b"</title></item>" + TAIL


def test_a_reader_that_takes_too_long_is_stopped() -> None:
    stopped = read_apart(SLOW, SOURCE, ADDRESS, Limits(cpu=1))
    assert stopped == Trouble(kind="too-large", detail="parser stopped after 1 s")


def test_a_reader_that_waits_too_long_is_stopped() -> None:
    stopped = read_apart(SLOW, SOURCE, ADDRESS, Limits(wall=1.0))
    assert stopped == Trouble(kind="too-large", detail="parser stopped after 1 s")


def test_a_reader_that_takes_too_much_memory_is_stopped() -> None:
    stopped = read_apart(SLOW, SOURCE, ADDRESS, Limits(memory=160 * 2**20))
    assert isinstance(stopped, Trouble)
    assert stopped.kind in ("too-large", "broken")


def test_a_reader_that_dies_is_the_documents_trouble() -> None:
    died = read_apart(HEAD + ITEM + TAIL, SOURCE, ADDRESS, Limits(memory=2**20))
    assert isinstance(died, Trouble)
    assert died.detail.startswith("parser ")


def test_what_is_read_apart_is_what_is_read_here() -> None:
    read = read_apart(b"<!DOCTYPE rss>" + HEAD + ITEM + TAIL, SOURCE, ADDRESS)
    assert isinstance(read, Parsed)
    [article] = read.articles
    assert (article.title, article.url, article.source) == ("Un titre de bonne foi", "https://inst.fr/1", "inst")


@pytest.mark.parametrize(
    ("document", "suspected"),
    [
        (HEAD + ITEM * 100 + TAIL, False),
        (HEAD + ITEM * 2_000 + TAIL, True),
        (HEAD + b"<![CDATA[<p>a</p>]]><!-- b -->" * 500 + ITEM + TAIL, False),
        (HEAD + b"<!ENTITY>" * 30 + ITEM + TAIL, True),
        (HEAD + b"<a>" * 300 + b"</a>" * 300 + TAIL, True),
        (HEAD + b"<a/><b c='d'/>" * 300 + TAIL, False),
    ],
)
def test_large_deep_and_declaring_documents_are_suspicious(document: bytes, *, suspected: bool) -> None:
    assert suspicious(document) is suspected
