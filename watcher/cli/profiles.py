"""The commands about profiles."""

import click

from watcher.cli.choices import Choices, json_option, with_choices
from watcher.cli.words import example, t
from watcher.errors import UsageError
from watcher.render.json import dumped, profile_json
from watcher.render.tables import profile_table, profile_yaml, profiles_table
from watcher.render.terminal import console
from watcher.run import learn_profiles


@click.group(
    "profiles",
    invoke_without_command=True,
    help=t("Les profils : liste, vocabulaire.", "The profiles: list, vocabulary."),
    epilog=example("watcher profiles show ferroptose-cd44"),
)
@click.pass_context
def profiles_command(context: click.Context) -> None:
    if context.invoked_subcommand is None:
        context.invoke(list_command, as_json=False)


@profiles_command.command(
    "list",
    help=t("Les profils et leurs documents.", "The profiles and their documents."),
    epilog=example("watcher profiles list"),
)
@json_option
@with_choices
def list_command(choices: Choices, *, as_json: bool) -> None:
    if as_json:
        click.echo(dumped([profile_json(p) for p in choices.profiles]))
    else:
        console().print(profiles_table(choices.profiles, choices.language))


@profiles_command.command(
    "show",
    help=t(
        "Le vocabulaire d’un profil : termes, formes, poids, et d’où ils viennent.",
        "A profile's vocabulary: terms, forms, weights, and where they come from.",
    ),
    epilog=example("watcher profiles show ferroptose-cd44", "watcher profiles show ferroptose-cd44 --yaml"),
)
@click.argument("name")
@click.option(
    "--yaml", "as_yaml", is_flag=True, help=t("Écrire le profil pour feeds.yaml.", "Write the profile for feeds.yaml.")
)
@json_option
@with_choices
def show_command(choices: Choices, *, name: str, as_yaml: bool, as_json: bool) -> None:
    wanted = tuple(s for s in choices.settings.profiles if s.name == name)
    if not wanted:
        known = ", ".join(s.name for s in choices.settings.profiles)
        raise UsageError("no-such-profile", name=name, known=known)
    (profile,) = learn_profiles(wanted)
    if as_json:
        click.echo(dumped(profile_json(profile)))
    elif as_yaml:
        click.echo(profile_yaml(profile, wanted[0], choices.settings.file.parent), nl=False)
    else:
        console().print(profile_table(profile, choices.language))
