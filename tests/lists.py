"""Lists of regular digests to be sent: a small world, a writer of plain letters, and a clock that tests set."""

import hashlib
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from zoneinfo import ZoneInfo

from watcher.articles import Article
from watcher.digest import Digest, DigestSetting
from watcher.identity import identify
from watcher.outbox import MailSettings, Outs
from watcher.profiles import Profile, ProfileSetting, learn
from watcher.run import take_in
from watcher.run.send import SendReport, World, Writer, send, stories_of
from watcher.seeds import Seed
from watcher.sources import Secret, Source
from watcher.store import Store

PARIS = ZoneInfo("Europe/Paris")
MONDAY = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)  # 7 o'clock in Paris
HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(weeks=1)
FIT = "La ferroptose des lysosomes"
HEBDO = DigestSetting(name="hebdo", profiles=("ferro",), to=("anne@chu.example",))


def profile(words: str = "ferroptose lysosomes", threshold: float = 50.0, name: str = "ferro") -> Profile:
    return learn(
        (Seed(name="a.md", title=words, text=f"{words}."),),
        ProfileSetting(name=name, seeds=Path(name), threshold=threshold),
    )


FERRO = profile()


def plain(digest: Digest, setting: DigestSetting, reader: str, language: str) -> EmailMessage:
    """A letter that names the articles of a digest, one a line."""
    message = EmailMessage(policy=SMTP)
    message["From"] = "veille@chu.example"
    message["To"] = reader
    message["Subject"] = f"{setting.name} {language} {digest.outcome}"
    message["Message-ID"] = f"<{digest.end:%Y%m%dT%H%M%S}.{setting.name}.{reader}>"
    message.set_content("".join(f"{n}\n" for n in told(digest)) or "nothing\n")
    return message


def told(digest: Digest) -> tuple[int, ...]:
    """The articles that a digest tells."""
    return tuple(n for section in digest.sections for line in section.lines for n in line.fresh)


def everything(digest: Digest, setting: DigestSetting, language: str) -> int:
    return stories_of(digest)


PLAIN = Writer(write=plain, room=everything)


@dataclass(slots=True)
class Post:
    """One watcher with its database, its mail and its clock."""

    store: Store
    mail: MailSettings
    now: datetime = MONDAY
    lists: tuple[DigestSetting, ...] = (HEBDO,)
    profiles: tuple[Profile, ...] = (FERRO,)
    writer: Writer = PLAIN
    push: dict[str, Secret] = field(default_factory=dict)
    count: int = 0
    reports: list[SendReport] = field(default_factory=list)

    @property
    def world(self) -> World:
        return World(
            lists=self.lists,
            sources=(Source(id="a", url="https://a.example/feed"),),
            profiles=self.profiles,
            rules=(),
            zone=PARIS,
            language="fr",
        )

    def add(self, *titles: str) -> tuple[int, ...]:
        """Articles that come now, each a story of its own; returns their numbers."""
        numbers = []
        for title in titles:
            self.count += 1
            article = Article(
                source="a",
                guid=str(self.count),
                url=f"https://a.example/{self.count}",
                title=title,
                summary=f"{title}. Histoire numéro {self.count} {_odd(self.count)}.",
                language="fr",
            )
            before = self.store.count()
            take_in(iter(identify((article,))), self.profiles, self.store, self.now)
            assert self.store.count() == before + 1
            numbers.append(before + 1)
        return tuple(numbers)

    def send(self, **later: float) -> SendReport:
        """Send, after so many `minutes=`, `hours=`, `days=` or `weeks=`."""
        self.now += timedelta(**later)
        self.reports.append(
            send(self.world, self.store, Outs(mail=self.mail, push=self.push), self.writer, clock=lambda: self.now)
        )
        return self.reports[-1]

    def told(self) -> list[tuple[str, tuple[int, ...]]]:
        """What every digest told, by its period."""
        return [
            (made.period.name, told(made.digest))
            for report in self.reports
            for made in report.made
            if made.outcome == "made" and made.digest
        ]

    def change(self, **changes: object) -> None:
        """Change the settings of every list."""
        self.lists = tuple(replace(one, **changes) for one in self.lists)  # type: ignore[arg-type]


def _odd(number: int) -> str:
    """Words that no other article has."""
    letters = hashlib.sha512(f"{number}".encode()).hexdigest().translate(_LETTERS)
    return " ".join(letters[start : start + 8] for start in range(0, 96, 8))


_LETTERS = str.maketrans("0123456789abcdef", "bdfgklmnprstvaeo")
