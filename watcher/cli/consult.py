"""The commands that look at what is known."""

import click

from watcher.cli.choices import Choices, found, json_option, with_choices
from watcher.cli.words import example, t
from watcher.relevance import judge
from watcher.render.copies import copy_say
from watcher.render.json import article_json, dumped, own_page_json, score_json, step_json, story_json
from watcher.render.tables import article_page, articles_table, explanation
from watcher.render.terminal import console
from watcher.render.words import date_said
from watcher.store import Remembered


@click.command(
    "show",
    help=t(
        "Montre un article : ses noms, ses sources, son histoire.", "Show an article: its names, sources and story."
    ),
    epilog=example("watcher show 42", "watcher show 10.1038/s41586-025-08974-4"),
)
@click.argument("key")
@json_option
@with_choices
def show_command(choices: Choices, *, key: str, as_json: bool) -> None:
    with choices.store() as store:
        known = found(store, key)
        story, ties, steps = store.story(known.story), store.ties(known.id), store.steps(article=known.id)
    if as_json:
        page = {"page": own_page_json(known.page)} if known.page else {}
        gone = {"text_let_go": known.pruned.isoformat()} if known.pruned else {}
        history = {"history": [step_json(step) for step in steps]}
        click.echo(dumped(article_json(known) | page | gone | story_json(story, ties) | history))
        return
    names = {s.id: s.label for s in choices.settings.sources}
    console().print(article_page(known, story, ties, names, choices.language, choices.zone, steps=steps))
    _say_if_pruned(choices, known)


@click.command(
    "explain",
    help=t(
        "Décompose chaque note d’un article, terme par terme.", "Take every score of an article apart, term by term."
    ),
    epilog=example("watcher explain 42", "watcher explain https://presse.inserm.fr/un-article/"),
)
@click.argument("key")
@json_option
@with_choices
def explain_command(choices: Choices, *, key: str, as_json: bool) -> None:
    with choices.store() as store:
        known = found(store, key)
    scores = sorted(judge(known.reading, choices.profiles), key=lambda s: -s.value)
    if as_json:
        facts = {"id": str(known.id), "title": known.article.title, "scores": [score_json(s) for s in scores]}
        click.echo(dumped(facts))
        return
    screen = console()
    for part in explanation(known, scores, choices.language):
        screen.print(part)
    _say_if_pruned(choices, known)


def _say_if_pruned(choices: Choices, known: Remembered) -> None:
    if known.pruned:
        day = date_said(choices.language, known.pruned, choices.zone)
        click.echo(copy_say(choices.language, "let-go", date=day))


@click.command(
    "search",
    help=t(
        "Cherche des mots dans tout ce qui est connu ; accents et majuscules sont indifférents.",
        "Search all that is known; accents and case do not matter.",
    ),
    epilog=example("watcher search ferroptose cellules"),
)
@click.argument("words", nargs=-1, required=True)
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 1000), help=t("Au plus.", "At most."))
@json_option
@with_choices
def search_command(choices: Choices, *, words: tuple[str, ...], limit: int, as_json: bool) -> None:
    with choices.store() as store:
        met = store.search(" ".join(words), limit)
    if as_json:
        click.echo(dumped([article_json(k) for k in met]))
    else:
        console().print(articles_table(met, choices.language, choices.zone))
