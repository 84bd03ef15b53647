"""Seminars: who speaks, from where, invited by whom, and above all when."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from asking import LOCAL
from hypothesis import given, settings
from hypothesis import strategies as st
from servers import http_server, reply
from shipped import shipped

from watcher.articles import Article, Parsed
from watcher.parse import parse, seminars
from watcher.run import poll
from watcher.sources import Source, Trouble
from watcher.store import Store

HERE = "https://institut.example/seminaires"
NOON = datetime(2021, 6, 3, 10, tzinfo=UTC)  # 12:00 in Paris, in summer
ABSTRACT = "Les cellules exposées à un toxique s’en défendent ; nous suivons cette défense dans la tumeur " * 2
TALK = f"""<li><h3><a href="/seminaires/claire-dumas">Detoxification as a way out for tumours</a></h3>
  <p>Webinaire de l’institut</p><p>Jeudi 3 juin 2021 - 12h00 - Pour venir, écrivez à l’accueil</p>
  <p>Claire Dumas</p><p>Inserm U999, Villejuif, France</p><p> invitée par Paul Le Goff</p><p>{ABSTRACT}</p></li>"""


def source(**select: str) -> Source:
    return Source(id="cochin", url=HERE, kind="seminars", select=tuple(select.items()))


def read(html: str, **select: str) -> Parsed | Trouble:
    return parse(html.encode(), source(**select), address=HERE, content_type="text/html; charset=utf-8")


def talk(html: str, **select: str) -> Article:
    found = read(html, **{"item": "li"} | select)
    assert isinstance(found, Parsed), found
    (article,) = found.articles
    return article


def test_an_announcement_is_read_line_by_line() -> None:
    article = talk(TALK)
    assert article.title == "Detoxification as a way out for tumours"
    assert article.url == "https://institut.example/seminaires/claire-dumas"
    assert (article.authors, article.event, article.published) == (("Claire Dumas",), NOON, None)
    head = "Inserm U999, Villejuif, France. invitée par Paul Le Goff. Jeudi 3 juin 2021 - 12h00. Les cellules"
    assert article.summary.startswith(head)


def test_selectors_say_what_the_order_does_not() -> None:
    html = """<li><a href="/s/1">Un titre</a><b class=who>C. Dumas</b><i class=from>Lyon</i><u class=by>Paul Goff</u>
              <span class=d>3 juin 2021, 12h</span><p>Salle 3</p></li>"""
    article = talk(html, speaker=".who", affiliation=".from", host=".by", date=".d", summary="p")
    assert (article.authors, article.event) == (("C. Dumas",), NOON)
    assert article.summary == "Lyon. Paul Goff. 3 juin 2021, 12h. Salle 3"


@pytest.mark.parametrize(
    ("line", "event"),
    [
        ("Jeudi 3 juin 2021 - 12h00", NOON),
        ("jeudi 3 juin 2021 à 12 h 00", NOON),
        ("Thursday, June 3, 2021 - 12:00", NOON),
        ("03/06/2021 - 12h", NOON),
        ("2021-06-03 12:00", NOON),
        ('<time datetime="2021-06-03T12:00:00+02:00">3 juin 2021</time>', NOON),
        ('<time datetime="2021-06-03">3 juin 2021 12h00</time>', NOON),
        ("Jeudi 7 janvier 2021 - 12h00", datetime(2021, 1, 7, 11, tzinfo=UTC)),  # winter
        ("3 juin 2021", datetime(2021, 6, 2, 22, tzinfo=UTC)),
        ("Jeudi 3 juin", None),
        ("31 juin 2021 - 12h00", None),
        ("bientôt", None),
    ],
)
def test_when(line: str, event: datetime | None) -> None:
    assert talk(f"<li><a href=/s/1>Un titre</a><p>{line}</p><p>Claire Dumas</p></li>").event == event


@pytest.mark.parametrize(
    ("lines", "speaker", "place"),
    [
        (["Claire Dumas (Inserm, Lyon)"], "Claire Dumas", "Inserm, Lyon"),
        (["Claire Dumas, Inserm, Lyon"], "Claire Dumas", "Inserm, Lyon"),
        (["Claire Dumas – Inserm, Lyon"], "Claire Dumas", "Inserm, Lyon"),
        (["Séminaire Externe", "Salle Marie Curie", "Jean-Luc d’Été", "CNRS, Nice"], "Jean-Luc d’Été", "CNRS, Nice"),
        (["Maria van der Berg", "3 juin 2021"], "Maria van der Berg", ""),
        (["hosted by Paul Goff", "Invité par : Anne Roy"], "", ""),
        (["avec deux mots"], "", ""),
    ],
)  # fmt: skip
def test_who(lines: list[str], speaker: str, place: str) -> None:
    article = talk("<li><a href=/s/1>Un titre</a>" + "".join(f"<p>{line}</p>" for line in lines))
    assert (article.authors or ("",))[0] == speaker
    assert article.summary.startswith(place)


def test_a_series_under_one_title_is_several_talks() -> None:
    html = "".join(f"<li><b>Séminaire interne</b><p>{day} mars 2026 - 11h</p></li>" for day in (3, 10, 10))
    found = read(html, item="li", title="b")
    assert isinstance(found, Parsed)
    assert len({a.guid for a in found.articles}) == len(found.articles) == 2


def test_selectors_that_find_nothing() -> None:
    assert read(TALK, item=".gone") == Trouble(kind="selector", detail=".gone")
    assert read(TALK, item="li", orator="b") == Trouble(kind="selector", detail="orator")


def test_next_is_followed_whatever_else_is_selected() -> None:
    html = f"{TALK}<a class=next href='?page=1'>Suivant</a>".encode()
    wanted = source(item="li", next="a.next", speaker="b")
    assert seminars.KIND.more(html, address=HERE, source=wanted) == f"{HERE}?page=1"


pieces = st.sampled_from(
    ["<li>", "</li>", "<p>", "Claire Dumas", "3 juin 2021", " - 12h00", "invitée par ", "(", ")", ", ", "é" * 50]
)


@settings(max_examples=80, deadline=None)
@given(st.lists(pieces, max_size=30).map("".join) | st.text(max_size=200), st.text(max_size=10))
def test_never_raises(html: str, selector: str) -> None:
    read(html, item="li", title="p")
    read(html, item="*", title="*", speaker=selector, date="*")
    parse(html.encode("utf-8", "replace"), source(item="body"), address=HERE, content_type="")


def test_a_long_line_ends_soon() -> None:
    for line in ("A" * 500_000, "A " * 250_000, "1" * 500_000, "A(" * 100_000, "invité " * 60_000, "A, " * 100_000):
        read(f"<li><b>Un titre</b><p>{line}</p></li>", item="li", title="b")


def test_a_talk_that_is_put_off_keeps_its_place(tmp_path: Path) -> None:
    """Through the whole house, with the definition that we ship for the Institut Cochin."""
    given_select = shipped(tmp_path)["cochin-seminaires"].select
    menu = "<ul><li><a href='/seminaires/'>Séminaires</a><ul><li><a href=/x>X</a></li></ul></li></ul>"
    later = TALK.replace("3 juin 2021 - 12h00", "10 juin 2021 - 14h30")
    clock = iter([datetime(2021, 5, day, 6, tzinfo=UTC) for day in range(1, 20)]).__next__
    with http_server({}) as server, Store(tmp_path / "w.db") as store:
        one = Source(id="cochin", url=f"{server.url}/seminaires", kind="seminars", select=given_select)
        for html, event in ((TALK, NOON), (later, datetime(2021, 6, 10, 12, 30, tzinfo=UTC))):
            server.routes["/seminaires"] = reply(200, f"{menu}<ul>{html}</ul>".encode())
            report = poll((one,), (), store, LOCAL, clock=clock, everyone=True)
            assert report.sources[0].trouble is None
            (known,) = store.all()
            assert known.article.event == event
            assert known.article.authors == ("Claire Dumas",)
