"""Turn one fetched document into articles; a room per kind of document."""

import re
from dataclasses import replace

from watcher.articles import Article, Parsed
from watcher.masks import masked_article, masked_guid
from watcher.parse import (
    arxiv,
    biorxiv,
    clinicaltrials,
    crossref,
    europepmc,
    feed,
    hal,
    openalex,
    page,
    pdf,
    pubmed,
    seminars,
    sitemap,
)
from watcher.parse.kind import Kind
from watcher.sources import Source, Trouble
from watcher.text import fold, language

# The rooms import their reader (feedparser, ...) when the first document comes, so that this table costs nothing.
KINDS: dict[str, Kind] = {
    "feed": feed.KIND,
    "page": page.KIND,
    "sitemap": sitemap.KIND,
    "seminars": seminars.KIND,
    "europepmc": europepmc.KIND,
    "pubmed": pubmed.KIND,
    "hal": hal.KIND,
    "crossref": crossref.KIND,
    "openalex": openalex.KIND,
    "biorxiv": biorxiv.KIND,
    "arxiv": arxiv.KIND,
    "clinicaltrials": clinicaltrials.KIND,
    "pdf": pdf.KIND,
}

# Kinds by name with the address of those that are services: what the settings need to know of them.
SERVICES: dict[str, str] = {name: kind.service for name, kind in KINDS.items()}


def parse(document: bytes, source: Source, *, address: str, content_type: str) -> Parsed | Trouble:
    """Read a document the way its source says.

    `address` is where the document really came from (after redirects): relative links start there.
    `content_type` is the header as received, or "". Raises KeyError for a kind that is not in `KINDS`.

    What articles say of how to reach people is masked here, before anything else sees it.
    """
    parsed = KINDS[source.kind].parse(document, source, address=address, content_type=content_type)
    if isinstance(parsed, Trouble):
        return parsed
    articles = tuple(_masked(article) for article in parsed.articles)
    if not KINDS[source.kind].service and (failure := _failure(articles)):
        return failure
    return replace(parsed, articles=tuple(_spoken(article) for article in articles))


# What sites put into a feed, or onto a page, in place of its articles: titles made of nothing but these words.
_TURNED_AWAY = frozenset(
    "autorise blocked bloque denied forbidden interdit moment refuse required unauthorized".split()
)
_FAILED = frozenset("error erreur found gateway indisponible introuvable maintenance requests unavailable".split())
_BESIDE = frozenset(
    "a acces access an attention bad been bloquee cloudflare cours denied en est feed flux has http internal "
    "interne just many non not occurred out page produite s se server service site survenue temporairement temporarily "
    "time timeout too trouve under une you your".split()
)
FEW = 3  # articles; one such title among many is a subject like any other


def _failure(articles: tuple[Article, ...]) -> Trouble | None:
    """The trouble of a document that holds nothing but words of failure; None when it has an article."""
    titles = [article.title for article in articles[: FEW + 1]]
    if not titles or len(titles) > FEW:
        return None
    said = [set(re.findall(r"[^\W\d_]+", fold(title))) for title in titles]
    if not all(words <= _TURNED_AWAY | _FAILED | _BESIDE and words & (_TURNED_AWAY | _FAILED) for words in said):
        return None
    return Trouble(kind="blocked" if said[0] & _TURNED_AWAY else "broken", detail=titles[0][:200])


def _masked(article: Article) -> Article:
    article = masked_article(article)
    guid = masked_guid(article.guid)
    return article if guid == article.guid else replace(article, guid=guid)


def _spoken(article: Article) -> Article:
    """An article's own words say what language it is in before its feed does: French institutes publish both."""
    told = language(f"{article.title}. {article.summary[:TOLD_BY]}")
    return replace(article, language=told) if told and told != article.language else article


TOLD_BY = 600  # characters of a summary that are enough to tell its language
