"""A short word to a telephone or a chat, through Apprise; an optional extra."""

import logging
from typing import TYPE_CHECKING

from watcher.errors import UsageError
from watcher.fetch.deadline import Deadline
from watcher.outbox.patience import wait_for
from watcher.outbox.values import Answer, StoppedError
from watcher.sources import Secret
from watcher.text import clean

if TYPE_CHECKING:
    from apprise import Apprise

DEADLINE = 30.0  # seconds; a service that drips could hold the library for ever


def push(address: Secret, title: str, text: str, *, deadline: float = DEADLINE) -> Answer:
    """Send a title and a text to one Apprise address; the answer is "sent" or "later", and names the service only.

    Raises UsageError("no-apprise") where the extra is not installed (`pip install literature-watcher[push]`).
    """
    service = clean(address.value.partition(":")[0])[:30]
    try:
        messenger = _messenger()
    except ImportError:
        raise UsageError("no-apprise") from None
    try:
        if not messenger.add(address.value):
            return StoppedError("later", "push-address").answer(service)
        with Deadline(deadline) as clock:
            took = wait_for(lambda: messenger.notify(title=clean(title), body=text), clock)
    except TimeoutError:  # whether it arrived nobody knows; a second message does less harm than none
        return StoppedError("later", "timeout").answer(service)
    except Exception as error:  # its plugins may raise anything, and what they say may hold the address
        return StoppedError("later", "broken", text=type(error).__name__).answer(service)
    return StoppedError("sent" if took else "later", "" if took else "broken").answer(service)


def _messenger() -> "Apprise":
    from apprise import Apprise  # noqa: PLC0415

    logging.getLogger("apprise").disabled = True  # it writes addresses, which are keys
    return Apprise()
