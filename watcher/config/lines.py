"""Sources put into `feeds.yaml` and taken out of it, as lines of text: comments and layout stay a person's own.

The file is never written anew from values. Lines are changed, the result is read as settings are read, and only when
it says exactly what it should does it take the place of the file.
"""

import json
import os
import re
import shutil
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from watcher.config import FEEDS_ONLY, Settings, load
from watcher.config.tree import Node, read_tree
from watcher.errors import ConfigError, UsageError
from watcher.sources import Source

_DASH = re.compile(r"(\s*)-\s+")
_BESIDE = re.compile(r"\s*(#.*)?")


def source_line(source: Source) -> str:
    """A source as one line of settings, without the dash."""
    parts = [f"id: {source.id}"]
    if source.name:
        parts.append(f"name: {_quoted(source.name)}")
    parts += [f"url: {_quoted(source.url)}", f"kind: {source.kind}"]
    if source.language:
        parts.append(f"language: {source.language}")
    return "{" + ", ".join([*parts, f"every: {_span(source.every)}"]) + "}"


def _quoted(text: str) -> str:
    """In double quotes; what JSON escapes, YAML reads the same way."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\x7f")


def _span(every: timedelta) -> str:
    minutes = int(every.total_seconds()) // 60
    return f"{minutes}m" if minutes % 60 else f"{minutes // 60}h"


def add_sources(file: Path, sources: tuple[Source, ...], *, kinds: Mapping[str, str] = FEEDS_ONLY) -> tuple[str, ...]:
    """Put sources at the end of the list; returns the lines.

    Raises UsageError("cannot-edit") when the file is not laid out so that this is sure to go well, ConfigError when it
    was wrong before.
    """
    before, lines, items, end = _opened(file, kinds)
    at = _end_of(lines, items[-1].line, end)
    dash = _DASH.match(lines[items[-1].line - 1])
    if dash is None:
        raise UsageError("cannot-edit", file=str(file), line=items[-1].line)
    newline = "\r\n" if lines[0].endswith("\r\n") else "\n"
    added = [f"{dash[1]}- {source_line(source)}{newline}" for source in sources]
    if not lines[at - 1].endswith(("\n", "\r")):
        lines[at - 1] += newline
    wanted = replace(before, sources=(*before.sources, *sources))
    _replace(file, [*lines[:at], *added, *lines[at:]], wanted, kinds, line=at + 1)
    return tuple(line.strip() for line in added)


def remove_source(
    file: Path, key: str, *, delete: bool = False, kinds: Mapping[str, str] = FEEDS_ONLY
) -> tuple[str, ...]:
    """Turn a source's lines into comments, or delete them; returns the lines as they were.

    Raises UsageError("no-such-source"), ("last-source"), and as `add_sources` does.
    """
    before, lines, items, end = _opened(file, kinds)
    names = [source.id for source in before.sources]
    if key not in names:
        raise UsageError("no-such-source", key=key, known=", ".join(names))
    if len(names) == 1:
        raise UsageError("last-source", key=key, file=str(file))
    place = names.index(key)
    start = items[place].line
    stop = _end_of(lines, start, items[place + 1].line if place + 1 < len(items) else end)
    gone = lines[start - 1 : stop]
    depth = min(len(line) - len(line.lstrip()) for line in gone if line.strip())
    kept = [] if delete else [f"{line[:depth]}# {line[depth:]}" if line.strip() else line for line in gone]
    wanted = replace(before, sources=tuple(source for source in before.sources if source.id != key))
    _replace(file, [*lines[: start - 1], *kept, *lines[stop:]], wanted, kinds, line=start)
    return tuple(line.rstrip() for line in gone)


def _opened(file: Path, kinds: Mapping[str, str]) -> tuple[Settings, list[str], list[Node], int]:
    """The settings, the lines, the sources of the list, and the line (from 1) at which the list is over."""
    before = load(file, kinds=kinds)
    lines = file.read_bytes().decode().splitlines(keepends=True)
    top = read_tree(file).children
    listed = next(value for key, value in zip(top[::2], top[1::2], strict=True) if key.text == "sources")
    for item in listed.children:
        lead = lines[item.line - 1][: item.column].removeprefix("\ufeff")
        if not _DASH.fullmatch(lead):  # a list in brackets, or two things on a line
            raise UsageError("cannot-edit", file=str(file), line=item.line)
    after = [key.line for key in top[::2] if key.line > listed.line]
    return before, lines, listed.children, min(after, default=len(lines) + 1)


def _end_of(lines: list[str], start: int, following: int) -> int:
    """The last line of what begins at `start`; blank lines and comments before the `following` one belong to that."""
    end = following - 1
    while end > start and _BESIDE.fullmatch(lines[end - 1].rstrip("\r\n")):
        end -= 1
    return end


def _replace(file: Path, lines: list[str], wanted: Settings, kinds: Mapping[str, str], *, line: int) -> None:
    """Put new lines in the place of the file, whole or not at all, if they say what they should."""
    target = file.resolve()  # a link stays a link; its own folder is the one that paths start from
    try:
        handle, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.", suffix=".new")
        made = file.parent / Path(name).name  # mkstemp makes its folder absolute, and settings hold paths
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write("".join(lines).encode())
                stream.flush()
                os.fsync(stream.fileno())
            if not _says(made, file, wanted, kinds):
                raise UsageError("cannot-edit", file=str(file), line=line)
            shutil.copymode(target, made)
            made.replace(target)
        finally:
            with suppress(FileNotFoundError):
                made.unlink()
    except OSError as error:
        raise UsageError("unwritable-file", file=str(file), detail=error.strerror or str(error)) from error


def _says(made: Path, file: Path, wanted: Settings, kinds: Mapping[str, str]) -> bool:
    try:
        read = load(made, kinds=kinds)
    except ConfigError:
        return False
    return replace(read, file=file) == wanted
