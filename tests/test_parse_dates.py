"""Dates in the forms that French and English publishers really use."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watcher.parse.dates import parse_date


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("Thu, 19  Mar 2015 10:00:00 +0100", "2015-03-19T09:00"),
        ("Tue, 03 Sep 2024 10:00:00 GMT", "2024-09-03T10:00"),
        ("Tue, 3 Sep 2024 10:00 EST", "2024-09-03T15:00"),
        ("Thu, 19-Mar-15 10:00:00 GMT", "2015-03-19T10:00"),
        ("Thu, 19 Mar 98 10:00:00 GMT", "1998-03-19T10:00"),
        ("2024-09-03T10:00:00+02:00", "2024-09-03T08:00"),
        ("2024-09-03T10:00:00.123Z", "2024-09-03T10:00"),
        ("2024-09-03 10:00:59", "2024-09-03T10:00:59"),
        ("20240903T100000Z", "2024-09-03T10:00"),
        ("2024-09-03", "2024-09-03T00:00"),
        ("2024-09", "2024-09-01T00:00"),
        ("2016/6/29", "2016-06-29T00:00"),
        ("2016-12-31T23:59:60Z", "2016-12-31T23:59:59"),
        ("7 May 2025", "2025-05-07T00:00"),
        ("May 7, 2025", "2025-05-07T00:00"),
        ("Sept. 7, 2025 3:05 p.m.", "2025-09-07T15:05"),
        ("2025 Jan 7", "2025-01-07T00:00"),
        ("Thu Mar 19 10:00:00 2015", "2015-03-19T10:00"),
        ("Thu Mar 19 10:00:00 CET 2015", "2015-03-19T09:00"),
        ("3rd June 2021", "2021-06-03T00:00"),
        # Paris, in winter and in summer
        ("mar., 03 sept. 2024 10:00:00 +0200", "2024-09-03T08:00"),
        ("07 novembre 2025", "2025-11-06T23:00"),
        ("21 mai 2025", "2025-05-20T22:00"),
        ("29/09/2017", "2017-09-28T22:00"),
        ("29.09.2017", "2017-09-28T22:00"),
        ("Publié le 08/07/2013", "2013-07-07T22:00"),
        ("Publié le 21/12/2016 Vu 9 237 fois", "2016-12-20T23:00"),
        ("13/06/2011 - 08:16", "2011-06-13T06:16"),
        ("Jeudi 3 juin 2021 - 12h00", "2021-06-03T10:00"),
        ("3 juin 2021 à 12 h 30", "2021-06-03T10:30"),
        ("3 juin 2021, 9h", "2021-06-03T07:00"),
        ("1er mars 2024", "2024-02-29T23:00"),
        ("15 avr. 2016", "2016-04-14T22:00"),
        ("15 AOÛT 2016", "2016-08-14T22:00"),
        ("15 aout 2016", "2016-08-14T22:00"),
        ("2 févr. 2016", "2016-02-01T23:00"),
        ("2 fev 2016", "2016-02-01T23:00"),
        ("2 juil. 2016", "2016-07-01T22:00"),
        ("31 déc. 2016", "2016-12-30T23:00"),
        ("TOULOUSE, 18 juillet 2022 (APMnews) -", "2022-07-17T22:00"),
        ("Rédigé le 26/05/2025, mis à jour le 27/05/2025", "2025-05-25T22:00"),
    ],
)
def test_dates_as_they_are_written(written: str, meant: str) -> None:
    assert parse_date(written) == utc(meant)


@pytest.mark.parametrize(
    "written",
    [
        "",
        "hier",
        "0000-00-00",
        "0000-00-00T00:00:00Z",
        "2024-02-30",
        "30 février 2024",
        "31/11/2024",
        "9999-12-31T23:59:59-14:00",
        "-0001-11-30T00:00:00+00:00",
        "0001-01-01T00:00:00+14:00",
        "1899-12-31",
        "2101-01-01",
        "mardi 7 juin",
        "mardi 7 juin 12h00",
        "2024",
        "13 jui 2024",
        "12345678901234567890",
        "10.1038/s41586-024-07000-1",
    ],
)
def test_what_is_no_date_or_cannot_be_one_is_unknown(written: str) -> None:
    assert parse_date(written) is None


def test_an_impossible_time_leaves_the_day() -> None:
    assert parse_date("2024-09-03 25:61") == utc("2024-09-03T00:00")


@given(st.datetimes(datetime(1901, 1, 1), datetime(2099, 12, 31)), st.integers(-14 * 60, 14 * 60))  # noqa: DTZ001 - the zone is drawn apart
def test_iso_and_mail_forms_come_back_as_they_went(moment: datetime, minutes: int) -> None:
    moment = moment.replace(microsecond=0, tzinfo=UTC)
    sign, (hours, rest) = ("-" if minutes < 0 else "+"), divmod(abs(minutes), 60)
    local = moment + timedelta(minutes=minutes)

    assert parse_date(f"{local:%Y-%m-%dT%H:%M:%S}{sign}{hours:02}:{rest:02}") == moment
    assert parse_date(f"{local:%a, %d %b %Y %H:%M:%S} {sign}{hours:02}{rest:02}") == moment


@given(st.text() | st.from_regex(r"[0-9]{1,4}[-/. ][0-9a-zé]{1,9}[-/. ][0-9]{1,4}[T ][0-9:h]{0,8}[+-]?[0-9]{0,5}"))
def test_no_text_raises(text: str) -> None:
    moment = parse_date(text)

    assert moment is None or moment.tzinfo is UTC
