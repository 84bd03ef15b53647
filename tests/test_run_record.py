"""What a run did and how it ended is remembered, whatever ends it."""

import os
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from watcher import __version__
from watcher.errors import StorageError
from watcher.run import SourceReport
from watcher.run.record import KEPT, Tally, peak_memory, recorded
from watcher.run.send import SendReport
from watcher.sources import Source, Trouble
from watcher.store import RunSummary, Store

NOW = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
LATER = NOW + timedelta(minutes=3)
SOURCE = Source(id="a", url="https://a.example/")
FAILED = SourceReport(source=SOURCE, trouble=Trouble(kind="dns"))

KILLED = """
import sys, time
from datetime import UTC, datetime
from pathlib import Path
from watcher.run.record import Tally, recorded
from watcher.store import Store

with Store(Path(sys.argv[1])) as store, recorded(Tally("run", datetime.now(UTC)), store, lambda: datetime.now(UTC)):
    print("at work", flush=True)
    time.sleep(60)
"""


def _fail(tally: Tally, error: BaseException) -> None:
    tally.brought(SourceReport(source=SOURCE, new=7))
    raise error


def _lose(store: Store, error: type[BaseException]) -> None:
    store._connection.execute("PRAGMA query_only = ON")  # the disk became read-only
    raise error


def ended(store: Store) -> RunSummary:
    (run,) = store.runs(9)
    return run


def test_a_run_is_counted_from_its_beginning_to_its_end(store: Store) -> None:
    tally = Tally("poll", NOW)
    with recorded(tally, store, lambda: LATER):
        row = ended(store)
        assert (row.started, row.outcome, row.command, row.version) == (NOW, "", "poll", __version__)
        tally.brought(SourceReport(source=SOURCE, new=3, known=2))
        tally.brought(SourceReport(source=SOURCE, unchanged=True))
        tally.brought(FAILED)
    run = ended(store)
    assert run == tally.summary
    assert (run.started, run.finished, run.outcome, run.reason) == (NOW, LATER, "done", "")
    assert (run.asked, run.unchanged, run.failed, run.new, run.known) == (3, 1, 1, 3, 2)
    assert 0 < run.seconds < 30
    assert run.memory == 0 if sys.platform == "win32" else 10_000_000 < run.memory <= peak_memory()


def test_a_run_that_could_read_nothing_failed(store: Store) -> None:
    tally = Tally("poll", NOW)
    with recorded(tally, store, lambda: LATER):
        tally.brought(FAILED)
    assert (ended(store).outcome, ended(store).reason) == ("failed", "all-failed")


def test_a_run_that_leaves_somebody_something_to_mend_failed(store: Store) -> None:
    class Ill(SendReport):
        @property
        def ill(self) -> int:
            return 2

    tally = Tally("send", NOW)
    with recorded(tally, store, lambda: LATER):
        tally.posted(Ill(made=(), letters=(), waiting=4))
    assert (ended(store).outcome, ended(store).reason, ended(store).waiting) == ("failed", "undelivered", 4)


@pytest.mark.parametrize(
    ("error", "outcome", "reason"),
    [
        (KeyboardInterrupt(), "stopped", ""),
        (StorageError("disk-full", file="x", detail=""), "failed", "disk-full"),
        (ZeroDivisionError(), "failed", "ZeroDivisionError"),
    ],
)
def test_what_ends_a_run_early_is_remembered_with_what_it_had_done(
    store: Store, error: BaseException, outcome: str, reason: str
) -> None:
    tally = Tally("run", NOW)
    with pytest.raises(type(error)), recorded(tally, store, lambda: LATER):
        _fail(tally, error)
    run = ended(store)
    assert (run.outcome, run.reason, run.asked, run.new) == (outcome, reason, 1, 7)


@pytest.mark.parametrize("error", [KeyboardInterrupt, ZeroDivisionError])
def test_the_first_failure_is_the_one_that_is_told(tmp_path: Path, error: type[BaseException]) -> None:
    with Store(tmp_path / "a.db") as store, pytest.raises(error), recorded(Tally("run", NOW), store, lambda: LATER):
        _lose(store, error)


def test_a_killed_run_is_found_by_the_next_one(tmp_path: Path) -> None:
    file = tmp_path / "watcher.db"
    with subprocess.Popen([sys.executable, "-c", KILLED, str(file)], stdout=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stdout.readline() == b"at work\n"
        os.kill(process.pid, signal.SIGKILL)
    with Store(file) as store:
        assert ended(store).outcome == ""
        with recorded(Tally("poll", NOW), store, lambda: LATER):
            pass
        assert [run.outcome for run in store.runs(9)] == ["done", "interrupted"]


def test_runs_of_more_than_a_year_ago_are_thinned(store: Store) -> None:
    old = NOW - KEPT - timedelta(days=1)
    with store.transaction():
        for hour in range(3):
            store.keep_run(RunSummary(started=old + timedelta(hours=hour), finished=old))
    with recorded(Tally("poll", NOW), store, lambda: LATER):
        pass
    assert [run.started for run in store.runs(9)] == [NOW, old + timedelta(hours=2)]
