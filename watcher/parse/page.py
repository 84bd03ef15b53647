"""Turn a page that lists news into articles; the CSS selectors of the settings say where things are on it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import urldefrag, urlsplit
from warnings import catch_warnings, simplefilter

from watcher.articles import Article, Parsed
from watcher.parse.charset import to_utf8
from watcher.parse.dates import parse_date
from watcher.parse.html import MAX_TITLE, absolute, page_tree, plain, plain_title
from watcher.parse.kind import Kind
from watcher.sources import Source, Trouble
from watcher.text import clean, fold

if TYPE_CHECKING:
    from bs4 import BeautifulSoup, Tag
    from soupsieve import SoupSieve

NAMES = ("item", "title", "link", "date", "summary", "next")
MAX_ARTICLES = 2_000  # per page; the rest is left where it is
MAX_DEPTH = 200  # elements inside each other; pages made by hand or by machine stay below 60
MAX_CLIMB = 2_000_000  # depths of all elements together: what a selector such as "ul li" climbs at worst
MAX_PAGES = 5  # that `next` leads through, the first one included
_HEADINGS = ["h1", "h2", "h3", "h4", "h5", "h6"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """The items of a page, and what looks for the parts of each."""

    tree: "BeautifulSoup"
    items: tuple["Tag", ...]
    seek: Mapping[str, "SoupSieve"]  # by the names used in `select`
    base: str  # where relative links start
    address: str  # of the page itself, without fragment


def parse(document: bytes, source: Source, *, address: str, content_type: str) -> Parsed | Trouble:
    """Read a page that lists news: see `parse.parse`.

    `source.select` names "item", and if need be "title", "link", "date", "summary" inside it, and "next". What the
    settings look for and the page does not hold is Trouble("selector"): a site that was rebuilt is not a silent one.
    """
    found = listing(document, source, NAMES, address=address, content_type=content_type)
    if isinstance(found, Trouble):
        return found
    return gathered(found, (_article(found, item, source) for item in found.items))


def more(document: bytes, *, address: str, source: Source) -> str:
    """Where the element that "next" selects leads, on the same host."""
    if not dict(source.select).get("next"):
        return ""
    names = tuple(name for name, _ in source.select)  # other kinds of page have more of them
    found = listing(document, source, names, address=address, content_type="")
    if isinstance(found, Trouble):
        return ""
    step = found.seek["next"].select_one(found.tree)
    url = _target(found, step) if step else ""
    return url if urlsplit(url).netloc == urlsplit(address).netloc else ""


def listing(
    document: bytes, source: Source, names: tuple[str, ...], *, address: str, content_type: str
) -> Listing | Trouble:
    """The items of a page. Trouble("selector") when one of the settings' selectors is no selector or finds nothing."""
    seek = _compiled(source, names)
    if isinstance(seek, Trouble):
        return seek
    utf8 = to_utf8(document, content_type)
    if not utf8.strip():
        return Trouble(kind="empty", detail="empty document")
    tree = page_tree(utf8.decode("utf-8", "replace"))
    if _too_deep(tree):
        return Trouble(kind="too-large", detail="elements nested too deeply")
    with catch_warnings():
        simplefilter("ignore")  # of what soupsieve thinks of a person's CSS
        items = _outermost(seek["item"].iselect(tree))
    if not items:
        return Trouble(kind="selector", detail=seek["item"].pattern)
    for name in {"title", "link"} & seek.keys():  # an article cannot do without; a date or a summary may be missing
        if not any(seek[name].match(item) or seek[name].select_one(item) for item in items):
            return Trouble(kind="selector", detail=seek[name].pattern)
    start = tree.find("base", href=True)
    base = absolute(_attribute(start, "href"), address) if start else ""
    return Listing(tree=tree, items=items, seek=seek, base=base or address, address=urldefrag(address)[0])


def _compiled(source: Source, names: tuple[str, ...]) -> dict[str, "SoupSieve"] | Trouble:
    from bs4 import BeautifulSoup

    css = BeautifulSoup("", "lxml").css
    wanted = {name: selector for name, selector in source.select if selector}
    if strange := next((name for name in wanted if name not in names), ""):
        return Trouble(kind="selector", detail=strange)
    if "item" not in wanted:
        return Trouble(kind="selector", detail="item")
    seek: dict[str, SoupSieve] = {}
    for name, selector in wanted.items():
        try:
            with catch_warnings():
                simplefilter("ignore")
                seek[name] = css.compile(selector, {})
        except Exception:  # soupsieve has an error of its own for most mistakes, and other errors for the rest
            return Trouble(kind="selector", detail=selector)
    return seek


def _too_deep(tree: "BeautifulSoup") -> bool:
    from bs4.element import Tag

    climb = 0
    level: list[Tag] = [tree]
    for depth in range(MAX_DEPTH):
        level = [child for element in level for child in element.contents if isinstance(child, Tag)]
        climb += depth * len(level)
        if not level or climb > MAX_CLIMB:
            return climb > MAX_CLIMB
    return True


def _outermost(found: Iterable["Tag"]) -> tuple["Tag", ...]:
    """Items in the order of the page; an item inside another item is part of it."""
    taken: dict[int, Tag] = {}
    for tag in found:
        if not any(id(parent) in taken for parent in tag.parents):
            taken[id(tag)] = tag
            if len(taken) == MAX_ARTICLES:
                break
    return tuple(taken.values())


def part(found: Listing, item: "Tag", name: str) -> "Tag | None":
    """What a selector of the settings finds in an item, the item itself included; None without one."""
    sieve = found.seek.get(name)
    if sieve is None:
        return None
    return item if sieve.match(item) else sieve.select_one(item)


def link(found: Listing, item: "Tag") -> tuple[str, "Tag | None"]:
    """Where an item leads, and the element that says so; ("", None) when it leads nowhere but to its own page."""
    chosen = part(found, item, "link") if "link" in found.seek else item
    if chosen is None:
        return "", None
    for tag in (chosen, *chosen.find_all(["a", "area"], href=True)):
        if tag.name in ("a", "area", "link") and (url := _target(found, tag)):
            return url, tag
    return "", None


def _target(found: Listing, tag: "Tag") -> str:
    url = absolute(_attribute(tag, "href"), found.base)
    return "" if urldefrag(url)[0] == found.address else url


def title(found: Listing, item: "Tag", anchor: "Tag | None") -> str:
    """What an item is called: as the settings say, else the words of its link, else a heading, else a label."""
    if (chosen := part(found, item, "title")) and (words := plain_title(chosen.decode_contents())):
        return words[:MAX_TITLE].rstrip()
    heading = (anchor.find(_HEADINGS) if anchor else None) or item.find(_HEADINGS)
    inside = anchor is not None and heading is not None and anchor in heading.parents  # a card that is all one link
    order = (heading, anchor) if inside else (anchor, heading)
    words = next((said for tag in order if tag and (said := plain(tag.decode_contents()))), "")
    if not words and anchor:
        words = clean(_attribute(anchor, "title")) or clean(_attribute(anchor, "aria-label"))
    return words[:MAX_TITLE].rstrip()


def words(found: Listing, item: "Tag", name: str) -> str:
    """The text of what a selector of the settings finds in an item."""
    chosen = part(found, item, name)
    return plain(chosen.decode_contents()) if chosen else ""


def _published(found: Listing, item: "Tag") -> datetime | None:
    stamp = part(found, item, "date") if "date" in found.seek else item.find("time")
    if stamp is None:
        return None
    inner = stamp.find("time") or stamp
    return parse_date(_attribute(inner, "datetime")) or parse_date(plain_title(stamp.decode_contents()))


def _article(found: Listing, item: "Tag", source: Source) -> Article:
    url, anchor = link(found, item)
    name = title(found, item, anchor)
    return Article(
        source=source.id,
        guid="" if url else fold(name),
        url=url,
        title=name,
        summary=words(found, item, "summary"),
        language=source.language,
        published=_published(found, item),
    )


def gathered(found: Listing, articles: Iterable[Article]) -> Parsed | Trouble:
    """Each article once, although a picture, a title and "read more" may all lead to it; none without a title."""
    seen: dict[str, Article] = {}
    for article in articles:
        key = urldefrag(article.url)[0] or article.guid
        first = seen.setdefault(key, article)
        seen[key] = replace(
            first,
            title=first.title or article.title,
            summary=first.summary or article.summary,
            published=first.published or article.published,
            event=first.event or article.event,
        )
    named = tuple(article for article in seen.values() if article.title)
    if not named:
        return Trouble(kind="selector", detail=found.seek["item"].pattern)
    return Parsed(articles=named, skipped=len(seen) - len(named))


def _attribute(tag: "Tag | None", name: str) -> str:
    value = tag.get(name) if tag else None
    return value if isinstance(value, str) else ""


KIND = Kind(parse=parse, more=more, crawls=True, pages=MAX_PAGES)
