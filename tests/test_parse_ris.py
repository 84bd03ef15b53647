"""References as RIS."""

from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watcher.articles import Article
from watcher.errors import UsageError
from watcher.parse.ris import MAX_RECORD, read_ris

FULL = """\
TY  - JOUR
ID  - Dupont2024
AU  - Dupont, Zoé
AU  - Œuvrard, B.
TI  - La ferroptose des cellules <i>persistantes</i>
JO  - Rev. ex.
JF  - Revue d’exemple
PY  - 2024
DA  - 2024/09/03/
VL  - 20
IS  - 3
SP  - 91
EP  - 92
AB  - Un résumé de l’étude
  qui va à la ligne.
DO  - 10.1000/ABC
UR  - https://exemple.fr/a;b=1
LA  - fre
N1  - PMID: 31234567
ER  -
"""


def read(text: str) -> list[Article]:
    return list(read_ris(text, source="notices.ris"))


def test_a_full_reference() -> None:
    assert read(FULL) == [
        Article(
            source="notices.ris",
            guid="Dupont2024",
            url="https://exemple.fr/a;b=1",
            title="La ferroptose des cellules persistantes",
            summary="Un résumé de l’étude qui va à la ligne.",
            language="fr",
            published=datetime(2024, 9, 3, tzinfo=UTC),
            authors=("Dupont, Zoé", "Œuvrard, B."),
            journal="Revue d’exemple",
            year="2024",
            volume="20",
            pages="91-92",
            ids=(("doi", "10.1000/ABC"), ("pmid", "31234567")),
        )
    ]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends_and_a_mark_at_the_beginning(end: str) -> None:
    assert read("\ufeff" + FULL.replace("\n", end)) == read(FULL)


def test_one_space_before_the_dash_will_do() -> None:
    assert read("TY - JOUR\nTI - Un titre\nER -\n")[0].title == "Un titre"


def test_a_forgotten_end_costs_no_reference() -> None:
    articles = read("TY  - JOUR\nTI  - Un\nTY  - JOUR\nTI  - Deux\nER  - \nTY  - JOUR\nTI  - Trois")

    assert [article.title for article in articles] == ["Un", "Deux", "Trois"]


def test_what_stands_outside_and_unknown_tags_are_passed_over() -> None:
    articles = read("Provider: a database\n\nTY  - JOUR\nQQ  - what\n  more of it\nTI  - Un\nER  - \n\nThe end\n")

    assert [article.title for article in articles] == ["Un"]


@pytest.mark.parametrize(
    ("lines", "name", "expected"),
    [
        ("T1  - Un titre\nA1  - Dupont", "title", "Un titre"),
        ("A1  - Dupont, Z.", "authors", ("Dupont, Z.",)),
        ("N2  - Un résumé", "summary", "Un résumé"),
        ("T2  - Revue", "journal", "Revue"),
        ("Y1  - 2024/09//", "published", datetime(2024, 9, 1, tzinfo=UTC)),
        ("PY  - 2024", "published", None),
        ("PY  - 2024///", "year", "2024"),
        ("SP  - 91-92\nEP  - 92", "pages", "91-92"),
        ("SP  - e123", "pages", "e123"),
        ("M3  - 10.1000/x", "ids", (("doi", "10.1000/x"),)),
        ("DB  - PubMed\nAN  - 31234567", "ids", (("pmid", "31234567"),)),
        ("DB  - Embase\nAN  - 31234567", "ids", ()),
        ("C2  - PMC1234567", "ids", (("pmcid", "PMC1234567"),)),
        ("UR  - https://a.example/1;https://b.example/2", "url", "https://a.example/1"),
        ("LA  - English", "language", "en"),
        ("LA  - Français", "language", "fr"),
        ("TI  - A &amp; B", "title", "A & B"),
    ],
)
def test_the_habits_of_other_exports(lines: str, name: str, expected: object) -> None:
    (article,) = read(f"TY  - JOUR\n{lines}\nER  - \n")

    assert getattr(article, name) == expected


@pytest.mark.parametrize(
    ("lines", "guid"),
    [
        ("DO  - 10.1000/x\nTI  - T", "10.1000/x"),
        ("UR  - https://a.example/\nTI  - T", "https://a.example/"),
        ("TI  - T", "T"),
    ],
)
def test_a_reference_without_a_name_is_named_by_what_it_says(lines: str, guid: str) -> None:
    assert read(f"TY  - JOUR\n{lines}\nER  - \n")[0].guid == guid


def test_an_empty_file_holds_nothing() -> None:
    assert read("") == read("\ufeff \r\n") == []


def test_a_file_that_is_something_else_is_named() -> None:
    with pytest.raises(UsageError) as raised:
        read('{"id": "1"}\n')
    assert raised.value.reason == "bad-record"
    assert raised.value.facts == {"file": "notices.ris", "line": 1, "detail": "no RIS record"}


def test_a_record_too_long_is_named_by_its_line() -> None:
    with pytest.raises(UsageError) as raised:
        read(f"{FULL}\nTY  - JOUR\nAB  - {'a' * MAX_RECORD}\nER  - \n")
    assert raised.value.facts["line"] == FULL.count("\n") + 2


_LINE = st.one_of(
    st.text(max_size=30),
    st.builds(
        "{}  - {}".format,
        st.sampled_from("TY ER UR AU AB TI DA PY N1 SP EP XX DO LA".split()),
        st.text(max_size=30),
    ),
)


@given(st.lists(_LINE, max_size=12))
def test_any_text_is_read_or_refused(lines: list[str]) -> None:
    with suppress(UsageError):
        for article in read("\n".join(lines)):
            assert "\n" not in article.title + article.summary
