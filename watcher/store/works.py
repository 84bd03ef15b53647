"""Works: what articles are to each other, and what became of them."""

import json
import re
from collections.abc import Iterable, Sequence
from datetime import datetime

from watcher.articles import Relation, Status
from watcher.identity import Alias
from watcher.notices import named
from watcher.store.line import Line
from watcher.store.rows import iso
from watcher.works import Step, is_step, outcome

_STEPS = "SELECT id, article, at, before, after, because FROM steps"


class Works(Line):
    """The part of the database that knows the histories of works."""

    def steps(self, *, article: int | None = None, after: int = 0, since: datetime | None = None) -> tuple[Step, ...]:
        """What became of works: of one of them, after a step, after a moment; in the order in which it was seen."""
        rows = self._rows(
            f"{_STEPS} WHERE id > ?1 AND (?2 IS NULL OR article = ?2) AND (?3 IS NULL OR at > ?3) ORDER BY id",
            (after, article, iso(since)),
        )
        return tuple(
            Step(id=i, article=a, at=datetime.fromisoformat(at), before=before, after=to, because=because)
            for i, a, at, before, to, because in rows
        )

    def raise_status(self, article: int, after: Status, at: datetime, because: str = "") -> bool:
        """Remember what became of a work, when it is news; True when it is."""
        before: Status = self._rows("SELECT status FROM articles WHERE id = ?", (article,))[0][0]
        if not is_step(before, after):
            if before == "" and after:
                self._write("UPDATE articles SET status = ? WHERE id = ?", [(after, article)])
            return False
        self._write("UPDATE articles SET status = ? WHERE id = ?", [(after, article)])
        self._write(
            "INSERT OR IGNORE INTO steps (article, at, before, after, because) VALUES (?, ?, ?, ?, ?)",
            [(article, iso(at), before, after, because)],
        )
        return True

    def keep_relations(self, article: int, relations: Iterable[Relation]) -> bool:
        """Remember what an article is to others; True when something of it was not known."""
        before = self._connection.total_changes
        self._write(
            "INSERT OR IGNORE INTO relations VALUES (?, ?, ?, ?, ?)",
            [(article, r.kind, int(r.passive), *r.of) for r in relations],
        )
        return self._connection.total_changes > before

    def said_of(self, aliases: Sequence[Alias], title: str) -> tuple[tuple[int, Status], ...]:
        """What known notices say of an article: the number of each, and what becomes of the article by it."""
        words = named(title)
        asked = json.dumps([*aliases, *([("title", words)] if words else [])])
        rows = self._rows(
            "SELECT DISTINCT r.article, r.kind FROM json_each(?1) AS a JOIN relations r"
            " ON r.scheme = json_extract(a.value, '$[0]') AND r.value = json_extract(a.value, '$[1]')"
            " WHERE r.passive = 0 ORDER BY r.article",
            (asked,),
        )
        found = ((article, outcome(Relation(kind=kind, of=("", "")))) for article, kind in rows)
        return tuple((article, status) for article, status in found if status)

    def titled(self, words: str) -> int | None:
        """The one article with an identifier that has this title, in folded words."""
        terms = " ".join(f'"{word}"' for word in re.findall(r"\w+", words))
        if not terms:
            return None
        rows = self._rows(
            "SELECT rowid, title FROM articles_fts WHERE articles_fts MATCH ? AND rowid IN"
            " (SELECT article FROM aliases WHERE scheme IN ('doi', 'pmid')) LIMIT 50",
            (f"title : ({terms})",),
        )
        found = [number for number, title in rows if named(title) == words]
        return found[0] if len(found) == 1 else None

    def citing(self, aliases: Sequence[Alias]) -> tuple[int, ...]:
        """The articles that cite one of these studies."""
        rows = self._rows(
            "SELECT DISTINCT c.article FROM json_each(?1) AS a JOIN cites c"
            " ON c.scheme = json_extract(a.value, '$[0]') AND c.value = json_extract(a.value, '$[1]')",
            (json.dumps(aliases),),
        )
        return tuple(row[0] for row in rows)
