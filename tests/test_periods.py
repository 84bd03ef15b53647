"""Every hour belongs to one period, none is skipped, and none comes twice."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watcher.periods import WEEKDAYS, Cadence, Period, latest, present

PARIS = ZoneInfo("Europe/Paris")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def test_a_week_is_over_on_its_day_at_midnight_in_the_readers_zone() -> None:
    before = latest("week", "monday", PARIS, at("2026-11-22T22:59:59+00:00"))
    after = latest("week", "monday", PARIS, at("2026-11-22T23:00:00+00:00"))
    assert (before.name, after.name) == ("2026-W46", "2026-W47")
    assert after.start == at("2026-11-16T00:00:00+01:00")
    assert after.end == at("2026-11-23T00:00:00+01:00")


def test_a_week_may_end_on_any_day_and_has_a_name_of_its_own() -> None:
    assert latest("week", "thursday", PARIS, at("2026-11-26T08:00:00+01:00")).name == "2026-W47"
    assert latest("week", "friday", PARIS, at("2026-11-26T08:00:00+01:00")).name == "2026-W47"
    assert latest("week", "thursday", PARIS, at("2026-12-03T08:00:00+01:00")).name == "2026-W48"


def test_the_turn_of_a_year_with_53_weeks() -> None:
    assert latest("week", "monday", PARIS, at("2027-01-04T06:00:00+01:00")).name == "2026-W53"
    assert latest("week", "monday", PARIS, at("2027-01-11T06:00:00+01:00")).name == "2027-W01"


@pytest.mark.parametrize(
    ("every", "now", "name", "hours"),
    [
        ("day", "2026-03-30T06:00:00+02:00", "2026-03-29", 23),
        ("day", "2026-10-26T06:00:00+01:00", "2026-10-25", 25),
        ("week", "2026-03-30T06:00:00+02:00", "2026-W13", 167),
        ("month", "2026-04-01T00:00:00+02:00", "2026-03", 743),
        ("month", "2026-01-31T12:00:00+01:00", "2025-12", 744),
    ],
)
def test_summer_time_and_months(every: Cadence, now: str, name: str, hours: int) -> None:
    period = latest(every, "monday", PARIS, at(now))
    assert (period.name, period.end - period.start) == (name, timedelta(hours=hours))


@pytest.mark.parametrize("zone", ["Europe/Paris", "America/Cayenne", "Pacific/Noumea", "America/Santiago"])
@pytest.mark.parametrize("every", ["day", "week", "month"])
def test_periods_follow_one_another_for_two_years(zone: str, every: Cadence) -> None:
    hours = (at("2026-01-01T00:30:00+00:00") + timedelta(hours=n) for n in range(0, 2 * 366 * 24, 5))
    met: list[Period] = []
    for now in hours:
        period = latest(every, "wednesday", ZoneInfo(zone), now)
        assert period.start < period.end <= now
        if not met or met[-1] != period:
            met.append(period)
    assert all(one.end == other.start for one, other in pairwise(met))
    assert len({period.name for period in met}) == len(met)


MOMENTS = st.integers(0, 90 * 366 * 86_400).map(
    lambda seconds: at("2000-01-01T00:00:00+00:00") + timedelta(seconds=seconds)
)


@given(now=MOMENTS, day=st.sampled_from(WEEKDAYS))
def test_the_last_week_is_never_older_than_a_week(now: datetime, day: str) -> None:
    period = latest("week", day, PARIS, now)
    assert timedelta(0) <= now - period.end < timedelta(days=7, hours=2)


@pytest.mark.parametrize("every", ["day", "week", "month"])
@given(
    now=st.integers(0, 6 * 366 * 24 * 60).map(
        lambda minutes: at("2026-01-01T00:00:00+00:00") + timedelta(minutes=minutes)
    ),
    day=st.sampled_from(WEEKDAYS),
    zone=st.sampled_from(["Europe/Paris", "America/Santiago", "Pacific/Auckland", "UTC"]),
)
def test_the_present_period_begins_where_the_last_one_ended_and_is_the_last_one_next(
    every: Cadence, now: datetime, day: str, zone: str
) -> None:
    there = ZoneInfo(zone)
    going = present(every, day, there, now)
    assert going.start == latest(every, day, there, now).end
    assert going.start <= now < going.end
    assert latest(every, day, there, going.end) == going
