"""Who an article is: canonical address, DOI, PMID, title key."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from watcher.articles import Article, Relation
from watcher.notices import Notice, notice_of
from watcher.text import STOP_WORDS, fold

Alias = tuple[str, str]  # (scheme, value); a value means the same article for ever

# Schemes by how much they can be trusted, strongest first.
SCHEMES = ("doi", "pmid", "pmcid", "hal", "nct", "arxiv", "url", "guid", "title")
SAME_WORK = frozenset({"doi", "pmid", "pmcid", "hal", "nct", "arxiv"})
ONE_WORK = frozenset({"preprint_of", "version_of", "translation_of"})  # relations between forms of one work
PREPRINTS = (
    "10.1101/", "10.64898/", "10.48550/", "10.21203/rs", "10.20944/", "10.31219/", "10.31234/", "10.26434/",
    "10.2139/ssrn",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Identified:
    """An article with all it is known by, strongest first, and the studies its text cites.

    The names of the other forms of its work (its preprint, its translation) are names of its own, and what it corrects
    or retracts is cited.
    """

    article: Article
    aliases: tuple[Alias, ...]
    cites: tuple[Alias, ...] = ()
    relations: tuple[Relation, ...] = ()  # with identifiers in their canonical form


def identify(articles: tuple[Article, ...]) -> tuple[Identified, ...]:
    """Name every article of one document; a guid or an address that different items share names none of them."""
    guids, urls = _named_by(articles)
    return tuple(
        _identified(a, guid_names=guids[a.guid] < 2, url_names=urls[canonical_url(a.url)] < 2) for a in articles
    )


def names_shared(articles: tuple[Article, ...]) -> bool:
    """Whether different items of one document share a guid or an address."""
    return any(count > 1 for names in _named_by(articles) for count in names.values())


def _named_by(articles: tuple[Article, ...]) -> tuple[Counter[str], Counter[str]]:
    """How many different items each guid and each address names."""
    guids = Counter(guid for guid, _ in {(a.guid, canonical_url(a.url) or a.title) for a in articles if a.guid})
    urls = Counter(url for url, _ in {(canonical_url(a.url), fold(a.title)) for a in articles if a.url})
    return guids, urls


def _identified(article: Article, *, guid_names: bool, url_names: bool) -> Identified:
    found: list[Alias] = [a for scheme, value in article.ids if (a := alias(scheme, value))]
    found += ids_in_address(article.url)
    if re.match(r"https?://", article.guid):
        found += ids_in_address(article.guid)
    found += _pubmed_tail(article.summary)
    own = dict.fromkeys(found)
    mentioned = [c for c in ids_in_text(f"{article.summary} {article.body}") if c not in own]
    relations = _relations(article, found, mentioned)
    forms = [r.of for r in relations if r.kind in ONE_WORK]
    own |= dict.fromkeys(of for of in forms if of[0] != "title")
    for _, original in (of for of in forms if of[0] == "title"):
        if title := title_key(replace(article, title=original)):
            own["title", title] = None
    bound = [r.of for r in relations if r.of[0] != "title"]
    cites = tuple(dict.fromkeys(c for c in (*mentioned, *bound) if c not in own))
    if url_names and (url := canonical_url(article.url)):
        own["url", url] = None
    if article.guid and guid_names:
        own["guid", f"{article.guid}@{article.source}"] = None
    if title := title_key(article):
        if article.authors and article.year and (volume := re.search(r"\d+", article.volume)):
            own["title", f"{title}|{volume[0]}"] = None
        own["title", title] = None
    if not own and (words := fold(article.title or (article.summary or article.body)[:200])):
        own["title", f"{words}@{article.source}"] = None  # what nothing else names must still be known again
    ordered = sorted(own, key=lambda a: SCHEMES.index(a[0]))
    return Identified(article=article, aliases=tuple(ordered), cites=cites, relations=relations)


def _relations(article: Article, own: list[Alias], mentioned: list[Alias]) -> tuple[Relation, ...]:
    """What an article is to others: as its source says, or else as its title does."""
    said = [
        replace(relation, of=of)
        for relation in article.relations
        if (of := relation.of if relation.of[0] == "title" else alias(*relation.of))
    ]
    notice = notice_of(article.title)
    if notice and not any(r.kind in ("corrects", "questions", "retracts") for r in said):
        said += _noticed(notice, own, [c for c in mentioned if c[0] in ("doi", "pmid")])
    return tuple(dict.fromkeys(said))


def _noticed(notice: Notice, own: list[Alias], mentioned: list[Alias]) -> list[Relation]:
    """What a notice says of the one article that its text names, or else of the one that its title names.

    A title that its journal marked is the article's own, unless its text names another one.
    """
    if len({scheme for scheme, _ in mentioned}) == len(mentioned) > 0:
        return [Relation(kind=notice.kind, of=of) for of in mentioned]
    if notice.own:
        return [Relation(kind=notice.kind, of=of) for of in own[:1]]
    return [Relation(kind=notice.kind, of=("title", notice.about))] if notice.about else []


_DOI = re.compile(r"10\.\d{4,9}/[^\s\"'<>«»|\\^`{}]+", re.IGNORECASE)
# Dois made of a journal's SICI hold "<" and ">"; cut there, all the articles of one issue would have the same name.
_SICI = re.compile(r"10\.\d{4,9}/\(sici\)\S{8,80}?;\d-[a-z0-9#]", re.IGNORECASE)
_DOI_ENDINGS = re.compile(
    r"(?:/(?:full|abstract|pdf|epdf|meta|html|fulltext(?:\.html)?)|\.(?:pdf|pdf\+html|full|full-text|abstract))+$"
)
_DOI_LONGEST = 200  # characters that are read of one
_AROUND_DOI = ".,;:!?*'\"’»”]}>"
_FORMS: dict[str, re.Pattern[str]] = {
    "pmid": re.compile(r"(?:pubmed:|pmid:?\s*)?0*([1-9][0-9]{0,8})", re.IGNORECASE),
    "pmcid": re.compile(r"(?:pmc:?\s*)?0*([1-9][0-9]{0,8})", re.IGNORECASE),
    "hal": re.compile(r"([a-z][a-z_]*-[0-9]{4,})(?:v[0-9]+)?", re.IGNORECASE | re.ASCII),
    "nct": re.compile(r"nct\s?0*([1-9][0-9]{0,7})", re.IGNORECASE),
    "arxiv": re.compile(r"(?:arxiv:)?(\d{4}\.\d{4,5}|[a-z-]+(?:\.[a-z]{2})?/\d{7})(?:v\d+)?", re.IGNORECASE | re.ASCII),
}


def alias(scheme: str, value: str) -> Alias | None:
    """One declared identifier in its canonical form; None when it is not one.

    The schemes of our own making (url, guid, title) come only out of our own exports, and are taken as they are.
    """
    if scheme == "url":
        return (scheme, value) if value and canonical_url(f"https://{value}") == value else None
    if scheme in ("guid", "title"):
        return (scheme, value) if "@" in value or "|" in value else None
    if scheme == "doi":
        doi = canonical_doi(value)
        return ("doi", doi) if doi else None
    form = _FORMS.get(scheme)
    found = form.fullmatch(value.strip()) if form else None
    if not found:
        return None
    bare = found.group(1).lower()
    return scheme, {"pmcid": f"pmc{bare}", "nct": f"nct{bare:0>8}"}.get(scheme, bare)


def canonical_doi(text: str) -> str:
    """The first DOI in a text, lower case, without prefix, version or punctuation around it; "" when there is none."""
    text = unquote(text)
    found = _DOI.search(text)
    if not found:
        return ""
    if sici := _SICI.match(text, found.start()):
        return sici.group().lower()
    doi = re.sub(r"(?:[?#]|&[a-z_]+=).*$", "", found.group().lower())
    if "…" in doi:  # a summary cut short: half a name is another name
        return ""
    while (shorter := _less_around(doi)) != doi:
        doi = shorter
    if doi.startswith(("10.1101/", "10.64898/")):  # bioRxiv and medRxiv write the version behind the number
        doi = re.sub(r"(?<=\d)v\d+(?:\.[a-z-]+)*$", "", doi)
    return doi if _DOI.fullmatch(doi) else ""


def _less_around(doi: str) -> str:
    """A DOI without one thing that an address or a sentence put behind it."""
    doi = _DOI_ENDINGS.sub("", doi)
    unopened = doi.endswith(")") and doi.count("(") < doi.count(")")
    return doi[:-1] if doi and (doi[-1] in _AROUND_DOI or unopened) else doi


def ids_in_text(text: str) -> tuple[Alias, ...]:
    """The studies that a text names: DOIs, PubMed, PMC and trial numbers, each once, in order."""
    found: dict[Alias, None] = {}
    for match in _DOI.finditer(text) if "10." in text else ():
        if doi := canonical_doi(text[match.start() : match.start() + _DOI_LONGEST]):
            found["doi", doi] = None
    for scheme, hint, pattern in _NAMED:
        for match in pattern.finditer(text) if hint in text else ():
            if named := alias(scheme, match.group(1)):
                found[named] = None
    return tuple(found)


_NAMED = (
    ("pmid", "PMID", re.compile(r"\bPMID:?\s*(\d{4,9})\b")),
    ("pmcid", "PMC", re.compile(r"\b(PMC\d{4,9})\b")),
    ("nct", "NCT", re.compile(r"\b(NCT\d{8})\b")),
)
_NAMES = re.compile(
    rf"(?:\bdoi\s*:?\s*)?(?:https?://\S+|{_DOI.pattern})|\b(?:PMID|PMCID|PMC)\s*:?\s*(?:PMC)?\d+|\bNCT\d{{8}}",
    re.IGNORECASE,
)


def without_ids(text: str) -> str:
    """A text without the addresses and identifiers in it, which are names and not words."""
    lowered = text.lower()
    return _NAMES.sub(" ", text) if any(hint in lowered for hint in _NAME_HINTS) else text


_NAME_HINTS = ("://", "10.", "pmid", "pmc", "nct")


def _pubmed_tail(summary: str) -> list[Alias]:
    """PubMed's own feeds end each summary with the identifiers of the very paper: `PMID:… | DOI:…`."""
    found = "PMID:" in summary and re.search(r"PMID:\s?\d{4,9}(?:\s*\|\s*(?:PMC:PMC\d+|DOI:\S+))*\s*$", summary)
    return list(ids_in_text(found.group())) if found else []


_ADDRESS_IDS = (
    ("pmid", re.compile(r"(?:pubmed\.ncbi\.nlm\.nih\.gov|nlm\.nih\.gov/pubmed|europepmc\.org/a\w+/med)/(\d{1,9})")),
    ("pmcid", re.compile(r"(?:nlm\.nih\.gov/(?:pmc/)?articles|europepmc\.org/articles?(?:/pmc)?)/(pmc\d+)")),
    ("hal", re.compile(r"hal[a-z.-]*\.(?:science|fr|ccsd\.cnrs\.fr)/([a-z][a-z_]*-\d{4,})")),
    ("nct", re.compile(r"clinicaltrials\.gov/.*?(nct\d{8})")),
    ("arxiv", re.compile(r"arxiv\.org/(?:abs|pdf)/(\d{4}\.\d{4,5}|[a-z-]+/\d{7})")),
)  # fmt: skip
_NATURE = re.compile(r"nature\.com/articles/(s\d{5}-\d{3}-\d{5}-[0-9a-z]|d41586-\d{3}-\d{5}-[0-9a-z])(?:[/?#.]|$)")


def ids_in_address(url: str) -> list[Alias]:
    """Identifiers that an address itself holds: a doi.org link, a PubMed page, a publisher's path with a DOI."""
    lowered = unquote(url).lower()
    if "10." in lowered and (doi := canonical_doi(lowered)):
        return [("doi", doi)]
    if nature := _NATURE.search(lowered):
        return [("doi", f"10.1038/{nature.group(1)}")]
    for scheme, pattern in _ADDRESS_IDS:
        if (found := pattern.search(lowered)) and (named := alias(scheme, found.group(1))):
            return [named]
    return []


_TRACKING = re.compile(
    r"utm_.*|at_.*|ns_.*|mtm_.*|pk_.*|hsa_.*|xtor|fbclid|gclid|dclid|msclkid|yclid|igshid|mc_cid|mc_eid|_ga|ref|ref_src|source_ref|cmpid"
    r"|rss|feed|s_cid|wt_mc|from_rss|share|spm|ito|sr_share"
)
_EDITION = re.compile(r"(www\d?|m|mobile|amp|v2-dev)\.")
_SLASHES = re.compile(r"/{2,}")
_LAST_OF_PATH = re.compile(r"(/amp|\.amp|/|\s+)$")


@lru_cache(maxsize=1024)  # an item's address is asked for several times in a row
def canonical_url(url: str) -> str:
    """An address without what changes from reader to reader; the same address again when given its own result.

    Scheme, `www.` and mobile hosts, port, fragment, tracking parameters, AMP endings and the last slash go; the other
    parameters stay, sorted. "" for anything but http(s).
    """
    try:
        parts = urlsplit(url.strip())
        host, port = (parts.hostname or "").lower().rstrip("."), parts.port
    except ValueError:
        return ""
    if parts.scheme.lower() not in ("http", "https") or not host:
        return ""
    while (found := _EDITION.match(host)) and "." in host[found.end() :]:
        host = host[found.end() :]
    path = _SLASHES.sub("/", parts.path)
    while cut := _LAST_OF_PATH.search(path):
        path = path[: cut.start()]
    query = parts.query.encode(errors="replace").decode()  # a lone surrogate has no bytes to be quoted
    kept = sorted((k, v) for k, v in parse_qsl(query, keep_blank_values=True) if not _TRACKING.fullmatch(k.lower()))
    if ":" in host:  # an IPv6 address
        host = f"[{host}]"
    shown_port = f":{port}" if port and port not in (80, 443) else ""
    return f"{host}{shown_port}{path}" + (f"?{urlencode(kept)}" if kept else "")


def title_key(article: Article) -> str:
    """The title as a name: folded words with who and when; "" when that would not tell two articles apart.

    For a reference: first author and year. For news: host and day, because columns repeat their titles.
    """
    spoken = re.findall(r"[a-z0-9]+", fold(article.title))
    telling = [w for w in spoken if w not in STOP_WORDS and len(w) > 2]
    if len(telling) < 4:
        return ""
    if article.authors and article.year:
        return f"{' '.join(spoken)}|{surname(article.authors[0])}|{article.year}"
    host = canonical_url(article.url).partition("/")[0]
    if host and article.published:
        return f"{' '.join(spoken)}|{host}|{article.published:%Y-%m-%d}"
    return ""


def volumes_of(aliases: Iterable[Alias]) -> frozenset[str]:
    """The volumes in which an article is known to be printed, from the titles that name one."""
    parts = (value.split("|") for scheme, value in aliases if scheme == "title")
    return frozenset(part[3] for part in parts if len(part) == 4)


_INITIALS = re.compile(r"(?:[A-ZÀ-ÖØ-Þ]\.?-?){1,3}")


def surname(author: str) -> str:
    """The folded family name of `Ziegler, T. R.`, `Ziegler TR` or `Thomas R. Ziegler`."""
    if "," in author:
        family = author.partition(",")[0]
    else:
        parts = [p for p in author.split() if not _INITIALS.fullmatch(p)]
        initials_last = bool(_INITIALS.fullmatch(author.rpartition(" ")[2])) and len(parts) > 0
        family = " ".join(parts) if initials_last else (parts or [""])[-1]
    return re.sub(r"[^a-z]", "", fold(family))
