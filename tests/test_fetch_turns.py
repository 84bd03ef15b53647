"""Hosts in parallel, each one asked alone and without haste."""

import threading
import time
from itertools import pairwise

import pytest
from asking import FEED, LOCAL, document, trouble
from servers import Answer, Asked, Bytes, http_server, reply

from watcher.fetch import Manners, fetch_all
from watcher.fetch.turns import WAITING, _lane_of
from watcher.run.documents import spacing
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


@pytest.mark.parametrize(("wished", "least"), [(0.4, 0.4), (0.0, 0.2)])
def test_a_source_may_ask_for_more_time_but_not_for_less(wished: float, least: float) -> None:
    """One source of a host is enough, whatever its place."""
    manners = Manners(allow_hosts=("127.0.0.1",), spacing=0.2)
    with http_server({"/": reply(body=FEED), "/slow": reply(body=FEED)}) as server:
        far = server.url.replace("127.0.0.1", "localhost")
        wanted = sources(f"{far}/", f"{far}/slow", f"{far}/")
        got = fetch_all(wanted, manners, spacing=lambda source: wished if source.url.endswith("slow") else 0.0)
        assert len(list(got)) == 3
    assert all(least <= later.at - sooner.at < least + 0.6 for sooner, later in pairwise(server.asked))


def test_the_pages_that_follow_are_spaced_out_as_their_source_wants() -> None:
    manners = Manners(allow_hosts=("127.0.0.1",), spacing=0.0)
    with http_server({"/": reply(body=FEED), "/2": reply(body=FEED)}) as server:
        far = server.url.replace("127.0.0.1", "localhost")
        list(fetch_all(sources(f"{far}/"), manners, lambda source, page: f"{far}/2", spacing=lambda source: 0.4))
    first, second = server.asked
    assert 0.4 <= second.at - first.at < 1


@pytest.mark.parametrize(
    ("kind", "url", "gap"),
    [
        ("arxiv", "https://export.arxiv.org/api/query?a=b", 3.0),  # what its terms of use ask for
        ("pubmed", "https://eutils.ncbi.nlm.nih.gov/entrez/eutils/esearch.fcgi", 2.0),
        ("feed", "https://presse.example/feed", 2.0),
        ("arxiv", "http://127.0.0.1:8000/api/query", 0.0),  # our own machine needs no manners
    ],
)
def test_what_services_ask_for(kind: str, url: str, gap: float) -> None:
    manners = Manners(allow_hosts=("127.0.0.1",))
    assert _lane_of(url, manners, spacing(Source(id="s", url=url, kind=kind)))[1] == gap


def test_hosts_that_were_asked_a_moment_ago_are_left_in_peace() -> None:
    manners = Manners(allow_hosts=("127.0.0.1", "127.0.0.2"), spacing=0.4)
    with (
        http_server({"/": reply(body=FEED)}) as server,
        http_server({"/": reply(body=FEED)}, host="127.0.0.2") as quick,
    ):
        far = server.url.replace("127.0.0.1", "localhost")
        before = time.monotonic()
        list(fetch_all(sources(f"{far}/", f"{quick.url}/"), manners, rested=False))
    assert 0.4 <= server.asked[0].at - before < 1
    assert quick.asked[0].at - before < 0.3


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
        assert len(server.asked) <= 1 + manners.workers + WAITING
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


def test_a_cookie_goes_back_to_the_host_that_set_it_and_to_no_other() -> None:
    with (
        http_server({"/": reply(body=FEED)}, host="127.0.0.2") as other,
        http_server({"/": reply(302, Location=f"{other.url}/", Set_Cookie="seen=1; Path=/")}) as server,
    ):
        list(fetch_all(sources(f"{server.url}/", f"{server.url}/"), LOCAL))
    assert [asked.headers.get("cookie") for asked in (*server.asked, *other.asked)] == [None] * 4
