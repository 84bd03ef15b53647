"""OpenAlex: what is asked, how its works are read, where it goes on."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from harvest import LATER, NOW, Harvest, asked, at, following, only, read, refused
from hypothesis import given
from hypothesis import strategies as st
from servers import http_server, reply

from watcher.parse import openalex
from watcher.parse.services import parameter
from watcher.sources import Source

SOURCE = Source(id="oa", url=openalex.KIND.service, kind="openalex", query="ferroptosis AND CD44")
KEYED = replace(SOURCE, url=f"{SOURCE.url}?api_key=k123")


def work(number: int, **fields: object) -> dict[str, object]:
    return {
        "id": f"https://openalex.org/W{number}",
        "doi": f"https://doi.org/10.1000/work.{number}",
        "ids": {"openalex": f"https://openalex.org/W{number}"},
        "title": f"Iron and persister cells, part {number}",
        "publication_date": "2026-11-20",
        "language": "en",
        "authorships": [{"author": {"display_name": "Raphaël Martin"}}, {"author": {"display_name": "Ada Dupré"}}],
        "primary_location": {"landing_page_url": "https://journal.example/x", "source": {"display_name": "Cell Iron"}},
        "biblio": {"volume": "12", "issue": "3", "first_page": "101", "last_page": "110"},
        "abstract_inverted_index": {"Iron": [0], "kills": [1], "cells": [2, 5], "and": [3], "more": [4]},
    } | fields


def page(*works: object, count: int, **meta: object) -> bytes:
    return json.dumps({"meta": {"count": count, "per_page": 100} | meta, "results": works}).encode()


def request(
    path: str, since: str, *, until: str = "2026-12-22", number: int = 1, key: str = "", cursor: str = ""
) -> str:
    wanted: dict[str, object] = {"api_key": key} if key else {}
    days = f"from_publication_date:{since},to_publication_date:{until}"
    wanted["filter"] = f"title_and_abstract.search:ferroptosis AND CD44,{days}"
    wanted |= {"sort": "publication_date:desc", "select": openalex.FIELDS, "per_page": 100}
    return at(path, wanted | ({"cursor": cursor} if cursor else {"page": number}))


def test_works_are_asked_from_a_month_before_the_window() -> None:
    assert asked(SOURCE) == request(SOURCE.url, "2026-10-20")


def test_with_a_key_pages_are_asked_by_cursor() -> None:
    assert asked(KEYED) == request(SOURCE.url, "2026-10-20", key="k123", cursor="*")


def test_a_filter_narrows_and_a_comma_in_the_query_ends_none() -> None:
    narrowed = replace(SOURCE, query="iron, cancer", select=(("filter", "language:fr"),))
    days = "from_publication_date:2026-10-20,to_publication_date:2026-12-22"
    wanted = f"title_and_abstract.search:iron  cancer,{days},language:fr"
    assert parameter(asked(narrowed), "filter") == wanted


def test_a_work_becomes_an_article() -> None:
    article = only(read(SOURCE, page(work(7, ids={"pmid": "https://pubmed.ncbi.nlm.nih.gov/4242"}), count=1)))
    assert (article.guid, article.url) == ("https://openalex.org/W7", "https://doi.org/10.1000/work.7")
    assert article.ids == (("doi", "https://doi.org/10.1000/work.7"), ("pmid", "4242"))
    assert article.title == "Iron and persister cells, part 7"
    assert article.summary == "Iron kills cells and more cells"
    assert (article.published, article.year) == (datetime(2026, 11, 20, tzinfo=UTC), "2026")
    assert article.authors == ("Raphaël Martin", "Ada Dupré")
    assert (article.journal, article.volume, article.pages) == ("Cell Iron", "12", "101-110")
    assert article.language == "en"


def test_a_work_of_which_little_is_known_becomes_one_too() -> None:
    fields = dict.fromkeys(("doi", "abstract_inverted_index", "primary_location", "biblio", "language", "ids"))
    article = only(read(SOURCE, page(work(7, authorships=[], title="Le fer des <i>lysosomes</i>", **fields), count=1)))
    assert (article.title, article.url) == ("Le fer des lysosomes", "https://openalex.org/W7")
    assert (article.summary, article.ids, article.authors) == ("", (), ())


def test_a_preprint_of_arxiv_has_its_name_there_too() -> None:
    article = only(read(SOURCE, page(work(7, doi="https://doi.org/10.48550/arXiv.2611.01234"), count=1)))
    assert ("arxiv", "2611.01234") in article.ids


def test_finding_nothing_is_no_trouble() -> None:
    nothing = page(count=0)
    assert read(SOURCE, nothing).articles == ()
    assert following(SOURCE, nothing, asked(SOURCE)) == following(KEYED, nothing, asked(KEYED)) == ""


@pytest.mark.parametrize(
    ("document", "detail"),
    [
        (b'{"error": "Invalid query", "message": "no such filter"}', "Invalid query no such filter"),
        (b'{"message": "out of credit"}', "out of credit"),
        (b"<html><title>Maintenance</title></html>", "Maintenance"),
        (b"[]", "[]"),
    ],
)
def test_an_error_is_a_trouble_whatever_the_status(document: bytes, detail: str) -> None:
    trouble = refused(SOURCE, document)
    assert (trouble.kind, trouble.detail) == ("broken", detail)


def test_numbered_pages_follow_until_all_came() -> None:
    first = page(work(1), count=201)
    second = following(SOURCE, first, asked(SOURCE))
    assert parameter(second, "page") == "2"
    third = following(SOURCE, first, second)
    assert parameter(third, "page") == "3"
    assert following(SOURCE, first, third) == ""


def test_numbered_pages_end_at_ten_thousand_works_and_say_so() -> None:
    deep = page(work(1), count=12_000)
    last = asked(SOURCE).replace("page=1", "page=100")
    assert "page=100" in last
    assert following(SOURCE, deep, last) == ""
    assert not read(SOURCE, deep, address=last).complete
    assert read(KEYED, deep).complete


def test_a_window_that_holds_too_much_is_closed_earlier_by_number_and_by_cursor() -> None:
    for source in (SOURCE, KEYED):
        narrower = following(source, page(work(1), count=40_000), asked(source))
        assert "from_publication_date:2026-10-20,to_publication_date:2026-10-30" in parameter(narrower, "filter")
        assert read(source, page(work(1), count=5_000), address=narrower).reached is not None
        page_two = following(source, page(work(1), count=5_000, next_cursor="c2"), narrower)
        assert parameter(page_two, "filter") == parameter(narrower, "filter")
        assert (parameter(page_two, "page"), parameter(page_two, "cursor")) in (("2", ""), ("", "c2"))


def test_a_cursor_is_followed_until_there_is_none() -> None:
    second = following(KEYED, page(work(1), count=2, next_cursor="Ab+/="), asked(KEYED))
    assert (parameter(second, "cursor"), parameter(second, "api_key")) == ("Ab+/=", "k123")
    assert following(KEYED, page(work(1), count=2, next_cursor=None), second) == ""
    assert following(KEYED, page(count=2, next_cursor="again"), second) == ""


def test_two_pages_come_home_and_nothing_twice(tmp_path: Path) -> None:
    works = [work(number) for number in range(150)]
    with http_server({}) as server:
        harvest = Harvest(tmp_path, replace(SOURCE, url=f"{server.url}/works"))
        server.routes |= {
            request("/works", "2026-09-23"): reply(body=page(*works[:100], count=150)),
            request("/works", "2026-09-23", number=2): reply(body=page(*works[100:], count=150)),
            request("/works", "2026-10-20", until="2026-12-23"): reply(body=page(*works[:20], count=20)),
        }
        report = harvest.take(NOW)
        assert (report.new, report.trouble) == (150, None)
        report = harvest.take(LATER)
        assert (report.new, report.known, report.trouble) == (0, 20, None)
        assert len(server.asked) == 3


def test_by_cursor_they_come_home_too(tmp_path: Path) -> None:
    with http_server({}) as server:
        harvest = Harvest(tmp_path, replace(SOURCE, url=f"{server.url}/works?api_key=k1"))
        for cursor, then, number in (("*", "c2", 1), ("c2", "c3", 2), ("c3", None, 3)):
            path = request("/works", "2026-09-23", key="k1", cursor=cursor)
            works = [work(number)] if then else []
            server.routes[path] = reply(body=page(*works, count=2, next_cursor=then))
        report = harvest.take(NOW)
        assert (report.new, report.trouble, len(server.asked)) == (2, None, 3)


def test_without_credit_left_the_service_is_asked_again_later(tmp_path: Path) -> None:
    with http_server({}) as server:
        harvest = Harvest(tmp_path, replace(SOURCE, url=f"{server.url}/works"))
        server.routes[request("/works", "2026-09-23")] = reply(429, b"{}", Retry_After="3600")
        trouble = harvest.take(NOW).trouble
    assert trouble is not None
    assert (trouble.kind, trouble.status) == ("http", 429)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8), lambda v: st.lists(v, max_size=3)
)
ANSWERS = st.fixed_dictionaries(
    {},
    optional={
        "meta": VALUES | st.fixed_dictionaries({"count": VALUES, "next_cursor": VALUES, "per_page": VALUES}),
        "results": st.lists(VALUES | st.dictionaries(st.sampled_from(sorted(work(1))), VALUES), max_size=3),
    },
)


@given(ANSWERS)
def test_no_answer_raises(answer: dict[str, object]) -> None:
    document = json.dumps(answer).encode()
    for source in (SOURCE, KEYED):
        openalex.parse(document, source, address=asked(source), content_type="")
        assert isinstance(following(source, document, asked(source)), str)


@given(st.binary(max_size=100))
def test_no_bytes_raise(document: bytes) -> None:
    openalex.parse(document, SOURCE, address="x", content_type="")
    assert following(SOURCE, document, "x") == ""
