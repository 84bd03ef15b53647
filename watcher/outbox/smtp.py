"""One conversation with a mail server: who may have the mail, the mail, and what the server says to it."""

import os
import re
import smtplib
import socket
import ssl
from base64 import b64encode
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path

from watcher.fetch.deadline import Deadline
from watcher.outbox.patience import wait_for
from watcher.outbox.values import PORTS, Answer, Answers, Letter, MailSettings, Reason, StoppedError
from watcher.text import clean

LONGEST_REPLY = 65536  # bytes; ten lines are usual
FAREWELL = 2.0  # seconds to wait for an answer to QUIT, which decides nothing
_TOO_LARGE = ("5.3.4", "5.2.3")  # RFC 3463
_SIZE = re.compile(r"too (?:large|big|long)|size", re.IGNORECASE)  # of servers that say 554 to everything
_FULL = "5.2.2"
_WORDS = 200  # characters kept of a reply


def deliver(
    letter: Letter, settings: MailSettings, *, before_data: Callable[[], None], after_data: Callable[[Answers], None]
) -> Answers:
    """Hand one mail to the server, and say for each recipient what came of it, in the order of the letter.

    See `outbox.deliver`. The recipients and the content are taken to be fit for the wire. `after_data` is called before
    the server is told goodbye, which may take a while.
    """
    with Deadline(settings.deadline) as deadline:
        talk = _Talk(letter, settings, deadline)
        try:
            talk.attempt(talk.prepare)
            if talk.waiting:
                before_data()
                talk.attempt(talk.hand_over)
            answers = tuple(talk.answers[recipient] for recipient in dict.fromkeys(letter.recipients))
            after_data(answers)
        finally:
            talk.hang_up()
    return answers


def greet(settings: MailSettings) -> tuple[Answer, datetime | None]:
    """Talk with the server up to where a mail would begin, and send none; "sent" says that one could be.

    Also until when its certificate holds; None without one.
    """
    with Deadline(settings.deadline) as deadline:
        talk = _Talk(Letter(id="", recipients=("",), content=b""), settings, deadline)
        try:
            talk.attempt(talk.enter)
            expires = talk.expires
        finally:
            talk.hang_up()
    return talk.answers.get("", Answer(recipient="", state="sent")), expires


class _Talk(smtplib.SMTP):
    """A line to the server, and what it has said so far about each recipient.

    The library reads replies as long as a server likes, forgets what came early when TLS begins, takes only ASCII
    passwords, and does not say whether a mail was complete when the line broke: these parts are our own.
    """

    def __init__(self, letter: Letter, settings: MailSettings, deadline: Deadline) -> None:
        super().__init__(local_hostname="localhost")  # without a name it would look one up, however long that takes
        self.answers: dict[str, Answer] = {}
        self._letter = letter
        self._settings = settings
        self._deadline = deadline
        self._port = settings.port or PORTS[settings.security]
        self._line: socket.socket | None = None
        self._heard = b""  # and not yet read
        self._in_order = False

    @property
    def waiting(self) -> tuple[str, ...]:
        """The recipients of whom nothing is decided yet."""
        return tuple(r for r in dict.fromkeys(self._letter.recipients) if r not in self.answers)

    @property
    def expires(self) -> datetime | None:
        """Until when the certificate of the server holds."""
        shown = self._line.getpeercert() if isinstance(self._line, ssl.SSLSocket) else None
        until = shown.get("notAfter") if shown else None
        return datetime.fromtimestamp(ssl.cert_time_to_seconds(until), UTC) if isinstance(until, str) else None

    def attempt(self, step: Callable[[], None]) -> None:
        """Take a step of the conversation; whatever ends it is the answer for all who are waiting."""
        try:
            step()
        except StoppedError as stop:
            self._in_order = self._in_order and stop.reason != "broken"
            self._settle(self._in_time(stop))
        except (OSError, UnicodeError, ValueError, smtplib.SMTPException) as error:
            self._settle(self._failed(error))

    def _settle(self, stop: StoppedError) -> None:
        for recipient in self.waiting:
            self.answers[recipient] = stop.answer(recipient)

    def _failed(self, error: Exception) -> StoppedError:
        self._in_order = False
        text = self._said(f"{self._settings.host}:{self._port}: {error}")
        late = isinstance(error, TimeoutError)
        return self._in_time(StoppedError("later", "timeout" if late else "broken", text=text))

    def _in_time(self, stop: StoppedError) -> StoppedError:
        """The same, or that time was up: whatever broke then, broke because we hung up."""
        if not self._deadline.over or stop.code or stop.state == "refused":
            return stop
        return StoppedError(stop.state, "timeout", text=f"{self._settings.deadline:g} s")

    # ---- up to the mail

    def prepare(self) -> None:
        """Everything that comes before the mail itself; who will not get it has an answer then."""
        self.enter()
        self._address()

    def enter(self) -> None:
        """Everything that comes before any mail."""
        if self._settings.user and not self._settings.password.value:
            raise StoppedError("later", "no-password")
        self._connect()
        self._introduce()
        if self._settings.security == "starttls":
            self._start_tls()
            self._introduce()
        if self._settings.user:
            self._log_in()

    def _connect(self) -> None:
        self._line = _dial(self._settings, self._port, self._deadline)
        if self._settings.security == "tls":
            self._line = self._secured(self._line)
        code, text = self.getreply()
        if code != 220:
            raise StoppedError("later", code=code, text=self._said(text))  # it does not speak of this mail yet
        self._in_order = True
        here = ip_address(self._line.getsockname()[0].partition("%")[0])
        self.local_hostname = f"[IPv6:{here}]" if here.version == 6 else f"[{here}]"

    def _secured(self, line: socket.socket) -> socket.socket:
        try:
            return _trust().wrap_socket(line, server_hostname=self._settings.host.strip("[]"))
        except (ssl.SSLEOFError, ssl.SSLZeroReturnError):
            raise
        except ssl.SSLError as error:
            raise StoppedError("later", "tls", text=self._said(str(error))) from None

    def _introduce(self) -> None:
        code, text = self.ehlo()
        if 500 <= code < 600:
            code, text = self.helo()
        if code != 250:
            raise StoppedError("later", "" if 400 <= code < 600 else "broken", code=code, text=self._said(text))

    def _start_tls(self) -> None:
        if not self.has_extn("starttls"):
            raise StoppedError("later", "no-starttls")
        code, text = self.docmd("STARTTLS")
        if code != 220:
            raise StoppedError("later", "no-starttls", code=code, text=self._said(text))
        if self._heard or self._line is None:
            raise StoppedError("later", "injected", text=self._said(self._heard))
        self._in_order = False
        self._line = self._secured(self._line)
        self._in_order = True

    def _log_in(self) -> None:
        user, password = self._settings.user, self._settings.password.value
        ways = self.esmtp_features.get("auth", "").upper().split()
        if "PLAIN" in ways:
            code, text = self.docmd("AUTH", "PLAIN " + _coded(f"\0{user}\0{password}"))
        elif "LOGIN" in ways:
            code, text = self.docmd("AUTH", "LOGIN")
            for word in (user, password):
                if code == 334:
                    code, text = self.docmd(_coded(word))
        else:
            raise StoppedError("later", "no-auth", text=self._said(" ".join(ways)))
        if code != 235:
            reason: Reason = "auth-refused" if 500 <= code < 600 else "" if 400 <= code < 500 else "broken"
            raise StoppedError("later", reason, code=code, text=self._said(text))

    def _address(self) -> None:
        code, text = self.docmd("MAIL", f"FROM:<{self._settings.sender}>{self._options()}")
        if code != 250:
            raise self._verdict(code, text, "sender")
        for recipient in self.waiting:
            code, text = self.docmd("RCPT", f"TO:<{recipient}>")
            if code not in (250, 251, 252):
                verdict = self._verdict(code, text, "recipient")
                if code == 421 or verdict.reason in ("broken", "login-wanted"):
                    raise verdict
                self.answers[recipient] = verdict.answer(recipient)

    def _options(self) -> str:
        """What MAIL FROM has to say of this mail; raises StoppedError for what the server does not take."""
        content, offered = self._letter.content, self.esmtp_features
        limit = offered.get("size", "")
        if limit.isascii() and limit.isdigit() and 0 < int(limit[:18]) < len(content):
            text = f"{len(content)} > {limit[:18]}"
            raise StoppedError("refused", "too-large", text=text, limit=int(limit[:18]))
        if not content.isascii() and "8bitmime" not in offered:
            raise StoppedError("refused", "no-8bitmime")
        options = f" SIZE={len(content)}" if "size" in offered else ""
        options += "" if content.isascii() else " BODY=8BITMIME"
        head = content.partition(b"\r\n\r\n")[0]
        needed = not (self._settings.sender.isascii() and head.isascii())
        foreign = [r for r in self.waiting if not r.isascii()]
        if (needed or foreign) and "smtputf8" in offered:
            self.command_encoding = "utf-8"
            return options + " SMTPUTF8"
        if needed:
            raise StoppedError("refused", "no-smtputf8")
        for recipient in foreign:
            self.answers[recipient] = StoppedError("refused", "no-smtputf8").answer(recipient)
        return options

    # ---- the mail

    def hand_over(self) -> None:
        """Send the mail; everyone waiting has an answer then."""
        code, text = self.docmd("DATA")
        if code != 354:
            raise self._verdict(code, text)
        self._in_order = False  # a word in the midst of a mail is a part of it
        self.send(_stuffed(self._letter.content))
        try:  # from here on the server may have it
            self.send(b".\r\n")
            code, text = self.getreply()
        except StoppedError as stop:
            raise StoppedError("unknown", stop.reason, text=stop.text) from None
        except OSError as error:
            failure = self._failed(error)
            raise StoppedError("unknown", failure.reason, text=failure.text) from None
        self._in_order = True
        if 250 <= code < 260:
            raise StoppedError("sent", code=code, text=self._said(text))
        verdict = self._verdict(code, text)
        raise verdict if verdict.reason != "broken" else StoppedError("unknown", "broken", code=code, text=verdict.text)

    def hang_up(self) -> None:
        """Say goodbye where the line is in order, and put it down; what the server says to that decides nothing."""
        if self._in_order and self._line:
            with suppress(OSError, ValueError, StoppedError, smtplib.SMTPException):
                self._line.settimeout(min(FAREWELL, self._deadline.left()))
                self.docmd("QUIT")
        if self._line:
            self._line.close()

    def _verdict(self, code: int, text: bytes, about: Reason = "") -> StoppedError:
        """What a refusal means: 4xx not now, 5xx never, unless it speaks of something else than this mail."""
        said = self._said(text)
        if not 400 <= code < 600:
            return StoppedError("later", "broken", code=code, text=said)
        if code < 500:
            return StoppedError("later", code=code, text=said)
        if code == 530:
            return StoppedError("later", "login-wanted", code=code, text=said)
        if said.startswith(_TOO_LARGE) or (code == 554 and not about and _SIZE.search(said)):
            return StoppedError("refused", "too-large", code=code, text=said)
        if code == 552 and about == "recipient":  # too many at once, or a full box (RFC 5321, 4.5.3.1.10)
            return StoppedError("later", code=code, text=said)
        if code == 552 and not said.startswith(_FULL):
            return StoppedError("refused", "too-large", code=code, text=said)
        return StoppedError("refused", about, code=code, text=said)

    # ---- the line

    def send(self, s: object) -> None:
        """Send a command or a part of the mail."""
        if self._heard:
            raise StoppedError("later", "broken", text=self._said(self._heard))  # an answer before the question
        if self._line is None:
            raise ConnectionError("no line")
        self._line.sendall(s if isinstance(s, bytes) else str(s).encode(self.command_encoding))

    def getreply(self) -> tuple[int, bytes]:
        """Read one reply: its code, and its lines without theirs."""
        lines: list[bytes] = []
        size = 0
        while True:
            line = self._next_line(LONGEST_REPLY - size)
            size += len(line) + 1
            lines.append(line[4:].strip())
            if not (line[:3].isdigit() and line[3:4] in (b" ", b"-", b"")):
                raise StoppedError("later", "broken", text=self._said(line))
            if line[3:4] != b"-":
                return int(line[:3]), b"\n".join(lines)

    def _next_line(self, longest: int) -> bytes:
        while (end := self._heard.find(b"\n")) < 0:
            if len(self._heard) >= longest:
                raise StoppedError("later", "broken", text=f"more than {LONGEST_REPLY} bytes of reply")
            piece = self._line.recv(4096) if self._line else b""
            if not piece:
                raise ConnectionError("the server hung up")
            self._heard += piece
        line, self._heard = self._heard[:end], self._heard[end + 1 :]
        return line.rstrip(b"\r")

    def _said(self, words: bytes | str) -> str:
        """Words of a server or a library made fit to be kept: one short line without the password."""
        text = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
        password = self._settings.password.value
        for secret in (_coded(f"\0{self._settings.user}\0{password}"), _coded(password), password):
            text = text.replace(secret, "***") if len(password) > 2 else text
        return clean(text)[:_WORDS].rstrip()


def _coded(text: str) -> str:
    return b64encode(text.encode(errors="surrogateescape")).decode()  # a variable may hold bytes that are no UTF-8


def _stuffed(content: bytes) -> bytes:
    """The mail with a dot put before every line that begins with one: a lone dot would end it."""
    stuffed = content.replace(b"\r\n.", b"\r\n..")
    return b"." + stuffed if stuffed.startswith(b".") else stuffed


def _trust() -> ssl.SSLContext:
    """Certificates and host names are checked; the usual variables name other authorities."""
    named = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("SSL_CERT_FILE")
    if not named:
        return ssl.create_default_context()
    folder = Path(named).is_dir()
    return ssl.create_default_context(cafile=None if folder else named, capath=named if folder else None)


def _dial(settings: MailSettings, port: int, deadline: Deadline) -> socket.socket:
    """Connect to the first address of the server that takes the call; without TLS, to this machine only."""
    host = settings.host.strip("[]")
    try:
        found = wait_for(lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM), deadline)
    except (OSError, UnicodeError) as error:
        late = isinstance(error, TimeoutError)
        raise StoppedError(
            "later", "timeout" if late else "dns", text=clean(f"{host}: {error}")[:_WORDS].rstrip()
        ) from None
    if settings.security == "none":
        found = [entry for entry in found if ip_address(str(entry[4][0]).partition("%")[0]).is_loopback]
    failure: OSError | None = None
    for turn, (family, kind, protocol, _, address) in enumerate(found):
        try:
            line = socket.socket(family, kind, protocol)
        except OSError as error:  # no IPv6 here
            failure = error
            continue
        try:
            deadline.hold(line)
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            line.settimeout(deadline.left() / (len(found) - turn))
            line.connect(address)
            line.settimeout(deadline.left())
        except OSError as error:
            line.close()
            failure = error
        else:
            return line
    if failure is None:
        raise StoppedError("later", "cleartext", text=host)
    late = isinstance(failure, TimeoutError)
    raise StoppedError(
        "later", "timeout" if late else "connection", text=clean(f"{host}:{port}: {failure}")[:_WORDS].rstrip()
    )
