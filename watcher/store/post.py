"""Regular digests: what each list has told, and its letters."""

import json
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from watcher.post import OPEN, Posted
from watcher.store.finding import Finding
from watcher.store.rows import Remembered, iso, moment

_COLUMNS = (
    "id, list, period, recipient, made, since, subject, message_id, state, tries, doubts, changed, due, reason, code,"
    " text, way, part"
)
_CHANGING = ("since", "state", "tries", "doubts", "changed", "due", "reason", "code", "text")


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """How far a list of digests has come."""

    cursor: int  # the number of the last article that it looked at
    until: datetime  # the end of the last period that it told of
    step: int = 0  # the last step of a work that it looked at


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """One digest of a list that was made, or would have been if there had been anything to say."""

    list: str
    period: str
    made: datetime
    stories: int


class Post(Finding):
    """The part of the database that knows what was told to whom; nothing of it is ever deleted."""

    def told_of(self, name: str) -> Told | None:
        """How far a list has come; None for a new one."""
        rows = self._rows("SELECT cursor, until, step FROM lists WHERE name = ?", (name,))
        return Told(cursor=rows[0][0], until=datetime.fromisoformat(rows[0][1]), step=rows[0][2]) if rows else None

    def told_to(self, name: str, numbers: Iterable[int]) -> frozenset[int]:
        """Which of these articles a list has told."""
        rows = self._rows(
            "SELECT article FROM told WHERE list = ? AND article IN (SELECT value FROM json_each(?))",
            (name, json.dumps(sorted(numbers))),
        )
        return frozenset(row[0] for row in rows)

    def begin_list(self, name: str, until: datetime) -> None:
        """Begin a list: what is known now is never news in it."""
        self._write(
            "INSERT INTO lists (name, baseline, cursor, until, step) SELECT ?, coalesce(max(id), 0),"
            " coalesce(max(id), 0), ?, (SELECT coalesce(max(id), 0) FROM steps) FROM articles",
            [(name, iso(until))],
        )

    def untold(self, name: str, since: datetime, kept: Iterable[int] = ()) -> tuple[Remembered, ...]:
        """What a list may tell: what came after the last article that it looked at, whatever the clock said then.

        Also what was first seen since a moment, and what was carried over. Never what was there before the list, nor
        what it has told, nor what is in the background, unless a person `kept` it.
        """
        return self._remembered(
            "WHERE id > (SELECT baseline FROM lists WHERE name = ?1)"
            " AND (background = 0 OR id IN (SELECT value FROM json_each(?3)))"
            " AND (id > (SELECT cursor FROM lists WHERE name = ?1) OR first_seen >= ?2"
            " OR id IN (SELECT article FROM carried WHERE list = ?1))"
            " AND id NOT IN (SELECT article FROM told WHERE list = ?1)",
            (name, iso(since), json.dumps(sorted(kept))),
        )

    def shown_by(self, name: str) -> frozenset[int]:
        """Every article that a list has told, or shown as one to keep an eye on."""
        rows = self._rows(
            "SELECT article FROM told WHERE list = ?1 UNION SELECT article FROM watched WHERE list = ?1", (name,)
        )
        return frozenset(row[0] for row in rows)

    def close_period(  # noqa: PLR0913 - each is a part of what a list has to remember
        self,
        name: str,
        until: datetime,
        edition: Edition,
        *,
        told: Iterable[int],
        carried: Iterable[int],
        watched: Iterable[int] = (),
        step: int = 0,
    ) -> None:
        """Say that a list told of a period, what it told, what it left for the next one, what it showed beside that.

        `step` is the last step of a work that it looked at.
        """
        self._write(
            "INSERT INTO editions VALUES (?, ?, ?, ?)",
            [(edition.list, edition.period, iso(edition.made), edition.stories)],
        )
        self._write(
            "UPDATE lists SET until = ?, cursor = (SELECT coalesce(max(id), 0) FROM articles), step = max(step, ?)"
            " WHERE name = ?",
            [(iso(until), step, name)],
        )
        self._write("INSERT INTO told VALUES (?, ?, ?)", [(name, number, edition.period) for number in told])
        self._write("DELETE FROM carried WHERE list = ?", [(name,)])
        self._write("INSERT INTO carried VALUES (?, ?)", [(name, number) for number in carried])
        self._write("INSERT INTO watched VALUES (?, ?, ?)", [(name, number, edition.period) for number in watched])

    def editions(self, name: str = "", period: str = "") -> tuple[Edition, ...]:
        """The digests that were made, in that order; of one list, of one period."""
        rows = self._rows(
            "SELECT list, period, made, stories FROM editions WHERE ?1 IN ('', list) AND ?2 IN ('', period)"
            " ORDER BY rowid",
            (name, period),
        )
        return tuple(
            Edition(list=of, period=called, made=datetime.fromisoformat(made), stories=stories)
            for of, called, made, stories in rows
        )

    def keep_letter(self, letter: Posted) -> int:
        """Freeze a new letter, or remember what became of a known one; returns its number."""
        values = {name: getattr(letter, name) for name in _COLUMNS.split(", ")}
        values |= {name: iso(values[name]) for name in ("made", "since", "changed", "due")}
        if letter.id:
            sets = ", ".join(f"{name} = ?" for name in _CHANGING)
            self._write(f"UPDATE letters SET {sets} WHERE id = ?", [(*map(values.get, _CHANGING), letter.id)])
            return letter.id
        row = (None, *list(values.values())[1:], zlib.compress(letter.content, 9))
        sql = f"INSERT INTO letters ({_COLUMNS}, content) VALUES ({', '.join('?' * len(row))})"
        return int(self._connection.execute(sql, row).lastrowid or 0)

    def letters(self, *, waiting: bool = False, name: str = "", period: str = "") -> tuple[Posted, ...]:
        """The letters in the order in which they were made, without their content; of one list, of one period.

        With `waiting`, those of which something is to come.
        """
        states = ", ".join(f"'{state}'" for state in sorted(OPEN))
        rows = self._rows(
            f"SELECT {_COLUMNS} FROM letters WHERE {f'state IN ({states})' if waiting else 'true'}"
            " AND ?1 IN ('', list) AND ?2 IN ('', period) ORDER BY id",
            (name, period),
        )
        return tuple(_posted(row) for row in rows)

    def letter(self, number: int) -> Posted | None:
        """One letter by its number, with its content."""
        rows = self._rows(f"SELECT {_COLUMNS}, content FROM letters WHERE id = ?", (number,))
        return _posted(rows[0][:-1], zlib.decompress(rows[0][-1])) if rows else None


def _posted(row: tuple[object, ...], content: bytes = b"") -> Posted:
    facts = dict(zip(_COLUMNS.split(", "), row, strict=True))
    for name in ("made", "since", "changed", "due"):
        facts[name] = moment(facts[name])  # type: ignore[arg-type]  # a text, or NULL
    return Posted(**facts, content=content)  # type: ignore[arg-type]  # STRICT tables hold what the columns say
