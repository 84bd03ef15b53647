"""Read the seed documents: find the article in what was saved, and leave the page around it behind."""

import re
from dataclasses import dataclass, replace
from pathlib import Path

from watcher.errors import UsageError
from watcher.lexicon import BREAK, plain_keys
from watcher.parse.charset import to_utf8
from watcher.parse.html import paragraphs
from watcher.text import STOP_WORDS, clean, fold, language

ENDINGS = (".md", ".txt", ".html", ".htm")
LARGEST = 2_000_000  # bytes of one document


@dataclass(frozen=True, slots=True, kw_only=True)
class Seed:
    """One document that says what a profile is about."""

    name: str  # its file name
    title: str = ""
    text: str = ""  # the article alone, a paragraph a line
    language: str = ""
    address: str = ""
    doi: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Block:
    text: str
    linked: float = 0.0  # share of its letters that are links
    heading: bool = False


def read_seeds(folder: Path) -> tuple[Seed, ...]:
    """Read every document of a folder, in the order of their names; hidden files and other endings are passed over.

    Raises UsageError("no-seeds") for a folder without a readable document.
    """
    try:
        found = sorted(f for f in folder.iterdir() if f.suffix.lower() in ENDINGS and not f.name.startswith("."))
    except OSError as error:
        raise UsageError("unreadable-file", file=str(folder), detail=error.strerror) from error
    seeds = tuple(read_seed(file) for file in found)
    if not any(seed.title or seed.text for seed in seeds):
        raise UsageError("no-seeds", folder=str(folder), endings=" ".join(ENDINGS))
    return seeds


def read_seed(file: Path) -> Seed:
    """Read one document; raises UsageError when it cannot be opened or is too large to be a document."""
    try:
        raw = file.read_bytes()[: LARGEST + 1]
    except OSError as error:
        raise UsageError("unreadable-file", file=str(file), detail=error.strerror) from error
    if len(raw) > LARGEST:
        raise UsageError("too-large", file=str(file), limit=LARGEST)
    text = to_utf8(raw, "").decode("utf-8", "replace")
    seed = _header(file.name, text)
    body = text[_header_end(text) :]
    if file.suffix.lower() in (".html", ".htm"):
        body = paragraphs(body)
    title, article = main_text(body)
    title = seed.title or title
    return replace(seed, title=title, text=article, language=seed.language or language(f"{title} {article}"))


_HEADER = re.compile(r"\A\ufeff?---[ \t]*\n(.*?)\n---[ \t]*(?:\n|\Z)", re.DOTALL)


def _header_end(text: str) -> int:
    found = _HEADER.match(text)
    return found.end() if found else 0


def _header(name: str, text: str) -> Seed:
    """The lines `name: value` between two `---`, as far as we know the names."""
    found = _HEADER.match(text)
    pairs = (line.partition(":") for line in (found.group(1).splitlines() if found else ()))
    facts = {key.strip().lower(): clean(value).strip("\"'") for key, _, value in pairs}
    return Seed(
        name=name,
        title=facts.get("title", ""),
        language=facts.get("language", "")[:2],
        address=facts.get("address", ""),
        doi=facts.get("doi", ""),
    )


# Headings after which the article is over. They are matched on the whole of a short block, folded.
_AFTER = re.compile(
    r"(references?( bibliographiques?)?|bibliographie|bibliography|(quelques |selected )?publications?|sources?|pour en savoir plus"
    r"|(a )?lire (aussi|egalement|plus)|read (more|also)|sur le meme (sujet|theme)|related( articles| stories)?"
    r"|la selection de la redaction|vous aimerez aussi|les plus lus|most read|commentaires?|comments?|(\d+ )?reactions?"
    r"|noter cet article|recommander cet article|partager( cet article)?|share( this)?|contacts?( presse)?|press contacts?"
    r"|newsletter|mots[- ]cles|keywords|tags|acknowledge?ments|remerciements|about the author|a propos de l.auteur)\s*:?\s*"
)
_CUT_SHORT = re.compile(r"(\.\.\.|…|\b(lire plus|lire la suite|read more|en savoir plus))\s*$", re.IGNORECASE)
_SENTENCE_END = re.compile(r"[.!?][\"'»”’)\]]*\s*(\[\d+\])?$")
_CITATION = re.compile(r"\b(19|20)\d\d\b.{0,30}\b\d+\s*(\(\d+\))?\s*:\s*[\dA-Ze]+|\bet al\b|\bdoi:\s*10\.")
_BREADCRUMB = re.compile(r"(vous etes ici|you are here|accueil\s*[/>»])|(\S+ [/>»] ){2}")


def main_text(page: str) -> tuple[str, str]:
    """Find the title and the article in a saved page: menus, teasers, comments and reference lists are left behind.

    Returns the title ("" when none is found) and the article, a paragraph a line. A document in which nothing looks
    like an article is taken whole: better too much than nothing.
    """
    blocks = _joined(_blocks(page))
    good = [i for i, block in enumerate(blocks) if _is_prose(block)]
    if not good:
        return "", "\n".join(block.text for block in blocks)
    first = good[0]
    end = next((i for i in range(first + 1, len(blocks)) if _ends_article(blocks[i])), len(blocks))
    last = max(i for i in good if i < end)
    body = [b for i, b in enumerate(blocks[first : last + 1], first) if i in good or _belongs(b)]
    return _title(blocks, first, body), "\n".join(block.text for block in body)


def _blocks(page: str) -> list[_Block]:
    """Lines of a page without markup; several short lines of one hard-wrapped paragraph are joined later."""
    blocks = []
    for raw in page.splitlines():
        heading = bool(re.match(r"\s{0,3}#{1,6}\s", raw))
        bare = re.sub(r"!?\[([^\]]*)\]\(<?[^)]*>?\)", "", raw)
        shown = re.sub(r"!\[[^\]]*\]\([^)]*\)", "", raw)
        shown = re.sub(r"\[([^\]]*)\]\(<?[^)]*>?\)", r"\1", shown)
        shown = clean(
            re.sub(
                r"^\s*(?:[-*+•◦]|\d{1,2}[.)]|#{1,6}|>)(?:\s+|$)|\*\*|__|(?<!\w)[*_](?=\w)|(?<=\w)[*_](?!\w)|`",
                "",
                shown,
            )
        )
        if not shown:
            continue
        letters = max(1, len(shown))
        blocks.append(_Block(text=shown, linked=1 - min(1.0, len(clean(bare)) / letters), heading=heading))
    return blocks


def _joined(blocks: list[_Block]) -> list[_Block]:
    """Undo hard wraps: a line that does not end a sentence goes on in one that begins small, or after a full line."""
    joined: list[_Block] = []
    for block in blocks:
        before = joined[-1] if joined else None
        if before and not before.heading and not block.heading and _goes_on(before.text, block.text):
            text = before.text[:-1] + block.text if before.text.endswith("\u00ad") else f"{before.text} {block.text}"
            joined[-1] = replace(before, text=text, linked=max(before.linked, block.linked))
        else:
            joined.append(block)
    return joined


def _goes_on(line: str, following: str) -> bool:
    if _SENTENCE_END.search(line) or line.endswith((":", "…")):
        return False
    return (
        following[0].islower()
        or fold(line.rsplit(maxsplit=1)[-1]) in STOP_WORDS
        or (len(line) >= 70 and line.endswith((",", ";")))
    )


def _is_prose(block: _Block) -> bool:
    said = [w for w in re.findall(r"[^\W\d_]+", fold(block.text))]
    if len(said) < 18 or block.linked > 0.4 or _CUT_SHORT.search(block.text):
        return False
    small = sum(w in STOP_WORDS for w in said) / len(said)
    cited = _CITATION.search(block.text) is not None and small < 0.3
    return small >= 0.2 and not cited and bool(_SENTENCE_END.search(block.text) or len(said) >= 60)


def _ends_article(block: _Block) -> bool:
    return len(block.text) < 60 and bool(_AFTER.fullmatch(fold(block.text)))


def _belongs(block: _Block) -> bool:
    """A short block inside an article: a heading or a short sentence belongs to it, a link or a credit does not."""
    return block.linked < 0.4 and len(block.text.split()) >= 3 and not _CUT_SHORT.search(block.text)


def _title(blocks: list[_Block], first: int, body: list[_Block]) -> str:
    """The line above the article that shares most with it; the first heading when several share as much."""
    said = {k for block in body for k in plain_keys(block.text)} - {BREAK}
    best, best_shared = "", 1.5
    for block in blocks[:first]:
        keys = [k for k in plain_keys(block.text) if k != BREAK]
        if len(block.text.split()) < 3 or len(keys) > 40 or _BREADCRUMB.search(fold(block.text)):
            continue
        shared = sum(k in said for k in keys) * (1.5 if block.heading else 1.0) - 0.5 * sum(k not in said for k in keys)
        if shared > best_shared:
            best, best_shared = block.text, shared
    return best
