"""Digests that go another way than mail: a file that is what the form makes, a short message that names the best."""

import email
import email.policy
from dataclasses import replace
from email.message import EmailMessage

import pytest
from digests import DIGEST, FAILED, HOSTILE, PARIS, PARTLY, QUIET, golden, many, titled

from watcher.digest import Digest, DigestSetting, Form
from watcher.render.html import page
from watcher.render.markdown import markdown
from watcher.render.parcels import LONGEST, parcel, short
from watcher.render.text import text

HEBDO = DigestSetting(name="Hebdo d’été", profiles=("ferroptose",), language="fr")


def received(digest: Digest, setting: DigestSetting = HEBDO, recipient: str = "/srv/veille") -> EmailMessage:
    frozen = parcel(digest, setting, "folder", recipient, "2026-W09", PARIS)
    message = email.message_from_bytes(frozen.as_bytes(), policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


@pytest.mark.parametrize(("form", "ending"), [("html", "html"), ("text", "txt"), ("markdown", "md")])
def test_a_file_is_what_the_form_makes_to_the_last_byte(form: Form, ending: str) -> None:
    message = received(DIGEST, replace(HEBDO, form=form))
    makers = {"html": page, "text": text, "markdown": markdown}
    assert message.get_payload(decode=True) == makers[form](DIGEST, "fr", PARIS).encode()
    assert message.get_filename() == f"Hebdo d’été-2026-W09.{ending}"


def test_made_again_it_is_the_same_and_elsewhere_another() -> None:
    one, again, other = received(DIGEST), received(DIGEST), received(DIGEST, recipient="/srv/autre")
    assert one.as_bytes() == again.as_bytes()
    assert one["Message-ID"] != other["Message-ID"]


@pytest.mark.parametrize("language", ["fr", "en"])
def test_golden(language: str) -> None:
    told = [short(digest, language, PARIS) for digest in (DIGEST, many(7), QUIET, PARTLY, FAILED)]
    golden(f"short-{language}.txt", "----\n".join(told))


@pytest.mark.parametrize("attack", HOSTILE)
def test_a_title_stays_a_line_and_a_short_one(attack: str) -> None:
    lines = short(titled(attack), "fr", PARIS).splitlines()
    assert max(map(len, lines[:5])) <= LONGEST + 6
    assert all(c.isprintable() or c in "\u00a0\u202f" for line in lines for c in line)
