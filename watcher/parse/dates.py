"""Dates as French and English publishers write them."""

import re
import unicodedata
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import cache
from zoneinfo import ZoneInfo

FIRST_YEAR, LAST_YEAR = 1900, 2100  # what lies outside was never meant

_FRENCH = str.split("janvier fevrier mars avril mai juin juillet aout septembre octobre novembre decembre")
_ENGLISH = str.split("january february march april may june july august september october november december")
_ZONES = {
    **dict.fromkeys(("z", "ut", "utc", "gmt", "wet"), 0),
    **dict.fromkeys(("cet", "met", "mez", "bst", "west"), 60),
    **dict.fromkeys(("cest", "mest", "mesz", "eet"), 120),
    **dict.fromkeys(("edt",), -240),
    **dict.fromkeys(("est", "cdt"), -300),
    **dict.fromkeys(("cst", "mdt"), -360),
    **dict.fromkeys(("mst", "pdt"), -420),
    **dict.fromkeys(("pst",), -480),
}

_YEAR = r"(?P<y>\d{4})"
_SHAPES = (
    # 2024-09-03T10:00:00+02:00, 20240903T100000Z, 2024-09
    re.compile(rf"(?<![\d-]){_YEAR}-(?P<m>\d\d?)(?:-(?P<d>\d\d?))?(?![\d-])"),
    re.compile(rf"(?<![\d-]){_YEAR}(?P<m>\d\d)(?P<d>\d\d)(?=t|\Z|\s)"),
    re.compile(rf"(?<![\d/.-]){_YEAR}/(?P<m>\d\d?)/(?P<d>\d\d?)(?![\d/])"),
    # 3 septembre 2024, 1er mars 2024, 3 sept. 2024, 19-Mar-15
    # (a year of two digits only before a time, or "le 7 juin 12 patients" would be one)
    re.compile(
        r"(?<![\d/.-])(?P<d>\d\d?)(?:er|st|nd|rd|th)?[\s-]*(?P<w>[a-z]{3,9})(?P<dot>\.?)"
        r"[\s,-]*(?P<y>\d{4}(?!\d)|\d\d(?=\s+\d\d?:\d\d))"
    ),
    # September 3, 2024
    re.compile(rf"(?<![a-z])(?P<w>[a-z]{{3,9}})(?P<us>\.?)\s*(?P<d>\d\d?)(?:st|nd|rd|th)?,?\s+{_YEAR}(?!\d)"),
    # 2024 Sep 3
    re.compile(rf"(?<![\d/.-]){_YEAR}\s+(?P<w>[a-z]{{3,9}})(?P<us>\.?)\s+(?P<d>\d\d?)(?!\d)"),
    # 29/09/2017, 29.09.2017, 29-09-2017: the day first, always
    re.compile(r"(?<![\d/.-])(?P<d>\d\d?)(?P<paris>[/.-])(?P<m>\d\d?)(?P=paris)(?P<y>\d{4}|\d\d)(?![\d/])"),
)
_TIME = re.compile(
    r"[\s,T(–—-]{0,4}(?:a\s+|at\s+)?(?P<h>\d\d?)\s?(?:[:h]\s?(?P<min>\d\d)(?::(?P<s>\d\d)(?:[.,]\d{1,9})?)?|h(?![a-z]))"
    r"\s*(?P<half>[ap]\.?m\b)?",
    re.IGNORECASE,
)
_PACKED = re.compile(r"T(?P<h>\d\d)(?P<min>\d\d)(?P<s>\d\d)?(?:[.,]\d{1,9})?(?P<half>)", re.IGNORECASE)
_ZONE = re.compile(r"\s*(?:(?P<sign>[+-])(?P<zh>\d\d):?(?P<zm>\d\d)?(?!\d)|\(?(?P<name>[a-z]{1,4})\b)")
_YEAR_LAST = re.compile(
    r"\b([a-z]{3} +\d\d? )(\d\d:\d\d(?::\d\d)?(?: [a-z]{3,4})?) (\d{4})\b"
)  # Thu Mar 19 10:00:00 2015
_LONGEST = 200  # characters looked at


def parse_date(text: str, *, zone: tzinfo | None = None) -> datetime | None:
    """The first date and time in a short text as aware UTC, or None when there is none that can be.

    Days come before months. A date without a time is its midnight. Where no zone is stated, it is `zone`; without
    one, a date written the French way is Paris time and any other is UTC. Never raises.
    """
    folded = _YEAR_LAST.sub(r"\1\3 \2", _fold(text[:_LONGEST]))
    found = [match for shape in _SHAPES if (match := shape.search(folded))]
    for match in sorted(found, key=lambda m: m.start()):
        if moment := _moment(match, folded, zone):
            return moment
    return None


def _moment(match: re.Match[str], folded: str, usual: tzinfo | None) -> datetime | None:
    parts = match.groupdict()
    word = parts.get("w") or ""
    month = _month(word) if word else int(parts["m"])
    year = int(parts["y"])
    if len(parts["y"]) == 2:  # as RFC 2822 has it
        year += 2000 if year < 50 else 1900
    french = bool(parts.get("paris") or parts.get("dot")) or (word != "" and not _is_english(word))
    rest = folded[match.end() :]
    time = _TIME.match(rest) or _PACKED.match(rest)
    hour, minute, second = _clock(time)
    zone = _zone(rest[time.end() :]) if time else None
    try:
        default = usual or (paris() if french else UTC)
        local = datetime(year, month, int(parts["d"] or 1), hour, minute, second, tzinfo=zone or default)
        if not FIRST_YEAR <= year <= LAST_YEAR:
            return None
        return local.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _clock(time: re.Match[str] | None) -> tuple[int, int, int]:
    if time is None:
        return 0, 0, 0
    hour, minute, second = int(time["h"]), int(time["min"] or 0), min(int(time["s"] or 0), 59)  # a leap second is 59
    half = (time["half"] or "").lower()
    if half and 1 <= hour <= 12:
        hour = hour % 12 + (12 if half.startswith("p") else 0)
    if hour > 23 or minute > 59:  # not a time after all: the day still holds
        return 0, 0, 0
    return hour, minute, second


def _zone(rest: str) -> tzinfo | None:
    found = _ZONE.match(rest)
    if found is None:
        return None
    if found["name"]:
        minutes = _ZONES.get(found["name"])
        return None if minutes is None else timezone(timedelta(minutes=minutes))
    offset = timedelta(hours=int(found["zh"]), minutes=int(found["zm"] or 0))
    if offset >= timedelta(hours=24):
        return None
    return timezone(-offset if found["sign"] == "-" else offset)


def _fold(text: str) -> str:
    """Lower case without accents; "T" and "h" still tell times."""
    decomposed = unicodedata.normalize("NFKD", text).lower()
    return "".join(c for c in decomposed if not unicodedata.combining(c)).replace("−", "-")


@cache
def _months() -> dict[str, int]:
    """Every beginning of a month's name, of three letters or more, that means one month only."""
    meanings: dict[str, set[int]] = {}
    for names in (_FRENCH, _ENGLISH):
        for number, name in enumerate(names, 1):
            for length in range(3, len(name) + 1):
                meanings.setdefault(name[:length], set()).add(number)
    return {word: numbers.pop() for word, numbers in meanings.items() if len(numbers) == 1}


def _month(word: str) -> int:
    return _months().get(word, 0)  # 0 is no month: the date falls through


def _is_english(word: str) -> bool:
    return any(name.startswith(word) for name in _ENGLISH)


@cache
def paris() -> tzinfo:
    """The zone of French publishers."""
    return ZoneInfo("Europe/Paris")
