"""What a conversation brings home, and how we behave in it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from watcher.sources import Credentials, Source, Trouble, TroubleKind

PRODUCT = "literature-watcher"  # what we are called in User-Agent and in robots.txt


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """One document as it came."""

    source: Source
    url: str  # where it was found in the end, without credentials
    status: int
    content: bytes  # decoded: no longer gzipped
    content_type: str = ""
    etag: str = ""  # verbatim, quotes included; empty when it could not be sent back
    modified: str = ""  # Last-Modified, verbatim
    fresh: timedelta | None = None  # how long the server says that the answer holds
    moved: str = ""  # where the address redirects to for good, without credentials
    pages: tuple["Fetched", ...] = ()  # those that follow, when the document goes on
    stopped: Trouble | None = None  # why not all of them came
    number: int = 1  # of this page among those of its document
    reserved: bool | None = None  # whether the server reserves text and data mining; None when it does not say
    date: datetime | None = None  # the server's clock when it answered; None when it does not say


@dataclass(frozen=True, slots=True, kw_only=True)
class Unchanged:
    """The server says that nothing changed since the last time (304)."""

    source: Source
    fresh: timedelta | None = None
    moved: str = ""


Outcome = Fetched | Unchanged | Trouble


@dataclass(frozen=True, slots=True, kw_only=True)
class Manners:
    """How we behave towards servers, and what we accept from them."""

    contact: str = ""  # a mail or web address, told to every server
    allow_hosts: tuple[str, ...] = ()  # names, addresses, networks that may be asked although private; never spaced out
    deadline: float = 30.0  # seconds for a whole conversation, redirects included
    max_bytes: int = 10_000_000  # of a decoded document
    max_redirects: int = 10
    spacing: float = 2.0  # seconds between the end of one conversation with a host and the start of the next
    workers: int = 16
    max_pages: int = 100  # of one document that goes on from page to page
    secrets: Mapping[str, Credentials] = field(default_factory=dict)  # by the id of the source


class StoppedError(Exception):
    """Ends a conversation with a known trouble; never leaves `fetch`."""

    def __init__(self, kind: TroubleKind, detail: str = "", status: int | None = None) -> None:
        super().__init__(kind, detail)
        self.trouble = Trouble(kind=kind, detail=plain(detail), status=status)


def plain(text: object) -> str:
    """Words of a server or a library made fit to be kept: one short line, no credentials, no query, no escapes."""
    line = re.sub(r"//[^/?#\s]*@", "//", str(text))
    line = re.sub(r"\?[^\s'\")>]+", "?…", line)
    return "".join(c if c.isprintable() else " " for c in line).strip()[:300]
