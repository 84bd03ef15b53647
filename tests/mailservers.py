"""Mail servers on the loopback, for tests: one that says what a script says, and a real one (aiosmtpd)."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

HANG_UP = None  # a reply: the line goes dead instead
Pieces = bytes | Iterable[bytes]
Reply = Pieces | None | Callable[["Heard"], Pieces | None]


@dataclass(slots=True)
class Heard:
    """What a scripted server was told."""

    port: int
    lines: list[str] = field(default_factory=list)  # commands
    mails: list[bytes] = field(default_factory=list)  # with their dots still doubled, without the last one
    stopped: threading.Event = field(default_factory=threading.Event)

    def verbs(self) -> list[str]:
        return [line.split()[0].upper() for line in self.lines]


def silence(heard: Heard) -> bytes:
    """Say nothing until the test is over."""
    heard.stopped.wait(30)
    return b""


def drip(start: bytes, drop: bytes) -> Callable[[Heard], Iterator[bytes]]:
    """Say something every tenth of a second, for ever."""

    def pieces(heard: Heard) -> Iterator[bytes]:
        yield start
        while not heard.stopped.wait(0.1):
            yield drop

    return pieces


def refusing(*names: str, reply: bytes) -> Callable[[Heard], bytes]:
    """A reply to RCPT that refuses some."""
    return lambda heard: reply if any(f"<{name}" in heard.lines[-1] for name in names) else b"250 ok\r\n"


USUAL: Mapping[str, Reply] = {
    "greeting": b"220 mail.example ready\r\n",
    "EHLO": b"250-mail.example\r\n250-8BITMIME\r\n250 SIZE 1000000\r\n",
    "STARTTLS": b"220 go ahead\r\n",
    "AUTH": b"235 2.7.0 welcome\r\n",
    "DATA": b"354 go on\r\n",
    ".": b"250 2.0.0 queued as 42\r\n",
    "QUIT": b"221 bye\r\n",
}


@contextmanager
def scripted(replies: Mapping[str, Reply] | None = None, *, tls: ssl.SSLContext | None = None) -> Iterator[Heard]:
    """Play a script on a free port: for each verb ("greeting" and "." are verbs too) what is said; else "250 ok".

    With `tls`, STARTTLS is followed by a handshake.
    """
    says = {**USUAL, **(replies or {})}
    with socket.create_server(("127.0.0.1", 0)) as door:
        heard = Heard(port=door.getsockname()[1])
        lines: list[socket.socket] = []
        threads: list[threading.Thread] = []

        def accept() -> None:
            while not heard.stopped.is_set():
                with suppress(OSError):
                    line, _ = door.accept()
                    lines.append(line)
                    threads.append(threading.Thread(target=_play, args=(line, heard, says, tls), daemon=True))
                    threads[-1].start()

        doorman = threading.Thread(target=accept, daemon=True)
        doorman.start()
        try:
            yield heard
        finally:
            heard.stopped.set()
            for line in (door, *lines):
                with suppress(OSError):
                    line.shutdown(socket.SHUT_RDWR)
            for thread in (doorman, *threads):
                thread.join(5)


def _play(line: socket.socket, heard: Heard, says: Mapping[str, Reply], tls: ssl.SSLContext | None) -> None:
    with ExitStack() as stack, suppress(OSError):
        stack.enter_context(line)
        line.settimeout(20)
        if not _say(line, heard, says["greeting"]):
            return
        while True:
            verb = ""
            with line.makefile("rb") as words:
                while command := words.readline().decode().strip():
                    heard.lines.append(command)
                    verb = command.split()[0].upper()
                    if not _say(line, heard, says.get(verb, b"250 ok\r\n")):
                        return
                    if verb == "STARTTLS" and tls:
                        break
                    if verb == "DATA" and not _take_mail(line, words.readline, heard, says):
                        return
            if verb != "STARTTLS" or tls is None:
                return
            line = stack.enter_context(tls.wrap_socket(line, server_side=True))


def _say(line: socket.socket, heard: Heard, reply: Reply) -> bool:
    pieces = reply(heard) if callable(reply) else reply
    if pieces is HANG_UP:
        return False
    for piece in (pieces,) if isinstance(pieces, bytes) else pieces:
        line.sendall(piece)
    return True


def _take_mail(line: socket.socket, readline: Callable[[], bytes], heard: Heard, says: Mapping[str, Reply]) -> bool:
    if says["DATA"] != USUAL["DATA"]:
        return True
    mail = b""
    while (part := readline()) not in (b".\r\n", b""):
        mail += part
    heard.mails.append(mail)
    return _say(line, heard, says["."])


# ---- a real one ------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Box:
    """What a real server took."""

    port: int = 0
    mails: list[Envelope] = field(default_factory=list)
    logins: list[tuple[bytes, bytes]] = field(default_factory=list)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.mails.append(envelope)
        return "250 2.0.0 taken"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as door:
        return int(door.getsockname()[1])


@contextmanager
def mail_server(
    *,
    tls: ssl.SSLContext | None = None,
    implicit: bool = False,
    login: tuple[str, str] | None = None,
    utf8: bool = True,
) -> Iterator[Box]:
    """Run aiosmtpd on a free port; with `tls` by STARTTLS or, `implicit`, from the first byte."""
    box = Box(port=free_port())

    def check(server: SMTP, session: Session, envelope: Envelope, mechanism: str, given: LoginPassword) -> AuthResult:
        box.logins.append((given.login, given.password))
        wanted = tuple(word.encode() for word in login or ())
        return AuthResult(success=(given.login, given.password) == wanted, handled=False)

    controller = Controller(
        box,
        hostname="127.0.0.1",
        port=box.port,
        ssl_context=tls if implicit else None,
        tls_context=None if implicit else tls,
        require_starttls=bool(tls and not implicit),
        authenticator=check if login else None,
        auth_required=bool(login and not implicit),  # it does not see TLS that was there first
        auth_require_tls=not implicit,
        enable_SMTPUTF8=utf8,
    )
    controller.start()
    try:
        yield box
    finally:
        controller.stop()
