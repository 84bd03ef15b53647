"""Turn one fetched document into articles; a room per kind of document."""

from typing import Protocol

from watcher.articles import Parsed
from watcher.parse import feed
from watcher.sources import Source, Trouble


class Parser(Protocol):
    """What every kind of document answers to; never raises, whatever the bytes."""

    def __call__(self, document: bytes, source: Source, *, address: str, content_type: str) -> Parsed | Trouble: ...


# The rooms import their reader (feedparser, ...) when the first document comes, so that this table costs nothing.
KINDS: dict[str, Parser] = {
    "feed": feed.parse,
}


def parse(document: bytes, source: Source, *, address: str, content_type: str) -> Parsed | Trouble:
    """Read a document the way its source says.

    `address` is where the document really came from (after redirects): relative links start there.
    `content_type` is the header as received, or "". Raises KeyError for a kind that is not in `KINDS`.
    """
    return KINDS[source.kind](document, source, address=address, content_type=content_type)
