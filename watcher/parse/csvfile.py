"""Articles out of a table with a line of column names: exports of reference managers and of screening programs."""

import csv
import io
import re
from collections.abc import Iterator

from watcher.articles import Article
from watcher.errors import UsageError
from watcher.parse.html import MAX_TEXT, plain, plain_title
from watcher.parse.records import names
from watcher.parse.reference import named_ids, reference
from watcher.text import fold

# Under what names, folded and without what is no letter or digit, each part of a reference is found; the first column
# of the first name that is there counts.
COLUMNS = {
    "guid": "id recordid key cle articleid identifier identifiant openalexid",
    "title": "title primarytitle titre articletitle documenttitle",
    "summary": "abstract abstractnote resume text texte summary notesabstract",
    "authors": "authors author auteurs auteur authornames",
    "journal": "journal publicationtitle journaltitle sourcetitle secondarytitle t2 revue source",
    "year": "year publicationyear annee pubyear",
    "date": "date published publicationdate datedepublication",
    "volume": "volume vol",
    "pages": "pages page startpage",
    "doi": "doi",
    "pmid": "pmid pubmedid",
    "url": "url urls link links lien adresse",
    "language": "language langue lang",
    "notes": "notes extra note accession accessionnumber",
}
MARKS = ",;\t|"  # what may stand between columns


def read_csv(text: str, *, source: str) -> Iterator[Article]:
    """Read an article per line of a table; a cell may hold line breaks when it is quoted, and empty lines are nothing.

    The mark between the columns is the one that parts the first line into most known names. Raises
    UsageError("no-columns") with file and detail when no column holds titles, UsageError("bad-record") with file, line
    and detail for a table that cannot be read on.
    """
    csv.field_size_limit(4 * MAX_TEXT)
    text = text.lstrip("\ufeff\r\n")
    if not text.strip():
        return
    mark = max(MARKS, key=lambda mark: len(_columns(_first_line(text, mark))))  # the first of equals
    header = _first_line(text, mark)
    columns = _columns(header)
    if "title" not in columns:
        detail = ", ".join(name.strip()[:40] for name in header[:20])
        raise UsageError("no-columns", file=source, detail=detail)
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=mark)
    try:
        next(lines)
        for cells in lines:
            if any(cell.strip() for cell in cells):
                yield _article(columns, cells, source, lines.line_num)
    except csv.Error as error:
        raise UsageError("bad-record", file=source, line=lines.line_num, detail=str(error)) from None


def _first_line(text: str, mark: str) -> list[str]:
    try:
        return next(csv.reader(io.StringIO(text, newline=""), delimiter=mark))
    except csv.Error:
        return []


def _columns(header: list[str]) -> dict[str, int]:
    """Which column holds each part of a reference."""
    place: dict[str, int] = {}
    for n, name in enumerate(header):
        place.setdefault(re.sub(r"[^a-z0-9]", "", fold(name)), n)
    chosen = {part: [place[name] for name in known.split() if name in place] for part, known in COLUMNS.items()}
    return {part: places[0] for part, places in chosen.items() if places}


def _article(columns: dict[str, int], cells: list[str], source: str, line: int) -> Article:
    def said(part: str) -> str:
        n = columns.get(part, len(cells))
        return cells[n].strip() if n < len(cells) else ""

    article = reference(
        source=source,
        guid=said("guid"),
        title=plain_title(said("title")),
        summary=plain(said("summary")),
        authors=names(said("authors")),
        journal=plain_title(said("journal")),
        year=said("year"),
        volume=said("volume"),
        pages=said("pages"),
        date=said("date"),
        spoken=said("language"),
        urls=re.split(r"[\s;|]+", said("url")),
        ids=[(scheme, value) for scheme in ("doi", "pmid") if (value := said(scheme))] + named_ids(said("notes")),
    )
    if not article.guid:
        raise UsageError("bad-record", file=source, line=line, detail="no title")
    return article
