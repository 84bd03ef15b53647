"""What is noticed of a source: one word for each way to fare, its own rhythm, gaps, floods, and a long silence."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from watcher.articles import Article
from watcher.health import (
    Advice,
    Arrival,
    Showing,
    Word,
    after_showing,
    is_backlog,
    is_first,
    is_flood,
    judge_all,
    judge_health,
    none_answers,
    silent_since,
    usual_gap,
)
from watcher.sources import (
    Source,
    SourceState,
    Trouble,
    TroubleKind,
    after_move,
    after_success,
    after_trouble,
    after_unchanged,
)

NOW = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)
DAY = timedelta(days=1)
SOURCE = Source(id="s", url="https://presse.example/feed", every=timedelta(hours=6))


def well(**changes: object) -> SourceState:
    facts: dict[str, object] = {"checked": NOW, "ok": NOW, "first": NOW - 100 * DAY, "newest": NOW}
    return SourceState(source="s", **(facts | changes))  # type: ignore[arg-type]


def ill(kind: TroubleKind, status: int | None = None) -> SourceState:
    return after_trouble(well(), Trouble(kind=kind, status=status), NOW)


MOVED = "https://nouvelle.example/feed"
WORDS: list[tuple[SourceState, Word, Advice]] = [
    (well(), "well", ""),
    (SourceState(source="s"), "never", "poll"),
    (ill("blocked", 403), "blocked", "ask-publisher"),
    (ill("robots"), "broken", "ask-publisher"),
    (ill("empty"), "empty", "open-it"),
    (ill("gone", 410), "gone", "remove"),
    (ill("dns"), "broken", "check-address"),
    (ill("http", 404), "broken", "check-address"),
    (ill("http", 503), "broken", "wait"),
    (ill("timeout"), "broken", "wait"),
    (ill("unreachable"), "broken", "wait"),
    (replace(ill("timeout"), since=NOW - 6 * DAY), "broken", "wait"),
    (replace(ill("timeout"), since=NOW - 7 * DAY), "broken", "open-it"),  # what passes by itself has passed
    (ill("selector"), "broken", "mend-select"),
    (ill("tls"), "broken", "open-it"),
    (ill("private-address"), "broken", "allow-host"),
    (ill("not-a-feed"), "broken", "check-address"),
    (after_move(well(), SOURCE, MOVED, NOW - 8 * DAY), "moved", "new-address"),
    (after_move(well(), SOURCE, MOVED, NOW - DAY), "well", ""),  # for a day, which a bad deployment does too
    (well(gap=NOW - 3 * DAY), "gap", "ask-oftener"),
    (well(gap=NOW - 31 * DAY), "well", ""),
    (well(flood=NOW - 3 * DAY, held=40), "flood", "look-through"),
    (well(newest=NOW - 22 * DAY, usual_gap=7 * DAY), "silent", "open-it"),
    (well(newest=NOW - 20 * DAY, usual_gap=7 * DAY), "well", ""),
    (well(newest=NOW - 6 * DAY, usual_gap=DAY), "well", ""),  # a long weekend
    (well(newest=NOW - 8 * DAY, usual_gap=DAY), "silent", "open-it"),
    (well(newest=NOW - 300 * DAY), "well", ""),  # nothing tells its rhythm
    (well(newest=NOW - 300 * DAY, same_since=NOW - 29 * DAY), "silent", "open-it"),
    (well(newest=NOW - 80 * DAY, same_since=NOW - 80 * DAY, usual_gap=90 * DAY), "well", ""),  # a quarterly
]


@pytest.mark.parametrize(("state", "word", "advice"), WORDS)
def test_a_source_fares_in_one_word(state: SourceState, word: Word, advice: Advice) -> None:
    health = judge_health(SOURCE, state, NOW)
    assert (health.word, health.advice, health.source, health.state) == (word, advice, SOURCE, state)
    assert (health.since is None) == (word in ("well", "never"))


def test_a_failing_source_is_not_called_silent_and_its_past_is_still_told() -> None:
    state = after_trouble(well(newest=NOW - 90 * DAY, usual_gap=DAY, gap=NOW - DAY), Trouble(kind="timeout"), NOW)
    assert [h.word for h in judge_all(SOURCE, state, NOW)] == ["broken", "gap"]


def test_a_digest_tells_a_gap_once() -> None:
    state = well(gap=NOW - 2 * DAY)
    assert [h.word for h in judge_all(SOURCE, state, NOW, since=NOW - 7 * DAY)] == ["gap"]
    assert [h.word for h in judge_all(SOURCE, state, NOW, since=NOW - DAY)] == ["well"]


def arrivals(*days: float, dated: bool = True) -> tuple[Arrival, ...]:
    """Articles that came out so many days ago."""
    return tuple(
        Arrival(published=NOW - d * DAY if dated else None, seen=NOW if dated else NOW - d * DAY) for d in days
    )


@pytest.mark.parametrize(
    ("came", "gap"),
    [
        ((), None),
        (arrivals(0, 0, 0, 0), None),  # one issue
        (arrivals(0, 30), None),  # two days tell nothing yet
        (arrivals(0, 30, 61), 30.5 * DAY),
        (arrivals(*[0] * 40, *[30] * 40, *[60] * 40), 30 * DAY),  # a monthly with forty articles
        (arrivals(*(d for d in range(30) if d % 7 < 5)), DAY),  # weekdays only
        (arrivals(1, 2, 3, 4, 40), DAY),  # one summer does not count
        (arrivals(0, 2, 4, 6, dated=False), 2 * DAY),
        (arrivals(-300, 1, 2, 3), DAY),  # dated next year: seen today
    ],
)
def test_the_usual_gap_is_a_median_of_days(came: tuple[Arrival, ...], gap: timedelta | None) -> None:
    assert usual_gap(came) == gap


def test_nobody_is_silent_who_never_answered() -> None:
    assert silent_since(SourceState(source="s"), NOW) is None
    assert silent_since(SourceState(source="s", usual_gap=DAY), NOW) is None


@pytest.mark.parametrize(
    ("came", "windowed", "newest"),
    [
        (arrivals(900, 903, 901), False, NOW - 900 * DAY),
        (arrivals(900, 903) + arrivals(0, dated=False), False, NOW - 900 * DAY),
        (arrivals(-400, 903), False, NOW),  # a date in the future is none
        (arrivals(0, 0, dated=False), False, NOW),
        (arrivals(20, 24), True, NOW),  # a service says when articles are entered, and not when they come out
        ((), False, NOW),
    ],
)
def test_the_silence_of_a_source_counts_from_what_it_says_at_the_first_visit(
    came: tuple[Arrival, ...], newest: datetime, *, windowed: bool
) -> None:
    new = SourceState(source="s")
    after = after_success(new, SOURCE, etag="", modified="", new=3, now=NOW)
    showing = Showing(digest="1", items=3, arrivals=came, windowed=windowed)
    assert after_showing(new, after, showing, NOW).newest == newest
    known = well()
    assert after_showing(known, replace(known, newest=NOW - DAY), showing, NOW).newest == NOW - DAY


# ---- floods and backlogs

DAILY = arrivals(*(d / 2 for d in range(2, 120)))  # two a day
MONTHLY = arrivals(*[10] * 40, *[40] * 40)


@pytest.mark.parametrize(
    ("state", "came", "items", "new", "flood"),
    [
        (SourceState(source="s"), (), 200, 200, False),  # a first answer is a backlog, not a flood
        (well(ok=NOW - DAY), DAILY, 200, 200, True),
        (well(ok=NOW - DAY), DAILY, 200, 101, True),
        (well(ok=NOW - DAY), DAILY, 200, 100, False),  # half of it is known
        (well(ok=NOW - DAY), DAILY, 30, 30, False),
        (well(ok=NOW - DAY), (), 50, 50, True),
        (well(ok=NOW - DAY), MONTHLY, 42, 42, False),  # its next issue
        (well(ok=NOW - DAY), arrivals(*(d / 40 for d in range(200))), 50, 45, False),  # forty a day
        (well(ok=NOW - 90 * DAY), arrivals(*(90 + d / 5 for d in range(200))), 100, 100, True),  # a restored backup
        (well(ok=NOW - 10 * DAY), arrivals(*(10 + d / 5 for d in range(200))), 60, 50, False),  # holidays
        (well(ok=NOW - DAY, first=NOW - 9 * DAY), arrivals(*[9] * 60, dated=False), 60, 60, True),  # undated, renamed
    ],
)
def test_a_flood_is_more_than_a_source_ever_brings(
    state: SourceState, came: tuple[Arrival, ...], items: int, new: int, *, flood: bool
) -> None:
    assert is_flood(state, came, items=items, new=new, now=NOW) == flood


@pytest.mark.parametrize(
    ("published", "items", "old"),
    [(NOW, 100, False), (NOW - 13 * DAY, 100, False), (NOW - 15 * DAY, 1, True), (None, 30, False), (None, 31, True)],
)
def test_what_was_there_before_us_is_no_news(published: datetime | None, items: int, *, old: bool) -> None:
    article = Article(source="s", published=published)
    assert is_backlog(article, items=items, now=NOW) == old
    assert is_backlog(article, items=items, now=NOW, backlog=365 * DAY) == (published is None and items > 30)


# ---- what one answer teaches


def answered(state: SourceState, now: datetime, **shown: object) -> SourceState:
    facts: dict[str, object] = {"digest": "d", "items": 10, "met": 9}
    new = 10 - int(str(shown.get("met", 9)))
    after = after_success(state, SOURCE, etag="", modified="", new=new, now=now)
    return after_showing(state, after, Showing(**(facts | shown)), now)  # type: ignore[arg-type]


def test_a_first_answer_begins_the_record() -> None:
    state = answered(SourceState(source="s"), NOW, met=0)
    assert (state.first, state.digest, state.same_since, state.gap, state.flood) == (NOW, "d", NOW, None, None)
    assert not is_first(state)


def test_the_same_document_is_the_same_since_it_first_came() -> None:
    state = answered(SourceState(source="s"), NOW, met=0)
    state = answered(state, NOW + DAY)
    unchanged = after_unchanged(state, SOURCE, NOW + 2 * DAY)
    state = after_showing(state, unchanged, Showing(), NOW + 2 * DAY)
    assert (state.same_since, state.digest) == (NOW, "d")
    state = answered(state, NOW + 3 * DAY, digest="e")
    assert (state.same_since, state.digest, state.first) == (NOW + 3 * DAY, "e", NOW)


@pytest.mark.parametrize(
    ("shown", "gap"),
    [
        ({"met": 0}, True),
        ({"met": 1}, False),
        ({"met": 0, "items": 5}, True),
        ({"met": 0, "items": 4}, False),  # not full
        ({"met": 0, "windowed": True}, False),  # a service is asked for what is new
        ({"met": 0, "digest": "", "items": 0}, False),  # unchanged
    ],
)
def test_a_document_without_anything_known_leaves_a_gap(shown: dict[str, object], *, gap: bool) -> None:
    before = answered(SourceState(source="s"), NOW, met=0)
    after = answered(before, NOW + DAY, **({"digest": "e"} | shown))
    assert (after.gap == NOW + DAY) == gap
    usual = after_success(before, SOURCE, etag="", modified="", new=0, now=NOW + DAY).due
    assert usual is not None
    assert after.due == (NOW + DAY + (usual - NOW - DAY) / 2 if gap else usual)


def test_after_a_gap_it_is_asked_twice_as_often_until_something_is_known_again() -> None:
    state = answered(SourceState(source="s"), NOW, met=0)
    waits = []
    for met in (0, 0, 3, 10):
        now = state.due or NOW
        state = answered(state, now, met=met, digest=str(now))
        waits.append((state.due or now) - now)
    assert waits[0] == waits[1] == waits[2] / 2 == waits[3] / 2
    assert state.gap is not None  # still told


def test_a_flood_is_remembered_with_its_size() -> None:
    before = answered(SourceState(source="s"), NOW, met=0)
    state = answered(before, NOW + DAY, met=0, flood=True, held=10)
    assert (state.flood, state.held) == (NOW + DAY, 10)
    state = answered(state, NOW + 2 * DAY)
    assert (state.flood, state.held) == (NOW + DAY, 10)


# ---- ninety days

TROUBLED: list[tuple[TroubleKind, int | None, Word]] = [
    ("blocked", 403, "blocked"),
    ("empty", None, "empty"),
    ("not-a-feed", None, "broken"),
]


@pytest.mark.parametrize(("kind", "status", "word"), TROUBLED)
def test_a_source_that_fails_for_ninety_days_is_named_every_week_and_asked_every_day(
    kind: TroubleKind, status: int | None, word: Word
) -> None:
    state, now, asked = well(), NOW, 0
    for week in range(13):
        while now < NOW + (week + 1) * 7 * DAY:
            state = after_trouble(state, Trouble(kind=kind, status=status), now)
            assert state.due is not None
            now, asked = state.due, asked + 1
        health = judge_health(SOURCE, state, NOW + (week + 1) * 7 * DAY)
        assert (health.word, health.since) == (word, NOW)
    assert asked >= 90


def test_a_source_that_dies_with_a_200_is_called_silent_within_a_week_and_a_bit() -> None:
    state, came = SourceState(source="s"), []
    words = []
    for day in range(90):
        now = NOW + day * DAY
        if day < 30:  # one article a day, then the same document for ever, whose clock still ticks
            came.append(Arrival(published=now, seen=now))
        fresh = day < 30
        after = after_success(state, SOURCE, etag="", modified="", new=int(fresh), now=now)
        showing = Showing(digest=str(day), items=10, met=9 if fresh else 10, arrivals=tuple(came))
        state = after_showing(state, after, showing, now)
        words.append(judge_health(SOURCE, state, now).word)
    assert words[:37] == ["well"] * 37
    assert words[37:] == ["silent"] * 53
    assert judge_health(SOURCE, state, now).since == NOW + 29 * DAY


def test_none_answers_when_all_have_failed_for_a_day() -> None:
    sources = tuple(Source(id=name, url=f"https://{name}.example/rss") for name in "ab")
    broken = {s.id: SourceState(source=s.id, since=NOW - timedelta(hours=24)) for s in sources}
    assert none_answers(sources, broken, NOW) == 2
    assert none_answers(sources, broken, NOW - timedelta(minutes=1)) == 0
    assert none_answers(sources, broken | {"b": SourceState(source="b")}, NOW) == 0
    assert none_answers(sources, {"a": broken["a"]}, NOW) == 0
    assert none_answers((), {}, NOW) == 0
