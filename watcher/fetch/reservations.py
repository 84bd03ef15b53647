"""What a site reserves of text and data mining, in a file of its own (TDM Reservation Protocol, `tdmrep.json`)."""

import json
from typing import Any

from watcher.fetch.addresses import shown, web_address
from watcher.fetch.robots import READ_AT_MOST, Rules, encoded, permits
from watcher.fetch.values import StoppedError

PLACE = "/.well-known/tdmrep.json"


def place_of(url: str) -> str:
    """Where the site of an address says what it reserves; "" for what is no web address."""
    try:
        return shown(web_address(url)._replace(path=PLACE, query=None))
    except StoppedError:
        return ""


def reservations_in(document: bytes) -> Rules:
    """The patterns of paths that a `tdmrep.json` names, and whether they may be mined; none for what makes no sense."""
    try:
        rows: Any = json.loads(document[:READ_AT_MOST])
    except (ValueError, RecursionError):
        return ()
    rows = rows if isinstance(rows, list) else []
    named = ((row.get("location"), row.get("tdm-reservation")) for row in rows if isinstance(row, dict))
    return tuple((_pattern(where), said != 1) for where, said in named if isinstance(where, str) and said in (0, 1))


def _pattern(where: str) -> str:
    return encoded(where.encode("utf-8", "replace").decode())  # JSON can hold half a character


def reserves(rules: Rules, url: str) -> bool:
    """Whether an address is reserved; the longest pattern decides, as in robots.txt."""
    return not permits(rules, web_address(url))
