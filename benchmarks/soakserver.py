"""Invented outlets of the soak: what each publishes and when, and a server that fails in the ways that servers fail.

    python benchmarks/soakserver.py SEED DAYS SOURCES

Started by soak.py. Prints its port. Each line that it then reads is JSON, `{"hour": 30, "faults": {"4": "reset"}}`: the
time in the invented world, and what goes wrong until the next line. It answers with what it served since the last one:
a list of `[source, fault, newest item, oldest item]`, the numbers -1 when no items went out. Source i listens at an
address of its own. Linux only: elsewhere only 127.0.0.1 is the loopback.
"""

import asyncio
import gzip
import json
import socket
import struct
import sys
from bisect import bisect_right
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import cache
from hashlib import sha1
from html import escape
from random import Random

from corpus import piece

START = datetime(2026, 6, 1, 6, tzinfo=UTC)
BEFORE = 40  # days that an outlet has published before the first poll
QUIET, ROLLED, MOVED, FLOODED = range(4)  # sources with a fate of their own
STATUS = {"500": 500, "503": 503, "429": 429, "403": 403, "404": 404, "410": 410}
PATIENT = {"503": "3600", "429": "7200"}  # seconds, Retry-After
SENT = "", "charset", "guids", "301", "302", "frozen", "cut"  # with these, items arrive: of the last one not all


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlet:
    """What one source publishes: item n comes out at hour `times[n]`."""

    number: int
    size: int  # items in its feed
    times: tuple[float, ...]

    def last(self, hour: float) -> int:
        """The number of its newest item."""
        return bisect_right(self.times, hour) - 1

    def stay(self, end: float) -> float:
        """The fewest hours that an item stays in the feed, of those that leave it."""
        gone = range(self.last(0) + 1, self.last(end) + 1 - self.size)
        return min((self.times[n + self.size] - self.times[n] for n in gone), default=float("inf"))


def outlets(seed: int, days: int, sources: int) -> tuple[Outlet, ...]:
    """The world: most publish at their own rhythm, the first four have a fate that raises an alarm."""
    return tuple(_outlet(Random(f"{seed} {number}"), number, days) for number in range(sources))


def _outlet(lots: Random, number: int, days: int) -> Outlet:
    size, rhythm = lots.randint(20, 30), lots.choice((14.0, 18.0, 24.0, 30.0, 36.0, 60.0))
    if number == QUIET:
        rhythm = 24.0
    hour, times = -24.0 * BEFORE + lots.random() * rhythm, list[float]()
    while hour < 24 * days:
        if not (number == QUIET and (-6 * 24 < hour < 36 or 8 * 24 < hour < 20 * 24)):  # six days before the first poll
            times.append(hour)
        hour += rhythm * lots.uniform(0.8, 1.2)
    if number == ROLLED:  # a whole feed comes and goes while nobody answers
        times += [20 + 0.7 * n for n in range(size + 5)]
    if number == FLOODED:  # an old archive is put into the feed in one moment
        times, size = [hour for hour in times if hour > -24 * 25] + [29.0] * 75, 110
    return Outlet(number=number, size=size, times=tuple(sorted(times)))


def host(source: int) -> str:
    """The loopback address of one source."""
    return f"127.3.0.{source + 1}"


@cache
def link(source: int, item: int) -> str:
    """Where an item leads."""
    return f"https://revue{source}.example.org/2026/{piece(source, item).slug}"


@cache
def title(source: int, item: int) -> str:
    """What an item is called; no two alike."""
    return f"{piece(source, item).title} — éd. {source}·{item}"


def _item(outlet: Outlet, number: int, suffix: str) -> str:
    told, when = piece(outlet.number, number), format_datetime(START + timedelta(hours=outlet.times[number]))
    return (
        f"<item><title>{escape(title(outlet.number, number))}</title><link>{link(outlet.number, number)}</link>"
        f"<guid isPermaLink='false'>revue{outlet.number}-{number}{suffix}</guid><pubDate>{when}</pubDate>"
        f"<description>{escape(told.lead)} {escape(told.body)}</description></item>\n"
    )


def document(outlet: Outlet, hour: float, fault: str = "") -> tuple[bytes, range]:
    """The feed of an outlet at one time, and the numbers of its items."""
    last = outlet.last(hour)
    numbers = range(max(0, last - outlet.size + 1), last + 1)
    suffix = "?again" if fault == "guids" else ""
    items = "" if fault == "empty" else "".join(_item(outlet, n, suffix) for n in reversed(numbers))
    head = f"<?xml version='1.0' encoding='utf-8'?><rss version='2.0'><channel><title>Revue {outlet.number}</title>\n"
    return f"{head}{items}</channel></rss>\n".encode(), numbers


@dataclass(slots=True)
class Town:
    """All outlets at the present hour, and what goes wrong with them."""

    outlets: tuple[Outlet, ...]
    hour: float = 0.0
    faults: dict[int, str] = field(default_factory=dict)
    served: list[tuple[int, str, int, int]] = field(default_factory=list)
    turned: asyncio.Event = field(default_factory=asyncio.Event)  # set when the hour changes: whoever hangs lets go

    def answer(self, source: int, path: str, headers: dict[str, str]) -> tuple[bytes, str]:
        """The bytes to send, and how the line ends then: "", "reset" or "hang"."""
        fault = self.faults.get(source, "")
        if fault in ("301", "302") and not path.startswith("/new"):
            return _reply(int(fault), b"", Location=f"/new{path}"), ""
        body, numbers = document(self.outlets[source], self.hour, fault)
        newest, oldest = (numbers[-1], numbers[0]) if fault in SENT else (-1, -1)
        self.served.append((source, fault, newest, oldest))
        if fault in STATUS:
            wait = {"Retry-After": PATIENT[fault]} if fault in PATIENT else {}
            return _reply(STATUS[fault], b"<html>Pardon</html>", **wait), ""
        if fault == "html":
            return _reply(200, b"<!doctype html><html><body><p>Site en travaux</p></body></html>", "text/html"), ""
        if fault == "hang":
            return _reply(200, body)[:200], "hang"
        if fault == "reset":
            return _reply(200, body)[: len(body) // 2], "reset"
        if fault == "short":
            return _reply(200, body)[: len(body) // 2], ""
        if fault == "gzip":
            return _reply(200, gzip.compress(body)[: len(body) // 8], Content_Encoding="gzip"), ""
        return self._document(source, body, fault, headers), ""

    def _document(self, source: int, body: bytes, fault: str, headers: dict[str, str]) -> bytes:
        etag = f'"{sha1(body).hexdigest()}"'
        asked = headers.get("if-none-match", "")
        if asked and (fault == "frozen" or asked == etag):
            self.served[-1] = (source, fault, -1, -1)
            return _reply(304, b"", ETag=etag)
        if fault == "cut":
            return _reply(200, body[: len(body) // 2], "application/rss+xml")
        kind = "text/xml; charset=iso-8859-1" if fault == "charset" else "application/rss+xml; charset=utf-8"
        return _reply(200, body, kind, ETag=etag)


def _reply(status: int, body: bytes, kind: str = "text/xml", **headers: str) -> bytes:
    named = {"Content-Length": str(len(body)), "Content-Type": kind, "Connection": "close"} | headers
    lines = [f"HTTP/1.1 {status} Soaked", *(f"{name.replace('_', '-')}: {value}" for name, value in named.items())]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


async def _serve(town: Town, source: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        path = (await reader.readline()).decode().split()[1]
        headers = {}
        while ":" in (line := (await reader.readline()).decode().strip()):
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        said, ending = town.answer(source, path, headers)
        writer.write(said)
        await writer.drain()
        if ending == "hang":
            await town.turned.wait()
        if ending == "reset":
            line_ = writer.get_extra_info("socket")
            line_.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()
        writer.close()
    except (OSError, IndexError):
        writer.close()


async def _doors(town: Town) -> None:
    """Listen everywhere, and shut the doors of those that refuse; a line of orders at a time."""
    doors: dict[int, asyncio.Server] = {}
    port = 0

    async def open_(source: int) -> None:
        def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> asyncio.Task[None]:
            return asyncio.ensure_future(_serve(town, source, reader, writer))

        doors[source] = await asyncio.start_server(greet, host(source), port, reuse_address=True)

    await open_(0)
    port = int(doors[0].sockets[0].getsockname()[1])
    for source in range(1, len(town.outlets)):
        await open_(source)
    print(port, flush=True)
    loop = asyncio.get_running_loop()
    while order := await loop.run_in_executor(None, sys.stdin.readline):
        told = json.loads(order)
        town.turned.set()
        await asyncio.sleep(0)
        town.turned = asyncio.Event()
        served, town.served = town.served, []
        town.hour, town.faults = told["hour"], {int(source): fault for source, fault in told["faults"].items()}
        for source in range(len(town.outlets)):
            if town.faults.get(source) == "refused" and source in doors:
                doors.pop(source).close()
            elif town.faults.get(source) != "refused" and source not in doors:
                await open_(source)
        print(json.dumps(served), flush=True)


def main() -> None:
    """Serve until the orders end."""
    seed, days, sources = map(int, sys.argv[1:4])
    asyncio.run(_doors(Town(outlets=outlets(seed, days, sources))))


if __name__ == "__main__":
    main()
