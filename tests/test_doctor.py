"""A look over the installation: each finding appears when its fact is there, and goes when it is not."""

import io
import os
import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, get_args
from zoneinfo import ZoneInfo

import pytest

from watcher import doctor
from watcher.doctor import (
    AREAS,
    FAULTS,
    Area,
    DatabaseFact,
    Finding,
    MailFact,
    ProfileFact,
    RuleFact,
    SeedFact,
)
from watcher.health import Health, judge_all
from watcher.outbox import Answer
from watcher.post import Posted
from watcher.render.doctor import checkup, checkup_json, finding_said
from watcher.render.findings import AREA_NAMES, FAULT_NAMES, FINDINGS
from watcher.render.terminal import console
from watcher.sources import Source, SourceState, Trouble, after_trouble

GOLDEN = Path(__file__).parent / "golden"
PARIS = ZoneInfo("Europe/Paris")
NOW = datetime(2026, 11, 22, 13, 5, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
SENT = Answer(recipient="", state="sent")


def ill(found: Iterable[Finding]) -> dict[str, str]:
    return {f.reason: f.severity for f in found if f.severity != "ok"}


def fault_said(reason: str, file: str, detail: str) -> str:
    return f"{file} : {reason} ({detail})"


# ---- settings and profiles


def test_settings() -> None:
    assert ill(doctor.on_settings(())) == {}
    assert ill(doctor.on_settings(("feeds.yaml:3: ...",))) == {"mistake": "problem"}
    assert ill(doctor.on_settings((), contact=False)) == {"no-contact": "notice"}
    assert ill(doctor.on_settings((), secrets="secrets.yaml : ...")) == {"secrets": "problem"}


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({}, {}),
        ({"fault": "unreadable-file"}, {"seed-fault": "problem"}),
        ({"words": 0}, {"seed-empty": "notice"}),
        ({"language": "de"}, {"seed-language": "notice"}),
        ({"words": 99}, {"seed-short": "notice"}),
    ],
)
def test_seeds(changes: dict[str, Any], found: dict[str, str]) -> None:
    good = SeedFact(profile="ferro", name="a.md", language="fr", words=100)
    assert ill(doctor.on_seeds(1, [replace(good, **changes)])) == found


def test_no_profile_at_all() -> None:
    assert ill(doctor.on_seeds(0, [])) == {"no-profiles": "problem"}
    assert ill(doctor.on_seeds(1, [])) == {}


@pytest.mark.parametrize(
    ("shown", "read", "found"),
    [
        (0, 49, {}), (0, 50, {"shows-nothing": "notice"}), (1, 50, {}), (25, 50, {}), (26, 50, {"shows-all": "notice"}),
    ],
)  # fmt: skip
def test_profiles_that_show_nothing_or_nearly_all(shown: int, read: int, found: dict[str, str]) -> None:
    assert ill(doctor.on_profiles([ProfileFact(name="ferro", shown=shown, read=read)], [])) == found


@pytest.mark.parametrize("rule", ["always", "never", "must"])
def test_rules_that_meet_nothing(rule: str) -> None:
    fact = RuleFact(rule=rule, word="webinaire", profile="", met=0, read=50)
    hides = {"must-unmet": "problem"} if rule == "must" else {"rule-unmet": "notice"}
    assert ill(doctor.on_profiles([], [fact])) == hides
    assert ill(doctor.on_profiles([], [replace(fact, met=1)])) == {}
    assert ill(doctor.on_profiles([], [replace(fact, read=49)])) == {}


# ---- sources


def fares(*kinds: str, since: timedelta = DAY) -> list[tuple[Health, ...]]:
    """How sources fare: "" well, "never", or a kind of trouble that began some time ago."""
    found = []
    for number, kind in enumerate(kinds):
        source = Source(id=f"s{number}", name=f"Source {number}", url=f"https://s{number}.example/rss")
        state = SourceState(source=source.id)
        if kind != "never":
            state = replace(state, checked=NOW, ok=NOW, first=NOW - 100 * DAY, newest=NOW - DAY)
        if kind not in ("", "never", "silent"):
            state = after_trouble(state, Trouble(kind=kind, status=404), NOW - since)  # type: ignore[arg-type]
        if kind == "silent":
            state = replace(state, newest=NOW - 90 * DAY, usual_gap=3 * DAY)
        found.append(judge_all(source, state, NOW))
    return found


@pytest.mark.parametrize(
    ("kind", "severity"),
    [
        ("", None),
        ("http", "problem"),
        ("gone", "problem"),
        ("blocked", "problem"),
        ("timeout", "notice"),
        ("silent", "notice"),
    ],
)
def test_sources(kind: str, severity: str | None) -> None:
    found = ill(doctor.on_sources(fares("", kind), NOW, polled=True))
    assert found == ({"source": severity} if severity else {})


def test_sources_never_asked_count_after_the_first_run() -> None:
    assert ill(doctor.on_sources(fares("", "never"), NOW, polled=False)) == {}
    assert ill(doctor.on_sources(fares("", "never"), NOW, polled=True)) == {"source": "notice"}


def test_all_sources_fail() -> None:
    both = {"source": "notice", "all-fail": "problem"}
    assert ill(doctor.on_sources(fares("timeout", "timeout"), NOW, polled=True)) == both
    assert "all-fail" not in ill(doctor.on_sources(fares("timeout", ""), NOW, polled=True))
    assert "all-fail" not in ill(doctor.on_sources(fares("timeout", since=23 * HOUR), NOW, polled=True))
    assert ill(doctor.on_sources([], NOW, polled=True)) == {}


# ---- mail


def letter(**changes: Any) -> Posted:
    facts: dict[str, Any] = {
        "list": "hebdo",
        "period": "2026-W47",
        "recipient": "anne@chu.example",
        "subject": "Veille",
    }
    facts |= {"id": 12, "made": NOW, "since": NOW, "changed": NOW, "message_id": "<a>"}
    return Posted(**(facts | changes))


def test_the_way_out() -> None:
    assert ill(doctor.on_mail(NOW, MailFact(answer=SENT), [], lists=1)) == {}
    refused = Answer(recipient="", state="later", reason="auth-refused", code=535, text="no")
    assert ill(doctor.on_mail(NOW, MailFact(answer=refused), [], lists=1)) == {"mail": "problem"}
    assert ill(doctor.on_mail(NOW, None, [], lists=1, configured=False)) == {"no-way-out": "problem"}
    assert ill(doctor.on_mail(NOW, None, [], lists=0, configured=False)) == {}


@pytest.mark.parametrize(("days", "found"), [(22, {}), (21, {"certificate": "notice"}), (0, {"certificate": "notice"})])
def test_a_certificate_that_ends(days: int, found: dict[str, str]) -> None:
    assert ill(doctor.on_mail(NOW, MailFact(answer=SENT, expires=NOW + days * DAY), [])) == found


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"state": "sent"}, {}),
        ({"state": "refused"}, {"letter-ill": "problem"}),
        ({"state": "given-up"}, {"letter-ill": "problem"}),
        ({"state": "refused", "changed": NOW - 30 * DAY}, {}),
        ({"state": "later", "reason": "tls"}, {"letter-ill": "problem"}),
        ({"state": "later", "reason": "timeout"}, {}),
        ({"state": "later", "made": NOW - 25 * HOUR}, {"letter-waits": "notice"}),
        ({"state": "dropped", "reason": "tls", "made": NOW - 25 * HOUR}, {}),
    ],
)
def test_letters(changes: dict[str, Any], found: dict[str, str]) -> None:
    assert ill(doctor.on_mail(NOW, None, [letter(**changes)])) == found


# ---- schedule, database, machine


def test_schedule() -> None:
    def found(*standings: str, ran: timedelta | None = HOUR) -> dict[str, str]:
        media: Any = dict(zip(("cron", "systemd", "launchd"), standings, strict=True))
        return ill(doctor.on_schedule(media, None if ran is None else NOW - ran, NOW))

    assert found("same", "absent", "absent") == {}
    assert found("absent", "absent", "absent") == {"no-schedule": "notice"}
    assert found("other", "absent", "absent") == {"schedule-other": "notice"}
    assert found("same", "same", "absent") == {"schedule-twice": "notice"}
    assert found("same", "absent", "absent", ran=None) == {"never-run": "notice"}
    assert found("same", "absent", "absent", ran=27 * HOUR) == {"late": "notice"}
    assert found("same", "absent", "absent", ran=4 * DAY) == {"late": "problem"}
    assert found("absent", "absent", "absent", ran=4 * DAY) == {"no-schedule": "notice", "late": "notice"}


GOOD = DatabaseFact(file="watcher.db", size=4096, schema=8, last_run=NOW, backup=NOW - DAY, free=10**10)


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({}, {}),
        ({"fault": "no-database"}, {"unusable": "notice"}),
        ({"fault": "corrupt"}, {"unusable": "problem"}),
        ({"damage": "row 3 missing"}, {"damaged": "problem"}),
        ({"open_to_others": True}, {"open-database": "notice"}),
        ({"locked": True}, {"locked": "notice"}),
        ({"backup": None}, {"no-backup": "notice"}),
        ({"backup": None, "last_run": None}, {}),
        ({"backup": NOW - 15 * DAY}, {"old-backup": "notice"}),
        ({"free": 499_999_999}, {"space": "notice"}),
        ({"free": 49_999_999}, {"space": "problem"}),
        ({"free": None}, {}),
    ],
)
def test_database(changes: dict[str, Any], found: dict[str, str]) -> None:
    assert ill(doctor.on_database(replace(GOOD, **changes), NOW)) == found


def test_clock() -> None:
    assert ill(doctor.on_clock(NOW, NOW + 9 * HOUR / 60, NOW)) == {}
    assert ill(doctor.on_clock(NOW, None, None)) == {}
    assert ill(doctor.on_clock(datetime(1970, 1, 1, tzinfo=UTC), None, None)) == {"clock-unset": "problem"}
    assert ill(doctor.on_clock(NOW, NOW + HOUR, None)) == {"clock-slow": "problem"}
    assert ill(doctor.on_clock(NOW, NOW - HOUR, None)) == {"clock-fast": "problem"}
    assert ill(doctor.on_clock(NOW, NOW, NOW + 2 * HOUR)) == {"clock-back": "problem"}


def test_encodings() -> None:
    for good in ("utf-8", "UTF-8", "utf8", "UTF_8"):
        assert ill(doctor.on_machine({"screen": good, "files": good}, {})) == {}
    assert ill(doctor.on_machine({"screen": "ascii", "files": "utf-8"}, {})) == {"encoding-screen": "notice"}
    assert ill(doctor.on_machine({"files": "iso8859-1"}, {})) == {"encoding-files": "notice"}


@pytest.mark.parametrize("name", FAULTS)
def test_versions(name: str) -> None:
    first = FAULTS[name][0]
    before = (*first[:-1], first[-1] - 1)
    severity = "problem" if name == "sqlite" else "notice"
    for version in (".".join(map(str, before)), f"{before[0]}.{before[1]}rc1" if len(before) == 2 else "1", "0.9"):
        assert ill(doctor.on_machine({}, {name: version})) == {"version": severity}
    for version in (".".join(map(str, first)), f"{'.'.join(map(str, first))}.post1", "99", ""):
        assert ill(doctor.on_machine({}, {name: version})) == {}


# ---- in words


def everything() -> list[Finding]:
    """Every finding there is, well or not."""
    files = ("unreadable-file", "no-seeds")
    seeds = [SeedFact(profile="ferro", name=f"seeds/ferro/{fault}", fault=fault, detail="refusé") for fault in files]
    documents = (("scan.pdf", "", 0), ("deutsch.md", "de", 900), ("court.txt", "fr", 12), ("bon.md", "fr", 900))
    seeds += [SeedFact(profile="ferro", name=n, language=lang, words=w) for n, lang, w in documents]
    profiles = [ProfileFact(name=n, shown=s, read=240) for n, s in (("muet", 0), ("bavard", 201), ("bon", 12))]
    rules = [RuleFact(rule=r, word="webinaire", profile="", met=m, read=900) for r in ("never", "must") for m in (0, 3)]
    known = judge_all(Source(id="inserm", name="Inserm", url="https://inserm.example/rss"), SILENT, NOW)
    letters = [letter(state="refused"), letter(id=13, state="later", made=NOW - 3 * DAY)]
    refused = Answer(recipient="", state="later", reason="auth-refused", code=535, text="5.7.8 bad credentials")
    found = [*doctor.on_settings(("feeds.yaml:3: sourcess",), contact=False, secrets="secrets.yaml : ouvert")]
    found += [*doctor.on_seeds(0, seeds), *doctor.on_profiles(profiles, rules)]
    several = fares("dns", *["http"] * 9, "gone", "timeout", "", "never")
    found += [
        *doctor.on_sources([*several, known], NOW, polled=True),
        *doctor.on_sources(fares("timeout"), NOW, polled=True),
    ]
    found += doctor.on_mail(NOW, MailFact(answer=refused, expires=NOW + 5 * DAY), letters, lists=2, configured=False)
    for standings in ({}, {"cron": "other"}, {"cron": "same", "systemd": "same"}):
        found += doctor.on_schedule(standings, NOW - 9 * DAY, NOW)  # type: ignore[arg-type]
    found += doctor.on_schedule({"cron": "same"}, None, NOW)
    for changes in ({"damage": "row 3 missing", "locked": True, "open_to_others": True, "free": 1_000_000},
                    {"backup": None}, {"backup": NOW - 40 * DAY}, {"fault": "no-database"}, {}):  # fmt: skip
        found += doctor.on_database(replace(GOOD, **changes), NOW)
    for now, theirs, ran in ((datetime(1970, 1, 1, tzinfo=UTC), None, None), (NOW, NOW + HOUR, None),
                             (NOW, NOW - 70 * DAY, None), (NOW, None, NOW + 9 * DAY)):  # fmt: skip
        found += doctor.on_clock(now, theirs, ran)
    found += doctor.on_machine({"screen": "ascii", "files": "latin-1"}, dict.fromkeys(FAULTS, "1"))
    return found


SILENT = SourceState(
    source="inserm", checked=NOW, ok=NOW, first=NOW - 900 * DAY, newest=NOW - 90 * DAY, usual_gap=3 * DAY
)


def printed(found: list[Finding], language: str, width: int, unseen: tuple[Area | str, ...] = ()) -> str:
    screen = console(width=width, colour=False)
    screen.file = io.StringIO()
    screen.print(checkup(found, language, PARIS, unseen=unseen, fault=fault_said))
    return re.sub(r" +$", "", screen.file.getvalue(), flags=re.MULTILINE)


def some() -> list[Finding]:
    """What a librarian may see one morning."""
    found = [*doctor.on_settings(()), *doctor.on_seeds(1, [])]
    found += doctor.on_sources(fares(*["http"] * 8, "gone", "timeout", "silent", ""), NOW, polled=True)
    talk = MailFact(answer=SENT, expires=NOW + 12 * DAY)
    found += [*doctor.on_mail(NOW, talk, [letter(state="refused")]), *doctor.on_schedule({"cron": "same"}, NOW, NOW)]
    return [*found, *doctor.on_database(replace(GOOD, backup=NOW - 40 * DAY), NOW), *doctor.on_clock(NOW, NOW, NOW)]


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("form", ["some", "everything", "well"])
def test_golden(language: str, form: str) -> None:
    found = everything() if form == "everything" else some()
    found = [f for f in found if f.severity == "ok"] if form == "well" else found
    text = printed(found, language, 80, ("clock",) if form == "some" else ())
    file = GOLDEN / f"doctor-{form}-{language}.txt"
    if os.environ.get("WATCHER_GOLDEN") == "write":
        file.write_text(text, encoding="utf-8")
    assert text == file.read_text(encoding="utf-8")


@pytest.mark.parametrize("language", ["fr", "en"])
def test_whatever_is_ill_is_said(language: str) -> None:
    found = everything()
    for finding in found:
        said = finding_said(finding, language, PARIS, fault_said)
        assert bool(said) or finding.severity == "ok", finding
        assert "{" not in said
    assert {f.area for f in found} == set(AREAS) == set(get_args(Area)) == set(AREA_NAMES) - {"clock"}
    assert {f.facts["fault"] for f in found if f.reason == "version"} == set(FAULT_NAMES)
    spoken = {f.reason for f in found} | {
        "unseen",
        "rest",
        "all",
        "problems",
        "notices",
        "healthy",
        "never",
        "several",
        "others",
    }
    assert set(FINDINGS) <= spoken


def test_whatever_is_ill_stands_on_the_screen_and_nothing_else() -> None:
    found = everything()
    text = re.sub(r"\s+", " ", printed(found, "fr", 4000))
    for finding in found:
        if finding.health is None and finding.severity != "ok":
            assert re.sub(r"\s+", " ", finding_said(finding, "fr", PARIS, fault_said)) in text
    assert max(map(len, printed(found, "fr", 40).splitlines())) <= 40
    assert text.count("Source 9") == 0  # the last of many of which the same is to be done
    assert "rien à faire" in printed([], "fr", 80)


def test_json() -> None:
    document = checkup_json(everything(), "fr", PARIS, unseen=["mail"], fault=fault_said)
    assert document["unseen"] == ["mail"]
    assert sum(document["counts"].values()) == len(document["findings"])
    assert {"area", "reason", "severity", "facts", "said"} == set(document["findings"][0])
    (silent,) = (f["facts"] for f in document["findings"] if f["facts"].get("source") == "inserm")
    assert silent["word"] == "silent"
    assert [f["facts"]["code"] for f in document["findings"] if "why" in f["facts"]] == [535]
    late = next(f for f in document["findings"] if f["reason"] == "late")
    assert late["facts"]["moment"] == (NOW - 9 * DAY).isoformat()
