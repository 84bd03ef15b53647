"""Why an article is not in a digest: the first stage that kept it out."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal
from urllib.parse import urlsplit

from watcher.digest import Steering, compose, notifies, only_notifies, standing
from watcher.health import Health, judge_health
from watcher.profiles import Profile, Term
from watcher.relevance import Score, judge
from watcher.rules import Ruling
from watcher.sources import Source, SourceState
from watcher.store import Remembered

LACKING = 6  # heaviest terms named that an article does not hold

Stage = Literal[
    "unknown",  # never seen
    "background",  # known when a source was new, or one of a flood: never news
    "rejected",  # by a verdict
    "rule",
    "notice",  # a correction or a retraction, told with its paper
    "merged",  # told in the line of another article
    "below",  # the threshold of every profile
    "outside",  # first seen before or after the period
    "shown",  # nothing kept it out
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Absence:
    """The first stage that kept an article out, with what is to know of it."""

    stage: Stage
    known: Remembered | None = None
    sources: tuple[Health, ...] = ()  # of "unknown": those of the same site
    profile: str = ""  # the one that it fits best
    threshold: float = 0.0
    score: Score | None = None  # by that profile
    lacking: tuple[Term, ...] = ()  # of "below": the heaviest terms that it does not hold
    ruling: Ruling | None = None  # of "rule"
    lead: Remembered | None = None  # of "merged"; of "notice", its paper


def never_seen(key: str, sources: tuple[Source, ...], states: Mapping[str, SourceState], now: datetime) -> Absence:
    """An article that is not known, with how the sources of its site fare."""
    site = _site(key)
    near = tuple(
        judge_health(s, states.get(s.id, SourceState(source=s.id)), now)
        for s in sources
        if site and _site(s.url) == site
    )
    return Absence(stage="unknown", sources=near)


def _site(url: str) -> str:
    """The last two parts of a host, which the press room and the journal of one house share."""
    try:
        host = urlsplit(url if "//" in url else f"//{url}").hostname or ""
    except ValueError:
        return ""
    return ".".join(host.split(".")[-2:]) if "." in host else host


def absence(
    known: Remembered,
    story: tuple[Remembered, ...],
    profiles: tuple[Profile, ...],
    said: Steering,
    period: tuple[datetime, datetime],
    background: frozenset[int] = frozenset(),
) -> Absence:
    """What kept a known article out of the digest of a period; `background` are the articles that are kept there."""
    stand = {p.name: standing(known, p, said) for p in profiles}
    best = max(profiles, key=lambda p: (stand[p.name].rank, stand[p.name].value - p.threshold), default=None)
    if best is None:
        return Absence(stage="below", known=known)
    score = judge(known.reading, (best,))[0]
    found = Absence(stage="shown", known=known, profile=best.name, threshold=best.threshold, score=score)
    its = stand[best.name]
    if known.id in background and not (its.shown and its.by == "verdict"):
        return replace(found, stage="background")
    if not its.shown and its.by == "verdict":
        return replace(found, stage="rejected")
    if not its.shown and its.by == "rule" and its.value >= best.threshold:
        return replace(found, stage="rule", ruling=its.ruling)
    if its.shown and only_notifies(known, story, said):
        paper = next(m for m in story if m.id != known.id and notifies(known, (m,)))
        return replace(found, stage="notice", lead=paper)
    lead = _lead(known, story, profiles, said, period, background)
    if lead is not None and lead.id != known.id:
        return replace(found, stage="merged", lead=lead)
    if not its.shown:
        held = {match.key for match in score.matches}
        lacking = tuple(term for term in best.terms if term.key not in held)[:LACKING]
        return replace(found, stage="below", lacking=lacking)
    start, end = period
    return found if start < known.first_seen <= end else replace(found, stage="outside")


def _lead(
    known: Remembered,
    story: tuple[Remembered, ...],
    profiles: tuple[Profile, ...],
    said: Steering,
    period: tuple[datetime, datetime],
    background: frozenset[int],
) -> Remembered | None:
    """Who leads the story of an article in a digest of that length in which the article is new; None without one."""
    length = period[1] - period[0]
    fresh = tuple(
        m
        for m in story
        if m.id == known.id or (m.id not in background and abs(m.first_seen - known.first_seen) <= length)
    )
    told = compose(fresh, {known.story: story}, profiles, (), {}, period, known.article.language, said)
    return next((line.lead for section in told.sections for line in section.lines), None)
