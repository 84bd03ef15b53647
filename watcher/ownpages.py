"""Articles' own pages: which ones to ask for, what an answer means, when to ask again."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from watcher.articles import Article
from watcher.sources import BACKOFF_FIRST, BACKOFF_LONGEST, Source, Trouble, TroubleKind
from watcher.text import STOP_WORDS, fold

PER_RUN = 10  # pages asked for in one run
PER_SOURCE = 3  # of those, pages that one source named
FRESH = timedelta(days=14)  # since an article was first seen; what is older was read about without its page
TRIES = 3  # of a page that fails for now
LIKENESS = 0.3  # share of the words of title and summary that an article's own page has as well

Answer = Literal[
    "read",
    "reserved",  # the publisher reserves text and data mining
    "nothing",  # no text was found on the page
    "other",  # a text, but not the article's: a wall of consent, a page of excuses
]


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnPage:
    """What is known of one article's own page."""

    article: int
    url: str  # where it was asked for
    asked: datetime
    outcome: Answer | TroubleKind
    status: int | None = None  # of an answer that was an error
    tries: int = 1
    due: datetime | None = None  # not before; None: never again
    text: str = ""  # clean, paragraphs one a line; only of a page that was read


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """An article whose own page has not been read."""

    article: int
    source: str  # one that asks for full texts
    url: str  # as that source gave it
    tries: int = 0  # failures so far


def choose(wanted: Iterable[Wanted], sources: Iterable[Source]) -> tuple[tuple[Source, Wanted], ...]:
    """The pages to ask for in one run, in the given order: a few of each source, one of each article and address.

    Each comes with its source, whose address is the page's. The address of the source itself is nobody's own page.
    """
    given = {source.id: source for source in sources}
    chosen: list[tuple[Source, Wanted]] = []
    articles: set[int] = set()
    met = {_place(source.url) for source in given.values()}
    taken: Counter[str] = Counter()
    for one in wanted:
        if one.article in articles or _place(one.url) in met or taken[one.source] == PER_SOURCE:
            continue
        articles.add(one.article)
        met.add(_place(one.url))
        taken[one.source] += 1
        chosen.append((replace(given[one.source], url=one.url), one))
        if len(chosen) == PER_RUN:
            break
    return tuple(chosen)


def _place(url: str) -> str:
    return url.partition("#")[0]


def answered(wanted: Wanted, text: str, article: Article, now: datetime, *, reserved: bool) -> OwnPage:
    """What is remembered of a page that came; without its text where that is not ours to use, or not the article's."""
    outcome: Answer = "read"
    if reserved:
        outcome = "reserved"
    elif not text:
        outcome = "nothing"
    elif not is_of(text, article):
        outcome = "other"
    return OwnPage(
        article=wanted.article,
        url=wanted.url,
        asked=now,
        outcome=outcome,
        tries=wanted.tries + 1,
        text=text if outcome == "read" else "",
    )


def failed(wanted: Wanted, trouble: Trouble, now: datetime) -> OwnPage:
    """What is remembered of a page that did not come: asked for again on later runs when it may yet come."""
    tries = wanted.tries + 1
    wait = min(BACKOFF_FIRST * 2**wanted.tries, BACKOFF_LONGEST)
    if trouble.retry_after is not None:
        wait = max(wait, min(trouble.retry_after, timedelta(days=7)))
    return OwnPage(
        article=wanted.article,
        url=wanted.url,
        asked=now,
        outcome=trouble.kind,
        status=trouble.status,
        tries=tries,
        due=now + wait if tries < TRIES and _may_pass(trouble) else None,
    )


def _may_pass(trouble: Trouble) -> bool:
    if trouble.kind == "http":
        return (trouble.status or 0) >= 500 or trouble.status in (408, 425, 429)
    return trouble.kind in ("dns", "refused", "unreachable", "tls", "timeout", "broken")


def is_of(text: str, article: Article) -> bool:
    """Whether a text may be the article's own: it has some of the words that its source gave for it."""
    ours = _telling(f"{article.title} {article.summary}")
    return not ours or len(ours & _telling(text)) >= LIKENESS * len(ours)


def _telling(prose: str) -> set[str]:
    return {word for word in re.findall(r"\w{4,}", fold(prose)) if word not in STOP_WORDS}


def reading(article: Article, page: OwnPage | None) -> Article:
    """What is judged of an article: with the text of its own page, where that says more than its source did."""
    if page is None or len(page.text) <= len(article.body or article.summary):
        return article
    return replace(article, body=page.text)
