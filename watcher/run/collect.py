"""Record what sources bring: each source whole or not at all."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from watcher.articles import Rhythm
from watcher.errors import WatcherError
from watcher.fetch import Fetched, Manners, Unchanged, fetch_then
from watcher.health import BACKLOG, NO_NETWORK, Showing, after_showing, is_backlog, is_first, is_flood, is_offline
from watcher.identity import Alias, Identified, volumes_of
from watcher.journal import tell
from watcher.ownpages import OwnPage
from watcher.parse import KINDS
from watcher.profiles import Profile
from watcher.relevance import judge
from watcher.run.apart import Studied, studying
from watcher.run.documents import Item, Reading, addressed, crawls, fault, follow, item_of, spacing, study
from watcher.run.opinions import judge_again
from watcher.run.pages import read_pages
from watcher.run.recall import bind, look_again, recall, remember
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
from watcher.stories import Known, Memory, recognise, relate, telling_of


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
    pages: tuple[OwnPage, ...] = ()  # articles' own pages that were asked for
    offline: bool = False  # there was no network: nothing is remembered of the sources


SETTLED_TOGETHER = 50  # sources

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
    """Ask every source that is due (or everyone), and record what they bring, each source whole or not at all.

    What a new source published longer than `backlog` ago is kept in the background.
    """
    started = clock()
    judge_again(profiles, store)
    states = store.states()
    asked = sources if everyone else due(sources, states, started)
    collector = _Collector(store, profiles, started, backlog=backlog)
    reports: list[SourceReport] = []
    known = [(s, state_of(s, states)) for s in asked]
    wanted = [(addressed(s, state, manners, started), asking(state, started)) for s, state in known]
    marks = {source.id: asking(state, started).marks for source, state in known}
    whole = sum(not (state.etag or state.modified) for _, state in wanted)
    with (
        studying(profiles, clock, marks, documents=whole) as studied,
        closing(fetch_then(studied, wanted, manners, follow, crawls, spacing)) as outcomes,
    ):
        tell("asking", sources=len(asked))  # the second process is made by now: whoever listens may start threads
        for ready in outcomes:
            for report in collector.take(ready, clock()):
                reports.append(report)
                _tell(report)
                if progress:
                    progress(report)
    collector.settle()
    offline = collector.is_offline()
    collector.regroup()
    summary = RunSummary(
        started=started,
        finished=clock(),
        asked=len(reports),
        unchanged=sum(r.unchanged for r in reports),
        failed=sum(r.trouble is not None for r in reports),
        new=sum(r.new for r in reports),
        known=sum(r.known for r in reports),
    )
    # Last: whoever stops it loses nothing else.
    pages = () if offline else read_pages(sources, profiles, store, manners, clock)
    tell(
        "polled", asked=summary.asked, unchanged=summary.unchanged, failed=summary.failed, new=summary.new,
        known=summary.known, pages=len(pages),
    )  # fmt: skip
    resting = len(sources) - len(asked)
    return RunReport(summary=summary, sources=tuple(reports), resting=resting, pages=pages, offline=offline)


def _tell(report: SourceReport) -> None:
    source, trouble = report.source.id, report.trouble
    if trouble:
        tell("trouble", source=source, kind=trouble.kind, status=trouble.status, detail=trouble.detail)
    elif report.unchanged:
        tell("unchanged", source=source)
    else:
        tell("read", source=source, new=report.new, known=report.known, changed=report.changed, held=report.held)


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
        self._unchanged: list[tuple[Source, Unchanged, datetime]] = []  # not yet recorded
        self._unreached: list[tuple[Source, Trouble, datetime]] = []  # not recorded: it may be that there is no network
        self._online = False  # something answered
        self._touched: list[int] = []
        self._forgotten = store.tombstones()

    def take(self, ready: Iterable[tuple[Source, Studied]], now: datetime) -> list[SourceReport]:
        """Record what some sources brought, in one transaction: waiting for the disk takes longer than writing.

        That nothing changed is recorded for many sources at a time, with `settle`: there is nothing to lose.
        That sources could not be reached is recorded at the end, with `is_offline`: it may be the network.
        """
        reports, brought = [], []
        for source, (outcome, reading) in ready:
            if isinstance(outcome, Trouble) and outcome.kind in NO_NETWORK:
                self._unreached.append((source, outcome, now))
                reports.append(SourceReport(source=source, trouble=outcome))
                continue
            self._online = True
            if isinstance(outcome, Unchanged):
                self._unchanged.append((source, outcome, now))
                reports.append(SourceReport(source=source, unchanged=True))
            else:
                brought.append((source, outcome, reading))
        if len(self._unchanged) >= SETTLED_TOGETHER:
            self.settle()
        if brought:
            with self.store.transaction():
                reports += [self._apart(source, outcome, reading, now) for source, outcome, reading in brought]
        return reports

    def _apart(
        self, source: Source, outcome: Fetched | Trouble, reading: Reading | None, now: datetime
    ) -> SourceReport:
        """Record one source, all or nothing; a fault in it is that source's trouble and no other's."""
        try:
            with self.store.part():
                return self._record(source, outcome, reading, now)
        except WatcherError:
            raise
        except Exception as error:
            self._memory = None  # it may hold articles that were rolled back
            with self.store.part():
                return self._troubled(source, fault(error), now)

    def settle(self) -> None:
        """Record the sources of which nothing new is known."""
        if not self._unchanged:
            return
        with self.store.transaction():
            for source, outcome, now in self._unchanged:
                state = self.store.state(source.id)
                kept = _agreed(after_unchanged(state, source, now), outcome, Rhythm(), now)
                self.store.keep_state(after_showing(state, kept, Showing(), now))
        self._unchanged.clear()

    def is_offline(self) -> bool:
        """Whether there was no network: then nothing is held against the sources, and the next run asks them again."""
        if not self._online and is_offline([(source, trouble) for source, trouble, _ in self._unreached]):
            return True
        if self._unreached:
            with self.store.transaction():
                for source, trouble, now in self._unreached:
                    self._troubled(source, trouble, now)
        return False

    def regroup(self) -> None:
        """Look at the stories around the new articles once more, now that all of them are known.

        What came one by one was put where it fitted best at that moment.
        """
        if self._memory is not None and self._touched:
            with self.store.transaction():
                look_again(self._touched, self.store, self._memory)

    def _record(
        self, source: Source, outcome: Fetched | Trouble, reading: Reading | None, now: datetime
    ) -> SourceReport:
        if isinstance(outcome, Trouble):
            return self._troubled(source, outcome, now)
        state = self.store.state(source.id)
        reading = reading or study(source, outcome, self.profiles, now, marks=asking(state, now).marks)
        reading = self._allowed(reading)
        known = self._known(reading)
        if reading.left_out:
            expected = _without_known(reading, known)
            reading = expected or self._allowed(study(source, outcome, self.profiles, now))
            known = known if expected else self._known(reading)
        parsed = reading.parsed
        if isinstance(parsed, Trouble):
            return self._troubled(source, parsed, now)
        showing = self._showing(state, outcome, reading, known, now)
        report = SourceReport(source=source, known=reading.left_out)
        taken: set[int] = set()
        for item in reading.items:
            old = is_first(state) and is_backlog(
                item.identified.article, items=len(reading.items), now=now, backlog=self.backlog
            )
            report = self._one(report, item, known, taken, now, background=old or showing.flood)
        if len(taken) < len(reading.items):  # two items are one article: neither speaks for it alone
            showing = replace(showing, marks=b"")
        kept = after_success(
            state,
            source,
            etag=outcome.etag,
            modified=outcome.modified,
            new=report.new,
            complete=parsed.complete,
            reached=parsed.reached,
            now=now,
        )
        kept = _agreed(kept, outcome, parsed.rhythm, now)
        if report.new:
            showing = replace(showing, arrivals=self.store.arrivals(source.id), held=report.held)
        if reading.left_out:  # once a week it is read whole
            kept = replace(kept, full=state.full)
        self.store.keep_state(after_showing(state, kept, showing, now))
        return report

    def _allowed(self, reading: Reading) -> Reading:
        """A document without the articles that a person had forgotten."""
        items = tuple(item for item in reading.items if not self._forgotten.cover(item.identified.aliases))
        return reading if len(items) == len(reading.items) else replace(reading, items=items)

    def _known(self, reading: Reading) -> dict[Alias, Known]:
        return self.store.known(alias for item in reading.items for alias in item.identified.aliases)

    def _showing(
        self, state: SourceState, outcome: Fetched, reading: Reading, known: Mapping[Alias, Known], now: datetime
    ) -> Showing:
        """What a document holds, against what is known before any of it is recorded."""
        met = [recognise(item.identified, known) for item in reading.items]
        items = len(reading.items) + reading.left_out
        arrivals = self.store.arrivals(state.source)
        return Showing(
            digest=reading.digest,
            marks=reading.marks,
            items=items,
            met=self.store.brought(state.source, (one.article for one in met if one)) + reading.left_out,
            flood=not outcome.source.earlier  # what was missed and is found again is no flood
            and is_flood(state, arrivals, items=items, new=sum(one is None for one in met), now=now),
            windowed=bool(KINDS[outcome.source.kind].service),
            arrivals=arrivals,
        )

    def _one(
        self,
        report: SourceReport,
        item: Item,
        known: dict[Alias, Known],
        taken: set[int],
        now: datetime,
        *,
        background: bool = False,
    ) -> SourceReport:
        """Record one article; `known` then says that it is, and `taken` that this document brought it.

        Of two items that are one article the first gives its words: feeds put the latest first.
        """
        identified = self.store.resolved(item.identified)
        met = recognise(identified, known)
        if met is not None:
            edits = self.edits and met.article not in taken
            taken.add(met.article)
            related_anew = self.store.says_more(met.article, identified)
            changed = self.store.meet(met.article, identified, now, edits=edits)
            if related_anew:
                bind(met.article, self.store, self.memory)
                self._touched.append(met.article)
            if changed:
                again = self.store.get([met.article])[0].reading
                scores = judge(again, self.profiles, explained=False)
                self.store.keep_scores((met.article, s) for s in scores)
            _remember(known, identified, met)
            return replace(report, known=report.known + 1, changed=report.changed + changed)
        telling = item.telling if identified is item.identified else telling_of(identified, seen=now)
        if bound := self.store.bound(identified):
            recall(bound, self.store, self.memory)
        related = relate(identified, telling, self.memory)
        number = self.store.add(related, item.scores, now, background=background)
        story = number if related.story is None else related.story
        self.memory.add(number, telling, story)
        self._touched.append(number)
        taken.add(number)
        _remember(known, identified, Known(article=number, story=story, work=telling.work))
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


def _without_known(reading: Reading, known: Mapping[Alias, Known]) -> Reading | None:
    """The new items of a document of which items were left out: all that is in it, beside the known one that was kept.

    None when there is anything else: one was edited, or shares its name with one that was left out. Then only the whole
    document tells.
    """
    new = tuple(item for item in reading.items if recognise(item.identified, known) is None)
    if isinstance(reading.parsed, Trouble) or not len(new) == reading.unknown == len(reading.items) - 1:
        return None
    return replace(reading, items=new, left_out=reading.left_out + 1)


def _remember(known: dict[Alias, Known], identified: Identified, met: Known) -> None:
    """Let the aliases of an article name it, unless they name another one."""
    work = met.work or next((alias for alias in identified.aliases if alias[0] == "doi"), None)
    named = replace(met, work=work, volumes=met.volumes | volumes_of(identified.aliases))
    if named != met:
        known.update({alias: named for alias, one in known.items() if one.article == met.article})
    for alias in identified.aliases:
        known.setdefault(alias, named)


def take_in(
    identified: Iterator[Identified], profiles: tuple[Profile, ...], store: Store, now: datetime
) -> tuple[int, int]:
    """Record articles that a file holds, all or none; returns how many were new and how many were known."""
    judge_again(profiles, store)
    collector = _Collector(store, profiles, now, edits=False)
    report = SourceReport(source=Source(id="", url=""))
    with store.transaction():
        for one in (one for one in identified if not collector._forgotten.cover(one.aliases)):
            report = collector._one(report, item_of(one, profiles, now), store.known(one.aliases), set(), now)
    collector.regroup()
    return report.new, report.known
