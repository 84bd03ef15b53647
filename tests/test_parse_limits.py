"""A reader in a process of its own: stopped when it takes too much, and no other reader than the one here."""

import pytest

from watcher.articles import Parsed
from watcher.parse.limits import Limits, read_apart, suspicious
from watcher.sources import Source, Trouble

SOURCE = Source(id="inst", url="https://inst.fr/rss")
ADDRESS = "https://inst.fr/rss"

HEAD, TAIL = b'<rss version="2.0"><channel><title>Institut</title>', b"</channel></rss>"
ITEM = b"<item><title>Un titre de bonne foi</title><link>https://inst.fr/1</link></item>"

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
