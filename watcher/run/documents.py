"""From a source to what its document holds: the address to ask, its pages, one reading of them all."""

from dataclasses import replace
from datetime import datetime

from watcher.articles import Parsed
from watcher.fetch import Fetched, Manners
from watcher.parse import KINDS, parse
from watcher.sources import Source, SourceState, Trouble, address_of, window


def addressed(source: Source, state: SourceState, manners: Manners, now: datetime) -> Source:
    """A source with the address to ask this time."""
    found = replace(source, url=address_of(source, state, now))
    return replace(found, url=KINDS[source.kind].address(found, window(state, manners.contact, now)))


def crawls(source: Source) -> bool:
    """Whether a source was not made for programs, as its kind knows."""
    return KINDS[source.kind].crawls


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
    )


def read_all(source: Source, fetched: Fetched) -> Parsed | Trouble:
    """What a document holds; whatever a reader stumbles over is trouble with that document."""
    try:
        return parse_all(source, fetched)
    except Exception as error:
        return fault(error)


def fault(error: Exception) -> Trouble:
    return Trouble(kind="broken", detail=f"{type(error).__name__}: {error}"[:300])
