"""Have the machine run watcher by itself: the entry of each medium, shown, written, taken out again."""

from types import ModuleType
from typing import Literal

from watcher.schedule import cron, launchd, systemd
from watcher.schedule.values import File, Job, Standing, is_writable_name

__all__ = ["MEDIA", "File", "Job", "Medium", "Standing", "entry", "install", "is_writable_name", "remove", "standing"]

Medium = Literal["cron", "systemd", "launchd"]
MEDIA: dict[Medium, ModuleType] = {"cron": cron, "systemd": systemd, "launchd": launchd}


def entry(medium: Medium, job: Job) -> tuple[File, ...]:
    """What is written for a job: lines of the crontab, or files."""
    files: tuple[File, ...] = MEDIA[medium].entry(job)
    return files


def standing(medium: Medium, job: Job) -> Standing:
    """Whether there is an entry for these settings, and whether it runs the same; "absent" without the medium."""
    found: Standing = MEDIA[medium].standing(job)
    return found


def install(medium: Medium, job: Job) -> bool:
    """Write the entry in the place of an earlier one of the same settings; whether the medium runs it from now on.

    Raises UsageError when the medium is not here or refuses.
    """
    running: bool = MEDIA[medium].install(job)
    return running


def remove(medium: Medium, job: Job) -> bool:
    """Take the entry out, and nothing else; whether there was one. Raises as `install` does."""
    was_there: bool = MEDIA[medium].remove(job)
    return was_there
