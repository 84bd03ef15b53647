"""What runs notice of sources over time, against a real server: backlogs, floods, gaps, and what digests then say."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from servers import Server, reply

from watcher.fetch import Fetched, Manners
from watcher.profiles import ProfileSetting, learn
from watcher.run import SourceReport, Trial, digest, poll, trial_of, try_out
from watcher.seeds import Seed
from watcher.sources import Source, SourceState, Trouble
from watcher.store import Store

NOW = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)
DAY = timedelta(days=1)
LOCAL = Manners(allow_hosts=("127.0.0.0/8",), deadline=5.0)
FERRO = learn(
    (Seed(name="f.md", title="La ferroptose", text="La ferroptose des cellules tumorales persistantes."),),
    ProfileSetting(name="ferro", seeds=Path("ferro"), threshold=20.0),
)


def rss(
    numbers: range, *, at: datetime | None = NOW, guid: str = "https://presse.example/{}", days: float = 0.5
) -> bytes:
    """Items by number, the first one out at a moment and each next one some days earlier."""
    parts = []
    for place, number in enumerate(numbers):
        date = f"<pubDate>{format_datetime(at - place * days * DAY)}</pubDate>" if at else ""
        name = guid.format(number)
        parts.append(
            f"<item><guid isPermaLink='false'>{name}</guid><link>{name}</link>{date}"
            f"<title>La ferroptose des cellules tumorales persistantes, épisode {number}</title></item>"
        )
    return f"<rss version='2.0'><channel><title>Presse</title>{''.join(parts)}</channel></rss>".encode()


@pytest.fixture
def source(server: Server) -> Source:
    return Source(id="presse", url=f"{server.url}/feed")


def run(store: Store, source: Source, now: datetime = NOW, *, backlog: timedelta = 14 * DAY) -> SourceReport:
    report = poll((source,), (FERRO,), store, LOCAL, clock=lambda: now, everyone=True, backlog=backlog)
    return report.sources[0]


def read(store: Store, source: Source, now: datetime = NOW) -> tuple[int, list[str]]:
    """How many articles a day's digest is about, and what it notices."""
    composed = digest((source,), (FERRO,), store, since=DAY / 2, now=now)
    return composed.read, [notice.word for notice in composed.notices]


def test_what_a_new_source_published_long_ago_is_known_and_no_news(
    server: Server, store: Store, source: Source
) -> None:
    server.routes["/feed"] = reply(body=rss(range(50)))  # one every twelve hours
    assert run(store, source) == SourceReport(source=source, new=50, held=21)
    assert read(store, source) == (29, [])
    assert store.count() == len(store.recent(NOW - DAY)) == 50
    old = store.find("https://presse.example/49")
    assert old is not None
    assert dict(old.scores)["ferro"] > 0
    assert len(store.search("ferroptose", 100)) == 50
    state = store.states()["presse"]
    assert (state.first, state.same_since, state.usual_gap, len(state.digest)) == (NOW, NOW, DAY, 64)


def test_a_longer_backlog_can_be_asked_for(server: Server, store: Store, source: Source) -> None:
    server.routes["/feed"] = reply(body=rss(range(50)))
    assert run(store, source, backlog=30 * DAY).held == 0
    assert read(store, source)[0] == 50


@pytest.mark.parametrize(("items", "held"), [(30, 0), (31, 31)])
def test_a_long_first_document_without_dates_is_no_news(
    server: Server, store: Store, source: Source, items: int, held: int
) -> None:
    server.routes["/feed"] = reply(body=rss(range(items), at=None))
    assert run(store, source).held == held


def test_a_source_that_renames_all_it_has_brings_no_news(server: Server, store: Store, source: Source) -> None:
    server.routes["/feed"] = reply(body=rss(range(200), guid="http://presse.example/{}", days=0.2))
    run(store, source)
    server.routes["/feed"] = reply(body=rss(range(200), guid="https://www.presse.example/{}", days=0.2))
    again = run(store, source, NOW + DAY)  # http to https is no other address
    assert (again.new, again.known) == (0, 200)
    server.routes["/feed"] = reply(body=rss(range(200), guid="https://neuf.example/p/{}", days=0.2))
    moved = run(store, source, NOW + 2 * DAY)
    assert (moved.new, moved.held) == (200, 200)
    assert read(store, source, NOW + 2 * DAY) == (0, ["flood", "gap"])
    state = store.states()["presse"]
    assert (state.flood, state.held) == (NOW + 2 * DAY, 200)
    server.routes["/feed"] = reply(
        body=rss(range(-1, 199), at=NOW + 3 * DAY, guid="https://neuf.example/p/{}", days=0.2)
    )
    assert run(store, source, NOW + 3 * DAY).new == 1
    assert read(store, source, NOW + 3 * DAY)[0] == 1  # news again


def test_a_document_that_ran_ahead_leaves_a_possible_gap(server: Server, store: Store, source: Source) -> None:
    server.routes["/feed"] = reply(body=rss(range(15, 25)))
    run(store, source)
    due = store.states()["presse"].due
    assert due is not None
    server.routes["/feed"] = reply(body=rss(range(10), at=NOW + DAY))  # fifteen ahead, ten held
    assert run(store, source, NOW + DAY).new == 10
    state = store.states()["presse"]
    assert state.gap == NOW + DAY
    assert state.due is not None
    assert state.due - NOW - DAY == (due - NOW) / 2
    assert read(store, source, NOW + DAY) == (10, ["gap"])
    run(store, source, NOW + 2 * DAY)
    state = store.states()["presse"]
    assert state.due == NOW + 2 * DAY + (due - NOW)
    assert read(store, source, NOW + 2 * DAY) == (0, [])


def test_what_another_source_brought_does_not_hide_a_gap(server: Server, store: Store, source: Source) -> None:
    other = Source(id="autre", url=f"{server.url}/autre")
    server.routes |= {"/feed": reply(body=rss(range(50, 60))), "/autre": reply(body=rss(range(10)))}
    run(store, source)
    run(store, other)
    server.routes["/feed"] = reply(body=rss(range(10)))
    assert run(store, source, NOW + DAY) == SourceReport(source=source, known=10)
    assert store.states()["presse"].gap == NOW + DAY


def test_a_source_whose_document_stays_the_same_falls_silent(server: Server, store: Store, source: Source) -> None:
    server.routes["/feed"] = reply(body=rss(range(10), days=1))
    for day in range(9):
        run(store, source, NOW + day * DAY)
    assert read(store, source, NOW + 8 * DAY) == (0, ["silent"])
    state = store.states()["presse"]
    assert (state.same_since, state.newest, state.usual_gap) == (NOW, NOW, DAY)


def test_a_source_that_was_dead_before_it_was_met_is_silent_at_once(
    server: Server, store: Store, source: Source
) -> None:
    last = NOW - 2700 * DAY
    server.routes["/feed"] = reply(body=rss(range(10), at=last, days=1))
    run(store, source)
    assert store.states()["presse"].newest == last
    assert read(store, source) == (0, ["silent"])
    server.routes["/feed"] = reply(body=rss(range(-1, 10), at=NOW + DAY, days=1))
    run(store, source, NOW + DAY)  # it wakes up
    assert read(store, source, NOW + DAY)[1] == []


def test_a_database_from_before_counts_as_known(server: Server, store: Store, source: Source) -> None:
    with store.transaction():
        store.keep_state(SourceState(source="presse", ok=NOW - DAY, checked=NOW - DAY))
    server.routes["/feed"] = reply(body=rss(range(20)))
    assert run(store, source).held == 0
    assert store.states()["presse"].first == NOW - DAY


def test_trying_a_source_writes_nothing(server: Server, store: Store, source: Source) -> None:
    server.routes["/feed"] = reply(body=rss(range(5, 8)))
    run(store, source)
    server.routes["/feed"] = reply(body=rss(range(4, 8), at=NOW + DAY))
    before = tuple(store.all()), store.states()
    ((tried, trial),) = try_out((source,), (FERRO,), store, LOCAL, NOW)
    assert tried == source
    assert isinstance(trial, Trial)
    assert [item.known for item in trial.items] == [False, True, True, True]
    assert trial.items[0].scores[0].value > 0
    assert (trial.newest, trial.complete) == (NOW + DAY, True)
    assert (tuple(store.all()), store.states()) == before
    server.routes["/feed"] = reply(503)
    ((_, trouble),) = try_out((source,), (), None, LOCAL, NOW)
    assert isinstance(trouble, Trouble)


def test_what_a_reader_stumbles_over_is_trouble_when_a_source_is_tried(source: Source) -> None:
    strange = replace(source, kind="not-a-kind")
    trial = trial_of(strange, Fetched(source=strange, url=source.url, status=200, content=b"x"), (), None)
    assert isinstance(trial, Trouble)
    assert trial.kind == "broken"
    assert "KeyError" in trial.detail
