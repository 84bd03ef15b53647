"""Hosts in parallel, each one asked alone and without haste."""

import threading
import time
from itertools import pairwise

from asking import FEED, LOCAL, document, trouble
from servers import Answer, Asked, Bytes, http_server, reply

from watcher.fetch import Manners, fetch_all
from watcher.sources import Source, SourceState


def sources(*urls: str) -> list[tuple[Source, SourceState]]:
    return [(Source(id=f"s{n}", url=url), SourceState(source=f"s{n}")) for n, url in enumerate(urls)]


def test_every_source_comes_back_once() -> None:
    with http_server({f"/{n}": reply(body=b"%d" % n) for n in range(30)}) as server:
        wanted = sources(*(f"{server.url}/{n}" for n in range(31)), "file:///x", "http://[", "http://10.0.0.1/")
        got = dict(fetch_all(iter(wanted), LOCAL))
    assert set(got) == {source for source, _ in wanted}
    assert [document(got[wanted[n][0]]).content for n in range(30)] == [b"%d" % n for n in range(30)]
    assert [trouble(got[wanted[n][0]]).kind for n in range(30, 34)] == [
        "http",
        "redirects",
        "redirects",
        "private-address",
    ]


def test_nothing_wanted_nothing_fetched() -> None:
    assert list(fetch_all([], LOCAL)) == []


def counting(seen: list[int]) -> Answer:
    """Answer slowly, and note how many are being answered at a time."""
    busy: list[Asked] = []

    def answer(asked: Asked) -> Bytes:
        busy.append(asked)
        seen.append(len(busy))
        asked.stopped.wait(0.1)
        busy.remove(asked)
        return reply(body=FEED)

    return answer


def test_hosts_are_asked_together_and_each_one_alone() -> None:
    here: list[int] = []
    there: list[int] = []
    both: list[int] = []
    with http_server({"/": counting(here)}) as a, http_server({"/": counting(there)}, host="127.0.0.2") as b:
        wanted = sources(*[f"{a.url}/", f"{b.url}/"] * 3)
        list(fetch_all(wanted, LOCAL))
        a.routes["/"] = b.routes["/"] = counting(both)
        list(fetch_all(wanted, LOCAL))
    assert (max(here), max(there), max(both)) == (1, 1, 2)


def test_requests_to_one_host_are_spaced_out_but_not_to_an_allowed_one() -> None:
    # "localhost" may be asked because its address is allowed, but it is not named: it gets the manners of a public host
    manners = Manners(allow_hosts=("127.0.0.1", "127.0.0.2"), spacing=0.4)
    with (
        http_server({"/": reply(body=FEED)}) as server,
        http_server({"/": reply(body=FEED)}, host="127.0.0.2") as quick,
    ):
        far = server.url.replace("127.0.0.1", "localhost")
        list(fetch_all(sources(*[f"{far}/"] * 3, *[f"{quick.url}/"] * 3), manners))
    times = [asked.at for asked in server.asked]
    assert all(0.4 <= later - sooner < 1 for sooner, later in pairwise(times))
    assert quick.asked[-1].at - quick.asked[0].at < 0.4


def test_a_host_that_must_wait_keeps_no_other_one_waiting() -> None:
    manners = Manners(allow_hosts=("127.0.0.1", "127.0.0.2"), spacing=0.5, workers=1)
    with (
        http_server({"/": reply(body=FEED)}) as server,
        http_server({"/": reply(body=FEED)}, host="127.0.0.2") as other,
    ):
        far = server.url.replace("127.0.0.1", "localhost")
        order = [s.url for s, _ in fetch_all(sources(f"{far}/", f"{far}/", f"{other.url}/", f"{other.url}/"), manners)]
    assert order == [f"{far}/", f"{other.url}/", f"{other.url}/", f"{far}/"]


def test_no_more_is_fetched_than_somebody_takes() -> None:
    manners = Manners(allow_hosts=("127.0.0.1",), workers=2)
    with http_server({"/": reply(body=FEED)}) as server:
        outcomes = fetch_all(sources(*[f"{server.url}/"] * 20), manners)
        next(outcomes)
        time.sleep(0.3)
        assert len(server.asked) <= 1 + 2 * manners.workers
        assert len(list(outcomes)) == 19


def silent(asked: Asked) -> bytes:
    asked.stopped.wait(20)
    return b""


def test_stopping_early_is_quick_and_leaves_nothing_running() -> None:
    before = threading.active_count()
    with http_server({"/": reply(body=FEED)}) as server, http_server({"/": silent}, host="127.0.0.2") as other:
        wanted = sources(*[f"{server.url}/"] * 20, *[f"{other.url}/"] * 3)
        outcomes = fetch_all(wanted, Manners(allow_hosts=("127.0.0.0/8",), deadline=20))
        next(outcomes)
        started = time.monotonic()
        outcomes.close()
        assert time.monotonic() - started < 2
    deadline = time.monotonic() + 5
    while threading.active_count() > before and time.monotonic() < deadline:
        time.sleep(0.02)
    assert threading.active_count() <= before
