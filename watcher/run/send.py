"""Make the digests that are due, freeze them, and send what is frozen."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, tzinfo
from email.errors import MessageDefect
from email.message import EmailMessage
from typing import Literal

from watcher.digest import Digest, DigestSetting, Line, shortened
from watcher.errors import StorageError, UsageError
from watcher.outbox import REPAIR, Answer, Answers, Letter, MailSettings, deliver, is_address
from watcher.periods import Cadence, Period, latest
from watcher.post import Posted, answered, begun, cut_short, is_due
from watcher.profiles import Profile
from watcher.rules import Rules
from watcher.run.present import digest, list_digest
from watcher.sources import Source
from watcher.store import Edition, Store, Told

Clock = Callable[[], datetime]

OLDEST = datetime(2026, 1, 1, tzinfo=UTC)  # a clock that says less was never set: a small computer without a battery
ASTRAY = timedelta(days=31)  # a digest of a period further ahead than this was made by a wrong clock
# What is wrong with the way out and not with a letter: no other letter is tried then. A password that is wrong fifty
# times in a row closes an account.
NO_WAY_OUT = REPAIR - {"login-wanted"} | {"dns", "connection"}  # a server may want a login for some readers only


@dataclass(frozen=True, slots=True, kw_only=True)
class Writer:
    """Makes messages; both functions may raise anything, which stops one list."""

    # The message of a digest for one reader or for nobody (""), in a language; the same bytes for the same digest.
    write: Callable[[Digest, DigestSetting, str, str], EmailMessage]
    # How many stories of a digest in a language a message holds.
    room: Callable[[Digest, DigestSetting, str], int]


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What digests are made of."""

    lists: tuple[DigestSetting, ...]
    sources: tuple[Source, ...]
    profiles: tuple[Profile, ...]
    rules: tuple[Rules, ...]
    zone: tzinfo
    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What became of one list that was due."""

    setting: DigestSetting
    period: Period
    outcome: Literal[
        "begun",  # a new list: what is known already is no news in it
        "empty",  # nothing new, and no letter wanted for that
        "made",
        "failed",  # nothing was frozen; it is tried again at the next run
    ]
    digest: Digest | None = None
    letters: tuple[Posted, ...] = ()
    left: tuple[Line, ...] = ()  # stories for the next one
    error: Exception | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SendReport:
    """What was made, and what became of the letters that were tried."""

    made: tuple[Made, ...]
    letters: tuple[Posted, ...]
    waiting: int = 0  # letters that are not due yet

    @property
    def ill(self) -> int:
        """How many lists and letters a person has to look after."""
        bad = [one for one in self.letters if one.state in ("refused", "given-up") or one.reason in REPAIR]
        unfit = [one for made in self.made for one in made.letters if one.state == "refused"]
        return len(bad) + len(unfit) + sum(one.outcome == "failed" for one in self.made)


def send(world: World, store: Store, settings: MailSettings, writer: Writer, *, clock: Clock) -> SendReport:
    """Make each digest that is due, once per period, and try every letter that is due.

    A digest is frozen in one transaction with all it tells; from then on its letters are sent as they are. One reader
    or one list that fails stops no other.
    """
    made = make_due(world, store, writer, now=clock())
    recover(store)
    due = due_letters(store, clock())
    tried: list[Posted] = []
    for place, letter in enumerate(due, 1):
        tried.append(_tried(letter, store, settings, clock))
        if tried[-1].state == "later" and tried[-1].reason in NO_WAY_OUT:
            tried += _spared(due[place:], tried[-1], store, clock())
            break
    ended = {letter.id for letter in due}
    waiting = sum(letter.id not in ended for letter in store.letters(waiting=True))
    return SendReport(made=made, letters=tuple(tried), waiting=waiting)


# ---- making digests


def make_due(world: World, store: Store, writer: Writer, *, now: datetime, dry: bool = False) -> tuple[Made, ...]:
    """Make the digests that are due; with `dry`, say what they would be and leave the database alone."""
    made = []
    for setting in world.lists if now >= OLDEST else ():
        period = latest(setting.every, setting.day, world.zone, now)
        told = store.told_of(setting.name)
        if not setting.to or (told and not _is_due(told, setting, period, store, now)):
            continue
        try:
            one = _made(setting, period, told, world, store, writer, now=now)
        except StorageError:
            raise
        except Exception as error:  # a template of a person's own, a bug: the other lists have done nothing
            made.append(Made(setting=setting, period=period, outcome="failed", error=error))
            continue
        made.append(one if dry else _frozen(one, store, now))
    return tuple(made)


def _is_due(told: Told, setting: DigestSetting, period: Period, store: Store, now: datetime) -> bool:
    """Whether a list has not told of a period yet, nor of a later one, but for what a wrong clock made it tell."""
    later = period.end <= told.until and told.until - now <= ASTRAY
    return not later and not store.editions(setting.name, period.name)


def _made(  # noqa: PLR0913 - each is a part of what a digest is made of
    setting: DigestSetting,
    period: Period,
    told: Told | None,
    world: World,
    store: Store,
    writer: Writer,
    *,
    now: datetime,
) -> Made:
    """What a list has to say; nothing of it is kept yet."""
    if told is None:
        return Made(setting=setting, period=period, outcome="begun")
    language = setting.language or world.language
    whole = list_digest(
        setting, world.sources, world.profiles, store, told, now=now, language=language, rules=world.rules
    )
    fitting, left = fitted(whole, setting, writer, language)
    if fitting.outcome == "nothing" and not setting.when_empty:
        return Made(setting=setting, period=period, outcome="empty", digest=fitting)
    readers = {reader.casefold(): reader for reader in setting.to}  # one letter box has one letter
    letters = tuple(
        _letter(fitting, setting, period, reader, writer, now=now, language=language) for reader in readers.values()
    )
    return Made(setting=setting, period=period, outcome="made", digest=fitting, left=left, letters=letters)


def fitted(whole: Digest, setting: DigestSetting, writer: Writer, language: str) -> tuple[Digest, tuple[Line, ...]]:
    """As much of a digest as its setting and a message allow, and the stories that it leaves.

    Raises UsageError("no-room") when a message holds no story at all.
    """
    fitting, left = shortened(whole, setting.most)
    while (room := writer.room(fitting, setting, language)) < stories_of(fitting):
        if not room:
            raise UsageError("no-room", name=setting.name)
        fitting, left = shortened(whole, room)
    return fitting, left


def stories_of(digest: Digest) -> int:
    """How many stories a digest tells."""
    return sum(len(section.lines) for section in digest.sections)


def _letter(  # noqa: PLR0913 - each is a part of a letter
    digest: Digest,
    setting: DigestSetting,
    period: Period,
    reader: str,
    writer: Writer,
    *,
    now: datetime,
    language: str,
) -> Posted:
    letter = Posted(
        id=0, list=setting.name, period=period.name, recipient=reader, made=now, since=now, changed=now, subject="",
        message_id="",
    )  # fmt: skip
    try:
        message = written(writer, digest, setting, reader, language)
    except MessageDefect:
        writer.write(digest, setting, "", language)  # raises again where it is not the reader that is wrong
        mark = hashlib.sha256(f"{setting.name}\0{period.name}\0{reader}".encode()).hexdigest()
        return replace(letter, message_id=f"<{mark}>", state="refused", reason="not-an-address")
    return replace(
        letter,
        subject=str(message["Subject"]),
        message_id=str(message["Message-ID"]),
        content=message.as_bytes(),
    )


def written(writer: Writer, digest: Digest, setting: DigestSetting, reader: str, language: str) -> EmailMessage:
    """The message for one reader, the same to the last byte whenever it is made of the same digest.

    Raises MessageDefect for an address that is none.
    """
    if not is_address(reader):
        raise MessageDefect
    return writer.write(digest, setting, reader, language)


def _frozen(made: Made, store: Store, now: datetime) -> Made:
    """The same, kept: from here on its letters are sent, and its articles are never told again."""
    name, period = made.setting.name, made.period
    with store.transaction():
        if made.digest is None:
            store.begin_list(name, period.end)
            return made
        letters = tuple(replace(letter, id=store.keep_letter(letter)) for letter in made.letters)
        edition = Edition(list=name, period=period.name, made=now, stories=stories_of(made.digest))
        told = [number for section in made.digest.sections for line in section.lines for number in line.fresh]
        carried = [number for line in made.left for number in line.fresh]
        store.close_period(name, period.end, edition, told=told, carried=carried, step=made.digest.reached)
    return replace(made, letters=letters)


# ---- sending letters


def recover(store: Store) -> None:
    """Take up the letters that a run was sending when it ended without a word."""
    lost = [letter for letter in store.letters(waiting=True) if letter.state == "sending"]
    if lost:
        with store.transaction():
            for letter in lost:
                store.keep_letter(cut_short(letter))


def due_letters(store: Store, now: datetime) -> tuple[Posted, ...]:
    """The letters that are to be tried now, without their content."""
    return tuple(letter for letter in store.letters(waiting=True) if is_due(letter, now))


def _tried(letter: Posted, store: Store, settings: MailSettings, clock: Clock) -> Posted:
    """One try: written down before the server may have the letter, and again as soon as it has answered."""
    frozen = store.letter(letter.id)
    if frozen is None:
        raise LookupError(letter.id)
    present = letter

    def before() -> None:
        nonlocal present
        present = begun(present, clock())
        _keep(present, store)

    def after(answers: Answers) -> None:
        nonlocal present
        (answer,) = answers
        present = answered(present, answer, clock())
        _keep(present, store)

    deliver(
        Letter(id=frozen.message_id, recipients=(frozen.recipient,), content=frozen.content),
        settings,
        before_data=before,
        after_data=after,
    )
    return present


def _spared(letters: tuple[Posted, ...], last: Posted, store: Store, now: datetime) -> tuple[Posted, ...]:
    """Letters that were not even tried, because nothing leaves this machine now: they share the last one's fate."""
    answer = Answer(recipient="", state="later", reason=last.reason, code=last.code, text=last.text)
    spared = tuple(answered(letter, answer, now) for letter in letters)
    with store.transaction():
        for letter in spared:
            store.keep_letter(letter)
    return spared


def _keep(letter: Posted, store: Store) -> None:
    with store.transaction():
        store.keep_letter(letter)


# ---- a trial


@dataclass(frozen=True, slots=True, kw_only=True)
class Tested:
    """What came of one trial letter."""

    setting: DigestSetting
    digest: Digest
    answer: Answer


def try_letters(  # noqa: PLR0913 - each is a part of a letter
    world: World, store: Store, settings: MailSettings, writer: Writer, reader: str, *, mark: str, now: datetime
) -> tuple[Tested, ...]:
    """Send one reader the digest of every list as it would be today, whether due or not; nothing of it is kept.

    The subjects begin with `mark`. Raises UsageError("not-a-mailbox") for an address that is none, and whatever the
    writer raises.
    """
    tested = []
    for setting in world.lists:
        language = setting.language or world.language
        wanted = tuple(profile for profile in world.profiles if profile.name in setting.profiles)
        whole = digest(
            world.sources, wanted, store, since=_SPANS[setting.every], now=now, language=language, rules=world.rules
        )
        fitting, _ = fitted(whole, setting, writer, language)
        try:
            message = written(writer, fitting, setting, reader, language)
        except MessageDefect:
            writer.write(fitting, setting, "", language)
            raise UsageError("not-a-mailbox", address=reader) from None
        message.replace_header("Subject", mark + str(message["Subject"]))
        letter = Letter(id=str(message["Message-ID"]), recipients=(reader,), content=message.as_bytes())
        (answer,) = deliver(letter, settings, before_data=lambda: None)
        tested.append(Tested(setting=setting, digest=fitting, answer=answer))
    return tuple(tested)


_SPANS: dict[Cadence, timedelta] = {"day": timedelta(days=1), "week": timedelta(days=7), "month": timedelta(days=31)}
