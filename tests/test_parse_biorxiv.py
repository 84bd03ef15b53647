"""bioRxiv and medRxiv: what is asked, how their preprints are read, where they go on."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from harvest import LATER, NOW, Harvest, asked, following, only, read, refused
from hypothesis import given
from hypothesis import strategies as st
from servers import http_server, reply

from watcher.parse import biorxiv
from watcher.sources import Source

SOURCE = Source(id="bx", url=biorxiv.KIND.service, kind="biorxiv", query="Cancer Biology")
NOTHING = b'{"messages":[{"status":"no articles found"}],"collection":[]}'


def preprint(number: int, version: object = "1", **fields: object) -> dict[str, object]:
    return {
        "title": f"Persister cells, part {number}",
        "authors": "Martin, R.; Dupré, A.; ",
        "author_corresponding": "Raphaël Martin",
        "doi": f"10.64898/2026.11.20.{number:06}",
        "date": "2026-11-20",
        "version": version,
        "type": "new results",
        "category": "cancer biology",
        "abstract": "<p>Iron kills persister cells.</p>",
        "published": "NA",
        "server": "bioRxiv",
    } | fields


def page(*preprints: object, **message: object) -> bytes:
    return json.dumps({"messages": [{"status": "ok"} | message], "collection": preprints}).encode()


def request(days: str, cursor: int = 0, server: str = "biorxiv") -> str:
    return f"/details/{server}/{days}/{cursor}/json?category=cancer_biology"


def test_a_category_is_asked_by_days() -> None:
    assert asked(SOURCE) == "https://api.biorxiv.org" + request("2026-11-19/2026-11-22")


def test_the_other_server_is_asked_at_the_same_host() -> None:
    medical = replace(SOURCE, select=(("server", "medRxiv"),))
    assert asked(medical) == "https://api.biorxiv.org" + request("2026-11-19/2026-11-22", server="medrxiv")


def test_a_preprint_becomes_an_article() -> None:
    article = only(read(SOURCE, page(preprint(7), count=1, total="1")))
    assert (article.guid, article.url) == ("10.64898/2026.11.20.000007", "https://doi.org/10.64898/2026.11.20.000007")
    assert article.ids == (("doi", "10.64898/2026.11.20.000007"),)
    assert (article.title, article.summary) == ("Persister cells, part 7", "Iron kills persister cells.")
    assert article.authors == ("Martin, R.", "Dupré, A.")
    assert (article.published, article.year) == (datetime(2026, 11, 20, tzinfo=UTC), "2026")
    assert (article.journal, article.language) == ("bioRxiv", "en")


def test_of_several_versions_the_last_one_stays() -> None:
    versions = [preprint(7, "2", title="Second"), preprint(7, 10, title="Tenth"), preprint(7, "9", title="Ninth")]
    assert only(read(SOURCE, page(*versions, preprint(8, doi=""), count=4, total=4))).title == "Tenth"
    assert read(SOURCE, page(*versions, preprint(8, doi=""))).skipped == 1


def test_finding_nothing_is_no_trouble() -> None:
    assert read(SOURCE, NOTHING).articles == ()
    assert following(SOURCE, NOTHING, asked(SOURCE)) == ""
    assert read(SOURCE, page(count="0", total="0")).articles == ()


@pytest.mark.parametrize(
    ("document", "detail"),
    [
        (b'{"messages":[{"status":"error: bad interval"}],"collection":[]}', "error: bad interval"),
        (b'{"messages":[{"status":"ok"}]}', "ok"),
        (b'{"error":"down"}', "down"),
        (b"<html><title>Error 1015</title></html>", "Error 1015"),
    ],
)
def test_an_error_is_a_trouble_whatever_the_status(document: bytes, detail: str) -> None:
    trouble = refused(SOURCE, document)
    assert (trouble.kind, trouble.detail) == ("broken", detail)


@pytest.mark.parametrize(("count", "total"), [(30, "70"), ("30", 70)])
def test_pages_follow_by_what_they_say_they_hold(count: object, total: object) -> None:
    thirty = [preprint(number) for number in range(30)]
    second = following(SOURCE, page(*thirty, count=count, total=total), asked(SOURCE))
    assert second.endswith(request("2026-11-19/2026-11-22", 30))
    third = following(SOURCE, page(*thirty, count=count, total=total), second)
    assert third.endswith(request("2026-11-19/2026-11-22", 60))
    assert following(SOURCE, page(*thirty[:10], count=10, total=total), third) == ""


def test_without_a_total_pages_follow_until_one_is_empty() -> None:
    second = following(SOURCE, page(preprint(1), preprint(2)), asked(SOURCE))
    assert second.endswith(request("2026-11-19/2026-11-22", 2))
    assert following(SOURCE, NOTHING, second) == ""


def test_two_pages_come_home_and_nothing_twice(tmp_path: Path) -> None:
    preprints = [preprint(number) for number in range(45)]
    with http_server({}) as server:
        harvest = Harvest(tmp_path, replace(SOURCE, url=server.url))
        again = preprint(44, "2")
        server.routes |= {
            request("2026-10-23/2026-11-22"): reply(body=page(*preprints[:30], count=30, total="45")),
            request("2026-10-23/2026-11-22", 30): reply(body=page(*preprints[30:], count=15, total="45")),
            request("2026-11-19/2026-11-23"): reply(body=page(*preprints[40:], again, count=6, total=6)),
        }
        report = harvest.take(NOW)
        assert (report.new, report.trouble) == (45, None)
        report = harvest.take(LATER)
        assert (report.new, report.known, report.trouble) == (0, 5, None)
        assert len(server.asked) == 3


def test_a_quiet_day_is_a_good_one(tmp_path: Path) -> None:
    with http_server({request("2026-10-23/2026-11-22"): reply(body=NOTHING)}) as server:
        report = Harvest(tmp_path, replace(SOURCE, url=server.url)).take(NOW)
    assert (report.new, report.trouble) == (0, None)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8), lambda v: st.lists(v, max_size=3)
)
ANSWERS = st.fixed_dictionaries(
    {},
    optional={
        "messages": VALUES | st.lists(st.fixed_dictionaries({"status": VALUES, "count": VALUES, "total": VALUES})),
        "collection": st.lists(VALUES | st.dictionaries(st.sampled_from(sorted(preprint(1))), VALUES), max_size=3),
    },
)


@given(ANSWERS)
def test_no_answer_raises(answer: dict[str, object]) -> None:
    document = json.dumps(answer).encode()
    biorxiv.parse(document, SOURCE, address=asked(SOURCE), content_type="")
    assert isinstance(following(SOURCE, document, asked(SOURCE)), str)


@given(st.binary(max_size=100))
def test_no_bytes_raise(document: bytes) -> None:
    biorxiv.parse(document, SOURCE, address="x", content_type="")
    assert following(SOURCE, document, "x") == ""


def test_a_window_that_holds_too_much_is_closed_earlier() -> None:
    """The window is shorter for good; its pages are counted from the start."""
    here = asked(SOURCE)
    document = page(preprint(1), count=1, total=200)  # 90 pages of one are as much as a run reads
    then = following(SOURCE, document, here)
    assert then == "https://api.biorxiv.org" + request("2026-11-19/2026-11-19")
    assert read(SOURCE, document, then).reached == datetime(2026, 11, 20, tzinfo=UTC)
    assert following(SOURCE, document, then).endswith(request("2026-11-19/2026-11-19", 1))
    later = "https://api.biorxiv.org" + request("2026-11-19/2026-11-22", 100)
    assert following(SOURCE, document, later).endswith(request("2026-11-19/2026-11-22", 101))
