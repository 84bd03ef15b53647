"""The commands about profiles."""

import click

from watcher.cli.choices import Choices, json_option, now, with_choices
from watcher.cli.words import example, t
from watcher.render.json import difference_json, dumped, learnt_json, profile_json
from watcher.render.steering import difference_table, undone_said
from watcher.render.tables import profile_table, profile_yaml, profiles_table
from watcher.render.terminal import console
from watcher.run import difference, learn_profiles, undo


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
    setting = choices.profile_setting(name)
    profile = choices.profile(name)
    if as_json:
        click.echo(dumped(profile_json(profile)))
    elif as_yaml:
        rules = next((r for r in choices.settings.rules if r.profile == name), None)
        click.echo(profile_yaml(profile, setting, choices.settings.file.parent, rules), nl=False)
    else:
        console().print(profile_table(profile, choices.language))


@profiles_command.command(
    "diff",
    help=t(
        "Ce qui a changé dans un profil depuis son état précédent, terme par terme, et pourquoi.",
        "What changed in a profile since its state before, term by term, and why.",
    ),
    epilog=example("watcher profiles diff", "watcher profiles diff ferroptose-cd44"),
)
@click.argument("name", required=False, default="")
@json_option
@with_choices
def diff_command(choices: Choices, *, name: str, as_json: bool) -> None:
    if name:
        choices.profile_setting(name)
    with choices.store() as store:
        profiles = learn_profiles(choices.settings.profiles, store)
        found = [difference(p, store) for p in profiles if name in ("", p.name)]
    if as_json:
        click.echo(dumped([difference_json(one) for one in found]))
        return
    screen = console()
    for one in found:
        screen.print(difference_table(one, choices.language, choices.zone))


@profiles_command.command(
    "undo",
    help=t(
        "Fait oublier à un profil ce qu’il a appris en dernier ; les verdicts valent toujours pour leurs articles.",
        "Let a profile forget what it learnt last; the verdicts still hold for their articles.",
    ),
    epilog=example("watcher profiles undo ferroptose-cd44"),
)
@click.argument("name")
@json_option
@with_choices
def undo_command(choices: Choices, *, name: str, as_json: bool) -> None:
    choices.profile_setting(name)
    with choices.store() as store:
        articles, learnt = undo(name, choices.settings.profiles, store, now())
    if as_json:
        click.echo(dumped({"forgotten": [str(n) for n in articles], "learnt": [learnt_json(one) for one in learnt]}))
    else:
        click.echo(undone_said(name, articles, learnt, choices.language))
