"""Record what sources bring, one transaction per source."""

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256

from watcher.articles import Parsed, Rhythm
from watcher.errors import WatcherError
from watcher.fetch import Fetched, Manners, Outcome, Unchanged, fetch_all
from watcher.health import BACKLOG, Showing, after_showing, is_backlog, is_first, is_flood
from watcher.identity import Identified, identify
from watcher.parse import KINDS
from watcher.profiles import Profile
from watcher.relevance import judge
from watcher.run.documents import addressed, crawls, fault, follow, read_all
from watcher.run.opinions import judge_again
from watcher.sources import (
    Source,
    SourceState,
    Trouble,
    after_move,
    after_success,
    after_trouble,
    after_unchanged,
    asking,
    due,
    next_due,
    state_of,
)
from watcher.store import RunSummary, Store
from watcher.stories import WINDOW, Memory, recognise, relate, telling_of


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceReport:
    """What one source brought in one run."""

    source: Source
    new: int = 0
    known: int = 0  # articles met again
    changed: int = 0  # of those, with another title or text
    held: int = 0  # of the new, those that are known and never news: old when first met, or too many at once
    unchanged: bool = False  # "nothing since you last asked" (304)
    trouble: Trouble | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunReport:
    """What one run did, source by source in the order they answered."""

    summary: RunSummary
    sources: tuple[SourceReport, ...]
    resting: int  # sources that were not due


Clock = Callable[[], datetime]
Progress = Callable[[SourceReport], None]


def poll(  # noqa: PLR0913 - each is a part of the world that a run needs
    sources: tuple[Source, ...],
    profiles: tuple[Profile, ...],
    store: Store,
    manners: Manners,
    *,
    clock: Clock,
    everyone: bool = False,
    backlog: timedelta = BACKLOG,
    progress: Progress | None = None,
) -> RunReport:
    """Ask every source that is due (or everyone), and record what they bring, one transaction per source.

    What a new source published longer than `backlog` ago is kept in the background.
    """
    started = clock()
    judge_again(profiles, store)
    states = store.states()
    asked = sources if everyone else due(sources, states, started)
    collector = _Collector(store, profiles, started, backlog=backlog)
    reports = []
    known = [(s, state_of(s, states)) for s in asked]
    wanted = [(addressed(s, state, manners, started), asking(state, started)) for s, state in known]
    with closing(fetch_all(wanted, manners, follow, crawls)) as outcomes:
        for source, outcome in outcomes:
            reports.append(collector.take(source, outcome, clock()))
            if progress:
                progress(reports[-1])
    summary = RunSummary(
        started=started,
        finished=clock(),
        asked=len(reports),
        failed=sum(r.trouble is not None for r in reports),
        new=sum(r.new for r in reports),
        known=sum(r.known for r in reports),
    )
    with store.transaction():
        store.keep_run(summary)
    return RunReport(summary=summary, sources=tuple(reports), resting=len(sources) - len(asked))


def _agreed(state: SourceState, answer: Fetched | Unchanged, rhythm: Rhythm, now: datetime) -> SourceState:
    """The memory of a source with what it and its server said of the next time: when, and where."""
    state = replace(state, due=next_due(answer.source, rhythm, answer.fresh, now))
    return after_move(state, answer.source, answer.moved, now)


class _Collector:
    """Takes outcomes one by one; keeps the memory of recent articles between them."""

    def __init__(
        self,
        store: Store,
        profiles: tuple[Profile, ...],
        started: datetime,
        *,
        edits: bool = True,
        backlog: timedelta = BACKLOG,
    ) -> None:
        self.store, self.profiles, self.started, self.edits, self.backlog = store, profiles, started, edits, backlog
        self._memory: Memory | None = None

    def take(self, source: Source, outcome: Outcome, now: datetime) -> SourceReport:
        """Record what one source brought; a fault in one of them is that source's trouble and no other's."""
        # Read before the write lock is taken: it may last.
        parsed = read_all(source, outcome) if isinstance(outcome, Fetched) else None
        try:
            with self.store.transaction():
                return self._record(source, outcome, parsed, now)
        except WatcherError:
            raise
        except Exception as error:
            self._memory = None  # it may hold articles that were rolled back
            with self.store.transaction():
                return self._troubled(source, fault(error), now)

    def _record(self, source: Source, outcome: Outcome, parsed: Parsed | Trouble | None, now: datetime) -> SourceReport:
        if isinstance(outcome, Trouble):
            return self._troubled(source, outcome, now)
        state = self.store.state(source.id)
        if isinstance(outcome, Unchanged) or parsed is None:
            kept = _agreed(after_unchanged(state, source, now), outcome, Rhythm(), now)
            self.store.keep_state(after_showing(state, kept, Showing(), now))
            return SourceReport(source=source, unchanged=True)
        if isinstance(parsed, Trouble):
            return self._troubled(source, parsed, now)
        named = identify(parsed.articles)
        showing = self._showing(state, outcome, named, now)
        report = SourceReport(source=source)
        for one in named:
            old = is_first(state) and is_backlog(one.article, items=len(named), now=now, backlog=self.backlog)
            report = self._one(report, one, now, background=old or showing.flood)
        kept = after_success(
            state,
            source,
            etag=outcome.etag,
            modified=outcome.modified,
            new=report.new,
            complete=parsed.complete,
            now=now,
        )
        kept = _agreed(kept, outcome, parsed.rhythm, now)
        if report.new:
            showing = replace(showing, arrivals=self.store.arrivals(source.id), held=report.held)
        kept = after_showing(state, kept, showing, now)
        self.store.keep_state(kept)
        return report

    def _showing(self, state: SourceState, outcome: Fetched, named: tuple[Identified, ...], now: datetime) -> Showing:
        """What a document holds, against what is known before any of it is recorded."""
        known = [recognise(one, self.store.known(one.aliases)) for one in named]
        new = sum(one is None for one in known)
        arrivals = self.store.arrivals(state.source)
        return Showing(
            digest=sha256(b"".join(page.content for page in (outcome, *outcome.pages))).hexdigest(),
            items=len(named),
            met=self.store.brought(state.source, (one.article for one in known if one is not None)),
            flood=is_flood(state, arrivals, items=len(named), new=new, now=now),
            windowed=bool(KINDS[outcome.source.kind].service),
            arrivals=arrivals,
        )

    def _one(
        self, report: SourceReport, identified: Identified, now: datetime, *, background: bool = False
    ) -> SourceReport:
        met = recognise(identified, self.store.known(identified.aliases))
        if met is not None:
            changed = self.store.meet(met.article, identified, now, edits=self.edits)
            if changed:
                again = self.store.get([met.article])[0].article
                self.store.keep_scores((met.article, s) for s in judge(again, self.profiles))
            return replace(report, known=report.known + 1, changed=report.changed + changed)
        telling = telling_of(identified, seen=now)
        related = relate(identified, telling, self.memory)
        number = self.store.add(related, judge(identified.article, self.profiles), now, background=background)
        self.memory.add(number, telling, number if related.story is None else related.story)
        return replace(report, new=report.new + 1, held=report.held + background)

    @property
    def memory(self) -> Memory:
        """The recent articles, read from the database when the first new one comes."""
        if self._memory is None:
            self._memory = remember(self.store, self.started)
        return self._memory

    def _troubled(self, source: Source, trouble: Trouble, now: datetime) -> SourceReport:
        self.store.keep_state(after_trouble(self.store.state(source.id), trouble, now))
        return SourceReport(source=source, trouble=trouble)


def remember(store: Store, now: datetime) -> Memory:
    """The memory of the articles that a new one may tell the same story as."""
    memory = Memory()
    for known in store.recent(now - WINDOW):
        identified = Identified(article=known.article, aliases=known.aliases, cites=known.cites)
        memory.add(known.id, telling_of(identified, seen=known.first_seen), known.story)
    return memory


def take_in(
    identified: Iterator[Identified], profiles: tuple[Profile, ...], store: Store, now: datetime
) -> tuple[int, int]:
    """Record articles that a file holds, all or none; returns how many were new and how many were known."""
    judge_again(profiles, store)
    collector = _Collector(store, profiles, now, edits=False)
    report = SourceReport(source=Source(id="", url=""))
    with store.transaction():
        for one in identified:
            report = collector._one(report, one, now)
    return report.new, report.known
