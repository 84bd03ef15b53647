"""Ask arXiv for what was submitted lately, and turn its Atom into articles."""

import re
from dataclasses import replace
from datetime import timedelta

from watcher.articles import Article, Parsed, Status
from watcher.parse import feed
from watcher.parse.kind import Kind
from watcher.parse.services import PAGE, day_after, last_day, parameter, refusal, unreadable, with_parameters
from watcher.sources import Source, Trouble, Window

LATE = timedelta(days=7)  # moderators and week-ends stand between the submission of a preprint and its listing

_ENTRY = re.compile(rb"<entry[\s>]")
_TOTAL = re.compile(rb"<opensearch:totalResults[^<>]*>\s*(\d{1,9})\s*<")
_PUBLISHED = re.compile(rb"<published>\s*(\d{4})-(\d\d)-(\d\d)")
_DAYS = re.compile(r"submittedDate:\[(\d{8})0000 TO (\d{8})2359\]")
_ID = re.compile(rb"<id>\s*([^<>\s]+)\s*</id>")
_DOI = re.compile(rb"<arxiv:doi[^<>]*>\s*([^<>\s]+)\s*</arxiv:doi>")
_NAME = re.compile(r"https?://arxiv\.org/abs/(\S+?)(?:v\d+)?")
_ERROR = re.compile(r"https?://arxiv\.org/api/errors\b")


def address(source: Source, window: Window) -> str:
    """The newest preprints that answer the query, in whole days: arXiv keeps its answers for a day."""
    days = f"submittedDate:[{window.since - LATE:%Y%m%d}0000 TO {window.until:%Y%m%d}2359]"
    return with_parameters(
        source.url,
        search_query=f"({source.query}) AND {days}",
        sortBy="submittedDate",
        sortOrder="descending",
        start=0,
        max_results=PAGE,
    )


def parse(document: bytes, source: Source, *, address: str, content_type: str) -> Parsed | Trouble:
    """Read one page: see `parse.parse`. An error comes as a feed too, with a 200; a query may well find nothing."""
    parsed = feed.parse(document, source, address=address, content_type=content_type)
    if isinstance(parsed, Trouble):
        if parsed.kind == "empty" and _TOTAL.search(document) and _total(document) <= _start(address):
            return Parsed(articles=(), reached=day_after(_dashed(days[2]), LATE) if (days := _days(address)) else None)
        return unreadable(document) if parsed.kind == "not-a-feed" else parsed  # "Rate exceeded." is plain text
    for article in parsed.articles:
        if article.title == "Error" or _ERROR.match(article.guid):
            return refusal(article.summary or "Error")
    dois = _dois(document)
    return replace(
        parsed,
        articles=tuple(_preprint(article, dois) for article in parsed.articles),
        reached=day_after(_dashed(days[2]), LATE) if (days := _days(address)) else None,
    )


def more(document: bytes, *, address: str, source: Source) -> str:  # noqa: ARG001
    """The next page; none when all came, or when arXiv passes over the dates and is further back than was asked.

    A window that holds too much is closed earlier.
    """
    found = len(_ENTRY.findall(document))
    start, total = _start(address) + found, _total(document)
    days = _days(address)
    if days and not _start(address) and (last := last_day(_dashed(days[1]), _dashed(days[2]), total)):
        asked = parameter(address, "search_query")
        query = f"{asked[: days.start(2)]}{last.replace('-', '')}{asked[days.end(2) :]}"
        return with_parameters(address, search_query=query)
    published = ["".join(part.decode() for part in day) for day in _PUBLISHED.findall(document)]
    if not found or start >= total or (days and published and min(published) < days[1]):
        return ""
    return with_parameters(address, start=start)


def _days(address: str) -> re.Match[str] | None:
    """The first and the last day that an address asks for, as arXiv writes them."""
    return _DAYS.search(parameter(address, "search_query"))


def _dashed(day: str) -> str:
    return f"{day[:4]}-{day[4:6]}-{day[6:]}"


def _preprint(article: Article, dois: dict[str, str]) -> Article:
    """A preprint under the name that its versions share."""
    named = _NAME.fullmatch(article.guid)
    if not named:
        return article
    ids = [("arxiv", named[1])]
    if doi := dois.get(article.guid):
        ids.append(("doi", doi))
    url = f"https://arxiv.org/abs/{named[1]}"
    status: Status = "published" if doi else "preprint"
    return replace(article, guid=url, url=url, ids=tuple(ids), journal="arXiv", status=status)


def _dois(document: bytes) -> dict[str, str]:
    """The DOIs of the journal's version, where authors gave one, by the id of the entry."""
    found = {}
    for entry in _ENTRY.split(document)[1:]:
        if (name := _ID.search(entry)) and (doi := _DOI.search(entry)):
            found[name[1].decode("utf-8", "replace")] = doi[1].decode("utf-8", "replace")
    return found


def _total(document: bytes) -> int:
    total = _TOTAL.search(document)
    return int(total[1]) if total else 0


def _start(address: str) -> int:
    start = parameter(address, "start")
    return int(start) if start.isascii() and start.isdigit() and len(start) < 10 else 0


KIND = Kind(parse=parse, address=address, more=more, service="https://export.arxiv.org/api/query", spacing=3.0)
