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
from watcher.render.json import digest_json
from watcher.render.mail import Envelope, mail, subject
from watcher.render.markdown import markdown
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


def test_it_is_said_that_it_is_said_once() -> None:
    message = mail(ONLY, Envelope(sender="veille@chu.example"), "fr", PARIS)
    assert isinstance(message, EmailMessage)
    bodies = [part.get_content() for part in message.walk() if not part.is_multipart()]
    for form in (*bodies, on_screen(ONLY)):
        assert "signalé une fois" in form.replace("\u00a0", " ")
        assert "Ferritinophagy" in form


def test_whoever_reads_a_retracted_article_sees_it() -> None:
    lead = replace(PAPER, article=replace(PAPER.article, status="retracted"))
    section = Section(profile="p", threshold=1, lines=(replace(STORY, lead=lead),))
    digest = replace(DIGEST, turns=(), sections=(section,))
    for form in (on_screen(digest), plain(digest), markdown(digest, "fr", PARIS)):
        assert "rétracté" in form
    (line,) = digest_json(digest)["sections"][0]["lines"]
    assert (line["status"], line["echoes"]) == ("retracted", 5)


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
