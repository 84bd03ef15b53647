"""The database gets its shape once, whole or not at all."""

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlite_utils import Database, Migrations

from watcher.schema import APPLICATION_ID, first_tables, floods, migrations, what_sources_do, when_events_are
from watcher.store import Store


@pytest.fixture
def line() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as line:
        yield line


def shape(line: sqlite3.Connection) -> list[tuple[str, str, str]]:
    return line.execute("SELECT type, name, coalesce(sql, '') FROM sqlite_master ORDER BY name").fetchall()


def test_all_is_applied_and_signed(line: sqlite3.Connection) -> None:
    migrations.apply(Database(line))
    assert line.execute("PRAGMA application_id").fetchone() == (APPLICATION_ID,)
    tables = {name for kind, name, _ in shape(line) if kind == "table"}
    own = {
        "aliases",
        "articles",
        "articles_fts",
        "cites",
        "own_pages",
        "profiles",
        "runs",
        "scores",
        "sightings",
        "sources",
        "ties",
    }
    assert own <= tables
    assert not migrations.pending(Database(line))


def test_applying_again_changes_nothing(line: sqlite3.Connection) -> None:
    migrations.apply(Database(line))
    before = shape(line), line.execute("SELECT * FROM _sqlite_migrations").fetchall()
    line.execute("INSERT INTO profiles VALUES ('p', 'f')")
    migrations.apply(Database(line))
    assert (shape(line), line.execute("SELECT * FROM _sqlite_migrations").fetchall()) == before
    assert line.execute("SELECT * FROM profiles").fetchall() == [("p", "f")]


def test_every_table_of_ours_is_strict(line: sqlite3.Connection) -> None:
    migrations.apply(Database(line))
    listed = line.execute("SELECT name, strict FROM pragma_table_list WHERE schema = 'main'").fetchall()
    loose = {name for name, strict in listed if not strict}
    assert {
        name for name in loose if not name.startswith(("sqlite_", "_sqlite_", "articles_fts", "own_pages_fts"))
    } == set()


@pytest.mark.parametrize(
    "wrong",
    [
        "INSERT INTO runs (started, finished, asked, failed, new, known) VALUES ('a', 'b', 'many', 0, 0, 0)",
        "INSERT INTO scores VALUES (1, 'p', 'high')",
        "INSERT INTO sources (id, etag, modified, failures, articles) VALUES ('s', '', '', 'two', 0)",
        "INSERT INTO profiles VALUES ('p', x'00')",
        "INSERT INTO profiles VALUES ('p', NULL)",
    ],
)
def test_a_value_of_the_wrong_type_is_refused(line: sqlite3.Connection, wrong: str) -> None:
    migrations.apply(Database(line))
    with pytest.raises(sqlite3.IntegrityError):
        line.execute(wrong)


def test_one_name_is_one_article(line: sqlite3.Connection) -> None:
    migrations.apply(Database(line))
    line.execute("INSERT INTO aliases VALUES ('doi', '10.1000/a', 1)")
    with pytest.raises(sqlite3.IntegrityError):
        line.execute("INSERT INTO aliases VALUES ('doi', '10.1000/a', 2)")


def test_a_migration_that_fails_half_way_leaves_nothing_of_itself(line: sqlite3.Connection) -> None:
    longer = Migrations("watcher")
    longer(name="first_tables")(first_tables)
    fail = True

    @longer()
    def second(db: Database) -> None:
        db.execute("CREATE TABLE extra (id INTEGER PRIMARY KEY) STRICT")
        db.execute("ALTER TABLE profiles ADD COLUMN note TEXT")
        if fail:
            raise RuntimeError("power cut")

    migrations.apply(Database(line))
    line.execute("INSERT INTO profiles VALUES ('p', 'f')")
    before = shape(line)
    with pytest.raises(RuntimeError):
        longer.apply(Database(line))
    assert shape(line) == before
    assert [m.name for m in longer.pending(Database(line))] == ["second"]
    fail = False
    longer.apply(Database(line))
    assert line.execute("SELECT name, fingerprint, note FROM profiles").fetchall() == [("p", "f", None)]


def test_a_database_from_before_articles_own_pages_gets_them(tmp_path: Path) -> None:
    file = tmp_path / "watcher.db"
    older = Migrations("watcher")
    for migration in (first_tables, what_sources_do, floods, when_events_are):
        older(name=migration.__name__)(migration)
    with closing(sqlite3.connect(file, isolation_level=None)) as line:
        older.apply(Database(line))
        line.execute(
            "INSERT INTO articles (id, title, summary, body, url, language, first_seen, authors, journal, year, volume,"
            " pages, story) VALUES (1, 'La ferroptose', '', '', '', '', '2026-03-02T07:00:00+00:00', '[]', '', '', '',"
            " '12-19', 1)"
        )
    with Store(file) as store:
        (known,) = store.get([1])
        assert (known.article.pages, known.page, known.reading) == ("12-19", None, known.article)
        assert store.search("ferroptose", 5) == (known,)


def test_a_new_database_gets_all_migrations_or_none(line: sqlite3.Connection) -> None:
    longer = Migrations("watcher")
    longer(name="first_tables")(first_tables)

    @longer()
    def second(db: Database) -> None:
        raise RuntimeError("power cut")

    with pytest.raises(RuntimeError), Database(line).atomic() as db:  # as `Store` applies them
        longer.apply(db)
    assert shape(line) == []
    assert line.execute("PRAGMA application_id").fetchone() == (0,)


# One process that forks, so that Python starts once: each child makes a database and dies at a statement of its own.
_DIE = """
import os, signal, sys
from pathlib import Path
from watcher.store import Store

def make(file, left):
    def watched(_frame, event, called):
        nonlocal left
        if event == "c_call" and getattr(called, "__qualname__", "").startswith("Connection.execute"):
            left -= 1
            if left < 0:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.setprofile(watched)
    Store(file)
    os._exit(0)

for number in range(0, 1000, 3):
    child = os.fork()
    if child == 0:
        make(Path(sys.argv[1]) / f"{number}.db", number)
    if os.waitpid(child, 0)[1] == 0:
        break
"""


def test_a_process_killed_while_it_makes_the_database_is_no_obstacle(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-c", _DIE, str(tmp_path)], check=True, timeout=60)
    files = tuple(tmp_path.glob("*.db"))
    assert len(files) < 30  # it comes to its place whole: where one died early there is none, and never an empty one
    assert all(file.stat().st_size for file in files)
    assert len(tuple(tmp_path.glob(".*.db.*.new*"))) > 15
    for number in range(30):
        file = tmp_path / f"{number}.db"
        with Store(file) as store:
            assert store.count() == 0
        with closing(sqlite3.connect(file)) as line:
            assert line.execute("PRAGMA application_id").fetchone() == (APPLICATION_ID,)
            assert line.execute("PRAGMA integrity_check").fetchone() == ("ok",)
