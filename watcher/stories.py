"""The same article and the same story, across outlets and languages."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import chain

from watcher.duplicates import fullest, same_articles
from watcher.identity import Alias, Identified, volumes_of
from watcher.linkage import Group, Pair, gather
from watcher.memory import Memory, near
from watcher.tellings import (
    WINDOW,
    Telling,
    Weighed,
    Weights,
    alike,
    names_its_paper,
    parts_of,
    retold,
    shared_keys,
    telling_of,
    weighed,
)

__all__ = [
    "WINDOW",
    "Known",
    "Memory",
    "Related",
    "Telling",
    "Tie",
    "group",
    "recognise",
    "regroup",
    "relate",
    "retold",
    "telling_of",
    "ties_of",
]  # the other rooms need not know what is compared of a telling

TIED = 0.5  # likeness, on average over the members, at which two groups of articles tell one story
LEAST_TIED = 0.05  # a likeness that is less counts as none

# Two groups of articles, each with names of its own that nearly all of its members have and nearly none of the other
# group's, tell two events of one kind: two verdicts, two earthquakes, two trials of one drug.
OWN_GROUP = 4  # articles, from which on a group has names of its own
OWN_NAMES = 3
OF_ALL = 0.7  # share of a group's members that have such a name
OF_FEW = 0.1  # share of the other group's


@dataclass(frozen=True, slots=True, kw_only=True)
class Tie:
    """Why an article belongs to the story of another one."""

    article: int  # the other one
    strength: float  # likeness of the two tellings, or 1.0 for a shared study
    shared: tuple[str, ...]  # what they share: keys, or an identifier "doi:10.…"


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """An article that an alias already names."""

    article: int
    story: int
    work: Alias | None  # its DOI, if it has one
    volumes: frozenset[str] = frozenset()  # in which it is printed, as far as they are known


@dataclass(frozen=True, slots=True, kw_only=True)
class Related:
    """A new article with what it has to do with those known before."""

    identified: Identified
    story: int | None  # the story it joins; None: it begins one
    ties: tuple[Tie, ...]  # to the members of that story, strongest first
    telling: Telling | None = field(default=None, compare=False, repr=False)


def recognise(identified: Identified, known: Mapping[Alias, Known]) -> Known | None:
    """The known article that this one is, by the strongest alias they share.

    Articles with different DOIs are two, whatever else they share, unless one page carries both DOIs. A title names
    nothing that is printed in another volume: congresses print one abstract each for themselves.
    """
    work, volumes = _work(identified.aliases), volumes_of(identified.aliases)
    for alias in identified.aliases:
        met = known.get(alias)
        if met is None or (alias[0] == "title" and volumes and met.volumes and not volumes & met.volumes):
            continue
        if alias[0] == "doi" or not (work and met.work and work != met.work):
            return met
    return None


def relate(identified: Identified, telling: Telling, memory: Memory) -> Related:
    """Say which remembered story a new article joins, and what ties it to its members."""
    ties = _ties(telling, memory)
    story = _story(telling, ties, memory)
    tied = tuple(t for t in ties if memory.story[t.article] == story)
    return Related(identified=identified, story=story, ties=tied, telling=telling)


def ties_of(memory: Memory, article: int) -> tuple[Tie, ...]:
    """Why a remembered article is in its story: what ties it to the other members, strongest first."""
    ties = _ties(memory.tellings[article], memory)
    return tuple(t for t in ties if t.article != article and memory.story[t.article] == memory.story[article])


def _ties(telling: Telling, memory: Memory) -> list[Tie]:
    """What ties an article to the remembered ones, strongest first."""
    weights = memory.weights()
    new = weighed(parts_of(telling.keys), weights)
    found = {tie.article: tie for tie in _ties_by_study(telling, memory)}
    for number in near(telling, memory.by_key, memory.crowd, weights):
        if number not in found and _comparable(telling, memory.tellings[number]):
            known = memory.weighed(number, weights)
            if (strength := alike(new, known, weights)) >= LEAST_TIED:
                shared = shared_keys(new.parts, known.parts, weights)
                found[number] = Tie(article=number, strength=strength, shared=shared)
    return sorted(found.values(), key=lambda t: (-t.strength, t.article))


def _work(aliases: tuple[Alias, ...]) -> Alias | None:
    return next((a for a in aliases if a[0] == "doi"), None)


def _two_works(one: Telling, other: Telling) -> bool:
    return bool(one.work and other.work and one.work != other.work)


def _comparable(one: Telling, other: Telling) -> bool:
    """Whether two articles may tell one story in words: not two studies, and not weeks apart."""
    return not _two_works(one, other) and not (one.day and other.day and abs(one.day - other.day) > WINDOW)


def _ties_by_study(telling: Telling, memory: Memory) -> Iterator[Tie]:
    """The remembered articles that are or cite a study that this one is or cites."""
    for study in sorted(telling.studies):
        for number in memory.by_study.get(study, ()):
            other = memory.tellings[number]
            named = names_its_paper(telling, other) if _two_works(telling, other) else study
            if named:
                yield Tie(article=number, strength=1.0, shared=(":".join(named),))


def _story(telling: Telling, ties: Sequence[Tie], memory: Memory) -> int | None:
    """The story whose members an article is tied to best on average, when that is enough.

    One strong tie to one member is not: that is how chains of look-alikes grow (single linkage).
    """
    strongest: dict[int, float] = {}
    together: defaultdict[int, float] = defaultdict(float)
    for tie in ties:
        story = memory.story[tie.article]
        strongest[story] = max(strongest.get(story, 0.0), tie.strength)
        together[story] += tie.strength
    best, best_mean = None, 0.0
    for story, total in sorted(together.items()):
        mean = 1.0 if strongest[story] >= 1.0 else total / len(memory.members[story])  # 1.0: they name the same study
        if mean >= TIED and mean > best_mean:
            if _clash([telling], [memory.tellings[n] for n in memory.members[story]]):
                continue
            best, best_mean = story, mean
    return best


def _clash(one: Collection[Telling], other: Collection[Telling]) -> bool:
    """Whether two groups hold different studies, none of which is a notice or a preprint that names the other."""
    works = [t for t in one if t.work]
    return bool(works) and any(
        _two_works(a, b) and names_its_paper(a, b) is None for a in works for b in other if b.work
    )


# --- all at once


def group(articles: Iterable[Identified]) -> tuple[tuple[int, int], ...]:
    """For each article the position of the first one that is the same article, and of the first of its story.

    Which articles are put together does not depend on their order.
    """
    whole = tuple(articles)
    article_of = same_articles(whole)
    members: defaultdict[int, list[Identified]] = defaultdict(list)
    for first, one in zip(article_of, whole, strict=True):
        members[first].append(one)
    story_of = _same_stories({first: telling_of(fullest(same)) for first, same in members.items()})
    return tuple((article, story_of[article]) for article in article_of)


def _same_stories(tellings: Mapping[int, Telling]) -> dict[int, int]:
    """For each article the first one of its story."""
    ranked = _ranked(tellings)
    told = [tellings[n] for n in ranked]
    stories = {n: n for n in tellings}
    for together in _gathered(told, *_strengths(told)):
        numbers = [ranked[n] for n in together]
        stories.update(dict.fromkeys(numbers, min(numbers)))
    return stories


def _ranked(tellings: Mapping[int, Telling]) -> list[int]:
    """Articles in an order that has nothing to do with which of them came first."""
    return sorted(tellings, key=lambda n: (*_content(tellings[n]), n))


def _gathered(
    told: Sequence[Telling],
    strengths: Mapping[Pair, float],
    studies: Collection[Pair],
    split: Collection[Pair] = (),
) -> list[Group]:
    """The stories of several members, as positions in `told`; `split` are the pairs that a person split."""

    def apart(one: Group, other: Group) -> bool:
        mine, theirs = [told[n] for n in one], [told[n] for n in other]
        return _parted(one, other, split) or _clash(mine, theirs) or _names_of_their_own(mine, theirs)

    return gather(strengths, TIED, apart, studies)


def _parted(one: Group, other: Group, split: Collection[Pair]) -> bool:
    return bool(split) and any((min(a, b), max(a, b)) in split for a in one for b in other)


_NEVER = datetime.min.replace(tzinfo=UTC)


def _content(telling: Telling) -> tuple[datetime, tuple[str, ...], list[Alias]]:
    return telling.day or _NEVER, telling.keys, sorted(telling.studies)


def _strengths(told: Sequence[Telling]) -> tuple[dict[Pair, float], set[Pair]]:
    """How alike each two articles are, and which two name one study.

    `told` is in the order of days, those without one first.
    """
    held = Counter(chain.from_iterable(parts_of(telling.keys).keys for telling in told))
    weights, memory = Weights(held, len(told)), Memory()
    strengths: dict[Pair, float] = {}
    studies: set[Pair] = set()
    recent: dict[int, Weighed] = {}  # the articles that a next one may be compared with
    oldest = undated = sum(telling.day is None for telling in told)  # those without a day stay
    ahead = 0  # up to here the keys are counted: as many days ahead as behind
    for number, telling in enumerate(told):
        now = telling if telling.day or undated == len(told) else told[undated]
        while ahead < len(told) and not _gone(now, told[ahead]):
            memory.crowd.update(told[ahead].rarest)
            ahead += 1
        while oldest < number and _gone(told[oldest], telling):
            del recent[oldest]
            memory.crowd.subtract(told[oldest].rarest)
            for key in told[oldest].rarest:
                memory.by_key[key].remove(oldest)
            oldest += 1
        new = weighed(parts_of(telling.keys), weights)
        for other in near(telling, memory.by_key, memory.crowd, weights):
            if not (telling.work and _two_works(telling, told[other])):
                strength = alike(new, recent[other], weights)
                if strength >= LEAST_TIED:
                    strengths[other, number] = strength
        studies.update((tie.article, number) for tie in _ties_by_study(telling, memory))
        memory.tellings[number] = telling
        memory.find_by(number, telling)
        recent[number] = new
    return strengths, studies


def _gone(old: Telling, new: Telling) -> bool:
    return bool(old.day and new.day and new.day - old.day > WINDOW)


def _names_of_their_own(one: Sequence[Telling], other: Sequence[Telling]) -> bool:
    if min(len(one), len(other)) < OWN_GROUP:
        return False
    mine, theirs = ([parts_of(t.keys).names for t in side] for side in (one, other))
    held, held_there = (Counter(chain.from_iterable(side)) for side in (mine, theirs))
    return _own(held, len(mine), held_there, len(theirs)) and _own(held_there, len(theirs), held, len(mine))


def _own(held: Counter[str], size: int, held_there: Counter[str], size_there: int) -> bool:
    own = (n >= OF_ALL * size and held_there[name] <= OF_FEW * size_there for name, n in held.items())
    return sum(own) >= OWN_NAMES


# --- again, as articles come


def regroup(
    memory: Memory, touched: Iterable[int], *, apart: Iterable[Pair] = (), together: Iterable[Pair] = ()
) -> dict[int, int]:
    """The stories of some remembered articles and of all that may be told with them: article -> story.

    They are what `group` would make of them now; what is not in the answer stays as it is. `apart` and `together` are
    the pairs of articles that a person split and joined; of two that contradict each other the split holds. Nothing is
    changed: `memory.move` takes the answer.
    """
    split = {(min(pair), max(pair)) for pair in apart}
    by_hand = sorted({(min(pair), max(pair)) for pair in together if memory.story.keys() >= set(pair)} - split)
    numbers, strengths, studies = _reach(memory, touched, by_hand)
    joined = [pair for pair in by_hand if pair[0] in numbers]
    ranked = _ranked({n: memory.tellings[n] for n in numbers})
    at = {number: position for position, number in enumerate(ranked)}

    def placed(pairs: Iterable[Pair]) -> list[Pair]:
        return [(min(at[a], at[b]), max(at[a], at[b])) for a, b in pairs if a in at and b in at]

    kept = {pair: strength for pair, strength in strengths.items() if strength >= LEAST_TIED}
    alike_at = dict(zip(placed(kept), (s for (a, b), s in kept.items() if a in at and b in at), strict=True))
    told = [memory.tellings[n] for n in ranked]
    found = [
        tuple(ranked[n] for n in story) for story in _gathered(told, alike_at, placed(studies), set(placed(split)))
    ]
    found = _joined_by_hand(found, joined, split)
    alone = numbers - {n for story in found for n in story}
    return _numbered([*found, *([n] for n in sorted(alone))], memory)


def _reach(
    memory: Memory, touched: Iterable[int], joined: Sequence[Pair]
) -> tuple[set[int], dict[Pair, float], set[Pair]]:
    """All articles that may come to be told with some, how alike they are, and which two name one study.

    Two groups are joined only where two of their members are as alike as groups must be on average; so nothing that
    is reached over no such pair can matter.
    """
    weights = memory.weights(grown=0)
    beside: defaultdict[int, list[int]] = defaultdict(list)
    for a, b in joined:
        beside[a].append(b)
        beside[b].append(a)
    strengths: dict[Pair, float] = {}
    studies: set[Pair] = set()
    waiting = [n for n in touched if n in memory.tellings]
    reached = set(waiting)
    while waiting:
        number = waiting.pop()
        telling = memory.tellings[number]
        also = [*memory.members[memory.story[number]], *beside[number]]
        for tie in _ties_by_study(telling, memory):
            if tie.article != number:
                studies.add((min(number, tie.article), max(number, tie.article)))
                also.append(tie.article)
        for other in near(telling, memory.by_key, memory.crowd, weights):
            pair = (min(number, other), max(number, other))
            if other != number and pair not in strengths and _comparable(telling, memory.tellings[other]):
                later, earlier = sorted(pair, key=lambda n: (*_content(memory.tellings[n]), n), reverse=True)
                strengths[pair] = alike(memory.weighed(later, weights), memory.weighed(earlier, weights), weights)
                if strengths[pair] >= TIED:
                    also.append(other)
        waiting += (fresh := set(also) - reached)
        reached |= fresh
    return reached, strengths, studies


def _joined_by_hand(stories: Sequence[Group], joined: Sequence[Pair], split: Collection[Pair]) -> list[Group]:
    """Stories with those made one that a person joined: at last, so that no member is lost to an unlike newcomer."""
    story_of = {n: story for story in stories for n in story}
    for a, b in joined:
        one, other = story_of.get(a, (a,)), story_of.get(b, (b,))
        if not _parted(one, other, split):
            whole = tuple(sorted({*one, *other}))
            story_of.update(dict.fromkeys(whole, whole))
    return sorted(set(story_of.values()))


def _numbered(groups: Sequence[Sequence[int]], memory: Memory) -> dict[int, int]:
    """Give each group the number that most of its members had, or else that of its oldest member.

    A story has the number of the article that began it, and as long as that one is remembered, the number goes where it
    goes: so no two stories ever want the same one.
    """
    claims: list[tuple[int, int, int, int]] = []
    for place, members in enumerate(groups):
        had = Counter(memory.story[n] for n in members)
        for story, count in had.items():
            if story in members or story not in memory.story:
                claims.append((-count, min(n for n in members if memory.story[n] == story), place, story))
    number_of: dict[int, int] = {}
    given: set[int] = set()
    for _, _, place, story in sorted(claims):
        if place not in number_of and story not in given:
            number_of[place] = story
            given.add(story)
    return {n: number_of.get(place, min(members)) for place, members in enumerate(groups) for n in members}
