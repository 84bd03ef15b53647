"""Ranking a whole collection: sums that add up, both languages, what the best articles add, and odd collections."""

import math
import random
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from statistics import mean

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from watcher.articles import Article
from watcher.demo.content import Item, read_content
from watcher.ranking import BEST, WHOLE, Ranking, explained, rank
from watcher.seeds import Seed, read_seeds

SHIPPED = Path(__file__).parents[1] / "seeds"
NAMES = tuple(sorted(folder.name for folder in SHIPPED.iterdir() if folder.is_dir()))

FLOOR_STORY = 0.975  # mean average precision over the sample world, as in test_relevance; measured 0.9820
FLOOR_ABOUT = 0.975  # measured 0.98


@cache
def world() -> tuple[Item, ...]:
    _, items = read_content(datetime(2025, 11, 17, 6, 30, tzinfo=UTC))
    return tuple({item.article: item for item in items}.values())


def articles() -> tuple[Article, ...]:
    return tuple(Article(source=i.source, title=i.title, summary=i.summary, language=i.language) for i in world())


@cache
def ranked(name: str) -> Ranking:
    return rank(read_seeds(SHIPPED / name), articles(), name=name)


def made(*texts: str) -> tuple[Article, ...]:
    return tuple(Article(source="s", summary=text) for text in texts)


def seeds_of(*texts: str) -> tuple[Seed, ...]:
    return tuple(Seed(name=str(n), text=text) for n, text in enumerate(texts))


# Sums


@pytest.mark.parametrize("name", NAMES)
def test_the_contributions_sum_to_the_score(name: str) -> None:
    ranking = ranked(name)
    for place, value in enumerate(ranking.values):
        found = explained(ranking, place)
        assert found.profile == name
        assert 0 <= value <= 100
        assert math.isclose(found.value, value, rel_tol=1e-9)
        assert math.isclose(math.fsum(m.contribution for m in found.matches), value, rel_tol=1e-9)
        assert all(match.contribution > 0 for match in found.matches)
        assert all(match.label for match in found.matches)


WORDS = (
    "ferroptose CD44 fer cellules persistantes brain metastases S100A9 ! senescence zinc relapse chat soleil".split()
)
TEXTS = st.lists(st.sampled_from(WORDS), max_size=30).map(" ".join)


@settings(deadline=None, max_examples=50)
@given(st.lists(TEXTS, min_size=1, max_size=5), st.lists(TEXTS, max_size=8), st.randoms())
def test_whatever_is_written_it_adds_up(seeds: list[str], texts: list[str], chance: random.Random) -> None:
    told = seeds_of(*seeds)
    ranking = rank(told, made(*texts))
    for place, value in enumerate(ranking.values):
        assert 0 <= value <= 100
        assert math.isclose(explained(ranking, place).value, value, rel_tol=1e-9, abs_tol=1e-9)
    assert rank(chance.sample(told, len(told)), made(*texts)) == ranking


# What is above what


def test_a_seed_in_either_language_finds_both() -> None:
    texts = made(
        "La ferroptose des cellules cancéreuses dépend du fer.",
        "Ferroptosis of cancer cells depends on iron.",
        "La qualité de l'air dans les écoles de la ville.",
        "Air quality in the schools of the city.",
    )
    for told in ("La ferroptose tue les cellules cancéreuses.", "Ferroptosis kills cancer cells."):
        values = rank(seeds_of(told), texts).values
        assert min(values[:2]) > 50 > max(values[2:])


def test_the_best_articles_are_listened_to() -> None:
    linked = [
        "Ferroptosis and lipid peroxidation.",
        "Ferroptosis by lipid peroxidation.",
        "Erastin, lipid peroxidation.",
    ]
    ranking = rank(seeds_of("Ferroptosis."), made(*linked, "Erosion of limestone by rain."))
    assert ranking.values[2] > 0  # it shares no word with the seed
    assert ranking.values[3] == 0


def test_what_all_seeds_share_weighs_more() -> None:
    seeds = seeds_of("Zinc and osteosarcoma.", "Zinc and asthma.", "Zinc and malaria.")
    weights = {
        term.key: term.weight for term in rank(seeds, made("Zinc.", "Osteosarcoma.", "Asthma.", "Rain.")).profile.terms
    }
    assert weights["=zinc"] > 2 * weights["=osteosarcoma"]


def test_a_molecule_that_the_seed_names_says_most_beside_what_else_is_sought() -> None:
    texts = made(
        "MT2A and the osteosarcoma.",
        "Chemotherapy of the osteosarcoma.",
        "MT2A at half the price, and other proteins for your laboratory.",
        "Chemotherapy of the liver.",
    )
    values = rank(seeds_of("Chemotherapy of the osteosarcoma: what MT2A has to do with it."), texts).values
    assert values[0] > max(values[1:])
    assert values[2] < 2 * values[1]  # the name alone is no subject


def test_one_sentence_of_a_round_up_speaks_for_it() -> None:
    item = "FOSL1 switches the triple-negative breast cancer to a resistant state."
    aside = ("The station will close in May.", "A new head of surgery has arrived.", "The concert is on Friday.")
    together = (*aside, item, *aside)
    in_one_breath = ", ".join(sentence.rstrip(".") for sentence in together)
    others = [item] * BEST  # so that the round-ups are not listened to themselves
    ranking = rank(
        seeds_of("FOSL1 and the resistance of triple-negative breast cancer."),
        made(" ".join(together), in_one_breath, *others),
    )
    assert ranking.spoken[:2] == (len(aside), WHOLE)
    assert ranking.values[0] > ranking.values[1] > 0
    found = explained(ranking, 0)
    assert {"FOSL1", "=triple-negative"} <= {match.key for match in found.matches}
    assert math.isclose(found.value, ranking.values[0], rel_tol=1e-9)


def test_what_stands_beside_the_subject_is_forgiven_in_a_ranking() -> None:
    told = "Ferroptosis kills the cancer cells that persist."
    aside = "The gardener waters the tomatoes, then puts the tools away. " * 100
    values = rank(seeds_of("Cells that persist die of ferroptosis."), made(told, f"{told} {aside}", aside)).values
    assert values[1] > 0.8 * values[0]


def test_the_terms_know_their_names_and_seeds() -> None:
    ranking = ranked("ferroptose-cd44")
    terms = {term.key: term for term in ranking.profile.terms}
    assert terms["=ferroptosis"].label == "ferroptose"
    assert terms["=ferroptosis"].seeds == ranking.profile.seeds
    assert max(term.weight for term in terms.values()) == 1.0


# Odd collections


def test_no_article_and_no_word() -> None:
    assert rank(seeds_of("Zinc."), ()).values == ()
    assert rank(seeds_of("Zinc."), made("", "...")).values == (0.0, 0.0)
    assert rank(seeds_of("..."), made("Zinc.", "Rain.")).values == (0.0, 0.0)
    assert rank((), made("Zinc.")).values == (0.0,)


def test_one_article_alone() -> None:
    ranking = rank(seeds_of("Ferroptosis of cells."), made("Ferroptosis of cells."))
    assert ranking.values[0] > 90


def test_many_alike() -> None:
    values = rank(seeds_of("Ferroptosis."), made(*["Ferroptosis."] * (3 * BEST))).values
    assert len(set(values)) == 1
    assert values[0] > 50


# Floors


def _average_precision(name: str, *, story: bool) -> float:
    values = ranked(name).values
    order = sorted(range(len(values)), key=lambda n: (-values[n], world()[n].article))
    wanted = [world()[n].story == name if story else name in world()[n].about for n in order]
    found = [place for place, is_wanted in enumerate(wanted, 1) if is_wanted]
    return mean(n / place for n, place in enumerate(found, 1))


def test_the_ranking_of_stories_stays_above_its_floor() -> None:
    assert mean(_average_precision(name, story=True) for name in NAMES) >= FLOOR_STORY


def test_the_ranking_of_subjects_stays_above_its_floor() -> None:
    assert mean(_average_precision(name, story=False) for name in NAMES) >= FLOOR_ABOUT
