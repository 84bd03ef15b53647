"""Turn an institute's list of seminars into articles: who speaks about what, from where, invited by whom, and when."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from watcher.articles import Article, Parsed
from watcher.parse.dates import paris, parse_date
from watcher.parse.html import MAX_TEXT, lines
from watcher.parse.kind import Kind
from watcher.parse.page import MAX_PAGES, Listing, gathered, link, listing, part, title, words
from watcher.parse.page import NAMES as PAGE_NAMES
from watcher.parse.page import more as more_pages
from watcher.sources import Source, Trouble
from watcher.text import clean, fold

if TYPE_CHECKING:
    from bs4 import Tag

NAMES = (*PAGE_NAMES, "speaker", "affiliation", "host")

_LONGEST = 300  # characters of a name or an affiliation
_INVITED = re.compile(
    r"\b(?:invit[ée]e?s?\s+par|h[oô]tes?\s*:|invited\s+by|hosted\s+by|hosts?\s*:)\s*\S", re.IGNORECASE
)
# A date as announcements write it, with its hour; what follows on the line is how to come in.
_WHEN = re.compile(
    r".{0,40}?(?:\d{1,2}(?:er|st|nd|rd|th)?\s+[^\W\d]{3,10}\.?,?\s+\d{4}|[^\W\d]{3,10}\s+\d{1,2}(?:st|nd|rd|th)?,?\s+\d{4}"
    r"|\d{1,2}[/.-]\d{1,2}[/.-]\d{4}|\d{4}-\d\d-\d\d)"
    r"(?:[\s,–—-]{0,4}(?:[àa]\s+|at\s+)?\d{1,2}\s?[h:]\s?(?:\d\d)?)?"
)
_NAME = re.compile(r"[^\W\d_][\w’'.-]*(?:\s+[^\W\d_][\w’'.-]*){1,4}")
_PARTICLES = frozenset(str.split("al ben da de del den der di du el la le van von zu y e et"))
_NO_NAME = re.compile(
    r"(?:s[ée]minaire|webinaire|conf[ée]rence|seminar|webinar|salle|amphi|room|campus|institut)", re.IGNORECASE
)
_ABSTRACT = 120  # characters; no other line of an announcement is as long
_WITH_PLACE = re.compile(r"([^()]{3,80}?)\s*\(([^()]{3,300})\)|([^,;–—]{3,80}?)\s*[,;–—]\s*(.{3,300})")


def parse(document: bytes, source: Source, *, address: str, content_type: str) -> Parsed | Trouble:
    """Read a list of seminars: see `parse.parse`.

    `source.select` names "item"; the other names of a `page`, and "speaker", "affiliation" and "host", where the order
    of the lines does not tell. The date is when the talk takes place (`event`), in Paris where no zone is stated:
    when it was announced is not known.
    """
    found = listing(document, source, NAMES, address=address, content_type=content_type)
    if isinstance(found, Trouble):
        return found
    return gathered(found, (_article(found, item, source) for item in found.items))


def _article(found: Listing, item: "Tag", source: Source) -> Article:
    url, anchor = link(found, item)
    name = title(found, item, anchor)
    said = [line for line in lines(item)[:100] if fold(line) != fold(name)]
    when, event = _when(found, item, said)
    host = _short(words(found, item, "host")) or next((_short(line) for line in said if _INVITED.search(line)), "")
    speaker, place = _who(found, item, [line for line in said if not _INVITED.search(line)])
    abstract = words(found, item, "summary") or next((line for line in said if len(line) >= _ABSTRACT), "")
    told = ". ".join(piece.rstrip(". ") for piece in (place, host, when, abstract) if piece)
    return Article(
        source=source.id,
        guid="" if url else f"{fold(name)} {event or ''}".rstrip(),
        url=url,
        title=name,
        summary=told[:MAX_TEXT].rstrip(),
        language=source.language,
        authors=(speaker,) if speaker else (),
        event=event,
    )


def _when(found: Listing, item: "Tag", said: Sequence[str]) -> tuple[str, datetime | None]:
    """The date as it is written, and what it means."""
    stamp = part(found, item, "date") if "date" in found.seek else item.find("time")
    shown = lines(stamp) if stamp else ()
    for line in (*shown, *said):
        if event := parse_date(line, zone=paris()):
            exact = stamp.get("datetime") if stamp else None
            if isinstance(exact, str) and "T" in exact:
                event = parse_date(exact, zone=paris()) or event
            written = _WHEN.match(line)
            return clean(written[0]) if written else "", event
    return "", None


def _who(found: Listing, item: "Tag", said: Sequence[str]) -> tuple[str, str]:
    """The speaker and where they work: as the settings say, else the first line that looks like a name, and the next.

    "Name (place)" and "Name, place" on one line are read too.
    """
    speaker, place = _short(words(found, item, "speaker")), _short(words(found, item, "affiliation"))
    if speaker:
        return speaker, place
    for number, line in enumerate(said):
        if parse_date(line):
            continue
        if _is_name(line):
            after = said[number + 1] if number + 1 < len(said) else ""
            return _short(line), place or ("" if parse_date(after) else _short(after))
        if (pair := _WITH_PLACE.fullmatch(line)) and _is_name(pair[1] or pair[3]):
            return _short(pair[1] or pair[3]), place or _short(pair[2] or pair[4])
    return "", place


def _is_name(line: str) -> bool:
    if not _NAME.fullmatch(line) or _NO_NAME.match(line):
        return False
    return all(word[0].isupper() or word in _PARTICLES or word[1:2] in ("'", "’") for word in line.split())


def _short(text: str) -> str:
    return text[:_LONGEST].rstrip()


KIND = Kind(parse=parse, more=more_pages, crawls=True, pages=MAX_PAGES)
