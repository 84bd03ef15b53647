"""How the database came to its shape; append only: a migration that was released is never changed."""

from sqlite_utils import Database, Migrations

APPLICATION_ID = 0x77617463  # "watc": how SQLite files say whose they are

migrations = Migrations("watcher")


@migrations()
def first_tables(db: Database) -> None:
    """Sources, articles and all they are known by."""
    for table in _FIRST:
        db.execute(table)
    db.table("articles").enable_fts(
        ["title", "summary", "body"], tokenize="unicode61 remove_diacritics 2", create_triggers=True
    )
    db.execute(f"PRAGMA application_id = {APPLICATION_ID}")


@migrations()
def what_sources_do(db: Database) -> None:
    """What is noticed of a source over time, and which articles were there before we began."""
    for column in (
        "first TEXT", "full TEXT", "digest TEXT NOT NULL DEFAULT ''", "same_since TEXT", "usual_gap REAL", "gap TEXT",
        "moved TEXT NOT NULL DEFAULT ''", "moved_since TEXT",
    ):  # fmt: skip
        db.execute(f"ALTER TABLE sources ADD COLUMN {column}")
    db.execute("ALTER TABLE articles ADD COLUMN background INTEGER NOT NULL DEFAULT 0")  # known, but never news


@migrations()
def floods(db: Database) -> None:
    """When a source brought too much at once, and how many articles were held back."""
    db.execute("ALTER TABLE sources ADD COLUMN flood TEXT")
    db.execute("ALTER TABLE sources ADD COLUMN held INTEGER NOT NULL DEFAULT 0")


@migrations()
def when_events_are(db: Database) -> None:
    """When what an article announces takes place."""
    db.execute("ALTER TABLE articles ADD COLUMN event TEXT")


@migrations()
def articles_own_pages(db: Database) -> None:
    """What came of asking for articles' own pages, apart from what their sources gave."""
    db.execute(
        """CREATE TABLE own_pages (
        article INTEGER PRIMARY KEY REFERENCES articles (id), url TEXT NOT NULL, asked TEXT NOT NULL,
        outcome TEXT NOT NULL, status INTEGER, tries INTEGER NOT NULL, due TEXT, text TEXT NOT NULL) STRICT"""
    )
    db.table("own_pages").enable_fts(["text"], tokenize="unicode61 remove_diacritics 2", create_triggers=True)


@migrations()
def what_was_worked_out(db: Database) -> None:
    """What need not be worked out again, as long as the program is the same (`made_by`)."""
    db.execute("ALTER TABLE sources ADD COLUMN marks BLOB NOT NULL DEFAULT x''")  # of the items of the last document
    db.execute(
        "CREATE TABLE tellings (article INTEGER PRIMARY KEY REFERENCES articles (id), made_by TEXT NOT NULL,"
        " keys TEXT NOT NULL) STRICT"
    )
    db.execute("CREATE TABLE learnt (name TEXT PRIMARY KEY, made_by TEXT NOT NULL, profile TEXT NOT NULL) STRICT")


@migrations()
def what_people_said(db: Database) -> None:
    """Verdicts, each a row for ever, and what profiles learnt of them, state by state."""
    # The latest row of an article and a profile counts; one without `keep` takes back what was said before.
    db.execute(
        """CREATE TABLE verdicts (
        id INTEGER PRIMARY KEY, article INTEGER NOT NULL REFERENCES articles (id), profile TEXT NOT NULL, keep INTEGER,
        at TEXT NOT NULL, learnt INTEGER NOT NULL) STRICT"""
    )
    db.execute("CREATE INDEX verdicts_profile ON verdicts (profile, article)")
    db.execute(
        """CREATE TABLE profile_versions (
        id INTEGER PRIMARY KEY, name TEXT NOT NULL, at TEXT NOT NULL, fingerprint TEXT NOT NULL,
        profile TEXT NOT NULL, verdict INTEGER NOT NULL) STRICT"""  # verdict: the last one that it knew of
    )
    db.execute("CREATE INDEX profile_versions_name ON profile_versions (name)")
    db.execute("CREATE TABLE taught (name TEXT PRIMARY KEY, made_by TEXT NOT NULL, profile TEXT NOT NULL) STRICT")
    db.execute(
        """CREATE TABLE samples (
        seed TEXT NOT NULL, article INTEGER NOT NULL REFERENCES articles (id), stratum INTEGER NOT NULL,
        population INTEGER NOT NULL, PRIMARY KEY (seed, article)) STRICT"""
    )


@migrations()
def letters_to_readers(db: Database) -> None:
    """Regular digests: how far each list has come, what it told, what it carries over, its letters and their fate."""
    for table in (
        # `baseline`: the last article that was there before a list began; `cursor`: the last one that it looked at.
        """CREATE TABLE lists (
        name TEXT PRIMARY KEY, baseline INTEGER NOT NULL, cursor INTEGER NOT NULL, until TEXT NOT NULL) STRICT""",
        # One digest a period, whatever happens: the database itself says so. `stories` is 0 where nothing was new.
        """CREATE TABLE editions (
        list TEXT NOT NULL, period TEXT NOT NULL, made TEXT NOT NULL, stories INTEGER NOT NULL,
        PRIMARY KEY (list, period)) STRICT""",
        """CREATE TABLE told (
        list TEXT NOT NULL, article INTEGER NOT NULL REFERENCES articles (id), period TEXT NOT NULL,
        PRIMARY KEY (list, article)) STRICT, WITHOUT ROWID""",
        """CREATE TABLE carried (
        list TEXT NOT NULL, article INTEGER NOT NULL REFERENCES articles (id),
        PRIMARY KEY (list, article)) STRICT, WITHOUT ROWID""",
        # One letter a period and reader. `content` is packed (zlib).
        """CREATE TABLE letters (
        id INTEGER PRIMARY KEY, list TEXT NOT NULL, period TEXT NOT NULL, recipient TEXT NOT NULL, made TEXT NOT NULL,
        since TEXT NOT NULL, subject TEXT NOT NULL, message_id TEXT NOT NULL UNIQUE, content BLOB NOT NULL,
        state TEXT NOT NULL,
        tries INTEGER NOT NULL, doubts INTEGER NOT NULL, changed TEXT NOT NULL, due TEXT, reason TEXT NOT NULL,
        code INTEGER NOT NULL, text TEXT NOT NULL, UNIQUE (list, period, recipient)) STRICT""",
        "CREATE INDEX letters_state ON letters (state)",
    ):
        db.execute(table)


@migrations()
def texts_let_go(db: Database) -> None:
    """When the text of an article was let go; its names, scores and verdicts stay."""
    db.execute("ALTER TABLE articles ADD COLUMN pruned TEXT")


@migrations()
def how_runs_ended(db: Database) -> None:
    """Of each run: which command, how it ended, what it sent, what it took. Earlier rows are polls that ended well."""
    for column in (
        "command TEXT NOT NULL DEFAULT 'poll'", "outcome TEXT NOT NULL DEFAULT 'done'",
        "reason TEXT NOT NULL DEFAULT ''", "unchanged INTEGER NOT NULL DEFAULT 0", "sent INTEGER NOT NULL DEFAULT 0",
        "waiting INTEGER NOT NULL DEFAULT 0", "seconds REAL NOT NULL DEFAULT 0", "memory INTEGER NOT NULL DEFAULT 0",
        "version TEXT NOT NULL DEFAULT ''",
    ):  # fmt: skip
        db.execute(f"ALTER TABLE runs ADD COLUMN {column}")


@migrations()
def what_was_forgotten(db: Database) -> None:
    """Digests of the names of articles that were forgotten on request, so that they stay away."""
    db.execute("CREATE TABLE tombstones (mark BLOB PRIMARY KEY, article INTEGER NOT NULL) STRICT, WITHOUT ROWID")
    db.execute("CREATE INDEX tombstones_article ON tombstones (article)")
    db.execute("CREATE TABLE salt (value BLOB NOT NULL) STRICT")
    db.execute("INSERT INTO salt VALUES (randomblob(16))")


@migrations()
def more_ways_than_mail(db: Database) -> None:
    """What a list showed without telling it; letters that are files or short messages, and letters in parts."""
    for statement in (
        """CREATE TABLE watched (
        list TEXT NOT NULL, article INTEGER NOT NULL REFERENCES articles (id), period TEXT NOT NULL,
        PRIMARY KEY (list, article)) STRICT, WITHOUT ROWID""",
        "ALTER TABLE letters RENAME TO letters_before",
        "DROP INDEX letters_state",
        # `way`: how it leaves; `part`: "1/2" of a letter that was too large for a server, "" of a whole one.
        """CREATE TABLE letters (
        id INTEGER PRIMARY KEY, list TEXT NOT NULL, period TEXT NOT NULL, recipient TEXT NOT NULL, made TEXT NOT NULL,
        since TEXT NOT NULL, subject TEXT NOT NULL, message_id TEXT NOT NULL UNIQUE, content BLOB NOT NULL,
        state TEXT NOT NULL,
        tries INTEGER NOT NULL, doubts INTEGER NOT NULL, changed TEXT NOT NULL, due TEXT, reason TEXT NOT NULL,
        code INTEGER NOT NULL, text TEXT NOT NULL, way TEXT NOT NULL, part TEXT NOT NULL,
        UNIQUE (list, period, way, recipient, part)) STRICT""",
        "INSERT INTO letters SELECT *, 'mail', '' FROM letters_before",
        "DROP TABLE letters_before",
        "CREATE INDEX letters_state ON letters (state)",
    ):
        db.execute(statement)


@migrations()
def stories_by_hand(db: Database) -> None:
    """Which two articles a person split or joined; the latest word on a pair is the one that stands."""
    db.execute(
        """CREATE TABLE by_hand (
        one INTEGER NOT NULL REFERENCES articles (id), other INTEGER NOT NULL REFERENCES articles (id),
        apart INTEGER NOT NULL, at TEXT NOT NULL, PRIMARY KEY (one, other), CHECK (one < other))
        STRICT, WITHOUT ROWID"""
    )


@migrations()
def works_with_a_history(db: Database) -> None:
    """What articles have to do with each other as works, and what becomes of them: published, corrected, retracted."""
    db.execute("ALTER TABLE articles ADD COLUMN status TEXT NOT NULL DEFAULT ''")
    for table in (
        # `passive`: it is the other one that corrects or retracts this one.
        """CREATE TABLE relations (
        article INTEGER NOT NULL REFERENCES articles (id), kind TEXT NOT NULL, passive INTEGER NOT NULL,
        scheme TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (article, kind, passive, scheme, value))
        STRICT, WITHOUT ROWID""",
        "CREATE INDEX relations_to ON relations (scheme, value)",
        "CREATE INDEX cites_of ON cites (scheme, value)",
        # A work takes each step once. `because`: the article that says so, as "doi:10.…".
        """CREATE TABLE steps (
        id INTEGER PRIMARY KEY, article INTEGER NOT NULL REFERENCES articles (id), at TEXT NOT NULL,
        before TEXT NOT NULL, after TEXT NOT NULL, because TEXT NOT NULL, UNIQUE (article, after)) STRICT""",
        # The last step that a list looked at.
        "ALTER TABLE lists ADD COLUMN step INTEGER NOT NULL DEFAULT 0",
    ):
        db.execute(table)


_FIRST = (
    # What is remembered of a source between two runs. Times are ISO 8601 in UTC everywhere.
    """CREATE TABLE sources (
        id TEXT PRIMARY KEY, etag TEXT NOT NULL, modified TEXT NOT NULL, checked TEXT, ok TEXT, due TEXT,
        failures INTEGER NOT NULL, trouble TEXT, detail TEXT, status INTEGER, since TEXT,
        articles INTEGER NOT NULL, newest TEXT) STRICT""",
    """CREATE TABLE articles (
        id INTEGER PRIMARY KEY, title TEXT NOT NULL, summary TEXT NOT NULL, body TEXT NOT NULL, url TEXT NOT NULL,
        language TEXT NOT NULL, published TEXT, first_seen TEXT NOT NULL, changed TEXT, authors TEXT NOT NULL,
        journal TEXT NOT NULL, year TEXT NOT NULL, volume TEXT NOT NULL, pages TEXT NOT NULL,
        story INTEGER NOT NULL) STRICT""",
    "CREATE INDEX articles_first_seen ON articles (first_seen)",
    "CREATE INDEX articles_story ON articles (story)",
    # All that an article was ever known by. Never deleted: it is how an article is not read twice.
    """CREATE TABLE aliases (
        scheme TEXT NOT NULL, value TEXT NOT NULL, article INTEGER NOT NULL REFERENCES articles (id),
        PRIMARY KEY (scheme, value)) STRICT, WITHOUT ROWID""",
    "CREATE INDEX aliases_article ON aliases (article)",
    """CREATE TABLE cites (
        article INTEGER NOT NULL REFERENCES articles (id), scheme TEXT NOT NULL, value TEXT NOT NULL,
        PRIMARY KEY (article, scheme, value)) STRICT, WITHOUT ROWID""",
    # Where an article was seen: one row for each source that brought it, in the order of the rowid.
    """CREATE TABLE sightings (
        article INTEGER NOT NULL REFERENCES articles (id), source TEXT NOT NULL, guid TEXT NOT NULL, url TEXT NOT NULL,
        first_seen TEXT NOT NULL, PRIMARY KEY (article, source)) STRICT""",
    # Why an article was put into its story.
    """CREATE TABLE ties (
        article INTEGER NOT NULL REFERENCES articles (id), other INTEGER NOT NULL REFERENCES articles (id),
        strength REAL NOT NULL, shared TEXT NOT NULL, PRIMARY KEY (article, other)) STRICT, WITHOUT ROWID""",
    # Opinions: they hold for one fingerprint of a profile and are computed again when it changes.
    "CREATE TABLE profiles (name TEXT PRIMARY KEY, fingerprint TEXT NOT NULL) STRICT",
    """CREATE TABLE scores (
        article INTEGER NOT NULL REFERENCES articles (id), profile TEXT NOT NULL, value REAL NOT NULL,
        PRIMARY KEY (article, profile)) STRICT, WITHOUT ROWID""",
    "CREATE INDEX scores_profile ON scores (profile, value)",
    """CREATE TABLE runs (
        id INTEGER PRIMARY KEY, started TEXT NOT NULL, finished TEXT NOT NULL, asked INTEGER NOT NULL,
        failed INTEGER NOT NULL, new INTEGER NOT NULL, known INTEGER NOT NULL) STRICT""",
)
