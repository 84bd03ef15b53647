"""The line to the database: opened, written to in one piece, and what it says when it cannot be used."""

import errno
import os
import shutil
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Self

from filelock import FileLock, Timeout
from sqlite_utils import Database

from watcher.errors import LockedError, StorageError
from watcher.schema import APPLICATION_ID, migrations

BATCH = 500  # numbers in one `IN (...)`; SQLite allows more, old ones no more than 999


class Line:
    """The open database, without a word of what is in it."""

    def __init__(self, file: Path, *, create: bool = True) -> None:
        """Open a database and bring its schema up to date; raises StorageError when it cannot be used."""
        self.file = file
        with told(file):
            if not file.exists():
                if not create:
                    raise StorageError("no-database", file=str(file))
                file.parent.mkdir(parents=True, exist_ok=True)
                os.close(os.open(file, os.O_CREAT | os.O_RDWR, 0o600))  # private whatever the umask
            self._connection = sqlite3.connect(file, timeout=30, isolation_level=None)
            try:
                self._prepare()
            except BaseException:
                self._connection.close()
                raise

    def _prepare(self) -> None:
        self._db = Database(self._connection)
        # Tables first: when another process makes them in between, the owner read after them is ours already.
        tables = self._connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        owner = self._connection.execute("PRAGMA application_id").fetchone()[0]
        if owner != APPLICATION_ID and (owner or tables):
            raise StorageError("foreign-database", file=str(self.file))
        # No WAL: a cron job has one writer, and the rollback journal survives read-only media and old SQLite versions.
        for pragma in ("journal_mode = DELETE", "synchronous = FULL", "foreign_keys = ON"):
            self._connection.execute(f"PRAGMA {pragma}")
        known = {m.name for m in migrations._migrations}
        if {m.name for m in migrations.applied(self._db)} - known:
            raise StorageError("newer-database", file=str(self.file))
        if migrations.pending(self._db):
            with self.transaction():  # all of them or none: half a schema would be taken for another program's
                migrations.apply(self._db)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; the write lock is taken at once, so that nothing read inside goes stale."""
        with told(self.file):
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
        with told(self.file):
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
        database.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(f"{database}.lock", mode=0o600)
        try:
            lock.acquire(blocking=False)
        except Timeout:
            raise LockedError("locked", file=str(database)) from None
    try:
        yield
    finally:
        lock.release()


_REASONS = {
    sqlite3.SQLITE_FULL: "disk-full",
    sqlite3.SQLITE_READONLY: "read-only",
    sqlite3.SQLITE_CANTOPEN: "cannot-open",
    sqlite3.SQLITE_NOTADB: "not-a-database",
    sqlite3.SQLITE_CORRUPT: "corrupt",
    sqlite3.SQLITE_BUSY: "busy",
    sqlite3.SQLITE_IOERR: "disk-error",
}
_OS_REASONS = {
    errno.ENOSPC: "disk-full",
    errno.EDQUOT: "disk-full",
    errno.EROFS: "read-only",
    errno.EACCES: "cannot-open",
}


@contextmanager
def told(file: Path) -> Iterator[None]:
    """Turn what SQLite and the disk say into one reason a person can act on."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        code = getattr(error, "sqlite_errorcode", None)
        reason = _REASONS.get(code & 0xFF) if code is not None else None
        if reason is None:
            raise
        raise StorageError(reason, file=str(file), detail=str(error)) from error
    except OSError as error:
        reason = _OS_REASONS.get(error.errno or 0, "cannot-open")
        raise StorageError(reason, file=str(file), detail=error.strerror or str(error)) from error
