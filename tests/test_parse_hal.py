"""HAL: what is asked, how its deposits are read, where they go on."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from harvest import LATER, NOW, WINDOW, Harvest, asked, following, only, read, refused
from hypothesis import given
from hypothesis import strategies as st
from services import ERROR_PAGE, Hal, queries, served

from watcher.parse import hal
from watcher.parse.services import parameter, parameters
from watcher.sources import Source

SOURCE = Source(id="hal", url=hal.SERVICE, kind="hal", query='title_t:(ferroptose OR "mort cellulaire")')
DAYS = "[2026-11-19T00:00:00Z TO 2026-11-23T00:00:00Z]"
FRENCH = "Le fer des lysosomes déclenche la ferroptose dans les cellules qui ont survécu au traitement."
ENGLISH = "Iron of the lysosomes sets off ferroptosis in the cells that have survived the treatment."
DEPOSIT: dict[str, Any] = {
    "halId_s": "hal-04712345",
    "uri_s": "https://hal.science/hal-04712345v2",
    "title_s": ["La ferroptose dans les cancers de l’os"],
    "abstract_s": [f"<p>{FRENCH}</p>"],
    "authFullName_s": ["Tania Ziegler", "Jean Dupré-Martin"],
    "doiId_s": "10.1000/os.7",
    "pubmedId_s": "42476553",
    "journalTitle_s": "Bulletin du cancer",
    "volume_s": "113",
    "page_s": "12-24",
    "language_s": ["fr"],
    "producedDate_s": "2026-10-05",
    "producedDate_tdate": "2026-10-05T00:00:00Z",
}


def page(*deposits: dict[str, Any], total: object = None, start: object = 0) -> bytes:
    found = len(deposits) if total is None else total
    return json.dumps({"response": {"numFound": found, "start": start, "docs": deposits}}).encode()


def deposit(number: int) -> dict[str, Any]:
    own = {"halId_s": f"hal-0500{number:04}", "uri_s": f"https://hal.science/hal-0500{number:04}v1"}
    return DEPOSIT | own | {"doiId_s": f"10.1000/os.{number}", "pubmedId_s": str(number), "title_s": [f"Os {number}"]}


def test_what_was_deposited_or_put_online_is_asked() -> None:
    address = asked(SOURCE)
    assert address.startswith(hal.SERVICE + "?")
    assert parameter(address, "q") == SOURCE.query
    assert parameters(address, "fq") == (f"submittedDate_tdate:{DAYS} OR releasedDate_tdate:{DAYS}",)
    told = {name: parameter(address, name) for name in ("start", "rows", "wt", "sort")}
    assert told == {"start": "0", "rows": "100", "wt": "json", "sort": "submittedDate_tdate asc,docid asc"}
    assert {"halId_s", "title_s", "abstract_s", "doiId_s"} < set(parameter(address, "fl").split(","))


def test_a_collection_and_filters_of_ones_own_are_kept() -> None:
    url = "https://api.archives-ouvertes.fr/search/INSERM/?fq=docType_s:ART&rows=30"
    address = asked(replace(SOURCE, url=url))
    assert address.startswith("https://api.archives-ouvertes.fr/search/INSERM/?")
    assert parameters(address, "fq")[0] == "docType_s:ART"
    assert parameters(address, "rows") == ("100",)


def test_a_deposit_is_read_whole() -> None:
    article = only(read(SOURCE, page(DEPOSIT)))
    assert (article.source, article.guid, article.url) == ("hal", "hal-04712345", "https://hal.science/hal-04712345")
    assert (article.title, article.summary) == ("La ferroptose dans les cancers de l’os", FRENCH)
    assert article.authors == ("Tania Ziegler", "Jean Dupré-Martin")
    assert (article.journal, article.volume, article.pages) == ("Bulletin du cancer", "113", "12-24")
    assert (article.published, article.year) == (datetime(2026, 10, 5, tzinfo=UTC), "2026")
    assert article.ids == (("doi", "10.1000/os.7"), ("pmid", "42476553"), ("hal", "hal-04712345"))
    assert article.language == "fr"


def test_a_field_may_be_a_text_or_a_list() -> None:
    turned = {k: v[0] if isinstance(v, list) else [v] for k, v in DEPOSIT.items()} | {"authFullName_s": "Tania Ziegler"}
    article = only(read(SOURCE, page(turned)))
    assert replace(article, authors=()) == replace(only(read(SOURCE, page(DEPOSIT))), authors=())
    assert article.authors == ("Tania Ziegler",)


def test_the_abstract_is_in_the_language_of_the_title() -> None:
    both = DEPOSIT | {"abstract_s": [ENGLISH, FRENCH]}
    assert only(read(SOURCE, page(both))).summary == FRENCH
    english = both | {
        "title_s": ["The role of iron in the cancers of the bone", "Le fer"],
        "abstract_s": [FRENCH, ENGLISH],
    }
    article = only(read(SOURCE, page(english)))
    assert (article.summary, article.language) == (ENGLISH, "en")


@pytest.mark.parametrize("abstract", ["absent", "Non disponible.", "N/A", "…", ["No abstract available", ""], []])
def test_the_word_for_no_abstract_is_none(abstract: object) -> None:
    assert only(read(SOURCE, page(DEPOSIT | {"abstract_s": abstract}))).summary == ""


@pytest.mark.parametrize(
    ("dates", "published", "year"),
    [
        ({"producedDate_s": "2026", "producedDate_tdate": "2026-01-01T00:00:00Z"}, None, "2026"),
        ({"producedDate_s": "2026-03"}, datetime(2026, 3, 1, tzinfo=UTC), "2026"),
        ({"producedDate_tdate": "2026-01-01T00:00:00Z"}, None, "2026"),
        ({"producedDate_tdate": "2026-03-04T00:00:00Z"}, datetime(2026, 3, 4, tzinfo=UTC), "2026"),
        ({"producedDateY_i": 2025}, None, "2025"),
        ({}, None, ""),
    ],
)
def test_dates_say_no_more_than_was_stated(dates: dict[str, object], published: datetime | None, year: str) -> None:
    article = only(read(SOURCE, page({"halId_s": "hal-04712345", "title_s": ["Os"]} | dates)))
    assert (article.published, article.year) == (published, year)


def test_a_deposit_without_its_address_has_the_usual_one() -> None:
    article = only(read(SOURCE, page({"halId_s": "tel-04712345v3"})))
    assert (article.guid, article.url) == ("tel-04712345", "https://hal.science/tel-04712345")
    assert article.ids == (("hal", "tel-04712345"),)


def test_deposits_that_name_nothing_are_counted() -> None:
    parsed = read(SOURCE, page(DEPOSIT, {"docid": "7"}, {"title_s": [""]}))
    assert (len(parsed.articles), parsed.skipped) == (1, 2)


def test_finding_nothing_is_no_trouble() -> None:
    assert read(SOURCE, page()).articles == ()
    assert following(SOURCE, page(), asked(SOURCE)) == ""


@pytest.mark.parametrize(
    ("document", "kind", "status", "detail"),
    [
        (b'{"error":{"msg":"undefined field x","code":400}}', "http", 400, "undefined field x"),
        (b'{"response":{"docs":[]},"error":"no"}', "broken", None, "no"),
        (b'{"response":{}}', "broken", None, "no response.docs"),
        (b"{}", "broken", None, "no response.docs"),
        (ERROR_PAGE, "broken", None, "Service unavailable Maintenance"),
    ],
)
def test_an_error_may_come_with_the_status_200(document: bytes, kind: str, status: int | None, detail: str) -> None:
    trouble = refused(SOURCE, document)
    assert (trouble.kind, trouble.status, trouble.detail) == (kind, status, detail)


@pytest.mark.parametrize("total", [101, "101"])
def test_pages_follow_until_all_came(total: object) -> None:
    then = following(SOURCE, page(DEPOSIT, total=total), asked(SOURCE))
    assert parameters(then, "start") == ("100",)
    assert parameters(then, "fq") == parameters(asked(SOURCE), "fq")
    assert following(SOURCE, page(DEPOSIT, total=total, start=100), then) == ""
    assert following(SOURCE, page(total=total), asked(SOURCE)) == ""  # nothing where there should be some: no loop


def test_two_pages_come_home_and_nothing_twice(tmp_path: Path) -> None:
    service = Hal(entered=[("2026-11-20", deposit(number)) for number in range(1, 131)])
    service.entered.append(("2026-01-01", deposit(999)))
    with served(service) as server:
        harvest = Harvest(tmp_path, replace(SOURCE, url=f"{server.url}/search/"))
        report = harvest.take(NOW)
        assert (report.new, report.trouble) == (130, None)
        assert [query["start"] for query in queries(server)] == ["0", "100"]
        report = harvest.take(LATER)
        assert (report.new, report.known, report.trouble) == (0, 130, None)
    assert len(harvest.titles()) == 130


@given(st.binary(max_size=300))
@pytest.mark.parametrize("head", [b"", b'{"response":', page(DEPOSIT)[:-40]])
def test_no_bytes_raise(head: bytes, junk: bytes) -> None:
    hal.parse(head + junk, SOURCE, address="x", content_type="")
    assert isinstance(hal.more(head + junk, address="", source=SOURCE), str)


def test_the_last_day_is_asked_to_its_end() -> None:
    address = asked(SOURCE, replace(WINDOW, until=datetime(2026, 12, 31, 23, 59, tzinfo=UTC)))
    assert "TO 2027-01-01T00:00:00Z]" in parameter(address, "fq")
