"""Markup dies here, and its words live."""

import subprocess
import sys
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from watcher.parse.html import absolute, paragraphs, plain, plain_title


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("Sans balise", "Sans balise"),
        ("<p>Un</p><p>Deux</p>", "Un Deux"),
        ("Un<br/>deux<br>trois", "Un deux trois"),
        ("<i>TP</i>53 et CO<sub>2</sub>, NF-&kappa;B", "TP53 et CO2, NF-κB"),
        ("<jats:p>Le gène <jats:italic>BRCA</jats:italic>1, <scp>FGF</scp>R</jats:p>", "Le gène BRCA1, FGFR"),
        ("l&#8217;&eacute;t&eacute;&nbsp;!", "l’été !"),
        ("l&amp;#8217;&amp;eacute;t&eacute;", "l’été"),  # escaped once too often inside CDATA
        ("a&#55357;&#56832;&#xd83d;&#xDE00;&#XD83D;&#56832;", "a\N{GRINNING FACE}\N{GRINNING FACE}\N{GRINNING FACE}"),
        ("&amp;#55357;&amp;#56832;", "\N{GRINNING FACE}"),
        ("a&#55357;b&#56832;&#55357;", "a\N{REPLACEMENT CHARACTER}b" + 2 * "\N{REPLACEMENT CHARACTER}"),
        ("R&amp;D, p &lt; 0,05 et n &gt; 3", "R&D, p < 0,05 et n > 3"),
        ("&lt;i&gt;E. coli&lt;/i&gt; r&eacute;siste", "E. coli résiste"),
        ("a < b et c > d", "a < b et c > d"),
        ("avant<script>alert('<p>x</p>')</script>après", "avantaprès"),
        ("avant<style>p{}</style> après", "avant après"),
        ("texte<script>jamais fermé", "texte"),
        ("<!-- note <p> -->dit<!-- sans fin", "dit"),
        ("<![CDATA[<b>gras</b>]]> net", "gras net"),
        ('<a href="x" title="a > b">lien</a> fin', "lien fin"),
        ('<img alt="a < b" src=x>fin', "fin"),
        ('coupé <a href="http://exemple.fr/une', "coupé"),
        ("coupé net </p", "coupé net"),
        ("<p>un<table><tr><td>2</td><td>3</td></tr></table>", "un 2 3"),
        ("\x1b[31mrouge\x07 \u202egauche\u202c", "[31mrouge gauche"),
        ("", ""),
    ],
)
def test_markup_to_words(markup: str, text: str) -> None:
    assert plain(markup) == text
    assert plain_title(markup) == text


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<p>Une cellule. <a href='/x' class='more'>Lire la suite…</a></p>", "Une cellule."),
        ("Une cellule […] Lire la suite de « Un titre »", "Une cellule […]"),
        ("A cell. Read more »", "A cell."),
        ("A cell [&hellip;] <a>Continue reading A long title &rarr;</a>", "A cell […]"),
        ("Une cellule. Cet article Le titre, est apparu en premier sur Le Site.", "Une cellule."),
        ("<p>Une cellule.</p><p>L’article <a>T</a> est apparu en premier sur <a>S</a>.</p>", "Une cellule."),
        ("The post-war cell. The post A title appeared first on The Site.", "The post-war cell."),
        ("We saw it. © 2025 Elsevier B.V. All rights reserved.", "We saw it."),
        ("We saw it. Copyright © 2025 The Author(s). Published by Somebody.", "We saw it."),
        ("We saw it. © The Author(s) 2024. Published by Somebody.", "We saw it."),
        ("Vu. Lire la suite. Cet article X est apparu en premier sur Y.", "Vu."),
        ("Il veut lire la suite du roman.", "Il veut lire la suite du roman."),
        (
            "The data appeared first on chromosome 3 and then on others.",
            "The data appeared first on chromosome 3 and then on others.",
        ),
        ("Les droits des malades en 2024.", "Les droits des malades en 2024."),
    ],
)
def test_what_publishers_hang_on_is_cut(markup: str, text: str) -> None:
    assert plain(markup) == text


def test_a_title_keeps_its_end() -> None:
    assert plain_title("Read more about the <i>p53</i> network") == "Read more about the p53 network"


@pytest.mark.parametrize(
    "hostile",
    [
        "<div>" * 100_000,
        "<" * 300_000,
        "<a " * 100_000,
        "<a '\"" * 60_000,
        '<a x="' + "<a" * 140 + '" ' * 900,
        "<!--" * 80_000,
        "<![CDATA[" * 30_000,
        "<svg>" * 60_000,
        "<nav><svg><button>" * 20_000,
        "&" * 300_000,
        "&amp;" * 60_000,
        "<b =" + "=" * 250_000,
        "Lire la suite " * 20_000,
        "L'article " * 30_000,
        "© 2024 " * 40_000,
        "e" + "\u0301" * 200_000,
        "<b>x</i>" * 60_000,
        "<p></p><nav></nav>" * 100_000,
        "<table><tr><td>" * 100_000,
        "</p>" * 500_000,
        "<p " + " ".join(f"a{n}=1" for n in range(100_000)) + ">",
    ],
)
def test_no_markup_takes_long(hostile: str) -> None:
    start = time.monotonic()
    plain(hostile)
    paragraphs(hostile)

    assert time.monotonic() - start < 3


def test_a_page_becomes_one_line_per_block() -> None:
    page = """<!DOCTYPE html><html><head><title>Site</title><style>p{}</style></head><body>
      <header><a>Accueil</a></header><nav><ul><li>Menu</li></ul></nav>
      <main><article><header><h1>La cellule\n dormante</h1></header><p>Premier <b>para</b>graphe.</p>
      <ul><li>un</li><li>deux</li></ul><aside>Publicité</aside><table><tr><td>a</td><td>b</td></tr></table>
      <script>var x = "<p>non</p>";</script></article></main>
      <form><p>Abonnez-vous</p></form><footer>Mentions</footer></body></html>"""

    assert paragraphs(page) == "La cellule dormante\nPremier paragraphe.\nun\ndeux\na b"


def test_a_page_inside_one_form_is_read_all_the_same() -> None:
    assert paragraphs("<body><form><h1>Titre</h1><p>Texte</p></form></body>") == "Titre\nTexte"


def test_a_menu_that_nobody_closed_does_not_swallow_the_page() -> None:
    assert paragraphs("<body><nav><p>Menu<div><p>Texte</div></body>") == "Menu\nTexte"
    assert paragraphs("<body><p>Chapeau</p><aside><p>Pub<div><p>Texte</div></body>") == "Chapeau\nPub\nTexte"


@pytest.mark.parametrize(
    ("page", "text"),
    [
        ("", ""),
        ("Sans balise &eacute;", "Sans balise é"),
        ("notes.html", "notes.html"),  # looks like the name of a file, and is not
        ('<?xml version="1.0"?><html><body><p>Un</p></body></html>', "Un"),  # looks like XML, and is not
        ('<meta charset="iso-8859-1"><p>été</p>', "été"),
        ("<p>un\0deux \ud800 trois</p>", "undeux trois"),
        ("<p>dit<!-- non --><![CDATA[non]]></p>", "dit"),
        ("<article><header><h1>Un</h1></header><footer>Signé</footer></article><footer>Mentions</footer>", "Un\nSigné"),
        ("<div>" * 5_000 + "au fond" + "</div>" * 5_000 + "<p>fin</p>", "au fond\nfin"),
        ("<p>Un <i>TP</i>53<br>deux</p>trois", "Un TP53\ndeux\ntrois"),
        ("<p>un</p>" * 40_000 + "<p>deux</p>", "\n".join(["un"] * 30_000)),  # what comes too late is not read
    ],
)
def test_any_page_is_read(page: str, text: str) -> None:
    assert paragraphs(page) == text


def test_no_page_library_is_loaded_before_the_first_page() -> None:
    loaded = "import sys, watcher.parse.html; print({'bs4', 'lxml'} & set(sys.modules))"
    told = subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, check=True)
    assert told.stdout == "set()\n"


@pytest.mark.parametrize(
    ("href", "address"),
    [
        ("https://exemple.fr/a?b=c#d", "https://exemple.fr/a?b=c#d"),
        ("  https://exemple.fr/a\n", "https://exemple.fr/a"),
        ("HTTP://Exemple.FR/A", "http://exemple.fr/A"),
        ("/a/b", "https://base.fr/a/b"),
        ("c.html", "https://base.fr/dir/c.html"),
        ("?p=1", "https://base.fr/dir/feed.xml?p=1"),
        ("//autre.fr/x", "https://autre.fr/x"),
        ("https://exemple.fr/a b#xtor=RSS-3-[lestitres]", "https://exemple.fr/a%20b#xtor=RSS-3-%5Blestitres%5D"),
        ("https://exemple.fr/été", "https://exemple.fr/%C3%A9t%C3%A9"),
        ("https://exemple.fr/%C3%A9t%C3%A9", "https://exemple.fr/%C3%A9t%C3%A9"),
        ("https://hôpital.fr/x", "https://xn--hpital-ixa.fr/x"),
        ("https://exemple.fr/?a=1&amp;b=2", "https://exemple.fr/?a=1&b=2"),
        ("http://[::1]:8080/x", "http://[::1]:8080/x"),
        ("", ""),
        ("javascript:alert(1)", ""),
        ("JaVaScRiPt:alert(1)", ""),
        ("java\nscript:alert(1)", ""),
        ("data:text/html,x", ""),
        ("https://nom:secret@exemple.fr/x", "https://exemple.fr/x"),
        ("file:///etc/passwd", ""),
        ("vbscript:x", ""),
        ("mailto:a@b.fr", ""),
        ("http://", ""),
        ("http://[::1", ""),
        ("http://a:99999/", ""),
        ("http://bon.fr\\@mal.fr/", ""),
        ("https://exemple.fr/" + "x" * 5000, ""),
    ],
)
def test_links_become_absolute_web_addresses_or_nothing(href: str, address: str) -> None:
    assert absolute(href, "https://base.fr/dir/feed.xml") == address


def test_a_relative_link_without_a_base_is_none() -> None:
    assert absolute("/a/b") == ""


@given(st.text(), st.text(alphabet="htps:/.[]@#?%a1é \\"))
def test_an_address_is_always_plain_ascii_and_stays_itself(href: str, base: str) -> None:
    for address in (absolute(href, base), absolute("https://a.fr/" + href), absolute(base)):
        assert address.isascii()
        assert address == "" or address.startswith(("http://", "https://"))
        assert absolute(address) == address


@settings(deadline=None)  # the first page loads the library that reads it
@given(st.text(alphabet="<>/!?-[]&;#x\"'= abpscrité\n\0") | st.text())
def test_no_markup_raises_and_one_line_comes_out(markup: str) -> None:
    assert len(plain(markup).splitlines()) <= 1
    paragraphs(markup)
