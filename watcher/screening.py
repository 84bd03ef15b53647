"""What to read next of a collection: learnt from what a person kept and rejected of it, and why."""

import math
from collections.abc import Collection as Places
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import mul

from watcher import ranking
from watcher.profiles import learnt_term, names_in
from watcher.ranking import Collection, Ranking, likeness_of, rank, said_of, vector_of_article, vector_of_seed
from watcher.relevance import Match, Score
from watcher.seeds import Seed

COST = 0.1  # of an example on the wrong side of its margin, beside the length of the weights
KEPT = 10.0  # what was kept costs together as many times as much as what was rejected: to miss is worse than to read
PRIOR = 3.0  # weight of an article's likeness to the seeds, as one more key, while there is no verdict
FADES = 10.0  # verdicts at which half of that is left: they know better than the seeds
HALF = 0.25  # of the margin that is asked of what was kept: 50 of 100
EXACT = 1e-6  # of the margin: an example is where it pulls itself
MOST_ROUNDS = 30
MOST_STEPS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Screening:
    """A collection as those who kept and rejected some of it would see it."""

    collection: Collection
    values: tuple[float, ...]  # -100 to 100, one for each article; below 0 it is more like what was rejected
    weights: Mapping[int, float]  # a key's number -> its weight; below 0 it speaks for rejecting
    first: Ranking  # by the seeds alone
    trust: float  # in that ranking: what its likenesses are multiplied by
    examples: tuple[Seed, ...]  # what was learnt from, kept first


def screen(
    seeds: Iterable[Seed],
    collection: Collection,
    kept: Places[int],
    rejected: Places[int],
    *,
    first: Ranking | None = None,
    name: str = "",
) -> Screening:
    """Score every article of a collection by the seeds, and by what was kept and rejected of it (places in it).

    A linear support vector machine over the keys of `rank` as they are weighted there, articles taken whole: the
    shortest weights w that put each example on its side of a margin, with a cost of (1 - y (w.x + b))^2 for each one
    within. An article's likeness to the seeds is one more key; it fades with the number of verdicts n, PRIOR
    FADES / (FADES + n). Without seeds, what was kept takes their place. `first` is the ranking by them, when it is
    known. The constant b changes no order and is left out of the values, so that an article of which nothing is known
    is worth 0. A value is 100 (1 - 2^(-w.x / HALF)), and its mirror image below 0. The order of the examples does not
    matter. Raises ValueError where one side has none.
    """
    documents = tuple(sorted(seeds, key=lambda s: (s.name, s.title, s.text)))
    if not rejected or not (documents or kept):
        raise ValueError("one side has no example")
    first = first or rank(documents or seeds_of(collection, kept), collection, name=name)
    like = [likeness_of(value) for value in first.values]
    fading = PRIOR * FADES / (FADES + len(kept) + len(rejected))
    of_seeds = max(like, default=0.0)  # a seed is as like the seeds as any article
    liked = [(vector_of_seed(seed, collection), of_seeds) for seed in documents]
    liked += [(vector_of_article(place, collection), like[place]) for place in sorted(kept)]
    disliked = [(vector_of_article(place, collection), like[place]) for place in sorted(rejected)]
    size = len(collection.numbers)  # two more keys behind the others: the constant, and the likeness to the seeds
    rows = [([*says, size, size + 1], [*says.values(), 1.0, fading * near]) for says, near in (*liked, *disliked)]
    each = COST * len(rows) / (KEPT + 1)
    costs = [each * KEPT / len(liked)] * len(liked) + [each / len(disliked)] * len(disliked)
    weights = _separating(rows, [1.0] * len(liked) + [-1.0] * len(disliked), costs, size + 2)
    trust = weights[size + 1] * fading
    worth = [trust * near + own for near, own in zip(like, _worths(collection, weights), strict=True)]
    return Screening(
        collection=collection,
        values=tuple(map(_value, worth)),
        weights={number: weight for number, weight in enumerate(weights[:size]) if weight},
        first=first,
        trust=trust,
        examples=(*documents, *seeds_of(collection, kept), *seeds_of(collection, rejected)),
    )


def seeds_of(collection: Collection, places: Iterable[int]) -> tuple[Seed, ...]:
    """Articles of a collection as documents to learn from, in its order."""
    articles = [collection.articles[place] for place in sorted(places)]
    return tuple(
        Seed(name=a.guid, title=a.title, text=a.body or a.summary, language=a.language, address=a.url) for a in articles
    )


def explained(screening: Screening, places: Iterable[int]) -> Iterator[Score]:
    """Take the values of some articles apart; the contributions of the matches sum to each, and may be below 0."""
    keys = list(screening.collection.numbers)
    names = names_in(screening.examples)
    top = max(map(abs, screening.weights.values()), default=1.0)
    weights = {keys[number]: weight / top for number, weight in screening.weights.items()}
    for place in places:
        brought = _brought(screening, place, keys)
        worth = math.fsum(brought.values())
        points = _value(worth) / worth if worth else 0.0
        title, text = said_of(screening.collection.articles[place])
        matches = tuple(
            Match(
                key=key,
                label=learnt_term(key, 0.0, (), names).label,
                fields=tuple(field for field, counts in (("title", title), ("text", text)) if counts[key]),
                count=title[key] + text[key],
                weight=weights.get(key, 0.0),
                contribution=share * points,
            )
            for key, share in sorted(brought.items(), key=lambda b: (-abs(b[1]), b[0]))
        )
        yield Score(
            profile=screening.first.profile.name, value=math.fsum(m.contribution for m in matches), matches=matches
        )


def _brought(screening: Screening, place: int, keys: Sequence[str]) -> dict[str, float]:
    """What each key of an article brings, by its own weight and by what it is worth to the seeds."""
    brought: dict[str, float] = {}
    vector = vector_of_article(place, screening.collection)
    for number, says in vector.items():
        if share := screening.weights.get(number, 0.0) * says:
            brought[keys[number]] = share
    said = ranking.explained(screening.first, place)
    trust = screening.trust * likeness_of(said.value) / said.value if said.value else 0.0
    for match in said.matches:
        brought[match.key] = brought.get(match.key, 0.0) + match.contribution * trust
    return brought


def _worths(collection: Collection, weights: Sequence[float]) -> Iterator[float]:
    """What the keys of each article are worth together."""
    point_of = list(map(mul, weights, collection.keys.rare)).__getitem__
    for told, length in zip(collection.told, collection.lengths, strict=True):
        yield sum(map(mul, told.whole.says, map(point_of, told.whole.keys))) / length


_Row = tuple[Sequence[int], Sequence[float]]  # the numbers of some keys, and what each says


def _separating(rows: Sequence[_Row], signs: Sequence[float], costs: Sequence[float], size: int) -> list[float]:
    """The weights of the widest margin, by Newton's method: those within it are fitted, until they stay the same.

    Chapelle (2007), Training a support vector machine in the primal, Neural Computation 19, 1155-1178.
    """
    within = set(range(len(rows)))
    pulls = [0.0] * len(rows)
    weights = [0.0] * size
    for _ in range(MOST_ROUNDS):
        pulls = [pull if n in within else 0.0 for n, pull in enumerate(pulls)]
        pulls = _fitted(rows, sorted(within), signs, costs, pulls, size)
        weights = _sum(rows, pulls, size)
        now = {n for n, row in enumerate(rows) if signs[n] * _dot(row, weights) < 1}
        if now == within:
            break
        within = now
    return weights


def _fitted(
    rows: Sequence[_Row],
    within: Sequence[int],
    signs: Sequence[float],
    costs: Sequence[float],
    pulls: Sequence[float],
    size: int,
) -> list[float]:
    """How hard each example within the margin pulls, by conjugate gradients from the pulls so far; the others: 0."""
    chosen = [rows[n] for n in within]
    slack = [1 / (2 * costs[n]) for n in within]

    def felt(pull: Sequence[float]) -> list[float]:
        weights = _sum(chosen, pull, size)
        return [_dot(row, weights) + own * each for row, own, each in zip(chosen, slack, pull, strict=True)]

    scale = [1 / (own + math.fsum(map(mul, said, said))) for own, (_, said) in zip(slack, chosen, strict=True)]
    pull = [pulls[n] for n in within]
    left = [signs[n] - felt_now for n, felt_now in zip(within, felt(pull), strict=True)]
    ahead = list(map(mul, scale, left))
    rest = math.fsum(map(mul, left, ahead))
    for _ in range(MOST_STEPS):
        if max(map(abs, left), default=0.0) < EXACT:
            break
        push = felt(ahead)
        stride = rest / math.fsum(map(mul, ahead, push))
        pull = [each + stride * way for each, way in zip(pull, ahead, strict=True)]
        left = [each - stride * way for each, way in zip(left, push, strict=True)]
        scaled = list(map(mul, scale, left))
        before, rest = rest, math.fsum(map(mul, left, scaled))
        ahead = [each + rest / before * way for each, way in zip(scaled, ahead, strict=True)]
    found = dict(zip(within, pull, strict=True))
    return [found.get(n, 0.0) for n in range(len(rows))]


def _sum(rows: Sequence[_Row], pulls: Sequence[float], size: int) -> list[float]:
    weights = [0.0] * size
    for (keys, said), pull in zip(rows, pulls, strict=True):
        if pull:
            for key, weight in zip(keys, said, strict=True):
                weights[key] += pull * weight
    return weights


def _dot(row: _Row, weights: Sequence[float]) -> float:
    return float(sum(map(mul, row[1], map(weights.__getitem__, row[0]))))


def _value(worth: float) -> float:
    return math.copysign(100 * (1 - 2 ** (-abs(worth) / HALF)), worth)
