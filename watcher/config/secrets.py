"""What opens sources and the mail server: `secrets.yaml`, the environment, the keyring; nothing of it is ever shown."""

import difflib
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from watcher.config.tree import Node, read_tree
from watcher.errors import ConfigError, Mistake, UsageError
from watcher.sources import Credentials, Secret, Source, opened_by

FILE = "secrets.yaml"  # beside feeds.yaml
VARIABLE = "WATCHER_SECRET_"
KEY_VARIABLE = "WATCHER_KEY_"
MAIL_VARIABLE = "WATCHER_MAIL_PASSWORD"
PUSH_VARIABLE = "WATCHER_PUSH_"
PING_VARIABLE = "WATCHER_PING_ADDRESS"
OWN = ("mail", "push", "ping")  # what the file says beside the sources
KEYRING = "watcher"  # the service under which a keyring holds the password of the mail user
KEYRING_PATIENCE = 10.0  # seconds; without a screen nobody can unlock one

_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_|~-]{1,100}")
_OURS = {"host", "connection", "content-length", "transfer-encoding", "if-none-match", "if-modified-since"}
_PARAMETER = re.compile(r"[A-Za-z0-9._-]{1,100}")
_NONE = Credentials(home="")
_CLOSED = 0o077  # what nobody but the owner may do


def read_secrets(file: Path, sources: Iterable[Source], environment: Mapping[str, str]) -> dict[str, Credentials]:
    """The credentials of every source that has some, by its id; what the environment says comes first.

    What stands in the address of a source is one of them, and gives way to what is said elsewhere.
    They are given by the id of a source, or by the kind of the services: then for all sources of that kind.
    Raises UsageError for a file that others may read, for one that cannot be read, and for a variable that is not
    `user:password` or `name=key`; ConfigError with every mistake found in the file, without a word of what it holds.
    """
    known = tuple(sources)
    ids = {source.id for source in known}
    kinds = {source.kind for source in known if source.query} - {s.id for s in known if s.id != s.kind}
    names = tuple(dict.fromkeys((*ids, *kinds)))
    given = _in_file(file, names) if _is_there(file) else {}
    for name in names:
        if said := _in_environment(name, environment):
            given[name] = _over(said, given.get(name, _NONE))
    found = {}
    for source in known:
        own, shared = given.get(source.id, _NONE), given.get(source.kind, _NONE) if source.kind in kinds else _NONE
        written = opened_by(source.url)
        if (both := replace(_over(_over(own, shared), written), home="")) != _NONE:
            found[source.id] = replace(both, home=written.home)
    return found


def read_mail_password(file: Path, user: str, environment: Mapping[str, str]) -> Secret:
    """The password of the mail server: of the environment, else of `mail:` in the file, else of the keyring; or "".

    Raises as `read_secrets` does.
    """
    found = Secret(environment.get(MAIL_VARIABLE, ""))
    found = found if found.value else _own(file, "mail", ("password",)).get("password", found)
    return found if found.value or not user else _in_keyring(user)


def read_push_addresses(file: Path, names: Iterable[str], environment: Mapping[str, str]) -> dict[str, Secret]:
    """The Apprise addresses of places for short messages, by name: of the environment, else of `push:` in the file.

    A place that nobody gives an address has none. Raises as `read_secrets` does.
    """
    wanted = tuple(dict.fromkeys(names))
    given = _own(file, "push") if wanted else {}
    said = {name: environment.get(PUSH_VARIABLE + name.upper().replace("-", "_"), "") for name in wanted}
    found = {name: Secret(said[name]) if said[name] else given.get(name, Secret("")) for name in wanted}
    return {name: address for name, address in found.items() if address.value}


def read_ping_address(file: Path, environment: Mapping[str, str]) -> Secret:
    """What is asked for after each run, a web address: of the environment, else of `ping:` in the file; or ""."""
    found = Secret(environment.get(PING_VARIABLE, ""))
    return found if found.value else _own(file, "ping", ("address",)).get("address", Secret(""))


def _own(file: Path, section: str, keys: Iterable[str] = ()) -> dict[str, Secret]:
    """The secrets of one section of ours in the file; the mistakes of the rest are told by `read_secrets`."""
    if not _is_there(file):
        return {}
    try:
        top = read_tree(file)
    except ConfigError as error:
        raise ConfigError(_hushed(error.mistakes, OWN)) from None
    pairs = zip(top.children[::2], top.children[1::2], strict=True) if top.kind == "mapping" else ()
    node = next((value for name, value in pairs if name.text == section and value.kind != "nothing"), None)
    found = {key: _secret(value) for key, value in _fields(node, keys).items()} if node else {}
    own = [mistake for *_, mistake in sorted(top.book.mistakes, key=lambda m: m[:2]) if _is_of(mistake, section)]
    if own:
        raise ConfigError(_hushed(own, OWN))
    return found


def _is_of(mistake: Mistake, section: str) -> bool:
    return mistake.where.partition(".")[0] == section


def _in_keyring(user: str) -> Secret:
    """What the keyring holds; nothing without one, or when it wants to be unlocked first."""
    try:
        import keyring  # noqa: PLC0415 - optional, and slow to load, as what waits for it

        from watcher.fetch.deadline import Deadline  # noqa: PLC0415
        from watcher.outbox.patience import wait_for  # noqa: PLC0415

        with Deadline(KEYRING_PATIENCE) as deadline:
            return Secret(wait_for(lambda: keyring.get_password(KEYRING, user), deadline) or "")
    except Exception:  # its backends raise what they like; no password is an answer that the outbox knows
        return Secret("")


def _over(first: Credentials, second: Credentials) -> Credentials:
    """What the first says, and what only the second says."""
    login = first if first.user.value or first.password.value else second
    headers = tuple((dict(second.headers) | dict(first.headers)).items())
    parameters = tuple((dict(second.parameters) | dict(first.parameters)).items())
    return replace(first, user=login.user, password=login.password, headers=headers, parameters=parameters)


def _in_environment(name: str, environment: Mapping[str, str]) -> Credentials | None:
    ending = name.upper().replace("-", "_")
    login, key = environment.get(VARIABLE + ending, ""), environment.get(KEY_VARIABLE + ending, "")
    user, colon, password = login.partition(":")
    if login and not colon:
        raise UsageError("bad-secret", name=VARIABLE + ending)
    parameter, equals, value = key.partition("=")
    if key and not (equals and value.isprintable() and _PARAMETER.fullmatch(parameter)):
        raise UsageError("bad-key", name=KEY_VARIABLE + ending)
    parameters = ((parameter, Secret(value)),) if key else ()
    return replace(_NONE, user=Secret(user), password=Secret(password), parameters=parameters) if login or key else None


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


def _in_file(file: Path, names: tuple[str, ...]) -> dict[str, Credentials]:
    try:
        top = read_tree(file)
    except ConfigError as error:
        raise ConfigError(_hushed(error.mistakes, names)) from None
    fields = _fields(top, (*names, *OWN)) if top.kind != "nothing" else {}
    found = {name: _credentials(node) for name, node in fields.items() if name not in OWN}
    if mistakes := top.book.mistakes:
        raise ConfigError(_hushed((mistake for *_, mistake in sorted(mistakes, key=lambda m: m[:2])), names))
    return found


def _hushed(mistakes: Iterable[Mistake], names: tuple[str, ...]) -> tuple[Mistake, ...]:
    """Mistakes without what stands in the file: a slip of indentation makes a key out of a password."""
    wheres = ((mistake, mistake.where.partition(".")[0]) for mistake in mistakes)
    return tuple(replace(m, got="***" if m.got else "", where=where if where in names else "") for m, where in wheres)


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


def _credentials(node: Node) -> Credentials:
    fields = _fields(node, ("user", "password", "headers", "parameters"))
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
    parameters = []
    for name, value in _fields(fields["parameters"]).items() if "parameters" in fields else ():
        if not _PARAMETER.fullmatch(name):
            value.wrong("unknown-key")
        parameters.append((name, _secret(value)))
    return replace(_NONE, user=user, password=password, headers=tuple(headers), parameters=tuple(parameters))


def _secret(node: Node) -> Secret:
    if node.kind in ("list", "mapping"):
        node.wrong("not-a-text")
    elif not node.text.isprintable():
        node.wrong("control-character")
    return Secret(node.text)
