"""What a command works with: settings, database, profiles, language, clock."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, tzinfo
from functools import cached_property, update_wrapper
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click
from platformdirs import user_config_path

from watcher.cli.words import LANGUAGE, t
from watcher.config import Settings, load
from watcher.errors import UsageError
from watcher.parse import SERVICES
from watcher.profiles import Profile, ProfileSetting
from watcher.run import learn_profiles
from watcher.store import Remembered, Store, copy_of, folder_beside

SETTINGS = "feeds.yaml"


@dataclass(frozen=True)
class Choices:
    """What was said before the command; everything else follows from it, and is read when first needed."""

    config: Path | None
    database: Path | None
    verbose: int  # how many times
    quiet: bool = False

    @cached_property
    def settings(self) -> Settings:
        """The settings; raises ConfigError with every mistake in them."""
        return load(self.settings_file, kinds=SERVICES)

    @property
    def settings_file(self) -> Path:
        """Where the settings are, or should be."""
        return self.config or _default_config()

    @cached_property
    def profiles(self) -> tuple[Profile, ...]:
        """Every profile of the settings, learnt from its seeds and from the verdicts of the database."""
        if not self.database_file.exists():
            return learn_profiles(self.settings.profiles)
        with self.store() as store:
            return learn_profiles(self.settings.profiles, store)

    def profile(self, name: str) -> Profile:
        """One profile as `profiles` has it; raises UsageError naming those that there are."""
        self.profile_setting(name)
        return next(profile for profile in self.profiles if profile.name == name)

    def profile_setting(self, name: str) -> ProfileSetting:
        """What the settings say of one profile; raises UsageError naming those that there are."""
        for setting in self.settings.profiles:
            if setting.name == name:
                return setting
        raise UsageError("no-such-profile", name=name, known=", ".join(s.name for s in self.settings.profiles))

    @property
    def language(self) -> str:
        """The language of what is printed: the reader's wish, then the settings'."""
        return "en" if LANGUAGE == "en" else self.settings.language

    @property
    def zone(self) -> tzinfo:
        """The zone in which dates are shown."""
        return ZoneInfo(self.settings.timezone)

    @property
    def database_file(self) -> Path:
        """Where the articles are kept."""
        return self.database or self.settings.database

    @property
    def backups(self) -> Path:
        """Where the copies of the database are kept; of one that was named for this command only, beside it."""
        own = None if self.database else self.settings.backups
        return own or folder_beside(self.database_file)

    def store(self, *, create: bool = False) -> Store:
        """The open database."""
        return Store(self.database_file, create=create, backups=self.backups)


def with_choices(command: Callable[..., Any]) -> Callable[..., Any]:
    """Hand a command the choices made before it, as its first argument."""

    def handed(*args: Any, **options: Any) -> Any:
        return command(Choices(**click.get_current_context().find_root().obj), *args, **options)

    return update_wrapper(handed, command)


@contextmanager
def aside(choices: Choices, *, must: bool = False) -> Iterator[Choices]:
    """The same choices with a copy of the database, which goes away again; nothing of the real one is touched.

    With `must`, raises StorageError("no-database") where there is none; otherwise the copy begins empty.
    """
    with tempfile.TemporaryDirectory(prefix="watcher-") as folder:
        copy = Path(folder) / "watcher.db"
        if must or choices.database_file.exists():
            copy_of(choices.database_file, copy)
        yield replace(choices, database=copy)


def _default_config() -> Path:
    """`feeds.yaml` here, else the one in the user's own settings folder, else (for the error message) here."""
    here = Path(SETTINGS)
    own = user_config_path("watcher") / SETTINGS
    return own if not here.exists() and own.exists() else here


def found(store: Store, key: str) -> Remembered:
    """The article that a person means; raises UsageError."""
    known = store.find(key)
    if known is None:
        raise UsageError("no-such-article", key=key)
    return known


def now() -> datetime:
    """The one clock of the house."""
    return datetime.now(UTC).replace(microsecond=0)


def duration(value: str) -> timedelta:
    """`12h`, `7d`, `2w` as a span of time; raises UsageError."""
    units = {"m": "minutes", "h": "hours", "d": "days", "j": "days", "w": "weeks"}
    if value[:-1].isdecimal() and value[-1:] in units and int(value[:-1]) < 100_000:
        return timedelta(**{units[value[-1]]: int(value[:-1])})
    raise UsageError("bad-duration", value=value)


json_option = click.option("--json", "as_json", is_flag=True, help=t("Écrire du JSON.", "Write JSON."))
