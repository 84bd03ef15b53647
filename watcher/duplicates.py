"""Which records of a list are the same article: by what they are known by, then as references."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from watcher.identity import SCHEMES, Alias, Identified
from watcher.references import reference_of, same_works


def fullest(same: Sequence[Identified]) -> Identified:
    """Of the records of one article the one that tells most, with what all of them are known by and cite."""
    if len(same) == 1:
        return same[0]
    fullest = max(same, key=lambda one: (len(one.article.summary or one.article.body), repr(one.article)))
    aliases = {alias for one in same for alias in one.aliases}
    return replace(
        fullest,
        article=replace(fullest.article, published=min((d for o in same if (d := o.article.published)), default=None)),
        aliases=tuple(sorted(aliases, key=lambda a: (SCHEMES.index(a[0]), a))),
        cites=tuple(sorted({cited for one in same for cited in one.cites} - aliases)),
    )


class _Joined:
    """Positions put together, each group known by its first one."""

    def __init__(self, count: int) -> None:
        self._before = list(range(count))
        self.works: dict[int, frozenset[str]] = {}  # the DOIs of a group, by its first position

    def first(self, position: int) -> int:
        """The first position of a group."""
        while self._before[position] != position:
            self._before[position] = self._before[self._before[position]]
            position = self._before[position]
        return position

    def by_works(self, position: int) -> tuple[bool, list[str]]:
        """What the members of one alias are ordered by: those with a DOI first, of two studies the same one always."""
        works = sorted(self.works[self.first(position)])
        return not works, works

    def join(self, one: int, other: int, *, doi: bool = False) -> None:
        """Make one group of two, unless they hold different DOIs; a shared DOI is stronger than that."""
        a, b = sorted((self.first(one), self.first(other)))
        works, others = self.works.get(a, frozenset()), self.works.get(b, frozenset())
        if a != b and (doi or not (works and others)):
            self._before[b] = a
            self.works[a] = works | others


def same_articles(articles: Sequence[Identified]) -> list[int]:
    """For each article the first position of those that are the same: by their aliases, then as references."""
    joined = _Joined(len(articles))
    holders: defaultdict[Alias, list[int]] = defaultdict(list)
    for position, one in enumerate(articles):
        joined.works[position] = frozenset(value for scheme, value in one.aliases if scheme == "doi")
        for alias in one.aliases:
            if alias[0] != "title" or not _is_reference(one):
                holders[alias].append(position)
    shared = (alias for alias, held in holders.items() if len(held) > 1)
    for alias in sorted(shared, key=lambda a: (SCHEMES.index(a[0]), a)):
        first, *others = sorted(holders[alias], key=joined.by_works)
        for position in others:
            joined.join(first, position, doi=alias[0] == "doi")
    positions = [p for p, one in enumerate(articles) if _is_reference(one)]
    for same in same_works([reference_of(articles[p].article) for p in positions]):
        for position in same[1:]:
            joined.join(positions[same[0]], positions[position])
    return [joined.first(p) for p in range(len(articles))]


def _is_reference(identified: Identified) -> bool:
    article = identified.article
    return bool(article.title and article.year and (article.authors or article.journal or article.volume))
