"""How often a feed asks to be read."""

import re
from dataclasses import replace
from datetime import timedelta

from watcher.articles import Parsed, Rhythm
from watcher.sources import Trouble

LONGEST = timedelta(hours=24)
READ_AT_MOST = 65_536  # bytes before the first item, and behind the last: what is said of the feed itself stands there

_ITEM = re.compile(rb"<(?:[\w.-]+:)?(?:item|entry)[\s>]", re.IGNORECASE)
_COMMENT = re.compile(rb"<!--.*?-->", re.DOTALL)
_FACT = re.compile(
    rb"<(?:\w+:)?(ttl|hour|day|updateperiod|updatefrequency)(?:\s[^<>]{0,200})?>\s{0,20}(?:<!\[CDATA\[)?\s{0,20}"
    rb"(\w{1,20})",
    re.IGNORECASE,
)
_PERIODS = {"hourly": 1, "daily": 24, "weekly": 7 * 24, "monthly": 30 * 24, "yearly": 365 * 24}  # hours
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def with_rhythm(parsed: Parsed | Trouble, utf8: bytes) -> Parsed | Trouble:
    """What was read of a feed, together with its rhythm."""
    return parsed if isinstance(parsed, Trouble) else replace(parsed, rhythm=rhythm_of(utf8))


def rhythm_of(utf8: bytes) -> Rhythm:
    """Read `<ttl>`, `<skipHours>`, `<skipDays>` (RSS) and `sy:updatePeriod` (RSS 1.0); never raises.

    Looks at the bytes and not at what a reader made of them: readers keep only the last of several hours.
    """
    facts: dict[str, list[str]] = {}
    for found in _FACT.finditer(_COMMENT.sub(b"", _about_itself(utf8))):
        facts.setdefault(found[1].decode().lower(), []).append(found[2].decode("utf-8", "replace").lower())
    hours = {int(hour) % 24 for hour in facts.get("hour", ()) if _is_number(hour) and int(hour) <= 24}
    return Rhythm(
        least=_least(facts),
        skip_hours=frozenset(hours),  # old feeds count from 1 to 24
        skip_days=frozenset(_DAYS.index(day) for day in facts.get("day", ()) if day in _DAYS),
    )


def _about_itself(utf8: bytes) -> bytes:
    first = _ITEM.search(utf8)
    if first is None:
        return utf8[:READ_AT_MOST]
    last = max(utf8.rfind(end) for end in (b"</item>", b"</entry>", b"</rss:item>"))
    tail = utf8[last:][:READ_AT_MOST] if last > first.start() else b""
    return utf8[: min(first.start(), READ_AT_MOST)] + tail


def _least(facts: dict[str, list[str]]) -> timedelta | None:
    """The longest of the waits that a feed asks for, a day at most."""
    waits = []
    minutes = facts.get("ttl", [""])[0]
    if _is_number(minutes) and int(minutes):
        waits.append(timedelta(minutes=int(minutes)))
    times = facts.get("updatefrequency", ["1"])[0]
    period = facts.get("updateperiod", ["daily" if "updatefrequency" in facts else ""])[0]  # "daily" is the default
    if period in _PERIODS and _is_number(times) and int(times):
        waits.append(timedelta(hours=_PERIODS[period]) / int(times))
    return min(max(waits), LONGEST) if waits else None


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 6
