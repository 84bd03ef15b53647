"""RSS, RDF and Atom, as publishers really write them and as an enemy would."""

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from watcher.articles import Article, Parsed
from watcher.parse import KINDS, parse
from watcher.sources import Source, Trouble

SOURCE = Source(id="inst", url="https://inst.fr/rss", language="fr")
ADDRESS = "https://www.inst.fr/flux/rss.xml"


def read(document: str | bytes, content_type: str = "application/rss+xml") -> Parsed | Trouble:
    raw = document.encode() if isinstance(document, str) else document
    return parse(raw, SOURCE, address=ADDRESS, content_type=content_type)


def parsed(document: str | bytes, content_type: str = "application/rss+xml") -> Parsed:
    result = read(document, content_type)
    assert isinstance(result, Parsed), result
    return result


def one(document: str | bytes, content_type: str = "application/rss+xml") -> Article:
    [article] = parsed(document, content_type).articles
    return article


def rss(*items: str, head: str = "", channel: str = "") -> str:
    spaces = (
        'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:content="http://purl.org/rss/1.0/modules/content/"'
        ' xmlns:prism="http://prismstandard.org/namespaces/basic/2.0/" xmlns:atom="http://www.w3.org/2005/Atom"'
        ' xmlns:feedburner="http://rssnamespace.org/feedburner/ext/1.0"'
    )
    body = "".join(f"<item>{item}</item>\n" for item in items)
    return f'{head}<rss version="2.0" {spaces}><channel><title>Institut</title>{channel}{body}</channel></rss>'


def atom(*entries: str, language: str = "") -> str:
    body = "".join(f"<entry>{entry}</entry>\n" for entry in entries)
    return f'<feed xmlns="http://www.w3.org/2005/Atom"{language}><title>Revue</title><id>urn:r</id>{body}</feed>'


def test_a_full_rss_item() -> None:
    article = one(
        rss(
            """<title>
                Un g&#232;ne &lt;i&gt;rare&lt;/i&gt; </title>
            <link>https://inst.fr/actu?id=3&amp;xtor=RSS-3-[titres]</link><guid isPermaLink="false"> 007 </guid>
            <description><![CDATA[<p>Le r&eacute;sum&eacute;.</p> <a href="#">Lire la suite…</a>]]></description>
            <content:encoded><![CDATA[<h2>Intertitre</h2><p>Le texte entier, plus long.</p>]]></content:encoded>
            <pubDate>Tue, 03  Sep 2024 10:00:00 +0200</pubDate>
            <dc:creator>Anne Martin, Bob Durand</dc:creator><dc:creator>Ziegler, T. R.</dc:creator>
            <prism:publicationName>Revue d’exemple</prism:publicationName><prism:volume>12</prism:volume>
            <prism:startingPage>4</prism:startingPage><prism:endingPage>9</prism:endingPage>
            <prism:doi>10.1000/abc.1</prism:doi><dc:identifier>pmid:1234</dc:identifier>""",
            channel="<language>fr-FR</language>",
        )
    )

    assert article == Article(
        source="inst",
        guid="007",
        url="https://inst.fr/actu?id=3&xtor=RSS-3-%5Btitres%5D",
        title="Un gène rare",
        summary="Le résumé.",
        body="Intertitre Le texte entier, plus long.",
        language="fr",
        published=datetime(2024, 9, 3, 8, tzinfo=UTC),
        authors=("Anne Martin", "Bob Durand", "Ziegler, T. R."),
        journal="Revue d’exemple",
        volume="12",
        pages="4-9",
        ids=(("doi", "10.1000/abc.1"), ("pmid", "1234")),
    )


def test_a_full_atom_entry() -> None:
    article = one(
        atom(
            """<title type="html">A &lt;b&gt;rare&lt;/b&gt; gene</title><id>tag:r,2024:1</id>
            <link rel="self" href="https://r.org/1.atom"/><link rel="enclosure" href="https://r.org/1.pdf"/>
            <link rel="alternate" type="application/pdf" href="/1.pdf"/>
            <link rel="alternate" type="text/html" href="/1"/>
            <updated>2024-09-04T00:00:00Z</updated><published>2024-09-03T00:00:00Z</published>
            <author><name>Anne Martin</name><email>anne@r.org</email></author><author><name>B. Durand</name></author>
            <summary type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">NF-κ<b>B</b> acts.</div></summary>""",
            language=' xml:lang="en-GB"',
        )
    )

    assert (article.guid, article.url) == ("tag:r,2024:1", "https://www.inst.fr/1")
    assert (article.title, article.summary) == ("A rare gene", "NF-κB acts.")
    assert (article.language, article.published) == ("en", datetime(2024, 9, 3, tzinfo=UTC))
    assert article.authors == ("Anne Martin", "B. Durand")


def test_rdf_with_its_own_dates_and_identifiers() -> None:
    article = one(
        """<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
        xmlns:dc="http://purl.org/dc/elements/1.1/"><channel rdf:about="x"><title>SPIP</title></channel>
        <item rdf:about="https://s.fr/article12"><title>Titre</title><link>https://s.fr/article12</link>
        <dc:date>2024-02-26T16:42:45Z</dc:date><dc:language>fr</dc:language><dc:creator>Anne Martin</dc:creator>
        <dc:source>Nature, Published online: 3 May 2024</dc:source>
        <dc:identifier>doi:10.1038/s1</dc:identifier></item></rdf:RDF>"""
    )

    assert (article.guid, article.url, article.language) == ("https://s.fr/article12", "https://s.fr/article12", "fr")
    assert article.published == datetime(2024, 2, 26, 16, 42, 45, tzinfo=UTC)
    assert (article.journal, article.ids) == ("Nature", (("doi", "10.1038/s1"),))


@pytest.mark.parametrize("version", ["0.91", "0.92", "2.0", "9.9"])
def test_old_and_odd_versions_of_rss(version: str) -> None:
    assert one(f'<rss version="{version}"><channel><item><title>T</title></item></channel></rss>').title == "T"


@pytest.mark.parametrize(
    ("item", "guid", "url"),
    [
        ("<guid>https://inst.fr/a</guid>", "https://inst.fr/a", "https://inst.fr/a"),
        ("<guid>7</guid><title>t</title>", "7", ""),
        ("<guid>007</guid><link>/a</link>", "007", "https://www.inst.fr/a"),
        ("<link>javascript:alert(1)</link><guid isPermaLink='false'>x</guid>", "x", ""),
        ("<link>//autre.fr/a</link><title>t</title>", "", "https://autre.fr/a"),
        ("<link>\n  https://inst.fr/a\n</link>", "", "https://inst.fr/a"),
        ("<link>http://flux.fr/~r/1</link><feedburner:origLink>https://inst.fr/a</feedburner:origLink>", "", "https://inst.fr/a"),
        ("<atom:link href='https://inst.fr/a'/>", "", "https://inst.fr/a"),
        ("<guid isPermaLink='false'>https://inst.fr/?p=3</guid><link>https://inst.fr/b</link>", "https://inst.fr/?p=3", "https://inst.fr/b"),
        ("<guid> \n </guid><link>https://inst.fr/a</link>", "", "https://inst.fr/a"),
    ],
)  # fmt: skip
def test_names_and_links(item: str, guid: str, url: str) -> None:
    article = one(rss(item))

    assert (article.guid, article.url) == (guid, url)


@pytest.mark.parametrize(
    ("item", "ids"),
    [
        ("<guid isPermaLink='false'>pubmed:3456</guid>", (("pmid", "3456"),)),
        ("<guid isPermaLink='false'>doi:10.1000/x</guid>", (("doi", "10.1000/x"),)),
        ("<dc:identifier>10.1000/x</dc:identifier><guid>a</guid>", (("doi", "10.1000/x"),)),
        ("<dc:identifier>https://doi.org/10.1000/x</dc:identifier><guid>a</guid>", (("doi", "10.1000/x"),)),
        ("<dc:identifier>PMC77</dc:identifier><guid>a</guid>", ()),
    ],
)
def test_identifiers_are_taken_as_stated(item: str, ids: tuple[tuple[str, str], ...]) -> None:
    assert one(rss(item)).ids == ids


@pytest.mark.parametrize(
    ("author", "names"),
    [
        ("<author>anne@inst.fr (Anne Martin)</author>", ("Anne Martin",)),
        ("<author>anne@inst.fr</author>", ()),
        ("<dc:creator>Martin A; Durand B</dc:creator>", ("Martin A", "Durand B")),
        ("<dc:creator>Ziegler, T. R.</dc:creator>", ("Ziegler, T. R.",)),
        ("", ()),
    ],
)
def test_authors_are_names(author: str, names: tuple[str, ...]) -> None:
    assert one(rss(f"<title>t</title>{author}")).authors == names


@pytest.mark.parametrize(
    ("date", "published"),
    [
        ("<pubDate>mar., 03 sept. 2024 10:00:00 +0200</pubDate>", datetime(2024, 9, 3, 8, tzinfo=UTC)),
        ("<dc:date>2024-09-03</dc:date>", datetime(2024, 9, 3, tzinfo=UTC)),
        ("<prism:publicationDate>2024-09-03</prism:publicationDate>", datetime(2024, 9, 3, tzinfo=UTC)),
        ("<updated>2024-09-03T08:00:00Z</updated>", datetime(2024, 9, 3, 8, tzinfo=UTC)),
        ("<pubDate>Thu Mar 19 10:00:00 2015</pubDate>", datetime(2015, 3, 19, 10, tzinfo=UTC)),
        ("<pubDate>1970-01-01T00:00:00Z</pubDate>", datetime(1970, 1, 1, tzinfo=UTC)),
        ("<pubDate>9999-12-31T23:59:59-14:00</pubDate>", None),
        ("<pubDate>0000-00-00</pubDate>", None),
        ("<pubDate>-0001-11-30T00:00:00Z</pubDate>", None),
        ("<pubDate>2024-02-30</pubDate>", None),
        ("", None),
    ],
)
def test_dates(date: str, published: datetime | None) -> None:
    assert one(rss(f"<title>t</title>{date}")).published == published


@pytest.mark.parametrize(
    ("declaration", "codec", "content_type"),
    [
        ("", "cp1252", "text/xml"),
        ('<?xml version="1.0" encoding="utf-8"?>', "cp1252", ""),
        ('<?xml version="1.0" encoding="iso-8859-1"?>', "utf-8", "text/xml"),
        ("", "utf-16", "image/png"),
    ],
)
def test_wrong_labels_neither_garble_nor_damage(declaration: str, codec: str, content_type: str) -> None:
    result = parsed(rss("<title>Étude d’été</title>", head=declaration).encode(codec), content_type)

    assert result.articles[0].title == "Étude d’été"
    assert result.complete


def test_the_language_of_the_source_fills_a_gap() -> None:
    assert one(rss("<title>t</title>")).language == "fr"
    assert one(rss("<title>t</title>", channel="<language>en</language>")).language == "en"


@pytest.mark.parametrize(
    ("document", "detail"),
    [
        ("<!DOCTYPE html><html><head><title>Se &amp; connecter\n</title></head><item/></html>", "Se & connecter"),
        ("<?xml version='1.0'?><!-- <rss> --><html xmlns='x'><title>Page</title></html>", "Page"),
        ("<root>Invalid parameter</root>", "Invalid parameter"),
        ("Maintenance en cours", "Maintenance en cours"),
        ("<opml version='2.0'><body><outline/></body></opml>", ""),
        ("\x00\x01\x02%PDF-1.7", "%PDF-1.7"),
    ],
)  # fmt: skip
def test_what_is_no_feed_says_what_it_is(document: str, detail: str) -> None:
    assert read(document, "text/html") == Trouble(kind="not-a-feed", detail=detail)


@pytest.mark.parametrize("document", ["", "\ufeff", "  \n", rss(), atom(), rss("", "<author>personne</author>")])
def test_a_feed_without_items_is_empty(document: str) -> None:
    result = read(document)

    assert isinstance(result, Trouble)
    assert result.kind == "empty"


def test_items_without_any_name_are_skipped_and_counted() -> None:
    result = parsed(rss("<title>t</title>", "<description>d</description>", "<author>a</author>", ""))

    assert ([a.title or a.summary for a in result.articles], result.skipped) == (["t", "d"], 2)
    assert result.complete


def test_items_that_share_a_guid_stay_and_exact_copies_go() -> None:
    result = parsed(rss(*(f"<guid>x</guid><title>{n}</title>" for n in "aabc")))

    assert [a.title for a in result.articles] == ["a", "b", "c"]


def test_the_failure_of_a_bridge_is_no_article() -> None:
    failed = "<title>Bridge returned error 404! (19950)</title><guid>1</guid>"

    assert read(rss(failed)) == Trouble(kind="http", status=404, detail="Bridge returned error 404! (19950)")
    assert len(parsed(rss(failed, "<title>vrai</title>")).articles) == 1


@pytest.mark.parametrize("cut", ["<item><title>tro", "<item><title>trois</title><link>https://a.fr/tr", "<it", ""])
@pytest.mark.parametrize("prologue", ["", '<?xml version="1.0"?>\n'])
def test_a_document_cut_short_gives_its_whole_items_and_says_so(cut: str, prologue: str) -> None:
    whole = rss("<title>un</title>", "<title>deux</title>", head=prologue).partition("</channel>")[0]

    result = parsed(whole + cut)

    assert [a.title for a in result.articles] == ["un", "deux"]
    assert not result.complete


def test_a_document_cut_in_its_first_item_is_broken() -> None:
    result = read(rss("<title>un</title><link>https://a").partition("</item>")[0])

    assert isinstance(result, Trouble)
    assert result.kind == "broken"


@pytest.mark.parametrize(
    "document",
    [
        rss("<title>a&nbsp;b</title>"),  # an entity that nobody declared
        rss("<title>a b</title>") + "<script>pub()</script>\n<!-- cache -->",
        "\n\n" + rss("<title>a b</title>", head='<?xml version="1.0"?>'),
        rss("<title>a &#27; b</title>"),
        rss("<title>a\x1b b</title>"),
        rss("<title>a b</title><x:y>z</x:y>"),  # a prefix that nobody declared
        rss("<title>a b</title><link>https://a.fr/?b=1&c=2</link>"),
    ],
)
def test_small_mistakes_lose_nothing(document: str) -> None:
    result = parsed(document)

    assert [a.title for a in result.articles] == ["a b"]
    assert result.complete


def test_tags_that_cross_are_damage() -> None:
    result = parsed(rss("<title>a</title>", "<title>b</b>", "<title>c</title>"))

    assert not result.complete


def test_titles_that_look_like_commands_stay_words() -> None:
    titles = ["[/2024/] [red]x[/red]", "[link=file:///etc/passwd]x", "fin \\", "=HYPERLINK(1)", "{{7*7}} $(id) %s%n"]

    assert [a.title for a in parsed(rss(*(f"<title>{t}</title>" for t in titles))).articles] == titles


def test_hidden_and_control_characters_are_gone() -> None:
    article = one(rss("<title>a\u202e\x85&#x85;b&#7;\U000e0041c</title><guid>g\u202e\x07</guid>"))

    assert article.title.isprintable()
    assert article.title[0] + article.title[-2:] == "abc"
    assert article.guid == "g"


def test_external_entities_and_bombs_are_not_opened(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("SECRET")
    lol = "".join(f'\n<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    for dtd in (
        f'<!ENTITY l0 SYSTEM "file://{secret}">',
        f"<!ENTITY l0 SYSTEM 'file://{secret}'>",
        f'<!ENTITY l0 "lol">{lol}',
    ):
        result = read(rss("<title>t &l0; &l9;</title>", head=f'<?xml version="1.0"?>\n<!DOCTYPE rss [\n{dtd}\n]>\n'))
        assert len(repr(result)) < 1000
        assert "SECRET" not in repr(result)


def test_a_document_that_names_a_file_opens_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("feed.xml", "<rss>"):
        (tmp_path / name).write_text(rss("<title>t</title>"))

    for document in ("feed.xml", str(tmp_path / "feed.xml"), (tmp_path / "feed.xml").as_uri(), "<rss>"):
        assert isinstance(read(document), Trouble)


def test_fields_and_items_are_limited() -> None:
    many = parsed(rss(*(f"<guid>{n}</guid>" for n in range(2100))))
    long = one(
        rss(f"<title>{'t' * 5000}</title><description>{'d' * 100_000}</description><guid>{'g' * 5_000_000}</guid>")
    )

    assert len(many.articles) == 2000
    assert (len(long.title), len(long.summary), len(long.guid)) == (1_000, 65_536, 65_536)


def test_the_reader_is_not_loaded_before_a_feed_comes() -> None:
    code = "import sys, watcher.parse; sys.exit(any(m in sys.modules for m in ('feedparser', 'bs4', 'lxml')))"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_every_kind_of_source_has_a_reader() -> None:
    assert Source(id="x", url="https://x").kind in KINDS


NAMES = (
    "rss",
    "channel",
    "item",
    "entry",
    "feed",
    "title",
    "link",
    "guid",
    "pubDate",
    "content",
    "author",
    "source",
    "image",
)
ODD = (
    "<feed xmlns='http://www.w3.org/2005/Atom'>",
    "<link href='/x'/>",
    "<content type='base64'>",
    "<!DOCTYPE x [",
    "]>",
    "<![CDATA[",
    "]]>",
    "<!--",
    "&amp;",
    "&#0;",
    "&x;",
    "<dc:date>",
    "2024-01-01",
    "é",
    "<",
    "{",
)
TAGS = (*(f"<{name}>" for name in NAMES), *(f"</{name}>" for name in NAMES))
XMLISH = st.lists(st.sampled_from(TAGS + ODD) | st.text(max_size=5), max_size=30).map("".join)


@settings(deadline=None)
@given(
    st.binary(max_size=200) | XMLISH.map(lambda t: t.encode("utf-8", "replace")),
    st.text(max_size=20),
    st.text(max_size=20),
)
def test_no_bytes_raise(document: bytes, address: str, content_type: str) -> None:
    result = parse(document, SOURCE, address=address, content_type=content_type)

    assert isinstance(result, Trouble) or all(a.title or a.url or a.guid for a in result.articles)
