"""Whole runs of a service that holds more than one of them can read: the next one goes on, until all came."""

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from harvest import NOW, Harvest
from servers import reply
from services import ClinicalTrials, EuropePmc, Hal, OpenAlex, PubMed, Query, Service, queries, served

from watcher.parse import openalex
from watcher.sources import FIRST_WINDOW, Source
from watcher.store import Store

WEIGHT = 100  # each record of these services stands for a hundred: they say that they hold so many, and number them so
RECORDS = 200
DAY = timedelta(days=1)

_COUNT = re.compile(rb'"(hitCount|numFound|count|totalCount)": ("?)(\d+)')


def heavy(service: Service) -> Service:
    """A service that counts each of its records a hundred times."""

    def answer(path: str, query: Query) -> bytes:
        steps = ("start", "rows", "retstart", "retmax", "per_page", "pageSize")
        light = {name: [str(int(v[0]) // WEIGHT)] if name in steps else v for name, v in query.items()}
        head, _, body = service(path, light).partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200")
        kind = "text/xml" if body.startswith(b"<?xml") else "application/json"
        return reply(
            body=_COUNT.sub(lambda n: b'"%s": %s%d' % (n[1], n[2], int(n[3]) * WEIGHT), body), Content_Type=kind
        )

    return answer


def europepmc(number: int) -> dict[str, Any]:
    return {"id": str(number), "source": "MED", "title": f"Paper {number}", "doi": f"10.1000/x.{number}"}


def hal(number: int) -> dict[str, Any]:
    return {"halId_s": f"hal-{number:08}", "title_s": [f"Paper {number}"], "doiId_s": f"10.1000/x.{number}"}


def pubmed(number: int) -> dict[str, Any]:
    return {"pmid": str(1000 + number), "title": f"Paper {number}", "doi": f"10.1000/x.{number}"}


def work(number: int) -> dict[str, Any]:
    return {"id": f"https://openalex.org/W{number}", "title": f"Paper {number}", "doi": f"10.1000/x.{number}"}


def study(number: int) -> dict[str, Any]:
    return {"protocolSection": {"identificationModule": {"nctId": f"NCT{number:08}", "briefTitle": f"Paper {number}"}}}


@pytest.mark.parametrize(
    ("kind", "service", "record", "path"),
    [
        ("europepmc", EuropePmc(page=10), europepmc, "/europepmc/webservices/rest/search"),
        ("hal", Hal(), hal, "/search/"),
        ("pubmed", PubMed(), pubmed, "/entrez/eutils/esearch.fcgi"),
        ("clinicaltrials", ClinicalTrials(), study, "/api/v2/studies"),
    ],
)
def test_what_is_too_much_for_one_run_comes_in_three(
    tmp_path: Path, kind: str, service: Any, record: Callable[[int], dict[str, Any]], path: str
) -> None:
    start = NOW - FIRST_WINDOW
    service.entered = [(f"{start + n * FIRST_WINDOW / RECORDS:%Y-%m-%d}", record(n)) for n in range(RECORDS)]
    with served(heavy(service)) as server:
        harvest = Harvest(tmp_path, Source(id=kind, kind=kind, url=server.url + path, query="x"))
        held, asked = [], []
        for run in range(4):
            report = harvest.take(NOW + run * DAY / 4)
            assert report.trouble is None
            held.append(len(harvest.titles()))
            asked.append(len(queries(server)))
    assert 0 < held[0] < held[1] < held[2] == RECORDS
    assert held[3] == RECORDS
    assert asked[0] <= 100
    with Store(harvest.file) as store:
        assert store.states()[kind].ok == NOW + 3 * DAY / 4


def test_works_that_are_asked_by_the_day_of_publication_come_in_two(tmp_path: Path) -> None:
    start, length = NOW - FIRST_WINDOW - openalex.LATE, FIRST_WINDOW + openalex.LATE + openalex.EARLY
    records = 120
    service = OpenAlex(entered=[(f"{start + n * length / records:%Y-%m-%d}", work(n)) for n in range(records)])
    with served(heavy(service)) as server:
        harvest = Harvest(tmp_path, Source(id="oa", kind="openalex", url=f"{server.url}/works", query="x"))
        first = harvest.take(NOW)
        assert (first.trouble, 0 < first.new < records) == (None, True)
        assert harvest.take(NOW + DAY).trouble is None
    assert len(harvest.titles()) == records


def test_a_window_that_fits_is_read_up_to_now(tmp_path: Path) -> None:
    with served(EuropePmc(entered=[("2026-11-20", europepmc(1))])) as server:
        url = f"{server.url}/europepmc/webservices/rest/search"
        harvest = Harvest(tmp_path, Source(id="s", kind="europepmc", url=url, query="x"))
        assert harvest.take(NOW).new == 1
    with Store(harvest.file) as store:
        assert store.states()["s"].ok == NOW
