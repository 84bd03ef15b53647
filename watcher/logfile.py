"""The file into which events are written: private, turned over when it is full, shared by processes."""

import logging
import os
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path

from watcher.journal import Line

if sys.platform != "win32":
    import fcntl

FULL = 1_000_000  # bytes of one file
OLDER = 4  # files beside it: watcher.log.1 is the latest of them
# A pipe that nobody reads must not hold the run up. An own file is opened in one step: nobody reads it in between.
_FLAGS = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)


class LogFile(RotatingFileHandler):
    """Writes each event as one line, in one write, at the end of the file, wherever other processes moved it."""

    def __init__(self, file: Path, level: int, failed: Callable[[Exception], None], *, full: int = FULL) -> None:
        """Open the file and make its folder. `failed` is told the first thing that goes wrong; then it is silent.

        Raises OSError when the file cannot be opened.
        """
        file.parent.mkdir(parents=True, exist_ok=True)
        self._failed: Callable[[Exception], None] | None = failed
        super().__init__(file, maxBytes=full, backupCount=OLDER, encoding="utf-8")
        self.setLevel(level)
        self.setFormatter(Line())

    def _open(self) -> TextIOWrapper:
        number = os.open(self.baseFilename, _FLAGS, 0o600)
        return open(number, "a", encoding="utf-8")  # noqa: PTH123 - of a number

    def shouldRollover(self, record: logging.LogRecord) -> bool:  # noqa: N802 - the library's name
        """Whether the file is full; another process may have begun a new one meanwhile, which is opened then."""
        self._follow()
        own = stat.S_ISREG(
            Path(self.baseFilename).lstat().st_mode
        )  # what a link or a device leads to belongs to others
        return own and bool(super().shouldRollover(record))

    def doRollover(self) -> None:  # noqa: N802 - the library's name
        """Begin a new file, unless another process has just done so."""
        with self._alone():
            if self._is_ours():
                super().doRollover()
        self._follow()

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line; after a failure, nothing more."""
        if self._failed is not None:
            super().emit(record)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: ARG002, N802 - the library's signature
        """Tell of what went wrong once; the work goes on, whatever it was."""
        error, told, self._failed = sys.exc_info()[1], self._failed, None
        if told is not None and isinstance(error, Exception):
            told(error)

    def close(self) -> None:
        """Close the file; what could not be written is not tried again."""
        with suppress(OSError):
            super().close()

    def _follow(self) -> None:
        """Open what the name leads to now, where another process has moved the file."""
        if not self._is_ours():
            stream, self.stream = self.stream, None
            if stream is not None:
                stream.close()
            self.stream = self._open()

    def _is_ours(self) -> bool:
        """Whether the name still leads to the file that is open."""
        try:
            there = Path(self.baseFilename).stat()
        except FileNotFoundError:
            return False
        return self.stream is not None and os.path.samestat(there, os.fstat(self.stream.fileno()))

    def _open_number(self) -> int:
        if self.stream is None:
            raise FileNotFoundError(self.baseFilename)
        return self.stream.fileno()

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep other processes from turning this very file over; the lock outlives the closing of the stream."""
        number = os.dup(self._open_number())
        try:
            if sys.platform != "win32":
                fcntl.flock(number, fcntl.LOCK_EX)
            yield
        finally:
            os.close(number)
