"""References as BibTeX."""

from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watcher.articles import Article
from watcher.errors import UsageError
from watcher.parse.bibtex import MAX_RECORD, read_bibtex, untex

FULL = r"""
@string{revue = "Revue d'exemple"}

@article{dupont2024,
  title     = {La ferroptose des {cellules} ``persistantes'' du c{\oe}ur},
  author    = {Dupont, Zo{\'e} and {Soci\'et\'e de Nancy and Metz} and others},
  journal   = revue,
  year      = 2024,
  month     = sep,
  volume    = {20},
  pages     = {91--92},
  abstract  = "Un r{\'e}sum{\'e} : 5\,\% des $\beta$-cellules,
               H\textsubscript{2}O \& \emph{in vivo}.",
  doi       = {10.1000/a\_b},
  url       = {https://exemple.fr/~a_b},
  language  = {french},
  note      = {PMID: 31234567},
  HAL_ID    = {hal-01234567},
}
"""


def read(text: str) -> list[Article]:
    return list(read_bibtex(text, source="notices.bib"))


def test_a_full_reference() -> None:
    assert read(FULL) == [
        Article(
            source="notices.bib",
            guid="dupont2024",
            url="https://exemple.fr/~a_b",
            title="La ferroptose des cellules “persistantes” du cœur",
            summary="Un résumé : 5 % des β-cellules, H2O & in vivo.",
            language="fr",
            published=datetime(2024, 9, 1, tzinfo=UTC),
            authors=("Dupont, Zoé", "Société de Nancy and Metz"),
            journal="Revue d'exemple",
            year="2024",
            volume="20",
            pages="91-92",
            ids=(("doi", "10.1000/a_b"), ("hal", "hal-01234567"), ("pmid", "31234567")),
        )
    ]


@pytest.mark.parametrize(
    ("written", "read_as"),
    [
        (r"{\'E}tude d\'ej\`a fran{\c c}aise", "Étude déjà française"),
        (r"Fran\c{c}ois na{\"\i}f, na\"{\i}ve", "François naïf, naïve"),
        (r"\oe uvre, \OE{}uvre, c{\oe}ur", "œuvre, Œuvre, cœur"),
        (r"\v{Z}i\v zek, M{\o}ller, \L{}ukasz, {\ss}", "Žižek, Møller, Łukasz, ß"),
        (r"$\alpha$, \textbeta, $\varepsilon$, $\Omega$, \textmu g", "α, β, ε, Ω, μg"),
        (r"$p \leq 0.05$, 37\,\textdegree C", "p ≤ 0.05, 37 °C"),
        (r"A~B -- C --- D", "A B – C — D"),
        (r"100\% \& 5\$ \#1 a\_b \{x\}", "100% & 5$ #1 a_b {x}"),
        (r"hy\-phen", "hyphen"),
        ("déjà lu", "déjà lu"),
    ],
)
def test_tex_is_read(written: str, read_as: str) -> None:
    assert untex(written) == read_as


@pytest.mark.parametrize(
    ("fields", "name", "expected"),
    [
        ("date = {2024-09-03}", "published", datetime(2024, 9, 3, tzinfo=UTC)),
        ("date = {2024-09-03}", "year", "2024"),
        ("year = 2024, month = 9, day = 3", "published", datetime(2024, 9, 3, tzinfo=UTC)),
        ("year = {2024}, month = {3 sept.}", "year", "2024"),
        ('year = 2024, month = "3~" # sep', "published", datetime(2024, 9, 3, tzinfo=UTC)),
        ("year = 2024", "published", None),
        ("journaltitle = {Revue}", "journal", "Revue"),
        ("title = {A}, subtitle = {B}", "title", "A : B"),
        ("author = {A. Dupont and B. Durand}", "authors", ("A. Dupont", "B. Durand")),
        ("author = {A. Dupont AND B. Durand\n and C. Petit}", "authors", ("A. Dupont", "B. Durand", "C. Petit")),
        ("eprint = {2401.01234}, archivePrefix = {arXiv}", "ids", (("arxiv", "2401.01234"),)),
        ("howpublished = {\\url{https://a.example/b}}", "url", "https://a.example/b"),
        ("langid = {english}", "language", "en"),
    ],
)
def test_the_habits_of_other_exports(fields: str, name: str, expected: object) -> None:
    (article,) = read(f"@misc{{x, {fields}}}")

    assert getattr(article, name) == expected


def test_kinds_of_entry_that_nobody_standardised_count() -> None:
    assert [a.title for a in read("@online{a, title = {Un}}\n@software{b, title = {Deux}}")] == ["Un", "Deux"]


def test_a_broken_entry_does_not_spoil_the_next() -> None:
    text = "@comment{x}\n% words\n@article{a, title = {Un}}\n@article{b, title = {Deux\n\n@article{c, title = {Trois}}"

    assert [article.title for article in read(text)] == ["Un", "Trois"]


def test_an_empty_file_holds_nothing() -> None:
    assert read("") == read("\ufeff \n") == []


@pytest.mark.parametrize(
    ("text", "line", "detail"),
    [
        ('{"id": "1"}', 1, "no BibTeX entry"),
        ("\n@article{a, title = {Un}}\n\n@article{b, title = unknown # {x}}", 4, "UndefinedString"),
        ("@article{a, title = " + "{" * 5000 + "}" * 5000 + "}", 1, "braces too deep"),
        ("@article{a, title = {" + "a" * MAX_RECORD + "}}", 1, "too long"),
    ],
)
def test_what_cannot_be_read_is_named_by_its_line(text: str, line: int, detail: str) -> None:
    with pytest.raises(UsageError) as raised:
        read(text)
    assert raised.value.reason == "bad-record"
    assert (raised.value.facts["file"], raised.value.facts["line"]) == ("notices.bib", line)
    assert str(raised.value.facts["detail"]).startswith(detail)


@given(st.text("@{}\\\"'`^~$,=# \naecoi-1", max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    untex(text)
    with suppress(UsageError):
        read(f"@article{{{text}")
    with suppress(UsageError):
        read(f"@article{{a, author = {{{text}}}, month = {{{text}}}, title = {{{text}}}}}")
