"""What points to feeds: web pages, and the lists that other readers export (OPML).

Both are read by the forgiving reader of pages: lists are often not quite XML, and none of its entities is ever opened.
"""

from dataclasses import dataclass

from watcher.parse.charset import to_utf8
from watcher.parse.html import absolute, page_tree, plain_title
from watcher.parse.services import loads, text

MAX_LISTED = 5_000
_WITH_TITLES_OF_THEIR_OWN = ("item", "entry", "image", "textinput", "svg")
FEED_TYPES = ("application/rss+xml", "application/atom+xml", "application/rdf+xml", "application/feed+json")


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One feed that something points to."""

    url: str  # absolute http(s); empty when what was written there is no such address
    title: str = ""
    written: str = ""  # the address as it was written


def outlines(document: bytes) -> tuple[Listed, ...]:
    """The feeds of an OPML list, in its order, folders aside."""
    tree = page_tree(to_utf8(document).decode("utf-8", "replace"))
    found = []
    for outline in tree.find_all("outline", limit=MAX_LISTED):
        written = str(outline.get("xmlurl") or "").strip()
        if written:
            title = plain_title(str(outline.get("title") or outline.get("text") or ""))
            found.append(Listed(url=absolute(written), title=title, written=plain_title(written)))
    return tuple(found)


def linked(page: bytes, *, address: str, content_type: str) -> tuple[Listed, ...]:
    """The feeds that a web page names as other forms of itself; those of comments come last."""
    tree = page_tree(to_utf8(page, content_type).decode("utf-8", "replace"))
    base = tree.find("base", href=True)
    start = absolute(str(base.get("href")), address) if base else ""
    found: dict[str, Listed] = {}
    for link in tree.find_all("link", href=True, limit=MAX_LISTED):
        kind = str(link.get("type") or "").partition(";")[0].strip().lower()
        if "alternate" in str(link.get("rel") or "").lower() and kind in FEED_TYPES:
            url = absolute(str(link.get("href")), start or address)
            if url:
                found.setdefault(url, Listed(url=url, title=plain_title(str(link.get("title") or ""))))
    return tuple(sorted(found.values(), key=lambda one: "comment" in f"{one.url} {one.title}".lower()))


def title_of(document: bytes, content_type: str) -> str:
    """What a page or a feed calls itself; "" when it does not say."""
    if document.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        return plain_title(text(loads(document) or {}, "title"))[:200]
    tree = page_tree(to_utf8(document[:100_000], content_type).decode("utf-8", "replace"))
    titles = (title for title in tree.find_all("title", limit=20) if not title.find_parent(_WITH_TITLES_OF_THEIR_OWN))
    return next((plain_title(title.get_text())[:200] for title in titles), "")
