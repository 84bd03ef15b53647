"""`feeds.yaml` to values; every mistake at once, with its line."""

import difflib
import ipaddress
import re
import unicodedata
import zoneinfo
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, Literal, NoReturn, TypeVar
from urllib.parse import urlsplit

import yaml

from watcher.digest import DigestSetting
from watcher.errors import ConfigError, Mistake, UsageError
from watcher.profiles import ProfileSetting
from watcher.sources import Source
from watcher.text import clean

# "tab": a line indented with one. "alias": &x or *x; "tag": !x. The hint of a "duplicate-…" is the line of the first.
_Page = Literal["unreadable", "too-large", "not-utf-8", "control-character", "syntax", "tab", "too-deep"]
_Shape = Literal["several-documents", "alias", "tag", "not-a-mapping", "not-a-list", "not-a-text", "not-a-number"]
_Key = Literal["missing", "unknown-key", "duplicate-key", "duplicate-id", "duplicate-url", "duplicate-name"]
_Wording = Literal["not-an-id", "not-a-name", "not-a-web-address", "not-an-email", "not-a-contact", "not-a-host"]
_Amount = Literal["not-a-duration", "too-often", "too-rare", "out-of-range", "not-a-path", "no-such-folder"]
_Choice = Literal["unknown-zone", "unknown-language", "unknown-kind", "unknown-every", "unknown-day", "unknown-profile"]
Reason = Literal[_Page, _Shape, _Key, _Wording, _Amount, _Choice]

EVERY = ("day", "week", "month")
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
LANGUAGES = ("fr", "en")
LARGEST = 1_000_000  # bytes
DEEPEST = 20  # nested lists and mappings; a right file has 4
OFTENEST, RAREST = timedelta(minutes=5), timedelta(weeks=52)

_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}
_FRENCH = {"jour": "day", "semaine": "week", "mois": "month", "français": "fr", "anglais": "en"} | dict(
    zip(("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"), DAYS, strict=True)
)
_NOT_YAML = re.compile("[^\t\n\r -~\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
_NAME = re.compile(r"\w[\w '’()&+,.-]{0,99}")  # it may become a file name
_NUMBER = re.compile(r"[+-]?[0-9]{1,12}(\.[0-9]{1,12})?")
_DURATION = re.compile(r"([0-9]{1,6})([mhdw])")
_EMAIL = re.compile(r'[^\s@,;:<>()\[\]"\\]+@[^\s@,;:<>()\[\]"\\]+')
_HOST = re.compile(r"(?![0-9.]+$)(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]*[a-z0-9])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9])?)*")
_PASSWORD = re.compile(r"//[^/@\s]*@")

# The C parser is ten times faster, and missing from some builds of PyYAML; both number the lines alike.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a person says in `feeds.yaml`; paths start from the folder of that file."""

    file: Path
    contact: str = ""  # an e-mail or web address in ASCII, which publishers see
    language: str = "fr"  # of what is written for readers: fr, en
    timezone: str = "Europe/Paris"
    database: Path
    allow_hosts: tuple[str, ...] = ()  # names in lower case, addresses, networks
    sources: tuple[Source, ...]
    profiles: tuple[ProfileSetting, ...]
    digests: tuple[DigestSetting, ...] = ()


def load(file: Path, *, kinds: tuple[str, ...] = ("feed",)) -> Settings:
    """Read the settings.

    `kinds` are the kinds of source that can be read.
    Raises UsageError("no-settings") without a file, and ConfigError with every mistake found, in the order of the file.
    """
    book = _Book(file=str(file), folder=file.parent)
    settings = _settings(_tree(_characters(file, book), book), file, kinds)
    if book.mistakes:
        raise ConfigError(tuple(mistake for *_, mistake in sorted(book.mistakes, key=lambda found: found[:2])))
    return settings


# --- from the file to a tree of texts


@dataclass(frozen=True, slots=True, kw_only=True)
class _Book:
    """Where the mistakes of one file are written down."""

    file: str
    folder: Path
    mistakes: list[tuple[int, int, Mistake]] = field(default_factory=list)  # line, column


@dataclass(frozen=True, slots=True, kw_only=True)
class _Node:
    """One part of the file, nothing yet decided about what its text means (`no` is a language, 010 is ten)."""

    book: _Book
    kind: Literal["text", "list", "mapping", "nothing", "refused"] = "nothing"  # refused: an alias, already a mistake
    where: str = ""
    line: int = 0
    column: int = 0
    text: str = ""
    children: list["_Node"] = field(default_factory=list)  # of a mapping: key, value, key, value

    def wrong(self, reason: Reason, *, got: str = "", hint: str = "", key: str = "") -> None:
        """Write a mistake down (`key`: in what this mapping lacks), fit for a terminal and without a password."""
        got = got or {"list": "[…]", "mapping": "{…}"}.get(self.kind, self.text) * (not key)
        where = f"{self.where}.{key}".strip(".")
        where, got, hint = (clean(_PASSWORD.sub("//…@", words[:500]))[:100] for words in (where, got, hint))
        mistake = Mistake(file=self.book.file, line=self.line, where=where, reason=reason, got=got, hint=hint)
        self.book.mistakes.append((self.line, self.column, mistake))


def _give_up(book: _Book, line: int, reason: Reason, got: str = "") -> NoReturn:
    """Raise the one mistake that hides all others."""
    _Node(book=book, line=line).wrong(reason, got=got)
    raise ConfigError((book.mistakes[-1][2],))


def _characters(file: Path, book: _Book) -> str:
    try:
        with file.open("rb") as stream:
            content = stream.read(LARGEST + 1)
    except FileNotFoundError:
        raise UsageError("no-settings", file=str(file)) from None
    except (OSError, ValueError) as error:
        _give_up(book, 0, "unreadable", getattr(error, "strerror", None) or str(error))
    if len(content) > LARGEST:
        _give_up(book, 0, "too-large")
    try:
        characters = content.decode().removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        _give_up(book, content.count(b"\n", 0, error.start) + 1, "not-utf-8")
    if wrong := _NOT_YAML.search(characters):
        _give_up(book, characters.count("\n", 0, wrong.start()) + 1, "control-character", f"U+{ord(wrong[0]):04X}")
    return characters


def _tree(characters: str, book: _Book) -> _Node:
    try:
        return _compose(characters, book)
    except (yaml.YAMLError, ValueError, OverflowError) as error:  # PyYAML lets chr() fail on "\UFFFFFFFF"
        problem = getattr(error, "problem", None) or "not YAML"
        mark = getattr(error, "problem_mark", None)
        lines = characters.splitlines()
        if "end of stream" in problem or (mark and not "".join(lines[mark.line :]).strip()):
            mark = getattr(error, "context_mark", None) or mark  # a quote or bracket left open: say where it opens
        line = mark.line + 1 if mark else 0
        tab = re.match(r" *\t", "".join(lines[line - 1 : line]))
        _give_up(book, line, "tab" if tab else "syntax", problem)


def _compose(characters: str, book: _Book) -> _Node:
    """Build the tree without following aliases, which could make a small file unfold without end."""
    root: _Node | None = None
    path: list[_Node] = []
    for event in yaml.parse(characters, Loader=_LOADER):
        if isinstance(event, yaml.DocumentStartEvent) and root:
            _Node(book=book, line=_mark(event)[0]).wrong("several-documents")
            break
        if isinstance(event, yaml.CollectionEndEvent):
            path.pop()
        elif isinstance(event, yaml.NodeEvent):
            node = _node(event, path[-1] if path else None, book)
            root = root or node
            if node.kind in ("list", "mapping"):
                path.append(node)
            if len(path) > DEEPEST:
                _give_up(book, node.line, "too-deep")
    return root or _Node(book=book)


def _mark(event: yaml.Event) -> tuple[int, int]:
    return (event.start_mark.line + 1, event.start_mark.column) if event.start_mark else (0, 0)


def _node(event: yaml.NodeEvent, parent: _Node | None, book: _Book) -> _Node:
    line, column = _mark(event)
    where = text = ""
    if parent and parent.kind == "list":
        where = f"{parent.where}[{len(parent.children)}]"
    elif parent:  # a key, or the value of the key before it
        key = parent.children[-1].text if len(parent.children) % 2 else getattr(event, "value", "")
        where = f"{parent.where}.{key}".strip(".")
    kind: Literal["text", "list", "mapping", "nothing", "refused"] = "mapping"
    if isinstance(event, yaml.ScalarEvent):
        text = event.value.strip()
        kind = "nothing" if event.implicit[0] and text.lower() in ("", "~", "null") else "text"
    elif isinstance(event, yaml.AliasEvent):
        kind = "refused"
    elif isinstance(event, yaml.SequenceStartEvent):
        kind = "list"
    node = _Node(book=book, kind=kind, where=where, line=line, column=column, text=text)
    if event.anchor:
        node.wrong("alias", got=("*" if kind == "refused" else "&") + event.anchor)
    if tag := getattr(event, "tag", None):
        node.wrong("tag", got=tag)
    if parent:
        parent.children.append(node)
    return node


# --- from the tree to values; a reader of a wrong value writes the mistake down and returns anything of its type


_Reader = Callable[[_Node], Any]
_Fields = dict[str, _Node]
_Fill = Callable[[_Fields], _Fields]


def _fields(node: _Node, keys: Iterable[str] = (), required: tuple[str, ...] = ()) -> _Fields:
    """The values of a mapping by key; one left empty counts as absent. Without `keys`, any key will do."""
    if node.kind != "mapping":
        if node.kind != "refused":
            node.wrong("not-a-mapping")
        return {}
    found: _Fields = {}
    for key, value in zip(node.children[::2], node.children[1::2], strict=True):
        if not key.text and key.kind != "refused":
            key.wrong("not-a-text")
        elif keys and key.text not in keys:
            key.wrong("unknown-key", hint=_nearest(key.text, keys))
        elif key.text in found:
            key.wrong("duplicate-key", hint=str(found[key.text].line))
        else:
            found[key.text] = value
    found = {key: value for key, value in found.items() if value.kind != "nothing"}
    for name in required:
        if name not in found:
            node.wrong("missing", key=name)
    return found


def _each(reader: Callable[[_Node], T]) -> Callable[[_Node], tuple[T, ...]]:
    """The reader of a list."""

    def read(node: _Node) -> tuple[T, ...]:
        if node.kind not in ("list", "refused"):
            node.wrong("not-a-list", hint=f"[{node.text}]" if node.text else "")
        return tuple(reader(item) for item in (node.children if node.kind == "list" else []))

    return read


def _rows(
    node: _Node, make: Callable[..., T], readers: Mapping[str, _Reader], once: Mapping[str, Reason], fill: _Fill = dict
) -> tuple[T, ...]:
    """Read a list of mappings; what `once` names must be there, and never twice the same."""
    rows = [fill(row) for row in _each(partial(_fields, keys=readers, required=tuple(once)))(node)]
    for key, reason in once.items():
        first: dict[object, _Node] = {}
        for at in (row[key] for row in rows if key in row and row[key].kind == "text"):
            if (earlier := first.setdefault(_address(at.text) or at.text, at)) is not at:
                at.wrong(reason, hint=str(earlier.line))
    empty = dict.fromkeys(once, "")
    return tuple(make(**empty | {key: readers[key](at) for key, at in row.items()}) for row in rows)


def _is_text(node: _Node) -> bool:
    if node.kind in ("list", "mapping", "nothing"):
        node.wrong("not-a-text")
    elif any(unicodedata.category(c) in ("Cc", "Cs") for c in node.text):
        node.wrong("control-character")
    else:
        return node.kind == "text"
    return False


def _prose(node: _Node) -> str:
    return clean(node.text) if _is_text(node) else ""


def _checked(node: _Node, right: Callable[[str], object], reason: Reason, hint: str | Callable[[str], str]) -> str:
    """A text for which `right` holds; what is not even a text is one mistake, not two."""
    if not _is_text(node):
        return ""
    if not right(node.text):
        node.wrong(reason, hint=hint if isinstance(hint, str) else hint(node.text))
    return node.text


def _word(words: tuple[str, ...], reason: Reason) -> Callable[[_Node], str]:
    """The reader of one word out of a few."""
    return partial(_checked, right=words.__contains__, reason=reason, hint=partial(_nearest, words=words))


def _nearest(word: str, words: Iterable[str]) -> str:
    folded = {w.casefold(): w for w in words}
    word = _FRENCH.get(word.casefold(), word.casefold()[:80])
    return next((folded[w] for w in difflib.get_close_matches(word, folded, n=1)), "")


def _number(node: _Node) -> float:
    point = node.text.replace(",", ".", 1)
    if not _NUMBER.fullmatch(node.text):
        if node.kind != "refused":
            node.wrong("not-a-number", hint=point if _NUMBER.fullmatch(point) else "50")
        return 0.0
    if not 0 <= float(node.text) <= 100:
        node.wrong("out-of-range", hint="0-100")
    return float(node.text)


def _duration(node: _Node) -> timedelta:
    parts = _DURATION.fullmatch(_checked(node, _DURATION.fullmatch, "not-a-duration", "6h"))
    every = int(parts[1]) * _UNITS[parts[2]] if parts else RAREST
    if every < OFTENEST:
        node.wrong("too-often", hint="5m")
    if every > RAREST:
        node.wrong("too-rare", hint="52w")
    return every


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


def _is_host(text: str) -> bool:
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


_id = partial(_checked, right=_ID.fullmatch, reason="not-an-id", hint="inserm-presse")
_name = partial(_checked, right=_NAME.fullmatch, reason="not-a-name", hint="osteosarcome")
_url = partial(_checked, right=_address, reason="not-a-web-address", hint="https://www.example.org/feed")
_email = partial(_checked, right=_is_email, reason="not-an-email", hint="prenom.nom@example.org")
_contact = partial(_checked, right=_is_contact, reason="not-a-contact", hint="prenom.nom@example.org")
_host = partial(_checked, right=_is_host, reason="not-a-host", hint="127.0.0.1")
_zone = partial(_checked, right=_is_zone, reason="unknown-zone", hint=_zone_near)
_code = partial(_checked, right=re.compile("[a-z]{2}").fullmatch, reason="unknown-language", hint="fr")


def _path(node: _Node) -> Path:
    text = _checked(node, bool, "not-a-path", "watcher.db")
    try:
        return node.book.folder / Path(text).expanduser()
    except RuntimeError:  # ~somebody whom this machine does not know
        node.wrong("not-a-path")
    return node.book.folder


def _folder(node: _Node) -> Path:
    path = _path(node)
    if node.text and not _is_folder(path):
        node.wrong("no-such-folder")
    return path


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except (OSError, ValueError):  # a name too long, a folder closed to us
        return False


# --- the sections


def _settings(top: _Node, file: Path, kinds: tuple[str, ...]) -> Settings:
    readers: dict[str, _Reader] = {"contact": _contact, "language": _word(LANGUAGES, "unknown-language")}
    readers |= {"timezone": _zone, "database": _path, "allow_hosts": _each(lambda host: _host(host).lower())}
    readers |= {"sources": partial(_sources, kinds=kinds), "profiles": _profiles}
    fields = {} if top.kind == "nothing" else _fields(top, (*readers, "digests"))
    nothing = _Node(book=top.book)
    sources, profiles = fields.get("sources", nothing), fields.get("profiles", nothing)
    if top.kind in ("mapping", "nothing") and sources.kind in ("list", "nothing") and not sources.children:
        replace(nothing, line=sources.line).wrong("missing", key="sources")
    values: dict[str, Any] = {"database": file.parent / "watcher.db", "sources": ()}
    if profiles.kind == "nothing":
        values["profiles"] = _profile_folders(file.parent / "seeds")
    values |= {key: readers[key](node) for key, node in fields.items() if key != "digests"}
    if "digests" in fields:  # after the profiles, which they name
        names = tuple(profile.name for profile in values["profiles"])
        known = _word(names, "unknown-profile") if profiles.kind in ("list", "nothing") else _prose
        values["digests"] = _digests(fields["digests"], names, known)
    return Settings(file=file, **values)


def _sources(node: _Node, kinds: tuple[str, ...]) -> tuple[Source, ...]:
    readers: dict[str, _Reader] = {"id": _id, "name": _prose, "url": _url, "language": _code, "every": _duration}
    readers["kind"] = _word(kinds, "unknown-kind")
    return _rows(node, Source, readers, {"id": "duplicate-id", "url": "duplicate-url"})


def _profiles(node: _Node) -> tuple[ProfileSetting, ...]:
    readers: dict[str, _Reader] = {"name": _name, "seeds": _folder, "threshold": _number, "weights": _weights}
    readers |= {"include": _each(_prose), "exclude": _each(_prose)}
    make = partial(ProfileSetting, seeds=Path())
    return _rows(node, make, readers, {"name": "duplicate-name"}, fill=_with_seeds)


def _with_seeds(row: _Fields) -> _Fields:
    """A profile that does not name its folder has the one of its own name."""
    name = row.get("name")
    if "seeds" in row or not name or not _NAME.fullmatch(name.text):
        return row
    return row | {"seeds": replace(name, where=name.where.removesuffix("name") + "seeds", text=f"seeds/{name.text}")}


def _weights(node: _Node) -> tuple[tuple[str, float], ...]:
    return tuple((clean(term), _number(factor)) for term, factor in _fields(node).items())


def _profile_folders(folder: Path) -> tuple[ProfileSetting, ...]:
    """A profile for each folder under `seeds`, by name; none without that folder."""
    try:
        folders = {clean(path.name): path for path in folder.iterdir() if _is_folder(path)}
    except OSError:
        return ()
    return tuple(ProfileSetting(name=name, seeds=folders[name]) for name in sorted(folders) if _NAME.fullmatch(name))


def _digests(node: _Node, profiles: tuple[str, ...], known: _Reader) -> tuple[DigestSetting, ...]:
    readers: dict[str, _Reader] = {"name": _name, "profiles": _each(known), "to": _each(_email)}
    readers |= {"every": _word(EVERY, "unknown-every"), "day": _word(DAYS, "unknown-day")}
    return _rows(node, partial(DigestSetting, profiles=profiles), readers, {"name": "duplicate-name"})
