"""A command that does a run's work: alone, recorded, heard, and told to whoever watches over it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import click

from watcher.cli.choices import Choices, now
from watcher.cli.telling import hearing, stored_said
from watcher.cli.words import error_said, t
from watcher.config.secrets import FILE, read_ping_address
from watcher.errors import LockedError, WatcherError
from watcher.fetch import Fetched, Manners, fetch
from watcher.journal import tell
from watcher.run.record import Tally, recorded
from watcher.run.upkeep import today, upkeep
from watcher.sources import Secret, Source, SourceState, Trouble
from watcher.store import Store, exclusive

PING_DEADLINE = 10.0  # seconds
PING_BYTES = 100_000


@contextmanager
def working(choices: Choices, command: str, *, quiet: bool = False) -> Iterator[tuple[Store, Tally]]:
    """Keep other runs away and remember this one, whatever ends it; then write the metrics and ping.

    Raises what `exclusive` and the database raise. A run that finds another one at work leaves no trace but in the log.
    """
    tally = Tally(command, now())
    ping = read_ping_address(choices.settings.file.parent / FILE, os.environ)
    with hearing(choices, quiet=quiet):
        tell("begun", command=command, version=tally.summary.version)
        try:
            with exclusive(choices.database_file), choices.store(create=True) as store, recorded(tally, store, now):
                yield store, tally
        except LockedError:
            tell("ended", command=command, outcome="locked")
            raise
        except KeyboardInterrupt:
            _ended(tally)  # the bar goes away
            if not (quiet or choices.quiet):
                click.echo(stored_said(choices.language, tally.summary.asked, tally.summary.new), err=True)
            raise
        except BaseException as error:
            reason = error.reason if isinstance(error, WatcherError) else type(error).__name__
            if not tally.summary.outcome:  # it could not even be remembered
                tally.summary = replace(tally.summary, outcome="failed", reason=reason, finished=now())
            _afterwards(choices, tally, ping)
            raise
        _afterwards(choices, tally, ping)


def _ended(tally: Tally) -> None:
    run = tally.summary
    tell(
        "ended", command=run.command, outcome=run.outcome, reason=run.reason, asked=run.asked, unchanged=run.unchanged,
        failed=run.failed, new=run.new, known=run.known, sent=run.sent, waiting=run.waiting,
        seconds=round(run.seconds, 2), memory=run.memory,
    )  # fmt: skip


def _afterwards(choices: Choices, tally: Tally, ping: Secret) -> None:
    _ended(tally)
    if choices.settings.metrics:
        _write_metrics(choices, tally)
    if ping.value and tally.summary.reason != "offline":  # who waits for us and hears nothing knows it by that
        _ping(ping, choices, failed=tally.summary.outcome != "done")


def _write_metrics(choices: Choices, tally: Tally) -> None:
    """Write the file for Prometheus; one that cannot be written is one warning."""
    from watcher.cli.status import facts  # noqa: PLC0415 - only where somebody wants metrics
    from watcher.render.prometheus import metrics  # noqa: PLC0415

    file = choices.settings.metrics
    assert file is not None  # noqa: S101 - the caller looked
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        beside = file.with_name(f".{file.name}.{os.getpid()}")  # the collector reads `*.prom` only
        try:
            beside.write_text(metrics(facts(choices), tally.summary), encoding="utf-8")
            beside.chmod(0o644)  # the collector is another user; nothing in it is a secret
            beside.replace(file)
        finally:
            beside.unlink(missing_ok=True)
    except (OSError, WatcherError) as error:
        detail = error.strerror if isinstance(error, OSError) else str(error)
        tell("warning", what="metrics", file=str(file), detail=detail or str(error))


def _ping(ping: Secret, choices: Choices, *, failed: bool) -> None:
    """Ask for the address that watches over us, or for its `/fail`; one that does not answer is one warning."""
    bare, mark, query = ping.value.strip().partition("?")
    source = Source(id="ping", url=(bare.rstrip("/") + "/fail" * failed) + mark + query)
    manners = Manners(
        allow_hosts=choices.settings.allow_hosts, deadline=PING_DEADLINE, max_bytes=PING_BYTES, max_redirects=3
    )
    outcome = fetch(source, SourceState(source="ping"), manners)
    if isinstance(outcome, Trouble) and outcome.kind != "empty":
        # Neither the address nor what the server says of it: whoever knows it can say that all is well.
        tell("warning", what="ping", detail=" ".join(filter(None, (outcome.kind, str(outcome.status or "")))))
    elif isinstance(outcome, Fetched):
        tell("pinged", status=outcome.status)


def keep_up(choices: Choices, *, quiet: bool = False) -> None:
    """After a run, what the database needs once a week; whatever fails there is one line and stops nothing."""
    moment = now()
    try:
        with exclusive(choices.database_file), choices.store() as store:
            done = upkeep(store, today(moment), moment, choices.settings.retention)
    except LockedError:
        return  # the run that is at work will see to it
    except WatcherError as error:
        failed = t("sauvegarde de la semaine impossible :", "no weekly backup:")
        click.echo(f"! {failed} {error_said(error)[0]}", err=True)
        return
    if quiet or choices.quiet or not (done.backup or done.pruned):
        return
    from watcher.render.copies import backup_said, pruned_said  # noqa: PLC0415 - once a week

    if choices.verbose and done.backup:
        for line in backup_said(choices.language, done.backup):
            click.echo(line, err=True)
    if done.pruned and done.pruned.articles:
        click.echo(pruned_said(choices.language, done.pruned), err=True)
