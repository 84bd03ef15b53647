"""Copies of the database: made whole or not at all, looked through before they count, put back."""

import os
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from sqlite_utils import Database

from watcher.errors import StorageError
from watcher.schema import APPLICATION_ID, migrations
from watcher.store.faults import told

# Facts, of which no row is ever deleted: between two looks they may grow and never shrink.
_FACTS = ("articles", "aliases", "sightings", "verdicts", "editions", "told", "letters")
# Texts that are read as something else. A page whose bits flipped inside a text is sound to SQLite.
_READABLE = (
    ("articles", "json_valid(authors) AND datetime(first_seen) IS NOT NULL"),
    ("articles", "(published IS NULL OR length(published) > 9) AND (changed IS NULL OR datetime(changed) IS NOT NULL)"),
    ("sources", "(checked IS NULL OR datetime(checked) IS NOT NULL) AND (due IS NULL OR datetime(due) IS NOT NULL)"),
    ("runs", "datetime(started) IS NOT NULL AND datetime(finished) IS NOT NULL"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What a database holds."""

    counts: tuple[tuple[str, int], ...]  # rows of the tables of facts
    last_run: datetime | None

    @property
    def articles(self) -> int:
        """How many articles are known."""
        return dict(self.counts).get("articles", 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """One copy, by what its name says."""

    file: Path
    day: date  # on which it was made; of one made before a migration, on which the database was last written to
    before: str = ""  # the migration that it was made for

    @property
    def size(self) -> int:
        """In bytes."""
        return self.file.stat().st_size


def folder_beside(database: Path) -> Path:
    """Where copies are kept when nobody says where."""
    return database.parent / "backups"


def copies(database: Path, folder: Path) -> tuple[Copy, ...]:
    """The copies of a database that a folder holds, the newest first; nothing is said of whether they are good."""
    named = re.compile(
        rf"{re.escape(database.stem)}-(\d{{4}}-\d\d-\d\d)(?:-before-(\w+?)(?:-\d+)?)?{re.escape(database.suffix)}"
    )
    found = []
    with suppress(OSError):
        for file in folder.iterdir():
            if match := named.fullmatch(file.name):
                with suppress(ValueError):  # 2026-13-45
                    found.append(Copy(file=file, day=date.fromisoformat(match[1]), before=match[2] or ""))
    return tuple(sorted(found, key=lambda copy: (copy.day, _written(copy.file), copy.file), reverse=True))


def newest_good(database: Path, folder: Path) -> Path | None:
    """The newest copy that can be put back; None without one."""
    for copy in copies(database, folder):
        with suppress(StorageError):
            look_through(copy.file)
            return copy.file
    return None


def copy_named(database: Path, folder: Path, day: date, before: str = "") -> Path:
    """The file of a copy made on a day; before a migration, one that is not there yet."""
    if not before:
        return folder / f"{database.stem}-{day}{database.suffix}"
    for number in range(1, 1000):
        again = f"-{number}" if number > 1 else ""
        file = folder / f"{database.stem}-{day}-before-{before}{again}{database.suffix}"
        if not file.exists():
            break
    return file


def look_through(file: Path) -> Contents:
    """What a database file holds; raises StorageError when it is damaged, foreign, or newer than this program."""
    with told(file):
        with file.open("rb") as opened:
            if not opened.read(1):
                raise StorageError("empty-file", file=str(file))
        with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None)) as line:
            return look_through_open(line, file)


def look_through_open(line: sqlite3.Connection, file: Path) -> Contents:
    """As `look_through`, of a database that is open."""
    if line.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
        raise StorageError("foreign-database", file=str(file))
    if {m.name for m in migrations.applied(Database(line))} - {m.name for m in migrations._migrations}:
        raise StorageError("newer-database", file=str(file))
    if damage := damage_of(line):
        raise StorageError("corrupt", file=str(file), detail=damage)
    return contents_of(line)


def damage_of(line: sqlite3.Connection) -> str:
    """What is wrong with a database, in SQLite's words or as the name of a table; "" when it is sound."""
    try:
        (said,) = line.execute("PRAGMA integrity_check(1)").fetchone()
        if said != "ok":
            return str(said)
        if missing := sorted(({table for table, _ in _READABLE} | {"aliases"}) - _tables(line)):
            return f"no {missing[0]}"
        for table, readable in _READABLE:
            if line.execute(f"SELECT count(*) FROM {table} WHERE NOT ({readable})").fetchone()[0]:
                return table
    except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT)  # without one: no text where there was text
        if code & 0xFF not in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR):
            raise  # busy, or the disk: nothing is known
        return str(error)
    return ""


@contextmanager
def copied(source: sqlite3.Connection, file: Path, to: Path) -> Iterator[Contents]:
    """Copy an open database (`file` is its name in errors) to the place `to`, where it stands after the block.

    The block gets what the copy holds. Whatever fails, nothing is left and what was at that place stays.
    """
    part = unfinished(to)
    with told(to):
        to.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        part.unlink(missing_ok=True)
        os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))  # private whatever the umask
    try:
        before = contents_of(source)
        with told(to):
            source.execute("VACUUM INTO ?", (str(part),))
            sync(part)
        contents = look_through(part)
        for (table, least), (_, held), (_, most) in zip(
            before.counts, contents.counts, contents_of(source).counts, strict=True
        ):
            if not least <= held <= most:
                raise StorageError("copy-differs", file=str(file), table=table)
        yield contents
        with told(to):
            part.replace(to)
            sync(to.parent)
    finally:
        part.unlink(missing_ok=True)


def unfinished(to: Path) -> Path:
    """What a copy is called until it stands at its place."""
    return to.with_name(f".{to.name}.part")


def restore(copy: Path, database: Path, aside: Path) -> tuple[Contents, Path | None]:
    """Put a copy at the place of the database; returns what it holds, and where the present one was put aside.

    To be called by one who keeps others away (`exclusive`). Nothing of the present database is deleted: it keeps its
    journal, which belongs to no other. As long as the new one is not at its place the unfinished file stands beside,
    and says so to whoever opens the database.
    """
    look_through(copy)
    with told(copy), closing(sqlite3.connect(f"{copy.absolute().as_uri()}?mode=ro", uri=True)) as source:
        source.isolation_level = None
        with copied(source, copy, database) as contents, told(database):
            moved = _put_aside(database, aside)
    return contents, moved


def _put_aside(database: Path, aside: Path) -> Path | None:
    """Move a database with its journals, and forget its shared memory; returns where it is now, None without one."""
    free = next(
        place
        for number in range(1, 1000)
        if not (place := aside if number == 1 else aside.with_stem(f"{aside.stem}-{number}")).exists()
    )
    for ending in ("-journal", "-wal", ""):
        with suppress(FileNotFoundError):
            database.with_name(database.name + ending).rename(free.with_name(free.name + ending))
    database.with_name(f"{database.name}-shm").unlink(missing_ok=True)
    sync(database.parent)
    return free if free.exists() else None


def sync(place: Path) -> None:
    """Have a file or a folder on the disk before going on."""
    handle = os.open(place, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def contents_of(line: sqlite3.Connection) -> Contents:
    """What an open database holds."""
    own = _tables(line)
    counts = tuple(
        (table, int(line.execute(f"SELECT count(*) FROM {table}").fetchone()[0])) for table in _FACTS if table in own
    )
    last = line.execute("SELECT max(finished) FROM runs").fetchone()[0] if "runs" in own else None
    return Contents(counts=counts, last_run=datetime.fromisoformat(last) if last else None)


def _tables(line: sqlite3.Connection) -> set[str]:
    return {name for (name,) in line.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}


def _written(file: Path) -> float:
    try:
        return file.stat().st_mtime
    except OSError:  # gone since
        return 0.0
