"""`backup`, `restore` and `prune` as they are typed, and the copy that a run makes by itself."""

import json
import re
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from indoors import NOW, Room, damaged, mode
from servers import Server, reply
from test_failures import mounted, rss

from watcher.cli.choices import Choices
from watcher.cli.working import keep_up
from watcher.render.copies import size_said
from watcher.run.upkeep import today
from watcher.store import Store, exclusive

OLD = NOW - timedelta(days=800)
THIS = f"watcher-{today(NOW)}.db"


@pytest.fixture
def room(tmp_path: Path) -> Room:
    room = Room(tmp_path)
    room.fill(1, 2, 3)
    return room


def test_a_copy_is_made_and_said(room: Room) -> None:
    code, out, err = room.type("backup")
    assert (code, err) == (0, "")
    assert re.fullmatch(rf"backups/{THIS} : 3 articles, \d+,\d\xa0ko, copie vérifiée\n", out.replace("\xa0:", " :"))
    facts = json.loads(room.type("backup", "--json")[1])
    assert facts == {
        "file": f"backups/{THIS}", "bytes": (room.backups / THIS).stat().st_size, "articles": 3, "last_run": None,
        "removed": [],
    }  # fmt: skip


def test_old_copies_make_way_but_not_in_another_folder(room: Room) -> None:
    for folder in (room.backups, room.folder / "clef"):
        folder.mkdir()
        for weeks in range(1, 7):
            (folder / f"watcher-{today(NOW) - timedelta(weeks=weeks)}.db").touch()
    _, out, _ = room.type("backup")
    gone = [f"watcher-{today(NOW) - timedelta(weeks=weeks)}.db" for weeks in (6, 5, 4)]
    assert [Path(line.split()[1]).name for line in out.splitlines()[1:]] == gone
    assert len(list(room.backups.iterdir())) == 4
    _, out, _ = room.type("backup", "--to", "clef")
    assert len(out.splitlines()) == 1
    assert (len(list((room.folder / "clef").iterdir())), mode(room.folder / "clef" / THIS)) == (7, 0o600)


def test_the_settings_say_where(room: Room) -> None:
    room.watch("http://127.0.0.1:1/feed", "backups: ailleurs")
    assert f"ailleurs/{THIS}" in room.type("backup")[1]
    assert not room.backups.exists()
    other = room.folder / "autre" / "watcher.db"
    other.parent.mkdir()
    room.database.rename(other)
    assert "autre/backups/" in room.type("--database", "autre/watcher.db", "backup")[1]  # named for this time only


@pytest.mark.parametrize("words", [("backup",), ("prune",), ("restore", f"backups/{THIS}")], ids=" ".join)
def test_none_of_it_while_a_run_is_at_work(room: Room, words: tuple[str, ...]) -> None:
    room.type("backup")
    with exclusive(room.database):
        assert "autre passage" in room.refused(75, *words)
        assert room.type("restore")[0] == 0  # looking is allowed
        assert room.type("prune", "--dry-run")[0] == 0


def test_the_copies_are_listed_with_what_they_hold_and_how_to_put_one_back(room: Room) -> None:
    code, out, _ = room.type("restore")
    assert (code, "watcher backup" in out) == (0, True)
    assert json.loads(room.type("restore", "--json")[1]) == []
    room.type("backup")
    sound = (room.backups / THIS).read_bytes()
    for name in ("watcher-2026-01-05.db", "watcher-2026-01-06-before-floods.db"):
        (room.backups / name).write_bytes(sound)
    damaged(room.backups / "watcher-2026-01-05.db")
    _, out, _ = room.type("restore")
    words = " ".join(out.split())
    assert f"watcher restore {THIS}" in words
    assert ("avant floods" in words, "endommagée" in words) == (True, True)
    listed = json.loads(room.type("restore", "--json")[1])
    assert [(Path(one["file"]).name, one.get("articles"), one["before"]) for one in listed] == [
        (THIS, 3, None), ("watcher-2026-01-06-before-floods.db", 3, "floods"), ("watcher-2026-01-05.db", None, None),
    ]  # fmt: skip
    assert "endommagée" in listed[2]["trouble"]


@pytest.mark.parametrize("named", [THIS, f"backups/{THIS}"])
def test_a_copy_is_put_back_by_its_name_or_its_path(room: Room, named: str) -> None:
    room.type("backup")
    room.fill(4, 5)
    code, out, err = room.type("restore", named)
    assert (code, err) == (0, "")
    assert ("3 articles" in out, "jamais" in out, "peut se répéter" in out) == (True, True, True)
    (aside,) = room.folder.glob("watcher-aside-*.db")
    assert aside.name in out
    assert room.count() == 3
    with Store(aside) as store:
        assert store.count() == 5
    facts = json.loads(room.type("restore", named, "--json")[1])
    assert (facts["articles"], (room.folder / facts["aside"]).exists()) == (3, True)


def test_where_no_copy_is_good_none_is_offered(room: Room) -> None:
    room.backups.mkdir()
    (room.backups / THIS).write_bytes(b"")
    code, out, _ = room.type("restore")
    assert (code, "fichier vide" in " ".join(out.split()), "watcher restore" in out) == (0, True, False)


def test_the_same_in_english(room: Room) -> None:
    room.watch("http://127.0.0.1:1/feed", "language: en")
    assert re.search(r"3 articles, \d+\.\d\xa0kB, copy checked", room.type("backup")[1])
    assert "the next digest may repeat" in room.type("restore", THIS)[1]
    assert "nothing was done" in room.type("prune", "--dry-run")[1]
    assert [size_said("en", n) for n in (999, 1_234_567)] == ["999\xa0B", "1.2\xa0MB"]
    assert [size_said("fr", n) for n in (999, 1_234_567)] == ["999\xa0o", "1,2\xa0Mo"]


def test_a_run_that_another_one_overtook_leaves_the_copy_to_it(room: Room, capsys: pytest.CaptureFixture[str]) -> None:
    choices = Choices(config=room.folder / "feeds.yaml", database=None, verbose=True)
    with exclusive(room.database):
        keep_up(choices)
    assert (capsys.readouterr().err, room.backups.exists()) == ("", False)
    keep_up(choices)
    assert THIS in capsys.readouterr().err


def test_what_cannot_be_put_back(room: Room) -> None:
    assert "watcher restore" in room.refused(2, "restore", "nulle-part.db")
    assert "base elle-même" in room.refused(2, "restore", "watcher.db")
    (room.folder / "texte.db").write_text("Mes notes.\n" * 999, encoding="utf-8")
    assert "texte.db" in room.refused(74, "restore", "texte.db")
    with closing(sqlite3.connect(room.folder / "autre.db")) as line:
        line.execute("CREATE TABLE patients (name TEXT)")
    assert "autre programme" in room.refused(74, "restore", "autre.db")
    assert room.count() == 3
    assert not list(room.folder.glob("*aside*"))


def test_a_restoration_that_was_interrupted_says_so(room: Room) -> None:
    room.type("backup")
    (room.folder / ".watcher.db.part").write_bytes(b"half")
    for command in (("poll",), ("digest",), ("send",), ("search", "étude"), ("backup",)):
        assert "interrompue" in room.refused(74, *command)
    assert room.type("restore", THIS)[0] == 0
    assert room.type("search", "étude")[0] == 0
    assert not (room.folder / ".watcher.db.part").exists()


def test_texts_are_let_go_and_it_is_said(room: Room) -> None:
    room.fill(*range(10, 60), seen=OLD)
    _, out, _ = room.type("prune", "--dry-run")
    assert "50 articles" in out
    assert json.loads(room.type("prune", "--dry-run", "--json", "--older-than", "10y")[1]) == {
        "articles": 0,
        "letters": 0,
    }
    _, out, _ = room.type("prune")
    assert re.search(r"50 articles, 0 lettre déjà partie.; \d+,\d.ko rendus au disque", out)
    facts = json.loads(room.type("prune", "--json")[1])
    assert (facts["articles"], facts["letters"], facts["bytes_before"]) == (0, 0, facts["bytes_after"])
    for command in ("show", "explain"):
        assert "Texte retiré de la base" in room.type(command, "10")[1]
        assert "Texte retiré" not in room.type(command, "1")[1]
    assert "text_let_go" in json.loads(room.type("show", "10", "--json")[1])
    assert "text_let_go" not in json.loads(room.type("show", "1", "--json")[1])


@pytest.mark.parametrize("span", ["2m", "90d", "bientôt", ""])
def test_a_span_that_is_none_or_too_short(room: Room, span: str) -> None:
    assert "24m" in room.refused(2, "prune", "--older-than", span)


def test_the_settings_say_how_long(room: Room) -> None:
    room.fill(10, seen=NOW - timedelta(days=100))
    room.watch("http://127.0.0.1:1/feed", "retention: 3m")
    assert "1 article" in room.type("prune", "--dry-run")[1]


# ---- what a run does by itself


def test_a_poll_makes_the_copy_of_the_week_and_says_nothing_of_it(room: Room, server: Server) -> None:
    server.routes["/feed"] = reply(body=rss(7))
    room.watch(f"{server.url}/feed")
    code, _, err = room.type("poll")
    assert (code, err) == (0, "")
    made = (room.backups / THIS).stat().st_mtime_ns
    room.type("poll", "--all")
    assert (room.backups / THIS).stat().st_mtime_ns == made  # one a week
    (room.backups / THIS).rename(room.backups / f"watcher-{today(NOW) - timedelta(days=7)}.db")
    room.fill(*range(10, 60), seen=OLD)
    room.watch(f"{server.url}/feed", "retention: 24m")
    code, _, err = room.type("-v", "poll", "--all")
    assert code == 0
    assert f"{THIS}\xa0: 54 articles" in err
    assert "Textes retirés\xa0: 50 articles" in err


def test_a_run_that_read_nothing_makes_it_too(room: Room) -> None:
    assert room.type("poll")[0] == 3
    assert (room.backups / THIS).exists()


def test_a_copy_that_fails_is_one_line(room: Room, server: Server) -> None:
    server.routes["/feed"] = reply(body=rss(7))
    with mounted(room.folder / "disk", "size=4m") as remount:
        remount("ro")
        room.watch(f"{server.url}/feed", "backups: disk")
        code, _, err = room.type("poll")
        assert code == 0
        (said,) = [line for line in err.splitlines() if line.startswith("!")]
        assert ("sauvegarde" in said, "disk" in said, "lecture seule" in said) == (True, True, True)
    assert room.count() == 4


def test_damage_is_noticed_by_the_copy_of_the_week(room: Room, server: Server) -> None:
    """Where a run does not look: the copies of before stay, and the line names one."""
    server.routes["/feed"] = reply(body=rss(7))
    room.watch(f"{server.url}/feed")
    room.type("poll")
    week = room.backups / f"watcher-{today(NOW) - timedelta(days=8)}.db"
    (room.backups / THIS).rename(week)
    with closing(sqlite3.connect(room.database)) as line, line:
        line.execute("UPDATE articles SET authors = '[' WHERE id = 1")
    code, _, err = room.type("poll", "--all")
    (said,) = [line for line in err.splitlines() if line.startswith("!")]
    assert (code, "endommagée" in said, f"watcher restore backups/{week.name}" in said) == (0, True, True)
    assert list(room.backups.iterdir()) == [week]
