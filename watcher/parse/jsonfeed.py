"""Turn one JSON Feed (version 1 or 1.1) into articles."""

import json
from typing import Any

from watcher.articles import Article, Parsed
from watcher.parse.dates import parse_date
from watcher.parse.html import MAX_TEXT, MAX_TITLE, absolute, plain, plain_title
from watcher.sources import Source, Trouble
from watcher.text import clean

MAX_ARTICLES = 2_000


def parse(document: bytes, source: Source, *, address: str) -> Parsed | Trouble:
    """Read a JSON Feed; `document` is UTF-8."""
    try:
        # Numbers stay the text they were written as: an id 7 and an id "7" are one, and 5,000 digits are only long.
        feed = json.loads(document.decode("utf-8", "replace"), parse_int=str, parse_float=str, parse_constant=str)
    except (ValueError, RecursionError) as error:
        kind = "broken" if b"jsonfeed.org/version" in document[:1000] else "not-a-feed"
        return Trouble(kind="broken" if kind == "broken" else "not-a-feed", detail=clean(str(error))[:200])
    if not isinstance(feed, dict) or not ("items" in feed or "jsonfeed.org" in _text(feed, "version")):
        return Trouble(kind="not-a-feed", detail="JSON without items")
    listed = feed.get("items")
    items = [item for item in listed if isinstance(item, dict)] if isinstance(listed, list) else []
    articles = [_article(item, feed, source, address) for item in items[:MAX_ARTICLES]]
    named = tuple(a for a in articles if a.title or a.url or a.guid or a.summary or a.body)
    if not named:
        return Trouble(kind="empty", detail=clean(_text(feed, "title"))[:200])
    return Parsed(articles=named, skipped=len(articles) - len(named))


def _article(item: dict[str, Any], feed: dict[str, Any], source: Source, address: str) -> Article:
    guid = clean(_text(item, "id"))[:MAX_TEXT]
    url = absolute(_text(item, "url"), address) or absolute(_text(item, "external_url"), address) or absolute(guid)
    content = plain(_text(item, "content_html")) or clean(_text(item, "content_text")[:MAX_TEXT])
    summary = plain(_text(item, "summary")) or content
    language = _text(item, "language") or _text(feed, "language")
    return Article(
        source=source.id,
        guid=guid,
        url=url,
        title=plain_title(_text(item, "title"))[:MAX_TITLE].rstrip(),
        summary=summary,
        body=content if len(content) > len(summary) else "",
        language=language[:2].lower() if language[:2].isalpha() else source.language,
        published=parse_date(_text(item, "date_published")) or parse_date(_text(item, "date_modified")),
        authors=_names(item) or _names(feed),
    )


def _names(holder: dict[str, Any]) -> tuple[str, ...]:
    listed = holder.get("authors")
    authors = listed if isinstance(listed, list) else [holder.get("author")]
    found = (clean(_text(a, "name"))[:200] for a in authors if isinstance(a, dict))
    return tuple(dict.fromkeys(name for name in found if name))


def _text(holder: dict[str, Any], key: str) -> str:
    value = holder.get(key)
    return value if isinstance(value, str) else ""
