"""Audits: the sample is random but repeatable, and the interval holds what it says."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from watcher.audit import BANDS, SHOWN, Reject, Sampled, floor, recall, sample

REJECTS = tuple(Reject(article=n, value=n / 10) for n in range(1, 700))  # scores of 0.1 to 69.9


def drawn(*strata: tuple[int, int], shown: int = 10) -> tuple[Sampled, ...]:
    """Strata of so many drawn out of so many, numbered from 1; then what was shown, from 1000."""
    found = [(i, population) for i, (n, population) in enumerate(strata) for _ in range(n)]
    sampled = [Sampled(article=a, stratum=i, population=p) for a, (i, p) in enumerate(found, 1)]
    return (*sampled, *(Sampled(article=1000 + n, stratum=SHOWN, population=shown) for n in range(shown)))


def test_a_sample_is_the_same_for_the_same_seed_and_another_for_another() -> None:
    assert sample(REJECTS, 50, "a", 20) == sample(tuple(reversed(REJECTS)), 50, "a", 20)
    assert sample(REJECTS, 50, "a", 20) != sample(REJECTS, 50, "b", 20)


def test_a_sample_lies_between_the_floor_and_the_threshold_and_mostly_near_it() -> None:
    found = sample(REJECTS, 50, "a", 20)
    assert len({one.article for one in found}) == 20
    assert all(floor(50) <= one.article / 10 < 50 for one in found)
    counts = [sum(one.stratum == i for one in found) for i in range(len(BANDS))]
    assert counts == [10, 6, 4]
    assert [next(one.population for one in found if one.stratum == i) for i in range(3)] == [100, 100, 100]


def test_a_small_stratum_leaves_its_share_to_the_others() -> None:
    few = (Reject(article=1, value=45), *(Reject(article=n, value=25) for n in range(2, 50)))
    assert [one.stratum for one in sample(few, 50, "a", 10)] == [0] + [2] * 9
    assert len(sample(few, 50, "a", 500)) == 49
    assert sample((), 50, "a", 20) == ()


def test_no_estimate_before_each_stratum_has_a_label() -> None:
    two = drawn((2, 10), (2, 30))
    assert recall(two, {}, "a") is None
    assert recall(two, {1: True, 2: False}, "a") is None
    found = recall(two, {1: True, 2: False, 3: False}, "a")
    assert found
    assert (found.missed, found.shown, found.missing) == (5.0, 10, 1)
    assert found.value == pytest.approx(10 / 15)
    assert found.low < found.value < found.high < 1


def test_what_was_rejected_does_not_count_as_shown() -> None:
    found = recall(drawn((1, 1)), {1: True, 1000: False, 1001: False, 1002: True}, "a")
    assert found
    assert (found.shown, found.missed, found.value) == (8, 1.0, 8 / 9)
    assert found.low == found.high == found.value  # everything is labelled


def test_with_nothing_near_the_threshold_nothing_near_it_is_missed() -> None:
    found = recall(drawn(), {}, "a")
    assert found
    assert (found.value, found.low, found.high) == (1, 1, 1)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.booleans(), min_size=1, max_size=12), st.integers(0, 200), st.integers(0, 50))
def test_an_estimate_lies_in_its_interval_and_more_relevant_labels_lower_it(
    labels: list[bool], more: int, shown: int
) -> None:
    sampled = drawn((len(labels), len(labels) + more), shown=shown)
    found = recall(sampled, dict(enumerate(labels, 1)), "a")
    worse = recall(sampled, dict(enumerate([True, *labels[1:]], 1)), "a")
    assert found
    assert worse
    assert 0 <= found.low <= found.value <= found.high <= 1
    assert worse.value <= found.value


def test_the_interval_covers_the_truth_about_as_often_as_it_says() -> None:
    lot = random.Random(1)
    truths = [[lot.random() < share for _ in range(size)] for share, size in ((0.3, 60), (0.1, 80), (0.05, 100))]
    truth = 40 / (40 + sum(map(sum, truths)))
    covered = 0
    for number in range(60):
        picks = [lot.sample(stratum, n) for stratum, n in zip(truths, (25, 15, 10), strict=True)]
        sampled = drawn(*((len(p), len(t)) for p, t in zip(picks, truths, strict=True)), shown=40)
        found = recall(sampled, dict(enumerate((label for pick in picks for label in pick), 1)), str(number))
        assert found
        covered += found.low <= truth <= found.high
    assert covered >= 52
