"""Ask ClinicalTrials.gov for the studies that were posted or updated lately, and turn them into articles."""

import re
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl

from watcher.articles import Article, Parsed
from watcher.parse.html import MAX_TEXT, plain
from watcher.parse.kind import Kind
from watcher.parse.services import (
    PAGE,
    day_after,
    day_of,
    declared,
    error_in,
    inside,
    last_day,
    loads,
    number,
    once,
    parameter,
    records,
    refusal,
    text,
    texts,
    title_of,
    unreadable,
    with_parameters,
)
from watcher.sources import Source, Trouble, Window
from watcher.text import clean

FIELDS = (
    "NCTId,BriefTitle,BriefSummary,OverallStatus,Phase,Condition,InterventionName,LeadSponsorName,LastUpdatePostDate"
)

_PARAMETERS = re.compile(r"(?:query|filter)\.\w+=")
_DAYS = re.compile(r"AREA\[LastUpdatePostDate\]RANGE\[(\d{4}-\d\d-\d\d),(\d{4}-\d\d-\d\d)\]\Z")
_NCT = re.compile(r"NCT\d{8}")


def address(source: Source, window: Window) -> str:
    """The studies that changed, last changed first.

    The query is a plain search, or the service's own parameters: "query.cond=osteosarcoma&query.locn=France".
    """
    own = _PARAMETERS.match(source.query)
    asked = dict(parse_qsl(source.query)) if own else {"query.term": source.query}
    last = window.until + timedelta(days=1)  # whatever the time zone of the registry
    changed = f"AREA[LastUpdatePostDate]RANGE[{window.since:%Y-%m-%d},{last:%Y-%m-%d}]"
    narrowed = asked.get("filter.advanced")
    asked["filter.advanced"] = f"({narrowed}) AND {changed}" if narrowed else changed
    asked |= {"fields": FIELDS, "sort": "LastUpdatePostDate:desc", "pageSize": str(PAGE), "format": "json"}
    return with_parameters(source.url, **asked, countTotal="true")


def parse(document: bytes, source: Source, *, address: str, content_type: str) -> Parsed | Trouble:  # noqa: ARG001
    """Read one page: see `parse.parse`. Finding nothing is no trouble."""
    answer = loads(document)
    if answer is None:
        return unreadable(document)
    if error := error_in(answer):
        return error
    if not isinstance(answer.get("studies"), list):
        return refusal(text(answer, "message") or "no studies")
    articles = [_article(inside(study, "protocolSection"), source) for study in records(answer, "studies")]
    named = tuple(article for article in articles if article.guid)
    days = _DAYS.search(parameter(address, "filter.advanced"))
    return Parsed(articles=named, skipped=len(articles) - len(named), reached=day_after(days[2]) if days else None)


def more(document: bytes, *, address: str, source: Source) -> str:  # noqa: ARG001
    """The next page: the same question with the token that this page gives; too wide a window is closed earlier."""
    answer = loads(document) or {}
    asked = parameter(address, "filter.advanced")
    days = None if parameter(address, "pageToken") else _DAYS.search(asked)
    if days and (last := last_day(days[1], days[2], number(answer, "totalCount") or 0)):
        return with_parameters(address, **{"filter.advanced": f"{asked[: days.start(2)]}{last}]"})
    token = text(answer, "nextPageToken")
    return with_parameters(address, pageToken=token) if token and records(answer, "studies") else ""


def _article(study: dict[str, Any], source: Source) -> Article:
    name, status = inside(study, "identificationModule"), inside(study, "statusModule")
    found = _NCT.fullmatch(text(name, "nctId").upper())
    nct = found[0] if found else ""
    published, _ = day_of(text(inside(status, "lastUpdatePostDateStruct"), "date"))
    return Article(
        source=source.id,
        guid=nct,
        url=f"https://clinicaltrials.gov/study/{nct}" if nct else "",
        title=title_of(text(name, "briefTitle")),
        summary=_summary(study),
        language=source.language or "en",
        published=published,
        authors=once([text(inside(study, "sponsorCollaboratorsModule", "leadSponsor"), "name")]),
        journal="ClinicalTrials.gov",
        ids=declared(nct=nct),
    )


def _summary(study: dict[str, Any]) -> str:
    """Status, phases, conditions and treatments as the registry has them, then what it says of the study."""
    treatments = (text(one, "name") for one in records(inside(study, "armsInterventionsModule"), "interventions"))
    facts = (
        _words(text(inside(study, "statusModule"), "overallStatus")),
        ", ".join(_words(phase) for phase in texts(inside(study, "designModule"), "phases") if phase != "NA"),
        ", ".join(texts(inside(study, "conditionsModule"), "conditions")),
        ", ".join(dict.fromkeys(treatments)),
        plain(text(inside(study, "descriptionModule"), "briefSummary")),
    )
    return clean(". ".join(fact for fact in facts if fact))[:MAX_TEXT].rstrip()


def _words(code: str) -> str:
    """A code of the registry as it is spoken: Active not recruiting, Phase 2, Early phase 1."""
    return " ".join(code.replace("_", " ").replace("PHASE", "PHASE ").split()).capitalize()


KIND = Kind(parse=parse, address=address, more=more, service="https://clinicaltrials.gov/api/v2/studies")
