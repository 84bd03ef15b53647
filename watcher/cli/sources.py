"""The commands about sources."""

import click

from watcher.cli.choices import Choices, json_option, with_choices
from watcher.cli.words import example, t
from watcher.render.json import dumped, source_json
from watcher.render.tables import health_table, sources_table
from watcher.render.terminal import console
from watcher.sources import state_of


@click.group(
    "sources",
    invoke_without_command=True,
    help=t("Les sources : liste, santé.", "The sources: list, health."),
    epilog=example("watcher sources check"),
)
@click.pass_context
def sources_command(context: click.Context) -> None:
    if context.invoked_subcommand is None:
        context.invoke(list_command, as_json=False)


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
    "check", help=t("Comment va chaque source.", "How every source fares."), epilog=example("watcher sources check")
)
@json_option
@with_choices
def check_command(choices: Choices, *, as_json: bool) -> None:
    with choices.store() as store:
        states = store.states()
    if as_json:
        click.echo(dumped([source_json(s, state_of(s, states)) for s in choices.settings.sources]))
    else:
        console().print(health_table(choices.settings.sources, states, choices.language, choices.zone))
