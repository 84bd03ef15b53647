"""Tell what the program does, as it does it; whoever wants to know listens.

An event is a name with facts. It goes through the standard library's `logging` (logger `watcher`), which is free when
nobody listens and safe in threads.
"""

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

Event = Literal[
    "begun",  # a run: command, version
    "ended",  # a run: outcome, reason, and its counts
    "asking",  # the sources of a poll: sources
    "asked",  # the first word of a conversation with a host: source, host
    "answered",  # its end: source, host, address, outcome, status, bytes, ms
    "unchanged",  # a source: source
    "read",  # a source: source, new, known, changed, held
    "trouble",  # a source: source, kind, status, detail
    "polled",  # the end of a poll: the counts of its summary
    "page",  # an article's own page: article, source, outcome, status
    "letter",  # number, list, period, state, reason, code
    "list",  # a regular digest: list, period, outcome, stories, letters
    "pinged",  # status
    "warning",  # something beside the work that failed: what, file, detail
]
Fact = str | int | float | bool | None

REQUESTS, SOURCES, RUNS, WARNINGS = logging.DEBUG, 15, logging.INFO, logging.WARNING
LEVELS = {"requests": REQUESTS, "sources": SOURCES, "runs": RUNS, "warnings": WARNINGS}  # each with those after it
_NAMES = {level: name.removesuffix("s") for name, level in LEVELS.items()}
_LEVEL_OF: dict[Event, int] = {
    "begun": RUNS, "ended": RUNS, "asking": SOURCES, "asked": REQUESTS, "answered": REQUESTS, "unchanged": SOURCES,
    "read": SOURCES, "trouble": WARNINGS, "polled": RUNS, "page": SOURCES, "letter": SOURCES, "list": RUNS,
    "pinged": RUNS, "warning": WARNINGS,
}  # fmt: skip
LONGEST = 300  # characters of one fact


@dataclass(frozen=True, slots=True, kw_only=True)
class LogSetting:
    """Where events are written down, and from which level on."""

    file: Path | None = None  # None: the error stream
    level: int = SOURCES


_LOG = logging.getLogger("watcher")
_LOG.propagate = False
_LOG.setLevel(logging.CRITICAL)  # nobody listens yet


def tell(event: Event, /, **facts: Fact) -> None:
    """Say what happened; facts without a value are left out. None of them may be a secret."""
    level = _LEVEL_OF[event]
    if _LOG.isEnabledFor(level):
        _LOG.log(level, event, extra={"facts": facts})


def facts_of(record: logging.LogRecord) -> dict[str, Fact]:
    """The facts of an event."""
    facts: dict[str, Fact] = getattr(record, "facts", {})
    return facts


@contextmanager
def listening(*listeners: logging.Handler) -> Iterator[None]:
    """Let these handlers hear the events at their levels until the end of the block; they are closed then."""
    before = _LOG.level
    for listener in listeners:
        _LOG.addHandler(listener)
    _LOG.setLevel(min([before, *(listener.level for listener in listeners)]))
    try:
        yield
    finally:
        _LOG.setLevel(before)
        for listener in listeners:
            _LOG.removeHandler(listener)
            listener.close()


class Line(logging.Formatter):
    """An event as one line of JSON: when, how grave, which process, what, and its facts."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, without its end; it holds no control character, whatever the facts hold."""
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        head = {"at": at, "level": _NAMES[record.levelno], "pid": record.process, "event": record.getMessage()}
        facts = {name: _short(fact) for name, fact in facts_of(record).items() if fact not in ("", None)}
        line = json.dumps(head | facts, ensure_ascii=False)
        if line.isprintable():
            return line
        # What is left is inside strings: line ends that are not ASCII, marks that turn the writing direction.
        return "".join(c if c.isprintable() else json.dumps(c)[1:-1] for c in line)


def _short(fact: Fact) -> Fact:
    return fact[: LONGEST - 1] + "…" if isinstance(fact, str) and len(fact) > LONGEST else fact
