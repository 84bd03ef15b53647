"""Ask OpenAlex for what was published lately, and turn its works into articles."""

import re
from datetime import timedelta
from typing import Any

from watcher.articles import Article, Parsed, Relation, Status
from watcher.parse.html import absolute, plain, plain_title
from watcher.parse.kind import Kind
from watcher.parse.services import (
    PAGE,
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
    records,
    refusal,
    spoken,
    text,
    title_of,
    unreadable,
    with_parameters,
)
from watcher.sources import Source, Trouble, Window

DEEPEST = 10_000  # works, as far as numbered pages reach
LATE = timedelta(days=30)  # OpenAlex says when a work was published, and may list it weeks after that day
EARLY = timedelta(days=30)  # and journals date issues ahead; a date further ahead has its turn when it is nearer
FIELDS = (
    "id,doi,ids,title,publication_date,language,authorships,primary_location,biblio,abstract_inverted_index,type,"
    "is_retracted,locations"
)
MOST_PLACES = 20  # of one work
MAX_WORDS = 20_000  # of an abstract

_DAYS = re.compile(r"from_publication_date:(\d{4}-\d\d-\d\d),to_publication_date:(\d{4}-\d\d-\d\d)")
_DOI = re.compile(r"10\.\d{4,9}/[^\s?#]{1,200}")
_ARXIV = re.compile(r"10\.48550/arxiv\.(\S+)", re.IGNORECASE)


def address(source: Source, window: Window) -> str:
    """The works that answer the query, newest first; `select: {filter: ...}` narrows them.

    With an `api_key` pages are asked by cursor, without one by number: OpenAlex refuses cursors to those who have no
    key. It belongs into the secrets; one in the source's address works too.
    """
    words = source.query.replace(",", " ")  # a comma would end the filter
    days = f"from_publication_date:{window.since - LATE:%Y-%m-%d},to_publication_date:{window.until + EARLY:%Y-%m-%d}"
    filters = [f"title_and_abstract.search:{words}", days]
    filters += [value for name, value in source.select if name == "filter" and value]
    keyed = "api_key" in window.given or bool(parameter(source.url, "api_key"))
    return with_parameters(
        source.url,
        filter=",".join(filters),
        sort="publication_date:desc",
        select=FIELDS,
        per_page=PAGE,
        cursor="*" if keyed else "",
        page="" if keyed else 1,
    )


def parse(document: bytes, source: Source, *, address: str, content_type: str) -> Parsed | Trouble:  # noqa: ARG001
    """Read one page: see `parse.parse`. Finding nothing is no trouble."""
    answer = loads(document)
    if answer is None:
        return unreadable(document)
    if error := error_in(answer):
        return refusal(f"{error.detail} {text(answer, 'message')}", error.status)
    if not isinstance(answer.get("results"), list):
        return refusal(text(answer, "message") or "no results")
    articles = [_article(work, source) for work in records(answer, "results")]
    named = tuple(article for article in articles if article.title or article.guid)
    held = number(inside(answer, "meta"), "count") or 0
    days = _DAYS.search(parameter(address, "filter"))
    return Parsed(
        articles=named,
        complete=bool(parameter(address, "cursor")) or held <= DEEPEST or bool(_narrower(address, held)),
        skipped=len(articles) - len(named),
        reached=day_after(days[2], LATE) if days else None,
    )


def more(document: bytes, *, address: str, source: Source) -> str:  # noqa: ARG001
    """The next page, by cursor or by number, as it was asked for; a window that holds too much is closed earlier."""
    answer = loads(document) or {}
    meta = inside(answer, "meta")
    if not records(answer, "results"):
        return ""
    if narrower := _narrower(address, number(meta, "count") or 0):
        return narrower
    cursor = parameter(address, "cursor")
    if cursor:
        cursor = text(meta, "next_cursor")
        return with_parameters(address, cursor=cursor) if cursor else ""
    page = number({"page": parameter(address, "page")}, "page") or 1
    if page * (number(meta, "per_page") or PAGE) >= min(number(meta, "count") or 0, DEEPEST):
        return ""
    return with_parameters(address, page=page + 1)


def _narrower(address: str, held: int) -> str:
    """The first page of a window that closes earlier; "" when this one holds no more than a run can read."""
    asked = parameter(address, "filter")
    days = _DAYS.search(asked)
    if not days or (parameter(address, "cursor") != "*" and parameter(address, "page") != "1"):
        return ""
    last = last_day(days[1], days[2], held)
    return with_parameters(address, filter=f"{asked[: days.start(2)]}{last}{asked[days.end(2) :]}") if last else ""


def _article(work: dict[str, Any], source: Source) -> Article:
    doi, name, place = text(work, "doi"), text(work, "id"), inside(work, "primary_location")
    published, year = day_of(text(work, "publication_date"))
    return Article(
        source=source.id,
        guid=name[:200],
        url=doi_address(doi) or absolute(text(place, "landing_page_url")) or absolute(name),
        title=title_of(text(work, "title")),
        summary=plain(_abstract(inside(work, "abstract_inverted_index"))),
        language=spoken(text(work, "language")) or source.language,
        published=published,
        authors=once([text(inside(one, "author"), "display_name") for one in records(work, "authorships")]),
        journal=plain_title(text(inside(place, "source"), "display_name"))[:300],
        year=year,
        volume=text(inside(work, "biblio"), "volume")[:100],
        pages=_pages(inside(work, "biblio")),
        ids=_ids(work, doi),
        relations=_forms(work, doi),
        status=_status(work),
    )


def _status(work: dict[str, Any]) -> Status:
    if work.get("is_retracted") is True:
        return "retracted"
    return "preprint" if text(work, "type") == "preprint" else ""


def _forms(work: dict[str, Any], doi: str) -> tuple[Relation, ...]:
    """The other forms of a work: places where it is deposited as what was submitted, or was printed."""
    own = _DOI.search(doi)
    deposited = text(work, "type") == "preprint"  # this one is what was submitted
    found: dict[Relation, None] = {}
    for place in records(work, "locations")[:MOST_PLACES]:
        other = _DOI.search(text(place, "landing_page_url"))
        wanted = "publishedVersion" if deposited else "submittedVersion"
        if own and other and other[0].lower() != own[0].lower() and text(place, "version") == wanted:
            found[Relation(kind="preprint_of", of=("doi", other[0]), passive=not deposited)] = None
    return tuple(found)


def _abstract(places: dict[str, Any]) -> str:
    """The text of an abstract that comes as words with the positions of each; a word may stand in several."""
    words = [
        (position, word)
        for word, positions in places.items()
        if isinstance(positions, list)
        for position in positions
        if isinstance(position, int)
    ]
    return " ".join(word for _, word in sorted(words)[:MAX_WORDS])


def _pages(biblio: dict[str, Any]) -> str:
    first, last = text(biblio, "first_page"), text(biblio, "last_page")
    return (f"{first}-{last}" if first and last and first != last else first)[:100]


def _ids(work: dict[str, Any], doi: str) -> tuple[tuple[str, str], ...]:
    preprint = _ARXIV.search(doi)
    pmid = text(inside(work, "ids"), "pmid").rstrip("/").rpartition("/")[2]
    return declared(doi=doi, arxiv=preprint[1] if preprint else "", pmid=pmid)


KIND = Kind(parse=parse, address=address, more=more, service="https://api.openalex.org/works")
