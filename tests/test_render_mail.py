"""The digest as a mail: golden, a whole and harmless message, small enough, and the same when it is made again."""

import re
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest
from digests import DIGEST, FAILED, HOSTILE, NOW, PARIS, PARTLY, QUIET, golden, many, titled

from watcher.digest import Digest
from watcher.render.mail import LARGEST, Envelope, in_parts, mail, room, subject
from watcher.render.sheet import sheet

ENVELOPE = Envelope(sender="veille@chu.example", to="anne@chu.example", name="Hebdo d’été")


def received(digest: Digest, envelope: Envelope = ENVELOPE, language: str = "fr") -> EmailMessage:
    """A message as it comes out of the wire."""
    found = message_from_bytes(mail(digest, envelope, language, PARIS).as_bytes(), policy=policy.SMTP)
    assert isinstance(found, EmailMessage)
    assert not found.defects
    return found


def part(message: EmailMessage, kind: str) -> str:
    body = message.get_body((kind,))
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n")


@pytest.mark.parametrize("language", ["fr", "en"])
def test_golden(language: str) -> None:
    heads = "".join(f"{name}: {value}\n" for name, value in mail(DIGEST, ENVELOPE, language, PARIS).items())
    body = received(DIGEST, language=language)
    golden(f"mail-{language}.txt", f"{heads}\n{part(body, 'plain')}")
    golden(f"mail-{language}.html", part(body, "html"))


def test_the_heads_say_what_programs_want_to_know() -> None:
    message = received(DIGEST)
    assert message["From"] == "watcher <veille@chu.example>"
    assert message["To"] == "anne@chu.example"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["List-ID"] == "<hebdo-d-ete.watcher.chu.example>"
    assert message["List-Unsubscribe"].strip() == "<mailto:veille@chu.example?subject=unsubscribe%20hebdo-d-ete>"
    assert message["Date"].datetime == NOW
    assert message.get_content_type() == "multipart/alternative"
    assert [p.get_content_type() for p in message.iter_parts()] == ["text/plain", "text/html"]
    assert all(len(line) <= 998 for line in mail(DIGEST, ENVELOPE, "fr", PARIS).as_bytes().split(b"\r\n"))
    mail(DIGEST, ENVELOPE, "fr", PARIS).as_bytes().decode("ascii")


def test_a_reader_that_stays_unsaid() -> None:
    assert received(DIGEST, replace(ENVELOPE, to=""))["To"] == "undisclosed-recipients:;"


@pytest.mark.parametrize("address", ["anne@chu.example\r\nBcc: b@evil.example", "anne", "a b@chu.example"])
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        mail(DIGEST, replace(ENVELOPE, to=address), "fr", PARIS)


def test_a_mail_made_again_is_the_same_mail_and_every_other_is_another() -> None:
    later = replace(DIGEST, end=NOW + timedelta(days=7))
    other = replace(ENVELOPE, to="paul@chu.example")
    names = [received(DIGEST)["Message-ID"], received(later)["Message-ID"], received(DIGEST, other)["Message-ID"]]
    assert len(set(names)) == 3
    assert mail(DIGEST, ENVELOPE, "fr", PARIS).as_bytes() == mail(DIGEST, ENVELOPE, "fr", PARIS).as_bytes()


def test_the_mails_of_a_list_are_one_thread() -> None:
    first, second = received(DIGEST), received(replace(DIGEST, end=NOW + timedelta(days=7)))
    assert first["References"] == first["In-Reply-To"] == second["In-Reply-To"]
    assert received(DIGEST, replace(ENVELOPE, name="mensuel"))["In-Reply-To"] != first["In-Reply-To"]


@pytest.mark.parametrize(
    ("digest", "french", "english"),
    [
        (DIGEST, "Veille : 3 histoires à lire, 1 source en panne", "Watch: 3 stories to read, 1 source failing"),
        (QUIET, "Veille : rien de nouveau", "Watch: nothing new"),
        (PARTLY, "Veille : rien de nouveau, 1 source en panne", "Watch: nothing new, 1 source failing"),
        (FAILED, "Veille en panne : aucune source n’a pu être lue", "Watch failed: no source could be read"),
    ],
)
def test_the_subject_tells_the_outcomes_apart(digest: Digest, french: str, english: str) -> None:
    assert subject(digest, "fr").replace("\u00a0", " ") == french
    assert subject(digest, "en") == english
    assert received(digest)["Subject"].replace("\u00a0", " ") == french


@pytest.mark.parametrize("attack", HOSTILE)
def test_no_title_gets_out_of_its_place(attack: str) -> None:
    digest = titled(attack)
    message = received(digest)
    heads = "".join(f"{name}: {value}\n" for name, value in message.items())
    assert "évil" not in heads
    assert "evil" not in heads
    assert message["Bcc"] is None
    html = part(message, "html")
    assert not re.search(
        r"<(script|img|iframe|link|object|embed|form|input|svg|base|video|audio)\b", html, re.IGNORECASE
    )
    assert html.count("<style>") == html.count("</style>") == 1
    assert html.count("<table") == html.count("</table>")
    assert "49" not in re.sub(r"#?\w*49\w*;", "", "".join(re.findall(r">([^<]*7\*7[^<]*)<", html)))
    (story,) = sheet(digest, "fr", PARIS).parts[0].stories
    assert story.title[:60] in " ".join(part(message, "plain").split()) or len(story.title) > 60 or "  " in story.title


@pytest.mark.parametrize("stories", [1, 40, 60, 200])
def test_a_mail_is_never_so_large_that_it_is_cut(stories: int) -> None:
    message = received(many(stories))
    html = part(message, "html")
    assert len(html.encode()) < LARGEST
    shown = html.count("<h3")
    assert shown == stories or f"{stories - shown} autres" in html.replace("\u00a0", " ")
    assert shown == room(many(stories), "fr", PARIS) >= min(stories, 40)


def test_stories_that_wait_for_the_next_letter_are_counted() -> None:
    message = received(replace(DIGEST, carried=3))
    assert all("3 histoires attendent la prochaine lettre" in part(message, kind) for kind in ("plain", "html"))


def test_forty_stories_come_with_their_extracts() -> None:
    assert part(received(many(40)), "html").count("<mark") >= 40


def test_nothing_is_fetched_from_elsewhere() -> None:
    html = part(received(DIGEST), "html")
    assert not re.search(r"(?:src|srcset|background|poster|data)\s*=|url\(|@import|<link|<script", html)
    assert set(re.findall(r'(\w+)="https?://', html)) == {"href"}


def test_text_alone_for_those_who_want_it() -> None:
    message = received(many(200), replace(ENVELOPE, form="text"))
    assert message.get_content_type() == "text/plain"
    assert message.get_content().count("[72]") == 200


@pytest.mark.parametrize("limit", [0, 6_000, 20_000, 100_000, 10**9])
def test_parts_hold_the_whole_text_once_and_are_the_same_when_they_are_made_again(limit: int) -> None:
    content = mail(many(40), ENVELOPE, "fr", PARIS).as_bytes()
    parts = in_parts(content, limit)
    whole = part(received(many(40)), "plain")
    assert "".join(str(p.get_content()).replace("\r\n", "\n") for p in parts) == whole
    assert all(len(p.as_bytes()) <= (limit or len(content) // 2) for p in parts)
    assert [p.as_bytes() for p in parts] == [p.as_bytes() for p in in_parts(content, limit)]
    assert len({str(p["Message-ID"]) for p in parts} | {"x"}) == len(parts) + 1
    for place, one in enumerate(parts, 1):
        kept = message_from_bytes(one.as_bytes(), policy=policy.SMTP)
        assert (kept["To"], kept["List-ID"]) == ("anne@chu.example", "<hebdo-d-ete.watcher.chu.example>")
        assert str(kept["Subject"]).endswith(f"({place}/{len(parts)})") == (len(parts) > 1)


@pytest.mark.parametrize("limit", [10, 1_000])
def test_what_does_not_fit_is_not_cut(limit: int) -> None:
    assert in_parts(mail(many(2), ENVELOPE, "fr", PARIS).as_bytes(), limit) == ()


def test_what_cannot_be_made_smaller_has_no_parts() -> None:
    content = mail(many(2), ENVELOPE, "fr", PARIS).as_bytes()
    (text,) = in_parts(content, 10**9)
    assert in_parts(text.as_bytes(), 10**9) == ()
    assert in_parts(b"Subject: x\r\nContent-Type: text/html\r\n\r\n<p>x</p>\r\n", 0) == ()


def test_an_own_template_takes_the_place_of_ours(tmp_path: Path) -> None:
    (tmp_path / "mail.html").write_text("<p>{{ digest.title }}</p>", encoding="utf-8")
    message = mail(DIGEST, ENVELOPE, "fr", PARIS, tmp_path)
    body = message.get_body(("html",))
    assert body is not None
    assert body.get_content().strip() == "<p>Veille du 23 février au 2 mars 2026</p>"
