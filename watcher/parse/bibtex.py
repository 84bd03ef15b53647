"""Articles out of BibTeX, the form of references that LaTeX and HAL use."""

import logging
import re
import unicodedata
import warnings
from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from watcher.articles import Article
from watcher.errors import UsageError
from watcher.parse.html import plain, plain_title
from watcher.parse.reference import named_ids, reference

if TYPE_CHECKING:
    from bibtexparser.bparser import BibTexParser

MAX_RECORD = 1_000_000  # characters; a longer entry is none
MAX_VALUE = 200_000  # characters read of one field
_ENTRY = re.compile(r"^[ \t]*@[ \t]*([A-Za-z]+)[ \t]*[{(]", re.MULTILINE)


def read_bibtex(text: str, *, source: str) -> Iterator[Article]:
    """Read the entries of a BibTeX file; comments, and entries that bibtexparser cannot make out, are passed over.

    `@string` holds for what comes after it. Raises UsageError("bad-record") with file, line and detail for an entry
    that goes beyond what can be read, and for a text that holds words but not one entry.
    """
    text = text.removeprefix("\ufeff")
    reader = _reader()
    found = False
    for number, piece in _pieces(text):
        for entry in _entries(reader, piece, source, number):
            found = True
            yield _article(entry, source)
    if not found and text.strip():
        raise UsageError("bad-record", file=source, line=1, detail="no BibTeX entry")


def _reader() -> "BibTexParser":
    from bibtexparser.bparser import BibTexParser

    # It logs what it passes over; nobody who reads our output can do anything about it.
    logging.getLogger("bibtexparser").setLevel(logging.CRITICAL)
    with warnings.catch_warnings(action="ignore"):  # nor about the grammar of bibtexparser, under `python -W`
        reader = BibTexParser(ignore_nonstandard_types=False, common_strings=True)
    reader.expect_multiple_parse = True
    return reader


def _pieces(text: str) -> Iterator[tuple[int, str]]:
    """The text cut where an entry begins, each piece with its first line: one entry can then not spoil another."""
    starts = [found.start() for found in _ENTRY.finditer(text)]
    number, at = 1, 0
    for start, end in pairwise([*starts, len(text)]):
        number += text.count("\n", at, start)
        at = start
        yield number, text[start:end]


def _entries(reader: "BibTexParser", piece: str, source: str, number: int) -> list[dict[str, Any]]:
    detail = "too long"
    if len(piece) <= MAX_RECORD:
        before = len(reader.bib_database.entries)
        try:
            reader.parse(piece, partial=True)
            found: list[dict[str, Any]] = reader.bib_database.entries[before:]
        except RecursionError:
            detail = "braces too deep"
        except Exception as error:  # an unknown @string, and whatever else a stranger's file makes of a grammar
            detail = f"{type(error).__name__}: {error}".partition("\n")[0][:200]
        else:
            return found
    raise UsageError("bad-record", file=source, line=number, detail=detail)


def _article(entry: dict[str, Any], source: str) -> Article:
    def raw(*names: str) -> str:
        return next((value for name in names if (value := str(entry.get(name) or "")[:MAX_VALUE])), "")

    def said(*names: str) -> str:
        return plain_title(untex(raw(*names)))

    subtitle = said("subtitle")
    return reference(
        source=source,
        guid=raw("ID"),
        title=" : ".join(part for part in (said("title", "booktitle"), subtitle) if part),
        summary=plain(untex(raw("abstract"))),
        authors=map(plain_title, map(untex, _names(raw("author", "authors")))),
        journal=said("journal", "journaltitle", "booktitle"),
        year=said("year", "date"),
        volume=said("volume"),
        pages=said("pages"),
        date=_date(said("date"), said("year"), said("month"), said("day")),
        spoken=said("language", "langid"),
        urls=re.split(r"\s+", f"{_address(raw('url', 'link'))} {_address(raw('howpublished'))}"),
        ids=_ids(raw),
    )


def _date(date: str, year: str, month: str, day: str) -> str:
    """The day of publication, as far as it is told; a month without a day is its first day, a year alone is no date."""
    if date or not month:
        return date
    first = day or next(iter(re.findall(r"\b\d{1,2}\b", month)), "1")
    word = next(iter(re.findall(r"[^\W\d_]{3,}", month)), "")
    return f"{first} {word} {year}" if word else f"{year}-{month.strip()}-{day or 1}"


def _names(authors: str) -> list[str]:
    """Names are joined by "and", which inside braces is part of a name."""
    names, depth, start = [], 0, 0
    for found in re.finditer(r"[{}]|\s+and\s+", authors, re.IGNORECASE):
        if found[0] in "{}":
            depth += 1 if found[0] == "{" else -1
        elif depth <= 0:
            names.append(authors[start : found.start()])
            start = found.end()
    return [name for name in (*names, authors[start:]) if name.strip() != "others"]


def _ids(raw: Any) -> list[tuple[str, str]]:
    found = [(scheme, _address(raw(scheme))) for scheme in ("doi", "pmid", "pmcid")]
    found += [("hal", _address(raw("hal_id"))), ("pmcid", _address(raw("pmc")))]
    if raw("eprint") and re.search("arxiv", raw("archiveprefix", "eprinttype"), re.IGNORECASE):
        found.append(("arxiv", _address(raw("eprint"))))
    if raw("eprint") and re.search("pubmed|pmid", raw("eprinttype"), re.IGNORECASE):
        found.append(("pmid", _address(raw("eprint"))))
    return [(scheme, value) for scheme, value in found if value] + named_ids(raw("note"))


def _address(value: str) -> str:
    """What is no prose: of TeX only the commands for addresses, the braces and the backslashes before signs go."""
    return re.sub(r"[{}\\]", "", re.sub(r"\\(?:url|href)(?![a-z])", " ", value)).strip()


# TeX

_ACCENTS = {
    "`": "\u0300", "'": "\u0301", "^": "\u0302", "~": "\u0303", "=": "\u0304", "u": "\u0306", ".": "\u0307",
    '"': "\u0308", "r": "\u030a", "H": "\u030b", "v": "\u030c", "d": "\u0323", "c": "\u0327", "k": "\u0328",
}  # fmt: skip
_SIGNS = {
    "oe": "œ", "OE": "Œ", "ae": "æ", "AE": "Æ", "o": "ø", "O": "Ø", "l": "ł", "L": "Ł", "aa": "å", "AA": "Å", "ss": "ß",
    "i": "i", "j": "j", "times": "×", "pm": "±", "leq": "≤", "le": "≤", "geq": "≥", "ge": "≥", "sim": "~", "cdot": "·",
    "to": "→", "rightarrow": "→", "textmu": "μ", "textdegree": "°", "degree": "°", "circ": "°", "textendash": "–",
    "textemdash": "—", "guillemotleft": "«", "guillemotright": "»", "og": "« ", "fg": " »", "textquoteright": "’",
    "infty": "∞", "approx": "≈", "textasciitilde": "~", "backslash": "\\", "ldots": "…", "dots": "…",
}  # fmt: skip
_APART = frozenset("×±≤≥~·→≈")
_GREEK = frozenset(
    """alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho sigma tau upsilon phi chi
    psi omega""".split()
)
_TEX = re.compile(
    r"\\(?:(?P<accent>[`'^\"~=.]|[uvrHdck](?![A-Za-z]))\s*\{?\s*(?:\\(?P<dotless>[ij])(?![A-Za-z])|(?P<letter>[^\W\d_]))"
    r"|(?P<command>[A-Za-z]+)\*?(?:\{\}|(?P<gap>\s+))?|(?P<escaped>.))"
    r"|(?P<quote>``|'')|(?P<dash>-{2,3})|(?P<space>~)|(?P<unseen>[{}$])",
    re.DOTALL,
)


def untex(value: str) -> str:
    """Prose without TeX: accents and Greek letters as they are read, formatting and braces gone."""
    if not re.search(r"[\\{}$~]|--|``|''", value):
        return value
    return unicodedata.normalize("NFC", _TEX.sub(_read, value))


def _read(found: re.Match[str]) -> str:
    if accent := found["accent"]:
        return (found["dotless"] or found["letter"]) + _ACCENTS[accent]
    if command := found["command"]:
        sign = _SIGNS.get(command) or _letter(command)
        return f"{sign} " if found["gap"] and sign in _APART else sign  # TeX ends a command at a space and eats it
    if escaped := found["escaped"]:
        return escaped if escaped in "%&$#_{}" else "" if escaped in "-/(){}[]" else " "
    if found["quote"]:
        return "“" if found["quote"] == "``" else "”"
    if found["dash"]:
        return "–" if found["dash"] == "--" else "—"
    return " " if found["space"] else ""


def _letter(command: str) -> str:
    """A Greek letter by its name, with or without `var` or `text`; nothing for a command that only formats."""
    name = re.sub(r"^(?:var|text)(?=.)", "", command)
    if name.lower() not in _GREEK:
        return ""
    spelt = name.upper().replace("LAMBDA", "LAMDA")
    return unicodedata.lookup(f"GREEK {'CAPITAL' if name[0].isupper() else 'SMALL'} LETTER {spelt}")
