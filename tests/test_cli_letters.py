"""Letters as a person sets them up: dry runs that touch nothing, own templates, files, short messages."""

import hashlib
import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from mailservers import scripted
from servers import http_server, reply
from test_cli import SETTINGS, Watcher, filled, model, watcher
from test_cli_post import DIGESTS, TO_FOLDER, age, by_server, due, mails, settings
from test_outbox_push import TOOK, service

from watcher.store import Store

__all__ = ["due", "filled", "model", "watcher"]  # fixtures


def traces(folder: Path) -> dict[str, str]:
    """Every file of a folder, with the hash of its bytes and its last change."""
    return {
        str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest() + str(file.stat().st_mtime_ns)
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }


# Dry runs

FEED = """<rss version="2.0"><channel><title>Gazette</title><link>{url}/</link>
<item><title>La ferroptose des cellules persistantes : CD44 et le fer des lysosomes</title><link>{url}/nouveau</link>
<guid>nouveau</guid><description>La ferroptose tue les cellules persistantes par le fer de leurs lysosomes, que CD44
fait entrer.</description></item></channel></rss>"""


@pytest.mark.parametrize("digests", [DIGESTS + TO_FOLDER, ""])
def test_a_dry_run_asks_the_sources_and_leaves_no_trace(watcher: Watcher, due: Path, digests: str) -> None:
    with http_server({}) as server:
        document = FEED.format(url=server.url).encode()
        server.routes["/rss"] = reply(body=document, Content_Type="application/rss+xml", ETag='"un"')
        world = SETTINGS.replace("https://gazette.example", server.url).replace(
            '  - {id: cuisine, url: "https://cuisine.example/rss"}\n', ""
        )
        (due / "feeds.yaml").write_text(f"allow_hosts: [127.0.0.1]\n{world}{digests}", encoding="utf-8")
        (due / "watcher.db.lock").unlink(missing_ok=True)
        before = traces(due)
        run = watcher("-v", "run", "--dry-run", cwd=due)
        facts = json.loads(watcher("run", "--dry-run", "--json", cwd=due).stdout)
        assert traces(due) == before
        assert not [file for file in due.parent.iterdir() if file.name.startswith("watcher-")]
        assert [asked.headers.get("if-none-match") for asked in server.asked if asked.path == "/rss"] == [None, None]
        assert "CD44 et le fer" in run.stdout
        assert "1 article nouveau" in run.stderr.replace("\u00a0", " ")
        real = watcher("run", cwd=due)
    if not digests:
        assert real.stdout == run.stdout.replace(*_ends(run.stdout, real.stdout))
        return
    sent = {str(mail["To"]): mail for mail in mails(due)}
    (made,) = facts["made"]
    assert len(made["letters"]) == len(sent) == 2
    for letter in made["letters"]:
        text = sent[letter["recipient"]].get_body(("plain",)).get_content()
        assert text.splitlines() == _text(letter["content"]).splitlines()
        assert text.strip() in run.stdout


def _ends(first: str, second: str) -> tuple[str, str]:
    return first.splitlines()[0], second.splitlines()[0]  # the period ends now, which is another day at midnight


def _text(content: str) -> str:
    import email
    import email.policy

    message = email.message_from_string(content, policy=email.policy.default)
    body = message.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def test_a_dry_run_in_a_new_folder_makes_no_database(watcher: Watcher, filled: Path) -> None:
    for file in filled.glob("watcher.db*"):
        file.unlink()
    settings(filled, DIGESTS, TO_FOLDER)
    before = traces(filled)
    run = watcher("run", "--dry-run", cwd=filled, code=3)  # its sources do not exist
    assert "nouvelle liste" in run.stderr
    assert traces(filled) == before
    assert "pas encore de base" in watcher("send", "--dry-run", cwd=filled, code=74).stderr
    assert traces(filled) == before


def test_a_dry_run_goes_on_beside_a_run_and_in_a_folder_that_cannot_be_written(watcher: Watcher, due: Path) -> None:
    with Store(due / "watcher.db") as store, store.transaction():
        assert "Subject:" in watcher("send", "--dry-run", cwd=due).stdout


def test_a_dry_run_does_not_bring_the_database_up_to_date(watcher: Watcher, due: Path) -> None:
    line = sqlite3.connect(due / "watcher.db")
    line.execute("DROP TABLE watched")
    line.execute("DELETE FROM _sqlite_migrations WHERE name = 'more_ways_than_mail'")
    line.execute("DROP TABLE letters")
    line.execute(OLD_LETTERS)
    line.execute("CREATE INDEX letters_state ON letters (state)")
    line.execute(
        "INSERT INTO letters VALUES (7, 'ancien', '2026-W01', 'zoe@chu.example', '2026-01-05T06:00:00+00:00',"
        " '2026-01-05T06:00:00+00:00', 'Veille', '<7@chu.example>', x'789c030000000001', 'sent', 1, 0,"
        " '2026-01-05T06:00:00+00:00', NULL, '', 250, 'ok')"
    )
    line.commit()
    line.close()
    before = traces(due)
    assert "Subject:" in watcher("send", "--dry-run", cwd=due).stdout
    assert traces(due) == before
    watcher("send", cwd=due)
    assert len(mails(due)) == 2
    with Store(due / "watcher.db") as store:
        old = store.letter(7)
    assert old is not None
    assert (old.list, old.recipient, old.state, old.content) == ("ancien", "zoe@chu.example", "sent", b"")
    assert (old.way, old.part) == ("mail", "")


OLD_LETTERS = """CREATE TABLE letters (
    id INTEGER PRIMARY KEY, list TEXT NOT NULL, period TEXT NOT NULL, recipient TEXT NOT NULL, made TEXT NOT NULL,
    since TEXT NOT NULL, subject TEXT NOT NULL, message_id TEXT NOT NULL UNIQUE, content BLOB NOT NULL,
    state TEXT NOT NULL, tries INTEGER NOT NULL, doubts INTEGER NOT NULL, changed TEXT NOT NULL, due TEXT,
    reason TEXT NOT NULL, code INTEGER NOT NULL, text TEXT NOT NULL, UNIQUE (list, period, recipient)) STRICT"""


def test_what_a_run_left_that_died_while_it_wrote_is_undone_in_the_copy_only(watcher: Watcher, due: Path) -> None:
    file = due / "watcher.db"
    writing = sqlite3.connect(file, isolation_level=None)
    writing.execute("PRAGMA cache_size = 1")
    writing.execute("BEGIN IMMEDIATE")
    writing.execute("UPDATE articles SET title = 'perdu' || hex(randomblob(3000))")
    state = file.read_bytes(), Path(f"{file}-journal").read_bytes()
    writing.execute("ROLLBACK")
    writing.close()
    file.write_bytes(state[0])
    Path(f"{file}-journal").write_bytes(state[1])
    before = traces(due)
    shown = watcher("send", "--dry-run", cwd=due)
    assert "ferroptose tue" in shown.stdout
    assert "perdu" not in shown.stdout
    assert traces(due) == before


# Own templates


def own(folder: Path, **templates: str) -> None:
    (folder / "modeles").mkdir(exist_ok=True)
    for name, text in templates.items():
        (folder / "modeles" / f"{name}.html").write_text(text, encoding="utf-8")


def html_of(mail: Any) -> str:
    return str(mail.get_body(("html",)).get_content())


def test_own_templates_take_the_place_of_ours(watcher: Watcher, due: Path) -> None:
    settings(due, DIGESTS, TO_FOLDER, "templates: modeles\n")
    own(due, mail="<p>à nous : {{ digest.title }}</p>", story="<h3>{{ story.title }}</h3>")
    assert watcher("send", cwd=due).stderr == ""
    assert all(html_of(mail).startswith("<p>à nous : Veille du ") for mail in mails(due))
    page = watcher("digest", "--format", "html", cwd=due).stdout
    assert "<article" not in page
    assert "<h3>" in page
    (due / "autres").mkdir()
    (due / "autres" / "page.html").write_text("une page {{ digest.counts|length }}", encoding="utf-8")
    assert watcher("digest", "--format", "html", "--templates", "autres", cwd=due).stdout.startswith("une page ")


@pytest.mark.parametrize(
    ("template", "line", "said"),
    [
        ("\n{% for x in %}", 2, "Expected"),
        ("a\n\n{{ digest.nulle_part }}", 3, "nulle_part"),
    ],
)
def test_a_mistake_in_a_template_is_one_line_and_ours_is_used(
    watcher: Watcher, due: Path, template: str, line: int, said: str
) -> None:
    settings(due, DIGESTS, TO_FOLDER, "templates: modeles\n")
    own(due, mail=template, page=template)
    run = watcher("send", cwd=due)
    (mistake,) = run.stderr.splitlines()
    assert f"modeles/mail.html:{line}\u00a0:" in mistake or f"modeles/mail.html:{line} :" in mistake
    assert said in mistake
    assert "le nôtre sert" in mistake
    assert len(mails(due)) == 2
    assert all("<!doctype html>" in html_of(mail) for mail in mails(due))
    trial = watcher("digest", "--format", "html", "--templates", "modeles", cwd=due, code=2)
    assert f"modeles/page.html:{line}" in trial.stderr
    assert trial.stdout == ""
    shown = watcher("digest", "--format", "html", cwd=due)
    assert "<!doctype html>" in shown.stdout
    assert "ours is used" in watcher("digest", "--format", "html", cwd=due, language="en").stderr


# Files and short messages


def test_a_digest_as_a_file_needs_no_mail(watcher: Watcher, filled: Path) -> None:
    settings(filled, "digests: [{name: hebdo, folder: veille, form: markdown}]\n")
    watcher("send", cwd=filled)
    period = age(filled)
    run = watcher("run", cwd=filled, code=3)
    assert f"hebdo\u00a0: semaine {period}, 1 histoire, 1 lettre" in run.stdout
    (file,) = (filled / "veille").iterdir()
    assert file.name == f"hebdo-{period}.md"
    assert file.read_text(encoding="utf-8").startswith("# Veille du ")
    assert file.stat().st_mode & 0o777 == 0o666 & ~_umask()
    shown = watcher("outbox", "show", "1", cwd=filled).stdout
    assert "# Veille du " in shown
    assert watcher("digest", "--again", period, cwd=filled).stdout.startswith("# Veille du ")


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def test_a_short_message_by_a_name_whose_address_is_a_secret(watcher: Watcher, filled: Path) -> None:
    settings(filled, "digests: [{name: hebdo, push: [salon-3]}]\n")
    watcher("send", cwd=filled)
    age(filled)
    missing = watcher("send", "--json", cwd=filled, code=4)
    assert json.loads(missing.stdout)["letters"][0]["reason"] == "no-push-address"
    assert "secrets.yaml (push: nom: adresse)" in missing.stderr
    watcher("outbox", "retry", "1", cwd=filled)
    with service(TOOK) as (address, posted):
        (filled / "secrets.yaml").write_text(f'push: {{salon-3: "{address}"}}\n', encoding="utf-8")
        (filled / "secrets.yaml").chmod(0o600)
        # Not by `watcher`, which makes errors of warnings: Apprise has some of its own.
        command = [sys.executable, "-m", "watcher", "send"]
        environment = {"PATH": os.environ["PATH"], "PYTHONPATH": os.environ.get("PYTHONPATH", ""), "HOME": str(filled)}
        sent = subprocess.run(
            command, cwd=filled, env=environment, capture_output=True, encoding="utf-8", timeout=60, check=True
        )
        assert watcher("send", cwd=filled).stderr == "rien à envoyer\n"
        shown = watcher("outbox", "show", "1", cwd=filled).stdout
        listed = watcher("outbox", "list", cwd=filled).stdout
    (message,) = (json.loads(body) for body in posted)
    assert "1 histoire à lire" in message["title"]
    assert "ferroptose tue les cellules persistantes" in message["message"]
    assert "salon-3" in listed
    assert "hunter22" not in sent.stdout + sent.stderr + shown + listed
    assert b"hunter22" not in (filled / "watcher.db").read_bytes()


# In parts


def test_a_letter_that_left_in_parts_is_not_given_again(watcher: Watcher, due: Path) -> None:
    with scripted({"EHLO": b"250-mail.example\r\n250 SIZE 3000\r\n"}) as heard:
        settings(due, DIGESTS, by_server(heard.port))
        run = watcher("send", cwd=due)
        assert "découpée" in run.stderr
        assert "!" not in run.stderr
        listed = json.loads(watcher("outbox", "list", "--json", cwd=due).stdout)
        assert "plusieurs parties" in watcher("outbox", "retry", "1", cwd=due, code=2).stderr
    assert [(one["state"], one["part"]) for one in listed] == [
        ("parted", ""),
        ("parted", ""),
        ("sent", "1/1"),
        ("sent", "1/1"),
    ]
    assert len(heard.mails) == 2
    assert "1/1" in watcher("outbox", cwd=due).stdout
