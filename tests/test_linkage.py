"""Groups out of pairs: average linkage, certain pairs, and the order of what is given."""

from hypothesis import given
from hypothesis import strategies as st

from watcher.linkage import Group, Pair, gather


def together(_one: Group, _other: Group) -> bool:
    return False


def test_strong_pairs_are_groups() -> None:
    assert gather({(0, 1): 0.9, (2, 3): 0.4}, 0.5, together) == [(0, 1)]
    assert gather({}, 0.5, together) == []


def test_one_strong_tie_does_not_join_two_groups() -> None:
    inside = {(0, 1): 0.9, (2, 3): 0.9}
    assert sorted(gather({**inside, (1, 2): 0.8}, 0.5, together)) == [(0, 1), (2, 3)]
    across = {(a, b): 0.6 for a in (0, 1) for b in (2, 3)}
    assert gather({**inside, **across}, 0.5, together) == [(0, 1, 2, 3)]


def test_a_certain_pair_joins_whatever_the_others_say() -> None:
    assert gather({(0, 1): 0.9}, 0.5, together, [(1, 2)]) == [(0, 1, 2)]
    assert gather({}, 0.5, together, [(1, 2)]) == [(1, 2)]


def test_what_is_told_apart_stays_apart() -> None:
    def apart(one: Group, other: Group) -> bool:
        return {0, 2} <= {*one, *other}

    assert gather({(0, 1): 0.9, (0, 2): 0.9}, 0.5, apart, [(1, 2)]) == [(0, 1)]


PAIRS = st.dictionaries(
    st.tuples(st.integers(0, 7), st.integers(0, 7)).filter(lambda p: p[0] < p[1]), st.floats(0.1, 1), max_size=20
)


@given(PAIRS)
def test_groups_share_nobody_and_do_not_depend_on_the_order(pairs: dict[Pair, float]) -> None:
    found = gather(pairs, 0.5, together)
    assert sorted(gather(dict(reversed(pairs.items())), 0.5, together)) == sorted(found)
    members = [n for group in found for n in group]
    assert len(members) == len(set(members))
    assert all(len(group) > 1 for group in found)
