"""What a person always or never wants to see, whatever the score; display only, nothing is deleted."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from watcher.articles import Article
from watcher.lexicon import BREAK, read
from watcher.profiles import phrases_of

OR = "|"  # between alternatives in one rule


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """Words as a person writes them; one stands for its other language too. Of two rules, `never` is the stronger."""

    profile: str = ""  # the one that they are for; "": all of them
    always: tuple[str, ...] = ()  # who says one of these is shown
    never: tuple[str, ...] = ()  # who says one of these is not
    must: tuple[str, ...] = ()  # who does not say each of these is not


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """The rule that decides about an article."""

    name: Literal["always", "never", "must"]
    word: str  # as it stands in the settings
    profile: str  # whose rule it is; "": everyone's


@lru_cache(maxsize=512)
def sought(word: str) -> frozenset[str]:
    """The keys that a text must hold to say a word: its own, or the phrases that its words make; none for "the"."""
    keys = tuple(key for key in read(word).keys if key != BREAK)
    return frozenset(keys if len(keys) < 2 or len(set(keys)) == 1 else phrases_of(keys))


def heard(article: Article) -> frozenset[str]:
    """All keys and phrases of an article, in title and text."""
    return _keys(article.title) | _keys(article.body or article.summary)


@lru_cache(maxsize=512)  # an article is held against the rules of each profile
def _keys(prose: str) -> frozenset[str]:
    reading = read(prose)
    return frozenset((*reading.keys, *reading.inner, *phrases_of(reading.keys)))


def says(keys: frozenset[str], word: str) -> bool:
    """Whether an article of these keys says a word, or one of the alternatives in it."""
    return any((wanted := sought(part)) and wanted <= keys for part in word.split(OR))


def ruled(article: Article, profile: str, rules: Iterable[Rules]) -> Ruling | None:
    """The rule that decides whether an article is shown for a profile; None when its score does."""
    those = tuple(r for r in rules if r.profile in ("", profile) and (r.always or r.never or r.must))
    if not those:
        return None
    keys = heard(article)
    found: list[Ruling] = []
    for one in those:
        found += [Ruling(name="never", word=w, profile=one.profile) for w in one.never if says(keys, w)]
        found += [Ruling(name="always", word=w, profile=one.profile) for w in one.always if says(keys, w)]
        found += [Ruling(name="must", word=w, profile=one.profile) for w in one.must if not says(keys, w)]
    return min(found, key=lambda ruling: ("never", "always", "must").index(ruling.name), default=None)
