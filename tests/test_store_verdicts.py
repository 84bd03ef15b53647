"""Verdicts in the database: the last one counts, none is lost; states of profiles; samples."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from watcher.articles import Article
from watcher.audit import SHOWN, Sampled
from watcher.identity import identify
from watcher.profiles import Profile, ProfileSetting, learn
from watcher.run import take_in
from watcher.seeds import Seed
from watcher.store import Store
from watcher.store.verdicts import MOST_VERSIONS

NOW = datetime(2026, 3, 9, 7, 0, tzinfo=UTC)


def profile(words: str) -> Profile:
    return learn((Seed(name="a.md", title=words, text=f"{words}."),), ProfileSetting(name="p", seeds=Path("p")))


@pytest.fixture
def filled(store: Store) -> Store:
    articles = (Article(source="a", guid=str(n), url=f"https://a.example/{n}", title=f"Titre {n}") for n in range(1, 4))
    take_in(iter(identify(tuple(articles))), (), store, NOW)
    return store


def say(store: Store, article: int, *, keep: bool | None, learnt: bool = True, profile: str = "p") -> None:
    with store.transaction():
        store.keep_verdict(article, profile, NOW, keep=keep, learnt=learnt)


def counted(store: Store, after: int = 0) -> list[tuple[int, str, bool, bool]]:
    return [(v.article, v.profile, v.keep, v.learnt) for v in store.verdicts(after)]


def test_the_last_verdict_counts_and_none_is_lost(filled: Store) -> None:
    say(filled, 1, keep=True)
    say(filled, 2, keep=True, profile="q")
    say(filled, 1, keep=False)
    assert counted(filled) == [(2, "q", True, True), (1, "p", False, True)]
    assert counted(filled, 2) == [(1, "p", False, True)]
    say(filled, 1, keep=None)
    assert counted(filled) == [(2, "q", True, True)]
    assert filled.last_verdict() == 4
    assert filled.last_verdict("q") == 2
    say(filled, 1, keep=True)
    assert counted(filled)[-1] == (1, "p", True, True)
    assert filled.last_verdict() == 5  # one row for each


def test_the_last_lesson_is_one_that_still_teaches(filled: Store) -> None:
    assert filled.last_lesson("p") == 0
    say(filled, 1, keep=True)
    say(filled, 2, keep=False)
    assert filled.last_lesson("p") == 2
    say(filled, 2, keep=False, learnt=False)
    assert filled.last_lesson("p") == 1
    say(filled, 1, keep=None)
    assert filled.last_lesson("p") == 0


def test_states_of_a_profile_come_back_newest_first_and_not_for_ever(filled: Store) -> None:
    say(filled, 1, keep=True)
    one, other = profile("ferroptose"), profile("ostéosarcome")
    with filled.transaction():
        filled.keep_version(one, NOW)
        for n in range(MOST_VERSIONS):
            filled.keep_version(other, NOW + timedelta(minutes=n))
    versions = tuple(filled.versions("p"))
    assert len(versions) == MOST_VERSIONS
    assert versions[0].profile == other
    assert versions[0].at == NOW + timedelta(minutes=MOST_VERSIONS - 1)
    assert versions[0].verdict == 1
    assert tuple(filled.versions("q")) == ()
    with filled.transaction():
        filled._write("UPDATE profile_versions SET profile = ? WHERE verdict = ?", [('{"name": "p"}', 1)])
    assert tuple(filled.versions("p")) == ()


def test_a_sample_is_kept(filled: Store) -> None:
    drawn = (Sampled(article=2, stratum=0, population=9), Sampled(article=1, stratum=SHOWN, population=1))
    with filled.transaction():
        filled.keep_sample("p 2026-W10", drawn)
    assert filled.sample("p 2026-W10") == drawn
    assert filled.sample("p 2026-W11") == ()


def test_which_articles_are_never_news(filled: Store) -> None:
    assert filled.background([1, 2, 99]) == frozenset()
