"""Articles out of JSON lines: reference collections, and what `watcher export` printed."""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any, get_args

from watcher.articles import Article, Kind, Relation, Status
from watcher.errors import UsageError
from watcher.parse.dates import parse_date
from watcher.parse.html import MAX_TEXT, MAX_TITLE, absolute
from watcher.text import clean, language

SCHEMES = ("doi", "pmid", "pmcid", "hal", "nct")  # of identifiers that a record may give by name
ALIASES = (*SCHEMES, "arxiv", "url", "guid", "title")  # and of those that `watcher export` lists
MAX_LINE = 50_000_000  # characters; a longer line is no record
_YEAR = re.compile(r"(?:19|20)\d\d")


def read_records(lines: Iterable[str], *, source: str) -> Iterator[Article]:
    """Read one article per line; empty lines are passed over.

    A record needs "id"; it may have title, text, summary, language, url, published, authors (a list, or one text
    separated by ";" or " and "), year, journal, volume, pages, event, doi, pmid, pmcid, hal, nct and aliases
    ("scheme:value", ...). Null counts as absent and a number as its text. Raises UsageError("bad-record") with file,
    line and detail for a line that is no JSON object or has no id.
    """
    for number, line in enumerate(lines, 1):
        if line.strip("\ufeff \t\r\n"):
            yield _article(_record(line, source, number), source)


def _record(line: str, source: str, number: int) -> dict[str, Any]:
    detail = "not a JSON object"
    try:
        if len(line) > MAX_LINE:
            raise ValueError("too long")
        # Numbers stay the text they were written as: "007", 10.10 and a 5,000-digit number are all only names here.
        record = json.loads(line.lstrip("\ufeff"), parse_int=str, parse_float=str, parse_constant=_nothing)
    except (ValueError, RecursionError) as error:
        detail = str(error).partition(":")[0]
        raise UsageError("bad-record", file=source, line=number, detail=detail) from None
    if not isinstance(record, dict):
        raise UsageError("bad-record", file=source, line=number, detail=detail)
    if not _value(record, "id"):
        raise UsageError("bad-record", file=source, line=number, detail="no id")
    return record


def _article(record: dict[str, Any], source: str) -> Article:
    published = _value(record, "published")
    title = _value(record, "title")[:MAX_TITLE].rstrip()
    text = (_value(record, "text") or _value(record, "summary"))[:MAX_TEXT].rstrip()
    year = _YEAR.search(_value(record, "year") or published)
    return Article(
        source=source,
        guid=_value(record, "id"),
        url=absolute(_value(record, "url")),
        title=title,
        summary=text,
        language=_value(record, "language").lower()[:2] or language(f"{title}. {text[:600]}"),
        published=parse_date(published) if published else None,
        authors=names(record.get("authors")),
        journal=_value(record, "journal"),
        year=year[0] if year else "",
        volume=_value(record, "volume"),
        pages=_value(record, "pages"),
        ids=_ids(record),
        event=parse_date(_value(record, "event")),
        relations=_relations(record),
        status=_STATUSES.get(_value(record, "status"), ""),
    )


_KINDS: dict[str, Kind] = {kind: kind for kind in get_args(Kind)}
_STATUSES: dict[str, Status] = {status: status for status in get_args(Status)}


def _relations(record: dict[str, Any]) -> tuple[Relation, ...]:
    """What `watcher export` says of how articles are related; anything else says nothing."""
    listed = record.get("relations")
    found = []
    for said in listed if isinstance(listed, list) else ():
        scheme, _, value = _value(said, "of").partition(":") if isinstance(said, dict) else ("", "", "")
        kind = _KINDS.get(_value(said, "kind")) if value else None
        if kind:
            found.append(Relation(kind=kind, of=(scheme, value), passive=said.get("passive") is True))
    return tuple(found)


def names(authors: object) -> tuple[str, ...]:
    """Authors given as a list of names (or of objects with a name), or as one text; each once, in order."""
    if isinstance(authors, str):
        listed: list[object] = list(re.split(r";" if ";" in authors else r"\s+and\s+", authors))
    else:
        listed = list(authors) if isinstance(authors, list) else []
    plain = (clean(_text(a.get("name") if isinstance(a, dict) else a)) for a in listed)
    return tuple(dict.fromkeys(name for name in plain if name))


def _ids(record: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    declared = [(scheme, value) for scheme in SCHEMES if (value := _value(record, scheme))]
    aliases = record.get("aliases")
    for alias in aliases if isinstance(aliases, list) else ():
        scheme, _, value = clean(_text(alias)).partition(":")
        if scheme in ALIASES and value:
            declared.append((scheme, value))
    return tuple(dict.fromkeys(declared))


def _value(record: dict[str, Any], key: str) -> str:
    value = record.get(key)
    return "" if value is None else clean(_text(value)[: 2 * MAX_TEXT])


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""  # numbers are text already; anything else says nothing


def _nothing(_constant: str) -> None:
    """NaN and Infinity."""
