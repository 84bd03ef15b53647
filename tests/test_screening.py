"""Learning from what was kept and rejected of a collection: sums that add up, no order, and what it is good for."""

import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from watcher.articles import Article
from watcher.ranking import Collection, rank, read_collection
from watcher.screening import explained, screen, seeds_of
from watcher.seeds import Seed

WORDS = "ferroptose CD44 fer cellules brain metastases S100A9 ! senescence zinc relapse chat soleil . mélanome".split()
TEXTS = st.lists(st.sampled_from(WORDS), max_size=30).map(" ".join)


def made(*texts: str) -> Collection:
    return read_collection(Article(source="s", guid=str(n), summary=text) for n, text in enumerate(texts))


def seeds_with(*texts: str) -> tuple[Seed, ...]:
    return tuple(Seed(name=str(n), text=text) for n, text in enumerate(texts))


@settings(deadline=None, max_examples=50)
@given(st.lists(TEXTS, max_size=3), st.lists(TEXTS, min_size=2, max_size=9), st.randoms())
def test_whatever_is_said_it_adds_up_and_has_no_order(told: list[str], texts: list[str], chance: random.Random) -> None:
    collection = made(*texts)
    places = chance.sample(range(len(texts)), len(texts))
    cut = chance.randint(1, len(texts) - 1)
    kept, rejected = places[:cut], places[cut:]
    screening = screen(seeds_with(*told), collection, kept, rejected)
    for value, found in zip(screening.values, explained(screening, range(len(texts))), strict=True):
        assert -100 <= value <= 100
        assert math.isclose(found.value, value, rel_tol=1e-6, abs_tol=1e-6)
        assert math.isclose(math.fsum(m.contribution for m in found.matches), found.value, abs_tol=1e-9)
    again = screen(seeds_with(*told)[::-1], collection, kept[::-1], rejected[::-1])
    assert again.values == screening.values


SUBJECT = ("Ferroptosis kills cells.", "Ferroptosis and iron.", "Iron kills by lipid peroxidation.")
ASIDE = ("Ferroptosis of plants in drought.", "Drought and plants of the coast.", "Plants need light.")


def test_what_is_like_the_rejected_falls_below_what_is_like_the_kept() -> None:
    collection = made(*SUBJECT, *ASIDE, "Ferroptosis, iron.", "Ferroptosis, plants.", "A town hall.")
    seeds = seeds_with("Ferroptosis.")
    before = rank(seeds, collection).values
    after = screen(seeds, collection, (0, 1), (3, 4)).values
    assert before[6] == pytest.approx(before[7], rel=0.5)
    assert after[6] > after[7]
    assert after[8] == 0
    assert after[4] < 0  # it was rejected, and shares nothing with the others


def test_what_was_learnt_says_why() -> None:
    collection = made(*SUBJECT, *ASIDE)
    screening = screen(seeds_with("Ferroptosis."), collection, (0,), (3, 4), name="iron")
    found = next(iter(explained(screening, [3])))
    points = {match.label: match.contribution for match in found.matches}
    assert points["plante"] < 0 < points["ferroptose"]
    assert found.profile == "iron"
    assert all(match.label and match.fields == ("text",) for match in found.matches)
    sizes = [abs(match.contribution) for match in found.matches]
    assert sizes == sorted(sizes, reverse=True)


def test_without_seeds_the_kept_take_their_place() -> None:
    collection = made(*SUBJECT, *ASIDE)
    assert seeds_of(collection, [1])[0].text == SUBJECT[1]
    values = screen((), collection, (0,), (4,)).values
    assert values[1] > values[5]
    first = rank(seeds_of(collection, (0,)), collection)
    assert screen((), collection, (0,), (4,), first=first).values == values


@pytest.mark.parametrize(("told", "kept", "rejected"), [((), (), (1,)), (("Iron.",), (0,), ())])
def test_both_sides_need_an_example(told: tuple[str, ...], kept: tuple[int, ...], rejected: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="no example"):
        screen(seeds_with(*told), made(*SUBJECT), kept, rejected)


def test_one_rejected_article_does_not_undo_the_seeds() -> None:
    others = [f"{word} and the weather of the coast." for word in "Rain Snow Hail Fog Wind Frost Sun".split()]
    collection = made(*SUBJECT, *others)
    values = screen(seeds_with(*SUBJECT), collection, (), (4,)).values
    assert min(values[:3]) > max(values[3:])
