"""Markup to clean plain text, and links to absolute web addresses.

The words of a feed's item are scanned and not made into a tree: a scanner holds no stack of elements, so nesting costs
nothing, and every pattern stops at the next "<" or after a fixed number of characters, so that no markup makes it slow.
It runs for every item. A whole page, read now and then, is a tree: only a tree knows what stands inside a menu.
"""

import html
import re
import warnings
from collections.abc import Container, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import quote, urljoin, urlsplit

from watcher.text import clean

if TYPE_CHECKING:
    from bs4 import BeautifulSoup, Tag

MAX_MARKUP = 262_144  # characters of markup read per field
MAX_PAGE = 4_000_000  # characters of markup read per page
MAX_TAGS = 60_000  # "<" read per page: what time and memory go into, about a second
MAX_TEXT = 65_536  # characters of text kept per field
MAX_TITLE = 1_000
MAX_ADDRESS = 4_096
SHORT_PAGE = 2_000  # characters; a page with less may have been misread

# A tag with its quoted attributes (they may hold ">"), or, when the quotes do not pair, up to the next ">".
_QUOTED = r"(?:[^<>\"']++|\"[^\"]{0,300}+\"|'[^']{0,300}+'){0,24}+"
_TOKEN = re.compile(rf"<(?:(!--)|!\[CDATA\[|[!?][^<>]*+>|(/?)([A-Za-z][^\s<>/]*+)(?:{_QUOTED}>|[^<>]*+>))")
_ENTITY = re.compile(r"&(?:#\d{2,6}|#[xX][0-9a-fA-F]{2,5}|[A-Za-z]{3,8}\d{0,2});")

# Their content is not prose.
_UNREAD = frozenset(str.split("script style template noscript iframe object svg textarea select button audio video"))
# They stand apart from the text around them; all other elements are taken for part of a word (<i>p</i>53, <scp>).
_BLOCKS = frozenset(
    str.split("""
    abstract address article aside blockquote body br caption center dd details dialog dir disp-quote div
    dl dt fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6 head header hr html img label legend li list
    list-item main menu nav ol option p pre sec section summary table tbody td tfoot th thead title tr ul""")
)
_FURNITURE = frozenset(("head", "nav", "aside", "form", "header", "footer"))
_CLOSED_BY_PARSER = frozenset(("head", "script", "style", "template", "textarea"))
_CELLS = frozenset(("td", "th", "img", "label", "option"))  # apart, but on the same line
# Names worth a second look when they come out of doubled entities; anything else between < and > is then text.
_INLINE = frozenset(
    str.split("a abbr b bdi big cite code em font i mark q s scp small span strike strong sub sup tt u")
)
_KNOWN = re.compile(rf"</?(?:{'|'.join(sorted(_INLINE | _BLOCKS | _UNREAD))})\b[^<>]*>", re.IGNORECASE)

# The last tag of a text that was cut in its middle.
_CUT_TAG = re.compile(
    rf"<(?:/?(?:{'|'.join(sorted(_INLINE | _BLOCKS | _UNREAD))})?|[A-Za-z][\w:-]{{0,20}}\s[^<>=]*+=[^<>]*+)\Z"
)

_SENTENCE_END = r"(?:\A|(?<=[\s.!?…»\])]))"
# What publishers put behind an article, each after words without which it need not be looked for.
_TAILS: tuple[tuple[tuple[str, ...], re.Pattern[str]], ...] = (
    (
        ("apparu", "appeared"),
        re.compile(
            r"(.*)(?:Cet article|Cette entrée|L[’']article|Le billet|The post|The article)\s.*?"
            r"(?:est apparu en premier sur|est apparue en premier sur|appeared first on|first appeared on)\b.*",
            re.DOTALL,
        ),
    ),
    (
        ("Lire", "LIRE", "Voir", "savoir", "Contin", "Read", "READ"),
        re.compile(
            rf"(.*){_SENTENCE_END}(?:[\[(«>→]\s*)?"
            r"(?:Lire (?:la suite|l[’']article|plus)|LIRE LA SUITE|En savoir plus|Continuer la lecture|Voir plus"
            r"|Read (?:more|the full (?:article|story))|READ MORE|Continue [Rr]eading)\b[^.!?]{0,120}[\s.…!?\])»>→]*",
            re.DOTALL,
        ),
    ),
    (
        ("©", "(c)", "(C)", "Copyright"),
        re.compile(
            r"(.*)(?:\A|(?<=[.!?…»\])])\s*)(?:Copyright\s*)?(?:©|\([cC]\)|Copyright)[^.©]{0,60}?(?:19|20)\d\d\b.{0,200}",
            re.DOTALL,
        ),
    ),
    (
        ("ights", "IGHTS", "roits", "ROITS"),
        re.compile(
            r"(.*)(?:\A|(?<=[.!?…»\])])\s*)(?:Copyright|©)?[^.]{0,120}(?:All rights reserved|Tous droits réservés)\W*",
            re.DOTALL | re.IGNORECASE,
        ),
    ),
)
_TAIL_WINDOW = 700

_LINE_ENDS = re.compile(r"[\t\r\n]+")  # no part of an address, for a browser either
_HOST = re.compile(r"[A-Za-z0-9_.:%-]+")
_GOOD_ADDRESS = re.compile(
    r"https?://[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::\d{1,4})?(?:[/?#][\w!$%&'()*+,\-./:;=?@~#]*)?", re.ASCII
)


def plain(markup: str) -> str:
    """The prose of a piece of markup: one line, entities decoded, no tail such as "Lire la suite"."""
    return _without_tails(plain_title(markup[:MAX_MARKUP]))[:MAX_TEXT].rstrip()


def plain_title(markup: str) -> str:
    """The words of a title that may hold markup: as `plain`, but its end is left alone."""
    if "<" not in markup and "&" not in markup:
        return clean(markup[:MAX_MARKUP])
    markup = markup[:MAX_MARKUP]
    return clean(_decoded("".join(_pieces(markup))))


def paragraphs(page: str) -> str:
    """The prose of an HTML page, one line per block element; menus, banners, forms and scripts left out.

    The header and the footer of an article are part of its prose.
    """
    page = _within_limits(page)
    tree = _tree(page)
    ends = page.lower()
    # Menus that nobody closed hold the rest of the page: they are read.
    unread = {name for name in _UNREAD | _FURNITURE if name in _CLOSED_BY_PARSER or f"</{name}" in ends}
    text = _lines(tree, unread)
    if len(text) < SHORT_PAGE:
        with_forms = _lines(tree, unread - {"form"})
        if len(with_forms) > 4 * len(text):  # some sites put a whole page inside one form
            return with_forms
    return text


def page_tree(page: str) -> "BeautifulSoup":
    """A page as a tree, to be searched; what lies beyond the limits is left out. Never raises."""
    return _tree(_within_limits(page))


def lines(element: "Tag") -> tuple[str, ...]:
    """The text of an element, a line per block; scripts left out."""
    return tuple(_lines(element, _UNREAD).splitlines())


def absolute(href: str, base: str = "") -> str:
    """A link as an absolute http(s) address with what is illegal in it percent-encoded, or "" when it is none.

    A user name or a password in it is left out.
    """
    href = clean(_LINE_ENDS.sub("", href)).replace("&amp;", "&")
    if not href or len(href) > MAX_ADDRESS:
        return ""
    if _GOOD_ADDRESS.fullmatch(href):
        return href
    try:
        parts = urlsplit(urljoin(base, href) if base else href)
        host = parts.hostname or ""
        port = parts.port
        netloc = host if host.isascii() else host.encode("idna").decode("ascii")
    except (ValueError, UnicodeError):
        return ""
    if parts.scheme not in ("http", "https") or not _HOST.fullmatch(netloc) or "\\" in parts.netloc:
        return ""
    netloc = f"[{netloc}]" if ":" in netloc else netloc
    netloc += "" if port is None else f":{port}"
    rest = quote(parts.path, safe="%/:@!$&'()*+,;=~-._")
    rest += "?" + quote(parts.query, safe="%/?:@!$&'()*+,;=~-._") if parts.query else ""
    rest += "#" + quote(parts.fragment, safe="%/?:@!$&'()*+,;=~-._") if parts.fragment else ""
    return f"{parts.scheme}://{netloc}{rest}"


def _within_limits(page: str) -> str:
    return "<".join(page[:MAX_PAGE].split("<", MAX_TAGS)[:MAX_TAGS])


def _tree(page: str) -> "BeautifulSoup":
    from bs4 import BeautifulSoup, MarkupResemblesLocatorWarning, XMLParsedAsHTMLWarning
    from bs4.builder import ParserRejectedMarkup

    legal = page.replace("\0", "").encode("utf-8", "ignore").decode()  # no lone surrogates
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MarkupResemblesLocatorWarning)  # it may, and is read all the same
        warnings.simplefilter("ignore", XMLParsedAsHTMLWarning)
        try:
            return BeautifulSoup(legal, "lxml")
        except ParserRejectedMarkup:
            return BeautifulSoup("", "lxml")


def _lines(tree: "Tag", unread: Container[str]) -> str:
    """The text of a tree, a line per block; walked without recursion, which nesting could exhaust."""
    from bs4.element import NavigableString, Tag

    pieces: list[str] = []
    inside = 0  # how many <article> and <main> are open
    open_elements = [(iter(tree.contents), "", 0)]  # what is left of each, what it leaves behind, whether it counts
    while open_elements:
        rest, mark, counts = open_elements[-1]
        child = next(rest, None)
        if child is None:
            pieces.append(mark)
            inside -= counts
            open_elements.pop()
        elif isinstance(child, Tag):
            mark = "" if child.name not in _BLOCKS else " " if child.name in _CELLS else "\n"
            pieces.append(mark)
            if child.name not in unread or (inside and child.name in ("header", "footer")):
                counts = int(child.name in ("article", "main"))
                inside += counts
                open_elements.append((iter(child.contents), mark, counts))
        elif type(child) is NavigableString:  # its subclasses are comments and scripts
            pieces.append(child.replace("\n", " "))  # the line ends of the source mean no more than spaces do
    return "\n".join(line for raw in "".join(pieces).split("\n") if (line := clean(raw)))


def _pieces(markup: str) -> Iterator[str]:
    """The text between the tags; a block element leaves a space behind."""
    unclosed: set[str] = set()
    at = 0
    while token := _TOKEN.search(markup, at):
        yield _text(markup[at : token.start()])
        at = token.end()
        comment, closing, name = token.groups()
        if comment:
            at = end + 3 if (end := markup.find("-->", at)) >= 0 else len(markup)
        elif name:
            local = name.rpartition(":")[2].lower()
            if local in _UNREAD and not closing and not token[0].endswith("/>"):
                at = _past(markup, local, at, unclosed)
            if local in _BLOCKS:
                yield " "
    yield _text(_CUT_TAG.sub("", markup[at:]))


def _text(between: str) -> str:
    return html.unescape(between.replace("]]>", ""))


def _past(markup: str, name: str, at: int, unclosed: set[str]) -> int:
    """Where an element that is not read ends; a script that nobody closed swallows the rest, as in a browser."""
    found = None if name in unclosed else _end_of(name).search(markup, at)
    if found:
        return found.end()
    unclosed.add(name)  # looked for once and no more, or a page of opening tags would take for ever
    return len(markup) if name in ("script", "style", "template", "textarea") else at


@lru_cache(maxsize=64)
def _end_of(name: str) -> re.Pattern[str]:
    return re.compile(rf"</{name}\b[^<>]*+>?", re.IGNORECASE)


def _decoded(text: str) -> str:
    """Undo the second escaping of publishers that escape twice: `&#8217;` and `<i>` that come out as text."""
    if "&" in text:
        text = _ENTITY.sub(_second, text)
    if "<" in text and _KNOWN.search(text):
        text = "".join(_pieces(text))
    return text


def _second(entity: re.Match[str]) -> str:
    character = html.unescape(entity[0])
    return entity[0] if character in "<>&" else character


def _without_tails(text: str) -> str:
    for _ in range(3):
        start = max(0, len(text) - _TAIL_WINDOW)
        window = text[start:]
        for words, tail in _TAILS:
            if any(word in window for word in words) and (found := tail.fullmatch(window)):
                window = found[1].rstrip()
        if start + len(window) == len(text):
            return text
        text = (text[:start] + window).rstrip()
    return text
