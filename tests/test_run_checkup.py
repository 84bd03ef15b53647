"""What the doctor looks at, gathered from real servers, files and databases; nothing is changed by looking."""

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from mailservers import HANG_UP, drip, mail_server, scripted, silence
from servers import http_server, reply
from test_outbox_smtp import authority, settings, tls, trusted

from watcher.articles import Article
from watcher.doctor import FAULTS, SeedFact
from watcher.fetch import Manners
from watcher.identity import identify
from watcher.outbox import MailSettings
from watcher.profiles import ProfileSetting, learn
from watcher.relevance import judge
from watcher.rules import Rules
from watcher.run.checkup import (
    clock_of_a_server,
    look_at_database,
    look_at_mail,
    look_at_profiles,
    look_at_seeds,
    versions,
)
from watcher.seeds import read_seeds
from watcher.sources import Secret, Source, SourceState, Trouble
from watcher.store import RunSummary, Store, exclusive
from watcher.stories import Related

__all__ = ["authority", "tls", "trusted"]  # fixtures

NOW = datetime(2026, 11, 22, 13, 0, tzinfo=UTC)
TEXT = "La ferroptose détruit les cellules tumorales persistantes quand le fer des lysosomes oxyde leurs membranes. "


# ---- mail


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_talk_with_a_server_sends_nothing(tls: ssl.SSLContext, security: str) -> None:
    with mail_server(tls=tls, implicit=security == "tls", login=("veille", "secret")) as box:
        login = {"user": "veille", "password": Secret("secret"), "security": security}
        fact = look_at_mail(settings(box.port, **login))
        assert (fact.answer.state, fact.answer.reason) == ("sent", "")
        assert fact.expires
        assert fact.expires > datetime.now(UTC)
        refused = look_at_mail(settings(box.port, **(login | {"password": Secret("wrong")})))
        assert (refused.answer.state, refused.answer.reason, refused.answer.code) == ("later", "auth-refused", 535)
        assert "wrong" not in str(refused)
    assert box.mails == []
    assert box.logins[0] == (b"veille", b"secret")


def test_a_server_without_encryption_has_no_certificate() -> None:
    with scripted() as heard:
        fact = look_at_mail(settings(heard.port))
    assert (fact.answer.state, fact.expires) == ("sent", None)
    assert heard.verbs() == ["EHLO", "QUIT"]


def test_what_ends_a_talk() -> None:
    for script, reason in (
        ({"greeting": b"554 no\r\n"}, ""), ({"greeting": HANG_UP}, "broken"), ({"EHLO": b"nonsense\r\n"}, "broken"),
        ({"greeting": silence}, "timeout"), ({"greeting": drip(b"220-", b"x\r\n220-")}, "timeout"),
    ):  # fmt: skip
        with scripted(script) as heard:
            fact = look_at_mail(settings(heard.port, deadline=0.5))
        assert (fact.answer.state, fact.answer.reason) == ("later", reason), script
    with scripted() as heard:
        assert look_at_mail(settings(heard.port, security="starttls")).answer.reason == "no-starttls"
    assert look_at_mail(settings(heard.port)).answer.reason == "connection"
    assert look_at_mail(settings(1, user="veille")).answer.reason == "no-password"


def test_a_certificate_of_an_unknown_authority(tls: ssl.SSLContext) -> None:
    with mail_server(tls=tls) as box:
        fact = look_at_mail(settings(box.port, security="starttls"))
    assert (fact.answer.reason, fact.expires) == ("tls", None)


def test_a_maildir(tmp_path: Path) -> None:
    def looked(folder: Path) -> str:
        return look_at_mail(MailSettings(sender="veille@chu.example", maildir=folder)).answer.reason

    assert looked(tmp_path / "new" / "box") == ""
    (tmp_path / "file").write_text("", encoding="utf-8")
    assert looked(tmp_path / "file") == looked(tmp_path / "file" / "box") == "folder"
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_sendmail(tmp_path: Path) -> None:
    program = tmp_path / "sendmail"
    mail = MailSettings(sender="veille@chu.example", sendmail=str(program))
    assert look_at_mail(mail).answer.reason == "no-program"
    program.write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")
    program.chmod(0o755)
    assert look_at_mail(mail).answer.state == "sent"


# ---- seeds


def test_seeds(tmp_path: Path) -> None:
    def looked() -> list[SeedFact]:
        return list(look_at_seeds([ProfileSetting(name="ferro", seeds=tmp_path / "ferro")]))

    assert [fact.fault for fact in looked()] == ["unreadable-file"]
    (tmp_path / "ferro").mkdir()
    assert [fact.fault for fact in looked()] == ["no-seeds"]
    (tmp_path / "ferro" / "a.md").write_text(TEXT * 20, encoding="utf-8")
    (fact,) = looked()
    assert (fact.name, fact.fault, fact.language, fact.words > 100) == ("a.md", "", "fr", True)
    (tmp_path / "ferro" / "b.txt").write_text("x" * 2_000_001, encoding="utf-8")
    assert [fact.fault for fact in looked()] == ["", "too-large"]
    (tmp_path / "ferro" / "b.txt").unlink()
    (tmp_path / "ferro" / "b.txt").mkdir()
    assert [fact.fault for fact in looked()] == ["", "unreadable-file"]


# ---- profiles and rules


def test_profiles_and_rules(tmp_path: Path) -> None:
    folder = tmp_path / "ferro"
    folder.mkdir()
    (folder / "a.md").write_text(TEXT * 20, encoding="utf-8")
    setting = ProfileSetting(name="ferro", seeds=folder)
    profile = learn(read_seeds(folder), setting)
    with Store(tmp_path / "watcher.db") as store:
        with store.transaction():
            for n, text in enumerate((TEXT, "Trois pommes, du beurre, un webinaire.")):
                article = Article(
                    source="s", guid=str(n), url=f"https://a.example/{n}", title=f"Titre {n}", summary=text
                )
                (identified,) = identify((article,))
                related = Related(identified=identified, story=None, ties=())
                store.add(related, judge(article, (profile,), explained=False), NOW - timedelta(days=n))
        rules = [
            Rules(never=("webinaire", "vétérinaire"), always=("lysosomes",)),
            Rules(profile="ferro", must=("girafe",)),
        ]
        shown, met = look_at_profiles([profile], rules, store, NOW)
        assert [(fact.name, fact.shown, fact.read) for fact in shown] == [("ferro", 1, 2)]
        assert {fact.word: fact.met for fact in met} == {"webinaire": 1, "vétérinaire": 0, "lysosomes": 1, "girafe": 0}
        assert {fact.read for fact in met} == {2}
        assert look_at_profiles([profile], (), store, NOW)[1] == ()
        assert [known.id for known in store.latest(1)] == [2]


# ---- the database


@pytest.fixture
def database(tmp_path: Path) -> Path:
    file = tmp_path / "watcher.db"
    with Store(file) as store, store.transaction():
        store.keep_run(RunSummary(started=NOW, finished=NOW, asked=1, failed=0, new=0, known=0))
    return file


def test_a_database(database: Path) -> None:
    fact = look_at_database(database, database.parent / "backups")
    assert (fact.fault, fact.damage, fact.last_run, fact.locked, fact.open_to_others) == ("", "", NOW, False, False)
    assert fact.size == database.stat().st_size
    assert fact.schema >= 8
    assert fact.free
    assert fact.backup is None
    assert [path.name for path in database.parent.iterdir()] == ["watcher.db"]  # looking leaves nothing


def test_backups_beside_it(database: Path) -> None:
    folder = database.parent / "backups"
    folder.mkdir()
    assert look_at_database(database, database.parent / "backups").backup is None
    (folder / f"{database.stem}-2026-11-15.db").write_bytes(b"")
    found = look_at_database(database, database.parent / "backups").backup
    assert found
    assert abs(found - datetime.now(UTC)) < timedelta(minutes=1)


def test_who_may_read_it_and_who_is_at_work(database: Path) -> None:
    database.chmod(0o644)
    assert look_at_database(database, database.parent / "backups").open_to_others
    with exclusive(database):
        assert look_at_database(database, database.parent / "backups").locked
    assert not look_at_database(database, database.parent / "backups").locked
    lock = Path(f"{database}.lock")
    lock.unlink()
    lock.mkdir()
    assert not look_at_database(database, database.parent / "backups").locked


def test_databases_that_cannot_be_used(database: Path) -> None:
    assert look_at_database(database.parent / "none" / "at" / "all.db", database.parent).fault == "no-database"
    assert not (database.parent / "none").exists()
    whole = database.read_bytes()
    database.write_bytes(whole[:5000] + b"\xff" * 3000 + whole[8000:])
    fact = look_at_database(database, database.parent / "backups")
    assert fact.fault == "corrupt" or fact.damage
    database.write_bytes(b"not a database, but long enough to be taken for one" * 100)
    assert look_at_database(database, database.parent / "backups").fault == "not-a-database"


def test_a_page_that_is_torn_is_damage(database: Path) -> None:
    with Store(database) as store:
        with store.transaction():
            store._write("INSERT INTO editions VALUES (?, ?, ?, ?)", [("a", str(n), "x", 1) for n in range(30)])
        (root,) = store._rows("SELECT rootpage FROM sqlite_master WHERE name = 'editions'")[0]
    content = bytearray(database.read_bytes())
    content[(root - 1) * 4096 + 200 : root * 4096] = b"\x07" * 3896
    database.write_bytes(content)
    fact = look_at_database(database, database.parent / "backups")
    assert (fact.fault, bool(fact.damage)) == ("", True)


# ---- the clock of a server, versions


def test_the_clock_of_a_server() -> None:
    manners = Manners(allow_hosts=("127.0.0.0/8",))
    date = "Sun, 22 Nov 2026 13:00:00 GMT"
    routes = {
        "/a": reply(body=b"<rss/>"),
        "/b": reply(body=b"<rss/>", Date=date),
        "/bad": reply(body=b"x", Date="soon"),
    }
    with http_server(routes) as server:
        sources = [Source(id=name, url=f"{server.url}/{name}") for name in ("a", "bad", "b")]
        assert clock_of_a_server(sources, {}, manners) == NOW
        well = {"a": SourceState(source="a"), "b": SourceState(source="b", trouble=Trouble(kind="http"))}
        assert clock_of_a_server(sources, well, manners) is None  # only those that answer are asked
        asked = len(server.asked)
        page = Source(id="page", kind="page", url=f"{server.url}/b")
        assert clock_of_a_server([page], {}, manners) is None
        assert len(server.asked) == asked
    assert clock_of_a_server(sources[:1], {}, manners) is None


def test_versions() -> None:
    found = versions()
    assert set(found) == set(FAULTS)
    assert all(version[0].isdecimal() for version in found.values())
