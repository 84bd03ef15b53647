"""What articles announce, as a calendar (RFC 5545) that calendar programs import or subscribe to."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event

from watcher.store import Remembered

_PARIS = ZoneInfo("Europe/Paris")  # where days without an hour begin


def ics_bytes(articles: Iterable[Remembered]) -> bytes:
    """The calendar of those articles that announce an event; lines end in CRLF and hold 75 octets at most.

    Times are in UTC. An event at midnight is one whose hour nobody said: it takes the whole day. An event keeps its
    UID when it is exported again, so that calendars change it and do not show it twice.
    """
    calendar = Calendar()
    calendar.add("prodid", "-//literature-watcher//watcher//FR")
    calendar.add("version", "2.0")
    for known in articles:
        if known.article.event is not None:
            calendar.add_component(_event(known, known.article.event))
    return bytes(calendar.to_ical())


def _event(known: Remembered, moment: datetime) -> Event:
    article = known.article
    event = Event()
    event.add("uid", f"{_name(known)}@watcher")
    event.add("dtstamp", (known.changed or known.first_seen).astimezone(UTC))
    for key, value in zip(("dtstart", "dtend"), _span(moment), strict=False):
        event.add(key, value)
    event.add("summary", article.title)
    if description := "\n".join(line for line in (", ".join(article.authors), article.summary, article.url) if line):
        event.add("description", description)
    if article.url:
        event.add("url", article.url)
    return event


def _span(moment: datetime) -> tuple[date, ...]:
    """The beginning, and the end where it is known: that of the day."""
    local = moment.astimezone(_PARIS)
    if (local.hour, local.minute) == (0, 0):
        return local.date(), local.date() + timedelta(days=1)
    return (moment.astimezone(UTC),)


def _name(known: Remembered) -> str:
    """A name that lasts: of what an article keeps from the day it was first seen."""
    article = known.article
    own = article.url or f"{article.source} {article.guid or article.title}"
    return sha256(own.encode()).hexdigest()[:32]
