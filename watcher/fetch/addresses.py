"""Which addresses may be dialled, and the adapter that dials no other."""

import errno
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from queue import SimpleQueue
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import LocationParseError
from urllib3.util import Url, parse_url

from watcher.fetch.deadline import Deadline
from watcher.fetch.values import Manners, StoppedError
from watcher.sources import TroubleKind

Address = IPv4Address | IPv6Address
Dial = Callable[[HTTPConnection], socket.socket]


def web_address(text: str) -> Url:
    """Read an address with the parser that also opens it, so that no two parsers can disagree about the host."""
    try:
        parts = parse_url(text)
    except LocationParseError:
        parts = Url()
    if parts.scheme not in ("http", "https") or not parts.host or "\\" in text:
        raise StoppedError("redirects", f"not a web address: {shown(parts)}")
    return parts


def same_server(first: Url, here: Url) -> bool:
    """Whether credentials for the one may be given to the other: same host and port, or the same host's usual ports."""
    if first.host != here.host:
        return False
    return port_of(first) == port_of(here) or (port_of(first), port_of(here)) == (80, 443)


def port_of(parts: Url) -> int:
    """The port, said or usual."""
    return parts.port or (443 if parts.scheme == "https" else 80)


def shown(parts: Url) -> str:
    """The address without credentials."""
    return parts._replace(auth=None, fragment=None).url


def bare_host(parts: Url) -> str:
    """The host in lower case, without the brackets or the last dot that mean nothing."""
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
_NO_WAY = frozenset(  # what the system says without asking anybody; of IPv6 where there is none, too
    getattr(errno, prefix + name, None)
    for name in ("ENETUNREACH", "EHOSTUNREACH", "ENETDOWN", "EADDRNOTAVAIL", "EAFNOSUPPORT")
    for prefix in ("", "WSA")
) - {None}


def is_public(address: Address) -> bool:
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


def allows(manners: Manners, host: str, address: Address | None = None) -> bool:
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


# ---- dialling --------------------------------------------------------------------------------------------------------


class DiallingAdapter(HTTPAdapter):
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


def dial(wanted: HTTPConnection, *, manners: Manners, deadline: Deadline) -> socket.socket:
    """Connect to an address that was checked, and to no other: a name may mean something else a moment later."""
    host, port = wanted.host.strip("[]").lower(), wanted.port
    found = _resolve(host, port, deadline)
    allowed = [a for a in found if wanted.proxy or is_public(ip := ip_address(a[4][0])) or allows(manners, host, ip)]
    if not allowed:
        raise StoppedError("private-address", f"{host}: {found[0][4][0]}")
    failures: list[OSError] = []
    for turn, (family, kind, protocol, _, address) in enumerate(allowed):
        try:
            line = socket.socket(family, kind, protocol)
        except OSError as error:  # no IPv6 here
            failures.append(error)
            continue
        try:
            deadline.hold(line)
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            line.settimeout(deadline.left() / (len(allowed) - turn))
            line.connect(address)
            line.settimeout(deadline.left())
        except OSError as error:
            line.close()
            failures.append(error)
        else:
            return line
    raise StoppedError(_kind_of(failures), f"{host}:{port}: {failures[-1]}")


def _kind_of(failures: list[OSError]) -> TroubleKind:
    """What it means that no address of a name could be dialled."""
    if all(failure.errno in _NO_WAY for failure in failures):
        return "unreachable"
    return "timeout" if isinstance(failures[-1], TimeoutError) else "refused"


def _resolve(host: str, port: int, deadline: Deadline) -> list[Any]:
    """What addresses a name has; in a thread of its own, since nothing can interrupt the system's resolver."""
    with suppress(OSError, UnicodeError):  # a number needs no looking up
        return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    answers: SimpleQueue[list[Any] | Exception | None] = SimpleQueue()

    def ask() -> None:
        try:
            answers.put(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except Exception as error:  # also UnicodeError, for a label that is empty or too long
            answers.put(error)

    deadline.on_cut(lambda: answers.put(None))
    threading.Thread(target=ask, daemon=True).start()
    answer = answers.get()
    if answer is None:
        raise StoppedError("timeout", host)
    if isinstance(answer, Exception):
        raise StoppedError("dns", f"{host}: {answer}")
    return answer


def refuse_private_number(host: str) -> None:
    """Refuse a private address written as a number: all that can be told of a host when a proxy looks up its name."""
    with suppress(OSError, UnicodeError):
        number = socket.getaddrinfo(host, 0, flags=socket.AI_NUMERICHOST)[0][4][0]
        if not is_public(ip_address(number)):
            raise StoppedError("private-address", f"{host}: {number}")
