"""How the watch stands: what was done last, what comes next, what waits."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from pathlib import Path

from watcher.digest import DigestSetting
from watcher.health import Health, judge_all
from watcher.periods import latest, present
from watcher.post import is_due
from watcher.run.send import is_owing
from watcher.sources import Source, SourceState, due, state_of
from watcher.store import RunSummary, Store

RUNS = 5  # the last ones


@dataclass(frozen=True, slots=True, kw_only=True)
class NextDigest:
    """When a regular digest will be made."""

    list: str
    period: str
    at: datetime | None  # None: at the next run
    begun: bool = True  # False: a new list, whose first run only begins it


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """How the watch stands at one moment."""

    now: datetime
    database: Path
    size: int  # bytes; 0 without a database
    busy: bool = False  # another program was writing, and we did not wait: what the database says is not known
    working: bool = False  # a run is at work
    runs: tuple[RunSummary, ...] = ()  # the latest first
    fares: tuple[tuple[Health, ...], ...] = ()  # of each source all that is to know
    due: int = 0  # sources that the next run asks
    next_due: datetime | None = None  # when the first of the others is due
    digests: tuple[NextDigest, ...] = ()
    letters_due: int = 0
    letters_waiting: int = 0  # not due yet
    letters_failed: int = 0  # refused or given up: a person has to look after them

    @property
    def at_work(self) -> RunSummary | None:
        """The run that is going on, as far as it is written down."""
        return self.runs[0] if self.working and self.runs and not self.runs[0].outcome else None


def status_of(
    store: Store,
    sources: tuple[Source, ...],
    lists: tuple[DigestSetting, ...],
    *,
    zone: tzinfo,
    working: bool,
    now: datetime,
) -> Status:
    """How the watch stands; reads only."""
    states = store.states()
    letters = store.letters()
    ready = due(sources, states, now)
    later = [at for s in sources if s not in ready and (at := state_of(s, states).due)]
    open_letters = store.letters(waiting=True)
    return Status(
        now=now,
        database=store.file,
        size=store.file.stat().st_size,
        working=working,
        runs=told_runs(store.runs(RUNS), working=working),
        fares=fares_of(sources, states, now),
        due=len(ready),
        next_due=min(later, default=None),
        digests=tuple(_next(setting, store, zone, now) for setting in lists),
        letters_due=sum(is_due(letter, now) for letter in open_letters),
        letters_waiting=sum(not is_due(letter, now) for letter in open_letters),
        letters_failed=sum(letter.state in ("refused", "given-up") for letter in letters),
    )


def fares_of(
    sources: tuple[Source, ...], states: Mapping[str, SourceState], now: datetime
) -> tuple[tuple[Health, ...], ...]:
    """How each source fares."""
    return tuple(judge_all(source, state_of(source, dict(states)), now) for source in sources)


def told_runs(runs: tuple[RunSummary, ...], *, working: bool) -> tuple[RunSummary, ...]:
    """Runs as they ended: one still at work while nobody is was interrupted, and so was every one but the latest."""
    return tuple(
        run if run.outcome or (working and place == 0) else replace(run, outcome="interrupted")
        for place, run in enumerate(runs)
    )


def _next(setting: DigestSetting, store: Store, zone: tzinfo, now: datetime) -> NextDigest:
    told = store.told_of(setting.name)
    over = latest(setting.every, setting.day, zone, now)
    if told is None:
        return NextDigest(list=setting.name, period=over.name, at=None, begun=False)
    if is_owing(told, setting, over, store, now):
        return NextDigest(list=setting.name, period=over.name, at=None)
    coming = present(setting.every, setting.day, zone, now)
    return NextDigest(list=setting.name, period=coming.name, at=coming.end)
