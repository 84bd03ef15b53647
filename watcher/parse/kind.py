"""What a kind of source is: how its address is made, how its document is read, where the document goes on."""

from dataclasses import dataclass
from typing import Protocol

from watcher.articles import Parsed
from watcher.sources import Source, Trouble, Window


class Parser(Protocol):
    """What reads every kind of document; never raises, whatever the bytes.

    `address` is where the document really came from (after redirects): relative links start there.
    `content_type` is the header as received, or "".
    """

    def __call__(self, document: bytes, source: Source, *, address: str, content_type: str) -> Parsed | Trouble: ...


class Addresser(Protocol):
    """Makes the address to ask for what a window holds."""

    def __call__(self, source: Source, window: Window) -> str: ...


class Follower(Protocol):
    """Finds the address of the next page of a document; "" on the last one. Never raises, whatever the bytes."""

    def __call__(self, document: bytes, *, address: str, source: Source) -> str: ...


def as_given(source: Source, window: Window) -> str:  # noqa: ARG001 - the signature of an Addresser
    """A feed or a page has one address, whatever is wanted of it."""
    return source.url


def no_more(document: bytes, *, address: str, source: Source) -> str:  # noqa: ARG001 - the signature of a Follower
    """A document of one page."""
    return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of source. `service` is the usual address of a service, so that settings need only a query.

    `crawls` says that its documents were not made for programs, so that robots.txt has a word to say.
    `pages` is how many pages of one document are read at a time, the first one included.
    `spacing` is how many seconds its terms of use ask for between two requests.
    """

    parse: Parser
    address: Addresser = as_given
    more: Follower = no_more
    service: str = ""
    crawls: bool = False
    pages: int = 1_000  # more than a run will follow anyway
    spacing: float = 0.0
