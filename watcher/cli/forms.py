"""Where a digest goes besides the screen, and in which form: a pipe, a file, a browser."""

import tempfile
import webbrowser
from collections.abc import Callable
from datetime import tzinfo
from importlib import import_module
from pathlib import Path

import click

from watcher.cli.words import t
from watcher.digest import Digest
from watcher.errors import UsageError

# form -> the room and the function that makes it; loaded when it is asked for
_MAKERS = {
    "text": ("text", "text"),
    "html": ("html", "page"),
    "markdown": ("markdown", "markdown"),
    "json": ("json", "digest_document"),
    "atom": ("atom", "atom"),
    "ris": ("ris", "ris"),
    "bibtex": ("bibtex", "bibtex"),
    "csv": ("csv", "digest_csv"),
}
FORMS = ("terminal", *_MAKERS)


Own = Callable[[Callable[[Path | None], bytes]], bytes]  # makes a document with a folder of templates


def hand_out(  # noqa: PLR0913 - what can be said of it
    digest: Digest, form: str, own: Own, *, language: str, zone: tzinfo, output: Path | None, in_browser: bool
) -> None:
    """Write a digest to a file or to stdout; in a browser, the file's page, or that of a file in a temporary place."""
    if in_browser and form not in ("terminal", "html"):
        raise UsageError("only-html", form=form)
    form = "html" if in_browser else "text" if form == "terminal" else form
    document = own(lambda templates: formed(digest, form, language, zone, templates))
    if in_browser:
        _show(_written(document, output or Path(tempfile.mkdtemp(prefix="watcher-")) / "digest.html"))
    elif output:
        _written(document, output)
    else:
        click.echo(document, nl=False)


def formed(digest: Digest, form: str, language: str, zone: tzinfo, templates: Path | None = None) -> bytes:
    """A digest in a form that is no screen's; raises UsageError("bad-template")."""
    room, name = _MAKERS[form]
    make: Callable[..., str | bytes] = getattr(import_module(f"watcher.render.{room}"), name)
    facts = () if form in ("json", "csv") else (language, zone)
    made = make(digest, *facts, *((templates,) if form == "html" else ()))
    return made if isinstance(made, bytes) else made.encode("utf-8", "replace")


def _written(document: bytes, file: Path) -> Path:
    try:
        file.write_bytes(document)
    except OSError as error:
        raise UsageError("unwritable-file", file=str(file), detail=error.strerror or str(error)) from None
    return file


def _show(file: Path) -> None:
    click.echo(file, err=True)
    if not webbrowser.open(file.resolve().as_uri()):
        click.echo(t("Aucun navigateur trouvé : ouvrez ce fichier.", "No browser found: open this file."), err=True)
