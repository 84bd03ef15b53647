"""Feeds on the loopback for benchmarks, each at an address of its own as on the web.

    python benchmarks/feedserver.py --feeds 200 --items 30 --latency 100

Prints its port when it listens. Feed i is http://127.1.0.<i+1>:<port>/<i>.xml (127.1.1.1 after 250, and so on): six of
ten are RSS 2.0, three Atom, one RSS in ISO-8859-1. ETag and Last-Modified are sent, and 304 when nothing changed.
`GET /next` at any address puts one new item on top of every feed and drops its last. All documents are made before
they are asked for, so that the server takes little from the programs that are measured. Linux only: elsewhere only
127.0.0.1 is the loopback.
"""

import argparse
import asyncio
import contextlib
import socket
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from html import escape

from corpus import piece

_NEWEST = datetime.now(UTC).replace(hour=6, minute=0, second=0, microsecond=0) - timedelta(days=2)
_SPACES = (
    'xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/"'
    ' xmlns:atom="http://www.w3.org/2005/Atom" xmlns:sy="http://purl.org/rss/1.0/modules/syndication/"'
)


def host(feed: int) -> str:
    """The loopback address of one feed."""
    return f"127.1.{feed // 250}.{feed % 250 + 1}"


def document(feed: int, items: int, epoch: int) -> tuple[bytes, str]:
    """One feed at one time, and its type."""
    numbers = range(epoch + items - 1, epoch - 1, -1)
    site = f"https://revue{feed}.example.org"
    if feed % 10 in (6, 7, 8):
        entries = "".join(_entry(feed, number, items) for number in numbers)
        atom = (
            '<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="fr">\n'
            f'<title>Revue n° {feed}</title>\n<id>{site}/</id>\n<link href="{site}/"/>\n'
            f"<updated>{_when(numbers[0], items):%Y-%m-%dT%H:%M:%SZ}</updated>\n{entries}</feed>\n"
        )
        return atom.encode(), "application/atom+xml; charset=utf-8"
    encoding = "ISO-8859-1" if feed % 10 == 9 else "utf-8"
    rss = (
        f'<?xml version="1.0" encoding="{encoding}"?>\n<rss version="2.0" {_SPACES}>\n<channel>\n'
        f"<title>Revue n° {feed}</title>\n<link>{site}/</link>\n<description>Textes engendrés</description>\n"
        f"<language>fr-FR</language>\n<sy:updatePeriod>hourly</sy:updatePeriod>\n<ttl>60</ttl>\n"
        f'<atom:link href="{site}/feed" rel="self" type="application/rss+xml"/>\n'
        f"{''.join(_item(feed, number, items) for number in numbers)}</channel>\n</rss>\n"
    )
    return rss.encode(encoding, "xmlcharrefreplace"), "application/rss+xml"


def _when(number: int, items: int) -> datetime:
    return _NEWEST + timedelta(hours=18 * (number - items + 1))


def _prose(feed: int, number: int) -> tuple[str, str]:
    """An article's address and its text as a publishing system writes it."""
    told, site = piece(feed, number), f"https://revue{feed}.example.org"
    link = f"{site}/2026/{told.slug}"
    return link, (
        f"<p><strong>{escape(told.lead)}</strong></p>\n<p>{escape(told.body)}</p>\n"
        f'<p><a href="{link}?utm_source=rss&amp;utm_medium=feed">Lire la suite &rarr;</a> '
        f'<img src="{site}/img/{number}.jpg" alt="" width="640"/></p>'
    )


def _item(feed: int, number: int, items: int) -> str:
    told, (link, markup) = piece(feed, number), _prose(feed, number)
    return (
        f"<item>\n<title>{escape(told.title)}</title>\n<link>{link}</link>\n"
        f'<guid isPermaLink="false">https://revue{feed}.example.org/?p={number}</guid>\n'
        f"<pubDate>{format_datetime(_when(number, items))}</pubDate>\n"
        f"<dc:creator><![CDATA[{told.author}]]></dc:creator><category><![CDATA[Santé]]></category>\n"
        f"<description><![CDATA[<p>{escape(told.lead)} [&#8230;]</p>]]></description>\n"
        f"<content:encoded><![CDATA[{markup}]]></content:encoded>\n</item>\n"
    )


def _entry(feed: int, number: int, items: int) -> str:
    told, (link, markup) = piece(feed, number), _prose(feed, number)
    when = f"{_when(number, items):%Y-%m-%dT%H:%M:%SZ}"
    return (
        f'<entry>\n<title>{escape(told.title)}</title>\n<link rel="alternate" href="{link}"/>\n'
        f"<id>tag:revue{feed}.example.org,2026:{number}</id>\n<published>{when}</published><updated>{when}</updated>\n"
        f'<author><name>{escape(told.author)}</name></author><category term="Santé"/>\n'
        f'<summary>{escape(told.lead)}</summary>\n<content type="html">{escape(markup)}</content>\n</entry>\n'
    )


class Shelf:
    """The answers of the present time, ready to be sent."""

    def __init__(self, feeds: int, items: int) -> None:
        self.feeds, self.items, self.epoch = feeds, items, 0
        self.answers: list[tuple[bytes, bytes, bytes]] = []  # ETag, answer with the document, answer without it
        self.fill()

    def fill(self) -> None:
        """Make all documents of the present time."""
        self.answers = [self._answers(feed) for feed in range(self.feeds)]

    def _answers(self, feed: int) -> tuple[bytes, bytes, bytes]:
        body, kind = document(feed, self.items, self.epoch)
        newest = format_datetime(_when(self.epoch + self.items - 1, self.items), usegmt=True)
        etag = f'"{feed}-{self.epoch}"'
        known = f"ETag: {etag}\r\nLast-Modified: {newest}\r\n"
        whole = f"HTTP/1.1 200 OK\r\n{known}Content-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
        return etag.encode(), whole.encode() + body, f"HTTP/1.1 304 Not Modified\r\n{known}\r\n".encode()

    def answer(self, head: bytes) -> bytes:
        """What one request gets."""
        path = head.split(b" ", 2)[1]
        if path == b"/next":
            self.epoch += 1
            self.fill()
            return b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
        name = path.strip(b"/").partition(b".")[0]
        if not name.isdigit() or int(name) >= self.feeds:
            return b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
        etag, whole, unchanged = self.answers[int(name)]
        return unchanged if b"if-none-match: " + etag in head.lower() else whole


class Line(asyncio.Protocol):
    """One connection, kept open from request to request."""

    def __init__(self, shelf: Shelf, latency: float) -> None:
        self.shelf, self.latency, self.got = shelf, latency, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember where to answer."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer every whole request."""
        self.got += data
        while b"\r\n\r\n" in self.got:
            head, _, self.got = self.got.partition(b"\r\n\r\n")
            answer = self.shelf.answer(head)
            asyncio.get_running_loop().call_later(self.latency, self.transport.write, answer)


def _door(address: str, port: int) -> socket.socket:
    return socket.create_server((address, port), backlog=128)


async def serve(feeds: int, items: int, latency: float) -> None:
    """Listen at the address of every feed, on one port, until the process is ended; answer after `latency` seconds."""
    shelf = Shelf(feeds, items)
    first = _door(host(0), 0)
    port = first.getsockname()[1]
    doors = [first, *(_door(host(feed), port) for feed in range(1, feeds))]
    loop = asyncio.get_running_loop()
    servers = [await loop.create_server(lambda: Line(shelf, latency), sock=door) for door in doors]
    print(port, flush=True)
    await asyncio.gather(*(server.serve_forever() for server in servers))


def main() -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--feeds", type=int, default=200)
    parser.add_argument("--items", type=int, default=30)
    parser.add_argument("--latency", type=float, default=0, help="milliseconds before each answer")
    options = parser.parse_args()
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve(options.feeds, options.items, options.latency / 1000))


if __name__ == "__main__":
    main()
