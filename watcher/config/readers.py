"""From the tree to values; a reader of a wrong value writes the mistake down and returns anything of its type."""

import difflib
import ipaddress
import re
import unicodedata
import zoneinfo
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from watcher.config.tree import Node, Reason
from watcher.periods import WEEKDAYS, kept_for
from watcher.text import clean

OFTENEST, RAREST = timedelta(minutes=5), timedelta(weeks=52)

_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}
_FRENCH = {"jour": "day", "semaine": "week", "mois": "month", "français": "fr", "anglais": "en"} | dict(
    zip(("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"), WEEKDAYS, strict=True)
)
_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
NAME = re.compile(r"\w[\w '’()&+,.-]{0,99}")  # it may become a file name
_NUMBER = re.compile(r"[+-]?[0-9]{1,12}(\.[0-9]{1,12})?")
COUNT = re.compile(r"[1-9][0-9]{0,3}")
_DURATION = re.compile(r"([0-9]{1,6})([mhdw])")
_EMAIL = re.compile(r'[^\s@,;:<>()\[\]"\\]+@[^\s@,;:<>()\[\]"\\]+')
_HOST = re.compile(r"(?![0-9.]+$)(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]*[a-z0-9])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9])?)*")

T = TypeVar("T")


def _at_rest(node: Node) -> Node:
    return node


Reader = Callable[[Node], Any]
Fields = dict[str, Node]
_Fill = Callable[[Fields], Fields]


def fields(node: Node, keys: Iterable[str] = ()) -> Fields:
    """The values of a mapping by key; one left empty counts as absent. Without `keys`, any key will do."""
    if node.kind != "mapping":
        if node.kind != "refused":
            node.wrong("not-a-mapping")
        return {}
    found: Fields = {}
    for key, value in zip(node.children[::2], node.children[1::2], strict=True):
        if not key.text and key.kind != "refused":
            key.wrong("not-a-text")
        elif keys and key.text not in keys:
            key.wrong("unknown-key", hint=_nearest(key.text, keys))
        elif key.text in found:
            key.wrong("duplicate-key", hint=str(found[key.text].line))
        else:
            found[key.text] = value
    return {key: value for key, value in found.items() if value.kind != "nothing"}


def each(reader: Callable[[Node], T]) -> Callable[[Node], tuple[T, ...]]:
    """The reader of a list."""

    def read(node: Node) -> tuple[T, ...]:
        if node.kind not in ("list", "refused"):
            node.wrong("not-a-list", hint=f"[{node.text}]" if node.text else "")
        return tuple(reader(item) for item in (node.children if node.kind == "list" else []))

    return read


def rows(
    node: Node, make: Callable[..., T], readers: Mapping[str, Reader], once: Mapping[str, Reason], fill: _Fill = dict
) -> tuple[T, ...]:
    """Read a list of mappings; what `once` names must be there, and never twice the same."""
    rows = []
    for at in each(_at_rest)(node):
        rows.append(fill(fields(at, keys=readers)))
        for name in once:
            if at.kind == "mapping" and name not in rows[-1]:
                at.wrong("missing", key=name)
    for key, reason in once.items():
        first: dict[object, Node] = {}
        for row in (row for row in rows if key in row and row[key].kind == "text"):
            at = row[key]
            asked = _asked(row) if key == "url" else ()  # one address may answer many questions
            if (earlier := first.setdefault((_address(at.text) or at.text, asked), at)) is not at:
                at.wrong(reason, hint=str(earlier.line))
    empty = dict.fromkeys(once, "")
    return tuple(make(**empty | {key: readers[key](at) for key, at in row.items()}) for row in rows)


def _asked(row: Fields) -> tuple[str, ...]:
    """What a source wants of its address: its query, and its `select` in any order."""
    wanted = row["select"].children if "select" in row else []
    pairs = sorted(f"{name.text}={value.text}" for name, value in zip(wanted[::2], wanted[1::2], strict=True))
    return (row["query"].text if "query" in row else "", *pairs)


def _is_text(node: Node) -> bool:
    if node.kind in ("list", "mapping", "nothing"):
        node.wrong("not-a-text")
    elif any(unicodedata.category(c) in ("Cc", "Cs") for c in node.text):
        node.wrong("control-character")
    else:
        return node.kind == "text"
    return False


def prose(node: Node) -> str:
    """Words for people, on one line."""
    return clean(node.text) if _is_text(node) else ""


def checked(node: Node, right: Callable[[str], object], reason: Reason, hint: str | Callable[[str], str]) -> str:
    """A text for which `right` holds; what is not even a text is one mistake, not two."""
    if not _is_text(node):
        return ""
    if not right(node.text):
        node.wrong(reason, hint=hint if isinstance(hint, str) else hint(node.text))
    return node.text


def word(words: tuple[str, ...], reason: Reason) -> Callable[[Node], str]:
    """The reader of one word out of a few."""
    return partial(checked, right=words.__contains__, reason=reason, hint=partial(_nearest, words=words))


def _nearest(word: str, words: Iterable[str]) -> str:
    folded = {w.casefold(): w for w in words}
    word = _FRENCH.get(word.casefold(), word.casefold()[:80])
    return next((folded[w] for w in difflib.get_close_matches(word, folded, n=1)), "")


def number(node: Node) -> float:
    """A number, with a point or a comma."""
    point = node.text.replace(",", ".", 1)
    if not _NUMBER.fullmatch(node.text):
        if node.kind != "refused":
            node.wrong("not-a-number", hint=point if _NUMBER.fullmatch(point) else "50")
        return 0.0
    if not 0 <= float(node.text) <= 100:
        node.wrong("out-of-range", hint="0-100")
    return float(node.text)


def duration(node: Node) -> timedelta:
    """How often something is done: `6h`, `7d`."""
    parts = _DURATION.fullmatch(checked(node, _DURATION.fullmatch, "not-a-duration", "6h"))
    every = int(parts[1]) * _UNITS[parts[2]] if parts else RAREST
    if every < OFTENEST:
        node.wrong("too-often", hint="5m")
    if every > RAREST:
        node.wrong("too-rare", hint="52w")
    return every


def retention(node: Node) -> timedelta | None:
    """How long something is kept: `24m` is months."""
    return kept_for(checked(node, kept_for, "not-a-retention", "24m"))


def _is_email(text: str) -> bool:
    return text.isprintable() and bool(_EMAIL.fullmatch(text))


def _address(url: str) -> tuple[str, int, str, str] | None:
    """What two spellings of one web address share; None when it is not absolute http(s)."""
    try:
        parts = urlsplit(url)
        port = parts.port or 443
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not parts.hostname or not url.isprintable() or " " in url:
        return None
    return parts.hostname.rstrip("."), 443 if port == 80 else port, parts.path.rstrip("/"), parts.query


def _is_contact(text: str) -> bool:
    return text.isascii() and (_is_email(text) or _address(text) is not None)


def is_host(text: str) -> bool:
    """Whether a text names a host or a range of addresses."""
    try:
        return bool(ipaddress.ip_network(text, strict=False))
    except ValueError:
        return bool(_HOST.fullmatch(text.lower()))


def _is_zone(text: str) -> bool:
    try:
        return bool(zoneinfo.ZoneInfo(text))
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):  # OSError: a folder of zones ("Europe")
        return False


def _zone_near(text: str) -> str:
    cities = {zone.rpartition("/")[2]: zone for zone in sorted(zoneinfo.available_timezones())}
    return _nearest(text, cities.values()) or cities.get(_nearest(text, cities), "Europe/Paris")


identifier = partial(checked, right=_ID.fullmatch, reason="not-an-id", hint="inserm-presse")
name = partial(checked, right=NAME.fullmatch, reason="not-a-name", hint="osteosarcome")
url = partial(checked, right=_address, reason="not-a-web-address", hint="https://www.example.org/feed")
email = partial(checked, right=_is_email, reason="not-an-email", hint="prenom.nom@example.org")
contact = partial(checked, right=_is_contact, reason="not-a-contact", hint="prenom.nom@example.org")
host = partial(checked, right=is_host, reason="not-a-host", hint="127.0.0.1")
zone = partial(checked, right=_is_zone, reason="unknown-zone", hint=_zone_near)
code = partial(checked, right=re.compile("[a-z]{2}").fullmatch, reason="unknown-language", hint="fr")


def path(node: Node) -> Path:
    """A path, from the folder of the settings."""
    text = checked(node, bool, "not-a-path", "watcher.db")
    try:
        return node.book.folder / Path(text).expanduser()
    except RuntimeError:  # ~somebody whom this machine does not know
        node.wrong("not-a-path")
    return node.book.folder


def folder(node: Node) -> Path:
    """A path that leads to a folder."""
    place = path(node)
    if node.text and not is_folder(place):
        node.wrong("no-such-folder")
    return place


def is_folder(path: Path) -> bool:
    """Whether there is a folder; a name that is too long, or closed to us, is none."""
    try:
        return path.is_dir()
    except (OSError, ValueError):  # a name too long, a folder closed to us
        return False
