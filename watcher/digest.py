"""Choose and order what to read."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Literal

from watcher.health import NOTICED, TROUBLED, Health, judge_all
from watcher.periods import Cadence
from watcher.profiles import Profile
from watcher.relevance import Score, judge
from watcher.rules import Rules, Ruling, ruled
from watcher.sources import Source, SourceState
from watcher.store import Remembered
from watcher.verdicts import Verdict
from watcher.works import SAID_OF_PAPERS, TOLD, Step, notices

NEAR = 0.8  # share of a threshold from which an article is worth an eye
WATCHED = 5  # of them shown in a section, unless the settings say otherwise
WATCHED_IN_ALL = 30  # in a digest: they are an aside, and a letter holds so much
MOST_TURNS = 30  # of one digest; the next one goes on from there

Form = Literal["html", "text", "markdown"]  # a letter is never markdown


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestSetting:
    """What a person says about one regular digest."""

    name: str
    profiles: tuple[str, ...]
    every: Cadence = "week"
    day: str = "monday"  # on which a week ends
    to: tuple[str, ...] = ()  # mail addresses
    push: tuple[str, ...] = ()  # names of places for short messages; the addresses are secrets
    folder: Path | None = None  # where it is put as a file
    form: Form = "html"  # of the letter and of the file
    language: str = ""  # fr, en; that of the settings when empty
    most: int = 40  # stories; those that fit best, the others are carried over
    when_empty: bool = False  # a mail although there is nothing new
    watch: int = WATCHED  # articles just below a threshold, a section; 0: none

    @property
    def delivered(self) -> bool:
        """Whether it goes anywhere."""
        return bool(self.to or self.push or self.folder)


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
    also: tuple[str, ...]  # other profiles that it fits
    fresh: tuple[int, ...]  # the numbers of those that are of this period
    kept: bool = False  # by a person, whatever its score
    rule: Ruling | None = None  # that shows it, whatever its score


@dataclass(frozen=True, slots=True, kw_only=True)
class Near:
    """An article just below the threshold: worth an eye, and counted nowhere."""

    article: Remembered
    score: Score
    source: str  # the name readers see


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What became of an article that was told before, or that fits: said once, in one line."""

    article: Remembered
    step: Step


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """The stories that fit one profile, best first."""

    profile: str
    threshold: float
    lines: tuple[Line, ...]
    near: tuple[Near, ...] = ()  # best first


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
    by_rules: int = 0  # of those set aside, the ones that fit a profile, but for a rule
    carried: int = 0  # stories that are left for the next digest, because this one is full
    turns: tuple[Turn, ...] = ()  # what became of articles that are no news
    reached: int = 0  # the last step that was looked at

    @property
    def outcome(self) -> Literal["news", "nothing", "failed"]:
        """Something to read, nothing to read, or nothing because no source could be read."""
        if self.turns or any(section.lines for section in self.sections):
            return "news"
        return "failed" if self.sources and len(self.troubles) == self.sources else "nothing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Steering:
    """What a person said that counts before any score."""

    rules: tuple[Rules, ...] = ()
    verdicts: Mapping[tuple[int, str], bool] = field(default_factory=dict)  # article and profile -> kept or rejected


def steering(rules: tuple[Rules, ...], verdicts: Iterable[Verdict]) -> Steering:
    """Rules and verdicts, ready to be asked."""
    return Steering(rules=rules, verdicts={(v.article, v.profile): v.keep for v in verdicts})


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Whether one article is shown for one profile, and what decides it."""

    shown: bool
    value: float  # its score
    by: Literal["score", "verdict", "rule"] = "score"
    ruling: Ruling | None = None  # of `by="rule"`

    @property
    def rank(self) -> tuple[bool, bool, float]:
        """What is kept comes before what fits."""
        return self.shown, self.by == "verdict", self.value


def standing(known: Remembered, profile: Profile, said: Steering) -> Standing:
    """Whether an article is shown: a verdict decides, without one a rule, without one its score."""
    value = dict(known.scores).get(profile.name, 0.0)
    verdict = said.verdicts.get((known.id, profile.name))
    if verdict is not None:
        return Standing(shown=verdict, value=value, by="verdict")
    ruling = ruled(known.reading, profile.name, said.rules)
    if ruling:
        return Standing(shown=ruling.name == "always", value=value, by="rule", ruling=ruling)
    return Standing(shown=value >= profile.threshold, value=value)


def compose(  # noqa: PLR0913, PLR0917 - each is a part of what a digest says
    news: tuple[Remembered, ...],
    stories: Mapping[int, tuple[Remembered, ...]],
    profiles: tuple[Profile, ...],
    sources: tuple[Source, ...],
    states: Mapping[str, SourceState],
    period: tuple[datetime, datetime],
    language: str = "fr",
    said: Steering | None = None,
) -> Digest:
    """Make a digest of what was first seen in a period: one line a story, in the section of the profile it fits best.

    `stories` holds all members of the stories of these articles, older ones included. What a person `said` counts
    before any score.
    """
    said = said or Steering()
    names = {s.id: s.label for s in sources}
    by_story: dict[int, list[Remembered]] = {}
    for article in news:
        if not only_notifies(article, stories.get(article.story, ()), said):
            by_story.setdefault(article.story, []).append(article)
    placed: dict[str, list[Line]] = {p.name: [] for p in profiles}
    shown = by_rules = 0
    for story, fresh in by_story.items():
        stand = {a.id: {p.name: standing(a, p, said) for p in profiles} for a in fresh}
        line = _line(fresh, stand, stories.get(story, tuple(fresh)), profiles, names, language)
        if line:
            placed[line.score.profile].append(line)
            shown += len(fresh)
        else:
            by_rules += sum(_ruled_out(one, profiles) for one in stand.values())
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
        by_rules=by_rules,
    )


def with_near(  # noqa: PLR0913 - each is a part of what decides it
    digest: Digest,
    found: Iterable[Remembered],
    stories: Mapping[int, tuple[Remembered, ...]],
    profiles: tuple[Profile, ...],
    sources: tuple[Source, ...],
    said: Steering,
    *,
    seen: frozenset[int] = frozenset(),
    most: int = WATCHED,
) -> Digest:
    """The same digest with what is just below its thresholds: `most` articles a section, one a story.

    A story of which one article fits, or was shown before in whatever way (`seen`), is left out, and so is what only
    says what became of another article. `stories` holds those of the articles `found`.
    """
    names = {s.id: s.label for s in sources}
    best: dict[int, tuple[float, int, Profile, Remembered]] = {}  # of each story
    for article in found:
        if only_notifies(article, stories.get(article.story, ()), said):
            continue
        for profile in profiles:
            share = nearness(article, profile, said)
            if share and (-share, article.id) < best.get(article.story, (0.0, 0))[:2]:
                best[article.story] = (-share, article.id, profile, article)
    placed: dict[str, list[Near]] = {p.name: [] for p in profiles}
    for _, number, profile, article in sorted(best.values(), key=lambda one: one[:2]):
        members = stories.get(article.story, ())
        told = any(m.id in seen or any(standing(m, p, said).shown for p in profiles) for m in members)
        full = len(placed[profile.name]) >= most or sum(map(len, placed.values())) >= WATCHED_IN_ALL
        if not told and not full and number not in seen:
            score = judge(article.reading, (profile,))[0]
            source = next((names.get(s, s) for s in article.sources), "")
            placed[profile.name].append(Near(article=article, score=score, source=source))
    sections = tuple(replace(section, near=tuple(placed[section.profile])) for section in digest.sections)
    return replace(digest, sections=sections)


def nearness(known: Remembered, profile: Profile, said: Steering) -> float:
    """The share of a threshold that an article reaches, where its score alone keeps it out and not by much; else 0."""
    its = standing(known, profile, said)
    if its.shown or its.by != "score" or its.value < NEAR * profile.threshold:
        return 0.0
    return its.value / profile.threshold


def is_paper(known: Remembered) -> bool:
    """Whether an article is a study itself."""
    return any(scheme in ("doi", "pmid", "hal", "arxiv") for scheme, _ in known.aliases)


def notifies(known: Remembered, members: Iterable[Remembered]) -> bool:
    """Whether an article is a notice of what became of another member of its story."""
    about = {relation.of for relation in notices(known.article.relations, known.aliases)}
    return bool(about) and any(other.id != known.id and not about.isdisjoint(other.aliases) for other in members)


def only_notifies(known: Remembered, members: Iterable[Remembered], said: Steering) -> bool:
    """Whether an article is no news of its own: what it says is said of the article that it is about."""
    kept = any(keep and number == known.id for (number, _), keep in said.verdicts.items())
    return bool(known.article.relations) and not kept and notifies(known, members)


def with_turns(
    digest: Digest,
    steps: Iterable[tuple[Step, Remembered]],
    told: frozenset[int],
    profiles: tuple[Profile, ...],
    said: Steering,
) -> Digest:
    """A digest with what became of articles that were told before, or that fit a profile; each thing once.

    What became of an article that is news in this digest stands with it. Steps come in the order in which they were
    seen; those that there is no room for are left for the next digest.
    """
    fresh = {number for section in digest.sections for line in section.lines for number in line.fresh}
    turns: dict[int, Turn] = {}
    reached = digest.reached
    for step, known in steps:
        shown = known.id in told or any(standing(known, profile, said).shown for profile in profiles)
        if step.after in TOLD and shown and known.id not in fresh:
            if len(turns) == MOST_TURNS and known.id not in turns:
                break
            turns[known.id] = Turn(article=known, step=step)  # of several steps the last one
        reached = step.id
    return replace(digest, turns=tuple(turns.values()), reached=reached)


def told_status(known: Remembered) -> str:
    """What whoever reads an article should know of it: corrected, questioned, retracted; ""."""
    return known.article.status if known.article.status in SAID_OF_PAPERS else ""


def shortened(digest: Digest, most: int) -> tuple[Digest, tuple[Line, ...]]:
    """A digest of the stories that fit best, whatever their section, and those that it leaves for the next one.

    What a person kept, or asked for by a rule, is never left.
    """
    ranked = sorted((line for section in digest.sections for line in section.lines), key=_asked_first)
    left = ranked[most:]
    kept = {line.lead.id for line in ranked[:most]}
    sections = tuple(
        replace(section, lines=tuple(line for line in section.lines if line.lead.id in kept))
        for section in digest.sections
    )
    return replace(digest, sections=sections, carried=len(left)), tuple(left)


def _asked_first(line: Line) -> tuple[bool, float, int]:
    return not (line.kept or line.rule), *_rank(line)


def _rank(line: Line) -> tuple[float, int]:
    return (-line.score.value, line.lead.id)


def _ruled_out(stand: Mapping[str, Standing], profiles: tuple[Profile, ...]) -> bool:
    """Whether an article fits a profile, but for a rule."""
    return any(stand[p.name].by == "rule" and stand[p.name].value >= p.threshold for p in profiles)


def _line(
    fresh: list[Remembered],
    stand: Mapping[int, Mapping[str, Standing]],
    members: tuple[Remembered, ...],
    profiles: tuple[Profile, ...],
    names: Mapping[str, str],
    language: str,
) -> Line | None:
    fitting: dict[str, Remembered] = {}  # profile -> the new member that fits it best
    for profile in profiles:
        best = max(fresh, key=lambda a: (stand[a.id][profile.name].rank, -a.id))
        if stand[best.id][profile.name].shown:
            fitting[profile.name] = best
    if not fitting:
        return None
    name = max(fitting, key=lambda n: stand[fitting[n].id][n].rank)
    scored = fitting[name]
    # One that does not fit itself may stand for its story, but not when a person turned it away.
    free = [a for a in fresh if stand[a.id][name].shown or stand[a.id][name].by == "score"]
    lead = min(free, key=lambda a: _first_to_read(a, name, language))
    score = judge(scored.reading, tuple(p for p in profiles if p.name == name))[0]
    others = sorted((m for m in members if m.id != lead.id), key=lambda m: (m.first_seen, m.id))
    decided = stand[scored.id][name]
    return Line(
        lead=lead,
        score=score,
        scored=scored.id,
        outlets=tuple(o for member in (lead, *others) for o in _outlets(member, names)),
        also=tuple(n for n in fitting if n != name and not _for_all(stand[fitting[n].id][n])),
        fresh=tuple(article.id for article in fresh),
        kept=decided.by == "verdict",
        rule=decided.ruling if decided.value < next(p.threshold for p in profiles if p.name == name) else None,
    )


def _for_all(one: Standing) -> bool:
    """Whether a rule for every profile shows an article: that says nothing of any of them."""
    return one.ruling is not None and not one.ruling.profile


def _first_to_read(article: Remembered, profile: str, language: str) -> tuple[bool, bool, bool, float, int]:
    """The paper itself before those who tell of it, the reader's language before others, then what fits best."""
    return (
        not is_paper(article),
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
