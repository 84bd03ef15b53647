"""The same article and the same story, across outlets and languages."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import chain
from math import sqrt

from watcher.background import rarity
from watcher.identity import SAME_WORK, Alias, Identified, without_ids
from watcher.lexicon import BREAK, read

WINDOW = timedelta(days=21)  # articles further apart tell two stories, or the second one retells an old one
READ_TO = 150  # keys of an article that are compared: title, lead and a little more
COMMON = 4.3  # -log10 of frequency; a key more frequent than this ties nothing
TIED = 0.36  # overlap coefficient at which two articles tell the same story
HELD_TOGETHER = 0.8  # a story takes an article in when it is tied to its members at this share of TIED on average
LEAST_SHARED = 3  # telling keys that two articles must share
LEAST_WEIGHT = 4.0  # what a very short article is measured against, so that two words are not a story
LOOKED_UP = 20  # the rarest keys of an article, by which it finds others and others find it
CROWDED = 150  # articles; a key that more of the remembered ones have among their rarest finds nothing any more
FEW_STUDIES = 3  # an article that cites more studies is a review: it tells the story of none of them


@dataclass(frozen=True, slots=True, kw_only=True)
class Tie:
    """Why an article belongs to the story of another one."""

    article: int  # the other one
    strength: float  # overlap coefficient of telling keys, or 1.0 for a shared study
    shared: tuple[str, ...]  # what they share: keys, or an identifier "doi:10.…"


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """An article that an alias already names."""

    article: int
    story: int
    work: Alias | None  # its DOI, if it has one


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """What is compared of one article: its telling keys with their weights, the study it is or cites, its day."""

    keys: Mapping[str, float]  # heaviest first
    rarest: tuple[str, ...]  # of the keys, those that weigh most
    weight: float
    studies: frozenset[Alias]
    work: Alias | None  # the DOI that the article itself carries: two different ones are two articles
    day: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Related:
    """A new article with what it has to do with those known before."""

    identified: Identified
    story: int | None  # the story it joins; None: it begins one
    ties: tuple[Tie, ...]  # to the members of that story, strongest first
    telling: Telling | None = field(default=None, compare=False, repr=False)


@dataclass(slots=True)
class Memory:
    """The recent articles that a new one is compared with; grows as articles are recorded."""

    tellings: dict[int, Telling] = field(default_factory=dict)
    story: dict[int, int] = field(default_factory=dict)
    members: defaultdict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    by_key: defaultdict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    by_study: defaultdict[Alias, list[int]] = field(default_factory=lambda: defaultdict(list))

    def add(self, article: int, telling: Telling, story: int) -> None:
        """Remember one article under its number, as a member of a story."""
        self.tellings[article] = telling
        self.story[article] = story
        self.members[story].append(article)
        for key in telling.rarest:
            self.by_key[key].append(article)
        for study in telling.studies:
            self.by_study[study].append(article)


def telling_of(identified: Identified, seen: datetime | None = None) -> Telling:
    """What tells one article from others; `seen` stands in for a missing date."""
    article = identified.article
    keys = [k for k in read(article.title).keys if k != BREAK]
    keys += [k for k in read(without_ids(article.summary or article.body)).keys if k != BREAK][
        : max(0, READ_TO - len(keys))
    ]
    weighed = sorted((-weight, key) for key in set(keys) if (weight := _weight(key)) > 0)
    return retold(tuple(key for _, key in weighed), identified.aliases, identified.cites, article.published or seen)


def retold(
    keys: tuple[str, ...], aliases: tuple[Alias, ...], cites: tuple[Alias, ...], day: datetime | None
) -> Telling:
    """A telling from its keys, which `telling_of` once put in the order of their weights, heaviest first."""
    weights = {key: _weight(key) for key in keys}
    cited = cites if len(cites) <= FEW_STUDIES else ()
    return Telling(
        keys=weights,
        rarest=keys[:LOOKED_UP],
        weight=sum(weights.values()),
        studies=frozenset((*(a for a in aliases if a[0] in SAME_WORK), *cited)),
        work=_work(aliases),
        day=day,
    )


@lru_cache(maxsize=200_000)
def _weight(key: str) -> float:
    above = rarity(key)[0] - COMMON
    return sqrt(above) if above > 0 else 0.0


def recognise(identified: Identified, known: Mapping[Alias, Known]) -> Known | None:
    """The known article that this one is, by the strongest alias they share.

    Articles with different DOIs are two, whatever else they share, unless one page carries both DOIs.
    """
    work = _work(identified.aliases)
    for alias in identified.aliases:
        met = known.get(alias)
        if met is not None and (alias[0] == "doi" or not (work and met.work and work != met.work)):
            return met
    return None


def relate(identified: Identified, telling: Telling, memory: Memory) -> Related:
    """Say which remembered story a new article joins, and what ties it to its members."""
    ties = _ties(telling, memory)
    story = _story(ties, memory)
    tied = tuple(t for t in ties if memory.story[t.article] == story)
    return Related(identified=identified, story=story, ties=tied, telling=telling)


def _work(aliases: tuple[Alias, ...]) -> Alias | None:
    return next((a for a in aliases if a[0] == "doi"), None)


def _two_works(one: Telling, other: Telling) -> bool:
    return bool(one.work and other.work and one.work != other.work)


def _ties(telling: Telling, memory: Memory) -> list[Tie]:
    """Every remembered article that shares a study or three telling keys with this one, strongest first."""
    found: dict[int, Tie] = {}
    for study in sorted(telling.studies):
        for number in memory.by_study.get(study, ()):
            if not _two_works(telling, memory.tellings[number]):
                found[number] = Tie(article=number, strength=1.0, shared=(":".join(study),))
    postings = (memory.by_key.get(key, ()) for key in telling.rarest)
    met = Counter(chain.from_iterable(numbers for numbers in postings if len(numbers) <= CROWDED))
    for number in (number for number, times in met.items() if times >= 2 and number not in found):
        other = memory.tellings[number]
        shared = telling.keys.keys() & other.keys.keys()
        if len(shared) >= LEAST_SHARED and (tie := _tie(telling, other, number, shared)):
            found[number] = tie
    return sorted(found.values(), key=lambda t: (-t.strength, t.article))


def _tie(one: Telling, other: Telling, number: int, shared: set[str]) -> Tie | None:
    if _two_works(one, other) or (one.day and other.day and abs(one.day - other.day) > WINDOW):
        return None
    strength = sum(one.keys[k] for k in shared) / max(min(one.weight, other.weight), LEAST_WEIGHT)
    telling_first = sorted(shared, key=lambda k: (-one.keys[k], k))
    return Tie(article=number, strength=min(strength, 1.0), shared=tuple(telling_first[:8]))


def _story(ties: list[Tie], memory: Memory) -> int | None:
    """The story whose members an article is tied to best on average, when that is enough.

    One strong tie to one member is not: that is how chains of look-alikes grow (single linkage).
    """
    strongest: dict[int, float] = {}
    together: Counter[int] = Counter()
    for tie in ties:
        story = memory.story[tie.article]
        strongest[story] = max(strongest.get(story, 0.0), tie.strength)
        together[story] += tie.strength  # type: ignore[assignment]  # a Counter of floats
    best, best_mean = None, 0.0
    for story, total in sorted(together.items()):
        mean = total / len(memory.members[story])
        if strongest[story] >= 1.0:
            mean = max(mean, TIED)  # they name the same study
        if strongest[story] >= TIED and mean >= HELD_TOGETHER * TIED and mean > best_mean:
            best, best_mean = story, mean
    return best


def group(articles: Iterable[Identified]) -> tuple[tuple[int, int], ...]:
    """For each article the position of the first one that is the same article, and of the first of its story."""
    memory = Memory()
    known: dict[Alias, Known] = {}
    names: defaultdict[int, set[Alias]] = defaultdict(set)
    groups: list[tuple[int, int]] = []
    for number, identified in enumerate(articles):
        met = recognise(identified, known)
        if met is None:
            telling = telling_of(identified)
            story = relate(identified, telling, memory).story
            met = Known(article=number, story=number if story is None else story, work=telling.work)
            memory.add(number, telling, met.story)
        groups.append((met.article, met.story))
        names[met.article].update(a for a in identified.aliases if known.setdefault(a, met).article == met.article)
        if met.work is None and (work := _work(identified.aliases)):  # only now is it told from another study
            known.update(dict.fromkeys(names[met.article], replace(met, work=work)))
    return tuple(groups)
