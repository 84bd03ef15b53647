"""What sources would bring, were they polled now; nothing is written."""

from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime

from watcher.articles import Article
from watcher.fetch import Fetched, Manners, fetch_all
from watcher.identity import identify
from watcher.parse.pointers import title_of
from watcher.profiles import Profile
from watcher.relevance import Score, judge
from watcher.run.documents import addressed, crawls, follow, read_all, spacing
from watcher.sources import Source, SourceState, Trouble
from watcher.store import Store
from watcher.stories import recognise


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """One article that a source would bring."""

    article: Article
    known: bool
    scores: tuple[Score, ...]  # above zero, best first


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What a source would bring, were it polled now."""

    source: Source
    items: tuple[Tried, ...]  # in the document's order
    newest: datetime | None  # the latest date among them
    complete: bool
    title: str = ""  # what the document calls itself


def try_out(
    sources: tuple[Source, ...], profiles: tuple[Profile, ...], store: Store | None, manners: Manners, now: datetime
) -> Generator[tuple[Source, Trial | Trouble], None, None]:
    """Ask sources and say what each would bring, as they answer; nothing is written."""
    given = {source.id: source for source in sources}
    fresh = {source.id: SourceState(source=source.id) for source in sources}
    asked = [(addressed(source, fresh[source.id], manners, now), fresh[source.id]) for source in sources]
    with closing(fetch_all(asked, manners, follow, crawls, spacing)) as outcomes:
        for asked_source, outcome in outcomes:
            source = given[asked_source.id]
            if isinstance(outcome, Fetched):
                yield source, trial_of(source, outcome, profiles, store)
            elif isinstance(outcome, Trouble):
                yield source, outcome


def trial_of(source: Source, fetched: Fetched, profiles: tuple[Profile, ...], store: Store | None) -> Trial | Trouble:
    """What a document that was fetched would bring."""
    parsed = read_all(source, fetched)
    if isinstance(parsed, Trouble):
        return parsed
    items = []
    for one in identify(parsed.articles):
        known = store is not None and recognise(one, store.known(one.aliases)) is not None
        scores = sorted((s for s in judge(one.article, profiles) if s.value > 0), key=lambda s: -s.value)
        items.append(Tried(article=one.article, known=known, scores=tuple(scores)))
    newest = max((a.published for a in parsed.articles if a.published), default=None)
    title = title_of(fetched.content, fetched.content_type)
    return Trial(source=source, items=tuple(items), newest=newest, complete=parsed.complete, title=title)
