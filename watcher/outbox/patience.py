"""Waiting under a deadline for what nothing can interrupt, such as the system's resolver."""

import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import TypeVar

from watcher.fetch.deadline import Deadline

T = TypeVar("T")


def wait_for(work: Callable[[], T], deadline: Deadline) -> T:
    """Do some work in a thread of its own; raises TimeoutError when time is up, and what the work raises.

    The thread is left to its fate then; it cannot keep the program from ending.
    """
    done: SimpleQueue[tuple[T] | Exception] = SimpleQueue()

    def attempt() -> None:
        try:
            done.put((work(),))
        except Exception as error:  # handed on to the one who waits
            done.put(error)

    deadline.on_cut(lambda: done.put(TimeoutError()))
    threading.Thread(target=attempt, daemon=True).start()
    outcome = done.get()
    if isinstance(outcome, Exception):
        raise outcome
    return outcome[0]
