"""String the rooms together; decides nothing."""

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from watcher.articles import Parsed
from watcher.digest import Digest, compose
from watcher.errors import WatcherError
from watcher.fetch import Fetched, Manners, Outcome, Unchanged, fetch_all
from watcher.identity import Identified, identify
from watcher.parse import KINDS, parse
from watcher.profiles import Profile, ProfileSetting, learn
from watcher.relevance import Score, judge
from watcher.seeds import read_seeds
from watcher.sources import Source, SourceState, Trouble, after_success, after_trouble, due, state_of, window
from watcher.store import RunSummary, Store
from watcher.stories import WINDOW, Memory, recognise, relate, telling_of


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceReport:
    """What one source brought in one run."""

    source: Source
    new: int = 0
    known: int = 0  # articles met again
    changed: int = 0  # of those, with another title or text
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


def learn_profiles(settings: tuple[ProfileSetting, ...]) -> tuple[Profile, ...]:
    """Learn every profile from its seeds; raises UsageError naming the folder or file that cannot be read."""
    return tuple(learn(read_seeds(setting.seeds), setting) for setting in settings)


def poll(  # noqa: PLR0913 - each is a part of the world that a run needs
    sources: tuple[Source, ...],
    profiles: tuple[Profile, ...],
    store: Store,
    manners: Manners,
    *,
    clock: Clock,
    everyone: bool = False,
    progress: Progress | None = None,
) -> RunReport:
    """Ask every source that is due (or everyone), and record what they bring, one transaction per source."""
    started = clock()
    judge_again(profiles, store)
    states = store.states()
    asked = sources if everyone else due(sources, states, started)
    collector = _Collector(store, profiles, started)
    reports = []
    wanted = [(_addressed(s, state_of(s, states), manners, started), state_of(s, states)) for s in asked]
    with closing(fetch_all(wanted, manners, follow)) as outcomes:
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


def _addressed(source: Source, state: SourceState, manners: Manners, now: datetime) -> Source:
    """A source with the address to ask this time."""
    return replace(source, url=KINDS[source.kind].address(source, window(state, manners.contact, now)))


def follow(source: Source, page: Fetched) -> str:
    """Where a document goes on, as its kind knows."""
    return KINDS[source.kind].more(page.content, address=page.url)


def parse_all(source: Source, fetched: Fetched) -> Parsed | Trouble:
    """Read a document and all its pages as one; incomplete when a page did not come or cannot be read."""
    parts: list[Parsed] = []
    for page in (fetched, *fetched.pages):
        parsed = parse(page.content, source, address=page.url, content_type=page.content_type)
        if isinstance(parsed, Trouble):
            if not parts:
                return parsed
            break
        parts.append(parsed)
    whole = len(parts) == 1 + len(fetched.pages) and fetched.stopped is None
    return replace(
        parts[0],
        articles=tuple(article for part in parts for article in part.articles),
        complete=whole and all(part.complete for part in parts),
        skipped=sum(part.skipped for part in parts),
    )


class _Collector:
    """Takes outcomes one by one; keeps the memory of recent articles between them."""

    def __init__(self, store: Store, profiles: tuple[Profile, ...], started: datetime, *, edits: bool = True) -> None:
        self.store, self.profiles, self.started, self.edits = store, profiles, started, edits
        self._memory: Memory | None = None

    def take(self, source: Source, outcome: Outcome, now: datetime) -> SourceReport:
        """Record what one source brought; a fault in one of them is that source's trouble and no other's."""
        try:
            with self.store.transaction():
                return self._record(source, outcome, now)
        except WatcherError:
            raise
        except Exception as error:
            self._memory = None  # it may hold articles that were rolled back
            trouble = Trouble(kind="broken", detail=f"{type(error).__name__}: {error}"[:300])
            with self.store.transaction():
                return self._troubled(source, trouble, now)

    def _record(self, source: Source, outcome: Outcome, now: datetime) -> SourceReport:
        if isinstance(outcome, Trouble):
            return self._troubled(source, outcome, now)
        state = state_of(source, self.store.states())
        if isinstance(outcome, Unchanged):
            kept = after_success(state, source, etag=state.etag, modified=state.modified, new=0, now=now)
            self.store.keep_state(kept)
            return SourceReport(source=source, unchanged=True)
        parsed = parse_all(source, outcome)
        if isinstance(parsed, Trouble):
            return self._troubled(source, parsed, now)
        report = SourceReport(source=source)
        for identified in identify(parsed.articles):
            report = self._one(report, identified, now)
        etag, modified = (outcome.etag, outcome.modified) if parsed.complete else ("", "")
        kept = after_success(state, source, etag=etag, modified=modified, new=report.new, now=now)
        self.store.keep_state(kept)
        return report

    def _one(self, report: SourceReport, identified: Identified, now: datetime) -> SourceReport:
        met = recognise(identified, self.store.known(identified.aliases))
        if met is not None:
            changed = self.store.meet(met.article, identified, now, edits=self.edits)
            if changed:
                again = self.store.get([met.article])[0].article
                self.store.keep_scores((met.article, s) for s in judge(again, self.profiles))
            return replace(report, known=report.known + 1, changed=report.changed + changed)
        telling = telling_of(identified, seen=now)
        related = relate(identified, telling, self.memory)
        number = self.store.add(related, judge(identified.article, self.profiles), now)
        self.memory.add(number, telling, number if related.story is None else related.story)
        return replace(report, new=report.new + 1)

    @property
    def memory(self) -> Memory:
        """The recent articles, read from the database when the first new one comes."""
        if self._memory is None:
            self._memory = remember(self.store, self.started)
        return self._memory

    def _troubled(self, source: Source, trouble: Trouble, now: datetime) -> SourceReport:
        self.store.keep_state(after_trouble(state_of(source, self.store.states()), trouble, now))
        return SourceReport(source=source, trouble=trouble)


def remember(store: Store, now: datetime) -> Memory:
    """The memory of the articles that a new one may tell the same story as."""
    memory = Memory()
    for known in store.recent(now - WINDOW):
        identified = Identified(article=known.article, aliases=known.aliases, cites=known.cites)
        memory.add(known.id, telling_of(identified, seen=known.first_seen), known.story)
    return memory


def judge_again(profiles: tuple[Profile, ...], store: Store) -> tuple[str, ...]:
    """Compute the scores of every profile that changed since they were stored; returns the names of those."""
    kept = store.fingerprints()
    stale = tuple(p for p in profiles if kept.get(p.name) != p.fingerprint)
    gone = set(kept) - {p.name for p in profiles}
    if stale or gone:
        with store.transaction():
            for name in (*gone, *(p.name for p in stale)):
                store.drop_scores(name)
            for known in store.all() if stale else ():
                store.keep_scores((known.id, s) for s in judge(known.article, stale))
            for profile in stale:
                store.keep_fingerprint(profile.name, profile.fingerprint)
    return tuple(p.name for p in stale)


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


def digest(
    sources: tuple[Source, ...],
    profiles: tuple[Profile, ...],
    store: Store,
    *,
    since: timedelta,
    now: datetime,
    language: str = "fr",
) -> Digest:
    """Compose the digest of what was first seen in the period that ends now. Reads only."""
    news = store.recent(now - since, now)
    kept = store.fingerprints()
    stale = tuple(p for p in profiles if kept.get(p.name) != p.fingerprint)
    if stale:  # the profile was edited after the last poll: judge what is shown, leave the database alone
        news = tuple(replace(n, scores=_with(n.scores, judge(n.article, stale))) for n in news)
    stories = {number: store.story(number) for number in {article.story for article in news}}
    return compose(news, stories, profiles, sources, store.states(), (now - since, now), language)


def _with(scores: tuple[tuple[str, float], ...], fresh: tuple[Score, ...]) -> tuple[tuple[str, float], ...]:
    merged = dict(scores) | {s.profile: s.value for s in fresh}
    return tuple(sorted(merged.items(), key=lambda s: (-s[1], s[0])))
