"""The commands that judge a file of articles, without settings and without a database."""

from collections.abc import Iterator
from pathlib import Path

import click

from watcher.articles import Article
from watcher.cli.words import LANGUAGE, example, t
from watcher.errors import UsageError
from watcher.identity import identify
from watcher.parse.files import read_articles
from watcher.ranking import explained, rank
from watcher.seeds import read_seeds
from watcher.stories import group

_form = click.option(
    "--format",
    "form",
    type=click.Choice(["jsonl", "table"]),
    default="table",
    show_default=True,
    help=t("Forme.", "Form."),
)


def articles_of(file: Path) -> Iterator[Article]:
    """The articles of a file of any form that we read; raises UsageError naming the file and the place."""
    try:
        with file.open("rb") as stream:
            yield from read_articles(stream, name=str(file))
    except OSError as error:
        raise UsageError("unreadable-file", file=str(file), detail=error.strerror or str(error)) from error


@click.command(
    "rank",
    help=t(
        "Classe un fichier d’articles selon des documents de départ, sans base ni réglages.",
        "Rank a file of articles by seed documents, without database or settings.",
    ),
    epilog=example("watcher rank --seeds seeds/ferroptose-cd44 articles.jsonl --format table"),
)
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--seeds",
    type=click.Path(path_type=Path),
    required=True,
    help=t("Dossier de documents, pris pour un seul profil.", "Folder of documents, taken as one profile."),
)
@_form
@click.option(
    "--explain",
    is_flag=True,
    help=t("Avec jsonl : les termes de chaque note.", "With jsonl: the terms of every score."),
)
def rank_command(file: Path, *, seeds: Path, form: str, explain: bool) -> None:
    ranking = rank(read_seeds(seeds), articles_of(file), name=seeds.name)
    best_first = sorted(range(len(ranking.values)), key=lambda n: -ranking.values[n])  # stable: equals as in the file
    if form == "jsonl":
        from watcher.render.json import dumped, score_json  # noqa: PLC0415 - it knows the database, ranking does not

        for n in best_first:
            why = {"matches": score_json(explained(ranking, n))["matches"]} if explain else {}
            click.echo(dumped({"id": ranking.articles[n].guid, "score": ranking.values[n], **why}))
        return
    from watcher.render.tables import ranking_table  # noqa: PLC0415 - rich is for people
    from watcher.render.terminal import console  # noqa: PLC0415

    judged = [(ranking.articles[n], explained(ranking, n)) for n in best_first]
    console().print(ranking_table(judged, LANGUAGE))


@click.command(
    "group",
    help=t(
        "Dit quels enregistrements d’un fichier sont le même article, et lesquels racontent la même histoire.",
        "Say which records of a file are the same article, and which tell the same story.",
    ),
    epilog=example("watcher group articles.jsonl --format jsonl"),
)
@click.argument("file", type=click.Path(path_type=Path))
@_form
def group_command(file: Path, form: str) -> None:
    articles = tuple(articles_of(file))
    groups = group(identify(articles))
    if form == "jsonl":
        from watcher.render.json import dumped  # noqa: PLC0415 - as above

        for article, (same, story) in zip(articles, groups, strict=True):
            click.echo(dumped({"id": article.guid, "article": articles[same].guid, "story": articles[story].guid}))
        return
    from watcher.render.tables import groups_table  # noqa: PLC0415 - rich is for people
    from watcher.render.terminal import console  # noqa: PLC0415

    console().print(groups_table(articles, groups, LANGUAGE))
