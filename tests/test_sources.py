"""Who is asked, in what order, and how a source that fails is remembered."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watcher.sources import (
    BACKOFF_FIRST,
    BACKOFF_LONGEST,
    Source,
    SourceState,
    Trouble,
    after_success,
    after_trouble,
    due,
    state_of,
)

NOW = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
DEAF = Trouble(kind="timeout", detail="30 s")


def source(name: str) -> Source:
    return Source(id=name, url=f"https://{name}.example/rss")


ONE = source("one")


def failed(times: int, trouble: Trouble = DEAF) -> SourceState:
    """A source that failed every time it was due."""
    state, moment = SourceState(source="one"), NOW
    for _ in range(times):
        state = after_trouble(state, trouble, moment)
        assert state.due is not None
        moment = state.due
    return state


def wait(state: SourceState) -> timedelta:
    assert state.due is not None
    assert state.checked is not None
    return state.due - state.checked


def test_the_source_unasked_for_longest_comes_first_and_a_new_one_before_it() -> None:
    sources = tuple(source(name) for name in ("fresh", "stale", "new", "older"))
    hours = {"fresh": 7, "stale": 30, "older": 60}
    states = {name: SourceState(source=name, checked=NOW - h * HOUR, due=NOW - HOUR) for name, h in hours.items()}
    assert [s.id for s in due(sources, states, NOW)] == ["new", "older", "stale", "fresh"]


def test_sources_asked_at_the_same_moment_keep_the_order_of_the_settings() -> None:
    sources = tuple(source(name) for name in "cab")
    states = {s.id: SourceState(source=s.id, checked=NOW - HOUR, due=NOW) for s in sources}
    assert due(sources, states, NOW) == sources
    assert due(sources, {}, NOW) == sources


@pytest.mark.parametrize(("later", "asked"), [(-1, True), (0, True), (1, False)])
def test_a_source_is_asked_from_its_moment_on(later: int, asked: bool) -> None:  # noqa: FBT001 - a column of the table
    states = {"one": SourceState(source="one", checked=NOW - HOUR, due=NOW + timedelta(seconds=later))}
    assert bool(due((ONE,), states, NOW)) is asked


def test_a_source_that_left_the_settings_is_not_asked() -> None:
    assert due((), {"one": SourceState(source="one")}, NOW) == ()


def test_a_new_source_has_an_empty_memory() -> None:
    assert state_of(ONE, {}) == SourceState(source="one")
    assert ONE.label == "one"
    assert Source(id="one", url="https://one.example", name="Un").label == "Un"


def test_the_wait_begins_at_half_an_hour_and_doubles_to_a_day() -> None:
    minutes = [wait(failed(times)).total_seconds() / 60 for times in range(1, 9)]
    assert minutes == [30, 60, 120, 240, 480, 960, 1440, 1440]


def test_a_source_is_never_given_up() -> None:
    state = failed(2_000)
    assert (state.failures, wait(state)) == (2_000, BACKOFF_LONGEST)


@pytest.mark.parametrize(
    ("asked_for", "given"),
    [
        (timedelta(0), BACKOFF_FIRST),
        (timedelta(minutes=5), BACKOFF_FIRST),
        (timedelta(hours=3), timedelta(hours=3)),
        (timedelta(days=3), timedelta(days=3)),
        (timedelta(days=7), timedelta(days=7)),
        (timedelta(days=900), timedelta(days=7)),
    ],
)
def test_a_server_may_ask_for_more_patience_up_to_a_week(asked_for: timedelta, given: timedelta) -> None:
    assert wait(failed(1, Trouble(kind="http", status=429, retry_after=asked_for))) == given


def test_the_beginning_of_a_run_of_failures_is_kept() -> None:
    first, later = failed(1), failed(5)
    assert first.since == later.since == NOW
    assert later.trouble == DEAF


def test_trouble_keeps_what_was_known_before() -> None:
    state = SourceState(source="one", etag='"e"', modified="m", ok=NOW - HOUR, articles=7, newest=NOW - HOUR)
    after = after_trouble(state, DEAF, NOW)
    assert (after.etag, after.modified, after.ok, after.articles, after.newest) == (
        '"e"',
        "m",
        NOW - HOUR,
        7,
        NOW - HOUR,
    )


def test_success_ends_a_run_of_failures() -> None:
    back = after_success(failed(5), ONE, etag='"e"', modified="m", new=2, now=NOW)
    assert back == SourceState(
        source="one", etag='"e"', modified="m", checked=NOW, ok=NOW, due=NOW + ONE.every, articles=2, newest=NOW
    )
    assert wait(after_trouble(back, DEAF, NOW + HOUR)) == BACKOFF_FIRST


def test_an_answer_without_news_leaves_the_moment_of_the_last_news() -> None:
    before = SourceState(source="one", articles=5, newest=NOW - 9 * HOUR)
    after = after_success(before, ONE, etag="", modified="", new=0, now=NOW)
    assert (after.articles, after.newest, after.ok) == (5, NOW - 9 * HOUR, NOW)


@given(st.lists(st.one_of(st.none(), st.integers(0, 10**9)), max_size=30))
def test_whatever_happens_a_source_is_due_again_within_a_week(history: list[int | None]) -> None:
    state, moment = SourceState(source="one"), NOW
    for patience in history:  # None: it answered; a number: it failed and asked for so many seconds
        if patience is None:
            state = after_success(state, ONE, etag="", modified="", new=0, now=moment)
        else:
            asked = Trouble(kind="http", status=503, retry_after=timedelta(seconds=patience))
            state = after_trouble(state, asked, moment)
        assert timedelta(0) < wait(state) <= timedelta(days=7)
        assert (state.since is None) == (state.trouble is None) == (state.failures == 0)
        assert state.due is not None
        moment = state.due
        assert due((ONE,), {"one": state}, moment) == (ONE,)
