"""Leave out of a feed what was in it the last time: most of what a feed says, it has said before.

An item is told by a mark of its bytes. Those with a known mark are cut out before the document is read, all but one:
with it, what is left is a feed like any other, and whoever reads it finds whether it is whole.
"""

import re
from dataclasses import dataclass
from hashlib import blake2b

from watcher.sources import MARK

_OPENED = re.compile(rb"<(item|entry)(?=[\s>])[^<>]*+>")
_LEFT_OVER = re.compile(rb"<(?:\w+:)?(?:item|entry)[\s>/]")
_PAIRS = ((b"<![CDATA[", b"]]>"), (b"<!--", b"-->"))
MOSTLY = 2 / 3  # of a document's items; when fewer are known, cutting them out gains little


@dataclass(frozen=True, slots=True, kw_only=True)
class Shortened:
    """A feed without the items that it held before."""

    document: bytes  # with the unknown items, and one of the known
    marks: bytes  # of all its items, in order
    known: int
    unknown: int


def marks_of(document: bytes) -> bytes:
    """The marks of a feed's items, one after the other; none when its items cannot be told apart by their bytes."""
    found = _items(document)
    return b"".join(mark for _, _, mark in found)


def shortened(document: bytes, before: bytes) -> Shortened | None:
    """A feed without what it held when its marks were `before`; None when it must be read whole."""
    if not before or not (found := _items(document)):
        return None
    seen = {before[at : at + MARK] for at in range(0, len(before), MARK)}
    known = [(start, end) for start, end, mark in found if mark in seen]
    if len(known) < 2 or len(known) < MOSTLY * len(found):
        return None
    kept, at = [], 0
    for start, end in known[1:]:
        kept.append(document[at:start])
        at = end
    return Shortened(
        document=b"".join((*kept, document[at:])),
        marks=b"".join(mark for _, _, mark in found),
        known=len(known),
        unknown=len(found) - len(known),
    )


def _items(document: bytes) -> list[tuple[int, int, bytes]]:
    """Where each item begins and ends, and its mark; none at all when one of them may hold another, or a part of it."""
    found: list[tuple[int, int, bytes]] = []
    around: list[bytes] = []
    at = 0
    while opened := _OPENED.search(document, at):
        closed = document.find(b"</" + opened[1], opened.end())
        end = document.find(b">", closed) + 1
        if closed < 0 or not end:
            return []
        item = document[opened.start() : end]
        if not _balanced(item) or len(_LEFT_OVER.findall(item)) != 1:
            return []
        around.append(document[at : opened.start()])
        found.append((opened.start(), end, blake2b(item, digest_size=MARK).digest()))
        at = end
    outside = b" ".join((*around, document[at:]))
    return found if _balanced(outside) and not _LEFT_OVER.search(outside) else []


def _balanced(text: bytes) -> bool:
    """Whether every CDATA section and every comment that begins here ends here."""
    return all(text.count(opened) == text.count(closed) for opened, closed in _PAIRS)
