"""Tables of references: names of columns, marks between them, charsets, and what is wrong said in one line."""

import contextlib
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watcher.articles import Article
from watcher.errors import UsageError
from watcher.parse.files import read_articles

ASREVIEW = (
    "record_id,title,abstract,authors,year,doi,included\n"
    '7,"Iron, and cells","Two\nlines.","Lee, K.; Noël, F.",2021,10.5555/fer.1,1\n'
    "8,Tart,,,,,\n"
)
RAYYAN = (
    "key,title,year,month,journal,issn,volume,issue,pages,authors,url,abstract,notes\n"
    'r-1,Iron,2021,5,Cell,,12,3,1-9,"Lee K and Noël F",https://a.example/1,Of iron.,PMID: 31234567\n'
)
ZOTERO = (
    '"Key","Item Type","Publication Year","Author","Title","Publication Title","DOI","Url","Abstract Note","Date",'
    '"Language"\n"AB12","journalArticle","2021","Lee, K.","Le fer","Cell","10.5555/fer.1","https://a.example/1",'
    '"Du fer &amp; des cellules.","2021-05-03","fr"\n'
)


def read(document: bytes | str, name: str = "a.csv") -> list[Article]:
    return list(read_articles(io.BytesIO(document.encode() if isinstance(document, str) else document), name=name))


def test_asreview() -> None:
    first, second = read(ASREVIEW)
    assert (first.guid, first.title, first.summary, first.year) == ("7", "Iron, and cells", "Two lines.", "2021")
    assert (first.authors, first.ids) == (("Lee, K.", "Noël, F."), (("doi", "10.5555/fer.1"),))
    assert (second.guid, second.title, second.summary) == ("8", "Tart", "")


def test_rayyan() -> None:
    (one,) = read(RAYYAN)
    assert (one.guid, one.journal, one.volume, one.pages, one.url) == (
        "r-1",
        "Cell",
        "12",
        "1-9",
        "https://a.example/1",
    )
    assert (one.authors, one.ids) == (("Lee K", "Noël F"), (("pmid", "31234567"),))


def test_zotero() -> None:
    (one,) = read(ZOTERO)
    assert (one.guid, one.title, one.summary, one.language) == ("AB12", "Le fer", "Du fer & des cellules.", "fr")
    assert one.published
    assert one.published.isoformat().startswith("2021-05-03")


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
@pytest.mark.parametrize("charset", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_marks_charsets_and_line_ends(mark: str, charset: str, end: str) -> None:
    lines = (("Titre", "Résumé", "Année"), ("L’été à Brœns", "Un résumé, court", "2021"), ("", "", ""))
    text = end.join(mark.join(f'"{cell}"' for cell in line) for line in lines)
    (one,) = read(text.encode(charset), "A.TSV" if mark == "\t" else "a.csv")
    assert (one.title, one.summary, one.year) == ("L’été à Brœns", "Un résumé, court", "2021")
    assert one.guid == one.title


def test_cells_too_few_or_too_many() -> None:
    assert [a.title for a in read("id,title,abstract\n1,Iron\n2,Tart,Of apples,more\n")] == ["Iron", "Tart"]


@pytest.mark.parametrize("document", ["", "\n\n", "title,abstract\n", "\ufefftitle\n\n"])
def test_no_line_no_article(document: str) -> None:
    assert read(document) == []


def test_no_column_of_titles_is_one_clear_reason() -> None:
    with pytest.raises(UsageError) as error:
        read("nom;texte\nfer;cellules\n")
    assert (error.value.reason, error.value.facts["detail"]) == ("no-columns", "nom, texte")


def test_a_line_without_any_name_is_told_by_its_number() -> None:
    with pytest.raises(UsageError) as error:
        read("title,abstract\nIron,x\n,only a text\n")
    assert (error.value.reason, error.value.facts["line"]) == ("bad-record", 3)


@pytest.mark.parametrize("head", ["title\n", ""])
def test_a_cell_without_end_is_told_by_its_line(head: str) -> None:
    with pytest.raises(UsageError) as error:
        read(f'{head}"{"x" * 5_000_000}')
    assert error.value.reason == ("bad-record" if head else "no-columns")


@given(st.text(max_size=200))
def test_any_text_is_articles_or_one_reason(text: str) -> None:
    with contextlib.suppress(UsageError):
        assert all(article.guid for article in read(f"title,abstract\n{text}"))
