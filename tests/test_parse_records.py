"""Reference collections as JSON lines."""

import json
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watcher.articles import Article
from watcher.errors import UsageError
from watcher.parse.records import read_records


def read(*lines: object) -> list[Article]:
    return list(read_records((s if isinstance(s, str) else json.dumps(s) for s in lines), source="notices.jsonl"))


def test_a_full_record() -> None:
    [article] = read(
        {
            "id": "id_0000001",
            "title": "Une <étude>  d’exemple\n",
            "text": "Un résumé.",
            "language": "fr-FR",
            "url": "https://exemple.fr/a b",
            "published": "2024-09-03",
            "authors": "Ziegler, T. R.; Other, B.;",
            "year": "2024",
            "journal": "Revue d’exemple",
            "volume": 20,
            "pages": "91-92",
            "doi": "10.1000/ABC",
            "pmid": 1234,
        }
    )

    assert article == Article(
        source="notices.jsonl",
        guid="id_0000001",
        url="https://exemple.fr/a%20b",
        title="Une <étude> d’exemple",
        summary="Un résumé.",
        language="fr",
        published=datetime(2024, 9, 3, tzinfo=UTC),
        authors=("Ziegler, T. R.", "Other, B."),
        journal="Revue d’exemple",
        year="2024",
        volume="20",
        pages="91-92",
        ids=(("doi", "10.1000/ABC"), ("pmid", "1234")),
    )


def test_null_is_absent_and_numbers_keep_their_digits() -> None:
    first, second, third = read('{"id": 7, "title": null, "authors": null}', '{"id": "007"}', '{"id": 10.10}')

    assert first == Article(source="notices.jsonl", guid="7")
    assert (second.guid, third.guid) == ("007", "10.10")


@pytest.mark.parametrize(
    ("written", "names"),
    [
        ("Zhou, Xiangdong and Lan, Jian", ("Zhou, Xiangdong", "Lan, Jian")),
        ("Ziegler, T. R.", ("Ziegler, T. R.",)),
        (["A. Martin", None, {"name": "B. Durand"}, "A. Martin", []], ("A. Martin", "B. Durand")),
        ("", ()),
        ({"name": "x"}, ()),
    ],
)
def test_authors_come_as_text_or_as_a_list(written: object, names: tuple[str, ...]) -> None:
    assert read({"id": "a", "authors": written})[0].authors == names


def test_what_export_prints_is_read_back() -> None:
    [article] = read(
        {
            "id": 12,
            "title": "T",
            "text": "Corps",
            "url": "https://exemple.fr/x",
            "published": "2024-09-03T08:00:00+00:00",
            "first_seen": "2024-09-04T08:00:00+00:00",
            "language": "fr",
            "sources": ["inserm"],
            "aliases": [
                "doi:10.1000/a:b",
                "pmid:12",
                "url:exemple.fr/x",
                "guid:1@inserm",
                "mot:inconnu",
                "hal:hal-01",
                "doi:",
                4,
            ],
            "story": 3,
            "scores": {"foie": 61.5},
        }
    )

    assert (article.guid, article.year, article.published) == ("12", "2024", datetime(2024, 9, 3, 8, tzinfo=UTC))
    ours = (("url", "exemple.fr/x"), ("guid", "1@inserm"))
    assert article.ids == (("doi", "10.1000/a:b"), ("pmid", "12"), *ours, ("hal", "hal-01"))


def test_summary_stands_in_for_text_and_long_texts_are_cut() -> None:
    first, second = read({"id": "a", "summary": "s"}, {"id": "b", "text": "x" * 100_000, "title": "y" * 5000})

    assert first.summary == "s"
    assert (len(second.summary), len(second.title)) == (65_536, 1_000)


@pytest.mark.parametrize(
    "bad", ["[]", "{", "12", '"x"', "{}", '{"id": null}', '{"id": " "}', "[" * 100_000, '{"id": true}']
)
def test_a_line_that_is_no_record_is_named(bad: str) -> None:
    with pytest.raises(UsageError) as raised:
        read('{"id": "a"}', "", bad)

    assert raised.value.reason == "bad-record"
    assert raised.value.facts["file"] == "notices.jsonl"
    assert raised.value.facts["line"] == 3
    assert raised.value.facts["detail"]


def test_records_are_read_one_by_one() -> None:
    def lines() -> Iterator[str]:
        yield '\ufeff{"id": "a"}\n'
        raise AssertionError("too eager")

    assert next(read_records(lines(), source="x")).guid == "a"


def test_odd_numbers_and_lone_surrogates_do_no_harm() -> None:
    line = '{"id": "a\\ud800b", "volume": NaN, "pages": ' + "9" * 5000 + ', "x": Infinity}'

    [article] = read(line)

    assert (article.guid, article.volume, len(article.pages)) == ("ab", "", 5000)


@given(
    st.text()
    | st.dictionaries(
        st.sampled_from(["id", "title", "url", "published", "authors", "aliases"]),
        st.none() | st.text() | st.integers() | st.lists(st.text()),
    )
)
def test_a_record_is_read_or_refused(line: object) -> None:
    with suppress(UsageError):
        assert len(read(line)) <= 1
