"""What the rooms of literature services share: JSON, query strings, and the forms that their records have in common."""

import json
import re
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from watcher.parse.dates import parse_date
from watcher.parse.html import MAX_TITLE, plain, plain_title
from watcher.sources import Trouble, Window
from watcher.text import clean

TOOL = "literature-watcher"  # how we name ourselves where a service asks for it
PAGE = 100  # records asked for at a time
MOST = 9_000  # records in one run: services let us page through 10,000, and a run follows a hundred pages
MAX_AUTHORS = 500
MAX_DETAIL = 200
MAX_PARAMETER = 4_096  # characters; what a server hands us to send back is no longer than that

_DOI = re.compile(r"10\.\d{4,9}/\S+")
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_DAY_OR_MONTH = re.compile(r"\d{4}-\d\d?")
_TOO_MANY = re.compile(r"rate (?:limit )?exceeded|too many requests|rate limit", re.IGNORECASE)
_HEADING = re.compile(r"\A(?:Abstract|ABSTRACT|Summary|Résumé)\b[\s:.–—-]*(?=[A-ZÀ-Þ«\d])")
_LANGUAGES = {"eng": "en", "fre": "fr", "fra": "fr", "ger": "de", "deu": "de", "spa": "es", "ita": "it", "por": "pt"}
_LANGUAGES |= {"chi": "zh", "zho": "zh", "jpn": "ja", "rus": "ru", "pol": "pl", "dut": "nl", "nld": "nl"}


# ---- query strings


def with_parameters(address: str, **parameters: str | int | tuple[str, ...]) -> str:
    """An address with these query parameters, in place of those of the same name; the others stay as they are.

    A tuple gives a parameter several times; "" and () leave it out. Names with dots or hyphens come as `**{"a.b": ""}`.
    """
    try:
        parts = urlsplit(address)
    except ValueError:
        return address
    pairs = [(name, value) for name, value in _pairs(parts.query) if name not in parameters]
    for name, value in parameters.items():
        pairs += [(name, str(one)) for one in (value if isinstance(value, tuple) else (value,)) if one != ""]
    return parts._replace(query=urlencode(pairs, errors="replace"), fragment="").geturl()


def parameters(address: str, name: str) -> tuple[str, ...]:
    """All the values that an address gives a query parameter, in order."""
    try:
        return tuple(value for key, value in _pairs(urlsplit(address).query) if key == name)
    except ValueError:
        return ()


def parameter(address: str, name: str) -> str:
    """The first value that an address gives a query parameter; "" when it has none."""
    return next(iter(parameters(address, name)), "")


def mailbox(window: Window) -> str:
    """The user's address where it is an e-mail address, which is what services ask for; "" otherwise."""
    return window.contact if "@" in window.contact and "://" not in window.contact else ""


# ---- windows that hold too much
# A window that holds more than one run can read is closed earlier: its beginning is read whole, and the next run goes
# on from there. So it does not matter in which order a service gives its records, as long as it counts them.


def last_day(first: str, last: str, found: int, most: int = MOST) -> str:
    """The last day of a window that begins on `first` and holds fewer than the `found` records up to `last`.

    Days are "2026-11-22", both included. "" when the window may stay as it is: its records fit, or it is one day.
    """
    try:
        opens, closes = date.fromisoformat(first), date.fromisoformat(last)
    except ValueError:
        return ""
    days = (closes - opens).days + 1
    if found <= most or days <= 1:
        return ""
    kept = max(1, min(days - 1, days * most * 4 // (found * 5)))  # a fifth less, since days are not alike
    return (opens + timedelta(days=kept - 1)).isoformat()


def day_after(last: str, later: timedelta = timedelta(0)) -> datetime | None:
    """The end of a day ("2026-11-22"), and so much later; None for a text that is no day."""
    try:
        return datetime.combine(date.fromisoformat(last), datetime.min.time(), UTC) + timedelta(days=1) + later
    except (ValueError, OverflowError):
        return None


def _pairs(query: str) -> list[tuple[str, str]]:
    return parse_qsl(query, keep_blank_values=True)


# ---- JSON


def loads(document: bytes) -> dict[str, Any] | None:
    """Read a JSON object; None for anything else. Never raises.

    Whole numbers of up to 18 digits are ints; longer ones and decimals stay text; NaN and Infinity become None.
    """
    try:
        written = document.decode("utf-8-sig", "replace")
        # Not strict: services quote what was asked, raw line ends and tabs included.
        read = json.loads(written, strict=False, parse_int=_whole, parse_float=str, parse_constant=_nothing)
    except (ValueError, RecursionError):
        return None
    return read if isinstance(read, dict) else None


def _whole(digits: str) -> int | str:
    return int(digits) if len(digits) <= 18 else digits


def _nothing(_constant: str) -> None:
    """NaN and Infinity."""


def inside(holder: object, *keys: str) -> dict[str, Any]:
    """The object that lies at the end of a path of keys; {} where the path breaks off."""
    for key in keys:
        holder = holder.get(key) if isinstance(holder, dict) else None
    return holder if isinstance(holder, dict) else {}


def records(holder: dict[str, Any], key: str) -> list[dict[str, Any]]:
    """The objects of a list; [] where there is no list."""
    value = holder.get(key)
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def texts(holder: dict[str, Any], key: str) -> tuple[str, ...]:
    """The texts of a field that may be one text, a number or a list of them; empty ones left out, markup left in."""
    value = holder.get(key)
    listed = value if isinstance(value, list) else [value]
    return tuple(text for one in listed if (text := _text(one)).strip())


def text(holder: dict[str, Any], key: str) -> str:
    """The first text of such a field, cleaned; "" when it has none."""
    return clean(next(iter(texts(holder, key)), "")[:100_000])


def number(holder: dict[str, Any], key: str) -> int | None:
    """A count that may be written as a number or as a text; None when it is none."""
    value = text(holder, key)
    return int(value) if value.isascii() and value.isdigit() and len(value) <= 18 else None


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else ""


# ---- what records have in common


def title_of(markup: str) -> str:
    """A title as it is shown: without markup, the final full stop, and the brackets of a translated one."""
    title = plain_title(markup)[:MAX_TITLE].rstrip()
    bare = title.removesuffix(".") if not title.endswith("..") else title
    if bare.startswith("[") and bare.endswith("]") and bare.count("[") == 1:
        bare = bare[1:-1].strip().removesuffix(".")
    return bare or title


def abstract_of(markup: str) -> str:
    """The prose of an abstract (HTML or JATS), without the heading that only says what it is."""
    return _HEADING.sub("", plain(markup), count=1)


def day_of(written: str) -> tuple[datetime | None, str]:
    """What a date of a record says: the moment (None when it gives only a year), and the year ("" without one)."""
    year = _YEAR.search(written[:40])
    moment = parse_date(written) if _DAY_OR_MONTH.match(written) else None
    return moment, year[0] if year else ""


def spoken(code: str) -> str:
    """The two letters of a language given as two or as three ("eng", "fre", "fr", "en-US"); "" for any other."""
    base = code.strip().lower().replace("_", "-").partition("-")[0]
    if len(base) == 2 and base.isascii() and base.isalpha():
        return base
    return _LANGUAGES.get(base, "")


def once(names: list[str]) -> tuple[str, ...]:
    """Names of authors, each once, in order."""
    return tuple(dict.fromkeys(name for raw in names[:MAX_AUTHORS] if (name := plain_title(raw[:500])[:200].rstrip())))


def doi_address(doi: str) -> str:
    """Where a DOI leads, as an address; "" when there is none in the text."""
    found = _DOI.search(doi)
    return f"https://doi.org/{quote(found[0], safe='/:;().,_-~!$*+@=', errors='replace')}" if found else ""


def declared(**values: str) -> tuple[tuple[str, str], ...]:
    """The identifiers of a record, those that it has."""
    return tuple((scheme, value) for scheme, value in values.items() if value)


# ---- refusals


def unreadable(document: bytes) -> Trouble:
    """The trouble of an answer that is not the JSON it should be."""
    words = plain_title(document[:4_000].decode("utf-8", "replace"))[:MAX_DETAIL].rstrip()
    return refusal(words) if _TOO_MANY.search(words) else Trouble(kind="broken", detail=words)


def refusal(words: str, status: int | None = None) -> Trouble:
    """The trouble of a service that answers with an error of its own, whatever the status of its answer was."""
    detail = clean(words)[:MAX_DETAIL].rstrip()
    if _TOO_MANY.search(detail):
        status = 429
    return Trouble(kind="http" if status else "broken", detail=detail, status=status)


def error_in(answer: dict[str, Any]) -> Trouble | None:
    """The trouble of an answer such as `{"error": "why"}` or `{"error": {"msg": "why", "code": 400}}`."""
    error = answer.get("error")
    if isinstance(error, dict):
        return refusal(text(error, "msg") or text(error, "message") or "error", number(error, "code"))
    return refusal(_text(error) or "error") if error else None
