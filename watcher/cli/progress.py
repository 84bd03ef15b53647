"""A bar at a terminal: how far a poll has come, what it brought, and whom it waits for."""

import logging
import threading
import time

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TaskID
from rich.table import Column
from rich.text import Text

from watcher.journal import REQUESTS, facts_of
from watcher.render.words import say

REFRESHED = 2  # times a second
PATIENCE = 2.0  # seconds, from which a host is one that is waited for


def screen() -> Console:
    """The terminal behind the error stream."""
    return Console(stderr=True, markup=False, emoji=False, highlight=False)


class Bar(logging.Handler):
    """Drawn from the first word of a poll to its last, and gone then.

    Its thread begins with the event `asking`: no second process is made after that.
    """

    def __init__(self, there: Console, language: str) -> None:
        super().__init__(REQUESTS)
        self._there, self._language = there, language
        self._progress: Progress | None = None
        self._task = TaskID(0)
        self._new = 0
        self._hosts: dict[str, float] = {}  # that are asked now, and since when
        self._guard = threading.Lock()

    def emit(self, record: logging.LogRecord) -> None:
        """Take one event into account."""
        event, facts = record.getMessage(), facts_of(record)
        host = str(facts.get("host", ""))
        with self._guard:
            if event == "asked":
                self._hosts[host] = time.monotonic()
            elif event == "answered":
                self._hosts.pop(host, None)
        if event == "asking":
            self._begin(int(facts["sources"] or 0))
        elif event in ("read", "unchanged", "trouble") and self._progress:
            self._new += int(facts.get("new") or 0)
            self._progress.advance(self._task)
        elif event in ("polled", "ended"):
            self.close()

    def write(self, text: str) -> None:
        """Say a line above the bar, or where it was."""
        (self._progress.console if self._progress else self._there).print(Text(text), soft_wrap=True)

    def close(self) -> None:
        """Take the bar away, and give the cursor back."""
        progress, self._progress = self._progress, None
        if progress:
            progress.stop()
        super().close()

    def _begin(self, sources: int) -> None:
        if not sources or self._progress:
            return
        self._progress = Progress(
            MofNCompleteColumn(),
            BarColumn(bar_width=20),
            _State(self),
            console=self._there,
            expand=True,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
            refresh_per_second=REFRESHED,
        )
        self._task = self._progress.add_task("", total=sources)
        self._progress.start()

    def state(self) -> str:
        """What came so far, and the host that is waited for longest."""
        said = say(self._language, "new", self._new)
        with self._guard:
            host, since = min(self._hosts.items(), key=lambda one: one[1], default=("", 0.0))
        waited = time.monotonic() - since
        if not host or waited < PATIENCE:
            return said
        return f"{said} · {say(self._language, 'waits-for', host=host.rpartition(':')[0], seconds=int(waited))}"


class _State(ProgressColumn):
    def __init__(self, bar: Bar) -> None:
        super().__init__(table_column=Column(ratio=1, no_wrap=True, overflow="ellipsis"))
        self._bar = bar

    def render(self, task: Task) -> Text:  # noqa: ARG002 - the library's signature
        return Text(self._bar.state(), no_wrap=True, overflow="ellipsis")
