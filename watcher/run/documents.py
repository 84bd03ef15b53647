"""From a source to what its document holds: the address to ask, its pages, one reading of them all."""

from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256

from watcher.articles import Parsed
from watcher.fetch import Fetched, Manners
from watcher.identity import Identified, identify, names_shared
from watcher.parse import KINDS, parse
from watcher.parse.repeats import marks_of, shortened
from watcher.profiles import Profile
from watcher.relevance import Score, judge
from watcher.sources import Source, SourceState, Trouble, address_of, missed, window
from watcher.stories import Telling, telling_of


def addressed(source: Source, state: SourceState, manners: Manners, now: datetime) -> Source:
    """A source with the address to ask this time."""
    found = replace(source, url=address_of(source, state, now), earlier=missed(state))
    secret = manners.secrets.get(source.id)
    given = tuple(name for name, _ in secret.parameters) if secret else ()
    return replace(found, url=KINDS[source.kind].address(found, window(state, manners.contact, now, given)))


def crawls(source: Source) -> bool:
    """Whether a source was not made for programs, as its kind knows."""
    return KINDS[source.kind].crawls


def spacing(source: Source) -> float:
    """How many seconds a source wants between two requests, as its kind knows."""
    return KINDS[source.kind].spacing


def follow(source: Source, page: Fetched) -> str:
    """Where a document goes on, as its kind knows."""
    kind = KINDS[source.kind]
    return kind.more(page.content, address=page.url, source=source) if page.number < kind.pages else ""


def parse_all(source: Source, fetched: Fetched) -> Parsed | Trouble:
    """Read a document and all its pages as one; incomplete when a page did not come or cannot be read.

    What kept a page away is the trouble of the whole where the others hold no article: the first page of some kinds
    only leads on.
    """
    parts: list[Parsed] = []
    stopped = fetched.stopped
    for page in (fetched, *fetched.pages):
        parsed = parse(page.content, source, address=page.url, content_type=page.content_type)
        if isinstance(parsed, Trouble):
            stopped = parsed
            break
        parts.append(parsed)
    if stopped and not any(part.articles for part in parts):
        return stopped
    return replace(
        parts[0],
        articles=tuple(article for part in parts for article in part.articles),
        complete=stopped is None and all(part.complete for part in parts),
        skipped=sum(part.skipped for part in parts),
        reached=parts[-1].reached,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One article of a document with all that can be said of it without knowing the others."""

    identified: Identified
    telling: Telling
    scores: tuple[Score, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a document holds, read without a look at the database."""

    parsed: Parsed | Trouble
    items: tuple[Item, ...] = ()
    digest: str = ""  # SHA-256 of the document
    marks: bytes = b""  # of its items
    left_out: int = 0  # items that it held the last time too, and that were not read again
    unknown: int = 0  # items that it did not hold the last time; 0 when it was read whole


def study(
    source: Source, fetched: Fetched, profiles: tuple[Profile, ...], now: datetime, *, marks: bytes = b""
) -> Reading:
    """Read a document and judge what is in it; the items with `marks`, known from the last time, are left out."""
    short = shortened(fetched.content, marks) if marks and not fetched.pages else None
    parsed = read_all(source, replace(fetched, content=short.document) if short else fetched)
    if isinstance(parsed, Trouble):
        return Reading(parsed=parsed)
    try:
        items = tuple(item_of(one, profiles, now) for one in identify(parsed.articles))
    except Exception as error:
        return Reading(parsed=fault(error))
    tellable = source.kind == "feed" and not fetched.pages and not names_shared(parsed.articles)
    return Reading(
        parsed=parsed,
        items=items,
        digest=sha256(b"".join(page.content for page in (fetched, *fetched.pages))).hexdigest(),
        marks=short.marks if short else marks_of(fetched.content) if tellable else b"",
        left_out=short.known - 1 if short else 0,
        unknown=short.unknown if short else 0,
    )


def item_of(identified: Identified, profiles: tuple[Profile, ...], now: datetime) -> Item:
    """Say of an article what can be said without knowing the others."""
    scores = judge(identified.article, profiles, explained=False)
    return Item(identified=identified, telling=telling_of(identified, seen=now), scores=scores)


def read_all(source: Source, fetched: Fetched) -> Parsed | Trouble:
    """What a document holds; whatever a reader stumbles over is trouble with that document."""
    try:
        return parse_all(source, fetched)
    except Exception as error:
        return fault(error)


def fault(error: Exception) -> Trouble:
    return Trouble(kind="broken", detail=f"{type(error).__name__}: {error}"[:300])
