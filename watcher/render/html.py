"""The digest as a page of its own: nothing in it is fetched from elsewhere, and nothing in it runs."""

from datetime import tzinfo
from functools import lru_cache
from pathlib import Path
from traceback import walk_tb

from jinja2 import ChoiceLoader, FileSystemLoader, StrictUndefined, TemplateSyntaxError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from watcher.digest import Digest
from watcher.errors import UsageError
from watcher.render.sheet import DOT, Sheet, sheet
from watcher.render.words import WIDE

TEMPLATES = Path(__file__).parent / "templates"


def page(digest: Digest, language: str, zone: tzinfo, templates: Path | None = None) -> str:
    """A digest as an HTML document; `templates` is a folder whose `page.html` and `story.html` take the place of ours.

    Raises UsageError("bad-template") for a template of a person's own that cannot be used.
    """
    return filled("page.html", sheet(digest, language, zone), templates)


def filled(name: str, digest: Sheet, templates: Path | None = None) -> str:
    """A template filled with a digest in words.

    Whatever stands in the digest is escaped; a template can read it and nothing else of the program.
    """
    try:
        return _environment(templates).get_template(name).render(digest=digest, dot=DOT, space=WIDE)
    except Exception as error:  # a template may do whatever a template can
        if not templates:
            raise  # ours: a bug
        detail = " ".join(f"{type(error).__name__} {error}".split())[:300]
        raise UsageError("bad-template", file=_place(error, templates, name), detail=detail) from None


def _place(error: Exception, templates: Path, name: str) -> str:
    """The file that is wrong and its line, as far as they can be told."""
    if isinstance(error, TemplateSyntaxError):
        return f"{error.filename or templates / name}:{error.lineno}"
    frames = [(frame.f_code.co_filename, line) for frame, line in walk_tb(error.__traceback__)]
    inside = [f"{file}:{line}" for file, line in frames if file.startswith(str(templates))]
    return inside[-1] if inside else str(templates / name)


@lru_cache(maxsize=8)  # a template is compiled once for all the letters of a run
def _environment(templates: Path | None) -> ImmutableSandboxedEnvironment:
    return ImmutableSandboxedEnvironment(
        loader=ChoiceLoader([FileSystemLoader(folder) for folder in (templates, TEMPLATES) if folder]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
