"""Letters on their way: what becomes of one when the mail server has answered, and when it is tried again."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Literal

from watcher.outbox import REPAIR, Answer, Reason, Way

State = Literal[
    "ready",  # frozen, and never tried
    "sending",  # the server was about to have it; found in the database, it says that a run was cut short there
    "sent",
    "unknown",  # the server may have it: it is given the same bytes again
    "later",  # not now
    "refused",  # for good
    "given-up",  # tried for days
    "dropped",  # by a person
    "parted",  # too large for a server: its parts are letters of their own
]
OPEN: frozenset[State] = frozenset({"ready", "sending", "unknown", "later"})

WAITS = tuple(timedelta(minutes=minutes) for minutes in (15, 30, 60, 120, 240, 480))  # the last one from then on
TRIED_FOR = timedelta(days=5)
TRIED_AT_LEAST = 6  # times, however long ago the first one was: a machine may have been asleep all the while
REPAIRED_WITHIN = timedelta(days=30)  # what only a person can put right
DOUBTS = 3  # times that a server may have had a letter, after which it is not given it again


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """One letter of one list to one reader, frozen, with what became of it."""

    id: int
    list: str
    period: str
    recipient: str
    made: datetime
    since: datetime  # when it was made, or taken up again by a person: patience counts from then on
    subject: str
    message_id: str
    content: bytes = field(default=b"", repr=False)  # RFC 5322, as it is sent every time; b"" where it is not asked for
    state: State = "ready"
    tries: int = 0
    doubts: int = 0  # how often the server may have had it
    changed: datetime
    due: datetime | None = None  # not before; None: now, or never again
    reason: Reason = ""
    code: int = 0
    text: str = ""  # what the server said
    way: Way = "mail"
    part: str = ""  # "1/2" of one that was too large; "" of a whole one


def begun(letter: Posted, now: datetime) -> Posted:
    """A letter that the server is about to have."""
    return replace(letter, state="sending", tries=letter.tries + 1, changed=now, due=None)


def cut_short(letter: Posted) -> Posted:
    """A letter that was being sent when a run ended without a word: nobody knows whether it arrived.

    Its wait began then, so that a run of the next day does not put it off once more.
    """
    return answered(letter, Answer(recipient=letter.recipient, state="unknown", reason="broken"), letter.changed)


def is_due(letter: Posted, now: datetime) -> bool:
    """Whether a letter is to be tried; at once when it was last tried in the future: a clock was put right since."""
    return letter.state in OPEN and (letter.due is None or letter.due <= now or letter.changed > now)


def is_ill(letter: Posted) -> bool:
    """Whether a person has to look after a letter: it was refused or given up, or waits for a setting to be mended."""
    return letter.state in ("refused", "given-up") or (letter.state in OPEN and letter.reason in REPAIR)


def answered(letter: Posted, answer: Answer, now: datetime) -> Posted:
    """A letter after one try.

    One that the server may have is given to it again, the same bytes with the same Message-ID, three times at most:
    a reader's program shows such a pair once, or twice, but never not at all.
    """
    tried = replace(
        letter,
        state=answer.state,
        tries=letter.tries + (letter.state != "sending"),
        doubts=letter.doubts + (answer.state == "unknown"),
        changed=now,
        due=None,
        reason=answer.reason,
        code=answer.code,
        text=answer.text,
    )
    if tried.state not in OPEN:
        return tried
    patience = REPAIRED_WITHIN if answer.reason in REPAIR else TRIED_FOR
    if tried.doubts >= DOUBTS or (tried.tries >= TRIED_AT_LEAST and now - letter.since > patience):
        return replace(tried, state="given-up")
    return replace(tried, due=now + WAITS[min(tried.tries, len(WAITS)) - 1])


def again(letter: Posted, now: datetime) -> Posted:
    """A letter that a person wants to be tried once more."""
    return replace(
        letter, state="ready", since=now, tries=0, doubts=0, changed=now, due=None, reason="", code=0, text=""
    )


def dropped(letter: Posted, now: datetime) -> Posted:
    """A letter that a person does not want to be sent."""
    return replace(letter, state="dropped", changed=now, due=None)
