"""The commands that put sources into the settings and take them out."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import click

from watcher.cli.choices import Choices, duration, now, with_choices
from watcher.cli.collect import manners_of
from watcher.cli.words import LANGUAGE, example, t
from watcher.config.lines import add_sources, remove_source, source_line
from watcher.discover import Discovery, discover, free_id
from watcher.errors import UnreadableError, UsageError
from watcher.identity import canonical_url
from watcher.parse import SERVICES
from watcher.parse.pointers import outlines
from watcher.render.opml import opml
from watcher.render.words import date_said, say, trouble_said
from watcher.sources import Source, Trouble

_LARGEST = 5_000_000  # bytes of a list of feeds


@click.command(
    "add",
    help=t(
        "Ajoute une source à feeds.yaml : un flux, ou un site dont le flux est cherché. Garde vos commentaires.",
        "Add a source to feeds.yaml: a feed, or a site whose feed is looked for. Keeps your comments.",
    ),
    epilog=example("watcher sources add https://presse.inserm.fr", "watcher sources add URL --id inserm --every 12h"),
)
@click.argument("url")
@click.option("--id", "key", default="", help=t("Identifiant ; sinon tiré du titre.", "Id; else made of the title."))
@click.option("--name", default="", help=t("Nom affiché.", "Name shown."))
@click.option(
    "--every", default="6h", show_default=True, help=t("Délai entre deux visites.", "Time between two visits.")
)
@click.option("--dry-run", is_flag=True, help=t("Montrer la ligne sans l’écrire.", "Show the line, write nothing."))
@with_choices
def add_command(choices: Choices, *, url: str, key: str, name: str, every: str, dry_run: bool) -> None:
    known = {canonical_url(source.url): source.id for source in choices.settings.sources}
    taken = set(known.values())
    if key in taken:
        raise UsageError("source-id-taken", key=key)
    found = _discovered(choices, url, taken)
    source = replace(found.source, every=duration(every))
    source = replace(source, id=key or source.id, name=name or source.name)
    if same := known.get(canonical_url(source.url)):
        raise UsageError("source-known", url=source.url, key=same)
    lines = (f"- {source_line(source)}",) if dry_run else add_sources(choices.settings.file, (source,), kinds=SERVICES)
    for line in lines:
        click.echo(line)
    _tell(choices, found, written=not dry_run)


def _discovered(choices: Choices, url: str, taken: set[str]) -> Discovery:
    if not url.startswith(("http://", "https://")):
        url = f"https://{url}"
    if not canonical_url(url):
        raise UsageError("not-an-address", url=url)
    found = discover(url, taken, manners_of(choices), now())
    if isinstance(found, Trouble):
        raise UnreadableError("no-feed-found", url=url, detail=trouble_said(LANGUAGE, found))
    return found


def _tell(choices: Choices, found: Discovery, *, written: bool) -> None:
    newest = found.trial.newest
    dated = date_said(LANGUAGE, newest, choices.zone) if newest else say(LANGUAGE, "undated")
    counts = f"{say(LANGUAGE, 'new', len(found.trial.items))} · {t('le plus récent', 'the latest')} : {dated}"
    click.echo(counts, err=True)
    for other in found.others:
        click.echo(f"{t('autre flux de la page', 'another feed of the page')} : {other.title} {other.url}", err=True)
    if written:
        click.echo(t(f"ajoutée à {choices.settings.file}", f"added to {choices.settings.file}"), err=True)


@click.command(
    "remove",
    help=t(
        "Met une source de feeds.yaml en commentaire (ou l’efface). Ce qu’elle a apporté reste dans la base.",
        "Turn a source of feeds.yaml into a comment (or delete it). What it brought stays in the database.",
    ),
    epilog=example("watcher sources remove le-figaro-sante", "watcher sources remove le-figaro-sante --delete"),
)
@click.argument("key", metavar="ID")
@click.option("--delete", is_flag=True, help=t("Effacer ses lignes.", "Delete its lines."))
@with_choices
def remove_command(choices: Choices, *, key: str, delete: bool) -> None:
    for line in remove_source(choices.settings.file, key, delete=delete, kinds=SERVICES):
        click.echo(line)
    file = choices.settings.file
    done = (
        t(f"effacée de {file}", f"deleted from {file}")
        if delete
        else t(f"en commentaire dans {file}", f"commented out in {file}")
    )
    click.echo(done, err=True)


@click.command(
    "import-opml",
    help=t(
        "Reprend dans feeds.yaml les flux d’un fichier OPML, sauf ceux qui y sont déjà. N’interroge personne.",
        "Take the feeds of an OPML file into feeds.yaml, but for those already there. Asks nobody.",
    ),
    epilog=example("watcher sources import-opml abonnements.opml"),
)
@click.argument("file", type=click.Path(path_type=Path))
@with_choices
def import_command(choices: Choices, *, file: Path) -> None:
    try:
        with file.open("rb") as stream:
            listed = outlines(stream.read(_LARGEST))
    except OSError as error:
        raise UsageError("unreadable-file", file=str(file), detail=error.strerror or str(error)) from error
    known = {canonical_url(source.url) for source in choices.settings.sources}
    taken = {source.id for source in choices.settings.sources}
    wanted: list[Source] = []
    for one in listed:
        if not one.url:
            click.echo(
                f"! {one.written} : {t('laissé de côté, pas une adresse web', 'left out, no web address')}", err=True
            )
        elif (name := canonical_url(one.url)) and name not in known:
            known.add(name)
            wanted.append(Source(id=free_id(one.title, one.url, taken), name=one.title, url=one.url))
            taken.add(wanted[-1].id)
    if not wanted:
        raise UsageError("no-feeds-listed", file=str(file))
    _echo_all(add_sources(choices.settings.file, tuple(wanted), kinds=SERVICES))
    added, left = len(wanted), len(listed) - len(wanted)
    click.echo(t(f"{added} ajoutées, {left} laissées de côté", f"{added} added, {left} left out"), err=True)


def _echo_all(lines: Sequence[str]) -> None:
    for line in lines:
        click.echo(line)


@click.command(
    "export-opml",
    help=t(
        "Écrit les flux suivis en OPML, pour un autre lecteur.", "Write the watched feeds as OPML, for another reader."
    ),
    epilog=example("watcher sources export-opml > watcher.opml"),
)
@with_choices
def export_command(choices: Choices) -> None:
    click.echo(opml(choices.settings.sources))
