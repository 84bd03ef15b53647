"""Gather what the doctor looks at; finds nothing wrong by itself, and changes nothing."""

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib import metadata
from pathlib import Path
from platform import python_version

from watcher.digest import standing, steering
from watcher.doctor import FAULTS, DatabaseFact, MailFact, ProfileFact, RuleFact, SeedFact
from watcher.errors import StorageError, UsageError
from watcher.fetch import Fetched, Manners, fetch
from watcher.outbox import Answer, MailSettings
from watcher.parse import KINDS
from watcher.profiles import Profile, ProfileSetting
from watcher.rules import Rules, heard, says
from watcher.seeds import read_seed, read_seeds, seed_files
from watcher.sources import Source, SourceState
from watcher.store import ENGINE, Remembered, Store, at_work, copies

WEEKS = timedelta(weeks=4)
LATEST_RUNS = 100  # one of which will have come to its end
LATEST = 2_000  # articles that rules are held against
SECONDS = 20.0  # for a server that only has to say that it is there


def look_at_seeds(settings: Sequence[ProfileSetting]) -> Iterator[SeedFact]:
    """Every document that a profile learns from, and every folder of which nothing can be learnt."""
    for setting in settings:
        try:
            files = seed_files(setting.seeds)
        except UsageError as error:
            yield _faulty(setting, setting.seeds, error)
            continue
        readable = True
        for file in files:
            try:
                seed = read_seed(file)
            except UsageError as error:
                readable = False
                yield _faulty(setting, file, error)
                continue
            words = len(f"{seed.title} {seed.text}".split())
            yield SeedFact(profile=setting.name, name=file.name, language=seed.language, words=words)
        if readable:
            try:
                read_seeds(setting.seeds)
            except UsageError as error:
                yield _faulty(setting, setting.seeds, error)


def _faulty(setting: ProfileSetting, path: Path, error: UsageError) -> SeedFact:
    return SeedFact(profile=setting.name, name=str(path), fault=error.reason, detail=str(error.facts.get("detail", "")))


def look_at_profiles(
    profiles: Sequence[Profile], rules: Sequence[Rules], store: Store, now: datetime
) -> tuple[tuple[ProfileFact, ...], tuple[RuleFact, ...]]:
    """What each profile showed of the news of four weeks, and how often the latest articles say what the rules name."""
    said = steering(tuple(rules), store.verdicts())
    news = store.news(now - WEEKS, now)
    shown = tuple(
        ProfileFact(name=p.name, shown=sum(standing(a, p, said).shown for a in news), read=len(news)) for p in profiles
    )
    return shown, tuple(_met(rules, store.latest(LATEST))) if rules else ()


def _met(rules: Sequence[Rules], articles: Sequence[Remembered]) -> Iterator[RuleFact]:
    spoken = [heard(article.reading) for article in articles]
    for one in rules:
        for name, words in (("always", one.always), ("never", one.never), ("must", one.must)):
            for word in words:
                met = sum(says(keys, word) for keys in spoken)
                yield RuleFact(rule=name, word=word, profile=one.profile, met=met, read=len(spoken))


def look_at_mail(settings: MailSettings) -> MailFact:
    """Go as far as a mail would, and send none."""
    if settings.maildir is not None:
        place = next((p for p in (settings.maildir, *settings.maildir.parents) if p.exists()), settings.maildir)
        good = place.is_dir() and os.access(place, os.W_OK | os.X_OK)
        answer = Answer(recipient="", state="sent" if good else "later", reason="" if good else "folder")
        return MailFact(answer=answer if good else replace(answer, text=str(settings.maildir)))
    if settings.sendmail:
        from watcher.outbox.local import program_of  # noqa: PLC0415 - loaded when mail is looked at

        there = program_of(settings) is not None
        answer = Answer(recipient="", state="sent" if there else "later", reason="" if there else "no-program")
        return MailFact(answer=answer)
    from watcher.outbox.smtp import greet  # noqa: PLC0415

    answer, expires = greet(replace(settings, deadline=min(settings.deadline, SECONDS)))
    return MailFact(answer=answer, expires=expires)


def look_at_database(file: Path, backups: Path) -> DatabaseFact:
    """The database as a file, without a word of what is in it; `backups` is the folder of its copies."""
    fact = DatabaseFact(file=str(file), locked=at_work(file), free=_free(file.parent))
    try:
        with Store(file, create=False) as store:
            run = next((one for one in store.runs(LATEST_RUNS) if one.finished), None)
            damage, schema = store.damage(), store.schema()
    except StorageError as error:
        return replace(fact, fault=error.reason, detail=str(error.facts.get("detail", "")))
    status = file.stat()
    return replace(
        fact, damage=damage, schema=schema, size=status.st_size, open_to_others=bool(status.st_mode & 0o077),
        last_run=run.finished if run else None, backup=_newest(file, backups),
    )  # fmt: skip


def _free(folder: Path) -> int | None:
    with suppress(OSError):
        return shutil.disk_usage(next(p for p in (folder, *folder.absolute().parents) if p.exists())).free
    return None


def _newest(database: Path, folder: Path) -> datetime | None:
    """When the newest copy was made."""
    with suppress(OSError):
        for copy in copies(database, folder):
            return datetime.fromtimestamp(copy.file.stat().st_mtime, UTC).replace(microsecond=0)
    return None


def clock_of_a_server(sources: Sequence[Source], states: dict[str, SourceState], manners: Manners) -> datetime | None:
    """What time it is where a source lives: of one feed that answers; None when none of three says."""
    feeds = [s for s in sources if not (KINDS[s.kind].crawls or s.query)]
    well = [s for s in feeds if s.id in states and states[s.id].trouble is None]
    for source in (well or feeds)[:3]:
        answer = fetch(source, SourceState(source=source.id), replace(manners, deadline=SECONDS))
        if isinstance(answer, Fetched) and answer.date:
            return answer.date
    return None


def versions() -> dict[str, str]:
    """The versions of what the doctor knows faults of; "" for what is not here."""
    found = {}
    for name in FAULTS:
        with suppress(metadata.PackageNotFoundError):
            own = {"python": python_version(), "sqlite": ENGINE}
            found[name] = own.get(name) or metadata.version(name)
    return found
