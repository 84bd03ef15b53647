"""Articles' own pages: which are wanted, and what came of asking for them."""

from collections.abc import Sequence
from datetime import datetime

from watcher.ownpages import OwnPage, Wanted
from watcher.store.line import Line
from watcher.store.rows import PAGE_COLUMNS, iso, page_row

_WANTED = """SELECT s.article, s.source, s.url, coalesce(p.tries, 0)
    FROM sightings s JOIN articles a ON a.id = s.article LEFT JOIN own_pages p ON p.article = s.article
    WHERE s.source IN ({}) AND s.url <> '' AND a.first_seen >= ? AND a.background = 0
        AND (p.article IS NULL OR p.due <= ?)
    ORDER BY coalesce((SELECT max(value) FROM scores WHERE scores.article = a.id), 0) DESC,
        a.first_seen DESC, a.id DESC, s.rowid"""


class Pages(Line):
    """The part of the database that knows articles' own pages."""

    def pages_wanted(self, sources: Sequence[str], since: datetime, now: datetime) -> tuple[Wanted, ...]:
        """Articles first seen since then whose page these sources name and that is to be asked for; best first."""
        rows = self._rows(_WANTED.format(", ".join("?" * len(sources))), (*sources, iso(since), iso(now)))
        return tuple(Wanted(article=a, source=source, url=url, tries=tries) for a, source, url, tries in rows)

    def keep_page(self, page: OwnPage) -> None:
        """Remember what came of asking for an article's own page; one with a text has its scores taken away."""
        columns = PAGE_COLUMNS.split(", ")
        # Not REPLACE: the row that it takes away would stay in the search index.
        self._write(
            f"INSERT INTO own_pages (article, {PAGE_COLUMNS}) VALUES (?{', ?' * len(columns)})"
            f" ON CONFLICT (article) DO UPDATE SET {', '.join(f'{c} = excluded.{c}' for c in columns)}",
            [page_row(page)],
        )
        if page.text:
            self._write("DELETE FROM scores WHERE article = ?", [(page.article,)])  # they held for the old words
