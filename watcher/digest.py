"""Choose and order what to read."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from watcher.health import NOTICED, TROUBLED, Health, judge_all
from watcher.profiles import Profile
from watcher.relevance import Score, judge
from watcher.sources import Source, SourceState
from watcher.store import Remembered


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestSetting:
    """What a person says about one regular digest."""

    name: str
    profiles: tuple[str, ...]
    every: str = "week"  # day, week, month
    day: str = "monday"
    to: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlet:
    """One telling of a story."""

    source: str  # the name readers see
    article: int
    url: str
    title: str
    language: str
    published: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One story in a digest, led by the article to read first."""

    lead: Remembered
    score: Score  # of the member that fits best, so that it can be taken apart
    scored: int  # number of that member
    outlets: tuple[Outlet, ...]  # the lead's first, then the others in the order of their arrival
    new: int  # how many of them are of this period
    also: tuple[str, ...]  # other profiles that it fits


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """The stories that fit one profile, best first."""

    profile: str
    threshold: float
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """What to read of one period."""

    start: datetime
    end: datetime
    sections: tuple[Section, ...]  # one for each profile, in the order of the settings
    read: int  # articles first seen in the period
    set_aside: int  # of those, the ones in no section
    sources: int
    troubles: tuple[Health, ...]  # the sources that did not answer as they should
    notices: tuple[Health, ...] = ()  # what else is to know of sources: silence, a move, a gap, a flood

    @property
    def outcome(self) -> Literal["news", "nothing", "failed"]:
        """Something to read, nothing to read, or nothing because no source could be read."""
        if any(section.lines for section in self.sections):
            return "news"
        return "failed" if self.sources and len(self.troubles) == self.sources else "nothing"


def compose(  # noqa: PLR0913, PLR0917 - each is a part of what a digest says
    news: tuple[Remembered, ...],
    stories: Mapping[int, tuple[Remembered, ...]],
    profiles: tuple[Profile, ...],
    sources: tuple[Source, ...],
    states: Mapping[str, SourceState],
    period: tuple[datetime, datetime],
    language: str = "fr",
) -> Digest:
    """Make a digest of what was first seen in a period: one line a story, in the section of the profile it fits best.

    `stories` holds all members of the stories of these articles, older ones included.
    """
    names = {s.id: s.label for s in sources}
    by_story: dict[int, list[Remembered]] = {}
    for article in news:
        by_story.setdefault(article.story, []).append(article)
    placed: dict[str, list[Line]] = {p.name: [] for p in profiles}
    shown = 0
    for story, fresh in by_story.items():
        line = _line(fresh, stories.get(story, tuple(fresh)), profiles, names, language)
        if line:
            placed[line.score.profile].append(line)
            shown += len(fresh)
    start, end = period
    fares = [h for s in sources if s.id in states for h in judge_all(s, states[s.id], end, start)]
    return Digest(
        start=start,
        end=end,
        sections=tuple(
            Section(profile=p.name, threshold=p.threshold, lines=tuple(sorted(placed[p.name], key=_rank)))
            for p in profiles
        ),
        read=len(news),
        set_aside=len(news) - shown,
        sources=len(sources),
        troubles=tuple(h for h in fares if h.word in TROUBLED),
        notices=tuple(h for h in fares if h.word in NOTICED),
    )


def _rank(line: Line) -> tuple[float, int]:
    return (-line.score.value, line.lead.id)


def _line(
    fresh: list[Remembered],
    members: tuple[Remembered, ...],
    profiles: tuple[Profile, ...],
    names: Mapping[str, str],
    language: str,
) -> Line | None:
    fitting: dict[str, Remembered] = {}  # profile -> the new member that fits it best
    for profile in profiles:
        best = max(fresh, key=lambda a: (dict(a.scores).get(profile.name, 0.0), -a.id))
        if dict(best.scores).get(profile.name, 0.0) >= profile.threshold:
            fitting[profile.name] = best
    if not fitting:
        return None
    name = max(fitting, key=lambda n: dict(fitting[n].scores)[n])
    scored = fitting[name]
    lead = min(fresh, key=lambda a: _first_to_read(a, name, language))
    score = judge(scored.reading, tuple(p for p in profiles if p.name == name))[0]
    others = sorted((m for m in members if m.id != lead.id), key=lambda m: (m.first_seen, m.id))
    return Line(
        lead=lead,
        score=score,
        scored=scored.id,
        outlets=tuple(o for member in (lead, *others) for o in _outlets(member, names)),
        new=len(fresh),
        also=tuple(n for n in fitting if n != name),
    )


def _first_to_read(article: Remembered, profile: str, language: str) -> tuple[bool, bool, bool, float, int]:
    """The paper itself before those who tell of it, the reader's language before others, then what fits best."""
    is_paper = any(scheme in ("doi", "pmid", "hal", "arxiv") for scheme, _ in article.aliases)
    return (
        not is_paper,
        article.article.language != language,
        not article.article.summary,
        -dict(article.scores).get(profile, 0.0),
        article.id,
    )


def _outlets(member: Remembered, names: Mapping[str, str]) -> tuple[Outlet, ...]:
    article = member.article
    return tuple(
        Outlet(
            source=names.get(source, source),
            article=member.id,
            url=article.url,
            title=article.title,
            language=article.language,
            published=article.published,
        )
        for source in member.sources
    )
