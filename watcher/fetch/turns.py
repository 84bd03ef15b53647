"""Whose turn it is: hosts in parallel, one conversation at a time with each, spaced out."""

import heapq
import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from queue import Empty, Queue
from typing import TypeVar

from urllib3.exceptions import LocationParseError
from urllib3.util import Url, parse_url

from watcher.fetch.addresses import allows, bare_host, port_of, shown, web_address
from watcher.fetch.conversation import Hop, anywhere, converse
from watcher.fetch.deadline import Deadline
from watcher.fetch.robots import Rules, permits, rules_for
from watcher.fetch.values import PRODUCT, Fetched, Manners, Outcome, StoppedError, Unchanged, plain
from watcher.journal import Fact, tell
from watcher.sources import Source, SourceState, Trouble

T = TypeVar("T")

WAITING = 24  # outcomes that nobody has taken yet: documents of up to 10 MB, few of which are larger than 200 kB

Follow = Callable[[Source, Fetched], str]
Crawls = Callable[[Source], bool]
Spacing = Callable[[Source], float]


def _one_page(source: Source, page: Fetched) -> str:  # noqa: ARG001 - the signature of a Follow
    return ""


def _nothing(source: Source) -> bool:  # noqa: ARG001 - the signature of a Crawls
    return False


def _no_more(source: Source) -> float:  # noqa: ARG001 - the signature of a Spacing
    return 0.0


def fetch_all(
    wanted: Iterable[tuple[Source, SourceState]],
    manners: Manners,
    follow: Follow = _one_page,
    crawls: Crawls = _nothing,
    spacing: Spacing = _no_more,
    *,
    rested: bool = True,
) -> Generator[tuple[Source, Outcome], None, None]:
    """Ask many sources, hosts in parallel, each host one request at a time; outcomes come as they are ready.

    `follow` says where a document goes on ("" for nowhere); its pages are brought home in the same turn.
    `crawls` says which sources were not made for programs: for those, robots.txt is read first, once for each site,
    those that a redirect leads to included. `spacing` is the least number of seconds that a source's host wants between
    two requests; the longest wish of its sources counts, if it is longer than that of `manners`.
    With `rested=False` the hosts may have been asked a moment ago, and are left in peace first.
    At most one outcome of each worker, and `WAITING` more, wait to be taken. A redirect to another host does not wait
    for that host's turn. Closing it ends all conversations at once.
    """
    lanes = _Lanes(wanted, manners, spacing)
    if not rested:
        lanes.rest()
    for ready in _fetched(lanes, follow, crawls, lambda _, outcome: outcome):
        yield from ready


def fetch_then(
    then: Callable[[Source, Outcome], T],
    wanted: Iterable[tuple[Source, SourceState]],
    manners: Manners,
    follow: Follow = _one_page,
    crawls: Crawls = _nothing,
    spacing: Spacing = _no_more,
) -> Generator[tuple[tuple[Source, T], ...], None, None]:
    """As `fetch_all`, with what `then` makes of each outcome, in the thread that brought it; it must not raise.

    They come as many at a time as are ready, at least one.
    """
    return _fetched(_Lanes(wanted, manners, spacing), follow, crawls, then)


def _fetched(
    lanes: "_Lanes", follow: Follow, crawls: Crawls, then: Callable[[Source, Outcome], T]
) -> Generator[tuple[tuple[Source, T], ...], None, None]:
    left = lanes.left
    done: Queue[tuple[Source, T]] = Queue(maxsize=WAITING)

    def work() -> None:
        while (turn := lanes.take()) is not None:
            lane, source, state = turn
            desk = _Desk(lanes, lane, crawls)
            outcome = desk.ask(source, state)
            if isinstance(outcome, Fetched):
                outcome = _with_pages(outcome, source, follow, desk)
            lanes.give_back(lane)
            done.put((source, then(source, outcome)))

    crew = [threading.Thread(target=work, daemon=True) for _ in range(min(lanes.manners.workers, left))]
    try:
        for thread in crew:
            thread.start()
        while left:
            ready = [done.get()]
            with suppress(Empty):
                while len(ready) < WAITING:
                    ready.append(done.get_nowait())
            left -= len(ready)
            yield tuple(ready)
    finally:
        lanes.stop()
        while any(thread.is_alive() for thread in crew):
            with suppress(Empty):  # a thread may be waiting for room to put down what nobody will take
                done.get(timeout=0.02)


@dataclass(frozen=True, slots=True)
class _Desk:
    """Where one host is asked, by whoever has its turn."""

    lanes: "_Lanes"
    lane: "_Lane"
    crawls: Crawls

    def ask(self, source: Source, state: SourceState) -> Outcome:
        """Ask for one document, unless robots.txt asks us not to."""
        if not self.crawls(source):
            return self._converse(source, state, anywhere)
        try:
            refusal = self._refusal(web_address(source.url))
        except StoppedError as stop:
            return stop.trouble
        return refusal or self._converse(source, state, self._refusal)

    def _converse(self, source: Source, state: SourceState, hop: Hop) -> Outcome:
        deadline = self.lanes.deadline()
        begun = time.monotonic()
        tell("asked", source=source.id, host=self.lane.host)
        try:
            outcome = converse(source, state, self.lanes.manners, deadline, hop)
        finally:
            self.lanes.forget(deadline)
        milliseconds = round((time.monotonic() - begun) * 1000)
        tell("answered", source=source.id, host=self.lane.host, ms=milliseconds, **_facts(source, outcome))
        return outcome

    def _refusal(self, address: Url) -> Trouble | None:
        """Why an address must not be read: its site asks programs not to, or does not say whether it does."""
        site = shown(address._replace(path="/robots.txt", query=None))
        ruling = self.lanes.ruling(site, self._learn)
        if isinstance(ruling, Trouble):
            return ruling
        return None if permits(ruling, address) else Trouble(kind="robots", detail=plain(site))

    def _learn(self, site: str) -> Rules | Trouble:
        answer = self._converse(Source(id="", url=site), SourceState(source=""), anywhere)
        self.lanes.pause(max(self.lane.gap, _lane_of(site, self.lanes.manners)[1]))
        return _ruling(answer)


def _facts(asked: Source, outcome: Outcome) -> dict[str, Fact]:
    """What one conversation brought; the address without a login and without its query, where keys may be."""
    facts: dict[str, Fact] = {"address": plain(asked.url)}
    if isinstance(outcome, Fetched):
        return facts | {"status": outcome.status, "bytes": len(outcome.content)}
    if isinstance(outcome, Unchanged):
        return facts | {"status": 304}
    return facts | {"trouble": outcome.kind, "status": outcome.status, "detail": outcome.detail}


def _ruling(answer: Outcome) -> Rules | Trouble:
    """What a site's answer for its robots.txt means: without such a file all may be read, in a storm nothing."""
    if isinstance(answer, Fetched):
        return rules_for(PRODUCT, answer.content)
    if not isinstance(answer, Trouble) or answer.kind in ("empty", "redirects"):
        return ()
    if 400 <= (answer.status or 0) < 500 and answer.status != 429:
        return ()
    return replace(answer, detail=f"robots.txt: {answer.detail}"[:300])


def _with_pages(first: Fetched, source: Source, follow: Follow, desk: _Desk) -> Fetched:
    """A document with the pages that follow it; a page that fails ends them and is told in `stopped`."""
    pages: list[Fetched] = []
    stopped: Trouble | None = None
    seen = {source.url}
    while (address := follow(source, pages[-1] if pages else first)) and address not in seen:
        if len(pages) + 1 >= desk.lanes.manners.max_pages:
            stopped = Trouble(kind="too-large", detail=f"more than {desk.lanes.manners.max_pages} pages")
            break
        seen.add(address)
        if not desk.lanes.pause(desk.lane.gap):
            break
        page = desk.ask(replace(source, url=address), SourceState(source=source.id))
        if not isinstance(page, Fetched):
            stopped = page if isinstance(page, Trouble) else Trouble(kind="broken", detail="304 for a new page")
            break
        pages.append(replace(page, number=len(pages) + 2))
    return replace(first, pages=tuple(pages), stopped=stopped) if pages or stopped else first


@dataclass(order=True)
class _Lane:
    """The sources of one host, one of them asked at a time."""

    ready: float  # monotonic seconds, not before which the host may be asked
    rank: int  # hosts in the order in which they were first wanted
    host: str = field(compare=False)  # with its port
    gap: float = field(compare=False)
    waiting: deque[tuple[Source, SourceState]] = field(compare=False, default_factory=deque)


@dataclass(slots=True)
class _Site:
    """What one robots.txt says, once somebody has asked for it."""

    asking: threading.Lock = field(default_factory=threading.Lock)
    ruling: Rules | Trouble | None = None


class _Lanes:
    """Who is asked next; a lane is away from the heap while one of its sources is asked."""

    def __init__(self, wanted: Iterable[tuple[Source, SourceState]], manners: Manners, spacing: Spacing) -> None:
        self.manners = manners
        self._changed = threading.Condition()
        self._stopped = False
        self._running: set[Deadline] = set()
        self._sites: dict[str, _Site] = {}  # by the address of its robots.txt
        lanes: dict[str, _Lane] = {}
        self.left = 0
        for source, state in wanted:
            name, gap = _lane_of(source.url, manners, spacing(source))
            lane = lanes.setdefault(name, _Lane(0.0, len(lanes), plain(name), gap))
            lane.gap = max(lane.gap, gap)
            lane.waiting.append((source, state))
            self.left += 1
        self._heap = list(lanes.values())

    def take(self) -> tuple[_Lane, Source, SourceState] | None:
        """Wait for a turn; None when there is none left."""
        with self._changed:
            while self.left and not self._stopped:
                pause = self._heap[0].ready - time.monotonic() if self._heap else None
                if pause is not None and pause <= 0:
                    self.left -= 1
                    lane = heapq.heappop(self._heap)
                    return lane, *lane.waiting.popleft()
                self._changed.wait(pause)
            return None

    def give_back(self, lane: _Lane) -> None:
        """Say that a lane's turn is over."""
        with self._changed:
            lane.ready = time.monotonic() + lane.gap
            if lane.waiting:
                heapq.heappush(self._heap, lane)
            self._changed.notify_all()

    def rest(self) -> None:
        """Leave every host in peace before it is asked for the first time."""
        for lane in self._heap:
            lane.ready = time.monotonic() + lane.gap
        heapq.heapify(self._heap)

    def ruling(self, address: str, learn: Callable[[str], Rules | Trouble]) -> Rules | Trouble:
        """What a site's robots.txt says, learnt once in a run; hosts that are redirected to it may ask together."""
        with self._changed:
            site = self._sites.setdefault(address, _Site())
        with site.asking:
            if site.ruling is None:
                site.ruling = learn(address)
            return site.ruling

    def deadline(self) -> Deadline:
        """A deadline that also comes when the run is stopped."""
        deadline = Deadline(self.manners.deadline)
        with self._changed:
            self._running.add(deadline)
            if self._stopped:
                deadline.cut()
        return deadline

    def forget(self, deadline: Deadline) -> None:
        """Say that a conversation is over."""
        with self._changed:
            self._running.discard(deadline)

    def pause(self, seconds: float) -> bool:
        """Leave time between two pages; False when the run is stopped meanwhile."""
        end = time.monotonic() + seconds
        with self._changed:
            while not self._stopped and (left := end - time.monotonic()) > 0:
                self._changed.wait(left)
            return not self._stopped

    def stop(self) -> None:
        """Give no more turns, and end what is going on."""
        with self._changed:
            self._stopped = True
            for deadline in self._running:
                deadline.cut()
            self._changed.notify_all()


def _lane_of(url: str, manners: Manners, least: float = 0.0) -> tuple[str, float]:
    """Whom an address belongs to (host and port), and the seconds to leave between two requests, `least` or more."""
    try:
        parts = parse_url(url)
    except LocationParseError:
        return url, 0.0
    host = bare_host(parts)
    return f"{host}:{port_of(parts)}", 0.0 if allows(manners, host) else max(manners.spacing, least)
