"""ClinicalTrials.gov: what is asked, how its studies are read, where it goes on."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from harvest import LATER, NOW, Harvest, asked, at, following, only, read, refused
from hypothesis import given
from hypothesis import strategies as st
from servers import http_server, reply

from watcher.parse import clinicaltrials
from watcher.parse.services import parameter
from watcher.sources import Source

QUERY = "query.cond=osteosarcoma&filter.overallStatus=RECRUITING"
SOURCE = Source(id="ct", url=clinicaltrials.KIND.service, kind="clinicaltrials", query=QUERY)


def study(number: int, **modules: object) -> dict[str, object]:
    protocol: dict[str, object] = {
        "identificationModule": {"nctId": f"NCT{number:08}", "briefTitle": f"Iron in osteosarcoma, part {number}"},
        "statusModule": {
            "overallStatus": "ACTIVE_NOT_RECRUITING",
            "lastUpdatePostDateStruct": {"date": "2026-11-20", "type": "ACTUAL"},
        },
        "sponsorCollaboratorsModule": {"leadSponsor": {"name": "Gustave Roussy", "class": "OTHER"}},
        "descriptionModule": {"briefSummary": "Children &amp; adults\n\nare treated twice."},
        "conditionsModule": {"conditions": ["Osteosarcoma", "Bone Cancer"]},
        "designModule": {"phases": ["PHASE1", "PHASE2"]},
        "armsInterventionsModule": {"interventions": [{"name": "Methotrexate"}, {"name": "Fentomycin"}]},
    }
    return {"protocolSection": protocol | modules}


def page(*studies: object, token: str = "") -> bytes:
    return json.dumps({"studies": studies} | ({"nextPageToken": token} if token else {})).encode()


def request(path: str, since: str, token: str = "", *, until: str = "2026-11-23") -> str:
    wanted = {
        "query.cond": "osteosarcoma",
        "filter.overallStatus": "RECRUITING",
        "filter.advanced": f"AREA[LastUpdatePostDate]RANGE[{since},{until}]",
        "fields": clinicaltrials.FIELDS,
        "sort": "LastUpdatePostDate:desc",
        "pageSize": "100",
        "format": "json",
        "countTotal": "true",
    }
    return at(path, wanted | ({"pageToken": token} if token else {}))


def test_what_changed_in_the_window_is_asked() -> None:
    assert asked(SOURCE) == request(SOURCE.url, "2026-11-19")


def test_a_plain_query_is_a_search() -> None:
    address = asked(replace(SOURCE, query='"drug resistance" AND dose=high'))
    assert parameter(address, "query.term") == '"drug resistance" AND dose=high'


def test_a_filter_of_ones_own_stays() -> None:
    address = asked(replace(SOURCE, query="query.term=iron&filter.advanced=AREA[Phase]PHASE2"))
    wanted = "(AREA[Phase]PHASE2) AND AREA[LastUpdatePostDate]RANGE[2026-11-19,2026-11-23]"
    assert parameter(address, "filter.advanced") == wanted


def test_a_study_becomes_an_article() -> None:
    article = only(read(SOURCE, page(study(1234567))))
    assert (article.guid, article.url) == ("NCT01234567", "https://clinicaltrials.gov/study/NCT01234567")
    assert article.ids == (("nct", "NCT01234567"),)
    assert article.title == "Iron in osteosarcoma, part 1234567"
    assert article.summary == (
        "Active not recruiting. Phase 1, Phase 2. Osteosarcoma, Bone Cancer. Methotrexate, Fentomycin. "
        "Children & adults are treated twice."
    )
    assert article.published == datetime(2026, 11, 20, tzinfo=UTC)
    assert (article.authors, article.journal) == (("Gustave Roussy",), "ClinicalTrials.gov")
    assert article.language == "en"


def test_a_study_without_phases_says_nothing_of_them() -> None:
    bare = study(1, designModule={"phases": ["NA"]}, conditionsModule={}, armsInterventionsModule={})
    assert only(read(SOURCE, page(bare))).summary == "Active not recruiting. Children & adults are treated twice."
    early = study(1, designModule={"phases": ["EARLY_PHASE1"]})
    assert "Early phase 1. " in only(read(SOURCE, page(early))).summary


def test_what_has_no_number_is_passed_over() -> None:
    parsed = read(SOURCE, page(study(1), study(2, identificationModule={"briefTitle": "?", "nctId": "12"}), 7, {}))
    assert (len(parsed.articles), parsed.skipped) == (1, 2)


def test_finding_nothing_is_no_trouble() -> None:
    assert read(SOURCE, page()).articles == ()
    assert following(SOURCE, page(), asked(SOURCE)) == ""


@pytest.mark.parametrize(
    ("document", "detail"),
    [
        (b"`filter.advanced` parameter has incorrect format", "`filter.advanced` parameter has incorrect format"),
        (b'{"message": "no such field"}', "no such field"),
        (b'{"error": {"message": "down"}}', "down"),
        (b"<html><title>Maintenance</title></html>", "Maintenance"),
    ],
)
def test_an_error_is_a_trouble_whatever_the_status(document: bytes, detail: str) -> None:
    trouble = refused(SOURCE, document)
    assert (trouble.kind, trouble.detail) == ("broken", detail)


def test_pages_follow_by_token() -> None:
    second = following(SOURCE, page(study(1), token="t 2"), asked(SOURCE))
    assert second == request(SOURCE.url, "2026-11-19", "t 2")
    third = following(SOURCE, page(study(2), token="t3"), second)
    assert third == request(SOURCE.url, "2026-11-19", "t3")
    assert following(SOURCE, page(study(3)), third) == ""


def test_two_pages_come_home_and_nothing_twice(tmp_path: Path) -> None:
    studies = [study(number) for number in range(1, 131)]
    moved = study(130, statusModule={"overallStatus": "COMPLETED"})
    with http_server({}) as server:
        harvest = Harvest(tmp_path, replace(SOURCE, url=f"{server.url}/studies"))
        server.routes |= {
            request("/studies", "2026-10-23"): reply(body=page(*studies[:100], token="t2")),
            request("/studies", "2026-10-23", "t2"): reply(body=page(*studies[100:])),
            request("/studies", "2026-11-19", until="2026-11-24"): reply(body=page(*studies[:4], moved)),
        }
        report = harvest.take(NOW)
        assert (report.new, report.trouble) == (130, None)
        report = harvest.take(LATER)
        assert (report.new, report.known, report.changed, report.trouble) == (0, 5, 1, None)
        assert len(server.asked) == 3


def test_a_page_that_does_not_come_leaves_what_came(tmp_path: Path) -> None:
    with http_server({request("/s", "2026-10-23"): reply(body=page(study(1), token="t2"), ETag='"1"')}) as server:
        report = Harvest(tmp_path, replace(SOURCE, url=f"{server.url}/s")).take(NOW)
    assert report.new == 1


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8), lambda v: st.lists(v, max_size=3)
)
KEYS = st.sampled_from(
    str.split("nctId briefTitle overallStatus phases conditions interventions name briefSummary leadSponsor date")
)
MODULES = st.sampled_from(sorted(study(1)["protocolSection"]))  # type: ignore[call-overload]
PROTOCOLS = st.dictionaries(MODULES, VALUES | st.dictionaries(KEYS, VALUES, max_size=4), max_size=4)


@given(st.lists(VALUES | st.fixed_dictionaries({"protocolSection": VALUES | PROTOCOLS}), max_size=3), VALUES)
def test_no_answer_raises(studies: list[object], token: object) -> None:
    document = json.dumps({"studies": studies, "nextPageToken": token}).encode()
    clinicaltrials.parse(document, SOURCE, address=asked(SOURCE), content_type="")
    assert isinstance(following(SOURCE, document, asked(SOURCE)), str)


@given(st.binary(max_size=100))
def test_no_bytes_raise(document: bytes) -> None:
    clinicaltrials.parse(document, SOURCE, address="x", content_type="")
    assert following(SOURCE, document, "x") == ""
