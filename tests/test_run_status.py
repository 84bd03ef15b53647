"""How the watch stands: what was done, what is due, what waits; read beside a run without waiting for it."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from watcher.digest import DigestSetting
from watcher.errors import LockedError
from watcher.periods import present
from watcher.post import Posted, State
from watcher.run.status import NextDigest, Status, status_of, told_runs
from watcher.sources import Source, SourceState
from watcher.store import Edition, RunSummary, Store, at_work, exclusive

PARIS = ZoneInfo("Europe/Paris")
NOW = datetime(2026, 11, 25, 6, 0, tzinfo=UTC)  # a Wednesday
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SOURCES = tuple(Source(id=f"s{n}", url=f"https://s{n}.example/") for n in range(4))
WEEKLY = DigestSetting(name="hebdo", profiles=(), to=("a@b.example",), every="week", day="monday")


def status(store: Store, *lists: DigestSetting, working: bool = False) -> Status:
    return status_of(store, SOURCES, lists, zone=PARIS, working=working, now=NOW)


def test_an_empty_database(store: Store) -> None:
    found = status(store)
    assert (found.runs, found.due, found.next_due, found.digests) == ((), 4, None, ())
    assert found.size == store.file.stat().st_size > 0
    assert [one[0].word for one in found.fares] == ["never"] * 4


def test_sources_that_are_due_and_the_next_one(store: Store) -> None:
    dues = (NOW - HOUR, NOW + 3 * HOUR, NOW + 2 * HOUR, None)
    with store.transaction():
        for source, due in zip(SOURCES, dues, strict=True):
            store.keep_state(SourceState(source=source.id, checked=NOW - DAY, ok=NOW - DAY, due=due))
        store.keep_state(SourceState(source="gone-from-the-settings", due=NOW + HOUR))
    found = status(store)
    assert (found.due, found.next_due) == (2, NOW + 2 * HOUR)


def test_a_list_begins_then_waits_for_its_day_then_is_due(store: Store) -> None:
    monday = datetime(2026, 11, 22, 23, tzinfo=UTC)  # in Paris
    assert status(store, WEEKLY).digests == (NextDigest(list="hebdo", period="2026-W47", at=None, begun=False),)
    with store.transaction():
        store.begin_list("hebdo", monday)
    assert status(store, WEEKLY).digests == (NextDigest(list="hebdo", period="2026-W48", at=monday + 7 * DAY),)
    with store.transaction():
        edition = Edition(list="hebdo", period="2026-W46", made=NOW, stories=0)
        store.close_period("hebdo", monday - 7 * DAY, edition, told=(), carried=())
    assert status(store, WEEKLY).digests == (NextDigest(list="hebdo", period="2026-W47", at=None),)


def test_letters_by_what_is_to_come_of_them(store: Store) -> None:
    states: tuple[tuple[State, datetime | None], ...] = (
        ("ready", None), ("later", NOW - HOUR), ("unknown", NOW + HOUR), ("refused", None), ("given-up", None),
        ("sent", None), ("dropped", None),
    )  # fmt: skip
    with store.transaction():
        for n, (state, due) in enumerate(states):
            store.keep_letter(
                Posted(
                    id=0,
                    list="hebdo",
                    period="2026-W47",
                    recipient=f"{n}@b.example",
                    made=NOW - DAY,
                    since=NOW - DAY,
                    subject="s",
                    message_id=f"<{n}>",
                    state=state,
                    changed=NOW - DAY,
                    due=due,
                )
            )
    found = status(store)
    assert (found.letters_due, found.letters_waiting, found.letters_failed) == (2, 1, 2)


def run(**facts: object) -> RunSummary:
    return replace(RunSummary(started=NOW - HOUR, finished=NOW), **facts)  # type: ignore[arg-type]


def test_a_run_without_an_end_is_at_work_or_was_interrupted(store: Store) -> None:
    with store.transaction():
        store.keep_run(run(outcome="", command="send"))
        store.keep_run(run(outcome="", command="run"))
    going = status(store, working=True)
    assert [one.outcome for one in going.runs] == ["", "interrupted"]
    assert going.at_work == going.runs[0]
    over = status(store)
    assert [one.outcome for one in over.runs] == ["interrupted", "interrupted"]
    assert over.at_work is None


def test_another_command_may_hold_the_lock() -> None:
    done = run(outcome="done")
    assert told_runs((done,), working=True) == (done,)
    found = Status(now=NOW, database=Path("a.db"), size=1, working=True, runs=(done,))
    assert found.at_work is None


def test_periods_follow_one_another() -> None:
    assert (week := present("week", "monday", PARIS, NOW)).name == "2026-W48"
    assert week.start <= NOW < week.end


# ---- beside a run


@contextmanager
def writing(file: Path) -> Iterator[None]:
    """Another program that is just writing, and lets nobody read."""
    with Store(file) as other:
        other._connection.execute("BEGIN EXCLUSIVE")
        yield
        other._connection.execute("ROLLBACK")


def test_the_lock_is_seen_and_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "watcher.db"
    assert not at_work(file)
    with exclusive(file):
        assert at_work(file)
        with pytest.raises(LockedError), exclusive(file):
            pass
    assert not at_work(file)
    with exclusive(file):  # looking has not taken it
        pass


def test_a_database_that_is_being_written_is_not_waited_for(tmp_path: Path) -> None:
    from watcher.cli.choices import Choices
    from watcher.cli.status import facts
    from watcher.render.status import status_json

    (tmp_path / "feeds.yaml").write_text("sources: [{id: a, url: 'https://a.example/'}]\nprofiles: []\n", "utf-8")
    choices = Choices(config=tmp_path / "feeds.yaml", database=None, verbose=0)
    assert facts(choices).size == 0
    with Store(tmp_path / "watcher.db"):
        pass
    assert not facts(choices).busy
    with writing(tmp_path / "watcher.db"):
        begun = time.monotonic()
        found = facts(choices)
        assert time.monotonic() - begun < 5
    assert (found.busy, found.working, found.runs) == (True, True, ())
    assert status_json(found)["busy"] is True
