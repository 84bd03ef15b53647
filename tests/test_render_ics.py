"""What is announced, as a calendar that every calendar program reads."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar

from watcher.articles import Article
from watcher.cli import watcher
from watcher.identity import identify
from watcher.parse.records import read_records
from watcher.render.ics import ics_bytes
from watcher.render.json import article_json, dumped
from watcher.store import Remembered, Store
from watcher.stories import Memory, relate, telling_of
from watcher.text import clean

NOW = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
TALK = Article(
    source="cochin",
    url="https://institut.example/seminaires/1?a=1,2;b",
    title="Le fer ; la mort, « ferroptose » : ce que les lysosomes des cellules persistantes nous apprennent",
    summary="Inserm U999, Villejuif. invitée par Paul Le Goff",
    language="fr",
    authors=("Claire Dumas",),
    event=datetime(2026, 6, 4, 10, 0, tzinfo=UTC),
)
KNOWN = Remembered(
    id=3, article=TALK, first_seen=NOW, changed=None, story=3, sources=("cochin",), aliases=(), cites=(), scores=()
)  # fmt: skip


def written(**facts: object) -> bytes:
    return ics_bytes([replace(KNOWN, article=replace(TALK, **facts))])  # type: ignore[arg-type]


def lines(calendar: bytes) -> list[str]:
    """The unfolded lines."""
    return calendar.decode().replace("\r\n ", "").split("\r\n")


def test_an_event_line_by_line() -> None:
    calendar = ics_bytes([KNOWN])
    assert calendar.endswith(b"END:VEVENT\r\nEND:VCALENDAR\r\n")
    found = lines(calendar)
    assert found[:3] == ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//literature-watcher//watcher//FR"]
    assert "DTSTART:20260604T100000Z" in found
    assert "DTSTAMP:20260302T060000Z" in found
    assert f"SUMMARY:{TALK.title.replace(';', chr(92) + ';').replace(',', chr(92) + ',')}" in found
    assert "DESCRIPTION:Claire Dumas\\nInserm U999\\, Villejuif. invitée par Paul Le Goff\\n" in "\n".join(found)
    assert f"URL:{TALK.url}" in found
    assert not any(line.startswith("DTEND") for line in found)  # nobody said how long it takes


def test_lines_end_in_crlf_and_are_folded_at_75_octets() -> None:
    calendar = written(title="é" * 500, summary="œ €" * 300)
    assert b"\n" not in calendar.replace(b"\r\n", b"")
    assert max(map(len, calendar.split(b"\r\n"))) <= 75
    for line in calendar.split(b"\r\n"):
        line.decode()  # no letter is cut in two


def test_an_uid_lasts_and_is_one_article_s_alone() -> None:
    def uid(known: Remembered) -> str:
        (line,) = [line for line in lines(ics_bytes([known])) if line.startswith("UID:")]
        return line

    later = replace(KNOWN, id=9, changed=NOW, aliases=(("doi", "10.5555/x"),))
    put_off = replace(TALK, event=NOW, title="Autre titre", summary="")
    assert uid(KNOWN) == uid(later) == uid(replace(KNOWN, article=put_off))
    unnamed = replace(TALK, url="")
    others = (replace(TALK, url="https://institut.example/2"), unnamed, replace(unnamed, guid="a"))
    assert len({uid(replace(KNOWN, article=article)) for article in (TALK, *others)}) == 4


def test_an_event_without_hour_takes_the_day() -> None:
    found = lines(written(event=datetime(2026, 6, 3, 22, 0, tzinfo=UTC)))  # midnight in Paris
    assert "DTSTART;VALUE=DATE:20260604" in found
    assert "DTEND;VALUE=DATE:20260605" in found


def test_only_what_has_an_event_and_perhaps_nothing() -> None:
    assert (
        written(event=None)
        == ics_bytes([])
        == b"\r\n".join(
            (b"BEGIN:VCALENDAR", b"VERSION:2.0", b"PRODID:-//literature-watcher//watcher//FR", b"END:VCALENDAR", b"")
        )
    )


moments = st.integers(-2_000_000_000, 4_000_000_000).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))


@given(st.text().map(clean), st.text().map(clean), moments)
def test_whatever_is_written_reads_back(title: str, summary: str, event: datetime) -> None:
    calendar = Calendar.from_ical(written(title=title, summary=summary, event=event))
    found: Any = calendar.walk("VEVENT")[0]
    assert str(found["SUMMARY"]) == title
    assert summary in str(found["DESCRIPTION"])
    start = found["DTSTART"].dt
    if isinstance(start, datetime):
        assert start == event
    else:
        assert isinstance(start, date)
        assert abs(datetime(start.year, start.month, start.day, tzinfo=UTC) - event) < timedelta(days=1)


def test_export_and_import_keep_the_event(tmp_path: Path) -> None:
    database = tmp_path / "w.db"
    other = Article(source="inserm", url="https://inserm.example/1", title="Sans date ni lieu")
    with Store(database) as store, store.transaction():
        for identified in identify((TALK, other)):
            store.add(relate(identified, telling_of(identified, seen=NOW), Memory()), (), NOW)
    shown = CliRunner().invoke(watcher, ["--database", str(database), "export", "--format", "ics"])
    assert (shown.exit_code, shown.stdout_bytes.count(b"BEGIN:VEVENT")) == (0, 1)
    assert shown.stdout_bytes == ics_bytes([KNOWN])
    with Store(database) as store:
        facts = [article_json(known) for known in store.all()]
    assert [f.get("event") for f in facts] == ["2026-06-04T10:00:00+00:00", None]
    assert "event" not in facts[1]
    again = read_records(map(dumped, facts), source="f.jsonl")
    assert [a.event for a in again] == [TALK.event, None]
