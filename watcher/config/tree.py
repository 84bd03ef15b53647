"""From the file to a tree of texts, each with its line; nothing yet decided about what they mean."""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, NoReturn

import yaml

from watcher.errors import ConfigError, Mistake, UsageError
from watcher.text import clean

# "tab": a line indented with one. "alias": &x or *x; "tag": !x. The hint of a "duplicate-…" is the line of the first.
_Page = Literal["unreadable", "too-large", "not-utf-8", "control-character", "syntax", "tab", "too-deep"]
_Shape = Literal["several-documents", "alias", "tag", "not-a-mapping", "not-a-list", "not-a-text", "not-a-number"]
_Key = Literal["missing", "unknown-key", "duplicate-key", "duplicate-id", "duplicate-url", "duplicate-name"]
_Wording = Literal["not-an-id", "not-a-name", "not-a-web-address", "not-an-email", "not-a-contact", "not-a-host"]
_Amount = Literal["not-a-duration", "too-often", "too-rare", "out-of-range", "not-a-path", "no-such-folder"]
_Choice = Literal[
    "unknown-zone",
    "unknown-language",
    "unknown-kind",
    "unknown-every",
    "unknown-day",
    "not-a-count",
    "not-a-retention",
    "unknown-profile",
    "query-wanted",
    "says-nothing",
    "not-yes-or-no",
    "too-many-readers",
    "not-a-few",
    "unknown-form",
    "not-for-letters",
    "push-here",
]
_Mail = Literal["not-a-server", "not-a-port", "unknown-security", "cleartext", "mail-way", "server-only", "secret-here"]
_Telling = Literal["unknown-level", "not-a-text-file", "ping-here"]
Reason = Literal[_Page, _Shape, _Key, _Wording, _Amount, _Choice, _Mail, _Telling]

LARGEST = 1_000_000  # bytes
DEEPEST = 20  # nested lists and mappings; a right file has 4

_NOT_YAML = re.compile("[^\t\n\r -~\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_PASSWORD = re.compile(r"//[^/@\s]*@")

# The C parser is ten times faster, and missing from some builds of PyYAML; both number the lines alike.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """Where the mistakes of one file are written down."""

    file: str
    folder: Path
    mistakes: list[tuple[int, int, Mistake]] = field(default_factory=list)  # line, column


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One part of the file, nothing yet decided about what its text means (`no` is a language, 010 is ten)."""

    book: Book
    kind: Literal["text", "list", "mapping", "nothing", "refused"] = "nothing"  # refused: an alias, already a mistake
    where: str = ""
    line: int = 0
    column: int = 0
    text: str = ""
    children: list["Node"] = field(default_factory=list)  # of a mapping: key, value, key, value

    def wrong(self, reason: Reason, *, got: str = "", hint: str = "", key: str = "") -> None:
        """Write a mistake down (`key`: in what this mapping lacks), fit for a terminal and without a password."""
        got = got or {"list": "[…]", "mapping": "{…}"}.get(self.kind, self.text) * (not key)
        where = f"{self.where}.{key}".strip(".")
        where, got, hint = (clean(_PASSWORD.sub("//…@", words[:500]))[:100].rstrip() for words in (where, got, hint))
        mistake = Mistake(file=self.book.file, line=self.line, where=where, reason=reason, got=got, hint=hint)
        self.book.mistakes.append((self.line, self.column, mistake))


def read_tree(file: Path) -> Node:
    """Read a file; the mistakes found on the way are in the `book` of every node.

    Raises UsageError("no-settings") without a file, and ConfigError with the one mistake that hides all others.
    """
    book = Book(file=str(file), folder=file.parent)
    return _tree(_characters(file, book), book)


def _give_up(book: Book, line: int, reason: Reason, got: str = "") -> NoReturn:
    """Raise the one mistake that hides all others."""
    Node(book=book, line=line).wrong(reason, got=got)
    raise ConfigError((book.mistakes[-1][2],))


def _characters(file: Path, book: Book) -> str:
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


def _tree(characters: str, book: Book) -> Node:
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


def _compose(characters: str, book: Book) -> Node:
    """Build the tree without following aliases, which could make a small file unfold without end."""
    root: Node | None = None
    path: list[Node] = []
    for event in yaml.parse(characters, Loader=_LOADER):
        if isinstance(event, yaml.DocumentStartEvent) and root:
            Node(book=book, line=_mark(event)[0]).wrong("several-documents")
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
    return root or Node(book=book)


def _mark(event: yaml.Event) -> tuple[int, int]:
    return (event.start_mark.line + 1, event.start_mark.column) if event.start_mark else (0, 0)


def _node(event: yaml.NodeEvent, parent: Node | None, book: Book) -> Node:
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
    node = Node(book=book, kind=kind, where=where, line=line, column=column, text=text)
    if event.anchor:
        node.wrong("alias", got=("*" if kind == "refused" else "&") + event.anchor)
    if tag := getattr(event, "tag", None):
        node.wrong("tag", got=tag)
    if parent:
        parent.children.append(node)
    return node
