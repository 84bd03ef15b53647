"""Imitations of six literature services on the loopback: what they document, and what their answers are known for.

Each keeps records with the day on which it entered them, answers for the days that it is asked for, page by page, and
refuses a request that is not of the documented form.
"""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import escape
from typing import Any
from urllib.parse import parse_qs, urlsplit

from servers import Answer, Asked, Server, http_server, reply

Query = dict[str, list[str]]
Entered = tuple[str, dict[str, Any]]  # the day ("2026-11-20") and the record
Service = Callable[[str, Query], bytes]  # from the path and the query to the answer

ERROR_PAGE = b"<!DOCTYPE html><html><head><title>Service unavailable</title></head><body>Maintenance</body></html>"


class _Routes(dict[str, Answer]):
    """Any path at all leads to the service."""

    def __init__(self, service: Service) -> None:
        super().__init__()
        self.service = service

    def get(self, path: str, _default: object = None) -> Answer:
        def answer(asked: Asked) -> bytes:
            parts = urlsplit(asked.path)
            return self.service(parts.path, parse_qs(parts.query, keep_blank_values=True, strict_parsing=True))

        return answer


@contextmanager
def served(service: Service) -> Iterator[Server]:
    """A server that answers every request as the service does."""
    with http_server({}) as server:
        server.routes = _Routes(service)
        yield server


def queries(server: Server) -> list[dict[str, str]]:
    """What was asked, request by request; of a parameter given several times the last one."""
    return [{k: v[-1] for k, v in parse_qs(urlsplit(a.path).query).items()} for a in server.asked]


def said(answer: object, status: int = 200) -> bytes:
    """A JSON answer."""
    return reply(status, json.dumps(answer).encode(), Content_Type="application/json;charset=utf-8")


@dataclass(slots=True)
class EuropePmc:
    """One hundred records a page behind cursors; at the end no record and the cursor that was sent."""

    entered: list[Entered] = field(default_factory=list)
    page: int = 100

    def __call__(self, path: str, query: Query) -> bytes:
        one = {name: values[0] for name, values in query.items()}
        if path != "/europepmc/webservices/rest/search" or one["format"] != "json" or one["resultType"] != "core":
            return reply(404)
        days = re.fullmatch(r"\((.+)\) AND \(FIRST_IDATE:\[([\d-]{10}) TO ([\d-]{10})\]\)", one["query"])
        if not days:
            return said({"version": "6.9", "errCode": 404, "errMsg": "Invalid query"})  # with a 200
        found = [record for day, record in self.entered if days[2] <= day <= days[3]]
        start = 0 if one["cursorMark"] == "*" else int(one["cursorMark"].removeprefix("AoIIP4/+").removesuffix("=="))
        results = found[start : start + self.page]
        there = f"AoIIP4/+{start + len(results)}==" if results else one["cursorMark"]
        return said(
            {
                "version": "6.9",
                "hitCount": len(found),
                "nextCursorMark": there,
                "request": {"queryString": one["query"], "resultType": "core", "synonym": False},
                "resultList": {"result": results},
            }
        )


@dataclass(slots=True)
class Hal:
    """Solr: `start` and `rows`, every field of a deposit that `fl` asks for."""

    entered: list[Entered] = field(default_factory=list)

    def __call__(self, path: str, query: Query) -> bytes:
        days = re.search(r"submittedDate_tdate:\[([\d-]{10})T00:00:00Z TO ([\d-]{10})T00:00:00Z\]", query["fq"][-1])
        if path != "/search/" or query["wt"] != ["json"] or "q" not in query or not days:
            return said({"error": {"msg": "undefined field", "code": 400}}, 400)
        fields = set(query["fl"][0].split(","))
        found = [record for day, record in sorted(self.entered, key=lambda e: e[0]) if days[1] <= day < days[2]]
        start, rows = int(query["start"][0]), int(query["rows"][0])
        docs = [{k: v for k, v in record.items() if k in fields} for record in found[start : start + rows]]
        return said({"response": {"numFound": len(found), "start": start, "numFoundExact": True, "docs": docs}})


@dataclass(slots=True)
class Crossref:
    """`offset` and `rows`; the days at which works were indexed and registered."""

    entered: list[Entered] = field(default_factory=list)

    def __call__(self, path: str, query: Query) -> bytes:
        known = {"query.bibliographic", "filter", "select", "rows", "offset", "mailto"}
        if path != "/works" or set(query) - known:
            failure = {"type": "parameter-not-allowed", "value": "x", "message": "This route does not support x"}
            return said({"status": "failed", "message-type": "validation-failure", "message": [failure]}, 400)
        filters = dict(one.split(":", 1) for one in query["filter"][0].split(","))
        found = [record for day, record in self.entered if day >= filters["from-index-date"]]
        start, rows = int(query["offset"][0]), int(query["rows"][0])
        message = {"total-results": len(found), "items-per-page": rows, "items": found[start : start + rows]}
        return said({"status": "ok", "message-type": "work-list", "message-version": "1.0.0", "message": message})


@dataclass(slots=True)
class PubMed:
    """A search that stays on the history server, and the records that it found; counts are texts."""

    entered: list[Entered] = field(default_factory=list)
    history: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def __call__(self, path: str, query: Query) -> bytes:
        one = {name: values[0] for name, values in query.items()}
        if one["db"] != "pubmed" or one["tool"] != "literature-watcher":
            return reply(400)
        if path == "/entrez/eutils/esearch.fcgi":
            return self._search(one)
        return self._records(one) if path == "/entrez/eutils/efetch.fcgi" else reply(404)

    def _search(self, one: dict[str, str]) -> bytes:
        if (one["datetype"], one["usehistory"], one["retmode"], one["retmax"]) != ("edat", "y", "json", "0"):
            return reply(400)
        first, last = (one[name].replace("/", "-") for name in ("mindate", "maxdate"))
        found = [record for day, record in self.entered if first <= day <= last]
        name = f"MCID_{len(self.history) + 1:024x}"
        self.history[name] = found
        result = {"count": str(len(found)), "retmax": "0", "retstart": "0", "querykey": "1", "webenv": name}
        shown = result | {"idlist": [], "querytranslation": one["term"]}
        return said({"header": {"type": "esearch", "version": "0.3"}, "esearchresult": shown})

    def _records(self, one: dict[str, str]) -> bytes:
        if one["WebEnv"] not in self.history or one["query_key"] != "1" or one["retmode"] != "xml":
            words = "Cannot retrieve history data. query_key: 1"
            return reply(body=f'<?xml version="1.0" ?><eFetchResult><ERROR>{words}</ERROR></eFetchResult>'.encode())
        start = int(one["retstart"])
        records = self.history[one["WebEnv"]][start : start + int(one["retmax"])]
        return reply(body=pubmed_xml(*records), Content_Type="text/xml; charset=UTF-8")


@dataclass(slots=True)
class OpenAlex:
    """Numbered pages of works, by the days on which they are said to be published."""

    entered: list[Entered] = field(default_factory=list)

    def __call__(self, path: str, query: Query) -> bytes:
        one = {name: values[0] for name, values in query.items()}
        filters = dict(part.split(":", 1) for part in one["filter"].split(","))
        if path != "/works" or not filters["title_and_abstract.search"]:
            return said({"error": "Invalid query parameters error.", "message": "no such filter"}, 403)
        days = filters["from_publication_date"], filters["to_publication_date"]
        found = [record for day, record in self.entered if days[0] <= day <= days[1]]
        start, size = (int(one["page"]) - 1) * int(one["per_page"]), int(one["per_page"])
        return said({"meta": {"count": len(found)}, "results": found[start : start + size]})


@dataclass(slots=True)
class ClinicalTrials:
    """Studies by the day of their last change, page by page behind tokens; counted where that is asked for."""

    entered: list[Entered] = field(default_factory=list)

    def __call__(self, path: str, query: Query) -> bytes:
        one = {name: values[0] for name, values in query.items()}
        days = re.search(r"AREA\[LastUpdatePostDate\]RANGE\[([\d-]{10}),([\d-]{10})\]$", one["filter.advanced"])
        if path != "/api/v2/studies" or one["countTotal"] != "true" or not days:
            return reply(400, b"`filter.advanced` parameter has incorrect format", Content_Type="text/plain")
        found = [record for day, record in self.entered if days[1] <= day <= days[2]]
        start, size = int(one.get("pageToken", "0")), int(one["pageSize"])
        answer: dict[str, Any] = {"studies": found[start : start + size]}
        if start == 0:
            answer["totalCount"] = len(found)
        if start + size < len(found):
            answer["nextPageToken"] = str(start + size)
        return said(answer)


def pubmed_xml(*found: dict[str, Any]) -> bytes:
    """The answer of efetch; a record has pmid and title, and may have doi, abstract, language."""
    head = (
        '<?xml version="1.0" ?>\n<!DOCTYPE PubmedArticleSet PUBLIC "-//NLM//DTD PubMedArticle, 1st January 2025//EN" '
    )
    head += '"https://dtd.nlm.nih.gov/ncbi/pubmed/out/pubmed_250101.dtd">\n<PubmedArticleSet>'
    return f"{head}{''.join(map(_pubmed_article, found))}</PubmedArticleSet>".encode()


def _pubmed_article(record: dict[str, Any]) -> str:
    doi = f'<ArticleId IdType="doi">{escape(record["doi"])}</ArticleId>' if "doi" in record else ""
    return f"""<PubmedArticle><MedlineCitation Status="Publisher" Owner="NLM"><PMID Version="1">{record["pmid"]}</PMID>
<Article PubModel="Electronic"><Journal><JournalIssue CitedMedium="Internet"><Volume>12</Volume>
<PubDate><Year>2026</Year><Month>Nov</Month></PubDate></JournalIssue><Title>Journal of bone cancer</Title></Journal>
<ArticleTitle>{escape(record["title"])}</ArticleTitle>
<Abstract><AbstractText>{escape(record.get("abstract", ""))}</AbstractText></Abstract>
<AuthorList><Author><LastName>Ziegler</LastName><ForeName>Tania R</ForeName></Author></AuthorList>
<Language>{record.get("language", "eng")}</Language></Article></MedlineCitation>
<PubmedData><ArticleIdList><ArticleId IdType="pubmed">{record["pmid"]}</ArticleId>{doi}</ArticleIdList></PubmedData>
</PubmedArticle>"""
