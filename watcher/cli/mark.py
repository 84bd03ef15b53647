"""The command by which a person says what is worth reading."""

import click

from watcher.cli.choices import Choices, found, json_option, now, with_choices
from watcher.cli.words import example, t
from watcher.errors import UsageError
from watcher.render.json import dumped, learnt_json, marked_json
from watcher.render.steering import marked_said
from watcher.run import mark

SAID = {"keep": True, "reject": False, "garder": True, "ecarter": False, "écarter": False}


@click.command(
    "mark",
    help=t(
        "Garde (keep) ou écarte (reject) des articles, par numéro, adresse ou DOI ; les profils en apprennent.",
        "Keep or reject articles, by number, address or DOI; the profiles learn from it.",
    ),
    epilog=example(
        "watcher mark 42 57 keep", "watcher mark 10.1038/s41586-025-08974-4 reject", "watcher mark --undo 42"
    ),
)
@click.argument("keys", nargs=-1, required=True, metavar="KEY... keep|reject")
@click.option(
    "--profile", default="", help=t("Pour ce profil, et non le plus proche.", "For this profile, not the closest.")
)
@click.option("--undo", is_flag=True, help=t("Reprendre ce qui a été dit.", "Take back what was said."))
@json_option
@with_choices
def mark_command(choices: Choices, *, keys: tuple[str, ...], profile: str, undo: bool, as_json: bool) -> None:
    *named, last = keys
    if undo:
        named = list(keys)
    elif last not in SAID or not named:
        raise UsageError("no-verdict", word=last)
    if profile:
        choices.profile_setting(profile)
    if not choices.settings.profiles:
        raise UsageError("no-profiles", file=str(choices.settings.file))
    with choices.store() as store:
        articles = tuple({known.id: known for known in (found(store, key) for key in named)}.values())
        keep = None if undo else SAID[last]
        marked, learnt = mark(articles, choices.settings.profiles, store, now(), keep=keep, profile=profile)
    if as_json:
        click.echo(dumped({"marked": [marked_json(m) for m in marked], "learnt": [learnt_json(one) for one in learnt]}))
        return
    for line in marked_said(marked, learnt, choices.language):
        click.echo(line)
