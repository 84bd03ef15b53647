"""The digest as references for Zotero, EndNote and the like (RIS)."""

from collections.abc import Iterator
from datetime import tzinfo

from watcher.digest import Digest
from watcher.render.references import Reference, references


def ris(digest: Digest, language: str, zone: tzinfo) -> str:
    """One reference a story, each value on one line; lines end in CRLF, as the form wants them."""
    lines = [line for one in references(digest, language, zone) for line in (*_lines(one), "")]
    return "".join(f"{line}\r\n" for line in lines)


def _lines(one: Reference) -> Iterator[str]:
    yield f"TY  - {'JOUR' if one.paper else 'ELEC'}"
    first, _, last = one.pages.partition("-")
    for tag, value in (
        ("ID", str(one.id)),
        ("TI", one.title),
        *(("AU", author) for author in one.authors),
        ("T2", one.outlet),
        ("PY", one.day[:4]),
        ("DA", one.day.replace("-", "/") if len(one.day) == 10 else ""),
        ("VL", one.volume),
        ("SP", first.strip()),
        ("EP", last.strip()),
        ("AB", one.summary),
        ("DO", one.ids.get("doi", "")),
        ("UR", one.url),
        *(_accession(one)),
        ("LA", one.language),
        ("KW", one.profile),
        ("N1", one.note),
    ):
        if value:
            yield f"{tag}  - {value}"
    yield "ER  - "


def _accession(one: Reference) -> Iterator[tuple[str, str]]:
    """The number in PubMed, or in HAL; only one can be told."""
    for scheme, database in (("pmid", "PubMed"), ("hal", "HAL")):
        if scheme in one.ids:
            yield "AN", one.ids[scheme]
            yield "DB", database
            return
