"""The text of an article's own page."""

import time
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from watcher.parse.fulltext import reserved_in, text_of
from watcher.parse.html import MAX_TEXT

ADDRESS = "https://presse.example/ferroptose"
FIRST = "La ferroptose détruit les cellules tumorales qui ont survécu à un premier traitement de l’enfant."
SECOND = "Le fer des lysosomes oxyde leurs membranes, ce qu’une petite molécule suffit à déclencher chez la souris."
LAST = "Les auteurs espèrent un essai chez des patients atteints d’un ostéosarcome dans les deux années qui viennent."
PAGE = f"""<!DOCTYPE html><html lang="fr"><head><meta charset="{{charset}}"><title>Ferroptose | Presse</title>
<script>var tracking = "publicité";</script><style>p {{{{ color: red }}}}</style></head><body>
<div class="cookie-banner">Nous utilisons des cookies pour mesurer notre audience.</div>
<nav><ul><li><a href="/">Accueil</a></li><li><a href="/sante">Santé</a></li></ul></nav>
<main><article><h1>Le fer contre les cellules persistantes</h1>
<p>{FIRST}</p><h2>Une petite molécule</h2><p>{SECOND}</p>
<ul><li>Le fer se concentre dans les lysosomes.</li><li>Les membranes s’y oxydent.</li></ul><p>{LAST}</p></article>
<section id="comments" class="comments"><p class="comment">Bravo, quelle belle découverte pour nous tous !</p></section>
</main><footer><p>Mentions légales</p><a href="/contact">Contact</a></footer></body></html>"""


def page(charset: str = "utf-8") -> bytes:
    return PAGE.format(charset=charset).encode(charset)


def test_the_article_stays_and_what_stands_around_it_goes() -> None:
    lines = text_of(page(), ADDRESS).splitlines()
    assert [line for line in lines if line in (FIRST, SECOND, LAST)] == [FIRST, SECOND, LAST]
    assert "Le fer se concentre dans les lysosomes." in lines
    text = " ".join(lines)
    for around in ("cookies", "Accueil", "Mentions", "Contact", "publicité", "color", "Bravo"):
        assert around not in text


@pytest.mark.parametrize("charset", ["windows-1252", "utf-16"])
def test_the_charset_of_the_page_is_found(charset: str) -> None:
    assert text_of(page(charset), ADDRESS) == text_of(page(), ADDRESS)


def test_a_page_in_xhtml_is_read() -> None:
    declared = b'<?xml version="1.0" encoding="iso-8859-1"?>\n' + page()
    assert FIRST in text_of(declared, ADDRESS)


@pytest.mark.parametrize(
    "document", [b"", b"   ", b"<html></html>", b"\x89PNG\r\n\x1a\n\0\0", b"<?xml version='1.0'?>"]
)
def test_where_there_is_no_article_there_is_no_text(document: bytes) -> None:
    assert text_of(document, "") == ""


def test_a_text_is_cut_where_it_grows_too_long() -> None:
    paragraphs = "".join(f"<p>{FIRST} Paragraphe numéro {number}.</p>" for number in range(2_000))
    text = text_of(f"<html><body><article>{paragraphs}</article></body></html>".encode(), ADDRESS)
    assert MAX_TEXT - 200 < len(text) <= MAX_TEXT


@pytest.mark.parametrize(
    "piece", ["<div>", "<meta ", "<meta a='", "<p>a", "<table><tr><td>", "<a href='x", "<b><i>x", "&amp;<!--"]
)
def test_a_hostile_page_takes_no_longer_than_its_limits(piece: str) -> None:
    started = time.process_time()
    text_of((piece * 400_000).encode(), ADDRESS)
    reserved_in((piece * 400_000).encode())
    assert time.process_time() - started < 20


@pytest.mark.parametrize(
    ("head", "reserved"),
    [
        ('<meta name="tdm-reservation" content="1">', True),
        ("<META CONTENT = '1' data-x='>' NAME='TDM-Reservation'/>", True),
        ("<meta name=tdm-reservation content=1>", True),
        ('<meta name="tdm-reservation" content="1" title="l\'eau">', True),
        ('<meta title="a"b" name="tdm-reservation" content="1">', True),
        ('<meta name="tdm-reservation" content="0">', False),
        ('<meta name="tdm-reservation">', False),
        ('<meta name="tdm-reservation" content="0"><meta name="tdm-reservation" content="1">', True),
        ('<meta name="tdm-policy" content="1">', None),
        ('<meta name="description" content="tdm-reservation 1">', None),
        ("", None),
    ],
)
@pytest.mark.parametrize("charset", ["utf-8", "utf-16"])
def test_a_page_says_whether_its_text_is_reserved(head: str, charset: str, *, reserved: bool | None) -> None:
    assert reserved_in(f"<html><head>{head}</head><body><p>{FIRST}</p></body></html>".encode(charset)) is reserved


@settings(deadline=None)  # the library is loaded for the first page
@given(
    st.binary(max_size=400)
    | st.lists(st.sampled_from(PAGE.split("\n")), max_size=12).map(lambda p: "".join(p).encode())
)
def test_any_bytes_give_plain_text(document: bytes) -> None:
    reserved_in(document)
    text = text_of(document, ADDRESS)
    assert all(c == "\n" or unicodedata.category(c) not in ("Cc", "Cs") for c in text)
