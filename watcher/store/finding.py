"""Articles as they are remembered, and the ways to find them."""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime

from watcher.identity import SCHEMES, alias, canonical_url, ids_in_address
from watcher.store.articles import Articles
from watcher.store.line import BATCH
from watcher.store.rows import ARTICLE_COLUMNS, PAGE_COLUMNS, Remembered, iso, remembered
from watcher.text import clean


class Finding(Articles):
    """The part of the database from which articles are read."""

    def recent(self, since: datetime, until: datetime | None = None) -> tuple[Remembered, ...]:
        """Articles first seen at or after one moment and at or before another, in the order of their arrival."""
        return self._remembered("WHERE first_seen >= ? AND first_seen <= ?", (iso(since), iso(until) or "9999"))

    def news(self, since: datetime, until: datetime) -> tuple[Remembered, ...]:
        """Articles first seen after one moment and not after another, without what is kept in the background.

        The first moment is not of the period: two of them that meet share no article. The last one is, because a digest
        is often made in the second in which its last article came.
        """
        return self._remembered("WHERE first_seen > ? AND first_seen <= ? AND background = 0", (iso(since), iso(until)))

    def latest(self, most: int) -> tuple[Remembered, ...]:
        """The articles that arrived last, in the order of their arrival."""
        return self._remembered("WHERE id > (SELECT max(id) FROM articles) - ?", (most,))

    def all(self) -> Iterator[Remembered]:
        """Every article, in the order of arrival, a few hundred in memory at a time."""
        last = 0
        while batch := self._remembered("WHERE id > ?", (last,), limit=BATCH):
            yield from batch
            last = batch[-1].id

    def story(self, number: int) -> tuple[Remembered, ...]:
        """The members of a story, in the order of their arrival."""
        return self._remembered("WHERE story = ?", (number,))

    def get(self, numbers: Sequence[int]) -> tuple[Remembered, ...]:
        """Articles by their numbers, in the given order; unknown numbers are left out."""
        found: dict[int, Remembered] = {}
        for start in range(0, len(numbers), BATCH):
            part = numbers[start : start + BATCH]
            found |= {r.id: r for r in self._remembered(f"WHERE id IN ({', '.join('?' * len(part))})", part)}
        return tuple(found[n] for n in numbers if n in found)

    def find(self, key: str) -> Remembered | None:
        """The article that a person means: by number, DOI, PMID, other identifier, or address."""
        key = clean(key)  # what is typed may hold bytes that are no text
        if key.isdecimal() and len(key) < 10 and (by_number := self.get([int(key)])):
            return by_number[0]
        wanted = [*ids_in_address(key), ("url", canonical_url(key))]
        scheme, _, value = key.partition(":")
        wanted += [a for s in ([scheme.lower()] if value else SCHEMES) if (a := alias(s, value or key))]
        if value:
            wanted.append((scheme.lower(), value))
        known = list(self.known(wanted).values())
        return self.get([known[0].article])[0] if known else None

    def search(self, words: str, limit: int) -> tuple[Remembered, ...]:
        """Articles that hold all the words, accents and case aside; best first (BM25, the title counts more).

        Those whose own page alone holds them come last.
        """
        terms = " ".join(f'"{w}"' for w in re.findall(r"\w+", clean(words)))
        if not terms:
            return ()
        rows = self._rows(
            "SELECT rowid FROM articles_fts WHERE articles_fts MATCH ?"
            " ORDER BY bm25(articles_fts, 4, 1, 1), rowid LIMIT ?",
            (terms, limit),
        )
        rows += self._rows(
            "SELECT rowid FROM own_pages_fts WHERE own_pages_fts MATCH ? ORDER BY rank, rowid LIMIT ?", (terms, limit)
        )
        return self.get(list(dict.fromkeys(int(row[0]) for row in rows))[:limit])

    def count(self) -> int:
        """How many articles are known."""
        return int(self._rows("SELECT count(*) FROM articles")[0][0])

    def _remembered(self, where: str, values: Sequence[object], limit: int = -1) -> tuple[Remembered, ...]:
        columns = f"id, {ARTICLE_COLUMNS}, first_seen, changed, story, pruned"
        rows = self._rows(f"SELECT {columns} FROM articles {where} ORDER BY id LIMIT ?", (*values, limit))
        numbers = [row[0] for row in rows]
        beside = {
            table: self._beside(f"SELECT article, {shown} FROM {table}", order, numbers)
            for table, shown, order in (
                ("aliases", "scheme, value", "scheme, value"),
                ("cites", "scheme, value", "scheme, value"),
                ("sightings", "source, guid", "rowid"),  # one run brings several within a second
                ("scores", "profile, value", "value DESC, profile"),
                ("own_pages", PAGE_COLUMNS, "article"),
                ("relations", "kind, passive, scheme, value", "kind, passive, scheme, value"),
            )
        }
        return tuple(remembered(row, {table: found.get(row[0], []) for table, found in beside.items()}) for row in rows)
