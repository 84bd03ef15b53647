"""What the rooms of literature services share."""

import json
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watcher.parse.services import (
    MOST,
    abstract_of,
    day_after,
    day_of,
    doi_address,
    error_in,
    inside,
    last_day,
    loads,
    number,
    parameter,
    parameters,
    spoken,
    text,
    texts,
    title_of,
    unreadable,
    with_parameters,
)

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["a", "b", "error"]), inner),
    max_leaves=12,
)


@pytest.mark.parametrize(
    ("document", "read"),
    [
        (b'\xef\xbb\xbf{"a": 1}', {"a": 1}),
        (b'{"a": "x\ty\nz"}', {"a": "x\ty\nz"}),
        (b'{"a": NaN, "b": -Infinity, "c": 1e999, "d": 0.5}', {"a": None, "b": None, "c": "1e999", "d": "0.5"}),
        (b'{"a": ' + b"9" * 5_000 + b"}", {"a": "9" * 5_000}),
        (b"[" * 100_000, None),
        (b'{"a":' * 100_000, None),
        (b"[1]", None),
        (b"null", None),
        (b"", None),
        (b"<html>", None),
    ],
)
def test_json_is_read_or_is_none(document: bytes, read: object) -> None:
    assert loads(document) == read


@given(st.binary(max_size=200) | ANYTHING.map(lambda value: json.dumps(value).encode()))
def test_no_bytes_raise(document: bytes) -> None:
    answer = loads(document) or {}
    assert inside(answer, "a", "b") is not None
    assert (text(answer, "a"), texts(answer, "b"), number(answer, "a"), error_in(answer)) is not None
    assert unreadable(document).kind in ("http", "broken")


@given(st.text(max_size=60), st.text(max_size=60))
def test_a_parameter_comes_out_as_it_went_in(address: str, value: str) -> None:
    said = value.encode("utf-8", "replace").decode()
    assert parameter(with_parameters("https://a.example/x?q=1#f", q=value), "q") == said
    assert isinstance(with_parameters(address, q=value), str)
    assert isinstance(parameter(address, "q"), str)


def test_parameters_are_replaced_added_and_left_out() -> None:
    start = "https://a.example/x?fq=a&api_key=K&fq=b&rows=5#top"
    assert with_parameters(start, rows=100, email="", n=0) == "https://a.example/x?fq=a&api_key=K&fq=b&rows=100&n=0"
    assert with_parameters(start, fq=(*parameters(start, "fq"), "c d")).endswith("rows=5&fq=a&fq=b&fq=c+d")
    assert with_parameters(start, fq=()) == "https://a.example/x?api_key=K&rows=5"


@pytest.mark.parametrize(
    ("value", "found"),
    [("7", 7), (7, 7), (" 12 ", 12), ("٣", None), (-1, None), (True, None), ("x", None), (None, None), (["5"], 5)],
)
def test_a_count_may_be_a_text(value: object, found: int | None) -> None:
    assert number({"n": value}, "n") == found


def test_a_field_may_be_one_text_or_several() -> None:
    assert texts({"t": ["a", None, {"x": 1}, " ", "b", 3]}, "t") == ("a", "b", "3")
    assert texts({"t": "a"}, "t") == ("a",)
    assert texts({}, "t") == ()
    assert text({"t": []}, "t") == ""


@pytest.mark.parametrize(
    ("markup", "title"),
    [
        ("The role of <i>TP53</i> in cancer.", "The role of TP53 in cancer"),
        ("[Osteosarcoma in children.]", "Osteosarcoma in children"),
        ("[Osteosarcoma in children].", "Osteosarcoma in children"),
        ("[18F]FDG in sarcoma [review]", "[18F]FDG in sarcoma [review]"),
        ("And then...", "And then..."),
        ("", ""),
        (".", "."),
    ],
)
def test_titles(markup: str, title: str) -> None:
    assert title_of(markup) == title


@pytest.mark.parametrize(
    ("markup", "prose"),
    [
        ("<jats:title>Abstract</jats:title><jats:p>Iron.</jats:p><jats:p>Zinc.</jats:p>", "Iron. Zinc."),
        ("Abstract: Iron kills.", "Iron kills."),
        ("Résumé — Le fer tue.", "Le fer tue."),
        ("Abstract thinking is hard.", "Abstract thinking is hard."),
        ("Summary of product characteristics", "Summary of product characteristics"),
    ],
)
def test_abstracts(markup: str, prose: str) -> None:
    assert abstract_of(markup) == prose


@pytest.mark.parametrize(
    ("written", "moment", "year"),
    [
        ("2026-11-03", datetime(2026, 11, 3, tzinfo=UTC), "2026"),
        ("2026-11", datetime(2026, 11, 1, tzinfo=UTC), "2026"),
        ("2026-11-03T00:00:00Z", datetime(2026, 11, 3, tzinfo=UTC), "2026"),
        ("2026", None, "2026"),
        ("2026-13-41", None, "2026"),
        ("", None, ""),
        ("soon", None, ""),
    ],
)
def test_days(written: str, moment: datetime | None, year: str) -> None:
    assert day_of(written) == (moment, year)


@pytest.mark.parametrize(
    ("code", "two"), [("eng", "en"), ("FRE", "fr"), ("fra", "fr"), ("fr", "fr"), ("en-US", "en"), ("und", ""), ("", "")]
)
def test_languages(code: str, two: str) -> None:
    assert spoken(code) == two


def test_a_doi_leads_somewhere() -> None:
    assert doi_address("https://doi.org/10.1000/A<1>#b?c") == "https://doi.org/10.1000/A%3C1%3E%23b%3Fc"
    assert doi_address("none") == ""


@pytest.mark.parametrize(
    ("first", "last", "found", "closes"),
    [
        ("2026-11-01", "2026-11-30", 9_000, ""),
        ("2026-11-01", "2026-11-30", 18_000, "2026-11-12"),
        ("2026-11-01", "2026-11-02", 9_001, "2026-11-01"),
        ("2026-11-01", "2026-11-30", 10**9, "2026-11-01"),
        ("2026-11-01", "2026-11-01", 10**9, ""),
        ("2026-11-02", "2026-11-01", 10**9, ""),
        ("", "2026-11-01", 10**9, ""),
        ("2026-11-01", "2026-13-01", 10**9, ""),
    ],
)
def test_a_window_that_holds_too_much_is_closed_earlier(first: str, last: str, found: int, closes: str) -> None:
    assert last_day(first, last, found) == closes


@given(st.dates(), st.integers(0, 4_000), st.integers(0, 10**12))
def test_a_window_gets_shorter_until_it_fits_or_is_one_day(opens: date, days: int, found: int) -> None:
    first = opens.isoformat()
    try:
        last = (opens + timedelta(days=days)).isoformat()
    except OverflowError:
        return
    for _ in range(100):
        closes = last_day(first, last, found)
        if not closes:
            break
        assert first <= closes < last
        last = closes
    assert found <= MOST or last <= first


def test_the_end_of_a_day() -> None:
    assert day_after("2026-11-30") == datetime(2026, 12, 1, tzinfo=UTC)
    assert day_after("2026-11-30", timedelta(days=-1)) == datetime(2026, 11, 30, tzinfo=UTC)
    assert day_after("2026-11-31") is None
    assert day_after("9999-12-31") is None
