"""What a site asks programs not to read (robots.txt, RFC 9309)."""

import re
from collections.abc import Iterator
from urllib.parse import quote, unquote_to_bytes

from urllib3.util import Url

Rules = tuple[tuple[str, bool], ...]  # a pattern of paths, and whether it allows them

READ_AT_MOST = 512_000  # bytes; what stands behind them is not ours to guess

_NEITHER = re.compile(r"[^a-z_-].*", re.DOTALL)


def rules_for(product: str, document: bytes) -> Rules:
    """The rules that a robots.txt has for one program, or else for all; none for bytes that make no sense."""
    named: dict[str, list[tuple[str, bool]]] = {}
    heads: list[str] = []
    ruled = False  # a rule ends the list of the names that it is for
    for key, value in _lines(document):
        if key == "user-agent":
            heads = [] if ruled else heads
            ruled = False
            heads.append("*" if value.startswith("*") else _NEITHER.sub("", value.lower()))
            named.setdefault(heads[-1], [])
        elif key in ("allow", "disallow"):
            ruled = True
            for head in heads if value else ():
                named[head].append((encoded(value), key == "allow"))
    return tuple(named.get(product, named.get("*", [])))


def permits(rules: Rules, address: Url) -> bool:
    """Whether an address may be read: the longest pattern decides, and of two as long the one that allows."""
    path = encoded(address.request_uri)
    if path == "/robots.txt":
        return True
    fitting = [(len(pattern), allows) for pattern, allows in rules if _fits(pattern, path)]
    return max(fitting, default=(0, True))[1]


def _lines(document: bytes) -> Iterator[tuple[str, str]]:
    text = document[:READ_AT_MOST].removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace")
    for line in re.split(r"[\r\n]+", text):
        key, colon, value = line.partition("#")[0].partition(":")
        if colon:
            yield key.strip().lower(), value.strip()


def encoded(path: str) -> str:
    """One spelling of a path: `é` and `%c3%a9` are the same, `/` and `%2F` are not."""
    parts = re.split(r"(%[0-9A-Fa-f]{2})", path)
    kept = (_plain_escape(p) if i % 2 else quote(p, safe="!$&'()*+,-./:;=?@_~%[]|") for i, p in enumerate(parts))
    return "".join(kept)


def _plain_escape(escape: str) -> str:
    meant = unquote_to_bytes(escape)
    return meant.decode() if meant.isalnum() or meant in (b"-", b".", b"_", b"~") else escape.upper()


def _fits(pattern: str, path: str) -> bool:
    """Whether a path begins as a pattern says: `*` is any run of characters, a `$` at the end is the end.

    Piece by piece, each as early as it comes: a regular expression made of a stranger's stars could take for ever.
    """
    to_the_end = pattern.endswith("$")
    first, *rest = pattern.removesuffix("$").split("*")
    if not path.startswith(first):
        return False
    if not rest:
        return not to_the_end or path == first
    at = len(first)
    last = rest.pop() if to_the_end else ""
    for piece in rest:
        at = path.find(piece, at)
        if at < 0:
            return False
        at += len(piece)
    return path.endswith(last) and len(path) - len(last) >= at
