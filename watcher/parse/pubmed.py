"""Turn the answers of PubMed into articles: a search that stays with the service, then its records page by page."""

import io
import re
from dataclasses import replace
from datetime import datetime

from watcher.articles import Article, Parsed
from watcher.errors import UsageError
from watcher.parse.html import plain_title
from watcher.parse.kind import Kind
from watcher.parse.services import (
    MAX_DETAIL,
    MAX_PARAMETER,
    PAGE,
    TOOL,
    day_after,
    error_in,
    inside,
    last_day,
    loads,
    mailbox,
    number,
    parameter,
    refusal,
    text,
    unreadable,
    with_parameters,
)
from watcher.sources import Source, Trouble, Window

SERVICE = "https://eutils.ncbi.nlm.nih.gov/entrez/eutils/esearch.fcgi"
SEARCH, FETCH = "esearch.fcgi", "efetch.fcgi"

_START = re.compile(rb"<PubmedArticleSet\b")
_ERROR = re.compile(rb"<ERROR>([^<]{0,1000})")


def address(source: Source, window: Window) -> str:
    """Search what was entered in the window; the records found stay on the history server of the service."""
    return with_parameters(
        source.url or SERVICE,
        db="pubmed",
        term=source.query,
        datetype="edat",
        mindate=f"{window.since:%Y/%m/%d}",
        maxdate=f"{window.until:%Y/%m/%d}",
        usehistory="y",
        retmax=0,
        retmode="json",
        tool=TOOL,
        email=mailbox(window),
    )


def more(document: bytes, *, address: str, source: Source) -> str:  # noqa: ARG001 - the signature of a Follower
    """From the search to its first records, and on in steps of a hundred until its count is reached.

    The records do not say how many there are in all, nor of which days they are: their address carries the `count`
    and the last day of the search along. A search that found more than the service hands out is made anew for fewer
    days.
    """
    count, start = parameter(address, "count"), parameter(address, "retstart")
    if re.fullmatch(r"\d{1,9}", count) and re.fullmatch(r"\d{1,9}", start):
        reached = int(start) + PAGE
        return with_parameters(address, retstart=reached) if reached < int(count) and _START.search(document) else ""
    result = inside(loads(document), "esearchresult")
    key, history, found = text(result, "querykey"), text(result, "webenv"), number(result, "count")
    if not (key and history and found) or len(history) > MAX_PARAMETER:
        return ""
    first, until = (parameter(address, name).replace("/", "-") for name in ("mindate", "maxdate"))
    if last := last_day(first, until, found):
        return with_parameters(address, maxdate=last.replace("-", "/"))
    searched = ("term", "datetype", "mindate", "maxdate", "usehistory", "sort", "reldate")
    fetching = address.replace(SEARCH, FETCH, 1)
    return with_parameters(
        fetching,
        **dict.fromkeys(searched, ""),
        query_key=key,
        WebEnv=history,
        retstart=0,
        retmax=PAGE,
        retmode="xml",
        count=found,
        until=until,
    )


def parse(document: bytes, source: Source, *, address: str, content_type: str) -> Parsed | Trouble:  # noqa: ARG001
    """Read a search (which holds no article yet) or a page of records: see `parse.parse`."""
    if _START.search(document):
        return _records(document, source, day_after(parameter(address, "until")))
    if error := _ERROR.search(document):
        return refusal(plain_title(error[1].decode("utf-8", "replace"))[:MAX_DETAIL])
    answer = loads(document)
    if answer is None:
        return unreadable(document)
    result = inside(answer, "esearchresult")
    if words := text(result, "ERROR"):
        return refusal(words)
    found = number(result, "count")
    if found is None or (found and not text(result, "webenv")):
        return error_in(answer) or refusal("no count" if found is None else "no webenv")
    return Parsed(articles=(), reached=day_after(parameter(address, "maxdate").replace("/", "-")))


def _records(document: bytes, source: Source, reached: datetime | None) -> Parsed | Trouble:
    """The articles of a page; when it is damaged, those before that place."""
    from watcher.parse.pubmedxml import read_pubmed  # reads with lxml

    articles: list[Article] = []
    damage = ""
    try:
        articles.extend(read_pubmed(io.BytesIO(document), source=source.id))
    except UsageError as error:  # meant for the files that a person names
        damage = str(error.facts.get("detail", ""))
        if not articles:
            return Trouble(kind="broken", detail=damage)
    told = tuple(replace(article, language=article.language or source.language) for article in articles)
    return Parsed(articles=told, complete=not damage, reached=reached)


KIND = Kind(parse=parse, address=address, more=more, service=SERVICE, spacing=0.34)  # three requests a second
