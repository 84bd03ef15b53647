"""What is remembered of sources, and what runs did."""

from collections.abc import Iterable
from datetime import datetime

from watcher.health import Arrival
from watcher.sources import SourceState
from watcher.store.line import BATCH, Line
from watcher.store.rows import RUN_COLUMNS, STATE_COLUMNS, RunSummary, iso, moment, run_of, run_row, state_of, state_row


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

    def keep_run(self, run: RunSummary) -> int:
        """Remember a new run, or what became of a known one; returns its number."""
        columns, row = RUN_COLUMNS.split(", "), run_row(run)
        if run.id:
            self._write(
                f"UPDATE runs SET {', '.join(f'{name} = ?' for name in columns)} WHERE id = ?", [(*row, run.id)]
            )
            return run.id
        sql = f"INSERT INTO runs ({RUN_COLUMNS}) VALUES ({', '.join('?' * len(row))})"
        return int(self._connection.execute(sql, row).lastrowid or 0)

    def close_lost_runs(self) -> None:
        """Write down which runs ended without a word: those still at work, asked by the one that holds the lock."""
        self._write("UPDATE runs SET outcome = 'interrupted' WHERE outcome = ?", [("",)])

    def thin_runs(self, before: datetime) -> None:
        """Forget the runs that began before a moment, but the last one of each day."""
        self._write(
            "DELETE FROM runs WHERE started < ?1"
            " AND id NOT IN (SELECT max(id) FROM runs WHERE started < ?1 GROUP BY substr(started, 1, 10))",
            [(iso(before),)],
        )

    def runs(self, limit: int) -> tuple[RunSummary, ...]:
        """The last runs, the latest first."""
        rows = self._rows(f"SELECT id, {RUN_COLUMNS} FROM runs ORDER BY id DESC LIMIT ?", (limit,))
        return tuple(run_of(row) for row in rows)

    def offline_runs(self) -> tuple[datetime, ...]:
        """When the runs began that found no network since one last asked a source and found it; the latest first."""
        rows = self._rows(
            "SELECT started FROM runs WHERE reason = 'offline' AND id >"
            " (SELECT coalesce(max(id), 0) FROM runs WHERE asked > 0 AND reason != 'offline') ORDER BY id DESC"
        )
        return tuple(datetime.fromisoformat(started) for (started,) in rows)
