"""A mail server as Debian ships it (OpenSMTPD): it takes the mail, and what it stores is the same mail."""

import email
import email.policy
import os
import pwd
import shutil
import smtplib
import socket
import ssl
import subprocess
import tempfile
import time
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest
import trustme
from mailservers import free_port

from watcher.outbox import Letter, MailSettings, deliver

CONFIGURATION = """\
pki "here" cert "{folder}/here.crt"
pki "here" key "{folder}/here.key"
table box {{ "@" = "daemon" }}
listen on lo port {port}
listen on lo port {secret} tls-require pki "here"
action "box" maildir "{folder}/box" virtual <box>
match from any for domain "chu.example" action "box"
"""
HARD = "Bonjour,\n.\n..\n.tout\n\nFrom ici\nÉté œuvre – fin\rretour\n" + "mot " * 3000 + "\n"


@pytest.fixture(scope="module")
def ports() -> tuple[int, int]:
    """The server's ports: one in the clear, one that wants STARTTLS."""
    return free_port(), free_port()


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA(key_type=trustme.KeyType.RSA)


@pytest.fixture(scope="module")
def debian(ports: tuple[int, int], authority: trustme.CA) -> Iterator[tuple[int, Path]]:
    """The port of a running server, and the maildir of all who read there."""
    program = shutil.which("smtpd", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if program is None or os.geteuid() != 0:
        pytest.skip("needs root and the server of Debian's package opensmtpd")
    reader = pwd.getpwnam("daemon")
    with tempfile.TemporaryDirectory(dir="/var/tmp") as name:  # pytest's own folders are closed to other users
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "box").mkdir()
        os.chown(folder / "box", reader.pw_uid, reader.pw_gid)
        port, secret = ports
        certificate = authority.issue_cert("localhost", "127.0.0.1", key_type=trustme.KeyType.RSA)
        (folder / "here.crt").write_bytes(b"".join(blob.bytes() for blob in certificate.cert_chain_pems))
        (folder / "here.key").touch(0o600)  # it refuses a key that others may read
        (folder / "here.key").write_bytes(certificate.private_key_pem.bytes())
        (folder / "smtpd.conf").write_text(CONFIGURATION.format(port=port, secret=secret, folder=folder))
        with (folder / "log").open("wb") as log:
            running = subprocess.Popen([program, "-d", "-f", str(folder / "smtpd.conf")], stdout=log, stderr=log)
        try:
            wait_for_door(port, running, folder / "log")
            yield port, folder / "box"
        finally:
            running.terminate()
            running.wait(20)


def wait_for_door(port: int, running: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(100):
        assert running.poll() is None, log.read_text()
        try:
            with socket.create_connection(("127.0.0.1", port), 1):
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError(log.read_text())


def stored(box: Path, message_id: str) -> bytes:
    """The file of the one mail of that name, when it has come."""
    for _ in range(100):
        files = [file.read_bytes() for file in box.glob("new/*")]
        if named := [file for file in files if email.message_from_bytes(file)["Message-ID"] == message_id]:
            (file,) = named
            return file
        time.sleep(0.1)
    raise AssertionError("it never came")


def frozen(message_id: str, subject: str, body: str) -> bytes:
    message = EmailMessage(policy=email.policy.SMTP)
    message["From"], message["To"] = "veille@chu.example", "anne@chu.example"
    message["Subject"], message["Message-ID"] = subject, message_id
    message.set_content(body, cte="base64" if "\r" in body else None)
    return message.as_bytes()


@pytest.mark.parametrize(
    ("name", "subject", "body"),
    [
        ("plain", "Trois nouvelles", "Bonjour.\n"),
        ("hard", "é" * 3000, HARD),  # S21: lone dots, a bare CR, a long subject
        ("dots", "x", ".\n..\n.\n"),
    ],
)
def test_what_goes_in_comes_out(debian: tuple[int, Path], name: str, subject: str, body: str) -> None:
    port, box = debian
    message_id = f"<{name}@chu.example>"
    content = frozen(message_id, subject, body)
    settings = MailSettings(sender="veille@chu.example", host="127.0.0.1", port=port, security="none", deadline=20)
    letter = Letter(id=message_id, recipients=("anne@chu.example", "luc@elsewhere.example"), content=content)
    anne, luc = deliver(letter, settings, before_data=lambda: None)
    assert (anne.state, anne.code) == ("sent", 250), anne
    assert (luc.state, luc.reason, luc.code) == ("refused", "recipient", 550), luc
    head, _, text = stored(box, message_id).partition(b"\n\n")
    assert text == content.replace(b"\r\n", b"\n").partition(b"\n\n")[2]
    assert email.message_from_bytes(head, policy=email.policy.default)["Subject"] == subject


def test_the_same_by_its_sendmail(debian: tuple[int, Path]) -> None:
    _, box = debian
    content = frozen("<by-sendmail@chu.example>", "é", HARD)
    settings = MailSettings(sender="veille@chu.example", sendmail="sendmail", deadline=20)
    letter = Letter(id="<by-sendmail@chu.example>", recipients=("anne@chu.example",), content=content)
    (anne,) = deliver(letter, settings, before_data=lambda: None)
    assert anne.state == "sent", anne
    text = stored(box, letter.id).partition(b"\n\n")[2]
    assert text == content.replace(b"\r\n", b"\n").partition(b"\n\n")[2]


def shakes_hands(port: int, authority: Path) -> bool:
    """Whether the server's own TLS works with a client that is not ours.

    That of OpenSMTPD 6.8.0p2 as Debian 12 builds it does not, whatever the key and the certificate: it keeps the key in
    a process of its own and hangs an engine into RSA and ECDSA to reach it, which OpenSSL 3 passes by ("missing private
    key" in its log).
    """
    with smtplib.SMTP("127.0.0.1", port, timeout=10) as line:
        try:
            line.starttls(context=ssl.create_default_context(cafile=authority))
        except ssl.SSLError:
            line.close()
            return False
        return True


def test_with_starttls(
    debian: tuple[int, Path],
    ports: tuple[int, int],
    authority: trustme.CA,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _, box = debian
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    works = shakes_hands(ports[1], tmp_path / "ca.pem")
    content = frozen("<by-starttls@chu.example>", "é", HARD)
    settings = MailSettings(sender="veille@chu.example", host="127.0.0.1", port=ports[1], deadline=20)
    letter = Letter(id="<by-starttls@chu.example>", recipients=("anne@chu.example",), content=content)
    given = []
    (anne,) = deliver(letter, settings, before_data=lambda: given.append(True))
    if works:
        assert anne.state == "sent", anne
        assert stored(box, letter.id).partition(b"\n\n")[2] == content.replace(b"\r\n", b"\n").partition(b"\n\n")[2]
    else:  # a server whose TLS is broken gets nothing, and the letter stays
        assert (anne.state, anne.reason, given) == ("later", "tls", []), anne
