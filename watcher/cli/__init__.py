"""What a person types. The only clock, and with `render` the only place for words meant for people.

A command's module, with all that it imports, is loaded when that command is typed: `watcher --help` loads none.
"""

import importlib
import os
import sys
from pathlib import Path
from typing import Any

import click

from watcher import __version__
from watcher.cli.words import error_said, example, t
from watcher.errors import WatcherError

# name -> (module, what it does in French, in English)
COMMANDS: dict[str, tuple[str, str, str]] = {
    "init": ("start", "Prépare un dossier de veille.", "Make a folder to watch from."),
    "demo": (
        "demo",
        "Vit trois jours d’un monde d’exemple, sans réseau.",
        "Live three days of a sample world, offline.",
    ),
    "poll": ("collect", "Interroge les sources échues.", "Ask the sources that are due."),
    "digest": ("collect", "Affiche ce qu’il y a à lire.", "Show what there is to read."),
    "run": ("collect", "Relève puis affiche : pour cron.", "Poll, then show: for cron."),
    "send": ("post", "Envoie les digests échus.", "Send the digests that are due."),
    "outbox": ("post", "Les lettres et leur sort.", "The letters and their fate."),
    "status": ("status", "Où en est la veille.", "How the watch stands."),
    "sources": ("sources", "Les sources : liste, santé, ajout.", "The sources: list, health, add."),
    "profiles": ("profiles", "Les profils : liste, vocabulaire.", "The profiles: list, vocabulary."),
    "schedule": ("schedule", "Fait passer watcher tout seul.", "Have watcher run by itself."),
    "doctor": ("doctor", "Examine toute l’installation.", "Look over the whole installation."),
    "show": ("consult", "Montre un article et son histoire.", "Show an article and its story."),
    "explain": ("consult", "Décompose les notes d’un article.", "Take an article's scores apart."),
    "story": ("story", "Sépare ou réunit des articles.", "Split or join articles."),
    "mark": ("mark", "Garde ou écarte des articles.", "Keep or reject articles."),
    "why-not": ("hindsight", "Dit ce qui a écarté un article.", "Say what kept an article out."),
    "replay": ("hindsight", "Rejoue le passé avec d’autres profils.", "Replay the past with other profiles."),
    "audit": ("hindsight", "Estime ce que les profils manquent.", "Estimate what the profiles miss."),
    "search": ("consult", "Cherche dans tout ce qui est connu.", "Search all that is known."),
    "rank": ("records", "Classe un fichier d’articles.", "Rank a file of articles."),
    "group": ("records", "Regroupe les articles d’un fichier.", "Group the articles of a file."),
    "forget": ("forget", "Efface une personne ou un article.", "Take a person or an article out."),
    "import": ("exchange", "Ajoute à la base un fichier d’articles.", "Add a file of articles to the database."),
    "export": ("exchange", "Écrit tous les articles de la base.", "Write all articles of the database."),
    "backup": ("keep", "Copie la base, et vérifie la copie.", "Copy the database, and check the copy."),
    "restore": ("keep", "Remet une sauvegarde en place.", "Put a backup back."),
    "prune": ("keep", "Allège la base de ses vieux textes.", "Let old texts go."),
}


def _translate(option: click.Option | None) -> click.Option | None:
    """Say in the reader's language what `--help` does; click makes that option itself, once for each command."""
    if option:
        option.help = t("Afficher cette aide.", "Show this help.")
    return option


class _Times(click.IntRange):
    """How many times; `WATCHER_VERBOSE` may also say yes or no."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        said = {"true": 1, "yes": 1, "on": 1, "false": 0, "no": 0, "off": 0, "": 0}
        return super().convert(said.get(str(value).lower(), value), param, ctx)


class _Commands(click.Group):
    """Knows every command by name and loads the one that is typed."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"watcher.cli.{COMMANDS[cmd_name][0]}")
        command: click.Command = getattr(module, f"{cmd_name.replace('-', '_')}_command")
        for one in (command, *(command.commands.values() if isinstance(command, click.Group) else ())):
            _translate(one.get_help_option(ctx))
        return command

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError:  # `watcher export | head`; click would call it a failure
            return _stop_writing()

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        return _translate(super().get_help_option(ctx))

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's signature
        with formatter.section(t("Commandes", "Commands")):
            formatter.write_dl([(name, t(french, english)) for name, (_, french, english) in COMMANDS.items()])


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"], "auto_envvar_prefix": "WATCHER"},
    help=t(
        "Veille bibliographique : relève des flux, note chaque article selon vos documents de départ, et dit pourquoi.",
        "Literature watch: polls feeds, scores every article by your seed documents, and says why.",
    ),
    epilog=example("watcher init veille && cd veille && watcher run"),
)
@click.option(
    "--config", type=click.Path(path_type=Path), help=t("Fichier de réglages (feeds.yaml).", "Settings (feeds.yaml).")
)
@click.option(
    "--database",
    type=click.Path(path_type=Path),
    help=t("Base de données, au lieu de celle des réglages.", "Database, instead of the settings' one."),
)
@click.option(
    "-v",
    "--verbose",
    count=True,
    type=_Times(min=0),
    help=t("Dire ce que fait chaque source ; -vv : chaque requête.", "Say what every source does; -vv: every request."),
)
@click.option(
    "-q", "--quiet", is_flag=True, help=t("Ne dire que ce qui arrête la commande.", "Say only what stops the command.")
)
@click.version_option(
    __version__, "--version", prog_name="watcher", help=t("Afficher la version.", "Show the version.")
)
@click.pass_context
def watcher(context: click.Context, /, **said: Any) -> None:
    context.obj = said


def _stop_writing() -> int:
    """Nobody reads on: what is still to be written goes nowhere, and that is no error."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def main() -> None:
    """Run the command line; every expected failure is one line on stderr and an exit code."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # `watcher run >&-`
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115 - to the end
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # an ASCII terminal gets escapes, never a crash
    try:
        code = watcher.main(standalone_mode=False)
        sys.stdout.flush()
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except (click.Abort, KeyboardInterrupt):
        code = 130
    except BrokenPipeError:
        code = _stop_writing()
    except WatcherError as error:
        for line in error_said(error):
            click.echo(f"watcher: {line}", err=True)
        code = error.exit_code
    sys.exit(code if isinstance(code, int) else 0)
