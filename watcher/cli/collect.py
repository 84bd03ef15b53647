"""The commands that bring articles home and show what is new."""

import os
import sys
from collections.abc import Callable
from datetime import timedelta

import click

from watcher.cli.choices import Choices, duration, json_option, now, with_choices
from watcher.cli.words import example, t
from watcher.config.secrets import FILE, read_secrets
from watcher.errors import UnreadableError
from watcher.fetch import Manners
from watcher.render.json import digest_json, dumped, report_json
from watcher.render.terminal import console, show_digest
from watcher.render.words import pages_said, say, summary_said, trouble_said
from watcher.run import RunReport, SourceReport, digest, learn_profiles, poll
from watcher.store import exclusive

_all = click.option(
    "--all",
    "everyone",
    is_flag=True,
    help=t("Interroger toutes les sources, échues ou non.", "Ask every source, due or not."),
)
_since = click.option(
    "--since",
    default="7d",
    show_default=True,
    help=t("Période, jusqu’à maintenant (12h, 7d, 2w).", "Period, up to now (12h, 7d, 2w)."),
)
_backlog = click.option(
    "--backlog",
    default="14d",
    show_default=True,
    help=t(
        "D’une source nouvelle, ce qui est paru avant n’est pas une nouveauté.",
        "Of a new source, what came out before that is no news.",
    ),
)


@click.command(
    "poll",
    help=t(
        "Interroge les sources échues et enregistre ce qu’elles apportent.",
        "Ask the sources that are due and record what they bring.",
    ),
    epilog=example("watcher poll", "watcher poll --all --json"),
)
@_all
@_backlog
@json_option
@with_choices
def poll_command(choices: Choices, *, everyone: bool, backlog: str, as_json: bool) -> None:
    report = _poll(choices, everyone=everyone, backlog=duration(backlog), quiet=as_json)
    if as_json:
        click.echo(dumped(report_json(report)))
    _stop_if_all_failed(report)


@click.command(
    "digest",
    help=t("Affiche ce qu’il y a à lire.", "Show what there is to read."),
    epilog=example("watcher digest --since 2w"),
)
@_since
@click.option(
    "--format",
    "form",
    type=click.Choice(["terminal", "json"]),
    default="terminal",
    show_default=True,
    help=t("Forme.", "Form."),
)
@json_option
@with_choices
def digest_command(choices: Choices, *, since: str, form: str, as_json: bool) -> None:
    _digest(choices, duration(since), as_json=as_json or form == "json")


@click.command(
    "run",
    help=t("Relève puis affiche : la commande à donner à cron.", "Poll, then show: the command to give to cron."),
    epilog=example("watcher run --since 1d", "0 7 * * *  cd ~/ma-veille && watcher run --since 1d"),
)
@_all
@_since
@_backlog
@json_option
@with_choices
def run_command(choices: Choices, *, everyone: bool, since: str, backlog: str, as_json: bool) -> None:
    period = duration(since)
    report = _poll(choices, everyone=everyone, backlog=duration(backlog), quiet=as_json)
    _digest(choices, period, as_json=as_json)
    _stop_if_all_failed(report)


def _poll(choices: Choices, *, everyone: bool, backlog: timedelta, quiet: bool) -> RunReport:
    sources, manners = choices.settings.sources, manners_of(choices)
    told = None if quiet else _teller(choices.language, verbose=choices.verbose)
    with exclusive(choices.database_file), choices.store(create=True) as store:
        profiles = learn_profiles(choices.settings.profiles, store, keep=True)
        report = poll(sources, profiles, store, manners, clock=now, everyone=everyone, backlog=backlog, progress=told)
    if not quiet:
        click.echo(summary_said(choices.language, report.summary, report.resting), err=True)
        if report.pages:
            click.echo(pages_said(choices.language, report.pages), err=True)
    return report


def manners_of(choices: Choices) -> Manners:
    """How to behave towards the sites; the placeholder address of the sample settings is told to nobody."""
    settings = choices.settings
    return Manners(
        contact="" if settings.contact.endswith("@example.org") else settings.contact,
        allow_hosts=settings.allow_hosts,
        secrets=read_secrets(settings.file.parent / FILE, settings.sources, os.environ),
    )


def _teller(language: str, *, verbose: bool) -> Callable[[SourceReport], None]:
    """Says on stderr what each source brought: troubles always, news to a person at a terminal, the rest on request."""
    talkative = verbose or sys.stderr.isatty()

    def tell(report: SourceReport) -> None:
        if report.trouble:
            detail = f" [{report.trouble.detail}]" if verbose and report.trouble.detail else ""
            click.echo(f"! {report.source.id} : {trouble_said(language, report.trouble)}{detail}", err=True)
        elif report.new and talkative:
            held = f" ({say(language, 'held', report.held)})" if report.held else ""
            click.echo(f"+ {report.source.id} : {report.new}{held}", err=True)
        elif verbose:
            click.echo(f"= {report.source.id}", err=True)

    return tell


def _stop_if_all_failed(report: RunReport) -> None:
    if report.summary.asked and report.summary.failed == report.summary.asked:
        raise UnreadableError("all-failed", count=report.summary.asked)


def _digest(choices: Choices, period: timedelta, *, as_json: bool) -> None:
    with choices.store() as store:
        profiles = learn_profiles(choices.settings.profiles, store)
        composed = digest(choices.settings.sources, profiles, store, since=period, now=now(), language=choices.language)
    if as_json:
        click.echo(dumped(digest_json(composed)))
    else:
        show_digest(composed, console(), language=choices.language, zone=choices.zone)
