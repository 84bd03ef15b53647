"""What became of articles, in every form that people read, and in `show`."""

import io
import json
from dataclasses import replace
from email.message import EmailMessage
from pathlib import Path

import pytest
from digests import DIGEST, NOW, PAPER, PARIS, QUIET, RETRACTED, STORY
from test_cli import Watcher, filled, model, watcher

from watcher.digest import Digest, Section
from watcher.render.html import page
from watcher.render.json import digest_json
from watcher.render.mail import Envelope, mail, subject
from watcher.render.markdown import markdown
from watcher.render.parcels import short
from watcher.render.sheet import sheet
from watcher.render.terminal import console, show_digest
from watcher.render.text import text
from watcher.store import Store

__all__ = ["filled", "model", "watcher"]  # fixtures

ONLY = replace(QUIET, turns=(RETRACTED,))
STATUSES = {
    "published": "paru (auparavant prépublication)",
    "corrected": "corrigé",
    "questioned": "mise en garde de la rédaction",
    "retracted": "rétracté",
}


def on_screen(digest: Digest, language: str = "fr") -> str:
    screen = console(width=100, colour=False)
    screen.file = io.StringIO()
    show_digest(digest, screen, language=language, zone=PARIS)
    return screen.file.getvalue().replace("\u00a0", " ")


def plain(digest: Digest) -> str:
    return text(digest, "fr", PARIS).replace("\u00a0", " ")


@pytest.mark.parametrize(("status", "said"), STATUSES.items())
def test_each_status_has_its_words(status: str, said: str) -> None:
    step = replace(RETRACTED.step, after=status)  # type: ignore[arg-type]  # one of them
    digest = replace(ONLY, turns=(replace(RETRACTED, step=step),))
    for form in (on_screen(digest), plain(digest), markdown(digest, "fr", PARIS)):
        assert said in form.replace("\u00a0", " ")


def test_a_digest_may_hold_nothing_else() -> None:
    assert ONLY.outcome == "news"
    assert "1 article connu a changé de statut" in plain(ONLY)
    assert "Rien de nouveau" not in on_screen(ONLY) + plain(ONLY)
    assert subject(ONLY, "fr").replace("\u00a0", " ").startswith("Veille : 1 changement de statut")
    assert subject(ONLY, "en").startswith("Watch: 1 change of status")
    assert subject(DIGEST, "en").startswith("Watch: 3 stories to read")


def test_on_a_screen_the_second_line_is_that_of_a_story() -> None:
    said = on_screen(ONLY).splitlines()
    assert said[-2].strip() == "↻  rétracté — Ferritinophagy & relapse: a cohort"
    facts = "EN · PLOS ONE · 4 septembre 2025 · doi.org/10.5555/pone.0300001 · n° 311 · signalé une fois"
    assert " ".join(on_screen(ONLY, "fr").split()).endswith(facts)
    assert "EN ·" not in on_screen(ONLY, "en")  # the reader's own language goes without saying


def test_beside_what_is_worth_an_eye_no_profile_says_that_it_has_nothing() -> None:
    bare = tuple(replace(section, lines=()) for section in DIGEST.sections)
    bare = (*bare, Section(profile="sans rien", threshold=1, lines=()))
    digest = replace(ONLY, sections=bare)
    assert [part.profile for part in sheet(digest, "fr", PARIS).parts] == ["ferroptose", "melanome-senescence"]
    assert "sans rien" not in on_screen(digest) + plain(digest) + short(digest, "fr", PARIS)


def test_a_short_message_names_the_first_of_them() -> None:
    many = tuple(replace(RETRACTED, article=replace(RETRACTED.article, id=n)) for n in range(7))
    said = short(replace(ONLY, turns=many), "fr", PARIS).replace("\u00a0", " ")
    assert said.count("rétracté — Ferritinophagy & relapse: a cohort\nhttps://journals.example/pone.0300001\n") == 5
    assert said.endswith("\n\n2 autres\n")


def test_it_is_said_that_it_is_said_once() -> None:
    message = mail(ONLY, Envelope(sender="veille@chu.example"), "fr", PARIS)
    assert isinstance(message, EmailMessage)
    bodies = [part.get_content() for part in message.walk() if not part.is_multipart()]
    for form in (*bodies, on_screen(ONLY), page(ONLY, "fr", PARIS), markdown(ONLY, "fr", PARIS)):
        assert "signalé une fois" in form.replace("\u00a0", " ")
        assert "Ferritinophagy" in form


def test_whoever_reads_a_retracted_article_sees_it() -> None:
    lead = replace(PAPER, article=replace(PAPER.article, status="retracted"))
    section = Section(profile="p", threshold=1, lines=(replace(STORY, lead=lead),))
    digest = replace(DIGEST, turns=(), sections=(section,))
    for form in (on_screen(digest), plain(digest), markdown(digest, "fr", PARIS)):
        assert "rétracté" in form
    for form in (page(digest, "fr", PARIS), short(digest, "fr", PARIS)):
        assert "rétracté" in form
    (line,) = digest_json(digest)["sections"][0]["lines"]
    assert (line["status"], line["echoes"]) == ("retracted", 5)


def test_whoever_keeps_an_eye_on_a_retracted_article_sees_it() -> None:
    (one,) = DIGEST.sections[0].near
    article = replace(one.article, article=replace(one.article.article, status="retracted"))
    section = replace(DIGEST.sections[0], lines=(), near=(replace(one, article=article),))
    digest = replace(QUIET, sections=(section,))
    for form in (on_screen(digest), plain(digest), markdown(digest, "fr", PARIS), page(digest, "fr", PARIS)):
        assert "rétracté" in form
    assert digest_json(digest)["sections"][0]["near"][0]["status"] == "retracted"


def test_programs_read_what_became_of_an_article() -> None:
    (turn,) = digest_json(ONLY)["turns"]
    assert turn["id"] == 311
    assert (turn["from"], turn["to"], turn["because"]) == ("", "retracted", "doi:10.5555/pone.0399999")


def test_show_prints_the_history(watcher: Watcher, filled: Path) -> None:
    with Store(filled / "watcher.db") as store, store.transaction():
        store.raise_status(1, "corrected", NOW, "doi:10.5555/notice.1")
        store.raise_status(1, "retracted", NOW, "doi:10.5555/notice.2")
    said = watcher("show", "1", cwd=filled).stdout
    assert "parcours" in said
    assert said.index("corrigé (doi:10.5555/notice.1)") < said.index("rétracté (doi:10.5555/notice.2)")
    facts = json.loads(watcher("show", "1", "--json", cwd=filled).stdout)
    assert [step["to"] for step in facts["history"]] == ["corrected", "retracted"]
    assert facts["status"] == "retracted"
