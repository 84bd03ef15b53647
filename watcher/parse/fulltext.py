"""The text of an article's own page, without what stands around it on every page of the site."""

from watcher.parse.charset import to_utf8
from watcher.parse.html import MAX_PAGE, MAX_TAGS, MAX_TEXT
from watcher.text import clean

_DECLARATION = '<?xml version="1.0" encoding="utf-8"?>\n'  # as `to_utf8` leaves it; a text that is decoded has none


def text_of(page: bytes, address: str) -> str:
    """The paragraphs of the article on a page, one line each, in plain text; "" when none is found. Never raises.

    `address` is where the page came from. Of a page, `MAX_PAGE` characters and `MAX_TAGS` tags are read; of its text,
    `MAX_TEXT` characters are kept. Comments of readers are left out.
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
    return "\n".join(line for line in lines if line)[:MAX_TEXT].rstrip()
