"""Entries that have watcher run by itself: whatever is in a path survives, and the lines of others stay as they are."""

import plistlib
import re
import shlex
import shutil
import subprocess
from datetime import time
from pathlib import Path
from typing import Any, get_args

import pytest
from crontabs import Crontab, command_of
from hypothesis import example, given, settings
from hypothesis import strategies as st

from watcher import schedule
from watcher.errors import UsageError
from watcher.schedule import Job, Medium, systemd, values
from watcher.schedule.values import SPREAD

ODD = '/home/é à/50 % de $HOME/l\'"été"/a\\b\\\\%c`d`!;#&*?~{e}/ü'
names = st.text(st.characters(exclude_categories=("Cc", "Cs"), exclude_characters="/"), min_size=1, max_size=30)


def job(
    folder: str = "/home/marie/ma veille", *, at: time | None = None, home: Path = Path("/home/marie"), **more: Any
) -> Job:
    settings = Path(folder) / "feeds.yaml"
    command = (f"{folder}/bin/watcher", "--config", str(settings), "run", "--unattended")
    environment = (("LC_ALL", "C.UTF-8"), ("no_proxy", f"{folder}|50%"))
    return Job(
        settings=settings, command=command, environment=environment, at=at, zone="Europe/Paris", home=home, **more
    )


def words_of(unit: str, key: str) -> list[list[str]]:
    """What systemd makes of every line of a key: words between quotes, with backslashes, and %% one percent sign."""
    found = []
    for line in re.findall(rf"^{key}=(.*)$", unit, re.MULTILINE):
        assert not re.search(r"%(?!%)", line.replace("%%", ""))
        quoted = r'"((?:[^"\\]|\\.)*)"'
        words = [plain or re.sub(r"\\(.)", r"\1", inner) for inner, plain in re.findall(rf"{quoted}|(\S+)", line)]
        found.append([word.replace("%%", "%") for word in words])
    return found


# ---- every medium hands over exactly the words that it was given


@pytest.mark.parametrize("halves", [True, False])
@settings(max_examples=150, deadline=None)
@given(name=names)
@example(name="a\\")
@example(name="\\\\%")
@example(name="%'\\%\"'")
def test_crontab_hands_over_every_word(name: str, *, halves: bool) -> None:
    wanted = job(f"{ODD}/{name}")
    lines = schedule.entry("cron", wanted)[0].content.split("\n")
    assert len(lines) == 4
    environment = [f"{key}={value}" for key, value in wanted.environment]
    assert shlex.split(command_of(lines[1], halves=halves)) == ["/usr/bin/env", *environment, *wanted.command]


@settings(max_examples=150, deadline=None)
@given(name=names)
@example(name="a\\")
@example(name='$$%%\\"')
def test_units_hand_over_every_word(name: str) -> None:
    wanted = job(f"{ODD}/{name}")
    service = schedule.entry("systemd", wanted)[0].content
    (command,) = words_of(service, "ExecStart")
    assert not any(re.search(r"\$(?!\$)", word.replace("$$", "")) for word in command)
    assert [word.replace("$$", "$") for word in command] == ["/usr/bin/env", *wanted.command]
    assert words_of(service, "Environment") == [[f"{key}={value}"] for key, value in wanted.environment]


@settings(max_examples=150, deadline=None)
@given(name=names)
def test_agent_hands_over_every_word(name: str) -> None:
    wanted = job(f"{ODD}/{name}")
    agent = plistlib.loads(schedule.entry("launchd", wanted)[0].content.encode())
    assert agent["ProgramArguments"] == list(wanted.command)
    assert agent["EnvironmentVariables"] == dict(wanted.environment)


def test_a_shell_runs_the_line_of_the_crontab(tmp_path: Path) -> None:
    folder = tmp_path / ODD.lstrip("/")
    (folder / "bin").mkdir(parents=True)
    program = folder / "bin" / "watcher"
    program.write_text('#!/bin/sh\nprintf "%s\\n" "$@" "$LC_ALL"\n', encoding="utf-8")
    program.chmod(0o755)
    line = schedule.entry("cron", job(str(folder)))[0].content.split("\n")[1]
    for halves in (True, False):
        command = ["/bin/sh", "-c", command_of(line, halves=halves)]
        said = subprocess.run(command, env={}, cwd="/", capture_output=True, check=True, encoding="utf-8").stdout
        assert said.splitlines() == ["--config", str(folder / "feeds.yaml"), "run", "--unattended", "C.UTF-8"]


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="a machine without systemd")
@pytest.mark.parametrize("at", [None, time(7, 5)])
def test_systemd_takes_the_units(tmp_path: Path, at: time | None) -> None:
    folder = tmp_path / ODD.lstrip("/")
    (folder / "bin").mkdir(parents=True)
    for file in schedule.entry("systemd", job(str(folder), at=at, home=tmp_path)):
        assert file.path
        values.written(file.path, file.content)
    units = sorted(str(unit) for unit in (tmp_path / ".config/systemd/user").iterdir())
    command = ["systemd-analyze", "--user", "verify", *units]
    environment = {"XDG_RUNTIME_DIR": str(tmp_path), "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}
    run = subprocess.run(command, env=environment, capture_output=True, encoding="utf-8", check=False)
    assert (run.returncode, run.stderr) == (0, "")


# ---- when


@given(at=st.none() | st.times(), name=names)
def test_the_delay_is_fixed_and_stays_on_the_day(at: time | None, name: str) -> None:
    one, again = job(f"/{name}", at=at), job(f"/{name}", at=at)
    assert (one.hour, one.minute, one.name) == (again.hour, again.minute, again.name)
    assert re.fullmatch(r"watcher-([a-z0-9]+-)*[0-9a-f]{8}", one.name)
    if at is None or one.hour is None:
        assert (at, one.hour) == (None, None)
        assert 1 <= one.minute <= 59  # not at the full hour, when everybody begins
    else:
        asked = at.hour * 60 + at.minute
        assert min(asked, 24 * 60 - SPREAD) <= one.hour * 60 + one.minute < min(asked + SPREAD, 24 * 60)


def test_watchers_do_not_begin_at_once() -> None:
    assert len({job(f"/home/{n}").minute for n in range(200)}) > 40
    assert len({job(f"/home/{n}", at=time(7)).minute for n in range(200)}) == SPREAD


def test_each_medium_is_told_the_hour() -> None:
    daily, hourly = job(at=time(7)), job()
    assert schedule.entry("cron", daily)[0].content.split("\n")[1].startswith(f"{daily.minute} 7 * * * ")
    assert schedule.entry("cron", hourly)[0].content.split("\n")[1].startswith(f"{hourly.minute} * * * * ")
    assert f"OnCalendar=*-*-* 07:{daily.minute:02}:00 Europe/Paris\n" in schedule.entry("systemd", daily)[1].content
    assert f"OnCalendar=*-*-* *:{hourly.minute:02}:00\n" in schedule.entry("systemd", hourly)[1].content
    agents = [plistlib.loads(schedule.entry("launchd", one)[0].content.encode()) for one in (daily, hourly)]
    assert agents[0]["StartCalendarInterval"] == {"Minute": daily.minute, "Hour": 7}
    assert agents[1]["StartCalendarInterval"] == {"Minute": hourly.minute}


def test_a_sendmail_may_change_its_group() -> None:
    assert "NoNewPrivileges" in schedule.entry("systemd", job())[0].content
    service = schedule.entry("systemd", job(setuid=True))[0].content
    assert not [line for line in systemd._HARDENING.splitlines() if line in service]


# ---- the crontab of others


@pytest.fixture
def crontab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Crontab:
    found = Crontab(tmp_path)
    monkeypatch.setenv("PATH", found.path)
    return found


OTHERS = b"MAILTO=marie@chu.example\n# sauvegarde\n5 4 * * *\tsauve \xe9t\xe9 \\%\r\n\n  \n"
OTHERS += b"# >>> watcher: /autre/feeds.yaml\n"
OTHERS += b"1 * * * * /autre\n# <<< watcher: /autre/feeds.yaml\n\x0c@daily encore\n"


def test_others_lines_stay_byte_for_byte(crontab: Crontab) -> None:
    crontab.kept.write_bytes(OTHERS)
    assert schedule.standing("cron", job()) == "absent"
    assert schedule.install("cron", job())
    ours = schedule.entry("cron", job())[0].content.encode()
    assert crontab.kept.read_bytes() == OTHERS + ours
    assert schedule.standing("cron", job()) == "same"
    crontab.kept.write_bytes(ours + OTHERS)
    schedule.install("cron", job(at=time(7)))  # in its place, and once
    assert crontab.kept.read_bytes() == schedule.entry("cron", job(at=time(7)))[0].content.encode() + OTHERS
    assert schedule.standing("cron", job()) == "same"  # whatever the hour
    assert schedule.remove("cron", job())
    assert not schedule.remove("cron", job())
    assert crontab.kept.read_bytes() == OTHERS


@settings(max_examples=8, deadline=None)
@given(before=st.binary(max_size=60).filter(lambda text: b"watcher: " not in text and b"\0" not in text))
def test_any_crontab_survives(before: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    crontab = Crontab(tmp_path_factory.mktemp("any"))
    crontab.kept.write_bytes(before)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", crontab.path)
        schedule.install("cron", job())
        schedule.install("cron", job())
        schedule.remove("cron", job())
    assert crontab.kept.read_bytes() == before + b"\n" * bool(before and not before.endswith(b"\n"))


def test_two_watchers_live_in_one_crontab(crontab: Crontab) -> None:
    for folder in ("/home/marie/une", "/home/marie/deux"):
        schedule.install("cron", job(folder))
    assert len(crontab.lines()) == 2
    schedule.remove("cron", job("/home/marie/une"))
    assert [schedule.standing("cron", job(f"/home/marie/{name}")) for name in ("une", "deux")] == ["absent", "same"]


def test_an_entry_of_another_program_is_another_one(crontab: Crontab) -> None:
    schedule.install("cron", job())
    text = crontab.kept.read_text(encoding="utf-8")
    crontab.kept.write_text(text.replace("/bin/watcher", "/old/watcher"), encoding="utf-8")
    assert schedule.standing("cron", job()) == "other"
    schedule.install("cron", job())
    assert crontab.kept.read_text(encoding="utf-8") == text
    crontab.kept.write_text(text + text, encoding="utf-8")  # twice: it would run twice
    assert schedule.standing("cron", job()) == "other"
    schedule.install("cron", job())
    assert crontab.kept.read_text(encoding="utf-8") == text


@pytest.mark.parametrize(
    "torn", ["{begin}\n", "{end}\n", "{begin}\n{begin}\n1 * * * * x\n{end}\n", "x\n{end}\n{begin}\n"]
)
def test_a_torn_block_is_left_to_a_person(crontab: Crontab, torn: str) -> None:
    begin, _, end, _ = schedule.entry("cron", job())[0].content.split("\n")
    text = torn.format(begin=begin, end=end)
    crontab.kept.write_text(text, encoding="utf-8")
    for change in (schedule.install, schedule.remove):
        with pytest.raises(UsageError, match="open-block"):
            change("cron", job())
    assert crontab.kept.read_text(encoding="utf-8") == text
    assert schedule.standing("cron", job()) == "absent"


def test_a_crontab_that_cannot_be_read_is_not_written(crontab: Crontab) -> None:
    crontab.kept.write_bytes(OTHERS)
    crontab.said.write_text("1 You (reader) are not allowed to use this program (crontab)", encoding="utf-8")
    with pytest.raises(UsageError, match="scheduler-refused") as caught:
        schedule.install("cron", job())
    assert "not allowed" in str(caught.value.facts["detail"])
    assert crontab.kept.read_bytes() == OTHERS
    crontab.said.write_text("1 crontab: can't open 'reader': No such file or directory", encoding="utf-8")  # BusyBox
    assert schedule.standing("cron", job()) == "absent"


def test_a_crontab_that_will_not_be_written_says_so(crontab: Crontab) -> None:
    (crontab.bin / "crontab").write_text("#!/bin/sh\n[ $1 = -l ] && exit 0\nexit 3\n", encoding="utf-8")
    with pytest.raises(UsageError, match="scheduler-refused") as caught:
        schedule.install("cron", job())
    assert caught.value.facts["detail"] == "3"


def test_without_crontab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert schedule.standing("cron", job()) == "absent"
    with pytest.raises(UsageError, match="no-scheduler"):
        schedule.install("cron", job())


def test_a_program_that_hangs_is_not_waited_for(crontab: Crontab, monkeypatch: pytest.MonkeyPatch) -> None:
    (crontab.bin / "crontab").write_text("#!/bin/sh\nexec sleep 20\n", encoding="utf-8")
    monkeypatch.setattr(values, "PATIENCE", 0.2)
    with pytest.raises(UsageError, match="scheduler-late"):
        schedule.remove("cron", job())


# ---- files


def scripted(folder: Path, name: str, script: str) -> Path:
    """A program on a PATH of its own that writes down what it is asked; returns that file."""
    folder.mkdir(exist_ok=True)
    program, heard = folder / name, folder / "heard"
    program.write_text(f'#!/bin/sh\necho "$@" >> "{heard}"\n{script}\n', encoding="utf-8")
    program.chmod(0o755)
    return heard


@pytest.mark.parametrize("medium", ["systemd", "launchd"])
def test_files_are_written_once_and_taken_out(medium: Medium, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    wanted = job(home=tmp_path)
    assert schedule.standing(medium, wanted) == "absent"
    assert not schedule.install(medium, wanted)  # nobody is there to run it
    files = {file.path: file.content for file in schedule.entry(medium, wanted)}
    there = {path: path.read_text(encoding="utf-8") for path in tmp_path.rglob("*") if path.is_file()}
    assert there == files
    schedule.install(medium, wanted)
    assert schedule.standing(medium, wanted) == "same"
    schedule.install(medium, job(home=tmp_path, at=time(7)))
    assert schedule.standing(medium, wanted) == "same"
    first = next(path for path in files if path)
    first.write_text(first.read_text(encoding="utf-8").replace("/bin/", "/old/"), encoding="utf-8")
    assert schedule.standing(medium, wanted) == "other"
    first.write_bytes(b"\xff torn")
    assert schedule.standing(medium, wanted) == "other"
    assert schedule.remove(medium, wanted)
    assert not schedule.remove(medium, wanted)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_a_service_without_its_timer_never_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "réglages"))
    service, timer = schedule.entry("systemd", job())
    assert service.path == tmp_path / "réglages/systemd/user" / f"{job().name}.service"
    values.written(service.path, service.content)
    assert schedule.standing("systemd", job()) == "other"
    assert timer.path
    values.written(timer.path, timer.content)
    assert schedule.standing("systemd", job()) == "same"


def test_systemd_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    heard = scripted(tmp_path / "bin", "systemctl", 'case "$*" in *enable*) exit ${CODE:-0};; esac')
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert schedule.install("systemd", job())
    assert heard.read_text(encoding="utf-8").splitlines()[1:] == [
        "--user daemon-reload",
        f"--user enable --now {job().name}.timer",
    ]
    heard.unlink()
    assert schedule.remove("systemd", job())
    assert heard.read_text(encoding="utf-8").splitlines()[1:] == [
        f"--user disable --now {job().name}.timer",
        "--user daemon-reload",
    ]
    monkeypatch.setenv("CODE", "4")
    with pytest.raises(UsageError, match="scheduler-refused"):
        schedule.install("systemd", job())


def test_launchd_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    heard = scripted(tmp_path / "bin", "launchctl", 'case "$*" in bootstrap*) exit ${CODE:-0};; esac')
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    wanted = job(home=tmp_path)
    assert schedule.install("launchd", wanted)
    assert schedule.install("launchd", wanted)  # an agent that is known is put out first
    assert [line.split()[0] for line in heard.read_text(encoding="utf-8").splitlines()] == [
        "bootstrap", "bootout", "bootstrap",
    ]  # fmt: skip
    monkeypatch.setenv("CODE", "5")
    with pytest.raises(UsageError, match="scheduler-refused"):
        schedule.install("launchd", wanted)
    assert schedule.remove("launchd", wanted)


@pytest.mark.parametrize("medium", ["systemd", "launchd"])
def test_a_folder_that_takes_no_file(medium: Medium, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    home = tmp_path / "a file"
    home.write_text("", encoding="utf-8")
    with pytest.raises(UsageError, match="unwritable-file"):
        schedule.install(medium, job(home=home))
    assert not schedule.remove(medium, job(home=home))
    wanted = job(home=tmp_path)
    for file in schedule.entry(medium, wanted):
        assert file.path
        file.path.mkdir(parents=True)
    assert schedule.standing(medium, wanted) in ("absent", "other")
    with pytest.raises(UsageError, match="unwritable-file"):
        schedule.remove(medium, wanted)


def test_what_can_stand_in_an_entry() -> None:
    assert set(schedule.MEDIA) == set(get_args(Medium))
    assert schedule.is_writable_name(ODD)
    assert not any(map(schedule.is_writable_name, ("a\nb", "a\rb", "a\0", "\udce9")))


def test_who_lingers() -> None:
    assert not systemd.lingers("nobody of this name")
