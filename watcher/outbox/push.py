"""A short word to a telephone or a chat, through Apprise; an optional extra."""

import email
import email.policy
import logging
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from watcher.fetch.deadline import Deadline
from watcher.outbox.patience import wait_for
from watcher.outbox.values import Answer, Answers, Letter, StoppedError
from watcher.sources import Secret
from watcher.text import clean

if TYPE_CHECKING:
    from apprise import Apprise

DEADLINE = 30.0  # seconds; a service that drips could hold the library for ever


def by_push(
    letter: Letter, address: Secret, *, before_data: Callable[[], None], after_data: Callable[[Answers], None]
) -> Answers:
    """Send the subject and the text of a frozen message to one Apprise address; its recipient is only a name."""
    if not address.value:
        answers = StoppedError("later", "no-push-address").answers(letter.recipients)
    else:
        message = email.message_from_bytes(letter.content, policy=email.policy.default)
        before_data()
        answer = push(address, str(message["Subject"]), str(message.get_content()).strip())
        answers = tuple(replace(answer, recipient=recipient) for recipient in letter.recipients)
    after_data(answers)
    return answers


def push(address: Secret, title: str, text: str, *, deadline: float = DEADLINE) -> Answer:
    """Send a title and a text to one Apprise address; the answer names the service only.

    It is "later", "no-apprise" where the extra is not installed (`pip install literature-watcher[push]`).
    """
    service = clean(address.value.partition(":")[0])[:30]
    try:
        messenger = _messenger()
    except ImportError:
        return StoppedError("later", "no-apprise").answer(service)
    try:
        if not messenger.add(address.value):
            return StoppedError("later", "push-address").answer(service)
        with Deadline(deadline) as clock:
            took = wait_for(lambda: messenger.notify(title=clean(title), body=text), clock)
    except TimeoutError:  # whether it arrived nobody knows
        return StoppedError("unknown", "timeout").answer(service)
    except Exception as error:  # its plugins may raise anything, and what they say may hold the address
        return StoppedError("later", "broken", text=type(error).__name__).answer(service)
    return StoppedError("sent" if took else "later", "" if took else "broken").answer(service)


def _messenger() -> "Apprise":
    from apprise import Apprise  # noqa: PLC0415

    logging.getLogger("apprise").disabled = True  # it writes addresses, which are keys
    return Apprise()
