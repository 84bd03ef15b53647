"""The command that has watcher run by itself."""

import os
import re
import shutil
import sys
from collections.abc import Mapping
from datetime import datetime, time
from getpass import getuser
from pathlib import Path
from typing import get_args
from urllib.parse import urlsplit

import click

from watcher import schedule
from watcher.cli.choices import Choices, json_option, now, with_choices
from watcher.cli.words import SCHEDULE, example, t
from watcher.errors import UsageError
from watcher.render.json import dumped
from watcher.schedule import Job, Medium, systemd

PLACES = "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin"  # cron has two of them, launchd four
# Variables without which a machine behind a proxy, or with an authority of its own, reaches nothing.
CARRIED = ("https_proxy", "http_proxy", "no_proxy", "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY", "REQUESTS_CA_BUNDLE",
           "SSL_CERT_FILE", "WATCHER_LANG")  # fmt: skip
SECRETS = ("WATCHER_MAIL_PASSWORD", "WATCHER_PUSH_ADDRESS", "WATCHER_SECRET_", "WATCHER_KEY_")
_HOUR = re.compile(r"([01]?[0-9]|2[0-3])[:h]([0-5][0-9])")


@click.command(
    "schedule",
    help=t(
        "Montre ce qui fait passer watcher tout seul, par cron, systemd ou launchd ; l’écrit ou le retire.",
        "Show what makes watcher run by itself, by cron, systemd or launchd; write it or take it out.",
    ),
    epilog=example("watcher schedule cron", "watcher schedule cron --install", "watcher schedule systemd --at 07:00"),
)
@click.argument("medium", type=click.Choice(get_args(Medium)), required=False)
@click.option(
    "--install", is_flag=True, help=t("L’écrire, à la place du précédent.", "Write it, in place of the last.")
)
@click.option("--remove", is_flag=True, help=t("Le retirer, et rien d’autre.", "Take it out, and nothing else."))
@click.option(
    "--at",
    metavar="HH:MM",
    help=t(
        "Une fois par jour à partir de cette heure ; sinon toutes les heures.",
        "Once a day from this hour on; otherwise every hour.",
    ),
)
@json_option
@with_choices
def schedule_command(
    choices: Choices, medium: Medium | None, *, install: bool, remove: bool, at: str | None, as_json: bool
) -> None:
    if install and remove:
        raise click.UsageError(t("--install ou --remove, pas les deux", "--install or --remove, not both"))
    medium = medium or usual_medium()
    job = job_to_remove(choices) if remove else job_of(choices, hour_of(at) if at else None)
    files = () if remove else schedule.entry(medium, job)
    notes = [] if remove else notes_of(choices, medium, job, os.environ)
    if not as_json:
        for file in files:
            click.echo(f"# {file.path or 'crontab'}\n{file.content}")
    outcome, running = "shown", None
    if remove:
        outcome = "taken-out" if schedule.remove(medium, job) else "not-there"
    elif install:
        outcome, running = "written", schedule.install(medium, job)
    if as_json:
        parts = [{"path": file.path and str(file.path), "content": file.content} for file in files]
        facts = {"medium": medium, "name": job.name, "hour": job.hour, "minute": job.minute, "files": parts}
        click.echo(dumped(facts | {"outcome": outcome, "running": running, "notes": notes}))
        return
    for line in () if remove else (_when(job, medium), *notes):
        click.echo(line, err=True)
    click.echo(_said(outcome, medium=medium, file=job.settings), err=True)
    if running is False:
        click.echo(_said("asleep", medium=medium), err=True)


def usual_medium() -> Medium:
    """What this machine has."""
    if sys.platform == "darwin":
        return "launchd"
    return "cron" if shutil.which("crontab") or not shutil.which("systemctl") else "systemd"


def hour_of(text: str) -> time:
    """`07:30`, `7h30` as a time of day; raises UsageError."""
    found = _HOUR.fullmatch(text.strip())
    if not found:
        raise UsageError("bad-hour", value=text)
    return time(int(found[1]), int(found[2]))


def job_of(choices: Choices, at: time | None = None) -> Job:
    """What is to be run for these settings; raises UsageError("odd-path") for names that no entry can hold."""
    settings = choices.settings
    file = choices.settings_file.absolute()
    command = [*program(), "--config", str(file)]
    if choices.database:
        command += ["--database", str(choices.database.absolute())]
    if odd := next((word for word in command if not schedule.is_writable_name(word)), None):
        raise UsageError("odd-path", path=odd)
    return Job(
        settings=file,
        command=(*command, "run", "--unattended"),
        environment=(*_speech(), ("PATH", PLACES), *carried(os.environ)),
        at=at,
        zone=settings.timezone,
        home=_home(),
        setuid=bool(settings.mail and settings.mail.sendmail),
    )


def job_to_remove(choices: Choices) -> Job:
    """Enough to find the entry of these settings, which need not be readable any more, nor be there."""
    return Job(settings=choices.settings_file.absolute(), command=(), home=_home())


def _home() -> Path:
    return Path(os.path.expanduser("~"))  # noqa: PTH111 - a user without a home has none, and no error


def program() -> tuple[str, ...]:
    """This program, as it can be started from anywhere."""
    typed = Path(sys.argv[0])
    if typed.is_file() and typed.suffix != ".py" and os.access(typed, os.X_OK):
        return (str(typed.absolute()),)
    beside = Path(sys.executable).with_name("watcher")
    return (str(beside),) if os.access(beside, os.X_OK) else (sys.executable, "-m", "watcher")


def _speech() -> tuple[tuple[str, str], ...]:
    """UTF-8 for this program, and for those that it starts."""
    locale = "en_US.UTF-8" if sys.platform == "darwin" else "C.UTF-8"
    return (("LANG", locale), ("LC_ALL", locale), ("PYTHONUTF8", "1"))


def carried(environment: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """The variables that go into the entry, without those that hold a password: others can read an entry."""
    said = ((name, environment.get(name, "")) for name in CARRIED)
    return tuple((n, v) for n, v in said if v and schedule.is_writable_name(v) and not _holds_password(v))


def _holds_password(value: str) -> bool:
    try:
        return "@" in urlsplit(value).netloc or ("@" in value and "//" not in value)
    except ValueError:
        return True


def notes_of(choices: Choices, medium: Medium, job: Job, environment: Mapping[str, str]) -> list[str]:
    """What a person should know of an entry before it is written."""
    settings, written = choices.settings, dict(job.environment)
    notes = [_said("secret-left", name=name) for name in sorted(environment) if name.startswith(SECRETS)]
    notes += [_said("login-left", name=name) for name in CARRIED if environment.get(name) and name not in written]
    here = datetime.now().astimezone().utcoffset()
    if job.at and medium != "systemd" and here != now().astimezone(choices.zone).utcoffset():
        notes.append(_said("machine-hour", zone=job.zone))
    if medium == "systemd" and not _lingers():
        notes.append(_said("linger"))
    if not any(one.to for one in settings.digests):
        notes.append(_said("no-digests"))
    elif settings.mail is None:
        notes.append(_said("no-mail"))
    return [f"! {note}" for note in notes]


def _lingers() -> bool:
    try:
        return systemd.lingers(getuser())
    except (KeyError, OSError):  # a user without a name
        return False


def _when(job: Job, medium: Medium) -> str:
    if job.hour is None:
        return _said("hourly", minute=job.minute)
    return _said("daily", moment=f"{job.hour:02}:{job.minute:02}" + (f" ({job.zone})" if medium == "systemd" else ""))


def _said(key: str, **facts: object) -> str:
    return t(*SCHEDULE[key]).format(**facts)
