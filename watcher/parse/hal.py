"""Turn an answer of HAL, the French open archive, into articles."""

import re
from datetime import datetime, timedelta
from typing import Any

from watcher.articles import Article, Parsed
from watcher.parse.html import absolute, plain_title
from watcher.parse.kind import Kind
from watcher.parse.services import (
    PAGE,
    abstract_of,
    day_after,
    day_of,
    declared,
    doi_address,
    error_in,
    inside,
    last_day,
    loads,
    number,
    once,
    parameter,
    parameters,
    records,
    refusal,
    spoken,
    text,
    texts,
    title_of,
    unreadable,
    with_parameters,
)
from watcher.sources import Source, Trouble, Window
from watcher.text import language

SERVICE = "https://api.archives-ouvertes.fr/search/"
FIELDS = (
    "halId_s,uri_s,title_s,abstract_s,authFullName_s,doiId_s,pubmedId_s,pubmedcentralId_s,journalTitle_s,volume_s,"
    "page_s,language_s,producedDate_s,producedDate_tdate,producedDateY_i,docType_s"
)
PREPRINTS = ("UNDEFINED", "PREPRINT")  # how HAL calls what no journal has brought out

_DAYS = re.compile(r"(?<=Date_tdate:\[)(\d{4}-\d\d-\d\d)T00:00:00Z TO (\d{4}-\d\d-\d\d)(?=T00:00:00Z\])")
_VERSION = re.compile(r"(?<=\d)v\d+$")
_ABSENT = re.compile(
    r"\W*(?:absent|none|n/?a|non disponible|no abstract(?: available)?|pas de résumé)?\W*", re.IGNORECASE
)


def address(source: Source, window: Window) -> str:
    """Ask for what was deposited or put online in the window: a deposit waits, sometimes for weeks, to be checked."""
    days = f"[{_midnight(window.since)} TO {_midnight(window.until + timedelta(days=1))}]"
    url = source.url or SERVICE
    return with_parameters(
        url,
        q=source.query,
        fq=(*parameters(url, "fq"), f"submittedDate_tdate:{days} OR releasedDate_tdate:{days}"),
        fl=FIELDS,
        sort="submittedDate_tdate asc,docid asc",  # what comes in meanwhile moves no page
        start=0,
        rows=PAGE,
        wt="json",
    )


def _narrower(address: str, found: int) -> tuple[str, ...]:
    """The filters of a window that closes earlier; () when this one holds no more than a run can read."""
    *others, asked = parameters(address, "fq") or ("",)
    days = _DAYS.search(asked)
    end = day_after(days[2], -timedelta(days=1)) if days else None
    if days is None or end is None:
        return ()
    last = last_day(days[1], f"{end - timedelta(days=1):%Y-%m-%d}", found)
    closing = day_after(last)
    return (*others, _DAYS.sub(f"{days[1]}T00:00:00Z TO {closing:%Y-%m-%d}", asked)) if closing else ()


def _midnight(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d}T00:00:00Z"


def more(document: bytes, *, address: str, source: Source) -> str:  # noqa: ARG001 - the signature of a Follower
    """The next hundred, as long as there are some; a window that holds too much is closed earlier."""
    response = inside(loads(document), "response")
    start = parameter(address, "start")
    if start in ("", "0") and (asked := _narrower(address, number(response, "numFound") or 0)):
        return with_parameters(address, fq=asked, start=0)
    reached = (int(start) if re.fullmatch(r"\d{1,9}", start) else 0) + PAGE
    if not records(response, "docs") or reached >= (number(response, "numFound") or 0):
        return ""
    return with_parameters(address, start=reached)


def parse(document: bytes, source: Source, *, address: str, content_type: str) -> Parsed | Trouble:  # noqa: ARG001
    """Read one page of deposits: see `parse.parse`. No deposit at all is an answer like any other."""
    answer = loads(document)
    if answer is None:
        return unreadable(document)
    if error := error_in(answer):
        return error
    if not isinstance(inside(answer, "response").get("docs"), list):
        return refusal("no response.docs")
    articles = [_article(deposit, source) for deposit in records(inside(answer, "response"), "docs")]
    named = tuple(article for article in articles if article.guid or article.title)
    days = _DAYS.search(next(reversed(parameters(address, "fq")), ""))
    return Parsed(
        articles=named,
        skipped=len(articles) - len(named),
        reached=day_after(days[2], -timedelta(days=1)) if days else None,  # the window ends as its last day begins
    )


def _article(deposit: dict[str, Any], source: Source) -> Article:
    hal = _VERSION.sub("", text(deposit, "halId_s"))
    doi = text(deposit, "doiId_s")
    page = _VERSION.sub("", absolute(text(deposit, "uri_s")))
    title = title_of(text(deposit, "title_s"))
    published, year = _day(deposit)
    return Article(
        source=source.id,
        guid=hal,
        url=page or (absolute(f"https://hal.science/{hal}") if hal else doi_address(doi)),
        title=title,
        summary=_abstract(deposit, language(title) or spoken(text(deposit, "language_s"))),
        language=spoken(text(deposit, "language_s")) or source.language,
        published=published,
        authors=once(list(texts(deposit, "authFullName_s"))),
        journal=plain_title(text(deposit, "journalTitle_s"))[:300],
        year=year,
        volume=text(deposit, "volume_s")[:100],
        pages=text(deposit, "page_s")[:100],
        ids=declared(doi=doi, pmid=text(deposit, "pubmedId_s"), pmcid=text(deposit, "pubmedcentralId_s"), hal=hal),
        status="preprint" if text(deposit, "docType_s") in PREPRINTS else "",
    )


def _abstract(deposit: dict[str, Any], wanted: str) -> str:
    """The abstract in the language of the title; a deposit often has one in French and one in English."""
    found = [abstract_of(markup) for markup in texts(deposit, "abstract_s")]
    told = [abstract for abstract in found if not _ABSENT.fullmatch(abstract)]
    return next((abstract for abstract in told if language(abstract[:600]) == wanted), next(iter(told), ""))


def _day(deposit: dict[str, Any]) -> tuple[datetime | None, str]:
    """When it was written or published: as its depositor stated it, since an index makes 1 January out of a year."""
    stated = text(deposit, "producedDate_s")
    indexed = text(deposit, "producedDate_tdate")
    return day_of(stated or (indexed[:4] if indexed[4:10] == "-01-01" else indexed) or text(deposit, "producedDateY_i"))


KIND = Kind(parse=parse, address=address, more=more, service=SERVICE)
