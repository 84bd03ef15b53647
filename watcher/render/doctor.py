"""What the doctor found, in words: what is not well in detail, the rest in one line."""

from collections.abc import Callable, Sequence
from datetime import datetime, tzinfo
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from watcher.doctor import AREAS, Finding, Severity
from watcher.health import NOTICED, TROUBLED
from watcher.render.findings import AREA_NAMES, FAULT_NAMES, FINDINGS
from watcher.render.json import time
from watcher.render.sheet import DOT
from watcher.render.terminal import Prose
from watcher.render.words import (
    REASONS,
    TO_DO,
    advice_said,
    counted,
    moment_said,
    notice_said,
    number,
    say,
    spaced,
    trouble_said,
)

MARKS: dict[Severity, tuple[str, str]] = {"problem": ("!", "bold red"), "notice": ("?", "cyan")}
NAMED = 5  # sources of which the same is to be said
FaultSaid = Callable[[str, str, str], str]  # reason, file, detail -> the words of an error


def checkup(found: Sequence[Finding], language: str, zone: tzinfo, *, unseen: Sequence[str], fault: FaultSaid) -> Group:
    """A screen: the areas in which something is not well, worst first; then what was not looked at, and the rest.

    `fault` gives the words of an error, which are the command line's.
    """
    parts: list[RenderableType] = []
    well = []
    for area in AREAS:
        ill = sorted((f for f in found if f.area == area and f.severity != "ok"), key=lambda f: f.severity == "notice")
        if ill:
            lines = _lines(ill, language, zone, fault)
            parts += [Text(_area(area, language), style="bold"), _rows(lines), ""]
        elif any(f.area == area for f in found):
            well.append(_area(area, language).lower())
    if unseen:
        names = ", ".join(_area(area, language).lower() for area in unseen)
        parts.append(Prose(_said("unseen", language, names=names), style="dim"))
    if well:
        key = "rest" if parts else "all"
        parts.append(Prose(_said(key, language, names=", ".join(well)), style="green"))
    parts.append(Prose(_counts(found, language), style="bold"))
    return Group(*parts)


def _area(area: str, language: str) -> str:
    return AREA_NAMES[area][language == "en"]


def _lines(found: Sequence[Finding], language: str, zone: tzinfo, fault: FaultSaid) -> list[tuple[Severity, str]]:
    """A line for each finding; one for all sources about which the same is to be done."""
    lines: list[tuple[Severity, str]] = []
    alike: dict[tuple[Severity, str], list[Finding]] = {}
    for finding in found:
        health = finding.health
        if health is None:
            lines.append((finding.severity, finding_said(finding, language, zone, fault)))
        else:
            to_do: str = "silent" if health.word == "silent" else health.advice
            alike.setdefault((finding.severity, to_do), []).append(finding)
    for (severity, to_do), several in alike.items():
        one = len(several) == 1
        said = _source_said(several[0], language, zone) if one else _several_said(several, to_do, language)
        lines.append((severity, said))
    return sorted(lines, key=lambda line: line[0] == "notice")


def _several_said(several: Sequence[Finding], to_do: str, language: str) -> str:
    names = [finding.health.source.label for finding in several if finding.health]
    shown = DOT.join(names[:NAMED])
    if rest := len(names) - NAMED if len(names) > NAMED + 1 else 0:
        shown = f"{shown} {counted(language, FINDINGS['others'], rest)}"
    else:
        shown = DOT.join(names)
    said = spaced(language, TO_DO[to_do][language == "en"])
    return f"{said} — {_said('several', language, n=number(language, len(names)), names=shown)}"


def _rows(lines: Sequence[tuple[Severity, str]]) -> Table:
    grid = Table.grid(padding=(0, 1))
    grid.add_column(width=2, justify="right", no_wrap=True)
    grid.add_column(ratio=1, overflow="fold")
    for severity, said in lines:
        mark, style = MARKS[severity]
        grid.add_row(Text(mark, style=style), Prose(said))
    return grid


def _counts(found: Sequence[Finding], language: str) -> str:
    counts = [(key, sum(f.severity == severity for f in found)) for key, severity in
              (("problems", "problem"), ("notices", "notice"))]  # fmt: skip
    said = [counted(language, FINDINGS[key], n) for key, n in counts if n]
    return ", ".join(said) or _said("healthy", language)


def finding_said(finding: Finding, language: str, zone: tzinfo, fault: FaultSaid) -> str:
    """What was found and what to do about it, in one phrase; "" for what is well."""
    if finding.health:
        return _source_said(finding, language, zone)
    if finding.answer:
        reason = REASONS[finding.answer.reason][language == "en"]
        own = " ".join(filter(None, (str(finding.answer.code or ""), finding.answer.text)))
        said = f"{reason} [{own}]" if reason and own else reason or own
        return spaced(language, said) if finding.severity != "ok" else ""
    if finding.reason in ("unusable", "seed-fault"):
        return fault(*(str(finding.facts[name]) for name in ("fault", "name", "detail")))
    if finding.reason not in FINDINGS:
        return ""
    facts: dict[str, object] = {}
    for name, value in finding.facts.items():
        facts[name] = moment_said(language, value, zone) if isinstance(value, datetime) else value
    facts |= {"fault": FAULT_NAMES.get(str(facts.get("fault")), ("", ""))[language == "en"]}
    if "free" in facts:
        facts["free"] = number(language, int(str(facts["free"])) // 1_000_000)
    n = facts.pop("n", None)
    saying = FINDINGS[finding.reason]
    text = saying[language == "en"] if n is None else counted(language, saying, int(str(n)))
    return spaced(language, text).format(**facts)


def _source_said(finding: Finding, language: str, zone: tzinfo) -> str:
    health = finding.health
    assert health is not None  # noqa: S101 - asked for by one who looked
    said = say(language, "pair", name=health.source.label, value="")
    if health.word in NOTICED:
        said += notice_said(language, health, zone)
    elif health.word in TROUBLED and health.state.trouble:
        said += trouble_said(language, health.state.trouble)
        if health.since:
            said += ", " + say(language, "since", date=moment_said(language, health.since, zone).split(",")[0])
    elif health.word == "never":
        said += _said("never", language)
    else:
        return ""
    advice = advice_said(language, health)
    return f"{said} — {advice}" if advice else said


def _said(key: str, language: str, **facts: object) -> str:
    return spaced(language, FINDINGS[key][language == "en"]).format(**facts)


def checkup_json(
    found: Sequence[Finding], language: str, zone: tzinfo, *, unseen: Sequence[str], fault: FaultSaid
) -> dict[str, Any]:
    """All findings, also of what is well."""
    rows = [_finding_json(f) | {"said": finding_said(f, language, zone, fault)} for f in found]
    counts = {severity: sum(f.severity == severity for f in found) for severity in ("problem", "notice", "ok")}
    return {"counts": counts, "unseen": list(unseen), "findings": rows}


def _finding_json(finding: Finding) -> dict[str, Any]:
    facts = {name: time(value) if isinstance(value, datetime) else value for name, value in finding.facts.items()}
    if finding.health:
        facts |= {"source": finding.health.source.id, "word": finding.health.word, "advice": finding.health.advice}
    if finding.answer:
        facts |= {"why": finding.answer.reason, "code": finding.answer.code, "text": finding.answer.text}
    return {"area": finding.area, "reason": finding.reason, "severity": finding.severity, "facts": facts}
