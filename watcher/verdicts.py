"""What a person said of articles, and what a profile learns from it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Literal

from watcher.articles import Article
from watcher.profiles import LEAST_WEIGHT, MOST_PHRASES, MOST_TERMS, Profile, ProfileSetting, Term, learn
from watcher.relevance import judge
from watcher.rules import sought
from watcher.seeds import Seed

STEP = 1.15  # one verdict changes a weight by this factor at most; ten change it fourfold
FARTHEST = 5.0  # and all of them together by this one, so that the seeds are never forgotten
NEW_TERM = 0.15  # the weight that one kept article can give a term which the profile does not have
NEW_EACH = 6  # such terms of one article, the most telling ones
MOST_NEW = 20  # such terms in all
MOST = MOST_TERMS + MOST_PHRASES  # terms of a profile; a list that a person still reads
OWN_HALF = 2  # documents that hold a term before a rejected article lowers it by half of its step

KEPT, REJECTED = "+#", "-#"  # before the number of an article, where a term names what it comes from


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a person said of one article for one profile, the last time."""

    article: int
    profile: str
    keep: bool
    at: datetime
    learnt: bool = True  # the profile learns from it; otherwise it holds for this article only


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """A state of a profile."""

    profile: Profile
    at: datetime  # since when
    verdict: int  # row of the last verdict that it knew of


# Learning


def taught(
    profile: Profile, setting: ProfileSetting, kept: Mapping[int, Article], rejected: Mapping[int, Article]
) -> Profile:
    """What a profile becomes by articles that were kept and rejected, each under its number.

    Rocchio's method on the readable terms, by factors: a kept article multiplies the weight of a term that it speaks
    of by up to STEP, a rejected one divides it by up to STEP, less so the more seeds and kept articles hold the term.
    An article moves only terms that make up a larger share of its score than of the profile, as moving any other would
    push it the wrong way. Kept articles bring new terms too. What the settings say of a term stays as it is said. The
    order of the verdicts does not matter.

    Rocchio (1971), Relevance feedback in information retrieval, in: The SMART retrieval system, 313-323.
    """
    if not kept and not rejected:
        return profile
    said = {key for word in setting.include for key in sought(word)}
    brought = _brought(profile, setting, kept)
    known = replace(profile, terms=(*profile.terms, *(replace(t, weight=_FAINT) for t in brought)))
    raised = {n: _moved(article, known, brought, said, keep=True) for n, article in sorted(kept.items())}
    lowered = {n: _moved(article, known, brought, said, keep=False) for n, article in sorted(rejected.items())}
    terms = [_after(term, raised, lowered) for term in profile.terms]
    # A kept article that speaks of a new term has given it its weight already.
    fresh = [_after(term, {}, lowered) for term in brought if any(term.key in moved for moved in raised.values())]
    terms += [term for term in fresh if term.weight >= LEAST_WEIGHT]
    terms.sort(key=lambda t: (bool(t.seeds) and t.key not in said, -t.weight, t.key))
    return replace(profile, terms=tuple(sorted(terms[:MOST], key=lambda t: (-t.weight, t.key))))


_FAINT = 1e-9  # the weight under which new terms are held against an article, so that they change nothing else


def _moved(
    article: Article, known: Profile, brought: Iterable[Term], said: set[str], *, keep: bool
) -> dict[str, float]:
    """How far one verdict moves each term, 0 to 1: how much its article speaks of it, beside what it speaks of most."""
    score = judge(article, (known,))[0]
    if not score.value:
        return {}
    whole = sum(t.weight for t in known.terms[:40])
    above = {
        m.key: m.contribution / m.weight
        for m in score.matches
        if m.key not in said and m.contribution * whole >= m.weight * score.value
    }
    most = max(above.values(), default=1.0)
    moved = {key: spoken / most for key, spoken in above.items()}
    return moved if _helps(article, known, brought, moved, keep=keep) else {}


def _helps(
    article: Article, known: Profile, brought: Iterable[Term], moved: Mapping[str, float], *, keep: bool
) -> bool:
    """Whether what one verdict moves pushes its own article the right way; one that fits wholly teaches nothing."""
    given = {term.key: term.weight for term in brought}
    sign = 1 if keep else -1
    terms = (
        replace(t, weight=given[t.key] if keep and t.key in moved else t.weight)
        if t.key in given
        else replace(t, weight=t.weight * STEP ** (sign * moved.get(t.key, 0.0)))
        for t in known.terms
    )
    alone = replace(known, terms=tuple(sorted(terms, key=lambda t: (-t.weight, t.key))))
    before, after = judge(article, (known, alone), explained=False)
    return after.value >= before.value if keep else after.value <= before.value


def _after(term: Term, raised: Mapping[int, Mapping[str, float]], lowered: Mapping[int, Mapping[str, float]]) -> Term:
    """A term after all verdicts, with those that moved it among its origins."""
    up = {n: moved[term.key] for n, moved in raised.items() if term.key in moved}
    down = {n: moved[term.key] for n, moved in lowered.items() if term.key in moved}
    if not up and not down:
        return term
    held = len(term.seeds) + len(up)
    exponent = sum(up.values()) - sum(down.values()) * OWN_HALF / (OWN_HALF + held)
    factor = max(1 / FARTHEST, min(FARTHEST, STEP**exponent))
    marks = (*(f"{KEPT}{n}" for n in up), *(f"{REJECTED}{n}" for n in down))
    return replace(term, weight=term.weight * factor, seeds=(*term.seeds, *marks))


def _brought(profile: Profile, setting: ProfileSetting, kept: Mapping[int, Article]) -> tuple[Term, ...]:
    """The terms that kept articles add: those that they would have taught as seeds, of little weight."""
    had = {term.key for term in profile.terms}
    factors = {key: factor for word, factor in setting.weights for key in sought(word)}
    found: dict[str, Term] = {}
    for number, article in sorted(kept.items()):
        own = [term for term in _learnt(article, setting.exclude) if term.key not in had][:NEW_EACH]
        for term in own:
            weight = NEW_TERM * term.weight * factors.get(term.key, 1.0)
            before = found.get(term.key)
            found[term.key] = replace(
                term,
                french=(before and before.french) or term.french,
                english=(before and before.english) or term.english,
                weight=min(1.0, weight + (before.weight if before else 0.0)),
                seeds=(*(before.seeds if before else ()), f"{KEPT}{number}"),
            )
    heaviest = sorted(found.values(), key=lambda t: (-t.weight, t.key))
    return tuple(term for term in heaviest[:MOST_NEW] if term.weight > 0)


@lru_cache(maxsize=256)
def _learnt(article: Article, exclude: tuple[str, ...]) -> tuple[Term, ...]:
    seed = Seed(name="", title=article.title, text=article.body or article.summary, language=article.language)
    return learn((seed,), ProfileSetting(name="", seeds=Path(), exclude=exclude)).terms


# What changed


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One term that two states of a profile weigh differently."""

    term: Term  # as it is now; as it was, when it is gone
    before: float  # weight; 0: it was not there
    after: float  # weight; 0: it is gone
    because: tuple[str, ...]  # seeds, and articles (KEPT, REJECTED) that it comes from in one of the states only

    @property
    def kind(self) -> Literal["added", "dropped", "up", "down"]:
        """What became of it."""
        if not self.before or not self.after:
            return "added" if self.after else "dropped"
        return "up" if self.after > self.before else "down"


def changes(before: Profile, after: Profile) -> tuple[Change, ...]:
    """Term by term what changed between two states of a profile, the largest change first."""
    return tuple(sorted(_changes(before, after), key=lambda c: (-abs(c.after - c.before), c.term.key)))


def same_terms(one: Profile, other: Profile) -> bool:
    """Whether two states of a profile look for the same, whatever program they are of."""
    return next(_changes(one, other), None) is None


def _changes(before: Profile, after: Profile) -> Iterator[Change]:
    was, now = ({term.key: term for term in profile.terms} for profile in (before, after))
    for key in was.keys() | now.keys():
        one, other = was.get(key), now.get(key)
        weights = [round(term.weight, 6) if term else 0.0 for term in (one, other)]
        if weights[0] != weights[1] and (shown := other or one):
            origins = [set(term.seeds) if term else set() for term in (one, other)]
            because = tuple(sorted(origins[0] ^ origins[1]))
            yield Change(term=shown, before=weights[0], after=weights[1], because=because)


__all__ = ["KEPT", "REJECTED", "Change", "Verdict", "Version", "changes", "same_terms", "taught"]
