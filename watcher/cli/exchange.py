"""The commands that bring files of articles into the database and write them out of it."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import click

from watcher.cli.choices import Choices, now, with_choices
from watcher.cli.records import articles_of
from watcher.cli.words import LANGUAGE, example, t
from watcher.identity import Identified, identify
from watcher.render.csv import csv_lines
from watcher.render.ics import ics_bytes
from watcher.render.json import article_json, dumped
from watcher.render.words import say
from watcher.run import take_in
from watcher.store import exclusive


@click.command(
    "import",
    help=t(
        "Ajoute à la base les articles d’un fichier (JSONL, RIS, BibTeX, PubMed XML).",
        "Add the articles of a file (JSONL, RIS, BibTeX, PubMed XML) to the database.",
    ),
    epilog=example("watcher import articles.jsonl"),
)
@click.argument("file", type=click.Path(path_type=Path))
@with_choices
def import_command(choices: Choices, *, file: Path) -> None:
    with exclusive(choices.database_file), choices.store(create=True) as store:
        new, known = take_in(_identified(file), choices.profiles, store, now())
    counts = f"{say(LANGUAGE, 'new', new)}, {say(LANGUAGE, 'known', known)}"
    click.echo(say(LANGUAGE, "pair", name=file, value=counts), err=True)


def _identified(file: Path) -> Iterator[Identified]:
    """Articles of a file by what they are known by elsewhere; a record's own number is a name where nothing else is.

    Numbers of two exports would otherwise meet and be taken for one article.
    """
    source = f"file:{file.name}"
    for article in articles_of(file):
        (named,) = identify((replace(article, source=source, guid=""),))
        if all(value.endswith(f"@{source}") for _, value in named.aliases):
            (named,) = identify((replace(article, source=source),))
        yield named


@click.command(
    "export",
    help=t(
        "Écrit tous les articles de la base ; en ics, l’agenda de ceux qui annoncent un événement.",
        "Write all articles of the database; as ics, the calendar of those that announce an event.",
    ),
    epilog=example(
        "watcher export > articles.jsonl",
        "watcher export --format csv > articles.csv",
        "watcher export --format ics > seminaires.ics",
    ),
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["jsonl", "csv", "ics"]),
    default="jsonl",
    show_default=True,
    help=t("Forme.", "Form."),
)
@with_choices
def export_command(choices: Choices, *, form: str) -> None:
    with choices.store() as store:
        if form == "ics":
            click.echo(ics_bytes(store.all()), nl=False)
            return
        lines = csv_lines(store.all()) if form == "csv" else (dumped(article_json(k)) for k in store.all())
        for line in lines:
            click.echo(line)
