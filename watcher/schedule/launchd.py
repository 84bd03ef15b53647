"""An agent of launchd, which macOS has in the place of cron."""

import os
import plistlib
import shutil
from pathlib import Path
from xml.parsers.expat import ExpatError

from watcher.schedule.values import File, Job, Standing, erased, refused, started, written

PROGRAM = "launchctl"


def entry(job: Job) -> tuple[File, ...]:
    """The property list of the agent."""
    label = _label(job)
    when = {"Minute": job.minute} | ({} if job.hour is None else {"Hour": job.hour})
    agent = {
        "Label": label,
        "ProgramArguments": list(job.command),
        "EnvironmentVariables": dict(job.environment),
        "StartCalendarInterval": when,
        "ProcessType": "Background",
        "LowPriorityIO": True,
        "Umask": 0o077,
        # Only what needs a person is written there.
        "StandardOutPath": str(_log(job)),
        "StandardErrorPath": str(_log(job)),
    }
    content = plistlib.dumps(agent, sort_keys=False).decode()
    return (File(path=job.home / "Library" / "LaunchAgents" / f"{label}.plist", content=content),)


def _label(job: Job) -> str:
    return f"org.literature-{job.name}"


def _log(job: Job) -> Path:
    return job.home / "Library" / "Logs" / f"{job.name}.log"


def standing(job: Job) -> Standing:
    """See `schedule.standing`."""
    (file,) = entry(job)
    try:
        with _path(file).open("rb") as stream:
            found = plistlib.load(stream)
    except FileNotFoundError:
        return "absent"
    except (OSError, ValueError, plistlib.InvalidFileException, ExpatError):
        return "other"
    wanted = plistlib.loads(file.content.encode())
    return "same" if found | {"StartCalendarInterval": 0} == wanted | {"StartCalendarInterval": 0} else "other"


def install(job: Job) -> bool:
    """See `schedule.install`; the file is written also where no launchd is at work."""
    (file,) = entry(job)
    known = _path(file).exists()
    written(_path(file), file.content)
    if shutil.which(PROGRAM) is None:
        return False
    if known:
        started([PROGRAM, "bootout", f"{_domain()}/{_label(job)}"])
    answer = started([PROGRAM, "bootstrap", _domain(), str(_path(file))])
    if answer.returncode:
        raise refused(PROGRAM, answer)
    return True


def remove(job: Job) -> bool:
    """See `schedule.remove`."""
    files = entry(job)
    if shutil.which(PROGRAM) is not None and _path(files[0]).exists():
        started([PROGRAM, "bootout", f"{_domain()}/{_label(job)}"])
    return erased(files)


def _domain() -> str:
    return f"gui/{os.getuid()}"


def _path(file: File) -> Path:
    assert file.path is not None  # noqa: S101 - an agent is a file
    return file.path
