"""A service and a timer of the user's own systemd."""

import os
import shutil
from pathlib import Path

from watcher.schedule.values import File, Job, Standing, compared, erased, refused, started, written

PROGRAM = "systemctl"
LONGEST = "1h"  # a run; the deadlines of its parts add up to less

# These hold for units without a manager's rights. They come with "no new privileges", so that a job which hands its
# mail to a sendmail that changes its group goes without.
_HARDENING = """\
NoNewPrivileges=yes
LockPersonality=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
RestrictNamespaces=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
SystemCallArchitectures=native
"""


def entry(job: Job) -> tuple[File, ...]:
    """The unit of the service, and that of the timer."""
    folder = _folder(job)
    return (
        File(path=folder / f"{job.name}.service", content=_service(job)),
        File(path=folder / f"{job.name}.timer", content=_timer(job)),
    )


def _service(job: Job) -> str:
    variables = "".join(f"Environment={_quoted(f'{name}={value}')}\n" for name, value in job.environment)
    # The program of a command line is not read as its arguments are: env takes ours as one of them.
    command = " ".join(("/usr/bin/env", *(_quoted(word).replace("$", "$$") for word in job.command)))
    return (
        f"[Unit]\nDescription=watcher ({job.name})\n\n"
        f"[Service]\nType=oneshot\nExecStart={command}\n{variables}"
        "# 75: another run is at work\nSuccessExitStatus=75\n"
        f"TimeoutStartSec={LONGEST}\nNice=10\nUMask=0077\n{'' if job.setuid else _HARDENING}"
    )


def _timer(job: Job) -> str:
    hour = "*" if job.hour is None else f"{job.hour:02}"
    zone = f" {job.zone}" if job.zone and job.hour is not None else ""
    return (
        f"[Unit]\nDescription=watcher ({job.name})\n\n"
        f"[Timer]\nOnCalendar=*-*-* {hour}:{job.minute:02}:00{zone}\n"
        "# seconds, so that not all the watchers of a country begin at once\nRandomizedDelaySec=59\nAccuracySec=1s\n"
        "# what was missed while the machine was off is made up for\nPersistent=true\n\n"
        "[Install]\nWantedBy=timers.target\n"
    )


def _quoted(word: str) -> str:
    """A word as systemd reads it between quotes."""
    return '"' + word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%") + '"'


def standing(job: Job) -> Standing:
    """See `schedule.standing`."""
    service, timer = entry(job)
    return compared((service,)) if _path(timer).exists() else compared((service, timer))


def install(job: Job) -> bool:
    """See `schedule.install`; the units are written also where no systemd is at work, and wait for one."""
    service, timer = entry(job)
    for file in (service, timer):
        written(_path(file), file.content)
    if not is_there():
        return False
    for words in (("daemon-reload",), ("enable", "--now", _path(timer).name)):
        answer = started([PROGRAM, "--user", *words])
        if answer.returncode:
            raise refused(PROGRAM, answer)
    return True


def remove(job: Job) -> bool:
    """See `schedule.remove`."""
    files = entry(job)
    known = is_there() and compared(files) != "absent"
    if known:
        started(
            [PROGRAM, "--user", "disable", "--now", _path(files[1]).name]
        )  # what it says of an unknown one is no matter
    erased_one = erased(files)
    if known:
        started([PROGRAM, "--user", "daemon-reload"])
    return erased_one


def is_there() -> bool:
    """Whether the user has a systemd at work here."""
    return shutil.which(PROGRAM) is not None and started([PROGRAM, "--user", "show-environment"]).returncode == 0


def lingers(user: str) -> bool:
    """Whether a user's timers go on when the user is not logged in."""
    return (Path("/var/lib/systemd/linger") / user).exists()


def _folder(job: Job) -> Path:
    home = os.environ.get("XDG_CONFIG_HOME", "")
    return (Path(home) if home.startswith("/") else job.home / ".config") / "systemd" / "user"


def _path(file: File) -> Path:
    assert file.path is not None  # noqa: S101 - units are files
    return file.path
