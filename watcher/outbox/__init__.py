"""Hand a frozen mail over, and say for each recipient exactly what happened."""

from collections.abc import Callable
from dataclasses import replace

from watcher.outbox.values import (
    REPAIR,
    Answer,
    Answers,
    Letter,
    MailSettings,
    Outs,
    Reason,
    Security,
    State,
    StoppedError,
    Way,
    is_address,
    is_loopback,
    is_wire_ready,
)
from watcher.sources import Secret

__all__ = [
    "REPAIR",
    "Answer",
    "Answers",
    "Letter",
    "MailSettings",
    "Outs",
    "Reason",
    "Security",
    "State",
    "Way",
    "deliver",
    "hand_over",
    "is_address",
    "is_loopback",
]


def deliver(
    letter: Letter,
    settings: MailSettings,
    *,
    before_data: Callable[[], None],
    after_data: Callable[[Answers], None] | None = None,
) -> Answers:
    """Hand one mail over in the way of the settings; one answer for each recipient, in the order of the letter.

    `before_data` is called when the other side is ready and has nothing of the mail yet; not at all when nobody is left
    to have it. A program that dies after it does not know what arrived. `after_data` has the answers as soon as they
    stand. Both are called once at most, and what they raise goes through. Nothing else is raised.
    """
    wanted = tuple(dict.fromkeys(letter.recipients))
    settled = _unfit(letter, settings)

    def whole(answers: Answers) -> Answers:
        found = settled | {answer.recipient: answer for answer in answers}
        return tuple(found[recipient] for recipient in wanted)

    def tell(answers: Answers) -> None:
        if after_data:
            after_data(whole(answers))

    rest = replace(letter, recipients=tuple(r for r in wanted if r not in settled))
    if rest.recipients:
        return whole(_way(settings)(rest, settings, before_data=before_data, after_data=tell))
    tell(())
    return whole(())


def hand_over(
    letter: Letter,
    way: Way,
    outs: Outs,
    *,
    before_data: Callable[[], None],
    after_data: Callable[[Answers], None],
) -> Answers:
    """Hand one frozen message over in one of the ways that there are: as a mail, a file, or a short message."""
    if way == "folder":
        from watcher.outbox import local  # noqa: PLC0415

        return local.into_folder(letter, before_data=before_data, after_data=after_data)
    if way == "push":
        from watcher.outbox import push  # noqa: PLC0415

        address = outs.push.get(letter.recipients[0], Secret(""))
        return push.by_push(letter, address, before_data=before_data, after_data=after_data)
    if outs.mail is None:
        answers = StoppedError("later", "no-mail").answers(letter.recipients)
        after_data(answers)
        return answers
    return deliver(letter, outs.mail, before_data=before_data, after_data=after_data)


def _unfit(letter: Letter, settings: MailSettings) -> dict[str, Answer]:
    """The answers that need no other side."""
    stop = StoppedError("refused", "not-an-address")
    odd = [r for r in letter.recipients if not is_address(r)]
    if not is_wire_ready(letter.content) or not is_address(settings.sender):
        stop = StoppedError("refused", "sender" if is_wire_ready(letter.content) else "malformed")
        odd = list(letter.recipients)
    return {recipient: stop.answer(recipient) for recipient in odd}


def _way(settings: MailSettings) -> Callable[..., Answers]:
    """What delivers; loaded when the first mail goes out."""
    if settings.maildir is None and not settings.sendmail:
        from watcher.outbox import smtp  # noqa: PLC0415

        return smtp.deliver
    from watcher.outbox import local  # noqa: PLC0415

    return local.into_maildir if settings.maildir else local.by_sendmail
