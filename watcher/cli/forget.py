"""The command by which a person, or an article, leaves the database for good."""

import re
from dataclasses import asdict, fields
from pathlib import Path

import click

from watcher.cli.choices import Choices, found, json_option, with_choices
from watcher.cli.words import example, t
from watcher.config import Settings
from watcher.outbox import is_address
from watcher.render.json import dumped
from watcher.store import Forgotten, Store, exclusive


@click.command(
    "forget",
    help=t(
        "Efface sans retour une adresse électronique, partout, ou un article (par numéro, adresse web ou DOI), qui ne"
        " reviendra pas.",
        "Take out for good an e-mail address, everywhere, or an article (by number, web address or DOI), which will not"
        " come back.",
    ),
    epilog=example("watcher forget marie.dupont@example.org", "watcher forget 42 https://www.example.org/article"),
)
@click.argument("keys", nargs=-1, required=True, metavar="ADDRESS|KEY...")
@json_option
@with_choices
def forget_command(choices: Choices, *, keys: tuple[str, ...], as_json: bool) -> None:
    with exclusive(choices.database_file), choices.store() as store:
        with store.transaction():  # all or none: a wrong key among them stops before anything is gone
            gone = _total([_forgotten(store, key) for key in keys])
        store.wipe()
    backups = _backups(choices.database_file, choices.backups)
    named = [key for key in keys if is_email(key) and _is_named(key, choices.settings)]
    if as_json:
        facts = asdict(gone) | {"backups": [str(file) for file in backups], "still_in_settings": named}
        click.echo(dumped(facts))
        return
    click.echo(_said(gone))
    for key in named:
        click.echo(_still(str(choices.settings.file), key), err=True)
    if backups:
        click.echo(_held(backups), err=True)


def is_email(key: str) -> bool:
    """Whether what was typed is a person's address, and not an article's name."""
    return is_address(key) and "/" not in key and ":" not in key


def _forgotten(store: Store, key: str) -> Forgotten:
    if is_email(key):
        return store.forget_address(key)
    return store.forget_article(found(store, key).id)


def _total(parts: list[Forgotten]) -> Forgotten:
    return Forgotten(**{one.name: sum(getattr(part, one.name) for part in parts) for one in fields(Forgotten)})


def _backups(database: Path, folder: Path) -> list[Path]:
    """The files that may hold what was taken out; which of them do cannot be told without opening each."""
    aside = database.parent.glob(f"{database.stem}-aside-*")  # what a restore put aside
    return sorted(file for file in (*(folder.iterdir() if folder.is_dir() else ()), *aside) if file.is_file())


def _is_named(address: str, settings: Settings) -> bool:
    """Whether the settings hold an address; it would get letters again."""
    text = settings.file.read_text(encoding="utf-8", errors="replace")
    return bool(re.search(rf"(?<![\w.+-]){re.escape(address)}(?![\w-]|\.\w)", text, re.IGNORECASE))


def _said(gone: Forgotten) -> str:
    counts = (
        (t("articles effacés", "articles taken out"), gone.articles),
        (t("mentions masquées", "mentions masked"), gone.corrected),
        (t("lettres effacées", "letters taken out"), gone.letters),
        (t("lettres vidées de leur texte", "letters emptied of their text"), gone.emptied),
        (t("dont non envoyées, qui ne partiront pas", "of those not sent, which will not leave"), gone.dropped),
    )
    told = [f"{name}{t(' :', ':')} {count}" for name, count in counts if count]
    return "; ".join(told) if told else t("rien à effacer dans la base", "nothing of it in the database")


def _still(file: str, key: str) -> str:
    return t(
        f"{file} : contient encore {key} ; retirez-le, ou de nouvelles lettres lui seront écrites",
        f"{file}: still holds {key}; take it out, or new letters will be written to it",
    )


def _held(backups: list[Path]) -> str:
    names = ", ".join(str(file) for file in backups)
    return t(
        f"les sauvegardes le contiennent encore : {names} ; supprimez-les quand de nouvelles seront faites",
        f"backups still hold it: {names}; delete them when new ones are made",
    )
