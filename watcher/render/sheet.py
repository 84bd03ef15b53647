"""A digest in words, before it takes a form: what every form that is read by people says, and in which order."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Literal
from urllib.parse import quote

from watcher.articles import Article
from watcher.digest import Digest, Line, Near, Outlet, Section, Turn, is_paper
from watcher.health import NOTICED, TROUBLED, Health
from watcher.relevance import Score
from watcher.render.extract import Passage, extract
from watcher.render.words import (
    THIN,
    WIDE,
    advice_said,
    date_said,
    event_said,
    notice_said,
    number,
    period_said,
    say,
    status_said,
    trouble_said,
    units,
)
from watcher.store import Remembered

REASONS = 5  # terms named as reasons
GLANCED = 2  # terms named as reasons where there is one line for all
OUTLETS = 4  # others named that tell a story
SHOWN = ("preprint", "corrected", "questioned", "retracted")  # of an article, whenever it is shown
DOT = f"{WIDE}· "  # between facts; a line may end with it, none begins with it

_PAGES_OF = {  # scheme -> what it is called, and where its articles are
    "doi": ("DOI", "https://doi.org/{}"),
    "pmid": ("PubMed", "https://pubmed.ncbi.nlm.nih.gov/{}/"),
    "pmcid": ("PMC", "https://pmc.ncbi.nlm.nih.gov/articles/{}/"),
    "hal": ("HAL", "https://hal.science/{}"),
    "arxiv": ("arXiv", "https://arxiv.org/abs/{}"),
    "nct": ("ClinicalTrials.gov", "https://clinicaltrials.gov/study/{}"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A name, and the address that it opens; "" where there is none that a click may open."""

    name: str
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """A term, and the points of the score that it brings."""

    name: str
    points: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """One story, in words; none of the texts holds a control character or a hidden one."""

    number: str  # of its article, to ask more about it
    title: str
    url: str
    language: str  # what its title and extract are written in, "" when nobody knows
    score: str
    status: str  # what is to be known of it: a preprint, retracted; ""
    facts: tuple[str, ...]  # who tells it, where it was published, when
    beside: str  # what stands before who else tells it: how many echo a study
    outlets: tuple[Link, ...]  # who else tells it
    more: str  # how many others do
    extract: tuple[Passage, ...]
    reasons: tuple[Reason, ...]
    also: tuple[str, ...]  # other profiles that it fits
    said: str  # why it is here whatever its score
    links: tuple[Link, ...]
    event: str  # when what it announces takes place; "" when it announces nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Glance:
    """One article just below the threshold, in words."""

    number: str
    title: str
    url: str
    language: str
    score: str
    facts: tuple[str, ...]  # what is to be known of it, who tells it, when
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """The stories of one profile."""

    profile: str
    told: str  # how many there are
    stories: tuple[Story, ...]
    near: tuple[Glance, ...] = ()  # what is just below its threshold


@dataclass(frozen=True, slots=True, kw_only=True)
class Turned:
    """What became of an article that is no news: one line."""

    status: str
    title: str
    url: str
    language: str
    facts: tuple[str, ...]  # where it was published, when
    links: tuple[Link, ...]
    number: str
    said: str  # that it is said once


@dataclass(frozen=True, slots=True, kw_only=True)
class Ailing:
    """A source that is to be looked at: what is wrong with it, since when, and what to do."""

    name: str
    said: str
    since: str
    advice: str
    troubled: bool  # it did not answer as it should; otherwise something was noticed


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A digest in words."""

    language: str
    outcome: Literal["news", "nothing", "failed"]
    title: str
    told: str  # the outcome, in one phrase
    failing: str  # how many sources did not answer; "" when all did
    counts: tuple[str, ...]
    parts: tuple[Part, ...]  # where no story is, those alone that have something worth an eye
    turned: tuple[Turned, ...]
    ailing: tuple[Ailing, ...]
    footnote: str  # where the rest is
    left_out: str  # how many stories there was no room for
    # what stands before a list
    turns: str
    health: str
    near: str
    why: str
    also_fits: str
    score_is: str


def sheet(digest: Digest, language: str, zone: tzinfo) -> Sheet:
    """Put a digest into words."""
    stories = sum(len(s.lines) for s in digest.sections)
    told = say(language, "kept", stories)
    if digest.turns and not stories:
        told = say(language, "turned", len(digest.turns))
    if digest.outcome != "news":
        told = say(language, "nothing-partly" if digest.outcome == "nothing" and digest.troubles else digest.outcome)
    counts = [("read", digest.read), ("aside", digest.set_aside)]
    counts += [("by-rules", digest.by_rules)] * bool(digest.by_rules) + [("sources", digest.sources)]
    return Sheet(
        language=language,
        outcome=digest.outcome,
        title=period_said(language, digest.start, digest.end, zone),
        told=told,
        failing=say(language, "failing", len(digest.troubles)).replace(" ", WIDE) if digest.troubles else "",
        counts=tuple(say(language, key, n).replace(" ", WIDE, 1) for key, n in counts),
        parts=tuple(_part(section, language, zone) for section in worth_showing(digest)),
        turned=tuple(_turned(turn, language, zone) for turn in digest.turns),
        ailing=tuple(_ailing(health, language, zone) for health in (*digest.troubles, *digest.notices)),
        footnote=say(language, "set-aside-are") if digest.set_aside else "",
        left_out=say(language, "carried", digest.carried) if digest.carried else "",
        turns=say(language, "turns"),
        health=say(language, "health"),
        near=say(language, "near"),
        why=say(language, "why"),
        also_fits=say(language, "also-fits"),
        score_is=say(language, "score-is"),
    )


def shown(text: str) -> str:
    """A text without what is no text: control characters, hidden ones, breaks of lines."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c in (WIDE, THIN) else " " * c.isspace() for c in text)


def linked(url: str) -> str:
    """An address that a click may open, the web's and no other, as one that no form takes for anything else; or ""."""
    return quote(url, safe="%/:=&?~#+!$,;@()*[]._-") if url.startswith(("https://", "http://")) else ""


def worth_showing(digest: Digest) -> tuple[Section, ...]:
    """The sections of which a digest has a part: all when there is a story, else those with something to watch."""
    stories = any(section.lines for section in digest.sections)
    return tuple(section for section in digest.sections if stories or section.near)


def _part(section: Section, language: str, zone: tzinfo) -> Part:
    return Part(
        profile=shown(section.profile),
        told=say(language, "to-read", len(section.lines)) if section.lines else say(language, "none"),
        stories=tuple(_story(line, language, zone) for line in section.lines),
        near=tuple(_glance(one, language, zone) for one in section.near),
    )


def _glance(one: Near, language: str, zone: tzinfo) -> Glance:
    article = one.article.article
    facts = (*filter(None, [_status(article, language)]), shown(one.source))
    return Glance(
        number=say(language, "numbered", id=one.article.id),
        title=shown(article.title) or say(language, "untitled"),
        url=linked(article.url),
        language=shown(article.language),
        score=number(language, one.score.value),
        facts=(*facts, *((_day(language, article.published, zone),) if article.published else ())),
        reasons=reasons(one.score, language, GLANCED),
    )


def _story(line: Line, language: str, zone: tzinfo) -> Story:
    article, first = line.lead.article, line.outlets[0]
    source = shown(first.source)
    facts = [source, *([shown(article.journal)] if article.journal not in ("", first.source) else [])]
    if article.published or not article.event:
        facts.append(_day(language, article.published, zone) if article.published else say(language, "undated"))
    event = event_said(language, article.event, zone).replace(" ", WIDE) if article.event else ""
    others = _others(line)
    said = say(language, "kept-by-you") if line.kept else ""
    if line.rule and not said:
        said = say(language, "always-shown", word=shown(line.rule.word))
    return Story(
        number=say(language, "numbered", id=line.lead.id),
        title=shown(article.title) or say(language, "untitled"),
        url=linked(article.url),
        language=shown(article.language),
        score=number(language, line.score.value),
        status=_status(article, language),
        facts=tuple(facts),
        beside=beside(line, len(others), language),
        outlets=tuple(Link(name=_flagged(o, language), url=linked(o.url)) for o in others[:OUTLETS]),
        more=say(language, "more", len(others) - OUTLETS) if len(others) > OUTLETS else "",
        extract=extract(shown(article.summary or article.body), (match.key for match in line.score.matches)),
        reasons=reasons(line.score, language),
        also=tuple(map(shown, line.also)),
        said=said,
        links=pages_of(line),
        event=say(language, "event", moment=event) if event else "",
    )


def _status(article: Article, language: str) -> str:
    return status_said(language, article.status) if article.status in SHOWN else ""


def _day(language: str, moment: datetime, zone: tzinfo) -> str:
    return date_said(language, moment, zone).replace(" ", WIDE)


def _others(line: Line) -> list[Outlet]:
    """Who else tells a story, each once."""
    by_name = {outlet.source: outlet for outlet in reversed(line.outlets)}
    return [o for o in line.outlets[1:] if by_name[o.source] is o and o.source != line.outlets[0].source]


def _flagged(outlet: Outlet, language: str) -> str:
    spoken = outlet.language
    return shown(outlet.source) + (f"{WIDE}[{shown(spoken).upper()}]" if spoken not in ("", language) else "")


def reasons(score: Score, language: str, most: int = REASONS) -> tuple[Reason, ...]:
    """The heaviest terms with their points, and what the others bring; the points add up to the score shown."""
    named, others = score.matches[:most], score.matches[most:]
    said = [shown(match.label) for match in named]
    brought = [match.contribution for match in named]
    if others:
        said.append(say(language, "more", len(others)))
        brought.append(math.fsum(match.contribution for match in others))
    return tuple(Reason(name=name, points=p) for name, p in zip(said, units(brought), strict=True))


def points(those: Iterable[Reason]) -> str:
    """Reasons on one line."""
    return DOT.join(f"{one.name}{WIDE}+{one.points}" for one in those)


def beside(line: Line, others: int, language: str) -> str:
    """What stands before those who tell a story too: they are echoes of the study that leads it."""
    return say(language, "echoes", others).replace(" ", WIDE, 1) if is_paper(line.lead) else say(language, "also-in")


def _turned(turn: Turn, language: str, zone: tzinfo) -> Turned:
    article = turn.article.article
    facts = [shown(article.journal)] * bool(article.journal)
    facts += [_day(language, article.published, zone)] if article.published else []
    return Turned(
        status=status_said(language, turn.step.after),
        title=shown(article.title) or say(language, "untitled"),
        url=linked(article.url),
        language=shown(article.language),
        facts=tuple(facts),
        links=_pages_of(turn.article),
        number=say(language, "numbered", id=turn.article.id),
        said=say(language, "once").replace(" ", WIDE),
    )


def pages_of(line: Line) -> tuple[Link, ...]:
    """Where the article itself is, for each of the archives that hold it."""
    return _pages_of(line.lead)


def _pages_of(known: Remembered) -> tuple[Link, ...]:
    found = {scheme: value for scheme, value in reversed(known.aliases) if scheme in _PAGES_OF}
    return tuple(
        Link(name=name, url=address.format(quote(found[scheme].upper() if scheme == "nct" else found[scheme])))
        for scheme, (name, address) in _PAGES_OF.items()
        if scheme in found
    )


def _ailing(health: Health, language: str, zone: tzinfo) -> Ailing:
    trouble = health.state.trouble if health.word in TROUBLED else None
    since = ""
    if trouble and health.state.since:
        began = say(language, "since", date=date_said(language, health.state.since, zone))
        since = f"{began}, {say(language, 'attempts', health.state.failures)}"
    said = notice_said(language, health, zone) if health.word in NOTICED else ""
    return Ailing(
        name=shown(health.source.label),
        said=shown(trouble_said(language, trouble) if trouble else said),
        since=since,
        advice=shown(advice_said(language, health)),
        troubled=trouble is not None,
    )
