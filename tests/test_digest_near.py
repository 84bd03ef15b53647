"""What stands just below a threshold: shown once, one a story, a handful, and counted nowhere."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lists import FIT, Post
from test_digest import BONE, FERRO, PROFILES, SOURCES, article, made

from watcher.digest import NEAR, WATCHED_IN_ALL, Digest, Steering, steering, with_near
from watcher.outbox import MailSettings
from watcher.profiles import Profile
from watcher.rules import Rules
from watcher.store import Remembered, Store
from watcher.verdicts import Verdict


def nearly(
    *found: Remembered,
    older: tuple[Remembered, ...] = (),
    profiles: tuple[Profile, ...] = PROFILES,
    said: Steering | None = None,
    seen: frozenset[int] = frozenset(),
    most: int = 5,
) -> Digest:
    stories: dict[int, tuple[Remembered, ...]] = {}
    for one in (*older, *found):
        stories[one.story] = (*stories.get(one.story, ()), one)
    digest = made(*found, older=older, profiles=profiles)
    return with_near(digest, found, stories, profiles, SOURCES, said or Steering(), seen=seen, most=most)


def near(digest: Digest) -> dict[str, list[int]]:
    return {section.profile: [one.article.id for one in section.near] for section in digest.sections}


@pytest.mark.parametrize(("value", "shown"), [(39.9, 0), (40.0, 1), (49.9, 1), (50.0, 0)])
def test_from_a_share_of_the_threshold_up_to_it(value: float, shown: int) -> None:
    digest = nearly(article(1, {"ferro": value}))
    assert len(near(digest)["ferro"]) == shown
    assert (digest.read, digest.set_aside, digest.outcome) == (1, int(value < 50), "nothing" if value < 50 else "news")


def test_in_the_section_that_it_reaches_best_and_best_first() -> None:
    low = replace(BONE, threshold=20.0)
    digest = nearly(
        article(1, {"ferro": 41, "bone": 19}),
        article(2, {"ferro": 42}),
        article(3, {"ferro": 45}),
        profiles=(FERRO, low),
    )
    assert near(digest) == {"ferro": [3, 2], "bone": [1]}
    assert digest.sections[0].near[0].source == "Inserm"
    assert digest.sections[0].near[0].score.profile == "ferro"


def test_one_a_story_and_none_of_a_story_that_is_told() -> None:
    assert near(nearly(article(1, {"ferro": 41}, story=1), article(2, {"ferro": 42}, story=1)))["ferro"] == [2]
    assert near(nearly(article(1, {"ferro": 60}, story=1), article(2, {"ferro": 42}, story=1)))["ferro"] == []
    assert near(nearly(article(2, {"ferro": 42}, story=1), older=(article(1, {"bone": 60}, story=1),)))["ferro"] == []
    assert near(nearly(article(2, {"ferro": 42}, story=1), older=(article(1, {"ferro": 42}, story=1),)))["ferro"] == [2]
    assert near(nearly(article(2, {"ferro": 42}, story=1), seen=frozenset({2})))["ferro"] == []
    older = article(1, {"ferro": 42}, story=1)
    assert near(nearly(article(2, {"ferro": 42}, story=1), older=(older,), seen=frozenset({1})))["ferro"] == []


def test_what_a_person_or_a_rule_hides_stays_hidden() -> None:
    one = article(1, {"ferro": 45}, summary="La ferroptose ; un webinaire")
    verdict = Verdict(article=1, profile="ferro", keep=False, at=one.first_seen)
    assert near(nearly(one, said=steering((), (verdict,))))["ferro"] == []
    for rules in (Rules(profile="", never=("webinaire",)), Rules(profile="", must=("souris",))):
        assert near(nearly(one, said=steering((rules,), ())))["ferro"] == []


def test_a_handful() -> None:
    found = [article(n, {"ferro": 40 + n / 10, "bone": 0.0}) for n in range(1, 60)]
    assert near(nearly(*found))["ferro"] == [59, 58, 57, 56, 55]
    assert near(nearly(*found, most=0)) == {"ferro": [], "bone": []}
    many = tuple(replace(FERRO, name=f"p{n}") for n in range(10))
    spread = [article(n, {f"p{n % 10}": 45.0}) for n in range(1, 101)]
    assert sum(map(len, near(nearly(*spread, profiles=many)).values())) == WATCHED_IN_ALL


@given(st.lists(st.tuples(st.floats(0, 100), st.floats(0, 100), st.integers(1, 6)), max_size=12))
@settings(max_examples=60, deadline=None)
def test_the_lines_stay_as_they_are_and_no_story_stands_twice(scores: list[tuple[float, float, int]]) -> None:
    found = [article(n, {"ferro": a, "bone": b}, story=story) for n, (a, b, story) in enumerate(scores, 1)]
    digest = nearly(*found)
    bare = replace(digest, sections=tuple(replace(section, near=()) for section in digest.sections))
    assert bare == made(*found)
    told = {line.lead.story for section in digest.sections for line in section.lines}
    shown = [one.article.story for section in digest.sections for one in section.near]
    assert len(shown) == len(set(shown))
    assert not told & set(shown)
    for section in digest.sections:
        values = [dict(one.article.scores)[section.profile] for one in section.near]
        assert all(NEAR * 50 <= value < 50 for value in values)


# In regular digests


@pytest.fixture
def post(store: Store, tmp_path: Path) -> Post:
    post = Post(store=store, mail=MailSettings(sender="veille@chu.example", maildir=tmp_path / "box"))
    post.send()
    post.reports.clear()
    return post


def raised(post: Post, number: int, share: float) -> None:
    """Set the threshold so that an article reaches a share of it."""
    (known,) = post.store.get([number])
    post.profiles = tuple(replace(p, threshold=dict(known.scores)[p.name] / share) for p in post.profiles)


def watched(post: Post) -> list[tuple[int, ...]]:
    """What each digest showed beside its stories."""
    return [
        tuple(one.article.id for section in made.digest.sections for one in section.near)
        for report in post.reports
        for made in report.made
        if made.digest and made.outcome == "made"
    ]


def test_shown_once_and_told_when_it_fits(post: Post) -> None:
    post.change(when_empty=True)
    (number,) = post.add(FIT)
    raised(post, number, 0.9)
    for _ in range(3):
        post.send(weeks=1)
    assert watched(post) == [(number,), (), ()]
    assert [numbers for _, numbers in post.told()] == [(), (), ()]
    raised(post, number, 1.1)
    post.send(weeks=1)
    assert post.told()[-1][1] == (number,)


def test_nothing_but_near_is_no_news_and_waits_for_a_letter(post: Post) -> None:
    (number,) = post.add(FIT)
    raised(post, number, 0.9)
    assert post.send(weeks=1).made[0].outcome == "empty"
    post.change(when_empty=True)
    post.send(weeks=1)
    assert watched(post) == [(number,)]


def test_it_can_be_turned_off(post: Post) -> None:
    post.change(when_empty=True, watch=0)
    (number,) = post.add(FIT)
    raised(post, number, 0.9)
    post.send(weeks=1)
    assert watched(post) == [()]
