"""A look over the whole installation: facts in, findings out."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Literal

from watcher.health import AWAY, TROUBLED, Health
from watcher.outbox import Answer
from watcher.post import OPEN, Posted, is_ill
from watcher.schedule import Medium, Standing

Severity = Literal["ok", "notice", "problem"]
Area = Literal["settings", "profiles", "sources", "mail", "schedule", "database", "machine"]
AREAS: tuple[Area, ...] = ("settings", "profiles", "sources", "mail", "schedule", "database", "machine")

RELEASED = datetime(2026, 1, 1, tzinfo=UTC)  # a clock that says less was never set
ASTRAY = timedelta(minutes=10)  # a clock further off than this misjudges what is fresh, and certificates
AHEAD = timedelta(hours=1)  # a last run further ahead than this was dated by a wrong clock
LATE, LOST = timedelta(hours=26), timedelta(days=3)  # since the last run, where one is due every day at least
EXPIRING = timedelta(days=21)  # of a certificate; most are renewed thirty days before
WAITING = timedelta(days=1)  # a letter that is older and has not left
TOLD_FOR = timedelta(days=30)  # how long a letter that was refused is spoken of
BACKED_UP = timedelta(days=14)
TIGHT, LOW = 50_000_000, 500_000_000  # bytes free: a run may fail, a year may fill it
MANY = 50  # articles, from which a share tells something
NEARLY_ALL = 0.5  # of the articles, shown by one profile
SHORT = 100  # words of a seed document; of fewer little can be learnt
LANGUAGES = ("fr", "en")

# Versions with known faults, each with the first one that is free of it. Installing asks for these; a machine on which
# something else was installed later may have fallen behind.
FAULTS: Mapping[str, tuple[tuple[int, ...], str]] = {
    "python": ((3, 11, 10), "mail-headers"),  # a line end in a header is let through
    "sqlite": ((3, 37), "no-strict"),  # no STRICT tables: the database cannot be opened
    "urllib3": ((2, 7), "bombs"),  # a packed answer may fill the memory
    "requests": ((2, 32, 4), "netrc"),  # a password of ~/.netrc may go to another host
    "jinja2": ((3, 1, 6), "sandbox"),  # a template may leave its sandbox
    "filelock": ((3, 20, 3), "lock-link"),  # a link in place of the lock may empty another file
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was looked at: a reason and its facts; the words are chosen in `render`."""

    area: Area
    reason: str
    severity: Severity = "ok"
    facts: Mapping[str, object] = field(default_factory=dict)
    health: Health | None = None  # of reason "source"
    answer: Answer | None = None  # of reason "mail"


@dataclass(frozen=True, slots=True, kw_only=True)
class SeedFact:
    """One document, or one folder, from which a profile learns."""

    profile: str
    name: str
    fault: str = ""  # why it cannot be read: "unreadable", "no-seeds", ...
    detail: str = ""
    language: str = ""
    words: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileFact:
    """What a profile shows of the news of some weeks."""

    name: str
    shown: int
    read: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleFact:
    """How many of the latest articles say the words of a rule."""

    rule: str
    word: str
    profile: str
    met: int
    read: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MailFact:
    """What came of a talk with the mail server that sends nothing."""

    answer: Answer
    expires: datetime | None = None  # of its certificate


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseFact:
    """The database as a file."""

    file: str
    fault: str = ""  # why it cannot be used, as the errors of the store have it
    detail: str = ""
    damage: str = ""  # what SQLite found wrong inside; "" nothing
    size: int = 0
    open_to_others: bool = False
    schema: int = 0  # migrations applied
    locked: bool = False  # another run is at work
    last_run: datetime | None = None
    backup: datetime | None = None  # the newest copy
    free: int | None = None  # bytes left on its disk


# What the facts say, area by area


def on_settings(mistakes: Sequence[str], *, contact: bool = True, secrets: str = "") -> Iterator[Finding]:
    """Mistakes as they are said, and the passwords' file; `secrets` says what is wrong with it."""
    for said in mistakes:
        yield Finding(area="settings", reason="mistake", severity="problem", facts={"said": said})
    if not mistakes:
        yield Finding(area="settings", reason="settings")
    if secrets:
        yield Finding(area="settings", reason="secrets", severity="problem", facts={"said": secrets})
    if not contact:
        yield Finding(area="settings", reason="no-contact", severity="notice")


def on_seeds(profiles: int, seeds: Iterable[SeedFact]) -> Iterator[Finding]:
    """What the profiles learn from."""
    if not profiles:
        yield Finding(area="profiles", reason="no-profiles", severity="problem")
    for seed in seeds:
        facts: dict[str, object] = {"profile": seed.profile, "name": seed.name, "detail": seed.detail}
        if seed.fault:
            facts["fault"] = seed.fault
            yield Finding(area="profiles", reason="seed-fault", severity="problem", facts=facts)
        elif not seed.words:
            yield Finding(area="profiles", reason="seed-empty", severity="notice", facts=facts)
        elif seed.language not in LANGUAGES:
            facts["detail"] = seed.language
            yield Finding(area="profiles", reason="seed-language", severity="notice", facts=facts)
        elif seed.words < SHORT:
            yield Finding(area="profiles", reason="seed-short", severity="notice", facts=facts | {"n": seed.words})
        else:
            yield Finding(area="profiles", reason="seed", facts=facts)


def on_profiles(profiles: Iterable[ProfileFact], rules: Iterable[RuleFact]) -> Iterator[Finding]:
    """What the profiles show, and the rules that meet nothing."""
    for one in profiles:
        facts = {"profile": one.name, "shown": one.shown, "read": one.read}
        enough = one.read >= MANY
        if enough and not one.shown:
            yield Finding(area="profiles", reason="shows-nothing", severity="notice", facts=facts)
        elif enough and one.shown > NEARLY_ALL * one.read:
            yield Finding(area="profiles", reason="shows-all", severity="notice", facts=facts)
        else:
            yield Finding(area="profiles", reason="profile", facts=facts)
    for rule in rules:
        known = {"rule": rule.rule, "word": rule.word, "profile": rule.profile, "read": rule.read}
        if rule.read >= MANY and not rule.met:
            hides = rule.rule == "must"
            reason = "must-unmet" if hides else "rule-unmet"
            yield Finding(area="profiles", reason=reason, severity="problem" if hides else "notice", facts=known)
        else:
            yield Finding(area="profiles", reason="rule", facts=known)


def on_sources(fares: Iterable[Sequence[Health]], now: datetime, *, polled: bool) -> Iterator[Finding]:
    """How the sources fare; before the first run nobody was asked, and that is no finding."""
    found = tuple(fares)
    for health in (health for all_of_one in found for health in all_of_one):
        if health.word == "well" or (health.word == "never" and not polled):
            yield Finding(area="sources", reason="source", health=health)
        else:
            ill = health.word in TROUBLED and health.advice != "wait"
            yield Finding(area="sources", reason="source", severity="problem" if ill else "notice", health=health)
    lasting = [h[0].word in TROUBLED and h[0].since is not None and now - h[0].since >= AWAY for h in found]
    if lasting and all(lasting):
        yield Finding(area="sources", reason="all-fail", severity="problem", facts={"n": len(lasting)})


def on_mail(
    now: datetime, talk: MailFact | None, letters: Iterable[Posted], *, lists: int = 0, configured: bool = True
) -> Iterator[Finding]:
    """The way out, and the letters that have not taken it; `lists` counts the regular digests that go to somebody."""
    if lists and not configured:
        yield Finding(area="mail", reason="no-way-out", severity="problem", facts={"n": lists})
    if talk:
        good = talk.answer.state == "sent"
        yield Finding(area="mail", reason="mail", severity="ok" if good else "problem", answer=talk.answer)
    if talk and talk.expires:
        left = talk.expires - now
        severity: Severity = "ok" if left > EXPIRING else "notice"
        yield Finding(area="mail", reason="certificate", severity=severity, facts={"n": max(left.days, 0)})
    for letter in letters:
        facts = {"id": letter.id, "recipient": letter.recipient, "list": letter.list, "period": letter.period}
        if is_ill(letter) and now - letter.changed < TOLD_FOR:
            yield Finding(area="mail", reason="letter-ill", severity="problem", facts=facts)
        elif letter.state in OPEN and now - letter.made > WAITING:
            yield Finding(area="mail", reason="letter-waits", severity="notice", facts=facts)


def on_schedule(standings: Mapping[Medium, Standing], last_run: datetime | None, now: datetime) -> Iterator[Finding]:
    """Whether watcher runs by itself, and did."""
    there = [medium for medium, standing in standings.items() if standing != "absent"]
    facts: dict[str, object] = {"media": ", ".join(there)}
    if not there:
        yield Finding(area="schedule", reason="no-schedule", severity="notice")
    elif len(there) > 1:
        yield Finding(area="schedule", reason="schedule-twice", severity="notice", facts=facts)
    elif standings[there[0]] == "other":
        yield Finding(area="schedule", reason="schedule-other", severity="notice", facts=facts)
    else:
        yield Finding(area="schedule", reason="schedule", facts=facts)
    if last_run is None:
        yield Finding(area="schedule", reason="never-run", severity="notice")
    elif now - last_run > LATE:
        severity: Severity = "problem" if there and now - last_run > LOST else "notice"
        yield Finding(area="schedule", reason="late", severity=severity, facts={"moment": last_run})
    else:
        yield Finding(area="schedule", reason="ran", facts={"moment": last_run})


def on_database(fact: DatabaseFact, now: datetime) -> Iterator[Finding]:
    """The file that holds everything, and the disk under it."""
    facts: dict[str, object] = {"file": fact.file, "detail": fact.detail or fact.damage}
    if fact.fault:
        missing = fact.fault == "no-database"
        facts |= {"fault": fact.fault, "name": fact.file}
        yield Finding(area="database", reason="unusable", severity="notice" if missing else "problem", facts=facts)
    elif fact.damage:
        yield Finding(area="database", reason="damaged", severity="problem", facts=facts)
    else:
        yield Finding(area="database", reason="sound", facts=facts | {"size": fact.size, "schema": fact.schema})
    if fact.open_to_others:
        yield Finding(area="database", reason="open-database", severity="notice", facts=facts)
    if fact.locked:
        yield Finding(area="database", reason="locked", severity="notice", facts=facts)
    if not fact.fault and fact.last_run:
        if fact.backup is None:
            yield Finding(area="database", reason="no-backup", severity="notice")
        elif now - fact.backup > BACKED_UP:
            yield Finding(area="database", reason="old-backup", severity="notice", facts={"moment": fact.backup})
        else:
            yield Finding(area="database", reason="backup", facts={"moment": fact.backup})
    if fact.free is not None:
        severity: Severity = "problem" if fact.free < TIGHT else "notice" if fact.free < LOW else "ok"
        yield Finding(area="database", reason="space", severity=severity, facts={"free": fact.free})


def on_clock(now: datetime, theirs: datetime | None, last_run: datetime | None) -> Iterator[Finding]:
    """The clock, against the day of this release, a server's clock (when one was asked) and the last run."""
    if now < RELEASED:
        yield Finding(area="machine", reason="clock-unset", severity="problem", facts={"moment": now})
    elif theirs and abs(theirs - now) > ASTRAY:
        minutes = round(abs(theirs - now).total_seconds() / 60)
        reason = "clock-slow" if theirs > now else "clock-fast"
        yield Finding(area="machine", reason=reason, severity="problem", facts={"n": minutes})
    elif last_run and last_run - now > AHEAD:
        yield Finding(area="machine", reason="clock-back", severity="problem", facts={"moment": last_run})
    else:
        yield Finding(area="machine", reason="clock" if theirs else "clock-alone")


def on_machine(encodings: Mapping[str, str], versions: Mapping[str, str]) -> Iterator[Finding]:
    """How text is written, and the versions of what watcher is made of."""
    for name, encoding in encodings.items():
        plain = encoding.lower().replace("_", "-") in ("utf-8", "utf8")
        severity: Severity = "ok" if plain else "notice"
        facts = {"encoding": encoding}
        yield Finding(area="machine", reason=f"encoding-{name}", severity=severity, facts=facts)
    for name, version in versions.items():
        first, fault = FAULTS[name]
        wanted = ".".join(map(str, first))
        old = bool(version) and _numbers(version) < first
        severity = "problem" if old and name == "sqlite" else "notice" if old else "ok"
        facts = {"name": name, "version": version, "wanted": wanted, "fault": fault}
        yield Finding(area="machine", reason="version", severity=severity, facts=facts)


def _numbers(version: str) -> tuple[int, ...]:
    """The numbers that a version begins with: 2.7.0rc1 -> 2, 7."""
    numbers = []
    for part in version.split("."):
        if not part.isdecimal():
            break
        numbers.append(int(part))
    return tuple(numbers)
