"""The feeds of the settings as a list for other readers (OPML 2.0)."""

from xml.sax.saxutils import quoteattr

from watcher.sources import Source, shown_address


def opml(sources: tuple[Source, ...]) -> str:
    """An outline a feed; pages and services, which other readers cannot read, are left out, and so are passwords."""
    outlines = [_outline(source) for source in sources if source.kind == "feed"]
    return "\n".join(
        [
            '<?xml version="1.0" encoding="UTF-8"?>',
            '<opml version="2.0">',
            "  <head><title>watcher</title></head>",
            "  <body>",
            *outlines,
            "  </body>",
            "</opml>",
        ]
    )


def _outline(source: Source) -> str:
    url = shown_address(source.url)
    label = quoteattr(source.label)
    language = f" language={quoteattr(source.language)}" if source.language else ""
    return f'    <outline type="rss" text={label} title={label} xmlUrl={quoteattr(url)}{language}/>'
