"""String the rooms together; decides nothing."""

from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256

from watcher.articles import Article, Parsed, Rhythm
from watcher.digest import Digest, compose
from watcher.errors import WatcherError
from watcher.fetch import Fetched, Manners, Outcome, Unchanged, fetch_all
from watcher.health import BACKLOG, Showing, after_showing, is_backlog, is_first, is_flood
from watcher.identity import Identified, identify
from watcher.parse import KINDS, parse
from watcher.profiles import Profile, ProfileSetting, learn
from watcher.relevance import Score, judge
from watcher.seeds import read_seeds
from watcher.sources import (
    Source,
    SourceState,
    Trouble,
    address_of,
    after_move,
    after_success,
    after_trouble,
    after_unchanged,
    asking,
    due,
    next_due,
    state_of,
    window,
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
    wanted = [(_addressed(s, state, manners, started), asking(state, started)) for s, state in known]
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


def _addressed(source: Source, state: SourceState, manners: Manners, now: datetime) -> Source:
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


def _agreed(state: SourceState, answer: Fetched | Unchanged, rhythm: Rhythm, now: datetime) -> SourceState:
    """The memory of a source with what it and its server said of the next time: when, and where."""
    state = replace(state, due=next_due(answer.source, rhythm, answer.fresh, now))
    return after_move(state, answer.source, answer.moved, now)


def try_out(
    sources: tuple[Source, ...], profiles: tuple[Profile, ...], store: Store | None, manners: Manners, now: datetime
) -> Generator[tuple[Source, Trial | Trouble], None, None]:
    """Ask sources and say what each would bring, as they answer; nothing is written."""
    given = {source.id: source for source in sources}
    fresh = {source.id: SourceState(source=source.id) for source in sources}
    asked = [(_addressed(source, fresh[source.id], manners, now), fresh[source.id]) for source in sources]
    with closing(fetch_all(asked, manners, follow, crawls)) as outcomes:
        for addressed, outcome in outcomes:
            source = given[addressed.id]
            if isinstance(outcome, Fetched):
                yield source, trial_of(source, outcome, profiles, store)
            elif isinstance(outcome, Trouble):
                yield source, outcome


def trial_of(source: Source, fetched: Fetched, profiles: tuple[Profile, ...], store: Store | None) -> Trial | Trouble:
    """What a document that was fetched would bring."""
    parsed = _read(source, fetched)
    if isinstance(parsed, Trouble):
        return parsed
    items = []
    for one in identify(parsed.articles):
        known = store is not None and recognise(one, store.known(one.aliases)) is not None
        scores = sorted((s for s in judge(one.article, profiles) if s.value > 0), key=lambda s: -s.value)
        items.append(Tried(article=one.article, known=known, scores=tuple(scores)))
    newest = max((a.published for a in parsed.articles if a.published), default=None)
    return Trial(source=source, items=tuple(items), newest=newest, complete=parsed.complete)


def _read(source: Source, fetched: Fetched) -> Parsed | Trouble:
    """What a document holds; whatever a reader stumbles over is trouble with that document."""
    try:
        return parse_all(source, fetched)
    except Exception as error:
        return _fault(error)


def _fault(error: Exception) -> Trouble:
    return Trouble(kind="broken", detail=f"{type(error).__name__}: {error}"[:300])


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
        parsed = _read(source, outcome) if isinstance(outcome, Fetched) else None
        try:
            with self.store.transaction():
                return self._record(source, outcome, parsed, now)
        except WatcherError:
            raise
        except Exception as error:
            self._memory = None  # it may hold articles that were rolled back
            with self.store.transaction():
                return self._troubled(source, _fault(error), now)

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


def _stale(profiles: tuple[Profile, ...], store: Store) -> tuple[Profile, ...]:
    """The profiles that changed since their scores were stored."""
    kept = store.fingerprints()
    return tuple(p for p in profiles if kept.get(p.name) != p.fingerprint)


def judge_again(profiles: tuple[Profile, ...], store: Store) -> tuple[str, ...]:
    """Compute the scores of every profile that changed since they were stored; returns the names of those."""
    stale = _stale(profiles, store)
    gone = set(store.fingerprints()) - {p.name for p in profiles}
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
    news = store.news(now - since, now)
    stale = _stale(profiles, store)
    if stale:  # the profile was edited after the last poll: judge what is shown, leave the database alone
        news = tuple(replace(n, scores=_with(n.scores, judge(n.article, stale))) for n in news)
    stories = {number: store.story(number) for number in {article.story for article in news}}
    return compose(news, stories, profiles, sources, store.states(), (now - since, now), language)


def _with(scores: tuple[tuple[str, float], ...], fresh: tuple[Score, ...]) -> tuple[tuple[str, float], ...]:
    merged = dict(scores) | {s.profile: s.value for s in fresh}
    return tuple(sorted(merged.items(), key=lambda s: (-s[1], s[0])))
