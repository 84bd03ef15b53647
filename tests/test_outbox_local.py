"""Mail that leaves by no server: into a folder, and by the machine's sendmail."""

import json
import mailbox
import os
import stat
import sys
import time
from pathlib import Path

import pytest

from watcher.outbox import Answer, Answers, Letter, MailSettings, deliver

CONTENT = b"From: veille@chu.example\r\nMessage-ID: <1@chu.example>\r\n\r\n.\r\nFrom here\r\n"
LETTER = Letter(id="<1@chu.example>", recipients=("anne@chu.example", "luc@chu.example"), content=CONTENT)


def send(settings: MailSettings, letter: Letter = LETTER) -> tuple[Answers, list[str]]:
    marks: list[str] = []

    def after(answers: Answers) -> None:
        marks.append("after")

    answers = deliver(letter, settings, before_data=lambda: marks.append("before"), after_data=after)
    return answers, marks


def states(answers: Answers) -> list[tuple[str, str, int]]:
    return [(answer.state, answer.reason, answer.code) for answer in answers]


# ---- a folder ----


def into(folder: Path) -> MailSettings:
    return MailSettings(sender="veille@chu.example", maildir=folder)


def test_a_mail_is_one_file_of_a_maildir(tmp_path: Path) -> None:
    answers, marks = send(into(tmp_path / "a" / "box"))
    assert answers == tuple(Answer(recipient=name, state="sent") for name in LETTER.recipients)
    assert marks == ["before", "after"]
    (message,) = mailbox.Maildir(tmp_path / "a" / "box", create=False)
    assert message["Message-ID"] == LETTER.id
    (file,) = (tmp_path / "a" / "box" / "new").iterdir()
    assert file.read_bytes() == CONTENT.replace(b"\r\n", b"\n")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list((tmp_path / "a" / "box" / "tmp").iterdir()) == []


def test_the_same_mail_twice_is_one_file_even_when_it_was_read(tmp_path: Path) -> None:
    send(into(tmp_path))
    send(into(tmp_path))
    (file,) = (tmp_path / "new").iterdir()
    file.rename(tmp_path / "cur" / f"{file.name}:2,S")
    (tmp_path / "tmp" / file.name).write_bytes(b"half of i")  # left by a run that was killed
    send(into(tmp_path))
    assert len(mailbox.Maildir(tmp_path, create=False)) == 1


def test_a_folder_that_cannot_be_written_is_for_later(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    answers, _ = send(into(tmp_path / "file" / "box"))
    assert states(answers) == [("later", "folder", 0)] * 2
    assert str(tmp_path) in answers[0].text


# ---- sendmail ----

PROGRAM = """\
#!{python}
import json, os, sys, time
told = {{"arguments": sys.argv[1:], "mail": sys.stdin.read(), "ours": [n for n in os.environ if "WATCHER" in n]}}
with open({log!r}, "a") as log:
    log.write(json.dumps(told) + "\\n")
{end}
"""


def program(folder: Path, end: str) -> MailSettings:
    file = folder / "sendmail"
    file.write_text(PROGRAM.format(python=sys.executable, log=str(folder / "log"), end=end))
    file.chmod(0o755)
    return MailSettings(sender="veille@chu.example", sendmail=str(file), deadline=20.0)


def test_a_recipient_is_no_option_and_no_command(tmp_path: Path) -> None:
    odd = Letter(id="<1@x>", recipients=("-oQ/tmp@x.fr", "`id`$HOME@x.fr", "a@b.fr -bd"), content=CONTENT)
    answers, _ = send(program(tmp_path, ""), odd)
    assert states(answers) == [("sent", "", 0), ("sent", "", 0), ("refused", "not-an-address", 0)]
    told = [json.loads(line)["arguments"][-2:] for line in (tmp_path / "log").read_text().splitlines()]
    assert told == [["--", "-oQ/tmp@x.fr"], ["--", "`id`$HOME@x.fr"]]


def test_what_sendmail_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WATCHER_MAIL_PASSWORD", "hunter22")
    answers, marks = send(program(tmp_path, ""))
    assert states(answers) == [("sent", "", 0)] * 2
    assert marks == ["before", "after"]
    told = [json.loads(line) for line in (tmp_path / "log").read_text().splitlines()]
    assert [one["arguments"] for one in told] == [
        ["-i", "-f", "veille@chu.example", "--", name] for name in LETTER.recipients
    ]
    assert {one["mail"] for one in told} == {CONTENT.decode().replace("\r\n", "\n")}
    assert [one["ours"] for one in told] == [[], []]


@pytest.mark.parametrize(
    ("end", "wanted"),
    [
        ("sys.exit(75)", ("later", "", 75)),
        ("sys.exit(69)", ("later", "", 69)),  # what msmtp says to 451 and 554 alike
        ("sys.exit(67)", ("refused", "recipient", 67)),
        ("sys.exit(65)", ("refused", "", 65)),
        ("sys.exit(127)", ("later", "no-program", 127)),
        ("os.kill(os.getpid(), 9)", ("unknown", "broken", 0)),
    ],
)
def test_how_sendmail_may_end(tmp_path: Path, end: str, wanted: tuple[str, str, int]) -> None:
    answers, _ = send(program(tmp_path, f"print('n\\x1bo', file=sys.stderr, flush=True)\n{end}"))
    assert states(answers) == [wanted] * 2
    assert answers[0].text == "no"


def test_sendmail_and_its_children_are_ended_when_time_is_up(tmp_path: Path) -> None:
    settings = program(tmp_path, "import subprocess; subprocess.run(['sleep', '60'])")
    started = time.monotonic()
    answers, _ = send(MailSettings(sender=settings.sender, sendmail=settings.sendmail, deadline=1.0))
    assert time.monotonic() - started < 10
    assert states(answers) == [("unknown", "timeout", 0), ("later", "timeout", 0)]


@pytest.mark.parametrize("name", ["no-such-sendmail", "/no/such/sendmail", ""])
def test_without_sendmail(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if name == "":  # a file that is no program
        (tmp_path / "broken").write_text("#!/no/such/interpreter\n")
        (tmp_path / "broken").chmod(0o755)
        name = str(tmp_path / "broken")
    answers, _ = send(MailSettings(sender="veille@chu.example", sendmail=name))
    assert states(answers) == [("later", "no-program", 0)] * 2


def test_sendmail_is_found_where_cron_does_not_look(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = program(tmp_path, "")
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}/nowhere")
    answers, _ = send(MailSettings(sender=settings.sender, sendmail="sendmail"))
    assert states(answers) == [("sent", "", 0)] * 2
