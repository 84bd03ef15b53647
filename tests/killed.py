"""Runs of `send` to be killed: a process that forks one for each line that it reads, and a mail server that strikes.

As a program: `killed.py DATABASE PORT [earnest]`, letters then being written as the command does it. A line is the time
that the clock of a run says. The answer is the number of its process and, when that has ended, how.
"""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from queue import SimpleQueue
from random import Random
from types import TracebackType
from typing import BinaryIO, Self

from lists import PLAIN, Post

from watcher.outbox import MailSettings, smtp
from watcher.run.send import Writer
from watcher.store import Store

POINTS = ("connect", "EHLO", "MAIL", "RCPT", "DATA", "body", "dot", "answer", "QUIT")


def hasty(database: Path) -> Store:
    """A database that does not wait for the disk: what is written outlives a process, if not a power cut."""
    store = Store(database)
    store._connection.execute("PRAGMA synchronous = OFF")
    return store


def run(database: Path, port: int, now: datetime, writer: Writer) -> None:
    """One run of `send`, as the command does it."""
    mail = MailSettings(sender="veille@chu.example", host="127.0.0.1", port=port, security="none", deadline=10.0)
    with hasty(database) as store:
        Post(store=store, mail=mail, now=now, writer=writer).send()


def main() -> None:
    """Fork a run for each line."""
    assert smtp  # loaded once, and not in each child
    writer = PLAIN
    if "earnest" in sys.argv:
        from test_run_send_ways import WRITER as writer  # noqa: N811
    database, port = Path(sys.argv[1]), int(sys.argv[2])
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            run(database, port, datetime.fromisoformat(line.strip()), writer)
            os._exit(0)
        print(child, flush=True)  # noqa: T201 - the answer
        print(os.waitpid(child, 0)[1], flush=True)  # noqa: T201


class Runs:
    """The process that forks, so that Python starts once; without threads, so that it may."""

    def __init__(self, database: Path, port: int, *, earnest: bool = False) -> None:
        command = [sys.executable, __file__, str(database), str(port), *["earnest"] * earnest]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._process.communicate()

    def start(self, now: datetime) -> int:
        """Start a run; returns the number of its process."""
        assert self._process.stdin
        self._process.stdin.write(f"{now.isoformat()}\n")
        self._process.stdin.flush()
        return self._answer()

    def ended(self) -> int:
        """How the run ended: 0, or 9 when it was killed."""
        return self._answer()

    def _answer(self) -> int:
        assert self._process.stdout
        return int(self._process.stdout.readline())


@dataclass(slots=True)
class Striker:
    """A mail server that kills its client at a chosen point of the conversation, and knows what it took."""

    lots: Random
    point: str = ""
    skip: int = 0  # how often the point is passed before
    largest: int = 0  # bytes of a mail that it takes; 0: any
    victim: SimpleQueue[int] = field(default_factory=SimpleQueue)
    taken: list[bytes] = field(default_factory=list)
    _door: socket.socket = field(default_factory=lambda: socket.create_server(("127.0.0.1", 0)))
    _thread: threading.Thread = field(init=False)

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        with suppress(OSError):
            self._door.shutdown(socket.SHUT_RDWR)
        self._thread.join(5)
        self._door.close()

    @property
    def port(self) -> int:
        return int(self._door.getsockname()[1])

    def forget(self) -> None:
        """Forget a victim that ended before the point was reached."""
        while not self.victim.empty():
            self.victim.get()

    def _accept(self) -> None:
        while True:
            try:
                line, _ = self._door.accept()
            except OSError:
                return
            with line, line.makefile("rb") as words, suppress(OSError):
                line.settimeout(20)
                self._talk(line, words)

    def _talk(self, line: socket.socket, words: BinaryIO) -> None:
        self._strike("connect")
        line.sendall(b"220 ready\r\n")
        while verb := words.readline().split(b" ")[0].strip().decode():
            self._strike(verb.upper())
            if verb != "DATA":
                line.sendall({"EHLO": b"250 8BITMIME\r\n", "QUIT": b"221 bye\r\n"}.get(verb.upper(), b"250 ok\r\n"))
                continue
            line.sendall(b"354 go on\r\n")
            mail = words.read(50)
            if self._strike("body"):  # the rest of it never came
                return
            while (part := words.readline()) not in (b".\r\n", b""):
                mail += part
            if not part:
                return
            if self.largest and len(mail) > self.largest:
                self._strike("dot")
                line.sendall(b"552 5.3.4 too large\r\n")
                continue
            if not self._strike("dot") or self.lots.random() < 0.5:  # it may have it, although it could not say so
                self.taken.append(mail)
            line.sendall(b"250 taken\r\n")
            self._strike("answer")

    def _strike(self, point: str) -> bool:
        if point != self.point:
            return False
        if self.skip:
            self.skip -= 1
            return False
        self.point = ""
        victim = self.victim.get(timeout=10)
        with suppress(ProcessLookupError):
            os.kill(victim, signal.SIGKILL)
            for _ in range(5000):  # until it is dead: what it does meanwhile would not be of this point
                os.kill(victim, 0)
                time.sleep(0.001)
        return True


if __name__ == "__main__":
    main()
