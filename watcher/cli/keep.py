"""The commands that keep the database: its copies, and what is let go of it."""

from pathlib import Path

import click

from watcher.cli.choices import Choices, json_option, now, with_choices
from watcher.cli.words import error_said, example, t
from watcher.errors import StorageError, UsageError
from watcher.periods import kept_for
from watcher.render.copies import (
    backup_json,
    backup_said,
    copies_table,
    copy_json,
    copy_say,
    prunable_said,
    pruned_json,
    pruned_said,
    restored_said,
)
from watcher.render.json import dumped
from watcher.render.terminal import console
from watcher.run.upkeep import back_up, today
from watcher.store import Contents, Copy, copies, exclusive, look_through, restore


@click.command(
    "backup",
    help=t(
        "Copie la base, relit la copie d’un bout à l’autre, et en garde une pour chacune des quatre dernières semaines."
        " « watcher poll » et « watcher run » le font d’eux-mêmes chaque semaine.",
        "Copy the database, read the copy from end to end, and keep one for each of the last four weeks."
        " `watcher poll` and `watcher run` do it by themselves every week.",
    ),
    epilog=example("watcher backup", "watcher backup --to /media/cle-usb"),
)
@click.option(
    "--to",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    help=t("Dans ce dossier, où rien n’est jamais effacé.", "Into this folder, of which nothing is ever deleted."),
)
@json_option
@with_choices
def backup_command(choices: Choices, *, folder: Path | None, as_json: bool) -> None:
    with exclusive(choices.database_file), choices.store() as store:
        made = back_up(store, today(now()), folder)
    if as_json:
        click.echo(dumped(backup_json(made)))
        return
    for line in backup_said(choices.language, made):
        click.echo(line)


@click.command(
    "restore",
    help=t(
        "Remet une sauvegarde à la place de la base, qui est mise de côté. Sans argument, montre les sauvegardes.",
        "Put a backup in the place of the database, which is put aside. Without argument, show the backups.",
    ),
    epilog=example("watcher restore", "watcher restore watcher-2026-11-16.db"),
)
@click.argument("file", required=False, type=click.Path(path_type=Path))
@json_option
@with_choices
def restore_command(choices: Choices, *, file: Path | None, as_json: bool) -> None:
    if file is None:
        _list(choices, as_json=as_json)
        return
    database = choices.database_file
    copy = next((place for place in (file, choices.backups / file) if place.is_file()), None)
    if copy is None:
        raise UsageError("no-such-copy", file=str(file))
    if database.exists() and copy.samefile(database):
        raise UsageError("copy-itself", file=str(file))
    name = f"{database.stem}-aside-{now().astimezone(choices.zone):%Y-%m-%d-%H%M%S}{database.suffix}"
    with exclusive(database):
        contents, aside = restore(copy, database, database.with_name(name))
    if as_json:
        held = {"articles": contents.articles, "last_run": contents.last_run and contents.last_run.isoformat()}
        click.echo(dumped({"file": str(copy), "aside": str(aside) if aside else None} | held))
        return
    for line in restored_said(choices.language, copy, contents, aside, choices.zone):
        click.echo(line)


def _list(choices: Choices, *, as_json: bool) -> None:
    known = copies(choices.database_file, choices.backups)
    found = [(copy, _looked_through(copy)) for copy in known]
    if as_json:
        click.echo(dumped([copy_json(*one) for one in found]))
        return
    if not found:
        click.echo(copy_say(choices.language, "none", folder=choices.backups))
        return
    console().print(copies_table(found, choices.language, choices.zone))
    good = next((copy for copy, contents in found if not isinstance(contents, str)), None)
    if good:
        click.echo(copy_say(choices.language, "how", file=good.file.name))


def _looked_through(copy: Copy) -> Contents | str:
    try:
        return look_through(copy.file)
    except StorageError as error:
        return error_said(error)[0].removeprefix(f"{copy.file} : ").removeprefix(f"{copy.file}: ")


@click.command(
    "prune",
    help=t(
        "Retire de la base les textes plus anciens que --older-than (24m : mois, 2y : ans), et rend la place au disque."
        " Titres, noms, notes, verdicts et envois restent : rien ne redevient nouveau. Les articles jugés gardent leur"
        " texte. D’un digest déjà parti, une lettre reste, pour « digest --again ».",
        "Let go of the texts older than --older-than (24m: months, 2y: years), and give the room back to the disk."
        " Titles, names, scores, verdicts and deliveries stay: nothing becomes new again. Articles with a verdict keep"
        " their text. Of a digest that was sent one letter stays, for `digest --again`.",
    ),
    epilog=example("watcher prune --dry-run", "watcher prune --older-than 3y"),
)
@click.option(
    "--older-than",
    "span",
    metavar="SPAN",
    help=t("Sans elle, « retention » des réglages, sinon 24m.", "Without it, `retention` of the settings, else 24m."),
)
@click.option("--dry-run", "dry", is_flag=True, help=t("Compter, et ne rien faire.", "Count, and do nothing."))
@json_option
@with_choices
def prune_command(choices: Choices, *, span: str | None, dry: bool, as_json: bool) -> None:
    kept = kept_for(span) if span is not None else choices.settings.retention or kept_for("24m")
    if kept is None:
        raise UsageError("bad-retention", value=span)
    moment = now()
    if dry:
        with choices.store() as store:
            articles, letters = store.prunable(moment - kept, moment)
        counts = {"articles": articles, "letters": letters}
        click.echo(dumped(counts) if as_json else prunable_said(choices.language, articles, letters))
        return
    with exclusive(choices.database_file), choices.store() as store:
        pruned = store.prune(moment - kept, moment)
    click.echo(dumped(pruned_json(pruned)) if as_json else pruned_said(choices.language, pruned))
