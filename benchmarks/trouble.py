"""What one troublesome source costs a poll, beside lemon24/reader in the same run.

    python benchmarks/trouble.py [--feeds 20] [--items 30] [--cap 90] [--deadline 30] [--only drips bomb]

Serves healthy feeds (feedserver.py) and, among them, one source that drips, hangs, sends a gzip bomb or a feed that is
far too large. For each trouble both programs poll everything once from an empty database; reader updates with ten
workers. Ours must end within the deadline of that source (30 s as shipped; `--deadline` polls with another one), store
every article of the healthy feeds, and stay small. A program that is still at work after the cap is ended. Memory is
the largest process, children included, and beside it the largest sum of all of them at one moment. Exits with 1 when a
goal is missed. Linux only.
"""

import argparse
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from poll import MEMORY, Program, feeds, reader, watcher

HOST = "127.9.9.9"  # of the source in trouble; the healthy ones have addresses of their own
DEADLINE = 30.0  # seconds, as shipped
GRACE = 5.0  # seconds for what is not waiting: starting, learning the profiles, storing
OPENING = b'<?xml version="1.0" encoding="utf-8"?>\n<rss version="2.0"><channel><title>Revue en peine</title>\n'
CLOSING = b"</channel></rss>\n"
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml\r\nConnection: close\r\n"
MEGABYTE = 1_000_000


# ---- the source in trouble


def drips() -> Iterator[bytes]:
    """A feed that comes at one byte a second."""
    yield HEAD + b"\r\n"
    for byte in OPENING + b" " * 3600:
        yield bytes([byte])
        time.sleep(1)


def silent() -> Iterator[bytes]:
    """A server that takes the question and never answers."""
    time.sleep(3600)
    yield b""


def silent_after_headers() -> Iterator[bytes]:
    """A server that promises a feed and never sends it."""
    yield HEAD + b"Content-Length: 20000\r\n\r\n"
    time.sleep(3600)


def bomb() -> Iterator[bytes]:
    """A feed of 300 MB, as 300 kB of gzip."""
    packed = _bomb()
    yield HEAD + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed) + packed


@cache
def _bomb() -> bytes:
    packer = zlib.compressobj(9, wbits=31)
    parts = [packer.compress(OPENING + b"<item><guid>1</guid><title>Une bombe</title><description>")]
    parts += [packer.compress(b"a" * MEGABYTE) for _ in range(300)]
    return b"".join([*parts, packer.compress(b"</description></item>" + CLOSING), packer.flush()])


def huge() -> Iterator[bytes]:
    """A well-formed feed of 200 MB, whose length is not told."""
    yield HEAD + b"\r\n" + OPENING
    sent = number = 0
    while sent < 200 * MEGABYTE:
        items = b"".join(_item(number + i) for i in range(1000))
        number, sent = number + 1000, sent + len(items)
        yield items
    yield CLOSING


def _item(number: int) -> bytes:
    return (
        f'<item><guid isPermaLink="false">{number}</guid><title>Article n° {number} de trop</title>'
        f"<link>https://peine.example.org/{number}</link><pubDate>Mon, 02 Nov 2026 07:00:00 GMT</pubDate>"
        f"<description>{'Un feuilleton qui ne finit pas. ' * 24}</description></item>\n"
    ).encode()


TROUBLES: dict[str, Callable[[], Iterator[bytes]]] = {
    "drips": drips,
    "silent": silent,
    "silent-after-headers": silent_after_headers,
    "bomb": bomb,
    "huge": huge,
}


@contextmanager
def troublesome(answer: Callable[[], Iterator[bytes]]) -> Iterator[str]:
    """Serve one trouble; its address. A connection is forgotten with the process: some of them never end."""
    with socket.create_server((HOST, 0), backlog=16) as door:

        def accept() -> None:
            with suppress(OSError):  # the door was closed
                while True:
                    threading.Thread(target=_tell, args=(door.accept()[0], answer), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        yield f"http://{HOST}:{door.getsockname()[1]}/peine.xml"


def _tell(line: socket.socket, answer: Callable[[], Iterator[bytes]]) -> None:
    with line, suppress(OSError):  # they hung up
        line.recv(65536)
        for piece in answer():
            line.sendall(piece)


# ---- the programs


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """What one poll did and took."""

    ended: bool  # by itself, before the cap
    wall: float  # seconds
    largest: float  # MB, of one process
    together: float  # MB, of all processes at one moment; pages they share are counted in each
    stored: int = 0  # articles of the healthy feeds


def watched(command: tuple[str, ...], cap: float) -> Watched:
    """Run a poll, and end it when it takes longer than the cap."""
    start = time.monotonic()
    together = 0.0
    with (
        tempfile.TemporaryFile() as said,
        subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=said, start_new_session=True) as process,
    ):
        while (ended := os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT | os.WNOHANG)) is None:
            if time.monotonic() - start > cap:
                break
            together = max(together, _together(process.pid))
            time.sleep(0.02)
        wall = time.monotonic() - start
        if ended is None:
            os.killpg(process.pid, signal.SIGKILL)  # a group of its own: itself and its children
        _, status, used = os.wait4(process.pid, 0)  # the largest of itself and of the children it waited for
        process.returncode = os.waitstatus_to_exitcode(status)
        if ended is not None and process.returncode:
            said.seek(0)
            sys.exit(f"{command[0]} failed:\n{said.read().decode(errors='replace')[-2000:]}")
    return Watched(ended=ended is not None, wall=wall, largest=used.ru_maxrss / 1024, together=together)


def _together(leader: int) -> float:
    """MB of memory of a process and its children."""
    total = 0
    for process in (leader, *_children(leader)):
        with suppress(OSError, IndexError):  # it ended meanwhile
            total += int(Path(f"/proc/{process}/statm").read_text().split()[1])
    return total * os.sysconf("SC_PAGE_SIZE") / 2**20


def _children(leader: int) -> list[int]:
    found: list[int] = []
    with suppress(OSError):
        for thread in Path(f"/proc/{leader}/task").iterdir():  # a child belongs to the thread that started it
            found += map(int, (thread / "children").read_text().split())
    return found


def hurried(program: Program, deadline: float) -> Program:
    """Our program with another deadline, which the command line does not offer."""
    code = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from watcher.config import load
from watcher.fetch import Manners
from watcher.parse import SERVICES
from watcher.run import learn_profiles, poll
from watcher.store import Store
s = load(Path(sys.argv[1]), kinds=SERVICES)
m = Manners(contact=s.contact, allow_hosts=s.allow_hosts, deadline=float(sys.argv[2]))
with Store(s.database, create=True) as store:
    poll(s.sources, learn_profiles(s.profiles), store, m, clock=lambda: datetime.now(UTC), everyone=True)
"""
    settings = str(program.database.with_name("feeds.yaml"))
    return replace(program, command=(sys.executable, "-c", code, settings, str(deadline)))


def healthy(program: Program, place: int, address: str) -> int:
    """How many articles a program stored of the feeds that are well."""
    told = {
        "watcher": ("SELECT count(*) FROM sightings WHERE source <> ?", f"f{place}"),
        "reader": ("SELECT count(*) FROM entries WHERE feed <> ?", address),
    }
    query, ill = told[program.name]
    with closing(sqlite3.connect(program.database)) as connection:
        return int(connection.execute(query, (ill,)).fetchone()[0])


def beside(name: str, addresses: tuple[str, ...], options: argparse.Namespace) -> tuple[Watched, Watched]:
    """Let both programs poll all feeds and one trouble: what it took ours, and reader."""
    folder = Path(tempfile.mkdtemp(prefix="trouble-"))
    place = len(addresses) // 2
    try:
        with troublesome(TROUBLES[name]) as ill:
            every = (*addresses[:place], ill, *addresses[place:])
            ours, theirs = watcher(folder / "watcher", every), reader(folder / "reader", every)
            if options.deadline != DEADLINE:
                ours = hurried(ours, options.deadline)
            taken = []
            for program in (ours, theirs):
                took = watched(program.command, options.cap)
                taken.append(replace(took, stored=healthy(program, place, ill)))
        return taken[0], taken[1]
    finally:
        shutil.rmtree(folder)


def verdict(ours: Watched, expected: int, deadline: float) -> str:
    """ "" when every goal is reached, else the goals that are missed."""
    missed = {
        "never ended": not ours.ended,
        f"longer than {deadline + GRACE:.0f} s": ours.ended and ours.wall > deadline + GRACE,
        f"{expected - ours.stored} articles missing": ours.stored != expected,
        f"above {MEMORY} MB": max(ours.largest, ours.together) > MEMORY,
    }
    return ", ".join(goal for goal, miss in missed.items() if miss)


def _line(took: Watched, expected: int) -> str:
    wall = f"{took.wall:6.1f} s" if took.ended else "  never "
    return f"{wall} {took.largest:6.0f} /{took.together:5.0f} MB {took.stored:5d} of {expected}"


def main() -> int:
    """Try every trouble and report; 0 when every goal is reached."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--feeds", type=int, default=20)
    parser.add_argument("--items", type=int, default=30)
    parser.add_argument("--cap", type=float, default=90.0, help="seconds after which a program is ended")
    parser.add_argument("--deadline", type=float, default=DEADLINE, help="seconds for a source, of ours")
    parser.add_argument("--only", nargs="+", choices=TROUBLES, default=list(TROUBLES), help="these troubles")
    options = parser.parse_args()
    if options.cap <= options.deadline + GRACE:
        parser.error("the cap must leave ours its deadline")
    expected, reached = options.feeds * options.items, True
    print(
        f"{options.feeds} healthy feeds of {options.items} articles, one in trouble with {options.deadline:g} s to end;"
    )
    print(f"memory: the largest process / all together; “never”: still at work after {options.cap:g} s, and ended\n")
    print(f"{'':22s}{'watcher':40s}reader")
    for name in options.only:
        with feeds(options.feeds, options.items) as addresses:
            ours, theirs = beside(name, addresses, options)
        missed = verdict(ours, expected, options.deadline)
        reached = reached and not missed
        said = f"MISSED: {missed}" if missed else "reached"
        print(f"{name:22s}{_line(ours, expected):40s}{_line(theirs, expected):40s}{said}", flush=True)
    print(f"\ngoals {'reached' if reached else 'MISSED'}", end=" ")
    print(f"(ours: ends within deadline + {GRACE:.0f} s, stores everything else, at most {MEMORY} MB together)")
    return 0 if reached else 1


if __name__ == "__main__":
    sys.exit(main())
