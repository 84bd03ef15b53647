"""What a person sees when the world fails: one clear line, the right exit code, and nothing lost."""

import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from servers import Asked, Server, http_server, reply

from watcher.cli.choices import Choices, duration, now
from watcher.errors import UsageError
from watcher.fetch import Manners
from watcher.run import poll

SEED = """# La ferroptose des cellules tumorales

La ferroptose détruit les cellules tumorales persistantes quand le fer des lysosomes oxyde leurs membranes lipidiques.
"""


def rss(*numbers: int, words: int = 10) -> bytes:
    items = "".join(
        f"<item><guid isPermaLink='false'>a{n}</guid><link>https://presse.example/{n}</link>"
        f"<title>Ferroptose et lysosomes : étude n° {n}</title>"
        f"<description>{'Le fer des tumeurs. ' * words}</description></item>"
        for n in numbers
    )
    return f"<?xml version='1.0'?><rss version='2.0'><channel><title>Presse</title>{items}</channel></rss>".encode()


class Desk:
    """A folder with settings in it, in which commands are typed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.database = folder / "watcher.db"
        (folder / "seeds" / "ferro").mkdir(parents=True)
        (folder / "seeds" / "ferro" / "seed.md").write_text(SEED, encoding="utf-8")
        kept = {name: value for name, value in os.environ.items() if not name.upper().endswith("_PROXY")}
        self.environment = kept | {
            "PYTHONIOENCODING": "utf-8",
            "COLUMNS": "100",
            "WATCHER_LANG": "fr",
            "HOME": str(folder),
        }

    def watch(self, *urls: str, database: str = "watcher.db") -> None:
        """Write settings that name these addresses as s0, s1, ..."""
        lines = [f'  - {{id: s{n}, url: "{url}"}}' for n, url in enumerate(urls)]
        text = "\n".join(["allow_hosts: [127.0.0.0/8]", f"database: {database}", "sources:", *lines, ""])
        (self.folder / "feeds.yaml").write_text(text, encoding="utf-8")

    def start(self, *words: str, before: str = "", **environment: str) -> subprocess.Popen[str]:
        """Start a command; `before` is what the shell does first."""
        command = [sys.executable, "-m", "watcher", *words]
        if before:
            command = ["sh", "-c", f'{before}; exec "$@"', "sh", *command]
        return subprocess.Popen(
            command,
            cwd=self.folder,
            env=self.environment | environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )

    def type(self, *words: str, before: str = "", **environment: str) -> tuple[int, str, str]:
        """Run a command to its end: exit code, stdout, stderr."""
        with self.start(*words, before=before, **environment) as process:
            out, err = process.communicate(timeout=60)
        assert "Traceback" not in err, err
        return process.returncode, out, err

    def refused(self, code: int, *words: str, before: str = "", **environment: str) -> str:
        """Run a command that must end with this code and exactly one line that says why; returns that line."""
        ended, out, err = self.type(*words, before=before, **environment)
        said = [line for line in err.splitlines() if line.startswith("watcher: ")]
        assert (ended, len(said), out) == (code, 1, ""), err
        assert "{" not in said[0]
        return said[0]

    def poll(self) -> None:
        """What `watcher poll` does, without the time that a new process takes."""
        chosen = Choices(config=self.folder / "feeds.yaml", database=None, verbose=False)
        manners = Manners(allow_hosts=chosen.settings.allow_hosts)
        with chosen.store(create=True) as store:
            poll(chosen.settings.sources, chosen.profiles, store, manners, clock=now)

    def count(self) -> int:
        """How many articles another program finds in the database."""
        with closing(sqlite3.connect(self.database)) as line:
            assert line.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            return int(line.execute("SELECT count(*) FROM articles").fetchone()[0])

    def troubles(self) -> dict[str, str | None]:
        with closing(sqlite3.connect(self.database)) as line:
            return dict(line.execute("SELECT id, trouble FROM sources").fetchall())


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


@pytest.fixture
def server() -> Iterator[Server]:
    with http_server({"/feed": reply(body=rss(1, 2, 3))}) as server:
        yield server


@pytest.fixture
def filled(desk: Desk, server: Server) -> Desk:
    """A desk whose database holds three articles."""
    desk.watch(f"{server.url}/feed")
    desk.poll()
    assert desk.count() == 3
    return desk


def _wait(condition: Callable[[], object]) -> None:
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.005)


# ---- settings


@pytest.mark.parametrize("command", ["poll", "digest", "run"])
def test_without_settings_it_says_how_to_make_some(desk: Desk, command: str) -> None:
    said = desk.refused(2, command)
    assert "feeds.yaml" in said
    assert "watcher init" in said
    assert not desk.database.exists()


def test_every_mistake_of_the_settings_is_told_with_its_line(desk: Desk) -> None:
    (desk.folder / "feeds.yaml").write_text(
        "langage: fr\nsources:\n  - {id: a, url: 'https://a.example/rss', every: 1s}\n  - {id: b, url: 'ftp://b.example'}\n",
        encoding="utf-8",
    )
    code, out, err = desk.type("poll")
    assert (code, out) == (2, "")
    assert re.findall(r"^watcher: feeds\.yaml:(\d+):", err, re.MULTILINE) == ["1", "3", "4"]
    assert len(err.splitlines()) == 3
    assert not desk.database.exists()


# ---- sources


def test_a_dead_host_among_good_sources(desk: Desk, server: Server) -> None:
    server.routes["/other"] = reply(body=rss(4))
    desk.watch(
        f"{server.url}/feed", "http://127.0.0.1:1/feed", "http://no-such-host.invalid/feed", f"{server.url}/other"
    )
    code, out, err = desk.type("poll")
    assert (code, out, desk.count()) == (0, "", 4)
    assert sorted(line[:4] for line in err.splitlines() if line.startswith("!")) == ["! s1", "! s2"]
    assert desk.troubles() == {"s0": None, "s1": "refused", "s2": "dns", "s3": None}


def test_all_sources_dead(filled: Desk, server: Server) -> None:
    server.routes.clear()
    assert "sources check" in filled.refused(3, "poll", "--all")
    assert filled.count() == 3
    code, out, _ = filled.type("digest")
    assert code == 0
    assert "étude n° 1" in out  # what was found before is still there to read


def test_without_a_network_nothing_is_held_against_the_sources(filled: Desk, server: Server) -> None:
    away = ("http://127.255.255.255/", "http://sans..reseau/", "http://encore..sans/")
    filled.watch("http://127.255.255.255:81/", *away)  # the first is not due yet
    before = filled.troubles()
    ping = f"{server.url}/ping"  # whoever waits for it knows by its silence
    assert filled.type("run", "--unattended", WATCHER_PING_ADDRESS=ping) == (0, "", "")
    assert [asked.path for asked in server.asked] == ["/feed"]
    said = filled.refused(3, "poll")
    assert "pas de réseau : aucune des 3 sources" in said.replace("\xa0", " ")
    assert filled.troubles() == before
    assert "pas de réseau" in filled.type("status")[1]
    with closing(sqlite3.connect(filled.database)) as line, line:
        line.execute("UPDATE runs SET started = '2026-03-02T06:00:00+00:00' WHERE id = (SELECT min(id) FROM runs)")
        line.execute("UPDATE runs SET started = '2026-03-02T07:00:00+00:00' WHERE id > (SELECT min(id) FROM runs)")
    assert "pas de réseau" in filled.refused(3, "run", "--unattended")  # after a day it is said, once
    assert filled.type("run", "--unattended") == (0, "", "")


def test_sources_that_answer_something_else(desk: Desk, server: Server) -> None:
    server.routes |= {
        "/cut": reply(body=b"<rss><channel><item><ti"),
        "/bytes": reply(body=b"\x00\xff\xfe<<<>>>"),
        "/page": reply(body=b"<!doctype html><html><title>Accueil</title></html>", Content_Type="text/html"),
        "/empty": reply(body=rss()),
        "/closed": reply(403),
        "/hung-up": b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n<rss>",
    }
    kinds = {"s0": "broken", "s1": "not-a-feed", "s2": "not-a-feed", "s3": "empty", "s4": "blocked", "s5": "broken"}
    names = ("cut", "bytes", "page", "empty", "closed", "hung-up", "feed")
    desk.watch(*(f"{server.url}/{name}" for name in names))
    code, out, err = desk.type("poll")
    assert (code, out, desk.count()) == (0, "", 3)
    assert desk.troubles() == kinds | {"s6": None}
    assert sorted(line[:4] for line in err.splitlines() if line.startswith("!")) == [
        f"! {name}" for name in sorted(kinds)
    ]


# ---- the database


def _text(desk: Desk) -> None:
    desk.database.write_text("Mes notes de lecture, à garder.\n" * 99, encoding="utf-8")


def _truncated(desk: Desk) -> None:
    content = desk.database.read_bytes()
    desk.database.write_bytes(content[: len(content) // 3])


def _overwritten(desk: Desk) -> None:
    content = bytearray(desk.database.read_bytes())
    content[4096:] = b"\xa5" * len(content[4096:])
    desk.database.write_bytes(content)


def _foreign(desk: Desk) -> None:
    desk.database.unlink()
    with closing(sqlite3.connect(desk.database)) as line:
        line.execute("CREATE TABLE patients (name TEXT)")
        line.execute("PRAGMA application_id = 42")


def _newer(desk: Desk) -> None:
    with closing(sqlite3.connect(desk.database)) as line, line:
        line.execute("INSERT INTO _sqlite_migrations (migration_set, name) VALUES ('watcher', 'of_next_year')")


def _folder(desk: Desk) -> None:
    desk.database.unlink()
    desk.database.mkdir()


@pytest.mark.parametrize(
    ("spoil", "command", "word"),
    [
        (_text, "poll", "SQLite"),
        (_truncated, "poll", "endommagée"),
        (_truncated, "digest", "endommagée"),
        (_overwritten, "digest", "endommagée"),
        (_foreign, "poll", "autre programme"),
        (_newer, "digest", "plus récente"),
        (_folder, "poll", "dossier"),
    ],
)
def test_a_database_that_cannot_be_used_is_left_as_it_is(
    filled: Desk, spoil: Callable[[Desk], None], command: str, word: str
) -> None:
    spoil(filled)
    before = filled.database.read_bytes() if filled.database.is_file() else b""
    said = filled.refused(74, command)
    assert word in said
    assert "watcher.db" in said
    assert (filled.database.read_bytes() if filled.database.is_file() else b"") == before


def test_no_database_yet(desk: Desk, server: Server) -> None:
    desk.watch(f"{server.url}/feed")
    assert "watcher poll" in desk.refused(74, "digest")
    assert not desk.database.exists()


@contextmanager
def mounted(folder: Path, options: str) -> Iterator[Callable[[str], None]]:
    """A small disk in memory; skips where we may not mount one. Yields what mounts it again with other options."""
    mount = shutil.which("mount")
    folder.mkdir(exist_ok=True)

    def again(options: str) -> None:
        subprocess.run(["mount", "-o", f"remount,{options}", str(folder)], check=True, capture_output=True)

    if (
        not mount
        or subprocess.run(
            [mount, "-t", "tmpfs", "-o", options, "tmpfs", str(folder)], check=False, capture_output=True
        ).returncode
    ):
        pytest.skip("mounting a small disk is not allowed here")
    try:
        yield again
    finally:
        subprocess.run(["umount", str(folder)], check=True, capture_output=True)


def test_a_read_only_disk(desk: Desk, server: Server) -> None:
    with mounted(desk.folder / "disk", "size=1m") as remount:
        desk.watch(f"{server.url}/feed", database="disk/watcher.db")
        desk.database = desk.folder / "disk" / "watcher.db"
        desk.poll()
        remount("ro")
        assert "lecture seule" in desk.refused(74, "poll", "--all")
        code, out, err = desk.type("digest")
        assert (code, "étude n° 1" in out) == (0, True), err  # reading needs no writing
        remount("rw")
        assert desk.count() == 3


def test_a_full_disk(desk: Desk, server: Server) -> None:
    server.routes |= {"/large": reply(body=rss(*range(100, 160), words=200)), "/small": reply(body=rss(9))}
    with mounted(desk.folder / "disk", "size=320k") as remount:
        urls = [f"{server.url}/{name}" for name in ("feed", "large", "small")]
        desk.watch(urls[0], database="disk/watcher.db")
        desk.database = desk.folder / "disk" / "watcher.db"
        desk.poll()
        desk.watch(*urls, database="disk/watcher.db")
        assert "disque plein" in desk.refused(74, "poll")
        assert desk.count() == 3
        remount("size=4m")
        desk.poll()
        assert desk.count() == 3 + 60 + 1


def test_a_file_that_may_not_grow(desk: Desk, server: Server) -> None:
    server.routes["/large"] = reply(body=rss(*range(100, 160), words=200))
    desk.watch(f"{server.url}/feed")
    desk.poll()
    desk.watch(f"{server.url}/feed", f"{server.url}/large")
    blocks = desk.database.stat().st_size // 512 + 16
    assert "disque" in desk.refused(74, "poll", before=f"unset COVERAGE_PROCESS_CONFIG; ulimit -f {blocks}")
    assert desk.count() == 3
    desk.poll()
    assert desk.count() == 63


# ---- two at once, and one that is stopped


def _hang(asked: Asked) -> bytes:
    asked.stopped.wait(60)
    return b""


def test_a_second_run_stops_at_once(filled: Desk, server: Server) -> None:
    server.asked.clear()
    release = server.routes["/feed"]
    waiting = True

    def slow(asked: Asked) -> bytes:
        while waiting and not asked.stopped.wait(0.01):
            pass
        assert isinstance(release, bytes)
        return release

    server.routes["/feed"] = slow
    with filled.start("poll", "--all") as first:
        _wait(lambda: server.asked)
        for command in (("run",), ("import", "articles.jsonl")):
            assert "autre passage" in filled.refused(75, *command)
        assert filled.type("digest")[0] == 0  # reading is always allowed
        waiting = False
        _, err = first.communicate(timeout=30)
    assert first.returncode == 0, err
    assert (len(server.asked), filled.count()) == (1, 3)


@contextmanager
def _interrupts_allowed() -> Iterator[None]:
    """A shell that starts tests in the background has them ignore Ctrl-C, and their children too."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def test_control_c(filled: Desk, server: Server) -> None:
    server.asked.clear()
    server.routes["/feed"] = _hang
    with _interrupts_allowed(), filled.start("poll", "--all") as process:
        _wait(lambda: server.asked)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=20)
    assert (process.returncode, out) == (130, "")
    assert [line[:6] for line in err.split("\n") if line] == ["arrêté"]  # what is stored, and no complaint
    assert filled.count() == 3


# ---- what is typed


@pytest.mark.parametrize(
    "words",
    [("show", "99"), ("explain", "10.1000/none"), ("show", os.fsdecode(b"url:\xff"))],
)
def test_an_unknown_article(filled: Desk, words: tuple[str, str]) -> None:
    assert "watcher search" in filled.refused(2, *words)


@pytest.mark.parametrize("command", ["digest", "run"])
def test_a_period_that_is_none(desk: Desk, command: str) -> None:
    assert "7d" in desk.refused(2, command, "--since", "hier")


@pytest.mark.parametrize("since", ["7", "d", "-1d", "9999999999d", "1.5h", "²d", ""])
def test_more_periods_that_are_none(since: str) -> None:
    with pytest.raises(UsageError) as caught:
        duration(since)
    assert caught.value.exit_code == 2


def test_a_very_long_period_is_all_there_is(filled: Desk) -> None:
    code, out, err = filled.type("digest", "--since", "99999w")
    assert (code, "étude n° 1" in out) == (0, True), err


@pytest.mark.parametrize("command", [("import",), ("rank", "--seeds", "seeds/ferro"), ("group",)])
def test_a_record_that_cannot_be_read_is_named(filled: Desk, command: tuple[str, ...]) -> None:
    good = json.dumps({"id": "x1", "title": "Ferroptose et lysosomes dans une tumeur", "url": "https://x.example/1"})
    (filled.folder / "articles.jsonl").write_text(f"{good}\n\n{{'id': 2}}\n", encoding="utf-8")
    said = filled.refused(2, *command, "articles.jsonl")
    assert "articles.jsonl" in said
    assert re.search(r"\b3\b", said)
    assert filled.count() == 3  # all or nothing


@pytest.mark.parametrize("content", [None, '{"id": "é"}'.encode("latin-1")])
def test_a_file_that_cannot_be_read_is_named(desk: Desk, content: bytes | None) -> None:
    if content:
        (desk.folder / "articles.jsonl").write_bytes(content)
    assert "articles.jsonl" in desk.refused(2, "group", "articles.jsonl")


# ---- where the words go


@pytest.mark.parametrize("command", [("export",), ("digest", "--json"), ("digest",)], ids=" ".join)
def test_a_reader_who_has_seen_enough(desk: Desk, server: Server, command: tuple[str, ...]) -> None:
    server.routes["/feed"] = reply(body=rss(*range(100), words=40))  # more than a pipe holds
    desk.watch(f"{server.url}/feed")
    desk.poll()
    with desk.start(*command) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        if command == ("export",):
            process.stdout.readline()
        process.stdout.close()
        err = process.stderr.read()
        process.wait(30)
    assert (process.returncode, err) == (0, "")


@pytest.mark.parametrize(
    "environment",
    [{"LC_ALL": "C", "PYTHONIOENCODING": "", "PYTHONUTF8": "0"}, {"PYTHONIOENCODING": "ascii", "TERM": "dumb"}],
)
def test_a_terminal_that_knows_no_accents(filled: Desk, environment: dict[str, str]) -> None:
    for command in (("run", "--all"), ("show", "1"), ("--help",)):
        code, out, err = filled.type(*command, **environment)
        assert code == 0, err
        assert out
    filled.refused(2, "show", "inconnu-é", **environment)
