"""Articles with their names, and where they were seen."""

from collections.abc import Iterable
from datetime import datetime

from watcher.identity import Alias, Identified, volumes_of
from watcher.relevance import Score
from watcher.store.opinions import Opinions
from watcher.store.rows import ARTICLE_COLUMNS, article_row, iso
from watcher.stories import Known, Related

_PAIRS = 200  # aliases in one `VALUES (...)`
_KNOWN = """SELECT a.scheme, a.value, a.article, articles.story,
        (SELECT value FROM aliases d WHERE d.article = a.article AND d.scheme = 'doi' ORDER BY value LIMIT 1),
        (SELECT group_concat(value, char(10)) FROM aliases t WHERE t.article = a.article AND t.scheme = 'title')
    FROM (VALUES {}) AS asked
    CROSS JOIN aliases a ON a.scheme = asked.column1 AND a.value = asked.column2
    CROSS JOIN articles ON articles.id = a.article"""


class Articles(Opinions):
    """The part of the database into which articles are written."""

    def known(self, aliases: Iterable[Alias]) -> dict[Alias, Known]:
        """Which of these aliases name an article already, and which one."""
        asked = tuple(aliases)
        found = {}
        for start in range(0, len(asked), _PAIRS):
            part = asked[start : start + _PAIRS]
            rows = self._rows(
                _KNOWN.format(", ".join(["(?, ?)"] * len(part))), [text for pair in part for text in pair]
            )
            for scheme, value, number, story, doi, titles in rows:
                work = ("doi", doi) if doi else None
                volumes = volumes_of(("title", title) for title in (titles or "").split("\n"))
                found[scheme, value] = Known(article=number, story=story, work=work, volumes=volumes)
        return found

    def add(self, related: Related, scores: Iterable[Score], now: datetime, *, background: bool = False) -> int:
        """Record a new article with its aliases, its story and its scores; returns its number.

        One in the `background` is known like any other, and never news.
        """
        article = related.identified.article
        # The number is taken before, and not the story set behind: an update would write the search index once more.
        # A forgotten article's number is nobody else's: letters that were sent still say it.
        taken = "SELECT max(id) FROM articles UNION ALL SELECT max(article) FROM tombstones"
        number = max(int(last or 0) for (last,) in self._rows(taken)) + 1
        row = (number, *article_row(article), iso(now), int(background), related.story or number)
        self._connection.execute(
            f"INSERT INTO articles (id, {ARTICLE_COLUMNS}, first_seen, background, story)"
            f" VALUES ({', '.join('?' * len(row))})",
            row,
        )
        self._write("INSERT OR IGNORE INTO cites VALUES (?, ?, ?)", [(number, *c) for c in related.identified.cites])
        self._keep_ties(number, related.ties)
        if related.telling:
            self.keep_tellings([(number, related.telling)])
        self.keep_scores((number, s) for s in scores)
        self._sighted(number, related.identified, now)
        return number

    def meet(self, number: int, identified: Identified, now: datetime, *, edits: bool = True) -> bool:
        """Record that a known article was seen again; True when its title, text or event changed at its own source.

        With `edits=False` its words stay as they are: a file of articles adds, it does not correct.

        A changed article has no scores until it is judged again. One whose text was let go does not get it back.
        """
        *before, pruned = self._rows(
            "SELECT title, summary, body, event, pruned FROM articles WHERE id = ?", (number,)
        )[0]
        first = self._rows("SELECT source FROM sightings WHERE article = ? ORDER BY rowid LIMIT 1", (number,))
        self._sighted(number, identified, now)
        article = identified.article
        after = [
            article.title or before[0],
            article.summary or before[1],
            article.body or before[2],
            iso(article.event) or before[3],
        ]
        if not edits or pruned or before == after or (first and first[0][0] != article.source):
            return False
        self._write(
            "UPDATE articles SET title = ?, summary = ?, body = ?, event = ?, changed = ? WHERE id = ?",
            [(*after, iso(now), number)],
        )
        self._drop_opinions(number)
        return True

    def _sighted(self, number: int, identified: Identified, now: datetime) -> None:
        article = identified.article
        self._write("INSERT OR IGNORE INTO aliases VALUES (?, ?, ?)", [(*a, number) for a in identified.aliases])
        self._write(
            "INSERT OR IGNORE INTO sightings VALUES (?, ?, ?, ?, ?)",
            [(number, article.source, article.guid, article.url, iso(now))],
        )
