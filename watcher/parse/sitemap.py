"""Turn a site's own list of its pages (sitemap.xml) into articles; reached from robots.txt or from a list of lists.

Read by a scanner and not as XML: these lists are long, flat, written by machines, and sometimes cut short.
"""

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from urllib.parse import unquote, urlsplit

from watcher.articles import Article, Parsed
from watcher.parse.charset import to_utf8
from watcher.parse.dates import parse_date
from watcher.parse.html import MAX_ADDRESS, MAX_TITLE, absolute, plain_title
from watcher.parse.kind import Kind
from watcher.sources import Source, Trouble
from watcher.text import clean

NAMES = ("match", "sitemap")
MAX_PAGES = 50_000  # what the protocol allows in one list
MAX_ARTICLES = 2_000  # of these, the newest ones
MAX_UNPACKED = 20_000_000  # bytes
MAX_STEPS = 4  # robots.txt, a list of lists, perhaps another one, the list

_KIND = re.compile(r"<(?:[\w.-]{1,20}:)?(urlset|sitemapindex)\b", re.IGNORECASE)
_OPENING = re.compile(r"<((?:[\w.-]{1,20}:)?)(?:url|sitemap)(?:\s[^<>]{0,200})?>", re.IGNORECASE)
_END = re.compile(r"</(?:[\w.-]{1,20}:)?(?:urlset|sitemapindex)\s*>\s*\Z", re.IGNORECASE)
_ROBOTS = re.compile(r"^[ \t]*sitemap[ \t]*:[ \t]*(\S{1,4096})", re.IGNORECASE | re.MULTILINE)
_ENDING = re.compile(r"\.[A-Za-z]{2,5}$")
_NUMBERS = re.compile(r"^(?:\d+[-_])+|(?:[-_](?!(?:19|20)\d\d(?!\d))\d{3,})+$")  # not a year at the end
_LETTERS = re.compile(r"[^\W\d_]{2}")
_EARLIEST = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Page:
    url: str
    changed: datetime | None
    title: str  # of news sitemaps; the others know addresses only


def parse(document: bytes, source: Source, *, address: str, content_type: str) -> Parsed | Trouble:
    """Read a sitemap: see `parse.parse`. A list of lists (or robots.txt) holds no article, and leads on to one.

    `source.select` may name "match" and "sitemap": what the addresses of the articles and of the list to read hold,
    with * for anything. The date of an article is the day its page last changed, its title the words of its address.
    """
    if strange := next((name for name, _ in source.select if name not in NAMES), ""):
        return Trouble(kind="selector", detail=strange)
    text = _text(document, content_type)
    kind = _kind(text)
    if not kind:
        return Trouble(kind="not-a-feed" if text.strip() else "empty", detail=plain_title(text[:4000])[:200].rstrip())
    wanted = dict(source.select).get("match" if kind == "urlset" else "sitemap", "")
    if kind != "urlset":
        if _onward(text, kind, wanted, address):
            return Parsed(articles=())
        return Trouble(kind="selector" if wanted else "empty", detail=wanted)
    pages: dict[str, _Page] = {}
    for page in _pages(text, address):
        if _holds(page.url, wanted):
            pages.setdefault(page.url, page)
    if not pages:
        return Trouble(kind="selector" if wanted else "empty", detail=wanted)
    newest = sorted(pages.values(), key=lambda page: page.changed or _EARLIEST, reverse=True)[:MAX_ARTICLES]
    articles = tuple(
        Article(
            source=source.id,
            url=page.url,
            title=(page.title or _slug(page.url))[:MAX_TITLE].rstrip(),
            language=source.language,
            published=page.changed,
        )
        for page in newest
    )
    return Parsed(articles=articles, complete=bool(_END.search(text[-200:])))


def more(document: bytes, *, address: str, source: Source) -> str:
    """From robots.txt to the sitemap, from a list of sitemaps to the newest one."""
    text = _text(document, "")
    kind = _kind(text)
    return _onward(text, kind, dict(source.select).get("sitemap", ""), address) if kind not in ("", "urlset") else ""


def _text(document: bytes, content_type: str) -> str:
    if document.startswith(b"\x1f\x8b"):
        try:
            document = zlib.decompressobj(wbits=31).decompress(document, MAX_UNPACKED)
        except zlib.error:
            return ""
    return to_utf8(document, content_type).decode("utf-8", "replace")


def _kind(text: str) -> str:
    if found := _KIND.search(text[:20_000]):
        return found[1].lower()
    return "robots" if not text.lstrip().startswith("<") and _ROBOTS.search(text) else ""


def _onward(text: str, kind: str, wanted: str, address: str) -> str:
    """The newest of the sitemaps that are wanted; the first one where none has a date."""
    if kind == "robots":
        urls = (absolute(found[1], address) for found in _ROBOTS.finditer(text))
        return next((url for url in urls if url and _holds(url, wanted)), "")
    lists = [page for page in _pages(text, address) if _holds(page.url, wanted)]
    return max(lists, key=lambda page: page.changed or _EARLIEST).url if lists else ""


def _pages(text: str, address: str) -> Iterator[_Page]:
    openings = list(islice(_OPENING.finditer(text), MAX_PAGES))
    ends = [*(opening.start() for opening in openings[1:]), len(text)]
    for opening, end in zip(openings, ends, strict=False):
        entry = text[opening.end() : end]
        url = absolute(_inside(entry, f"{opening[1]}loc"), address)
        if url:
            changed = _inside(entry, f"{opening[1]}lastmod") or _inside(entry, "news:publication_date")
            title = plain_title(_inside(entry, "news:title"))
            yield _Page(url=url, changed=parse_date(changed) if changed else None, title=title)


def _inside(entry: str, name: str) -> str:
    """The text of an element of an entry; "" when it is not there or does not end."""
    start = entry.find(f"<{name}>")
    end = entry.find("</", start)
    if start < 0 or end < 0:
        return ""
    return (
        entry[start + len(name) + 2 : end][:MAX_ADDRESS].strip().removeprefix("<![CDATA[").removesuffix("]]>").strip()
    )


def _holds(url: str, wanted: str) -> bool:
    """Whether the parts of a pattern between its stars stand in an address, in their order."""
    at = 0
    for piece in wanted.split("*"):
        found = url.find(piece, at)
        if found < 0:
            return False
        at = found + len(piece)
    return True


def _slug(url: str) -> str:
    """The words in an address: `/actualite/un-essai-prometteur-1234.html` says "Un essai prometteur"."""
    for segment in reversed(urlsplit(url).path.split("/")):
        bare = _NUMBERS.sub("", _ENDING.sub("", unquote(segment)))
        words = clean(re.sub(r"[-_+.]+", " ", bare))
        if _LETTERS.search(words):
            return words[:1].upper() + words[1:]
    return ""


KIND = Kind(parse=parse, more=more, pages=MAX_STEPS)
