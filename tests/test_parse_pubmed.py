"""PubMed: what is asked, how a search leads to its records, how they are read; and its RSS, which is a plain feed."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from harvest import LATER, NOW, WINDOW, Harvest, asked, following, only, read, refused
from hypothesis import given
from hypothesis import strategies as st
from servers import reply
from services import ERROR_PAGE, PubMed, Query, pubmed_xml, queries, said, served

from watcher.identity import identify
from watcher.parse import pubmed
from watcher.parse.services import parameter
from watcher.sources import Source

SOURCE = Source(id="pm", url=pubmed.SERVICE, kind="pubmed", query="osteosarcoma[tiab] AND french[la]")
PATH = "/entrez/eutils/esearch.fcgi"
RECORD = {"pmid": "42476553", "title": "MT2A in osteosarcoma.", "doi": "10.1093/icb/icag118", "abstract": "Zinc."}


def search(count: object = "130", **more: object) -> bytes:
    found = {"count": count, "retmax": "0", "querykey": "1", "webenv": "MCID_1a", "idlist": []} | more
    return json.dumps({"header": {"type": "esearch"}, "esearchresult": found}).encode()


def record(number: int) -> dict[str, Any]:
    return {"pmid": str(1000 + number), "title": f"Paper {number}.", "doi": f"10.1000/x.{number}"}


def test_what_was_entered_is_asked() -> None:
    address = asked(SOURCE)
    assert address.startswith(pubmed.SERVICE + "?")
    names = ("db", "term", "datetype", "mindate", "maxdate", "usehistory", "retmax", "retmode", "tool", "email")
    assert {name: parameter(address, name) for name in names} == {
        "db": "pubmed",
        "term": SOURCE.query,
        "datetype": "edat",
        "mindate": "2026/11/19",
        "maxdate": "2026/11/22",
        "usehistory": "y",
        "retmax": "0",
        "retmode": "json",
        "tool": "literature-watcher",
        "email": "vous@labo.example",
    }
    assert "email" not in asked(SOURCE, replace(WINDOW, contact=""))


@pytest.mark.parametrize("count", ["130", 130])
def test_a_search_leads_to_its_records(count: object) -> None:
    here = following(SOURCE, search(count), asked(replace(SOURCE, url=f"{SOURCE.url}?api_key=K")))
    assert here.startswith("https://eutils.ncbi.nlm.nih.gov/entrez/eutils/efetch.fcgi?")
    names = ("db", "query_key", "WebEnv", "retstart", "retmax", "retmode", "tool", "email", "api_key", "term")
    told = {name: parameter(here, name) for name in names}
    assert told == {
        "db": "pubmed",
        "query_key": "1",
        "WebEnv": "MCID_1a",
        "retstart": "0",
        "retmax": "100",
        "retmode": "xml",
        "tool": "literature-watcher",
        "email": "vous@labo.example",
        "api_key": "K",
        "term": "",
    }
    then = following(SOURCE, pubmed_xml(RECORD), here)
    assert (parameter(then, "retstart"), parameter(then, "WebEnv")) == ("100", "MCID_1a")
    assert following(SOURCE, pubmed_xml(RECORD), then) == ""
    assert following(SOURCE, ERROR_PAGE, here) == ""


@pytest.mark.parametrize("document", [search("0"), search("7", webenv=""), search(None), ERROR_PAGE, b"", b"{}"])
def test_a_search_that_leads_nowhere(document: bytes) -> None:
    assert following(SOURCE, document, asked(SOURCE)) == ""


def test_finding_nothing_is_no_trouble() -> None:
    missing = {"phrasesnotfound": ["ostéosarcom"], "fieldsnotfound": []}
    for document in (search("0"), search(0, webenv=None, errorlist=missing), search("12"), pubmed_xml()):
        parsed = read(SOURCE, document)
        assert (parsed.articles, parsed.complete) == ((), True)


def test_a_record_is_read_whole() -> None:
    article = only(read(SOURCE, pubmed_xml(RECORD)))
    assert (article.source, article.guid, article.title) == ("pm", "42476553", "MT2A in osteosarcoma")
    assert article.url == "https://pubmed.ncbi.nlm.nih.gov/42476553/"
    assert (article.summary, article.journal, article.volume) == ("Zinc.", "Journal of bone cancer", "12")
    assert set(article.ids) >= {("pmid", "42476553"), ("doi", "10.1093/icb/icag118")}
    assert (article.year, article.language) == ("2026", "en")


def test_records_cut_short_are_kept_and_asked_again() -> None:
    whole = pubmed_xml(record(1), record(2), record(3))
    parsed = read(SOURCE, whole[: whole.index(b"Paper 3")])
    assert ([article.guid for article in parsed.articles], parsed.complete) == (["1001", "1002"], False)
    assert refused(SOURCE, whole[: whole.index(b"Paper 1")]).kind == "broken"


NO_HISTORY = (
    b'<?xml version="1.0" ?>\n<eFetchResult>\n\t<ERROR>Cannot retrieve history data. WebEnv: x</ERROR></eFetchResult>'
)


@pytest.mark.parametrize(
    ("document", "kind", "status", "detail"),
    [
        (b'{"error":"API rate limit exceeded","count":"11"}', "http", 429, "API rate limit exceeded"),
        (
            search("0", ERROR="Search Backend failed:\n read timeout"),
            "broken",
            None,
            "Search Backend failed: read timeout",
        ),
        (b'{"esearchresult":{"ERROR":"Search failed:\n\ttwo lines"}}', "broken", None, "Search failed: two lines"),
        (b'{"header":{}}', "broken", None, "no count"),
        (search("12", webenv=""), "broken", None, "no webenv"),
        (NO_HISTORY, "broken", None, "Cannot retrieve history data. WebEnv: x"),
        (ERROR_PAGE, "broken", None, "Service unavailable Maintenance"),
    ],
)
def test_an_error_comes_with_the_status_200(document: bytes, kind: str, status: int | None, detail: str) -> None:
    trouble = refused(SOURCE, document)
    assert (trouble.kind, trouble.status, trouble.detail) == (kind, status, detail)


def test_two_pages_come_home_and_nothing_twice(tmp_path: Path) -> None:
    service = PubMed(entered=[("2026-11-20", record(number)) for number in range(1, 131)])
    service.entered.append(("2026-01-01", record(999)))
    with served(service) as server:
        harvest = Harvest(tmp_path, replace(SOURCE, url=server.url + PATH))
        report = harvest.take(NOW)
        assert (report.new, report.trouble) == (130, None)
        assert [query.get("retstart", "search") for query in queries(server)] == ["search", "0", "100"]
        report = harvest.take(LATER)
        assert (report.new, report.known, report.trouble) == (0, 130, None)
    assert len(harvest.titles()) == 130


@pytest.mark.parametrize("refusal", [said({"error": "API rate limit exceeded", "count": "11"}), reply(502)])
def test_records_that_did_not_come_are_asked_for_again(tmp_path: Path, refusal: bytes) -> None:
    service = PubMed(entered=[("2026-11-24", record(number)) for number in range(1, 131)])
    refused_pages: set[str] = set()

    def answer(path: str, query: Query) -> bytes:
        return refusal if refused_pages & set(query.get("retstart", ())) else service(path, query)

    with served(answer) as server:
        harvest = Harvest(tmp_path, replace(SOURCE, url=server.url + PATH))
        assert harvest.take(NOW).new == 0
        refused_pages.add("100")
        assert harvest.take(NOW + timedelta(days=8)).new == 100
        refused_pages.clear()
        assert harvest.take(NOW + timedelta(days=12)).new == 30


def test_a_search_whose_records_never_come_is_a_trouble(tmp_path: Path) -> None:
    service = PubMed(entered=[("2026-11-20", record(1))])
    with served(lambda path, query: reply(502) if "efetch" in path else service(path, query)) as server:
        report = Harvest(tmp_path, replace(SOURCE, url=server.url + PATH)).take(NOW)
    assert report.trouble is not None
    assert (report.new, report.trouble.status) == (0, 502)


# ---- its RSS

RSS = """<?xml version="1.0" encoding="UTF-8"?>
<rss xmlns:atom="http://www.w3.org/2005/Atom" xmlns:content="http://purl.org/rss/1.0/modules/content/"
 xmlns:dc="http://purl.org/dc/elements/1.1/" version="2.0"><channel><title>osteosarcoma</title>
<link>https://pubmed.ncbi.nlm.nih.gov/rss-feed/?feed_id=1x&amp;ff=20261122023000&amp;v=2.18.0</link><item>
<title>MT2A in osteosarcoma</title>
<link>https://pubmed.ncbi.nlm.nih.gov/42476553/?utm_source=Other&amp;utm_medium=rss&amp;fc=1&amp;ff={ff}&amp;v=2.18.0</link>
<description><![CDATA[<p>Zinc.</p><p style="color: lightgray">PMID:<a
 href="https://pubmed.ncbi.nlm.nih.gov/42476553/">42476553</a> | DOI:<a href="https://doi.org/10.1093/icb/icag118">10.1093/icb/icag118</a></p>]]></description>
<guid isPermaLink="false">pubmed:42476553</guid><pubDate>Fri, 20 Nov 2026 06:00:00 -0500</pubDate>
<dc:creator>Tania R Ziegler</dc:creator><dc:creator>Jean Dupré-Martin</dc:creator><dc:date>2026-11-20</dc:date>
<dc:source>Journal of bone cancer</dc:source><dc:title>MT2A in osteosarcoma</dc:title>
<dc:identifier>pmid:42476553</dc:identifier><dc:identifier>doi:10.1093/icb/icag118</dc:identifier></item></channel></rss>"""


def test_its_rss_names_the_same_paper_as_the_service() -> None:
    feed = Source(id="rss", url="https://pubmed.ncbi.nlm.nih.gov/rss/search/1x/?limit=100")
    named = []
    for moment in ("20261122023000", "20261123023000"):  # its links change at each visit
        parsed = read(feed, RSS.format(ff=moment).encode(), feed.url, "application/rss+xml")
        article = only(parsed)
        assert (article.journal, article.authors) == (
            "Journal of bone cancer",
            ("Tania R Ziegler", "Jean Dupré-Martin"),
        )
        assert article.published == datetime(2026, 11, 20, 11, tzinfo=UTC)
        (identified,) = identify(parsed.articles)
        named.append({alias for alias in identified.aliases if alias[0] in ("doi", "pmid", "guid")})
    assert named[0] == named[1] >= {("pmid", "42476553"), ("doi", "10.1093/icb/icag118")}
    (record_,) = identify(read(SOURCE, pubmed_xml(RECORD)).articles)
    assert set(record_.aliases) & named[0] >= {("pmid", "42476553"), ("doi", "10.1093/icb/icag118")}


@given(st.binary(max_size=300))
@pytest.mark.parametrize("head", [b"", b"<PubmedArticleSet>", b'{"esearchresult":', search()[:-40]])
def test_no_bytes_raise(head: bytes, junk: bytes) -> None:
    pubmed.parse(head + junk, SOURCE, address="x", content_type="")
    assert isinstance(pubmed.more(head + junk, address="", source=SOURCE), str)
