"""The quick reader gives what feedparser gives, to the letter, or declines."""

import re
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from watcher.articles import Parsed
from watcher.demo.content import Item, Outlet, read_content
from watcher.demo.shapes import write
from watcher.parse import parse, quick
from watcher.parse.charset import to_utf8
from watcher.sources import Source

SOURCE = Source(id="inst", url="https://inst.fr/rss", language="fr")
ADDRESS = "https://www.inst.fr/flux/rss.xml"
MONDAY = datetime(2026, 3, 2, 7, tzinfo=UTC)
OUTLETS, ITEMS = read_content(MONDAY)

SPACES = (
    'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:content="http://purl.org/rss/1.0/modules/content/"'
    ' xmlns:prism="http://prismstandard.org/namespaces/basic/2.0/" xmlns:a="http://www.w3.org/2005/Atom"'
    ' xmlns:media="http://search.yahoo.com/mrss/" xmlns:dcterms="http://purl.org/dc/terms/"'
    ' xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd" xmlns:own="https://inst.fr/schema"'
    ' xmlns:feedburner="http://rssnamespace.org/feedburner/ext/1.0"'
)


def rss(*items: str, channel: str = "", root: str = "") -> str:
    body = "".join(f"<item>{item}</item>\n" for item in items)
    return f'<rss version="2.0" {SPACES}{root}><channel><title>Institut</title>{channel}{body}</channel></rss>'


def atom(*entries: str, feed: str = "", root: str = "") -> str:
    body = "".join(f"<entry>{entry}</entry>\n" for entry in entries)
    named = SPACES.replace("xmlns:a=", "xmlns=")
    return f"<feed {named}{root}><title>Revue</title><id>urn:r</id>{feed}{body}</feed>"


def rdf(*items: str, channel: str = "") -> str:
    body = "".join(f'<item rdf:about="https://r.org/{n}">{item}</item>\n' for n, item in enumerate(items))
    return (
        f'<rdf:RDF xmlns="http://purl.org/rss/1.0/" xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" {SPACES}>'
        f'<channel rdf:about="https://r.org"><title>Revue</title>{channel}<items><rdf:Seq/></items></channel>'
        f"{body}</rdf:RDF>"
    )


def is_quick(document: str | bytes) -> bool:
    raw = document.encode() if isinstance(document, str) else document
    return quick.read(to_utf8(raw), 1000) is not None


def agree(document: str | bytes) -> None:
    """Both readers make the same of a document: with a doctype, which means nothing, it is feedparser's."""
    utf8 = to_utf8(document.encode() if isinstance(document, str) else document)
    slow = re.sub(rb"\A((?:<\?xml[^>]*>)?\s*)", rb"\1<!DOCTYPE rss>", utf8)
    assert quick.read(slow, 1000) is None
    assert parse(utf8, SOURCE, address=ADDRESS, content_type="") == parse(
        slow, SOURCE, address=ADDRESS, content_type=""
    )


ORDINARY = [
    rss(
        """<title>
            Un g&#232;ne &lt;i&gt;rare&lt;/i&gt; </title>
        <link>https://inst.fr/actu?id=3&amp;xtor=RSS-3-[titres]</link><guid isPermaLink="false"> 007 </guid>
        <description><![CDATA[<p>Le r&eacute;sum&eacute;.</p> <a href="#">Lire la suite…</a>]]></description>
        <content:encoded><![CDATA[<h2>Intertitre</h2><p>Le texte entier, plus long.</p>]]></content:encoded>
        <pubDate>Tue, 03  Sep 2024 10:00:00 +0200</pubDate><category domain="x">Santé</category>
        <dc:creator>Zoé Petit; Jean Grand</dc:creator><comments>https://inst.fr/c</comments>
        <enclosure url="https://inst.fr/a.jpg" length="0" type="image/jpeg"/>
        <media:content url="https://inst.fr/b.jpg" medium="image"><media:title>Photo</media:title>
        <media:description type="plain">Une légende qui est plus longue que tout le résumé.</media:description>
        <media:credit>Agence</media:credit></media:content>""",
        "<title>Sans lien</title><guid>https://inst.fr/2</guid><own:note lang='en'>x</own:note>",
        "<title>A<!-- b -->c<![CDATA[ <b>d</b> ]]>e</title><link>https://inst.fr/3</link>",
        channel="<link>https://inst.fr</link><language>fr-FR</language><image><title>Logo</title><url>u</url></image>"
        "<description>Tout</description><ttl>60</ttl><a:link rel='self' href='https://inst.fr/rss'/>"
        "<itunes:owner><itunes:name>Institut</itunes:name></itunes:owner>",
    ),
    rss(
        "<content:encoded>Le texte d'abord</content:encoded><description>puis le résumé</description>"
        "<title>Ordre</title>",
        "<description>un</description><description>deux, plus long</description><title>Deux</title>",
        "<itunes:summary>podcast</itunes:summary><description>description</description><title>Trois</title>",
        "<title>Déjà encodÃ© deux fois, c'est usÃ©</title><dc:language>en</dc:language>",
        "<title>Ã©tÃ©</title><link>https://inst.fr/e</link><link>https://inst.fr/f</link>",
        "<title/><link/><guid/><description/><pubDate/><dc:creator/>",
        "<title>PRISM</title><prism:doi>10.1000/x</prism:doi><prism:volume>3</prism:volume>"
        "<prism:startingPage>1</prism:startingPage><prism:endingPage>9</prism:endingPage>"
        "<prism:publicationName>Revue</prism:publicationName><dc:identifier>doi:10.1000/y</dc:identifier>"
        "<prism:coverDate>2024-03</prism:coverDate><dc:source>Source</dc:source>"
        "<feedburner:origLink>https://inst.fr/vrai</feedburner:origLink>",
    ),
    rss(
        "<title>Spip</title><link>https://inst.fr/spip.php?article1</link><dc:date>2020-01-02T03:04:05Z</dc:date>"
        "<dc:creator>Anne</dc:creator><dc:creator>Bob</dc:creator><author>Carl</author>",
        channel="<language>fr</language>",
    ).replace("<item>", '<item xml:lang="en_GB">'),
    rss("<title>Drupal</title><link>https://inst.fr/n/1</link><guid isPermaLink='false'>1 at https://inst.fr</guid>"
        ).replace("<rss ", '<rss xml:base="https://inst.fr/fr" '),
    atom(
        """<title type="html">&lt;b&gt;Gras&lt;/b&gt; &amp;amp; maigre</title><id>tag:r,1</id>
        <link rel="alternate" type="text/html" href="/rel/1"/><link rel="related" href="https://doi.org/10.1000/z"/>
        <published>2024-09-03T10:00:00Z</published><updated>2024-09-04T10:00:00Z</updated>
        <author><name>Ada L.</name><email>ada@r.org</email></author><author><name>Blaise P.</name></author>
        <summary type="text">Court.</summary><content type="html">&lt;p&gt;Un texte plus long.&lt;/p&gt;</content>
        <category term="x"/><rights>Libre</rights>""",
        "<title>Nu</title><id>https://r.org/2</id><content>Rien d'autre</content>",
        feed='<link rel="self" href="https://r.org/feed"/><updated>2024-09-04T10:00:00Z</updated><author><name>R</name>'
        "</author>",
        root=' xml:lang="en-US"',
    ),
    rdf(
        "<title>Un</title><link>https://r.org/1</link><dc:creator>X Y, Z W</dc:creator><dc:date>2024-01-02</dc:date>"
        "<description>Résumé</description>",
        "<title>Deux</title><link>https://r.org/2</link>",
        channel="<dc:language>en</dc:language>",
    ),
]  # fmt: skip


@pytest.mark.parametrize("document", ORDINARY)
def test_ordinary_feeds_are_read_and_read_alike(document: str) -> None:
    assert is_quick(document)
    agree(document)


@pytest.mark.parametrize("outlet", [o for o in OUTLETS if o.shape in ("rss", "atom", "rdf")], ids=lambda o: o.id)
def test_the_sample_world_is_read_alike(outlet: Outlet) -> None:
    items: tuple[Item, ...] = tuple(item for item in ITEMS if item.source == outlet.id)
    written = write(outlet, items, MONDAY)
    agree(written.content)
    assert isinstance(parse(written.content, SOURCE, address=ADDRESS, content_type=written.content_type), Parsed)


ITEM = "<title>Un titre</title><link>https://inst.fr/1</link>"


@pytest.mark.parametrize(
    "document",
    [
        rss(),  # nothing to read: what it is must be told by the other reader
        f"<!DOCTYPE rss>{rss(ITEM)}",
        rss(ITEM).replace("</rss>", ""),
        rss(ITEM + "<title>Deux titres</title>"),
        rss("<title>Un <b>gras</b></title>"),
        rss("<title>&nbsp;</title>"),
        rss("<title>c&#146;est</title>"),
        rss(ITEM + "<author>jean@inst.fr (Jean)</author>"),
        rss(ITEM + "<date>2024-01-01</date>"),
        rss(ITEM + "<link>https:///trois</link>"),
        rss(ITEM + '<dc:identifier own:t="x">10.1000/x</dc:identifier>'),
        rss(ITEM + '<title base="http://ailleurs.fr"/>'),
        rss(ITEM, channel="<itunes:summary>a</itunes:summary><description>b</description>"),
        rss(ITEM, channel="<rights><item><title>x</title></item></rights>"),
        rss(ITEM).replace(f"<item>{ITEM}", f'<item xmlns="http://www.w3.org/2005/Atom">{ITEM}'),
        rss(ITEM).replace("</channel>", "</channel><channel/>"),
        atom('<title type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">x</div></title><id>1</id>'),
        atom('<title>b64</title><content type="application/octet-stream">YWJj</content>'),
        atom("<title>t</title><source><title>autre</title></source>"),
        "<html><body>Une page</body></html>",
        rss(*["<a>" * 300 + "</a>" * 300]),
    ],
)
def test_what_is_out_of_the_ordinary_is_declined(document: str) -> None:
    assert not is_quick(document)


WORDS = st.sampled_from(
    ["", " ", "Un titre", "été", "Ã©tÃ©", "a &amp; b", "&amp;amp;", "&lt;p&gt;html&lt;/p&gt;", "<![CDATA[<i>x</i>]]>",
     "https://inst.fr/1?a=1&amp;b=2", "/relatif", "https:///x", "10.1000/abc", "doi:10.1000/abc", "fr", "en_US",
     "Tue, 03 Sep 2024 10:00:00 +0200", "2024-01-02", "a@b.fr", "X Y; Z", "x\u00a0", "&#8217;", "HTTPS://INST.FR/#"]
)  # fmt: skip
NAMES = st.sampled_from(
    """title link description guid pubDate author category comments source dc:creator dc:date dc:title dc:language
    dc:identifier dc:description content:encoded prism:doi prism:publicationName media:group media:title
    media:description media:content a:link a:id a:updated a:summary a:content a:author a:name own:note itunes:summary
    itunes:author item channel dcterms:issued dcterms:abstract feedburner:origLink language""".split()
)
ATTRIBUTES = st.sampled_from(
    ["", "", "", ' type="html"', ' type="xhtml"', ' isPermaLink="false"', ' rel="self"', ' href="https://inst.fr/h"',
     ' href="rel"', ' url="https://u.fr"', ' lang="de"', ' xml:lang="es"', ' xml:lang=""', ' xml:base="http://b.fr/"',
     ' base="http://c.fr/"', ' mode="base64"', ' own:x="y"', ' TYPE="Text/HTML"']
)  # fmt: skip
LEAVES = st.builds("<{0}{1}>{2}</{0}>".format, NAMES, ATTRIBUTES, WORDS)
ELEMENTS = st.one_of(
    LEAVES, LEAVES, st.builds("<{0}{1}>{2}</{0}>".format, NAMES, ATTRIBUTES, st.lists(LEAVES, max_size=2).map("".join))
)
PARTS = st.lists(ELEMENTS, max_size=6).map("".join)


@settings(max_examples=150, deadline=None)
@given(st.lists(PARTS, min_size=1, max_size=3), st.lists(LEAVES, max_size=2).map("".join), ATTRIBUTES)
def test_any_feed_of_known_elements_is_read_alike_or_declined(items: list[str], channel: str, root: str) -> None:
    document = rss(*(f"<title>Un titre</title>{item}" for item in items), channel=channel, root=root)
    if is_quick(document):
        agree(document)


def test_no_more_items_are_read_than_wanted() -> None:
    read = quick.read(to_utf8(rss(*[ITEM] * 30).encode()), 20)
    assert read is not None
    assert len(read[0]) == 20
