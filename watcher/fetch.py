"""Bring one document home, politely and within limits.

Proxies come from the usual variables (`https_proxy`, `http_proxy`, `no_proxy`), and so does the file of trusted
certificates (`REQUESTS_CA_BUNDLE` or `SSL_CERT_FILE`); hosts named in `allow_hosts` are asked directly.
Behind a proxy only addresses written as numbers can be guarded here: names are resolved by the proxy, not by us.
"""

import heapq
import os
import re
import socket
import threading
import time
import zlib
from base64 import b64encode
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import partial
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from queue import Empty, Queue, SimpleQueue
from typing import Any
from urllib.parse import quote, unquote, urljoin

import requests
from requests.adapters import HTTPAdapter
from requests.utils import get_environ_proxies
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import LocationParseError
from urllib3.exceptions import TimeoutError as WireTimeoutError
from urllib3.util import Url, parse_url

from watcher import __version__
from watcher.sources import Source, SourceState, Trouble, TroubleKind

Address = IPv4Address | IPv6Address
Dial = Callable[[HTTPConnection], socket.socket]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """One document as it came."""

    source: Source
    url: str  # where it was found in the end, without credentials
    status: int
    content: bytes  # decoded: no longer gzipped
    content_type: str = ""
    etag: str = ""  # verbatim, quotes included; empty when it could not be sent back
    modified: str = ""  # Last-Modified, verbatim


@dataclass(frozen=True, slots=True, kw_only=True)
class Unchanged:
    """The server says that nothing changed since the last time (304)."""

    source: Source


Outcome = Fetched | Unchanged | Trouble


@dataclass(frozen=True, slots=True, kw_only=True)
class Manners:
    """How we behave towards servers, and what we accept from them."""

    contact: str = ""  # a mail address, told to every server
    allow_hosts: tuple[str, ...] = ()  # names, addresses, networks that may be asked although private; never spaced out
    deadline: float = 30.0  # seconds for a whole conversation, redirects included
    max_bytes: int = 10_000_000  # of a decoded document
    max_redirects: int = 10
    spacing: float = 2.0  # seconds between the end of one conversation with a host and the start of the next
    workers: int = 8


def fetch(source: Source, state: SourceState, manners: Manners) -> Outcome:
    """Ask one source for its document; whatever a server or the network does comes back as a `Trouble`."""
    return _converse(source, state, manners, _Conversation(manners.deadline))


def fetch_all(wanted: Iterable[tuple[Source, SourceState]], manners: Manners) -> Iterator[tuple[Source, Outcome]]:
    """Ask many sources, hosts in parallel, each host one request at a time; outcomes come as they are ready.

    At most `2 * workers` outcomes wait to be taken. A redirect to another host does not wait for that host's turn.
    """
    lanes = _Lanes(wanted, manners)
    count = lanes.left
    done: Queue[tuple[Source, Outcome]] = Queue(maxsize=manners.workers)

    def work() -> None:
        while (turn := lanes.take()) is not None:
            lane, source, state = turn
            talk = lanes.conversation()
            outcome = _converse(source, state, manners, talk)
            lanes.give_back(lane, talk)
            done.put((source, outcome))

    crew = [threading.Thread(target=work, daemon=True) for _ in range(min(manners.workers, count))]
    try:
        for thread in crew:
            thread.start()
        for _ in range(count):
            yield done.get()
    finally:
        lanes.stop()
        while any(thread.is_alive() for thread in crew):
            with suppress(Empty):  # a thread may be waiting for room to put down what nobody will take
                done.get(timeout=0.02)


# ---- one conversation ------------------------------------------------------------------------------------------------


class _StoppedError(Exception):
    """Ends a conversation with a known trouble."""

    def __init__(self, kind: TroubleKind, detail: str = "", status: int | None = None) -> None:
        super().__init__(kind, detail)
        self.trouble = Trouble(kind=kind, detail=_plain(detail), status=status)


class _Conversation:
    """The clock over one conversation: when its time is up, every socket of it is shut, whatever waits on it.

    A timeout of `requests` starts again with every byte received, so that a server which drips can hold us for ever.
    """

    def __init__(self, seconds: float) -> None:
        self.over = False
        self._ends = time.monotonic() + seconds
        self._lock = threading.Lock()
        self._cuts: list[Callable[[], object]] = []
        self._lines: list[socket.socket] = []
        self._timer = threading.Timer(seconds, self.cut)
        self._timer.daemon = True

    def __enter__(self) -> "_Conversation":
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        with self._lock:
            self._cuts.clear()
            for line in self._lines:
                line.close()

    def left(self) -> float:
        """Seconds left; never 0, which a socket would take for "do not wait"."""
        return max(self._ends - time.monotonic(), 0.001)

    def cut(self) -> None:
        """End it now."""
        with self._lock:
            self.over = True
            for cut in self._cuts:
                cut()
            self._cuts.clear()

    def on_cut(self, cut: Callable[[], object]) -> None:
        """Have `cut` called when time is up, at once when it is up already."""
        with self._lock:
            if self.over:
                cut()
            else:
                self._cuts.append(cut)

    def hold(self, line: socket.socket) -> None:
        """Have a socket shut when time is up.

        A duplicate is kept: TLS takes the descriptor away from the first socket object, but shuts with any of them.
        """
        twin = line.dup()
        with self._lock:
            self._lines.append(twin)

        def shut() -> None:
            with suppress(OSError):  # it was never connected, or the other side was faster
                twin.shutdown(socket.SHUT_RDWR)

        self.on_cut(shut)


def _converse(source: Source, state: SourceState, manners: Manners, talk: _Conversation) -> Outcome:
    outcome: Outcome
    late = Trouble(kind="timeout", detail=f"{manners.deadline:g} s")
    try:
        with talk, _Session() as session:
            session.prepare(manners, talk)
            outcome = _ask(session, source, state, manners, talk)
    except _StoppedError as stop:
        outcome = stop.trouble
    except requests.exceptions.SSLError as error:
        outcome = Trouble(kind="tls", detail=_plain(_cause(error)))
    except (requests.Timeout, WireTimeoutError):
        outcome = late
    except Exception as error:  # a server can make the libraries raise almost anything; no feed may end the run
        outcome = Trouble(kind="broken", detail=_plain(f"{type(error).__name__}: {_cause(error)}"))
    return late if talk.over else outcome  # whatever broke then, broke because we hung up


def _ask(session: "_Session", source: Source, state: SourceState, manners: Manners, talk: _Conversation) -> Outcome:
    first = here = _web_address(source.url)
    headers = {}
    if etag := _validator(state.etag):
        headers["If-None-Match"] = etag
    if modified := _validator(state.modified):
        headers["If-Modified-Since"] = modified
    for _ in range(manners.max_redirects + 1):
        with session.open(first, here, headers, talk) as response:
            if response.status_code in (301, 302, 303, 307, 308):
                here = _next_hop(here, response.headers.get("Location", ""))
                continue
            if response.status_code == 304 and headers:
                return Unchanged(source=source)
            if response.status_code != 200:
                return _refusal(response)
            return _document(source, _shown(here), response, manners.max_bytes)
    raise _StoppedError("redirects", f"more than {manners.max_redirects}")


def _refusal(response: requests.Response) -> Trouble:
    status = response.status_code
    kind: TroubleKind = "http"
    if status in (401, 402, 403, 405, 451):
        kind = "blocked"
    elif status == 410:
        kind = "gone"
    elif status in (204, 205):
        kind = "empty"
    elif status < 400:  # 304 to a question that was not conditional, 206 to one that asked for no part
        kind = "broken"
    after = _retry_after(response.headers.get("Retry-After", ""), datetime.now(UTC))
    return Trouble(kind=kind, status=status, detail=_plain(response.reason or ""), retry_after=after)


def _document(source: Source, url: str, response: requests.Response, limit: int) -> Fetched:
    coding = response.headers.get("Content-Encoding", "")
    pieces = response.raw.stream(65536, decode_content=False)
    content = _decoded(pieces, coding.strip().lower(), limit)
    if not content.strip().removeprefix(b"\xef\xbb\xbf"):
        raise _StoppedError("empty", status=response.status_code)
    return Fetched(
        source=source,
        url=url,
        status=response.status_code,
        content=content,
        content_type=response.headers.get("Content-Type", "")[:200],
        etag=_validator(response.headers.get("ETag", "")),
        modified=_validator(response.headers.get("Last-Modified", "")),
    )


def _decoded(pieces: Iterable[bytes], coding: str, limit: int) -> bytes:
    if coding in ("gzip", "x-gzip", "deflate"):
        pieces = _inflated(pieces, coding)
    elif coding not in ("", "identity"):
        raise _StoppedError("broken", f"Content-Encoding: {coding}")
    body = bytearray()
    for piece in pieces:
        body += piece
        if len(body) > limit:
            raise _StoppedError("too-large", f"more than {limit} bytes")
    return bytes(body)


def _inflated(pieces: Iterable[bytes], coding: str) -> Iterator[bytes]:
    """Inflate, 64 KiB at most at a time; `urllib3` can too, but takes a body that was cut short for a whole one."""
    inflater = None
    for piece in pieces:
        rest = piece
        while rest:
            if inflater is None:
                inflater = zlib.decompressobj(_window(coding, rest[0]))
            elif inflater.eof and rest[0] == 0x1F:  # a gzip file may have several members
                inflater = zlib.decompressobj(31)
            elif inflater.eof:  # padding
                break
            yield inflater.decompress(rest, 65536)
            rest = inflater.unused_data if inflater.eof else inflater.unconsumed_tail
    if inflater and not inflater.eof:
        yield inflater.flush()
        if not inflater.eof:
            raise _StoppedError("broken", "the compressed body is cut short")


def _window(coding: str, first: int) -> int:
    """What zlib calls `wbits`: gzip, zlib, or (some servers leave the zlib header out of "deflate") neither."""
    if coding != "deflate":
        return 31
    return 15 if first & 15 == 8 else -15


# ---- addresses -------------------------------------------------------------------------------------------------------


def _web_address(text: str) -> Url:
    """Read an address with the parser that also opens it, so that no two parsers can disagree about the host."""
    try:
        parts = parse_url(text)
    except LocationParseError:
        parts = Url()
    if parts.scheme not in ("http", "https") or not parts.host or "\\" in text:
        raise _StoppedError("redirects", f"not a web address: {_shown(parts)}")
    return parts


def _next_hop(here: Url, location: str) -> Url:
    # http.client reads headers as Latin-1; whatever the server's bytes were, they go into the address as %XX
    target = quote(location.encode("latin-1", "replace"), safe="!#$%&'()*+,-./:;=?@[\\]_~")
    if not target:
        raise _StoppedError("redirects", "no Location")
    try:
        there = _web_address(urljoin(_shown(here), target))
    except ValueError:  # from urljoin, for a host in half a bracket
        raise _StoppedError("redirects", f"not a web address: {target}") from None
    if here.scheme == "https" and there.scheme == "http":
        raise _StoppedError("redirects", f"from https to {_shown(there)}")
    return there._replace(auth=None)  # a server has no business in choosing our credentials


def _same_server(first: Url, here: Url) -> bool:
    """Whether credentials for the one may be given to the other: same host and port, or the same host's usual ports."""
    if first.host != here.host:
        return False
    return _port(first) == _port(here) or (_port(first), _port(here)) == (80, 443)


def _port(parts: Url) -> int:
    return parts.port or (443 if parts.scheme == "https" else 80)


def _shown(parts: Url) -> str:
    """The address without credentials."""
    return parts._replace(auth=None, fragment=None).url


def _bare_host(parts: Url) -> str:
    return (parts.host or "").strip("[]").rstrip(".").lower()


_CLOSED = tuple(
    ip_network(n)
    for n in (
        *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"),
        *("192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24"),
        *("203.0.113.0/24", "224.0.0.0/3", "2001::/23", "2001:db8::/32", "3fff::/20"),
    )
)
_OPEN6 = IPv6Network("2000::/3")  # all that was ever given out
_NAT64 = IPv6Network("64:ff9b::/96")


def _is_public(address: Address) -> bool:
    """Whether anybody on the Internet could be asked there.

    Not `is_global`: its answer for multicast, 192.0.0.0/24, NAT64 and others depends on the version of Python.
    """
    address = _inner(address)
    if isinstance(address, IPv6Address) and address not in _OPEN6:
        return False
    return not any(address in network for network in _CLOSED)


def _inner(address: Address) -> Address:
    """The IPv4 address that an IPv6 address stands for, where it does."""
    if isinstance(address, IPv4Address):
        return address
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address


def _allows(manners: Manners, host: str, address: Address | None = None) -> bool:
    """Whether `allow_hosts` names the host, or its address."""
    if address is None:
        with suppress(ValueError):
            address = ip_address(host)
    for entry in manners.allow_hosts:
        if entry.strip("[]").rstrip(".").lower() == host:
            return True
        with suppress(ValueError):
            network: IPv4Network | IPv6Network = ip_network(entry.strip("[]"), strict=False)
            if address is not None and (address in network or _inner(address) in network):
                return True
    return False


# ---- the line --------------------------------------------------------------------------------------------------------


class _Session(requests.Session):
    """One conversation's cookies and lines; follows no redirect by itself and takes nothing from netrc."""

    manners: Manners

    def prepare(self, manners: Manners, talk: _Conversation) -> None:
        self.manners = manners
        self.trust_env = False
        self.verify = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("SSL_CERT_FILE") or True
        contact = f" (+mailto:{manners.contact})" if manners.contact else ""
        self.headers.clear()
        self.headers.update(
            {
                "User-Agent": f"literature-watcher/{__version__}{contact}",
                "Accept": "application/rss+xml, application/atom+xml, application/feed+json, "
                "application/xml;q=0.9, */*;q=0.1",
                "Accept-Encoding": "gzip, deflate",
            }
        )
        adapter = _Adapter(partial(_dial, manners=manners, talk=talk))
        self.mount("http://", adapter)
        self.mount("https://", adapter)

    def get_redirect_target(self, resp: requests.Response) -> None:
        """Nothing: the library would read the whole body of a redirect, however large, before it follows it."""

    def open(self, first: Url, here: Url, headers: dict[str, str], talk: _Conversation) -> requests.Response:
        if first.auth and _same_server(first, here):
            user, _, password = first.auth.partition(":")
            secret = b64encode(f"{unquote(user)}:{unquote(password)}".encode()).decode()
            headers = headers | {"Authorization": f"Basic {secret}"}
        host = _bare_host(here)
        proxies = {} if _allows(self.manners, host) else get_environ_proxies(_shown(here), no_proxy=None)
        if proxies:
            _refuse_private_number(host)
        return self.get(
            _shown(here),
            headers=headers,
            timeout=talk.left(),
            allow_redirects=False,
            stream=True,
            proxies=proxies,
        )


class _Adapter(HTTPAdapter):
    """Has every line opened by `dial`."""

    def __init__(self, dial: Dial) -> None:
        self._dial = dial
        super().__init__(max_retries=0)

    def init_poolmanager(self, *args: Any, **settings: Any) -> None:
        super().init_poolmanager(*args, **settings)
        self._use_dial(self.poolmanager)

    def proxy_manager_for(self, *args: Any, **settings: Any) -> Any:
        manager = super().proxy_manager_for(*args, **settings)
        self._use_dial(manager)
        return manager

    def _use_dial(self, manager: Any) -> None:
        manager.pool_classes_by_scheme = {
            "http": partial(_Pool, dial=self._dial),
            "https": partial(_SecurePool, dial=self._dial),
        }


class _Line(HTTPConnection):
    def __init__(self, *args: Any, dial: Dial, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self._dial = dial

    def _new_conn(self) -> socket.socket:
        return self._dial(self)


class _SecureLine(_Line, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Line


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureLine


def _dial(wanted: HTTPConnection, *, manners: Manners, talk: _Conversation) -> socket.socket:
    """Connect to an address that was checked, and to no other: a name may mean something else a moment later."""
    host, port = wanted.host.strip("[]").lower(), wanted.port
    found = _resolve(host, port, talk)
    allowed = [a for a in found if wanted.proxy or _is_public(ip := ip_address(a[4][0])) or _allows(manners, host, ip)]
    if not allowed:
        raise _StoppedError("private-address", f"{host}: {found[0][4][0]}")
    failure = OSError()
    for turn, (family, kind, protocol, _, address) in enumerate(allowed):
        try:
            line = socket.socket(family, kind, protocol)
        except OSError as error:  # no IPv6 here
            failure = error
            continue
        try:
            talk.hold(line)
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            line.settimeout(talk.left() / (len(allowed) - turn))
            line.connect(address)
            line.settimeout(talk.left())
        except OSError as error:
            line.close()
            failure = error
        else:
            return line
    raise _StoppedError("timeout" if isinstance(failure, TimeoutError) else "refused", f"{host}:{port}: {failure}")


def _resolve(host: str, port: int, talk: _Conversation) -> list[Any]:
    """What addresses a name has; in a thread of its own, since nothing can interrupt the system's resolver."""
    answers: SimpleQueue[list[Any] | Exception | None] = SimpleQueue()

    def ask() -> None:
        try:
            answers.put(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except Exception as error:  # also UnicodeError, for a label that is empty or too long
            answers.put(error)

    talk.on_cut(lambda: answers.put(None))
    threading.Thread(target=ask, daemon=True).start()
    answer = answers.get()
    if answer is None:
        raise _StoppedError("timeout", host)
    if isinstance(answer, Exception):
        raise _StoppedError("dns", f"{host}: {answer}")
    return answer


def _refuse_private_number(host: str) -> None:
    with suppress(OSError, UnicodeError):
        number = socket.getaddrinfo(host, 0, flags=socket.AI_NUMERICHOST)[0][4][0]
        if not _is_public(ip_address(number)):
            raise _StoppedError("private-address", f"{host}: {number}")


# ---- words of servers ------------------------------------------------------------------------------------------------


def _validator(value: str) -> str:
    """An ETag or a date as it came, or nothing when it cannot safely be sent back."""
    return value if len(value) <= 1000 and value.isascii() and value.isprintable() else ""


def _retry_after(value: str, now: datetime) -> timedelta | None:
    """How long a server asks us to wait, in seconds or as a date; None when it says nothing that makes sense."""
    value = value.strip()
    if value.isascii() and value.isdigit() and len(value) <= 10:
        return timedelta(seconds=int(value))
    try:
        when = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    return max(when.replace(tzinfo=when.tzinfo or UTC) - now, timedelta(0))


def _cause(error: BaseException) -> BaseException:
    """The innermost reason of an error that a library wrapped, sometimes four times."""
    while (inner := getattr(error, "reason", None) or next(iter(error.args), None)) and isinstance(inner, Exception):
        error = inner
    return error


def _plain(text: object) -> str:
    """Words of a server or a library made fit to be kept: one short line, no credentials, no query, no escapes."""
    line = re.sub(r"//[^/?#\s]*@", "//", str(text))
    line = re.sub(r"\?[^\s'\")>]+", "?…", line)
    return "".join(c if c.isprintable() else " " for c in line).strip()[:300]


# ---- whose turn ------------------------------------------------------------------------------------------------------


@dataclass(order=True)
class _Lane:
    """The sources of one host, one of them asked at a time."""

    ready: float  # monotonic seconds, not before which the host may be asked
    rank: int  # hosts in the order in which they were first wanted
    gap: float = field(compare=False)
    waiting: deque[tuple[Source, SourceState]] = field(compare=False, default_factory=deque)


class _Lanes:
    """Who is asked next; a lane is away from the heap while one of its sources is asked."""

    def __init__(self, wanted: Iterable[tuple[Source, SourceState]], manners: Manners) -> None:
        self._manners = manners
        self._changed = threading.Condition()
        self._stopped = False
        self._talks: set[_Conversation] = set()
        lanes: dict[str, _Lane] = {}
        self.left = 0
        for source, state in wanted:
            name, gap = _lane(source.url, manners)
            lanes.setdefault(name, _Lane(0.0, len(lanes), gap)).waiting.append((source, state))
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

    def give_back(self, lane: _Lane, talk: _Conversation) -> None:
        """Say that a lane's turn is over."""
        with self._changed:
            self._talks.discard(talk)
            lane.ready = time.monotonic() + lane.gap
            if lane.waiting:
                heapq.heappush(self._heap, lane)
            self._changed.notify_all()

    def conversation(self) -> _Conversation:
        """A conversation that also ends when the run is stopped."""
        talk = _Conversation(self._manners.deadline)
        with self._changed:
            self._talks.add(talk)
            if self._stopped:
                talk.cut()
        return talk

    def stop(self) -> None:
        """Give no more turns, and end what is going on."""
        with self._changed:
            self._stopped = True
            for talk in self._talks:
                talk.cut()
            self._changed.notify_all()


def _lane(url: str, manners: Manners) -> tuple[str, float]:
    """Whom an address belongs to (host and port), and the seconds to leave between two requests."""
    try:
        parts = parse_url(url)
    except LocationParseError:
        return url, 0.0
    host = _bare_host(parts)
    return f"{host}:{_port(parts)}", 0.0 if _allows(manners, host) else manners.spacing
