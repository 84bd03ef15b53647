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
from watcher.outbox import REPAIR, Answer, Answers, Letter, MailSettings, Outs, Way, deliver, hand_over, is_address
from watcher.periods import Cadence, Period, latest
from watcher.post import Posted, again, answered, begun, cut_short, is_due, is_ill
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


def _no_parcel(digest: Digest, setting: DigestSetting, way: Way, recipient: str, period: str) -> EmailMessage:
    raise NotImplementedError


def _unparted(content: bytes, limit: int) -> tuple[EmailMessage, ...]:  # noqa: ARG001 - the signature of `split`
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Writer:
    """Makes messages; both functions may raise anything, which stops one list."""

    # The message of a digest for one reader or for nobody (""), in a language; the same bytes for the same digest.
    write: Callable[[Digest, DigestSetting, str, str], EmailMessage]
    # How many stories of a digest in a language a message holds.
    room: Callable[[Digest, DigestSetting, str], int]
    # What goes another way than mail, and to whom, of a period: a message that holds a file or a few words.
    parcel: Callable[[Digest, DigestSetting, Way, str, str], EmailMessage] = _no_parcel
    # The parts of a frozen mail, none larger than so many bytes (0: half of it); () when it cannot be made smaller.
    split: Callable[[bytes, int], tuple[EmailMessage, ...]] = _unparted


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
    def ill_letters(self) -> tuple[Posted, ...]:
        """The letters that a person has to look after."""
        unfit = (one for made in self.made for one in made.letters if one.state == "refused")
        return (*unfit, *(one for one in self.letters if is_ill(one)))

    @property
    def ill(self) -> int:
        """How many lists and letters a person has to look after."""
        return len(self.ill_letters) + sum(one.outcome == "failed" for one in self.made)


def send(world: World, store: Store, outs: Outs, writer: Writer, *, clock: Clock) -> SendReport:
    """Make each digest that is due, once per period, and try every letter that is due.

    A digest is frozen in one transaction with all it tells; from then on its letters are sent as they are. One reader
    or one list that fails stops no other.
    """
    made = make_due(world, store, writer, now=clock())
    recover(store)
    tried: list[Posted] = []
    due = list(due_letters(store, clock()))
    while due:
        last, parts = _tried(due.pop(0), store, outs, writer, clock)
        tried.append(last)
        due = [*parts, *due]
        if last.state == "later" and last.reason in NO_WAY_OUT:
            shut = [letter for letter in due if letter.way == last.way == "mail"]
            tried += _spared(tuple(shut), last, store, clock())
            due = [letter for letter in due if letter not in shut]
    ended = {letter.id for letter in tried}
    waiting = sum(letter.id not in ended for letter in store.letters(waiting=True))
    return SendReport(made=made, letters=tuple(tried), waiting=waiting)


# ---- making digests


def make_due(world: World, store: Store, writer: Writer, *, now: datetime, dry: bool = False) -> tuple[Made, ...]:
    """Make the digests that are due; with `dry`, say what they would be and leave the database alone."""
    made = []
    for setting in world.lists if now >= OLDEST else ():
        period = latest(setting.every, setting.day, world.zone, now)
        told = store.told_of(setting.name)
        if not setting.delivered or (told and not is_owing(told, setting, period, store, now)):
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


def is_owing(told: Told, setting: DigestSetting, period: Period, store: Store, now: datetime) -> bool:
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
    letters = tuple(
        _letter(fitting, setting, period, way, reader, writer, now=now, language=language)
        for way, reader in _readers(setting)
    )
    return Made(setting=setting, period=period, outcome="made", digest=fitting, left=left, letters=letters)


def _readers(setting: DigestSetting) -> list[tuple[Way, str]]:
    """Where a digest goes, each place once."""
    readers = {reader.casefold(): reader for reader in setting.to}  # one letter box has one letter
    ways: list[tuple[Way, str]] = [("mail", reader) for reader in readers.values()]
    ways += [("push", name) for name in dict.fromkeys(setting.push)]
    return ways + [("folder", str(setting.folder))] * bool(setting.folder)


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
    way: Way,
    reader: str,
    writer: Writer,
    *,
    now: datetime,
    language: str,
) -> Posted:
    letter = Posted(
        id=0, list=setting.name, period=period.name, recipient=reader, made=now, since=now, changed=now, subject="",
        message_id="", way=way,
    )  # fmt: skip
    try:
        if way == "mail":
            message = written(writer, digest, setting, reader, language)
        else:
            message = writer.parcel(digest, replace(setting, language=language), way, reader, period.name)
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
        near = [one.article.id for section in made.digest.sections for one in section.near if made.letters]
        step = made.digest.reached
        store.close_period(name, period.end, edition, told=told, carried=carried, watched=near, step=step)
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


def _tried(letter: Posted, store: Store, outs: Outs, writer: Writer, clock: Clock) -> tuple[Posted, tuple[Posted, ...]]:
    """One try: written down before the server may have the letter, and again as soon as it has answered.

    Of one that is too large for the server, the parts come along: they take its place in one transaction.
    """
    frozen = store.letter(letter.id)
    if frozen is None:
        raise LookupError(letter.id)
    present, parts = letter, tuple[Posted, ...]()

    def before() -> None:
        nonlocal present
        present = begun(present, clock())
        _keep(present, store)

    def after(answers: Answers) -> None:
        nonlocal present, parts
        (answer,) = answers
        present = answered(present, answer, clock())
        parts = _parts(replace(present, content=frozen.content), answer.limit, writer)
        present = replace(present, state="parted") if parts else present
        with store.transaction():
            store.keep_letter(present)
            parts = tuple(replace(part, id=store.keep_letter(part), content=b"") for part in parts)

    mail = Letter(id=frozen.message_id, recipients=(frozen.recipient,), content=frozen.content)
    hand_over(mail, letter.way, outs, before_data=before, after_data=after)
    return present, parts


def _parts(letter: Posted, limit: int, writer: Writer) -> tuple[Posted, ...]:
    """The letters that take the place of one that was too large for its server; () for any other."""
    if (letter.state, letter.reason, letter.way) != ("refused", "too-large", "mail"):
        return ()
    parts = writer.split(letter.content, limit)
    fresh = replace(again(letter, letter.changed), id=0)
    return tuple(
        replace(
            fresh,
            part=f"{letter.part} {place}/{len(parts)}".strip(),
            subject=str(message["Subject"]),
            message_id=str(message["Message-ID"]),
            content=message.as_bytes(),
        )
        for place, message in enumerate(parts, 1)
    )


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
        answer = _given(message, reader, settings, writer)
        tested.append(Tested(setting=setting, digest=fitting, answer=answer))
    return tuple(tested)


def _given(message: EmailMessage, reader: str, settings: MailSettings, writer: Writer) -> Answer:
    """What a server says to a message, or to the last of its parts where it is too large."""
    content = message.as_bytes()
    letter = Letter(id=str(message["Message-ID"]), recipients=(reader,), content=content)
    (answer,) = deliver(letter, settings, before_data=lambda: None)
    for part in writer.split(content, answer.limit) if answer.reason == "too-large" else ():
        answer = _given(part, reader, settings, writer)
        if answer.state != "sent":
            break
    return answer


_SPANS: dict[Cadence, timedelta] = {"day": timedelta(days=1), "week": timedelta(days=7), "month": timedelta(days=31)}
