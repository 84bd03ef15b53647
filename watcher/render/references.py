"""What the two forms of references share: which facts of a story they hand on."""

from dataclasses import dataclass
from datetime import tzinfo

from watcher.digest import Digest, Line
from watcher.render.sheet import linked, pages_of, reasons, shown
from watcher.render.words import WIDE, number, say


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """The article that leads a story, as a reference manager takes it; every text on one line."""

    id: int
    paper: bool  # has an identifier of the literature, or a journal
    title: str
    authors: tuple[str, ...]
    outlet: str  # journal, or who tells it
    day: str  # 2026-03-01, a year, or ""
    volume: str
    pages: str
    summary: str
    language: str
    url: str
    ids: dict[str, str]
    profile: str
    note: str  # the score, and what makes it


def references(digest: Digest, language: str, zone: tzinfo) -> tuple[Reference, ...]:
    """One reference a story, in the order of the digest."""
    return tuple(_reference(line, language, zone) for section in digest.sections for line in section.lines)


def _reference(line: Line, language: str, zone: tzinfo) -> Reference:
    article = line.lead.article
    ids = {scheme: shown(value) for scheme, value in reversed(line.lead.aliases)}
    first = pages_of(line)[:1]
    why = ", ".join(f"{one.name}{WIDE}+{one.points}" for one in reasons(line.score, language))
    score = f"{shown(line.score.profile)} {number(language, line.score.value)}/100"
    return Reference(
        id=line.lead.id,
        paper=bool(article.journal or ids.keys() & {"doi", "pmid", "pmcid", "hal", "arxiv"}),
        title=shown(article.title) or say(language, "untitled"),
        authors=tuple(filter(None, map(shown, article.authors))),
        outlet=shown(article.journal or line.outlets[0].source),
        day=article.published.astimezone(zone).strftime("%Y-%m-%d") if article.published else shown(article.year),
        volume=shown(article.volume),
        pages=shown(article.pages),
        summary=shown(article.summary or article.body),
        language=shown(article.language),
        url=linked(article.url) or (first[0].url if first else ""),
        ids=ids,
        profile=shown(line.score.profile),
        note=say(language, "pair", name=score, value=why) if why else score,
    )
