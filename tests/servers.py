"""A scripted HTTP server on the loopback, for tests."""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request as the server got it."""

    path: str
    headers: Mapping[str, str]  # names in lower case
    at: float  # monotonic seconds
    stopped: threading.Event  # set when the server closes: `asked.stopped.wait(60)` hangs, but not for ever


Bytes = bytes | Iterable[bytes]  # pieces are sent one by one; a generator may sleep between them
Answer = Bytes | Callable[[Asked], Bytes]


@dataclass(slots=True)
class Server:
    """A running server; what it answers may be changed while it runs."""

    url: str  # without a slash at the end
    routes: dict[str, Answer]  # by path, query included; anything else is a 404
    asked: list[Asked] = field(default_factory=list)
    stopped: threading.Event = field(default_factory=threading.Event)
    lines: set[socket.socket] = field(default_factory=set)


def reply(status: int = 200, body: bytes = b"", **headers: str) -> bytes:
    """The bytes of an answer; `Content_Type="text/xml"` makes a Content-Type header, and so on."""
    named = {"Content-Length": str(len(body))} | {name.replace("_", "-"): value for name, value in headers.items()}
    lines = [f"HTTP/1.1 {status} Scripted", "Connection: close", *(f"{name}: {value}" for name, value in named.items())]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


@contextmanager
def http_server(
    routes: Mapping[str, Answer], *, host: str = "127.0.0.1", tls: ssl.SSLContext | None = None
) -> Iterator[Server]:
    """Serve `routes` on a free port until the end of the block; every connection is closed after one answer."""
    with socket.create_server((host, 0), backlog=128) as door:
        scheme = "https" if tls else "http"
        server = Server(url=f"{scheme}://{host}:{door.getsockname()[1]}", routes=dict(routes))
        threads: list[threading.Thread] = []

        def accept() -> None:
            while not server.stopped.is_set():
                with suppress(OSError):
                    line, _ = door.accept()
                    threads.append(threading.Thread(target=_serve, args=(server, line, tls), daemon=True))
                    threads[-1].start()

        doorman = threading.Thread(target=accept, daemon=True)
        doorman.start()
        try:
            yield server
        finally:
            server.stopped.set()
            with suppress(OSError):
                door.shutdown(socket.SHUT_RDWR)
            for line in tuple(server.lines):
                with suppress(OSError):
                    line.shutdown(socket.SHUT_RDWR)
            for thread in (doorman, *threads):
                thread.join(5)


def _serve(server: Server, line: socket.socket, tls: ssl.SSLContext | None) -> None:
    with line, suppress(OSError):
        line.settimeout(20)
        if tls:
            line = tls.wrap_socket(line, server_side=True)
        with line:
            server.lines.add(line)
            try:
                _answer(server, line)
            finally:
                server.lines.discard(line)


def _answer(server: Server, line: socket.socket) -> None:
    with line.makefile("rb") as lines:
        words = lines.readline().decode("latin-1").split()
        if len(words) < 2:
            return
        headers = {}
        while (text := lines.readline().decode("latin-1").strip()) != "":
            name, _, value = text.partition(":")
            headers[name.lower()] = value.strip()
    asked = Asked(path=words[1], headers=headers, at=time.monotonic(), stopped=server.stopped)
    server.asked.append(asked)
    answer = server.routes.get(asked.path, reply(404))
    if callable(answer):
        answer = answer(asked)
    for piece in (answer,) if isinstance(answer, bytes) else answer:
        line.sendall(piece)
