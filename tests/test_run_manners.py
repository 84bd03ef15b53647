"""Whole runs, days apart: when a source is asked again, where, and on what conditions."""

from datetime import UTC, datetime, timedelta

import pytest
from servers import Asked, Server, reply

from watcher.fetch import Manners
from watcher.run import SourceReport, poll
from watcher.sources import Source, SourceState, moved_to
from watcher.store import Store

NOW = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)  # a Monday
DAY = timedelta(days=1)
LOCAL = Manners(allow_hosts=("127.0.0.0/8",), deadline=5.0)


def rss(*numbers: int, head: str = "") -> bytes:
    items = "".join(
        f"<item><guid isPermaLink='false'>a{n}</guid><link>https://presse.example/{n}</link>"
        f"<title>Communiqué numéro {n} du service</title></item>"
        for n in numbers
    )
    return f"<?xml version='1.0'?><rss version='2.0'><channel><title>P</title>{head}{items}</channel></rss>".encode()


def visit(store: Store, source: Source, day: float, *, everyone: bool = True) -> SourceReport | None:
    """One run on a day; None when the source was not due."""
    report = poll((source,), (), store, LOCAL, clock=lambda: NOW + day * DAY, everyone=everyone)
    return report.sources[0] if report.sources else None


def state(store: Store) -> SourceState:
    return store.states()["one"]


def test_a_server_that_says_unchanged_for_ever_loses_a_week_and_no_more(server: Server, store: Store) -> None:
    source = Source(id="one", url=f"{server.url}/feed")
    numbers = [1]

    def stuck(asked: Asked) -> bytes:
        if asked.headers.get("if-none-match"):
            return reply(304)
        return reply(body=rss(*numbers), ETag='"for ever"')

    server.routes["/feed"] = stuck
    visit(store, source, 0)
    numbers.append(2)
    reports = [visit(store, source, day) for day in (1, 6.5, 7, 8)]
    assert [(r.unchanged, r.new) for r in reports if r] == [(True, 0), (True, 0), (False, 1), (True, 0)]
    assert state(store).full == NOW + 7 * DAY


@pytest.mark.parametrize(
    ("head", "headers", "due"),
    [
        ("", {}, timedelta(hours=5, minutes=50)),
        ("<ttl>720</ttl>", {}, timedelta(hours=11, minutes=50)),
        ("<ttl>1</ttl>", {"Cache-Control": "max-age=31536000"}, timedelta(hours=23, minutes=50)),
        ("<skipHours><hour>12</hour><hour>13</hour></skipHours>", {}, timedelta(hours=7)),
    ],
)
def test_a_publisher_may_ask_for_fewer_visits(
    server: Server, store: Store, head: str, headers: dict[str, str], due: timedelta
) -> None:
    source = Source(id="one", url=f"{server.url}/feed")
    server.routes["/feed"] = reply(200, rss(1, head=head), **headers)
    visit(store, source, 0)
    assert state(store).due == NOW + due
    assert visit(store, source, (due - timedelta(seconds=1)) / DAY, everyone=False) is None
    assert visit(store, source, due / DAY, everyone=False) is not None


def test_unchanged_has_its_freshness_too(server: Server, store: Store) -> None:
    source = Source(id="one", url=f"{server.url}/feed")
    server.routes["/feed"] = reply(body=rss(1), ETag='"1"')
    visit(store, source, 0)
    server.routes["/feed"] = reply(304, Cache_Control="max-age=43200")
    assert visit(store, source, 1) == SourceReport(source=source, unchanged=True)
    assert state(store).due == NOW + DAY + timedelta(hours=11, minutes=50)


def test_a_feed_that_was_cut_short_is_asked_for_whole(server: Server, store: Store) -> None:
    source = Source(id="one", url=f"{server.url}/feed")
    server.routes["/feed"] = reply(body=rss(1, 2)[:-40], ETag='"1"')
    visit(store, source, 0)
    assert (state(store).etag, state(store).full, state(store).ok) == ("", None, NOW)


def test_a_feed_that_moved_is_followed_and_then_asked_where_it_is(server: Server, store: Store) -> None:
    source = Source(id="one", url=f"{server.url}/old")
    server.routes |= {"/old": reply(301, Location="/new"), "/new": reply(body=rss(1), ETag='"1"')}
    for day in (0, 3, 7, 8):
        visit(store, source, day)
    assert [asked.path for asked in server.asked] == ["/old", "/new", "/old", "/new", "/new", "/new"]
    assert server.asked[-1].headers["if-none-match"] == '"1"'
    assert moved_to(source, state(store)) == f"{server.url}/new"
    assert state(store).moved_since == NOW


def test_a_new_address_that_fails_sends_us_back_to_the_old_one(server: Server, store: Store) -> None:
    source = Source(id="one", url=f"{server.url}/old")
    server.routes |= {"/old": reply(301, Location="/new"), "/new": reply(body=rss(1))}
    visit(store, source, 0)
    visit(store, source, 7)
    server.routes |= {"/old": reply(body=rss(1, 2)), "/new": reply(body=b"<html><body>Domaine en vente")}
    lost, back, after = (visit(store, source, day) for day in (8, 9, 10))
    assert lost is not None
    assert lost.trouble is not None
    assert lost.trouble.kind == "not-a-feed"
    assert back is not None
    assert (back.new, back.trouble) == (1, None)
    assert after is not None
    assert after.source.url == source.url
    assert moved_to(source, state(store)) == ""


def test_a_redirect_to_something_else_than_a_feed_teaches_nothing(server: Server, store: Store) -> None:
    source = Source(id="one", url=f"{server.url}/old")
    server.routes |= {"/old": reply(301, Location="/new"), "/new": reply(body=b"<html><body>Domaine en vente")}
    for day in (0, 4, 8):
        report = visit(store, source, day)
        assert report is not None
        assert report.trouble is not None
    assert (state(store).moved, state(store).moved_since) == ("", None)


def test_what_a_gap_lost_is_looked_for_in_the_earlier_pages_of_a_wordpress(server: Server, store: Store) -> None:
    """Once: the run after the gap; the pages end where there are none, or with the fifth."""
    source = Source(id="one", url=f"{server.url}/feed/")
    head = "<generator>https://wordpress.org/?v=6.8</generator>"
    server.routes["/feed/"] = reply(body=rss(*range(10), head=head), ETag='"1"')
    visit(store, source, 0)
    server.routes["/feed/"] = reply(body=rss(*range(30, 40), head=head), ETag='"2"')
    visit(store, source, 1)
    server.routes |= {
        f"/feed/?paged={n}": reply(body=rss(*range(50 - 10 * n, 60 - 10 * n), head=head)) for n in (2, 3, 4, 5)
    }
    before = len(server.asked)
    found = visit(store, source, 2)
    assert found is not None
    assert (found.new, found.held, found.trouble) == (20, 0, None)
    assert [asked.path for asked in server.asked[before:]] == ["/feed/", *(f"/feed/?paged={n}" for n in (2, 3, 4, 5))]
    assert "if-none-match" not in server.asked[before].headers
    after = visit(store, source, 3)
    assert after is not None
    assert after.new == 0
    assert server.asked[-1].path == "/feed/"


@pytest.mark.parametrize("head", ["", "<generator>https://autre.example/wordpress.org/</generator>"])
def test_other_feeds_have_no_earlier_pages(server: Server, store: Store, head: str) -> None:
    source = Source(id="one", url=f"{server.url}/feed/")
    for day, first in enumerate((0, 30, 30)):
        server.routes["/feed/"] = reply(body=rss(*range(first, first + 10), head=head))
        visit(store, source, day)
    assert [asked.path for asked in server.asked] == ["/feed/"] * 3
