"""What a site says in its `tdmrep.json`."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watcher.fetch.reservations import place_of, reservations_in, reserves

SITE = "https://presse.example"
ROWS = [
    {"location": "/", "tdm-reservation": 1, "tdm-policy": f"{SITE}/tdm.json"},
    {"location": "/libre/*", "tdm-reservation": 0},
    {"location": "/libre/étude$", "tdm-reservation": 1},
    {"location": "/actu", "tdm-reservation": "1"},
    {"tdm-reservation": 0},
    "/",
]


@pytest.mark.parametrize(
    ("path", "reserved"),
    [("/", True), ("/actu/1", True), ("/libre/1", False), ("/libre/%C3%A9tude", True), ("/libre/étude/2", False)],
)
def test_the_longest_pattern_decides(path: str, *, reserved: bool) -> None:
    assert reserves(reservations_in(json.dumps(ROWS).encode()), SITE + path) is reserved


def test_without_a_word_nothing_is_reserved() -> None:
    assert not reserves((), f"{SITE}/actu")
    assert not reserves(reservations_in(b'[{"location": "/pdf/", "tdm-reservation": 1}]'), f"{SITE}/actu")


@pytest.mark.parametrize(
    ("address", "place"),
    [
        (f"{SITE}/a/b?c=d#e", f"{SITE}/.well-known/tdmrep.json"),
        ("http://127.0.0.1:81/a", "http://127.0.0.1:81/.well-known/tdmrep.json"),
        ("mailto:a@b.example", ""),
        ("http://[", ""),
    ],
)
def test_where_a_site_says_it(address: str, place: str) -> None:
    assert place_of(address) == place


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(st.characters(), max_size=5) | st.sampled_from(["/", "/*", 0, 1]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["location", "tdm-reservation", "x"]), inner, max_size=3)
    ),
    max_leaves=12,
)


@given(JSON.map(lambda value: json.dumps(value).encode()) | st.binary(max_size=200))
def test_any_document_is_read(document: bytes) -> None:
    assert reserves(reservations_in(document), f"{SITE}/actu") in (True, False)
