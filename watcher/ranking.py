"""Rank a whole collection by a few seeds, and say why.

Who has all the articles at hand knows more than who judges them one by one: how rare each key is among them, and what
the best of them say beside what the seeds say.
"""

import math
import re
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from watcher.articles import Article
from watcher.background import rarity
from watcher.lexicon import BREAK, concepts, read
from watcher.profiles import PHRASE, Profile, learnt_term, named, names_in, phrases_of, salience, seed_counts
from watcher.relevance import TITLE_COUNTS, Match, Score, affirmed
from watcher.seeds import Seed

BESIDE = 500  # abstracts of the background that a collection is read beside: a small one says little of what is rare
RARITY = 0.6  # power of a key's rarity: in a collection about one subject, its common words tell much too
ACRONYM = 0.8  # an acronym often stands for something else in the next article
THEME = 0.8  # power of how much more the seeds hold a key than the collection does
COMMON = 0.4  # added to a key's salience (0-1): how much of a seed's common words is left beside its telling ones
NAMED = 6.0  # a gene or a molecule is named on purpose; one seed alone has no other way to say what it is about
NAMED_ALONE = 0.2  # what remains of that where nothing else that is sought is said
BESIDE_NAME = 0.02  # of the likeness: as much else has to be said for half of the rest
ROOM = 0.2  # of the likeness: beyond it, more from the same facet says ever less
OWN_LENGTH = 0.8  # share of an article's own length in what it is divided by; the rest is the usual length
BEST = 10  # articles that are listened to after the seeds
ECHO = 0.7  # their weight beside the seeds
HALF = 0.1  # likeness of an article to what is sought at which it reaches 50 of 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    """A collection as a few seeds see it."""

    articles: tuple[Article, ...]
    values: tuple[float, ...]  # 0-100, one for each article
    profile: Profile  # what was sought, heaviest first; much longer than a person reads
    points: dict[str, float]  # term -> what one mention of it brings to an article of length 1
    spoken: tuple[int, ...]  # the sentence that speaks for each article, WHOLE where the whole article says more
    lengths: tuple[float, ...]  # of what speaks; the weights in each are divided by it


WHOLE = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    """The keys of one document by number, and what each of them says: 1 + ln(count)."""

    keys: "array[int]"
    says: "array[float]"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """An article and its sentences."""

    whole: _Row
    sentences: tuple[_Row, ...]  # empty when there are less than two


@dataclass(frozen=True, slots=True, kw_only=True)
class _Keys:
    """What is known of each key, by its number."""

    rare: Sequence[float]
    group: Sequence[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Collection:
    """Articles that were read to be ranked together, with what their keys are worth among them."""

    articles: tuple[Article, ...]
    told: tuple[_Told, ...]
    numbers: dict[str, int]  # key -> its number
    held: Sequence[int]  # how many articles hold each key
    keys: _Keys
    usual: float  # the length of an article on average
    lengths: tuple[float, ...]  # what the weights in each article are divided by


_Vector = dict[int, float]  # a key's number -> its weight


def read_collection(articles: Iterable[Article]) -> Collection:
    """Read articles to be ranked together, once for any number of rankings."""
    collection = tuple(articles)
    numbers: dict[str, int] = {}
    told = tuple(_told(article, numbers) for article in collection)
    rows = [each.whole for each in told]
    held = _held(rows, len(numbers))
    keys = _Keys(rare=_rarities(list(numbers), held, len(rows)), group=[_group(key) for key in numbers])
    usual = math.fsum(_length(row, keys.rare) for row in rows) / max(len(rows), 1)
    lengths = tuple(_divisor(row, keys.rare, usual) for row in rows)
    return Collection(
        articles=collection, told=told, numbers=numbers, held=held, keys=keys, usual=usual, lengths=lengths
    )


def rank(seeds: Iterable[Seed], articles: Iterable[Article] | Collection, *, name: str = "") -> Ranking:
    """Score every article of a collection by its likeness to a few seeds.

    In a document, a key weighs 1 + ln(count) times its rarity to the power of RARITY, divided by the document's
    length. What is sought is the mean of the seeds, each key times how much more the seeds hold it than the collection
    does and how telling it is at large, and ECHO times the mean of the BEST articles that this finds, by the squares of
    their likeness. An article is as like as its best sentence or the whole of it. A value is
    100 (1 - 2^(-likeness / HALF)). The order of the seeds does not matter.
    """
    documents = sorted(seeds, key=lambda s: (s.name, s.title, s.text))
    known = articles if isinstance(articles, Collection) else read_collection(articles)
    collection, told, keys, usual = known.articles, known.told, known.keys, known.usual
    names = list(known.numbers)
    rows = [each.whole for each in told]
    theme = _theme([vector_of_seed(seed, known) for seed in documents], known.held, len(rows))
    theme = _unit({n: weight * telling for n, weight, telling in _telling(theme, names, len(documents))})
    points = _points(theme, keys)
    first = [_spoken(each, points, keys, usual)[1] for each in told]
    best = [n for n in sorted(range(len(rows)), key=lambda n: -first[n])[:BEST] if first[n] > 0]
    heard = [_vector(rows[n], keys.rare, _divisor(rows[n], keys.rare, usual)) for n in best]
    echo = _mean(heard, [first[n] ** 2 for n in best])
    sought = _unit({n: theme.get(n, 0.0) + ECHO * echo.get(n, 0.0) for n in {**theme, **echo}})
    points = _points(sought, keys)
    spoken = [_spoken(each, points, keys, usual) for each in told]
    return Ranking(
        articles=collection,
        values=tuple(_value(likeness) for _, likeness, _ in spoken),
        profile=_profile(name, {names[n]: w for n, w in sought.items()}, documents, [collection[n] for n in best]),
        points={names[n]: weight * keys.rare[n] for n, weight in sought.items()},
        spoken=tuple(sentence for sentence, _, _ in spoken),
        lengths=tuple(length for _, _, length in spoken),
    )


def explained(ranking: Ranking, place: int) -> Score:
    """Take the value of one article of a ranking apart; the contributions of its matches sum to it."""
    title, sentences = _counts(ranking.articles[place])
    chosen = ranking.spoken[place]
    title, text = (title, _sum(sentences)) if chosen == WHOLE else (Counter[str](), sentences[chosen])
    found = []
    sums = [0.0] * _GROUPS
    for term in ranking.profile.terms:
        in_title, in_text = title[term.key], text[term.key]
        if in_title or in_text:
            says = _says(TITLE_COUNTS * in_title + in_text)
            share = says * ranking.points[term.key] / ranking.lengths[place]
            sums[_group(term.key)] += share
            found.append((term, in_title, in_text, share))
    counted = _counted(sums)
    likeness = math.fsum(counted)
    worth = [
        _value(likeness) / likeness * each / total if total else 0.0 for each, total in zip(counted, sums, strict=True)
    ]
    shown = [(term, in_title, in_text, share * worth[_group(term.key)]) for term, in_title, in_text, share in found]
    matches = tuple(
        Match(
            key=term.key,
            label=term.label,
            fields=tuple(name for name, n in (("title", in_title), ("text", in_text)) if n),
            count=in_title + in_text,
            weight=term.weight,
            contribution=points,
        )
        for term, in_title, in_text, points in sorted(shown, key=lambda f: (-f[3], f[0].key))
    )
    return Score(profile=ranking.profile.name, value=math.fsum(m.contribution for m in matches), matches=matches)


_SENTENCE = re.compile(r"(?<=[.!?;])\s+|\n+|\s+(?=•)")


def said_of(article: Article) -> tuple[Counter[str], Counter[str]]:
    """How often an article says each key and phrase, in its title and in its text."""
    title, sentences = _counts(article)
    return title, _sum(sentences)


def _counts(article: Article) -> tuple[Counter[str], list[Counter[str]]]:
    """How often an article says each key and phrase, in its title and in each sentence of its text."""
    text = article.body or article.summary
    return _said(article.title), [_said(sentence) for sentence in _SENTENCE.split(text) if sentence]


def _said(prose: str) -> Counter[str]:
    reading = read(affirmed(prose))
    counts = Counter((*reading.keys, *reading.inner, *phrases_of(reading.keys)))
    del counts[BREAK]
    return counts


def _sum(counts: Iterable[Counter[str]]) -> Counter[str]:
    total: Counter[str] = Counter()
    for count in counts:
        total.update(count)
    return total


def _told(article: Article, numbers: dict[str, int]) -> _Told:
    title, sentences = _counts(article)
    whole = _sum(sentences)
    for key, times in title.items():
        whole[key] += int(TITLE_COUNTS) * times
    apart = sentences if len(sentences) > 1 else ()
    return _Told(whole=_row(whole, numbers), sentences=tuple(_row(each, numbers) for each in apart))


def vector_of_seed(seed: Seed, collection: Collection) -> _Vector:
    """What a seed says, without what no article of the collection says."""
    title, text = seed_counts(seed)
    numbers = collection.numbers
    row = _row({k: TITLE_COUNTS * title[k] + text[k] for k in {**title, **text} if k in numbers}, numbers)
    return _vector(row, collection.keys.rare, _divisor(row, collection.keys.rare, collection.usual))


def vector_of_article(place: int, collection: Collection) -> _Vector:
    """What an article of a collection says as a whole."""
    return _vector(collection.told[place].whole, collection.keys.rare, collection.lengths[place])


def _row(counts: Mapping[str, float], numbers: dict[str, int]) -> _Row:
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


_FACETS = ("disease", "phenomenon", "mechanism", "method")
_PLAIN = len(_FACETS)  # the group of keys without a facet
_NAME = _PLAIN + 1  # the group of genes and molecules
_GROUPS = _NAME + 1


@lru_cache(maxsize=200_000)
def _group(key: str) -> int:
    """The group of keys that a key or phrase counts among."""
    if named(key):
        return _NAME
    facets = (concepts()[part].facet for part in key.split(PHRASE) if part in concepts())
    facet = next(filter(None, facets), "")
    return _FACETS.index(facet) if facet else _PLAIN


def _telling(theme: _Vector, keys: Sequence[str], seeds: int) -> Iterator[tuple[int, float, float]]:
    """Each key of a theme with its weight and how telling it is; several seeds tell by what they share, so less."""
    for n, weight in theme.items():
        yield n, weight, ((COMMON + salience(keys[n])) * NAMED ** named(keys[n])) ** (1 / math.sqrt(seeds))


def _spoken(told: _Told, points: Sequence[float], keys: _Keys, usual: float) -> tuple[int, float, float]:
    """Which sentence speaks for an article, or WHOLE; its likeness to what is sought, and its length."""
    found = []
    for place, row in enumerate((told.whole, *told.sentences), WHOLE):
        sums = [0.0] * _GROUPS
        for key, says in zip(row.keys, row.says, strict=True):
            if point := points[key]:
                sums[keys.group[key]] += says * point
        if any(sums):
            length = _divisor(row, keys.rare, usual)
            found.append((math.fsum(_counted([each / length for each in sums])), -place, length))
    likeness, place, length = max(found, default=(0.0, -WHOLE, 1.0))
    return -place, likeness, length


def _points(sought: _Vector, keys: _Keys) -> list[float]:
    """What one mention of each key brings to a document of length 1."""
    return [sought.get(n, 0.0) * rare for n, rare in enumerate(keys.rare)]


def _counted(sums: Sequence[float]) -> list[float]:
    """What each group of keys counts: a facet ever less, a name of a molecule only among what else is sought."""
    counted = [ROOM * math.log1p(each / ROOM) for each in sums[:_PLAIN]] + [sums[_PLAIN]]
    beside = math.fsum(counted)
    return [*counted, sums[_NAME] * (NAMED_ALONE + (1 - NAMED_ALONE) * beside / (beside + BESIDE_NAME))]


def _value(likeness: float) -> float:
    return 100 * (1 - 2 ** (-likeness / HALF))


def likeness_of(value: float) -> float:
    """The likeness that a value tells; the one before the last that a number can tell for 100."""
    return -HALF * math.log2(max(1 - value / 100, 1e-16))


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
