"""Who is asked, in what order, and how a source that fails is remembered."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watcher.articles import Rhythm
from watcher.sources import (
    BACKOFF_FIRST,
    BACKOFF_LONGEST,
    Credentials,
    Secret,
    Source,
    SourceState,
    Trouble,
    address_of,
    after_move,
    after_success,
    after_trouble,
    after_unchanged,
    asking,
    due,
    moved_to,
    next_due,
    state_of,
    window,
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
        source="one",
        etag='"e"',
        modified="m",
        checked=NOW,
        ok=NOW,
        due=next_due(ONE, Rhythm(), None, NOW),
        articles=2,
        newest=NOW,
        full=NOW,
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


# ---- whole documents, and incomplete ones


@pytest.mark.parametrize(
    ("full", "conditional"),
    [(None, False), (NOW, True), (NOW - timedelta(days=6, hours=23), True), (NOW - timedelta(days=7), False)],
)
def test_once_a_week_the_document_is_asked_for_without_conditions(full: datetime | None, *, conditional: bool) -> None:
    state = SourceState(source="one", etag='"e"', modified="m", full=full, articles=3)
    asked = asking(state, NOW)
    assert (asked.etag, asked.modified) == (('"e"', "m") if conditional else ("", ""))
    assert asked.articles == 3


def test_only_a_whole_document_counts_as_whole() -> None:
    begun = after_success(SourceState(source="one"), ONE, etag='"e"', modified="", new=1, now=NOW)
    unchanged = after_unchanged(begun, ONE, NOW + HOUR)
    cut = after_success(unchanged, ONE, etag='"f"', modified="m", new=1, now=NOW + 2 * HOUR, complete=False)
    assert (unchanged.full, unchanged.etag, unchanged.ok) == (NOW, '"e"', NOW + HOUR)
    assert (cut.full, cut.etag, cut.modified, cut.articles) == (NOW, "", "", 2)


def test_the_window_of_a_service_begins_at_its_last_complete_answer() -> None:
    service, feed = replace(ONE, query="ferroptosis"), ONE
    state = SourceState(source="one", ok=NOW - 48 * HOUR)
    for asked, ok in ((service, NOW - 48 * HOUR), (feed, NOW)):
        after = after_success(state, asked, etag="", modified="", new=100, now=NOW, complete=False)
        assert (after.ok, after.checked, after.failures) == (ok, NOW, 0)
    never = after_success(SourceState(source="one"), service, etag="", modified="", new=1, now=NOW, complete=False)
    assert window(never, "", NOW).since == NOW - timedelta(days=30)


# ---- when next

NOTHING = Rhythm()
WEEKEND = Rhythm(skip_days=frozenset({5, 6}))
NIGHT = Rhythm(skip_hours=frozenset({*range(7), 22, 23}))
SATURDAY = datetime(2026, 3, 7, 9, 30, tzinfo=UTC)


def least(**span: float) -> Rhythm:
    return Rhythm(least=timedelta(**span))


@pytest.mark.parametrize(
    ("every", "rhythm", "fresh", "now", "expected"),
    [
        # what the settings say, less a leeway for cron
        (6 * HOUR, NOTHING, None, NOW, NOW + timedelta(hours=5, minutes=50)),
        (timedelta(minutes=5), NOTHING, None, NOW, NOW + timedelta(minutes=4, seconds=30)),
        (timedelta(weeks=1), NOTHING, None, NOW, NOW + timedelta(days=6, hours=23, minutes=50)),
        # what the publisher says counts when it is longer, up to a day
        (HOUR, least(hours=12), None, NOW, NOW + timedelta(hours=11, minutes=50)),
        (6 * HOUR, least(minutes=1), None, NOW, NOW + timedelta(hours=5, minutes=50)),
        (6 * HOUR, least(days=7), None, NOW, NOW + timedelta(hours=23, minutes=50)),
        (timedelta(days=2), least(hours=24), None, NOW, NOW + timedelta(hours=47, minutes=50)),
        (6 * HOUR, NOTHING, timedelta(hours=8), NOW, NOW + timedelta(hours=7, minutes=50)),
        (6 * HOUR, NOTHING, timedelta(days=365), NOW, NOW + timedelta(hours=23, minutes=50)),
        (6 * HOUR, NOTHING, timedelta(0), NOW, NOW + timedelta(hours=5, minutes=50)),
        (6 * HOUR, least(hours=8), timedelta(hours=10), NOW, NOW + timedelta(hours=9, minutes=50)),
        # excluded hours and days, in UTC
        (6 * HOUR, NIGHT, None, NOW + 10 * HOUR, datetime(2026, 3, 3, 7, 0, tzinfo=UTC)),
        (6 * HOUR, NIGHT, None, NOW, NOW + timedelta(hours=5, minutes=50)),
        (6 * HOUR, WEEKEND, None, SATURDAY, datetime(2026, 3, 9, 0, 0, tzinfo=UTC)),
        (6 * HOUR, replace(NIGHT, skip_days=frozenset({5, 6})), None, SATURDAY, datetime(2026, 3, 9, 7, 0, tzinfo=UTC)),
        # what excludes everything excludes nothing
        (6 * HOUR, Rhythm(skip_hours=frozenset(range(24))), None, NOW, NOW + timedelta(hours=5, minutes=50)),
        (6 * HOUR, Rhythm(skip_days=frozenset(range(7))), None, NOW, NOW + timedelta(hours=5, minutes=50)),
    ],
)
def test_when_a_source_is_asked_next(
    every: timedelta, rhythm: Rhythm, fresh: timedelta | None, now: datetime, expected: datetime
) -> None:
    assert next_due(replace(ONE, every=every), rhythm, fresh, now) == expected


@given(
    st.integers(5, 60 * 24 * 365),
    st.frozensets(st.integers(0, 23)),
    st.frozensets(st.integers(0, 6)),
    st.one_of(st.none(), st.integers(0, 10**10)),
    st.integers(0, 14 * 24 * 60),
)
def test_the_next_time_is_never_before_the_settings_nor_more_than_eight_days_behind_them(
    every: int, hours: frozenset[int], days: frozenset[int], fresh: int | None, minute: int
) -> None:
    now, wait = NOW + timedelta(minutes=minute), timedelta(minutes=every)
    rhythm = Rhythm(skip_hours=hours, skip_days=days)
    at = next_due(replace(ONE, every=wait), rhythm, None if fresh is None else timedelta(seconds=fresh), now)
    assert wait * 0.9 <= at - now <= max(wait, timedelta(days=1)) + timedelta(days=7)
    if len(hours) < 24 and not days:
        assert at.hour not in hours


# ---- sources that moved

OLD, NEW = "https://old.example/rss", "https://new.example/feed"
THERE = Source(id="one", url=OLD)
WEEK = timedelta(days=7)


def redirected(*answers: tuple[int, str], source: Source = THERE) -> SourceState:
    """What is remembered after a source answered on some days; each time it is asked where it then should be."""
    state = SourceState(source="one")
    for day, moved in answers:
        now = NOW + timedelta(days=day)
        asked = replace(source, url=address_of(source, state, now))
        state = after_move(state, asked, moved, now)
    return state


@pytest.mark.parametrize(
    ("answers", "day", "asked"),
    [
        ([], 0, OLD),
        ([(0, NEW)], 0, OLD),
        ([(0, NEW)], 6, OLD),
        ([(0, NEW), (3, NEW)], 7, NEW),
        ([(0, NEW), (3, NEW), (7, "")], 14, NEW),  # found there, without a redirect
        ([(0, NEW), (3, "")], 8, OLD),  # it came back
        ([(0, NEW), (3, ""), (4, NEW)], 8, OLD),
        ([(0, NEW), (3, "https://third.example/x")], 8, OLD),
        ([(0, NEW), (3, "https://third.example/x")], 10, "https://third.example/x"),
        ([(0, NEW), (8, "https://third.example/x")], 9, OLD),  # the new address moved on in its turn
        ([(0, NEW), (8, "https://third.example/x")], 15, "https://third.example/x"),
    ],
)
def test_a_source_is_asked_at_its_new_address_after_a_week_of_the_same_answer(
    answers: list[tuple[int, str]], day: int, asked: str
) -> None:
    assert address_of(THERE, redirected(*answers), NOW + timedelta(days=day)) == asked


@pytest.mark.parametrize(
    ("old", "new", "at_once"),
    [
        ("http://a.example/rss", "https://a.example/rss", True),
        ("http://a.example/rss", "https://a.example/feed/", True),
        ("http://a.example:80/rss", "https://a.example/rss", True),
        ("http://a.example/rss", "https://www.a.example/rss", False),
        ("http://a.example/rss", "https://a.example:8443/rss", False),
        ("https://a.example/rss", "https://a.example/feed", False),
    ],
)
def test_a_source_that_only_became_secure_is_believed_at_once(old: str, new: str, *, at_once: bool) -> None:
    source = Source(id="one", url=old)
    assert address_of(source, redirected((0, new), source=source), NOW) == (new if at_once else old)


def test_a_source_that_fails_is_asked_at_both_addresses_in_turn() -> None:
    state = redirected((0, NEW), (7, NEW))
    asked = [address_of(THERE, replace(state, failures=n), NOW + 2 * WEEK) for n in range(4)]
    assert asked == [NEW, OLD, NEW, OLD]
    back = after_move(replace(state, failures=1), THERE, "", NOW + 2 * WEEK)
    assert address_of(THERE, replace(back, failures=0), NOW + 2 * WEEK) == OLD


def test_a_person_who_changes_the_settings_is_obeyed_at_once() -> None:
    state = redirected((0, NEW), (7, NEW))
    assert moved_to(THERE, state) == NEW
    for chosen in (NEW, "https://other.example/rss"):
        source = replace(THERE, url=chosen)
        assert (moved_to(source, state), address_of(source, state, NOW + WEEK)) == ("", chosen)
        assert moved_to(source, after_move(state, source, "", NOW + WEEK)) == ""


def test_credentials_in_an_address_follow_it_on_the_same_host_only_and_are_not_remembered() -> None:
    source = Source(id="one", url="http://reader:hunter2@a.example/rss?key=k3y")
    near, far = redirected((0, "https://a.example/rss"), source=source), redirected((0, NEW), source=source)
    assert address_of(source, near, NOW + WEEK) == "https://reader:hunter2@a.example/rss"
    assert address_of(source, far, NOW + WEEK) == NEW
    assert moved_to(source, after_move(near, replace(source, url=address_of(source, near, NOW)), "", NOW)) != ""
    for state in (near, far):
        assert not [word for word in ("reader", "hunter2", "k3y") if word in repr(state)]


def test_a_service_is_never_said_to_have_moved() -> None:
    service = replace(THERE, query="ferroptosis")
    assert after_move(SourceState(source="one"), service, NEW, NOW) == SourceState(source="one")


# ---- secrets


def test_a_secret_shows_itself_to_nobody() -> None:
    secret = Credentials(
        home=OLD, user=Secret("reader"), password=Secret("hunter2"), headers=(("X-Key", Secret("k3y")),)
    )
    for shown in (repr(secret), str(secret), f"{secret}", f"{secret.password}", repr([secret.headers])):
        assert not [word for word in ("reader", "hunter2", "k3y") if word in shown]


def test_a_service_leaves_no_validators_because_its_next_question_has_another_address() -> None:
    feed = Source(id="a", url="https://a.example/feed")
    service = replace(feed, kind="hal", query="ferroptose")
    kept, bare = (
        after_success(SourceState(source="a"), source, etag='"1"', modified="m", new=0, now=NOW)
        for source in (feed, service)
    )
    assert (kept.etag, kept.modified) == ('"1"', "m")
    assert (bare.etag, bare.modified, bare.ok) == ("", "", NOW)


@pytest.mark.parametrize(("ahead", "ready"), [(timedelta(days=40), True), (timedelta(minutes=1), False)])
def test_what_a_wrong_clock_asked_in_days_to_come_is_asked_when_the_clock_is_right(
    ahead: timedelta, *, ready: bool
) -> None:
    state = after_success(SourceState(source="one"), ONE, etag='"1"', modified="", new=1, now=NOW + ahead)
    assert due((ONE,), {"one": state}, NOW) == ((ONE,) if ready else ())
    assert bool(asking(state, NOW).etag) is not ready
