"""`watcher doctor`, as a person types it: a folder that is well, and what is said of one that is not."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from mailservers import scripted
from servers import http_server, reply
from test_cli_schedule import Desk, desk
from test_failures import SEED, rss

from watcher.cli.doctor import _fault_said

__all__ = ["desk"]  # a fixture

RSS = reply(body=rss(1, 2, 3), Content_Type="application/rss+xml")
WELL = "contact: marie@chu.example\n"


def findings(desk: Desk, *words: str, code: int = 0) -> dict[str, Any]:
    """What is not well, by its reason."""
    found = json.loads(desk.type("doctor", "--json", *words, code=code).stdout)["findings"]
    assert [f for f in found if f["severity"] == "ok"]
    # The Python of the machine that tests may be an old one.
    return {f["reason"]: f for f in found if f["severity"] != "ok" and f["facts"].get("name") != "python"}


@pytest.fixture
def well(desk: Desk) -> Desk:
    """A folder in which nothing is wrong."""
    desk.settings(WELL)
    (desk.folder / "seeds" / "ferro" / "seed.md").write_text(SEED * 10, encoding="utf-8")
    desk.type("run", "--unattended")
    desk.type("schedule", "cron", "--install")
    return desk


def test_a_folder_that_is_well(well: Desk) -> None:
    assert findings(well) == {}
    run = well.type("doctor", "--offline")
    assert run.stderr == ""
    plain = run.stdout.replace("\u00a0", " ").replace("\u202f", " ")
    assert "Tout le reste va bien : réglages, profils et règles, sources, passages, base et disque" in " ".join(
        plain.split()
    )
    assert "Non examiné : horloge des serveurs" in plain
    well.server.routes["/rss"] = reply(body=rss(1), Date=f"{datetime.now(UTC):%a, %d %b %Y %H:%M:%S} GMT")
    assert "Non examiné" not in well.type("doctor").stdout


def test_a_folder_in_which_nothing_was_done_yet(desk: Desk) -> None:
    found = findings(desk, "--offline")
    assert set(found) == {"no-contact", "seed-short", "unusable", "no-schedule", "never-run"}
    assert "watcher poll" in found["unusable"]["said"]
    assert not (desk.folder / "watcher.db").exists()


def test_settings_with_mistakes(well: Desk) -> None:
    well.settings("sourcess: []\n")
    run = well.type("doctor", code=7)
    assert "réglage inconnu" in run.stdout.replace("\n   ", " ")
    assert "Non examiné : profils et règles, sources, courrier, passages," in run.stdout.replace("\u00a0", " ")
    assert run.stderr.strip().endswith("à réparer : 1")
    assert list(findings(well, code=7)) == ["mistake"]


def test_secrets_that_others_can_read(well: Desk) -> None:
    secrets = well.folder / "secrets.yaml"
    well.settings(WELL, "mail: {from: veille@chu.example, host: 127.0.0.1, security: none, port: 9, user: veille}\n")
    secrets.write_text("mail: {password: canari}\n", encoding="utf-8")
    secrets.chmod(0o644)
    found = findings(well, code=7)
    assert list(found) == ["secrets"]
    assert "chmod 600" in found["secrets"]["said"]
    assert "Non examiné : courrier, horloge" in well.type("doctor", code=7).stdout.replace("\u00a0", " ")
    secrets.chmod(0o600)
    assert list(findings(well, code=7)) == ["mail"]
    assert "canari" not in well.type("doctor", "--json", code=7).stdout


def test_the_mail_server(well: Desk) -> None:
    with scripted() as heard:
        mail = f"mail: {{from: veille@chu.example, host: 127.0.0.1, security: none, port: {heard.port}}}\n"
        well.settings(WELL, mail)
        assert findings(well) == {}
        assert heard.mails == []
    assert findings(well, code=7)["mail"]["facts"]["why"] == "connection"
    assert findings(well, "--offline") == {}
    well.settings(WELL, "digests:\n  - {name: hebdo, to: [anne@chu.example]}\n")
    assert list(findings(well, code=7)) == ["no-way-out"]


def test_a_clock_that_is_wrong(well: Desk) -> None:
    later = datetime.now(UTC) + timedelta(hours=2)
    well.server.routes["/rss"] = reply(body=rss(1), Date=f"{later:%a, %d %b %Y %H:%M:%S} GMT")
    assert list(findings(well, code=7)) == ["clock-slow"]
    assert findings(well, "--offline") == {}


def test_sources_and_seeds(well: Desk) -> None:
    well.server.routes.clear()
    well.age(due=datetime.now(UTC) - timedelta(hours=1))
    well.type("run", "--unattended")
    found = findings(well, code=7)
    assert found["source"]["facts"]["source"] == "presse"
    (well.folder / "seeds" / "ferro" / "seed.md").unlink()
    assert "seed-fault" in findings(well, "--offline", code=7)
    well.settings(WELL, "profiles: []\n")
    assert "no-profiles" in findings(well, "--offline", code=7)


def test_a_database_that_is_no_database(well: Desk) -> None:
    (well.folder / "watcher.db").write_bytes(b"something else, and long enough to be taken for it" * 100)
    found = findings(well, "--offline", code=7)
    assert found["unusable"]["facts"]["fault"] == "not-a-database"
    assert "restaurez une sauvegarde" in found["unusable"]["said"]


def test_the_entry_of_cron(well: Desk) -> None:
    well.type("schedule", "cron", "--remove")
    assert list(findings(well, "--offline")) == ["no-schedule"]
    well.type("schedule", "cron", "--install", "--at", "07:00")
    assert findings(well, "--offline") == {}
    text = well.crontab.kept.read_text(encoding="utf-8")
    well.crontab.kept.write_text(text.replace("/bin dir/", "/old dir/"), encoding="utf-8")
    assert list(findings(well, "--offline")) == ["schedule-other"]
    twin = well.folder.with_name("deux\nlignes")
    well.folder.rename(twin)
    well.folder = twin
    assert list(findings(well, "--offline")) == ["no-schedule"]


@pytest.mark.parametrize(
    "reason", ["unreadable-file", "too-large", "no-seeds", "no-database", "corrupt", "newer-database", "disk-error"]
)
def test_faults_have_words(reason: str, tmp_path: Path) -> None:
    assert str(tmp_path) in _fault_said(reason, str(tmp_path), "refusé")


def test_servers_are_asked_politely(well: Desk) -> None:
    asked = len(well.server.asked)
    findings(well)
    assert len(well.server.asked) == asked + 1
    with http_server({"/rss": RSS}):
        findings(well, "--offline")
    assert len(well.server.asked) == asked + 1
