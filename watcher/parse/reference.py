"""What the forms of a bibliographic reference have in common: years, dates, languages, identifiers."""

import re
from collections.abc import Iterable

from watcher.articles import Article
from watcher.parse.dates import parse_date
from watcher.parse.html import MAX_TEXT, MAX_TITLE, absolute
from watcher.text import clean, fold, language

MAX_AUTHORS = 500
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
# 2024/09/03/, 2024-9, 2024//: a day or a month that was left out is the first one, a year alone is no date.
_NUMBERS = re.compile(r"\s*(\d{4})[/-](\d{1,2})(?:[/-](\d{1,2}))?(?!\d)")
# By their folded beginnings, so that "fre", "fra", "français" and "French" are one.
_LANGUAGES = (
    ("fr", "fr"), ("eng", "en"), ("angl", "en"), ("ger", "de"), ("deu", "de"), ("all", "de"), ("spa", "es"),
    ("esp", "es"), ("ita", "it"), ("por", "pt"), ("dut", "nl"), ("nld", "nl"), ("nee", "nl"), ("rus", "ru"),
    ("chi", "zh"), ("zho", "zh"), ("jpn", "ja"), ("jap", "ja"), ("pol", "pl"), ("ara", "ar"), ("tur", "tr"),
)  # fmt: skip
_NAMED_IDS = (
    ("pmid", re.compile(r"\bPMID\s*:?\s*(\d{4,9})\b", re.IGNORECASE)),
    ("pmcid", re.compile(r"\b(PMC\d{4,9})\b", re.IGNORECASE)),
    ("doi", re.compile(r"\bDOI\s*:?\s*(10\.\d{4,9}/\S+)", re.IGNORECASE)),
)


def reference(  # noqa: PLR0913 - a reference has so many parts
    *,
    source: str,
    guid: str = "",
    title: str = "",
    summary: str = "",
    authors: Iterable[str] = (),
    journal: str = "",
    year: str = "",
    volume: str = "",
    pages: str = "",
    date: str = "",
    spoken: str = "",
    urls: Iterable[str] = (),
    ids: Iterable[tuple[str, str]] = (),
) -> Article:
    """Make an article of the parts of a reference, each as it was written but without markup.

    `guid` may be empty: the first identifier, address or the title then stands in for it, so that every reference can
    be told from the others. `spoken` is its language by code or name; the words tell when it says nothing.
    """
    title, summary = clean(title)[:MAX_TITLE].rstrip(), clean(summary)[:MAX_TEXT].rstrip()
    url = next((good for address in urls if (good := absolute(clean(address)))), "")
    declared = tuple(dict.fromkeys((scheme, named) for scheme, value in ids if (named := clean(value)[:1000])))
    found = _YEAR.search(year) or _YEAR.search(date)
    return Article(
        source=source,
        guid=clean(guid)[:1000] or (declared[0][1] if declared else url or title),
        url=url,
        title=title,
        summary=summary,
        language=language_code(spoken) or language(f"{title}. {summary[:600]}"),
        published=parse_date(full_date(date)),
        authors=tuple(dict.fromkeys(name for author in authors if (name := clean(author)[:200].rstrip())))[
            :MAX_AUTHORS
        ],
        journal=clean(journal)[:300].rstrip(),
        year=found[0] if found else "",
        volume=clean(volume)[:100].rstrip(),
        pages=re.sub(r"\s*[-–—]+\s*", "-", clean(pages))[:100].rstrip(),
        ids=declared,
    )


def full_date(written: str) -> str:
    """A date of a reference as `2024-09-03`; what is not written in numbers stays as it is."""
    found = _NUMBERS.match(written)
    if not found:
        return written
    year, month, day = found.groups()
    return f"{year}-{int(month):02}-{int(day or 1):02}"


def language_code(spoken: str) -> str:
    """Two letters for a language by its code (`fr`, `fr-FR`, `fre`) or name (`français`, `French`); "" if unknown."""
    folded = fold(clean(spoken))
    if re.fullmatch(r"[a-z]{2}(?:[-_].*)?", folded):
        return folded[:2]
    return next((code for beginning, code in _LANGUAGES if folded.startswith(beginning)), "")


def named_ids(note: str) -> list[tuple[str, str]]:
    """The identifiers that a note gives by name: `PMID: 12345678`, `PMC1234567`, `doi: 10.…`."""
    return [(scheme, found[1]) for scheme, form in _NAMED_IDS if (found := form.search(note[:10_000]))]
