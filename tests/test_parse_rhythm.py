"""How often a feed asks to be read."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watcher.articles import Parsed, Rhythm
from watcher.parse import parse
from watcher.parse.rhythm import rhythm_of, with_rhythm
from watcher.sources import Source, Trouble

ITEM = (
    "<item><title>Un</title><ttl>9</ttl><description><![CDATA[<hour>5</hour> <day>Monday</day>]]></description></item>"
)


def rss(head: str, tail: str = "", items: str = ITEM) -> bytes:
    return f"<?xml version='1.0'?><rss><channel><title>Titre</title>{head}{items}{tail}</channel></rss>".encode()


def least(**span: float) -> Rhythm:
    return Rhythm(least=timedelta(**span))


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ("", Rhythm()),
        ("<ttl>60</ttl>", least(minutes=60)),
        ("<TTL> 60 </TTL>", least(minutes=60)),
        ("<ttl><![CDATA[ 90 ]]></ttl>", least(minutes=90)),
        ("<ttl>1</ttl>", least(minutes=1)),
        ("<ttl>0</ttl>", Rhythm()),
        ("<ttl>-5</ttl>", Rhythm()),
        ("<ttl>soon</ttl>", Rhythm()),
        ("<ttl/>", Rhythm()),
        ("<ttl>86400</ttl>", least(hours=24)),
        ("<ttl>99999999999999999999</ttl>", Rhythm()),
        ("<!-- <ttl>60</ttl> -->", Rhythm()),
        ("<sy:updatePeriod>hourly</sy:updatePeriod><sy:updateFrequency>1</sy:updateFrequency>", least(hours=1)),
        ("<sy:updatePeriod>\n\t\thourly\t</sy:updatePeriod>", least(hours=1)),
        ("<sy:updatePeriod>daily</sy:updatePeriod><sy:updateFrequency>4</sy:updateFrequency>", least(hours=6)),
        ("<updatePeriod xmlns='x'>Weekly</updatePeriod>", least(hours=24)),
        ("<sy:updateFrequency>2</sy:updateFrequency>", least(hours=12)),
        ("<sy:updatePeriod>often</sy:updatePeriod>", Rhythm()),
        ("<sy:updatePeriod>daily</sy:updatePeriod><sy:updateFrequency>0</sy:updateFrequency>", Rhythm()),
        ("<ttl>60</ttl><sy:updatePeriod>daily</sy:updatePeriod>", least(hours=24)),
        (
            "<skipHours><hour>0</hour><hour> 7 </hour><hour>24</hour><hour>25</hour></skipHours>",
            Rhythm(skip_hours=frozenset({0, 7})),
        ),
        (
            "<skipDays><day>Saturday</day><day>sunday</day><day>Lundi</day></skipDays>",
            Rhythm(skip_days=frozenset({5, 6})),
        ),
    ],
)
def test_what_a_feed_says_of_itself(head: str, expected: Rhythm) -> None:
    assert rhythm_of(rss(head)) == expected
    assert rhythm_of(rss("", tail=head)) == expected
    assert rhythm_of(rss(head, items="")) == expected


def test_a_rhythm_comes_with_the_articles_of_every_dialect() -> None:
    source = Source(id="s", url="https://s.example/rss")
    said = "<ttl>120</ttl>"
    entry = "<entry><title>Un</title><id>tag:s.example,2026:1</id></entry>"
    sy = "<sy:updatePeriod xmlns:sy='http://purl.org/rss/1.0/modules/syndication/'>daily</sy:updatePeriod>"
    atom = f"<feed xmlns='http://www.w3.org/2005/Atom'><title>T</title>{sy}{entry}</feed>".encode()
    for document, expected in ((rss(said), least(hours=2)), (atom, least(hours=24))):
        parsed = parse(document, source, address=source.url, content_type="")
        assert isinstance(parsed, Parsed)
        assert parsed.rhythm == expected
    trouble = Trouble(kind="empty")
    assert with_rhythm(trouble, rss(said)) is trouble


@given(st.binary(max_size=300), st.sampled_from([b"", b"<ttl>", b"<skipHours><hour>", b"<item>", b"<!--"]))
def test_any_bytes_have_a_rhythm(noise: bytes, start: bytes) -> None:
    found = rhythm_of(start + noise + start)
    assert found.least is None or timedelta(0) < found.least <= timedelta(hours=24)
    assert found.skip_hours <= set(range(24))


def test_a_long_document_is_not_read_for_it() -> None:
    assert rhythm_of(b"<rss><channel>" + b"<ttl " * 400_000) == Rhythm()
    assert rhythm_of(rss("x" * 100_000 + "<ttl>60</ttl>")) == Rhythm()
