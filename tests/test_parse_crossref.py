"""Crossref: what is asked, how its works are read, where they go on."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from harvest import LATER, NOW, Harvest, asked, following, only, read, refused
from hypothesis import given
from hypothesis import strategies as st
from services import ERROR_PAGE, Crossref, queries, served

from watcher.parse import crossref
from watcher.parse.services import parameter, parameters
from watcher.sources import Source

SOURCE = Source(id="cr", url=crossref.SERVICE, kind="crossref", query="osteosarcoma chemoresistance")
WORK: dict[str, Any] = {
    "DOI": "10.1158/1538-7445.AM2026-7<1>",
    "URL": "https://doi.org/10.1158/1538-7445.am2026-7",
    "title": ["Metallothionein <i>MT2A</i> in\n osteosarcoma"],
    "container-title": ["Bone &amp; Cancer", "Bone Cancer"],
    "author": [
        {"given": "Tania R.", "family": "Ziegler", "sequence": "first", "affiliation": []},
        {"family": "Dupré-Martin", "sequence": "additional"},
        {"name": "The ROS Consortium", "sequence": "additional"},
    ],
    "published": {"date-parts": [[2026, 11, 6]]},
    "created": {"date-parts": [[2026, 11, 5]], "date-time": "2026-11-05T10:00:00Z", "timestamp": 1794000000000},
    "abstract": "<jats:title>Abstract</jats:title><jats:p>Zinc &lt; iron.</jats:p>",
    "volume": "86",
    "page": "112-124",
}


def page(*works: dict[str, Any], total: object = None) -> bytes:
    found = len(works) if total is None else total
    message = {"total-results": found, "items-per-page": 100, "items": works, "facets": {}}
    return json.dumps({"status": "ok", "message-type": "work-list", "message": message}).encode()


def work(number: int) -> dict[str, Any]:
    return WORK | {"DOI": f"10.1158/x.{number}", "title": [f"Paper {number}"]}


def test_what_was_registered_lately_and_indexed_since_is_asked() -> None:
    address = asked(SOURCE)
    assert address.startswith(crossref.SERVICE + "?")
    assert parameter(address, "query.bibliographic") == SOURCE.query
    assert parameter(address, "filter") == (
        "type:journal-article,type:posted-content,from-index-date:2026-11-19,from-created-date:2026-10-20"
    )
    told = {name: parameter(address, name) for name in ("rows", "offset", "mailto")}
    assert told == {"rows": "100", "offset": "0", "mailto": "vous@labo.example"}
    assert {"DOI", "title", "abstract", "published"} < set(parameter(address, "select").split(","))


def test_a_journal_and_a_filter_of_ones_own_are_kept() -> None:
    address = asked(replace(SOURCE, url="https://api.crossref.org/journals/1538-7445/works?filter=has-abstract:true"))
    assert address.startswith("https://api.crossref.org/journals/1538-7445/works?")
    (filters,) = parameters(address, "filter")
    assert filters == "has-abstract:true,from-index-date:2026-11-19,from-created-date:2026-10-20"


def test_a_work_is_read_whole() -> None:
    article = only(read(SOURCE, page(WORK)))
    assert article.guid == "10.1158/1538-7445.am2026-7<1>"
    assert article.url == "https://doi.org/10.1158/1538-7445.AM2026-7%3C1%3E"
    assert (article.title, article.summary) == ("Metallothionein MT2A in osteosarcoma", "Zinc < iron.")
    assert article.authors == ("Tania R. Ziegler", "Dupré-Martin", "The ROS Consortium")
    assert (article.journal, article.volume, article.pages) == ("Bone & Cancer", "86", "112-124")
    assert (article.published, article.year) == (datetime(2026, 11, 6, tzinfo=UTC), "2026")
    assert article.ids == (("doi", "10.1158/1538-7445.AM2026-7<1>"),)


@pytest.mark.parametrize("title", [[], "", None, [""], [None]])
def test_a_title_may_be_empty(title: object) -> None:
    article = only(read(SOURCE, page(WORK | {"title": title})))
    assert (article.title, article.guid) == ("", "10.1158/1538-7445.am2026-7<1>")


@pytest.mark.parametrize(
    ("parts", "published", "year"),
    [
        ([[2026]], None, "2026"),
        ([[2026, 3]], datetime(2026, 3, 1, tzinfo=UTC), "2026"),
        ([[2026, 3, 4]], datetime(2026, 3, 4, tzinfo=UTC), "2026"),
        ([[2026, 13, 41]], None, "2026"),
        ([[None]], datetime(2026, 11, 5, tzinfo=UTC), "2026"),  # when it was registered
        ([[]], datetime(2026, 11, 5, tzinfo=UTC), "2026"),
        ([], datetime(2026, 11, 5, tzinfo=UTC), "2026"),
        ("2026", datetime(2026, 11, 5, tzinfo=UTC), "2026"),
        ([[10**9, -5]], None, ""),
    ],
)
def test_dates_may_hold_only_a_year(parts: object, published: datetime | None, year: str) -> None:
    article = only(read(SOURCE, page(WORK | {"published": {"date-parts": parts}})))
    assert (article.published, article.year) == (published, year)


def test_a_work_may_have_no_date_and_no_author() -> None:
    article = only(read(SOURCE, page({"DOI": "10.1000/x.1", "title": "Os", "language": "fr"})))
    assert (article.published, article.year, article.authors, article.language) == (None, "", (), "fr")


def test_works_that_name_nothing_are_counted() -> None:
    parsed = read(SOURCE, page(WORK, {"title": []}))
    assert (len(parsed.articles), parsed.skipped) == (1, 1)


def test_finding_nothing_is_no_trouble() -> None:
    assert read(SOURCE, page()).articles == ()
    assert following(SOURCE, page(), asked(SOURCE)) == ""


FAILED = b'{"status":"failed","message-type":"validation-failure","message":[{"type":"x","message":"No such filter"}]}'


@pytest.mark.parametrize(
    ("document", "kind", "status", "detail"),
    [
        (FAILED, "broken", None, "No such filter"),
        (b'{"status":"error","message-type":"exception","message":{"message":"down"}}', "broken", None, "down"),
        (b'{"status":"error","message-type":"exception","message":{}}', "broken", None, "exception"),
        (b'{"message":"Too many requests"}', "http", 429, "Too many requests"),
        (b'{"status":"ok","message":{}}', "broken", None, "no items"),
        (b"Resource not found.", "broken", None, "Resource not found."),
        (ERROR_PAGE, "broken", None, "Service unavailable Maintenance"),
    ],
)
def test_an_error_may_come_with_the_status_200(document: bytes, kind: str, status: int | None, detail: str) -> None:
    trouble = refused(SOURCE, document)
    assert (trouble.kind, trouble.status) == (kind, status)
    assert trouble.detail == detail


@pytest.mark.parametrize("total", [250, "250"])
def test_pages_follow_until_all_came(total: object) -> None:
    full = page(*(work(number) for number in range(100)), total=total)
    addresses = [asked(SOURCE)]
    while there := following(SOURCE, full, addresses[-1]):
        addresses.append(there)
    assert [parameter(address, "offset") for address in addresses] == ["0", "100", "200"]
    assert following(SOURCE, page(WORK, total=total), addresses[0]) == ""  # fewer than asked for


def test_the_best_matches_of_a_wide_search_are_enough() -> None:
    full = page(*(work(number) for number in range(100)), total=1_000_000)
    count, address = 1, asked(SOURCE)
    while address := following(SOURCE, full, address):
        count += 1
    assert count == crossref.MOST / 100


def test_two_pages_come_home_and_nothing_twice(tmp_path: Path) -> None:
    service = Crossref(entered=[("2026-11-20", work(number)) for number in range(1, 131)])
    service.entered.append(("2026-01-01", work(999)))
    with served(service) as server:
        harvest = Harvest(tmp_path, replace(SOURCE, url=f"{server.url}/works"))
        report = harvest.take(NOW)
        assert (report.new, report.trouble) == (130, None)
        assert [query["offset"] for query in queries(server)] == ["0", "100"]
        report = harvest.take(LATER)
        assert (report.new, report.known, report.trouble) == (0, 130, None)
    assert len(harvest.titles()) == 130


@given(st.binary(max_size=300))
@pytest.mark.parametrize("head", [b"", b'{"status":"ok","message":', page(WORK)[:-40]])
def test_no_bytes_raise(head: bytes, junk: bytes) -> None:
    crossref.parse(head + junk, SOURCE, address="x", content_type="")
    assert isinstance(crossref.more(head + junk, address="", source=SOURCE), str)
