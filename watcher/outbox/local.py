"""Deliveries that need no server: into a folder of mails or of files, and by the machine's own sendmail."""

import email
import email.policy
import hashlib
import os
import shutil
import signal
import subprocess
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from watcher.fetch.deadline import Deadline
from watcher.outbox.values import Answers, Letter, MailSettings, StoppedError
from watcher.text import clean

_WORDS = 200  # characters kept of what a program says
_PLACES = ("/usr/sbin", "/usr/lib", "/usr/local/sbin")  # of sendmail; cron's PATH has none of them
_FOR_GOOD = {65, 67}  # EX_DATAERR, EX_NOUSER; some programs end with 69 or 68 whatever the server said
_NOT_THERE = {126, 127}


def into_maildir(
    letter: Letter, settings: MailSettings, *, before_data: Callable[[], None], after_data: Callable[[Answers], None]
) -> Answers:
    """Put one file into a maildir, whole or not at all; the same mail twice is one file, read or unread.

    Line ends become those of a file. All recipients have the same answer.
    """
    folder = settings.maildir or Path()
    name = hashlib.sha256(letter.id.encode()).hexdigest()[:40] + ".watcher"
    content = letter.content.replace(b"\r\n", b"\n")
    before_data()
    try:
        for part in ("tmp", "new", "cur"):
            (folder / part).mkdir(mode=0o700, parents=True, exist_ok=True)
        if not _is_there(folder, name):
            _write(folder / "tmp" / name, folder / "new" / name, content)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        text = clean(f"{folder}: {getattr(error, 'strerror', None) or error}")[:_WORDS].rstrip()
        answers = StoppedError("later", "folder", text=text).answers(letter.recipients)
    else:
        answers = StoppedError("sent").answers(letter.recipients)
    after_data(answers)
    return answers


def _is_there(folder: Path, name: str) -> bool:
    return (folder / "new" / name).exists() or any(p.name.startswith(name) for p in (folder / "cur").iterdir())


def into_folder(letter: Letter, *, before_data: Callable[[], None], after_data: Callable[[Answers], None]) -> Answers:
    """Put the document that a frozen message holds into the folder that is its recipient, under its own name.

    It is there whole or not at all, and once, however often it is put there.
    """
    (recipient,) = letter.recipients
    folder = Path(recipient)
    message = email.message_from_bytes(letter.content, policy=email.policy.default)
    name, content = Path(str(message.get_filename())).name, message.get_payload(decode=True)
    before_data()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _write(folder / f".{name}.draft", folder / name, bytes(content), private=False)
    except (OSError, ValueError) as error:
        text = clean(f"{folder}: {getattr(error, 'strerror', None) or error}")[:_WORDS]
        answers = StoppedError("later", "folder", text=text).answers(letter.recipients)
    else:
        answers = StoppedError("sent").answers(letter.recipients)
    after_data(answers)
    return answers


def _write(draft: Path, file: Path, content: bytes, *, private: bool = True) -> None:
    """A file that is there only when all of it is on the disk."""
    with draft.open("wb") as stream:
        if private:
            os.fchmod(stream.fileno(), 0o600)
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    draft.rename(file)
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def by_sendmail(
    letter: Letter, settings: MailSettings, *, before_data: Callable[[], None], after_data: Callable[[Answers], None]
) -> Answers:
    """Hand the mail to the machine's sendmail, once for each recipient, because it ends with one code for all.

    "sent" says that it took the mail, not that it arrived: what happens later it tells the sender by mail.
    """
    program = program_of(settings)
    if program is None:
        answers = StoppedError("later", "no-program", text=clean(settings.sendmail)).answers(letter.recipients)
    else:
        before_data()
        content = letter.content.replace(b"\r\n", b"\n")
        with Deadline(settings.deadline) as deadline:
            answers = tuple(
                _run([program, "-i", "-f", settings.sender, "--", recipient], content, deadline).answer(recipient)
                for recipient in letter.recipients
            )
    after_data(answers)
    return answers


def program_of(settings: MailSettings) -> str | None:
    """Where the machine's sendmail is; None without one."""
    places = os.pathsep.join((os.environ.get("PATH", os.defpath), *_PLACES))
    return shutil.which(settings.sendmail, path=places)


def _run(command: list[str], content: bytes, deadline: Deadline) -> StoppedError:
    """What came of one start of the program."""
    if deadline.over:
        return StoppedError("later", "timeout")
    # Our own variables hold passwords, which are no business of another program.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("WATCHER_")}
    try:
        program = subprocess.Popen(  # noqa: S603 - a list, no shell; the address stands behind "--"
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env=environment,
            start_new_session=True,
        )
    except OSError as error:
        return StoppedError("later", "no-program", text=clean(f"{command[0]}: {error.strerror}")[:_WORDS].rstrip())
    with program:
        deadline.on_cut(lambda: _kill(program))
        _, words = program.communicate(content)
    text, code = clean(words[:4000].decode("utf-8", "replace"))[:_WORDS].rstrip(), program.returncode
    if code < 0:  # killed, perhaps by us: it may have put the mail into its queue before
        return StoppedError("unknown", "timeout" if deadline.over else "broken", text=text)
    if code in _NOT_THERE:
        return StoppedError("later", "no-program", code=code, text=text)
    if code in _FOR_GOOD:
        return StoppedError("refused", "recipient" if code == 67 else "", code=code, text=text)
    return StoppedError("later" if code else "sent", code=code, text=text)


def _kill(program: subprocess.Popen[bytes]) -> None:
    """End the program and all that it started, which hold its pipes open."""
    with suppress(OSError):
        if program.returncode is None:
            os.killpg(program.pid, signal.SIGKILL)
