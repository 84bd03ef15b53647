"""The commands that look at sources; those that change the settings are in `source_lines`."""

import click

from watcher.cli.choices import Choices, json_option, now, with_choices
from watcher.cli.collect import manners_of
from watcher.cli.source_lines import add_command, export_command, import_command, remove_command
from watcher.cli.words import example, t
from watcher.errors import UnreadableError, UsageError
from watcher.health import judge_all
from watcher.render.faring import health_table
from watcher.render.json import dumped, health_json, source_json, trial_json
from watcher.render.tables import sources_table, trial_table
from watcher.render.terminal import console
from watcher.render.words import date_said, say, trouble_said
from watcher.run import Trial, try_out
from watcher.sources import Source, Trouble, state_of


@click.group(
    "sources",
    invoke_without_command=True,
    help=t(
        "Les sources : liste, santé, ajout, retrait, essai, échange.",
        "The sources: list, health, add, remove, try, exchange.",
    ),
    epilog=example("watcher sources check", "watcher sources add https://presse.inserm.fr"),
)
@click.pass_context
def sources_command(context: click.Context) -> None:
    if context.invoked_subcommand is None:
        context.invoke(list_command, as_json=False)


for _command in (add_command, remove_command, import_command, export_command):
    sources_command.add_command(_command)


@sources_command.command(
    "list",
    help=t("Les sources des réglages.", "The sources of the settings."),
    epilog=example("watcher sources list --json"),
)
@json_option
@with_choices
def list_command(choices: Choices, *, as_json: bool) -> None:
    if as_json:
        click.echo(dumped([source_json(s, state_of(s, {})) for s in choices.settings.sources]))
    else:
        console().print(sources_table(choices.settings.sources, choices.language))


@sources_command.command(
    "check",
    help=t(
        "Comment va chaque source : en panne, bloquée, silencieuse…, depuis quand, et que faire.",
        "How every source fares: failing, blocked, silent…, since when, and what to do.",
    ),
    epilog=example("watcher sources check", "watcher sources check --json"),
)
@json_option
@with_choices
def check_command(choices: Choices, *, as_json: bool) -> None:
    with choices.store() as store:
        states = store.states()
    moment = now()
    fares = [judge_all(source, state_of(source, states), moment) for source in choices.settings.sources]
    if as_json:
        click.echo(dumped([health_json(found) for found in fares]))
    else:
        screen = console()
        screen.print(health_table(fares, choices.language, choices.zone, now=moment, width=screen.width))


@sources_command.command(
    "test",
    help=t(
        "Interroge une source, suivie ou non, et montre ce qui en viendrait ; n’enregistre rien.",
        "Ask a source, watched or not, and show what would come of it; records nothing.",
    ),
    epilog=example("watcher sources test inserm-presse", "watcher sources test https://presse.inserm.fr/feed/"),
)
@click.argument("key")
@json_option
@with_choices
def test_command(choices: Choices, *, key: str, as_json: bool) -> None:
    trial = _tried(choices, _meant(choices, key))
    if isinstance(trial, Trouble):
        raise UnreadableError("source-fails", key=key, detail=trouble_said(choices.language, trial))
    if as_json:
        click.echo(dumped(trial_json(trial)))
        return
    console().print(trial_table(trial, choices.language, choices.zone))
    click.echo(_counts(trial, choices), err=True)


def _meant(choices: Choices, key: str) -> Source:
    found = next((source for source in choices.settings.sources if source.id == key), None)
    if found is None and not key.startswith(("http://", "https://")):
        raise UsageError("no-such-source", key=key, known=", ".join(s.id for s in choices.settings.sources))
    return found or Source(id="test", url=key)


def _tried(choices: Choices, source: Source) -> Trial | Trouble:
    if not choices.database_file.exists():
        return next(try_out((source,), choices.profiles, None, manners_of(choices), now()))[1]
    with choices.store() as store:
        return next(try_out((source,), choices.profiles, store, manners_of(choices), now()))[1]


def _counts(trial: Trial, choices: Choices) -> str:
    known = sum(item.known for item in trial.items)
    parts = [say(choices.language, "new", len(trial.items) - known), say(choices.language, "known", known)]
    if trial.newest:
        newest = date_said(choices.language, trial.newest, choices.zone)
        parts.append(t(f"le plus récent : {newest}", f"the latest: {newest}"))
    return " · ".join(parts)
