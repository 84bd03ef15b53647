"""A laptop without a network: nothing is held against the sources, and nobody is called for it."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

import pytest
from servers import http_server, reply

from watcher.fetch import Manners
from watcher.health import is_long_offline, is_offline
from watcher.run import RunReport, SourceReport, poll
from watcher.run.record import Tally, recorded
from watcher.sources import Source, SourceState, Trouble, TroubleKind
from watcher.store import Store

NOW = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
FEED = b"<rss version='2.0'><channel><item><guid isPermaLink='false'>1</guid><title>Une</title></item></channel></rss>"
MANNERS = Manners(allow_hosts=("127.0.0.0/8",), deadline=5)
# No name has a hole in it, and nobody is dialled at an address that means everybody: nothing leaves the machine.
HOSTS = ("127.255.255.255", "sans..reseau", "127.255.255.255:81", "encore..sans")
AWAY = tuple(Source(id=f"s{n}", url=f"http://{host}/") for n, host in enumerate(HOSTS))
ONE_HOST = tuple(Source(id=f"s{port}", url=f"http://127.255.255.255:{port}/") for port in range(81, 85))


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def polled(
    store: Store, sources: tuple[Source, ...], now: datetime, told: list[SourceReport] | None = None
) -> RunReport:
    return poll(sources, (), store, MANNERS, clock=lambda: now, progress=told.append if told is not None else None)


def kinds(report: RunReport) -> dict[str, TroubleKind | None]:
    return {r.source.id: r.trouble.kind if r.trouble else None for r in report.sources}


def test_without_a_network_nothing_is_held_against_the_sources(store: Store) -> None:
    known = SourceState(source="s0", checked=NOW - DAY, ok=NOW - DAY, first=NOW - DAY, due=NOW - HOUR, etag='"1"')
    with store.transaction():
        store.keep_state(known)
    for hour in range(3):  # no wait grows: each run asks them all
        told: list[SourceReport] = []
        report = polled(store, AWAY, NOW + hour * HOUR, told)
        assert report.offline
        assert kinds(report) == {"s0": "unreachable", "s1": "dns", "s2": "unreachable", "s3": "dns"}
        assert told == list(report.sources)  # whoever looks on sees each one
        assert (report.summary.asked, report.summary.failed) == (4, 4)
        assert store.states() == {"s0": known}


def test_once_anything_answers_the_others_are_in_trouble(store: Store) -> None:
    with http_server({"/feed": reply(body=FEED)}) as server:
        report = polled(store, (*AWAY, Source(id="well", url=f"{server.url}/feed")), NOW)
    assert not report.offline
    states = store.states()
    assert {name: state.failures for name, state in states.items()} == {"s0": 1, "s1": 1, "s2": 1, "s3": 1, "well": 0}
    assert {states[s.id].since for s in AWAY} == {NOW}
    assert states["s1"].due == NOW + timedelta(minutes=30)


def test_an_error_is_an_answer_too(store: Store) -> None:
    with http_server({"/feed": reply(500)}) as server:
        report = polled(store, (*AWAY, Source(id="ill", url=f"{server.url}/feed")), NOW)
    assert not report.offline
    assert {state.failures for state in store.states().values()} == {1}


def test_that_nothing_changed_is_an_answer_too(store: Store) -> None:
    known = SourceState(source="well", checked=NOW, ok=NOW, first=NOW, full=NOW, etag='"1"')
    with store.transaction():
        store.keep_state(known)
    with http_server({"/feed": reply(304)}) as server:
        report = polled(store, (*AWAY, Source(id="well", url=f"{server.url}/feed")), NOW)
    assert (report.offline, report.summary.unchanged) == (False, 1)
    assert {name for name, state in store.states().items() if state.failures} == {s.id for s in AWAY}


@pytest.mark.parametrize("sources", [AWAY[:1], AWAY[:2], ONE_HOST])
def test_few_sources_or_one_host_say_nothing_of_the_network(store: Store, sources: tuple[Source, ...]) -> None:
    report = polled(store, sources, NOW)
    assert not report.offline
    assert {name: state.failures for name, state in store.states().items()} == {s.id: 1 for s in sources}


def test_a_source_that_failed_before_keeps_its_own_trouble(store: Store) -> None:
    ill = SourceState(source="s1", checked=NOW - DAY, due=NOW, failures=3, since=NOW - DAY, trouble=Trouble(kind="tls"))
    with store.transaction():
        store.keep_state(ill)
    assert polled(store, AWAY, NOW).offline
    assert store.state("s1") == ill


def test_nobody_at_the_address_is_no_missing_network() -> None:
    with ExitStack() as stack:
        taken = [stack.enter_context(socket.create_server((f"127.0.0.{n}", 0))).getsockname() for n in (1, 2, 3)]
    sources = [Source(id=host, url=f"http://{host}:{port}/") for host, port in taken]
    assert not is_offline([(source, Trouble(kind="refused")) for source in sources])
    assert is_offline([(source, Trouble(kind="unreachable")) for source in sources])
    assert not is_offline([*((source, Trouble(kind="dns")) for source in sources[1:]), (sources[0], None)])
    assert not is_offline([])


def test_a_run_remembers_that_there_was_no_network(store: Store) -> None:
    def run(now: datetime, kind: TroubleKind | None, *, command: str = "run") -> None:
        tally = Tally(command, now)
        with recorded(tally, store, lambda: now):
            for source in AWAY if command == "run" else ():
                tally.brought(SourceReport(source=source, trouble=Trouble(kind=kind) if kind else None))

    run(NOW - HOUR, "dns")
    (row,) = store.runs(1)
    assert (row.outcome, row.reason, row.asked, row.failed) == ("failed", "offline", 4, 4)
    run(NOW, None)  # the network was there
    assert store.offline_runs() == ()
    run(NOW + HOUR, "dns")
    run(NOW + 2 * HOUR, None, command="send")  # says nothing of the network
    run(NOW + 3 * HOUR, "unreachable")
    assert store.offline_runs() == (NOW + 3 * HOUR, NOW + HOUR)
    run(NOW + 4 * HOUR, "refused")
    assert (store.runs(1)[0].reason, store.offline_runs()) == ("all-failed", ())


def _told(hours: Iterator[int]) -> list[int]:
    began: list[datetime] = []
    said = []
    for hour in hours:
        began.insert(0, NOW + hour * HOUR)
        if is_long_offline(began):
            said.append(hour)
    return said


def test_a_network_that_stays_away_is_said_once_a_day() -> None:
    assert _told(iter(range(80))) == [24, 48, 72]
    assert _told(iter([0, 10, 60, 61])) == [60]  # closed meanwhile
    assert not is_long_offline(())
