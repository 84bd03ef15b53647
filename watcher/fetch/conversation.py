"""One conversation with a server: what is asked, where it leads, what comes home."""

import json
import os
import zlib
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import partial
from html import escape
from urllib.parse import quote, unquote, unquote_plus, urljoin

import requests
from requests.utils import get_environ_proxies
from urllib3.exceptions import TimeoutError as WireTimeoutError
from urllib3.util import Url

from watcher import __version__
from watcher.fetch.addresses import (
    DiallingAdapter,
    allows,
    bare_host,
    dial,
    refuse_private_number,
    same_server,
    shown,
    web_address,
)
from watcher.fetch.deadline import Deadline
from watcher.fetch.values import PRODUCT, Fetched, Manners, Outcome, StoppedError, Unchanged, plain
from watcher.sources import Credentials, Source, SourceState, Trouble, TroubleKind

SHORTEST_KEY = 5  # characters; a shorter word may well stand in a document for itself


def fetch(source: Source, state: SourceState, manners: Manners) -> Outcome:
    """Ask one source for its document; whatever a server or the network does comes back as a `Trouble`."""
    return converse(source, state, manners, Deadline(manners.deadline))


Hop = Callable[[Url], Trouble | None]  # why a redirect must not be followed to an address; None when it may


def anywhere(there: Url) -> Trouble | None:  # noqa: ARG001 - the signature of a Hop
    return None


def converse(source: Source, state: SourceState, manners: Manners, deadline: Deadline, hop: Hop = anywhere) -> Outcome:
    """As `fetch`, under a deadline that somebody else may cut short; every redirect must please `hop`."""
    outcome: Outcome
    late = Trouble(kind="timeout", detail=f"{manners.deadline:g} s")
    try:
        with deadline, _Session() as session:
            session.prepare(manners, deadline)
            outcome = _ask(session, source, state, deadline, hop)
    except StoppedError as stop:
        outcome = stop.trouble
    except requests.exceptions.SSLError as error:
        outcome = Trouble(kind="tls", detail=plain(_cause(error)))
    except (requests.Timeout, WireTimeoutError):
        outcome = late
    except Exception as error:  # a server can make the libraries raise almost anything; no feed may end the run
        outcome = Trouble(kind="broken", detail=plain(f"{type(error).__name__}: {_cause(error)}"))
    if deadline.over:  # whatever broke then, broke because we hung up
        return late
    secret = manners.secrets.get(source.id)
    if isinstance(outcome, Fetched):
        return _keyless(outcome, secret) if secret else outcome
    return _hushed(outcome, secret) if secret and isinstance(outcome, Trouble) else outcome


def _hushed(trouble: Trouble, secret: Credentials) -> Trouble:
    """A trouble that does not repeat a secret, whatever a server echoed."""
    detail = trouble.detail
    named = (*secret.headers, *secret.parameters)
    words = [word.value for word in (secret.password, secret.user, *(value for _, value in named))]
    words += [quote(word, safe="") for word in words]
    words.append(_basic(secret.user.value, secret.password.value).removeprefix("Basic "))
    for word in sorted((word for word in words if len(word) > 2), key=len, reverse=True):
        detail = detail.replace(word, "***")
    return replace(trouble, detail=detail)


def _keyless(page: Fetched, secret: Credentials) -> Fetched:
    """A document that does not repeat what opened it: its words are stored and shown.

    A password of letters alone may well be a word of the text.
    """
    content = page.content
    named = (*secret.headers, *secret.parameters)
    words = [word.value for word in (secret.user, secret.password, *(value for _, value in named))]
    keys = {key.value for _, key in secret.parameters}
    words = [word for word in words if len(word) > SHORTEST_KEY and (word in keys or not word.isalpha())]
    words.append(_basic(secret.user.value, secret.password.value).removeprefix("Basic "))
    for spelt in {form for word in words for form in _spellings(word)}:
        content = content.replace(spelt, b"***")
    return replace(page, content=content) if content != page.content else page


def _spellings(word: str) -> set[bytes]:
    """How a document may write a word: as it is, in an address, in markup, in JSON; in either of the usual charsets."""
    written = {word, quote(word, safe=""), escape(word, quote=False), escape(word), json.dumps(word)[1:-1]}
    return {form.encode(charset, "replace") for form in written for charset in ("utf-8", "latin-1")}


def _ask(session: "_Session", source: Source, state: SourceState, deadline: Deadline, hop: Hop) -> Outcome:
    manners = session.manners
    secret = manners.secrets.get(source.id)
    first = here = _without_keys(web_address(source.url), secret)
    moved, for_good = "", True
    headers = {}
    if etag := _validator(state.etag):
        headers["If-None-Match"] = etag
    if modified := _validator(state.modified):
        headers["If-Modified-Since"] = modified
    for _ in range(manners.max_redirects + 1):
        if here is not first and (refusal := hop(here)):
            return refusal
        asked = _with_keys(here, secret) if secret else here
        with session.open(asked, headers | _credentials(first, here, secret), deadline) as response:
            if response.status_code in (301, 302, 303, 307, 308):
                here = _without_keys(_next_hop(here, response.headers.get("Location", "")), secret)
                # What stands behind a redirect for now is moved for now, however permanent the hops after it.
                for_good = for_good and response.status_code in (301, 308)
                moved = shown(here) if for_good else moved
                continue
            moved = moved if moved != shown(first) else ""
            if response.status_code == 304 and headers:
                return Unchanged(source=source, fresh=_freshness(response.headers), moved=moved)
            if response.status_code != 200:
                return _refusal(response)
            return replace(_document(source, shown(here), response, manners.max_bytes), moved=moved)
    raise StoppedError("redirects", f"more than {manners.max_redirects}")


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
    after = _retry_after(response.headers.get("Retry-After", ""), response.headers.get("Date", ""))
    return Trouble(kind=kind, status=status, detail=plain(response.reason or ""), retry_after=after)


def _document(source: Source, url: str, response: requests.Response, limit: int) -> Fetched:
    coding = response.headers.get("Content-Encoding", "")
    pieces = response.raw.stream(65536, decode_content=False)
    content = decoded(pieces, coding.strip().lower(), limit)
    if not content.strip().removeprefix(b"\xef\xbb\xbf"):
        raise StoppedError("empty", status=response.status_code)
    return Fetched(
        source=source,
        url=url,
        status=response.status_code,
        content=content,
        content_type=response.headers.get("Content-Type", "")[:200],
        etag=_validator(response.headers.get("ETag", "")),
        modified=_validator(response.headers.get("Last-Modified", "")),
        fresh=_freshness(response.headers),
        reserved={"0": False, "1": True}.get(response.headers.get("tdm-reservation", "").strip()),
        date=_dated(response.headers.get("Date", "")),
    )


def _dated(value: str) -> datetime | None:
    try:
        return _moment(value).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def decoded(pieces: Iterable[bytes], coding: str, limit: int) -> bytes:
    """A body out of its Content-Encoding; raises StoppedError when it is larger than `limit` bytes, or damaged."""
    if coding in ("gzip", "x-gzip", "deflate"):
        pieces = _inflated(pieces, coding)
    elif coding not in ("", "identity"):
        raise StoppedError("broken", f"Content-Encoding: {coding}")
    body = bytearray()
    for piece in pieces:
        body += piece
        if len(body) > limit:
            raise StoppedError("too-large", f"more than {limit} bytes")
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
            raise StoppedError("broken", "the compressed body is cut short")


def _window(coding: str, first: int) -> int:
    """What zlib calls `wbits`: gzip, zlib, or (some servers leave the zlib header out of "deflate") neither."""
    if coding != "deflate":
        return 31
    return 15 if first & 15 == 8 else -15


def _next_hop(here: Url, location: str) -> Url:
    # http.client reads headers as Latin-1; whatever the server's bytes were, they go into the address as %XX
    target = quote(location.encode("latin-1", "replace"), safe="!#$%&'()*+,-./:;=?@[\\]_~")
    if not target:
        raise StoppedError("redirects", "no Location")
    try:
        there = web_address(urljoin(shown(here), target))
    except ValueError:  # from urljoin, for a host in half a bracket
        raise StoppedError("redirects", f"not a web address: {target}") from None
    if here.scheme == "https" and there.scheme == "http":
        raise StoppedError("redirects", f"from https to {shown(there)}")
    return there._replace(auth=None)  # a server has no business in choosing our credentials


class _Session(requests.Session):
    """One conversation's cookies and lines; follows no redirect by itself and takes nothing from netrc."""

    manners: Manners

    def prepare(self, manners: Manners, deadline: Deadline) -> None:
        self.manners = manners
        self.trust_env = False
        self.verify = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("SSL_CERT_FILE") or True
        scheme = "" if "://" in manners.contact else "mailto:"
        contact = f" (+{scheme}{manners.contact})" if manners.contact else ""
        self.headers.clear()
        self.headers.update(
            {
                "User-Agent": f"{PRODUCT}/{__version__}{contact}",
                "Accept": "application/rss+xml, application/atom+xml, application/feed+json, "
                "application/xml;q=0.9, */*;q=0.1",
                "Accept-Encoding": "gzip, deflate",
            }
        )
        adapter = DiallingAdapter(partial(dial, manners=manners, deadline=deadline))
        self.mount("http://", adapter)
        self.mount("https://", adapter)

    def get_redirect_target(self, resp: requests.Response) -> None:
        """Nothing: the library would read the whole body of a redirect, however large, before it follows it."""

    def open(self, here: Url, headers: dict[str, str], deadline: Deadline) -> requests.Response:
        host = bare_host(here)
        proxies = {} if allows(self.manners, host) else get_environ_proxies(shown(here), no_proxy=None)
        if proxies:
            refuse_private_number(host)
        return self.get(
            shown(here),
            headers=headers,
            timeout=deadline.left(),
            allow_redirects=False,
            stream=True,
            proxies=proxies,
        )


def _credentials(first: Url, here: Url, secret: Credentials | None) -> dict[str, str]:
    """What is sent to prove who asks: to the server it is meant for, and to no other."""
    headers: dict[str, str] = {}
    if first.auth and same_server(first, here):
        user, _, password = first.auth.partition(":")
        headers["Authorization"] = _basic(unquote(user), unquote(password))
    if secret and same_server(web_address(secret.home), here):
        if secret.user.value or secret.password.value:
            headers["Authorization"] = _basic(secret.user.value, secret.password.value)
        headers |= {name: value.value for name, value in secret.headers}
    return headers


def _with_keys(here: Url, secret: Credentials) -> Url:
    """The address with the parameters that are kept secret, at the server that they are meant for.

    Only this address has them. All others, which are remembered, followed and shown, have none.
    """
    if not secret.parameters or not same_server(web_address(secret.home), here):
        return here
    bare = _without_keys(here, secret).query
    keys = [f"{quote(name, safe='')}={quote(value.value, safe='')}" for name, value in secret.parameters]
    return here._replace(query="&".join([bare, *keys] if bare else keys))


def _without_keys(there: Url, secret: Credentials | None) -> Url:
    """An address without the parameters that are kept secret: a redirect repeats them, and may lead elsewhere."""
    if secret is None or not secret.parameters or not there.query:
        return there
    names, values = zip(*((name, value.value) for name, value in secret.parameters), strict=True)
    pairs = [pair.partition("=")[::2] for pair in there.query.split("&")]
    kept = [(n, v) for n, v in pairs if unquote_plus(n) not in names and unquote_plus(v) not in values]
    return there if len(kept) == len(pairs) else there._replace(query="&".join("=".join(pair) for pair in kept) or None)


def _basic(user: str, password: str) -> str:
    return "Basic " + b64encode(f"{user}:{password}".encode()).decode()


# ---- words of servers ------------------------------------------------------------------------------------------------


def _validator(value: str) -> str:
    """An ETag or a date as it came, or nothing when it cannot safely be sent back."""
    return value if len(value) <= 1000 and value.isascii() and value.isprintable() else ""


def _retry_after(value: str, date: str) -> timedelta | None:
    """How long a server asks us to wait, in seconds or until a date; None when it says nothing that makes sense.

    A date is measured from the server's own `date`, so that neither of our clocks has to be right.
    """
    if (seconds := _seconds(value)) is not None:
        return seconds
    try:
        wait = _moment(value.strip()) - _moment(date)
    except (ValueError, OverflowError):
        return None
    return max(wait, timedelta(0))


def _freshness(headers: Mapping[str, str]) -> timedelta | None:
    """How long an answer holds, by its Cache-Control or Expires; None when it does not say.

    Caches on the way may have had it for a while (Age). `Expires` is measured from the server's own Date.
    """
    said = dict(part.strip().lower().partition("=")[::2] for part in headers.get("Cache-Control", "").split(","))
    if {"no-cache", "no-store"} & set(said):
        return None
    age, longest = (_seconds(text) for text in (headers.get("Age", ""), said.get("max-age", "").strip('"')))
    if longest is not None:
        return max(longest - (age or timedelta(0)), timedelta(0))
    try:
        left = _moment(headers.get("Expires", "")) - _moment(headers.get("Date", ""))
    except (ValueError, OverflowError):
        return None
    return max(left, timedelta(0))


def _seconds(text: str) -> timedelta | None:
    text = text.strip()
    return timedelta(seconds=int(text)) if text.isascii() and text.isdigit() and len(text) <= 10 else None


def _moment(value: str) -> datetime:
    moment = parsedate_to_datetime(value)
    return moment.replace(tzinfo=moment.tzinfo or UTC)


def _cause(error: BaseException) -> BaseException:
    """The innermost reason of an error that a library wrapped, sometimes four times."""
    while (inner := getattr(error, "reason", None) or next(iter(error.args), None)) and isinstance(inner, Exception):
        error = inner
    return error
