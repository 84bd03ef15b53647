"""Who hears what a run tells: a person on the error stream, a file, and a bar at a terminal."""

import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from watcher.cli.choices import Choices
from watcher.journal import REQUESTS, SOURCES, WARNINGS, Line, LogSetting, facts_of, listening, tell
from watcher.render.telling import event_said
from watcher.render.words import say, spaced

if TYPE_CHECKING:
    from watcher.cli.progress import Bar

Write = Callable[[str], None]


@contextmanager
def hearing(choices: Choices, *, quiet: bool) -> Iterator[None]:
    """Let the error stream and the log of the settings hear all that is told until the end of the block.

    A log that cannot be written is one warning. With `quiet`, the error stream says nothing.
    """
    quiet = quiet or choices.quiet
    bar = None if quiet else _bar(choices.language)
    listeners: list[logging.Handler] = [bar] if bar else []
    if not quiet:
        listeners.append(Said(choices.language, verbose=choices.verbose, write=bar.write if bar else _write))
    with listening(*listeners):
        log = _log(choices.settings.log)
        with listening(*([log] if log else [])):
            yield


class Said(logging.Handler):
    """Says events in words: troubles always, news to a person at a terminal, the rest on request."""

    def __init__(self, language: str, *, verbose: int, write: Write) -> None:
        talkative = verbose or sys.stderr.isatty()
        super().__init__(REQUESTS if verbose > 1 else SOURCES if talkative else WARNINGS)
        self._language, self._verbose, self._write = language, bool(verbose), write

    def emit(self, record: logging.LogRecord) -> None:
        """Say one event."""
        if text := event_said(self._language, record.getMessage(), facts_of(record), verbose=self._verbose):
            self._write(text)


def _write(text: str) -> None:
    click.echo(text, err=True)


def _bar(language: str) -> "Bar | None":
    """A bar, where somebody looks on."""
    if not sys.stderr.isatty():
        return None
    from watcher.cli.progress import Bar, screen  # noqa: PLC0415 - it takes its time, and cron has no use for it

    there = screen()
    return None if there.is_dumb_terminal else Bar(there, language)


def _log(setting: LogSetting | None) -> logging.Handler | None:
    if setting is None:
        return None
    if setting.file is None:
        there = logging.StreamHandler(sys.stderr)
        there.setLevel(setting.level)
        there.setFormatter(Line())
        return there
    from watcher.logfile import LogFile  # noqa: PLC0415 - the library behind it is large

    file = setting.file

    def failed(error: Exception) -> None:
        detail = error.strerror if isinstance(error, OSError) else None
        tell("warning", what="log", file=str(file), detail=detail or str(error))

    try:
        return LogFile(file, setting.level, failed)
    except OSError as error:
        failed(error)
        return None


def stored_said(language: str, sources: int, articles: int) -> str:
    """What a person who stopped a run has to know."""
    stored = f"{say(language, 'asked', sources)}, {say(language, 'new', articles)}"
    if language == "en":
        return f"stopped; stored: {stored}; the next run does the rest"
    return spaced(language, f"arrêté ; enregistré : {stored} ; le prochain passage fera le reste")
