"""Articles' own pages: who is asked for one, what is kept of it, and what an article is judged by then."""

import json
import os
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from servers import Asked, Server, reply

from watcher.fetch import Manners
from watcher.ownpages import PER_RUN, PER_SOURCE, TRIES
from watcher.profiles import Profile, ProfileSetting, learn
from watcher.relevance import judge
from watcher.run import RunReport, digest, judge_again, poll
from watcher.seeds import Seed
from watcher.sources import Source
from watcher.store import Remembered, Store

NOW = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)
DAY = timedelta(days=1)
LOCAL = Manners(allow_hosts=("127.0.0.0/8",), deadline=5.0, spacing=0.05)
TEXT = "La ferroptose détruit les cellules tumorales persistantes quand le fer des lysosomes oxyde leurs membranes."


def profile(name: str, title: str, text: str) -> Profile:
    seed = Seed(name=f"{name}.md", title=title, text=text, language="fr")
    return learn((seed,), ProfileSetting(name=name, seeds=Path(name), threshold=20.0))


FERRO = profile("ferro", "La ferroptose des cellules tumorales", TEXT)
BONE = profile("os", "L’ostéosarcome de l’enfant", "L’ostéosarcome résiste au méthotrexate chez les adolescents.")
PROSE = (
    "Une équipe du service de presse raconte son communiqué.",
    TEXT,
    "Les auteurs ont observé la mort des cellules de l’ostéosarcome dans vingt prélèvements de jeunes patients.",
    "Le communiqué du service annonce un essai dans les deux années qui viennent, avec plusieurs hôpitaux français.",
)


def rss(server: Server, *numbers: int, summary: str = "") -> bytes:
    items = "".join(
        f"<item><guid isPermaLink='false'>a{n}</guid><link>{server.url}/{n}</link>"
        f"<title>Communiqué numéro {n} du service</title><description>{summary}</description></item>"
        for n in numbers
    )
    return f"<?xml version='1.0'?><rss version='2.0'><channel><title>P</title>{items}</channel></rss>".encode()


def page(*paragraphs: str, head: str = "") -> bytes:
    prose = "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs or PROSE)
    return (
        f"<!DOCTYPE html><html lang='fr'><head><meta charset='utf-8'>{head}<title>Presse</title></head><body>"
        f"<nav><a href='/'>Accueil</a></nav><main><article><h1>Communiqué</h1>{prose}</article></main></body></html>"
    ).encode()


@pytest.fixture
def source(server: Server) -> Source:
    """A source that asks for full texts, with one article whose page can be read."""
    server.routes |= {"/feed": reply(body=rss(server, 1)), "/1": reply(body=page(), Content_Type="text/html")}
    return Source(id="presse", url=f"{server.url}/feed", full_text=True)


def run(
    store: Store, *sources: Source, day: float = 0, profiles: tuple[Profile, ...] = (FERRO,), manners: Manners = LOCAL
) -> RunReport:
    return poll(sources, profiles, store, manners, clock=lambda: NOW + day * DAY, everyone=True)


def asked(
    server: Server, *, besides: Iterable[str] = ("/feed", "/robots.txt", "/.well-known/tdmrep.json")
) -> list[str]:
    return [one.path for one in server.asked if one.path not in besides]


def article(store: Store, number: int = 1) -> Remembered:
    return store.get([number])[0]


def test_a_page_is_read_and_its_article_judged_by_it(server: Server, store: Store, source: Source) -> None:
    report = run(store, source)
    known = article(store)
    assert [(p.article, p.outcome, p.url) for p in report.pages] == [(1, "read", f"{server.url}/1")]
    assert known.page == report.pages[0]
    assert TEXT in known.reading.body
    assert (known.article.body, known.article.summary) == ("", "")  # what the feed gave stays what the feed gave
    assert judge(known.article, (FERRO,))[0].value == 0
    assert dict(known.scores)["ferro"] == judge(known.reading, (FERRO,))[0].value > 20


def test_what_a_page_brings_is_shown_and_found(server: Server, store: Store, source: Source) -> None:
    run(store, source)
    shown = digest((source,), (FERRO,), store, since=DAY, now=NOW)
    (line,) = shown.sections[0].lines
    assert line.score == judge(article(store).reading, (FERRO,))[0]
    assert [known.id for known in store.search("ferroptose lysosomes", 5)] == [1]
    assert [known.id for known in store.search("communique", 5)] == [1]  # in both, and once


def test_without_a_network_no_page_is_asked_for(server: Server, store: Store, source: Source) -> None:
    server.routes["/1"] = reply(503)
    assert [page.outcome for page in run(store, source).pages] == ["http"]  # to be asked for again
    lost = replace(source, url="http://127.255.255.255/")
    others = (Source(id="a", url="http://sans..reseau/"), Source(id="b", url="http://encore..sans/"))
    offline = run(store, lost, *others, day=2)
    assert (offline.offline, offline.pages) == (True, ())
    assert [page.outcome for page in run(store, lost, day=2).pages] == ["http"]  # one source says nothing of it


def test_a_page_is_asked_for_once(server: Server, store: Store, source: Source) -> None:
    reports = [run(store, source, day=day) for day in (0, 1, 2)]
    assert asked(server) == ["/1"]
    assert [len(report.pages) for report in reports] == [1, 0, 0]
    assert [r.sources[0].changed for r in reports] == [0, 0, 0]
    assert article(store).changed is None


def test_an_article_that_changes_in_its_feed_is_still_judged_by_its_page(
    server: Server, store: Store, source: Source
) -> None:
    run(store, source)
    before = article(store).scores
    server.routes["/feed"] = reply(body=rss(server, 1, summary="Une précision."))
    assert run(store, source, day=1).sources[0].changed == 1
    assert article(store).article.summary == "Une précision."
    assert article(store).scores == before


def test_another_profile_is_judged_by_the_page_too(server: Server, store: Store, source: Source) -> None:
    run(store, source)
    judge_again((FERRO, BONE), store)
    assert dict(article(store).scores)["os"] == judge(article(store).reading, (BONE,))[0].value > 0
    edited = profile("os", "Le méthotrexate", "Le méthotrexate et l’ostéosarcome.")
    shown = digest((source,), (edited,), store, since=DAY, now=NOW)
    assert shown.read == 1
    assert shown.sections[0].lines[0].score == judge(article(store).reading, (edited,))[0]


def test_a_source_that_does_not_ask_for_full_texts_has_none(server: Server, store: Store) -> None:
    server.routes |= {"/feed": reply(body=rss(server, 1)), "/1": reply(body=page())}
    assert run(store, Source(id="presse", url=f"{server.url}/feed")).pages == ()
    assert [one.path for one in server.asked] == ["/feed"]


def test_robots_txt_is_obeyed_and_asked_for_once(server: Server, store: Store, source: Source) -> None:
    server.routes |= {
        "/feed": reply(body=rss(server, 1, 2)),
        "/robots.txt": reply(body=b"User-agent: *\nDisallow: /1\n"),
        "/2": reply(body=page()),
    }
    outcomes = {p.article: p.outcome for p in run(store, source).pages}
    assert outcomes == {1: "robots", 2: "read"}
    assert [one.path for one in server.asked].count("/robots.txt") == 1
    assert run(store, source, day=1).pages == ()
    assert asked(server) == ["/2"]


def test_a_failure_is_tried_again_later_and_not_for_ever(server: Server, store: Store, source: Source) -> None:
    server.routes["/1"] = reply(503)
    outcomes = [[p.outcome for p in run(store, source, day=day).pages] for day in (0, 0.001, 1, 2, 3, 4)]
    assert outcomes == [["http"], [], ["http"], ["http"], [], []]
    assert len(asked(server)) == TRIES


def test_a_failure_that_heals_is_read(server: Server, store: Store, source: Source) -> None:
    server.routes["/1"] = reply(503)
    run(store, source)
    server.routes["/1"] = reply(body=page())
    assert [p.outcome for p in run(store, source, day=1).pages] == ["read"]
    assert [known.id for known in store.search("lysosomes", 5)] == [1]


def test_a_server_may_ask_for_more_patience(server: Server, store: Store, source: Source) -> None:
    server.routes["/1"] = reply(429, Retry_After="172800")
    run(store, source)
    assert run(store, source, day=1).pages == ()
    assert len(run(store, source, day=2).pages) == 1


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (reply(404), "http"),
        (reply(410), "gone"),
        (reply(403), "blocked"),
        (reply(302, Location="http://10.0.0.1/"), "private-address"),
        (reply(302, Location="http://[::1]/"), "private-address"),
        (reply(302, Location="ftp://presse.example/"), "redirects"),
        (reply(body=page(), tdm_reservation="1"), "reserved"),
        (reply(body=page(head="<meta name='tdm-reservation' content='1'>")), "reserved"),
        (reply(body=page(head='<META CONTENT="1" NAME="TDM-Reservation" />'), tdm_reservation="0"), "reserved"),
        (reply(body=b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"), "nothing"),
        (reply(body=b"<body>" + b"<p>Nous utilisons des cookies pour mesurer notre audience.</p>" * 9), "other"),
    ],
)
def test_what_is_not_ours_to_read_is_not_asked_for_again(
    server: Server, store: Store, source: Source, answer: bytes, outcome: str
) -> None:
    server.routes["/1"] = answer
    assert [p.outcome for p in run(store, source).pages] == [outcome]
    known = article(store)
    assert known.page is not None
    assert (known.page.text, known.page.due, known.reading) == ("", None, known.article)
    assert run(store, source, day=1).pages == ()


def test_the_page_has_the_last_word_on_what_its_server_reserves(server: Server, store: Store, source: Source) -> None:
    server.routes["/1"] = reply(body=page(head="<meta name='tdm-reservation' content='0'>"), tdm_reservation="1")
    assert [p.outcome for p in run(store, source).pages] == ["read"]


@pytest.mark.parametrize(
    ("rules", "outcomes"),
    [
        (b'[{"location": "/", "tdm-reservation": 1, "tdm-policy": "https://presse.example/tdm"}]', ["reserved"] * 2),
        (b'[{"location": "/", "tdm-reservation": 1}, {"location": "/2$", "tdm-reservation": 0}]', ["reserved", "read"]),
        (b'[{"location": "/*.pdf", "tdm-reservation": 1}, {"location": "/"}, 7]', ["read"] * 2),
        (b'{"location": "/", "tdm-reservation": 1}', ["read"] * 2),
        (b"<html>nothing here</html>", ["read"] * 2),
        (b"[" * 100_000, ["read"] * 2),
    ],
)
def test_what_a_site_reserves_in_a_file_is_asked_for_once(
    server: Server, store: Store, source: Source, rules: bytes, outcomes: list[str]
) -> None:
    server.routes |= {"/feed": reply(body=rss(server, 1, 2)), "/2": reply(body=page())}
    server.routes["/.well-known/tdmrep.json"] = reply(body=rules)
    pages = sorted(run(store, source).pages, key=lambda p: p.article)
    assert [p.outcome for p in pages] == outcomes
    assert [one.path for one in server.asked].count("/.well-known/tdmrep.json") == 1


def test_the_word_of_a_server_comes_before_its_sites_file(server: Server, store: Store, source: Source) -> None:
    server.routes["/.well-known/tdmrep.json"] = reply(body=b'[{"location": "/", "tdm-reservation": 1}]')
    server.routes["/1"] = reply(body=page(), tdm_reservation="0")
    assert [p.outcome for p in run(store, source).pages] == ["read"]


def test_a_page_of_fifty_megabytes_stops_nothing(server: Server, store: Store, source: Source) -> None:
    def endless(_: Asked) -> Iterable[bytes]:
        yield b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + page()
        for _megabyte in range(50):
            yield b"<p>Encore.</p>" * 75_000

    server.routes |= {"/feed": reply(body=rss(server, 1, 2)), "/1": endless, "/2": reply(body=page())}
    assert {p.article: p.outcome for p in run(store, source).pages} == {1: "too-large", 2: "read"}


def test_a_run_asks_for_a_few_pages_and_the_best_come_first(server: Server, store: Store) -> None:
    sources = []
    for name, first in (("a", 10), ("b", 20), ("c", 30), ("d", 40)):
        numbers = range(first, first + 5)
        server.routes[f"/{name}"] = reply(body=rss(server, *numbers))
        server.routes |= {f"/{n}": reply(body=page()) for n in numbers}
        sources.append(Source(id=name, url=f"{server.url}/{name}", full_text=True))
    best = f"<item><guid>x</guid><link>{server.url}/14</link><title>La ferroptose des cellules tumorales</title></item>"
    feed = rss(server, 10, 11, 12, 13).replace(b"</channel>", best.encode() + b"</channel>")
    server.routes["/a"] = reply(body=feed)
    report = run(store, *sources)
    assert len(report.pages) == PER_RUN
    paths = asked(server, besides=("/a", "/b", "/c", "/d", "/robots.txt", "/.well-known/tdmrep.json"))
    assert paths[0] == "/14"
    assert max(sum(path.startswith(f"/{n}") for path in paths) for n in "1234") == PER_SOURCE
    later = [len(run(store, *sources, day=day).pages) for day in (1, 2, 3)]
    assert later == [9, 1, 0]
    assert len(set(paths)) == PER_RUN


def test_old_articles_and_those_in_the_background_are_left_alone(server: Server, store: Store, source: Source) -> None:
    dated = rss(server, 1).replace(b"</item>", b"<pubDate>Mon, 01 Dec 2025 08:00:00 GMT</pubDate></item>")
    server.routes["/feed"] = reply(body=dated)
    assert run(store, source).pages == ()
    assert asked(server) == []


def test_what_a_person_sees(server: Server, tmp_path: Path) -> None:
    server.routes |= {
        "/feed": reply(body=rss(server, 1, 2)),
        "/1": reply(body=page()),
        "/robots.txt": reply(body=b"User-agent: literature-watcher\nDisallow: /2"),
    }
    (tmp_path / "feeds.yaml").write_text(
        f"allow_hosts: [127.0.0.1]\nsources: [{{id: presse, url: '{server.url}/feed', full_text: yes}}]\n"
        "profiles: [{name: ferro}]\n",
        encoding="utf-8",
    )
    (tmp_path / "seeds" / "ferro").mkdir(parents=True)
    (tmp_path / "seeds" / "ferro" / "note.md").write_text(TEXT, encoding="utf-8")
    environment = {k: v for k, v in os.environ.items() if k in ("PATH", "PYTHONPATH") or k.startswith("COV")}
    environment |= {"HOME": str(tmp_path), "PYTHONIOENCODING": "utf-8", "PYTHONWARNINGS": "error", "COLUMNS": "120"}

    def typed(*words: str) -> str:
        command = [sys.executable, "-m", "watcher", *words]
        ran = subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, encoding="utf-8", timeout=60, check=False
        )
        assert ran.returncode == 0, ran.stderr
        return ran.stdout + ran.stderr

    assert "\n1 page lue, 1 refusée par robots.txt\n" in typed("-v", "poll")
    assert "lue le" in typed("show", "1")
    shown = json.loads(typed("show", "1", "--json"))
    assert (shown["page"]["outcome"], shown["page"]["due"], shown["text"]) == ("read", None, "")
    explained = json.loads(typed("explain", "1", "--json"))
    assert explained["scores"][0]["value"] == shown["scores"]["ferro"] > 20
    assert TEXT[:40] not in typed("export")
    assert json.loads(typed("poll", "--all", "--json"))["pages"] == []


def test_a_page_that_is_the_sources_own_is_nobodys(server: Server, store: Store, source: Source) -> None:
    server.routes["/feed"] = reply(body=rss(server, 1).replace(b"/1</link>", b"/feed#talk</link>"))
    assert run(store, source).pages == ()


def test_a_page_that_says_less_than_the_feed_does_not_take_its_place(
    server: Server, store: Store, source: Source
) -> None:
    server.routes["/feed"] = reply(body=rss(server, 1, summary=" ".join(PROSE * 2)))
    run(store, source)
    assert article(store).page is not None
    assert article(store).reading == article(store).article
