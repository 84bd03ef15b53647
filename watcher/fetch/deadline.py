"""The clock over one conversation."""

import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress


class Deadline:
    """When the time of a conversation is up, every socket of it is shut, whatever waits on it.

    A timeout of `requests` starts again with every byte received, so that a server which drips can hold us for ever.
    """

    def __init__(self, seconds: float) -> None:
        self.over = False
        self._ends = time.monotonic() + seconds
        self._lock = threading.Lock()
        self._cuts: list[Callable[[], object]] = []
        self._lines: list[socket.socket] = []

    def __enter__(self) -> "Deadline":
        _WATCH.add(self, self._ends)
        return self

    def __exit__(self, *_: object) -> None:
        _WATCH.remove(self)
        with self._lock:
            self._cuts.clear()
            for line in self._lines:
                line.close()

    def left(self) -> float:
        """Seconds left; never 0, which a socket would take for "do not wait"."""
        return max(self._ends - time.monotonic(), 0.001)

    def cut(self) -> None:
        """End it now."""
        with self._lock:
            self.over = True
            for cut in self._cuts:
                cut()
            self._cuts.clear()

    def on_cut(self, cut: Callable[[], object]) -> None:
        """Have `cut` called when time is up, at once when it is up already."""
        with self._lock:
            if self.over:
                cut()
            else:
                self._cuts.append(cut)

    def hold(self, line: socket.socket) -> None:
        """Have a socket shut when time is up.

        A duplicate is kept: TLS takes the descriptor away from the first socket object, but shuts with any of them.
        """
        twin = line.dup()
        with self._lock:
            self._lines.append(twin)

        def shut() -> None:
            with suppress(OSError):  # it was never connected, or the other side was faster
                twin.shutdown(socket.SHUT_RDWR)

        self.on_cut(shut)


class _Watch:
    """One thread for all deadlines; it ends when there is none left, and begins again with the next."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._ends: dict[Deadline, float] = {}
        self._thread: threading.Thread | None = None

    def add(self, deadline: Deadline, ends: float) -> None:
        with self._changed:
            self._ends[deadline] = ends
            if self._thread is None:
                self._thread = threading.Thread(target=self._wait, daemon=True)
                self._thread.start()
            elif ends <= min(self._ends.values()):
                self._changed.notify()

    def remove(self, deadline: Deadline) -> None:
        with self._changed:
            self._ends.pop(deadline, None)

    def _wait(self) -> None:
        while True:
            with self._changed:
                if not self._ends:
                    self._changed.wait(IDLE)
                if not self._ends:
                    self._thread = None
                    return
                now = time.monotonic()
                late = [deadline for deadline, ends in self._ends.items() if ends <= now]
                for deadline in late:
                    del self._ends[deadline]
                if not late:
                    self._changed.wait(min(self._ends.values()) - now)
            for deadline in late:
                deadline.cut()


IDLE = 1.0  # seconds that the thread waits for another conversation before it ends
_WATCH = _Watch()
