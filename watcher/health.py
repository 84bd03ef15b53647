"""How a source fares, and what one answer of it teaches: its rhythm, gaps, floods, silence."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median
from typing import Literal
from urllib.parse import urlsplit

from watcher.articles import Article
from watcher.sources import Source, SourceState, Trouble, TroubleKind, moved_to

Word = Literal[
    "broken",  # it did not answer as it should
    "gone",
    "blocked",
    "empty",
    "never",  # never asked
    "moved",  # redirected for good
    "flood",  # so much new at once that it was held back
    "gap",  # nothing in common with what was known: articles may be lost
    "silent",
    "well",
]
Advice = Literal[
    "",  # nothing to do
    "wait",  # it is asked again by itself, and will come back or not
    "poll",  # ask it
    "check-address",  # the address no longer leads to a feed
    "open-it",  # look at it in a browser: only a person sees what it became
    "ask-publisher",  # programs are turned away
    "allow-host",
    "mend-select",  # what `select` looks for is not on the page
    "remove",
    "new-address",
    "look-through",  # the held articles can be searched
    "ask-oftener",  # a shorter `every`
]

NO_NETWORK: frozenset[TroubleKind] = frozenset({"dns", "unreachable"})  # when all sources say so at once
TROUBLED: frozenset[Word] = frozenset({"broken", "gone", "blocked", "empty"})
NOTICED: frozenset[Word] = frozenset({"moved", "flood", "gap", "silent"})

LONGEST_QUIET = 3  # times the usual gap
SHORTEST_QUIET = timedelta(days=7)  # a long weekend and a bank holiday are no silence
SAME_BYTES = timedelta(days=28)  # an unchanging document, of a source whose rhythm is not known
MOVED_FOR_GOOD = timedelta(days=7)  # a portal or a bad deployment redirects "for good" for an hour
PATIENCE = timedelta(days=7)  # what passes by itself has passed by then
AWAY = timedelta(days=1)  # a machine without a network for longer is no journey
TOLD_FOR = timedelta(days=30)  # how long a gap or a flood is spoken of

FULL = 5  # items, from which a document without anything known means that some may have been missed
MANY_UNDATED = 30  # undated items of a first answer that cannot all be news
FLOOD = 30  # new items, and more than half of a document
ABOVE_USUAL = 2  # times the largest issue of a source, and times what its rhythm lets expect
LONGEST_AWAY = timedelta(days=7)  # after a longer absence (holidays, a restored backup) what was missed is too much
BACKLOG = timedelta(days=14)  # what was published longer before the first answer is no news


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """When an article of a source came out, as it says, and when it was first seen there."""

    published: datetime | None
    seen: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """One thing to know of how a source fares."""

    source: Source
    state: SourceState
    word: Word = "broken"
    since: datetime | None = None
    advice: Advice = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Showing:
    """What one good answer of a source held, against what was known before."""

    digest: str = ""  # SHA-256 of the document; empty for "unchanged" (304)
    marks: bytes = b""  # of its items
    items: int = 0
    held: int = 0  # of them, those kept in the background
    met: int = 0  # of the items, those that this very source had brought before
    flood: bool = False
    windowed: bool = False  # asked for a span of time: nothing in common is no gap
    arrivals: tuple[Arrival, ...] = ()  # its latest ones, these included, in any order


# What is known of a source to a word


def judge_health(source: Source, state: SourceState, now: datetime) -> Health:
    """How a source fares: the most serious thing to know of it."""
    return judge_all(source, state, now)[0]


def judge_all(source: Source, state: SourceState, now: datetime, since: datetime | None = None) -> tuple[Health, ...]:
    """All that is to know of a source, the most serious first; never empty.

    Gaps and floods are told when they were met at or after `since`, by default for 30 days.
    """
    told = since or now - TOLD_FOR
    found: list[tuple[Word, datetime | None, Advice]] = []
    if state.trouble is not None:
        word, began, advice = _troubled(state)
        lasting = advice == "wait" and began is not None and now - began >= PATIENCE
        found.append((word, began, "open-it" if lasting else advice))
    elif state.checked is None:
        found.append(("never", None, "poll"))
    if moved_to(source, state) and state.moved_since and now - state.moved_since >= MOVED_FOR_GOOD:
        found.append(("moved", state.moved_since, "new-address"))
    if state.flood and state.flood >= told:
        found.append(("flood", state.flood, "look-through"))
    if state.gap and state.gap >= told:
        found.append(("gap", state.gap, "ask-oftener"))
    if state.trouble is None and (quiet := silent_since(state, now)):
        found.append(("silent", quiet, "open-it"))
    if not found:
        found.append(("well", None, ""))
    return tuple(Health(source=source, state=state, word=w, since=s, advice=a) for w, s, a in found)


def none_answers(sources: Sequence[Source], states: Mapping[str, SourceState], now: datetime) -> int:
    """How many sources there are when every one of them has failed for a day; else 0.

    Any one may fail, and so may all of them on a train; all of them for a day is a network or a proxy to look at.
    """
    began = [states[source.id].since for source in sources if source.id in states]
    lasting = len(began) == len(sources) and all(since and now - since >= AWAY for since in began)
    return len(sources) if lasting else 0


def is_offline(asked: Sequence[tuple[Source, Trouble | None]]) -> bool:
    """Whether what sources answered says that there is no network here, rather than something of any of them."""
    hosts = {urlsplit(source.url).hostname for source, _ in asked}
    return len(asked) >= 3 and len(hosts) >= 2 and all(t is not None and t.kind in NO_NETWORK for _, t in asked)


def is_long_offline(runs: Sequence[datetime]) -> bool:
    """Whether to speak of a missing network now: once for each day that it is away.

    `runs`: when those began that found none since there last was one, the latest first.
    """
    days = [(began - runs[-1]) // AWAY for began in runs[:2]]
    return len(days) == 2 and days[0] > days[1]


def _troubled(state: SourceState) -> tuple[Word, datetime | None, Advice]:
    kind = state.trouble.kind if state.trouble else "broken"
    if kind == "gone":
        return "gone", state.since, "remove"
    if kind == "blocked":
        return "blocked", state.since, "ask-publisher"
    if kind == "empty":
        return "empty", state.since, "open-it"
    lost = kind == "http" and state.trouble is not None and state.trouble.status in (404, 406)
    advice: Advice = "wait"
    if lost or kind in ("dns", "refused", "redirects", "not-a-feed"):
        advice = "check-address"
    elif kind == "private-address":
        advice = "allow-host"
    elif kind == "selector":
        advice = "mend-select"
    elif kind == "robots":
        advice = "ask-publisher"
    elif kind in ("tls", "too-large"):
        advice = "open-it"
    return "broken", state.since, advice


def silent_since(state: SourceState, now: datetime) -> datetime | None:
    """Since when a source that answers has been quieter than its own rhythm explains; None when it has not.

    A source of which no rhythm is known is silent when its document has been the same for weeks.
    """
    quiet = state.newest or state.first
    if quiet is None:
        return None
    if state.usual_gap is not None:
        return quiet if now - quiet > max(LONGEST_QUIET * state.usual_gap, SHORTEST_QUIET) else None
    return state.same_since if state.same_since and now - state.same_since > SAME_BYTES else None


# What one answer teaches


def appeared(arrival: Arrival) -> datetime:
    """When an article came out, as far as is known; a date in the future is none."""
    return min(arrival.published or arrival.seen, arrival.seen)


def _came_out(arrivals: Sequence[Arrival]) -> datetime | None:
    """When the latest article that has a date came out."""
    return max((appeared(arrival) for arrival in arrivals if arrival.published), default=None)


def usual_gap(arrivals: Sequence[Arrival]) -> timedelta | None:
    """The median time between the days on which something came out; None when fewer than three days tell.

    Days and not moments: ten articles of one issue are one appearance, and nights are no silence.
    """
    days = sorted({appeared(arrival).date() for arrival in arrivals})
    if len(days) < 3:
        return None
    return timedelta(days=median((b - a).days for a, b in pairwise(days)))


def is_first(state: SourceState) -> bool:
    """Whether a source has never yet answered as it should."""
    return state.first is None and state.ok is None


def is_flood(state: SourceState, arrivals: Sequence[Arrival], *, items: int, new: int, now: datetime) -> bool:
    """Whether a known source brings far more at once than it ever did, as after it renamed all it has."""
    if is_first(state) or new <= FLOOD or new * 2 <= items:
        return False
    away = min(max(now - (state.ok or now), timedelta(days=1)), LONGEST_AWAY)
    told = [a for a in arrivals if a.published or state.first is None or a.seen > state.first]
    days = [appeared(a) for a in told]
    issue = max(Counter(day.date() for day in days).values(), default=0)  # a journal brings a whole one in a day
    span = max(days) - min(days) if days else timedelta(0)
    expected = len(days) * (away / span) if span >= timedelta(days=1) else 0.0
    return new > ABOVE_USUAL * max(issue, expected)


def is_backlog(article: Article, *, items: int, now: datetime, backlog: timedelta = BACKLOG) -> bool:
    """Whether an article of a first answer was there long before we began to watch."""
    if article.published is None:
        return items > MANY_UNDATED
    return now - article.published > backlog


def after_showing(before: SourceState, after: SourceState, showing: Showing, now: datetime) -> SourceState:
    """The memory of a source that answered well (`after`), with what its answer teaches beside that of `before`.

    A document that has nothing in common with what was known leaves a gap: the source is asked again in half its time.
    A source met for the first time may have been dead for years: its silence counts from its latest date.
    """
    if is_first(before) and not showing.windowed:
        after = replace(after, newest=_came_out(showing.arrivals) or after.newest)
    same = not showing.digest or showing.digest == before.digest
    full = bool(showing.digest) and showing.items >= FULL and not showing.windowed
    gap = full and showing.met == 0 and not is_first(before)
    return replace(
        after,
        first=before.first or before.ok or now,
        digest=showing.digest or before.digest,
        marks=showing.marks if showing.digest else before.marks,
        same_since=(before.same_since or before.ok or now) if same else now,
        usual_gap=usual_gap(showing.arrivals) or before.usual_gap,
        gap=now if gap else before.gap,
        due=now + (after.due - now) / 2 if gap and after.due else after.due,
        flood=now if showing.flood else before.flood,
        held=showing.held if showing.flood else before.held,
    )
