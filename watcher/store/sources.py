"""What is remembered of sources, and what runs did."""

from collections.abc import Iterable
from datetime import datetime

from watcher.health import Arrival
from watcher.sources import SourceState
from watcher.store.line import BATCH, Line
from watcher.store.rows import STATE_COLUMNS, RunSummary, iso, moment, state_of, state_row


class Sources(Line):
    """The part of the database that knows sources and runs."""

    def states(self) -> dict[str, SourceState]:
        """What is remembered of every source, by its id."""
        return {row[0]: state_of(row) for row in self._rows(f"SELECT {STATE_COLUMNS} FROM sources")}

    def state(self, source: str) -> SourceState:
        """What is remembered of one source; an empty memory for a new one."""
        rows = self._rows(f"SELECT {STATE_COLUMNS} FROM sources WHERE id = ?", (source,))
        return state_of(rows[0]) if rows else SourceState(source=source)

    def keep_state(self, state: SourceState) -> None:
        """Remember a source until the next run."""
        row = state_row(state)
        self._write(f"REPLACE INTO sources ({STATE_COLUMNS}) VALUES ({', '.join('?' * len(row))})", [row])

    def arrivals(self, source: str, limit: int = 200) -> tuple[Arrival, ...]:
        """When the latest articles that a source brought came out and were seen there, latest first."""
        rows = self._rows(
            "SELECT published, s.first_seen FROM sightings s JOIN articles ON articles.id = s.article"
            " WHERE s.source = ? ORDER BY s.rowid DESC LIMIT ?",
            (source, limit),
        )
        return tuple(Arrival(published=moment(p), seen=datetime.fromisoformat(seen)) for p, seen in rows)

    def brought(self, source: str, articles: Iterable[int]) -> int:
        """How many of these articles a source has brought."""
        asked, count = tuple(set(articles)), 0
        for start in range(0, len(asked), BATCH):
            part = asked[start : start + BATCH]
            marks = ", ".join("?" * len(part))
            sql = f"SELECT count(*) FROM sightings WHERE source = ? AND article IN ({marks})"
            count += int(self._rows(sql, (source, *part))[0][0])
        return count

    def keep_run(self, run: RunSummary) -> None:
        """Remember what a run did."""
        row = (iso(run.started), iso(run.finished), run.asked, run.failed, run.new, run.known)
        self._write("INSERT INTO runs (started, finished, asked, failed, new, known) VALUES (?, ?, ?, ?, ?, ?)", [row])

    def last_run(self) -> RunSummary | None:
        """What the last run did; None before the first one."""
        rows = self._rows("SELECT started, finished, asked, failed, new, known FROM runs ORDER BY id DESC LIMIT 1")
        if not rows:
            return None
        started, finished, asked, failed, new, known = rows[0]
        return RunSummary(
            started=datetime.fromisoformat(started), finished=datetime.fromisoformat(finished),
            asked=asked, failed=failed, new=new, known=known,
        )  # fmt: skip
