"""Remember; values in, values out.

Facts are written first, one transaction per source together with its validators. Opinions (stories, scores) can always
be computed again from them.
"""

import errno
import json
import os
import re
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from sqlite_utils import Database

from watcher.articles import Article
from watcher.errors import LockedError, StorageError
from watcher.health import Arrival
from watcher.identity import SCHEMES, Alias, Identified, alias, canonical_url, ids_in_address, volumes_of
from watcher.ownpages import OwnPage, Wanted, reading
from watcher.program import mark
from watcher.relevance import Score
from watcher.schema import APPLICATION_ID, migrations
from watcher.sources import SourceState, Trouble
from watcher.stories import Known, Related, Telling, Tie, retold
from watcher.text import clean

_BATCH = 500  # numbers in one `IN (...)`; SQLite allows more, old ones no more than 999
_PAIRS = 200  # aliases in one `VALUES (...)`


@dataclass(frozen=True, slots=True, kw_only=True)
class Remembered:
    """An article as the database knows it."""

    id: int
    article: Article
    first_seen: datetime
    changed: datetime | None
    story: int
    sources: tuple[str, ...]  # every source that brought it, first one first
    aliases: tuple[Alias, ...]
    cites: tuple[Alias, ...]
    scores: tuple[tuple[str, float], ...]  # profile -> 0-100, best first
    page: OwnPage | None = None  # its own, when it was asked for

    @property
    def reading(self) -> Article:
        """What is judged: the article, with the text of its own page where that says more."""
        return reading(self.article, self.page)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSummary:
    """What one run did."""

    started: datetime
    finished: datetime
    asked: int  # sources
    failed: int  # of those
    new: int  # articles
    known: int  # articles met again


class Store:
    """The open database. Use it as a context manager; every write belongs in `transaction()`."""

    def __init__(self, file: Path, *, create: bool = True) -> None:
        """Open a database and bring its schema up to date; raises StorageError when it cannot be used."""
        self.file = file
        with _told(file):
            if not file.exists():
                if not create:
                    raise StorageError("no-database", file=str(file))
                file.parent.mkdir(parents=True, exist_ok=True)
                os.close(os.open(file, os.O_CREAT | os.O_RDWR, 0o600))  # private whatever the umask
            self._connection = sqlite3.connect(file, timeout=30, isolation_level=None)
            try:
                self._prepare()
            except BaseException:
                self._connection.close()
                raise

    def _prepare(self) -> None:
        self._db = Database(self._connection)
        # Tables first: when another process makes them in between, the owner read after them is ours already.
        tables = self._connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        owner = self._connection.execute("PRAGMA application_id").fetchone()[0]
        if owner != APPLICATION_ID and (owner or tables):
            raise StorageError("foreign-database", file=str(self.file))
        # No WAL: a cron job has one writer, and the rollback journal survives read-only media and old SQLite versions.
        for pragma in ("journal_mode = DELETE", "synchronous = FULL", "foreign_keys = ON"):
            self._connection.execute(f"PRAGMA {pragma}")
        known = {m.name for m in migrations._migrations}
        if {m.name for m in migrations.applied(self._db)} - known:
            raise StorageError("newer-database", file=str(self.file))
        if migrations.pending(self._db):
            with self.transaction():  # all of them or none: half a schema would be taken for another program's
                migrations.apply(self._db)

    def __enter__(self) -> "Store":
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; the write lock is taken at once, so that nothing read inside goes stale."""
        with _told(self.file):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    def _rows(self, sql: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        with _told(self.file):
            return self._connection.execute(sql, values).fetchall()

    def _write(self, sql: str, values: Iterable[Sequence[object]]) -> None:
        if values := tuple(values):
            self._connection.executemany(sql, values)

    # Sources

    def states(self) -> dict[str, SourceState]:
        """What is remembered of every source, by its id."""
        return {row[0]: _state(row) for row in self._rows(f"SELECT {_STATE_COLUMNS} FROM sources")}

    def state(self, source: str) -> SourceState:
        """What is remembered of one source; an empty memory for a new one."""
        rows = self._rows(f"SELECT {_STATE_COLUMNS} FROM sources WHERE id = ?", (source,))
        return _state(rows[0]) if rows else SourceState(source=source)

    def keep_state(self, state: SourceState) -> None:
        """Remember a source until the next run."""
        trouble = state.trouble
        row = (
            state.source, state.etag, state.modified, _iso(state.checked), _iso(state.ok), _iso(state.due),
            state.failures, trouble and trouble.kind, trouble and trouble.detail, trouble and trouble.status,
            _iso(state.since), state.articles, _iso(state.newest), _iso(state.first), _iso(state.full), state.digest,
            _iso(state.same_since), state.usual_gap and state.usual_gap.total_seconds(), _iso(state.gap),
            state.moved, _iso(state.moved_since), _iso(state.flood), state.held, state.marks,
        )  # fmt: skip
        self._write(f"REPLACE INTO sources ({_STATE_COLUMNS}) VALUES ({', '.join('?' * len(row))})", [row])

    # Articles

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
        number = int(self._rows("SELECT max(id) FROM articles")[0][0] or 0) + 1
        row = (number, *_article_row(article), _iso(now), int(background), related.story or number)
        self._connection.execute(
            f"INSERT INTO articles (id, {_ARTICLE_COLUMNS}, first_seen, background, story)"
            f" VALUES ({', '.join('?' * len(row))})",
            row,
        )
        self._write("INSERT OR IGNORE INTO cites VALUES (?, ?, ?)", [(number, *c) for c in related.identified.cites])
        self._write(
            "INSERT OR IGNORE INTO ties VALUES (?, ?, ?, ?)",
            [(number, t.article, t.strength, json.dumps(t.shared, ensure_ascii=False)) for t in related.ties],
        )
        if related.telling:
            self._write("INSERT INTO tellings VALUES (?, ?, ?)", [_telling_row(number, related.telling)])
        self.keep_scores((number, s) for s in scores)
        self._sighted(number, related.identified, now)
        return number

    def meet(self, number: int, identified: Identified, now: datetime, *, edits: bool = True) -> bool:
        """Record that a known article was seen again; True when its title, text or event changed at its own source.

        With `edits=False` its words stay as they are: a file of articles adds, it does not correct.

        A changed article has no scores until it is judged again.
        """
        before = self._rows("SELECT title, summary, body, event FROM articles WHERE id = ?", (number,))[0]
        first = self._rows("SELECT source FROM sightings WHERE article = ? ORDER BY rowid LIMIT 1", (number,))
        self._sighted(number, identified, now)
        article = identified.article
        after = (
            article.title or before[0],
            article.summary or before[1],
            article.body or before[2],
            _iso(article.event) or before[3],
        )
        if not edits or before == after or (first and first[0][0] != article.source):
            return False
        self._write(
            "UPDATE articles SET title = ?, summary = ?, body = ?, event = ?, changed = ? WHERE id = ?",
            [(*after, _iso(now), number)],
        )
        for opinions in ("scores", "tellings"):  # they held for the old words
            self._write(f"DELETE FROM {opinions} WHERE article = ?", [(number,)])
        return True

    def _sighted(self, number: int, identified: Identified, now: datetime) -> None:
        article = identified.article
        self._write("INSERT OR IGNORE INTO aliases VALUES (?, ?, ?)", [(*a, number) for a in identified.aliases])
        self._write(
            "INSERT OR IGNORE INTO sightings VALUES (?, ?, ?, ?, ?)",
            [(number, article.source, article.guid, article.url, _iso(now))],
        )

    def recent(self, since: datetime, until: datetime | None = None) -> tuple[Remembered, ...]:
        """Articles first seen at or after one moment and at or before another, in the order of their arrival."""
        return self._remembered("WHERE first_seen >= ? AND first_seen <= ?", (_iso(since), _iso(until) or "9999"))

    def news(self, since: datetime, until: datetime) -> tuple[Remembered, ...]:
        """As `recent`, without what is kept in the background."""
        return self._remembered(
            "WHERE first_seen >= ? AND first_seen <= ? AND background = 0", (_iso(since), _iso(until))
        )

    def arrivals(self, source: str, limit: int = 200) -> tuple[Arrival, ...]:
        """When the latest articles that a source brought came out and were seen there, latest first."""
        rows = self._rows(
            "SELECT published, s.first_seen FROM sightings s JOIN articles ON articles.id = s.article"
            " WHERE s.source = ? ORDER BY s.rowid DESC LIMIT ?",
            (source, limit),
        )
        return tuple(Arrival(published=_moment(p), seen=datetime.fromisoformat(seen)) for p, seen in rows)

    def brought(self, source: str, articles: Iterable[int]) -> int:
        """How many of these articles a source has brought."""
        asked, count = tuple(set(articles)), 0
        for start in range(0, len(asked), _BATCH):
            part = asked[start : start + _BATCH]
            marks = ", ".join("?" * len(part))
            sql = f"SELECT count(*) FROM sightings WHERE source = ? AND article IN ({marks})"
            count += int(self._rows(sql, (source, *part))[0][0])
        return count

    def told(self, since: datetime) -> tuple[tuple[int, int, Telling | None], ...]:
        """What the articles first seen since then tell, with the number and the story of each, in order of arrival.

        None for a telling that another program made.
        """
        rows = self._rows(
            "SELECT id, story, coalesce(published, first_seen), keys FROM articles"
            " LEFT JOIN tellings ON article = id AND made_by = ? WHERE first_seen >= ? ORDER BY id",
            (mark(), _iso(since)),
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
                tuple(beside["aliases"].get(number, ())), tuple(beside["cites"].get(number, ())), _moment(day),
            ))
            for number, story, day, keys in rows
        )  # fmt: skip

    def keep_tellings(self, tellings: Iterable[tuple[int, Telling]]) -> None:
        """Remember what articles tell, until the program changes."""
        self._write("REPLACE INTO tellings VALUES (?, ?, ?)", [_telling_row(*one) for one in tellings])

    def all(self) -> Iterator[Remembered]:
        """Every article, in the order of arrival, a few hundred in memory at a time."""
        last = 0
        while batch := self._remembered("WHERE id > ?", (last,), limit=_BATCH):
            yield from batch
            last = batch[-1].id

    def story(self, number: int) -> tuple[Remembered, ...]:
        """The members of a story, in the order of their arrival."""
        return self._remembered("WHERE story = ?", (number,))

    def get(self, numbers: Sequence[int]) -> tuple[Remembered, ...]:
        """Articles by their numbers, in the given order; unknown numbers are left out."""
        found: dict[int, Remembered] = {}
        for start in range(0, len(numbers), _BATCH):
            part = numbers[start : start + _BATCH]
            found |= {r.id: r for r in self._remembered(f"WHERE id IN ({', '.join('?' * len(part))})", part)}
        return tuple(found[n] for n in numbers if n in found)

    def find(self, key: str) -> Remembered | None:
        """The article that a person means: by number, DOI, PMID, other identifier, or address."""
        key = clean(key)  # what is typed may hold bytes that are no text
        if key.isdecimal() and len(key) < 10 and (by_number := self.get([int(key)])):
            return by_number[0]
        wanted = [*ids_in_address(key), ("url", canonical_url(key))]
        scheme, _, value = key.partition(":")
        wanted += [a for s in ([scheme.lower()] if value else SCHEMES) if (a := alias(s, value or key))]
        if value:
            wanted.append((scheme.lower(), value))
        known = list(self.known(wanted).values())
        return self.get([known[0].article])[0] if known else None

    def search(self, words: str, limit: int) -> tuple[Remembered, ...]:
        """Articles that hold all the words, accents and case aside; best first (BM25, the title counts more).

        Those whose own page alone holds them come last.
        """
        terms = " ".join(f'"{w}"' for w in re.findall(r"\w+", clean(words)))
        if not terms:
            return ()
        rows = self._rows(
            "SELECT rowid FROM articles_fts WHERE articles_fts MATCH ?"
            " ORDER BY bm25(articles_fts, 4, 1, 1), rowid LIMIT ?",
            (terms, limit),
        )
        rows += self._rows(
            "SELECT rowid FROM own_pages_fts WHERE own_pages_fts MATCH ? ORDER BY rank, rowid LIMIT ?", (terms, limit)
        )
        return self.get(list(dict.fromkeys(int(row[0]) for row in rows))[:limit])

    def ties(self, number: int) -> tuple[Tie, ...]:
        """What tied an article to the others of its story, strongest first."""
        rows = self._rows(
            "SELECT other, strength, shared FROM ties WHERE article = ? ORDER BY strength DESC, other", (number,)
        )
        return tuple(Tie(article=o, strength=s, shared=tuple(json.loads(shared))) for o, s, shared in rows)

    def count(self) -> int:
        """How many articles are known."""
        return int(self._rows("SELECT count(*) FROM articles")[0][0])

    # Scores

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
        """Forget a profile's scores, to be computed again."""
        self._write("DELETE FROM scores WHERE profile = ?", [(profile,)])
        self._write("DELETE FROM profiles WHERE name = ?", [(profile,)])

    def keep_scores(self, scores: Iterable[tuple[int, Score]]) -> None:
        """Remember scores above zero; their explanation is computed again when it is asked for."""
        rows = ((number, s.profile, s.value) for number, s in scores if s.value > 0)
        self._write("REPLACE INTO scores VALUES (?, ?, ?)", rows)

    # Runs

    def keep_run(self, run: RunSummary) -> None:
        """Remember what a run did."""
        row = (_iso(run.started), _iso(run.finished), run.asked, run.failed, run.new, run.known)
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

    # Articles' own pages

    def pages_wanted(self, sources: Sequence[str], since: datetime, now: datetime) -> tuple[Wanted, ...]:
        """Articles first seen since then whose page these sources name and that is to be asked for; best first."""
        rows = self._rows(_WANTED.format(", ".join("?" * len(sources))), (*sources, _iso(since), _iso(now)))
        return tuple(Wanted(article=a, source=source, url=url, tries=tries) for a, source, url, tries in rows)

    def keep_page(self, page: OwnPage) -> None:
        """Remember what came of asking for an article's own page; one with a text has its scores taken away."""
        columns = _PAGE_COLUMNS.split(", ")
        # Not REPLACE: the row that it takes away would stay in the search index.
        self._write(
            f"INSERT INTO own_pages (article, {_PAGE_COLUMNS}) VALUES (?{', ?' * len(columns)})"
            f" ON CONFLICT (article) DO UPDATE SET {', '.join(f'{c} = excluded.{c}' for c in columns)}",
            [
                (
                    page.article,
                    page.url,
                    _iso(page.asked),
                    page.outcome,
                    page.status,
                    page.tries,
                    _iso(page.due),
                    page.text,
                )
            ],
        )
        if page.text:
            self._write("DELETE FROM scores WHERE article = ?", [(page.article,)])  # they held for the old words

    def _remembered(self, where: str, values: Sequence[object], limit: int = -1) -> tuple[Remembered, ...]:
        columns = f"id, {_ARTICLE_COLUMNS}, first_seen, changed, story"
        rows = self._rows(f"SELECT {columns} FROM articles {where} ORDER BY id LIMIT ?", (*values, limit))
        numbers = [row[0] for row in rows]
        beside = {
            table: self._beside(f"SELECT article, {shown} FROM {table}", order, numbers)
            for table, shown, order in (
                ("aliases", "scheme, value", "scheme, value"),
                ("cites", "scheme, value", "scheme, value"),
                ("sightings", "source, guid", "rowid"),  # one run brings several within a second
                ("scores", "profile, value", "value DESC, profile"),
                ("own_pages", _PAGE_COLUMNS, "article"),
            )
        }
        return tuple(_one(row, {table: found.get(row[0], []) for table, found in beside.items()}) for row in rows)

    def _beside(self, select: str, order: str, numbers: list[int]) -> dict[int, list[tuple[Any, ...]]]:
        found: dict[int, list[tuple[Any, ...]]] = {}
        for start in range(0, len(numbers), _BATCH):
            part = numbers[start : start + _BATCH]
            marks = ", ".join("?" * len(part))
            for number, *rest in self._rows(f"{select} WHERE article IN ({marks}) ORDER BY {order}", part):
                found.setdefault(number, []).append(tuple(rest))
        return found


@contextmanager
def exclusive(database: Path) -> Iterator[None]:
    """Keep every other run away; the kernel lets go when the process dies. Raises LockedError when one is at work."""
    with _told(database):
        database.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(f"{database}.lock", mode=0o600)
        try:
            lock.acquire(blocking=False)
        except Timeout:
            raise LockedError("locked", file=str(database)) from None
    try:
        yield
    finally:
        lock.release()


_REASONS = {
    sqlite3.SQLITE_FULL: "disk-full",
    sqlite3.SQLITE_READONLY: "read-only",
    sqlite3.SQLITE_CANTOPEN: "cannot-open",
    sqlite3.SQLITE_NOTADB: "not-a-database",
    sqlite3.SQLITE_CORRUPT: "corrupt",
    sqlite3.SQLITE_BUSY: "busy",
    sqlite3.SQLITE_IOERR: "disk-error",
}
_OS_REASONS = {
    errno.ENOSPC: "disk-full",
    errno.EDQUOT: "disk-full",
    errno.EROFS: "read-only",
    errno.EACCES: "cannot-open",
}


@contextmanager
def _told(file: Path) -> Iterator[None]:
    """Turn what SQLite and the disk say into one reason a person can act on."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        code = getattr(error, "sqlite_errorcode", None)
        reason = _REASONS.get(code & 0xFF) if code is not None else None
        if reason is None:
            raise
        raise StorageError(reason, file=str(file), detail=str(error)) from error
    except OSError as error:
        reason = _OS_REASONS.get(error.errno or 0, "cannot-open")
        raise StorageError(reason, file=str(file), detail=error.strerror or str(error)) from error


_KNOWN = """SELECT a.scheme, a.value, a.article, articles.story,
        (SELECT value FROM aliases d WHERE d.article = a.article AND d.scheme = 'doi' ORDER BY value LIMIT 1),
        (SELECT group_concat(value, char(10)) FROM aliases t WHERE t.article = a.article AND t.scheme = 'title')
    FROM (VALUES {}) AS asked
    CROSS JOIN aliases a ON a.scheme = asked.column1 AND a.value = asked.column2
    CROSS JOIN articles ON articles.id = a.article"""
_STATE_COLUMNS = (
    "id, etag, modified, checked, ok, due, failures, trouble, detail, status, since, articles, newest, first, full,"
    " digest, same_since, usual_gap, gap, moved, moved_since, flood, held, marks"
)
_PAGE_COLUMNS = "url, asked, outcome, status, tries, due, text"
_WANTED = """SELECT s.article, s.source, s.url, coalesce(p.tries, 0)
    FROM sightings s JOIN articles a ON a.id = s.article LEFT JOIN own_pages p ON p.article = s.article
    WHERE s.source IN ({}) AND s.url <> '' AND a.first_seen >= ? AND a.background = 0
        AND (p.article IS NULL OR p.due <= ?)
    ORDER BY coalesce((SELECT max(value) FROM scores WHERE scores.article = a.id), 0) DESC,
        a.first_seen DESC, a.id DESC, s.rowid"""
_ARTICLE_COLUMNS = "title, summary, body, url, language, published, authors, journal, year, volume, pages, event"


def _article_row(article: Article) -> tuple[object, ...]:
    return (
        article.title, article.summary, article.body, article.url, article.language, _iso(article.published),
        json.dumps(article.authors, ensure_ascii=False), article.journal, article.year, article.volume, article.pages,
        _iso(article.event),
    )  # fmt: skip


def _strongest_first(named: Alias) -> tuple[int, int, str]:
    scheme, value = named
    return SCHEMES.index(scheme), -value.count("|"), value  # the title that says more comes first


def _one(row: tuple[Any, ...], beside: dict[str, list[tuple[Any, ...]]]) -> Remembered:
    (number, title, summary, body, url, language, published, authors, journal, year, volume, pages, event,
     first_seen, changed, story) = row  # fmt: skip
    sightings = beside["sightings"]
    article = Article(
        source=sightings[0][0] if sightings else "", guid=sightings[0][1] if sightings else "", url=url, title=title,
        summary=summary, body=body, language=language, published=_moment(published), authors=tuple(json.loads(authors)),
        journal=journal, year=year, volume=volume, pages=pages,
        event=_moment(event),
    )  # fmt: skip
    return Remembered(
        id=number,
        article=article,
        first_seen=datetime.fromisoformat(first_seen),
        changed=_moment(changed),
        story=story,
        sources=tuple(s[0] for s in sightings),
        aliases=tuple(sorted(((s, v) for s, v in beside["aliases"]), key=_strongest_first)),
        cites=tuple((s, v) for s, v in beside["cites"]),
        scores=tuple((profile, value) for profile, value in beside["scores"]),
        page=next((_page(number, kept) for kept in beside["own_pages"]), None),
    )


def _page(article: int, row: tuple[Any, ...]) -> OwnPage:
    url, asked, outcome, status, tries, due, text = row
    return OwnPage(
        article=article, url=url, asked=datetime.fromisoformat(asked), outcome=outcome, status=status, tries=tries,
        due=_moment(due), text=text,
    )  # fmt: skip


def _state(row: tuple[Any, ...]) -> SourceState:
    (source, etag, modified, checked, ok, due, failures, kind, detail, status, since, articles, newest, first, full,
     digest, same_since, usual_gap, gap, moved, moved_since, flood, held, marks) = row  # fmt: skip
    return SourceState(
        source=source, etag=etag, modified=modified, checked=_moment(checked), ok=_moment(ok), due=_moment(due),
        failures=failures, trouble=Trouble(kind=kind, detail=detail or "", status=status) if kind else None,
        since=_moment(since), articles=articles, newest=_moment(newest), first=_moment(first), full=_moment(full),
        digest=digest, same_since=_moment(same_since), gap=_moment(gap), moved=moved, moved_since=_moment(moved_since),
        usual_gap=None if usual_gap is None else timedelta(seconds=usual_gap), flood=_moment(flood), held=held,
        marks=marks,
    )  # fmt: skip


def _telling_row(number: int, telling: Telling) -> tuple[int, str, str]:
    return number, mark(), "\n".join(telling.keys)


def _iso(moment: datetime | None) -> str | None:
    """ISO 8601 in UTC with seconds, so that text order is time order."""
    return None if moment is None else moment.astimezone(UTC).isoformat(timespec="seconds")


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
