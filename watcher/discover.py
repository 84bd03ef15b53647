"""From the address of a site to the feed that it has."""

import re
from collections import Counter
from collections.abc import Collection
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import urlsplit

from watcher.fetch import Fetched, Manners, Unchanged, fetch
from watcher.parse import KINDS
from watcher.parse.pointers import Listed, linked, title_of
from watcher.run import Trial, trial_of, try_out
from watcher.sources import Source, SourceState, Trouble
from watcher.text import STOP_WORDS, fold

WELL_KNOWN = ("/feed/", "/rss.xml", "/feed.xml", "/atom.xml", "/rss")
MOST_TRIED = 12
LONGEST_ID = 40
LONGEST_NAME = 80
MOST_WORDS = 4  # of a title, in an id

_FORMAT = re.compile(r"\s*[»|:–—-]\s*(?:(?:flux|fil|feeds?|rss|atom)[\s.0-9]*)+$", re.IGNORECASE)
_SHARED = frozenset(
    "ac asso co com edu fr gob gouv gov net nom org".split()
)  # of a host: not what tells it from others
_NO_NEWS = frozenset("accueil atom feed feeds flux fil home rss".split())  # in a title


@dataclass(frozen=True, slots=True, kw_only=True)
class Discovery:
    """A feed that was found, and what it holds today."""

    source: Source  # as it can be followed; its id is not one of those taken
    trial: Trial  # under the id that it was tried with
    others: tuple[Listed, ...] = ()  # feeds that the same page points to


def discover(address: str, taken: Collection[str], manners: Manners, now: datetime) -> Discovery | Trouble:
    """Find the feed of a site: what is at the address itself, what the page there points to, the usual places.

    The list of a site's pages (sitemap) comes last. `taken` are ids. A Trouble is what the address itself answered.
    """
    here = Source(id="new", url=address)
    first = fetch(here, SourceState(source=here.id), manners)
    if not isinstance(first, Fetched):
        return _found(_trials(here, (), address, manners, now), "", (), taken) or _answer(first)
    title = title_of(first.content, first.content_type)
    at_once = trial_of(here, first, (), None)
    if isinstance(at_once, Trial):
        return Discovery(source=_settled(here, at_once.title, at_once, taken), trial=at_once)
    listed = linked(first.content, address=first.url, content_type=first.content_type)
    return _found(_trials(here, listed, first.url, manners, now), title, listed, taken) or at_once


def _answer(outcome: Unchanged | Trouble) -> Trouble:
    return outcome if isinstance(outcome, Trouble) else Trouble(kind="broken", detail="304 to a first question")


def _found(trial: Trial | None, title: str, listed: tuple[Listed, ...], taken: Collection[str]) -> Discovery | None:
    if trial is None:
        return None
    named = trial.title or next((one.title for one in listed if one.url == trial.source.url), "") or title
    others = tuple(one for one in listed if one.url != trial.source.url)
    return Discovery(source=_settled(trial.source, named, trial, taken), trial=trial, others=others)


def _trials(here: Source, listed: tuple[Listed, ...], base: str, manners: Manners, now: datetime) -> Trial | None:
    """What is at the first place of all likely ones that has something."""
    parts = urlsplit(base)
    root = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
    urls = dict.fromkeys((*(one.url for one in listed), *(root + path for path in WELL_KNOWN)))
    wanted = [replace(here, url=url) for url in tuple(urls)[:MOST_TRIED] if url != here.url]
    if "sitemap" in KINDS:
        wanted.append(replace(here, url=f"{root}/robots.txt", kind="sitemap"))
    numbered = tuple(replace(source, id=f"new-{place}") for place, source in enumerate(wanted))
    with closing(try_out(numbered, (), None, manners, now)) as trials:
        return next((trial for _, trial in trials if isinstance(trial, Trial)), None)


def _settled(source: Source, title: str, trial: Trial, taken: Collection[str]) -> Source:
    languages = Counter(item.article.language for item in trial.items if item.article.language)
    language = languages.most_common(1)[0][0] if languages else ""
    return replace(source, id=free_id(title, source.url, taken), name=name_of(title), language=language)


def name_of(title: str) -> str:
    """A title as the name of a source: without the format at its end ("… » Flux RSS"), and not too long."""
    name = _FORMAT.sub("", title) or title
    if len(name) <= LONGEST_NAME:
        return name
    return name[: LONGEST_NAME - 1].rpartition(" ")[0].rstrip(" ,;:–—-|»") + "…" if " " in name else name[:LONGEST_NAME]


def free_id(title: str, url: str, taken: Collection[str]) -> str:
    """An id made of what tells a host and a title from others, that no other source has."""
    try:
        host = (urlsplit(url).hostname or "").removeprefix("www.")
    except ValueError:
        host = ""
    of_host = _of_host(host)
    telling = [word for word in _plain_words(title) if word not in STOP_WORDS | _NO_NEWS and len(word) > 1]
    of_title = [word for word in dict.fromkeys(telling) if word not in of_host]
    words = _within([*of_host, *of_title[:MOST_WORDS]]) or "-".join(_plain_words(host))[:LONGEST_ID].strip("-")
    words = words or "source"
    number = 1
    found = words
    while found in taken:
        number += 1
        found = f"{words}-{number}"
    return found


def _of_host(host: str) -> list[str]:
    """What tells a host from others: "inserm" of presse.inserm.fr, "sante" of sante.gouv.fr; nothing of a number."""
    labels = [label for label in host.split(".")[:-1] if label not in _SHARED]
    return _plain_words(labels[-1]) if labels and not host.rpartition(".")[2].isdigit() else []


def _plain_words(title: str) -> list[str]:
    return re.findall(r"[a-z0-9]+", fold(title))


def _within(words: list[str]) -> str:
    """As many whole words as an id has room for; at least a part of the first."""
    found = ""
    for word in words:
        longer = f"{found}-{word}".strip("-")
        if len(longer) > LONGEST_ID:
            break
        found = longer
    return found or "".join(words[:1])[:LONGEST_ID]
