"""What a feed said the last time is cut out of it by its bytes, and only where the bytes tell beyond doubt."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watcher.articles import Parsed
from watcher.parse import parse
from watcher.parse.repeats import marks_of, shortened
from watcher.sources import MARK, Source

SOURCE = Source(id="inst", url="https://inst.fr/rss")


def item(n: int, more: str = "") -> str:
    return f"<item><guid isPermaLink='false'>g{n}</guid><title>Communiqué {n}</title>{more}</item>"


def rss(*items: str, outside: str = "") -> bytes:
    head = f"<?xml version='1.0' encoding='utf-8'?><rss version='2.0'><channel><title>Presse</title>{outside}"
    return f"{head}{''.join(items)}</channel></rss>".encode()


def atom(*numbers: int) -> bytes:
    entries = "".join(
        f"<entry xml:lang='fr'>\n<id>urn:x:{n}</id><title>Note {n}</title><summary>…</summary>\n</entry >"
        for n in numbers
    )
    return f"<feed xmlns='http://www.w3.org/2005/Atom'><title>Notes</title>{entries}</feed>".encode()


def titles(document: bytes) -> list[str]:
    read = parse(document, SOURCE, address=SOURCE.url, content_type="")
    assert isinstance(read, Parsed)
    assert read.complete
    return [article.title for article in read.articles]


def count(document: bytes) -> int:
    """How many items are told apart."""
    return len(marks_of(document)) // MARK


FOUR = tuple(item(n) for n in range(4))


def test_all_that_was_there_is_cut_out_but_one() -> None:
    short = shortened(rss(item(5), *FOUR, item(6)), marks_of(rss(*FOUR)))
    assert short is not None
    assert titles(short.document) == ["Communiqué 5", "Communiqué 0", "Communiqué 6"]
    assert (short.known, short.unknown) == (4, 2)
    assert short.marks == marks_of(rss(item(5), *FOUR, item(6)))


def test_entries_of_atom_too() -> None:
    short = shortened(atom(9, 1, 2, 3), marks_of(atom(1, 2, 3)))
    assert short is not None
    assert titles(short.document) == ["Note 9", "Note 1"]


@pytest.mark.parametrize(
    ("document", "before"),
    [
        (rss(*FOUR), b""),
        (rss(*FOUR), marks_of(rss(item(7), item(8)))),
        (rss(item(1), item(7)), marks_of(rss(*FOUR))),
        (rss(*FOUR[:2], item(7), item(8)), marks_of(rss(*FOUR))),
        (rss(*(item(n, "<b/>") for n in range(4))), marks_of(rss(*FOUR))),
        (rss(), marks_of(rss(*FOUR))),
        (b"", marks_of(rss(*FOUR))),
    ],
    ids=["never seen", "all new", "one known", "half known", "all changed", "none left", "nothing"],
)
def test_where_little_is_known_nothing_is_cut_out(document: bytes, before: bytes) -> None:
    assert shortened(document, before) is None


@pytest.mark.parametrize(
    "inside",
    [
        "<description><![CDATA[a <p>b</p> ]]></description>",
        "<!-- <title>ancien</title> --><category>x</category>",
        "<description>&lt;item&gt;</description>",
        "<items>3</items><itemised/>",
        "<media:item-type>x</media:item-type>",
    ],
)
def test_items_that_their_bytes_tell(inside: str) -> None:
    document = rss(*FOUR, item(4, inside))
    assert count(document) == 5
    short = shortened(document, marks_of(document))
    assert short is not None
    assert titles(short.document) == ["Communiqué 0"]


@pytest.mark.parametrize(
    "inside",
    [
        "<description><![CDATA[ </item> ]]></description>",
        "<description><![CDATA[ <item>x</item> ]]></description>",
        "<!-- </item> -->",
        "<!-- <item> -->",
        "<item><title>dedans</title></item>",
        "<entry>dedans</entry>",
        "<x:item>dedans</x:item>",
    ],
)
def test_items_that_may_hold_another_or_a_part_of_it_are_not_told_apart(inside: str) -> None:
    assert count(rss(*FOUR, item(4, inside))) == 0


@pytest.mark.parametrize(
    "document",
    [
        rss(*FOUR).replace(b"<item>", b"<x:item>").replace(b"</item>", b"</x:item>"),
        rss(*FOUR, outside="<x:item>dehors</x:item>"),
        rss(*FOUR, outside="<entry/>"),
        rss(*FOUR, outside="<description><![CDATA[ qui ne finit pas </description>"),
        rss(*FOUR, outside="<!-- qui ne finit pas "),
        rss(*FOUR).replace(b"</item>", b"</ITEM>"),
        rss(*FOUR)[:-30],
        rss(*FOUR).decode().encode("utf-16"),
        b"<item><item><item></item>",
    ],
    ids=["prefixed", "prefixed beside", "an empty one", "CDATA", "comment", "case", "cut", "UTF-16", "nested"],
)
def test_documents_whose_items_are_not_told_apart(document: bytes) -> None:
    assert marks_of(document) == b""
    assert shortened(document, marks_of(rss(*FOUR))) is None


def test_items_in_a_comment_are_no_reason_to_stumble() -> None:
    hidden = f"<!-- {item(8)} -->"
    short = shortened(rss(hidden, *FOUR), marks_of(rss(hidden, *FOUR)))
    assert short is not None
    assert b"g8" in short.document  # the one that is kept: who reads it finds no known item, and reads the whole
    assert short.known == 5


def test_an_item_has_one_mark_wherever_it_stands() -> None:
    there = marks_of(rss(item(1), item(2)))
    here = marks_of(rss(item(2), item(3), item(1)))
    assert (there[:MARK], there[MARK:]) == (here[-MARK:], here[:MARK])
    assert len({here[at : at + MARK] for at in range(0, len(here), MARK)}) == 3


@given(st.lists(st.integers(0, 30), unique=True, max_size=20), st.lists(st.integers(0, 30), unique=True, max_size=20))
def test_what_is_left_is_what_is_new_and_one_more(before: list[int], now: list[int]) -> None:
    short = shortened(rss(*map(item, now)), marks_of(rss(*map(item, before))))
    known = [n for n in now if n in before]
    if short is None:
        assert len(known) < 2 or len(known) * 3 < len(now) * 2
        return
    assert titles(short.document) == [f"Communiqué {n}" for n in now if n not in before or n == known[0]]
    assert (short.known, short.unknown) == (len(known), len(now) - len(known))


@given(
    st.lists(st.sampled_from(["<item>", "</item>", "<!--", "-->", "<![CDATA[", "]]>", "<entry ", ">", "</entry", "a"]))
)
def test_no_bytes_break_it(pieces: list[str]) -> None:
    document = "".join(pieces).encode()
    marks = marks_of(document)
    assert len(marks) % MARK == 0
    short = shortened(document, marks)
    assert short is None or len(short.document) < len(document)


@pytest.mark.parametrize("piece", [b"<item>", b"<item", b"<item a='", b"<item></item", b"<item><!--", b"<entry><item>"])
def test_items_that_nobody_closes_take_time_in_proportion(piece: bytes) -> None:
    marks_of(piece * 1000)
    started = time.process_time()
    assert marks_of(piece * 300_000) == b""
    assert marks_of(piece * 300_000 + b"</item>") == b""
    assert time.process_time() - started < 2
