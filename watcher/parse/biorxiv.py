"""Ask bioRxiv or medRxiv for the preprints of one category, and turn them into articles."""

import re
from typing import Any
from urllib.parse import quote

from watcher.articles import Article, Parsed, Relation
from watcher.parse.html import plain
from watcher.parse.kind import Kind
from watcher.parse.services import (
    day_after,
    day_of,
    declared,
    doi_address,
    error_in,
    last_day,
    loads,
    number,
    once,
    records,
    refusal,
    text,
    title_of,
    unreadable,
    with_parameters,
)
from watcher.sources import Source, Trouble, Window

SERVERS = {"biorxiv": "bioRxiv", "medrxiv": "medRxiv"}  # one host answers for both
NOTHING = "no articles found"
FOLLOWED = 90  # pages, of the hundred that a run follows

_CURSOR = re.compile(r"/details/[^/?#]*/(\d{4}-\d\d-\d\d)/(\d{4}-\d\d-\d\d)/(\d{1,9})/json")


def address(source: Source, window: Window) -> str:
    """The preprints of a category, by the days they were posted; `select: {server: medrxiv}` asks the other server.

    There is no search by words: the query is a category as the site names it ("cancer biology", "cancer_biology").
    """
    server = quote(dict(source.select).get("server", "biorxiv").strip().lower(), safe="")
    category = "_".join(source.query.lower().split())
    days = f"{window.since:%Y-%m-%d}/{window.until:%Y-%m-%d}"
    return with_parameters(f"{source.url.rstrip('/')}/details/{server}/{days}/0/json", category=category)


def parse(document: bytes, source: Source, *, address: str, content_type: str) -> Parsed | Trouble:  # noqa: ARG001
    """Read one page: see `parse.parse`. Of several versions of a preprint the last one stays."""
    answer = loads(document)
    if answer is None:
        return unreadable(document)
    if error := error_in(answer):
        return error
    said = text(_message(answer), "status")
    if not isinstance(answer.get("collection"), list):
        return refusal(said or "no collection")
    found = records(answer, "collection")
    if not found and not said.lower().startswith((NOTHING, "ok")):
        return refusal(said or "no status")
    last: dict[str, dict[str, Any]] = {}
    for record in found:
        doi = text(record, "doi")
        if doi not in last or (number(record, "version") or 0) >= (number(last[doi], "version") or 0):
            last[doi] = record
    cursor = _CURSOR.search(address)
    return Parsed(
        articles=tuple(_article(record, doi, source) for doi, record in last.items() if doi),
        skipped=sum(not text(record, "doi") for record in found),
        reached=day_after(cursor[2]) if cursor else None,
    )


def more(document: bytes, *, address: str, source: Source) -> str:  # noqa: ARG001
    """The next page: its number counts preprints, and how many a page holds is only known from that page.

    A window that holds more than a run can read is closed earlier.
    """
    answer = loads(document) or {}
    message, cursor = _message(answer), _CURSOR.search(address)
    count = number(message, "count") or len(records(answer, "collection"))
    if cursor is None or not records(answer, "collection"):
        return ""
    after = int(cursor[3]) + count
    total = number(message, "total")
    first = cursor[3] == "0"
    if first and (last := last_day(cursor[1], cursor[2], total or 0, count * FOLLOWED)):
        return f"{address[: cursor.start(2)]}{last}/0{address[cursor.end(3) :]}"
    if total is not None and after >= total:
        return ""
    return f"{address[: cursor.start(3)]}{after}{address[cursor.end(3) :]}"


def _message(answer: dict[str, Any]) -> dict[str, Any]:
    return next(iter(records(answer, "messages")), {})


def _article(record: dict[str, Any], doi: str, source: Source) -> Article:
    published, year = day_of(text(record, "date"))
    server = text(record, "server")[:100]
    journals = text(record, "published")  # the DOI of the journal's version, or "NA"
    printed = journals.startswith("10.")
    return Article(
        source=source.id,
        guid=doi[:200],
        url=doi_address(doi),
        title=title_of(text(record, "title")),
        summary=plain(text(record, "abstract")),
        language=source.language or "en",
        published=published,
        authors=once(text(record, "authors").split(";")),
        journal=SERVERS.get(server.lower(), server),
        year=year,
        ids=declared(doi=doi),
        relations=(Relation(kind="preprint_of", of=("doi", journals[:200])),) if printed else (),
        status="published" if printed else "preprint",
    )


KIND = Kind(parse=parse, address=address, more=more, service="https://api.biorxiv.org")
