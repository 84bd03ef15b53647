"""What was worked out of facts: profiles, scores, ties, tellings; it can always be worked out again."""

import json
from collections.abc import Iterable
from datetime import datetime

from watcher.program import mark
from watcher.relevance import Score
from watcher.store.line import Line
from watcher.store.rows import iso, moment
from watcher.stories import Telling, Tie, retold


class Opinions(Line):
    """The part of the database that knows what we make of articles."""

    def fingerprints(self) -> dict[str, str]:
        """The state of each profile that the stored scores hold for."""
        return dict(self._rows("SELECT name, fingerprint FROM profiles"))

    def keep_fingerprint(self, profile: str, fingerprint: str) -> None:
        """Say which state of a profile its stored scores hold for."""
        self._write("REPLACE INTO profiles VALUES (?, ?)", [(profile, fingerprint)])

    def learnt(self) -> dict[str, tuple[str, str]]:
        """What was learnt of each profile: what from, and the profile as text."""
        return {name: (made_by, text) for name, made_by, text in self._rows("SELECT * FROM learnt")}

    def keep_learnt(self, name: str, made_by: str, text: str) -> None:
        """Remember a profile as it was learnt."""
        self._write("REPLACE INTO learnt VALUES (?, ?, ?)", [(name, made_by, text)])

    def drop_scores(self, profile: str) -> None:
        """Forget a profile's scores, to be computed again; those of articles without their text stay."""
        kept = "article IN (SELECT id FROM articles WHERE pruned IS NOT NULL)"
        self._write(f"DELETE FROM scores WHERE profile = ? AND NOT {kept}", [(profile,)])
        self._write("DELETE FROM profiles WHERE name = ?", [(profile,)])

    def keep_scores(self, scores: Iterable[tuple[int, Score]]) -> None:
        """Remember scores above zero; their explanation is computed again when it is asked for."""
        rows = ((number, s.profile, s.value) for number, s in scores if s.value > 0)
        self._write("REPLACE INTO scores VALUES (?, ?, ?)", rows)

    def ties(self, number: int) -> tuple[Tie, ...]:
        """What tied an article to the others of its story, strongest first."""
        rows = self._rows(
            "SELECT other, strength, shared FROM ties JOIN articles a ON a.id = article JOIN articles o ON o.id = other"
            " WHERE article = ? AND a.story = o.story ORDER BY strength DESC, other",  # one of them may have moved away
            (number,),
        )
        return tuple(Tie(article=o, strength=s, shared=tuple(json.loads(shared))) for o, s, shared in rows)

    def told(self, since: datetime) -> tuple[tuple[int, int, Telling | None], ...]:
        """What the articles first seen since then tell, with the number and the story of each, in order of arrival.

        Older ones are among them that a person's word or a study binds to one of these. None for a telling that
        another program made.
        """
        bound = (
            "SELECT other FROM ties JOIN articles a ON a.id = article WHERE a.first_seen >= ?1 AND strength >= 1"
            " UNION SELECT one FROM by_hand UNION SELECT other FROM by_hand"
        )
        return self._tellings(f"first_seen >= ?1 OR id IN ({bound})", (iso(since),))

    def told_by(self, numbers: Iterable[int]) -> tuple[tuple[int, int, Telling | None], ...]:
        """What some articles tell, like `told`."""
        return self._tellings("id IN (SELECT value FROM json_each(?1))", (json.dumps(sorted(numbers)),))

    def _tellings(self, where: str, values: tuple[object, ...]) -> tuple[tuple[int, int, Telling | None], ...]:
        rows = self._rows(
            "SELECT id, story, coalesce(published, first_seen), keys FROM articles"
            f" LEFT JOIN tellings ON article = id AND made_by = ?2 WHERE {where} ORDER BY id",
            (*values, mark()),
        )
        beside = {
            table: self._beside(
                f"SELECT article, scheme, value FROM {table}", "scheme, value", [row[0] for row in rows]
            )
            for table in ("aliases", "cites")
        }
        return tuple(
            (number, story, None if keys is None else retold(
                tuple(keys.split("\n")) if keys else (),
                tuple(beside["aliases"].get(number, ())), tuple(beside["cites"].get(number, ())), moment(day),
            ))
            for number, story, day, keys in rows
        )  # fmt: skip

    def keep_tellings(self, tellings: Iterable[tuple[int, Telling]]) -> None:
        """Remember what articles tell, until the program changes."""
        self._write("REPLACE INTO tellings VALUES (?, ?, ?)", [_telling_row(*one) for one in tellings])

    def move_to_stories(self, moved: Iterable[tuple[int, int, tuple[Tie, ...]]]) -> None:
        """Put articles into other stories, with what ties them to the members there."""
        for number, story, ties in moved:
            self._write("UPDATE articles SET story = ? WHERE id = ?", [(story, number)])
            self._write("DELETE FROM ties WHERE article = ?", [(number,)])
            self._keep_ties(number, ties)

    def _keep_ties(self, number: int, ties: Iterable[Tie]) -> None:
        rows = [(number, t.article, t.strength, json.dumps(t.shared, ensure_ascii=False)) for t in ties]
        self._write("INSERT OR IGNORE INTO ties VALUES (?, ?, ?, ?)", rows)

    def _drop_opinions(self, number: int) -> None:
        """They held for the words that an article had."""
        for opinions in ("scores", "tellings"):
            self._write(f"DELETE FROM {opinions} WHERE article = ?", [(number,)])


def _telling_row(number: int, telling: Telling) -> tuple[int, str, str]:
    return number, mark(), "\n".join(telling.keys)
