"""What people said of articles, and what profiles learnt of it."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from watcher.audit import Sampled
from watcher.profiles import Profile, profile_of, written
from watcher.store.line import BATCH, Line
from watcher.store.rows import iso
from watcher.verdicts import Verdict, Version

MOST_VERSIONS = 50  # of one profile; verdicts stay for ever, states of a profile do not

_LATEST = """SELECT article, profile, keep, at, learnt FROM verdicts v
    WHERE id > ? AND keep IS NOT NULL
        AND id = (SELECT max(id) FROM verdicts w WHERE w.article = v.article AND w.profile = v.profile)
    ORDER BY id"""


class Verdicts(Line):
    """The part of the database that knows what people said; no verdict is ever deleted."""

    def verdicts(self, after: int = 0) -> tuple[Verdict, ...]:
        """The verdicts that count, the last said last; with `after`, those said after that row."""
        return tuple(
            Verdict(
                article=article, profile=profile, keep=bool(keep), at=datetime.fromisoformat(at), learnt=bool(learnt)
            )
            for article, profile, keep, at, learnt in self._rows(_LATEST, (after,))
        )

    def keep_verdict(self, article: int, profile: str, at: datetime, *, keep: bool | None, learnt: bool = True) -> None:
        """Remember what was said of an article for a profile; None takes back what was said before."""
        row = (article, profile, None if keep is None else int(keep), iso(at), int(learnt))
        self._write("INSERT INTO verdicts (article, profile, keep, at, learnt) VALUES (?, ?, ?, ?, ?)", [row])

    def last_verdict(self, profile: str = "") -> int:
        """The row of what was said last, of all profiles or of one; 0: nothing yet."""
        rows = self._rows("SELECT max(id) FROM verdicts WHERE ? IN ('', profile)", (profile,))
        return int(rows[0][0] or 0)

    def last_lesson(self, profile: str) -> int:
        """The row of the last verdict that a profile learns from; 0: it learns from none."""
        latest = "SELECT max(id) AS id FROM verdicts WHERE profile = ? GROUP BY article"
        rows = self._rows(
            f"SELECT max(v.id) FROM verdicts v JOIN ({latest}) USING (id) WHERE keep IS NOT NULL AND learnt = 1",
            (profile,),
        )
        return int(rows[0][0] or 0)

    def background(self, numbers: Sequence[int]) -> frozenset[int]:
        """Which of these articles are never news."""
        found: set[int] = set()
        for start in range(0, len(numbers), BATCH):
            part = numbers[start : start + BATCH]
            sql = f"SELECT id FROM articles WHERE background = 1 AND id IN ({', '.join('?' * len(part))})"
            found |= {row[0] for row in self._rows(sql, part)}
        return frozenset(found)

    # States of profiles

    def taught(self) -> dict[str, tuple[str, str]]:
        """What each profile became by its verdicts: what of, and the profile as text."""
        return {name: (made_by, text) for name, made_by, text in self._rows("SELECT * FROM taught")}

    def keep_taught(self, name: str, made_by: str, text: str) -> None:
        """Remember a profile as its verdicts made it."""
        self._write("REPLACE INTO taught VALUES (?, ?, ?)", [(name, made_by, text)])

    def versions(self, name: str) -> Iterator[Version]:
        """The states of a profile, the newest first; those that a later program cannot read any more are left out."""
        rows = self._rows("SELECT at, profile, verdict FROM profile_versions WHERE name = ? ORDER BY id DESC", (name,))
        for at, text, verdict in rows:
            try:
                profile = profile_of(text)
            except (ValueError, KeyError, TypeError):
                continue
            yield Version(profile=profile, at=datetime.fromisoformat(at), verdict=verdict)

    def keep_version(self, profile: Profile, at: datetime) -> None:
        """Remember the state of a profile after all that was said so far."""
        row = (profile.name, iso(at), profile.fingerprint, written(profile), self.last_verdict())
        self._write(
            "INSERT INTO profile_versions (name, at, fingerprint, profile, verdict) VALUES (?, ?, ?, ?, ?)", [row]
        )
        kept = "SELECT id FROM profile_versions WHERE name = ? ORDER BY id DESC LIMIT ?"
        self._write(
            f"DELETE FROM profile_versions WHERE name = ? AND id NOT IN ({kept})",
            [(profile.name, profile.name, MOST_VERSIONS)],
        )

    # Samples of what profiles did not show

    def sample(self, seed: str) -> tuple[Sampled, ...]:
        """The sample that was drawn under a name; empty when none was."""
        rows = self._rows("SELECT article, stratum, population FROM samples WHERE seed = ? ORDER BY rowid", (seed,))
        return tuple(Sampled(article=a, stratum=s, population=p) for a, s, p in rows)

    def keep_sample(self, seed: str, sample: Iterable[Sampled]) -> None:
        """Remember a sample, so that labels that teach the profile do not change it."""
        rows = ((seed, one.article, one.stratum, one.population) for one in sample)
        self._write("INSERT INTO samples VALUES (?, ?, ?, ?)", rows)
