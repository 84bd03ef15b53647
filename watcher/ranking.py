"""Rank a whole collection by a few seeds, and say why.

Who has all the articles at hand knows more than who judges them one by one: how rare each key is among them, and what
the best of them say beside what the seeds say.
"""

import math
from array import array
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from watcher.articles import Article
from watcher.background import rarity
from watcher.profiles import PHRASE, Profile, learnt_term, names_in, phrases_of, seed_counts
from watcher.relevance import TITLE_COUNTS, Match, Score, count
from watcher.seeds import Seed

BESIDE = 500  # abstracts of the background that a collection is read beside: a small one says little of what is rare
RARITY = 0.6  # power of a key's rarity: in a collection about one subject, its common words tell much too
ACRONYM = 0.8  # an acronym often stands for something else in the next article
THEME = 0.8  # power of how much more the seeds hold a key than the collection does
OWN_LENGTH = 0.8  # share of an article's own length in what it is divided by; the rest is the usual length
BEST = 20  # articles that are listened to after the seeds
ECHO = 0.7  # their weight beside the seeds
HALF = 0.2  # cosine between an article and what is sought at which it reaches 50 of 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    """A collection as a few seeds see it."""

    articles: tuple[Article, ...]
    values: tuple[float, ...]  # 0-100, one for each article
    profile: Profile  # what was sought, heaviest first; much longer than a person reads
    points: dict[str, float]  # term -> what one mention of it brings to the cosine of an article of length 1
    lengths: tuple[float, ...]  # of the articles; the weights in each are divided by it


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    """The keys of one document by number, and what each of them says: 1 + ln(count)."""

    keys: "array[int]"
    says: "array[float]"


_Vector = dict[int, float]  # a key's number -> its weight


def rank(seeds: Iterable[Seed], articles: Iterable[Article], *, name: str = "") -> Ranking:
    """Score every article of a collection by its likeness to a few seeds.

    In a document, a key weighs 1 + ln(count) times its rarity to the power of RARITY, divided by the document's
    length. What is sought is the mean of the seeds, each key times how much more the seeds hold it than the collection
    does, and ECHO times the mean of the BEST articles that this finds, by the squares of their cosines. A value is
    100 (1 - 2^(-cosine / HALF)). The order of the seeds does not matter.
    """
    documents = sorted(seeds, key=lambda s: (s.name, s.title, s.text))
    collection = tuple(articles)
    numbers: dict[str, int] = {}
    rows = [_row(_of_article(article), numbers) for article in collection]
    held = _held(rows, len(numbers))
    rare = _rarities(list(numbers), held, len(rows))
    usual = math.fsum(_length(row, rare) for row in rows) / max(len(rows), 1)
    lengths = [_divisor(row, rare, usual) for row in rows]
    known = [_row(_of_seed(seed, numbers), numbers) for seed in documents]
    theme = _theme([_vector(row, rare, _divisor(row, rare, usual)) for row in known], held, len(rows))
    cosines = _cosines(rows, lengths, theme, rare)
    best = [n for n in sorted(range(len(rows)), key=lambda n: -cosines[n])[:BEST] if cosines[n] > 0]
    echo = _mean([_vector(rows[n], rare, lengths[n]) for n in best], [cosines[n] ** 2 for n in best])
    sought = _unit({n: theme.get(n, 0.0) + ECHO * echo.get(n, 0.0) for n in {**theme, **echo}})
    keys = list(numbers)
    return Ranking(
        articles=collection,
        values=tuple(map(_value, _cosines(rows, lengths, sought, rare))),
        profile=_profile(name, {keys[n]: w for n, w in sought.items()}, documents, [collection[n] for n in best]),
        points={keys[n]: weight * rare[n] for n, weight in sought.items()},
        lengths=tuple(lengths),
    )


def explained(ranking: Ranking, place: int) -> Score:
    """Take the value of one article of a ranking apart; the contributions of its matches sum to it."""
    title, text = _counts(ranking.articles[place])
    found = []
    for term in ranking.profile.terms:
        in_title, in_text = title[term.key], text[term.key]
        if in_title or in_text:
            says = _says(TITLE_COUNTS * in_title + in_text)
            found.append((term, in_title, in_text, says * ranking.points[term.key] / ranking.lengths[place]))
    cosine = math.fsum(share for _, _, _, share in found)
    matches = tuple(
        Match(
            key=term.key,
            label=term.label,
            fields=tuple(name for name, n in (("title", in_title), ("text", in_text)) if n),
            count=in_title + in_text,
            weight=term.weight,
            contribution=_value(cosine) * share / cosine,
        )
        for term, in_title, in_text, share in sorted(found, key=lambda f: (-f[3], f[0].key))
    )
    return Score(profile=ranking.profile.name, value=math.fsum(m.contribution for m in matches), matches=matches)


def _of_article(article: Article) -> dict[str, float]:
    title, text = _counts(article)
    return {key: TITLE_COUNTS * title[key] + text[key] for key in {**title, **text}}


def _counts(article: Article) -> tuple[Counter[str], Counter[str]]:
    """How often an article says each key and phrase, in its title and in its text."""
    counts = count(article)
    return (
        counts.title + Counter(phrases_of(counts.title_order)),
        counts.text + Counter(phrases_of(counts.text_order)),
    )


def _of_seed(seed: Seed, numbers: dict[str, int]) -> dict[str, float]:
    """The counts of a seed, without what no article of the collection says."""
    title, text = seed_counts(seed)
    return {k: TITLE_COUNTS * title[k] + text[k] for k in {**title, **text} if k in numbers}


def _row(counts: dict[str, float], numbers: dict[str, int]) -> _Row:
    return _Row(
        keys=array("l", [numbers.setdefault(key, len(numbers)) for key in counts]),
        says=array("d", map(_says, counts.values())),
    )


def _says(mentions: float) -> float:
    return 1 + math.log(mentions)


def _held(rows: Sequence[_Row], keys: int) -> list[int]:
    """How many articles hold each key."""
    held = [0] * keys
    for row in rows:
        for key in row.keys:
            held[key] += 1
    return held


def _rarities(keys: Sequence[str], held: Sequence[int], size: int) -> list[float]:
    """How rare each key is in the collection and in the abstracts of the background, both read as one."""
    whole = 1 + size + BESIDE
    found = []
    for key, holders in zip(keys, held, strict=True):
        parts = key.split(PHRASE)
        common = math.prod(10 ** -rarity(part)[1] for part in parts)
        acronyms = sum(part[0].isupper() for part in parts) / len(parts)
        found.append(math.log(whole / (1 + holders + BESIDE * common)) ** RARITY * ACRONYM**acronyms)
    return found


def _length(row: _Row, rare: Sequence[float]) -> float:
    return math.hypot(*[says * rare[key] for key, says in zip(row.keys, row.says, strict=True)])


def _divisor(row: _Row, rare: Sequence[float], usual: float) -> float:
    """The length of a document, drawn towards the usual one: a bare title is not all about its three words."""
    return OWN_LENGTH * _length(row, rare) + (1 - OWN_LENGTH) * usual or 1.0


def _vector(row: _Row, rare: Sequence[float], divisor: float) -> _Vector:
    return {key: says * rare[key] / divisor for key, says in zip(row.keys, row.says, strict=True)}


def _mean(vectors: Sequence[_Vector], shares: Sequence[float]) -> _Vector:
    """The direction of a weighted mean, of length 1."""
    total: _Vector = {}
    for vector, share in zip(vectors, shares, strict=True):
        for key, weight in vector.items():
            total[key] = total.get(key, 0.0) + share * weight
    return _unit(total)


def _theme(seeds: Sequence[_Vector], held: Sequence[int], size: int) -> _Vector:
    """The mean of the seeds, turned to what they share and the collection does not.

    Of the seeds that hold a key, the one where it was met says nothing of the others; so one seed alone is taken whole.
    """
    holding = Counter(key for seed in seeds for key in seed)
    chance = (len(seeds) - 1) / max(len(seeds), 1) / max(size, 1)
    mean = _mean(seeds, [1.0] * len(seeds))
    return _unit({k: w * max(holding[k] / len(seeds) - chance * held[k], 0.0) ** THEME for k, w in mean.items()})


def _unit(vector: _Vector) -> _Vector:
    length = math.hypot(*vector.values()) or 1.0
    return {key: weight / length for key, weight in vector.items() if weight > 0}


def _cosines(rows: Sequence[_Row], lengths: Sequence[float], sought: _Vector, rare: Sequence[float]) -> list[float]:
    points = [0.0] * len(rare)
    for key, weight in sought.items():
        points[key] = weight * rare[key]
    return [
        sum(says * points[key] for key, says in zip(row.keys, row.says, strict=True)) / length
        for row, length in zip(rows, lengths, strict=True)
    ]


def _value(cosine: float) -> float:
    return 100 * (1 - 2 ** (-cosine / HALF))


def _profile(name: str, weights: dict[str, float], seeds: Sequence[Seed], best: Sequence[Article]) -> Profile:
    """What is sought as a profile: its terms under the names that the seeds and the best articles give them."""
    heard = [Seed(name="", title=a.title, text=a.body or a.summary, language=a.language) for a in best]
    names = names_in((*seeds, *heard))
    origin: dict[str, list[str]] = {}
    for seed in seeds:
        for key in {**seed_counts(seed)[0], **seed_counts(seed)[1]}:
            origin.setdefault(key, []).append(seed.name)
    top = max(weights.values(), default=1.0)
    terms = [learnt_term(key, w / top, tuple(origin.get(key, ())), names) for key, w in weights.items()]
    return Profile(
        name=name,
        terms=tuple(sorted(terms, key=lambda t: (-t.weight, t.key))),
        seeds=tuple(seed.name for seed in seeds),
    )
