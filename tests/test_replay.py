"""Replays: what is added, dropped and moved between two states of the profiles."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from watcher.articles import Article
from watcher.digest import Steering, steering
from watcher.profiles import Profile, ProfileSetting, learn
from watcher.replay import replay
from watcher.rules import Rules
from watcher.seeds import Seed
from watcher.store import Remembered

NOW = datetime(2026, 3, 9, 7, 0, tzinfo=UTC)


def profile(words: str, name: str = "p") -> Profile:
    return learn((Seed(name="a.md", title=words, text=f"{words}."),), ProfileSetting(name=name, seeds=Path(name)))


def remembered(number: int, title: str) -> Remembered:
    article = Article(source="a", title=title, summary=title)
    return Remembered(
        id=number, article=article, first_seen=NOW, changed=None, story=number, sources=("a",), aliases=(), cites=(),
        scores=(("p", 99.0),),
    )  # fmt: skip


ARTICLES = (
    remembered(1, "La ferroptose des lysosomes"),
    remembered(2, "Le méthotrexate et l’ostéosarcome"),
    remembered(3, "Ferroptose et méthotrexate"),
)
OLD, NEW = profile("ferroptose lysosomes"), profile("méthotrexate ostéosarcome")


def test_what_is_added_and_what_is_dropped() -> None:
    high = replace(OLD, threshold=99.5)  # a profile of two words is content with one
    (found,) = replay(ARTICLES, (high,), (NEW,), Steering())
    assert [s.article.id for s in found.added] == [2]
    assert [s.article.id for s in found.dropped] == [1]
    assert found.added[0].before < 50 <= found.added[0].after
    assert (found.dropped[0].was, found.dropped[0].now) == (1, 0)


def test_the_same_state_changes_nothing_whatever_scores_are_stored() -> None:
    (found,) = replay(ARTICLES, (OLD,), (OLD,), Steering())
    assert (found.added, found.dropped, found.moved) == ((), (), ())
    assert found.same > 0


def test_a_lower_threshold_adds_and_another_weight_moves() -> None:
    low = replace(OLD, threshold=1.0)
    both = replace(low, terms=tuple(sorted((*OLD.terms, *NEW.terms), key=lambda t: (-t.weight, t.key))))
    (found,) = replay(ARTICLES, (replace(OLD, threshold=100.0),), (low,), Steering())
    assert [s.article.id for s in found.added] == [1, 3]
    heavy = tuple(replace(t, weight=t.weight * (5 if t in NEW.terms else 1)) for t in both.terms)
    turned = replace(both, terms=tuple(sorted(heavy, key=lambda t: (-t.weight, t.key))))
    (moved,) = replay(ARTICLES, (both,), (turned,), Steering())
    assert {s.article.id for s in moved.moved} >= {1}
    assert all(s.was and s.now and s.was != s.now for s in moved.moved)


def test_rules_of_each_state_count_and_a_profile_may_come_and_go() -> None:
    said = steering((Rules(never=("lysosome",)),), ())
    (found,) = replay(ARTICLES, (OLD,), (OLD,), Steering(), said)
    assert [s.article.id for s in found.dropped] == [1]
    gone, come = replay(ARTICLES, (OLD,), (replace(NEW, name="q"),), Steering())
    assert (gone.profile, come.profile) == ("p", "q")
    assert not gone.added
    assert not come.dropped
