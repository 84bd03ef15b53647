"""One conversation with a mail server: who got the mail, who did not, and who may have."""

import logging
import socket
import ssl
import struct
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
import trustme
from hypothesis import given
from hypothesis import strategies as st
from mailservers import HANG_UP, Heard, Reply, drip, mail_server, refusing, scripted, silence

from watcher.outbox import REPAIR, Answer, Answers, Letter, MailSettings, Security, deliver
from watcher.outbox.smtp import _stuffed
from watcher.sources import Secret

CONTENT = b"From: veille@chu.example\r\nMessage-ID: <1@chu.example>\r\nSubject: =?utf-8?q?D=C3=A9?=\r\n\r\nBonjour.\r\n"
LETTER = Letter(id="<1@chu.example>", recipients=("anne@chu.example", "luc@chu.example"), content=CONTENT)
PASSWORD = "Kn4rr-é-42"


def settings(port: int, **others: object) -> MailSettings:
    given = {"sender": "veille@chu.example", "host": "127.0.0.1", "security": "none", "deadline": 5.0} | others
    return MailSettings(port=port, **given)  # type: ignore[arg-type]


def send(port: int, letter: Letter = LETTER, **others: object) -> Answers:
    return deliver(letter, settings(port, **others), before_data=lambda: None)


def one(answers: Answers) -> tuple[str, str, int]:
    """What is the same for all."""
    (found,) = {(answer.state, answer.reason, answer.code) for answer in answers}
    return found


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="session")
def tls(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1", "localhost").configure_cert(context)
    return context


@pytest.fixture
def trusted(authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))


# ---- it arrives ----


def test_a_mail_arrives_as_it_is_and_everyone_has_an_answer() -> None:
    with scripted() as heard:
        answers = send(heard.port)
    assert answers == tuple(
        Answer(recipient=name, state="sent", code=250, text="2.0.0 queued as 42") for name in LETTER.recipients
    )
    assert heard.lines == [
        "ehlo [127.0.0.1]",
        f"MAIL FROM:<veille@chu.example> SIZE={len(CONTENT)}",
        "RCPT TO:<anne@chu.example>",
        "RCPT TO:<luc@chu.example>",
        "DATA",
        "QUIT",
    ]
    assert heard.mails == [CONTENT]


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_over_tls_with_a_password_that_is_not_ascii(tls: ssl.SSLContext, security: Security) -> None:
    implicit = security == "tls"
    with mail_server(tls=tls, implicit=implicit, login=("marie", PASSWORD)) as box:
        answers = send(box.port, security=security, user="marie", password=Secret(PASSWORD))
    assert one(answers) == ("sent", "", 250)
    (mail,) = box.mails
    assert (mail.mail_from, tuple(mail.rcpt_tos), mail.content) == ("veille@chu.example", LETTER.recipients, CONTENT)
    assert box.logins == [(b"marie", PASSWORD.encode())]


@pytest.mark.parametrize("offer", ["PLAIN LOGIN", "LOGIN", "CRAM-MD5 LOGIN"])
def test_the_ways_to_log_in(offer: str) -> None:
    asked: dict[str, Reply] = {"EHLO": f"250-mail.example\r\n250 AUTH {offer}\r\n".encode()}
    if "PLAIN" not in offer:
        asked |= {
            "AUTH": b"334 VXNlcm5hbWU6\r\n",
            "BWFYAWU=": b"334 UGFzc3dvcmQ6\r\n",
            "DMVYESBZZWNYZXQ=": b"235 ok\r\n",
        }
    with scripted(asked) as heard:
        answers = send(heard.port, user="marie", password=Secret("very secret"))
    assert one(answers)[0] == "sent", heard.lines
    assert ("AUTH PLAIN AG1hcmllAHZlcnkgc2VjcmV0" in heard.lines) == ("PLAIN" in offer)


def test_the_order_of_the_marks_around_the_mail() -> None:
    order: list[str] = []
    with scripted() as heard:

        def before() -> None:
            order.append(heard.lines[-1])

        def after(answers: Answers) -> None:
            order.append(f"{heard.lines[-1]} {one(answers)[0]}")

        deliver(LETTER, settings(heard.port), before_data=before, after_data=after)
        order.append(heard.lines[-1])
    assert order == ["RCPT TO:<luc@chu.example>", "DATA sent", "QUIT"]


def test_what_before_data_raises_goes_through_and_nothing_is_sent() -> None:
    def full() -> None:
        raise OSError("disk full")

    with scripted() as heard:
        with pytest.raises(OSError, match="disk full"):
            deliver(LETTER, settings(heard.port), before_data=full)
        send(heard.port)
    assert heard.verbs()[:5] == ["EHLO", "MAIL", "RCPT", "RCPT", "QUIT"]
    assert len(heard.mails) == 1


# ---- it does not: S1 to S21 ----

ALL_SAY_NO = refusing("anne", "luc", reply=b"550 5.1.1 no such user\r\n")
SAID: dict[str, tuple[Mapping[str, Reply], tuple[str, str, int]]] = {
    "greeting 554": ({"greeting": b"554 5.7.1 not you\r\n"}, ("later", "", 554)),
    "greeting 421": ({"greeting": b"421 busy\r\n"}, ("later", "", 421)),
    "greeting nonsense": ({"greeting": b"SSH-2.0-OpenSSH_9.2\r\n"}, ("later", "broken", 0)),
    "greeting and dead": ({"greeting": HANG_UP}, ("later", "broken", 0)),
    "no EHLO": ({"EHLO": b"421 too many\r\n"}, ("later", "", 421)),
    "only HELO": ({"EHLO": b"502 what?\r\n"}, ("sent", "", 250)),
    "sender refused": ({"MAIL": b"550 5.1.8 bad sender\r\n"}, ("refused", "sender", 550)),
    "sender later": ({"MAIL": b"451 try again\r\n"}, ("later", "", 451)),
    "log in first": ({"MAIL": b"530 5.7.0 authentication required\r\n"}, ("later", "login-wanted", 530)),
    "too large for MAIL": ({"MAIL": b"552 5.3.4 too big\r\n"}, ("refused", "too-large", 552)),
    "S6 nobody": ({"RCPT": ALL_SAY_NO}, ("refused", "recipient", 550)),
    "all greylisted": ({"RCPT": b"450 4.2.0 greylisted\r\n"}, ("later", "", 450)),
    "too many recipients": ({"RCPT": b"552 too many\r\n"}, ("later", "", 552)),
    "shutting down at RCPT": ({"RCPT": b"421 bye\r\n"}, ("later", "", 421)),
    "S7 451 at DATA": ({"DATA": b"451 4.3.0 not now\r\n"}, ("later", "", 451)),
    "554 at DATA": ({"DATA": b"554 5.5.1 no\r\n"}, ("refused", "", 554)),
    "250 at DATA": ({"DATA": b"250 ok\r\n"}, ("later", "broken", 250)),
    "dead at DATA": ({"DATA": HANG_UP}, ("later", "broken", 0)),
    "451 after the mail": ({".": b"451 4.3.0 not now\r\n"}, ("later", "", 451)),
    "421 after the mail": ({".": b"421 shutting down\r\n"}, ("later", "", 421)),
    "S8 554 after the mail": ({".": b"554 5.7.1 spam\r\n"}, ("refused", "", 554)),
    "S8 552 after the mail": ({".": b"552 message too long\r\n"}, ("refused", "too-large", 552)),
    "523 after the mail": ({".": b"550 5.2.3 too long\r\n"}, ("refused", "too-large", 550)),
    "full": ({".": b"552 5.2.2 mailbox full\r\n"}, ("refused", "", 552)),
    "S9 dead after the dot": ({".": HANG_UP}, ("unknown", "broken", 0)),
    "nonsense after the dot": ({".": b"\xff\xfe\r\n"}, ("unknown", "broken", 0)),
    "a strange code after the dot": ({".": b"354 more?\r\n"}, ("unknown", "broken", 354)),
    "S11 421 at QUIT": ({"QUIT": b"421 bye\r\n"}, ("sent", "", 250)),
    "QUIT and dead": ({"QUIT": HANG_UP}, ("sent", "", 250)),
    "nonsense at QUIT": ({"QUIT": b"\0" * 100 + b"\r\n"}, ("sent", "", 250)),
    "S19 a line of 20 kB": ({".": b"250 " + b"x" * 20_000 + b"\r\n"}, ("sent", "", 250)),
    "20 kB in the greeting": ({"greeting": b"220 " + b"x" * 20_000 + b"\r\n"}, ("sent", "", 250)),
    "a reply without end": ({"greeting": b"220-" + b"x" * 100_000}, ("later", "broken", 0)),
    "lines without end": ({"EHLO": b"250-x\r\n" * 100_000}, ("later", "broken", 0)),
    "no end after the dot": ({".": b"250-x\r\n" * 100_000}, ("unknown", "broken", 0)),
    "two answers to one question": ({"MAIL": b"250 ok\r\n250 ok\r\n"}, ("later", "broken", 0)),
    "the answer comes before the mail": ({"RCPT": b"250 ok\r\n354 go\r\n"}, ("later", "broken", 0)),
    "bare line feeds": ({"greeting": b"220 hi\n", ".": b"250 ok\n"}, ("sent", "", 250)),
    "only a code": ({".": b"250\r\n"}, ("sent", "", 250)),
}


@pytest.mark.parametrize("case", SAID)
def test_what_a_server_may_say(case: str) -> None:
    replies, wanted = SAID[case]
    with scripted(replies) as heard:
        answers = send(heard.port)
    assert [answer.recipient for answer in answers] == list(LETTER.recipients)
    assert one(answers) == wanted
    assert all(answer.text.isprintable() and len(answer.text) <= 200 for answer in answers)


def test_s1_nobody_answers() -> None:
    with socket.create_server(("127.0.0.1", 0)) as door:
        port = door.getsockname()[1]
    assert one(send(port)) == ("later", "connection", 0)


def test_a_name_that_nobody_has() -> None:
    assert one(send(1, host="mail.invalid", security="tls", deadline=20.0)) == ("later", "dns", 0)


SLOW: dict[str, tuple[Mapping[str, Reply], tuple[str, str, int]]] = {
    "S2 silent greeting": ({"greeting": silence}, ("later", "timeout", 0)),
    "S3 drip in the greeting": ({"greeting": drip(b"220-", b"x")}, ("later", "timeout", 0)),
    "S3 drip of lines": ({"greeting": drip(b"", b"220-x\r\n")}, ("later", "timeout", 0)),
    "silent at MAIL": ({"MAIL": silence}, ("later", "timeout", 0)),
    "silent at DATA": ({"DATA": silence}, ("later", "timeout", 0)),
    "S10 silent after the dot": ({".": silence}, ("unknown", "timeout", 0)),
    "drip after the dot": ({".": drip(b"250-", b"x\r\n250-")}, ("unknown", "timeout", 0)),
    "S12 silent at QUIT": ({"QUIT": silence}, ("sent", "", 250)),
    "drip at QUIT": ({"QUIT": drip(b"221-", b"x")}, ("sent", "", 250)),
}


@pytest.mark.parametrize("case", SLOW)
def test_the_whole_conversation_has_a_deadline(case: str) -> None:
    replies, wanted = SLOW[case]
    with scripted(replies) as heard:
        started = time.monotonic()
        answers = send(heard.port, deadline=0.6)
        took = time.monotonic() - started
    assert one(answers) == wanted
    assert took < 2


def test_the_deadline_holds_while_a_mail_is_taken_byte_by_byte() -> None:
    def reader() -> None:
        line, _ = door.accept()
        with line:
            line.sendall(b"220 hi\r\n")
            for reply in (b"250 SIZE\r\n", b"250 ok\r\n", b"250 ok\r\n", b"250 ok\r\n", b"354 go\r\n"):
                line.recv(4096)
                line.sendall(reply)
            over.wait(10)

    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as door:
        thread = threading.Thread(target=reader)
        thread.start()
        large = Letter(id="<2@x>", recipients=LETTER.recipients, content=CONTENT + (b"x" * 900 + b"\r\n") * 20_000)
        answers = send(door.getsockname()[1], large, deadline=1.0)
        over.set()
        thread.join()
    assert one(answers) == ("later", "timeout", 0)  # the mail had no end, so nobody can have taken it


def test_a_line_that_is_reset_after_the_dot() -> None:
    def serve() -> None:
        line, _ = door.accept()
        line.sendall(b"220 hi\r\n")
        for reply in (b"250 hi\r\n", b"250 ok\r\n", b"250 ok\r\n", b"250 ok\r\n", b"354 go\r\n"):
            line.recv(4096)
            line.sendall(reply)
        while not line.recv(65536).endswith(b".\r\n"):
            pass
        line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        line.close()

    with socket.create_server(("127.0.0.1", 0)) as door:
        thread = threading.Thread(target=serve)
        thread.start()
        answers = send(door.getsockname()[1])
        thread.join()
    assert one(answers) == ("unknown", "broken", 0)


# ---- some get it, some do not: S4, S5 ----


@pytest.mark.parametrize(
    ("reply", "state", "reason"),
    [(b"450 4.7.1 greylisted\r\n", "later", ""), (b"550 5.1.1 unknown\r\n", "refused", "recipient")],
)
def test_each_recipient_has_an_answer_of_his_own(reply: bytes, state: str, reason: str) -> None:
    with scripted({"RCPT": refusing("luc", reply=reply)}) as heard:
        anne, luc = send(heard.port)
    assert (anne.recipient, anne.state, anne.code) == ("anne@chu.example", "sent", 250)
    assert (luc.state, luc.reason, luc.code) == (state, reason, int(reply[:3]))
    assert len(heard.mails) == 1


def test_a_refusal_stands_whatever_becomes_of_the_mail() -> None:
    with scripted({"RCPT": refusing("luc", reply=b"550 no\r\n"), ".": HANG_UP}) as heard:
        anne, luc = send(heard.port)
    assert (anne.state, luc.state) == ("unknown", "refused")


def test_without_anybody_to_send_to_there_is_no_mail() -> None:
    called: list[str] = []
    with scripted({"RCPT": ALL_SAY_NO}) as heard:
        deliver(
            LETTER,
            settings(heard.port),
            before_data=lambda: called.append("before"),
            after_data=lambda answers: called.append(one(answers)[0]),
        )
    assert called == ["refused"]
    assert heard.verbs() == ["EHLO", "MAIL", "RCPT", "RCPT", "QUIT"]


def test_whom_the_envelope_cannot_name() -> None:
    names = ("a@b\r\nRCPT TO:<c@d>", "no-at", "x y@z.fr", "<a@b.fr>", "a@b.fr", "a@b.fr", "", "a@\u2028b.fr")
    with scripted() as heard:
        answers = send(heard.port, Letter(id="<1@x>", recipients=names, content=CONTENT))
    assert {a.recipient: (a.state, a.reason) for a in answers} == {
        **dict.fromkeys(names, ("refused", "not-an-address")),
        "a@b.fr": ("sent", ""),
    }
    assert heard.lines.count("RCPT TO:<a@b.fr>") == heard.verbs().count("RCPT") == 1


# ---- what the server must be able to do ----


def test_a_mail_larger_than_the_server_takes_is_not_sent() -> None:
    with scripted({"EHLO": b"250-mail.example\r\n250 SIZE 50\r\n"}) as heard:
        answers = send(heard.port)
    assert one(answers) == ("refused", "too-large", 0)
    assert heard.verbs() == ["EHLO", "QUIT"]


@pytest.mark.parametrize("size", ["", "0", "-1", "9" * 5000, "lots"])
def test_a_size_that_means_no_limit(size: str) -> None:
    with scripted({"EHLO": f"250-mail.example\r\n250 SIZE {size}\r\n".encode()}) as heard:
        assert one(send(heard.port))[0] == "sent"


def test_s18_an_address_with_an_accent() -> None:
    letter = Letter(id="<1@x>", recipients=("rené@chu.example", "anne@chu.example"), content=CONTENT)
    with scripted() as heard:
        rene, anne = send(heard.port, letter)
        assert one(send(heard.port, sender="rené@chu.example")) == ("refused", "no-smtputf8", 0)
    assert (rene.state, rene.reason, anne.state) == ("refused", "no-smtputf8", "sent")
    with mail_server() as box:
        assert one(send(box.port, letter)) == ("sent", "", 250)
    assert box.mails[0].rcpt_tos == ["rené@chu.example", "anne@chu.example"]


def test_bytes_beyond_ascii() -> None:
    letter = Letter(id="<1@x>", recipients=("anne@chu.example",), content=CONTENT + "é\r\n".encode())
    with scripted({"EHLO": b"250 mail.example\r\n"}) as heard:
        assert one(send(heard.port, letter)) == ("refused", "no-8bitmime", 0)
    with scripted() as heard:
        assert one(send(heard.port, letter)) == ("sent", "", 250)
    assert heard.lines[1].endswith(" BODY=8BITMIME")
    assert heard.mails == [letter.content]


@pytest.mark.parametrize(
    "content",
    [b"", b"A: b\n\nc\n", b"A: b\r\n\r\nc\rd\r\n", b"A: b\r\n\r\nc", b"A: b\r\n\r\n" + b"x" * 999 + b"\r\n", b"\0\r\n"],
)
def test_what_is_not_a_mail_is_not_sent(content: bytes) -> None:
    with scripted() as heard:
        assert one(send(heard.port, Letter(id="<1@x>", recipients=("a@b.fr",), content=content))) == (
            "refused",
            "malformed",
            0,
        )
    assert heard.lines == []


@pytest.mark.parametrize("body", [b".\r\n", b"a\r\n.\r\n..\r\n.a\r\n", b".\r\n.\r\nQUIT\r\n", b"x" * 998 + b"\r\n"])
def test_dots_arrive_as_they_were(body: bytes) -> None:
    letter = Letter(id="<1@x>", recipients=("a@b.fr",), content=b"A: b\r\n\r\n" + body)
    with mail_server() as box:
        assert one(send(box.port, letter)) == ("sent", "", 250)
    assert box.mails[0].content == letter.content


@given(st.lists(st.sampled_from([b".", b"..", b"", b"a", b".b"]), max_size=8))
def test_no_line_of_a_mail_is_a_lone_dot_on_the_wire(lines: list[bytes]) -> None:
    content = b"".join(line + b"\r\n" for line in lines)
    wire = _stuffed(content).split(b"\r\n")
    assert b"." not in wire
    assert [line.removeprefix(b".") for line in wire] == content.split(b"\r\n")


# ---- TLS and passwords: S13 to S17 ----


def test_s13_without_starttls_nothing_is_sent() -> None:
    with scripted() as heard:
        answers = send(heard.port, security="starttls", user="marie", password=Secret(PASSWORD))
    assert one(answers) == ("later", "no-starttls", 0)
    assert heard.verbs() == ["EHLO", "QUIT"]


TLS_OFFERED: Mapping[str, Reply] = {"EHLO": b"250-mail.example\r\n250 STARTTLS\r\n"}


def test_starttls_that_is_refused() -> None:
    with scripted({**TLS_OFFERED, "STARTTLS": b"454 not now\r\n"}) as heard:
        assert one(send(heard.port, security="starttls")) == ("later", "no-starttls", 454)
    assert heard.verbs() == ["EHLO", "STARTTLS", "QUIT"]


def test_a_line_that_goes_dead_before_tls_stands() -> None:
    def goodbye(heard: Heard) -> Iterator[bytes]:
        yield b"220 go\r\n"
        raise ConnectionError

    for reply in (HANG_UP, goodbye):
        with scripted({**TLS_OFFERED, "STARTTLS": reply}) as heard:
            assert one(send(heard.port, security="starttls")) == ("later", "broken", 0)
    with scripted({"greeting": HANG_UP}) as heard:
        assert one(send(heard.port, security="tls")) == ("later", "broken", 0)


def test_the_deadline_holds_in_the_handshake() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:  # takes the call, never says a word
        assert one(send(silent.getsockname()[1], security="tls", deadline=0.5)) == ("later", "timeout", 0)


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_s14_a_certificate_nobody_signed(tls: ssl.SSLContext, security: Security) -> None:
    with mail_server(tls=tls, implicit=security == "tls") as box:
        assert one(send(box.port, security=security)) == ("later", "tls", 0)
    assert box.mails == []


@pytest.mark.usefixtures("trusted")
def test_s15_a_certificate_of_another_host(authority: trustme.CA) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("mail.elsewhere.example").configure_cert(context)
    with mail_server(tls=context) as box:
        answers = send(box.port, security="starttls")
    assert one(answers) == ("later", "tls", 0)
    assert "127.0.0.1" in answers[0].text
    assert box.mails == []


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize("extra", [b"250 AUTH PLAIN\r\n", b"x"])
def test_s16_a_word_slipped_in_before_tls(tls: ssl.SSLContext, extra: bytes) -> None:
    with scripted({**TLS_OFFERED, "STARTTLS": b"220 go\r\n" + extra}, tls=tls) as heard:
        answers = send(heard.port, security="starttls", user="marie", password=Secret(PASSWORD))
    assert one(answers) == ("later", "injected", 0)
    assert heard.verbs() == ["EHLO", "STARTTLS"]


@pytest.mark.usefixtures("trusted")
def test_a_word_slipped_in_a_moment_later_breaks_tls(tls: ssl.SSLContext) -> None:
    def pieces(heard: Heard) -> Iterator[bytes]:
        yield b"220 go\r\n"
        heard.stopped.wait(0.2)
        yield b"250 AUTH PLAIN\r\n"

    with scripted({**TLS_OFFERED, "STARTTLS": pieces}, tls=tls) as heard:
        assert one(send(heard.port, security="starttls")) == ("later", "tls", 0)
    assert heard.verbs() == ["EHLO", "STARTTLS"]


@pytest.mark.usefixtures("trusted")
def test_what_was_said_in_the_open_counts_no_more(tls: ssl.SSLContext) -> None:
    def greeting(heard: Heard) -> bytes:
        inside = "STARTTLS" in heard.verbs()
        return b"250 mail.example\r\n" if inside else b"250-mail.example\r\n250-AUTH PLAIN\r\n250 STARTTLS\r\n"

    with scripted({"EHLO": greeting}, tls=tls) as heard:
        answers = send(heard.port, security="starttls", user="marie", password=Secret(PASSWORD))
    assert one(answers) == ("later", "no-auth", 0)
    assert heard.verbs() == ["EHLO", "STARTTLS", "EHLO", "QUIT"]


def test_without_tls_only_to_this_machine() -> None:
    for host in ("192.0.2.1", "example.invalid"):
        state, reason, _ = one(send(25, host=host, deadline=20.0))
        assert (state, reason) in (("later", "cleartext"), ("later", "dns"))
    assert one(send(25, host="192.0.2.1")) == ("later", "cleartext", 0)


def test_s17_no_way_to_log_in() -> None:
    with scripted({"EHLO": b"250-mail.example\r\n250 AUTH XOAUTH2 GSSAPI\r\n"}) as heard:
        answers = send(heard.port, user="marie", password=Secret(PASSWORD))
    assert one(answers) == ("later", "no-auth", 0)
    assert answers[0].text == "XOAUTH2 GSSAPI"


def test_a_user_without_a_password() -> None:
    with scripted() as heard:
        assert one(send(heard.port, user="marie")) == ("later", "no-password", 0)
    assert heard.lines == []


OPENS: Mapping[str, Reply] = {"EHLO": b"250-mail.example\r\n250 AUTH PLAIN\r\n"}


@pytest.mark.parametrize(
    ("reply", "wanted"),
    [
        (b"535 5.7.8 wrong\r\n", ("later", "auth-refused", 535)),
        (b"454 4.7.0 not now\r\n", ("later", "", 454)),
        (b"334 \r\n", ("later", "broken", 334)),
        (HANG_UP, ("later", "broken", 0)),
    ],
)
def test_s17_a_login_that_fails(reply: Reply, wanted: tuple[str, str, int]) -> None:
    with scripted({**OPENS, "AUTH": reply}) as heard:
        answers = send(heard.port, user="marie", password=Secret(PASSWORD))
    assert one(answers) == wanted
    assert "MAIL" not in heard.verbs()


def echo(heard: Heard) -> bytes:
    """What was said last, in every form, and in the midst of a line."""
    return f"535 no {heard.lines[-1]} {PASSWORD}{PASSWORD} for you\r\n".encode()


@pytest.mark.parametrize("verb", ["AUTH", "MAIL", "RCPT", "."])
def test_the_password_is_nowhere(
    verb: str, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    with scripted({**OPENS, verb: echo}) as heard:
        used = settings(heard.port, user="marie", password=Secret(PASSWORD))
        answers = deliver(LETTER, used, before_data=lambda: None)
    printed = capfd.readouterr()
    shown = " ".join((repr(used), str(used), repr(answers), caplog.text, printed.out, printed.err))
    coded = heard.lines[1].split()[-1]  # as it went over the wire
    assert "***" in answers[0].text
    assert PASSWORD not in shown
    assert coded not in shown


def test_what_a_person_must_repair_is_never_given_up_at_once() -> None:
    assert {"no-starttls", "tls", "auth-refused", "no-auth", "no-password", "cleartext"} <= REPAIR
