"""What a person said of stories: which articles belong together, and which do not."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from watcher.store.line import Line
from watcher.store.rows import iso

Pair = tuple[int, int]  # the smaller number first


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """What a person said of two articles."""

    pair: Pair
    apart: bool  # otherwise they belong together
    at: datetime


class ByHand(Line):
    """The part of the database that knows what a person split and joined."""

    def words(self) -> tuple[Word, ...]:
        """All that stands, pair by pair."""
        rows = self._rows("SELECT one, other, apart, at FROM by_hand ORDER BY one, other")
        return tuple(
            Word(pair=(one, other), apart=bool(apart), at=datetime.fromisoformat(at)) for one, other, apart, at in rows
        )

    def keep_words(self, pairs: Iterable[Pair], at: datetime, *, apart: bool) -> None:
        """Say that two articles of each pair are apart, or belong together, whatever was said of them before.

        What was said already keeps its day.
        """
        self._write(
            "INSERT INTO by_hand VALUES (?, ?, ?, ?) ON CONFLICT (one, other)"
            " DO UPDATE SET at = excluded.at, apart = excluded.apart WHERE apart <> excluded.apart",
            [(min(pair), max(pair), int(apart), iso(at)) for pair in pairs],
        )

    def drop_words(self, pairs: Iterable[Pair]) -> None:
        """Take back what was said of pairs."""
        self._write("DELETE FROM by_hand WHERE one = ? AND other = ?", [(min(pair), max(pair)) for pair in pairs])
