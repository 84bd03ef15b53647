"""When a regular digest is due: days, weeks and months in the reader's own zone."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Literal

Cadence = Literal["day", "week", "month"]
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """What one digest of a list is about: a day, a week or a month that is over."""

    name: str  # "2026-11-22", "2026-W47", "2026-11": unique among the periods of one cadence
    start: datetime  # UTC, the first moment of it
    end: datetime  # UTC, the first moment behind it: the digest is due from then on


def kept_for(text: str) -> timedelta | None:
    """`24m`, `2y`: how long texts are kept, in months and years; None for what says nothing of that, or too little.

    Three months at least: digests, stories and audits look back, and read what they find.
    """
    units = {"m": 365.25 / 12, "y": 365.25, "a": 365.25}
    if not (text[:-1].isdecimal() and text[-1:] in units and len(text) < 5):
        return None
    span = timedelta(days=round(int(text[:-1]) * units[text[-1]]))
    return span if span >= timedelta(days=91) else None


def latest(every: Cadence, day: str, zone: tzinfo, now: datetime) -> Period:
    """The last period that was over at `now`; a week begins and ends on the weekday called `day` (English).

    Days are those of the calendar in `zone`: one of them has 23 hours, one 25. A week has the name of the ISO week that
    most of it lies in, so that two weeks of one list never share it.
    """
    today = now.astimezone(zone).date()
    if every == "day":
        return _between(every, today - timedelta(days=1), today, zone)
    if every == "month":
        last = today.replace(day=1)
        return _between(every, (last - timedelta(days=1)).replace(day=1), last, zone)
    last = today - timedelta(days=(today.weekday() - WEEKDAYS.index(day)) % 7)
    return _between(every, last - timedelta(days=7), last, zone)


def present(every: Cadence, day: str, zone: tzinfo, now: datetime) -> Period:
    """The period that is going on at `now`: its digest is the next one."""
    today = now.astimezone(zone).date()
    if every == "day":
        return _between(every, today, today + timedelta(days=1), zone)
    if every == "month":
        first = today.replace(day=1)
        return _between(every, first, (first + timedelta(days=31)).replace(day=1), zone)
    first = today - timedelta(days=(today.weekday() - WEEKDAYS.index(day)) % 7)
    return _between(every, first, first + timedelta(days=7), zone)


def _between(every: Cadence, first: date, last: date, zone: tzinfo) -> Period:
    """The period of the days from the first to the one before the last, with its name."""
    if every == "day":
        return _period(first.isoformat(), first, last, zone)
    if every == "month":
        return _period(f"{first:%Y-%m}", first, last, zone)
    year, week, _ = (first + timedelta(days=3)).isocalendar()
    return _period(f"{year}-W{week:02d}", first, last, zone)


def _period(name: str, first: date, last: date, zone: tzinfo) -> Period:
    start, end = (datetime.combine(day, time(), tzinfo=zone).astimezone(UTC) for day in (first, last))
    return Period(name=name, start=start, end=end)
