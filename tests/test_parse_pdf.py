"""PDF documents: their text, and one article of each."""

import re
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pdfs import locked, pdf

from watcher.articles import Article, Parsed
from watcher.errors import UsageError
from watcher.parse import KINDS, parse
from watcher.parse.pdf import LARGEST, MAX_PAGES, one_line, text_of
from watcher.seeds import read_seed, read_seeds
from watcher.sources import Source, Trouble

HEADER = "Bulletin d’exemple - n° 12"
TITLE = "La ferroptose des cellules persistantes"
FIRST = (
    HEADER,
    TITLE,
    "Zoé Œuvrard, Nancy",
    "Les cellules cancéreuses persistantes survivent aux traitements. Riches en fer, elles",
    "portent le récepteur CD44. Leur mort par ferroptose part des lysosomes, où le fer dé-",
    "clenche l’oxydation des lipides. La ferroptose vise ainsi les cellules que la chimio-",
    "thérapie épargne. Les ﬁbres et les ﬂux ont été mesurés chez des malades (n = 12) et",
    "1/2",
)
SECOND = (
    HEADER,
    "chez des témoins sains suivis pendant deux ans.",
    "Méthodes",
    "Nous avons inclus tous les malades suivis dans les trois centres entre 2019 et 2023. Nous",
    "avons mesuré le fer de leurs cellules avant et après le traitement par les anti-CD44.",
    "2/2",
)
PARAGRAPHS = (
    TITLE,
    "Zoé Œuvrard, Nancy",
    "Les cellules cancéreuses persistantes survivent aux traitements. Riches en fer, elles portent le récepteur CD44. "
    "Leur mort par ferroptose part des lysosomes, où le fer déclenche l’oxydation des lipides. La ferroptose vise ainsi"
    " les cellules que la chimiothérapie épargne. Les fibres et les flux ont été mesurés chez des malades (n = 12) et "
    "chez des témoins sains suivis pendant deux ans.",
    "Méthodes",
    "Nous avons inclus tous les malades suivis dans les trois centres entre 2019 et 2023. Nous avons mesuré le fer de "
    "leurs cellules avant et après le traitement par les anti-CD44.",
)
WHOLE = pdf(FIRST, SECOND)
ADDRESS = "https://bulletin.example/12.pdf"
SOURCE = Source(id="bulletin", url=ADDRESS, kind="pdf", language="fr")


def parsed(document: bytes) -> Parsed | Trouble:
    return parse(document, SOURCE, address=ADDRESS, content_type="application/pdf")


# The text


def test_paragraphs_without_headers_page_numbers_and_hyphens() -> None:
    assert text_of(WHOLE) == "\n".join(PARAGRAPHS)


@pytest.mark.parametrize("number", ["3", "- 3 -", "Page 3", "page 3 sur 12", "3/12", "p. 3", "3 of 12"])
def test_a_page_number_is_no_text(number: str) -> None:
    assert text_of(pdf(["Une phrase.", number])) == "Une phrase."


def test_a_header_may_change_its_numbers_and_miss_some_pages() -> None:
    pages = [
        [f"Bulletin, page {i}", f"Voici une {word} phrase."] for i, word in enumerate(["grande", "petite", "autre"])
    ]

    assert "Bulletin" not in text_of(pdf(*pages, ["Ici, pas de bulletin en haut."]))


def test_what_one_page_says_alone_stays() -> None:
    assert text_of(pdf(["Un titre seul", "Une phrase."], ["Un autre titre", "Encore."])).startswith("Un titre seul")


@pytest.mark.parametrize(
    ("line", "following", "joined"),
    [
        ("le traite-", "ment du fer", "le traitement du fer"),
        ("il dé-", "clenche", "il déclenche"),
        ("la chimio-", "thérapie", "la chimiothérapie"),
        ("un sous-", "type rare", "un sous-type rare"),
        ("les anti-", "CD44", "les anti-CD44"),
        ("a-", "t-il lu", "a-t-il lu"),
        ("le fer", "des cellules", "le fer des cellules"),
    ],
)
def test_a_word_cut_in_two(line: str, following: str, joined: str) -> None:
    assert one_line(line, following) == joined


def test_items_of_a_list_stay_apart() -> None:
    lines = ["Nous avons mesuré plusieurs choses dans les cellules de ces malades :", "• le fer", "• le cuivre"]

    assert text_of(pdf(lines)).splitlines() == lines


def test_a_pdf_that_only_forbids_changes_is_read() -> None:
    assert text_of(locked(WHOLE, password="")) == text_of(WHOLE)


def test_pages_without_text_say_nothing() -> None:
    assert text_of(pdf([], [])) == ""


def test_no_more_than_so_many_pages_are_read() -> None:
    pages = [[f"Voici la phrase numéro {i}, et elle est la seule."] for i in range(MAX_PAGES + 5)]

    assert f"numéro {MAX_PAGES}," not in text_of(pdf(*pages))


@pytest.mark.parametrize(
    ("document", "detail"),
    [
        (b"", "not a PDF"),
        (b"<html>not found</html>", "not a PDF"),
        (locked(WHOLE, password="secret"), "password"),
        (WHOLE[:60], "damaged PDF"),
        (b"%PDF-1.4\n", "damaged PDF"),
        (b"%PDF-1.4\n" + b"\0" * LARGEST, f"> {LARGEST} bytes"),
    ],
    ids=["empty", "page", "locked", "cut", "head", "large"],
)
def test_what_cannot_be_read_says_why(document: bytes, detail: str) -> None:
    with pytest.raises(UsageError) as raised:
        text_of(document, name="a.pdf")
    assert raised.value.reason == "unreadable-file"
    assert raised.value.facts["file"] == "a.pdf"
    assert str(raised.value.facts["detail"]).startswith(detail)
    assert isinstance(parsed(document), Trouble)


MOVED = WHOLE.replace(b"%PDF-1.5\n", b"%PDF-1.5\n% a line more\n")


def test_a_table_of_objects_that_is_wrong_is_made_again() -> None:
    assert text_of(MOVED) == text_of(WHOLE)


def test_a_page_of_nothing_but_work_is_left_out() -> None:
    assert text_of(pdf(["a"] * 150_000, ["Une page honnête."])) == "Une page honnête."


def test_nothing_is_said_about_what_is_repaired() -> None:
    code = "import sys; from watcher.parse.pdf import text_of; text_of(sys.stdin.buffer.read())"
    run = subprocess.run([sys.executable, "-c", code], input=MOVED, capture_output=True, timeout=60, check=True)

    assert run.stderr == run.stdout == b""


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=40), st.integers(0, len(WHOLE)), st.booleans())
def test_any_bytes_are_read_or_refused(junk: bytes, at: int, cut: bool) -> None:  # noqa: FBT001 - drawn by hypothesis
    document = WHOLE[:at] + junk + (b"" if cut else WHOLE[at + len(junk) :])
    with suppress(UsageError):
        text_of(document)
    assert isinstance(parsed(document), Parsed | Trouble)


# The kind


def test_a_document_is_one_article() -> None:
    found = parsed(pdf(FIRST, SECOND, title=TITLE))

    assert found == Parsed(
        articles=(
            Article(
                source="bulletin",
                guid=ADDRESS,
                url=ADDRESS,
                title=TITLE,
                summary=PARAGRAPHS[2],
                body=" ".join(PARAGRAPHS[1:]),
                language="fr",
            ),
        )
    )
    assert "pdf" in KINDS


@pytest.mark.parametrize("stated", ["", "Microsoft Word - bulletin 12 final.docx", "untitled", "bulletin_12.indd"])
def test_a_document_without_a_title_of_its_own_is_called_by_its_first_line(stated: str) -> None:
    found = parsed(pdf(FIRST, SECOND, title=stated))

    assert isinstance(found, Parsed)
    assert found.articles[0].title == TITLE


def test_a_scan_is_empty() -> None:
    assert parsed(pdf([])) == Trouble(kind="empty", detail="no text")


def test_the_reader_is_loaded_with_the_first_document() -> None:
    readers = "{'pypdf', 'rispy', 'bibtexparser', 'lxml'}"
    code = f"import sys, watcher.parse, watcher.seeds, watcher.parse.files; print({readers} & set(sys.modules))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)

    assert run.stdout == "set()\n"


# Seeds


def test_a_seed_may_be_a_pdf(tmp_path: Path) -> None:
    (tmp_path / "Article.PDF").write_bytes(WHOLE)
    (seed,) = read_seeds(tmp_path)

    assert (seed.name, seed.title, seed.language) == ("Article.PDF", TITLE, "fr")
    assert re.findall("déclenche|chimiothérapie|Bulletin|témoins", seed.text) == [
        "déclenche",
        "chimiothérapie",
        "témoins",
    ]


def test_a_seed_that_is_locked_is_named(tmp_path: Path) -> None:
    file = tmp_path / "locked.pdf"
    file.write_bytes(locked(WHOLE, password="secret"))
    with pytest.raises(UsageError) as raised:
        read_seed(file)
    assert raised.value.facts == {"file": str(file), "detail": "password"}
