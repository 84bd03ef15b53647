"""How the sample world's outlets write their feeds: one function per shape, text in, a document out."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from hashlib import sha256
from html import escape

from watcher.demo.content import Item, Outlet, Shape

PARIS_IN_WINTER = timezone(timedelta(hours=1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What a web server answers at one address."""

    content: bytes
    content_type: str
    modified: datetime
    status: int = 200

    @property
    def etag(self) -> str:
        """A strong validator, quotes included."""
        return f'"{sha256(self.content).hexdigest()[:24]}"'


def write(outlet: Outlet, items: tuple[Item, ...], moment: datetime) -> Document:
    """Write an outlet's feed as it stands at a moment; the items come in the order in which they are listed."""
    text = WRITERS[outlet.shape](outlet, items, moment)
    return Document(
        content=text.encode(outlet.bytes, "xmlcharrefreplace"),
        content_type=CONTENT_TYPES[outlet.shape].format(charset=outlet.declared),
        modified=moment,
        status=500 if outlet.shape == "error" else 200,
    )


def _rss(outlet: Outlet, items: tuple[Item, ...], moment: datetime) -> str:
    prose = _twice_escaped if outlet.prose == "twice-escaped" else _plain
    return f"""<?xml version="1.0" encoding="{outlet.declared}"?>
<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:content="http://purl.org/rss/1.0/modules/content/">
<channel>
<title>{escape(outlet.name)}</title>
<link>{escape(outlet.home)}</link>
<description>{escape(outlet.name)}</description>
<language>{outlet.language}</language>
<lastBuildDate>{_mail_date(moment, outlet.language)}</lastBuildDate>
{"".join(_rss_item(item, outlet, prose) for item in items)}</channel>
</rss>
"""


def _rss_item(item: Item, outlet: Outlet, prose: Callable[[str], str]) -> str:
    lines = ["<item>", f"<title>{prose(item.title)}</title>", f"<link>{escape(item.link)}</link>"]
    lines.append(f"<description>{prose(item.summary)}</description>")
    if item.guid:
        permalink = "true" if item.guid == item.link else "false"
        lines.append(f'<guid isPermaLink="{permalink}">{escape(item.guid)}</guid>')
    if item.published:
        lines.append(f"<pubDate>{_mail_date(item.published, item.language)}</pubDate>")
    if item.language != outlet.language:
        lines.append(f"<dc:language>{item.language}</dc:language>")
    if item.doi:
        lines.append(f"<content:encoded><![CDATA[{_markup(item)}]]></content:encoded>")
    return "\n".join([*lines, "</item>", ""])


def _atom(outlet: Outlet, items: tuple[Item, ...], moment: datetime) -> str:
    entries = "".join(_atom_entry(item, moment) for item in items)
    return f"""<?xml version="1.0" encoding="{outlet.declared}"?>
<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="{outlet.language}">
<id>{escape(outlet.home)}</id>
<title>{escape(outlet.name)}</title>
<link rel="alternate" type="text/html" href="{escape(outlet.home)}"/>
<updated>{moment.isoformat()}</updated>
<author><name>{escape(outlet.name)}</name></author>
{entries}</feed>
"""


def _atom_entry(item: Item, moment: datetime) -> str:
    updated = item.updated or item.published or moment
    published = f"<published>{item.published.isoformat()}</published>\n" if item.published else ""
    authors = "".join(f"<author><name>{escape(name)}</name></author>\n" for name in item.authors)
    return f"""<entry>
<id>{escape(item.guid)}</id>
<title type="html">{escape(escape(item.title, quote=False))}</title>
<link rel="alternate" type="text/html" href="{escape(item.link)}"/>
{authors}{published}<updated>{updated.isoformat()}</updated>
<summary type="text">{escape(item.summary)}</summary>
<content type="html">{escape(_markup(item))}</content>
</entry>
"""


def _rdf(outlet: Outlet, items: tuple[Item, ...], moment: datetime) -> str:
    listed = "".join(f'<rdf:li rdf:resource="{escape(item.link)}"/>\n' for item in items)
    return f"""<?xml version="1.0" encoding="{outlet.declared}"?>
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
 xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:prism="http://prismstandard.org/namespaces/basic/2.0/">
<channel rdf:about="{escape(outlet.home)}">
<title>{escape(outlet.name)}</title>
<link>{escape(outlet.home)}</link>
<description>{escape(outlet.name)}</description>
<dc:language>{outlet.language}</dc:language>
<dc:date>{moment.isoformat()}</dc:date>
<items><rdf:Seq>
{listed}</rdf:Seq></items>
</channel>
{"".join(_rdf_item(item) for item in items)}</rdf:RDF>
"""


def _rdf_item(item: Item) -> str:
    lines = [f'<item rdf:about="{escape(item.link)}">', f"<title>{escape(item.title)}</title>"]
    lines.append(f"<link>{escape(item.link)}</link>")
    lines.append(f"<description>{escape(item.summary)}</description>")
    lines.extend(f"<dc:creator>{escape(name)}</dc:creator>" for name in item.authors)
    if item.published:
        lines.append(f"<dc:date>{item.published.isoformat()}</dc:date>")
    if item.doi:
        lines.append(f"<dc:identifier>doi:{escape(item.doi)}</dc:identifier>")
        lines.append(f"<prism:doi>{escape(item.doi)}</prism:doi>")
    return "\n".join([*lines, "</item>", ""])


def _json_feed(outlet: Outlet, items: tuple[Item, ...], _moment: datetime) -> str:
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": outlet.name,
        "home_page_url": outlet.home,
        "language": outlet.language,
        "items": [_json_item(item) for item in items],
    }
    return json.dumps(feed, ensure_ascii=False, indent=1)


def _json_item(item: Item) -> dict[str, object]:
    told: dict[str, object] = {
        "id": item.guid,
        "url": item.link,
        "title": item.title,
        "summary": item.summary,
        "content_html": _markup(item),
        "language": item.language,
        "date_published": item.published.isoformat() if item.published else None,
        "authors": [{"name": name} for name in item.authors],
    }
    return {key: value for key, value in told.items() if value}


def _page(outlet: Outlet, _items: tuple[Item, ...], _moment: datetime) -> str:
    return f"""<!DOCTYPE html>
<html lang="{outlet.language}">
<head><meta charset="{outlet.declared.lower()}"><title>{escape(outlet.name)}</title></head>
<body><h1>{escape(outlet.name)}</h1><p>{escape(outlet.text)}</p></body>
</html>
"""


def _plain(text: str) -> str:
    return escape(text, quote=False)


def _twice_escaped(text: str) -> str:
    """What a careless export does: typographic signs become references, then the references' ampersands are escaped."""
    once = "".join(f"&#{ord(sign)};" if sign in "’«»–…\u00a0\u202f" else _plain(sign) for sign in text)
    return f"<![CDATA[{_plain(once)}]]>"


def _markup(item: Item) -> str:
    reference = ""
    if item.doi:
        label = "Référence : " if item.language == "fr" else "Reference: "
        address = escape(f"https://doi.org/{item.doi}")
        reference = f'<p>{label}<a href="{address}">{address}</a></p>'
    return f"<p>{_plain(item.summary)}</p>{reference}"


def _mail_date(moment: datetime, language: str) -> str:
    """The date as RSS wants it: in Paris time from a French outlet, in GMT from another."""
    if language == "fr":
        return format_datetime(moment.astimezone(PARIS_IN_WINTER))
    return format_datetime(moment, usegmt=True)


WRITERS: dict[Shape, Callable[[Outlet, tuple[Item, ...], datetime], str]] = {
    "rss": _rss,
    "atom": _atom,
    "rdf": _rdf,
    "json": _json_feed,
    "page": _page,
    "error": _page,
}
CONTENT_TYPES: dict[Shape, str] = {
    "rss": "application/rss+xml; charset={charset}",
    "atom": "application/atom+xml; charset={charset}",
    "rdf": "application/rdf+xml; charset={charset}",
    "json": "application/feed+json",
    "page": "text/html; charset={charset}",
    "error": "text/html; charset={charset}",
}
