"""Remember what a run did and how it ended, while it is at work and when it dies."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import datetime, timedelta

from watcher import __version__
from watcher.errors import StorageError, WatcherError
from watcher.health import is_offline
from watcher.journal import tell
from watcher.run.collect import SourceReport
from watcher.run.send import SendReport
from watcher.sources import Source, Trouble
from watcher.store import RunOutcome, RunSummary, Store

KEPT = timedelta(days=365)  # of older runs, one a day is kept


class Tally:
    """What a run has done so far; `summary` is what is remembered of it when it ends."""

    def __init__(self, command: str, now: datetime) -> None:
        self.summary = RunSummary(command=command, started=now, finished=now, outcome="", version=__version__)
        self._asked: list[tuple[Source, Trouble | None]] = []
        self.ill = 0  # lists and letters that a person has to look after

    def brought(self, report: SourceReport) -> None:
        """Count what one source brought."""
        self._asked.append((report.source, report.trouble))
        was = self.summary
        self.summary = replace(
            was,
            asked=was.asked + 1,
            unchanged=was.unchanged + report.unchanged,
            failed=was.failed + (report.trouble is not None),
            new=was.new + report.new,
            known=was.known + report.known,
        )

    def posted(self, report: SendReport) -> None:
        """Count what was sent, and tell of it."""
        for made in report.made:
            stories = sum(len(section.lines) for section in made.digest.sections) if made.digest else 0
            tell(
                "list", list=made.setting.name, period=made.period.name, outcome=made.outcome, stories=stories,
                letters=len(made.letters),
            )  # fmt: skip
        for letter in report.letters:  # by their numbers: whose they are is nobody's business in a log
            tell(
                "letter", number=letter.id, list=letter.list, period=letter.period, state=letter.state,
                reason=letter.reason, code=letter.code or None,
            )  # fmt: skip
        sent = sum(letter.state == "sent" for letter in report.letters)
        waiting = report.waiting + sum(letter.state in ("later", "unknown") for letter in report.letters)
        self.summary = replace(self.summary, sent=self.summary.sent + sent, waiting=waiting)
        self.ill += report.ill

    def ending(self) -> tuple[RunOutcome, str]:
        """How a run ended that came to its end, and why it is a failure if it is one."""
        if self.summary.asked and self.summary.failed == self.summary.asked:
            return "failed", "offline" if is_offline(self._asked) else "all-failed"
        return ("failed", "undelivered") if self.ill else ("done", "")


@contextmanager
def recorded(tally: Tally, store: Store, clock: Callable[[], datetime]) -> Iterator[None]:
    """Keep a run's row from its beginning to its end, whatever ends it; asked by the one that holds the lock.

    Runs before it that ended without a word are written down as interrupted.
    """
    begun = time.monotonic()
    with store.transaction():
        store.close_lost_runs()
        store.thin_runs(tally.summary.started - KEPT)
        tally.summary = replace(tally.summary, id=store.keep_run(tally.summary))

    def end(outcome: RunOutcome, reason: str = "") -> None:
        tally.summary = replace(
            tally.summary, finished=clock(), outcome=outcome, reason=reason, seconds=time.monotonic() - begun,
            memory=peak_memory(),
        )  # fmt: skip
        with store.transaction():
            store.keep_run(tally.summary)

    try:
        yield
    except KeyboardInterrupt:
        with suppress(StorageError):
            end("stopped")
        raise
    except BaseException as error:
        with suppress(StorageError):  # the first failure is the one to tell of
            end("failed", error.reason if isinstance(error, WatcherError) else type(error).__name__)
        raise
    end(*tally.ending())


def peak_memory() -> int:
    """Bytes of this process at its largest, without the one that reads beside it; 0 where the machine does not say."""
    if sys.platform == "win32":
        return 0
    import resource  # noqa: PLC0415 - not everywhere

    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024
