"""What one published item is."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

# What one published work can be to another one, and what may become of it.
Kind = Literal["preprint_of", "version_of", "translation_of", "corrects", "questions", "retracts"]
Status = Literal["", "preprint", "published", "issue", "corrected", "questioned", "retracted"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """What an article is to another one, as its source says."""

    kind: Kind
    of: tuple[str, str]  # an identifier of the other one, ("doi", "10.…"), or its title in folded words, ("title", "…")
    passive: bool = False  # it is the other one that does it to this one: a paper that a notice retracts


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
    relations: tuple[Relation, ...] = ()
    status: Status = ""  # "" when the source says nothing of it


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
