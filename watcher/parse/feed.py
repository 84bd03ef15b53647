"""Turn one RSS, RDF, Atom or JSON feed into articles."""

import io
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from itertools import pairwise
from typing import Any
from urllib.parse import urlsplit

from watcher.articles import Article, Parsed
from watcher.parse import jsonfeed, limits, quick
from watcher.parse.charset import to_utf8
from watcher.parse.dates import parse_date
from watcher.parse.html import MAX_TEXT, MAX_TITLE, absolute, plain, plain_title
from watcher.parse.kind import Kind
from watcher.parse.rhythm import with_rhythm
from watcher.parse.services import parameter, with_parameters
from watcher.sources import Source, Trouble
from watcher.text import clean

MAX_ARTICLES = 2_000  # per document; the rest is left where it is
MAX_HEAD = 16_384  # bytes before the first element
MAX_DETAIL = 200
MAX_TRIES = 40  # readings spent on the items of one document that feedparser stumbles over
MAX_QUICK = 4_000_000  # bytes; the tree of a larger document takes more memory than a poll should

_Entry = Mapping[str, Any]  # what feedparser makes of one item, or `quick` in its place

_SPACE_RUN = re.compile(rb"\s+")
_FIRST_ELEMENT = re.compile(rb"<\w")
_ELEMENT = re.compile(rb"<(?:[\w.-]+:)?([\w.-]+)")
_PROLOGUE = (
    (b"<!--", b"-->"),
    (b"<?", b">"),
    (b"<!", b">"),
)  # how what stands before the first element begins and ends
_PAGE_TITLE = re.compile(rb"<title[^<>]*>([^<]{0,1000})", re.IGNORECASE)
_PAGE_ROOTS = (b"html", b"head", b"body")
_ROOT_END = re.compile(rb"</(?:[\w.-]+:)?(?:rss|feed|rdf|channel)\s*>", re.IGNORECASE)
_ITEM = re.compile(rb"<(?:[\w.-]+:)?(?:item|entry)\b", re.IGNORECASE)
_ITEM_END = re.compile(rb"</(?:[\w.-]+:)?(?:item|entry)\s*>", re.IGNORECASE)
_LOSING = re.compile(r"mismatched tag|unclosed|no element found", re.IGNORECASE)
_BRIDGE_ERROR = re.compile(r"Bridge returned error (\d{3})\b")  # RSS-Bridge puts its failures into an item, with a 200
_WORDPRESS = re.compile(rb"<generator>\s*https?://(?:www\.)?wordpress\.(?:org|com)/")
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_REFERENCES = re.compile(rb"(?:&#(?:[xX][0-9a-fA-F]++|[0-9]++);?)++")  # those that touch: two halves make one letter
_WHOLE_WORD = re.compile(r"[^\W\d_]{2,}")
_DECLARED_ID = re.compile(r"(?:(doi|pmid|pubmed|pmcid|pmc)\s*[:=]\s*|https?://(?:dx\.)?doi\.org/)(\S+)", re.IGNORECASE)
_BARE_DOI = re.compile(r"10\.\d{4,9}/\S+")
_DATES = ("published", "updated", "created", "prism_publicationdate", "prism_coverdate")  # best first
_SCHEMES = {"pubmed": "pmid", "pmc": "pmcid"}


def parse(document: bytes, source: Source, *, address: str, content_type: str) -> Parsed | Trouble:
    """Read a feed of any dialect: see `parse.parse`."""
    utf8 = to_utf8(document, content_type)
    if not utf8.strip():
        return Trouble(kind="empty", detail="empty document")
    if utf8[:1] in (b"{", b"["):
        return jsonfeed.parse(utf8, source, address=address)
    if (root := _root(utf8)) in _PAGE_ROOTS or not root:
        return Trouble(kind="not-a-feed", detail=_about(utf8))
    return with_rhythm(_parse_xml(utf8, source, address), utf8)


def _parse_xml(utf8: bytes, source: Source, address: str) -> Parsed | Trouble:
    if len(utf8) <= MAX_QUICK and (ordinary := _quickly(utf8, source, address)):
        return ordinary
    if limits.suspicious(utf8):
        return limits.read_apart(utf8, source, address)
    return _slowly(utf8, source, address)


def read_here(utf8: bytes, source: Source, address: str) -> Parsed | Trouble:
    """Read any RSS, RDF or Atom in this process, however long it takes."""
    return _quickly(utf8, source, address) or _slowly(utf8, source, address)


def _quickly(utf8: bytes, source: Source, address: str) -> Parsed | Trouble | None:
    read = quick.read(utf8, MAX_ARTICLES)
    return None if read is None else _gathered(*read, source, address, complete=True)


def _slowly(utf8: bytes, source: Source, address: str) -> Parsed | Trouble:
    """Read with feedparser, which forgives nearly everything and can be kept busy for very long."""
    whole = bool(_ROOT_END.search(utf8))
    document = _possible(_short_head(utf8 if whole else _whole_items(utf8)))
    try:
        read = _feedparsed(document)
    except MemoryError:
        return Trouble(kind="too-large", detail="out of memory")
    except Exception as error:  # a stranger's bytes reach every corner of a library
        read, whole = _rescued(document), False
        if read is None:
            return Trouble(kind="broken", detail=type(error).__name__)
    entries = [entry for entry in read.entries if isinstance(entry, dict)]
    if not _text(read, "version") and not entries:
        return Trouble(kind="not-a-feed", detail=_about(utf8))
    damage = str(_raw(read, "bozo_exception") or "")
    return _gathered(entries, read.feed, source, address, complete=whole and not _LOSING.search(damage))


def _feedparsed(document: bytes) -> Any:
    import feedparser

    # A stream only: feedparser opens a string as an address or a file, and even bytes as the name of a file.
    # Nothing is resolved or sanitised there: markup is taken out here, links are resolved here, and a guid must stay as
    # it was written.
    return feedparser.parse(
        io.BytesIO(document),
        response_headers={"content-type": "application/xml; charset=utf-8"},
        resolve_relative_uris=False,
        sanitize_html=False,
    )


def _rescued(document: bytes) -> Any | None:
    """What feedparser makes of a document without the items that it stumbles over; None when that does not help."""
    first = _ITEM.search(document)
    cuts = [first.start(), *(found.end() for found in _ITEM_END.finditer(document, first.end()))] if first else []
    if len(cuts) < 2:
        return None
    head, tail = document[: cuts[0]], document[cuts[-1] :]
    sound: list[bytes] = []
    waiting = [[document[start:end] for start, end in pairwise(cuts)]]
    for _ in range(MAX_TRIES):
        if not waiting:
            break
        some = waiting.pop()
        try:
            _feedparsed(head + b"".join(some) + tail)
        except Exception:
            half = len(some) // 2
            waiting += [some[half:], some[:half]] if half else []
        else:
            sound += some
    with suppress(Exception):
        return _feedparsed(head + b"".join(sound) + tail) if sound else None
    return None


def _gathered(
    entries: Sequence[_Entry], feed: _Entry, source: Source, address: str, *, complete: bool
) -> Parsed | Trouble:
    language = _language(feed) or source.language
    read = [_article(entry, source, address, language) for entry in entries[:MAX_ARTICLES]]
    named = [a for a in read if a.title or a.url or a.guid or a.summary or a.body]
    articles: dict[tuple[str, str, str], Article] = {}
    failure: Trouble | None = None
    for article in named:
        if error := _BRIDGE_ERROR.match(article.title):
            failure = Trouble(kind="http", detail=article.title[:MAX_DETAIL], status=int(error[1]))
        else:
            articles.setdefault((article.guid, article.url, article.title or article.summary or article.body), article)
    if articles:
        return Parsed(articles=tuple(articles.values()), complete=complete, skipped=len(read) - len(named))
    if failure:
        return failure
    return Trouble(kind="empty" if complete else "broken", detail=plain_title(_text(feed, "title"))[:MAX_DETAIL])


def _root(utf8: bytes) -> bytes:
    """The local name of the first element, in lower case; "?" when there is text before it, empty for no element."""
    at = 0
    while at < len(utf8):
        if utf8[at : at + 1].isspace():
            at += 1
        elif pair := next((p for p in _PROLOGUE if utf8.startswith(p[0], at)), None):
            end = utf8.find(pair[1], at)
            at = end + len(pair[1]) if end >= 0 else len(utf8)
        elif element := _ELEMENT.match(utf8, at):
            return element[1].lower()
        else:
            return b"?" if _FIRST_ELEMENT.search(utf8) else b""
    return b""


def _about(utf8: bytes) -> str:
    """What a document that is no feed says of itself: its title, or its first words."""
    title = _PAGE_TITLE.search(utf8[:200_000])
    markup = (title[1] if title else utf8[:4000]).decode("utf-8", "replace")
    return plain_title(markup)[:MAX_DETAIL].rstrip()


def _whole_items(utf8: bytes) -> bytes:
    """A document that was cut short, up to the end of its last whole item."""
    end = 0
    for found in _ITEM_END.finditer(utf8):
        end = found.end()
    if end:
        return utf8[:end]
    first = _ITEM.search(utf8)
    return utf8[: first.start()] if first else utf8


def _short_head(utf8: bytes) -> bytes:
    """Tame what stands before the first element: feedparser looks through it in time that grows as its square."""
    first = _FIRST_ELEMENT.search(utf8)
    if first is None:
        return utf8
    head = _SPACE_RUN.sub(lambda run: b"\n" if b"\n" in run[0] else b" ", utf8[: first.start()])
    return (head if len(head) <= MAX_HEAD else b"") + utf8[first.start() :]


def _possible(utf8: bytes) -> bytes:
    """A document without numbers that are no characters: one of them ends feedparser's reading of the whole."""
    return _REFERENCES.sub(_characters, utf8)


def _characters(found: re.Match[bytes]) -> bytes:
    """References as they are when all are characters; else halves of pairs are joined, and what remains is left out."""
    written = [part.rstrip(b";").lower() for part in found[0].split(b"&#")[1:]]
    digits = [(part.lstrip(b"x0") or b"0", 16 if part.startswith(b"x") else 10) for part in written]
    codes = [int(part, base) if len(part) < 8 else -1 for part, base in digits]
    if all(0 <= code < 0xD800 or 0xE000 <= code <= 0x10FFFF for code in codes):
        return found[0]
    halves = "".join(chr(code) for code in codes if 0 <= code <= 0x10FFFF)
    return b"".join(b"&#%d;" % ord(c) for c in halves.encode("utf-16", "surrogatepass").decode("utf-16", "ignore"))


def _article(entry: _Entry, source: Source, address: str, language: str) -> Article:
    guid = clean(_text(entry, "id"))[:MAX_TEXT]
    summary = plain(_text(entry, "summary"))
    body = max((plain(part) for part in _contents(entry)), key=len, default="")
    return Article(
        source=source.id,
        guid=guid,
        url=_link(entry, guid, address),
        title=plain_title(_text(entry, "title"))[:MAX_TITLE].rstrip(),
        summary=summary,
        body=body if len(body) > len(summary) else "",
        language=_language(entry) or language,
        published=_published(entry),
        authors=_authors(entry),
        journal=_journal(entry),
        volume=clean(_text(entry, "prism_volume"))[:100],
        pages=_pages(entry),
        ids=_ids(entry, guid),
    )


def _raw(entry: _Entry, key: str) -> object:
    # Past feedparser's own `get`, which warns and substitutes one date for another.
    return dict.get(entry, key) if isinstance(entry, dict) else None


def _text(entry: _Entry, key: str) -> str:
    """A field as it was written; feedparser gives a mapping where an element had attributes."""
    value = _raw(entry, key)
    return value if isinstance(value, str) else ""


def _mappings(entry: _Entry, key: str) -> list[_Entry]:
    value = _raw(entry, key)
    return [part for part in value if isinstance(part, dict)] if isinstance(value, list) else []


def _contents(entry: _Entry) -> list[str]:
    return [_text(part, "value") for part in _mappings(entry, "content")]


def _link(entry: _Entry, guid: str, address: str) -> str:
    """Where the article can be read: the publisher's own link before a counter's, a page before other forms of it."""
    links = [link for link in _mappings(entry, "links") if _text(link, "rel") == "alternate"]
    pages = [link for link in links if "html" in _text(link, "type")] or links
    plain_link = _text(entry, "link")
    made_up = plain_link.strip() == guid  # feedparser lends the guid as a link: only a whole address is one
    candidates = [
        absolute(_text(entry, "feedburner_origlink")),
        *(absolute(_text(page, "href"), address) for page in pages[:5]),
        absolute(plain_link, "" if made_up else address),
        absolute(guid),
    ]
    return next((url for url in candidates if url and urlsplit(url).hostname), "")


def _language(holder: _Entry) -> str:
    details = [_raw(holder, key) for key in ("title_detail", "summary_detail")]
    said = [_text(holder, "language"), *(_text(detail, "language") for detail in details if isinstance(detail, dict))]
    codes = (re.match(r"([A-Za-z]{2})(?![A-Za-z])", value.strip()) for value in said)
    return next((code[1].lower() for code in codes if code), "")


def _published(entry: _Entry) -> datetime | None:
    # feedparser's own reading is left aside: it makes 1 March out of 30 February and 2000 out of the year -1.
    raw = (_text(entry, key) for key in _DATES)
    return next((moment for text in raw if text and (moment := parse_date(text))), None)


def _authors(entry: _Entry) -> tuple[str, ...]:
    listed = [_text(author, "name") for author in _mappings(entry, "authors")] or [_text(entry, "author")]
    names = (_name(part) for line in listed for part in _split(line[:10_000]))
    return tuple(dict.fromkeys(name for name in names if name))[:500]


def _split(line: str) -> list[str]:
    """Names that share one element: "A B; C D" always, "A B, C D" when each part is whole ("Ziegler, T. R." is one)."""
    parts = line.split(";") if ";" in line else line.split(",")
    if ";" in line or all(len(_WHOLE_WORD.findall(part)) > 1 for part in parts):
        return parts
    return [line]


def _name(raw: str) -> str:
    name = plain_title(_EMAIL.sub(" ", raw[:500])).strip(" ,()<>")
    return name[:200] if any(c.isalpha() for c in name) else ""


def _journal(entry: _Entry) -> str:
    journal = _text(entry, "prism_publicationname") or _text(entry, "dc_source")
    return plain_title(journal).partition(", Published online")[0][:300]


def _pages(entry: _Entry) -> str:
    first, last = (clean(_text(entry, f"prism_{end}page")) for end in ("starting", "ending"))
    return (f"{first}-{last}" if first and last else first)[:100]


def _ids(entry: _Entry, guid: str) -> tuple[tuple[str, str], ...]:
    """The identifiers that the publisher states, as written; what an address may hide is not looked for here."""
    found: list[tuple[str, str]] = []
    for raw in (_text(entry, "prism_doi"), _text(entry, "dc_identifier"), guid):
        stated = clean(raw[:1000])
        if declared := _DECLARED_ID.match(stated):
            scheme = (declared[1] or "doi").lower()
            found.append((_SCHEMES.get(scheme, scheme), declared[2]))
        elif bare := _BARE_DOI.match(stated):
            found.append(("doi", bare[0]))
    return tuple(dict.fromkeys(found))


def more(document: bytes, *, address: str, source: Source) -> str:
    """The page before this one of a feed that WordPress makes, when it may hold what was missed."""
    page = parameter(address, "paged") or "1"
    if not source.earlier or not _WORDPRESS.search(document[:MAX_HEAD]) or not re.fullmatch("[0-9]{1,2}", page):
        return ""
    return with_parameters(address, paged=int(page) + 1)


KIND = Kind(parse=parse, more=more, pages=5)
