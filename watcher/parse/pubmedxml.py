"""Articles out of PubMed's XML: what its service (efetch) answers, and what its yearly files hold."""

import io
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, BinaryIO

from watcher.articles import Article, Kind, Relation, Status
from watcher.errors import UsageError
from watcher.parse.reference import reference
from watcher.text import clean

if TYPE_CHECKING:
    from lxml.etree import _Element

ADDRESS = "https://pubmed.ncbi.nlm.nih.gov/{pmid}/"
ROOTS = ("PubmedArticleSet", "PubmedBookArticleSet", "PubmedArticle", "PubmedBookArticle")
_RECORDS = ("PubmedArticle", "PubmedBookArticle")
_SCHEMES = {"pubmed": "pmid", "doi": "doi", "pmc": "pmcid", "pmcid": "pmcid"}  # of ArticleId and ELocationID
# Its words for what one record is to another, and whether the other one does it to this one.
_NOTICES: dict[str, tuple[Kind, bool]] = {
    "RetractionOf": ("retracts", False), "RetractionIn": ("retracts", True),
    "PartialRetractionOf": ("corrects", False), "PartialRetractionIn": ("corrects", True),
    "ErratumFor": ("corrects", False), "ErratumIn": ("corrects", True),
    "CorrectedandRepublishedFrom": ("corrects", False), "CorrectedandRepublishedIn": ("corrects", True),
    "ExpressionOfConcernFor": ("questions", False), "ExpressionOfConcernIn": ("questions", True),
}  # fmt: skip
_STATUSES: dict[str, Status] = {"Retracted Publication": "retracted", "Preprint": "preprint"}
_PREPRINT_SERVER = re.compile(r"rxiv|preprint|research square|ssrn|10\.(?:1101|64898|21203|20944)/", re.IGNORECASE)
_DOI = re.compile(r"10\.\d{4,9}/\S{1,200}")
_ENTITY = re.compile(r"&[\w.:-]+;")
_BRACKETED = re.compile(r"\[\s*(.+?)\s*\.?\s*\]\s*\.?", re.DOTALL)  # a title that PubMed translated


def articles_of(document: bytes, source_id: str) -> tuple[Article, ...]:
    """Read a whole document; an empty set of articles is an empty tuple. Raises as `read_pubmed` does."""
    return tuple(read_pubmed(io.BytesIO(document), source=source_id))


def read_pubmed(stream: BinaryIO, *, source: str) -> Iterator[Article]:
    """Read the articles of a PubMed document one by one, so that a whole yearly file needs no memory.

    Nothing is loaded from the network, and no entity is resolved but those of XML itself. Raises
    UsageError("bad-record") with file, line and detail where the document is damaged or is not one of PubMed's; the
    articles before that place have been given by then.
    """
    from lxml import etree

    try:
        reading = etree.iterparse(
            stream,
            events=("start", "end"),
            resolve_entities=False,
            no_network=True,
            load_dtd=False,
            huge_tree=False,
            remove_comments=True,
            remove_pis=True,
        )
        root = None
        for event, element in reading:
            if root is None:
                root = element
                if element.tag not in ROOTS:
                    raise UsageError("bad-record", file=source, line=element.sourceline or 1, detail="not PubMed XML")
            if event == "end" and element.tag in _RECORDS:
                yield _article(element, source)
                element.clear()
                while element is not root and element.getprevious() is not None:
                    del element.getparent()[0]
    except etree.XMLSyntaxError as error:
        line = error.lineno or 1
        raise UsageError("bad-record", file=source, line=line, detail=_first_line(error)) from None


def _first_line(error: Exception) -> str:
    return clean(str(error.args[0] if error.args else error).partition("\n")[0])[:200] or "no XML"


def _article(record: "_Element", source: str) -> Article:
    citation = _first(record, "MedlineCitation", "BookDocument")
    article = _first(citation, "Article") if citation.tag == "MedlineCitation" else citation
    pmid = _said(citation, "PMID")
    written = _said(article, "ArticleTitle") or _said(article, "Book/BookTitle")
    translated = _BRACKETED.fullmatch(written)
    title = translated[1] if translated else re.sub(r"(?<![.\s])\.$", "", written)
    vernacular = _said(article, "VernacularTitle")
    made = reference(
        source=source,
        guid=pmid,
        title=title or vernacular,
        summary=" ".join(part for part in (_abstract(article), vernacular if title else "") if part),
        authors=_authors(article),
        journal=_said(article, "Journal/Title") or _said(article, "Book/BookTitle"),
        year=_year(article),
        volume=_said(article, "Journal/JournalIssue/Volume"),
        pages=_pages(article),
        date=_date(article),
        spoken=_said(article, "Language"),
        urls=[ADDRESS.format(pmid=pmid)] if pmid else (),
        ids=_ids(record, article, pmid),
    )
    kinds = [clean(_text(kind)) for kind in article.iterfind("PublicationTypeList/PublicationType")]
    status: Status = next((_STATUSES[kind] for kind in kinds if kind in _STATUSES), "")
    related = list(_relations(citation, preprint=status == "preprint"))
    if translated and vernacular:
        related.append(Relation(kind="translation_of", of=("title", vernacular)))
    return replace(made, status=status, relations=tuple(related))


def _relations(citation: "_Element", *, preprint: bool) -> Iterator[Relation]:
    """What a record is to others. A preprint is updated in its journal's version; other updates are other works."""
    for other in citation.iterfind("CommentsCorrectionsList/CommentsCorrections"):
        word, said = other.get("RefType") or "", _said(other, "RefSource")
        doi = _DOI.search(said)
        of = ("pmid", _said(other, "PMID")) if _said(other, "PMID") else ("doi", doi[0].rstrip(".,;") if doi else "")
        if not of[1]:
            continue
        if word in _NOTICES:
            kind, passive = _NOTICES[word]
            yield Relation(kind=kind, of=of, passive=passive)
        elif (word == "UpdateIn" and preprint) or (word == "UpdateOf" and _PREPRINT_SERVER.search(said)):
            yield Relation(kind="preprint_of", of=of, passive=word == "UpdateOf")


def _first(element: "_Element", *names: str) -> "_Element":
    """The first of some children; the element itself when there is none, so that looking further finds nothing."""
    return next((child for name in names if (child := element.find(name)) is not None), element)


def _text(element: "_Element") -> str:
    """All text of an element; an entity, which is not resolved and would come out as its name, has none."""
    return "".join(part for part in element.itertext() if not _ENTITY.fullmatch(part))


def _said(element: "_Element", path: str) -> str:
    found = element.find(path)
    return "" if found is None else clean(_text(found))


def _abstract(article: "_Element") -> str:
    """The parts of a structured abstract follow their labels: `METHODS: …`."""
    parts = []
    for part in article.findall("Abstract/AbstractText"):
        label, said = clean(part.get("Label") or ""), clean(_text(part))
        if said:
            parts.append(f"{label}: {said}" if label and label.upper() not in ("UNLABELLED", "UNLABELED") else said)
    return " ".join(parts)


def _authors(article: "_Element") -> Iterator[str]:
    for listed in article.findall("AuthorList"):
        if (listed.get("Type") or "authors") != "authors":  # the editors of a book
            continue
        for author in listed.findall("Author"):
            family, given = _said(author, "LastName"), _said(author, "ForeName") or _said(author, "Initials")
            yield f"{family}, {given}" if family and given else family or _said(author, "CollectiveName")


def _year(article: "_Element") -> str:
    issue = "Journal/JournalIssue/PubDate"
    dated = (f"{issue}/Year", f"{issue}/MedlineDate", "Book/PubDate/Year", "ArticleDate/Year")
    return next((said for path in dated if (said := _said(article, path))), "")


def _date(article: "_Element") -> str:
    """When it came out: online, which is to the day, else the date of the issue if that tells a month."""
    for path in ("ArticleDate", "Journal/JournalIssue/PubDate", "Book/PubDate"):
        year, month, day = (_said(article, f"{path}/{part}") for part in ("Year", "Month", "Day"))
        if year and month:
            return f"{year}-{month}-{day or 1}" if month.isdigit() else f"{day or 1} {month} {year}"
    return ""


def _pages(article: "_Element") -> str:
    if printed := _said(article, "Pagination/MedlinePgn"):
        return printed
    start, end = _said(article, "Pagination/StartPage"), _said(article, "Pagination/EndPage")
    return f"{start}-{end}" if end and end != start else start


def _ids(record: "_Element", article: "_Element", pmid: str) -> list[tuple[str, str]]:
    """Its own identifiers only: the ArticleIds of a reference list stand deeper and are not looked at."""
    found = [("pmid", pmid)] if pmid else []
    named = [
        *((i, "IdType") for i in record.findall("PubmedData/ArticleIdList/ArticleId")),
        *((i, "IdType") for i in record.findall("PubmedBookData/ArticleIdList/ArticleId")),
        *((i, "IdType") for i in article.findall("ArticleIdList/ArticleId")),
        *((i, "EIdType") for i in article.findall("ELocationID") if i.get("ValidYN") != "N"),
    ]
    for element, kind in named:
        scheme, value = _SCHEMES.get(element.get(kind) or ""), clean(_text(element))
        if scheme and value:
            found.append((scheme, value))
    return found
