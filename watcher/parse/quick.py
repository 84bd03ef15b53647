"""Read the ordinary well-formed feed in a fraction of feedparser's time, or decline.

Whatever feedparser treats in a way of its own (markup inside a field, base64, a doctype, nested languages, addresses in
a name, unknown elements that it might take for known ones) is declined and left to it. What is read here has the shape
that feedparser gives it, key by key, so that one room makes articles out of both.
"""

import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lxml.etree import _Element

Entry = dict[str, Any]  # one item, or the feed itself, as feedparser would name its fields


class _Unusual(Exception):  # noqa: N818 - not an error: feedparser's turn
    """Something that feedparser reads in its own way."""


# Prefixes that stand for namespaces whatever the document calls them; "" for the elements of RSS and Atom themselves.
_PREFIXES = {
    "http://www.w3.org/2005/atom": "",
    "http://purl.org/rss/1.0/": "",
    "http://purl.org/dc/elements/1.1/": "dc",
    "http://purl.org/dc/terms/": "dcterms",
    "http://purl.org/rss/1.0/modules/content/": "content",
    "http://purl.org/rss/1.0/modules/slash/": "slash",
    "http://purl.org/rss/1.0/modules/syndication/": "sy",
    "http://purl.org/rss/1.0/modules/taxonomy/": "taxo",
    "http://purl.org/rss/1.0/modules/threading/": "thr",
    "http://prismstandard.org/namespaces/1.2/basic/": "prism",
    "http://rssnamespace.org/feedburner/ext/1.0": "feedburner",
    "http://search.yahoo.com/mrss/": "media",
    "http://webns.net/mvcb/": "admin",
    "http://wellformedweb.org/commentapi/": "wfw",
    "http://www.w3.org/1999/02/22-rdf-syntax-ns#": "rdf",
    "http://www.georss.org/georss": "georss",
    "http://www.itunes.com/dtds/podcast-1.0.dtd": "itunes",
    "http://www.w3.org/2003/01/geo/wgs84_pos#": "geo",
}
# What else feedparser knows under a name of its own, or without any: not for a foreign namespace to take.
_RESERVED = frozenset((*_PREFIXES.values(), *str.split("cc creativecommons gml psc xhtml")))
_BARE = re.compile(
    r"http://(?:purl\.org/(?:atom|pie|echo|rss/1\.0/modules/rss091)|example\.com/ne|my\.netscape\.com/"
    r"|blogs\.law\.harvard\.edu/).*|.*backend\.userland\.com/rss.*|uri/of/echo.*"
)
_PRISM = re.compile(r"https?://(?:www\.)?prismstandard\.org/namespaces/.*")
_FOREIGN = "~"  # the name of every element that feedparser keeps under a name nobody asks for
_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
_RDF_ROOT = f"{_RDF}RDF"
_ATOM = "{http://www.w3.org/2005/Atom}feed"
_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
_BASE = "{http://www.w3.org/XML/1998/namespace}base"

_TEXT_TYPES = frozenset(("text", "html", "plain", "text/plain", "text/html"))
_HTML_TYPES = frozenset(("html", "text/html", "xhtml", "application/xhtml+xml"))
_C1 = re.compile("[\x80-\x9f]")
_REFERENCE = re.compile(r"&\w+;")
_THREE_SLASHES = re.compile(r"[A-Za-z][\w+.-]*:///")
# An address that is the same after it was joined to a base.
_ABSOLUTE = re.compile(r"https?://[\w.-]+(?::\d+)?(?:/[^\s;?#]*)?(?:\?[^\s;?#]+)?(?:#[^\s#]+)?", re.ASCII)
# In any document, before it is looked at closely.
_BASES = re.compile(rb"[\s:]base\s*=", re.IGNORECASE)  # one that is set anywhere may hold for all that follows
_NOT_ORDINARY = re.compile(rb"<!(?!--|\[CDATA\[)")

_DATES = {
    "pubdate": "published", "published": "published", "issued": "published", "dcterms_issued": "published",
    "updated": "updated", "modified": "updated", "dc_date": "updated", "dcterms_modified": "updated",
    "created": "created", "dcterms_created": "created",
}  # fmt: skip
_KEPT = frozenset(  # under their own names, attributes aside
    "feedburner_origlink dc_source dc_identifier prism_publicationname prism_volume prism_startingpage"
    " prism_endingpage prism_doi prism_publicationdate prism_coverdate".split()
)
_PASSED_OVER = frozenset(  # nothing of them is an article's
    """~ category comments enclosure rights contributor dc_contributor dc_publisher dc_subject dc_rights dc_type
    dc_format dc_coverage dc_relation slash_comments slash_section slash_department slash_hit_parade wfw_comment
    wfw_commentrss thr_total media_credit media_thumbnail media_copyright media_keywords media_category media_text
    media_rating media_adult media_hash prism_number prism_issn prism_eissn prism_section prism_url
    prism_issueidentifier prism_publicationyear prism_copyright prism_rightsagent prism_category
    prism_aggregationtype prism_issuename
    prism_platform prism_genre prism_pagerange prism_versionidentifier prism_publisher prism_modificationdate
    content_format taxo_topics georss_point itunes_duration itunes_explicit itunes_image itunes_episode
    itunes_episodetype itunes_season""".split()
)
_NESTS_MEDIA = frozenset(("media_content", "media_group"))
# Inside the feed, these would begin an item or change how the next one is read.
_NOT_BETWEEN_ITEMS = frozenset(
    """item entry channel feed rss rdf language summary content encoded abstract body fullitem description_ div
    newlocation tags svg math""".split()
)
_HOLDERS = frozenset(
    "~ image textinput author contributor itunes_owner itunes_category skiphours skipdays items cloud".split()
)
_MAKES_ITEMS_ODD = frozenset(("itunes_summary", "dc_description", "media_description", "dcterms_abstract"))


@dataclass(slots=True)
class _Reading:
    """One item as far as it has been read."""

    entry: Entry
    language: str
    based: bool  # addresses are joined to an xml:base
    has_content: bool = False
    summary_depth: int = 0  # how deep the summary stood; 0: none, or one lent by the content
    inner: int = 0  # how deep below the item
    titles: int = 0


def read(utf8: bytes, most: int) -> tuple[list[Entry], Entry] | None:
    """The first `most` items of a feed, and the feed's own fields; None when the document is anything but ordinary.

    `utf8` comes from `charset.to_utf8`.
    """
    from lxml import etree

    if _NOT_ORDINARY.search(utf8):
        return None
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False,
        remove_comments=True, remove_pis=True, collect_ids=False,
    )  # fmt: skip
    try:
        root = etree.fromstring(utf8, parser)
        return _feed(root, utf8, most)
    except (etree.XMLSyntaxError, _Unusual):
        return None


def _feed(root: "_Element", utf8: bytes, most: int) -> tuple[list[Entry], Entry]:
    if root.tag not in ("rss", _ATOM, _RDF_ROOT):
        raise _Unusual
    if utf8.count(b"xmlns") != len(root.nsmap) or len(_BASES.findall(utf8)) != (_BASE in root.attrib):
        raise _Unusual  # declared further down, or spoken of
    names = _Names(root)
    _plain_attributes(root, but=(_LANGUAGE, _BASE))
    channel = root if root.tag == _ATOM else _channel(root, names)
    said = [_tongue(root, "")]
    feed: Entry = {"language": said[0]} if said[0] else {}
    said.append(_tongue(channel, said[0]))
    items: list[_Element] = []
    for holder in (channel,) if root.tag != _RDF_ROOT else (channel, root):
        for child in holder:
            name = names.of(child)
            if name == "title":
                _bare(child)
                feed["title_detail"] = {"language": said[1]}
            if holder is channel or name in ("item", "image", "textinput"):
                _of_feed(child, name, names, feed, items)
            elif child is not channel:
                raise _Unusual
    if not items or utf8.count(b"xml:lang") != sum(_LANGUAGE in e.attrib for e in {root, channel, *items}):
        raise _Unusual
    return [_item(item, names, _tongue(item, said[1]), based=_BASE in root.attrib) for item in items[:most]], feed


def _channel(root: "_Element", names: "_Names") -> "_Element":
    """The one channel; in RDF the items stand beside it."""
    found = [child for child in root if names.of(child) == "channel"]
    if len(found) != 1 or (len(root) > 1 and root.tag != _RDF_ROOT):
        raise _Unusual
    if set(found[0].attrib) - {f"{_RDF}about", _LANGUAGE}:
        raise _Unusual
    return found[0]


def _tongue(element: "_Element", around: str) -> str:
    """The language that an element is in."""
    said = element.get(_LANGUAGE)
    if said == "":  # nobody's, says the standard; feedparser takes another way
        raise _Unusual
    return (said or around).replace("_", "-")


def _of_feed(child: "_Element", name: str, names: "_Names", feed: Entry, items: list["_Element"]) -> None:
    """Put aside an item; see to it that what says something of the feed says nothing of its items."""
    if name in ("item", "entry"):
        items.append(child)
    elif name in ("language", "dc_language"):
        feed["language"] = _text(_bare(child))
    elif name in _MAKES_ITEMS_ODD or name in _NOT_BETWEEN_ITEMS or (len(child) and name not in _HOLDERS):
        raise _Unusual
    elif len(child):
        for inner in child.iter():
            if names.of(inner).rpartition("_")[2] in _NOT_BETWEEN_ITEMS:
                raise _Unusual


class _Names:
    """The names of a document's elements: lower case, with the usual prefix of their namespace."""

    def __init__(self, root: "_Element") -> None:
        self._known: dict[str, str] = {}
        prefixes: dict[str, str] = {}
        for prefix, uri in root.nsmap.items():
            lowered = uri.lower()
            usual = _PREFIXES.get(lowered)
            if usual is None:
                usual = self._foreign(prefix, lowered)
            elif prefix in _RESERVED and prefix != usual:
                raise _Unusual
            if usual not in ("", _FOREIGN) and usual in prefixes.values():
                raise _Unusual
            prefixes[uri] = usual
        self._prefixes = prefixes

    @staticmethod
    def _foreign(prefix: str | None, uri: str) -> str:
        if prefix == "prism" and _PRISM.fullmatch(uri):
            return prefix
        if prefix is None or prefix.lower() in _RESERVED or _BARE.fullmatch(uri):
            raise _Unusual
        return _FOREIGN

    def of(self, element: "_Element") -> str:
        """The name of an element."""
        tag: str = element.tag
        if (name := self._known.get(tag)) is None:
            uri, _, local = tag[1:].rpartition("}") if tag.startswith("{") else ("", "", tag)
            prefix = self._prefixes[uri] if uri else ""
            name = f"{prefix}_{local}".lower() if prefix else local.lower()
            if prefix == _FOREIGN:
                name = _FOREIGN
            elif not local.isascii() or "_" in local or ":" in local:
                raise _Unusual
            self._known[tag] = name
        return name


def _item(item: "_Element", names: _Names, language: str, *, based: bool) -> Entry:
    reading = _Reading(entry={}, language=language, based=based)
    for name, value in item.attrib.items():
        if name == f"{_RDF}about":
            if value:
                reading.entry["id"] = value
        elif name != _LANGUAGE:
            raise _Unusual
    for child in item:
        _field(child, names.of(child), names, reading)
    return reading.entry


def _field(child: "_Element", name: str, names: _Names, reading: _Reading) -> None:
    if take := _FIELDS.get(name):
        take(child, reading)
    elif name in _DATES:
        reading.entry[_DATES[name]] = _text(_bare(child))
    elif name in _KEPT:
        if child.attrib:
            raise _Unusual
        reading.entry[name] = _text(_bare(child))
    elif name in _NESTS_MEDIA:
        reading.inner += 1
        for inner in child:
            if (inner_name := names.of(inner)) not in _NESTS_MEDIA and not inner_name.startswith("media_"):
                raise _Unusual
            _field(inner, inner_name, names, reading)
        reading.inner -= 1
    elif name not in _PASSED_OVER or len(child):
        raise _Unusual


def _text(element: "_Element") -> str:
    """The words of an element, as feedparser mends them."""
    text = (element.text or "").strip()
    if text.isascii():
        return text
    with suppress(UnicodeError):  # UTF-8 that was taken for Latin-1 and encoded once more
        text = text.encode("iso-8859-1").decode("utf-8")
    if _C1.search(text):
        raise _Unusual
    return text


def _bare(element: "_Element") -> "_Element":
    """The element, when it holds nothing but text and sets no language or address for it."""
    if len(element):
        raise _Unusual
    if element.attrib:
        _plain_attributes(element)
    return element


def _plain_attributes(element: "_Element", but: tuple[str, ...] = ()) -> None:
    if any(name.rpartition("}")[2].lower() in ("lang", "base") for name in element.attrib if name not in but):
        raise _Unusual


def _typed(element: "_Element") -> str:
    """The words of an element that may say what kind of text it holds."""
    for name, value in element.attrib.items():
        if name != "type" or value.lower() not in _TEXT_TYPES:
            raise _Unusual
    return _text(_bare(element))


def _title(element: "_Element", reading: _Reading) -> None:
    reading.titles += 1
    if reading.titles > 1 or reading.inner:
        raise _Unusual
    reading.entry["title"] = _typed(element)
    reading.entry["title_detail"] = {"language": reading.language}


def _media_title(element: "_Element", reading: _Reading) -> None:
    if not reading.entry.get("title"):  # it would be lent to the item
        raise _Unusual
    _typed(element)


def _summary(element: "_Element", reading: _Reading) -> None:
    """The first one is the summary, a second one content; but after content each of them is the summary."""
    entry, text = reading.entry, _typed(element)
    if "summary" in entry and not reading.has_content:
        _keep_content(text, reading)
        return
    depth = reading.inner + 1
    if not reading.summary_depth or depth <= reading.summary_depth:
        reading.summary_depth = depth
        entry["summary"] = text
    entry["summary_detail"] = {"language": reading.language}


def _content(element: "_Element", reading: _Reading) -> None:
    _keep_content(_typed(element), reading)


def _keep_content(text: str, reading: _Reading) -> None:
    reading.has_content = True
    reading.entry.setdefault("content", []).append({"value": text})
    reading.entry.setdefault("summary", text)


def _link(element: "_Element", reading: _Reading) -> None:
    entry, attributes = reading.entry, {name.lower(): value for name, value in _bare(element).attrib.items()}
    if attributes.keys() & {"url", "uri"} or reading.inner:
        raise _Unusual
    link = {name: value.lower() if name in ("rel", "type") else value for name, value in attributes.items()}
    link.setdefault("rel", "alternate")
    link.setdefault("type", "application/atom+xml" if link["rel"] == "self" else "text/html")
    links = entry.setdefault("links", [])
    links.append(link)
    if "href" in link:
        _whole(link["href"], reading)
        if reading.based and not link["href"]:
            raise _Unusual
        if link["rel"] == "alternate" and link["type"] in _HTML_TYPES:
            entry["link"] = link["href"]
        return
    address = _whole(_text(element), reading)
    if "&" in address and _REFERENCE.search(address):
        raise _Unusual
    entry["link"] = address
    if address:
        link["href"] = address


def _whole(address: str, reading: _Reading) -> str:
    """An address that feedparser would leave as it is."""
    if _THREE_SLASHES.match(address) or (reading.based and address and not _ABSOLUTE.fullmatch(address)):
        raise _Unusual
    return address


def _guid(element: "_Element", reading: _Reading) -> None:
    attributes = {name.lower(): value for name, value in _bare(element).attrib.items()}
    guid = reading.entry["id"] = _text(element)
    if attributes.get("ispermalink", "true") == "true":
        reading.entry.setdefault("link", _whole(guid, reading))


def _author(element: "_Element", reading: _Reading) -> None:
    authors = reading.entry.setdefault("authors", [])
    if not len(element):
        name = _text(_bare(element))
        if "@" in name or reading.inner or (authors and "author" not in reading.entry):
            raise _Unusual
        authors.append({"name": name} if name else {})
        reading.entry["author"] = name
        return
    if "author" in reading.entry:
        raise _Unusual
    inner = {child.tag.rpartition("}")[2]: child for child in element}
    if len(inner) != len(element) or "name" not in inner or inner.keys() - {"name", "uri", "email"}:
        raise _Unusual
    loose = (element.text, *(child.tail for child in element))
    if any(text and text.strip() for text in loose) or any(len(child) or child.attrib for child in element):
        raise _Unusual
    authors.append({"name": (inner["name"].text or "").strip()})


def _spoken(element: "_Element", reading: _Reading) -> None:
    reading.entry["language"] = _text(_bare(element))


def _source(element: "_Element", reading: _Reading) -> None:  # noqa: ARG001 - the signature of the others
    _bare(element)


_FIELDS: dict[str, Callable[["_Element", _Reading], None]] = {
    "title": _title, "dc_title": _title, "media_title": _media_title,
    "description": _summary, "dc_description": _summary, "summary": _summary, "itunes_summary": _summary,
    "media_description": _summary,
    "content": _content, "content_encoded": _content,
    "link": _link, "guid": _guid, "id": _guid,
    "author": _author, "dc_creator": _author, "itunes_author": _author,
    "language": _spoken, "dc_language": _spoken,
    "source": _source,
}  # fmt: skip
