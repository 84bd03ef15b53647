"""The digest as references for LaTeX (BibTeX)."""

import re
from collections.abc import Iterator
from datetime import tzinfo

from watcher.digest import Digest
from watcher.render.references import Reference, references
from watcher.text import fold

# BibTeX counts braces even behind a backslash, so that "\{" would open a group for good.
_TEX = {
    "\\": r"\textbackslash{}",
    "{": r"\textbraceleft{}",
    "}": r"\textbraceright{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    **{sign: f"\\{sign}" for sign in "&%$#_"},
}
_SIGN = re.compile("|".join(map(re.escape, _TEX)))


def bibtex(digest: Digest, language: str, zone: tzinfo) -> str:
    """One entry a story, in UTF-8; nothing in a title is a command to TeX."""
    return "\n".join("\n".join(_entry(one)) + "\n" for one in references(digest, language, zone))


def escaped(prose: str) -> str:
    """Prose that TeX prints as it is."""
    return _SIGN.sub(lambda found: _TEX[found[0]], prose)


def _entry(one: Reference) -> Iterator[str]:
    yield f"@{'article' if one.paper else 'misc'}{{{_key(one)},"
    for name, value in (
        ("title", escaped(one.title)),
        ("author", " and ".join(map(_author, one.authors))),
        ("journal" if one.paper else "howpublished", escaped(one.outlet)),
        ("year", _digits(one.day[:4])),
        ("month", _digits(one.day[5:7])),
        ("day", _digits(one.day[8:])),
        ("volume", escaped(one.volume)),
        ("pages", escaped(one.pages).replace("-", "--") if one.pages.count("-") == 1 else escaped(one.pages)),
        ("doi", _verbatim(one.ids.get("doi", ""))),
        ("url", _verbatim(one.url)),
        ("pmid", _digits(one.ids.get("pmid", ""))),
        ("hal_id", _verbatim(one.ids.get("hal", ""))),
        ("language", escaped(one.language)),
        ("keywords", escaped(one.profile)),
        ("abstract", escaped(one.summary)),
        ("note", escaped(one.note)),
    ):
        if value:
            yield f"  {name} = {{{value}}},"
    yield "}"


def _key(one: Reference) -> str:
    """A key that no other entry has, and that tells whose it is: `lefebvre2026-1204`."""
    words = re.findall("[a-z]{2,}", fold(one.authors[0] if one.authors else one.outlet))
    family = max(words, key=len, default="article")
    return f"{family}{_digits(one.day[:4])}-{one.id}"


def _author(name: str) -> str:
    """A name that BibTeX takes for one person: its list of names knows the words "and" and "others"."""
    return f"{{{escaped(name)}}}" if re.search(r"\band\b|^others$", name, re.IGNORECASE) else escaped(name)


def _digits(value: str) -> str:
    return value if value.isascii() and value.isdigit() else ""


def _verbatim(value: str) -> str:
    """An address or a number, which BibTeX hands on as it stands."""
    return re.sub(r"[\\{}\s]", lambda found: f"%{ord(found[0]):02X}", value)
