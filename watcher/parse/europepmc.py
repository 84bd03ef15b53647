"""Turn an answer of Europe PMC (PubMed, preprints and full texts in one search) into articles."""

import re
from typing import Any

from watcher.articles import Article, Parsed, Relation, Status
from watcher.articles import Kind as Relationship
from watcher.parse.html import absolute, plain_title
from watcher.parse.kind import Kind
from watcher.parse.services import (
    MAX_PARAMETER,
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
    mailbox,
    number,
    once,
    parameter,
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

SERVICE = "https://www.ebi.ac.uk/europepmc/webservices/rest/search"
# Its words for what one record is to another ("Retraction of", "Erratum in"), without the last one.
NOTICES: dict[str, Relationship] = {
    "retraction": "retracts", "partial retraction": "corrects", "erratum": "corrects", "correction": "corrects",
    "corrected and republished": "corrects", "expression of concern": "questions", "preprint": "preprint_of",
}  # fmt: skip
MOST_RELATIONS = 20  # of one record

_DOI = re.compile(r"10\.\d{4,9}/\S{1,200}")
_DAYS = re.compile(r"FIRST_IDATE:\[(\d{4}-\d\d-\d\d) TO (\d{4}-\d\d-\d\d)\]\)\Z")


def address(source: Source, window: Window) -> str:
    """Ask for what was first indexed in the window; the services count whole days."""
    return with_parameters(
        source.url or SERVICE,
        query=f"({source.query}) AND (FIRST_IDATE:[{window.since:%Y-%m-%d} TO {window.until:%Y-%m-%d}])",
        format="json",
        resultType="core",
        pageSize=PAGE,
        cursorMark="*",
        email=mailbox(window),
    )


def more(document: bytes, *, address: str, source: Source) -> str:  # noqa: ARG001 - the signature of a Follower
    """The page behind the cursor; there is none when the cursor comes back as it was sent.

    It sorts by nothing that tells when a record was indexed; a window that holds too much is closed earlier.
    """
    answer = loads(document) or {}
    here, there = parameter(address, "cursorMark"), text(answer, "nextCursorMark")
    query, days = parameter(address, "query"), _DAYS.search(parameter(address, "query"))
    if days and here in ("", "*") and (last := last_day(days[1], days[2], number(answer, "hitCount") or 0)):
        return with_parameters(address, query=f"{query[: days.start(2)]}{last}{query[days.end(2) :]}", cursorMark="*")
    found = len(records(inside(answer, "resultList"), "result"))
    everything = here in ("", "*") and found == number(answer, "hitCount")  # spares the empty page at the end
    if not found or everything or there in ("", here) or len(there) > MAX_PARAMETER:
        return ""
    return with_parameters(address, cursorMark=there)


def parse(document: bytes, source: Source, *, address: str, content_type: str) -> Parsed | Trouble:  # noqa: ARG001
    """Read one page of results: see `parse.parse`. No result at all is an answer like any other."""
    answer = loads(document)
    if answer is None:
        return unreadable(document)
    if "resultList" not in answer:  # its errors come with the status 200
        words = text(answer, "errMsg") or text(answer, "message")
        return error_in(answer) or refusal(words or "no resultList", number(answer, "errCode"))
    results = records(inside(answer, "resultList"), "result")
    articles = [_article(result, source) for result in results]
    named = tuple(article for article in articles if article.guid or article.title)
    days = _DAYS.search(parameter(address, "query"))
    return Parsed(articles=named, skipped=len(articles) - len(named), reached=day_after(days[2]) if days else None)


def _article(result: dict[str, Any], source: Source) -> Article:
    place, key = text(result, "source"), text(result, "id")
    pmid = text(result, "pmid") or (key if place == "MED" else "")
    pmcid = text(result, "pmcid") or (key if place == "PMC" else "")
    doi = text(result, "doi")
    issue, book = inside(result, "journalInfo"), inside(result, "bookOrReportDetails")
    published, year = day_of(text(result, "firstPublicationDate"))
    return Article(
        source=source.id,
        guid=f"{place}:{key}" if key else "",
        url=doi_address(doi) or _page(place, key, pmid),
        title=title_of(text(result, "title")),
        summary=abstract_of(text(result, "abstractText")),
        language=spoken(text(result, "language")) or source.language,
        published=published,
        authors=_authors(result),
        journal=plain_title(text(inside(issue, "journal"), "title") or text(book, "publisher"))[:300],
        year=text(result, "pubYear")[:4] or year,
        volume=text(issue, "volume")[:100],
        pages=text(result, "pageInfo")[:100],
        ids=declared(doi=doi, pmid=pmid, pmcid=pmcid),
        relations=_relations(result),
        status=_status(result),
    )


def _relations(result: dict[str, Any]) -> tuple[Relation, ...]:
    """What a record is to others: "… of" and "… for" are what it does, "… in" is what is done to it."""
    found = []
    for other in records(inside(result, "commentCorrectionList"), "commentCorrection")[:MOST_RELATIONS]:
        word, _, way = text(other, "type").lower().rpartition(" ")
        of = ("pmid", text(other, "id")) if text(other, "source") == "MED" else _cited(text(other, "reference"))
        if word in NOTICES and way in ("of", "for", "in") and of[1]:
            found.append(Relation(kind=NOTICES[word], of=of, passive=way == "in"))
    return tuple(found)


def _cited(reference: str) -> tuple[str, str]:
    doi = _DOI.search(reference)
    return "doi", doi[0].rstrip(".,;") if doi else ""


def _status(result: dict[str, Any]) -> Status:
    kinds = [kind.lower() for kind in texts(inside(result, "pubTypeList"), "pubType")]
    if "retracted publication" in kinds:
        return "retracted"
    return "preprint" if "preprint" in kinds or text(result, "source") == "PPR" else ""


def _page(place: str, key: str, pmid: str) -> str:
    if pmid:
        return f"https://pubmed.ncbi.nlm.nih.gov/{pmid}/" if pmid.isdigit() else ""
    return absolute(f"https://europepmc.org/article/{place}/{key}") if place and key else ""


def _authors(result: dict[str, Any]) -> tuple[str, ...]:
    listed = records(inside(result, "authorList"), "author")
    names = [text(author, "fullName") or text(author, "collectiveName") for author in listed]
    return once(names) or once(text(result, "authorString").removesuffix(".").split(", "))


KIND = Kind(parse=parse, address=address, more=more, service=SERVICE)
