"""What a person says of stories, and what becomes of them."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations, pairwise, product

from watcher.errors import UsageError
from watcher.run.recall import look_again, recall, remember
from watcher.store import Remembered, Store
from watcher.store.by_hand import Pair


@dataclass(frozen=True, slots=True, kw_only=True)
class Arranged:
    """What became of some stories."""

    stories: tuple[tuple[Remembered, ...], ...]  # those of the articles that were named, each with its members
    changed: bool  # whether anything is not as it was


def split(articles: Collection[Remembered], store: Store, now: datetime) -> Arranged:
    """Take articles out of their stories: those named of one story leave it together, all of them leave each other.

    What is left stays together as far as a person had joined it.
    """
    apart: set[Pair] = set()
    together: set[Pair] = set()
    joined = [word.pair for word in store.words() if not word.apart]
    for story in _by_story(articles).values():
        members = {member.id for member in store.story(story[0].story)}
        named = {article.id for article in story}
        if members == named:
            apart |= set(combinations(sorted(named), 2))
            continue
        apart |= {_pair(a, b) for a, b in product(named, members - named)}
        left = {n for pair in joined if pair in apart for n in pair if n not in named}
        together |= {*pairwise(sorted(named)), *pairwise(sorted(left))}
    return _arranged(articles, store, now, apart=apart, together=together)


def join(articles: Collection[Remembered], store: Store, now: datetime) -> Arranged:
    """Make one story of the stories of articles; what was split between these stories is split no more.

    Raises UsageError("join-one") when fewer than two articles are named.
    """
    if len(articles) < 2:
        raise UsageError("join-one")
    members = {n.id: {m.id for m in store.story(n.story)} for n in articles}
    between = {
        _pair(a, b) for one, other in combinations(articles, 2) for a, b in product(members[one.id], members[other.id])
    }
    parted = [word.pair for word in store.words() if word.apart and word.pair in between]
    together = set(pairwise(sorted(n.id for n in articles)))
    return _arranged(articles, store, now, together=together, dropped=parted)


def _by_story(articles: Iterable[Remembered]) -> dict[int, list[Remembered]]:
    found: dict[int, list[Remembered]] = {}
    for article in articles:
        found.setdefault(article.story, []).append(article)
    return found


def _pair(a: int, b: int) -> Pair:
    return min(a, b), max(a, b)


def _arranged(
    articles: Collection[Remembered],
    store: Store,
    now: datetime,
    *,
    apart: Collection[Pair] = (),
    together: Collection[Pair] = (),
    dropped: Collection[Pair] = (),
) -> Arranged:
    """Keep what was said, and look at the stories of all concerned again."""
    with store.transaction():
        before = store.words()
        store.drop_words(dropped)
        store.keep_words(apart, now, apart=True)
        store.keep_words(together, now, apart=False)
        memory = remember(store, now)
        touched = {m.id for story in _by_story(articles) for m in store.story(story)}
        recall(touched, store, memory)
        moved = look_again(touched, store, memory)
        changed = bool(moved) or store.words() != before
    found = {known.story: None for known in store.get([article.id for article in articles])}
    return Arranged(stories=tuple(store.story(story) for story in found), changed=changed)
