"""Where we look, which sources are due, and what trouble is."""

import hashlib
import re
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Literal
from urllib.parse import unquote, unquote_plus, urlsplit

from watcher.articles import Rhythm

TroubleKind = Literal[
    "dns",  # the name is unknown, or no network
    "refused",  # nobody answers at the address
    "unreachable",  # no way to the address: the network is away, or that part of it
    "tls",  # the certificate does not hold
    "timeout",  # the whole conversation took too long
    "http",  # an error status; `status` says which
    "blocked",  # the publisher turns programs away (401, 402, 403, 405, 451, a captcha)
    "gone",  # 410: the publisher says for good
    "robots",  # robots.txt asks programs not to read this page
    "redirects",  # too many, or to something that is not a web address
    "private-address",  # a loopback or private address that `allow_hosts` does not name
    "too-large",
    "broken",  # the conversation broke off, or made no sense
    "not-a-feed",
    "empty",  # a feed without a single item
    "selector",  # what `select` looks for is not on the page, or cannot be looked for; `detail` is the selector
]

BACKOFF_FIRST = timedelta(minutes=30)
BACKOFF_LONGEST = timedelta(hours=24)
WISH_LONGEST = timedelta(hours=24)  # what a publisher may ask for; more says "never", and is a mistake
LEEWAY = timedelta(minutes=10)  # or a tenth of the wait
WHOLE_EVERY = timedelta(days=7)
MOVED_AFTER = timedelta(days=7)
MARK = 8  # bytes that tell an item of a document from the others


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
    earlier: bool = False  # this time its earlier pages too, where a feed has some; a run's wish and no setting

    @property
    def label(self) -> str:
        """What readers see."""
        return self.name or self.id


@dataclass(frozen=True, slots=True, repr=False)
class Secret:
    """A text that shows itself to nobody who does not ask for its `value`."""

    value: str

    def __repr__(self) -> str:
        return "***"


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """What opens one source; kept apart from `Source`, which is printed."""

    home: str  # the source's own address: nothing of this is sent to another server
    user: Secret = Secret("")
    password: Secret = Secret("")
    headers: tuple[tuple[str, Secret], ...] = field(default=(), repr=False)
    parameters: tuple[tuple[str, Secret], ...] = field(default=(), repr=False)  # of the query: ("api_key", …)


_LOGIN = re.compile(r"(?<=//)[^/?#@\s]*@")
# A parameter of an address by whose name and value one can tell that it opens something.
_KEY = re.compile(
    r"(?<=[?&;])([\w.-]*(?:api_?-?key|token|secret|passw(?:or)?d|signature)|key|auth|pwd|pass|sig)="
    r"((?=[^&#\s]*\d)(?=[^&#\s]*[a-z])[^&#\s]{8,}|[^&#\s]{20,})",
    re.IGNORECASE,
)


def opened_by(url: str) -> Credentials:
    """What a person wrote into an address that opens it: a name and a password, keys."""
    bare = urlsplit(shown_address(url))._replace(query="", fragment="").geturl()
    login = _LOGIN.search(url)
    user, _, password = login[0][:-1].partition(":") if login else ("", "", "")
    keys = tuple((unquote_plus(name), Secret(unquote_plus(value))) for name, value in _KEY.findall(url))
    return Credentials(home=bare, user=Secret(unquote(user)), password=Secret(unquote(password)), parameters=keys)


def shown_address(url: str) -> str:
    """An address without the passwords and keys that a person wrote into it."""
    return _KEY.sub(r"\1=***", _LOGIN.sub("", url))


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
    newest: datetime | None = None  # when it last brought a new one; at the first visit, when that came out
    first: datetime | None = None  # when it first answered as it should
    full: datetime | None = None  # when its document last came whole
    digest: str = ""  # SHA-256 of its last document
    marks: bytes = b""  # of the items in it, `MARK` bytes each, when they can be told by their bytes
    same_since: datetime | None = None  # since when that document has been the same
    usual_gap: timedelta | None = None  # between two new articles, as a rule
    gap: datetime | None = None  # when its document last held nothing known: articles may be lost
    moved: str = ""  # a mark of the address that redirects for good, and where to: see `moved_to`
    moved_since: datetime | None = None  # when it was first redirected to there
    flood: datetime | None = None  # when it last brought so much at once that it was held back from the digests
    held: int = 0  # how many articles then


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Which articles a literature service is asked for: those entered from one moment to another."""

    since: datetime
    until: datetime
    contact: str = ""  # the user's address, which the services ask for
    given: tuple[str, ...] = ()  # names of the parameters that are added to the address later, and nowhere kept


OVERLAP = timedelta(days=3)  # services enter articles late and out of order
FIRST_WINDOW = timedelta(days=30)  # how far the first harvest reaches back


def window(state: SourceState, contact: str, now: datetime, given: tuple[str, ...] = ()) -> Window:
    """What to ask a service for now, from a little before its last good answer."""
    since = now - FIRST_WINDOW if state.ok is None else state.ok - OVERLAP
    return Window(since=since, until=now, contact=contact, given=given)


def due(sources: tuple[Source, ...], states: dict[str, SourceState], now: datetime) -> tuple[Source, ...]:
    """Choose the sources to ask now, longest unasked first, so that a run cut short starves nobody."""
    never = datetime.min.replace(tzinfo=now.tzinfo)
    ready = [s for s in sources if _is_due(state_of(s, states), now)]
    return tuple(sorted(ready, key=lambda s: state_of(s, states).checked or never))


def _is_due(state: SourceState, now: datetime) -> bool:
    """Whether a source is to be asked: also when a clock that was wrong put it off, which asked it in days to come."""
    astray = state.checked is not None and state.checked > now + LEEWAY
    return state.due is None or state.due <= now or astray


def state_of(source: Source, states: dict[str, SourceState]) -> SourceState:
    """What is remembered of a source; an empty memory for a new one."""
    return states.get(source.id) or SourceState(source=source.id)


def asking(state: SourceState, now: datetime) -> SourceState:
    """The memory to ask a source with: when its document has not come whole for a week, without its validators.

    Some servers say "unchanged" for ever; their news comes a week late, and not never. Such a document is read in full,
    what is known of it included. What was missed is looked for at once.
    """
    if state.full is not None and abs(now - state.full) < WHOLE_EVERY and not missed(state):
        return state
    return replace(state, etag="", modified="", marks=b"")


def missed(state: SourceState) -> bool:
    """Whether the last good answer had nothing in common with what was known: what came between may be lost."""
    return state.gap is not None and state.gap == state.ok


def after_success(  # noqa: PLR0913 - each is a fact of the answer
    state: SourceState,
    source: Source,
    *,
    etag: str,
    modified: str,
    new: int,
    now: datetime,
    complete: bool = True,
    reached: datetime | None = None,
) -> SourceState:
    """The memory of a source that brought its document.

    An incomplete one leaves no validators, which would hide the rest for ever, and of a service it does not move `ok`,
    where its next window begins. A service never leaves any: its next question has another address.
    A service that had too much for one run was asked for less: its next window begins where that ended (`reached`).
    """
    lasting = complete and not source.query
    answered = min(now, reached + OVERLAP) if reached else now
    return replace(
        state,
        etag=etag if lasting else "",
        modified=modified if lasting else "",
        checked=now,
        ok=answered if complete or not source.query else state.ok,
        due=next_due(source, Rhythm(), None, now),
        failures=0,
        trouble=None,
        since=None,
        articles=state.articles + new,
        newest=now if new else state.newest,
        full=now if complete else state.full,
    )


def after_unchanged(state: SourceState, source: Source, now: datetime) -> SourceState:
    """The memory of a source that says that nothing changed (304)."""
    kept = after_success(state, source, etag=state.etag, modified=state.modified, new=0, now=now)
    return replace(kept, full=state.full)


def next_due(source: Source, rhythm: Rhythm, fresh: timedelta | None, now: datetime) -> datetime:
    """When to ask a source again that has just answered: the settings' wait, or the publisher's if that is longer.

    `rhythm` is what its document says, `fresh` how long its server calls the answer fresh; both count up to a day.
    The moment is moved out of the hours and days that the document excludes.
    """
    wished = max(rhythm.least or timedelta(0), fresh or timedelta(0))
    wait = max(source.every, min(wished, WISH_LONGEST))
    # A run takes a while, and cron starts it at the same minute: asked every 6 h from then on, it would be every 12 h.
    return _outside(rhythm, now + wait - min(LEEWAY, wait / 10))


def _outside(rhythm: Rhythm, moment: datetime) -> datetime:
    """The first moment that is not excluded; the moment itself when that would take a week, or for ever."""
    at = moment.astimezone(UTC)
    for _ in range(7 * 24):
        if at.hour not in rhythm.skip_hours and at.weekday() not in rhythm.skip_days:
            return at
        at = at.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    return moment


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


# ---- sources that moved ----------------------------------------------------------------------------------------------
# The settings belong to a person and are never rewritten. `moved` names the address it was learnt from by a mark, so
# that it is forgotten when that person gives another one, and so that no key in an address is written down.


def moved_to(source: Source, state: SourceState) -> str:
    """The address that a source has been redirected to for good; "" when it has not, or the settings changed since."""
    mark, _, address = state.moved.partition(" ")
    return address if mark == _mark(source.url) else ""


def address_of(source: Source, state: SourceState, now: datetime) -> str:
    """Where to ask a source: at its new address after a week of the same answer, at once when it only became secure.

    A source that fails is asked at both addresses in turn, so that a lost domain or a wrong redirect heals by itself.
    """
    address = moved_to(source, state)
    if not address or state.failures % 2 or state.moved_since is None:
        return source.url
    if now - state.moved_since < MOVED_AFTER and not _secured(source.url, address):
        return source.url
    login, at, _ = urlsplit(source.url).netloc.rpartition("@")
    if at and _same_host(source.url, address):
        return address.replace("://", f"://{login}@", 1)
    return address


def after_move(state: SourceState, asked: Source, moved: str, now: datetime) -> SourceState:
    """The memory of a source that was redirected for good to `moved`, or was not ("").

    `asked` has the address that was asked. Services are left alone: what they are asked for is in the address.
    """
    if asked.query:
        return state
    mark, _, address = state.moved.partition(" ")
    if not address or _without_login(asked.url) != address:
        mark = _mark(asked.url)
    elif not moved:  # asked at its new address, and found there
        return state
    if not moved:
        return replace(state, moved="", moved_since=None)
    target = f"{mark} {moved}"
    return state if target == state.moved else replace(state, moved=target, moved_since=now)


def _mark(url: str) -> str:
    return hashlib.sha256(url.encode()).hexdigest()[:12]


def _without_login(url: str) -> str:
    login, at, _ = urlsplit(url).netloc.rpartition("@")
    return url.replace(f"{login}{at}", "", 1) if at else url


def _secured(old: str, new: str) -> bool:
    before, after = urlsplit(old), urlsplit(new)
    return (before.scheme, after.scheme) == ("http", "https") and _same_host(old, new)


def _same_host(old: str, new: str) -> bool:
    """The same host, at the same port or at the usual ones."""
    before, after = urlsplit(old), urlsplit(new)
    usual = {"http": 80, "https": 443}
    ports = before.port or usual.get(before.scheme), after.port or usual.get(after.scheme)
    return before.hostname == after.hostname and (ports[0] == ports[1] or ports == (80, 443))
