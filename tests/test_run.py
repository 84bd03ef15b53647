"""Whole runs against a real server: what is stored, what is asked again, and what a failure leaves behind."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html import escape
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from servers import Asked, Server, reply

from watcher.articles import Article
from watcher.errors import LockedError, UsageError
from watcher.fetch import Manners
from watcher.identity import Identified, identify
from watcher.profiles import Profile, ProfileSetting, Term, learn
from watcher.relevance import judge
from watcher.run import RunReport, SourceReport, digest, judge_again, learn_profiles, poll, take_in
from watcher.seeds import Seed
from watcher.sources import Source
from watcher.store import Store, exclusive

NOW = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)
DAY = timedelta(days=1)
LOCAL = Manners(allow_hosts=("127.0.0.0/8",), deadline=5.0)
SEED = Seed(
    name="ferroptose.md",
    title="La ferroptose des cellules tumorales",
    text="La ferroptose détruit les cellules tumorales persistantes quand le fer des lysosomes oxyde leurs membranes.",
    language="fr",
)
FERRO = learn((SEED,), ProfileSetting(name="ferro", seeds=Path("ferro"), threshold=20.0))
BONE = learn(
    (Seed(name="os.md", title="L’ostéosarcome de l’enfant", text="L’ostéosarcome résiste au méthotrexate."),),
    ProfileSetting(name="os", seeds=Path("os"), threshold=20.0),
)

Item = tuple[str, str, str]  # guid, title, summary; the address follows from the guid


def item(number: int, title: str = "", summary: str = "") -> Item:
    return (f"a{number}", title or f"Communiqué numéro {number} du service de presse", summary)


ON_TOPIC = item(1, "La ferroptose des cellules tumorales persistantes", "Le fer des lysosomes déclenche la ferroptose.")


def rss(*items: Item, host: str = "presse.example") -> bytes:
    parts = [
        f"<item><guid isPermaLink='false'>{guid}</guid><link>https://{host}/{guid}</link>"
        f"<title>{escape(title)}</title><description>{escape(summary)}</description></item>"
        for guid, title, summary in items
    ]
    head = "<?xml version='1.0' encoding='UTF-8'?><rss version='2.0'><channel><title>Presse</title>"
    return f"{head}{''.join(parts)}</channel></rss>".encode()


def sources(server: Server, *names: str) -> tuple[Source, ...]:
    return tuple(Source(id=name, url=f"{server.url}/{name}") for name in names)


def run(
    store: Store,
    asked: tuple[Source, ...],
    *,
    profiles: tuple[Profile, ...] = (FERRO,),
    now: datetime = NOW,
    progress: Callable[[SourceReport], None] | None = None,
) -> RunReport:
    return poll(asked, profiles, store, LOCAL, clock=lambda: now, everyone=True, progress=progress)


def only(report: RunReport) -> SourceReport:
    (one,) = report.sources
    return one


# ---- what is stored, what is asked again


def test_the_first_run_brings_all_and_the_second_nothing(server: Server, store: Store) -> None:
    (one,) = sources(server, "one")
    items = (ON_TOPIC, item(2), item(3))

    def answer(asked: Asked) -> bytes:
        if asked.headers.get("if-none-match") == '"v1"':
            return reply(304, ETag='"v1"')
        return reply(body=rss(*items), ETag='"v1"', Last_Modified="Mon, 02 Mar 2026 06:00:00 GMT")

    server.routes["/one"] = answer
    first = run(store, (one,))
    assert only(first) == SourceReport(source=one, new=3)
    assert (first.summary.asked, first.summary.failed, first.summary.new, first.resting) == (1, 0, 3, 0)
    before = tuple(store.all())
    second = run(store, (one,), now=NOW + DAY)
    assert only(second) == SourceReport(source=one, unchanged=True)
    assert server.asked[1].headers["if-none-match"] == '"v1"'
    assert server.asked[1].headers["if-modified-since"] == "Mon, 02 Mar 2026 06:00:00 GMT"
    assert tuple(store.all()) == before
    state = store.states()["one"]
    assert (state.etag, state.ok, state.articles, state.newest) == ('"v1"', NOW + DAY, 3, NOW)


def test_a_server_without_validators_brings_nothing_twice_either(server: Server, store: Store) -> None:
    (one,) = sources(server, "one")
    server.routes["/one"] = reply(body=rss(ON_TOPIC, item(2)))
    run(store, (one,))
    before = tuple(store.all())
    assert only(run(store, (one,), now=NOW + DAY)) == SourceReport(source=one, known=2)
    assert tuple(store.all()) == before


def test_the_validators_of_a_document_cut_short_are_not_kept(server: Server, store: Store) -> None:
    (one,) = sources(server, "one")
    whole = rss(item(1), item(2), item(3))
    server.routes["/one"] = reply(body=whole[: whole.index(b"a3")], ETag='"v1"', Last_Modified="today")
    assert only(run(store, (one,))).new == 2
    state = store.states()["one"]
    assert (state.etag, state.modified) == ("", "")
    server.routes["/one"] = reply(body=whole, ETag='"v1"')
    assert only(run(store, (one,), now=NOW + DAY)) == SourceReport(source=one, new=1, known=2)
    assert "if-none-match" not in server.asked[1].headers
    assert store.states()["one"].etag == '"v1"'


def test_only_sources_that_are_due_are_asked(server: Server, store: Store) -> None:
    one, two = sources(server, "one", "two")
    server.routes |= {"/one": reply(body=rss(item(1))), "/two": reply(body=rss(item(2)))}
    run(store, (one,))
    report = poll((one, two), (FERRO,), store, LOCAL, clock=lambda: NOW)
    assert ([r.source.id for r in report.sources], report.resting) == (["two"], 1)
    nobody = poll((one, two), (FERRO,), store, LOCAL, clock=lambda: NOW)
    assert (nobody.summary.asked, nobody.resting) == (0, 2)


def test_one_bad_source_does_not_stop_the_good_ones(server: Server, store: Store) -> None:
    asked = sources(server, "one", "page", "error", "cut", "two")
    server.routes |= {
        "/one": reply(body=rss(item(1))),
        "/page": reply(body=b"<!doctype html><html><title>Accueil</title></html>", Content_Type="text/html"),
        "/error": reply(502),
        "/cut": reply(body=b"<rss><channel>", Content_Length="5000"),
        "/two": reply(body=rss(item(2))),
    }
    report = run(store, asked)
    assert {r.source.id: r.trouble and r.trouble.kind for r in report.sources} == {
        "one": None, "page": "not-a-feed", "error": "http", "cut": "broken", "two": None,
    }  # fmt: skip
    assert (report.summary.asked, report.summary.failed, store.count()) == (5, 3, 2)
    states = store.states()
    assert {name: state.failures for name, state in states.items()} == {
        "one": 0,
        "page": 1,
        "error": 1,
        "cut": 1,
        "two": 0,
    }
    assert states["error"].due == NOW + timedelta(minutes=30)


def test_an_edited_title_is_a_change_and_not_an_article(server: Server, store: Store) -> None:
    (one,) = sources(server, "one")
    server.routes["/one"] = reply(body=rss(item(1, "Un titre encore provisoire"), item(2)))
    run(store, (one,))
    server.routes["/one"] = reply(body=rss(ON_TOPIC, item(2)))
    assert only(run(store, (one,), now=NOW + DAY)) == SourceReport(source=one, known=2, changed=1)
    edited, other = store.all()
    assert (edited.article.title, edited.changed, other.changed) == (ON_TOPIC[1], NOW + DAY, None)
    assert dict(edited.scores)["ferro"] == pytest.approx(judge(edited.article, (FERRO,))[0].value)


def test_an_edit_that_leaves_the_subject_takes_the_score_away(server: Server, store: Store) -> None:
    (one,) = sources(server, "one")
    server.routes["/one"] = reply(body=rss(ON_TOPIC))
    run(store, (one,))
    assert dict(next(store.all()).scores)["ferro"] > 50
    server.routes["/one"] = reply(body=rss(item(1, "Horaires du secrétariat", "Ouvert le matin.")))
    run(store, (one,), now=NOW + DAY)
    assert next(store.all()).scores == ()


def test_one_article_in_two_sources_is_one_article_seen_twice(server: Server, store: Store) -> None:
    une, sante = sources(server, "une", "sante")
    tracked = rss(ON_TOPIC).replace(b"/a1<", b"/a1?utm_source=rss#top<").replace(b">a1<", b">autre-guid<")
    server.routes |= {"/une": reply(body=rss(ON_TOPIC)), "/sante": reply(body=tracked)}
    report = run(store, (une, sante))
    assert (report.summary.new, report.summary.known) == (1, 1)
    (known,) = store.all()
    assert known.sources == ("une", "sante")
    assert known.article.source == "une"


def test_an_article_that_nothing_names_is_stored_once(server: Server, store: Store) -> None:
    (one,) = sources(server, "one")
    items = (
        "<item><title>Bonne année</title></item>",
        "<item><guid isPermaLink='false'>g</guid><title>Vœux</title></item>",
        "<item><guid isPermaLink='false'>g</guid><title>Congés</title></item>",
    )
    server.routes["/one"] = reply(body=rss().replace(b"</channel>", "".join(items).encode() + b"</channel>"))
    run(store, (one,))
    run(store, (one,), now=NOW + DAY)
    assert store.count() == 3


def test_what_is_no_text_never_reaches_the_database(server: Server, store: Store) -> None:
    (one,) = sources(server, "one")
    feed = r"""{"version": "https://jsonfeed.org/version/1.1", "title": "x", "items": [{"id": "a\ud800",
        "url": "https://a.example/\udfff", "title": "Le fer\ud83d \u0007et\u202e", "summary": "\udc00"}]}"""
    server.routes["/one"] = reply(body=feed.encode(), Content_Type="application/feed+json")
    assert only(run(store, (one,))).new == 1
    (known,) = store.all()
    assert known.article.title == "Le fer et"
    assert only(run(store, (one,), now=NOW + DAY)).known == 1


def test_news_of_one_story_are_tied(server: Server, store: Store) -> None:
    one, two = sources(server, "one", "two")
    server.routes |= {
        "/one": reply(body=rss(ON_TOPIC, item(7))),
        "/two": reply(body=rss((*item(9)[:1], *ON_TOPIC[1:]), host="autre.example")),
    }
    run(store, (one, two))
    first, aside, second = store.all()
    assert first.story == second.story != aside.story
    assert [t.article for t in store.ties(second.id)] == [first.id]


# ---- profiles that change


def test_a_profile_that_changed_is_judged_again(server: Server, store: Store) -> None:
    (one,) = sources(server, "one")
    server.routes["/one"] = reply(body=rss(ON_TOPIC, item(2)))
    run(store, (one,), profiles=(FERRO, BONE))
    changed = replace(FERRO, terms=tuple(replace(t, weight=t.weight / 2) for t in FERRO.terms[:4]))
    assert changed.fingerprint != FERRO.fingerprint
    run(store, (one,), profiles=(changed,), now=NOW + DAY)
    assert store.fingerprints() == {"ferro": changed.fingerprint}
    for known in store.all():
        fresh = {s.profile: pytest.approx(s.value) for s in judge(known.article, (changed,)) if s.value > 0}
        assert dict(known.scores) == fresh
    assert judge_again((changed,), store) == ()


def test_a_digest_knows_a_profile_that_changed_after_the_last_run(server: Server, store: Store) -> None:
    (one,) = sources(server, "one")
    server.routes["/one"] = reply(body=rss(ON_TOPIC, item(2)))
    run(store, (one,), profiles=(BONE,))
    before = tuple(store.all()), store.fingerprints()
    composed = digest((one,), (FERRO,), store, since=DAY, now=NOW)
    ((line,),) = (section.lines for section in composed.sections)
    assert line.lead.article.title == ON_TOPIC[1]
    assert line.score == judge(line.lead.article, (FERRO,))[0]
    assert (tuple(store.all()), store.fingerprints()) == before  # it reads only


def test_profiles_are_learnt_from_their_folders(tmp_path: Path) -> None:
    (tmp_path / "seed.md").write_text(f"# {SEED.title}\n\n{SEED.text}\n", encoding="utf-8")
    (learnt,) = learn_profiles((ProfileSetting(name="p", seeds=tmp_path),))
    assert learnt.terms
    with pytest.raises(UsageError):
        learn_profiles((ProfileSetting(name="p", seeds=tmp_path / "none"),))


# ---- faults


class _Terms(tuple[Term, ...]):
    """Terms that cannot be read while a fault is on: stands for any bug met in the middle of one source."""

    faulty = False

    def __iter__(self) -> Iterator[Term]:
        if self.faulty:
            raise ZeroDivisionError("a bug")
        return super().__iter__()

    def __getitem__(self, place: Any) -> Any:
        if self.faulty:
            raise ZeroDivisionError("a bug")
        return super().__getitem__(place)


def _in_turn(turn: Event, answer: bytes) -> Iterator[bytes]:
    turn.wait(10)
    yield answer


def test_a_bug_met_in_one_source_is_the_trouble_of_that_source_alone(server: Server, store: Store) -> None:
    asked = sources(server, "one", "two", "three")
    turn, answers = {source.id: Event() for source in asked}, {}
    for number, source in enumerate(asked):
        body = rss(item(10 * number, ON_TOPIC[1]), item(10 * number + 1), host=f"{source.id}.example")
        answers[source.id] = reply(body=body, ETag='"v1"')
        server.routes[f"/{source.id}"] = _in_turn(turn[source.id], answers[source.id])
    terms = _Terms(FERRO.terms)
    profile = replace(FERRO, terms=terms)
    turn["one"].set()

    def between(report: SourceReport) -> None:
        terms.faulty = report.source.id == "one"
        turn[{"one": "two", "two": "three", "three": "one"}[report.source.id]].set()

    report = run(store, asked, profiles=(profile,), progress=between)
    assert [(r.source.id, r.new, r.trouble and r.trouble.kind) for r in report.sources] == [
        ("one", 2, None), ("two", 0, "broken"), ("three", 2, None),
    ]  # fmt: skip
    trouble = store.states()["two"].trouble
    assert trouble is not None
    assert trouble.detail == "ZeroDivisionError: a bug"
    assert store.states()["two"].etag == ""
    assert {k.article.source for k in store.all()} == {"one", "three"}
    server.routes.update({f"/{name}": answer for name, answer in answers.items()})
    run(store, asked, profiles=(profile,), now=NOW + DAY)
    assert store.count() == 6


def _records(count: int, *, fault: Exception | None = None) -> Iterator[Identified]:
    for number in range(count):
        url = f"https://x.example/{number}"
        yield from identify((Article(source="file:x", url=url, title=f"Article {number}"),))
    if fault:
        raise fault


def test_a_file_is_taken_in_whole_or_not_at_all(store: Store) -> None:
    fault = UsageError("bad-record", file="x", line=4, detail="")
    with pytest.raises(UsageError):
        take_in(_records(3, fault=fault), (FERRO,), store, NOW)
    with pytest.raises(ZeroDivisionError):
        take_in(_records(3, fault=ZeroDivisionError()), (FERRO,), store, NOW)
    assert store.count() == 0
    assert take_in(_records(3), (FERRO,), store, NOW) == (3, 0)
    assert take_in(_records(5), (FERRO,), store, NOW) == (2, 3)


# ---- killed at any moment

ROUNDS, SOURCES, ARTICLES = 12, 12, 15

# One process that forks, so that Python starts once: each child is a run, to be killed.
_RUNS = """
import os, sys
from datetime import UTC, datetime
from pathlib import Path
from watcher.fetch import Fetched, Manners
from watcher.run import poll
from watcher.run.documents import study
from watcher.sources import Source
from watcher.store import Store, exclusive

one = Source(id="one", url="http://a.example")
feed = b"<rss><channel><item><title>Un</title></item></channel></rss>"
study(one, Fetched(source=one, url=one.url, status=200, content=feed), (), datetime.now(UTC))
# What reading needs is loaded now, or a run would be dead before it stores anything.

url, names = sys.argv[1], sys.argv[2:]
sources = tuple(Source(id=name, url=f"{url}/{name}") for name in names)
manners = Manners(allow_hosts=("127.0.0.1",), workers=2)
for file in map(Path, map(str.strip, sys.stdin)):
    child = os.fork()
    if child == 0:
        with exclusive(file), Store(file) as store:
            poll(sources, (), store, manners, clock=lambda: datetime.now(UTC))
        os._exit(0)
    print(child, flush=True)
    os.waitpid(child, 0)
"""


def _halves(store: Store) -> dict[str, int]:
    """Sources of which something is stored, but not all."""
    states = store.states()
    brought = dict.fromkeys(states, 0)
    for known in store.all():
        brought[known.article.source] = brought.get(known.article.source, 0) + 1
    return {
        name: n for name, n in brought.items() if n != ARTICLES or states[name].articles != n or not states[name].etag
    }


def _kill_once(server: Server, runs: subprocess.Popen[str], file: Path, dice: random.Random) -> None:
    assert runs.stdin is not None
    assert runs.stdout is not None
    server.asked.clear()
    enough, patience = dice.randint(1, SOURCES), dice.random() * 0.4
    runs.stdin.write(f"{file}\n")
    runs.stdin.flush()
    child = int(runs.stdout.readline())
    end = time.monotonic() + 20
    while len(server.asked) < enough and time.monotonic() < end:
        time.sleep(0.001)
    time.sleep(patience)
    with suppress(ProcessLookupError):  # it was faster
        os.kill(child, signal.SIGKILL)


def test_a_run_that_is_killed_loses_no_article_and_leaves_no_half_source(server: Server, tmp_path: Path) -> None:
    names = tuple(f"s{n}" for n in range(SOURCES))
    asked = sources(server, *names)
    for name in names:
        body = rss(*(item(n, f"Nouvelle {name} {n} du laboratoire") for n in range(ARTICLES)), host=f"{name}.example")
        server.routes[f"/{name}"] = reply(body=body, ETag='"v1"')
    command = [sys.executable, "-c", _RUNS, server.url, *names]
    dice = random.Random()
    stored = set()
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8") as runs:
        for number in range(ROUNDS):
            file = tmp_path / f"{number}.db"
            _kill_once(server, runs, file, dice)
            with exclusive_soon(file), Store(file) as store:
                assert _halves(store) == {}
                stored.add(store.count())
                poll(asked, (), store, LOCAL, clock=lambda: datetime.now(UTC))
                assert (store.count(), _halves(store)) == (SOURCES * ARTICLES, {})
    assert len(stored) > 1  # some were really killed in the middle


@contextmanager
def exclusive_soon(file: Path) -> Iterator[None]:
    """Take the lock of a run that was just killed, as soon as the kernel has let go of it."""
    end = time.monotonic() + 20
    while True:
        try:
            with exclusive(file):
                break
        except LockedError:
            assert time.monotonic() < end
            time.sleep(0.001)
    with exclusive(file):
        yield
