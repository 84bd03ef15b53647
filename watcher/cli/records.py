"""The commands that judge a file of articles, without settings and without a database."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import click

from watcher.articles import Article
from watcher.cli.mark import SAID
from watcher.cli.words import LANGUAGE, example, t
from watcher.errors import UsageError
from watcher.identity import identify
from watcher.parse.files import read_articles
from watcher.ranking import Collection, explained, rank, read_collection
from watcher.relevance import Score
from watcher.screening import explained as told_apart
from watcher.screening import screen, seeds_of
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
        "Classe un fichier d’articles selon des documents de départ et ce qui en fut gardé ou écarté, sans base ni"
        " réglages. Les articles déjà jugés ne sont plus montrés.",
        "Rank a file of articles by seed documents and by what was kept or rejected of it, without database or"
        " settings. Articles that were answered are no longer shown.",
    ),
    epilog=example(
        "watcher rank --seeds seeds/ferroptose-cd44 articles.jsonl --format table",
        "watcher rank articles.csv --verdicts verdicts.txt --limit 10",
    ),
)
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--seeds",
    type=click.Path(path_type=Path),
    help=t("Dossier de documents, pris pour un seul profil.", "Folder of documents, taken as one profile."),
)
@click.option("--keep", multiple=True, metavar="ID", help=t("Un article gardé.", "An article that was kept."))
@click.option("--reject", multiple=True, metavar="ID", help=t("Un article écarté.", "An article that was rejected."))
@click.option(
    "--verdicts",
    type=click.Path(path_type=Path),
    help=t("Fichier de lignes « ID keep » ou « ID reject ».", "File of lines `ID keep` or `ID reject`."),
)
@click.option(
    "--limit", type=click.IntRange(min=1), metavar="N", help=t("Les N premiers seulement.", "The first N only.")
)
@_form
@click.option(
    "--explain",
    is_flag=True,
    help=t("Avec jsonl : les termes de chaque note.", "With jsonl: the terms of every score."),
)
def rank_command(  # noqa: PLR0913 - an option each
    file: Path,
    *,
    seeds: Path | None,
    keep: tuple[str, ...],
    reject: tuple[str, ...],
    verdicts: Path | None,
    limit: int | None,
    form: str,
    explain: bool,
) -> None:
    said = _said(verdicts) if verdicts else {}
    said |= dict.fromkeys(keep, True) | dict.fromkeys(reject, False)
    if both := set(keep) & set(reject):
        raise UsageError("kept-and-rejected", key=min(both))
    if not seeds and True not in said.values():
        raise UsageError("nothing-to-rank-by", file=str(file))
    collection = read_collection(articles_of(file))
    answered = _answered(collection, said, file)
    values, why = _ranked(seeds, collection, answered)
    unread = (n for n in range(len(values)) if n not in answered)
    best_first = sorted(unread, key=lambda n: -values[n])[:limit]  # stable: equals as in the file
    articles = collection.articles
    if form == "jsonl":
        from watcher.render.json import dumped, score_json  # noqa: PLC0415 - it knows the database, ranking does not

        found = why(best_first) if explain else [None] * len(best_first)
        for n, score in zip(best_first, found, strict=True):
            terms = {"matches": score_json(score)["matches"]} if score else {}
            click.echo(dumped({"id": articles[n].guid, "score": values[n], **terms}))
        return
    from watcher.render.tables import ranking_table  # noqa: PLC0415 - rich is for people
    from watcher.render.terminal import console  # noqa: PLC0415

    judged = [(articles[n], score) for n, score in zip(best_first, why(best_first), strict=True)]
    console().print(ranking_table(judged, LANGUAGE))


_Why = Callable[[Iterable[int]], Iterable[Score]]


def _ranked(seeds: Path | None, collection: Collection, answered: dict[int, bool]) -> tuple[tuple[float, ...], _Why]:
    """The values of all articles, and what explains some of them; rejected ones ask for more than a likeness."""
    documents = read_seeds(seeds) if seeds else ()
    kept, rejected = ([n for n, keep in answered.items() if keep is side] for side in (True, False))
    if rejected:
        screening = screen(documents, collection, kept, rejected, name=seeds.name if seeds else "")
        return screening.values, lambda places: told_apart(screening, places)
    ranking = rank((*documents, *seeds_of(collection, kept)), collection, name=seeds.name if seeds else "")
    return ranking.values, lambda places: (explained(ranking, place) for place in places)


def _said(file: Path) -> dict[str, bool]:
    """The verdicts of a file, a line each; the later one of an article counts."""
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError("unreadable-file", file=str(file), detail=getattr(error, "strerror", "") or "UTF-8") from error
    said: dict[str, bool] = {}
    for number, line in enumerate(lines, 1):
        *key, word = line.strip().rsplit(maxsplit=1) or [""]
        if word and (not key or word.lower() not in SAID):
            raise UsageError("bad-verdict", file=str(file), line=number)
        said |= {key[0]: SAID[word.lower()]} if key else {}
    return said


def _answered(collection: Collection, said: dict[str, bool], file: Path) -> dict[int, bool]:
    """The verdicts by the places of their articles; raises UsageError naming one that the file does not hold."""
    found = {n: said[a.guid] for n, a in enumerate(collection.articles) if a.guid in said}
    if missing := said.keys() - {collection.articles[n].guid for n in found}:
        raise UsageError("no-such-record", file=str(file), key=min(missing))
    return found


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
