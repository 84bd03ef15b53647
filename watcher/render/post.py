"""Regular digests and their letters in words: what was made, what became of it, and what to do."""

import email
import email.policy
from collections.abc import Sequence
from datetime import tzinfo
from email.message import EmailMessage

from rich.table import Table
from rich.text import Text

from watcher.outbox import Answer
from watcher.post import OPEN, Posted
from watcher.render.sheet import DOT, shown
from watcher.render.tables import empty_table
from watcher.render.words import FATES, LETTERS, REASONS, counted, moment_said, say, spaced
from watcher.run.send import Made, stories_of

HEAD = ("From", "To", "Subject", "Date", "Message-ID")  # what is shown of one


def letters_say(language: str, key: str, n: int | None = None, **facts: object) -> str:
    """One saying about letters."""
    if n is not None:
        return counted(language, LETTERS[key], n)
    return spaced(language, LETTERS[key][language == "en"]).format(**facts)


def made_said(language: str, made: Made, detail: str = "") -> str:
    """One line for a list that was due; `detail` says what went wrong with it."""
    setting, said = made.setting, []
    if made.outcome != "begun":
        said.append(letters_say(language, setting.every, name=made.period.name))
    if made.outcome in ("begun", "empty"):
        said.append(letters_say(language, made.outcome))
    elif made.digest is None:
        said.append(
            letters_say(language, "broken", detail=shown(detail or f"{type(made.error).__name__} {made.error}"))
        )
    else:
        failed = made.digest.outcome == "failed"
        stories = None if failed else stories_of(made.digest)
        said.append(letters_say(language, "failed" if failed else "stories", stories))
        said += [letters_say(language, "carried", made.digest.carried)] * bool(made.digest.carried)
        said.append(letters_say(language, "letters", len(made.letters)))
    return say(language, "pair", name=setting.name, value=", ".join(said))


def letter_said(language: str, letter: Posted, zone: tzinfo) -> str:
    """One line for a letter: whose, what became of it, why, and what to do."""
    of = ", ".join(filter(None, (letter.list, letter.period, letter.part)))
    name = f"{shown(letter.recipient)} ({of})"
    parts = [_fate(language, letter), *_next(language, letter, zone)]
    return say(language, "pair", name=name, value=DOT.join(parts))


def answer_said(language: str, recipient: str, answer: Answer) -> str:
    """One line for a letter that is not kept."""
    parts = [FATES[answer.state][language == "en"], _why(language, answer)]
    return say(language, "pair", name=shown(recipient), value=DOT.join(filter(None, parts)))


def _fate(language: str, letter: Posted) -> str:
    return DOT.join(filter(None, (FATES[letter.state][language == "en"], _why(language, letter))))


def _why(language: str, one: Posted | Answer) -> str:
    """The reason in words, then what the other side said."""
    reason = spaced(language, REASONS[one.reason][language == "en"])
    said = " ".join(filter(None, (str(one.code or ""), shown(one.text))))
    return f"{reason} [{said}]" if reason and said else reason or said


def _next(language: str, letter: Posted, zone: tzinfo) -> list[str]:
    if letter.state in ("refused", "given-up"):
        return [letters_say(language, "by-hand", id=letter.id)] if letter.content or letter.subject else []
    if letter.state in OPEN and letter.due:
        return [letters_say(language, "again", moment=moment_said(language, letter.due, zone))]
    return [letters_say(language, "next-run")] if letter.state in OPEN else []


def outbox_table(letters: Sequence[Posted], language: str, zone: tzinfo) -> Table:
    """Letters with their fates, the last one first."""
    table = empty_table(language, "number", "digest", "reader", "fate", right=["number"])
    for letter in reversed(letters):
        fate = DOT.join((_fate(language, letter), *_next(language, letter, zone)))
        name = " ".join(filter(None, (letter.list, letter.period, letter.part)))
        table.add_row(str(letter.id), *map(Text, (name, shown(letter.recipient), fate)))
    return table


def letter_page(letter: Posted) -> str:
    """A letter as it is sent: its head and its text."""
    message = opened(letter.content)
    head = [f"{name}: {message[name]}" for name in HEAD if message[name]]
    return "\n".join([*head, "", part_of(letter.content, "plain")])


def part_of(content: bytes, kind: str) -> str:
    """The text of a letter ("plain") or its page ("html"); "" where it has none. Of one that holds a file, the file."""
    if not content:
        return ""
    message = opened(content)
    if message.get_filename():  # a file is what it is
        return bytes(message.get_payload(decode=True)).decode()
    part = message.get_body((kind,))
    return str(part.get_content()) if part else ""


def opened(content: bytes) -> EmailMessage:
    """A letter, taken apart."""
    message = email.message_from_bytes(content, policy=email.policy.default)
    assert isinstance(message, EmailMessage)  # noqa: S101 - what that policy makes
    return message
