"""Articles, and a digest, as a table for a spreadsheet."""

import csv
import io
from collections.abc import Iterable, Iterator

from watcher.digest import Digest, Line
from watcher.render.json import article_json, time
from watcher.render.sheet import shown
from watcher.store import Remembered

COLUMNS = ("id", "title", "text", "url", "published", "first_seen", "language", "sources", "aliases", "story", "scores")


def csv_lines(articles: Iterable[Remembered]) -> Iterator[str]:
    """A header, then one line an article, without line ends; cells that a spreadsheet would run are made inert."""
    yield _line(COLUMNS)
    for known in articles:
        facts = article_json(known)
        facts["sources"] = " ".join(known.sources)
        facts["aliases"] = " ".join(facts["aliases"])
        facts["scores"] = " ".join(f"{name}={value:.1f}" for name, value in known.scores)
        yield _line(tuple("" if facts[c] is None else str(facts[c]) for c in COLUMNS))


DIGEST_COLUMNS = (
    *("profile", "score", "id", "title", "url", "outlets", "published", "journal", "language", "summary", "why"),
    *("also", "doi", "pmid", "hal"),
)


def digest_csv(digest: Digest) -> str:
    """A header, then one line a story in the order of the digest; lines end in LF."""
    rows = [_row(line) for section in digest.sections for line in section.lines]
    return "".join(f"{_line(cells)}\n" for cells in (DIGEST_COLUMNS, *rows))


def _row(line: Line) -> tuple[str, ...]:
    article, names = line.lead.article, dict(reversed(line.lead.aliases))
    cells = (
        line.score.profile,
        f"{line.score.value:.1f}",
        str(line.lead.id),
        article.title,
        article.url,
        " | ".join(dict.fromkeys(outlet.source for outlet in line.outlets)),
        time(article.published) or "",
        article.journal,
        article.language,
        article.summary or article.body,
        " | ".join(f"{match.label} {match.contribution:.1f}" for match in line.score.matches),
        " | ".join(line.also),
        *(names.get(scheme, "") for scheme in ("doi", "pmid", "hal")),
    )
    return tuple(map(shown, cells))


def _line(cells: tuple[str, ...]) -> str:
    out = io.StringIO()
    # Told that lines end without a mark, Python 3.11 and 3.12 would leave a cell of several lines unquoted.
    csv.writer(out, lineterminator="\n").writerow([inert(cell) for cell in cells])
    return out.getvalue()[:-1]


def inert(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula (`=…`, `+…`, `-…`, `@…`, also behind spaces)."""
    return f"'{cell}" if cell.lstrip()[:1] in ("=", "+", "-", "@", "\t", "\r") else cell
