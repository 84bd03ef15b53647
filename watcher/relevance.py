"""How well an article fits a profile, and why."""

import math
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

from watcher.articles import Article
from watcher.lexicon import BREAK, read
from watcher.profiles import PHRASE, SATURATION, Profile, named

TITLE_COUNTS = 2.0  # a mention in the title weighs as much as two in the text
USUAL_LENGTH = 120  # keys in an article of usual length (about 220 words)
LONGEST = 4.0  # times the usual length; beyond it, what stands beside the subject is no longer held against it
SHORT = 40  # keys beside the subject: an article of fewer is a headline and a line or two
HEADLINE = 0.6  # of a profile's whole weight is what a bare headline is measured by
LENGTH_MATTERS = 0.35  # b of BM25: 0 ignores length, 1 counts density only
HALF = 0.138  # share of a profile's whole weight at which an article reaches 50 of 100
ROOM = 0.67  # of HALF: beyond it, more from the same facet says ever less, as the disease alone is not the subject
NEEDED = 0.95  # what an article without the disease loses, for a profile of one disease and no other
ENOUGH = 0.8  # of HALF: with as much from the disease it loses half of that


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
    """The keys of one article, counted once for all profiles."""

    title: Counter[str]
    text: Counter[str]
    words: Counter[str]  # the keys of the text one by one, without what is inside phrases of the lexicon
    length: int  # how many those are
    met: frozenset[str]  # all keys of title and text
    title_order: tuple[str, ...]  # for phrases, which are looked for only when a profile seeks them
    text_order: tuple[str, ...]


_OUTCOME = r"(?:\w+[-‑])?(?:(?:chimio|chemo|radio)?r[ée]sist|relaps|r[ée]cidiv|recurren|rechut|m[ée]tasta)\w*"
_STEMS = ("sist", "relaps", "cidiv", "recurren", "rechut", "tasta")  # looked for first, which is quick
_BEFORE = (
    r"\b(?:(?<!survie )sans|without|aucune?|no|not|never|pas|jamais|absence (?:de|of))\s+"
    rf"(?:(?:développ\w+|develop\w*|acqui\w+|signes?|signs?|any|of|de|à|to)\s+){{0,3}}{_OUTCOME}"
)
_BEHIND = rf"\b{_OUTCOME}[- ]free\b(?! survival)|\bnon[- ]r[ée]sist\w*"
_DENIED = re.compile(f"{_BEFORE}|{_BEHIND}", re.IGNORECASE)
_DENIED_BEFORE = re.compile(_BEFORE)  # of text in small letters, which is much quicker
_OTHERWISE = ("free", "non-r", "non r")  # one of these stands in every other denial


def affirmed(prose: str) -> str:
    """A text without the resistance, relapses and metastases that it says did not occur (`sans résistance`)."""
    lowered = prose.lower()
    if not any(stem in lowered for stem in _STEMS):
        return prose
    denied = any(part in lowered for part in _OTHERWISE) or _DENIED_BEFORE.search(lowered)
    return _DENIED.sub(";", prose) if denied else prose


def count(article: Article) -> Counts:
    """Read an article's title and text into counted keys."""
    title, text = read(affirmed(article.title)), read(affirmed(article.body or article.summary))
    in_title, words = _counted(title.keys), _counted(text.keys)
    in_title.update(title.inner)
    in_text = words.copy()
    in_text.update(text.inner)
    return Counts(
        title=in_title,
        text=in_text,
        words=words,
        length=words.total(),
        met=frozenset(in_title) | frozenset(in_text),
        title_order=title.keys,
        text_order=text.keys,
    )


def _counted(keys: tuple[str, ...]) -> Counter[str]:
    counted = Counter(keys)
    del counted[BREAK]
    return counted


def _side_by_side(one: str, other: str, keys: tuple[str, ...]) -> int:
    """How often two different keys stand next to each other, in either order."""
    return sum((a == one and b == other) or (a == other and b == one) for a, b in pairwise(keys))


def score(counts: Counts, profile: Profile, *, explained: bool = True) -> Score:
    """Judge how well an article fits a profile; without its matches when nobody asks for an explanation.

    Contributions add up to `value` (0-100). Each term brings its weight times its saturated frequency (BM25 tf,
    k1 = 1.2, b = 0.35). What the terms of one facet bring together, b, counts as r ln(1 + b / r), r being the
    facet's room, so that no facet alone carries an article far. Where the profile is about one disease, the other
    facets count less the less is said of it. The sum is a share s of the profile's whole weight, or of less for a
    headline; value = 100 (1 - 2^(-s / HALF)).
    """
    index = _index(profile)
    met = _met(counts, index)
    if not met:
        return Score(profile=profile.name, value=0.0)
    beside = counts.length - sum(map(counts.words.__getitem__, index.parts & counts.met))
    length = min(max(beside, SHORT) / USUAL_LENGTH, LONGEST)
    slack = SATURATION * (1 - LENGTH_MATTERS + LENGTH_MATTERS * length)
    found = []
    brought: dict[str, float] = {}
    for place in sorted(map(index.places.__getitem__, met)):
        term = profile.terms[place]
        in_title, in_text = met[term.key]
        frequency = TITLE_COUNTS * in_title + in_text
        share = term.weight * frequency * (SATURATION + 1) / (frequency + slack)
        brought[term.facet] = brought.get(term.facet, 0.0) + share
        found.append((term, in_title, in_text, share))
    counted = _weighed(brought, index)
    total = math.fsum(counted.values())
    reach = index.whole * (HEADLINE + (1 - HEADLINE) * min(beside / SHORT, 1))
    whole = 100 * (1 - 2 ** (-total / (HALF * reach)))
    points = {facet: whole * bent / total / brought[facet] for facet, bent in counted.items()}
    value = min(100.0, math.fsum(points[term.facet] * share for term, *_, share in found))
    if not explained:
        return Score(profile=profile.name, value=value)
    matches = tuple(
        Match(
            key=term.key,
            label=term.label,
            fields=tuple(name for name, n in (("title", in_title), ("text", in_text)) if n),
            count=in_title + in_text,
            weight=term.weight,
            contribution=points[term.facet] * share,
        )
        for term, in_title, in_text, share in sorted(found, key=lambda f: (-points[f[0].facet] * f[3], f[0].key))
    )
    return Score(profile=profile.name, value=value, matches=matches)


def _weighed(brought: Mapping[str, float], index: "_Index") -> dict[str, float]:
    """What the terms of each facet count together: ever less, and less without the disease that is sought."""
    counted = {facet: _bent(share, index.rooms[facet]) for facet, share in brought.items()}
    enough = ENOUGH * HALF * index.whole
    kept = 1 - NEEDED * index.need * enough / (counted.get(DISEASE, 0.0) + enough)
    return {facet: share if facet == DISEASE else share * kept for facet, share in counted.items()}


def _bent(share: float, room: float) -> float:
    return room * math.log1p(share / room) if room < math.inf else share


def _met(counts: Counts, index: "_Index") -> dict[str, tuple[int, int]]:
    """Each term of a profile that an article holds, with how often its title and its text do."""
    met = {key: (counts.title[key], counts.text[key]) for key in index.keys & counts.met}
    for phrase, (one, other) in index.phrases.items():
        if one in counts.met and other in counts.met:
            times = tuple(_side_by_side(one, other, keys) for keys in (counts.title_order, counts.text_order))
            if any(times):
                met[phrase] = times[0], times[1]
    return met


@dataclass(frozen=True, slots=True, kw_only=True)
class _Index:
    """A profile made ready to be looked up in."""

    keys: frozenset[str]  # those of single terms
    phrases: Mapping[str, tuple[str, str]]  # the keys of terms of two, and these two
    # The keys of terms and those inside of phrases. Only the others count as length, being beside the subject: were
    # the matches counted too, one more mention of a light term could cost the heavy ones more than it brings.
    parts: frozenset[str]
    places: Mapping[str, int]  # of each term in the profile, by its key
    whole: float  # the whole weight as an article could reach it: the forty heaviest terms, once each
    rooms: Mapping[str, float]  # facet -> the weight beyond which its terms bring less; none for those without facet
    need: float  # 0-1, how much the profile is about one disease


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
        keys=frozenset(term.key for term in profile.terms if PHRASE not in term.key),
        phrases={term.key: _two(term.key) for term in profile.terms if PHRASE in term.key},
        parts=frozenset(part for term in profile.terms for part in term.key.split(PHRASE)),
        places={term.key: place for place, term in enumerate(profile.terms)},
        whole=whole,
        rooms=_rooms(profile, whole),
        need=_need(profile),
    )
    _indexes[id(profile)] = (profile, index)
    return index


DISEASE = "disease"


def _need(profile: Profile) -> float:
    """How far the heaviest disease stands above the next, as a share of the heaviest term; names of molecules apart."""
    terms = [term for term in profile.terms if PHRASE not in term.key and not named(term.key)]
    one, other = sorted([0.0, 0.0, *(term.weight for term in terms if term.facet == DISEASE)])[:-3:-1]
    return (one - other) / max(term.weight for term in terms) if one else 0.0


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


def _two(phrase: str) -> tuple[str, str]:
    one, _, other = phrase.partition(PHRASE)
    return one, other


def judge(article: Article, profiles: tuple[Profile, ...], *, explained: bool = True) -> tuple[Score, ...]:
    """The scores of one article by every profile, in their order."""
    counts = count(article)
    return tuple(score(counts, profile, explained=explained) for profile in profiles)


__all__ = ["PHRASE", "Counts", "Match", "Score", "affirmed", "count", "judge", "score"]
