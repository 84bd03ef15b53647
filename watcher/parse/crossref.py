"""Turn an answer of Crossref, where publishers register their DOIs, into articles."""

import re
from datetime import datetime, timedelta
from typing import Any

from watcher.articles import Article, Parsed, Relation
from watcher.articles import Kind as Relationship
from watcher.parse.html import absolute, plain_title
from watcher.parse.kind import Kind
from watcher.parse.services import (
    PAGE,
    abstract_of,
    day_of,
    declared,
    doi_address,
    error_in,
    inside,
    loads,
    mailbox,
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

SERVICE = "https://api.crossref.org/works"
FIELDS = "DOI,URL,title,container-title,author,published,created,abstract,volume,page,type,relation,update-to"
KINDS_OF_WORK = "type:journal-article,type:posted-content"  # papers and preprints: no data sets, figures, reviews
MOST = 500  # its search takes a work for each word of the query; the best matches come first

MOST_RELATIONS = 20  # of one work

# Crossref's words for what one work is to another, and whether the other one is it to this one.
RELATIONS: dict[str, tuple[Relationship, bool]] = {
    "is-preprint-of": ("preprint_of", False),
    "has-preprint": ("preprint_of", True),
    "is-version-of": ("version_of", False),
    "has-version": ("version_of", True),
    "is-translation-of": ("translation_of", False),
    "has-translation": ("translation_of", True),
}
UPDATES: dict[str, Relationship] = {
    "retraction": "retracts", "withdrawal": "retracts", "removal": "retracts", "correction": "corrects",
    "corrigendum": "corrects", "erratum": "corrects", "partial_retraction": "corrects",
    "expression_of_concern": "questions",
}  # fmt: skip

# Every citation of a work has it indexed again: what was registered long before the window is no news.
REGISTERED = timedelta(days=30)


def address(source: Source, window: Window) -> str:
    """Ask for what was registered lately and indexed since the window opened; an own `filter` in the url is kept."""
    url = source.url or SERVICE
    recent = f"from-index-date:{window.since:%Y-%m-%d},from-created-date:{window.since - REGISTERED:%Y-%m-%d}"
    return with_parameters(
        url,
        **{"query.bibliographic": source.query},
        filter=f"{parameter(url, 'filter') or KINDS_OF_WORK},{recent}",
        select=FIELDS,
        rows=PAGE,
        offset=0,
        mailto=mailbox(window),
    )


def more(document: bytes, *, address: str, source: Source) -> str:  # noqa: ARG001 - the signature of a Follower
    """The next hundred, as long as there are some, up to `MOST`.

    Steps and not cursors: a cursor of Crossref may stay the same from page to page, and dies within minutes.
    """
    message = inside(loads(document), "message")
    offset = parameter(address, "offset")
    reached = (int(offset) if re.fullmatch(r"\d{1,9}", offset) else 0) + PAGE
    if len(records(message, "items")) < PAGE or reached >= min(MOST, number(message, "total-results") or 0):
        return ""
    return with_parameters(address, offset=reached)


def parse(document: bytes, source: Source, *, address: str, content_type: str) -> Parsed | Trouble:  # noqa: ARG001
    """Read one page of works: see `parse.parse`. No work at all is an answer like any other."""
    answer = loads(document)
    if answer is None:
        return unreadable(document)
    items = inside(answer, "message").get("items")
    if text(answer, "status") != "ok" or not isinstance(items, list):
        return _refused(answer)
    articles = [_article(work, source) for work in records(inside(answer, "message"), "items")]
    named = tuple(article for article in articles if article.guid or article.title)
    return Parsed(articles=named, skipped=len(articles) - len(named))


def _refused(answer: dict[str, Any]) -> Trouble:
    reasons = [text(reason, "message") for reason in records(answer, "message")]
    words = "; ".join(reason for reason in reasons if reason) or text(inside(answer, "message"), "message")
    return error_in(answer) or refusal(words or text(answer, "message") or text(answer, "message-type") or "no items")


def _article(work: dict[str, Any], source: Source) -> Article:
    doi = text(work, "DOI")
    published, year = _day(work)
    return Article(
        source=source.id,
        guid=doi.lower(),
        url=doi_address(doi) or absolute(text(work, "URL")),
        title=title_of(text(work, "title")),
        summary=abstract_of(text(work, "abstract")),
        language=spoken(text(work, "language")) or source.language,
        published=published,
        authors=_authors(work),
        journal=plain_title(text(work, "container-title"))[:300],
        year=year,
        volume=text(work, "volume")[:100],
        pages=text(work, "page")[:100],
        ids=declared(doi=doi),
        relations=_relations(work),
        status="preprint" if text(work, "type") == "posted-content" else "",
    )


def _relations(work: dict[str, Any]) -> tuple[Relation, ...]:
    """What a work is to others: as a form of the same one, as a notice, as what notices are about."""
    related = inside(work, "relation")
    found = [
        Relation(kind=kind, of=("doi", text(other, "id")), passive=passive)
        for word, (kind, passive) in RELATIONS.items()
        for other in records(related, word)
        if text(other, "id-type") == "doi"
    ]
    found += [
        Relation(kind=UPDATES[word], of=("doi", text(update, "DOI")), passive=passive)
        for field, passive in (("update-to", False), ("updated-by", True))
        for update in records(work, field)
        if (word := text(update, "type").lower().replace("-", "_").replace(" ", "_")) in UPDATES
    ]
    return tuple(relation for relation in found if relation.of[1])[:MOST_RELATIONS]


def _authors(work: dict[str, Any]) -> tuple[str, ...]:
    listed = records(work, "author")
    return once([f"{text(a, 'given')} {text(a, 'family')}".strip() or text(a, "name") for a in listed])


def _day(work: dict[str, Any]) -> tuple[datetime | None, str]:
    """When it was published, as far as `[[2026, 11, 6]]`, `[[2026, 11]]`, `[[2026]]` or `[[null]]` tell."""
    told = [inside(work, name).get("date-parts") for name in ("published", "created")]
    for dates in told:
        first = dates[0] if isinstance(dates, list) and dates else None
        parts = [part for part in first if isinstance(part, int)] if isinstance(first, list) else []
        if parts:
            return day_of("-".join([f"{parts[0]:04}", *(f"{part:02}" for part in parts[1:3])]))
    return None, ""


KIND = Kind(parse=parse, address=address, more=more, service=SERVICE)
