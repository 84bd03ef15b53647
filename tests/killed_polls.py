"""Polls to be killed at any moment, and what must hold then.

As a program it forks a poll for each line that it reads (`killed_polls.py DATABASE PORT SOURCES`), so that Python
starts once. A line is the day of the run and the number of calls after which it kills itself. The answers are
the number of its process, what each source brought as soon as that is recorded, and how it ended.
"""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random

from indoors import NOW, SEED
from servers import Server, http_server, reply

from watcher.fetch import Manners
from watcher.profiles import ProfileSetting
from watcher.run import SourceReport, keep_versions, learn_profiles, poll
from watcher.run.upkeep import today, upkeep
from watcher.sources import Source
from watcher.store import Store, copies, exclusive, look_through

FIRST = NOW - timedelta(days=7 * 400)  # the first round; each is a week, so that each makes a copy
COUNT, FREE = -1_000_000_000, -1  # in place of a number of calls: say how many there are; do not look at them
BATCH = 3  # articles that a source brings in a round


def sources(port: int, count: int) -> tuple[Source, ...]:
    """Each at an address of its own, so that none waits for another."""
    return tuple(Source(id=f"s{n}", url=f"http://127.0.2.{n + 1}:{port}/s{n}") for n in range(count))


def document(source: int, last: int) -> bytes:
    """A feed whose newest article has this number."""
    items = "".join(
        f"<item><guid isPermaLink='false'>s{source}n{n}</guid><link>https://s{source}.example/{n}</link>"
        f"<title>Source {source} : la ferroptose, étude n° {n}</title>"
        f"<description>{' '.join(f'mot{source}x{n}x{word}' for word in range(60))}</description></item>"
        for n in range(last, max(0, last - 4 * BATCH), -1)
    )
    return f"<rss version='2.0'><channel><title>S</title>{items}</channel></rss>".encode()


def run(database: Path, port: int, count: int, now: datetime, calls: int) -> None:
    """One run of `watcher poll`, as the command does it; it kills itself at a call of its own into C."""

    def watched(_frame: object, event: str, _called: object) -> None:
        nonlocal calls
        if event == "c_call":
            calls -= 1
            if calls == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    def said(report: SourceReport) -> None:
        os.write(1, f"{report.source.id} {report.new}\n".encode())

    manners = Manners(allow_hosts=("127.0.0.0/8",))
    counted = calls == COUNT
    if calls > 0 or counted:
        sys.setprofile(watched)
    with exclusive(database), Store(database) as store:
        setting = ProfileSetting(name="ferro", seeds=database.parent / "seeds", threshold=50.0)
        profiles = learn_profiles((setting,), store, keep=True)
        keep_versions(profiles, store, now)
        poll(sources(port, count), profiles, store, manners, clock=lambda: now, everyone=True, progress=said)
    with exclusive(database), Store(database) as store:
        upkeep(store, date(2026, 1, 5) + (today(now) - today(FIRST)), now)
    sys.setprofile(None)
    if counted:
        os.write(1, f"calls {COUNT - calls}\n".encode())


def main() -> None:
    """Fork a run for each line."""
    database, port, count = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    for line in sys.stdin:
        moment, calls = line.split()
        child = os.fork()
        if child == 0:
            run(database, port, count, datetime.fromisoformat(moment), int(calls))
            os._exit(0)
        print(child, flush=True)  # noqa: T201 - the answer
        print("ended", os.waitpid(child, 0)[1], flush=True)  # noqa: T201


@dataclass(slots=True)
class Polls:
    """A database, the feeds that fill it, and the process that forks."""

    folder: Path
    count: int
    server: Server
    lots: Random
    runs: "subprocess.Popen[str]"
    round: int = 0
    calls: int = 1  # of the last run that came to its end without being killed
    seconds: float = 0.5  # that it took
    ended: Counter[str] = field(default_factory=Counter)

    @property
    def database(self) -> Path:
        """The one that is written to."""
        return self.folder / "watcher.db"

    def one(self) -> None:
        """One round: news, a run that is killed, what must hold then, and a run that makes up for it."""
        before = self.known()
        self.round += 1
        for n in range(self.count):
            self.server.routes[f"/s{n}"] = reply(body=document(n, self.round * BATCH))
        timed = self.lots.random() < 0.5  # from outside, also in the middle of a call; else at a call, evenly spread
        told, code = self._killed_in_time() if timed else self._run(self.lots.randrange(1, max(self.calls, 2)))
        self.ended[f"{'in time' if timed else 'at a call'}, {'killed' if code == signal.SIGKILL else 'too late'}"] += 1
        self._sound()
        known = self.known()
        for name, new in told.items():
            assert name == "calls" or known[name] - before[name] == new, f"{name}: acknowledged {new}"
        for n in range(self.count):
            assert known[f"s{n}"] - before[f"s{n}"] in (0, BATCH), f"s{n}: half of it"
        self.ended["sources brought by the killed run"] += sum((known - before).values()) // BATCH
        begun = time.monotonic()
        _, code = self._run(FREE)
        assert code == 0
        self.seconds = 0.7 * self.seconds + 0.3 * (time.monotonic() - begun)
        self._sound()
        assert self.known() == {f"s{n}": self.round * BATCH for n in range(self.count)}

    def measured(self) -> None:
        """Find out how many calls into C a run makes."""
        self.calls = self._run(COUNT)[0]["calls"]

    def known(self) -> Counter[str]:
        """How many articles each source brought, as another program finds them."""
        if not self.database.exists():
            return Counter()
        with closing(sqlite3.connect(self.database)) as line:
            return Counter(dict(line.execute("SELECT source, count(*) FROM sightings GROUP BY source").fetchall()))

    def _run(self, calls: int) -> tuple[dict[str, int], int]:
        self._start(calls)
        return self._answers()

    def _killed_in_time(self) -> tuple[dict[str, int], int]:
        victim = self._start(FREE)
        time.sleep(self.lots.random() * self.seconds)
        with suppress(ProcessLookupError):
            os.kill(victim, signal.SIGKILL)
        return self._answers()

    def _start(self, calls: int) -> int:
        assert self.runs.stdin
        assert self.runs.stdout
        moment = FIRST + timedelta(weeks=self.round)
        self.runs.stdin.write(f"{moment.isoformat()} {calls}\n")
        self.runs.stdin.flush()
        while not (said := self.runs.stdout.readline().strip()).isdecimal():
            self.early[said.split()[0]] = int(said.split()[1])
        return int(said)

    early: dict[str, int] = field(default_factory=dict)  # what a run said before its number was

    def _answers(self) -> tuple[dict[str, int], int]:
        assert self.runs.stdout
        told, self.early = self.early, {}
        while True:
            name, value = self.runs.stdout.readline().split()
            if name == "ended":
                return told, int(value)
            told[name] = int(value)

    def _sound(self) -> None:
        """The database is whole, its search index is in step with it, sources agree with it, copies are good."""
        if self.database.exists():
            with Store(self.database) as store:
                assert store._rows("PRAGMA integrity_check") == [("ok",)]
                store._connection.execute("INSERT INTO articles_fts (articles_fts, rank) VALUES ('integrity-check', 1)")
                counted = dict(store._rows("SELECT source, count(*) FROM sightings GROUP BY source"))
                assert {n: s.articles for n, s in store.states().items() if s.articles} == counted
                assert store._rows("SELECT count(*) FROM articles WHERE id NOT IN (SELECT article FROM aliases)") == [
                    (0,)
                ]
        for copy in copies(self.database, self.folder / "backups"):
            look_through(copy.file)


@contextmanager
def polls(folder: Path, *, count: int = 6, seed: int = 7) -> Iterator[Polls]:
    """Everything that it takes to kill polls."""
    (folder / "seeds").mkdir()
    (folder / "seeds" / "seed.md").write_text(SEED, encoding="utf-8")
    with http_server({}, host="0.0.0.0") as server:
        port = server.url.rpartition(":")[2]
        command = [sys.executable, __file__, str(folder / "watcher.db"), port, str(count)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as runs:
            polls = Polls(folder=folder, count=count, server=server, lots=Random(seed), runs=runs)
            for n in range(count):
                server.routes[f"/s{n}"] = reply(body=document(n, 0))
            yield polls
            runs.communicate()


if __name__ == "__main__":
    main()
