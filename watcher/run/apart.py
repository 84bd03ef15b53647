"""Study documents in a process of their own, beside the one that fetches and records."""

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import datetime
from functools import partial
from multiprocessing.connection import Connection

from watcher.fetch import Fetched, Outcome
from watcher.profiles import Profile
from watcher.run.documents import Reading, study
from watcher.sources import Source, Trouble

MANY = 20  # documents, from which a second process is worth its while
LONGEST = 120.0  # seconds for one document, which `parse.limits` should never let it take

Study = Callable[[Source, Fetched, datetime, bytes], Reading]  # the last: marks of the items that are known
Studied = tuple[Outcome, Reading | None]


@contextmanager
def studying(
    profiles: tuple[Profile, ...], clock: Callable[[], datetime], marks: Mapping[str, bytes], *, documents: int
) -> Iterator[Callable[[Source, Outcome], Studied]]:
    """A second process that studies the documents that any thread brings, one at a time; they stay there.

    Where it would gain nothing, nothing is studied. `marks` are those of the items that are known, by source.
    `documents` is how many are expected. The process is a copy of this one (fork), which is safe only while there is a
    single thread.
    """
    cores = len(os.sched_getaffinity(0)) if sys.platform == "linux" else 1
    if documents < MANY or cores < 2 or threading.active_count() > 1:
        yield lambda _, outcome: (outcome, None)
        return
    helper = Helper(partial(_study, profiles))

    def studied(source: Source, outcome: Outcome) -> Studied:
        if not isinstance(outcome, Fetched):
            return outcome, None
        reading = helper.study(source, outcome, clock(), marks.get(source.id, b""))
        if not reading.left_out:  # it will not be read again, and documents are large
            outcome = replace(outcome, content=b"", pages=())
        return outcome, reading

    try:
        yield studied
    finally:
        helper.close()


class Helper:
    """This end of the line to the second process, which does the `work`."""

    def __init__(self, work: Study) -> None:
        context = multiprocessing.get_context("fork")
        self._line, far = context.Pipe()
        self._turn = threading.Lock()
        self._here = work
        self._process = context.Process(target=_serve, args=(far, self._line, self._here), daemon=True)
        self._process.start()
        far.close()

    def study(self, source: Source, fetched: Fetched, now: datetime, marks: bytes) -> Reading:
        """Have a document studied there; here when that process is gone."""
        with self._turn:
            if self._process.is_alive():
                with suppress(Exception):  # half an answer, or none
                    self._line.send((source, fetched, now, marks))
                    if self._line.poll(LONGEST):
                        reading: Reading = self._line.recv()
                        return reading
                self._process.kill()
                self._process.join()
                return Reading(parsed=Trouble(kind="broken", detail="the process that read it died"))
        return self._here(source, fetched, now, marks)

    def close(self) -> None:
        """Let it go: it ends when nobody is at the other end of the line."""
        self._line.close()
        self._process.join(timeout=1)
        self._process.kill()
        self._process.join()
        self._process.close()


def _study(profiles: tuple[Profile, ...], source: Source, fetched: Fetched, now: datetime, marks: bytes) -> Reading:
    return study(source, fetched, profiles, now, marks=marks)


def _serve(line: Connection, other_end: Connection, work: Study) -> None:
    """What the second process does, until the first one closes the line or dies."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a person who presses Ctrl-C means the first one, which says goodbye
    other_end.close()
    with suppress(EOFError, OSError):
        while True:
            line.send(work(*line.recv()))
