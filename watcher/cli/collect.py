"""The commands that bring articles home and show what is new."""

import os
import sys
from collections.abc import Callable
from contextlib import nullcontext
from datetime import timedelta
from pathlib import Path

import click

from watcher.cli.choices import Choices, aside, duration, json_option, now, with_choices
from watcher.cli.forms import FORMS, hand_out
from watcher.cli.post import can_leave, lists_of, print_again, send_due, show_dry_run, show_report, stop_if_ill
from watcher.cli.words import error_said, example, t
from watcher.cli.writing import forgiving
from watcher.config.secrets import FILE, read_secrets
from watcher.digest import Digest
from watcher.errors import UnreadableError, UsageError
from watcher.fetch import Manners
from watcher.render.json import digest_json, dumped, report_json
from watcher.render.terminal import console, show_digest
from watcher.render.words import pages_said, say, summary_said, trouble_said
from watcher.run import RunReport, SourceReport, digest, keep_versions, learn_profiles, poll
from watcher.run.send import SendReport
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
    epilog=example(
        "watcher digest --since 2w",
        "watcher digest --open",
        "watcher digest --format bibtex --output veille.bib",
        "watcher digest --again 2026-W47",
    ),
)
@_since
@click.option(
    "--format",
    "form",
    type=click.Choice(FORMS),
    default="terminal",
    show_default=True,
    help=t("Forme.", "Form."),
)
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help=t(
        "Écrire dans ce fichier (le terminal s’y écrit en texte).", "Write to this file (a terminal's form as text)."
    ),
)
@click.option(
    "--open",
    "in_browser",
    is_flag=True,
    help=t("Ouvrir la page HTML dans le navigateur.", "Open the HTML page in the browser."),
)
@click.option(
    "--templates",
    type=click.Path(file_okay=False, exists=True, path_type=Path),
    help=t(
        "Avec --format html : les modèles de ce dossier, au lieu de ceux des réglages.",
        "With --format html: the templates of this folder, in place of those of the settings.",
    ),
)
@click.option(
    "--again",
    metavar="PERIOD",
    help=t(
        "Montrer un digest passé tel qu’il fut envoyé (2026-W47, 2026-11, 2026-11-22).",
        "Show a past digest as it was sent (2026-W47, 2026-11, 2026-11-22).",
    ),
)
@click.option("--list", "name", default="", help=t("De quel digest, avec --again.", "Of which digest, with --again."))
@json_option
@with_choices
def digest_command(  # noqa: PLR0913 - what can be said of it
    choices: Choices,
    *,
    since: str,
    form: str,
    output: Path | None,
    in_browser: bool,
    templates: Path | None,
    again: str | None,
    name: str,
    as_json: bool,
) -> None:
    form = "json" if as_json else form
    if again:
        print_again(choices, again, name, form)
        return
    if form == "terminal" and not output and not in_browser:
        _digest(choices, duration(since), as_json=False)
        return
    composed, language, zone = _composed(choices, duration(since)), choices.language, choices.zone
    # To try templates is to want to know what is wrong with them; those of the settings must stop no digest.
    own = (lambda document: document(templates)) if templates else forgiving(choices.settings.templates)
    hand_out(composed, form, own, language=language, zone=zone, output=output, in_browser=in_browser)


@click.command(
    "run",
    help=t(
        "Relève, puis envoie les digests échus ou, sans eux, affiche ce qu’il y a à lire : la commande pour cron.",
        "Poll, then send the digests that are due or, without any, show what there is to read: the command for cron.",
    ),
    epilog=example("watcher run --since 1d", "0 7 * * *  cd ~/ma-veille && watcher run --since 1d"),
)
@_all
@_since
@_backlog
@click.option(
    "--dry-run",
    "dry",
    is_flag=True,
    help=t(
        "Interroger les sources et montrer ce qui partirait ; ne rien envoyer ni noter.",
        "Ask the sources and show what would leave; send and note nothing.",
    ),
)
@json_option
@with_choices
def run_command(choices: Choices, *, everyone: bool, since: str, backlog: str, dry: bool, as_json: bool) -> None:
    period, old = duration(since), duration(backlog)
    with aside(choices) if dry else nullcontext(choices) as here:
        report = _poll(here, everyone=everyone, backlog=old, quiet=as_json)
        sent = _shown_or_sent(here, period, dry=dry, as_json=as_json)
    _stop_if_all_failed(report)
    if sent:
        stop_if_ill(sent)


def _shown_or_sent(choices: Choices, period: timedelta, *, dry: bool, as_json: bool) -> SendReport | None:
    """Send the digests that are due, or show what would leave; without any, what there is to read."""
    if not lists_of(choices) or not can_leave(choices):
        if lists_of(choices):
            click.echo(f"! {error_said(UsageError('no-mail', file=str(choices.settings.file)))[0]}", err=True)
        _digest(choices, period, as_json=as_json)
        return None
    if dry:
        show_dry_run(choices, as_json=as_json)
        return None
    sent = send_due(choices)
    show_report(choices, sent, as_json=as_json)
    return sent


def _poll(choices: Choices, *, everyone: bool, backlog: timedelta, quiet: bool) -> RunReport:
    sources, manners = choices.settings.sources, manners_of(choices)
    told = None if quiet else _teller(choices.language, verbose=choices.verbose)
    with exclusive(choices.database_file), choices.store(create=True) as store:
        profiles = learn_profiles(choices.settings.profiles, store, keep=True)
        keep_versions(profiles, store, now())
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


def _composed(choices: Choices, period: timedelta) -> Digest:
    with choices.store() as store:
        profiles = learn_profiles(choices.settings.profiles, store)
        return digest(
            choices.settings.sources,
            profiles,
            store,
            since=period,
            now=now(),
            language=choices.language,
            rules=choices.settings.rules,
        )


def _digest(choices: Choices, period: timedelta, *, as_json: bool) -> None:
    composed = _composed(choices, period)
    if as_json:
        click.echo(dumped(digest_json(composed)))
    else:
        show_digest(composed, console(), language=choices.language, zone=choices.zone)
