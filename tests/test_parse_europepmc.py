"""Europe PMC: what is asked, how its records are read, where they go on."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from harvest import LATER, NOW, WINDOW, Harvest, asked, following, only, read, refused
from hypothesis import given
from hypothesis import strategies as st
from services import ERROR_PAGE, EuropePmc, queries, served

from watcher.parse import europepmc
from watcher.parse.services import parameter
from watcher.sources import Source

SOURCE = Source(id="epmc", url=europepmc.SERVICE, kind="europepmc", query="TITLE:(ferroptosis)")
PATH = "/europepmc/webservices/rest/search"
CORE: dict[str, Any] = {
    "id": "42476553",
    "source": "MED",
    "pmid": "42476553",
    "pmcid": "PMC9912345",
    "doi": "10.1093/icb/icag118",
    "title": "<i>CD44</i> and ferroptosis in triple-negative breast cancer.",
    "authorString": "Ziegler TR, Dupré-Martin J, ROS Consortium.",
    "authorList": {
        "author": [{"fullName": "Ziegler TR"}, {"fullName": "Dupré-Martin J"}, {"collectiveName": "ROS Consortium"}]
    },
    "journalInfo": {"issue": "4", "volume": "66", "journal": {"title": "Bone &amp; cancer", "isoabbreviation": "B C"}},
    "pubYear": "2026",
    "pageInfo": "112-124",
    "abstractText": "<h4>Background</h4>Iron kills. <h4>Results</h4>TP<sub>53</sub> &lt; 5.",
    "language": "eng",
    "isOpenAccess": "Y",
    "inEPMC": "N",
    "firstPublicationDate": "2026-11-03",
}


def page(*results: dict[str, Any], total: object = None, cursor: str = "AoIIP4/+2==") -> bytes:
    found = len(results) if total is None else total
    return json.dumps({"hitCount": found, "nextCursorMark": cursor, "resultList": {"result": results}}).encode()


def preprint(**more: object) -> dict[str, Any]:
    return {"id": "PPR812345", "source": "PPR", "title": "Persister cells", "pubYear": "2026", **more}


def record(number: int) -> dict[str, Any]:
    return CORE | {"id": str(number), "pmid": str(number), "doi": f"10.1000/x.{number}", "title": f"Paper {number}."}


def test_whole_days_of_the_index_are_asked() -> None:
    address = asked(SOURCE)
    assert address.startswith(europepmc.SERVICE + "?")
    assert parameter(address, "query") == "(TITLE:(ferroptosis)) AND (FIRST_IDATE:[2026-11-19 TO 2026-11-22])"
    told = {name: parameter(address, name) for name in ("format", "resultType", "pageSize", "cursorMark", "email")}
    assert told == {
        "format": "json",
        "resultType": "core",
        "pageSize": "100",
        "cursorMark": "*",
        "email": "vous@labo.example",
    }


@pytest.mark.parametrize("contact", ["", "https://labo.example/@nous"])
def test_only_a_mail_address_is_told(contact: str) -> None:
    assert "email" not in asked(SOURCE, replace(WINDOW, contact=contact))


def test_a_record_is_read_whole() -> None:
    article = only(read(SOURCE, page(CORE)))
    assert (article.source, article.guid) == ("epmc", "MED:42476553")
    assert article.url == "https://doi.org/10.1093/icb/icag118"
    assert article.title == "CD44 and ferroptosis in triple-negative breast cancer"
    assert article.summary == "Background Iron kills. Results TP53 < 5."
    assert article.authors == ("Ziegler TR", "Dupré-Martin J", "ROS Consortium")
    assert (article.journal, article.volume, article.pages) == ("Bone & cancer", "66", "112-124")
    assert (article.year, article.published) == ("2026", datetime(2026, 11, 3, tzinfo=UTC))
    assert article.ids == (("doi", "10.1093/icb/icag118"), ("pmid", "42476553"), ("pmcid", "PMC9912345"))
    assert article.language == "en"


def test_what_a_record_lacks_stays_empty() -> None:
    bare = only(read(SOURCE, page({"id": "1", "source": "MED", "title": "Ferroptosis"})))
    assert (bare.url, bare.ids) == ("https://pubmed.ncbi.nlm.nih.gov/1/", (("pmid", "1"),))
    assert (bare.summary, bare.authors, bare.journal, bare.published, bare.year) == ("", (), "", None, "")


def test_a_preprint_has_a_publisher_and_no_journal() -> None:
    article = only(
        read(SOURCE, page(preprint(bookOrReportDetails={"publisher": "bioRxiv", "yearOfPublication": 2026})))
    )
    assert (article.guid, article.journal, article.ids) == ("PPR:PPR812345", "bioRxiv", ())
    assert article.url == "https://europepmc.org/article/PPR/PPR812345"
    assert (article.published, article.year) == (None, "2026")


def test_authors_may_come_as_one_text() -> None:
    article = only(read(SOURCE, page(preprint(authorString="Ziegler TR, Dupré-Martin J."))))
    assert article.authors == ("Ziegler TR", "Dupré-Martin J")


def test_a_translated_title_loses_its_brackets() -> None:
    french = CORE | {"title": "[Osteosarcoma in children and treatment resistance].", "language": "fre"}
    article = only(read(SOURCE, page(french | {"abstractText": ""})))
    assert article.title == "Osteosarcoma in children and treatment resistance"


@pytest.mark.parametrize(("code", "language"), [("fre", "fr"), ("ger", "de"), ("und", "en"), ("", "en")])
def test_languages_have_three_letters(code: str, language: str) -> None:
    source = replace(SOURCE, language="en")
    assert (
        only(read(source, page({"id": "1", "source": "MED", "title": "Zinc", "language": code}))).language == language
    )


def test_records_that_name_nothing_are_counted() -> None:
    parsed = read(SOURCE, page(CORE, {"title": ""}, preprint(title="")))
    assert ([a.guid for a in parsed.articles], parsed.skipped) == (["MED:42476553", "PPR:PPR812345"], 1)


def test_finding_nothing_is_no_trouble() -> None:
    assert read(SOURCE, page(cursor="*")).articles == ()


@pytest.mark.parametrize(
    ("document", "kind", "status", "detail"),
    [
        (b'{"version":"6.9","errCode":404,"errMsg":"Invalid query"}', "http", 404, "Invalid query"),
        (b'{"errCode":"500","errMsg":"<b>"}', "http", 500, "<b>"),
        (b'{"error":"Rate limit exceeded"}', "http", 429, "Rate limit exceeded"),
        (b"{}", "broken", None, "no resultList"),
        (b"Too Many Requests", "http", 429, "Too Many Requests"),
        (ERROR_PAGE, "broken", None, "Service unavailable Maintenance"),
    ],
)
def test_an_error_comes_with_the_status_200(document: bytes, kind: str, status: int | None, detail: str) -> None:
    trouble = refused(SOURCE, document)
    assert (trouble.kind, trouble.status, trouble.detail) == (kind, status, detail)


def test_a_cursor_leads_on_until_it_is_echoed() -> None:
    here = asked(SOURCE)
    then = following(SOURCE, page(CORE, total=9, cursor="AoIIP4/+2=="), here)
    assert then.endswith("cursorMark=AoIIP4%2F%2B2%3D%3D")
    assert following(SOURCE, page(CORE, total=9, cursor="AoIIP4/+2=="), then) == ""
    assert following(SOURCE, page(total=9, cursor="AoX"), then) == ""
    assert following(SOURCE, page(CORE, total=9, cursor=""), then) == ""
    assert following(SOURCE, page(CORE, total=9, cursor="A" * 10_000), then) == ""


@pytest.mark.parametrize("total", [1, "1"])
def test_a_first_page_that_holds_all_is_the_only_one(total: object) -> None:
    assert following(SOURCE, page(CORE, total=total), asked(SOURCE)) == ""


def test_two_pages_come_home_and_nothing_twice(tmp_path: Path) -> None:
    service = EuropePmc(entered=[("2026-11-20", record(number)) for number in range(1, 131)])
    service.entered.append(("2026-01-01", record(999)))  # long before
    with served(service) as server:
        harvest = Harvest(tmp_path, replace(SOURCE, url=server.url + PATH))
        report = harvest.take(NOW)
        assert (report.new, report.trouble) == (130, None)
        assert [query["cursorMark"] for query in queries(server)] == ["*", "AoIIP4/+100==", "AoIIP4/+130=="]
        report = harvest.take(LATER)
        assert (report.new, report.known, report.trouble) == (0, 130, None)
        assert "[2026-11-19 TO 2026-11-23]" in queries(server)[3]["query"]
    assert len(harvest.titles()) == 130


def test_a_refusal_is_the_trouble_of_a_run(tmp_path: Path) -> None:
    with served(lambda path, query: EuropePmc()(path, query | {"query": ["x"]})) as server:
        report = Harvest(tmp_path, replace(SOURCE, url=server.url + PATH)).take(NOW)
    assert report.trouble is not None
    assert (report.trouble.kind, report.trouble.status) == ("http", 404)


@given(st.binary(max_size=300))
@pytest.mark.parametrize("head", [b"", b'{"resultList":', page(CORE)[:-40]])
def test_no_bytes_raise(head: bytes, junk: bytes) -> None:
    europepmc.parse(head + junk, SOURCE, address="x", content_type="")
    assert isinstance(europepmc.more(head + junk, address="", source=SOURCE), str)
