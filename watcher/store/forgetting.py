"""What must not be remembered: articles and addresses taken out, to the last byte, and never let in again."""

import html
import re
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from hashlib import blake2b

from watcher.identity import Alias
from watcher.masks import MASK
from watcher.post import OPEN
from watcher.store.line import Line


@dataclass(frozen=True, slots=True, kw_only=True)
class Tombstones:
    """By what forgotten articles were known: digests only, so that nothing of them can be read."""

    salt: bytes
    marks: frozenset[bytes]

    def cover(self, aliases: Iterable[Alias]) -> bool:
        """Whether an article of these names was forgotten."""
        return bool(self.marks) and any(mark_of(self.salt, alias) in self.marks for alias in aliases)


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgotten:
    """How much was taken out."""

    articles: int = 0  # as a whole
    corrected: int = 0  # rows in which an address was masked
    letters: int = 0  # to a reader who is forgotten: as a whole
    emptied: int = 0  # letters to others, of which the text was taken out
    dropped: int = 0  # of those: letters that had not left yet, and never will


def mark_of(salt: bytes, alias: Alias) -> bytes:
    """The digest that stands for a name."""
    return blake2b("\0".join(alias).encode("utf-8", "replace"), key=salt, digest_size=16).digest()


class Forgetting(Line):
    """The part of the database that takes out what it must not hold; `wipe` when all of it is said."""

    def tombstones(self) -> Tombstones:
        """What was forgotten, so that it can be kept out."""
        ((salt,),) = self._rows("SELECT value FROM salt")
        return Tombstones(salt=salt, marks=frozenset(mark for (mark,) in self._rows("SELECT mark FROM tombstones")))

    def forget_article(self, number: int) -> Forgotten:
        """Take an article out with all that hangs on it, and the text of the letters that told of it.

        What it was known by stays as digests, and its number is never given again.
        """
        ((title, url),) = self._rows("SELECT title, url FROM articles WHERE id = ?", (number,))
        told = "SELECT l.id FROM letters l JOIN told t ON t.list = l.list AND t.period = l.period WHERE t.article = ?"
        letters = {row[0] for row in self._rows(told, (number,))}
        letters |= set(self._saying(lambda said: (title and title in said) or (url and url in said)))
        emptied, dropped = self._empty(letters)
        ((salt,),) = self._rows("SELECT value FROM salt")
        aliases = self._rows("SELECT scheme, value FROM aliases WHERE article = ?", (number,))
        names = [("number", str(number)), *aliases]
        marks = [(mark_of(salt, (scheme, value)), number) for scheme, value in names]
        self._write("INSERT OR IGNORE INTO tombstones VALUES (?, ?)", marks)
        for table, column in self._hanging():
            self._write(f'DELETE FROM "{table}" WHERE "{column}" = ?', [(number,)])
        self._write("DELETE FROM articles WHERE id = ?", [(number,)])
        return Forgotten(articles=1, emptied=emptied, dropped=dropped)

    def forget_address(self, address: str) -> Forgotten:
        """Take an e-mail address out: letters to it, articles whose very link names it, and every mention of it.

        A reader's letters are not needed to know what was sent: that each digest was made once is remembered of its
        list and period, and not of its readers.
        """
        named = _whole(address)
        own = [(n,) for n, reader in self._rows("SELECT id, recipient FROM letters") if named.fullmatch(reader)]
        self._write("DELETE FROM letters WHERE id = ?", own)
        emptied, dropped = self._empty(self._saying(lambda said: bool(named.search(said))))
        links = "SELECT id, url FROM articles UNION ALL SELECT article, url FROM sightings"
        linked = sorted({number for number, url in self._rows(links) if named.search(url)})
        gone = [self.forget_article(number) for number in linked]
        return Forgotten(
            articles=len(gone),
            corrected=self._mask(named),
            letters=len(own),
            emptied=emptied + sum(one.emptied for one in gone),
            dropped=dropped + sum(one.dropped for one in gone),
        )

    def wipe(self) -> None:
        """Write the whole file anew, so that no byte of what was taken out is left in it; not inside a transaction."""
        with self.transaction():
            for index in self._virtual():
                self._connection.execute(f'INSERT INTO "{index}" ("{index}") VALUES (\'rebuild\')')
        self._rows("VACUUM")

    def _virtual(self) -> list[str]:
        """The search indexes; their own tables come and go with them."""
        return [name for (name,) in self._rows("SELECT name FROM pragma_table_list WHERE type = 'virtual'")]

    def _ours(self) -> list[str]:
        sql = "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite%'"
        return [name for (name,) in self._rows(sql)]

    def _hanging(self) -> list[tuple[str, str]]:
        """The tables and columns that name an article, those of later migrations as well."""
        sql = 'SELECT "from" FROM pragma_foreign_key_list(?) WHERE "table" = \'articles\''
        return [(table, column) for table in self._ours() for (column,) in self._rows(sql, (table,))]

    def _mask(self, named: re.Pattern[str]) -> int:
        """Mask an address in every text of every table; returns how many rows had it."""
        self._connection.create_function("says", 1, lambda text: bool(named.search(text or "")), deterministic=True)
        self._connection.create_function("masked", 1, lambda text: text and named.sub(MASK, text), deterministic=True)
        count = 0
        worded = "SELECT id FROM articles WHERE says(title) OR says(summary) OR says(body)"
        self._connection.execute(f"DELETE FROM tellings WHERE article IN ({worded})")  # worked out again when needed
        for table in self._ours():
            columns = [c for (c,) in self._rows("SELECT name FROM pragma_table_info(?) WHERE type = 'TEXT'", (table,))]
            if not columns:
                continue
            sets = ", ".join(f'"{c}" = masked("{c}")' for c in columns)
            found = " OR ".join(f'says("{c}")' for c in columns)
            # Two names that were different by the address alone become one: OR REPLACE keeps one of them.
            count += self._connection.execute(f'UPDATE OR REPLACE "{table}" SET {sets} WHERE {found}').rowcount
        return count

    def _saying(self, right: Callable[[str], object]) -> Iterator[int]:
        """The letters whose text is `right`."""
        for number, packed in self._rows("SELECT id, content FROM letters"):
            if right(_said(zlib.decompress(packed))):
                yield number

    def _empty(self, letters: Iterable[int]) -> tuple[int, int]:
        """Take out the bytes of letters; those that were still to leave never will."""
        emptied, dropped = [(number,) for number in letters], 0
        states = ", ".join(f"'{state}'" for state in sorted(OPEN))
        nothing = zlib.compress(b"")
        for (number,) in emptied:
            self._write("UPDATE letters SET content = ?, text = '' WHERE id = ?", [(nothing, number)])
            waiting = f"UPDATE letters SET state = 'dropped', due = NULL WHERE id = ? AND state IN ({states})"
            dropped += self._connection.execute(waiting, (number,)).rowcount
        return len(emptied), dropped


def _whole(address: str) -> re.Pattern[str]:
    """An address that is not a part of a longer one."""
    return re.compile(rf"(?<![\w.+-]){re.escape(address)}(?![\w-]|\.\w)", re.IGNORECASE)


def _said(content: bytes) -> str:
    """All that a mail says, its headers too, without line ends: a title may be broken over two lines."""
    import email.policy  # noqa: PLC0415 - loaded when somebody is forgotten

    message = email.message_from_bytes(content, policy=email.policy.default)
    parts = [str(value) for value in message.values()]
    parts += [html.unescape(part.get_content()) for part in message.walk() if part.get_content_maintype() == "text"]
    return " ".join(" ".join(parts).split())
