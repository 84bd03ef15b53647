"""What a run tells, and to whom: a person, a log, a collector of metrics, whoever watches over it, another program."""

import json
import os
import pty
import re
import select
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from servers import Asked, Server, http_server, reply

from watcher.cli import main
from watcher.store import exclusive

NEW = "sur la ferroptose des cellules persistantes"


def rss(*numbers: int) -> bytes:
    items = "".join(f"<item><title>Article {n} {NEW}</title><link>http://x.example/{n}</link></item>" for n in numbers)
    return f"<rss version='2.0'><channel><title>T</title>{items}</channel></rss>".encode()


def hanging(asked: Asked) -> bytes:
    asked.stopped.wait(30)
    return b""


@dataclass(frozen=True, slots=True)
class Desk:
    """A folder to watch from, and a person or a program that types there."""

    folder: Path
    server: Server
    patch: pytest.MonkeyPatch
    capture: pytest.CaptureFixture[str]

    def watch(self, *paths: str, more: str = "") -> None:
        rows = [f'{{id: s{n}, url: "{self.server.url}{path}"}}' for n, path in enumerate(paths)]
        text = f"allow_hosts: [127.0.0.1]\nprofiles: []\nsources: [{', '.join(rows)}]\n{more}\n"
        (self.folder / "feeds.yaml").write_text(text, encoding="utf-8")

    @property
    def environment(self) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if k in ("PATH", "PYTHONPATH") or k.startswith("COV")}
        home = {"HOME": str(self.folder), "XDG_CONFIG_HOME": str(self.folder), "PYTHONWARNINGS": "error"}
        return kept | home | {"PYTHONIOENCODING": "utf-8", "TERM": "xterm"}

    def type(self, *words: str, code: int = 0, **environment: str) -> tuple[str, str]:
        """Type a command in this process, as cron does; returns what it prints on both streams."""
        with self.patch.context() as patch:
            patch.chdir(self.folder)
            patch.setattr(sys, "argv", ["watcher", *words])
            for name, value in environment.items():
                patch.setenv(name, value)
            with pytest.raises(SystemExit) as ended:
                main()
        out, err = self.capture.readouterr()
        assert ended.value.code == code, err
        return out, err

    def log(self) -> list[dict[str, object]]:
        return [json.loads(line) for line in (self.folder / "watcher.log").read_text("utf-8").splitlines()]

    def runs(self) -> list[tuple[str, str, str]]:
        with closing(sqlite3.connect(self.folder / "watcher.db")) as line:
            return line.execute("SELECT command, outcome, reason FROM runs ORDER BY id").fetchall()


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Desk]:
    routes = {"/new": reply(body=rss(1, 2)), "/other": reply(body=rss(3)), "/bad": reply(500)}
    with http_server(routes) as server:
        yield Desk(tmp_path, server, monkeypatch, capsys)


# ---- a person


def test_under_cron_only_troubles_are_said(desk: Desk) -> None:
    desk.watch("/new")
    assert desk.type("poll") == ("", "")
    desk.watch("/new", "/bad")
    assert desk.type("poll", "--all") == ("", "! s1 : répond par une erreur 500\n")
    assert desk.type("-q", "poll", "--all") == ("", "")


def test_v_says_what_sources_bring_and_vv_what_was_asked(desk: Desk) -> None:
    desk.watch("/new?key=canari", "/bad")
    desk.server.routes["/new?key=canari"] = reply(body=rss(1, 2))
    _, said = desk.type("-v", "poll")
    assert sorted(said.splitlines()[:2]) == ["! s1 : répond par une erreur 500 [Scripted]", "+ s0 : 2"]
    assert said.splitlines()[2].startswith("2 sources interrogées, 0 pas encore échue, 1 en échec")
    _, said = desk.type("-vv", "poll", "--all")
    assert re.search(r"^  200 · \d+ ms · \d+ B · http://127\.0\.0\.1:\d+/new\?…$", said, re.MULTILINE)
    assert re.search(r"^  500 · \d+ ms · http · http://127\.0\.0\.1:\d+/bad$", said, re.MULTILINE)
    assert "= s0" in said
    assert "canari" not in said


def test_programs_that_read_json_are_told_nothing_else(desk: Desk) -> None:
    desk.watch("/new", "/bad")
    out, err = desk.type("-vv", "poll", "--json")
    assert (json.loads(out)["new"], err) == (2, "")


# ---- a log


def test_a_log_has_a_line_for_each_event_and_no_secret(desk: Desk) -> None:
    desk.server.routes["/bad"] = (
        b'HTTP/1.1 500 canari-echo\x1b[2J \xc2\x85{"event": "forged"}\r\nConnection: close\r\n\r\n'
    )
    address = desk.server.url.replace("//", "//user:canari-url@") + "/new?key=canari-query"
    desk.server.routes["/new?key=canari-query"] = reply(body=rss(1, 2))
    desk.watch("/bad", more="log: {path: watcher.log, level: requests}")
    text = (desk.folder / "feeds.yaml").read_text().replace("sources: [", f'sources: [{{id: own, url: "{address}"}}, ')
    (desk.folder / "feeds.yaml").write_text(text, encoding="utf-8")
    (desk.folder / "secrets.yaml").write_text("s0: {user: marie, password: canari-echo}\n", encoding="utf-8")
    (desk.folder / "secrets.yaml").chmod(0o600)
    desk.type("poll")
    written = (desk.folder / "watcher.log").read_text("utf-8")
    assert "canari" not in written
    assert all(line.isprintable() for line in written.splitlines())
    lines = desk.log()
    events = [str(line["event"]) for line in lines]
    assert sorted(events) == sorted(
        ["begun", "asking", *["asked", "answered"] * 2, "read", "trouble", "polled", "ended"]
    )
    assert (events[0], events[-2:]) == ("begun", ["polled", "ended"])
    last = lines[-1]
    assert (last["outcome"], last["asked"], last["failed"], last["new"]) == ("done", 2, 1, 2)
    (read,) = [line for line in lines if line["event"] == "answered" and line["source"] == "own"]
    assert read["address"] == f"{desk.server.url}/new?…"
    assert (desk.folder / "watcher.log").stat().st_mode & 0o777 == 0o600


def test_a_log_at_its_usual_level_has_no_requests(desk: Desk) -> None:
    desk.watch("/new", more="log: watcher.log")
    desk.type("poll")
    desk.type("poll")
    first, second = ["begun", "asking", "read", "polled", "ended"], ["begun", "asking", "polled", "ended"]
    assert [line["event"] for line in desk.log()] == [*first, *second]


def test_a_log_may_go_to_the_error_stream(desk: Desk) -> None:
    desk.watch("/new", more="log: {path: stderr, level: runs}")
    _, err = desk.type("poll")
    assert [json.loads(line)["event"] for line in err.splitlines()] == ["begun", "polled", "ended"]


def test_a_log_that_cannot_be_written_is_one_warning_and_stops_nothing(desk: Desk) -> None:
    (desk.folder / "file").touch()
    desk.watch("/new", more="log: file/watcher.log")
    out, err = desk.type("poll")
    assert out == ""
    assert err.count("\n") == 1
    assert "file/watcher.log\u00a0: écriture impossible" in err.replace(" :", "\u00a0:")
    assert desk.runs() == [("poll", "done", "")]


def test_a_second_run_leaves_a_line_and_no_row(desk: Desk) -> None:
    desk.watch("/new", more="log: watcher.log")
    with exclusive(desk.folder / "watcher.db"):
        desk.type("poll", code=75)
    assert [(line["event"], line.get("outcome")) for line in desk.log()] == [("begun", None), ("ended", "locked")]
    assert not (desk.folder / "watcher.db").exists()


# ---- metrics, and whoever watches over us


def test_metrics_are_written_after_each_run(desk: Desk) -> None:
    desk.watch("/new", more="metrics: m/watcher.prom")
    desk.type("poll")
    file = desk.folder / "m" / "watcher.prom"
    assert "watcher_run_success 1\n" in file.read_text()
    desk.watch("/bad", more="metrics: m/watcher.prom")
    desk.type("poll", "--all", code=3)
    assert "watcher_run_success 0\n" in file.read_text()
    assert file.stat().st_mode & 0o777 == 0o644
    assert [one.name for one in file.parent.iterdir()] == ["watcher.prom"]


def test_metrics_that_cannot_be_written_are_one_warning(desk: Desk) -> None:
    (desk.folder / "file").touch()
    desk.watch("/new", more="metrics: file/watcher.prom")
    _, err = desk.type("poll")
    assert err.count("\n") == 1
    assert "watcher.prom" in err


def test_an_address_is_asked_for_after_each_run_and_its_fail_after_one_that_failed(desk: Desk) -> None:
    desk.server.routes |= {"/canari-uuid": reply(body=b"OK"), "/canari-uuid/fail": reply(204)}
    ping = f"{desk.server.url}/canari-uuid"
    desk.watch("/new", more="log: {path: watcher.log, level: requests}")
    assert desk.type("-vv", "poll", WATCHER_PING_ADDRESS=ping)[1].count("canari") == 0
    desk.watch("/bad", more="log: {path: watcher.log, level: requests}")
    assert "canari" not in desk.type("poll", "--all", code=3, WATCHER_PING_ADDRESS=ping)[1]
    pings = [asked.path for asked in desk.server.asked if "canari" in asked.path]
    assert pings == ["/canari-uuid", "/canari-uuid/fail"]
    assert "canari" not in (desk.folder / "watcher.log").read_text()
    assert [line["event"] for line in desk.log()].count("pinged") == 1  # an empty answer is no document, and no trouble


def test_a_ping_that_fails_is_one_warning_without_its_address(desk: Desk) -> None:
    desk.watch("/new", more="log: watcher.log")
    _, err = desk.type("poll", WATCHER_PING_ADDRESS=f"{desk.server.url}/canari-uuid")
    assert err.count("\n") == 1
    assert "http 404" in err
    assert "canari" not in err + (desk.folder / "watcher.log").read_text()
    assert desk.runs() == [("poll", "done", "")]


def test_a_ping_goes_to_no_private_address_that_is_not_allowed(desk: Desk) -> None:
    desk.watch("/new")
    with http_server({"/x": reply(body=b"OK")}, host="127.0.0.2") as other:
        _, err = desk.type("poll", WATCHER_PING_ADDRESS=f"{other.url}/x")
        assert other.asked == []
    assert "private-address" in err


# ---- another program: three states by the exit code


def test_cron_takes_nothing_new_for_no_failure(desk: Desk) -> None:
    desk.watch("/new")
    desk.type("poll")
    for words in (("poll", "--all"), ("digest",), ("run", "--all")):
        desk.type(*words)


def test_the_exit_code_tells_something_new_from_nothing_new_and_from_a_failure(desk: Desk) -> None:
    desk.watch("/new")
    desk.type("poll", "--exit-code")
    desk.type("poll", "--all", "--exit-code", code=5)
    desk.watch("/new", "/bad")
    desk.type("poll", "--all", "--exit-code", code=6)
    desk.type("digest", "--exit-code", code=6)  # no profile, nothing to read
    desk.type("run", "--all", "--exit-code", code=6)
    desk.watch("/new", "/bad", "/other")
    desk.type("poll", "--exit-code")
    desk.watch("/bad")
    desk.type("poll", "--all", "--exit-code", code=3)
    assert "aucune source" in desk.type("digest", "--exit-code", code=3)[1]
    desk.type("digest")
    desk.watch("/new")
    desk.type("run", "--exit-code", "--all", "--json", code=5)
    desk.type("digest", "--exit-code", code=5)


def test_a_digest_with_something_to_read_ends_well(desk: Desk) -> None:
    seeds = desk.folder / "seeds" / "fer"
    seeds.mkdir(parents=True)
    (seeds / "a.txt").write_text(f"La ferroptose. {NEW} Le fer des lysosomes.", encoding="utf-8")
    desk.watch("/new")
    text = (desk.folder / "feeds.yaml").read_text().replace("profiles: []", "profiles: [{name: fer, threshold: 1}]")
    (desk.folder / "feeds.yaml").write_text(text, encoding="utf-8")
    desk.type("run", "--exit-code")
    desk.type("digest", "--exit-code")


LISTS = """
digests: [{name: quotidien, to: [anne@chu.example, pas une adresse], every: day, when_empty: yes}]
mail: {from: veille@chu.example, maildir: boite}
log: {path: watcher.log, level: sources}
"""


def test_regular_digests_are_told_without_their_readers(desk: Desk) -> None:
    desk.watch("/new", more=LISTS.replace("pas une adresse", "luc@chu.example"))
    assert "nouvelle liste" in desk.type("run")[0]
    with closing(sqlite3.connect(desk.folder / "watcher.db")) as line, line:
        line.execute("UPDATE lists SET until = '2026-01-01T00:00:00+00:00'")
        line.execute("DELETE FROM editions")
    desk.type("send", "--exit-code", code=5)  # a letter that says that there is nothing new
    desk.type("send", "--exit-code", code=5)
    desk.type("run", "--exit-code", code=5)
    assert [(run[0], run[1]) for run in desk.runs()] == [(name, "done") for name in ("run", "send", "send", "run")]
    told = [line for line in desk.log() if line["event"] in ("list", "letter")]
    assert [(one["event"], one.get("outcome") or one.get("state")) for one in told] == [
        ("list", "begun"), ("list", "made"), ("letter", "sent"), ("letter", "sent")
    ]  # fmt: skip
    assert "chu.example" not in (desk.folder / "watcher.log").read_text()
    facts = json.loads(desk.type("status", "--json")[0])
    assert [run["sent"] for run in facts["runs"]] == [0, 0, 2, 0]


def test_a_run_that_cannot_even_open_the_database_failed(desk: Desk) -> None:
    desk.server.routes["/uuid/fail"] = reply(body=b"OK")
    (desk.folder / "watcher.db").write_bytes(b"not a database, but long enough to be looked at" * 30)
    desk.watch("/new", more="log: watcher.log\nmetrics: watcher.prom")
    _, err = desk.type("poll", code=74, WATCHER_PING_ADDRESS=f"{desk.server.url}/uuid")
    assert [asked.path for asked in desk.server.asked] == ["/uuid/fail"]
    assert "SQLite" in err
    last = [line for line in desk.log() if line["event"] == "ended"][-1]
    assert (last["outcome"], last["reason"]) == ("failed", "not-a-database")
    assert "SQLite" in desk.type("status", code=74)[1]


@pytest.mark.parametrize(("said", "lines"), [("yes", True), ("no", False)])
def test_the_environment_may_say_yes_or_no(desk: Desk, said: str, lines: bool) -> None:  # noqa: FBT001 - a parameter
    desk.watch("/new")
    assert ("+ s0 : 2" in desk.type("poll", WATCHER_VERBOSE=said)[1]) is lines


# ---- how the watch stands


def test_status_beside_a_run(desk: Desk) -> None:
    desk.watch("/new", "/bad")
    assert "pas encore de base" in desk.type("status")[0]
    desk.type("poll")
    out, err = desk.type("status", COLUMNS="150")
    assert err == ""
    assert "aucun passage en cours" in out
    assert "2 sources interrogées, dont 1 en échec · 2 articles nouveaux" in out.replace("\u00a0", " ")
    with exclusive(desk.folder / "watcher.db"):
        facts = json.loads(desk.type("status", "--json")[0])
    assert (facts["working"], facts["runs"][0]["new"], facts["health"]) == (True, 2, {"well": 1, "broken": 1})


def test_a_killed_run_is_shown_as_interrupted(desk: Desk) -> None:
    desk.server.routes["/slow"] = hanging
    desk.watch("/slow")
    command = [sys.executable, "-m", "watcher", "poll"]
    with subprocess.Popen(command, cwd=desk.folder, env=desk.environment) as process:
        wait(lambda: desk.server.asked)
        facts = json.loads(desk.type("status", "--json")[0])
        assert (facts["working"], facts["runs"][0]["outcome"]) == (True, "working")
        assert facts["working_since"] == facts["runs"][0]["started"]
        process.send_signal(signal.SIGKILL)
    assert "poll · interrompu\n" in re.sub(" +\n", "\n", desk.type("status")[0].replace("\u00a0", " "))
    desk.watch("/new")
    desk.type("poll")
    assert [outcome for _, outcome, _ in desk.runs()] == ["interrupted", "done"]


def wait(condition: Callable[[], object]) -> None:
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


# ---- a terminal


class Terminal:
    """A command behind a real terminal of 100 columns."""

    def __init__(self, desk: Desk, *words: str, **environment: str) -> None:
        self.seen = b""
        pid, self.line = pty.fork()
        if not pid:  # pragma: no cover - another program
            os.chdir(desk.folder)
            size = {"COLUMNS": "100", "LINES": "30"}
            os.execve(sys.executable, [sys.executable, "-m", "watcher", *words], desk.environment | size | environment)
        self.pid = pid

    def read(self, until: str = "", patience: float = 20) -> str:
        """Read on until something was written, or to the end."""
        end = time.monotonic() + patience
        while until.encode() not in self.seen or not until:
            assert time.monotonic() < end, self.text
            if not select.select([self.line], [], [], 0.2)[0]:
                continue
            try:
                more = os.read(self.line, 65536)
            except OSError:  # how Linux says that the other end is closed
                break
            if not more:
                break
            self.seen += more
        return self.text

    @property
    def text(self) -> str:
        return self.seen.decode("utf-8", "replace")

    def press(self, key: str) -> None:
        os.write(self.line, key.encode())

    def end(self) -> int:
        """Read to the end; returns the exit code."""
        self.read()
        os.close(self.line)
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


HIDE, SHOW = "\x1b[?25l", "\x1b[?25h"


def left_on(text: str) -> list[str]:
    """The lines that stand on the screen at the end: what was erased or written over is gone."""
    lines, row = [""], 0
    for piece in re.findall(r"\x1b\[[0-9;?]*[A-Za-z]|\r|\n|[^\x1b\r\n]+", text):
        if piece == "\n":
            row += 1
            lines += [""] * (row + 1 - len(lines))
            lines[row : row + 1] = [lines[row]]
        elif piece == "\r":
            continue
        elif piece.endswith("A"):
            row = max(row - int(piece[2:-1] or 1), 0)
        elif piece.endswith("K"):
            lines[row] = ""
        elif not piece.startswith("\x1b"):
            lines[row] = lines[row] + piece if lines[row] and not piece.startswith(" ") else piece
    return [line for line in lines if line.strip()]


@pytest.fixture
def slow(desk: Desk) -> Desk:
    """A desk with one source that answers at once, and one that never does."""
    desk.server.routes["/slow"] = hanging
    with_other_host = desk.server.url.replace("127.0.0.1", "localhost")
    desk.watch("/new")
    text = (desk.folder / "feeds.yaml").read_text()
    text = text.replace("[127.0.0.1]", "[127.0.0.1, localhost]")
    text = text.replace("sources: [", f'sources: [{{id: slow, url: "{with_other_host}/slow"}}, ')
    (desk.folder / "feeds.yaml").write_text(text, encoding="utf-8")
    return desk


def test_a_person_sees_how_far_it_is_and_whom_it_waits_for_and_may_stop_it(slow: Desk) -> None:
    terminal = Terminal(slow, "poll")
    seen = terminal.read(until="attend localhost (")
    assert "1/2" in seen
    assert "2 articles nouveaux · attend localhost (2 s)" in seen
    terminal.press("\x03")
    assert terminal.end() == 130
    assert terminal.text.count(HIDE) == terminal.text.count(SHOW) == 1
    stays = left_on(terminal.text)
    assert stays[0] == "+ s0 : 2"
    said = stays[-1].replace("\u00a0", " ").replace("\u202f", " ")
    assert said == "arrêté ; enregistré : 1 source interrogée, 2 articles nouveaux ; le prochain passage fera le reste"
    assert not [line for line in stays if "attend" in line or "1/2" in line]
    assert slow.runs() == [("poll", "stopped", "")]


def test_the_bar_is_gone_when_the_work_is_done(desk: Desk) -> None:
    desk.watch("/new", "/bad")
    terminal = Terminal(desk, "poll", WATCHER_LANG="en")
    assert terminal.end() == 0
    assert terminal.text.count(HIDE) == terminal.text.count(SHOW) == 1
    assert sorted(left_on(terminal.text)[:2]) == ["! s1 : answers with error 500", "+ s0 : 2"]
    assert left_on(terminal.text)[2:] == ["2 sources asked, 0 not yet due, 1 failed · 2 new articles, 0 already known"]


@pytest.mark.parametrize(("words", "term"), [(("-q",), "xterm"), ((), "dumb")])
def test_there_is_no_bar_where_none_is_wanted(desk: Desk, words: tuple[str, ...], term: str) -> None:
    desk.watch("/new")
    terminal = Terminal(desk, *words, "poll", TERM=term)
    assert terminal.end() == 0
    assert "\x1b" not in terminal.text
    assert "1/1" not in terminal.text


@pytest.mark.skipif(sys.platform != "linux" or (os.cpu_count() or 1) < 2, reason="a second process needs a second core")
def test_the_bar_does_not_keep_the_second_process_away(desk: Desk) -> None:
    desk.server.routes |= {f"/{n}": reply(body=rss(n)) for n in range(24)}
    held = [True]

    def slow(_: Asked) -> bytes:
        wait(lambda: not held)
        return reply(body=rss(99))

    desk.server.routes["/23"] = slow
    desk.watch(*(f"/{n}" for n in range(24)))
    terminal = Terminal(desk, "poll")
    try:
        seen = terminal.read(until="23/24")
        children = Path(f"/proc/{terminal.pid}/task/{terminal.pid}/children").read_text().split()
    finally:
        held.clear()
    assert len(children) == 1
    assert terminal.end() == 0
    assert HIDE in seen
