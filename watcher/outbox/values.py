"""What goes into the outbox, and what comes of it."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from typing import Literal

from watcher.sources import Secret

Security = Literal["starttls", "tls", "none"]
PORTS: dict[Security, int] = {"starttls": 587, "tls": 465, "none": 25}

State = Literal[
    "sent",  # the other side took it and said so
    "unknown",  # it had all of the mail when the line went dead: it may have taken it, or not
    "refused",  # this mail, or this recipient, for good: the same again will be refused again
    "later",  # not now
]
Reason = Literal[
    "",  # the server said no more than its code and its text
    # of the mail: it is "refused"
    "too-large",  # smaller mails may pass
    "not-an-address",
    "malformed",  # not the bytes of a mail: CRLF at every end of a line, 998 bytes a line
    "no-smtputf8",  # an address has letters that this server does not take
    "no-8bitmime",  # the mail has bytes that this server does not take
    "sender",  # the server does not want mail from this sender
    "recipient",
    # of the network and of the moment: "later", or "unknown"
    "dns",
    "connection",  # nobody answers there
    "timeout",
    "broken",  # the line went dead, or what came made no sense
    "folder",  # the maildir cannot be written
    # of the settings or the server: "later", and a person has to look; see REPAIR
    "cleartext",  # the settings want no TLS, and the server is another machine
    "no-starttls",
    "tls",  # the certificate does not hold
    "injected",  # somebody spoke before TLS began who could not know that it would
    "no-auth",  # the server knows no way to log in that we know
    "no-password",
    "auth-refused",
    "login-wanted",  # it takes no mail without a user and a password
    "no-program",  # there is no sendmail here
    "push-address",  # Apprise knows no such service
    "no-push-address",  # nobody gave one for this name
    "no-apprise",  # the library is not here
    "no-mail",  # the settings name no way out for mail any more
]
# Waiting mends none of these. The mail stays, because a setting that is put right lets it go.
REPAIR: frozenset[Reason] = frozenset(
    {
        *("cleartext", "no-starttls", "tls", "injected", "no-auth", "no-password", "auth-refused", "login-wanted"),
        *("no-program", "push-address", "no-push-address", "no-apprise", "no-mail", "folder"),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class MailSettings:
    """How mail leaves this machine: by a server, into a folder, or by the machine's own sendmail; one of the three."""

    sender: str  # the address that the mail comes from, and that failures are reported to
    host: str = ""
    port: int = 0  # 0: the usual one
    security: Security = "starttls"
    user: str = ""  # "": the server asks for none
    password: Secret = field(default=Secret(""), repr=False)
    maildir: Path | None = None
    sendmail: str = ""  # a program, by its name or its path
    deadline: float = 180.0  # seconds for all of it; some servers read a mail for a minute before they take it


Way = Literal["mail", "folder", "push"]  # by mail, as a file, as a short message


@dataclass(frozen=True, slots=True, kw_only=True)
class Outs:
    """Every way out of this machine that the settings name."""

    mail: MailSettings | None = None
    push: Mapping[str, Secret] = field(default_factory=dict, repr=False)  # Apprise addresses by name


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One frozen mail."""

    id: str  # its Message-ID
    recipients: tuple[str, ...]
    content: bytes = field(repr=False)  # RFC 5322, sent as it is


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came of one mail for one recipient."""

    recipient: str
    state: State
    reason: Reason = ""
    code: int = 0  # of the server's reply, or of the program's end; 0 without one
    text: str = ""  # what the other side said: one short line without secrets
    limit: int = 0  # bytes, of "too-large": what the other side takes; 0 when it did not say


Answers = tuple[Answer, ...]


class StoppedError(Exception):
    """Ends a conversation with a known outcome; never leaves `outbox`."""

    def __init__(self, state: State, reason: Reason = "", *, code: int = 0, text: str = "", limit: int = 0) -> None:
        super().__init__(state, reason, code, text)
        self.limit = limit
        self.state = state
        self.reason = reason
        self.code = code
        self.text = text

    def answer(self, recipient: str) -> Answer:
        """The same for one recipient."""
        return Answer(
            recipient=recipient,
            state=self.state,
            reason=self.reason,
            code=self.code,
            text=self.text,
            limit=self.limit,
        )

    def answers(self, recipients: Iterable[str]) -> Answers:
        """The same for all of them."""
        return tuple(self.answer(recipient) for recipient in recipients)


LONGEST_LINE = 998  # bytes without the line's end (RFC 5322, 2.1.1)
_ADDRESS = re.compile(r'[^\s@<>()\[\],;:\\"]+@[^\s@<>()\[\],;:\\"]+')


def is_address(text: str) -> bool:
    """Whether a text can stand in an envelope without meaning anything else there."""
    return text.isprintable() and len(text) <= 254 and bool(_ADDRESS.fullmatch(text))


def is_wire_ready(content: bytes) -> bool:
    """Whether bytes can be sent as they are: no line ends but CRLF, no line too long, no NUL, CRLF at the end."""
    bare = content.replace(b"\r\n", b"")
    if not content.endswith(b"\r\n") or any(byte in bare for byte in (b"\r", b"\n", b"\0")):
        return False
    return max(map(len, content.split(b"\r\n"))) <= LONGEST_LINE


def is_loopback(host: str) -> bool:
    """Whether a host is this machine, by what it is called."""
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower().rstrip(".") == "localhost"
