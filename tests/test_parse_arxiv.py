"""arXiv: what is asked, how its Atom is read, where it goes on."""

from dataclasses import replace
from datetime import UTC, datetime
from html import escape
from pathlib import Path

import pytest
from harvest import LATER, NOW, Harvest, asked, at, following, only, read, refused
from hypothesis import given
from hypothesis import strategies as st
from servers import http_server, reply

from watcher.parse import arxiv
from watcher.parse.services import parameter
from watcher.sources import Source

SOURCE = Source(id="ax", url=arxiv.KIND.service, kind="arxiv", query='cat:q-bio.CB AND abs:"drug resistance"')
XML = "application/atom+xml; charset=utf-8"


def entry(name: str, *, day: str = "2026-11-20", doi: str = "") -> str:
    given_doi = f'<arxiv:doi xmlns:arxiv="http://arxiv.org/schemas/atom">{escape(doi)}</arxiv:doi>' if doi else ""
    return f"""<entry>
    <id>http://arxiv.org/abs/{name}</id>
    <updated>{day}T18:00:01Z</updated>
    <published>{day}T17:59:59Z</published>
    <title>Modelling of persister
  cells {name}</title>
    <summary>  Tumours relapse because few cells
persist. </summary>
    <author><name>Ada Martin</name></author><author><name>Jean Dupré</name></author>
    {given_doi}
    <link href="http://arxiv.org/abs/{name}" rel="alternate" type="text/html"/>
    <link title="pdf" href="http://arxiv.org/pdf/{name}" rel="related" type="application/pdf"/>
    <category term="q-bio.CB" scheme="http://arxiv.org/schemas/atom"/>
  </entry>"""


def page(*entries: str, total: int, start: int = 0) -> bytes:
    counts = {"totalResults": total, "startIndex": start, "itemsPerPage": 100}
    search = "".join(
        f'<opensearch:{name} xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/">{value}\n</opensearch:{name}>'
        for name, value in counts.items()
    )
    head = '<?xml version="1.0" encoding="UTF-8"?><feed xmlns="http://www.w3.org/2005/Atom"><title>ArXiv Query</title>'
    return f"{head}<id>http://arxiv.org/api/x</id>{search}{''.join(entries)}</feed>".encode()


def request(path: str, since: str, until: str, start: int = 0) -> str:
    wanted: dict[str, object] = {
        "search_query": f"({SOURCE.query}) AND submittedDate:[{since}0000 TO {until}2359]",
        "sortBy": "submittedDate",
        "sortOrder": "descending",
    }
    # what changes from page to page comes last
    wanted |= {"max_results": 100, "start": start} if start else {"start": start, "max_results": 100}
    return at(path, wanted)


ERROR = """<entry><id>http://arxiv.org/api/errors#incorrect_field</id><title>Error</title>
<summary>incorrect field of the query</summary><updated>2026-11-22T00:00:00-05:00</updated>
<link href="http://arxiv.org/api/errors#incorrect_field" rel="alternate" type="text/html"/>
<author><name>arXiv api core</name></author></entry>"""


def test_whole_days_are_asked_from_a_week_before_the_window() -> None:
    assert asked(SOURCE) == request(SOURCE.url, "20261112", "20261122")


def test_a_preprint_has_the_name_that_its_versions_share() -> None:
    article = only(read(SOURCE, page(entry("2611.01234v3", doi="10.1000/xyz.7"), total=1), content_type=XML))
    assert (article.guid, article.url) == ("https://arxiv.org/abs/2611.01234", "https://arxiv.org/abs/2611.01234")
    assert article.ids == (("arxiv", "2611.01234"), ("doi", "10.1000/xyz.7"))
    assert article.title == "Modelling of persister cells 2611.01234v3"
    assert article.summary == "Tumours relapse because few cells persist."
    assert article.authors == ("Ada Martin", "Jean Dupré")
    assert article.published == datetime(2026, 11, 20, 17, 59, 59, tzinfo=UTC)
    assert article.journal == "arXiv"


def test_a_doi_belongs_to_the_preprint_that_states_it() -> None:
    parsed = read(SOURCE, page(entry("2611.1v1"), entry("q-bio/0112019v2", doi="10.1/a"), total=2), content_type=XML)
    assert [article.ids for article in parsed.articles][1] == (("arxiv", "q-bio/0112019"), ("doi", "10.1/a"))
    assert dict(parsed.articles[0].ids).keys() == {"arxiv"}


def test_finding_nothing_is_no_trouble() -> None:
    assert read(SOURCE, page(total=0), content_type=XML).articles == ()
    assert following(SOURCE, page(total=0), asked(SOURCE)) == ""


def test_a_blank_page_that_should_not_be_blank_is_a_trouble() -> None:
    assert refused(SOURCE, page(total=250), content_type=XML).kind == "empty"


def test_an_error_comes_as_a_feed() -> None:
    trouble = refused(SOURCE, page(ERROR, total=1), content_type=XML)
    assert (trouble.kind, trouble.detail) == ("broken", "incorrect field of the query")


def test_asking_too_often_comes_as_plain_text() -> None:
    trouble = refused(SOURCE, b"Rate exceeded.", content_type="text/plain")
    assert (trouble.kind, trouble.status) == ("http", 429)


def test_a_window_that_holds_too_much_is_closed_earlier() -> None:
    narrower = following(SOURCE, page(entry("2611.00001v1"), total=18_000), asked(SOURCE))
    assert "submittedDate:[202611120000 TO 202611152359]" in parameter(narrower, "search_query")
    assert parameter(narrower, "start") == "0"
    parsed = read(SOURCE, page(entry("2611.00001v1"), total=4_000), address=narrower, content_type=XML)
    assert parsed.reached == datetime(2026, 11, 23, tzinfo=UTC)  # the next window begins a week before that
    assert "start=1" in following(SOURCE, page(entry("2611.00001v1", day="2026-11-14"), total=4_000), narrower)


def test_pages_follow_by_what_they_hold_until_all_came() -> None:
    here = asked(SOURCE)
    two = page(entry("2611.00001v1"), entry("2611.00002v1"), total=3)
    then = following(SOURCE, two, here)
    assert "start=2" in then
    assert then.replace("start=2", "start=0").split("?")[0] == here.split("?")[0]
    assert following(SOURCE, page(entry("2611.00003v1"), total=3, start=2), then) == ""
    assert following(SOURCE, page(total=3, start=2), then) == ""


def test_pages_end_where_the_dates_that_were_asked_do() -> None:
    older = page(entry("2611.00001v1"), entry("2607.00002v1", day="2026-07-02"), total=4000)
    assert following(SOURCE, older, asked(SOURCE)) == ""


def test_two_pages_come_home_and_nothing_twice(tmp_path: Path) -> None:
    names = [f"2611.{number:05}v1" for number in range(1, 6)]
    with http_server({}) as server:
        harvest = Harvest(tmp_path, replace(SOURCE, url=f"{server.url}/api/query"))
        server.routes |= {
            request("/api/query", "20261016", "20261122"): reply(
                body=page(*map(entry, names[:3]), total=5), Content_Type=XML
            ),
            request("/api/query", "20261016", "20261122", 3): reply(
                body=page(*map(entry, names[3:]), total=5, start=3)
            ),
            request("/api/query", "20261112", "20261123"): reply(
                body=page(*map(entry, [*names[:1], "2611.00002v2"]), total=2)
            ),
        }
        report = harvest.take(NOW)
        assert (report.new, report.trouble) == (5, None)
        report = harvest.take(LATER)
        assert (report.new, report.known, report.trouble) == (0, 2, None)
        assert len(server.asked) == 3


@given(st.binary(max_size=300))
@pytest.mark.parametrize("head", [b"", b"<feed><entry>", page(total=9)[:-7]])
def test_no_bytes_raise(head: bytes, junk: bytes) -> None:
    arxiv.parse(head + junk, SOURCE, address="x", content_type="")
    assert isinstance(arxiv.more(head + junk, address="", source=SOURCE), str)
