"""A site's own list of its pages, and the way to it."""

import gzip
import zlib
from datetime import UTC, datetime

import pytest
from asking import LOCAL
from hypothesis import given, settings
from hypothesis import strategies as st
from servers import Answer, http_server, reply

from watcher.articles import Parsed
from watcher.fetch import Fetched, fetch_all
from watcher.parse import parse, sitemap
from watcher.run import follow, parse_all
from watcher.sources import Source, SourceState, Trouble

HERE = "https://institut.example/sitemap.xml"


def entry(url: str, lastmod: str = "", more: str = "", tag: str = "url") -> str:
    date = f"<lastmod>{lastmod}</lastmod>" if lastmod else ""
    return f"<{tag}><loc>{url}</loc>{date}{more}</{tag}>"


def urls(*entries: str) -> bytes:
    opening = '<?xml version="1.0" encoding="UTF-8"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">'
    return f"{opening}{''.join(entries)}</urlset>".encode()


def lists(*entries: str) -> bytes:
    return f"<sitemapindex>{''.join(entries)}</sitemapindex>".encode()


def source(url: str = HERE, **select: str) -> Source:
    return Source(id="s", url=url, kind="sitemap", language="fr", select=tuple(select.items()))


def read(document: bytes, **select: str) -> Parsed | Trouble:
    return parse(document, source(**select), address=HERE, content_type="application/xml")


def articles(document: bytes, **select: str) -> Parsed:
    found = read(document, **select)
    assert isinstance(found, Parsed), found
    return found


SITE = urls(
    entry("https://institut.example/actualite/2024/un-essai-prometteur-12345.html", "2026-03-01"),
    entry("https://institut.example/contact", "2026-03-05"),
    entry("https://institut.example/actualite/le-fer-et-l%27%C3%A2ge", "2026-03-02T08:00:00+01:00"),
    entry("https://institut.example/actualite/bilan-2025/"),
)


def test_addresses_become_articles_newest_first() -> None:
    found = articles(SITE, match="/actualite/")
    assert [(a.title, a.published) for a in found.articles] == [
        ("Le fer et l'âge", datetime(2026, 3, 2, 7, tzinfo=UTC)),
        ("Un essai prometteur", datetime(2026, 3, 1, tzinfo=UTC)),
        ("Bilan 2025", None),
    ]
    assert found.complete
    assert found.articles[1].url == "https://institut.example/actualite/2024/un-essai-prometteur-12345.html"


@pytest.mark.parametrize(
    ("match", "count"),
    [("", 4), ("/actualite/", 3), ("/actualite/*essai", 1), ("*", 4), ("*contact*", 1), ("institut*bilan", 1)],
)
def test_what_is_wanted(match: str, count: int) -> None:
    assert len(articles(SITE, match=match).articles) == count


@pytest.mark.parametrize("match", ["/news/", "essai*/actualite/", "(a+)+$", "[", "contact*contact"])
def test_nothing_that_matches_is_trouble(match: str) -> None:
    assert read(SITE, match=match) == Trouble(kind="selector", detail=match)


def test_an_unknown_name_is_trouble() -> None:
    assert read(SITE, item="li") == Trouble(kind="selector", detail="item")


def test_an_empty_list_and_what_is_none() -> None:
    assert read(urls()) == Trouble(kind="empty")
    assert read(b" ") == Trouble(kind="empty")
    assert read(b"<html><title>Introuvable</title>") == Trouble(kind="not-a-feed", detail="Introuvable")
    assert read(b"User-agent: *\nDisallow: /\n") == Trouble(kind="not-a-feed", detail="User-agent: * Disallow: /")


def test_pictures_prefixes_cdata_and_news_titles() -> None:
    picture = "<image:image><image:loc>https://institut.example/i.jpg</image:loc></image:image>"
    day = "<news:publication_date>2026-03-04</news:publication_date>"
    news = f"<news:news>{day}<news:title>L&#8217;âge</news:title></news:news>"
    document = urls(
        entry("\n <![CDATA[https://institut.example/a/un-titre?x=1&y=2]]> ", more=picture),
        entry("https://institut.example/a/b", more=news),
        entry("/relative/un-chemin"),
        entry("javascript:alert(1)"),
        entry("https://institut.example/a/b", "2020-01-01"),
    )
    found = {a.url.removeprefix("https://institut.example"): a.title for a in articles(document).articles}
    assert found == {"/a/un-titre?x=1&y=2": "Un titre", "/a/b": "L’âge", "/relative/un-chemin": "Un chemin"}
    prefixed = SITE.replace(b"<url>", b"<s:url>").replace(b"<loc>", b"<s:loc>").replace(b"<lastmod>", b"<s:lastmod>")
    assert len(articles(prefixed, match="/actualite/").articles) == 3
    (told,) = articles(urls(entry("https://institut.example/a/b", more=news))).articles
    assert (told.title, told.published) == ("L’âge", datetime(2026, 3, 4, tzinfo=UTC))


def test_cut_short_is_not_complete() -> None:
    assert not articles(SITE[:-30]).complete


def test_only_the_newest_of_many() -> None:
    many = urls(
        *(entry(f"https://institut.example/a/titre-numero{n}", f"2026-01-{n % 28 + 1:02}") for n in range(9000))
    )
    found = articles(many).articles
    assert len(found) == sitemap.MAX_ARTICLES
    assert all(a.published and a.published.day >= 21 for a in found)


def test_packed_and_badly_packed() -> None:
    assert len(articles(gzip.compress(SITE)).articles) == 4
    assert isinstance(read(gzip.compress(SITE)[:40]), Parsed | Trouble)
    assert read(b"\x1f\x8bnonsense") == Trouble(kind="empty")
    packer = zlib.compressobj(wbits=31)
    bomb = packer.compress(b"<urlset>" + b" " * 60_000_000) + packer.flush()
    assert read(bomb) == Trouble(kind="empty")


@pytest.mark.parametrize(
    "hostile", [b"<url>" * 1_000_000, b"<url " * 1_000_000, b"<loc>" * 1_000_000, b"<a:" * 1_000_000]
)
def test_a_hostile_list_ends_soon(hostile: bytes) -> None:
    assert isinstance(read(b"<urlset>" + hostile), Trouble)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300), st.text(max_size=10))
def test_never_raises(tail: bytes, match: str) -> None:
    for head in (
        b"",
        b"<urlset><url><loc>",
        b"<sitemapindex><sitemap><loc>https://a.example/",
        b"Sitemap: ",
        b"\x1f\x8b",
    ):
        read(head + tail, match=match, sitemap=match)
        sitemap.more(head + tail, address=HERE, source=source(match=match, sitemap=match))


# --- the way to it


def test_the_newest_list_is_next() -> None:
    document = lists(
        entry("https://institut.example/posts-1.xml", "2024-01-01", tag="sitemap"),
        entry("https://institut.example/posts-2.xml", "2026-01-01", tag="sitemap"),
        entry("https://institut.example/pages.xml", "2026-02-01", tag="sitemap"),
    )
    assert articles(document).articles == ()
    assert sitemap.more(document, address=HERE, source=source()) == "https://institut.example/pages.xml"
    assert sitemap.more(document, address=HERE, source=source(sitemap="posts")).endswith("/posts-2.xml")
    assert sitemap.more(SITE, address=HERE, source=source()) == ""
    assert read(document, sitemap="gone") == Trouble(kind="selector", detail="gone")
    assert read(lists()) == Trouble(kind="empty")


def brought(routes: dict[str, Answer], path: str, **select: str) -> Parsed | Trouble:
    with http_server({}) as server:
        server.routes |= {
            at: reply(200, answer.replace(b"HERE", server.url.encode())) if isinstance(answer, bytes) else answer
            for at, answer in routes.items()
        }
        wanted = source(f"{server.url}{path}", **select)
        ((_, outcome),) = fetch_all([(wanted, SourceState(source="s"))], LOCAL, follow)
    assert isinstance(outcome, Fetched), outcome
    return parse_all(wanted, outcome)


ROBOTS = b"User-agent: *\nDisallow: /admin\nSITEMAP : HERE/index.xml\nSitemap: HERE/other.xml\n"
INDEX = lists(entry("HERE/old.xml", "2020-01-01", tag="sitemap"), entry("HERE/new.xml.gz", "2026-01-01", tag="sitemap"))


def test_from_robots_to_the_newest_list() -> None:
    routes: dict[str, Answer] = {"/robots.txt": ROBOTS, "/index.xml": INDEX, "/new.xml.gz": SITE}
    found = brought(routes, "/robots.txt", match="/actualite/")
    assert isinstance(found, Parsed)
    assert len(found.articles) == 3
    assert found.complete


def test_a_list_that_does_not_come_is_the_trouble_of_all() -> None:
    found = brought({"/robots.txt": ROBOTS, "/index.xml": INDEX}, "/robots.txt")
    assert isinstance(found, Trouble)
    assert (found.kind, found.status) == ("http", 404)
    routes: dict[str, Answer] = {"/index.xml": INDEX, "/new.xml.gz": SITE}
    assert brought(routes, "/index.xml", match="/gone/") == Trouble(kind="selector", detail="/gone/")
