"""The crontab of a user: our lines stand between two marks, so that other watchers and other lines can live there too.

The lines of others are bytes, and stay what they are.
"""

import shlex

from watcher.errors import UsageError
from watcher.schedule.values import File, Job, Standing, refused, started

PROGRAM = "crontab"
_NONE = (b"no crontab", b"no such file")  # what `crontab -l` says to a user who has none: in Debian, in BusyBox


def entry(job: Job) -> tuple[File, ...]:
    """Our block: a mark, the line that is run, a mark."""
    begin, end = _marks(job)
    hour = "*" if job.hour is None else str(job.hour)
    return (File(path=None, content=f"{begin}\n{job.minute} {hour} * * * {command_line(job)}\n{end}\n"),)


def command_line(job: Job) -> str:
    """The command as a crontab wants it: variables, then the program, for any shell that knows quotes.

    To cron, % ends a line and a backslash before it does not; what two backslashes mean depends on the cron. So none
    is left beside another one or before a %.
    """
    words = ("/usr/bin/env", *(f"{name}={value}" for name, value in job.environment), *job.command)
    return " ".join(shlex.quote(word).replace("\\", "\\''").replace("%", "\\%") for word in words)


def standing(job: Job) -> Standing:
    """See `schedule.standing`."""
    try:
        lines = _lines()
        places = _blocks(lines, job)
    except UsageError:
        return "absent"
    if not places:
        return "absent"
    runs = f" * * * {command_line(job)}\n".encode()
    between = [line for start, end in places for line in lines[start + 1 : end - 1]]
    return "same" if len(between) == 1 and between[0].endswith(runs) else "other"


def install(job: Job) -> bool:
    """See `schedule.install`."""
    lines = _lines()
    places = _blocks(lines, job)
    if lines and not lines[-1].endswith(b"\n"):
        lines[-1] += b"\n"
    ours = entry(job)[0].content.encode()
    start = places[0][0] if places else len(lines)
    kept = _without(lines, places)
    _write(b"".join((*kept[:start], ours, *kept[start:])))
    return True


def remove(job: Job) -> bool:
    """See `schedule.remove`."""
    lines = _lines()
    places = _blocks(lines, job)
    if places:
        _write(b"".join(_without(lines, places)))
    return bool(places)


def _marks(job: Job) -> tuple[str, str]:
    return f"# >>> watcher: {job.settings}", f"# <<< watcher: {job.settings}"


def _blocks(lines: list[bytes], job: Job) -> list[tuple[int, int]]:
    """Where our blocks begin and end; raises UsageError("open-block") for a mark without its other one."""
    begin, end = (mark.encode() for mark in _marks(job))
    found = []
    start = -1
    for place, line in enumerate(lines):
        text = line.rstrip(b"\n")
        if text == begin and start < 0:
            start = place
        elif text == end and start >= 0:
            found.append((start, place + 1))
            start = -1
        elif text in (begin, end):
            raise UsageError("open-block", mark=text.decode("utf-8", "replace"), line=place + 1)
    if start >= 0:
        raise UsageError("open-block", mark=begin.decode("utf-8", "replace"), line=start + 1)
    return found


def _without(lines: list[bytes], places: list[tuple[int, int]]) -> list[bytes]:
    return [line for place, line in enumerate(lines) if not any(start <= place < end for start, end in places)]


def _lines() -> list[bytes]:
    """The crontab as it is, with its line ends; raises UsageError when it cannot be known."""
    answer = started([PROGRAM, "-l"])
    if answer.returncode and (answer.stdout or not any(said in answer.stderr.lower() for said in _NONE)):
        raise refused(PROGRAM, answer)  # writing a new one would wipe out what could not be read
    return [line + b"\n" for line in answer.stdout.split(b"\n")[:-1]] + _last(answer.stdout)


def _last(text: bytes) -> list[bytes]:
    """A last line that has no end."""
    return [last] if (last := text.rpartition(b"\n")[2]) else []


def _write(text: bytes) -> None:
    answer = started([PROGRAM, "-"], content=text)
    if answer.returncode:
        raise refused(PROGRAM, answer)
