"""How many of feedparser's own test feeds are read alike: the same number of items, and never an error.

    python benchmarks/parity.py

Downloads feedparser's source from PyPI (kept in benchmarks/.peers) and reads every feed of its test suite with both. An
item that has neither title, address, name nor text is none for us: it cannot be read or known again. Exits with 1 when
a feed makes us fail, or when more than GOAL of the others differ in their number of such items.
"""

import io
import re
import subprocess
import sys
import tarfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import feedparser

from watcher.articles import Parsed
from watcher.parse import parse
from watcher.parse.html import plain
from watcher.sources import Source

PEERS = Path(__file__).parent / ".peers"
GOAL = 0.01
HEADER = re.compile(rb"Header:\s*Content-type:\s*([^\r\n]+)", re.IGNORECASE)
SOURCE = Source(id="s", url="http://127.0.0.1:8097/feed.xml")


def feeds() -> list[Path]:
    """The feeds of feedparser's test suite, downloaded on first use."""
    folder = PEERS / "feedparser-source"
    if not folder.exists():
        wanted = f"feedparser=={feedparser.__version__}"
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", ":all:", wanted]
        subprocess.run([*command, "--dest", str(PEERS)], check=True)
        with tarfile.open(next(PEERS.glob("feedparser-*.tar.gz"))) as packed:
            packed.extractall(folder, filter="data")
    return sorted(folder.glob("*/tests/**/*.xml"))


def theirs(document: bytes, content_type: str) -> int | None:
    """How many items feedparser finds that can be told apart; None when it fails."""
    try:
        read = feedparser.parse(io.BytesIO(document), response_headers={"content-type": content_type})
    except Exception:
        return None
    return sum(any(_words(entry)) for entry in read.entries)


def _words(entry: Any) -> Iterator[str]:
    """What names an item, without markup: a title that is only a picture is none."""
    yield from (entry.get("link") or "", entry.get("id") or "")
    yield from (plain(entry.get(key) or "") for key in ("title", "summary"))
    yield from (plain(part.get("value") or "") for part in entry.get("content", ()))


def main() -> int:
    """Print the counts; 0 when the goal is reached."""
    counts: Counter[str] = Counter()
    for file in feeds():
        document = file.read_bytes()
        said = HEADER.search(document)
        content_type = said.group(1).decode("latin-1").strip() if said else "application/xml"
        expected = theirs(document, content_type)
        if expected is None:
            counts["feedparser fails"] += 1
            continue
        try:
            parsed = parse(document, SOURCE, address=SOURCE.url, content_type=content_type)
        except Exception as error:
            counts["watcher fails"] += 1
            print(f"{file.name}: {type(error).__name__}: {error}")
            continue
        found = len(parsed.articles) if isinstance(parsed, Parsed) else 0
        counts["alike" if found == expected else "different"] += 1
        if found != expected:
            print(f"{file.relative_to(PEERS)}: {expected} items, {found} read")
    total = counts["alike"] + counts["different"]
    print(f"{sum(counts.values())} feeds: {dict(counts)}; alike {counts['alike'] / total:.4f}")
    return int(bool(counts["watcher fails"]) or counts["different"] > GOAL * total)


if __name__ == "__main__":
    sys.exit(main())
