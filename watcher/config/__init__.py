"""`feeds.yaml` to values; every mistake at once, with its line."""

import difflib
import ipaddress
import re
import unicodedata
import zoneinfo
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from watcher.config.mail import check_digest, check_mail, is_port
from watcher.config.tree import LARGEST, Node, Reason, read_tree
from watcher.digest import DigestSetting
from watcher.errors import ConfigError
from watcher.journal import LEVELS, LogSetting
from watcher.outbox import MailSettings
from watcher.periods import WEEKDAYS, kept_for
from watcher.profiles import ProfileSetting
from watcher.rules import OR, Rules, sought
from watcher.sources import Source
from watcher.text import clean

__all__ = ["LARGEST", "Reason", "Settings", "load"]

FEEDS_ONLY: Mapping[str, str] = {"feed": ""}
EVERY = ("day", "week", "month")
FORMS = ("html", "text", "markdown")
LANGUAGES = ("fr", "en")
MOST_READERS = 100  # of one digest; each has a letter of his own
MOST = 200  # stories in a digest; nobody reads on
MOST_WATCHED = 20  # articles just below a threshold
OFTENEST, RAREST = timedelta(minutes=5), timedelta(weeks=52)

_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}
_FRENCH = {"jour": "day", "semaine": "week", "mois": "month", "français": "fr", "anglais": "en"} | dict(
    zip(("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"), WEEKDAYS, strict=True)
)
_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
_NAME = re.compile(r"\w[\w '’()&+,.-]{0,99}")  # it may become a file name
_NUMBER = re.compile(r"[+-]?[0-9]{1,12}(\.[0-9]{1,12})?")
_COUNT = re.compile(r"[1-9][0-9]{0,3}")
_DURATION = re.compile(r"([0-9]{1,6})([mhdw])")
_EMAIL = re.compile(r'[^\s@,;:<>()\[\]"\\]+@[^\s@,;:<>()\[\]"\\]+')
_HOST = re.compile(r"(?![0-9.]+$)(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]*[a-z0-9])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9])?)*")

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a person says in `feeds.yaml`; paths start from the folder of that file."""

    file: Path
    contact: str = ""  # an e-mail or web address in ASCII, which publishers see
    language: str = "fr"  # of what is written for readers: fr, en
    timezone: str = "Europe/Paris"
    database: Path
    backups: Path | None = None  # the folder of the copies of the database; None: beside it
    retention: timedelta | None = None  # how long texts are kept; None: for ever
    allow_hosts: tuple[str, ...] = ()  # names in lower case, addresses, networks
    sources: tuple[Source, ...]
    profiles: tuple[ProfileSetting, ...]
    digests: tuple[DigestSetting, ...] = ()
    mail: MailSettings | None = None  # without its password
    rules: tuple[Rules, ...] = ()  # everyone's first, then those of profiles that have some
    log: LogSetting | None = None
    metrics: Path | None = None  # a text file for Prometheus
    templates: Path | None = None  # a folder of a person's own


def load(file: Path, *, kinds: Mapping[str, str] = FEEDS_ONLY) -> Settings:
    """Read the settings.

    `kinds` are the kinds of source that can be read, with the address of those that are services ("" for the others).
    Raises UsageError("no-settings") without a file, and ConfigError with every mistake found, in the order of the file.
    """
    top = read_tree(file)
    settings = _settings(top, file, kinds)
    if mistakes := top.book.mistakes:
        raise ConfigError(tuple(mistake for *_, mistake in sorted(mistakes, key=lambda found: found[:2])))
    return settings


# --- from the tree to values; a reader of a wrong value writes the mistake down and returns anything of its type


def _at_rest(node: Node) -> Node:
    return node


_Reader = Callable[[Node], Any]
_Fields = dict[str, Node]
_Fill = Callable[[_Fields], _Fields]


def _fields(node: Node, keys: Iterable[str] = ()) -> _Fields:
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
    return {key: value for key, value in found.items() if value.kind != "nothing"}


def _each(reader: Callable[[Node], T]) -> Callable[[Node], tuple[T, ...]]:
    """The reader of a list."""

    def read(node: Node) -> tuple[T, ...]:
        if node.kind not in ("list", "refused"):
            node.wrong("not-a-list", hint=f"[{node.text}]" if node.text else "")
        return tuple(reader(item) for item in (node.children if node.kind == "list" else []))

    return read


def _rows(
    node: Node, make: Callable[..., T], readers: Mapping[str, _Reader], once: Mapping[str, Reason], fill: _Fill = dict
) -> tuple[T, ...]:
    """Read a list of mappings; what `once` names must be there, and never twice the same."""
    rows = []
    for at in _each(_at_rest)(node):
        rows.append(fill(_fields(at, keys=readers)))
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


def _asked(row: _Fields) -> tuple[str, ...]:
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


def _prose(node: Node) -> str:
    return clean(node.text) if _is_text(node) else ""


def _checked(node: Node, right: Callable[[str], object], reason: Reason, hint: str | Callable[[str], str]) -> str:
    """A text for which `right` holds; what is not even a text is one mistake, not two."""
    if not _is_text(node):
        return ""
    if not right(node.text):
        node.wrong(reason, hint=hint if isinstance(hint, str) else hint(node.text))
    return node.text


def _word(words: tuple[str, ...], reason: Reason) -> Callable[[Node], str]:
    """The reader of one word out of a few."""
    return partial(_checked, right=words.__contains__, reason=reason, hint=partial(_nearest, words=words))


def _nearest(word: str, words: Iterable[str]) -> str:
    folded = {w.casefold(): w for w in words}
    word = _FRENCH.get(word.casefold(), word.casefold()[:80])
    return next((folded[w] for w in difflib.get_close_matches(word, folded, n=1)), "")


def _number(node: Node) -> float:
    point = node.text.replace(",", ".", 1)
    if not _NUMBER.fullmatch(node.text):
        if node.kind != "refused":
            node.wrong("not-a-number", hint=point if _NUMBER.fullmatch(point) else "50")
        return 0.0
    if not 0 <= float(node.text) <= 100:
        node.wrong("out-of-range", hint="0-100")
    return float(node.text)


def _duration(node: Node) -> timedelta:
    parts = _DURATION.fullmatch(_checked(node, _DURATION.fullmatch, "not-a-duration", "6h"))
    every = int(parts[1]) * _UNITS[parts[2]] if parts else RAREST
    if every < OFTENEST:
        node.wrong("too-often", hint="5m")
    if every > RAREST:
        node.wrong("too-rare", hint="52w")
    return every


def _retention(node: Node) -> timedelta | None:
    return kept_for(_checked(node, kept_for, "not-a-retention", "24m"))


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


def _path(node: Node) -> Path:
    text = _checked(node, bool, "not-a-path", "watcher.db")
    try:
        return node.book.folder / Path(text).expanduser()
    except RuntimeError:  # ~somebody whom this machine does not know
        node.wrong("not-a-path")
    return node.book.folder


def _folder(node: Node) -> Path:
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


def _settings(top: Node, file: Path, kinds: Mapping[str, str]) -> Settings:
    readers: dict[str, _Reader] = {"contact": _contact, "language": _word(LANGUAGES, "unknown-language")}
    readers |= {"timezone": _zone, "database": _path, "backups": _path, "retention": _retention}
    readers |= {"allow_hosts": _each(lambda host: _host(host).lower())}
    readers |= {"sources": partial(_sources, kinds=kinds), "profiles": _profiles, "rules": _rules}
    readers |= {"mail": _mail, "templates": _folder, "log": _log, "metrics": _file, "ping": _ping}
    fields = {} if top.kind == "nothing" else _fields(top, (*readers, "digests"))
    nothing = Node(book=top.book)
    sources, profiles = fields.get("sources", nothing), fields.get("profiles", nothing)
    if top.kind in ("mapping", "nothing") and sources.kind in ("list", "nothing") and not sources.children:
        replace(nothing, line=sources.line).wrong("missing", key="sources")
    values: dict[str, Any] = {"database": file.parent / "watcher.db", "sources": ()}
    values |= {key: readers[key](node) for key, node in fields.items() if key != "digests"}
    values.pop("ping", None)
    pairs = values.pop("profiles", ())
    values["profiles"] = tuple(setting for setting, _ in pairs)
    if profiles.kind == "nothing":
        values["profiles"] = _profile_folders(file.parent / "seeds")
    rules = (values.pop("rules", Rules()), *(own for _, own in pairs))
    values["rules"] = tuple(r for r in rules if r.always or r.never or r.must)
    if "digests" in fields:  # after the profiles, which they name
        names = tuple(profile.name for profile in values["profiles"])
        known = _word(names, "unknown-profile") if profiles.kind in ("list", "nothing") else _prose
        values["digests"] = _digests(fields["digests"], names, known)
    return Settings(file=file, **values)


def _file(node: Node) -> Path:
    """A path that does not lead to a folder."""
    path = _path(node)
    if node.text and _is_folder(path):
        node.wrong("not-a-text-file", hint=f"{node.text.rstrip('/')}/watcher.txt")
    return path


def _log(node: Node) -> LogSetting:
    """`{path: watcher.log, level: sources}`, or the path alone; the path `stderr` is the error stream."""
    if node.kind == "text":
        return LogSetting(file=_log_file(node))
    fields = _fields(node, ("path", "level"))
    if node.kind == "mapping" and "path" not in fields:
        node.wrong("missing", key="path")
    file = _log_file(fields["path"]) if "path" in fields else None
    level = _word(tuple(LEVELS), "unknown-level")(fields["level"]) if "level" in fields else "sources"
    return LogSetting(file=file, level=LEVELS.get(level, 0))


def _log_file(node: Node) -> Path | None:
    return None if node.text == "stderr" else _file(node)


def _ping(node: Node) -> None:
    """Who knows the address can say that all is well: it belongs to the secrets."""
    node.wrong("ping-here", got="***")


def _sources(node: Node, kinds: Mapping[str, str]) -> tuple[Source, ...]:
    readers: dict[str, _Reader] = {"id": _id, "name": _prose, "url": _url, "language": _code, "every": _duration}
    readers |= {"kind": _word(tuple(kinds), "unknown-kind"), "query": _prose, "select": _selectors, "full_text": _yes}
    once: dict[str, Reason] = {"id": "duplicate-id", "url": "duplicate-url"}
    return _rows(node, Source, readers, once, fill=partial(_with_service, kinds=kinds))


def _with_service(row: _Fields, kinds: Mapping[str, str]) -> _Fields:
    """A service has an address of its own, and needs a query."""
    kind = row.get("kind")
    service = kinds.get(kind.text, "") if kind else ""
    if kind is None or not service:
        return row
    if "query" not in row:
        kind.wrong("query-wanted", got=kind.text)
    if "url" in row:
        return row
    return row | {"url": replace(kind, where=kind.where.removesuffix("kind") + "url", text=service)}


def _selectors(node: Node) -> tuple[tuple[str, str], ...]:
    return tuple((clean(name), _prose(selector)) for name, selector in _fields(node).items())


def _yes(node: Node) -> bool:
    return _word(("true", "false", "yes", "no"), "not-yes-or-no")(node) in ("true", "yes")


def _profiles(node: Node) -> tuple[tuple[ProfileSetting, Rules], ...]:
    """Each profile with its rules, which say what is shown and not what is learnt."""
    readers: dict[str, _Reader] = {"name": _name, "seeds": _folder, "threshold": _number, "weights": _weights}
    readers |= {"include": _each(_prose), "exclude": _each(_prose), **_RULES}
    return _rows(node, _profile, readers, {"name": "duplicate-name"}, fill=_with_seeds)


def _profile(**said: Any) -> tuple[ProfileSetting, Rules]:
    rules = Rules(profile=said["name"], **{key: said.pop(key) for key in _RULES if key in said})
    return ProfileSetting(**{"seeds": Path()} | said), rules


def _rules(node: Node) -> Rules:
    """The rules for all profiles."""
    return Rules(**{key: _RULES[key](at) for key, at in _fields(node, _RULES).items()})


def _rule(node: Node) -> str:
    """The words of one rule; those that say nothing (`the`, `2024`) could never be met."""
    return _checked(node, lambda text: all(map(sought, text.split(OR))), "says-nothing", "")


_RULES: Mapping[str, _Reader] = dict.fromkeys(("always", "never", "must"), _each(_rule))


def _with_seeds(row: _Fields) -> _Fields:
    """A profile that does not name its folder has the one of its own name."""
    name = row.get("name")
    if "seeds" in row or not name or not _NAME.fullmatch(name.text):
        return row
    return row | {"seeds": replace(name, where=name.where.removesuffix("name") + "seeds", text=f"seeds/{name.text}")}


def _weights(node: Node) -> tuple[tuple[str, float], ...]:
    return tuple((clean(term), _number(factor)) for term, factor in _fields(node).items())


def _profile_folders(folder: Path) -> tuple[ProfileSetting, ...]:
    """A profile for each folder under `seeds`, by name; none without that folder."""
    try:
        folders = {clean(path.name): path for path in folder.iterdir() if _is_folder(path)}
    except OSError:
        return ()
    return tuple(ProfileSetting(name=name, seeds=folders[name]) for name in sorted(folders) if _NAME.fullmatch(name))


def _mail(node: Node) -> MailSettings | None:
    """How mail leaves this machine; None when that cannot be told."""
    fields = _fields(node, (*_MAIL, "password"))
    values = {key: _MAIL[key](at) for key, at in fields.items() if key in _MAIL}
    if node.kind != "mapping" or not check_mail(node, fields, values):
        return None
    program = "sendmail" if values.pop("sendmail", False) else ""
    return MailSettings(sender=values.pop("from"), sendmail=program, **values)


def _port(node: Node) -> int:
    text = _checked(node, is_port, "not-a-port", "587")
    return int(text) if is_port(text) else 0


_MAIL: Mapping[str, _Reader] = {
    "from": _email,
    "host": partial(
        _checked, right=lambda text: "/" not in text and _is_host(text), reason="not-a-server", hint="smtp.chu.fr"
    ),
    "port": _port,
    "security": _word(("starttls", "tls", "none"), "unknown-security"),
    "user": _prose,
    "maildir": _path,
    "sendmail": _yes,
}


def _readers(node: Node) -> tuple[str, ...]:
    """Whom a digest goes to; whoever pastes a whole directory of addresses there sends mail that nobody asked for."""
    if len(node.children) > MOST_READERS:
        node.wrong("too-many-readers", got=str(len(node.children)), hint=str(MOST_READERS))
    return _each(_email)(node)


def _most(node: Node) -> int:
    text = _checked(node, _is_most, "not-a-count", "40")
    return int(text) if _is_most(text) else 1


def _is_most(text: str) -> bool:
    """Whether a text is how many stories a digest may hold."""
    return bool(_COUNT.fullmatch(text)) and int(text) <= MOST


def _watch(node: Node) -> int:
    text = _checked(node, _is_watch, "not-a-few", "5")
    return int(text) if _is_watch(text) else 0


def _is_watch(text: str) -> bool:
    """Whether a text is how many articles a section may show beside its stories."""
    return text == "0" or (bool(_COUNT.fullmatch(text)) and int(text) <= MOST_WATCHED)


def _place(node: Node) -> str:
    """The name of a place for short messages; an address is a key, and is not repeated."""
    if "://" in node.text:
        node.wrong("push-here", got="***")
        return ""
    return _id(node)


def _digests(node: Node, profiles: tuple[str, ...], known: _Reader) -> tuple[DigestSetting, ...]:
    readers: dict[str, _Reader] = {"name": _name, "profiles": _each(known)}
    readers |= {"to": _readers, "every": _word(EVERY, "unknown-every"), "day": _word(WEEKDAYS, "unknown-day")}
    readers |= {"language": _word(LANGUAGES, "unknown-language"), "most": _most, "when_empty": _yes}
    readers |= {"push": _each(_place), "folder": _path, "form": _word(FORMS, "unknown-form"), "watch": _watch}
    make = partial(DigestSetting, profiles=profiles)
    return _rows(node, make, readers, {"name": "duplicate-name"}, fill=check_digest)
