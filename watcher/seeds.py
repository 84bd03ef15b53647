"""Read the seed documents: find the article in what was saved, and leave the page around it behind."""

import re
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

from watcher.background import rarity
from watcher.errors import UsageError
from watcher.lexicon import BREAK, plain_keys, read
from watcher.parse.charset import to_utf8
from watcher.parse.html import paragraphs
from watcher.parse.pdf import LARGEST as LARGEST_PDF
from watcher.parse.pdf import one_line, text_of
from watcher.text import STOP_WORDS, clean, fold, language

ENDINGS = (".md", ".txt", ".html", ".htm", ".pdf")
LARGEST = 2_000_000  # bytes of one document that is text


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
    seeds = tuple(read_seed(file) for file in seed_files(folder))
    if not any(seed.title or seed.text for seed in seeds):
        raise UsageError("no-seeds", folder=str(folder), endings=" ".join(ENDINGS))
    return seeds


def seed_files(folder: Path) -> tuple[Path, ...]:
    """The documents of a folder; raises UsageError when it cannot be opened."""
    try:
        found = (f for f in folder.iterdir() if f.suffix.lower() in ENDINGS and not f.name.startswith("."))
        return tuple(sorted(found))
    except OSError as error:
        raise UsageError("unreadable-file", file=str(folder), detail=error.strerror) from error


def contents(file: Path) -> bytes:
    """The bytes of one document; raises UsageError when it cannot be opened or is too large to be a document."""
    limit = LARGEST_PDF if file.suffix.lower() == ".pdf" else LARGEST
    try:
        with file.open("rb") as opened:
            raw = opened.read(limit + 1)
    except OSError as error:
        raise UsageError("unreadable-file", file=str(file), detail=error.strerror) from error
    if len(raw) > limit:
        raise UsageError("too-large", file=str(file), limit=limit)
    return raw


def read_seed(file: Path) -> Seed:
    """Read one document; raises UsageError when it cannot be opened or is too large to be a document."""
    ending = file.suffix.lower()
    raw = contents(file)
    if ending == ".pdf":
        title, article = main_text(text_of(raw, name=str(file)))
        return Seed(name=file.name, title=title, text=article, language=language(f"{title} {article}"))
    text = "\n".join(to_utf8(raw, "").decode("utf-8", "replace").splitlines())
    seed = _header(file.name, text)
    body = text[_header_end(text) :]
    if ending in (".html", ".htm"):
        body = paragraphs(body)
    title, article = main_text(body)
    title = seed.title or title
    return replace(seed, title=title, text=article, language=seed.language or language(f"{title} {article}"))


_HEADER = re.compile(r"\A\ufeff?---[ \t]*\n((?:.*?\n)??)---[ \t]*(?:\n|\Z)", re.DOTALL)


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
    r"(references?( bibliographiques?)?|bibliographie|bibliography|(quelques |selected )?publications?|sources?"
    r"|pour en savoir plus|(a )?lire (aussi|egalement|plus)|read (more|also)|sur le meme (sujet|theme)"
    r"|related( articles| stories)?|la selection de la redaction|vous aimerez aussi|les plus lus|most read"
    r"|(\d+ )?(commentaires?|comments?|reactions?)|noter cet article|recommander cet article"
    r"|partager( cet article)?|share( this)?|contacts?( presse)?|press contacts?|newsletter|mots[- ]cles|keywords|tags"
    r"|acknowledge?ments|remerciements|about the author|a propos de l.auteur)\s*:?\s*"
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
    prose = [i for i, block in enumerate(blocks) if _is_prose(block)]
    if not prose:
        return "", "\n".join(block.text for block in blocks)
    end = next((i for i in range(prose[0] + 1, len(blocks)) if _ends_article(blocks[i])), len(blocks))
    prose = [i for i in prose if i < end]
    own = [i for i in prose if not _is_repeated(blocks[i], [blocks[j] for j in prose if j > i])]
    good = _on_subject(blocks, own)
    first, last = good[0], good[-1]
    body = [b for i, b in enumerate(blocks[first : last + 1], first) if i in good or _belongs(b)]
    return _title(blocks[:first], body), "\n".join(block.text for block in body)


def _blocks(page: str) -> list[_Block]:
    """Lines of a page without markup; several short lines of one hard-wrapped paragraph are joined later."""
    blocks = []
    for raw in re.sub(r"\u00ad\s*\n\s*", "", page).splitlines():  # a soft hyphen at the end of a line: one word
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
    full = _full_line(blocks)
    joined: list[_Block] = []
    line, wraps = "", 0  # the last line of the paragraph so far, and how many lines it was continued by
    for block in blocks:
        before = joined[-1] if joined else None
        small = before is not None and not before.heading and not block.heading and _goes_on(line, block.text)
        # A name or a symbol may begin a line; only a paragraph already known to be wrapped is continued by it.
        wrapped = wraps > 0 and not block.heading and len(line) >= full and not _SENTENCE_END.search(line)
        if before and (small or wrapped):
            joined[-1] = replace(
                before, text=one_line(before.text, block.text), linked=max(before.linked, block.linked)
            )
            wraps += 1
        else:
            joined.append(block)
            wraps = 0
        line = block.text
    return joined


def _full_line(blocks: list[_Block]) -> float:
    """Letters of a full line of a hard-wrapped page, a little less than most have; infinite for other pages."""
    cut = sorted(len(a.text) for a, b in pairwise(blocks) if _goes_on(a.text, b.text))
    return 0.8 * cut[len(cut) // 2] if len(cut) >= 3 else float("inf")


def _goes_on(line: str, following: str) -> bool:
    if _SENTENCE_END.search(line) or line.endswith((":", "…")):
        return False
    return (
        following[0].islower()
        or (fold(last := line.rsplit(maxsplit=1)[-1]) in STOP_WORDS and len(last) < 5)
        or (len(line) >= 70 and line.endswith((",", ";")))
    )


def _is_prose(block: _Block) -> bool:
    said = re.findall(r"[^\W\d_]+", fold(block.text))
    if len(said) < 18 or block.linked > 0.4 or _CUT_SHORT.search(block.text):
        return False
    small = sum(w in STOP_WORDS for w in said) / len(said)
    cited = _CITATION.search(block.text) is not None and small < 0.3
    return small >= 0.2 and not cited and bool(_SENTENCE_END.search(block.text) or len(said) >= 60)


def _ends_article(block: _Block) -> bool:
    return len(block.text) < 60 and bool(_AFTER.fullmatch(fold(block.text)))


def _is_repeated(block: _Block, later: list[_Block]) -> bool:
    """A lead is often the first sentence of the article, said twice."""
    return any(len(other.text) > len(block.text) and other.text.startswith(block.text) for other in later)


def _belongs(block: _Block) -> bool:
    """A short block inside an article: a heading or a short sentence belongs to it, a link or a credit does not."""
    return block.linked < 0.4 and len(block.text.split()) >= 3 and not _CUT_SHORT.search(block.text)


_TELLING = 4.0  # -log10 of a frequency: a word used less than once in ten thousand
_GAP = 3  # blocks that are no prose, in a row: an article has a heading or two between its paragraphs, a page has menus
_STRANGER = 0.15  # share of telling keys: what stands behind a gap must have more than this in common with the rest


def _on_subject(blocks: list[_Block], prose: list[int]) -> list[int]:
    """Leave out what stands before and after the article and shares nothing with it: banners, comments, teasers.

    An end of the prose that a gap sets apart has to share more. Measured on articles of many kinds: neighbouring
    paragraphs of one article always have a telling word in common, those of two articles rarely have two.
    """
    keys = {i: _telling_keys(blocks[i].text) for i in prose}
    kept = list(prose)
    while len(kept) > 2:
        strangers = [
            edge
            for edge, neighbour in ((kept[-1], kept[-2]), (kept[0], kept[1]))
            if _is_stranger(edge, neighbour, keys, kept)
        ]
        if not strangers:
            break
        kept.remove(min(strangers, key=lambda i: len(blocks[i].text)))
    return kept


def _telling_keys(text: str) -> set[str]:
    reading = read(text)
    return {key for key in (*reading.keys, *reading.inner) if key != BREAK and rarity(key)[0] > _TELLING}


def _is_stranger(edge: int, neighbour: int, keys: dict[int, set[str]], kept: list[int]) -> bool:
    if len(keys[edge]) < 2:
        return len(keys[edge]) == 0
    shared = keys[edge] & set[str]().union(*(keys[i] for i in kept if i != edge))
    apart = abs(edge - neighbour) > _GAP
    return len(shared) <= _STRANGER * len(keys[edge]) if apart else not shared


def _title(above: list[_Block], body: list[_Block]) -> str:
    """The line above the article that shares most with it; the first one when several share as much.

    A page says its title more than once (in its path, in its own headings), and a title is no sentence of the article.
    """
    if len(above) == 1 and not _BREADCRUMB.search(fold(above[0].text)):
        return above[0].text
    said = {k for block in body for k in plain_keys(block.text)} - {BREAK}
    opening = fold(body[0].text)
    best, best_shared = "", 1.5
    for i, block in enumerate(above):
        keys = [k for k in plain_keys(block.text) if k != BREAK]
        folded = fold(block.text)
        if len(folded.split()) < 3 or len(keys) > 40 or _BREADCRUMB.search(folded) or opening.startswith(folded):
            continue
        met = sum(k in said for k in keys)
        shared = met * (1.5 if block.heading else 1.0) - 0.25 * (len(keys) - met)
        shared += 2.0 * (met > 0 and any(folded in fold(other.text) for other in above[:i] + above[i + 1 :]))
        if shared > best_shared:
            best, best_shared = block.text, shared
    return best
