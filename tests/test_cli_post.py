"""Regular digests, as a person types them: made when due, sent into a folder or to a server, looked after."""

import email
import email.policy
import hashlib
import json
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args
from zoneinfo import ZoneInfo

import pytest
from mailservers import mail_server, refusing, scripted
from test_cli import SETTINGS, Watcher, filled, model, watcher

from watcher.outbox import Reason
from watcher.periods import latest
from watcher.post import State
from watcher.render.words import FATES, REASONS
from watcher.store import Store

__all__ = ["filled", "model", "watcher"]  # fixtures

DIGESTS = 'digests:\n  - {name: hebdo, to: ["anne@chu.example", "luc@chu.example"]}\n'
TO_FOLDER = "mail: {from: veille@chu.example, maildir: boite}\n"


def settings(folder: Path, *more: str) -> None:
    (folder / "feeds.yaml").write_text(SETTINGS + "".join(more), encoding="utf-8")


def by_server(port: int) -> str:
    return f"mail: {{from: veille@chu.example, host: 127.0.0.1, port: {port}, security: none}}\n"


def age(folder: Path) -> str:
    """Let every list have begun long ago, before anything was known; returns the period that is due."""
    with Store(folder / "watcher.db") as store, store.transaction():
        store._write("UPDATE lists SET baseline = 0, cursor = 0, until = ?", [("2026-01-05T00:00:00+00:00",)])
    return latest("week", "monday", ZoneInfo("Europe/Paris"), datetime.now(UTC)).name


@pytest.fixture
def due(watcher: Watcher, filled: Path) -> Path:
    """A folder to watch from with a digest that is due."""
    settings(filled, DIGESTS, TO_FOLDER)
    watcher("send", cwd=filled)
    age(filled)
    return filled


def mails(folder: Path) -> list[Any]:
    files = sorted((folder / "boite" / "new").glob("*"))
    return [email.message_from_bytes(file.read_bytes(), policy=email.policy.default) for file in files]


def test_a_new_list_floods_nobody(watcher: Watcher, filled: Path) -> None:
    settings(filled, DIGESTS, TO_FOLDER)
    run = watcher("send", cwd=filled)
    assert run.stdout.startswith("hebdo\u00a0: nouvelle liste")
    assert not (filled / "boite").exists()
    again = watcher("send", cwd=filled)
    assert (again.stdout, again.stderr) == ("", "rien à envoyer\n")


def test_a_digest_that_is_due_goes_to_each_reader_once(watcher: Watcher, due: Path) -> None:
    period = age(due)
    run = watcher("send", cwd=due)
    assert (run.stdout, run.stderr) == (f"hebdo\u00a0: semaine {period}, 1 histoire, 2 lettres\n", "")
    assert {str(mail["To"]) for mail in mails(due)} == {"anne@chu.example", "luc@chu.example"}
    assert {str(mail["Subject"]) for mail in mails(due)} == {"Veille\u00a0: 1 histoire à lire"}
    assert len({str(mail["Message-ID"]) for mail in mails(due)}) == 2
    assert watcher("send", cwd=due).stderr == "rien à envoyer\n"
    assert len(mails(due)) == 2


def test_the_same_for_programs(watcher: Watcher, due: Path) -> None:
    facts = json.loads(watcher("send", "--json", cwd=due).stdout)
    (made,) = facts["made"]
    assert (made["outcome"], made["digest"], made["stories"], facts["waiting"]) == ("made", "news", 1, 0)
    assert [letter["state"] for letter in facts["letters"]] == ["sent", "sent"]
    assert json.loads(watcher("send", "--json", cwd=due).stdout) == {"made": [], "letters": [], "waiting": 0}


def test_a_dry_run_touches_nothing_and_shows_what_would_leave(watcher: Watcher, due: Path) -> None:
    before = hashlib.sha256((due / "watcher.db").read_bytes()).digest()
    shown = watcher("send", "--dry-run", cwd=due)
    facts = json.loads(watcher("send", "--dry-run", "--json", cwd=due).stdout)
    assert hashlib.sha256((due / "watcher.db").read_bytes()).digest() == before
    assert not (due / "boite").exists()
    assert "To: luc@chu.example\nSubject: Veille\u00a0: 1 histoire à lire\n" in shown.stdout
    assert "La ferroptose tue les cellules persistantes" in shown.stdout
    assert shown.stderr.startswith("hebdo\u00a0: semaine ")
    contents = [letter["content"] for made in facts["made"] for letter in made["letters"]]
    assert all("\r\nMIME-Version: 1.0\r\n" in content for content in contents)
    assert watcher("send", cwd=due).stdout
    assert watcher("send", "--dry-run", cwd=due).stderr == "rien à envoyer\n"


def test_letters_that_wait_are_in_a_dry_run(watcher: Watcher, due: Path) -> None:
    with scripted({"DATA": b"451 not now\r\n"}) as heard:
        settings(due, DIGESTS, by_server(heard.port))
        watcher("send", cwd=due)
    with Store(due / "watcher.db") as store, store.transaction():
        store._write("UPDATE letters SET due = NULL", [()])
    facts = json.loads(watcher("send", "--dry-run", "--json", cwd=due).stdout)
    assert facts["made"] == []
    assert [letter["recipient"] for letter in facts["letters"]] == ["anne@chu.example", "luc@chu.example"]
    assert "Subject: Veille" in watcher("send", "--dry-run", cwd=due).stdout


@pytest.mark.parametrize("language", ["", "en"])
def test_what_a_server_refuses_is_said_and_the_rest_goes(watcher: Watcher, due: Path, language: str) -> None:
    with scripted({"RCPT": refusing("anne", reply=b"550 5.1.1 no such user\r\n")}) as heard:
        settings(due, DIGESTS, by_server(heard.port))
        run = watcher("send", cwd=due, code=4, language=language)
    letter, last = run.stderr.splitlines()
    assert "[550 5.1.1 no such user]" in letter
    assert ("vérifiez «\u00a0to\u00a0»" in letter) == (not language)
    assert "watcher outbox retry 1" in letter
    assert "watcher outbox" in last
    assert len(heard.mails) == 1
    assert watcher("send", cwd=due).stderr.strip() in ("rien à envoyer", "nothing to send")  # it was told once


def test_what_waits_is_said_and_is_no_failure(watcher: Watcher, due: Path) -> None:
    with scripted({"RCPT": b"450 4.2.0 greylisted\r\n"}) as heard:
        settings(due, DIGESTS, by_server(heard.port))
        first = watcher("send", cwd=due)
        second = watcher("send", cwd=due)
    assert first.stderr.count("450 4.2.0 greylisted") == 2
    assert "nouvel essai après le" in first.stderr
    assert second.stderr == "2 lettres attendent leur prochain essai\n"


def test_what_a_person_has_to_mend_is_said_with_what_to_do(watcher: Watcher, due: Path) -> None:
    settings(due, DIGESTS, "mail: {from: veille@chu.example, host: 127.0.0.1, port: 9, user: marie}\n")
    run = watcher("send", cwd=due, code=4)
    assert run.stderr.count("secrets.yaml") == 2


def test_the_outbox(watcher: Watcher, due: Path) -> None:
    assert watcher("outbox", cwd=due).stdout == "aucune lettre\n"
    period = age(due)
    with scripted({"RCPT": refusing("anne", reply=b"550 5.1.1 no such user\r\n")}) as heard:
        settings(due, DIGESTS, by_server(heard.port))
        watcher("send", cwd=due, code=4)
    table = watcher("outbox", cwd=due).stdout
    assert table.index("luc@chu.example") < table.index("anne@chu.example")
    assert "envoyée" in table
    assert [one["state"] for one in json.loads(watcher("outbox", "list", "--json", cwd=due).stdout)] == [
        "refused",
        "sent",
    ]
    page = watcher("outbox", "show", "1", cwd=due).stdout
    assert page.startswith(f"anne@chu.example (hebdo, {period})\u00a0: refusée\u00a0· ")
    assert "\nTo: anne@chu.example\n" in page
    assert "La ferroptose tue" in page
    whole = json.loads(watcher("outbox", "show", "1", "--json", cwd=due).stdout)
    assert whole["message_id"] in whole["content"]
    settings(due, DIGESTS, TO_FOLDER)
    assert "part au prochain passage" in watcher("outbox", "retry", "1", cwd=due).stdout
    watcher("send", cwd=due)
    (mail,) = mails(due)
    assert mail["Message-ID"] == whole["message_id"]
    assert mail.as_bytes().replace(b"\n", b"\r\n") == whole["content"].encode()


def test_a_letter_can_be_dropped(watcher: Watcher, due: Path) -> None:
    settings(due, DIGESTS, "mail: {from: veille@chu.example, host: 127.0.0.1, port: 9, user: marie}\n")
    watcher("send", cwd=due, code=4)
    assert "retirée" in watcher("outbox", "drop", "1", cwd=due).stdout
    settings(due, DIGESTS, TO_FOLDER)
    watcher("outbox", "retry", "2", cwd=due)
    watcher("send", cwd=due)
    assert [str(mail["To"]) for mail in mails(due)] == ["luc@chu.example"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["outbox", "show", "9"], "pas de lettre n° 9"),
        (["outbox", "retry", "9"], "pas de lettre n° 9"),
        (["outbox", "drop", "1"], "n’attend plus rien"),
        (["outbox", "retry", "1"], "déjà partie"),
        (["outbox", "show", "neuf"], "neuf"),
        (["send", "--test", "moi"], "« moi » n’est pas une adresse"),
        (["digest", "--again", "2020-W01"], "aucun digest de « 2020-W01 » ; connus : 20"),
        (["digest", "--again", "2020-W01", "--list", "rien"], "connus : –"),
        (["digest", "--again", "2020-W01", "--format", "ris"], "pas ris"),
    ],
)
def test_what_cannot_be_done_is_said(watcher: Watcher, due: Path, words: list[str], said: str) -> None:
    watcher("send", cwd=due)
    run = watcher(*words, cwd=due, code=2)
    assert said in run.stderr
    assert run.stdout == ""


def test_a_past_digest_is_printed_as_it_was_sent(watcher: Watcher, due: Path) -> None:
    period = age(due)
    watcher("send", cwd=due)
    texts = {mail.get_body(("plain",)).get_content() for mail in mails(due)}
    pages = {mail.get_body(("html",)).get_content() for mail in mails(due)}
    settings(due, "language: en\n", DIGESTS.replace("name: hebdo", "name: hebdo, language: en"), TO_FOLDER)
    shutil.rmtree(due / "boite")
    assert {watcher("digest", "--again", period, cwd=due).stdout} == texts
    assert {watcher("digest", "--again", period, "--list", "hebdo", "--format", "html", cwd=due).stdout} == pages


def test_several_digests_of_one_period(watcher: Watcher, filled: Path) -> None:
    lists = DIGESTS + '  - {name: équipe, to: ["zoe@chu.example"]}\n'
    settings(filled, lists, TO_FOLDER)
    watcher("send", cwd=filled)
    period = age(filled)
    watcher("send", cwd=filled)
    assert "hebdo, équipe" in watcher("digest", "--again", period, cwd=filled, code=2).stderr
    assert "ferroptose" in watcher("digest", "--again", period, "--list", "équipe", cwd=filled).stdout


def test_an_empty_period_sent_nothing(watcher: Watcher, filled: Path) -> None:
    settings(filled, DIGESTS, TO_FOLDER)
    watcher("send", cwd=filled)
    with Store(filled / "watcher.db") as store, store.transaction():
        store._write("UPDATE lists SET until = ?", [("2026-01-05T00:00:00+00:00",)])
    said = watcher("send", cwd=filled).stdout
    assert said.endswith("rien de nouveau, pas de lettre\n")
    period = latest("week", "monday", ZoneInfo("Europe/Paris"), datetime.now(UTC)).name
    assert "rien de nouveau" in watcher("digest", "--again", period, cwd=filled, code=2).stderr


@pytest.mark.parametrize("language", ["", "en"])
def test_a_trial_goes_out_at_once_and_leaves_nothing(watcher: Watcher, due: Path, language: str) -> None:
    before = (due / "watcher.db").read_bytes()
    with mail_server() as box:
        settings(due, DIGESTS, by_server(box.port))
        run = watcher("send", "--test", "marie@chu.example", cwd=due, language=language)
    assert "marie@chu.example (hebdo)" in run.stdout
    (mail,) = box.mails
    assert mail.rcpt_tos == ["marie@chu.example"]
    assert isinstance(mail.content, bytes)
    message = email.message_from_bytes(mail.content, policy=email.policy.default)
    assert str(message["Subject"]).startswith("[test] Veille" if language else "[essai] Veille")
    assert (due / "watcher.db").read_bytes() == before


def test_a_trial_needs_no_digests(watcher: Watcher, filled: Path) -> None:
    settings(filled, TO_FOLDER)
    watcher("send", "--test", "marie@chu.example", cwd=filled)
    assert [str(mail["To"]) for mail in mails(filled)] == ["marie@chu.example"]


def test_a_trial_that_fails_says_what_to_do(watcher: Watcher, due: Path) -> None:
    settings(due, DIGESTS, "mail: {from: veille@chu.example, host: 127.0.0.1, port: 9, security: none}\n")
    run = watcher("send", "--test", "marie@chu.example", cwd=due, code=4)
    assert "vérifiez «\u00a0host\u00a0» et «\u00a0port\u00a0»" in run.stderr


def test_without_a_way_out_nothing_is_made(watcher: Watcher, filled: Path) -> None:
    settings(filled, DIGESTS)
    assert "pas de « mail: »" in watcher("send", cwd=filled, code=2).stderr


def test_run_sends_and_stays_quiet(watcher: Watcher, due: Path) -> None:
    period = age(due)
    run = watcher("run", cwd=due, code=3)  # its sources do not exist
    assert run.stdout == f"hebdo\u00a0: semaine {period}, 1 histoire, 2 lettres\n"
    assert len(mails(due)) == 2
    assert watcher("run", cwd=due).stdout == ""
    settings(due, DIGESTS)
    plain = watcher("run", cwd=due)
    assert "pas de « mail: »" in plain.stderr
    assert "1 histoire à lire" in plain.stdout


def test_run_ends_with_the_letter_that_failed(watcher: Watcher, due: Path) -> None:
    with scripted({"RCPT": b"550 5.1.1 no such user\r\n"}) as heard:
        settings(due, DIGESTS, by_server(heard.port))
        watcher("run", cwd=due, code=3)  # what failed for all sources comes first
        settings(due, DIGESTS.replace("hebdo", "autre"), by_server(heard.port))
        watcher("run", "--json", cwd=due)
        age(due)
        with Store(due / "watcher.db") as store, store.transaction():
            store._write("DELETE FROM told", [()])
        run = watcher("run", "--json", cwd=due, code=4)
    assert [one["state"] for one in json.loads(run.stdout)["letters"]] == ["refused", "refused"]


def test_every_fate_and_reason_has_words() -> None:
    assert set(REASONS) == set(get_args(Reason))
    assert set(FATES) == set(get_args(State))
    for table in (REASONS, FATES):
        assert all(all(both) for key, both in table.items() if key)
