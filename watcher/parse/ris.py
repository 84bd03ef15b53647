"""Articles out of RIS, the form in which reference managers and databases hand references on."""

import re
from collections.abc import Iterator
from typing import Any

from watcher.articles import Article
from watcher.errors import UsageError
from watcher.parse.html import plain, plain_title
from watcher.parse.reference import named_ids, reference

MAX_RECORD = 2_000_000  # characters; a longer record is none
_TAG = re.compile(r"\ufeff?([A-Z][A-Z0-9]) {1,2}-(?: |$)(.*)", re.DOTALL)
_PUBMED = re.compile(r"pubmed|medline|\bnlm\b|\bpmid\b", re.IGNORECASE)


def read_ris(text: str, *, source: str) -> Iterator[Article]:
    """Read the references of a RIS file; what stands outside of them is passed over.

    A reference goes from its TY line to its ER line, or to the next TY where ER was forgotten. Raises
    UsageError("bad-record") with file, line and detail for a reference that cannot be read, and for a text that holds
    words but no reference.
    """
    found = False
    for number, lines in _records(text):
        found = True
        yield _article(_tags(lines, source, number), source)
    if not found and text.strip("\ufeff \t\r\n"):
        raise UsageError("bad-record", file=source, line=1, detail="no RIS record")


def _records(text: str) -> Iterator[tuple[int, list[str]]]:
    """Every reference with the number of its first line, its tags spaced as the standard wants them."""
    lines: list[str] = []
    first = 0
    for number, raw in enumerate(re.split(r"\r\n|\n|\r", text), 1):
        found = _TAG.match(raw)
        tag = found[1] if found else ""
        if tag in ("TY", "ER") and lines:
            yield first, lines
            lines = []
        if tag == "TY":
            first = number
        if tag == "TY" or (lines and tag != "ER"):
            lines.append(f"{tag}  - {found[2]}" if found else raw)
    if lines:
        yield first, lines


def _tags(lines: list[str], source: str, number: int) -> dict[str, list[str]]:
    """The values of every tag, as rispy reads them."""
    import rispy

    if sum(map(len, lines)) > MAX_RECORD:
        raise UsageError("bad-record", file=source, line=number, detail="too long")
    names: dict[str, str] = {tag: tag for tag in rispy.TAG_KEY_MAPPING}
    try:
        # Tags keep their own names, repeated ones are all kept, and an address is not cut at its semicolons.
        reader = rispy.RisParser(
            mapping=names, list_tags=list(names), delimiter_tags_mapping={}, skip_unknown_tags=True
        )
        (read,) = reader.parse_lines(iter([*_unwrapped(lines), "ER  - "]))
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise UsageError("bad-record", file=source, line=number, detail=type(error).__name__) from None
    record: dict[str, Any] = read
    return {tag: [v for v in values if v] for tag, values in record.items() if isinstance(values, list)}


def _unwrapped(lines: list[str]) -> Iterator[str]:
    """A reference with every value on one line: the standard lets a long one go on, without a tag, on the next."""
    value: list[str] = []
    for line in lines:
        if _TAG.match(line) and value:
            yield " ".join(value)
            value = []
        value.append(line.strip() if value else line)
    yield " ".join(value)


def _article(tags: dict[str, list[str]], source: str) -> Article:
    def first(*names: str) -> str:
        return next((values[0] for name in names if (values := tags.get(name))), "")

    start, end = first("SP"), first("EP")
    return reference(
        source=source,
        guid=first("ID"),
        title=plain_title(first("TI", "T1", "CT", "ST")),
        summary=plain(" ".join(tags.get("AB") or tags.get("N2") or ())),
        authors=map(plain_title, tags.get("AU") or tags.get("A1") or ()),
        journal=plain_title(first("JF", "JO", "T2", "JA", "J2")),
        year=first("PY", "Y1", "DA"),
        volume=first("VL"),
        pages=f"{start}-{end}" if start and end and end != start and "-" not in start else start,
        date=next((date for date in (first("DA"), first("Y1"), first("PY")) if re.search(r"\d[/-]\w", date)), ""),
        spoken=first("LA"),
        urls=[address for line in tags.get("UR", ()) for address in re.split(r";\s*(?=https?:)|\s+", line)],
        ids=_ids(tags, first),
    )


def _ids(tags: dict[str, list[str]], first: Any) -> list[tuple[str, str]]:
    found = [("doi", first("DO"))] if first("DO") else []
    found += [("doi", value) for tag in ("M3", "L3") for value in tags.get(tag, ()) if value.startswith("10.")]
    if _PUBMED.search(f"{first('DB')} {first('DP')}") and first("AN").isdigit():
        found.append(("pmid", first("AN")))
    notes = [value for tag in ("AN", "C2", "N1", "RN", "M1") for value in tags.get(tag, ())]
    return found + [named for note in notes for named in named_ids(note)]
