"""The digest as BibTeX: golden, read by bibtexparser and by our own reader, and no title is a command."""

import re
import warnings
from typing import Any

import pytest
from digests import DIGEST, HOSTILE, PARIS, QUIET, golden, titled
from hypothesis import given
from hypothesis import strategies as st

from watcher.parse.bibtex import read_bibtex
from watcher.render.bibtex import bibtex, escaped


def entries(document: str) -> list[dict[str, Any]]:
    with warnings.catch_warnings(action="ignore"):  # about the grammar of bibtexparser
        import bibtexparser
        from bibtexparser.bparser import BibTexParser

        found: list[dict[str, Any]] = bibtexparser.loads(document, parser=BibTexParser()).entries
    return found


@pytest.mark.parametrize("language", ["fr", "en"])
def test_golden(language: str) -> None:
    golden(f"digest-{language}.bib", bibtex(DIGEST, language, PARIS))


def test_bibtexparser_reads_it() -> None:
    paper, undated, ruled = entries(bibtex(DIGEST, "fr", PARIS))
    assert (paper["ID"], paper["ENTRYTYPE"]) == ("lefebvre2026-1204", "article")
    assert paper["author"] == "Lefebvre C and Zoé Œuvrard and {Consortium Fer and Fils}"
    assert paper["title"].endswith(r"50 \% of them \& more")
    assert (paper["doi"], paper["hal_id"], paper["pages"]) == ("10.5555/iron.2026_1", "hal-05000001", "112--119")
    assert (paper["year"], paper["month"], paper["day"]) == ("2026", "03", "01")
    assert (undated["ENTRYTYPE"], ruled["ENTRYTYPE"]) == ("misc", "misc")
    assert len({paper["ID"], undated["ID"], ruled["ID"]}) == 3


def test_our_own_reader_reads_it() -> None:
    article, *_ = read_bibtex(bibtex(DIGEST, "fr", PARIS), source="x")
    written = DIGEST.sections[0].lines[0].lead.article
    assert (article.title, article.authors, article.url) == (written.title, written.authors, written.url)
    assert (article.journal, article.summary) == (written.journal, written.summary)
    assert dict(article.ids) == {"doi": "10.5555/iron.2026_1", "pmid": "40000001", "hal": "hal-05000001"}


def test_nothing_is_an_empty_file() -> None:
    assert bibtex(QUIET, "fr", PARIS) == ""


@pytest.mark.parametrize("attack", HOSTILE)
def test_a_title_is_one_value_of_one_entry(attack: str) -> None:
    document = bibtex(titled(attack), "fr", PARIS)
    (read,) = entries(document)
    assert "title" in read
    assert len(list(read_bibtex(document, source="x"))) == 1
    assert document.count("{") == document.count("}")
    assert set(re.findall(r"\\([A-Za-z]+)", document)) <= {
        *("textbackslash", "textbraceleft", "textbraceright", "textasciitilde", "textasciicircum"),
    }
    assert all(c.isprintable() or c in "\n\u00a0\u202f" for c in document)


@given(st.text())
def test_braces_are_balanced_and_signs_are_escaped(prose: str) -> None:
    made = escaped(prose)
    depth = 0
    for sign in made:
        depth += (sign == "{") - (sign == "}")
        assert depth >= 0
    assert depth == 0
    assert not re.search(r"(?<!\\)[&%$#_~^]", made)
