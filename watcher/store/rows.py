"""From values to rows and back; Python's own types only."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from watcher.articles import Article, Relation
from watcher.identity import PREPRINTS, SCHEMES, Alias
from watcher.ownpages import OwnPage, reading
from watcher.sources import SourceState, Trouble


@dataclass(frozen=True, slots=True, kw_only=True)
class Remembered:
    """An article as the database knows it."""

    id: int
    article: Article
    first_seen: datetime
    changed: datetime | None
    story: int
    sources: tuple[str, ...]  # every source that brought it, first one first
    aliases: tuple[Alias, ...]
    cites: tuple[Alias, ...]
    scores: tuple[tuple[str, float], ...]  # profile -> 0-100, best first
    page: OwnPage | None = None  # its own, when it was asked for
    pruned: datetime | None = None  # when its text was let go: its scores are the last word on it

    @property
    def reading(self) -> Article:
        """What is judged: the article, with the text of its own page where that says more."""
        return reading(self.article, self.page)


RunOutcome = Literal[
    "",  # at work; found when nobody is, it was interrupted
    "done",
    "failed",  # `reason` says why
    "stopped",  # by a person
    "interrupted",  # it ended without a word: killed, or the machine went off
]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSummary:
    """What one run did."""

    id: int = 0
    command: str = "poll"
    started: datetime
    finished: datetime  # of one at work or interrupted: when it began
    outcome: RunOutcome = "done"
    reason: str = ""
    asked: int = 0  # sources
    unchanged: int = 0  # of those
    failed: int = 0  # of those
    new: int = 0  # articles
    known: int = 0  # articles met again
    sent: int = 0  # letters
    waiting: int = 0  # letters that will be tried again
    seconds: float = 0.0
    memory: int = 0  # bytes of the process at its largest; 0 where the machine does not say
    version: str = ""


RUN_COLUMNS = (
    "command, started, finished, outcome, reason, asked, unchanged, failed, new, known, sent, waiting, seconds, memory,"
    " version"
)
STATE_COLUMNS = (
    "id, etag, modified, checked, ok, due, failures, trouble, detail, status, since, articles, newest, first, full,"
    " digest, same_since, usual_gap, gap, moved, moved_since, flood, held, marks"
)
PAGE_COLUMNS = "url, asked, outcome, status, tries, due, text"
ARTICLE_COLUMNS = "title, summary, body, url, language, published, authors, journal, year, volume, pages, event, status"


def article_row(article: Article) -> tuple[object, ...]:
    """The values of ARTICLE_COLUMNS."""
    return (
        article.title, article.summary, article.body, article.url, article.language, iso(article.published),
        json.dumps(article.authors, ensure_ascii=False), article.journal, article.year, article.volume, article.pages,
        iso(article.event), article.status,
    )  # fmt: skip


def _strongest_first(named: Alias) -> tuple[int, bool, int, str]:
    scheme, value = named
    # The journal's DOI comes before the preprint's, and the title that says more before the other.
    return SCHEMES.index(scheme), value.startswith(PREPRINTS), -value.count("|"), value


def remembered(row: tuple[Any, ...], beside: dict[str, list[tuple[Any, ...]]]) -> Remembered:
    """An article from its row and from those of the tables beside it."""
    (number, title, summary, body, url, language, published, authors, journal, year, volume, pages, event,
     status, first_seen, changed, story, pruned) = row  # fmt: skip
    sightings = beside["sightings"]
    article = Article(
        source=sightings[0][0] if sightings else "", guid=sightings[0][1] if sightings else "", url=url, title=title,
        summary=summary, body=body, language=language, published=moment(published), authors=tuple(json.loads(authors)),
        journal=journal, year=year, volume=volume, pages=pages,
        event=moment(event), status=status,
        relations=tuple(Relation(kind=k, of=(s, v), passive=bool(p)) for k, p, s, v in beside["relations"]),
    )  # fmt: skip
    return Remembered(
        id=number,
        article=article,
        first_seen=datetime.fromisoformat(first_seen),
        changed=moment(changed),
        story=story,
        sources=tuple(s[0] for s in sightings),
        aliases=tuple(sorted(((s, v) for s, v in beside["aliases"]), key=_strongest_first)),
        cites=tuple((s, v) for s, v in beside["cites"]),
        scores=tuple((profile, value) for profile, value in beside["scores"]),
        page=next((page_of(number, kept) for kept in beside["own_pages"]), None),
        pruned=moment(pruned),
    )


def page_of(article: int, row: tuple[Any, ...]) -> OwnPage:
    """An article's own page from the values of PAGE_COLUMNS."""
    url, asked, outcome, status, tries, due, text = row
    return OwnPage(
        article=article, url=url, asked=datetime.fromisoformat(asked), outcome=outcome, status=status, tries=tries,
        due=moment(due), text=text,
    )  # fmt: skip


def state_of(row: tuple[Any, ...]) -> SourceState:
    """The memory of a source from the values of STATE_COLUMNS."""
    (source, etag, modified, checked, ok, due, failures, kind, detail, status, since, articles, newest, first, full,
     digest, same_since, usual_gap, gap, moved, moved_since, flood, held, marks) = row  # fmt: skip
    return SourceState(
        source=source, etag=etag, modified=modified, checked=moment(checked), ok=moment(ok), due=moment(due),
        failures=failures, trouble=Trouble(kind=kind, detail=detail or "", status=status) if kind else None,
        since=moment(since), articles=articles, newest=moment(newest), first=moment(first), full=moment(full),
        digest=digest, same_since=moment(same_since), gap=moment(gap), moved=moved, moved_since=moment(moved_since),
        usual_gap=None if usual_gap is None else timedelta(seconds=usual_gap), flood=moment(flood), held=held,
        marks=marks,
    )  # fmt: skip


def state_row(state: SourceState) -> tuple[object, ...]:
    """The values of STATE_COLUMNS."""
    trouble = state.trouble
    return (
        state.source, state.etag, state.modified, iso(state.checked), iso(state.ok), iso(state.due),
        state.failures, trouble and trouble.kind, trouble and trouble.detail, trouble and trouble.status,
        iso(state.since), state.articles, iso(state.newest), iso(state.first), iso(state.full), state.digest,
        iso(state.same_since), state.usual_gap and state.usual_gap.total_seconds(), iso(state.gap),
        state.moved, iso(state.moved_since), iso(state.flood), state.held, state.marks,
    )  # fmt: skip


def run_row(run: RunSummary) -> tuple[object, ...]:
    """The values of RUN_COLUMNS."""
    return (
        run.command, iso(run.started), iso(run.finished), run.outcome, run.reason, run.asked, run.unchanged, run.failed,
        run.new, run.known, run.sent, run.waiting, run.seconds, run.memory, run.version,
    )  # fmt: skip


def run_of(row: tuple[Any, ...]) -> RunSummary:
    """A run from its number and the values of RUN_COLUMNS."""
    facts = dict(zip(("id", *RUN_COLUMNS.split(", ")), row, strict=True))
    for name in ("started", "finished"):
        facts[name] = datetime.fromisoformat(facts[name])
    return RunSummary(**facts)


def page_row(page: OwnPage) -> tuple[object, ...]:
    """The number of an article and the values of PAGE_COLUMNS."""
    return page.article, page.url, iso(page.asked), page.outcome, page.status, page.tries, iso(page.due), page.text


def iso(moment: datetime | None) -> str | None:
    """ISO 8601 in UTC with seconds, so that text order is time order."""
    return None if moment is None else moment.astimezone(UTC).isoformat(timespec="seconds")


def moment(text: str | None) -> datetime | None:
    """The moment that `iso` wrote."""
    return None if text is None else datetime.fromisoformat(text)
