"""How the watch stands, on one screen and for programs."""

from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime, timedelta, tzinfo
from typing import Any

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from watcher.render.faring import counts_said
from watcher.render.json import time
from watcher.render.sheet import DOT
from watcher.render.terminal import Prose
from watcher.render.words import STANDING, counted, date_said, number, say, spaced
from watcher.run.status import NextDigest, Status
from watcher.store import RunSummary

NARROW = 70  # cells of a screen, below which a label has a line of its own


def status_table(status: Status, language: str, zone: tzinfo, *, width: int) -> RenderableType:
    """Labels on the left, facts on the right; on a narrow screen under one another."""
    rows = list(_rows(status, language, zone))
    grid = Table.grid(padding=(0, 2, 0, 0))
    if width < NARROW:
        for label, lines in rows:
            grid.add_row(Text(label))
            for line in lines:
                grid.add_row(_indented(line))
        return grid
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for label, lines in rows:
        for place, line in enumerate(lines):
            grid.add_row(Text("" if place else label), Prose(line))
    return grid


def _indented(line: str) -> Table:
    row = Table.grid()
    row.add_column(width=2)
    row.add_column(overflow="fold")
    row.add_row("", Prose(line))
    return row


def _rows(status: Status, language: str, zone: tzinfo) -> Iterator[tuple[str, list[str]]]:
    def label(key: str) -> str:
        return _said(language, key)

    size = size_said(language, status.size) if status.size else _said(language, "no-database")
    yield label("database"), [f"{status.database} ({size})"]
    yield label("now"), [_now(status, language, zone)]
    if status.busy:
        return
    ended = [run for run in status.runs if run.outcome]
    runs = [run_said(run, language, zone, status.now) for run in ended]
    yield label("runs"), runs or [_said(language, "no-run")]
    yield label("next"), [_sources(status, language, zone), *(_digest(d, language, zone) for d in status.digests)]
    yield label("mail"), [_mail(status, language)]
    yield label("health"), [counts_said(status.fares, language)]


def _now(status: Status, language: str, zone: tzinfo) -> str:
    if status.busy:
        return _said(language, "busy")
    if not status.working:
        return _said(language, "resting")
    run = status.at_work
    if run is None:
        return _said(language, "working")
    return _said(language, "working-since", command=run.command, moment=when(language, run.started, zone, status.now))


def run_said(run: RunSummary, language: str, zone: tzinfo, now: datetime) -> str:
    """One line for a run that ended: when, which, how long, what came, how it ended when it did not end well."""
    parts = [f"{when(language, run.started, zone, now)}, {run.command}"]
    if run.outcome != "interrupted":
        parts.append(span_said(language, run.seconds))
    if run.reason in STANDING:
        parts.append(_said(language, run.reason))
    elif run.outcome != "done":
        parts.append(_said(language, run.outcome) + (f" [{run.reason}]" if run.reason else ""))
    if run.asked:
        asked = say(language, "asked", run.asked)
        failed = f", {_said(language, 'of-failed', run.failed)}" if run.failed else ""
        parts += [asked + failed, say(language, "new", run.new)]
    elif run.command != "send" and run.outcome == "done":
        parts.append(_said(language, "none-due"))
    if run.sent:
        parts.append(_said(language, "sent", run.sent))
    return DOT.join(parts)


def _sources(status: Status, language: str, zone: tzinfo) -> str:
    parts = [_said(language, "due", status.due)]
    if status.next_due:
        parts.append(_said(language, "next-source", moment=when(language, status.next_due, zone, status.now)))
    return DOT.join(parts)


def _digest(coming: NextDigest, language: str, zone: tzinfo) -> str:
    if not coming.begun:
        said = _said(language, "list-begins")
    elif coming.at is None:
        said = _said(language, "list-now", period=coming.period)
    else:
        day = date_said(language, coming.at, zone, day=True)
        said = _said(language, "list-at", day=day, period=coming.period)
    return say(language, "pair", name=coming.list, value=said)


def _mail(status: Status, language: str) -> str:
    parts = [
        _said(language, key, count)
        for key, count in (
            ("letters-due", status.letters_due),
            ("letters-waiting", status.letters_waiting),
            ("letters-failed", status.letters_failed),
        )
        if count
    ]
    return DOT.join(parts) or _said(language, "no-letters")


def _said(language: str, key: str, n: int | None = None, **facts: str) -> str:
    text = STANDING[key][language == "en"] if n is None else counted(language, STANDING[key], n)
    return spaced(language, text).format(**facts)


def when(language: str, moment: datetime, zone: tzinfo, now: datetime) -> str:
    """`aujourd’hui 07:00`, `hier 07:00`, `demain 07:00`, `20 novembre 2026, 07:00`."""
    local = moment.astimezone(zone)
    days = (local.date() - now.astimezone(zone).date()).days
    key = {-1: "yesterday", 0: "today", 1: "tomorrow"}.get(days)
    if key:
        return f"{_said(language, key)} {local:%H:%M}"
    return f"{date_said(language, moment, zone, year=abs(days) > 180)} {local:%H:%M}"


def span_said(language: str, seconds: float) -> str:
    """`0,4 s`, `12 s`, `3 min 12 s`, `1 h 05 min`."""
    if seconds < 9.95:
        return f"{number(language, seconds, 1)} s"
    whole = timedelta(seconds=round(seconds))
    minutes, rest = divmod(int(whole.total_seconds()), 60)
    if minutes >= 60:
        return f"{minutes // 60} h {minutes % 60:02d} min"
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"


def size_said(language: str, size: int) -> str:
    """`812 ko`, `12,3 Mo`, `1,2 Go`; thousands and not 1024s, as file managers say it."""
    power = 1 if size < 999_500 else 2 if size < 999_950_000 else 3
    unit = ("kB", "MB", "GB")[power - 1] if language == "en" else ("ko", "Mo", "Go")[power - 1]
    return f"{number(language, size / 1000**power, 0 if power == 1 else 1)} {unit}"


def status_json(status: Status) -> dict[str, Any]:
    """All of it; a run at work has the outcome "working"."""
    return {
        "now": time(status.now),
        "database": str(status.database),
        "size": status.size,
        "busy": status.busy,
        "working": status.working,
        "working_since": time(status.at_work.started) if status.at_work else None,
        "runs": [_run_json(run) for run in status.runs],
        "sources": {"due": status.due, "next": time(status.next_due)},
        "digests": [{"list": d.list, "period": d.period, "at": time(d.at), "begun": d.begun} for d in status.digests],
        "letters": {"due": status.letters_due, "waiting": status.letters_waiting, "failed": status.letters_failed},
        "health": health_counts(status),
    }


def health_counts(status: Status) -> dict[str, int]:
    """How many sources there are of each word, by the most serious thing to know of each."""
    counts: dict[str, int] = {}
    for found in status.fares:
        counts[found[0].word] = counts.get(found[0].word, 0) + 1
    return counts


def _run_json(run: RunSummary) -> dict[str, Any]:
    facts = asdict(run) | {"started": time(run.started), "finished": time(run.finished)}
    if not run.outcome or run.outcome == "interrupted":
        facts["finished"] = None
    return facts | {"outcome": run.outcome or "working", "seconds": round(run.seconds, 3)}
