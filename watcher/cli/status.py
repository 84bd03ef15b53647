"""The command that says how the watch stands, whatever else is going on."""

import click

from watcher.cli.choices import Choices, json_option, now, with_choices
from watcher.cli.post import lists_of
from watcher.cli.words import example, t
from watcher.errors import StorageError
from watcher.render.json import dumped
from watcher.render.status import status_json, status_table
from watcher.render.terminal import console
from watcher.run.status import Status, fares_of, status_of
from watcher.store import Store, at_work

PATIENCE = 0.5  # seconds for a run that is just writing; then what is known without the database has to do


@click.command(
    "status",
    help=t(
        "Où en est la veille : derniers passages, prochains, courrier, santé des sources. N’attend jamais un passage.",
        "How the watch stands: last runs, next ones, mail, how the sources fare. Never waits for a run.",
    ),
    epilog=example("watcher status", "watcher status --json"),
)
@json_option
@with_choices
def status_command(choices: Choices, *, as_json: bool) -> None:
    found = facts(choices)
    if as_json:
        click.echo(dumped(status_json(found)))
    else:
        screen = console(colour=False)
        screen.print(status_table(found, choices.language, choices.zone, width=screen.width))


def facts(choices: Choices) -> Status:
    """How the watch stands; without a database, what the settings say."""
    file, sources, moment = choices.database_file, choices.settings.sources, now()
    working = at_work(file)
    if not file.exists():
        return Status(now=moment, database=file, size=0, fares=fares_of(sources, {}, moment), due=len(sources))
    try:
        with Store(file, create=False, patience=PATIENCE) as store:
            return status_of(store, sources, lists_of(choices), zone=choices.zone, working=working, now=moment)
    except StorageError as error:
        if error.reason != "busy":
            raise
        return Status(now=moment, database=file, size=file.stat().st_size, busy=True, working=True)
