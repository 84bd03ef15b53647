"""The line to the database: opened, written to in one piece, and what it says when it cannot be used."""

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from filelock import FileLock, Timeout
from sqlite_utils import Database

from watcher.errors import LockedError, StorageError, WatcherError
from watcher.schema import APPLICATION_ID, migrations
from watcher.store.copies import (
    Contents,
    contents_of,
    copied,
    copies,
    copy_named,
    damage_of,
    folder_beside,
    look_through,
    look_through_open,
    newest_good,
    unfinished,
)
from watcher.store.faults import LOST, told

PATIENCE = 30.0  # seconds for another program to let go of the database
# Pages of 4 kB that a transaction may write before it goes into the file, which locks readers out until its end. No run
# comes near it; a huge import does, and is not to fill the memory either.
SPILL = 32_768
GLANCE = 0.2  # seconds that somebody may hold the lock who only looks whether it is free
ENGINE = sqlite3.sqlite_version  # of the library
BATCH = 500  # numbers in one `IN (...)`; SQLite allows more, old ones no more than 999


class Line:
    """The open database, without a word of what is in it."""

    def __init__(
        self, file: Path, *, create: bool = True, backups: Path | None = None, patience: float = PATIENCE
    ) -> None:
        """Open a database and bring its schema up to date; raises StorageError when it cannot be used.

        `backups` is the folder of its copies, beside it unless said otherwise.
        """
        self.file, self.backups = file, backups or folder_beside(file)
        with self._told():
            _refuse_foreign_link(file)
            if unfinished(file).exists():
                raise StorageError("restore-unfinished", file=str(file))
            if file.is_dir():
                raise StorageError("a-folder", file=str(file))
            if not file.exists():
                self._begin(create=create)
            elif not file.stat().st_size:  # never one that we were making (`_begin`)
                raise StorageError("empty-file", file=str(file))
            self._connection = sqlite3.connect(file, timeout=patience, isolation_level=None)
            try:
                with told(file):
                    self._prepare()
            except BaseException as error:
                self.__exit__(type(error), error, None)
                raise

    def _begin(self, *, create: bool) -> None:
        """Make a new database, which comes to its place whole: a run that is killed leaves no empty file there."""
        if copies(self.file, self.backups):  # a new one would take everything for news
            raise StorageError("lost", file=str(self.file), folder=str(self.backups))
        if not create:
            raise StorageError("no-database", file=str(self.file))
        place = self.file.resolve()  # where a link of ours leads
        place.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{place.name}.", suffix=".new", dir=place.parent)  # 0600
        os.close(handle)
        fresh = Path(name)
        try:
            with closing(sqlite3.connect(fresh, isolation_level=None)) as line, Database(line).atomic() as database:
                migrations.apply(database)
            _appear(fresh, place)
        finally:
            fresh.unlink(missing_ok=True)

    def _prepare(self) -> None:
        self._db = Database(self._connection)
        # Tables first: when another process makes them in between, the owner read after them is ours already.
        tables = self._connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        owner = self._connection.execute("PRAGMA application_id").fetchone()[0]
        if owner != APPLICATION_ID and (owner or tables):
            raise StorageError("foreign-database", file=str(self.file))
        # No WAL: a cron job has one writer, and the rollback journal survives read-only media and old SQLite versions.
        for pragma in ("journal_mode = DELETE", "synchronous = FULL", "foreign_keys = ON", f"cache_spill = {SPILL}"):
            self._connection.execute(f"PRAGMA {pragma}")
        known = {m.name for m in migrations._migrations}
        if {m.name for m in migrations.applied(self._db)} - known:
            raise StorageError("newer-database", file=str(self.file))
        if pending := migrations.pending(self._db):
            if tables:
                self._copy_before(pending[0].name)
            with self.transaction():  # all of them or none: half a schema would be taken for another program's
                migrations.apply(self._db)

    def _copy_before(self, migration: str) -> None:
        """Keep the database as it was, unless that very state is kept already (a migration that was cut short)."""
        present = contents_of(self._connection)
        for copy in copies(self.file, self.backups):
            with suppress(StorageError):
                if copy.before == migration and look_through(copy.file) == present:
                    return
        day = datetime.fromtimestamp(self.file.stat().st_mtime, UTC).date()  # on which it was last written to
        with copied(self._connection, self.file, copy_named(self.file, self.backups, day, before=migration)):
            pass

    def copy(self, to: Path) -> Contents:
        """Copy the database to a file, looked through from end to end; returns what it holds."""
        with self._told():
            look_through_open(self._connection, self.file)
            with copied(self._connection, self.file, to) as contents:
                pass
        return contents

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        damage = ""
        if isinstance(error, Exception) and not isinstance(error, WatcherError):
            # What nobody expected is a bug in a sound database; in a damaged one it is the damage.
            with suppress(sqlite3.DatabaseError):
                damage = damage_of(self._connection)
        self._connection.close()
        if damage:
            with self._told():
                raise StorageError("corrupt", file=str(self.file), detail=damage) from error

    @contextmanager
    def _told(self) -> Iterator[None]:
        """As `told`; where the database is lost, with the copy that can take its place."""
        try:
            with told(self.file):
                yield
        except StorageError as error:
            if error.reason in LOST and "backup" not in error.facts:
                error.facts["backup"] = str(newest_good(self.file, self.backups) or "")
            raise

    def damage(self) -> str:
        """What is wrong inside, in SQLite's words or as the name of a table; "" when all is well. Reads all of it."""
        return damage_of(self._connection)

    def schema(self) -> int:
        """How many migrations made its tables."""
        return len(migrations.applied(self._db))

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; the write lock is taken at once, so that nothing read inside goes stale."""
        with self._told():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    @contextmanager
    def part(self) -> Iterator[None]:
        """All or nothing inside a transaction; what was written before it stays written."""
        with told(self.file):
            self._connection.execute("SAVEPOINT part")
            try:
                yield
            except BaseException:
                if self._connection.in_transaction:  # some errors end the whole of it
                    self._connection.execute("ROLLBACK TO part")
                raise
            finally:
                if self._connection.in_transaction:
                    self._connection.execute("RELEASE part")

    def _rows(self, sql: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        with self._told():
            return self._connection.execute(sql, values).fetchall()

    def _write(self, sql: str, values: Iterable[Sequence[object]]) -> None:
        if values := tuple(values):
            self._connection.executemany(sql, values)

    def _beside(self, select: str, order: str, numbers: list[int]) -> dict[int, list[tuple[Any, ...]]]:
        found: dict[int, list[tuple[Any, ...]]] = {}
        for start in range(0, len(numbers), BATCH):
            part = numbers[start : start + BATCH]
            marks = ", ".join("?" * len(part))
            for number, *rest in self._rows(f"{select} WHERE article IN ({marks}) ORDER BY {order}", part):
                found.setdefault(number, []).append(tuple(rest))
        return found


def copy_of(database: Path, copy: Path) -> None:
    """Copy a database as it stands, without a trace on it: neither its bytes nor a lock; a run may be at work on it.

    Raises StorageError as opening it does.
    """
    with told(database):
        if not database.exists():
            raise StorageError("no-database", file=str(database))
        os.close(os.open(copy, os.O_CREAT | os.O_RDWR, 0o600))
        try:
            address = f"{database.resolve().as_uri()}?mode=ro"
            with (
                closing(sqlite3.connect(address, uri=True, timeout=30)) as line,
                closing(sqlite3.connect(copy)) as into,
            ):
                line.backup(into)
        except sqlite3.OperationalError:
            # What a run began to write and died (its journal) cannot be undone without writing; in the copy it can.
            journal = Path(f"{database}-journal")
            if not journal.exists():
                raise
            shutil.copyfile(database, copy)
            shutil.copyfile(journal, f"{copy}-journal")


@contextmanager
def exclusive(database: Path) -> Iterator[None]:
    """Keep every other run away; the kernel lets go when the process dies. Raises LockedError when one is at work."""
    with told(database):
        _refuse_foreign_link(database)
        database.parent.mkdir(parents=True, exist_ok=True)
        lock = _lock_of(database)
    with told(Path(lock.lock_file)):
        try:
            lock.acquire(timeout=GLANCE, poll_interval=GLANCE / 10)
        except Timeout:
            raise LockedError("locked", file=str(database)) from None
    try:
        yield
    finally:
        lock.release()


def _refuse_foreign_link(file: Path) -> None:
    """A link is ours to follow, or root's; in a folder that is open to all, anybody's may lead to a file of ours."""
    if os.name == "posix" and file.is_symlink() and file.lstat().st_uid not in (os.geteuid(), 0):
        raise StorageError("foreign-link", file=str(file))


def at_work(database: Path) -> bool:
    """Whether a run is at work; it looks by taking the lock for a moment, which `exclusive` waits for."""
    lock = _lock_of(database)
    if not Path(lock.lock_file).exists():  # the lock's file stays between runs
        return False
    try:
        lock.acquire(blocking=False)
    except Timeout:
        return True
    except OSError:  # a folder that we may only read: it cannot be known
        return False
    lock.release()
    return False


def _lock_of(database: Path) -> FileLock:
    return FileLock(f"{database}.lock", mode=0o600)


def _appear(fresh: Path, file: Path) -> None:
    """Give a new database its name, unless another process made one by now."""
    try:
        os.link(fresh, file)
    except FileExistsError:
        return
    except OSError:  # a disk without links
        fresh.rename(file)
