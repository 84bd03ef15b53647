"""The commands by which a person says which articles tell one story."""

import click

from watcher.cli.choices import Choices, found, json_option, now, with_choices
from watcher.cli.words import example, t
from watcher.render.json import arranged_json, dumped, word_json
from watcher.render.stories import arranged_said, words_said
from watcher.run import Arranged, join, split
from watcher.store import Remembered, Store, exclusive


@click.group(
    "story",
    help=t(
        "Sépare ou réunit des articles, pour de bon : les relèves suivantes n’y touchent pas.",
        "Split or join articles, for good: later polls leave that alone.",
    ),
    epilog=example("watcher story split 42", "watcher story join 42 57"),
)
def story_command() -> None:
    pass


@story_command.command(
    "split",
    help=t(
        "Retire des articles de leur histoire ; si tous ses articles sont nommés, ils sont tous séparés. "
        "« story join » y revient.",
        "Take articles out of their story; when all of its articles are named, each goes its way. "
        "`story join` takes it back.",
    ),
    epilog=example("watcher story split 42"),
)
@click.argument("keys", nargs=-1, required=True, metavar="KEY...")
@json_option
@with_choices
def split_command(choices: Choices, *, keys: tuple[str, ...], as_json: bool) -> None:
    with exclusive(choices.database_file), choices.store() as store:
        arranged = split(_named(store, keys), store, now())
    _say(choices, arranged, as_json=as_json)


@story_command.command(
    "join",
    help=t(
        "Fait une seule histoire de celles de plusieurs articles. « story split » y revient.",
        "Make one story of those of several articles. `story split` takes it back.",
    ),
    epilog=example("watcher story join 42 57", "watcher story join 42 10.1038/s41586-025-08974-4"),
)
@click.argument("keys", nargs=-1, required=True, metavar="KEY KEY...")
@json_option
@with_choices
def join_command(choices: Choices, *, keys: tuple[str, ...], as_json: bool) -> None:
    with exclusive(choices.database_file), choices.store() as store:
        arranged = join(_named(store, keys), store, now())
    _say(choices, arranged, as_json=as_json)


@story_command.command(
    "list",
    help=t("Ce qui a été séparé ou réuni à la main.", "What was split or joined by hand."),
    epilog=example("watcher story list"),
)
@json_option
@with_choices
def list_command(choices: Choices, *, as_json: bool) -> None:
    with choices.store() as store:
        words = store.words()
        articles = {known.id: known for known in store.get(sorted({n for word in words for n in word.pair}))}
    if as_json:
        click.echo(dumped([word_json(word) for word in words]))
        return
    for line in words_said(words, articles, choices.language, choices.zone):
        click.echo(line)


def _named(store: Store, keys: tuple[str, ...]) -> tuple[Remembered, ...]:
    """The articles that a person means, each once."""
    return tuple({known.id: known for known in (found(store, key) for key in keys)}.values())


def _say(choices: Choices, arranged: Arranged, *, as_json: bool) -> None:
    if as_json:
        click.echo(dumped(arranged_json(arranged)))
        return
    for line in arranged_said(arranged, choices.language):
        click.echo(line)
