"""Copies of the database: whole, private, looked through, put back; and never the reason why something is lost."""

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from indoors import NOW, Room, add, damaged, mask, mode
from sqlite_utils import Database, Migrations
from test_failures import mounted

from watcher.errors import StorageError
from watcher.run.upkeep import WEEKS, back_up, is_due, superseded, upkeep
from watcher.schema import first_tables
from watcher.store import Copy, Store, copies, copy_named, look_through, restore
from watcher.store.line import _appear

DAY = date(2026, 11, 23)  # a Monday


@pytest.fixture
def room(tmp_path: Path) -> Room:
    room = Room(tmp_path)
    room.fill(1, 2, 3)
    return room


def reason(action: Callable[[], object]) -> str:
    with pytest.raises(StorageError) as caught:
        action()
    return caught.value.reason


def test_a_copy_is_whole_and_private_whatever_the_umask(room: Room) -> None:
    with mask(0), Store(room.database) as store:
        made = back_up(store, DAY)
    assert (made.file, made.contents.articles) == (room.backups / "watcher-2026-11-23.db", 3)
    assert (mode(made.file), mode(room.backups)) == (0o600, 0o700)
    assert [file.name for file in room.backups.iterdir()] == [made.file.name]
    with Store(made.file) as copy:
        assert (copy.count(), len(copy.search("étude", 9))) == (3, 3)


def test_a_second_copy_of_a_day_takes_the_place_of_the_first(room: Room) -> None:
    with Store(room.database) as store:
        back_up(store, DAY)
        add(store, 4)
        made = back_up(store, DAY)
    assert look_through(made.file).articles == 4
    assert len(copies(room.database, room.backups)) == 1


@pytest.mark.parametrize("spoil", [damaged, lambda file: damaged(file, first=4096 * 3, last=4096 * 4)])
def test_a_damaged_database_makes_no_copy_and_costs_none(room: Room, spoil: Callable[[Path], None]) -> None:
    with Store(room.database) as store:
        back_up(store, DAY - timedelta(weeks=9))
    spoil(room.database)

    def copied() -> None:
        with Store(room.database) as store:
            back_up(store, DAY)

    assert reason(copied) == "corrupt"
    assert [copy.day for copy in copies(room.database, room.backups)] == [DAY - timedelta(weeks=9)]


def test_what_sqlite_itself_finds_wrong_is_damage(room: Room) -> None:
    def schema(before: str, after: str) -> None:
        with closing(sqlite3.connect(room.database)) as line, line:
            line.execute("PRAGMA writable_schema = ON")
            line.execute("UPDATE sqlite_master SET sql = replace(sql, ?, ?) WHERE name = 'articles'", (before, after))

    schema("title TEXT NOT NULL", "title TEXT")
    with closing(sqlite3.connect(room.database)) as line, line:
        line.execute("DROP TRIGGER articles_au")
        line.execute("UPDATE articles SET title = NULL WHERE id = 1")
    schema("title TEXT,", "title TEXT NOT NULL,")
    assert reason(lambda: look_through(room.database)) == "corrupt"


def test_a_copy_of_a_newer_database_is_refused(room: Room) -> None:
    with Store(room.database) as store:
        store.copy(room.folder / "newer.db")
    with closing(sqlite3.connect(room.folder / "newer.db")) as line, line:
        line.execute("INSERT INTO _sqlite_migrations (migration_set, name) VALUES ('watcher', 'of_next_year')")
    assert reason(lambda: restore(room.folder / "newer.db", room.database, room.folder / "a.db")) == "newer-database"


def test_a_copy_with_other_rows_than_the_database_does_not_count(room: Room) -> None:
    with Store(room.database) as store:
        store._connection.execute("CREATE TEMP TABLE told AS SELECT id FROM articles")  # in place of an empty one
        assert reason(lambda: back_up(store, DAY)) == "copy-differs"
    assert list(room.backups.iterdir()) == []


def test_a_table_that_is_gone_is_damage(room: Room) -> None:
    with closing(sqlite3.connect(room.database)) as line, line:
        line.execute("DROP TABLE runs")
    assert reason(lambda: look_through(room.database)) == "corrupt"


def test_a_new_database_takes_no_others_place(room: Room) -> None:
    with Store(room.folder / "fresh.db") as store:
        assert store.count() == 0
    _appear(room.folder / "fresh.db", room.database)  # another process was there first
    assert room.count() == 3


def test_before_each_change_of_the_schema_a_copy_of_its_own(tmp_path: Path) -> None:
    file = tmp_path / "watcher.db"
    for number in range(3):  # the last two are the same: as when a change was cut short
        file.unlink(missing_ok=True)
        older = Migrations("watcher")
        older(name="first_tables")(first_tables)
        with closing(sqlite3.connect(file, isolation_level=None)) as line:
            older.apply(Database(line))
            for article in range(min(number, 1)):
                line.execute("INSERT INTO aliases VALUES ('guid', ?, 1)", (str(article),))
        with Store(file):
            pass
    found = copies(file, tmp_path / "backups")
    assert [copy.before for copy in found] == ["what_sources_do"] * 2
    assert sorted(dict(look_through(copy.file).counts)["aliases"] for copy in found) == [0, 1]


def test_a_copy_that_cannot_be_made_keeps_the_schema_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "watcher.db"
    older = Migrations("watcher")
    older(name="first_tables")(first_tables)
    with closing(sqlite3.connect(file, isolation_level=None)) as line:
        older.apply(Database(line))
    (tmp_path / "backups").write_text("in the way", encoding="utf-8")
    before = file.read_bytes()
    assert reason(lambda: Store(file)) == "cannot-open"
    assert file.read_bytes() == before


def test_texts_that_cannot_be_read_any_more_are_damage(room: Room) -> None:
    with closing(sqlite3.connect(room.database)) as line, line:
        line.execute("UPDATE articles SET authors = '[\"Anne' WHERE id = 2")
    assert reason(lambda: look_through(room.database)) == "corrupt"


def test_what_surprises_in_a_damaged_database_is_the_damage_and_in_a_sound_one_a_bug(room: Room) -> None:
    with pytest.raises(ZeroDivisionError), Store(room.database):
        _ = 1 / 0
    with closing(sqlite3.connect(room.database)) as line, line:
        line.execute("UPDATE articles SET first_seen = '2026-1é-01' WHERE id = 2")

    def read() -> None:
        with Store(room.database) as store:
            store.get([2])

    assert reason(read) == "corrupt"


def test_a_full_disk_leaves_no_half_copy(room: Room) -> None:
    with mounted(room.folder / "disk", "size=100k"), Store(room.database, backups=room.folder / "disk") as store:
        assert reason(lambda: back_up(store, DAY)) == "disk-full"
        assert list((room.folder / "disk").iterdir()) == []


def test_a_folder_that_cannot_be_written_is_named(room: Room) -> None:
    with mounted(room.folder / "disk", "size=4m") as remount, Store(room.database) as store:
        remount("ro")
        with pytest.raises(StorageError) as caught:
            back_up(store, DAY, room.folder / "disk")
    assert caught.value.reason == "read-only"
    assert "disk" in str(caught.value.facts["file"])


def test_names_say_of_which_database_and_day_a_copy_is(tmp_path: Path) -> None:
    database = tmp_path / "ma.veille.db"
    names = (
        "ma.veille-2026-11-02.db", "ma.veille-2026-11-16.db", "ma.veille-2026-11-09-before-floods.db",
        "ma.veille-2026-11-09-before-floods-2.db", "ma.veille-2026-13-45.db", "maXveille-2026-11-16.db",
        "ma.veille-aside-2026-11-16-101010.db", ".ma.veille-2026-11-16.db.part", "ma.veille-2026-11-16.db-journal",
    )  # fmt: skip
    for name in names:
        (tmp_path / name).touch()
    found = copies(database, tmp_path)
    assert [(copy.day.day, copy.before) for copy in found] == [(16, ""), (9, "floods"), (9, "floods"), (2, "")]
    assert copies(database, tmp_path / "none") == ()
    again = copy_named(database, tmp_path, date(2026, 11, 9), before="floods")
    assert again.name == "ma.veille-2026-11-09-before-floods-3.db"


days = st.dates(DAY - timedelta(days=90), DAY + timedelta(days=9))


@given(st.lists(st.tuples(days, st.sampled_from(["", "floods"])), max_size=20, unique=True))
def test_what_is_kept_of_copies(known: list[tuple[date, str]]) -> None:
    found = [Copy(file=Path(f"{day}{before}"), day=day, before=before) for day, before in known]
    old = superseded(found, DAY)
    kept = [copy for copy in found if copy not in old]
    assert all(not copy.before and copy.day <= DAY for copy in old)
    dated = sorted(copy.day for copy in kept if not copy.before and copy.day <= DAY)
    weeks = [day.isocalendar()[:2] for day in dated]
    assert len(weeks) == len(set(weeks)) <= WEEKS
    assert not old or len(dated) == min(
        WEEKS, len({c.day.isocalendar()[:2] for c in (*old, *kept) if c.day in dated or c in old})
    )
    assert not old or max(copy.day for copy in old) <= dated[-1]


def test_a_copy_a_week_whatever_the_clock_did(room: Room) -> None:
    made = []
    with Store(room.database) as store:
        for number in range(60):
            day = DAY + timedelta(days=number)
            if upkeep(store, day, NOW).backup:
                made.append(number)
        assert upkeep(store, date(1970, 1, 1), NOW).backup is None  # a clock that was never set
        assert upkeep(store, DAY - timedelta(days=300), NOW).backup  # one set back: those of days to come do not count
    assert made == [0, 7, 14, 21, 28, 35, 42, 49, 56]
    left = [copy.day for copy in copies(room.database, room.backups)]
    assert left == [DAY + timedelta(days=n) for n in (56, 49, 42, 35)] + [DAY - timedelta(days=300)]
    assert not is_due(copies(room.database, room.backups), DAY + timedelta(days=60))


# ---- putting one back


def test_a_copy_comes_back_and_nothing_is_deleted(room: Room) -> None:
    with Store(room.database) as store:
        made = back_up(store, DAY)
        add(store, 4)
    contents, aside = restore(made.file, room.database, room.folder / "aside.db")
    assert aside is not None
    assert (contents.articles, look_through(room.database).articles, look_through(aside).articles) == (3, 3, 4)
    assert (mode(room.database), look_through(made.file).articles) == (0o600, 3)
    _, second = restore(made.file, room.database, room.folder / "aside.db")
    assert second == room.folder / "aside-2.db"


_CUT = """
import os, sqlite3, sys
line = sqlite3.connect(sys.argv[1], isolation_level=None)
line.execute("PRAGMA cache_size = 1")
line.execute("BEGIN IMMEDIATE")
line.execute("UPDATE articles SET title = 'à moitié', body = hex(randomblob(9000))")
os._exit(0)
"""


def test_the_journal_of_the_old_database_never_meets_the_new_one(room: Room) -> None:
    with Store(room.database) as store:
        made = back_up(store, DAY)
        add(store, 4)
    subprocess.run([sys.executable, "-c", _CUT, str(room.database)], check=True)
    assert (room.folder / "watcher.db-journal").stat().st_size
    room.database.with_name("watcher.db-shm").touch()
    _, aside = restore(made.file, room.database, room.folder / "aside.db")
    assert aside is not None
    assert sorted(file.name for file in room.folder.glob("*.db*")) == ["aside.db", "aside.db-journal", "watcher.db"]
    with Store(room.database) as store, Store(aside) as before:
        titles = {known.article.title for known in (*store.all(), *before.all())}
        assert (store.count(), before.count(), len(titles)) == (3, 4, 4)
    assert "à moitié" not in titles


def test_a_damaged_database_makes_way(room: Room) -> None:
    with Store(room.database) as store:
        made = back_up(store, DAY)
    damaged(room.database, first=0)
    before = room.database.read_bytes()
    _, aside = restore(made.file, room.database, room.folder / "aside.db")
    assert aside is not None
    assert aside.read_bytes() == before
    assert room.count() == 3


def test_a_damaged_copy_is_not_put_back(room: Room) -> None:
    with Store(room.database) as store:
        made = back_up(store, DAY)
    damaged(made.file)
    before = room.database.read_bytes()
    assert reason(lambda: restore(made.file, room.database, room.folder / "aside.db")) == "corrupt"
    made.file.write_bytes(b"")
    assert reason(lambda: restore(made.file, room.database, room.folder / "aside.db")) == "empty-file"
    assert room.database.read_bytes() == before
    assert sorted(file.name for file in room.folder.glob("*.db*")) == ["watcher.db"]


_DIE = """
import os, shutil, signal, sys
from pathlib import Path
from watcher.store import restore

home = Path(sys.argv[1])
for number in range(1000):
    folder = home / str(number)
    shutil.copytree(home / "model", folder)
    child = os.fork()
    if child == 0:
        left = number * 7
        def watched(frame, event, called):
            global left
            if event == "c_call" and called.__name__ in ("execute", "rename", "replace", "unlink", "fsync"):
                left -= 1
                if left < 0:
                    os.kill(os.getpid(), signal.SIGKILL)
        sys.setprofile(watched)
        restore(folder / "copy.db", folder / "watcher.db", folder / "aside.db")
        os._exit(0)
    if os.waitpid(child, 0)[1] == 0:
        break
"""


def test_killed_anywhere_it_can_be_put_back_again(room: Room, tmp_path: Path) -> None:
    home = tmp_path / "home"
    (home / "model").mkdir(parents=True)
    with Store(room.database) as store:
        store.copy(home / "model" / "copy.db")
        add(store, 4)
        store.copy(home / "model" / "watcher.db")
    subprocess.run([sys.executable, "-c", _DIE, str(home)], check=True, timeout=60)
    ended: dict[object, int] = {}
    for folder in sorted(home.iterdir()):
        if folder.name == "model":
            continue
        try:
            with Store(folder / "watcher.db") as store:
                state: object = store.count()
        except StorageError as error:
            state = error.reason
        ended[state] = ended.get(state, 0) + 1
        restore(folder / "copy.db", folder / "watcher.db", folder / "aside.db")
        assert look_through(folder / "watcher.db").articles == 3
        asides = [look_through(file).articles for file in folder.glob("aside*.db")]
        assert 4 in asides or state == 4, (folder, asides)
    assert set(ended) == {3, 4, "restore-unfinished"}, ended


def test_a_database_that_is_gone_is_not_begun_anew_where_copies_tell_of_it(room: Room) -> None:
    with Store(room.database) as store:
        made = back_up(store, DAY)
    room.database.unlink()
    for create in (True, False):
        with pytest.raises(StorageError) as caught:
            Store(room.database, create=create)
        assert (caught.value.reason, caught.value.facts["backup"]) == ("lost", str(made.file))
    assert not room.database.exists()
    Store(room.folder / "another.db").__exit__(None, None, None)


def test_the_newest_copy_that_is_good_is_named(room: Room) -> None:
    with Store(room.database) as store:
        for weeks in range(3):
            back_up(store, DAY + timedelta(weeks=weeks))
    damaged(room.backups / f"watcher-{DAY + timedelta(weeks=2)}.db")
    (room.backups / f"watcher-{DAY + timedelta(weeks=1)}.db").write_bytes(b"")
    damaged(room.database)
    with pytest.raises(StorageError) as caught, Store(room.database) as store:
        store.count()
    assert caught.value.facts["backup"] == str(room.backups / f"watcher-{DAY}.db")
    (room.backups / f"watcher-{DAY}.db").unlink()
    with pytest.raises(StorageError) as caught, Store(room.database) as store:
        store.count()
    assert caught.value.facts["backup"] == ""


# ---- a reader and a writer at once

_READ = """
import sys, time
from pathlib import Path
from watcher.store import Store
begun = time.monotonic()
with Store(Path(sys.argv[1]), create=False, patience=20) as store:
    print(store.count(), len(store.search("étude", 5)), time.monotonic() - begun)
"""


def test_a_reader_does_not_wait_for_a_long_transaction(room: Room) -> None:
    """However much a run has written and not yet committed, what was committed before is read at once."""
    with Store(room.database) as store, store.transaction():
        for number in range(60):  # far more than the two megabytes after which SQLite begins to write to the file
            store._connection.execute(
                "INSERT INTO articles (title, summary, body, url, language, first_seen, authors, journal, year, volume,"
                " pages, story) VALUES (?, hex(randomblob(40000)), '', '', '', ?, '[]', '', '', '', '', 1)",
                (f"étude {number}", NOW.isoformat()),
            )
        assert store._connection.in_transaction
        read = subprocess.run(
            [sys.executable, "-c", _READ, str(room.database)], capture_output=True, text=True, timeout=60, check=True
        )
    articles, found, seconds = read.stdout.split()
    assert (articles, found) == ("3", "3")
    assert float(seconds) < 5  # it never waits: on an idle machine this is a hundredth of a second
    assert room.count() == 63


_HOLD = """
import sys, time
from pathlib import Path
from watcher.store import exclusive
with exclusive(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def test_the_lock_of_a_run_that_was_killed_is_free(room: Room) -> None:
    with subprocess.Popen([sys.executable, "-c", _HOLD, str(room.database)], stdout=subprocess.PIPE, text=True) as run:
        assert run.stdout
        assert run.stdout.readline() == "held\n"
        assert room.type("backup")[0] == 75
        os.kill(run.pid, signal.SIGKILL)
    assert room.type("backup")[0] == 0
