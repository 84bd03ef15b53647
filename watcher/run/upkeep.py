"""What a database needs that nobody looks after: a copy every week, and old texts let go."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from watcher.store import Contents, Copy, Pruned, Store, copies, copy_named

WEEKS = 4  # of which a copy is kept
EVERY = timedelta(days=7)
OLDEST = date(2026, 1, 1)  # a clock that says less was never set


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """A copy that was made, and those that it made superfluous."""

    file: Path
    contents: Contents
    removed: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Upkeep:
    """What was done for the database after a run; None where nothing was due."""

    backup: Backup | None = None
    pruned: Pruned | None = None


def upkeep(store: Store, day: date, now: datetime, retention: timedelta | None = None) -> Upkeep:
    """Copy the database when its newest copy is a week old, and then let go of the texts older than `retention`.

    What is let go is in a copy that was looked through. Raises StorageError.
    """
    if day < OLDEST or not is_due(copies(store.file, store.backups), day):
        return Upkeep()
    made = back_up(store, day)
    return Upkeep(backup=made, pruned=None if retention is None else store.prune(now - retention, now))


def is_due(known: Iterable[Copy], day: date) -> bool:
    """Whether a week went by since the last copy; those of days to come were made by a wrong clock."""
    return not any(timedelta(0) <= day - copy.day < EVERY for copy in known if not copy.before)


def back_up(store: Store, day: date, folder: Path | None = None) -> Backup:
    """Copy the database, and then remove the copies that are not wanted any more; in another folder none is removed."""
    file = copy_named(store.file, folder or store.backups, day)
    contents = store.copy(file)
    old = () if folder else superseded(copies(store.file, store.backups), day)
    for copy in old:
        copy.file.unlink(missing_ok=True)
    return Backup(file=file, contents=contents, removed=tuple(copy.file for copy in old))


def superseded(known: Iterable[Copy], day: date) -> tuple[Copy, ...]:
    """All copies but the last one of each of the last four weeks that have one, those before a change of the schema,
    and those of days to come.
    """
    weeks: dict[tuple[int, int], Copy] = {}
    dated = sorted((c for c in known if not c.before and c.day <= day), key=lambda c: c.day)
    for copy in dated:
        weeks[copy.day.isocalendar()[:2]] = copy
    kept = set(sorted(weeks.values(), key=lambda c: c.day)[-WEEKS:])
    return tuple(copy for copy in dated if copy not in kept)


def today(now: datetime) -> date:
    """The day that copies are named after: UTC, so that a journey makes no copy younger."""
    return now.astimezone(UTC).date()
