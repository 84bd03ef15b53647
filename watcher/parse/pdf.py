"""The text of a PDF: what its pages say, in paragraphs, without what is printed on every page."""

import io
import logging
import re
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from watcher.articles import Article, Parsed
from watcher.background import rarity
from watcher.errors import UsageError
from watcher.lexicon import plain_keys
from watcher.parse.html import MAX_TEXT, MAX_TITLE, absolute
from watcher.parse.kind import Kind
from watcher.sources import Source, Trouble
from watcher.text import STOP_WORDS, clean, fold, language, words

if TYPE_CHECKING:
    from pypdf import PdfReader

LARGEST = 50_000_000  # bytes
MAX_PAGES = 100  # the rest is left unread
MAX_DAMAGED = 5  # pages that cannot be read, each of which may have taken long to find out
MAX_READ = 1_000_000  # characters of all pages
MAX_SUMMARY = 2_000  # characters of the first paragraph
_EDGE = 3  # lines at the top and at the foot of a page where it may say what every page says
_LIMITS: dict[str, Any] = {  # of pypdf; its own would let a single page of a hostile document take minutes
    "maximum_declared_stream_length": LARGEST,
    "zlib_maximum_output_length": 20_000_000,
    "lzw_maximum_output_length": 20_000_000,
    "run_length_maximum_output_length": 20_000_000,
    "array_based_stream_maximum_output_length": 20_000_000,
    "stream_decoding_work_maximum_length": 60_000_000,
    "stream_parsing_work_maximum_count": 150_000,
    "xform_maximum_invocations_per_extraction": 200,
    "page_tree_maximum_entries": 20_000,
}

_LIGATURES = str.maketrans({"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st"})
_PAGE_NUMBER = re.compile(r"[^\w]*(?:(?:page|p\.?)\s*)?\d{1,4}(?:\s*(?:/|sur|of)\s*\d{1,4})?[^\w]*")
_SENTENCE_END = re.compile(r"[.!?:…][\"'»”’)\]]*\s*(\[[\d, -]+\])?$")
_ITEM = re.compile(r"[•◦▪‣●■–—]\s|\d{1,2}[.)]\s")
_FILE_NAME = re.compile(
    r"\.(?:docx?|odt|rtf|pdf|indd|qxp|qxd|tex|dvi|pptx?)\b|^(?:microsoft|untitled|sans titre)\b", re.IGNORECASE
)
_NO_TITLE = re.compile(r"https?:|www\.|\bdoi\b|@|©|\bissn\b", re.IGNORECASE)


def text_of(document: bytes, *, name: str = "") -> str:
    """The prose of a PDF, a paragraph a line; "" when its pages hold no text (scanned paper).

    Raises UsageError("unreadable-file") with `name` as file and a detail for what is no PDF, is damaged beyond repair,
    asks for a password or is too large; nothing else, whatever the bytes.
    """
    return "\n".join(_paragraphs(_read(document, name)[1]))


def parse(document: bytes, source: Source, *, address: str, content_type: str) -> Parsed | Trouble:  # noqa: ARG001 - the signature of a Parser
    """Read a PDF as one article: see `parse.parse`."""
    try:
        stated, pages = _read(document, source.id)
    except UsageError as error:
        return Trouble(kind="broken", detail=str(error.facts["detail"]))
    lines = list(_paragraphs(pages))
    if not lines:
        return Trouble(kind="empty", detail="no text")
    title = stated or _first_title(lines)
    prose = [line for line in lines if _is_prose(line)] or [line for line in lines if line != title]
    body = " ".join(line for line in lines if line != title)
    summary = prose[0][:MAX_SUMMARY].rstrip() if prose else ""
    article = Article(
        source=source.id,
        guid=address,
        url=absolute(address),
        title=title,
        summary=summary,
        body=body[:MAX_TEXT].rstrip() if len(body) > len(summary) else "",
        language=language(f"{title}. {body[:2000]}") or source.language,
    )
    return Parsed(articles=(article,))


def _read(document: bytes, name: str) -> tuple[str, list[list[str]]]:
    """The title that a PDF states, "" for none that is one, and the lines of each page."""
    import pypdf

    # It logs every oddity that it repairs; nobody who reads our output can do anything about it.
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    detail = ""
    if b"%PDF-" not in document[:1024]:
        detail = "not a PDF"
    elif len(document) > LARGEST:
        detail = f"> {LARGEST} bytes"
    else:
        try:
            with pypdf.apply_configuration(**_LIMITS):
                reader = pypdf.PdfReader(io.BytesIO(document), root_object_recovery_limit=1_000)
                # Many publishers lock a PDF against changes only: the empty password opens it for reading.
                if not reader.is_encrypted or reader.decrypt(""):
                    return _stated_title(reader), list(_pages(reader))
                detail = "password"
        except pypdf.errors.DependencyError:
            detail = "encrypted"
        except Exception as error:  # a stranger's bytes reach every corner of a library
            detail = f"damaged PDF: {type(error).__name__}"
    raise UsageError("unreadable-file", file=name, detail=detail)


def _pages(reader: "PdfReader") -> Iterator[list[str]]:
    """The lines of each page as they are printed; a page that cannot be read is an empty one."""
    left, damaged = MAX_READ, 0
    for number in range(min(len(reader.pages), MAX_PAGES)):
        try:
            shown = reader.pages[number].extract_text()[:left]
        except Exception:  # one damaged page says nothing about the next
            shown = ""
            damaged += 1
        left -= len(shown)
        # A soft hyphen is only seen where it cuts a word; `clean` would take it away and leave the two halves.
        shown = re.sub(r"\u00ad[ \t]*$", "-", shown, flags=re.MULTILINE).translate(_LIGATURES)
        yield [line for raw in shown.splitlines() if (line := clean(raw))]
        if left <= 0 or damaged > MAX_DAMAGED:
            return


def _stated_title(reader: "PdfReader") -> str:
    try:
        stated = (reader.metadata and reader.metadata.title) or ""
    except Exception:  # damage in the metadata does not touch the pages
        return ""
    title = clean(str(stated))[:MAX_TITLE].rstrip()
    return title if len(title.split()) >= 3 and not _FILE_NAME.search(title) else ""


def _first_title(lines: list[str]) -> str:
    """The first line that can be one: a title has some words and is no sentence among others."""
    for line in lines[:20]:
        if len(re.findall(r"[^\W\d_]{2,}", line)) >= 3 and len(line) <= 300 and not _NO_TITLE.search(line):
            return line
    return lines[0][:300].rstrip()


def _is_prose(line: str) -> bool:
    said = [word for word in words(fold(line)) if word[0].isalpha()]
    return len(said) >= 18 and sum(word in STOP_WORDS for word in said) >= 0.2 * len(said)


# Paragraphs out of lines


def _paragraphs(pages: list[list[str]]) -> Iterator[str]:
    """Lines joined to the paragraphs that they were cut out of, also across the end of a page."""
    lines = [line for page in _without_running(pages) for line in page]
    full = _full_line(lines)
    paragraph = last = ""
    for i, line in enumerate(lines):
        following = lines[i + 1] if i + 1 < len(lines) else ""
        if paragraph and _goes_on(last, line, following, full):
            paragraph = one_line(paragraph, line)
        else:
            if paragraph:
                yield paragraph
            paragraph = line
        last = line
    if paragraph:
        yield paragraph


def _without_running(pages: list[list[str]]) -> list[list[str]]:
    """Pages without their numbers, and without the headers and footers that at least half of them repeat."""
    seen = Counter(key for page in pages for key in {_running_key(page[i]) for i in _edges(page)})
    often = max(2, (sum(map(bool, pages)) + 1) // 2)
    kept = []
    for page in pages:
        dropped = {i for i in _edges(page) if _PAGE_NUMBER.fullmatch(fold(page[i]))}
        dropped |= {i for i in _edges(page) if len(pages) > 1 and seen[_running_key(page[i])] >= often}
        kept.append([line for i, line in enumerate(page) if i not in dropped])
    return kept


def _edges(page: list[str]) -> list[int]:
    """Where in a page its first and last lines are."""
    return [i for i in range(len(page)) if i < _EDGE or i >= len(page) - _EDGE]


def _running_key(line: str) -> str:
    return re.sub(r"\d+", "#", fold(line))


def _full_line(lines: list[str]) -> float:
    """Letters of a full line, a little less than most have: of the lines that surely go on in the next one."""
    going = sorted(len(line) for line, following in pairwise(lines) if following[0].islower())
    return 0.75 * going[len(going) // 2] if going else float("inf")


def _goes_on(line: str, following: str, after: str, full: float) -> bool:
    """Whether a paragraph goes on from a line to the following one; `after` comes after both."""
    if _ITEM.match(following):
        return False
    if following[0].islower() and not _SENTENCE_END.search(line):
        return True
    if len(line) < full:
        return False
    # After a full line: a short one without a full stop, before one that begins anew, is a heading.
    heading = len(following) < 0.8 * full and not _SENTENCE_END.search(following) and after[:1].isupper()
    return not (heading and _SENTENCE_END.search(line))


def one_line(line: str, following: str) -> str:
    """Two lines as one; a word that a hyphen cut in two is put together again.

    The hyphen stays when only the two halves are words that we know (`sous-type`), and before a capital or a figure
    that begins no such word.
    """
    cut = re.search(r"([^\W\d_]+)[-\u2010]$", line)
    if not cut:
        return f"{line} {following}"
    rest = re.match(r"[^\W\d_]*", following)
    half = rest[0] if rest else ""
    syllable = len(cut[1]) == 2 and not cut[1].isascii()  # dé-, ré-, mé-
    whole = _known(cut[1] + half) or (half[:1].islower() and (syllable or not _known(half)))
    return (line[:-1] if whole and len(half) > 1 else line) + following


def _known(word: str) -> bool:
    return all(key.startswith("=") or rarity(key) != rarity("") for key in plain_keys(word))


KIND = Kind(parse=parse)
