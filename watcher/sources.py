"""Where we look, which sources are due, and what trouble is."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

TroubleKind = Literal[
    "dns",  # the name is unknown, or no network
    "refused",  # nobody answers at the address
    "tls",  # the certificate does not hold
    "timeout",  # the whole conversation took too long
    "http",  # an error status; `status` says which
    "blocked",  # the publisher turns programs away (401, 402, 403, 405, 451, a captcha)
    "gone",  # 410: the publisher says for good
    "redirects",  # too many, or to something that is not a web address
    "private-address",  # a loopback or private address that `allow_hosts` does not name
    "too-large",
    "broken",  # the conversation broke off, or made no sense
    "not-a-feed",
    "empty",  # a feed without a single item
]

BACKOFF_FIRST = timedelta(minutes=30)
BACKOFF_LONGEST = timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One address that is asked for news, how, and how often."""

    id: str
    url: str
    name: str = ""  # what readers see; the id when empty
    kind: str = "feed"  # a key of `parse.KINDS`
    language: str = ""  # what its articles are written in when nothing else tells
    every: timedelta = timedelta(hours=6)
    query: str = ""  # of a literature service, in its own language
    select: tuple[tuple[str, str], ...] = ()  # where things are on a page: ("item", "ul.news li"), ...
    full_text: bool = False  # bring home the articles' own pages too

    @property
    def label(self) -> str:
        """What readers see."""
        return self.name or self.id


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """An expected failure of the world: a value that is stored, shown and retried, never raised."""

    kind: TroubleKind
    detail: str = ""  # a fact for the curious (a host, a library's message), already without credentials
    status: int | None = None
    retry_after: timedelta | None = None  # what the server asked for


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceState:
    """What is remembered of a source between two runs."""

    source: str
    etag: str = ""  # verbatim, quotes included
    modified: str = ""  # Last-Modified, verbatim
    checked: datetime | None = None  # last time it was asked
    ok: datetime | None = None  # last time it answered as it should
    due: datetime | None = None  # not before; None: now
    failures: int = 0  # in a row
    trouble: Trouble | None = None  # of the last time it was asked
    since: datetime | None = None  # when the present run of failures began
    articles: int = 0  # how many articles it ever brought
    newest: datetime | None = None  # when it last brought a new one
    first: datetime | None = None  # when it first answered as it should
    full: datetime | None = None  # when its document was last asked for whole, without conditions
    digest: str = ""  # SHA-256 of its last document
    same_since: datetime | None = None  # since when that document has been the same
    usual_gap: timedelta | None = None  # between two new articles, as a rule
    gap: datetime | None = (
        None  # when its document last had nothing in common with what was known: articles may be lost
    )
    moved: str = ""  # where it has been redirected to for good
    moved_since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Which articles a literature service is asked for: those entered from one moment to another."""

    since: datetime
    until: datetime
    contact: str = ""  # the user's address, which the services ask for


OVERLAP = timedelta(days=3)  # services enter articles late and out of order
FIRST_WINDOW = timedelta(days=30)  # how far the first harvest reaches back


def window(state: SourceState, contact: str, now: datetime) -> Window:
    """What to ask a service for now, from a little before its last good answer."""
    since = now - FIRST_WINDOW if state.ok is None else state.ok - OVERLAP
    return Window(since=since, until=now, contact=contact)


def due(sources: tuple[Source, ...], states: dict[str, SourceState], now: datetime) -> tuple[Source, ...]:
    """Choose the sources to ask now, longest unasked first, so that a run cut short starves nobody."""
    never = datetime.min.replace(tzinfo=now.tzinfo)
    ready = [s for s in sources if (at := state_of(s, states).due) is None or at <= now]
    return tuple(sorted(ready, key=lambda s: state_of(s, states).checked or never))


def state_of(source: Source, states: dict[str, SourceState]) -> SourceState:
    """What is remembered of a source; an empty memory for a new one."""
    return states.get(source.id) or SourceState(source=source.id)


def after_success(
    state: SourceState, source: Source, *, etag: str, modified: str, new: int, now: datetime
) -> SourceState:
    """The memory of a source that answered as it should (with news, or with "unchanged")."""
    return replace(
        state,
        etag=etag,
        modified=modified,
        checked=now,
        ok=now,
        due=now + source.every,
        failures=0,
        trouble=None,
        since=None,
        articles=state.articles + new,
        newest=now if new else state.newest,
    )


def after_trouble(state: SourceState, trouble: Trouble, now: datetime) -> SourceState:
    """The memory of a source that failed: asked again after 30 min, doubling to 24 h, never given up.

    A server's Retry-After counts when it asks for more patience, up to a week.
    """
    wait = min(BACKOFF_FIRST * 2 ** min(state.failures, 10), BACKOFF_LONGEST)
    if trouble.retry_after is not None:
        wait = max(wait, min(trouble.retry_after, timedelta(days=7)))
    return replace(
        state,
        checked=now,
        due=now + wait,
        failures=state.failures + 1,
        trouble=trouble,
        since=state.since or now,
    )
