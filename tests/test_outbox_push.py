"""Short messages through Apprise, to a service on the loopback."""

import json
import logging
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest

from watcher.outbox.push import push
from watcher.sources import Secret

pytest.importorskip("apprise", reason="needs the extra `push`")
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")  # its affair


@contextmanager
def service(answer: bytes) -> Iterator[tuple[str, list[bytes]]]:
    """An HTTP server that keeps what is posted and says one thing to all; silent when that is empty."""
    posted: list[bytes] = []
    over = threading.Event()

    def serve() -> None:
        with suppress(OSError):
            while True:
                line, _ = door.accept()
                with line:
                    head, _, body = line.recv(65536).partition(b"\r\n\r\n")
                    length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
                    while len(body) < length:
                        body += line.recv(65536)
                    posted.append(body)
                    if answer:
                        line.sendall(answer)
                    else:
                        over.wait(10)

    with socket.create_server(("127.0.0.1", 0)) as door:
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield f"json://me:hunter22@127.0.0.1:{door.getsockname()[1]}/key", posted
        finally:
            over.set()
            door.shutdown(socket.SHUT_RDWR)
            thread.join(5)


TOOK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
BUSY = b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


def test_a_title_and_a_text_arrive() -> None:
    with service(TOOK) as (address, posted):
        answer = push(Secret(address), "Trois\nnouvelles", "Été & <b>hiver</b>\nfin")
    assert (answer.recipient, answer.state, answer.reason) == ("json", "sent", "")
    (message,) = (json.loads(body) for body in posted)
    assert (message["title"], message["message"]) == ("Trois nouvelles", "Été & <b>hiver</b>\nfin")


def test_a_service_that_fails_is_for_later_and_no_address_is_shown(
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    with service(BUSY) as (address, posted):
        answer = push(Secret(address), "a", "b")
    assert (answer.state, answer.reason, len(posted)) == ("later", "broken", 1)
    printed = capfd.readouterr()
    assert "hunter22" not in repr(answer) + caplog.text + printed.out + printed.err


def test_a_service_that_is_silent_is_left() -> None:
    started = time.monotonic()
    with service(b"") as (address, _):
        answer = push(Secret(address), "a", "b", deadline=0.5)
        took = time.monotonic() - started
    assert (answer.state, answer.reason) == ("unknown", "timeout")  # whether it arrived nobody knows
    assert took < 3


@pytest.mark.parametrize("address", ["", "nothing", "no-such-service://a/b", "json://"])
def test_an_address_that_makes_no_sense(address: str) -> None:
    answer = push(Secret(address), "a", "b")
    assert (answer.state, answer.reason) == ("later", "push-address")


def test_without_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "apprise", None)  # what makes an import fail
    answer = push(Secret("json://127.0.0.1"), "a", "b")
    assert (answer.state, answer.reason) == ("later", "no-apprise")
