"""How well an article fits a profile, and why."""

import math
from collections import Counter
from dataclasses import dataclass

from watcher.articles import Article
from watcher.lexicon import BREAK, read
from watcher.profiles import PHRASE, SATURATION, Profile, phrases_of

TITLE_COUNTS = 2.0  # a mention in the title weighs as much as two in the text
USUAL_LENGTH = 120  # keys in an article of usual length (about 220 words)
LENGTH_MATTERS = 0.35  # b of BM25: 0 ignores length, 1 counts density only
HALF = 0.175  # share of a profile's whole weight at which an article reaches 50 of 100
ROOM = 0.5  # of HALF: beyond it, more from the same facet says ever less, as the disease alone is not the subject


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """One term of a profile met in an article, and what it brings to the score."""

    key: str
    label: str
    fields: tuple[str, ...]  # title, text
    count: int
    weight: float
    contribution: float  # points of the score


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """How well one article fits one profile; the contributions of its matches sum to `value`."""

    profile: str
    value: float  # 0-100
    matches: tuple[Match, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """The keys and phrases of one article, counted once for all profiles."""

    title: Counter[str]
    text: Counter[str]
    words: Counter[str]  # the keys of the text one by one, without phrases and what is inside them


def count(article: Article) -> Counts:
    """Read an article's title and text into counted keys and phrases."""
    title, _ = _counted(article.title)
    text, alone = _counted(article.body or article.summary)
    return Counts(title=title, text=text, words=alone)


def _counted(prose: str) -> tuple[Counter[str], Counter[str]]:
    reading = read(prose)
    alone = Counter(reading.keys)
    del alone[BREAK]
    counted = alone.copy()
    counted.update(reading.inner)
    counted.update(phrases_of(reading.keys))
    return counted, alone


def score(counts: Counts, profile: Profile) -> Score:
    """Judge how well an article fits a profile.

    Contributions add up to `value` (0-100). Each term brings its weight times its saturated frequency (BM25 tf,
    k1 = 1.2, b = 0.35). What the terms of one facet bring together, b, counts as r ln(1 + b / r), r being the
    facet's room, so that no facet alone carries an article far. The sum is a share s of the
    profile's whole weight; value = 100 (1 - 2^(-s / HALF)).
    """
    index = _index(profile)
    met = (counts.title.keys() | counts.text.keys()) & index.keys
    if not met:
        return Score(profile=profile.name, value=0.0)
    beside = counts.words.total() - sum(counts.words[key] for key in counts.words.keys() & index.parts)
    slack = SATURATION * (1 - LENGTH_MATTERS + LENGTH_MATTERS * max(beside, 40) / USUAL_LENGTH)
    found = []
    brought = dict.fromkeys(index.rooms, 0.0)
    for term in profile.terms:
        if term.key not in met:
            continue
        in_title, in_text = counts.title[term.key], counts.text[term.key]
        frequency = TITLE_COUNTS * in_title + in_text
        share = term.weight * frequency * (SATURATION + 1) / (frequency + slack)
        brought[term.facet] += share
        found.append((term, in_title, in_text, share))
    counted = {facet: _bent(share, index.rooms[facet]) for facet, share in brought.items() if share}
    total = math.fsum(counted.values())
    value = 100 * (1 - 2 ** (-total / (HALF * index.whole)))
    matches = [
        Match(
            key=term.key,
            label=term.label,
            fields=tuple(name for name, n in (("title", in_title), ("text", in_text)) if n),
            count=in_title + in_text,
            weight=term.weight,
            contribution=value * (counted[term.facet] / total) * (share / brought[term.facet]),
        )
        for term, in_title, in_text, share in found
    ]
    matches.sort(key=lambda m: (-m.contribution, m.key))
    return Score(
        profile=profile.name, value=min(100.0, math.fsum(m.contribution for m in matches)), matches=tuple(matches)
    )


def _bent(share: float, room: float) -> float:
    return room * math.log1p(share / room) if room < math.inf else share


@dataclass(frozen=True, slots=True, kw_only=True)
class _Index:
    """A profile made ready to be looked up in."""

    keys: frozenset[str]
    # The keys of terms and those inside of phrases. Only the others count as length, being beside the subject: were
    # the matches counted too, one more mention of a light term could cost the heavy ones more than it brings.
    parts: frozenset[str]
    whole: float  # the whole weight as an article could reach it: the forty heaviest terms, once each
    rooms: dict[str, float]  # facet -> the weight beyond which its terms bring less; none for those without facet


_indexes: dict[int, tuple[Profile, _Index]] = {}  # by identity: a profile's hash would read all its terms each time
_MOST_INDEXES = 64


def _index(profile: Profile) -> _Index:
    held = _indexes.get(id(profile))
    if held is not None and held[0] is profile:
        return held[1]
    if len(_indexes) >= _MOST_INDEXES:
        _indexes.clear()
    whole = sum(term.weight for term in profile.terms[:40]) or 1.0
    index = _Index(
        keys=frozenset(term.key for term in profile.terms),
        parts=frozenset(part for term in profile.terms for part in term.key.split(PHRASE)),
        whole=whole,
        rooms=_rooms(profile, whole),
    )
    _indexes[id(profile)] = (profile, index)
    return index


def _rooms(profile: Profile, whole: float) -> dict[str, float]:
    """The room of each facet: the larger its part of the profile, the more, up to a profile of one facet only."""
    weights: dict[str, float] = {}
    for term in profile.terms:
        weights[term.facet] = weights.get(term.facet, 0.0) + term.weight
    everything = math.fsum(weights.values())
    return {
        facet: ROOM * HALF * whole * everything / rest if facet and (rest := everything - weight) > 1e-9 else math.inf
        for facet, weight in weights.items()
    }


def judge(article: Article, profiles: tuple[Profile, ...]) -> tuple[Score, ...]:
    """The scores of one article by every profile, in their order."""
    counts = count(article)
    return tuple(score(counts, profile) for profile in profiles)


__all__ = ["PHRASE", "Counts", "Match", "Score", "count", "judge", "score"]
