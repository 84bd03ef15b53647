"""Pages without a feed: found by selectors, known again, and never silent when they were rebuilt."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from asking import LOCAL
from hypothesis import given, settings
from hypothesis import strategies as st
from servers import http_server, reply
from shipped import shipped

from watcher.articles import Parsed
from watcher.fetch import Fetched, fetch_all
from watcher.identity import identify
from watcher.parse import page, parse
from watcher.render.words import trouble_said
from watcher.run import follow, parse_all
from watcher.sources import Source, SourceState, Trouble

PAGE = "https://institut.example/actualites"
NEWS = """<!doctype html><html><head><title>Actualités</title></head><body>
<nav><ul><li><a href="/contact">Contact</a></li></ul></nav>
<ul class="news">
  <li><h3>Le fer des lysosomes &amp; la mort cellulaire</h3><a href="/actualite/fer">Lire la suite</a>
      <span class="date">Publié le 29/09/2017</span><p>Une équipe décrit un <i>levier</i> inattendu.</p></li>
  <li><h3>Un essai contre l’ostéosarcome</h3><a href="actualite/essai?id=2">Lire la suite</a>
      <span class="date">21 mai 2025</span></li>
  <li><h3>Portes ouvertes</h3><a href="//autre.example/portes">Lire la suite</a></li>
</ul></body></html>"""
FULL = {"item": "ul.news li", "title": "h3", "link": "a", "date": ".date", "summary": "p"}


def source(url: str = PAGE, **select: str) -> Source:
    return Source(id="s", url=url, kind="page", language="fr", select=tuple(select.items()))


def read(html: str | bytes, content_type: str = "text/html; charset=utf-8", **select: str) -> Parsed | Trouble:
    document = html.encode() if isinstance(html, str) else html
    return parse(document, source(**select), address=PAGE, content_type=content_type)


def articles(html: str | bytes, **select: str) -> Parsed:
    found = read(html, **select)
    assert isinstance(found, Parsed), found
    return found


def missing(html: str | bytes, **select: str) -> str:
    found = read(html, **select)
    assert isinstance(found, Trouble), found
    assert found.kind == "selector"
    return found.detail


def test_every_part_is_found() -> None:
    fer, essai, portes = articles(NEWS, **FULL).articles
    assert (fer.title, fer.url) == (
        "Le fer des lysosomes & la mort cellulaire",
        "https://institut.example/actualite/fer",
    )
    assert fer.summary == "Une équipe décrit un levier inattendu."
    assert fer.published == datetime(2017, 9, 28, 22, tzinfo=UTC)
    assert essai.published == datetime(2025, 5, 20, 22, tzinfo=UTC)
    assert essai.url == "https://institut.example/actualite/essai?id=2"
    assert (essai.summary, essai.guid, essai.language) == ("", "", "fr")
    assert (portes.url, portes.published) == ("https://autre.example/portes", None)


def test_an_item_is_all_that_must_be_said() -> None:
    html = """<div class=n><a href="#haut">Haut</a><a href="/a/1">Un gène du sommeil</a>
                <time datetime="2026-03-02">2 mars</time></div>
              <div class=n><a href="/a/2"><h2>Une carte du foie</h2><p>Avec un texte.</p></a></div>
              <div class=n><h2>Un vaccin</h2><a href="/a/3">Lire la suite</a></div>
              <div class=n><a href="/a/4" title="Une levure"><img src=x></a></div>"""
    found = articles(html, item="div.n").articles
    assert [a.title for a in found] == ["Un gène du sommeil", "Une carte du foie", "Un vaccin", "Une levure"]
    assert [a.url[-4:] for a in found] == ["/a/1", "/a/2", "/a/3", "/a/4"]
    assert found[0].published == datetime(2026, 3, 2, tzinfo=UTC)


def test_the_item_may_be_the_link_itself_and_one_article_have_several() -> None:
    html = """<a href="/actualite/1"><img src=p.jpg alt="Photo"></a><a href="/actualite/1">Un essai</a>
              <a href="/actualite/1#suite">En savoir plus</a><a href="/actualite/2">Une cible</a>"""
    found = articles(html, item='a[href*="/actualite/"]')
    assert [(a.title, a.url) for a in found.articles] == [
        ("Un essai", "https://institut.example/actualite/1"),
        ("Une cible", "https://institut.example/actualite/2"),
    ]


def test_links_to_the_page_itself_and_to_no_page_lead_nowhere() -> None:
    hrefs = (
        "#x",
        "/actualites#y",
        PAGE,
        "",
        "javascript:alert(1)",
        "mailto:a@b.example",
        "data:text/html,x",
        "ftp://a/b",
    )
    html = "".join(f'<li><a href="{href}">Rien {n}</a></li>' for n, href in enumerate(hrefs))
    assert missing(html, item="li") == "li"
    kept = articles(html + '<li><a href="/vrai">Vrai</a></li>', item="li")
    assert ([a.title for a in kept.articles], kept.skipped) == (["Vrai"], 1)


def test_without_an_address_the_title_is_the_name() -> None:
    html = "<li><b>Prix de thèse</b> 3 mars 2026</li><li><b>Prix de thèse</b></li><li><b>Colloque</b></li>"
    first, second = articles(html, item="li", title="b").articles
    assert (first.title, first.url, first.guid) == ("Prix de thèse", "", "prix de these")
    (named, _) = identify((first, second))
    assert named.aliases == (("guid", "prix de these@s"),)


def test_relative_links_start_where_the_page_says() -> None:
    html = '<base href="/fr/"><li><a href="a">Un titre</a></li>'
    assert articles(html, item="li").articles[0].url == "https://institut.example/fr/a"
    assert articles(html.replace("/fr/", "javascript:x"), item="li").articles[0].url == "https://institut.example/a"


@pytest.mark.parametrize(
    ("select", "detail"),
    [
        ({"item": "ul.gone li"}, "ul.gone li"),
        (FULL | {"title": "h4.gone"}, "h4.gone"),
        (FULL | {"link": "a.gone"}, "a.gone"),
        ({"item": "li[["}, "li[["),
        ({"item": "li", "title": ":not("}, ":not("),
        ({"item": ":nonsense(3)"}, ":nonsense(3)"),
        ({"item": ":not(" * 3000}, ":not(" * 3000),
        ({"item": "li", "titel": "h3"}, "titel"),
        ({"title": "h3"}, "item"),
        ({}, "item"),
    ],
)
def test_a_selector_that_finds_nothing_is_trouble_and_names_itself(select: dict[str, str], detail: str) -> None:
    assert missing(NEWS, **select) == detail


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_selector_is_told_as_it_was_written(language: str) -> None:
    said = trouble_said(language, Trouble(kind="selector", detail="ul {status} : li"))
    assert "ul {status} : li" in said


def test_dates_and_summaries_may_be_missing() -> None:
    found = articles(NEWS, item="ul.news li", title="h3", date=".gone", summary=".gone").articles
    assert [(a.published, a.summary) for a in found] == [(None, "")] * 3


def test_an_item_inside_an_item_is_part_of_it() -> None:
    html = "<div><a href=/1>Un titre</a><div><a href=/2>Deux</a></div></div><div><a href=/3>Trois</a></div>"
    assert [a.title for a in articles(html, item="div").articles] == ["Un titre", "Trois"]


def test_no_charset_and_old_charsets() -> None:
    html = "<li><a href=/1>L’été à l’hôpital</a></li>"
    for document in (html.encode(), html.encode("cp1252"), b"\xef\xbb\xbf" + html.encode(), html.encode("utf-16")):
        found = parse(document, source(item="li"), address=PAGE, content_type="")
        assert isinstance(found, Parsed)
        assert found.articles[0].title == "L’été à l’hôpital"


def test_markup_dies_here() -> None:
    html = '<li><a href="/1">Un <script>alert(1)</script>titre\x1b[31m &lt;b&gt;gras&lt;/b&gt;\u202e</a></li>'
    assert articles(html, item="li").articles[0].title == "Un titre[31m gras"


def test_a_page_without_end_is_cut() -> None:
    html = "<ul>" + "".join(f"<li><a href=/{n}>Titre {n}</a>" for n in range(1_000_000))
    found = articles(html, item="li")
    assert len(found.articles) == page.MAX_ARTICLES


@pytest.mark.parametrize("html", ["<div>" * 50_000, "<b>" * 3000, ("<p>" + "<i>" * 150) * 300])
def test_a_page_nested_without_end_is_too_large(html: str) -> None:
    found = read(f"{html}<li><a href=/1>Un</a>", item="ul.a div.b li")
    assert isinstance(found, Trouble)
    assert found.kind == "too-large"


def test_an_empty_document_and_a_feed() -> None:
    empty = read("  ", item="li")
    assert isinstance(empty, Trouble)
    assert empty.kind == "empty"
    assert missing("<rss><channel><item><title>a</title></item></channel></rss>", item="ul li") == "ul li"


@settings(max_examples=60, deadline=None)
@given(
    st.binary(max_size=400) | st.text(max_size=400).map(lambda t: t.encode("utf-8", "replace")), st.text(max_size=30)
)
def test_never_raises(document: bytes, selector: str) -> None:
    for item in ("li", "*", selector):
        wanted = source(item=item, title="*", date="*", next="a")
        parse(document, wanted, address=PAGE, content_type="")
        page.more(document, address=PAGE, source=wanted)


pieces = st.sampled_from(
    [*"<li> </li> <a_href=/1> <a_href=#> </a> <ul> Titre <h3> </h3> '> <!-- &#0;".replace("_", "\t").split(" "), "\0"]
)


@settings(max_examples=60, deadline=None)
@given(st.lists(pieces, max_size=40).map("".join))
def test_what_is_found_is_named_once(html: str) -> None:
    found = read(html, item="li, a")
    if isinstance(found, Parsed):
        assert all(a.title for a in found.articles)
        names = [a.url.partition("#")[0] or a.guid for a in found.articles]
        assert len(names) == len(set(names))


# --- from page to page


def leaf(n: int, last: int = 9) -> bytes:
    onward = f'<a class="next" href="?page={n + 1}">Suivant</a>' if n < last else ""
    return f"<ul class=n><li><a href='/a/{n}'>Titre {n}</a></li></ul>{onward}".encode()


def test_next_is_followed_on_the_same_host_only() -> None:
    wanted = source(item="li", next="a.next")
    assert page.more(leaf(1), address=PAGE, source=wanted) == f"{PAGE}?page=2"
    assert page.more(leaf(9), address=PAGE, source=wanted) == ""
    assert page.more(leaf(1), address=PAGE, source=source(item="li")) == ""
    assert page.more(leaf(1), address=PAGE, source=source(item="li", next="[[")) == ""
    for href in ("https://ailleurs.example/2", "#top", "javascript:next()", PAGE):
        html = f"<li><a href=/1>Un</a></li><a class=next href='{href}'>Suivant</a>".encode()
        assert page.more(html, address=PAGE, source=wanted) == ""


def brought(url: str, **select: str) -> tuple[Fetched, Source]:
    wanted = source(url, **select)
    ((_, outcome),) = fetch_all([(wanted, SourceState(source="s"))], LOCAL, follow)
    assert isinstance(outcome, Fetched), outcome
    return outcome, wanted


@pytest.mark.parametrize(("last", "pages"), [(3, 3), (9, page.MAX_PAGES)])
def test_pages_are_read_as_one(last: int, pages: int) -> None:
    routes = {f"/n?page={n}": reply(200, leaf(n, last)) for n in range(2, 10)} | {"/n": reply(200, leaf(1, last))}
    with http_server(routes) as server:
        fetched, wanted = brought(f"{server.url}/n", item="ul.n li", next="a.next")
        assert len(server.asked) == pages
    parsed = parse_all(wanted, fetched)
    assert isinstance(parsed, Parsed)
    assert [a.title for a in parsed.articles] == [f"Titre {n}" for n in range(1, pages + 1)]
    assert parsed.complete


# --- the definitions that we ship: one imitation of each shape


def card(href: str, words: str, date: str = "") -> str:
    return (
        f'<article><a href="{href}"><img src="i.jpg"></a><h3><a href="{href}">{words}</a></h3><i>{date}</i></article>'
    )


SHAPES = {
    "curie": card("/actualite/recherche/fer-et-lysosome", "Le fer, allié inattendu"),
    "pasteur": card("/fr/espace-presse/communiques/levure", "Une levure au travail"),
    "iuct-oncopole": '<p><a href="/cp-2026.pdf">Un nouvel appareil de radiothérapie</a></p><a href="/plan">Plan</a>',
    "gustave-roussy-page": card("/fr/actualites/immunotherapie", "Dix ans d’immunothérapie"),
    "leon-berard": card("/institution/actualites/sarcome", "Un registre des sarcomes"),
    "unicancer": card("/fr/actualites/congres/", "Un congrès à Lyon"),
    "fondation-arc": card("/actualites/appel", "Un appel à projets"),
    "frm": card("/fr/actualites/fentomycine", "Une molécule venue du fer", "21 mai 2025"),
    "ap-hp": card("/actualites/greffe", "Une greffe rare"),
    "rt-flash": '<ul class="article-list"><li><em>08/07/2013</em> <a href="/a/article">Une sonde fine</a></li></ul>',
}


def test_every_page_that_we_ship_is_imitated(tmp_path: Path) -> None:
    ours = shipped(tmp_path)
    assert {name for name, one in ours.items() if one.kind == "page"} == set(SHAPES)
    routes = {
        f"/{name}": reply(200, f"<body><nav><a href='/'>Accueil</a></nav>{html}".encode())
        for name, html in SHAPES.items()
    }
    with http_server(routes) as server:
        wanted = [(replace(ours[name], url=f"{server.url}/{name}"), SourceState(source=name)) for name in SHAPES]
        outcomes = dict(fetch_all(wanted, LOCAL, follow))
    for one, outcome in outcomes.items():
        assert isinstance(outcome, Fetched), outcome
        parsed = parse_all(one, outcome)
        assert isinstance(parsed, Parsed), (one.id, parsed)
        (article,) = parsed.articles
        assert article.title
        assert article.title in re.sub(r"<[^>]+>", "", SHAPES[one.id])
        dated = one.id == "rt-flash"
        assert article.published == (datetime(2013, 7, 7, 22, tzinfo=UTC) if dated else None)
