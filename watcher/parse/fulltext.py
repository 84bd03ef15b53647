"""The text of an article's own page, without what stands around it on every page of the site."""

import re

from watcher.masks import masked
from watcher.parse.charset import to_utf8
from watcher.parse.html import MAX_PAGE, MAX_TAGS, MAX_TEXT
from watcher.text import clean

_DECLARATION = '<?xml version="1.0" encoding="utf-8"?>\n'  # as `to_utf8` leaves it; a text that is decoded has none


def text_of(page: bytes, address: str) -> str:
    """The paragraphs of the article on a page, one line each, in plain text; "" when none is found. Never raises.

    `address` is where the page came from. Of a page, `MAX_PAGE` characters and `MAX_TAGS` tags are read; of its text,
    `MAX_TEXT` characters are kept. Comments of readers are left out, and how to reach people is masked.
    """
    # It is loaded here, for the first page: it brings some fifty modules.
    import trafilatura

    markup = to_utf8(page[: 4 * MAX_PAGE]).decode("utf-8", "replace").removeprefix(_DECLARATION)[:MAX_PAGE]
    markup = "<".join(markup.split("<", MAX_TAGS)[:MAX_TAGS])
    try:
        text = trafilatura.extract(markup, url=address or None, include_comments=False, include_tables=True)
    except Exception:  # a stranger's page reaches every corner of a library
        return ""
    lines = (clean(line.removeprefix("- ")) for line in (text or "").splitlines())  # it marks the items of lists
    return masked("\n".join(line for line in lines if line)[:MAX_TEXT].rstrip())


_QUOTED = r"(?:[^<>\"']++|\"[^\"<]{0,500}+\"|'[^'<]{0,500}+'){0,40}+"
_META = re.compile(rf"<meta\s(?:{_QUOTED}>|[^<>]*+>)", re.IGNORECASE)  # the second for quotes that do not pair
_ATTRIBUTE = re.compile(r"\b(name|content)\s*+=\s*+[\"']?+\s*+([^\s\"'<>]++)", re.IGNORECASE)


def reserved_in(page: bytes) -> bool | None:
    """Whether a page reserves text and data mining (TDM Reservation Protocol); None when it does not say."""
    markup = to_utf8(page[: 4 * MAX_PAGE]).decode("utf-8", "replace")[:MAX_PAGE]
    said = None
    for tag in _META.findall(markup):
        found = {name.lower(): value.lower() for name, value in _ATTRIBUTE.findall(tag)}
        if found.get("name") == "tdm-reservation":
            said = said or found.get("content") == "1"
    return said
