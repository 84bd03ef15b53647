"""Articles out of a file, by the ending of its name."""

import gzip
import io
import zlib
from collections.abc import Callable, Iterator
from typing import BinaryIO, cast

from watcher.articles import Article
from watcher.errors import UsageError
from watcher.masks import masked_article
from watcher.parse.bibtex import read_bibtex
from watcher.parse.charset import to_utf8
from watcher.parse.csvfile import read_csv
from watcher.parse.pubmedxml import read_pubmed
from watcher.parse.records import read_records
from watcher.parse.ris import read_ris

LARGEST = 500_000_000  # bytes, unpacked, of a file that has to be read as a whole


def read_articles(stream: BinaryIO, *, name: str) -> Iterator[Article]:
    """Read the articles of an open file in its order: RIS, BibTeX, CSV, PubMed XML, and any other ending as JSON lines.

    A name that ends in `.gz` says that the file is packed. JSON lines and PubMed XML are read piece by piece. Raises
    UsageError("bad-record") with file, line and detail, or UsageError("unreadable-file") with file and detail for a
    damaged package, a file too large and text that is no UTF-8 where it has to be. OSError comes through. What articles
    say of how to reach people is masked.
    """
    ending = name.lower()
    packed = ending.endswith(".gz")
    ending = ending.removesuffix(".gz").rpartition("/")[2].rpartition(".")[2]
    read = READERS.get(ending, _json_lines)
    try:
        if not packed:
            yield from map(masked_article, read(stream, name))
            return
        with gzip.GzipFile(fileobj=stream) as unpacked:
            yield from map(masked_article, read(cast(BinaryIO, unpacked), name))
    except (gzip.BadGzipFile, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise UsageError("unreadable-file", file=name, detail=str(error)) from error


def _json_lines(stream: BinaryIO, name: str) -> Iterator[Article]:
    with io.TextIOWrapper(stream, encoding="utf-8") as lines:
        yield from read_records(lines, source=name)


def _ris(stream: BinaryIO, name: str) -> Iterator[Article]:
    return read_ris(_whole(stream, name), source=name)


def _bibtex(stream: BinaryIO, name: str) -> Iterator[Article]:
    return read_bibtex(_whole(stream, name), source=name)


def _csv(stream: BinaryIO, name: str) -> Iterator[Article]:
    return read_csv(_whole(stream, name), source=name)


def _pubmed(stream: BinaryIO, name: str) -> Iterator[Article]:
    return read_pubmed(stream, source=name)


def _whole(stream: BinaryIO, name: str) -> str:
    """A file of references as text: reference managers still write in old charsets."""
    document = stream.read(LARGEST + 1)
    if len(document) > LARGEST:
        raise UsageError("unreadable-file", file=name, detail=f"> {LARGEST} bytes")
    return to_utf8(document).decode("utf-8", "replace")


READERS: dict[str, Callable[[BinaryIO, str], Iterator[Article]]] = {
    "jsonl": _json_lines,
    "ris": _ris,
    "bib": _bibtex,
    "csv": _csv,
    "tsv": _csv,
    "xml": _pubmed,
}
