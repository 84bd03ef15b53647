"""Groups out of pairs: average linkage, in which one strong pair does not carry two groups into each other."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from heapq import heapify, heappop, heappush

Pair = tuple[int, int]  # the smaller number first
Group = tuple[int, ...]
Apart = Callable[[Group, Group], bool]


def gather(strengths: Mapping[Pair, float], least: float, apart: Apart, certain: Iterable[Pair] = ()) -> list[Group]:
    """Join the two groups that are strongest tied on average, again and again, down to `least`; pairs not given are 0.

    At last the groups of `certain` pairs are joined, however little their other members have in common. Two groups
    that `apart` tells from each other are never joined. Of equal ties the one with the smaller numbers comes first,
    so the result depends on what the numbers stand for and not on the order of the pairs.
    """
    members = _by_average(strengths, least, apart)
    group_of = {n: group for group in members for n in group}
    for a, b in sorted(certain):
        one, other = group_of.get(a, (a,)), group_of.get(b, (b,))
        if one is not other and not apart(one, other):
            together = tuple(sorted((*one, *other)))
            group_of.update(dict.fromkeys(together, together))
    return sorted({group for group in group_of.values() if len(group) > 1})


def _by_average(strengths: Mapping[Pair, float], least: float, apart: Apart) -> list[Group]:
    members: dict[int, Group] = {n: (n,) for pair in strengths for n in pair}
    sums: defaultdict[int, Counter[int]] = defaultdict(Counter)
    for (a, b), strength in strengths.items():
        sums[a][b] = sums[b][a] = strength  # type: ignore[assignment]  # Counters of floats
    waiting = [(-strength, a, b) for (a, b), strength in strengths.items() if strength >= least]
    heapify(waiting)
    while waiting:
        negative, a, b = heappop(waiting)
        if a not in members or b not in members or -negative != _mean(a, b, members, sums):
            continue  # one of them has grown since
        if apart(members[a], members[b]):
            continue
        for other, total in sums.pop(b).items():
            del sums[other][b]
            if other != a:
                sums[a][other] += total
                sums[other][a] = sums[a][other]
        members[a] = tuple(sorted((*members[a], *members.pop(b))))
        for other in sums[a]:
            pair = (min(a, other), max(a, other))
            if (mean := _mean(*pair, members, sums)) >= least:
                heappush(waiting, (-mean, *pair))
    return list(members.values())


def _mean(a: int, b: int, members: Mapping[int, Group], sums: Mapping[int, Counter[int]]) -> float:
    return sums[a][b] / (len(members[a]) * len(members[b]))
