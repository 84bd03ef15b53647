"""The recent articles that a new one is compared with, and which of them are worth comparing."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from watcher.identity import Alias
from watcher.tellings import EXPECTED, Telling, Weighed, Weights, parts_of, weighed

LEAST_SHARED = 1.0  # weight, among the recent articles, of the rarest keys that two articles share, to be compared
ALONE = 0.99  # the most that one key brings to that, so that it takes two of them
CROWDED = 100  # articles; a key that more of them have among their rarest finds nothing any more
GROWN = 0.1  # share by which the articles become more before what each key weighs is worked out again
KEPT_WEIGHED = 4000  # articles whose weight is kept


@dataclass(slots=True)
class Memory:
    """The recent articles and their stories; grows as articles are recorded."""

    tellings: dict[int, Telling] = field(default_factory=dict)
    story: dict[int, int] = field(default_factory=dict)
    members: defaultdict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    by_key: defaultdict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    by_study: defaultdict[Alias, list[int]] = field(default_factory=lambda: defaultdict(list))
    crowd: Counter[str] = field(default_factory=Counter)  # how many articles have a key among their rarest
    held: Counter[str] = field(default_factory=Counter)  # by how many articles each key is held
    _weights: Weights | None = None
    _weighed_at: int = 0  # how many articles there were
    _weighed: dict[int, Weighed] = field(default_factory=dict)

    def add(self, article: int, telling: Telling, story: int) -> None:
        """Remember one article under its number, as a member of a story."""
        self.tellings[article] = telling
        self.story[article] = story
        self.members[story].append(article)
        self.held.update(parts_of(telling.keys).keys)
        self.crowd.update(telling.rarest)
        self.find_by(article, telling)

    def find_by(self, article: int, telling: Telling) -> None:
        """Let an article be found by its rarest keys and its studies."""
        for key in telling.rarest:
            self.by_key[key].append(article)
        for study in telling.studies:
            self.by_study[study].append(article)

    def retell(self, article: int, telling: Telling) -> None:
        """Remember that an article names studies of which nothing was known, or is known by more names."""
        for study in telling.studies - self.tellings[article].studies:
            self.by_study[study].append(article)
        self.tellings[article] = telling

    def move(self, stories: Mapping[int, int]) -> None:
        """Put articles into other stories: article -> story."""
        for article, story in stories.items():
            if (before := self.story[article]) != story:
                self.members[before].remove(article)
                if not self.members[before]:
                    del self.members[before]
                self.members[story].append(article)
                self.story[article] = story

    def weights(self, *, grown: float = GROWN) -> Weights:
        """What each key weighs, as it was when the memory was smaller by no more than a share; 0: as it is now."""
        now = len(self.tellings)
        if self._weights is None or now - self._weighed_at > grown * (EXPECTED + self._weighed_at):
            self._weights, self._weighed_at, self._weighed = Weights(self.held, now), now, {}
        return self._weights

    def weighed(self, article: int, weights: Weights) -> Weighed:
        """What a remembered article weighs by the latest weights."""
        known = self._weighed.get(article)
        if known is None:
            if len(self._weighed) >= KEPT_WEIGHED:
                self._weighed.clear()
            known = self._weighed[article] = weighed(parts_of(self.tellings[article].keys), weights)
        return known


def near(
    telling: Telling, by_key: Mapping[str, Sequence[int]], crowd: Mapping[str, int], weights: Weights
) -> list[int]:
    """The articles that have enough of their rarest keys in common with this one; itself as well, if it is there."""
    shared: defaultdict[int, float] = defaultdict(float)
    for key in telling.rarest:
        if (numbers := by_key.get(key)) and crowd[key] <= CROWDED and (weight := min(ALONE, weights[key])):
            for number in numbers:
                shared[number] += weight
    return [number for number, weight in shared.items() if weight >= LEAST_SHARED]
