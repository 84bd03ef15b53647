"""What robots.txt allows, and when it is asked for."""

from itertools import pairwise

import pytest
from asking import FEED, LOCAL
from hypothesis import given
from hypothesis import strategies as st
from servers import Answer, Asked, Bytes, http_server, reply

from watcher.fetch import Fetched, Manners, Outcome, fetch_all
from watcher.fetch.addresses import web_address
from watcher.fetch.robots import permits, rules_for
from watcher.sources import Source, SourceState, Trouble

US = "literature-watcher"


def allowed(robots: str, path: str) -> bool:
    return permits(rules_for(US, robots.encode()), web_address(f"https://site.example{path}"))


ALL = "User-agent: *\n"


@pytest.mark.parametrize(
    ("robots", "path", "expected"),
    [
        ("", "/a", True),
        ("<html><body>Perdu : rien ici</body></html>", "/a", True),
        ("Disallow: /\n", "/a", True),  # rules for nobody
        (ALL + "Disallow: /", "/a", False),
        (ALL + "Disallow: /", "/robots.txt", True),
        (ALL + "Disallow:", "/a", True),
        (ALL + "Disallow: /private", "/private/x", False),
        (ALL + "Disallow: /private", "/privateer", False),
        (ALL + "Disallow: /private/", "/private", True),
        (ALL + "disallow : /a # a comment\r\nallow: /b", "/a", False),
        (ALL + "Disallow: /recherche?", "/recherche?q=x", False),
        (ALL + "Disallow: /recherche?", "/recherche", True),
        # the longest pattern decides, wherever it stands; of two as long the one that allows
        (ALL + "Disallow: /news\nAllow: /news/feed", "/news/feed/1", True),
        (ALL + "Allow: /news/feed\nDisallow: /news", "/news/feed/1", True),
        (ALL + "Allow: /\nDisallow: /news", "/news", False),
        (ALL + "Disallow: /a\nAllow: /a", "/a", True),
        # wildcards
        (ALL + "Disallow: /*.pdf$", "/x/y.pdf", False),
        (ALL + "Disallow: /*.pdf$", "/x/y.pdf?z", True),
        (ALL + "Disallow: /*.pdf", "/x/y.pdf?z", False),
        (ALL + "Disallow: /a$", "/a", False),
        (ALL + "Disallow: /a$", "/ab", True),
        (ALL + "Disallow: /*/b*c", "/x/b/d/c/e", False),
        (ALL + "Disallow: *", "/a", False),
        (ALL + "Disallow: /ab*b$", "/ab", True),
        # escapes
        (ALL + "Disallow: /actualités", "/actualit%C3%A9s/1", False),
        (ALL + "Disallow: /actualit%c3%a9s", "/actualit%C3%A9s/1", False),
        (ALL + "Disallow: /%61", "/a", False),
        (ALL + "Disallow: /a%2Fb", "/a/b", True),
        # whom it is for
        ("User-agent: Literature-Watcher/1.0\nDisallow: /\n\nUser-agent: *\nAllow: /", "/a", False),
        ("User-agent: *\nDisallow: /\n\nUser-agent: literature-watcher\nDisallow: /b", "/a", True),
        ("User-agent: GPTBot\nUser-agent: literature-watcher\nDisallow: /", "/a", False),
        ("User-agent: GPTBot\nDisallow: /\nUser-agent: *\nDisallow: /b", "/a", True),
        ("User-agent: literature\nDisallow: /", "/a", True),
        (ALL + "Disallow: /a\nUser-agent: x\nDisallow: /b\n" + ALL + "Disallow: /c", "/c", False),
        (ALL + "Crawl-delay: 9\nSitemap: https://site.example/map.xml\nDisallow: /a", "/a", False),
        ("\ufeff" + ALL + "Disallow: /a", "/a", False),
    ],
)
def test_what_is_allowed(robots: str, path: str, *, expected: bool) -> None:
    assert allowed(robots, path) is expected


def test_a_pattern_of_stars_takes_no_time() -> None:
    assert allowed(ALL + "Disallow: /" + "*a" * 20_000 + "b$", "/" + "a" * 30_000)


@given(st.binary(max_size=400), st.sampled_from([b"", ALL.encode()]))
def test_any_bytes_are_rules(noise: bytes, start: bytes) -> None:
    permits(rules_for(US, start + noise), web_address("https://site.example/a?b"))


# ---- asked for once, and obeyed


def crawl(routes: dict[str, Answer], *paths: str, manners: Manners = LOCAL) -> tuple[list[Outcome], list[str]]:
    """What comes of asking for pages of one site, and the paths that the site was asked for."""
    with http_server(routes) as server:
        wanted = [(Source(id=p, url=server.url + p, kind="page"), SourceState(source=p)) for p in paths]
        found = dict(fetch_all(wanted, manners, crawls=lambda source: source.kind == "page"))
        return [found[source] for source, _ in wanted], [asked.path for asked in server.asked]


PAGES: dict[str, Answer] = {"/a": reply(body=FEED), "/b/c": reply(body=FEED)}


def test_robots_txt_is_asked_for_once_and_obeyed() -> None:
    outcomes, asked = crawl(PAGES | {"/robots.txt": reply(body=b"User-agent: *\nDisallow: /b")}, "/a", "/b/c", "/a")
    assert [isinstance(o, Fetched) for o in outcomes] == [True, False, True]
    refused = outcomes[1]
    assert isinstance(refused, Trouble)
    assert (refused.kind, refused.detail.endswith("/robots.txt")) == ("robots", True)
    assert asked == ["/robots.txt", "/a", "/a"]


@pytest.mark.parametrize(
    ("answer", "goes_on"),
    [
        *((reply(status), True) for status in (204, 400, 401, 403, 404, 410)),
        (reply(302, Location="/robots.txt"), True),
        (reply(body=b"<html>404</html>", Content_Type="text/html"), True),
        (reply(302, Location="/elsewhere"), True),
        *((reply(status, Retry_After="7200"), False) for status in (429, 500, 503)),
        (b"nonsense\r\n\r\n", False),
    ],
)
def test_without_rules_all_may_be_read_and_in_a_storm_nothing(answer: Answer, *, goes_on: bool) -> None:
    (outcome,), asked = crawl(PAGES | {"/robots.txt": answer}, "/a")
    assert isinstance(outcome, Fetched) is goes_on
    assert ("/a" in asked) is goes_on
    if isinstance(outcome, Trouble):
        assert outcome.detail.startswith("robots.txt: ")
        assert outcome.status is None or (outcome.retry_after is not None and outcome.retry_after.seconds == 7200)


def test_feeds_are_made_for_programs_and_ask_for_no_rules() -> None:
    with http_server({"/robots.txt": reply(body=b"User-agent: *\nDisallow: /"), **PAGES}) as server:
        wanted = [(Source(id="f", url=f"{server.url}/a"), SourceState(source="f"))]
        ((_, outcome),) = fetch_all(wanted, LOCAL, crawls=lambda source: source.kind == "page")
    assert isinstance(outcome, Fetched)
    assert [asked.path for asked in server.asked] == ["/a"]


def test_the_pages_that_follow_obey_too() -> None:
    routes = PAGES | {"/robots.txt": reply(body=b"User-agent: *\nDisallow: /b")}
    with http_server(routes) as server:
        wanted = [(Source(id="p", url=f"{server.url}/a", kind="page"), SourceState(source="p"))]
        ((_, outcome),) = fetch_all(wanted, LOCAL, lambda source, page: f"{server.url}/b/c", lambda source: True)
    assert isinstance(outcome, Fetched)
    assert outcome.stopped is not None
    assert outcome.stopped.kind == "robots"
    assert [asked.path for asked in server.asked] == ["/robots.txt", "/a"]


def test_robots_txt_is_spaced_out_like_anything_else() -> None:
    manners = Manners(allow_hosts=("127.0.0.1",), spacing=0.3)
    with http_server(PAGES | {"/robots.txt": reply(404)}) as server:
        far = server.url.replace("127.0.0.1", "localhost")
        wanted = [(Source(id=p, url=f"{far}{p}", kind="page"), SourceState(source=p)) for p in PAGES]
        assert len(list(fetch_all(wanted, manners, crawls=lambda source: True))) == 2
    times = [asked.at for asked in server.asked]
    assert len(times) == 3
    assert all(0.3 <= later - sooner < 1 for sooner, later in pairwise(times))


# ---- redirects


def test_a_site_that_a_redirect_leads_to_is_asked_once_and_obeyed() -> None:
    there: dict[str, Answer] = {
        "/robots.txt": reply(body=b"User-agent: *\nDisallow: /no"),
        **PAGES,
        "/no": reply(body=FEED),
    }
    with http_server(there, host="127.0.0.2") as away:
        paths = {"/1": "/a", "/2": "/no", "/3": "/b/c", "/4": "/no"}
        routes: dict[str, Answer] = {path: reply(302, Location=away.url + to) for path, to in paths.items()}
        outcomes, asked = crawl(routes, *paths)
    assert [isinstance(outcome, Fetched) for outcome in outcomes] == [True, False, True, False]
    assert [o.kind for o in outcomes if isinstance(o, Trouble)] == ["robots", "robots"]
    assert asked == ["/robots.txt", "/1", "/2", "/3", "/4"]
    assert [asked.path for asked in away.asked] == ["/robots.txt", "/a", "/b/c"]


def test_a_redirect_within_a_site_leads_round_no_rule() -> None:
    routes = PAGES | {"/robots.txt": reply(body=b"User-agent: *\nDisallow: /b"), "/to": reply(302, Location="/b/c")}
    (outcome,), asked = crawl(routes, "/to")
    assert isinstance(outcome, Trouble)
    assert outcome.kind == "robots"
    assert asked == ["/robots.txt", "/to"]


def test_a_site_that_does_not_say_what_may_be_read_is_not_read_through_a_redirect() -> None:
    with http_server({"/robots.txt": reply(503), "/a": reply(body=FEED)}, host="127.0.0.2") as away:
        (outcome,), _ = crawl({"/to": reply(301, Location=f"{away.url}/a")}, "/to")
    assert isinstance(outcome, Trouble)
    assert (outcome.kind, outcome.status) == ("http", 503)
    assert [asked.path for asked in away.asked] == ["/robots.txt"]


def test_two_hosts_that_lead_to_one_site_ask_for_its_rules_once() -> None:
    def slowly(asked: Asked) -> Bytes:
        asked.stopped.wait(0.2)
        return reply(404)

    with http_server({"/robots.txt": slowly, "/a": reply(body=FEED)}, host="127.0.0.2") as away:
        to: dict[str, Answer] = {"/to": reply(302, Location=f"{away.url}/a")}
        with http_server(to) as one, http_server(to, host="127.0.0.3") as two:
            wanted = [(Source(id=s.url, url=f"{s.url}/to"), SourceState(source=s.url)) for s in (one, two)]
            found = list(fetch_all(wanted, LOCAL, crawls=lambda source: True))
    assert all(isinstance(outcome, Fetched) for _, outcome in found)
    assert [asked.path for asked in away.asked].count("/robots.txt") == 1


def test_a_feed_is_followed_without_asking_for_rules() -> None:
    closed: dict[str, Answer] = {"/robots.txt": reply(body=b"User-agent: *\nDisallow: /"), **PAGES}
    with (
        http_server(closed, host="127.0.0.2") as away,
        http_server({"/to": reply(301, Location=f"{away.url}/a")}) as server,
    ):
        wanted = [(Source(id="f", url=f"{server.url}/to"), SourceState(source="f"))]
        ((_, outcome),) = fetch_all(wanted, LOCAL)
    assert isinstance(outcome, Fetched)
    assert [asked.path for asked in away.asked] == ["/a"]
