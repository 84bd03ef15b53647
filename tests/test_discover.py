"""What a source that is added is called."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watcher.discover import LONGEST_ID, LONGEST_NAME, free_id, name_of
from watcher.parse.pointers import title_of


@pytest.mark.parametrize(
    ("title", "url", "name"),
    [
        ("Salle de presse de l’Inserm", "https://presse.inserm.fr/feed/", "inserm-salle-presse"),
        ("Actualités", "https://www.gustaveroussy.fr/rss.xml", "gustaveroussy-actualites"),
        ("Flux RSS", "https://www.ligue-cancer.net/rss", "ligue-cancer"),
        (
            "Ministère chargé de la santé - Actualités",
            "https://sante.gouv.fr/feed",
            "sante-ministere-charge-actualites",
        ),
        ("", "https://example.org/feed", "example"),
        ("Recherche & médecine", "http://10.0.0.1:8000/", "recherche-medecine"),
        ("", "http://10.0.0.1:8000/", "10-0-0-1"),
        ("Œuvres du 27 mai 2026", "https://musee.example.co.uk/", "example-oeuvres-27-mai-2026"),
        ("医学新闻", "https://xn--fiqs8s.cn/feed", "xn-fiqs8s"),
        ("a" * 300, "https://b.example/", "b"),
        ("", "", "source"),
        ("", "http://[", "source"),
    ],
)
def test_an_id_says_whose_and_what(title: str, url: str, name: str) -> None:
    assert free_id(title, url, ()) == name
    assert free_id(title, url, (name, f"{name}-2")) == f"{name}-3"


@given(st.text(max_size=80), st.text(max_size=80))
def test_any_words_make_an_id(title: str, host: str) -> None:
    found = free_id(title, f"https://{host}/", ())
    assert re.fullmatch(r"[a-z0-9][a-z0-9-]*", found)
    assert len(found) <= LONGEST_ID


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Salle de presse de l’Inserm", "Salle de presse de l’Inserm"),
        ("Institut Curie » Flux", "Institut Curie"),
        ("Institut Curie – Flux RSS 2.0", "Institut Curie"),
        ("Institut Curie | RSS Feed", "Institut Curie"),
        ("Science News", "Science News"),
        ("Flux RSS", "Flux RSS"),
        ("- RSS", "- RSS"),
        ("Cellules, gènes " * 8, "Cellules, gènes Cellules, gènes Cellules, gènes Cellules, gènes Cellules…"),
        ("x" * 200, "x" * LONGEST_NAME),
        ("", ""),
    ],
)
def test_a_name_is_the_title_without_its_format(title: str, name: str) -> None:
    assert name_of(title) == name


@given(st.text(max_size=200))
def test_a_name_is_short(title: str) -> None:
    assert len(name_of(title)) <= LONGEST_NAME
    assert bool(name_of(title)) == bool(title)


@pytest.mark.parametrize(
    ("document", "title"),
    [
        ("<rss><channel><title><![CDATA[Presse & médecine]]></title><item><title>Un</title>", "Presse & médecine"),
        ("<rss><channel><image><title>Logo</title></image><title>Presse</title>", "Presse"),
        ("<rss><channel><item><title>Un article</title></item></channel></rss>", ""),
        ("<feed><entry><title>Un</title></entry><title type='html'>Actualit&amp;eacute;s</title></feed>", "Actualités"),
        ('\ufeff {"version": "https://jsonfeed.org/version/1.1", "title": "Blog é"}', "Blog é"),
        ("{", ""),
        ("<html><head><title>Institut\n Curie</title></head><svg><title>x</title></svg>", "Institut Curie"),
    ],
)
def test_what_a_document_calls_itself(document: str, title: str) -> None:
    assert title_of(document.encode(), "") == title
