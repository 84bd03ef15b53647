"""Regular digests, neither lost nor sent twice: with a real database, a folder of mails, and mail servers that fail."""

import email
import email.headerregistry
import email.policy
import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest
from lists import DAY, FIT, HEBDO, MONDAY, PARIS, PLAIN, Post, plain, profile, told
from mailservers import HANG_UP, refusing, scripted

from watcher.digest import Digest, DigestSetting
from watcher.errors import StorageError, UsageError
from watcher.outbox import MailSettings, Outs, Security
from watcher.post import Posted
from watcher.render.mail import Envelope, mail, room
from watcher.run.send import Writer, due_letters, make_due, send
from watcher.sources import Secret
from watcher.store import Store


@pytest.fixture
def box(tmp_path: Path) -> Path:
    return tmp_path / "box"


@pytest.fixture
def post(store: Store, box: Path) -> Post:
    """A list that has begun, with mail going into a folder."""
    post = Post(store=store, mail=MailSettings(sender="veille@chu.example", maildir=box))
    post.add("Trois pommes")
    assert [made.outcome for made in post.send().made] == ["begun"]
    post.reports.clear()
    return post


def mails(box: Path) -> list[str]:
    """The text of every mail in a folder, oldest first."""
    found = [email.message_from_bytes(file.read_bytes(), policy=email.policy.default) for file in box.glob("new/*")]
    found.sort(key=lambda mail: str(mail["Message-ID"]))
    return [str(mail.get_content()).strip() for mail in found if isinstance(mail, EmailMessage)]


def fates(letters: tuple[Posted, ...]) -> list[tuple[str, str]]:
    return [(letter.state, letter.reason) for letter in letters]


def by_server(post: Post, port: int, security: Security = "none") -> None:
    post.mail = MailSettings(sender="veille@chu.example", host="127.0.0.1", port=port, security=security, deadline=5.0)


# What a digest tells, and when


def test_a_new_list_begins_with_what_comes_next(store: Store, box: Path) -> None:
    post = Post(store=store, mail=MailSettings(sender="veille@chu.example", maildir=box))
    post.add(FIT, "Un autre fer : la ferroptose des lysosomes")
    report = post.send()
    assert [(made.outcome, made.digest) for made in report.made] == [("begun", None)]
    assert post.send(days=1).made == ()
    news = post.add(FIT)
    assert post.send(days=5).made == ()
    post.send(days=1)
    assert post.told() == [("2026-W10", news)]
    assert mails(box) == ["3"]


def test_once_a_period(post: Post, box: Path) -> None:
    post.add(FIT)
    for _ in range(24 * 8):
        post.send(hours=1)
    assert [period for period, _ in post.told()] == ["2026-W10"]
    assert len(mails(box)) == 1


def test_a_machine_that_was_asleep_for_three_weeks_tells_everything_once(post: Post, box: Path) -> None:
    early = post.add(FIT)
    post.now += 24 * DAY  # a Thursday
    late = post.add(FIT)
    post.send()
    assert post.told() == [("2026-W12", early + late)]
    assert post.send(hours=1).made == ()
    post.add(FIT)
    post.send(days=4)
    assert [period for period, _ in post.told()] == ["2026-W12", "2026-W13"]


def test_nothing_is_lost_when_digests_could_not_be_made_for_months(post: Post) -> None:
    wanted = post.add(FIT)
    post.now += 100 * DAY
    post.send()
    assert post.told() == [("2026-W23", wanted)]


def test_a_month_is_longer_than_four_weeks(post: Post) -> None:
    post.lists = (replace(HEBDO, name="mensuel", every="month"),)
    post.send()
    post.now = datetime(2026, 4, 1, 5, 0, tzinfo=UTC)
    post.send()
    early = post.add(FIT)
    post.now = datetime(2026, 5, 1, 5, 0, tzinfo=UTC)
    post.send()
    assert post.told() == [("2026-04", early)]


def test_a_clock_set_back_makes_no_second_digest(post: Post, box: Path) -> None:
    post.add(FIT)
    post.send(weeks=1)
    post.add(FIT)
    post.send(weeks=-1)
    post.send(days=6)
    assert [period for period, _ in post.told()] == ["2026-W10"]
    post.send(days=8)
    assert [period for period, _ in post.told()] == ["2026-W10", "2026-W11"]
    assert len(mails(box)) == 2


def test_a_clock_that_was_years_ahead_does_not_silence_a_list(post: Post) -> None:
    first = post.add(FIT)
    post.now += 1500 * DAY
    post.send()
    later = post.add(FIT)
    post.now = MONDAY + 7 * DAY
    last = post.add(FIT)
    post.send()
    assert post.told() == [("2030-W14", first), ("2026-W10", later + last)]
    post.add(FIT)
    post.send(days=1)
    assert len(post.told()) == 2
    post.send(days=6)
    assert [period for period, _ in post.told()] == ["2030-W14", "2026-W10", "2026-W11"]


def test_a_clock_that_was_never_set_makes_nothing(post: Post) -> None:
    wanted = post.add(FIT)
    right = post.now
    post.now = datetime(1970, 1, 1, 0, 5, tzinfo=UTC)
    also = post.add(FIT)
    assert post.send().made == ()
    post.now = right
    post.send(weeks=1)
    assert post.told() == [("2026-W10", wanted + also)]


def test_nothing_is_told_twice_and_what_there_was_no_room_for_comes_later(post: Post) -> None:
    post.change(most=2)
    wanted = post.add(*[FIT] * 5)
    post.send(weeks=1)
    (made,) = post.reports[-1].made
    assert made.digest is not None
    assert (made.digest.carried, len(made.left)) == (3, 3)
    post.send(weeks=10)  # far beyond what a list looks back
    post.send(weeks=1)
    parts = [numbers for _, numbers in post.told()]
    assert [len(part) for part in parts] == [2, 2, 1]
    assert sorted(n for part in parts for n in part) == sorted(wanted)
    assert post.send(weeks=1).made[0].outcome == "empty"


def test_an_article_that_fits_later_is_told_later(post: Post) -> None:
    (low,) = post.add("La tarte aux pommes")
    post.add("Le beurre")
    post.send(weeks=1)
    with post.store.transaction():
        post.store.keep_verdict(low, "ferro", post.now, keep=True)
    post.send(weeks=1)
    assert post.told() == [("2026-W11", (low,))]
    (made,) = post.reports[-1].made
    assert made.digest is not None
    assert (made.digest.read, made.digest.set_aside) == (1, 0)  # the rest was read, and counted, a week ago


def test_a_rejected_article_is_not_told(post: Post) -> None:
    one, other = post.add(FIT, FIT)
    with post.store.transaction():
        post.store.keep_verdict(one, "ferro", post.now, keep=False)
    post.send(weeks=1)
    assert post.told() == [("2026-W10", (other,))]


def test_a_verdict_brings_back_from_the_background_but_not_from_before_the_list(post: Post) -> None:
    (held,) = post.add("Le grenier")
    with post.store.transaction():
        post.store._write("UPDATE articles SET background = 1 WHERE id = ?", [(held,)])
        for number in (held, 1):
            post.store.keep_verdict(number, "ferro", post.now, keep=True)
            post.store.keep_verdict(number, "other", post.now, keep=True)
    post.send(weeks=1)
    assert post.told() == [("2026-W10", (held,))]


def test_what_floods_bring_is_not_told(post: Post) -> None:
    held = post.add(FIT)
    with post.store.transaction():
        post.store._write("UPDATE articles SET background = 1 WHERE id = ?", [held])
    assert post.send(weeks=1).made[0].outcome == "empty"


def test_an_edited_profile_tells_what_it_missed_lately_and_not_for_ever(post: Post) -> None:
    post.add("La tarte aux pommes du grenier")
    post.send(weeks=1)
    post.now += 40 * DAY
    late = post.add("La tarte aux poires du grenier")
    post.send()
    post.profiles = (profile("ferroptose tarte grenier"),)
    post.send(weeks=1)
    assert post.told() == [("2026-W16", late)]


def test_a_list_without_readers_waits_for_one(post: Post) -> None:
    post.change(to=())
    post.add(FIT)
    assert post.send(weeks=1).made == ()
    post.change(to=("luc@chu.example",))
    assert post.send().made[0].outcome == "made"


def test_nothing_new_is_said_only_to_those_who_want_it(post: Post, box: Path) -> None:
    quiet = post.send(weeks=1)
    assert [made.outcome for made in quiet.made] == ["empty"]
    assert mails(box) == []
    assert post.send(hours=1).made == ()
    post.change(when_empty=True)
    loud = post.send(weeks=1)
    assert [letter.subject for letter in loud.letters] == ["hebdo fr nothing"]
    assert mails(box) == ["nothing"]


def test_several_lists_in_their_own_language_and_rhythm(post: Post) -> None:
    daily = DigestSetting(name="daily", profiles=("ferro",), every="day", language="en", to=("luc@chu.example",))
    post.lists = (HEBDO, daily)
    post.send()
    post.add(FIT)
    post.send(days=1)
    assert [letter.subject for letter in post.reports[-1].letters] == ["daily en news"]
    post.send(days=6)
    assert [letter.subject for letter in post.reports[-1].letters] == ["hebdo fr news"]


def test_an_address_that_stands_twice_gets_one_letter(post: Post, box: Path) -> None:
    post.change(to=("anne@chu.example", "luc@chu.example", "Anne@CHU.example"))
    post.add(FIT)
    assert len(post.send(weeks=1).letters) == 2
    assert len(mails(box)) == 2


# A message holds so much


def test_what_a_message_cannot_hold_comes_in_the_next_one(post: Post) -> None:
    post.writer = Writer(write=plain, room=lambda digest, setting, language: min(2, len(told(digest))))
    wanted = post.add(*[FIT] * 5)
    for _ in range(3):
        post.send(weeks=1)
    assert sorted(n for _, part in post.told() for n in part) == sorted(wanted)
    assert [len(part) for _, part in post.told()] == [2, 2, 1]


def test_every_story_that_is_told_stands_in_the_letter(post: Post, box: Path) -> None:
    def write(digest: Digest, setting: DigestSetting, reader: str, language: str) -> EmailMessage:
        return mail(digest, Envelope(sender="veille@chu.example", to=reader, name=setting.name), language, PARIS)

    post.writer = Writer(write=write, room=lambda digest, _, language: room(digest, language, PARIS))
    post.change(most=200)
    wanted = post.add(*[FIT] * 200)
    while post.send(weeks=1).made[0].outcome == "made":
        pass
    parts = [numbers for _, numbers in post.told()]
    assert len(parts) > 1
    assert sorted(n for part in parts for n in part) == sorted(wanted)
    for file, part in zip(sorted(box.glob("new/*"), key=lambda f: f.stat().st_mtime_ns), parts, strict=True):
        message = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        for kind in ("plain", "html"):
            body = message.get_body((kind,))
            assert body is not None
            text = body.get_content()
            assert all(f"https://a.example/{n}\n" in text or f'https://a.example/{n}"' in text for n in part)


def test_a_message_that_holds_nothing_is_a_failure_and_loses_nothing(post: Post) -> None:
    wanted = post.add(FIT)
    post.writer = Writer(write=plain, room=lambda digest, setting, language: 0)
    (made,) = post.send(weeks=1).made
    assert isinstance(made.error, UsageError)
    assert (made.outcome, made.error.reason) == ("failed", "no-room")
    post.writer = PLAIN
    post.send(hours=1)
    assert post.told() == [("2026-W10", wanted)]


# Faults


def broken(digest: Digest, setting: DigestSetting, reader: str, language: str) -> EmailMessage:
    if setting.name == "hebdo":
        raise KeyError("a bad template")
    return plain(digest, setting, reader, language)


def test_a_list_that_cannot_be_written_stops_no_other_and_is_tried_again(post: Post, box: Path) -> None:
    post.lists = (HEBDO, replace(HEBDO, name="autre"))
    post.send()
    wanted = post.add(FIT)
    post.writer = replace(PLAIN, write=broken)
    report = post.send(weeks=1)
    assert [(made.setting.name, made.outcome) for made in report.made] == [("hebdo", "failed"), ("autre", "made")]
    assert report.ill == 1
    assert len(mails(box)) == 1
    post.writer = PLAIN
    post.reports.clear()
    post.send(hours=1)
    assert post.told() == [("2026-W10", wanted)]


@pytest.mark.parametrize("odd", ["anne", "é@chu.example", "a b@chu.example", "a@b.fr\nBcc: c@d.fr", ""])
def test_an_address_that_is_none_is_refused_and_the_others_go(post: Post, box: Path, odd: str) -> None:
    def strict(digest: Digest, setting: DigestSetting, reader: str, language: str) -> EmailMessage:
        message = plain(digest, setting, reader, language)
        if reader:
            message.replace_header("To", email.headerregistry.Address(addr_spec=reader))
        return message

    post.writer = replace(PLAIN, write=strict)
    post.change(to=("luc@chu.example", odd, "anne@chu.example"))
    post.add(FIT)
    report = post.send(weeks=1)
    assert fates(post.store.letters()) == [("sent", ""), ("refused", "not-an-address"), ("sent", "")]
    assert (len(mails(box)), report.ill) == (2, 1)
    assert post.send(hours=1).letters == ()


def test_a_full_disk_stops_the_run_before_anything_is_sent(post: Post, box: Path) -> None:
    post.add(FIT)
    post.store._connection.execute(f"PRAGMA max_page_count = {_pages(post.store)}")

    def large(digest: Digest, setting: DigestSetting, reader: str, language: str) -> EmailMessage:
        message = plain(digest, setting, reader, language)
        for n in range(300):
            message[f"X-{n}"] = hashlib.sha512(f"{n}".encode()).hexdigest()
        return message

    post.writer = replace(PLAIN, write=large)
    with pytest.raises(StorageError, match="disk-full"):
        post.send(weeks=1)
    assert mails(box) == []
    assert post.store.letters() == ()
    post.store._connection.execute("PRAGMA max_page_count = 100000")
    post.send(hours=1)
    assert len(mails(box)) == 1


def _pages(store: Store) -> int:
    return int(store._rows("PRAGMA page_count")[0][0])


# Letters


def test_two_readers_and_one_is_refused(post: Post) -> None:
    post.change(to=("anne@chu.example", "luc@chu.example"))
    post.add(FIT)
    with scripted({"RCPT": refusing("anne", reply=b"550 5.1.1 no such user\r\n")}) as heard:
        by_server(post, heard.port)
        report = post.send(weeks=1)
        assert fates(report.letters) == [("refused", "recipient"), ("sent", "")]
        assert report.ill == 1
        post.send(days=1)
    assert heard.verbs().count("RCPT") == 2
    assert len(heard.mails) == 1
    letter = post.store.letters()[0]
    assert (letter.code, letter.text) == (550, "5.1.1 no such user")


def test_a_letter_that_may_have_arrived_is_repeated_as_it_was_and_not_for_ever(post: Post) -> None:
    post.add(FIT)
    with scripted({".": HANG_UP}) as heard:
        by_server(post, heard.port)
        seen = [fates(post.send(weeks=1).letters)]
        seen += [fates(post.send(hours=1).letters) for _ in range(60)]
    assert [one for one in seen if one] == [[("unknown", "broken")]] * 2 + [[("given-up", "broken")]]
    assert len(heard.mails) == 3
    assert len(set(heard.mails)) == 1
    assert b"Message-ID: <20260309T060000.hebdo.anne@chu.example>" in heard.mails[0]


def test_a_letter_that_is_not_wanted_now_is_tried_for_days(post: Post) -> None:
    post.add(FIT)
    with scripted({"RCPT": b"450 4.2.0 greylisted\r\n"}) as heard:
        by_server(post, heard.port)
        reports = [post.send(weeks=1)]
        started = post.now
        while post.store.letters(waiting=True):
            reports.append(post.send(hours=1))
    assert timedelta(days=5) <= post.now - started < timedelta(days=6)
    assert 15 < heard.verbs().count("RCPT") < 25
    assert reports[1].waiting + len(reports[1].letters) == 1
    assert fates(reports[-1].letters) == [("given-up", "")]
    assert [report.ill for report in reports if report.letters][-2:] == [0, 1]


@pytest.mark.parametrize("days", [1, 20])
def test_a_machine_that_sleeps_does_not_lose_patience(post: Post, days: int) -> None:
    post.add(FIT)
    answers = [b"450 4.2.0 greylisted\r\n"] * 2 + [b"250 ok\r\n"] * 2
    with scripted({"RCPT": lambda heard: answers.pop(0)}) as heard:
        by_server(post, heard.port)
        assert fates(post.send(weeks=1).letters) == [("later", "")]
        assert fates(post.send(days=days).letters)[0] == ("later", "")
        assert fates(post.send(days=days).letters)[0] == ("sent", "")


def test_what_only_a_person_can_mend_waits_for_a_month(post: Post) -> None:
    post.change(to=tuple(f"reader{n}@chu.example" for n in range(20)))
    post.add(FIT)
    with scripted({"EHLO": b"250-mail.example\r\n250 AUTH PLAIN\r\n", "AUTH": b"535 5.7.8 no\r\n"}) as heard:
        by_server(post, heard.port)
        post.mail = replace(post.mail, user="marie", password=Secret("wrong"))
        report = post.send(weeks=1)
        assert fates(report.letters) == [("later", "auth-refused")] * 20
        assert heard.verbs().count("AUTH") == 1  # an account with twenty wrong passwords is closed
        assert report.ill == 20
        started = post.now
        while post.store.letters(waiting=True):
            post.send(hours=12)
    assert timedelta(days=30) < post.now - started < timedelta(days=32)
    assert {letter.state for letter in post.store.letters()} == {"given-up"}


def test_what_is_mended_goes_at_the_next_run(post: Post, box: Path) -> None:
    post.add(FIT)
    folder, post.mail = post.mail, MailSettings(sender="veille@chu.example", sendmail="no-such-program")
    assert fates(post.send(weeks=1).letters) == [("later", "no-program")]
    post.mail = folder
    assert fates(post.send(hours=1).letters) == [("sent", "")]
    assert len(mails(box)) == 1


def test_a_clock_put_right_does_not_keep_letters(post: Post) -> None:
    post.add(FIT)
    good, post.mail = post.mail, MailSettings(sender="veille@chu.example", sendmail="no-such-program")
    post.now += 1500 * DAY
    post.send()
    post.now = MONDAY + 8 * DAY
    post.mail = good
    assert fates(post.send().letters) == [("sent", "")]


def test_a_run_that_ended_while_it_was_sending_is_taken_up(post: Post) -> None:
    post.add(FIT)
    with scripted() as heard:
        by_server(post, heard.port)
        post.now += timedelta(weeks=1)
        ticks = iter([post.now] * 3)  # the last one is that of `begun`
        with pytest.raises(StopIteration):
            send(post.world, post.store, Outs(mail=post.mail), PLAIN, clock=lambda: next(ticks))
        assert [letter.state for letter in post.store.letters()] == ["sending"]
        assert post.send().letters == ()
        (letter,) = post.store.letters()
        assert (letter.state, letter.reason, letter.tries, letter.doubts) == ("unknown", "broken", 1, 1)
        assert fates(post.send(minutes=15).letters) == [("sent", "")]
    assert len(heard.mails) == 2
    assert len(set(heard.mails)) == 1


# Without a trace


def test_a_dry_run_changes_nothing_and_says_what_would_be_sent(post: Post, box: Path, tmp_path: Path) -> None:
    post.change(to=("anne@chu.example", "luc@chu.example"))
    post.add(FIT)
    post.now += timedelta(weeks=1)
    before = (tmp_path / "watcher.db").read_bytes()
    (dry,) = make_due(post.world, post.store, post.writer, now=post.now, dry=True)
    assert (tmp_path / "watcher.db").read_bytes() == before
    (real,) = post.send().made
    assert [letter.content for letter in dry.letters] == [letter.content for letter in real.letters]
    assert dry.digest == real.digest
    assert {letter.content.replace(b"\r\n", b"\n") for letter in dry.letters} == {
        file.read_bytes() for file in box.glob("new/*")
    }
    assert due_letters(post.store, post.now) == ()
