"""The digest as Markdown: golden, and read back by a Markdown reader as the very texts that went in."""

import re

import pytest
from digests import DIGEST, FAILED, HOSTILE, PARIS, PARTLY, QUIET, golden, titled
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from watcher.render.markdown import escaped, markdown
from watcher.render.sheet import sheet, shown


@pytest.mark.parametrize("language", ["fr", "en"])
def test_golden(language: str) -> None:
    golden(f"digest-{language}.md", markdown(DIGEST, language, PARIS))


def test_the_outcomes_are_told_apart_in_words() -> None:
    quiet, partly, failed = (markdown(d, "fr", PARIS) for d in (QUIET, PARTLY, FAILED))
    assert "les sources ont répondu" in quiet
    assert "dans les sources qui ont répondu" in partly
    assert "**Aucune source n’a pu être lue" in failed


@given(st.text(st.characters(exclude_categories=("Cs", "Cc", "Zs", "Zl", "Zp"))))
@example("a\\*b `c` [d](e) <f> &amp; https://g.example www.h.example i@j.example :k: ~~l~~ | m")
def test_what_is_escaped_reads_back(prose: str) -> None:
    reader = MarkdownIt("gfm-like", {"linkify": False})
    (inline,) = (token for token in reader.parse(f"# x {escaped(prose)}") if token.type == "inline")
    assert {token.type for token in inline.children or ()} <= {"text", "text_special"}
    assert "".join(token.content for token in inline.children or ()).strip() == f"x {prose}".strip()


@pytest.mark.parametrize("attack", HOSTILE)
def test_a_title_sets_nothing(attack: str) -> None:
    digest = titled(attack)
    (story,) = sheet(digest, "fr", PARIS).parts[0].stories
    tokens = MarkdownIt("gfm-like", {"linkify": False}).parse(markdown(digest, "fr", PARIS))
    allowed = {"heading", "paragraph", "blockquote", "bullet_list", "list_item"}
    assert {token.type.rpartition("_")[0] for token in tokens} - {""} <= allowed
    kinds = {child.type for token in tokens for child in token.children or ()}
    assert kinds <= {"text", "text_special", "link_open", "link_close", "strong_open", "strong_close", "hardbreak"}
    (quotation,) = (t for i, t in enumerate(tokens) if t.type == "inline" and tokens[i - 2].type == "blockquote_open")
    said = "".join(child.content for child in quotation.children or ())
    assert said == "".join(piece.text for piece in story.extract)
    links = [str(c.attrs["href"]) for t in tokens for c in t.children or () if c.type == "link_open"]
    assert all(re.match(r"https://(a\.example/1|doi\.org/|outlet-2\.example/)", link) for link in links)
    assert shown(attack).strip()[:5] in "".join(c.content for t in tokens for c in t.children or ())
