"""What disks, clocks, other programs and killed processes do to a database: one clear line, and nothing lost.

Each test is named after its row of the hostile corpus (D1 to D19). Beside each, something healthy comes through: the
database itself, or the copy of it that the line names.
"""

import os
import random
import re
import resource
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import chdir, closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from indoors import NOW, Room, add, damaged, mask, mode
from killed_polls import polls
from lists import HEBDO, MONDAY, WEEK, Post
from servers import Server, http_server, reply
from sqlite_utils import Database, Migrations
from test_failures import mounted, rss

import watcher
from watcher.cli.words import error_said
from watcher.errors import StorageError
from watcher.fetch import Manners
from watcher.outbox import MailSettings
from watcher.run import poll
from watcher.run.upkeep import back_up, today
from watcher.schema import first_tables, floods, what_sources_do, when_events_are
from watcher.sources import Source
from watcher.store import Store, copies, look_through

COMMANDS = (("poll",), ("run",), ("digest",), ("send",), ("search", "étude"))
READERS = (("digest",), ("search", "étude"))
WRITERS = (("poll", "--all"), ("run", "--all"), ("send",))


@pytest.fixture
def server() -> Iterator[Server]:
    with http_server({"/feed": reply(body=rss(1, 2, 3))}) as server:
        yield server


@pytest.fixture
def room(tmp_path: Path, server: Server) -> Room:
    """A folder whose database holds three articles, and one weekly copy of it."""
    room = Room(tmp_path, f"{server.url}/feed")
    code, _, err = room.type("poll")
    assert (code, room.count()) == (0, 3), err
    assert room.type("send")[0] == 0
    assert len(copies(room.database, room.backups)) == 1
    return room


@pytest.fixture
def copy(room: Room) -> Path:
    return room.backups / f"watcher-{today(NOW)}.db"


def healed(room: Room, said: str) -> None:
    """What the line says to do works, and all is well again."""
    named = re.search(r"« watcher restore (\S+) »", said)
    assert named, said
    code, out, err = room.type("restore", named[1])
    assert code == 0, err
    assert "3 articles" in out
    assert room.type("poll", "--all")[0] == 0
    assert room.count() == 3


# ---- D1, D11: killed


def test_d1_polls_killed_at_any_moment(tmp_path: Path) -> None:
    """No acknowledged article is lost, no source is half recorded, and the next run makes up for what is missing."""
    rounds = 5  # benchmarks/kills.py does two hundred
    with polls(tmp_path, count=4) as killed:
        killed.one()  # while the database is made
        killed.measured()
        for _ in range(rounds):
            killed.one()
    assert killed.ended["in time, killed"] + killed.ended["at a call, killed"] >= rounds // 2, killed.ended


_OLDER = (first_tables, what_sources_do, floods, when_events_are)
_MIGRATE = """
import os, shutil, signal, sys
from pathlib import Path
from watcher.store import Store

home = Path(sys.argv[1])
for number in range(0, 1000, 8):
    folder = home / str(number)
    shutil.copytree(home / "model", folder)
    child = os.fork()
    if child == 0:
        left = number
        def watched(frame, event, called):
            global left
            if event == "c_call" and called.__name__ in ("execute", "replace", "fsync"):
                left -= 1
                if left < 0:
                    os.kill(os.getpid(), signal.SIGKILL)
        sys.setprofile(watched)
        Store(folder / "watcher.db")
        os._exit(0)
    if os.waitpid(child, 0)[1] == 0:
        break
"""


def test_d11_a_migration_that_is_killed_rolls_back_and_is_done_by_the_next_start(tmp_path: Path) -> None:
    model = tmp_path / "model"
    model.mkdir()
    older = Migrations("watcher")
    for migration in _OLDER:
        older(name=migration.__name__)(migration)
    with closing(sqlite3.connect(model / "watcher.db", isolation_level=None)) as line:
        older.apply(Database(line))
        line.execute(
            "INSERT INTO articles (id, title, summary, body, url, language, first_seen, authors, journal, year, volume,"
            " pages, story) VALUES (1, 'La ferroptose', '', '', '', '', '2026-03-02T07:00:00+00:00', '[]', '', '', '',"
            " '12-19', 1)"
        )
    subprocess.run([sys.executable, "-c", _MIGRATE, str(tmp_path)], check=True, timeout=100)
    folders = [folder for folder in tmp_path.iterdir() if folder.name != "model"]
    assert len(folders) > 5
    for folder in folders:
        file = folder / "watcher.db"
        with closing(sqlite3.connect(file)) as line:
            names = {name for (name,) in line.execute("SELECT name FROM _sqlite_migrations")}
        assert len(names) == len(_OLDER) or "texts_let_go" in names, names  # all of them or none
        with Store(file) as store:
            assert [known.article.title for known in store.search("ferroptose", 5)] == ["La ferroptose"]
        (before,) = copies(file, folder / "backups")  # one, however often it was begun
        assert before.before == "articles_own_pages"
        assert (look_through(before.file).articles, mode(before.file)) == (1, 0o600)
        assert list((folder / "backups").iterdir()) == [before.file]


# ---- D2, D3: no room


@pytest.mark.parametrize("command", WRITERS[:2], ids=" ".join)
def test_d2_a_full_disk(room: Room, server: Server, command: tuple[str, ...]) -> None:
    """A small disk in memory that is really full; the line says so, and with room again the run goes on."""
    server.routes["/feed"] = reply(body=rss(*range(60), words=200))
    with mounted(room.folder / "disk", "size=400k") as remount:
        disk = room.folder / "disk" / "watcher.db"
        disk.write_bytes(room.database.read_bytes())
        said = room.refused(74, "--database", disk, *command)
        assert "disque plein" in said
        assert str(disk) in said
        assert look_through(disk).articles == 3
        remount("size=8m")
        code, _, err = room.type("--database", disk, "poll", "--all")
        assert (code, look_through(disk).articles) == (0, 60), err  # those of before among them
        remount("size=9m")
    assert room.count() == 3


def test_d2_a_disk_too_full_for_the_copy_of_the_week_is_one_line_and_no_failure(room: Room, copy: Path) -> None:
    copy.unlink()
    with mounted(room.folder / "disk", "size=60k"):
        room.watch("http://127.0.0.1:1/feed", "backups: disk")
        code, _, err = room.type("poll", "--all")
        assert code == 3  # the source is dead, and that alone is why
        assert [line for line in err.splitlines() if "sauvegarde" in line and "disque plein" in line]
        assert list((room.folder / "disk").iterdir()) == []


def test_d3_a_database_that_may_not_grow(room: Room) -> None:
    """`max_page_count` stands for a disk that is full at any page: each time the transaction is taken back whole."""
    with Store(room.database) as store:
        for more in range(1, 40, 3):
            pages = store._rows("PRAGMA page_count")[0][0]
            store._connection.execute(f"PRAGMA max_page_count = {pages + more}")
            with pytest.raises(StorageError) as caught:
                add(store, *range(100, 130), words=150)
            assert (caught.value.reason, store.count()) == ("disk-full", 3)
        store._connection.execute("PRAGMA max_page_count = 1000000")
        add(store, *range(100, 130), words=150)
        assert store.count() == 33
        assert store._rows("PRAGMA integrity_check") == [("ok",)]


# ---- D4: read-only


def test_d4_a_read_only_disk(room: Room) -> None:
    with mounted(room.folder / "disk", "size=4m") as remount:
        disk = room.folder / "disk" / "watcher.db"
        disk.write_bytes(room.database.read_bytes())
        remount("ro")
        for command in WRITERS:
            said = room.refused(74, "--database", disk, *command)
            assert ("lecture seule" in said, str(disk) in said) == (True, True), said
        for command in READERS:
            code, out, err = room.type("--database", disk, *command)
            assert (code, "étude" in out) == (0, True), err  # reading needs no writing
        remount("rw")
        assert room.type("--database", disk, "poll", "--all")[0] == 0


def test_d4_a_database_left_in_wal_mode_by_another_program_on_a_read_only_disk(room: Room) -> None:
    with mounted(room.folder / "disk", "size=4m") as remount:
        disk = room.folder / "disk" / "watcher.db"
        disk.write_bytes(room.database.read_bytes())
        with closing(sqlite3.connect(disk)) as line:
            line.execute("PRAGMA journal_mode = WAL")
        remount("ro")
        said = room.refused(74, "--database", disk, "search", "étude")
        assert str(disk) in said
        remount("rw")
        assert room.type("--database", disk, "search", "étude")[0] == 0
        with closing(sqlite3.connect(disk)) as line:
            assert line.execute("PRAGMA journal_mode").fetchone() == ("delete",)


@contextmanager
def nobody(room: Room) -> Iterator[Callable[..., tuple[int, str, str]]]:
    """What another user is told, who types commands in a copy of the folder; skips where we cannot be another one."""
    if os.geteuid() != 0:
        pytest.skip("only root can be somebody else")
    if not all(place.stat().st_mode & 0o001 for place in Path(watcher.__file__).parents):
        pytest.skip("the code stands in a folder that is closed to others")
    with tempfile.TemporaryDirectory() as name:
        away = Room(Path(name) / "away", "http://127.0.0.1:1/feed")
        away.database.write_bytes(room.database.read_bytes())
        for place in (Path(name), away.folder, *away.folder.rglob("*")):
            place.chmod(0o755 if place.is_dir() else 0o644)

        def typed(*words: str) -> tuple[int, str, str]:
            with chdir("/"):  # where he may go back to
                os.seteuid(65534)
                try:
                    return away.type(*words)
                finally:
                    os.seteuid(0)

        typed.folder = away.folder  # type: ignore[attr-defined]
        yield typed


@pytest.mark.parametrize("lock", ["none", "of root"])
def test_d4_and_d14_the_folder_and_the_files_of_somebody_else(room: Room, lock: str) -> None:
    """He reads as he likes; what wants to write says in one line what it may not touch."""
    with nobody(room) as typed:
        folder: Path = typed.folder  # type: ignore[attr-defined]
        if lock == "of root":
            (folder / "watcher.db.lock").touch(mode=0o600)
            folder.chmod(0o777)
        for command in WRITERS:
            code, _, err = typed(*command)
            (said,) = [line for line in err.splitlines() if line.startswith("watcher: ")]
            assert (code, "watcher.db.lock" in said, "droits" in said) == (74, True, True), said
        for command in READERS:
            code, out, err = typed(*command)
            assert (code, "étude" in out) == (0, True), err
        (folder / "watcher.db").chmod(0o600)
        for command in READERS:
            code, _, err = typed(*command)
            assert (code, "watcher.db" in err, "droits" in err, err.count("\n")) == (74, True, True, 1), err


# ---- D5 to D10: what is not our sound database


def _garbage(room: Room) -> None:
    room.database.write_bytes(random.Random(5).randbytes(30_000))


def _text(room: Room) -> None:
    room.database.write_text("Mes notes de lecture.\n" * 99, encoding="utf-8")


def _empty(room: Room) -> None:
    room.database.write_bytes(b"")


def _truncated(room: Room) -> None:
    content = room.database.read_bytes()
    room.database.write_bytes(content[: len(content) // 3])


def _scribbled(room: Room) -> None:
    damaged(room.database)


def _foreign(room: Room) -> None:
    room.database.unlink()
    with closing(sqlite3.connect(room.database)) as line:
        line.execute("CREATE TABLE patients (name TEXT)")
        line.execute("PRAGMA application_id = 42")


def _deleted(room: Room) -> None:
    room.database.unlink()


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
@pytest.mark.parametrize(
    ("spoil", "word"),
    [
        pytest.param(_garbage, "pas une base SQLite", id="D5 garbage"),
        pytest.param(_text, "pas une base SQLite", id="D5 text"),
        pytest.param(_empty, "fichier vide", id="D6 zero bytes"),
        pytest.param(_deleted, "base introuvable", id="D6 not there"),
        pytest.param(_truncated, "endommagée", id="D7 truncated"),
        pytest.param(_scribbled, "endommagée", id="D8 scribbled"),
        pytest.param(_foreign, "autre programme", id="D9 another program's"),
    ],
)
def test_d5_to_d9_a_database_that_is_none(
    room: Room, copy: Path, spoil: Callable[[Room], None], word: str, command: tuple[str, ...]
) -> None:
    """It is named, left as it is, and the newest copy is named; what the line says to do heals it."""
    spoil(room)
    before = room.database.read_bytes() if room.database.exists() else None
    said = room.refused(74, *command)
    assert (word in said, "watcher.db" in said, str(copy.relative_to(room.folder)) in said) == (True, True, True), said
    assert (room.database.read_bytes() if room.database.exists() else None) == before
    healed(room, said)
    asides = list(room.folder.glob("watcher-aside-*.db"))
    assert [file.read_bytes() for file in asides] == ([] if before is None else [before])


def test_d6_zero_bytes_without_any_copy(tmp_path: Path) -> None:
    room = Room(tmp_path)
    room.database.write_bytes(b"")
    said = room.refused(74, "poll")
    assert ("fichier vide" in said, "effacez ce fichier" in said, "watcher restore" in said) == (True, True, False)


def test_d8_flipped_bits_never_end_in_a_traceback(room: Room, copy: Path) -> None:
    """Wherever bits flip: an answer, or one line that says the database is damaged."""
    sound, lots = room.database.read_bytes(), random.Random(8)
    seen = {0: 0, 74: 0}
    for number in range(60):
        content = bytearray(sound)
        for _ in range(lots.choice((1, 20, 400))):
            content[lots.randrange(100, len(content))] ^= 1 << lots.randrange(8)
        room.database.write_bytes(content)
        command = (*READERS, ("show", "2"), ("sources", "check"), ("send",))[number % 5]
        code, _, err = room.type(*command)
        assert code in (0, 2, 74), (command, err)  # 2: the article that was asked for has lost its number
        seen[74 if code == 74 else 0] += 1
        assert code != 74 or len([line for line in err.splitlines() if line.startswith("watcher: ")]) == 1
    assert min(seen.values()) > 5, seen
    damaged(room.database)
    healed(room, room.refused(74, "digest"))


def test_d9_a_folder_in_its_place(room: Room) -> None:
    room.database.unlink()
    room.database.mkdir()
    for command in COMMANDS:
        assert "dossier" in room.refused(74, *command)


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_d10_a_newer_schema(room: Room, command: tuple[str, ...]) -> None:
    with closing(sqlite3.connect(room.database)) as line, line:
        line.execute("INSERT INTO _sqlite_migrations (migration_set, name) VALUES ('watcher', 'of_next_year')")
    before = room.database.read_bytes()
    said = room.refused(74, *command)
    assert ("plus récente" in said, "mettez watcher à jour" in said) == (True, True)
    assert room.database.read_bytes() == before


# ---- D12, D13: other programs, and journals left over


@contextmanager
def held(database: Path, *, seconds: float = 60.0, how: str = "EXCLUSIVE") -> Iterator[None]:
    """Another program has the database, as an editor of databases does between a change and its saving."""
    taken, done = threading.Event(), threading.Event()

    def hold() -> None:
        with closing(sqlite3.connect(database, isolation_level=None)) as line:
            line.execute(f"BEGIN {how}")
            taken.set()
            done.wait(seconds)
            line.execute("ROLLBACK")

    holder = threading.Thread(target=hold)
    holder.start()
    assert taken.wait(10)
    try:
        yield
    finally:
        done.set()
        holder.join()


def test_d12_busy_for_a_while(room: Room) -> None:
    for command, seconds in ((("poll", "--all"), 1.0), (("search", "étude"), 0.5)):
        begun = time.monotonic()
        with held(room.database, seconds=seconds):
            assert room.type(*command)[0] == 0
        assert time.monotonic() - begun >= seconds


def test_d12_busy_for_ever(room: Room) -> None:
    """The wait is 30 s for a command; here it is shorter. A writer that only holds a lock to write stops no reader."""
    with held(room.database):
        for create in (True, False):
            with pytest.raises(StorageError) as caught:
                Store(room.database, create=create, patience=0.2)
            assert (caught.value.reason, caught.value.exit_code) == ("busy", 74), caught.value.facts
        (said,) = error_said(caught.value)
        assert ("watcher.db" in said, "autre programme" in said, "relancez plus tard" in said) == (True, True, True)
    with held(room.database, how="IMMEDIATE"):
        assert room.type("search", "étude")[0] == 0
        with Store(room.database, patience=0.2) as store:
            with pytest.raises(StorageError) as caught, store.transaction():
                pass
            assert caught.value.reason == "busy"
    assert room.type("poll", "--all")[0] == 0


_LEAVE = """
import os, sqlite3, sys
line = sqlite3.connect(sys.argv[1], isolation_level=None)
line.execute("PRAGMA journal_mode = " + sys.argv[2])
line.execute("PRAGMA cache_size = 1")
line.execute("BEGIN IMMEDIATE")
line.execute(sys.argv[3])
if sys.argv[2] == "WAL":
    line.execute("COMMIT")
os._exit(0)
"""


def left_over(room: Room, mode: str, sql: str) -> None:
    """Another process dies and leaves a journal, or a log that holds what was committed."""
    subprocess.run([sys.executable, "-c", _LEAVE, str(room.database), mode, sql], check=True)


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_d13_the_journal_of_a_killed_process_is_played_back(room: Room, command: tuple[str, ...]) -> None:
    left_over(room, "DELETE", "UPDATE articles SET title = 'à moitié', body = hex(randomblob(9000))")
    assert (room.folder / "watcher.db-journal").exists()
    code, _, err = room.type(*command)
    assert code == 0, err
    assert not (room.folder / "watcher.db-journal").exists()
    assert room.type("search", "moitié")[1].count("à moitié") == 0
    assert room.count() == 3


def test_d13_a_log_left_over_is_taken_in(room: Room) -> None:
    left_over(room, "WAL", "UPDATE articles SET title = 'écrit dans le journal' WHERE id = 2")
    assert (room.folder / "watcher.db-wal").stat().st_size
    code, out, err = room.type("search", "journal")
    assert (code, "écrit dans le journal" in out) == (0, True), err
    assert not (room.folder / "watcher.db-wal").exists()


def test_d13_a_database_copied_without_its_log(room: Room) -> None:
    """What the log held is gone; the rest is sound, and can be used."""
    left_over(room, "WAL", "UPDATE articles SET title = 'écrit dans le journal' WHERE id = 2")
    other = room.folder / "copied.db"
    other.write_bytes(room.database.read_bytes())
    assert room.type("--database", other, "search", "étude")[0] == 0
    with Store(other) as store:
        assert store.count() == 3


def test_d13_a_journal_that_cannot_be_played_back(room: Room) -> None:
    """On a read-only disk a database with the journal of a killed process cannot even be read."""
    left_over(room, "DELETE", "UPDATE articles SET title = 'à moitié', body = hex(randomblob(9000))")
    with mounted(room.folder / "disk", "size=4m") as remount:
        for name in ("watcher.db", "watcher.db-journal"):
            (room.folder / "disk" / name).write_bytes((room.folder / name).read_bytes())
        remount("ro")
        disk = room.folder / "disk" / "watcher.db"
        assert str(disk) in room.refused(74, "--database", disk, "digest")
        remount("rw")
        assert room.type("--database", disk, "digest")[0] == 0


# ---- D14, D15: the lock


def test_d14_a_lock_file_left_over_is_no_lock(room: Room) -> None:
    lock = room.folder / "watcher.db.lock"
    lock.write_text("4242", encoding="ascii")
    assert room.type("poll", "--all")[0] == 0


def test_d14_a_lock_that_is_a_folder(room: Room) -> None:
    lock = room.folder / "watcher.db.lock"
    lock.unlink(missing_ok=True)
    lock.mkdir()
    for command in WRITERS:
        assert "watcher.db.lock" in room.refused(74, *command)
    for command in READERS:
        assert room.type(*command)[0] == 0  # no lock is wanted for reading
    lock.rmdir()
    assert room.type("poll", "--all")[0] == 0


def test_d15_two_runs_in_the_same_second(room: Room, server: Server) -> None:
    """One does the work, the other one stops with 75 and has done nothing."""
    wait = threading.Event()

    def slow(asked: object) -> bytes:
        wait.wait(20)
        return reply(body=rss(1, 2, 3, 4))

    server.routes["/feed"] = slow
    command = [sys.executable, "-m", "watcher", "poll", "--all"]
    runs = [subprocess.Popen(command, cwd=room.folder, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    try:
        end = time.monotonic() + 60
        while all(run.poll() is None for run in runs):
            assert time.monotonic() < end
            time.sleep(0.02)
    finally:
        wait.set()
        ended = [(run.communicate(timeout=30)[1], run.returncode) for run in runs]
    assert sorted(code for _, code in ended) == [0, 75], ended
    assert room.count() == 4


# ---- D16: clocks


@pytest.mark.parametrize(
    "jumps",
    [
        pytest.param([timedelta(days=-365), timedelta(0)], id="back a year and right again"),
        pytest.param([timedelta(days=3650), timedelta(0)], id="ten years ahead and right again"),
        pytest.param([datetime(2038, 1, 19, 3, 14, 8, tzinfo=UTC) - NOW], id="2038"),
        pytest.param([datetime(2027, 3, 28, 1, 30, tzinfo=UTC) - NOW], id="the hour that summer takes"),
        pytest.param([datetime(2027, 10, 31, 0, 30, tzinfo=UTC) - NOW], id="the hour that winter gives twice"),
        pytest.param([datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC) - NOW], id="W53"),
        pytest.param([datetime(1970, 1, 1, tzinfo=UTC) - NOW], id="never set"),
    ],
)
def test_d16_clocks_that_jump(tmp_path: Path, server: Server, jumps: list[timedelta]) -> None:
    """Articles come in once, whatever the clock says; the digest of each kind of year stands in test_run_send_years."""
    source = Source(id="presse", url=f"{server.url}/feed")
    manners = Manners(allow_hosts=("127.0.0.0/8",))
    with Store(tmp_path / "watcher.db") as store:
        for number, jump in enumerate([timedelta(0), *jumps, timedelta(days=1)]):
            server.routes["/feed"] = reply(body=rss(*range(1, number + 3)))
            report = poll((source,), (), store, manners, clock=lambda jump=jump: NOW + jump, everyone=True)  # type: ignore[misc]
            assert (report.summary.failed, report.summary.new) == (0, 2 if number == 0 else 1)
            assert store.count() == number + 2
            back_up(store, today(NOW + jump))
        assert look_through(copies(store.file, store.backups)[0].file).articles >= 2


# ---- D17: signals and limits


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGHUP])
def test_d17_told_to_stop(room: Room, server: Server, sign: signal.Signals) -> None:
    asked = threading.Event()

    def hang(request: object) -> bytes:
        asked.set()
        server.stopped.wait(20)
        return b""

    server.routes["/feed"] = hang
    command = [sys.executable, "-m", "watcher", "poll", "--all"]
    with subprocess.Popen(command, cwd=room.folder, stderr=subprocess.PIPE, text=True) as run:
        assert asked.wait(60)
        run.send_signal(sign)
        _, err = run.communicate(timeout=20)
    assert (run.returncode, err) == (-sign, "")
    server.routes["/feed"] = reply(body=rss(1, 2, 3, 4))
    assert (room.type("poll", "--all")[0], room.count()) == (0, 4)


def limited(room: Room, which: int, most: int, *words: str) -> tuple[int, str]:
    """A command that may have so many files, or so much memory."""
    run = subprocess.run(
        [sys.executable, "-m", "watcher", *words], cwd=room.folder, capture_output=True, text=True, timeout=60,
        check=False, preexec_fn=lambda: resource.setrlimit(which, (most, most)),
    )  # fmt: skip
    return run.returncode, run.stderr


def test_d17_few_files_and_little_memory(room: Room) -> None:
    """Twenty open files and 300 MB are enough for a poll."""
    for which, most in ((resource.RLIMIT_NOFILE, 20), (resource.RLIMIT_AS, 300_000_000)):
        code, err = limited(room, which, most, "poll", "--all")
        assert (code, "Traceback" in err) == (0, False), err
    assert room.count() == 3


def test_d17_nobody_reads_the_output(room: Room) -> None:
    """A closed pipe and a closed output: the run is recorded all the same."""
    for redirection in (">&-", "| true"):
        line = f'"{sys.executable}" -m watcher run --all {redirection}'
        run = subprocess.run(
            ["sh", "-c", line], cwd=room.folder, capture_output=True, text=True, timeout=60, check=False
        )
        assert "Traceback" not in run.stderr, run.stderr
    with Store(room.database) as store:
        assert [row[0] for row in store._rows("SELECT command FROM runs")] == ["poll", "send", "run", "run"]


# ---- D18, D19, and what else happens


def test_d18_private_whatever_the_umask(tmp_path: Path, server: Server) -> None:
    room = Room(tmp_path, f"{server.url}/feed")
    with mask(0):
        assert room.type("poll")[0] == 0
        assert room.type("backup", "--to", "clef")[0] == 0
    files = [room.database, room.folder / "watcher.db.lock", *room.backups.iterdir(), *(tmp_path / "clef").iterdir()]
    assert {mode(file) for file in files} == {0o600}
    assert len(files) == 4
    assert mode(room.backups) == 0o700


def test_d19_a_copy_of_three_months_ago_floods_nobody(tmp_path: Path) -> None:
    """What came since comes again: all at once, so that it is held. No week is told that is over already."""
    mail = MailSettings(sender="veille@chu.example", maildir=tmp_path / "mails")
    database, kept = tmp_path / "watcher.db", tmp_path / "kept.db"
    setting = (HEBDO,)
    with Store(database) as store:
        post = Post(store=store, mail=mail, lists=setting)
        post.send()
        for _ in range(2):
            post.add("La ferroptose des lysosomes")
            post.send(weeks=1)
        store.copy(kept)
        first = len(post.told())
    room = Room(tmp_path / "room")
    now = MONDAY + 2 * WEEK
    with http_server({}) as server:
        source = Source(id="presse", url=f"{server.url}/feed")
        manners = Manners(allow_hosts=("127.0.0.0/8",))

        def polled(store: Store, *numbers: int) -> tuple[int, int]:
            server.routes["/feed"] = reply(body=rss(*numbers))
            report = poll((source,), (), store, manners, clock=lambda: now, everyone=True)
            return report.summary.new, sum(one.held for one in report.sources)

        with Store(kept) as store:
            assert polled(store, *range(10)) == (10, 0)
            store.copy(room.database)
            for week in range(1, 14):  # thirteen weeks go by, ten articles each
                now += WEEK
                polled(store, *range(week * 10, week * 10 + 10))
        with Store(room.database) as store:  # the copy of three months ago
            new, held_back = polled(store, *range(10, 140))
            assert (new, held_back) == (130, 130)  # known, to be searched, and no news
            post = Post(store=store, mail=mail, lists=setting, now=now, count=500)
            post.send()
            news = post.add("La ferroptose des lysosomes")
            post.send(weeks=1)
        assert first == 2
        assert [period for period, _ in post.told()] == ["2026-W24", "2026-W25"]  # one each, not one for every week
        before, after = (numbers for _, numbers in post.told())
        assert len(before) <= 10  # what the copy knew and had not told yet, and nothing of what was held
        assert after == news


@pytest.mark.parametrize("how", ["deleted", "moved", "replaced"])
def test_a_database_taken_away_while_a_run_is_at_work(room: Room, copy: Path, server: Server, how: str) -> None:
    def answer(asked: object) -> bytes:
        if room.database.exists() and not (room.folder / "away.db").exists():
            if how == "deleted":
                room.database.unlink()
            else:
                room.database.rename(room.folder / "away.db")
            if how == "replaced":
                room.database.write_bytes(copy.read_bytes())
        return reply(body=rss(1, 2, 3, 4))

    server.routes["/feed"] = answer
    said = room.refused(74, "poll", "--all")
    assert ("effacée ou déplacée" in said, str(copy.relative_to(room.folder)) in said) == (True, True), said
    server.routes["/feed"] = reply(body=rss(1, 2, 3))
    healed(room, said)


def test_a_lost_database_is_found_lost_also_where_reading_is_all_that_is_wanted(room: Room) -> None:
    room.database.unlink()
    for command in (("show", "1"), ("export",), ("outbox",), ("backup",), ("prune",)):
        assert "watcher restore" in room.refused(74, *command)
    assert not room.database.exists()


def test_a_socket_is_no_database(room: Room) -> None:
    room.database.unlink()
    with closing(socket.socket(socket.AF_UNIX)) as line:
        line.bind(os.path.relpath(room.database))
        assert "watcher.db" in room.refused(74, "digest")
