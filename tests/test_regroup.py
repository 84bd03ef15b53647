"""Stories again, as articles come: what `group` would make of them, with numbers that stay and a person's word."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watcher.articles import Article
from watcher.identity import Identified, identify
from watcher.stories import Memory, group, regroup, relate, telling_of, ties_of

DAY = datetime(2025, 5, 7, 9, tzinfo=UTC)
TEXTS = (
    ("Ferroptosis inducer fento-1 clears persister cells", "Fento-1 activates iron in lysosomes of CD44 cells."),
    ("Iron in lysosomes turned against cancer", "Fento-1 kills CD44 persister cells by ferroptosis of lysosomes."),
    ("La fento-1 déclenche la ferroptose", "Dans les lysosomes des cellules CD44 persistantes, la fento-1 agit."),
    ("Mélanome : la greffe fécale relance le nivolumab", "Microbiote fécal des répondeurs et mélanome réfractaire."),
    ("Faecal transplant helps nivolumab in melanoma", "Fecal microbiota of responders, nivolumab and melanoma."),
    ("Agenda de la semaine", "Séminaires et soutenances."),
    ("Grippe saisonnière", "Le vaccin en pharmacie dès octobre."),
)


@pytest.fixture(scope="module", autouse=True)
def _background() -> None:
    telling_of(_article(0, 0, 0, None))


def _article(number: int, text: int, days: int, doi: str | None) -> Identified:
    title, summary = TEXTS[text]
    (one,) = identify(
        (
            Article(
                source="s",
                guid=str(number),
                url=f"https://a.fr/{number}",
                title=title,
                summary=f"{summary} {number}",
                published=DAY + timedelta(days=days),
                ids=(("doi", doi),) if doi else (),
            ),
        )
    )
    return Identified(article=one.article, aliases=one.aliases[:-1])  # without the title, which names the day's twin


DOI = st.none() | st.sampled_from(["10.1038/a", "10.1038/b"])
ROWS = st.lists(st.tuples(st.integers(0, len(TEXTS) - 1), st.integers(0, 15), DOI), max_size=10)


def _distinct(rows: Sequence[tuple[int, int, str | None]]) -> list[Identified]:
    """Articles of which no two have one DOI: those would be one article."""
    seen: set[str] = set()
    return [
        _article(number, text, days, doi if doi and doi not in seen and not seen.add(doi) else None)  # type: ignore[func-returns-value]
        for number, (text, days, doi) in enumerate(rows)
    ]


def _partition(stories: Mapping[int, int]) -> set[frozenset[int]]:
    return {frozenset(n for n in stories if stories[n] == story) for story in stories.values()}


def _told(articles: Sequence[Identified], order: Sequence[int], by: int = 3) -> Memory:
    """A memory that was told articles in an order, and made stories again after every few."""
    memory = Memory()
    for start in range(0, len(order), by):
        for number in order[start : start + by]:
            telling = telling_of(articles[number])
            found = relate(articles[number], telling, memory)
            memory.add(number, telling, number if found.story is None else found.story)
        memory.move(regroup(memory, order[start : start + by]))
    return memory


@given(ROWS, st.data())
def test_stories_are_those_of_group_in_whatever_order_they_came(
    rows: list[tuple[int, int, str | None]], data: st.DataObject
) -> None:
    articles = _distinct(rows)
    memory = _told(articles, data.draw(st.permutations(range(len(articles)))))
    before = set(memory.story)
    memory.move(regroup(memory, memory.tellings))
    found = group(articles)
    assert _partition(memory.story) == _partition(dict(enumerate(story for _, story in found)))
    assert set(memory.story) == before == set(range(len(articles)))
    assert regroup(memory, memory.tellings) == memory.story  # and nothing changes any more
    assert all(memory.story[story] == story for story in memory.story.values())  # a story's first article is in it


@given(ROWS, st.data())
def test_what_was_touched_is_as_in_group(rows: list[tuple[int, int, str | None]], data: st.DataObject) -> None:
    articles = _distinct(rows)
    memory = _told(articles, range(len(articles)))
    touched = data.draw(st.sets(st.sampled_from(range(len(articles))))) if articles else set()
    found = regroup(memory, touched)
    whole = _partition(dict(enumerate(story for _, story in group(articles))))
    assert touched <= set(found)
    assert _partition(found) <= whole
    memory.move(found)
    assert {number for members in memory.members.values() for number in members} == set(range(len(articles)))


@given(ROWS, st.data())
def test_two_dois_and_what_a_person_split_are_never_one_story(
    rows: list[tuple[int, int, str | None]], data: st.DataObject
) -> None:
    articles = _distinct(rows)
    memory = _told(articles, range(len(articles)))
    pairs = st.lists(st.tuples(*(st.integers(0, 11),) * 2).filter(lambda p: p[0] != p[1]), max_size=3)
    split, joined = data.draw(pairs), data.draw(pairs)
    memory.move(regroup(memory, memory.tellings, apart=split))
    works = [(n, t.work) for n, t in memory.tellings.items() if t.work]
    assert all(memory.story[a] != memory.story[b] for a, one in works for b, other in works if one != other)
    known = memory.story
    assert all(known[a] != known[b] for a, b in split if a in known and b in known)
    both = regroup(memory, memory.tellings, apart=split, together=joined)
    assert all(both[a] != both[b] for a, b in split if a in both and b in both)
    only = regroup(memory, memory.tellings, together=joined)
    assert all(only[a] == only[b] for a, b in joined if a in only and b in only)


def _memory(*stories: tuple[int, int, int]) -> Memory:
    memory = Memory()
    for number, text, story in stories:
        memory.add(number, telling_of(_article(number, text, 0, None)), story)
    return memory


def test_a_story_keeps_the_number_of_most_members() -> None:
    memory = _memory((1, 0, 1), (2, 0, 2), (3, 1, 2))
    assert regroup(memory, [3]) == {1: 2, 2: 2, 3: 2}


def test_a_number_goes_with_the_article_that_began_the_story() -> None:
    memory = _memory((1, 3, 1), (2, 0, 1), (3, 1, 1))
    assert regroup(memory, [3]) == {1: 1, 2: 2, 3: 2}


def test_a_story_begun_by_an_article_no_longer_remembered_keeps_its_number() -> None:
    memory = _memory((11, 0, 5), (12, 1, 5), (13, 3, 5))
    assert regroup(memory, [11]) == {11: 5, 12: 5, 13: 13}


def test_what_was_not_touched_stays() -> None:
    memory = _memory((1, 0, 1), (2, 1, 1), (3, 6, 3), (4, 5, 3))
    assert set(regroup(memory, [1])) == {1, 2}
    assert regroup(memory, [99]) == {}


def test_a_person_joins_and_splits() -> None:
    memory = _memory((1, 0, 1), (2, 1, 1), (3, 6, 3))
    assert regroup(memory, [1], together=[(3, 1)]) == {1: 1, 2: 1, 3: 1}
    assert regroup(memory, [2], apart=[(2, 1)]) == {1: 1, 2: 2}
    assert regroup(memory, [2], apart=[(2, 1)], together=[(1, 2)]) == {1: 1, 2: 2}


def test_ties_say_why_an_article_is_in_its_story() -> None:
    memory = _memory((1, 0, 1), (2, 1, 1), (3, 6, 3))
    (tie,) = ties_of(memory, 2)
    assert tie.article == 1
    assert "FENTO1" in tie.shared
    assert ties_of(memory, 3) == ()
