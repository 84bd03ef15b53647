"""What was worked out is kept, is the same as what would be worked out again, and is so when anything changed."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from servers import Asked, Server, reply

from watcher.articles import Article
from watcher.fetch import Manners
from watcher.identity import Identified, identify
from watcher.profiles import Profile, ProfileSetting
from watcher.program import mark
from watcher.run import SourceReport, digest, learn_profiles, poll
from watcher.run.collect import SETTLED_TOGETHER
from watcher.run.recall import remember
from watcher.run.record import Tally, recorded
from watcher.sources import Source
from watcher.store import Remembered, Store
from watcher.stories import Related, Telling, telling_of

NOW = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)
DAY = timedelta(days=1)
LOCAL = Manners(allow_hosts=("127.0.0.0/8",), deadline=5.0)

# ---- profiles


@pytest.fixture
def setting(tmp_path: Path) -> ProfileSetting:
    folder = tmp_path / "ferro"
    folder.mkdir()
    text = "La ferroptose détruit les cellules tumorales persistantes quand le fer des lysosomes oxyde leurs membranes."
    (folder / "seed.md").write_text(f"# La ferroptose des cellules tumorales\n\n{text}\n", encoding="utf-8")
    return ProfileSetting(name="ferro", seeds=folder)


def learnt(setting: ProfileSetting, store: Store | None = None) -> Profile:
    (profile,) = learn_profiles((setting,), store, keep=True)
    return profile


def swap(store: Store, setting: ProfileSetting, made_by: str | None = None, text: str | None = None) -> None:
    """Put other words in the place of what was kept."""
    before = store.learnt()[setting.name]
    with store.transaction():
        store.keep_learnt(setting.name, made_by or before[0], before[1] if text is None else text)


def test_a_profile_is_learnt_once(store: Store, setting: ProfileSetting) -> None:
    first = learnt(setting, store)
    assert first == learnt(setting) == learnt(setting, store)
    (line,) = (text for _, text in store.learnt().values())
    swap(store, setting, text=line.replace("ferroptose", "reconnue"))
    assert "reconnue" in repr(learnt(setting, store))  # it was taken from there


def test_a_profile_is_learnt_again_when_a_seed_changed(store: Store, setting: ProfileSetting) -> None:
    first = learnt(setting, store)
    seed = setting.seeds / "seed.md"
    seed.write_text(seed.read_text(encoding="utf-8").replace("lysosomes", "mitochondries"), encoding="utf-8")
    second = learnt(setting, store)
    assert second != first
    assert second == learnt(setting)
    (setting.seeds / "second.md").write_text("# Le méthotrexate des ostéosarcomes\n\nEncore.", encoding="utf-8")
    assert learnt(setting, store) == learnt(setting) != second


def test_a_profile_is_learnt_again_when_its_settings_changed(store: Store, setting: ProfileSetting) -> None:
    learnt(setting, store)
    for changed in (
        replace(setting, include=("cuproptose",)),
        replace(setting, exclude=("lysosome",)),
        replace(setting, weights=(("fer", 2.0),)),
        replace(setting, threshold=77.0),
    ):
        assert learnt(changed, store) == learnt(changed)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"name": "ferro"}', '{"terms": 3}', "\0"])
def test_what_makes_no_profile_is_learnt_again_and_replaced(store: Store, setting: ProfileSetting, text: str) -> None:
    first = learnt(setting, store)
    line = store.learnt()[setting.name][1]
    swap(store, setting, text=text)
    assert learnt(setting, store) == first
    assert store.learnt()[setting.name][1] == line


def test_a_profile_of_another_program_is_learnt_again(store: Store, setting: ProfileSetting) -> None:
    first = learnt(setting, store)
    made_by = store.learnt()[setting.name][0]
    swap(store, setting, made_by="another", text=store.learnt()[setting.name][1].replace("ferroptose", "reconnue"))
    assert learnt(setting, store) == first
    assert store.learnt()[setting.name][0] == made_by


def test_who_only_reads_keeps_nothing(store: Store, setting: ProfileSetting) -> None:
    before = store.file.read_bytes()
    profiles = learn_profiles((setting,), store)
    digest((), profiles, store, since=DAY, now=NOW)
    assert store.learnt() == {}
    assert store.file.read_bytes() == before


# ---- what articles tell


def article(number: int, title: str = "", **more: object) -> Article:
    given = Article(
        source="s",
        guid=f"g{number}",
        url=f"https://s.example/{number}",
        title=title or f"La ferroptose des cellules tumorales, épisode {number}",
        summary="Le fer des lysosomes d’après l’essai NCT01234567 et 10.1000/cite.1.",
        published=NOW - number * DAY,
    )
    return replace(given, **more)  # type: ignore[arg-type]


def add(store: Store, one: Article) -> int:
    (identified,) = identify((one,))
    with store.transaction():
        telling = telling_of(identified, seen=NOW)
        return store.add(Related(identified=identified, story=None, ties=(), telling=telling), (), NOW)


def afresh(known: Remembered) -> Telling:
    identified = Identified(article=known.article, aliases=known.aliases, cites=known.cites)
    return telling_of(identified, seen=known.first_seen)


def made_by(store: Store) -> list[str]:
    with closing(sqlite3.connect(store.file)) as line:
        return [row[0] for row in line.execute("SELECT made_by FROM tellings ORDER BY article")]


KINDS_OF_ARTICLE = (
    article(1),
    article(2, published=None),
    article(3, ids=(("doi", "10.1000/a.1"), ("pmid", "31234567"))),
    article(4, "Le la les", summary=""),
    article(5, summary=" ".join(f"10.1000/cite.{n}" for n in range(9))),
    article(6, "", body="Un texte long.", summary=""),
)


def test_what_articles_tell_comes_back_as_it_was(store: Store) -> None:
    for one in KINDS_OF_ARTICLE:
        add(store, one)
    told = store.told(NOW - DAY)
    assert [telling for _, _, telling in told] == [afresh(known) for known in store.all()]
    assert [(number, story) for number, story, _ in told] == [(known.id, known.story) for known in store.all()]
    assert all(list(t.keys) == list(afresh(k).keys) for (_, _, t), k in zip(told, store.all(), strict=True) if t)
    assert store.told(NOW + DAY) == ()


def test_an_edited_article_is_told_anew(store: Store) -> None:
    for one in KINDS_OF_ARTICLE[:2]:
        add(store, one)
    (edited,) = identify((article(1, "Le méthotrexate des ostéosarcomes de l’enfant"),))
    with store.transaction():
        assert store.meet(1, edited, NOW)
        assert [telling is None for _, _, telling in store.told(NOW)] == [True, False]
        memory = remember(store, NOW)
    assert memory.tellings[1] == afresh(store.get([1])[0])
    assert "ferroptose" not in memory.tellings[1].keys
    assert [telling for _, _, telling in store.told(NOW)] == list(memory.tellings.values())


def test_what_another_program_kept_is_made_again(store: Store) -> None:
    for one in KINDS_OF_ARTICLE[:3]:
        add(store, one)
    with closing(sqlite3.connect(store.file)) as line, line:
        line.execute("UPDATE tellings SET made_by = 'another', keys = 'faux' WHERE article = 2")
    assert [telling is None for _, _, telling in store.told(NOW)] == [False, True, False]
    with store.transaction():
        memory = remember(store, NOW)
    assert memory.tellings[2] == afresh(store.get([2])[0])
    assert made_by(store) == [mark()] * 3


# ---- "nothing new", recorded many at a time


class _StopError(Exception):
    """What ends a run in its middle."""


def _unchanging(asked: Asked) -> bytes:
    if asked.headers.get("if-none-match") == '"v1"':
        return reply(304, ETag='"v1"')
    name = asked.path.strip("/")
    item = f"<item><guid>{name}</guid><title>Communiqué de {name}</title></item>"
    return reply(body=f"<rss><channel><title>P</title>{item}</channel></rss>".encode(), ETag='"v1"')


def _sources(server: Server, count: int) -> tuple[Source, ...]:
    server.routes |= {f"/s{n}": _unchanging for n in range(count)}
    return tuple(Source(id=f"s{n}", url=f"{server.url}/s{n}") for n in range(count))


def _stopping(after: int) -> list[SourceReport]:
    class Reports(list[SourceReport]):
        def append(self, report: SourceReport) -> None:
            super().append(report)
            if len(self) == after:
                raise _StopError

    return Reports()


@pytest.mark.parametrize("after", [3, SETTLED_TOGETHER + 3])
def test_a_run_that_is_stopped_has_lost_no_validators(server: Server, store: Store, after: int) -> None:
    asked = _sources(server, after + 2)
    poll(asked, (), store, LOCAL, clock=lambda: NOW)
    before = store.states()
    assert {state.etag for state in before.values()} == {'"v1"'}
    with pytest.raises(_StopError):
        poll(asked, (), store, LOCAL, clock=lambda: NOW + DAY, progress=_stopping(after).append)
    settled = sum(state.checked == NOW + DAY for state in store.states().values())
    assert after // SETTLED_TOGETHER * SETTLED_TOGETHER <= settled <= (after if after > SETTLED_TOGETHER else 0)
    assert {state.etag for state in store.states().values()} == {'"v1"'}
    report = poll(asked, (), store, LOCAL, clock=lambda: NOW + DAY)  # those that were not recorded are still due
    assert (report.summary.asked, report.summary.failed, report.summary.new) == (len(asked) - settled, 0, 0)
    assert all(one.unchanged for one in report.sources)
    assert {(s.etag, s.checked, s.ok, s.failures) for s in store.states().values()} == {
        ('"v1"', NOW + DAY, NOW + DAY, 0)
    }


def test_what_a_run_did_is_recorded_when_it_dies_among_articles_own_pages(server: Server, store: Store) -> None:
    page = f"{server.url}/page"
    document = (
        f"<rss><channel><title>P</title><item><link>{page}</link><title>Un communiqué</title></item></channel></rss>"
    )
    server.routes |= {"/feed": reply(body=document.encode()), "/robots.txt": reply(404)}
    moments = iter([NOW] * 3)

    def clock() -> datetime:
        try:
            return next(moments)
        except StopIteration:
            raise _StopError from None

    asked, tally = (Source(id="s", url=f"{server.url}/feed", full_text=True),), Tally("poll", NOW)
    with pytest.raises(_StopError), recorded(tally, store, lambda: NOW):
        poll(asked, (), store, LOCAL, clock=clock, progress=tally.brought)
    (run,) = store.runs(9)
    assert (run.asked, run.new, store.count()) == (1, 1, 1)
    assert (run.outcome, run.reason) == ("failed", "_StopError")
