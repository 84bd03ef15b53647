"""Which references are the same work: what title, authors, year, journal, volume and pages say together.

Two references are one only when enough of this agrees and nothing contradicts it. A title alone is never enough: the
same abstract is printed in the supplements of several congresses, and the same title stands over a reply.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import combinations

from watcher.articles import Article
from watcher.identity import canonical_doi
from watcher.text import STOP_WORDS, fold

Pair = tuple[int, int]

NEARLY = 0.8  # likeness of two titles that differ by a slip of the pen or by a subtitle's punctuation
LOOSELY = 0.6  # the same, where volume, page, year and first author agree
SOME_LETTERS = 12  # a shorter title stands in any other one
WITHIN = 0.9  # share of the shorter title that stands in the longer one
TELLING_WORDS = 4  # a title of fewer words ("Editorial", "Reply to the authors") names nothing
YEARS_APART = 1  # online first in December, printed in January
CROWDED = 80  # references under one key; more of them have no more in common than a year and a frequent name


class Said(Enum):
    """What two references say of one thing."""

    SAME = 1
    OTHER = 2
    NOTHING = 3  # at least one of them is silent


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """What of a reference is compared, in a form in which spellings do not matter."""

    title: str  # folded words, without the notes of a database
    grams: frozenset[str]  # the title by three letters at a time
    numbers: frozenset[str]  # what tells the second part of a series from the first one
    telling: int  # words of the title that say something
    nature: frozenset[str]  # "reply", "erratum": what the title says that it is
    authors: tuple[frozenset[str], ...]  # of each author the beginnings of the parts of the name
    year: int | None
    journal: tuple[str, ...]
    volume: str
    pages: frozenset[tuple[str, str]]  # the first one of each range: letters, number
    doi: str


_ROMAN = re.compile(r"(?=[ivx])(?:x{0,2})(?:ix|iv|v?i{0,3})")
_NOTES = re.compile(r"\[[^\[\]]*\]?")
_LABEL = re.compile(r"(?:abstract\s*)?[a-z]{0,3}[-. ]?\d{1,5}[a-z]?\s*[.:]\s+")
_NATURES = {
    "reply": "reply", "reponse": "reply", "replies": "reply", "response": "reply", "erratum": "erratum",
    "errata": "erratum", "corrigendum": "erratum", "correction": "erratum", "correctif": "erratum",
    "retraction": "retraction", "retracted": "retraction", "withdrawn": "retraction", "comment": "comment",
    "commentary": "comment", "commentaire": "comment", "letter": "letter", "lettre": "letter",
    "editorial": "editorial", "edito": "editorial", "addendum": "erratum",
}  # fmt: skip
_WORD = re.compile(r"[a-z0-9]+")


def reference_of(article: Article) -> Reference:
    """What of one article is compared as a reference."""
    title = _title(article.title)
    words, letters = title.split(), title.replace(" ", "")
    year = re.search(r"(?:19|20)\d\d", article.year)
    doi = next((canonical_doi(value) for scheme, value in article.ids if scheme == "doi"), "")
    return Reference(
        title=title,
        grams=frozenset(letters[i : i + 3] for i in range(max(1, len(letters) - 2))),
        numbers=frozenset(w for w in words if w.isdigit() or _ROMAN.fullmatch(w)),
        telling=sum(w not in STOP_WORDS and len(w) > 2 for w in words),
        nature=frozenset(_NATURES[w] for w in words[:2] if w in _NATURES),
        authors=tuple(parts for a in article.authors if (parts := _name(a))),
        year=int(year[0]) if year else None,
        journal=tuple(w for w in _WORD.findall(fold(article.journal)) if w not in STOP_WORDS),
        volume=_volume(article.volume),
        pages=_pages(article.pages),
        doi=doi,
    )


def _title(written: str) -> str:
    """Folded words of a title; a note in brackets goes ("[Chinese]", "[see comment]"), a title in brackets stays."""
    bare, opened = fold(written).strip(" \"'"), ""
    if bare.startswith("["):  # a translated title, and it may hold brackets itself
        bare = bare[1:]
        opened, _, bare = bare.rpartition("]") if bare.count("]") > bare.count("[") else ("", "", bare)
    bare = _NOTES.sub(" ", f"{opened} {bare}")
    return " ".join(_WORD.findall(_LABEL.sub("", bare.strip(), count=1)))


_SMALL_PARTS = frozenset("null jr sr von van der den de del della di da dos du le la el al bin ibn and et".split())
_SPELT_ALIKE = 5  # letters of a name in which transcriptions seldom differ


def _name(author: str) -> frozenset[str]:
    """The beginnings of the parts of a name, family and given in any order; initials only where there is no more."""
    parts = _WORD.findall(fold(author).replace("?", ""))
    whole = [p for p in parts if len(p) > 1 and p not in _SMALL_PARTS]
    return frozenset(p[:_SPELT_ALIKE] for p in whole or parts)


def _volume(written: str) -> str:
    found = re.search(r"\d+", written)
    return found[0].lstrip("0") if found and not re.fullmatch(r"(?:19|20)\d\d", found[0]) else ""


_MONTH = re.compile(r"\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)", re.IGNORECASE)
_PAGE = re.compile(r"([a-z]{0,4})0*(\d+)")


def _pages(written: str) -> frozenset[tuple[str, str]]:
    """The first page of every range; nothing for a number of pages and for what a spreadsheet made a date of."""
    folded = fold(written)
    if _MONTH.search(folded) or re.search(r"\d\s*p\b", folded):
        return frozenset()
    ranges = re.split(r"[;,+&/]", folded)
    return frozenset((found[1], found[2]) for part in ranges if (found := _PAGE.search(part)))


# --- two references


def likeness(one: Reference, other: Reference) -> float:
    """How alike two titles are, from 0 to 1, by the letters in them."""
    if one.title == other.title:
        return 1.0
    return 2 * len(one.grams & other.grams) / (len(one.grams) + len(other.grams))


def contradict(one: Reference, other: Reference) -> bool:
    """Whether two references cannot be one work: another DOI, another year, another place in print."""
    if one.doi and other.doi and one.doi != other.doi:
        return True
    if one.year and other.year and abs(one.year - other.year) > YEARS_APART:
        return True
    if one.nature != other.nature:
        return True
    volume, page = _said(one.volume, other.volume), _said_of_pages(one, other)
    return page is Said.OTHER or (volume is Said.OTHER and page is not Said.SAME)


def same_work(one: Reference, other: Reference) -> float:
    """How surely two references are one work, from 0 (not said to be) to 1."""
    if contradict(one, other):
        return 0.0
    volume, page = _said(one.volume, other.volume), _said_of_pages(one, other)
    authors, journal = said_of_authors(one, other), said_of_journals(one.journal, other.journal)
    alike = likeness(one, other)
    placed = volume is Said.SAME and page is Said.SAME and journal is not Said.OTHER
    if volume is Said.OTHER:  # a slip: everything else has to agree
        return 0.6 * (alike >= NEARLY and authors is Said.SAME and journal is Said.SAME and one.year == other.year)
    if placed and one.year == other.year and _same_beside_place(one, other, alike, authors):
        return 1.0 if alike >= NEARLY else 0.8
    if alike < NEARLY or one.numbers != other.numbers or authors is Said.OTHER:
        return 0.0
    if journal is Said.OTHER and page is not Said.SAME:
        return 0.0
    somewhere = volume is Said.SAME or page is Said.SAME
    agreed = (volume is Said.SAME) + (page is Said.SAME) + (journal is Said.SAME) + (authors is Said.SAME)
    return 0.5 + agreed / 10 if agreed >= _needed(one, other, alike, somewhere=somewhere) else 0.0


def _needed(one: Reference, other: Reference, alike: float, *, somewhere: bool) -> int:
    """How many of volume, page, journal and authors have to agree beside the title, when none contradicts."""
    telling = min(one.telling, other.telling)
    if telling < TELLING_WORDS - 1:
        return 3 if somewhere and alike == 1.0 else 5
    if one.year != other.year:
        return 2 if somewhere else 5
    return 1 if alike == 1.0 and telling >= TELLING_WORDS and one.authors and other.authors else 2


def _same_beside_place(one: Reference, other: Reference, alike: float, authors: Said) -> bool:
    """Whether title and authors say that two references to one page are one: a page may hold several abstracts."""
    if authors is Said.OTHER:
        return alike == 1.0 and min(one.telling, other.telling) >= TELLING_WORDS
    if alike >= NEARLY:
        return True
    if authors is Said.NOTHING:
        return False
    fewest = min(len(one.grams), len(other.grams))
    within = len(one.grams & other.grams) / max(1, fewest)
    return alike >= LOOSELY or (within >= WITHIN and fewest >= SOME_LETTERS)


def _said(one: str, other: str) -> Said:
    if not one or not other:
        return Said.NOTHING
    return Said.SAME if one == other else Said.OTHER


def _said_of_pages(one: Reference, other: Reference) -> Said:
    if not one.pages or not other.pages:
        return Said.NOTHING
    return Said.SAME if any(_one_page(a, b) for a in one.pages for b in other.pages) else Said.OTHER


def _one_page(one: tuple[str, str], other: tuple[str, str]) -> bool:
    """`P63` is written `63` as well, but never `S63`."""
    return one[1] == other[1] and (one[0] == other[0] or not (one[0] and other[0]))


def said_of_authors(one: Reference, other: Reference) -> Said:
    """The first authors share a part of their names, or half of all the authors do."""
    if not one.authors or not other.authors:
        return Said.NOTHING
    if one.authors[0] & other.authors[0]:
        return Said.SAME
    fewer, more = sorted((one.authors, other.authors), key=len)
    met = sum(any(name & another for another in more) for name in fewer)
    return Said.SAME if 2 * met >= len(fewer) and met else Said.OTHER


def said_of_journals(one: tuple[str, ...], other: tuple[str, ...]) -> Said:
    """One name is the other one cut short: word by word (`j clin oncol`), by its initials (`jpen`), or a part of it."""
    if not one or not other:
        return Said.NOTHING
    fewer, more = sorted((one, other), key=len)
    met = sum(any(long.startswith(short) or short.startswith(long) for long in more) for short in fewer)
    initials = "".join(w[0] for w in more)
    return Said.SAME if 2 * met > len(fewer) or fewer[0] in initials else Said.OTHER


# --- many references


def same_works(references: Sequence[Reference]) -> list[list[int]]:
    """The references that are one work, as positions; which they are does not depend on the order.

    Pairs are put together beginning with the surest; two groups with members that contradict each other stay apart.
    """
    surest: list[tuple[float, list[tuple[str, ...]], Pair]] = []
    for a, b in _pairs(references):
        if sure := same_work(references[a], references[b]):
            surest.append((-sure, sorted((_content(references[a]), _content(references[b]))), (a, b)))
    groups: dict[int, list[int]] = {}
    for _, _, (a, b) in sorted(surest):
        one, other = groups.get(a) or [a], groups.get(b) or [b]
        if one is not other and not any(contradict(references[x], references[y]) for x in one for y in other):
            together = [*one, *other]
            groups.update(dict.fromkeys(together, together))
    return list({id(group): sorted(group) for group in groups.values()}.values())


def _content(reference: Reference) -> tuple[str, ...]:
    """A reference in an order that has nothing to do with where it stood in the list."""
    authors = " ".join(p for name in reference.authors for p in sorted(name))
    pages = " ".join(f"{letters}{number}" for letters, number in sorted(reference.pages))
    return (reference.title, authors, str(reference.year), reference.volume, pages, *reference.journal)


def _pairs(references: Sequence[Reference]) -> set[Pair]:
    by_key: defaultdict[tuple[str, ...], list[int]] = defaultdict(list)
    for number, reference in enumerate(references):
        for key in set(_keys(reference)):
            by_key[key].append(number)
    return {pair for numbers in by_key.values() if len(numbers) <= CROWDED for pair in combinations(numbers, 2)}


def _keys(reference: Reference) -> Iterator[tuple[str, ...]]:
    """What two references of one work have in common at least once, however they are written."""
    if not reference.title:
        return
    yield ("title", reference.title.replace(" ", ""))
    long = sorted({w for w in reference.title.split() if len(w) > 3}, key=lambda w: (-len(w), w))
    if len(long) >= TELLING_WORDS:
        yield ("words", *long[:3])
    for _, page in reference.pages:
        yield ("volume", reference.volume, page)
        yield ("year", str(reference.year), page)
    if reference.authors:
        for part in reference.authors[0]:
            yield ("author", part, str(reference.year), reference.volume)
