"""What one published item is."""

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """One published item as its source gave it: clean plain text, times in UTC, unknown things left empty.

    No field holds markup, control characters or anything but NFC text; `url` is absolute http(s) or empty.
    """

    source: str  # id of the source it came from, or the name of the file it was read from
    guid: str = ""  # the source's own name for it
    url: str = ""
    title: str = ""
    summary: str = ""
    body: str = ""  # the full text, where the source gives more than a summary
    language: str = ""  # "fr", "en", ... ; empty when nobody said and nothing tells
    published: datetime | None = None
    authors: tuple[str, ...] = ()
    journal: str = ""
    year: str = ""
    volume: str = ""
    pages: str = ""
    ids: tuple[tuple[str, str], ...] = ()  # what the source declared: ("doi", "10.…"), ("pmid", "…")
    event: datetime | None = None  # when what it announces takes place (a seminar, ...)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rhythm:
    """How often a source wants to be asked, as far as its document says."""

    least: timedelta | None = None  # between two requests (<ttl>, sy:updatePeriod), already clamped to 24 h
    skip_hours: frozenset[int] = frozenset()  # 0-23, UTC
    skip_days: frozenset[int] = frozenset()  # 0 = Monday


@dataclass(frozen=True, slots=True, kw_only=True)
class Parsed:
    """What one document held, in the document's order."""

    articles: tuple[Article, ...]
    complete: bool = True  # False: cut short or damaged, so its validators (ETag) must not be kept
    skipped: int = 0  # items with neither title nor address nor guid nor text
    rhythm: Rhythm = Rhythm()
    reached: datetime | None = None  # of a service: it holds all that was entered before; None: all there is
