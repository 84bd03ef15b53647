"""The digest as RIS: golden, read by rispy and by our own reader."""

import pytest
import rispy
from digests import DIGEST, HOSTILE, PARIS, QUIET, golden, titled

from watcher.parse.ris import read_ris
from watcher.render.ris import ris
from watcher.render.sheet import shown


@pytest.mark.parametrize("language", ["fr", "en"])
def test_golden(language: str) -> None:
    golden(f"digest-{language}.ris", ris(DIGEST, language, PARIS))


def test_rispy_reads_it() -> None:
    paper, undated, ruled = rispy.loads(ris(DIGEST, "fr", PARIS))
    assert paper["type_of_reference"] == "JOUR"
    assert paper["title"] == DIGEST.sections[0].lines[0].lead.article.title
    assert paper["authors"] == ["Lefebvre C", "Zoé Œuvrard", "Consortium Fer and Fils"]
    assert paper["doi"] == "10.5555/iron.2026_1"
    assert (paper["start_page"], paper["end_page"], paper["volume"]) == ("112", "119", "641")
    assert paper["accession_number"] == "40000001"
    assert paper["date"] == "2026/03/01"  # in Paris
    assert undated["title"] == "(sans titre)"
    assert "date" not in undated
    assert ruled["type_of_reference"] == "ELEC"


def test_our_own_reader_reads_it() -> None:
    article, *_ = read_ris(ris(DIGEST, "fr", PARIS), source="x")
    written = DIGEST.sections[0].lines[0].lead.article
    assert (article.title, article.authors, article.url) == (written.title, written.authors, written.url)
    assert (article.journal, article.volume, article.pages) == (written.journal, written.volume, written.pages)
    assert dict(article.ids) == {"doi": "10.5555/iron.2026_1", "pmid": "40000001"}


def test_nothing_is_an_empty_file() -> None:
    assert ris(QUIET, "fr", PARIS) == ""


@pytest.mark.parametrize("attack", HOSTILE)
def test_a_title_is_one_value_of_one_reference(attack: str) -> None:
    document = ris(titled(attack), "fr", PARIS)
    (read,) = rispy.loads(document)
    assert read["title"] == shown(attack).strip()
    assert document.count("\r\n") == document.count("\n") == len(document.splitlines())
    assert all(c.isprintable() or c in "\r\n\u00a0\u202f" for c in document)
