"""Digests that are too large for a server, and those that go another way than mail: nothing lost, nothing twice."""

import email
import email.policy
import json
import os
import signal
import time
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from random import Random

import pytest
from killed import POINTS, Runs, Striker, hasty
from lists import FIT, HEBDO, HOUR, PARIS, WEEK, Post
from mailservers import Heard, scripted
from test_outbox_push import BUSY, TOOK, service

from watcher.digest import Digest, DigestSetting
from watcher.outbox import MailSettings, Way
from watcher.render.mail import Envelope, in_parts, mail
from watcher.render.parcels import parcel
from watcher.run.send import Writer, stories_of, try_letters
from watcher.sources import Secret
from watcher.store import Store


def write(digest: Digest, setting: DigestSetting, reader: str, language: str) -> EmailMessage:
    return mail(digest, Envelope(sender="veille@chu.example", to=reader, name=setting.name), language, PARIS)


def pack(digest: Digest, setting: DigestSetting, way: Way, recipient: str, period: str) -> EmailMessage:
    return parcel(digest, setting, way, recipient, period, PARIS)


WRITER = Writer(write=write, room=lambda digest, *_: stories_of(digest), parcel=pack, split=in_parts)
ROUNDS = 16
TOO_LARGE = b"552 5.3.4 message too large\r\n"


@pytest.fixture
def post(store: Store, tmp_path: Path) -> Post:
    """A list that has begun, written as it is in earnest."""
    post = Post(store=store, mail=MailSettings(sender="veille@chu.example", maildir=tmp_path / "box"), writer=WRITER)
    post.send()
    post.reports.clear()
    return post


def by_server(post: Post, port: int) -> None:
    post.mail = MailSettings(sender="veille@chu.example", host="127.0.0.1", port=port, security="none", deadline=5.0)


def opened(content: bytes) -> EmailMessage:
    message = email.message_from_bytes(content.replace(b"\r\n..", b"\r\n."), policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


def plain(message: EmailMessage) -> str:
    body = message.get_body(("plain",))
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n")


def states(post: Post) -> list[tuple[str, str]]:
    return [(letter.part, letter.state) for letter in post.store.letters()]


# Too large for a server


def sized(limit: int) -> dict[str, bytes]:
    return {"EHLO": f"250-mail.example\r\n250 SIZE {limit}\r\n".encode()}


def test_a_server_that_says_how_much_it_takes_gets_parts(post: Post) -> None:
    wanted = post.add(*[FIT] * 30)
    with scripted(sized(9_000)) as heard:
        by_server(post, heard.port)
        report = post.send(weeks=1)
        assert post.send(hours=1).letters == ()
    whole, *parts = (letter for letter in map(post.store.letter, range(1, 9)) if letter)
    assert [letter.state for letter in report.letters] == ["parted", *["sent"] * len(parts)]
    assert report.ill == 0
    assert len(parts) == len(heard.mails) > 1
    assert all(len(mail) <= 9_000 for mail in heard.mails)
    assert "".join(plain(opened(mail)) for mail in heard.mails) == plain(opened(whole.content))
    assert "".join(plain(opened(part.content)) for part in parts) == plain(opened(whole.content))
    text = "".join(plain(opened(mail)) for mail in heard.mails)
    assert all(text.count(f"https://a.example/{n}\n") == 1 for n in wanted)
    names = [str(opened(mail)["Message-ID"]) for mail in heard.mails]
    assert len({*names, whole.message_id}) == len(parts) + 1
    assert [letter.subject[-5:] for letter in parts] == [f"({n}/{len(parts)})" for n in range(1, len(parts) + 1)]
    assert opened(heard.mails[0])["In-Reply-To"] == opened(whole.content)["In-Reply-To"]


def test_a_server_that_does_not_say_it_gets_halves_until_it_is_content(post: Post) -> None:
    wanted = post.add(*[FIT] * 30)

    def take(heard: Heard) -> bytes:
        return TOO_LARGE if len(heard.mails[-1]) > 7_000 else b"250 ok\r\n"

    with scripted({".": take}) as heard:
        by_server(post, heard.port)
        assert post.send(weeks=1).ill == 0
    taken = [mail for mail in heard.mails if len(mail) <= 7_000]
    text = "".join(plain(opened(mail)) for mail in taken)
    assert all(text.count(f"https://a.example/{n}\n") == 1 for n in wanted)
    assert text == plain(opened(heard.mails[0]))
    assert {state for _, state in states(post)} == {"parted", "sent"}


@pytest.mark.parametrize(
    "reply", [b"554 Message too big for us\r\n", b"554 5.2.3 no\r\n", b"552 over quota of size\r\n"]
)
def test_other_ways_of_saying_it(post: Post, reply: bytes) -> None:
    post.add(FIT, FIT)
    with scripted({".": lambda heard: reply if len(heard.mails) == 1 else b"250 ok\r\n"}) as heard:
        by_server(post, heard.port)
        post.send(weeks=1)
    assert states(post)[0] == ("", "parted")
    assert {state for _, state in states(post)[1:]} == {"sent"}


def test_what_cannot_be_made_smaller_is_refused_once(post: Post) -> None:
    post.add(FIT)
    with scripted(sized(900)) as heard:
        by_server(post, heard.port)
        report = post.send(weeks=1)
        assert post.send(hours=1).letters == ()
    assert ([letter.state for letter in report.letters], report.ill, heard.mails) == (["refused"], 1, [])


def test_parts_that_wait_leave_later_as_they_are(post: Post) -> None:
    post.add(*[FIT] * 30)
    busy = sized(9_000) | {"DATA": b"451 not now\r\n"}
    with scripted(busy) as heard:
        by_server(post, heard.port)
        post.send(weeks=1)
    before = {letter.message_id for letter in post.store.letters() if letter.part}
    with scripted(sized(9_000)) as heard:
        by_server(post, heard.port)
        post.send(hours=1)
    assert {str(opened(mail)["Message-ID"]) for mail in heard.mails} == before
    assert {state for part, state in states(post) if part} == {"sent"}


def test_a_trial_leaves_in_parts_too(post: Post) -> None:
    post.add(*[FIT] * 30)
    with scripted(sized(9_000)) as heard:
        by_server(post, heard.port)
        (tested,) = try_letters(post.world, post.store, post.mail, WRITER, "luc@chu.example", mark="[x] ", now=post.now)
    assert tested.answer.state == "sent"
    assert len(heard.mails) > 1
    assert all(str(opened(mail)["Subject"]).startswith("[x] ") for mail in heard.mails)


def test_killed_while_parts_leave(tmp_path: Path) -> None:
    """As the test of whole letters, with a server that takes no more than so much: every part arrives as frozen."""
    lots = Random(11)
    died = 0
    file = tmp_path / "watcher.db"
    with Striker(lots, largest=2500) as server, Runs(file, server.port, earnest=True) as runs, hasty(file) as store:
        post = Post(store=store, mail=MailSettings(sender="veille@chu.example"))
        post.send()
        for _ in range(ROUNDS):
            post.now += WEEK
            post.add(FIT, FIT, FIT, FIT)
            server.skip, server.point = lots.randrange(3), lots.choice((*POINTS[1:], "any time"))
            victim = runs.start(post.now)
            if server.point == "any time":
                time.sleep(lots.random() * 0.1)
                with suppress(ProcessLookupError):
                    os.kill(victim, signal.SIGKILL)
            else:
                server.victim.put(victim)
            died += runs.ended() == signal.SIGKILL
            server.point = ""
            server.forget()
            for later in (HOUR, 3 * HOUR):
                runs.start(post.now + later)
                assert runs.ended() == 0
        runs.start(post.now + timedelta(days=3))
        assert runs.ended() == 0
        letters = [store.letter(letter.id) for letter in store.letters()]
    wholes = [letter for letter in letters if letter and letter.state == "parted" and not letter.part]
    assert len(wholes) == ROUNDS
    assert died > ROUNDS // 2
    taken = set(server.taken)
    for letter in letters:
        assert letter is not None
        assert letter.state in ("sent", "parted"), letter
        named = [mail for mail in taken if f"Message-ID: {letter.message_id}\r".encode() in mail]
        assert named == ([letter.content] if letter.state == "sent" else []), letter
    for whole in wholes:
        its = [x for x in letters if x and x.period == whole.period and x.state == "sent"]
        assert len(its) > 1
        assert "".join(plain(opened(x.content)) for x in sorted(its, key=lambda x: x.part)) == plain(
            opened(whole.content)
        )


# Files


@pytest.mark.parametrize(("form", "ending"), [("html", "html"), ("text", "txt"), ("markdown", "md")])
def test_a_digest_becomes_a_file_once(post: Post, tmp_path: Path, form: str, ending: str) -> None:
    folder = tmp_path / "partage" / "veille"
    post.change(to=(), folder=folder, form=form)
    post.add(FIT)
    report = post.send(weeks=1)
    assert [(letter.way, letter.state) for letter in report.letters] == [("folder", "sent")]
    (file,) = folder.iterdir()
    assert file.name == f"hebdo-2026-W10.{ending}"
    assert FIT in file.read_text(encoding="utf-8").replace("*", "").replace("<mark>", "").replace("</mark>", "")
    assert post.send(hours=1).letters == ()
    (letter,) = post.store.letters()
    with post.store.transaction():
        post.store.keep_letter(replace(letter, state="sending"))
    post.send(hours=1)
    post.send(hours=1)
    assert [one.name for one in folder.iterdir()] == [file.name]
    assert post.store.letters()[0].state == "sent"


def test_a_folder_that_cannot_be_written_waits_for_a_person(post: Post, tmp_path: Path) -> None:
    blocked = tmp_path / "fichier"
    blocked.write_text("x")
    post.change(folder=blocked)
    post.add(FIT)
    report = post.send(weeks=1)
    assert [(x.way, x.state, x.reason) for x in report.letters] == [("mail", "sent", ""), ("folder", "later", "folder")]
    assert report.ill == 1
    blocked.unlink()
    assert [x.state for x in post.send(hours=1).letters] == ["sent"]
    assert [file.name for file in blocked.iterdir()] == ["hebdo-2026-W10.html"]


# Short messages


@pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")
def test_a_short_message_goes_out_once_and_shows_no_address(post: Post) -> None:
    post.change(to=(), push=("salon", "garde"))
    wanted = post.add(*[FIT] * 7)
    with service(TOOK) as (address, posted):
        post.push = {"salon": Secret(address)}
        report = post.send(weeks=1)
        assert [(x.recipient, x.state, x.reason) for x in report.letters] == [
            ("salon", "sent", ""),
            ("garde", "later", "no-push-address"),
        ]
        assert post.send(minutes=1).letters == ()
        post.push["garde"] = Secret(address)
        assert [x.state for x in post.send(hours=1).letters] == ["sent"]
    first, second = (json.loads(body) for body in posted)
    assert (first["title"], first["message"]) == (second["title"], second["message"])
    assert first["title"].replace("\u00a0", " ") == "Veille : 7 histoires à lire"
    assert sum(f"https://a.example/{n}" in first["message"] for n in wanted) == 5
    assert first["message"].rstrip().endswith("2\u00a0autres")
    assert "hunter22" not in repr(post.store.letters()) + str([post.store.letter(n) for n in (1, 2)])


@pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")
def test_a_service_that_is_down_stops_no_mail_and_is_tried_again(post: Post, tmp_path: Path) -> None:
    post.lists = (replace(HEBDO, push=("salon",)), replace(HEBDO, name="autre"))
    post.send()
    post.add(FIT)
    with service(BUSY) as (address, posted):
        post.push = {"salon": Secret(address)}
        report = post.send(weeks=1)
    assert [(x.way, x.state) for x in report.letters] == [("mail", "sent"), ("push", "later"), ("mail", "sent")]
    assert (report.ill, len(posted)) == (0, 1)
    with service(TOOK) as (address, posted):
        post.push = {"salon": Secret(address)}
        assert [x.state for x in post.send(hours=1).letters] == ["sent"]


def test_a_mail_server_that_is_shut_stops_no_file(post: Post, tmp_path: Path) -> None:
    post.lists = (replace(HEBDO, to=("a@chu.example", "b@chu.example"), folder=tmp_path / "veille"),)
    post.add(FIT)
    post.mail = MailSettings(sender="veille@chu.example", sendmail="no-such-program")
    report = post.send(weeks=1)
    assert sorted((x.way, x.state) for x in report.letters) == [
        ("folder", "sent"),
        ("mail", "later"),
        ("mail", "later"),
    ]
    assert len(list((tmp_path / "veille").iterdir())) == 1


def test_mail_that_has_no_way_out_any_more_waits(post: Post) -> None:
    post.add(FIT)
    post.mail = None  # type: ignore[assignment]
    assert [(x.state, x.reason) for x in post.send(weeks=1).letters] == [("later", "no-mail")]
