"""What is to be run, when, and under which name."""

import hashlib
import os
import re
import subprocess
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import time
from pathlib import Path
from typing import Literal

from watcher.errors import UsageError
from watcher.text import fold

Standing = Literal[
    "absent",
    "same",  # it runs what would be run, at whatever hour
    "other",  # it runs something else: another program, other variables
]

SPREAD = 20  # minutes over which the watchers of all who ask for one and the same hour begin
PATIENCE = 30.0  # seconds for a program of the machine


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """One thing that is written."""

    path: Path | None  # None: lines of the crontab
    content: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One watcher that is to run by itself."""

    settings: Path  # absolute; it names the job
    command: tuple[str, ...]  # the program by its absolute path, and its arguments
    environment: tuple[tuple[str, str], ...] = ()
    at: time | None = None  # once a day from then on; None: every hour
    zone: str = ""  # of `at`, where a medium can be told; elsewhere it is the machine's
    home: Path  # of the user
    setuid: bool = False  # it starts a program that changes its user, as a sendmail does: that needs more rights

    @property
    def mark(self) -> str:
        """Eight digits that no other settings on this machine have."""
        return self._digest.hex()[:8]

    @property
    def name(self) -> str:
        """A name for a file: the folder of the settings, and the mark."""
        said = re.sub(r"[^a-z0-9]+", "-", fold(self.settings.parent.name)).strip("-")[:40]
        return f"watcher-{said}-{self.mark}" if said else f"watcher-{self.mark}"

    @property
    def minute(self) -> int:
        """The minute of its hour at which it begins, the same for ever and not the same for all."""
        number = int.from_bytes(self._digest[4:8], "big")
        return number % 59 + 1 if self.at is None else (self._begins + number % SPREAD) % 60

    @property
    def hour(self) -> int | None:
        """The hour of the day; None: every one. What would begin after midnight begins before it, on its own day."""
        return None if self.at is None else (self._begins + int.from_bytes(self._digest[4:8], "big") % SPREAD) // 60

    @property
    def _begins(self) -> int:
        """The first minute of the day at which it may begin."""
        assert self.at is not None  # noqa: S101 - asked for by those who looked
        return min(self.at.hour * 60 + self.at.minute, 24 * 60 - SPREAD)

    @property
    def _digest(self) -> bytes:
        return hashlib.sha256(str(self.settings).encode(errors="surrogateescape")).digest()


def is_writable_name(text: str) -> bool:
    """Whether a text can stand in an entry: no line ends or other control characters, no bytes that are no text."""
    return not any(unicodedata.category(c) in ("Cc", "Cs") for c in text)


def started(command: Sequence[str], *, content: bytes | None = None) -> subprocess.CompletedProcess[bytes]:
    """Run a program of the machine; raises UsageError("no-scheduler") without it, ("scheduler-late") when it hangs."""
    try:
        return subprocess.run(  # noqa: S603 - our own words and paths, no shell
            command, input=content, stdin=subprocess.DEVNULL if content is None else None, capture_output=True,
            timeout=PATIENCE, check=False, env=os.environ | {"LC_ALL": "C"},
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise UsageError("scheduler-late", program=command[0]) from None
    except OSError:
        raise UsageError("no-scheduler", program=command[0]) from None


def refused(program: str, answer: subprocess.CompletedProcess[bytes]) -> UsageError:
    """What a program that refused said, as an error: its last line."""
    said = (answer.stderr or answer.stdout).decode("utf-8", "replace").strip().splitlines()
    return UsageError("scheduler-refused", program=program, detail=said[-1] if said else f"{answer.returncode}")


def written(file: Path, content: str) -> None:
    """Write a file in one step; raises UsageError("unwritable-file")."""
    draft = file.with_name(f"{file.name}.new")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        draft.write_text(content, encoding="utf-8", newline="\n")
        draft.replace(file)
    except OSError as error:
        raise UsageError("unwritable-file", file=str(file), detail=error.strerror or str(error)) from None


def compared(files: Sequence[File]) -> Standing:
    """How the files that would be written compare with those that are there."""
    found = [_read(file) for file in files]
    if found == [file.content for file in files]:
        return "same"
    return "absent" if all(content is None for content in found) else "other"


def _read(file: File) -> str | None:
    try:
        return file.path.read_bytes().decode("utf-8", "replace") if file.path else None
    except OSError:
        return None


def erased(files: Sequence[File]) -> bool:
    """Delete the files that are there; whether there was one. Raises UsageError("unwritable-file")."""
    there = [file.path for file in files if file.path and file.path.exists()]
    for path in there:
        try:
            path.unlink()
        except OSError as error:
            raise UsageError("unwritable-file", file=str(path), detail=error.strerror or str(error)) from None
    return bool(there)
