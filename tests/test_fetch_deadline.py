"""One clock for all conversations: each ends when its own time is up, whatever the others do."""

import socket
import threading
import time
from contextlib import ExitStack, closing

from watcher.fetch.deadline import IDLE, Deadline


def wait(condition: threading.Event) -> None:
    assert condition.wait(10)


def test_deadlines_end_in_their_own_order() -> None:
    ended: list[float] = []
    with ExitStack() as open_ones:
        for seconds in (0.3, 0.1, 0.2, 0.1, 60.0):
            deadline = open_ones.enter_context(Deadline(seconds))
            deadline.on_cut(lambda seconds=seconds: ended.append(seconds))  # type: ignore[misc]
        last = open_ones.enter_context(Deadline(0.4))
        over = threading.Event()
        last.on_cut(over.set)
        wait(over)
        assert ended == [0.1, 0.1, 0.2, 0.3]
        assert deadline.over is False


def test_one_that_is_left_in_time_is_never_cut() -> None:
    cuts: list[str] = []
    with Deadline(0.05) as early:
        early.on_cut(lambda: cuts.append("early"))
    over = threading.Event()
    with Deadline(0.15) as late:
        late.on_cut(over.set)
        wait(over)
    assert (cuts, early.over, late.over) == ([], False, True)


def test_what_comes_after_the_end_is_cut_at_once() -> None:
    over, after = threading.Event(), threading.Event()
    with Deadline(0.02) as deadline:
        deadline.on_cut(over.set)
        wait(over)
        deadline.on_cut(after.set)
        assert after.is_set()
        assert 0 < deadline.left() < 0.01


def test_a_line_that_waits_is_shut() -> None:
    here, there = socket.socketpair()
    with closing(here), closing(there), Deadline(0.05) as deadline:
        deadline.hold(here)
        started = time.monotonic()
        assert here.recv(1) == b""
        assert time.monotonic() - started < 5


def test_many_come_and_go_with_one_thread_that_ends_behind_them() -> None:
    before = set(threading.enumerate())
    for _ in range(200):
        with Deadline(0.5):
            pass
    own = set(threading.enumerate()) - before
    assert len(own) <= 1
    end = time.monotonic() + 10 * IDLE
    while any(thread.is_alive() for thread in own):
        assert time.monotonic() < end
        time.sleep(0.01)
    over = threading.Event()
    with Deadline(0.02) as again:  # and begins again
        again.on_cut(over.set)
        wait(over)
