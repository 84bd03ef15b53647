"""Articles for a spreadsheet: complete, and nothing in them runs."""

import csv
import io
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from digests import DIGEST, HOSTILE, QUIET, golden, titled
from hypothesis import given
from hypothesis import strategies as st

from watcher.articles import Article
from watcher.render.csv import COLUMNS, DIGEST_COLUMNS, csv_lines, digest_csv, inert
from watcher.store import Remembered

NOW = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
KNOWN = Remembered(
    id=3,
    article=Article(
        source="inserm",
        url="https://inserm.example/1?a=1,2",
        title='Le « fer », dit-on, "tue"',
        summary="Une ligne\nune autre ; et voilà",
        language="fr",
    ),
    first_seen=NOW,
    changed=None,
    story=2,
    sources=("inserm", "le-monde"),
    aliases=(("doi", "10.5555/x"), ("url", "https://inserm.example/1")),
    cites=(),
    scores=(("fer", 61.54), ("os", 2.0)),
)
cells = st.text(st.characters(exclude_categories=("Cs", "Cc")) | st.sampled_from("=+-@ \u00a0'\",;\n"))


def read_back(*articles: Remembered) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO("\n".join(csv_lines(articles)), newline="")))


def test_every_column_reads_back() -> None:
    (row,) = read_back(KNOWN)
    assert tuple(row) == COLUMNS
    assert row == {
        "id": "3",
        "title": KNOWN.article.title,
        "text": KNOWN.article.summary,
        "url": KNOWN.article.url,
        "published": "",
        "first_seen": "2026-03-02T06:00:00+00:00",
        "language": "fr",
        "sources": "inserm le-monde",
        "aliases": "doi:10.5555/x url:https://inserm.example/1",
        "story": "2",
        "scores": "fer=61.5 os=2.0",
    }


def test_no_article_is_still_a_header() -> None:
    assert list(csv_lines(())) == [",".join(COLUMNS)]


def test_lines_are_made_one_by_one() -> None:
    lines = csv_lines(KNOWN for _ in iter(int, 1))  # articles without end
    assert next(lines).startswith("id,")
    assert next(lines).startswith("3,")


@given(title=cells, text=cells)
def test_no_cell_is_a_formula_and_each_reads_back(title: str, text: str) -> None:
    (row,) = read_back(replace(KNOWN, article=replace(KNOWN.article, title=title, summary=text)))
    for cell, said in ((row["title"], title), (row["text"], text)):
        assert cell.lstrip()[:1] not in ("=", "+", "-", "@")
        assert cell in (said, f"'{said}")
        assert cell == said or said.lstrip()[:1] in ("=", "+", "-", "@")


def test_formulas_are_quoted() -> None:
    assert inert('=HYPERLINK("http://a.example")') == '\'=HYPERLINK("http://a.example")'
    assert [inert(cell) for cell in ("+1", "-1", "@a", " \u00a0=1", "\t=1", "")] == [
        "'+1",
        "'-1",
        "'@a",
        "' \u00a0=1",
        "'\t=1",
        "",
    ]
    assert inert("10.1038/x") == "10.1038/x"


def test_a_digest_is_golden() -> None:
    golden("digest.csv", digest_csv(DIGEST))


def test_a_digest_has_a_line_for_each_story() -> None:
    paper, undated, _ = csv.DictReader(io.StringIO(digest_csv(DIGEST), newline=""))
    assert paper["doi"] == "10.5555/iron.2026_1"
    assert paper["outlets"].startswith("Flux de Nature | Inserm, salle de presse | Le Monde, santé")
    assert paper["why"].startswith("ferroptose 21.4 | cellule persistante 14.4")
    assert undated["title"] == ""
    assert digest_csv(QUIET) == ",".join(DIGEST_COLUMNS) + "\n"


@pytest.mark.parametrize("attack", HOSTILE)
def test_no_cell_of_a_digest_is_a_formula(attack: str) -> None:
    (row,) = csv.DictReader(io.StringIO(digest_csv(titled(attack)), newline=""))
    assert set(row) == set(DIGEST_COLUMNS)
    assert not any(cell.lstrip()[:1] in ("=", "+", "-", "@") for cell in row.values() if cell)
    assert all(c.isprintable() or c in "\u00a0\u202f" for cell in row.values() for c in cell)
