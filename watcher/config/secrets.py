"""What opens the sources that ask who is there: `secrets.yaml` and the environment; nothing of it is ever shown."""

import difflib
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from watcher.config.tree import Node, read_tree
from watcher.errors import ConfigError, Mistake, UsageError
from watcher.sources import Credentials, Secret, Source

FILE = "secrets.yaml"  # beside feeds.yaml
VARIABLE = "WATCHER_SECRET_"

_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_|~-]{1,100}")
_OURS = {"host", "connection", "content-length", "transfer-encoding", "if-none-match", "if-modified-since"}
_CLOSED = 0o077  # what nobody but the owner may do


def read_secrets(file: Path, sources: Iterable[Source], environment: Mapping[str, str]) -> dict[str, Credentials]:
    """The credentials of every source that has some, by its id; what the environment says comes first.

    Raises UsageError for a file that others may read, for one that cannot be read, and for a variable that is not
    `user:password`; ConfigError with every mistake found in the file, without a word of what it holds.
    """
    homes = {source.id: source.url for source in sources}
    found = _in_file(file, homes) if _is_there(file) else {}
    for name, home in homes.items():
        variable = VARIABLE + name.upper().replace("-", "_")
        if said := environment.get(variable, ""):
            user, colon, password = said.partition(":")
            if not colon:
                raise UsageError("bad-secret", name=variable)
            kept = found.get(name, Credentials(home=home))
            found[name] = replace(kept, user=Secret(user), password=Secret(password))
    return found


def _is_there(file: Path) -> bool:
    try:
        mode = file.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        raise UsageError("unreadable-file", file=str(file), detail=error.strerror) from None
    if os.name == "posix" and mode & _CLOSED:
        raise UsageError("open-secrets", file=str(file))
    return True


def _in_file(file: Path, homes: Mapping[str, str]) -> dict[str, Credentials]:
    try:
        top = read_tree(file)
    except ConfigError as error:
        raise ConfigError(_hushed(error.mistakes, homes)) from None
    found = {
        name: _credentials(node, homes[name])
        for name, node in (_fields(top, homes) if top.kind != "nothing" else {}).items()
    }
    if mistakes := top.book.mistakes:
        raise ConfigError(_hushed((mistake for *_, mistake in sorted(mistakes, key=lambda m: m[:2])), homes))
    return found


def _hushed(mistakes: Iterable[Mistake], homes: Mapping[str, str]) -> tuple[Mistake, ...]:
    """Mistakes without what stands in the file: a slip of indentation makes a key out of a password."""
    wheres = ((mistake, mistake.where.partition(".")[0]) for mistake in mistakes)
    return tuple(replace(m, got="***" if m.got else "", where=where if where in homes else "") for m, where in wheres)


def _fields(node: Node, keys: Iterable[str] = ()) -> dict[str, Node]:
    """The values of a mapping by key; without `keys`, any key will do."""
    known = tuple(keys)
    if node.kind != "mapping":
        if node.kind != "refused":
            node.wrong("not-a-mapping")
        return {}
    found: dict[str, Node] = {}
    for key, value in zip(node.children[::2], node.children[1::2], strict=True):
        if known and key.text not in known:
            key.wrong("unknown-key", hint="".join(difflib.get_close_matches(key.text, known, 1)))
        elif key.text in found:
            key.wrong("duplicate-key", hint=str(found[key.text].line))
        else:
            found[key.text] = value
    return found


def _credentials(node: Node, home: str) -> Credentials:
    fields = _fields(node, ("user", "password", "headers"))
    nothing = Node(book=node.book)
    user, password = (_secret(fields.get(key, nothing)) for key in ("user", "password"))
    if ":" in user.value:  # the form `user:password` could not be taken apart again
        fields["user"].wrong("not-a-name")
    headers = []
    for name, value in _fields(fields["headers"]).items() if "headers" in fields else ():
        if not _HEADER.fullmatch(name) or name.lower() in _OURS:
            value.wrong("unknown-key")
        headers.append((name, _secret(value)))
        if not headers[-1][1].value.isascii():
            value.wrong("not-a-text")
    return Credentials(home=home, user=user, password=password, headers=tuple(headers))


def _secret(node: Node) -> Secret:
    if node.kind in ("list", "mapping"):
        node.wrong("not-a-text")
    elif not node.text.isprintable():
        node.wrong("control-character")
    return Secret(node.text)
