"""Letting old texts go; what articles are, and what was said and sent of them, stays for ever."""

import zlib
from dataclasses import dataclass
from datetime import datetime

from watcher.post import OPEN
from watcher.store.line import Line
from watcher.store.rows import iso

_STATES = ", ".join(f"'{state}'" for state in sorted(OPEN))
# Verdicts teach: the profile is learnt again from the words of their articles. Events to come are in the calendar.
_OLD = f"""SELECT id FROM articles WHERE pruned IS NULL AND first_seen < ?1 AND coalesce(event, '') < ?2
    AND (summary <> '' OR body <> '' OR id IN (SELECT article FROM own_pages WHERE text <> ''))
    AND id NOT IN (SELECT article FROM verdicts)
    AND id NOT IN (SELECT article FROM carried)
    AND id NOT IN (SELECT t.article FROM told t JOIN letters l USING (list, period) WHERE l.state IN ({_STATES}))"""
# Of each digest the first letter keeps its words, for `digest --again`.
_REPEATS = """SELECT id FROM letters l WHERE state = 'sent' AND changed < ?1 AND content <> ?2 AND id > (
    SELECT min(id) FROM letters f WHERE f.list = l.list AND f.period = l.period AND f.subject <> '')"""
_EMPTY = zlib.compress(b"", 9)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pruned:
    """What was let go."""

    articles: int  # that lost their text
    letters: int  # that lost theirs, being in the words of another one that stays
    before: int  # bytes of the database
    after: int

    @property
    def freed(self) -> int:
        """Bytes that the disk got back."""
        return max(self.before - self.after, 0)


class Retention(Line):
    """The part of the database that forgets texts."""

    def prunable(self, since: datetime, now: datetime) -> tuple[int, int]:
        """How many articles and letters from before a moment would lose their text."""
        return len(self._rows(_OLD, (iso(since), iso(now)))), len(self._rows(_REPEATS, (iso(since), _EMPTY)))

    def prune(self, since: datetime, now: datetime) -> Pruned:
        """Let the texts from before a moment go, and give their room back to the disk.

        An article keeps its title, its names and its scores, so that it is never new again; the search finds it by its
        title. When there is no room to make the file smaller, StorageError is raised and the texts are gone all the
        same; the room is used again.
        """
        before = self.file.stat().st_size
        with self.transaction():
            old = self._rows(_OLD, (iso(since), iso(now)))
            self._write("UPDATE own_pages SET text = '' WHERE article = ?", old)
            self._write(
                "UPDATE articles SET summary = '', body = '', pruned = ? WHERE id = ?", [(iso(now), n) for (n,) in old]
            )
            self._write("DELETE FROM tellings WHERE article = ?", old)
            repeats = self._rows(_REPEATS, (iso(since), _EMPTY))
            self._write("UPDATE letters SET content = ? WHERE id = ?", [(_EMPTY, n) for (n,) in repeats])
            for table in ("articles_fts", "own_pages_fts") if old else ():  # what it drops stays in it until then
                self._connection.execute(f"INSERT INTO {table} ({table}) VALUES ('optimize')")
        if old or repeats:
            with self._told():
                self._connection.execute("VACUUM")
        return Pruned(articles=len(old), letters=len(repeats), before=before, after=self.file.stat().st_size)
