"""What SQLite and the disk say when they refuse, as one reason a person can act on."""

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from watcher.errors import StorageError

_REASONS = {
    sqlite3.SQLITE_FULL: "disk-full",
    sqlite3.SQLITE_READONLY: "read-only",
    sqlite3.SQLITE_READONLY_DBMOVED: "moved-away",
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
LOST = frozenset({"corrupt", "not-a-database", "empty-file", "lost", "moved-away", "foreign-database"})


@contextmanager
def told(file: Path) -> Iterator[None]:
    """Turn what SQLite and the disk say of a file into one StorageError."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        code = getattr(error, "sqlite_errorcode", None)
        reason = None if code is None else _REASONS.get(code) or _REASONS.get(code & 0xFF)
        if reason is None:
            raise
        raise StorageError(reason, file=str(file), detail=str(error)) from error
    except OSError as error:
        reason = _OS_REASONS.get(error.errno or 0, "cannot-open")
        raise StorageError(reason, file=str(file), detail=error.strerror or str(error)) from error
