"""What is forgotten is gone to the last byte, and does not come back."""

import json
import sqlite3
import zlib
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from servers import Server, reply
from test_cli import Watcher, filled, model, watcher
from test_cli_post import DIGESTS, age, due, mails, settings

from watcher.articles import Article
from watcher.fetch import Manners
from watcher.identity import identify
from watcher.post import Posted
from watcher.run import poll
from watcher.sources import Source
from watcher.store import Store

__all__ = ["due", "filled", "model", "watcher"]  # fixtures

NOW = datetime(2026, 11, 22, 7, 30, tzinfo=UTC)
LOCAL = Manners(allow_hosts=("127.0.0.0/8",), deadline=5.0)
TITLE = "Zygomorphisme inédit des sarcomes"
OTHER = "MT2A et cisplatine"


def items(*pairs: tuple[str, str]) -> bytes:
    inner = "".join(
        f"<item><title>{title}</title><link>https://a.example/{path}</link><guid>g-{path}</guid>"
        f"<description>Les cellules du zygomorphisme {path} résistent, {title}.</description></item>"
        for path, title in pairs
    )
    return f"<rss version='2.0'><channel><title>A</title>{inner}</channel></rss>".encode()


class Veille:
    """A database that asks one feed."""

    def __init__(self, file: Path, server: Server) -> None:
        self.file, self.source = file, Source(id="a", url=f"{server.url}/feed")
        self.server, self.day = server, NOW

    def take(self, *pairs: tuple[str, str]) -> int:
        """Ask the feed, which holds these items; returns how many were new."""
        self.server.routes["/feed"] = reply(body=items(*pairs), Content_Type="application/rss+xml")
        self.day += timedelta(days=1)
        with Store(self.file) as store:
            return poll((self.source,), (), store, LOCAL, clock=lambda: self.day, everyone=True).summary.new

    def forget(self, key: str) -> None:
        with Store(self.file) as store:
            known = store.find(key)
            assert known
            with store.transaction():
                store.forget_article(known.id)
            store.wipe()

    def titles(self) -> list[str]:
        with Store(self.file) as store:
            return [known.article.title for known in store.all()]


@pytest.fixture
def veille(tmp_path: Path, server: Server) -> Veille:
    return Veille(tmp_path / "watcher.db", server)


def bytes_of(file: Path) -> bytes:
    """All that a database's file holds, and all that it holds packed."""
    with closing(sqlite3.connect(file)) as line:
        packed = [zlib.decompress(row[0]) for row in line.execute("SELECT content FROM letters")]
    return b"\n".join((file.read_bytes(), *packed)).lower()


def test_an_article_is_gone_to_the_last_byte_and_stays_away(veille: Veille) -> None:
    assert veille.take(("1", TITLE), ("2", OTHER)) == 2
    assert b"zygomorphisme 1" in veille.file.read_bytes()
    veille.forget("https://a.example/1")
    assert veille.titles() == [OTHER]
    for needle in (b"Zygomorphisme in", "inédit".encode(), b"a.example/1", b"g-1", b"zygomorphisme 1"):
        assert needle.lower() not in bytes_of(veille.file), needle
    assert veille.take(("1", TITLE), ("2", OTHER)) == 0
    assert veille.take(("3", "Une autre nouvelle"), ("1", f"{TITLE} (corrigé)"), ("2", OTHER)) == 1
    assert veille.titles() == [OTHER, "Une autre nouvelle"]
    assert b"a.example/1" not in veille.file.read_bytes()


def test_its_number_is_given_to_nobody_else(veille: Veille) -> None:
    veille.take(("1", OTHER), ("2", TITLE))
    veille.forget("2")
    veille.take(("3", "Une autre nouvelle"))
    with Store(veille.file) as store:
        assert [known.id for known in store.all()] == [1, 3]


def test_the_search_index_knows_it_no_more(veille: Veille) -> None:
    veille.take(("1", TITLE), ("2", OTHER))
    veille.forget("1")
    with Store(veille.file) as store:
        assert [known.article.title for known in store.search("zygomorphisme", 9)] == [OTHER]
        assert store.search("inédit", 9) == ()


def test_a_feed_of_which_all_is_forgotten_is_read_on(veille: Veille) -> None:
    veille.take(("1", TITLE))
    veille.forget("1")
    assert veille.take(("1", TITLE)) == 0
    assert veille.take(("2", OTHER), ("1", TITLE)) == 1


def test_a_file_does_not_bring_it_back(watcher: Watcher, filled: Path) -> None:
    with Store(filled / "watcher.db") as store:
        count = store.count()
    run = watcher("forget", "1", cwd=filled, language="en")
    assert (run.stdout, run.stderr) == ("articles taken out: 1\n", "")
    watcher("import", "articles.jsonl", cwd=filled)
    with Store(filled / "watcher.db") as store:
        assert store.count() == count - 1


def test_a_reader_is_forgotten_and_nobody_is_written_to_twice(watcher: Watcher, due: Path) -> None:
    period = age(due)
    watcher("send", cwd=due)
    assert len(mails(due)) == 2
    (due / "backups").mkdir()
    (due / "backups" / "watcher-2026.db").touch()
    run = watcher("forget", "Anne@chu.example", cwd=due)
    assert run.stdout == "lettres effacées : 1\n"
    assert "feeds.yaml : contient encore Anne@chu.example" in run.stderr
    assert "backups/watcher-2026.db" in run.stderr
    assert b"anne@chu" not in bytes_of(due / "watcher.db")
    assert watcher("send", cwd=due).stderr == "rien à envoyer\n"
    assert len(mails(due)) == 2
    assert watcher("digest", "--again", period, cwd=due).stdout  # the other reader's letter says it still
    assert watcher("forget", "luc@chu.example", cwd=due).stdout == "lettres effacées : 1\n"
    told = watcher("digest", "--again", period, cwd=due, code=2).stderr
    assert "« watcher forget » en a effacé le texte" in told
    assert watcher("send", cwd=due).stderr == "rien à envoyer\n"


def test_the_letters_that_told_of_an_article_lose_their_text_and_wait_no_more(watcher: Watcher, due: Path) -> None:
    settings(due, DIGESTS, "mail: {from: veille@chu.example, host: 127.0.0.1, port: 9, security: none}\n")
    period = age(due)
    watcher("send", cwd=due)  # nobody answers there: the letters wait
    told = json.loads(watcher("outbox", "list", "--json", cwd=due).stdout)
    assert [letter["state"] for letter in told] == ["later", "later"]
    with Store(due / "watcher.db") as store:
        (lead,) = {row[0] for row in store._rows("SELECT article FROM told LIMIT 1")}
        title = store.get([lead])[0].article.title
    assert title.lower().encode() in bytes_of(due / "watcher.db")
    run = watcher("forget", str(lead), "--json", cwd=due)
    assert {k: v for k, v in json.loads(run.stdout).items() if v} == {"articles": 1, "emptied": 2, "dropped": 2}
    assert title.lower().encode() not in bytes_of(due / "watcher.db")
    assert watcher("send", cwd=due).stderr == "rien à envoyer\n"
    number = str(told[0]["id"])
    assert "n’existe plus" in watcher("outbox", "retry", number, cwd=due, code=2).stderr
    assert "n’existe plus" in watcher("digest", "--again", period, cwd=due, code=2).stderr
    watcher("outbox", "show", number, cwd=due)


def test_an_address_is_masked_wherever_a_database_of_before_holds_it(store: Store) -> None:
    said = Article(
        source="a",
        guid="tag:marie@inserm.fr,2026:1",
        url="https://a.example/1",
        title="Contact MARIE@inserm.fr",
        summary="De annemarie@inserm.fr et marie@inserm.fr.",
        authors=("Marie <marie@inserm.fr>",),
    )
    linked = replace(said, url="https://a.example/?to=marie@inserm.fr", guid="2", title="Deux", summary="", authors=())
    letter = Posted(
        id=0, list="l", period="p", recipient="luc@chu.example", made=NOW, since=NOW, changed=NOW, subject="s",
        message_id="<1>", state="refused", text="marie@inserm.fr is unknown",
        content=b"To: luc@chu.example\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
        b"Ecrire =C3=A0 marie=40inserm.fr\r\n",
    )  # fmt: skip
    with store.transaction():
        for one in (said, linked):
            (named,) = identify((one,))
            store._write(
                "INSERT INTO articles (title, summary, body, url, language, first_seen, authors, journal, year, volume,"
                " pages, story) VALUES (?, ?, '', ?, 'fr', '2026-11-20T00:00:00+00:00', ?, '', '', '', '', 1)",
                [(one.title, one.summary, one.url, json.dumps(one.authors))],
            )
            store._sighted(int(store._rows("SELECT max(id) FROM articles")[0][0]), named, NOW)
        kept = store.keep_letter(letter)
    with store.transaction():
        gone = store.forget_address("marie@inserm.fr")
    store.wipe()
    assert (gone.articles, gone.letters, gone.emptied, gone.dropped) == (1, 0, 1, 0)
    (known,) = store.all()
    assert known.article.title == "Contact […]"
    assert known.article.summary == "De annemarie@inserm.fr et […]."
    assert known.article.authors == ("Marie <[…]>",)
    emptied = store.letter(kept)
    assert emptied
    assert (emptied.content, emptied.text, emptied.state) == (b"", "", "refused")
    assert bytes_of(store.file).replace(b"annemarie@inserm.fr", b"").count(b"marie@inserm.fr") == 0
    with store.transaction():
        assert store.forget_address("nobody@inserm.fr") == type(gone)()


def test_what_is_not_there_is_said_to_be_so(watcher: Watcher, filled: Path) -> None:
    assert watcher("forget", "rien@a.example", cwd=filled).stdout == "rien à effacer dans la base\n"
    with Store(filled / "watcher.db") as store:
        count = store.count()
        assert "aucun article" in watcher("forget", "1", "https://nowhere.example/", cwd=filled, code=2).stderr
        assert store.count() == count  # all or none


def test_every_table_that_names_articles_lets_go_of_them(veille: Veille) -> None:
    veille.take(("1", TITLE), ("2", OTHER))
    with Store(veille.file) as store:
        named = set(store._hanging())
        tables = {table for table, _ in named}
        assert {"aliases", "cites", "sightings", "ties", "scores", "tellings", "own_pages", "told", "carried"} <= tables
        assert {("ties", "article"), ("ties", "other")} <= named
        with store.transaction():
            store.keep_verdict(1, "p", NOW, keep=True)
        with store.transaction():
            store.forget_article(1)
        assert not any(store._rows(f'SELECT 1 FROM "{table}" WHERE "{column}" = 1') for table, column in named)
        assert store._rows("PRAGMA foreign_key_check") == []
