"""`feeds.yaml` to values; every mistake at once, with its line."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from watcher.config import readers as read
from watcher.config.mail import check_digest, check_mail, is_port
from watcher.config.tree import LARGEST, Node, Reason, read_tree
from watcher.digest import DigestSetting
from watcher.errors import ConfigError
from watcher.journal import LEVELS, LogSetting
from watcher.outbox import MailSettings
from watcher.periods import WEEKDAYS
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


# --- the sections


def _settings(top: Node, file: Path, kinds: Mapping[str, str]) -> Settings:
    readers: dict[str, read.Reader] = {"contact": read.contact, "language": read.word(LANGUAGES, "unknown-language")}
    readers |= {"timezone": read.zone, "database": read.path, "backups": read.path, "retention": read.retention}
    readers |= {"allow_hosts": read.each(lambda host: read.host(host).lower())}
    readers |= {"sources": partial(_sources, kinds=kinds), "profiles": _profiles, "rules": _rules}
    readers |= {"mail": _mail, "templates": read.folder, "log": _log, "metrics": _file, "ping": _ping}
    fields = {} if top.kind == "nothing" else read.fields(top, (*readers, "digests"))
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
        known = read.word(names, "unknown-profile") if profiles.kind in ("list", "nothing") else read.prose
        values["digests"] = _digests(fields["digests"], names, known)
    return Settings(file=file, **values)


def _file(node: Node) -> Path:
    """A path that does not lead to a folder."""
    path = read.path(node)
    if node.text and read.is_folder(path):
        node.wrong("not-a-text-file", hint=f"{node.text.rstrip('/')}/watcher.txt")
    return path


def _log(node: Node) -> LogSetting:
    """`{path: watcher.log, level: sources}`, or the path alone; the path `stderr` is the error stream."""
    if node.kind == "text":
        return LogSetting(file=_log_file(node))
    fields = read.fields(node, ("path", "level"))
    if node.kind == "mapping" and "path" not in fields:
        node.wrong("missing", key="path")
    file = _log_file(fields["path"]) if "path" in fields else None
    level = read.word(tuple(LEVELS), "unknown-level")(fields["level"]) if "level" in fields else "sources"
    return LogSetting(file=file, level=LEVELS.get(level, 0))


def _log_file(node: Node) -> Path | None:
    return None if node.text == "stderr" else _file(node)


def _ping(node: Node) -> None:
    """Who knows the address can say that all is well: it belongs to the secrets."""
    node.wrong("ping-here", got="***")


def _sources(node: Node, kinds: Mapping[str, str]) -> tuple[Source, ...]:
    readers: dict[str, read.Reader] = {
        "id": read.identifier,
        "name": read.prose,
        "url": read.url,
        "language": read.code,
        "every": read.duration,
    }
    readers |= {
        "kind": read.word(tuple(kinds), "unknown-kind"),
        "query": read.prose,
        "select": _selectors,
        "full_text": _yes,
    }
    once: dict[str, Reason] = {"id": "duplicate-id", "url": "duplicate-url"}
    return read.rows(node, Source, readers, once, fill=partial(_with_service, kinds=kinds))


def _with_service(row: read.Fields, kinds: Mapping[str, str]) -> read.Fields:
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
    return tuple((clean(name), read.prose(selector)) for name, selector in read.fields(node).items())


def _yes(node: Node) -> bool:
    return read.word(("true", "false", "yes", "no"), "not-yes-or-no")(node) in ("true", "yes")


def _profiles(node: Node) -> tuple[tuple[ProfileSetting, Rules], ...]:
    """Each profile with its rules, which say what is shown and not what is learnt."""
    readers: dict[str, read.Reader] = {
        "name": read.name,
        "seeds": read.folder,
        "threshold": read.number,
        "weights": _weights,
    }
    readers |= {"include": read.each(read.prose), "exclude": read.each(read.prose), **_RULES}
    return read.rows(node, _profile, readers, {"name": "duplicate-name"}, fill=_with_seeds)


def _profile(**said: Any) -> tuple[ProfileSetting, Rules]:
    rules = Rules(profile=said["name"], **{key: said.pop(key) for key in _RULES if key in said})
    return ProfileSetting(**{"seeds": Path()} | said), rules


def _rules(node: Node) -> Rules:
    """The rules for all profiles."""
    return Rules(**{key: _RULES[key](at) for key, at in read.fields(node, _RULES).items()})


def _rule(node: Node) -> str:
    """The words of one rule; those that say nothing (`the`, `2024`) could never be met."""
    return read.checked(node, lambda text: all(map(sought, text.split(OR))), "says-nothing", "")


_RULES: Mapping[str, read.Reader] = dict.fromkeys(("always", "never", "must"), read.each(_rule))


def _with_seeds(row: read.Fields) -> read.Fields:
    """A profile that does not name its folder has the one of its own name."""
    name = row.get("name")
    if "seeds" in row or not name or not read.NAME.fullmatch(name.text):
        return row
    return row | {"seeds": replace(name, where=name.where.removesuffix("name") + "seeds", text=f"seeds/{name.text}")}


def _weights(node: Node) -> tuple[tuple[str, float], ...]:
    return tuple((clean(term), read.number(factor)) for term, factor in read.fields(node).items())


def _profile_folders(folder: Path) -> tuple[ProfileSetting, ...]:
    """A profile for each folder under `seeds`, by name; none without that folder."""
    try:
        folders = {clean(path.name): path for path in folder.iterdir() if read.is_folder(path)}
    except OSError:
        return ()
    return tuple(
        ProfileSetting(name=name, seeds=folders[name]) for name in sorted(folders) if read.NAME.fullmatch(name)
    )


def _mail(node: Node) -> MailSettings | None:
    """How mail leaves this machine; None when that cannot be told."""
    fields = read.fields(node, (*_MAIL, "password"))
    values = {key: _MAIL[key](at) for key, at in fields.items() if key in _MAIL}
    if node.kind != "mapping" or not check_mail(node, fields, values):
        return None
    program = "sendmail" if values.pop("sendmail", False) else ""
    return MailSettings(sender=values.pop("from"), sendmail=program, **values)


def _port(node: Node) -> int:
    text = read.checked(node, is_port, "not-a-port", "587")
    return int(text) if is_port(text) else 0


_MAIL: Mapping[str, read.Reader] = {
    "from": read.email,
    "host": partial(
        read.checked,
        right=lambda text: "/" not in text and read.is_host(text),
        reason="not-a-server",
        hint="smtp.chu.fr",
    ),
    "port": _port,
    "security": read.word(("starttls", "tls", "none"), "unknown-security"),
    "user": read.prose,
    "maildir": read.path,
    "sendmail": _yes,
}


def _readers(node: Node) -> tuple[str, ...]:
    """Whom a digest goes to; whoever pastes a whole directory of addresses there sends mail that nobody asked for."""
    if len(node.children) > MOST_READERS:
        node.wrong("too-many-readers", got=str(len(node.children)), hint=str(MOST_READERS))
    return read.each(read.email)(node)


def _most(node: Node) -> int:
    text = read.checked(node, _is_most, "not-a-count", "40")
    return int(text) if _is_most(text) else 1


def _is_most(text: str) -> bool:
    """Whether a text is how many stories a digest may hold."""
    return bool(read.COUNT.fullmatch(text)) and int(text) <= MOST


def _watch(node: Node) -> int:
    text = read.checked(node, _is_watch, "not-a-few", "5")
    return int(text) if _is_watch(text) else 0


def _is_watch(text: str) -> bool:
    """Whether a text is how many articles a section may show beside its stories."""
    return text == "0" or (bool(read.COUNT.fullmatch(text)) and int(text) <= MOST_WATCHED)


def _place(node: Node) -> str:
    """The name of a place for short messages; an address is a key, and is not repeated."""
    if "://" in node.text:
        node.wrong("push-here", got="***")
        return ""
    return read.identifier(node)


def _digests(node: Node, profiles: tuple[str, ...], known: read.Reader) -> tuple[DigestSetting, ...]:
    readers: dict[str, read.Reader] = {"name": read.name, "profiles": read.each(known)}
    readers |= {"to": _readers, "every": read.word(EVERY, "unknown-every"), "day": read.word(WEEKDAYS, "unknown-day")}
    readers |= {"language": read.word(LANGUAGES, "unknown-language"), "most": _most, "when_empty": _yes}
    readers |= {
        "push": read.each(_place),
        "folder": read.path,
        "form": read.word(FORMS, "unknown-form"),
        "watch": _watch,
    }
    make = partial(DigestSetting, profiles=profiles)
    return read.rows(node, make, readers, {"name": "duplicate-name"}, fill=check_digest)
