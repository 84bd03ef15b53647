"""What can stop a run, each with its exit code.

An error carries a reason and its facts, never a sentence: the words that people read are chosen in `cli`.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistake:
    """One thing wrong in a file that a person wrote."""

    file: str
    line: int  # 1-based; 0 when the whole file is meant
    where: str  # the setting, as a path: "sources[2].every"
    reason: str  # a key of the words in `cli`: "unknown-key", "not-a-duration", ...
    got: str = ""
    hint: str = ""  # the nearest right word, or an example of one


class WatcherError(Exception):
    """What a person must repair before watcher can go on; one clear line and an exit code."""

    exit_code = 2

    def __init__(self, reason: str, **facts: object) -> None:
        super().__init__(reason, facts)
        self.reason = reason
        self.facts = facts


class UsageError(WatcherError):
    """The command or what it was given cannot be used (a missing file, an unknown key)."""


class ConfigError(WatcherError):
    """The settings cannot be used; holds every mistake found, in the order of the file."""

    def __init__(self, mistakes: tuple[Mistake, ...]) -> None:
        super().__init__("config", count=len(mistakes))
        self.mistakes = mistakes


class UnreadableError(WatcherError):
    """No source at all could be read."""

    exit_code = 3


class UndeliveredError(WatcherError):
    """Mail that a person has to look after: a letter that was refused or given up, a list that could not be written."""

    exit_code = 4


class UnwellError(WatcherError):
    """The doctor found something that has to be mended."""

    exit_code = 7


class StorageError(WatcherError):
    """The database or the disk refused."""

    exit_code = 74


class LockedError(WatcherError):
    """Another run holds the lock."""

    exit_code = 75
