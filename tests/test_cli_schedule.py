"""`watcher schedule`, and what it has written, run as cron runs it: another folder, no home, no language, no screen."""

import io
import json
import re
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest
from crontabs import Crontab, command_of
from servers import Server, http_server, reply
from test_failures import SEED, rss

from watcher.cli import main
from watcher.cli.choices import Choices
from watcher.cli.post import show_ill
from watcher.cli.schedule import CARRIED, program
from watcher.digest import DigestSetting
from watcher.periods import latest
from watcher.run.send import Made, SendReport
from watcher.store import Store, exclusive

FOLDER = "Veille d’été 50 % « MT2A »"
TO_FOLDER = 'digests:\n  - {name: hebdo, to: ["anne@chu.example"]}\nmail: {from: veille@chu.example, maildir: boite}\n'
PROGRAM = "#!{python} -P\nimport sys\nsys.path.insert(0, {house!r})\nfrom watcher.cli import main\nmain()\n"


def screen() -> io.TextIOWrapper:
    """A stream that keeps what is written to it."""
    return io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True)


def shown_on(stream: io.TextIOWrapper) -> str:
    stream.seek(0)
    return stream.read()


class Typed(NamedTuple):
    stdout: str
    stderr: str


class Desk:
    """A folder to watch from, a program, a crontab and a feed."""

    def __init__(self, folder: Path, server: Server) -> None:
        self.home, self.server = folder, server
        self.crontab = Crontab(folder)
        self.folder = folder / FOLDER
        (self.folder / "seeds" / "ferro").mkdir(parents=True)
        (self.folder / "seeds" / "ferro" / "seed.md").write_text(SEED, encoding="utf-8")
        self.program = folder / "bin dir" / "watcher"
        self.program.parent.mkdir()
        house = str(Path(__file__).parent.parent)
        self.program.write_text(PROGRAM.format(python=sys.executable, house=house), encoding="utf-8")
        self.program.chmod(0o755)
        self.settings()

    def settings(self, *more: str) -> None:
        sources = f"sources:\n  - {{id: presse, name: Presse, url: {self.server.url}/rss}}\n"
        text = f"allow_hosts: [127.0.0.0/8]\n{sources}{''.join(more)}"
        (self.folder / "feeds.yaml").write_text(text, encoding="utf-8")

    def type(self, *words: str, code: int = 0, variables: dict[str, str] | None = None) -> Typed:
        """Type a command in that folder, as this very process."""
        environment = {"PATH": self.crontab.path, "HOME": str(self.home), "TZ": "Europe/Paris"} | (variables or {})
        with pytest.MonkeyPatch.context() as patch, screen() as out, screen() as err:
            for name in (*CARRIED, "XDG_CONFIG_HOME"):
                patch.delenv(name, raising=False)
            for name, value in environment.items():
                patch.setenv(name, value)
            patch.chdir(self.folder)
            patch.setattr(sys, "argv", [str(self.program), *words])
            time.tzset()
            with redirect_stdout(out), redirect_stderr(err), pytest.raises(SystemExit) as ended:
                main()
            typed = Typed(shown_on(out), shown_on(err))
        time.tzset()
        assert ended.value.code == code, typed.stderr
        return typed

    def install(self) -> str:
        """Install the entry; returns what cron hands to the shell."""
        self.type("schedule", "cron", "--install")
        return command_of(self.crontab.lines()[-1], halves=True)

    def cron(self, command: str, code: int = 0) -> str:
        """Run a command as cron does; returns what cron would mail, which has to be UTF-8."""
        run = subprocess.run(
            ["/bin/sh", "-c", command], env={"PATH": "/usr/bin:/bin", "LC_ALL": "C"}, cwd="/", capture_output=True,
            stdin=subprocess.DEVNULL, check=False,
        )  # fmt: skip
        said = (run.stdout + run.stderr).decode("utf-8")
        assert run.returncode == code, said
        return said

    def bare(self, *words: str, code: int = 0, **variables: str) -> str:
        """Run the program without any variable that is not given here; the same of it."""
        variables = {"LC_ALL": "C"} | variables
        env = " ".join(f"{name}={shlex.quote(value)}" for name, value in variables.items())
        config = shlex.quote(str(self.folder / "feeds.yaml"))
        return self.cron(f"env -i {env} {shlex.quote(str(self.program))} --config {config} {shlex.join(words)}", code)

    def age(self, **columns: datetime) -> None:
        """Change what is remembered of the source."""
        with Store(self.folder / "watcher.db") as store, store.transaction():
            for name, moment in columns.items():
                store._write(f"UPDATE sources SET {name} = ?", [(moment.isoformat(),)])

    def begin_long_ago(self) -> None:
        """Let every list have begun before anything was known, so that a digest is due."""
        with Store(self.folder / "watcher.db") as store, store.transaction():
            store._write("UPDATE lists SET baseline = 0, cursor = 0, until = ?", [("2026-01-05T00:00:00+00:00",)])


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with http_server({"/rss": reply(body=rss(1, 2, 3), Content_Type="application/rss+xml")}) as server:
        yield Desk(tmp_path, server)


# ---- the entry


def test_shown_before_it_is_written(desk: Desk) -> None:
    run = desk.type("schedule", "cron")
    assert not desk.crontab.kept.exists()
    assert "--install" in run.stderr
    assert str(desk.folder / "feeds.yaml") in run.stdout.split("\n")[1]
    desk.type("schedule", "cron", "--install")
    shown = run.stdout.split("\n", 1)[1].rstrip("\n") + "\n"
    assert desk.crontab.kept.read_text(encoding="utf-8") == shown
    desk.type("schedule", "cron", "--install")
    assert desk.crontab.kept.read_text(encoding="utf-8") == shown
    assert "retiré de cron" in desk.type("schedule", "cron", "--remove").stderr
    assert desk.crontab.kept.read_bytes() == b""
    assert "rien à retirer" in desk.type("schedule", "cron", "--remove").stderr


def test_it_is_taken_out_of_whatever_the_settings_became(desk: Desk) -> None:
    desk.type("schedule", "cron", "--install")
    desk.settings("sourcess: []\n")
    assert "réglage inconnu" in desk.type("schedule", "cron", "--install", code=2).stderr
    assert "retiré de cron" in desk.type("schedule", "cron", "--remove").stderr
    desk.settings()
    desk.type("schedule", "systemd", "--install", variables={"PATH": str(desk.home / "nothing")})
    (desk.folder / "feeds.yaml").unlink()
    run = desk.type("schedule", "systemd", "--remove", variables={"PATH": str(desk.home / "nothing")})
    assert "retiré de systemd" in run.stderr
    assert not list((desk.home / ".config/systemd/user").iterdir())


def test_once_a_day(desk: Desk) -> None:
    desk.type("schedule", "cron", "--install", "--at", "7h05")
    minute, hour, rest = desk.crontab.lines()[0].split(" ", 2)
    assert (hour, 5 <= int(minute) < 25, rest[:6]) == ("7", True, "* * * ")
    assert "heure illisible : 25:00" in desk.type("schedule", "cron", "--at", "25:00", code=2).stderr


def test_json(desk: Desk) -> None:
    facts = json.loads(desk.type("schedule", "launchd", "--json", "--install", "--at", "23:59").stdout)
    assert (facts["outcome"], facts["running"], facts["hour"]) == ("written", False, 23)
    (file,) = facts["files"]
    assert Path(file["path"]).read_text(encoding="utf-8") == file["content"]
    assert json.loads(desk.type("schedule", "launchd", "--json", "--remove").stdout)["outcome"] == "taken-out"
    shown = json.loads(desk.type("schedule", "cron", "--json").stdout)
    assert (shown["outcome"], shown["hour"], shown["files"][0]["path"]) == ("shown", None, None)


def test_systemd_that_is_not_at_work_is_said(desk: Desk) -> None:
    run = desk.type("schedule", "systemd", "--install", variables={"PATH": str(desk.home / "nothing")})
    assert "n’est pas à l’œuvre" in run.stderr
    assert "enable-linger" in run.stderr
    assert len(list((desk.home / ".config/systemd/user").iterdir())) == 2


def test_without_crontab_there_is_one_line(desk: Desk) -> None:
    run = desk.type("schedule", "cron", "--install", code=2, variables={"PATH": str(desk.home / "nothing")})
    assert run.stderr.splitlines()[-1].startswith("watcher: crontab : ce programme n’est pas sur cette machine")


def test_what_goes_together_and_what_does_not(desk: Desk) -> None:
    assert "--remove" in desk.type("schedule", "cron", "--install", "--remove", code=2).stderr
    assert json.loads(desk.type("schedule", "--json").stdout)["medium"] == "cron"
    twin = desk.folder.with_name("deux\nlignes")
    desk.folder.rename(twin)
    desk.folder = twin
    assert "renommez-le" in desk.type("schedule", "cron", code=2).stderr


def test_proxies_are_carried_and_passwords_are_not(desk: Desk) -> None:
    variables = {"https_proxy": "http://proxy.chu.example:3128", "no_proxy": "localhost,.chu.example"}
    variables["WATCHER_MAIL_PASSWORD"] = "canari"
    run = desk.type("schedule", "cron", variables=variables)
    assert "https_proxy=http://proxy.chu.example:3128 no_proxy=localhost,.chu.example " in run.stdout
    assert "WATCHER_MAIL_PASSWORD n’y est pas écrit" in run.stderr
    for login in ("http://marie:canari@proxy:3128", "marie:canari@proxy:3128", "http://[canari"):
        run = desk.type("schedule", "cron", variables={"https_proxy": login})
        assert "https_proxy contient un mot de passe" in run.stderr
        assert "canari" not in run.stdout + run.stderr


def test_what_is_missing_is_said(desk: Desk) -> None:
    assert "pas de digest régulier" in desk.type("schedule", "cron").stderr
    desk.settings(TO_FOLDER.partition("mail:")[0])
    assert "par où part le courrier" in desk.type("schedule", "cron").stderr
    desk.settings(TO_FOLDER)
    assert "!" not in desk.type("schedule", "cron", "--at", "07:00").stderr
    assert (
        "à l’heure de Europe/Paris"
        in desk.type("schedule", "cron", "--at", "07:00", variables={"TZ": "Asia/Tokyo"}).stderr
    )


def test_the_program_is_named_so_that_it_starts_anywhere(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    run = desk.type("--database", "autre.db", "schedule", "cron", "--json")
    words = shlex.split(command_of(json.loads(run.stdout)["files"][0]["content"].split("\n")[1], halves=False))
    end = [str(desk.program), "--config", str(desk.folder / "feeds.yaml")]
    assert words[-7:] == [*end, "--database", str(desk.folder / "autre.db"), "run", "--unattended"]
    monkeypatch.setattr(sys, "argv", ["/somewhere/watcher/__main__.py"])
    monkeypatch.setattr(sys, "executable", str(desk.program.with_name("python")))
    assert program() == (str(desk.program),)
    monkeypatch.setattr(sys, "executable", "/somewhere/python")
    assert program() == ("/somewhere/python", "-m", "watcher")


# ---- what it runs


def test_cron_polls_and_sends_and_says_nothing(desk: Desk) -> None:
    desk.settings(TO_FOLDER)
    command = desk.install()
    assert desk.cron(command) == ""
    with Store(desk.folder / "watcher.db") as store:
        assert store.count() == 3
    desk.begin_long_ago()
    assert desk.cron(command) == ""
    (letter,) = (desk.folder / "boite" / "new").iterdir()
    assert b"Ferroptose" in letter.read_bytes()


def test_a_bare_world_speaks_utf_8(desk: Desk) -> None:
    assert desk.bare("run", "--unattended") == ""
    said = desk.bare("digest", LC_ALL="nowhere.ISO-8859-1")
    assert "étude n°" in said
    assert "\x1b" not in said


def test_a_failing_source_is_left_to_the_digest(desk: Desk) -> None:
    run = ("run", "--unattended")
    desk.server.routes.clear()
    assert desk.type(*run) == ("", "")  # alone, or on a train
    now = datetime.now(UTC) - timedelta(seconds=5)
    desk.age(due=now, since=now - timedelta(hours=23))
    assert desk.type(*run) == ("", "")
    desk.age(due=now, since=now - timedelta(hours=25))
    assert "aucune des 1 sources n’a pu être lue" in desk.type(*run, code=3).stderr
    assert desk.type(*run) == ("", "")  # nobody was asked: nothing new to say
    desk.server.routes["/rss"] = reply(body=rss(1), Content_Type="application/rss+xml")
    desk.age(due=now)
    assert desk.type(*run) == ("", "")
    assert desk.type(*run) == ("", "")
    assert len(desk.server.asked) == 4  # the source keeps its own pace


def test_settings_with_mistakes_are_said(desk: Desk) -> None:
    command = desk.install()
    desk.settings("sourcess: []\n")
    said = desk.cron(command, code=2)
    assert "réglage inconnu" in said
    assert len(said.splitlines()) == 1


def test_a_letter_that_waits_for_a_person_is_said(desk: Desk) -> None:
    desk.settings(TO_FOLDER)
    assert desk.type("run", "--unattended") == ("", "")  # that a list began is no news
    desk.begin_long_ago()
    (desk.folder / "boite").write_text("not a folder", encoding="utf-8")
    run = desk.type("run", "--unattended", code=4)
    assert "vérifiez « maildir »" in run.stderr.replace("\u00a0", " ")
    assert run.stdout == ""
    assert desk.type("run", "--unattended") == ("", "")  # it is not tried again yet


def test_a_list_that_could_not_be_written_is_said(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    choices = Choices(config=desk.folder / "feeds.yaml", database=None, verbose=False)
    period = latest("week", "monday", choices.zone, datetime.now(UTC))
    setting = DigestSetting(name="hebdo", profiles=())
    made = [Made(setting=setting, period=period, outcome=o, error=ValueError("x")) for o in ("begun", "failed")]
    show_ill(choices, SendReport(made=tuple(made), letters=()))
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("! hebdo")


def test_another_run_at_work_is_no_news(desk: Desk) -> None:
    with exclusive(desk.folder / "watcher.db"):
        assert desk.type("run", "--unattended", code=75) == ("", "")


def test_cron_hands_the_line_over_whole(desk: Desk) -> None:
    desk.install()
    (line,) = desk.crontab.lines()
    assert command_of(line, halves=True) == command_of(line, halves=False)
    assert re.match(r"[0-9]+ \* \* \* \* /usr/bin/env LANG=C\.UTF-8 LC_ALL=C\.UTF-8 PYTHONUTF8=1 PATH=", line)
