"""The commands that bring articles home and show what is new."""

import os
import sys
from datetime import timedelta
from pathlib import Path

import click

from watcher.cli.choices import Choices, aside, duration, json_option, now, with_choices
from watcher.cli.ending import Ending, end_with, of_digest, of_sent, telling_option
from watcher.cli.forms import FORMS, hand_out
from watcher.cli.post import (
    can_leave,
    lists_of,
    print_again,
    send_due,
    show_dry_run,
    show_ill,
    show_report,
    stop_if_ill,
)
from watcher.cli.words import error_said, example, t
from watcher.cli.working import keep_up, working
from watcher.cli.writing import forgiving
from watcher.config.secrets import FILE, read_secrets
from watcher.digest import Digest
from watcher.errors import LockedError, UnreadableError, UsageError
from watcher.fetch import Manners
from watcher.health import is_long_offline, none_answers
from watcher.render.json import digest_json, dumped, report_json
from watcher.render.terminal import console, show_digest
from watcher.render.words import pages_said, summary_said
from watcher.run import RunReport, digest, keep_versions, learn_profiles, poll
from watcher.run.record import Tally
from watcher.store import Store, exclusive

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
@telling_option
@with_choices
def poll_command(choices: Choices, *, everyone: bool, backlog: str, as_json: bool, telling: bool) -> None:
    span = duration(backlog)
    with working(choices, "poll", quiet=as_json) as (store, tally):
        report = _poll(choices, store, tally, everyone=everyone, backlog=span)
    _say_report(choices, report, quiet=as_json)
    if as_json:
        click.echo(dumped(report_json(report)))
    keep_up(choices, quiet=as_json)
    _stop_if_all_failed(report)
    if telling:
        end_with("news" if any(r.new > r.held for r in report.sources) else "nothing", partly=report.summary.failed > 0)


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
@telling_option
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
    telling: bool,
) -> None:
    form = "json" if as_json else form
    if again:
        print_again(choices, again, name, form)
        return
    if form == "terminal" and not output and not in_browser:
        composed = _digest(choices, duration(since), as_json=False)
    else:
        composed, language, zone = _composed(choices, duration(since)), choices.language, choices.zone
        # To try templates is to want to know what is wrong with them; those of the settings must stop no digest.
        own = (lambda document: document(templates)) if templates else forgiving(choices.settings.templates)
        hand_out(composed, form, own, language=language, zone=zone, output=output, in_browser=in_browser)
    if telling:
        end_with(of_digest(composed), partly=bool(composed.troubles))


@click.command(
    "run",
    help=t(
        "Relève, puis envoie les digests échus ou, sans eux, affiche ce qu’il y a à lire : la commande pour cron.",
        "Poll, then send the digests that are due or, without any, show what there is to read: the command for cron.",
    ),
    epilog=example("watcher run --since 1d", "watcher schedule cron --install"),
)
@_all
@_since
@_backlog
@click.option(
    "--unattended",
    is_flag=True,
    help=t(
        "Ne dire que ce qui attend quelqu’un, pour cron ; sans digests réguliers, ne rien afficher à lire.",
        "Say only what waits for a person, for cron; without regular digests, show nothing to read.",
    ),
)
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
@telling_option
@with_choices
def run_command(  # noqa: PLR0913 - one for each option
    choices: Choices,
    *,
    everyone: bool,
    since: str,
    backlog: str,
    unattended: bool,
    dry: bool,
    as_json: bool,
    telling: bool,
) -> None:
    period, backlog_of = duration(since), duration(backlog)
    if unattended:
        _run_unattended(choices, everyone=everyone, backlog=backlog_of)
        return
    if dry:
        _run_dry(choices, period, everyone=everyone, backlog=backlog_of, as_json=as_json)
        return
    sent = None
    with working(choices, "run", quiet=as_json) as (store, tally):
        report = _poll(choices, store, tally, everyone=everyone, backlog=backlog_of)
        if lists_of(choices) and can_leave(choices):
            sent = send_due(choices, store)
            tally.posted(sent)
    _say_report(choices, report, quiet=as_json)
    if sent:
        show_report(choices, sent, as_json=as_json)
        ending = of_sent(sent)
    else:
        ending = _shown(choices, period, as_json=as_json)
    keep_up(choices, quiet=as_json)
    _stop_if_all_failed(report)
    if sent:
        stop_if_ill(sent)
    if telling:
        end_with(ending, partly=report.summary.failed > 0)


def _run_unattended(choices: Choices, *, everyone: bool, backlog: timedelta) -> None:
    """Poll and send; what passes by itself (a source, a network, a busy mail server) is left to the digests."""
    sent = None
    try:
        with working(choices, "run", quiet=True) as (store, tally):
            report = _poll(choices, store, tally, everyone=everyone, backlog=backlog)
            if lists_of(choices):
                sent = send_due(choices, store)
                tally.posted(sent)
    except LockedError:
        click.get_current_context().exit(LockedError.exit_code)  # the next run is near
    keep_up(choices, quiet=True)
    if sent:
        show_ill(choices, sent)
        stop_if_ill(sent)
    if report.summary.asked:  # they are asked ever more rarely, and said to fail as rarely
        with choices.store() as store:
            states, runs = store.states(), store.offline_runs()
        if report.offline:
            if is_long_offline(runs):
                raise UnreadableError("offline", count=report.summary.asked)
        elif away := none_answers(choices.settings.sources, states, now()):
            raise UnreadableError("all-failed", count=away)


def _run_dry(choices: Choices, period: timedelta, *, everyone: bool, backlog: timedelta, as_json: bool) -> None:
    """Poll into a copy of the database, and show what would leave, or what there would be to read."""
    with aside(choices) as copied:
        with exclusive(copied.database_file), copied.store(create=True) as store:
            report = _poll(copied, store, Tally("run", now()), everyone=everyone, backlog=backlog)
        _say_report(copied, report, quiet=as_json)
        if lists_of(copied) and can_leave(copied):
            show_dry_run(copied, as_json=as_json)
        else:
            _shown(copied, period, as_json=as_json)
    _stop_if_all_failed(report)


def _shown(choices: Choices, period: timedelta, *, as_json: bool) -> Ending:
    """Show what there is to read where no regular digest can leave."""
    if lists_of(choices):
        click.echo(f"! {error_said(UsageError('no-mail', file=str(choices.settings.file)))[0]}", err=True)
    return of_digest(_digest(choices, period, as_json=as_json))


def _poll(choices: Choices, store: Store, tally: Tally, *, everyone: bool, backlog: timedelta) -> RunReport:
    sources, manners = choices.settings.sources, manners_of(choices)
    profiles = learn_profiles(choices.settings.profiles, store, keep=True)
    keep_versions(profiles, store, now())
    return poll(
        sources, profiles, store, manners, clock=now, everyone=everyone, backlog=backlog, progress=tally.brought
    )


def _say_report(choices: Choices, report: RunReport, *, quiet: bool) -> None:
    """The counts of a poll, for a person at a terminal or one who asks for them."""
    if quiet or choices.quiet or not (choices.verbose or sys.stderr.isatty()):
        return
    click.echo(summary_said(choices.language, report.summary, report.resting), err=True)
    if report.pages:
        click.echo(pages_said(choices.language, report.pages), err=True)


def manners_of(choices: Choices) -> Manners:
    """How to behave towards the sites; the placeholder address of the sample settings is told to nobody."""
    settings = choices.settings
    return Manners(
        contact="" if settings.contact.endswith("@example.org") else settings.contact,
        allow_hosts=settings.allow_hosts,
        secrets=read_secrets(settings.file.parent / FILE, settings.sources, os.environ),
    )


def _stop_if_all_failed(report: RunReport) -> None:
    if report.summary.asked and report.summary.failed == report.summary.asked:
        if report.offline:
            raise UnreadableError("offline", count=report.summary.asked)
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


def _digest(choices: Choices, period: timedelta, *, as_json: bool) -> Digest:
    composed = _composed(choices, period)
    if as_json:
        click.echo(dumped(digest_json(composed)))
    else:
        show_digest(composed, console(), language=choices.language, zone=choices.zone)
    return composed
