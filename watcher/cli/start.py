"""The command that makes a folder to watch from."""

import shutil
from pathlib import Path

import click

from watcher.cli.words import example, t
from watcher.errors import UsageError
from watcher.starter import starter


@click.command(
    "init",
    help=t(
        "Prépare un dossier de veille : feeds.yaml et cinq profils d’exemple. N’écrase rien.",
        "Make a folder to watch from: feeds.yaml and five sample profiles. Overwrites nothing.",
    ),
    epilog=example("watcher init ma-veille --contact moi@hopital.fr"),
)
@click.argument("folder", type=click.Path(path_type=Path), default=".")
@click.option(
    "--contact", default="", help=t("Votre adresse, donnée aux sites visités.", "Your address, told to sites.")
)
def init_command(folder: Path, contact: str) -> None:
    settings, seeds = folder / "feeds.yaml", folder / "seeds"
    for file in (settings, seeds):
        if file.exists():
            raise UsageError("exists", file=str(file))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with starter() as model:
            shutil.copytree(model / "seeds", seeds)
            text = (model / "feeds.yaml").read_text(encoding="utf-8")
        if contact:
            text = text.replace("contact: you@example.org", f"contact: {contact}", 1)
        settings.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError("unwritable-file", file=str(folder), detail=error.strerror) from error
    click.echo(
        t(
            f"{settings} est prêt : donnez-y votre adresse (contact), vos documents dans {seeds}, puis : watcher run",
            f"{settings} is ready. Give it your address (contact), put your documents into {seeds}, then: watcher run",
        )
    )
