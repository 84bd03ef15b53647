"""From what is stored to what is read."""

from dataclasses import replace
from datetime import datetime, timedelta

from watcher.digest import Digest, compose
from watcher.profiles import Profile
from watcher.relevance import Score, judge
from watcher.run.opinions import stale_profiles
from watcher.sources import Source
from watcher.store import Store


def digest(
    sources: tuple[Source, ...],
    profiles: tuple[Profile, ...],
    store: Store,
    *,
    since: timedelta,
    now: datetime,
    language: str = "fr",
) -> Digest:
    """Compose the digest of what was first seen in the period that ends now. Reads only."""
    news = store.news(now - since, now)
    stale = stale_profiles(profiles, store)
    if stale:  # the profile was edited after the last poll: judge what is shown, leave the database alone
        news = tuple(replace(n, scores=_with(n.scores, judge(n.reading, stale))) for n in news)
    stories = {number: store.story(number) for number in {article.story for article in news}}
    return compose(news, stories, profiles, sources, store.states(), (now - since, now), language)


def _with(scores: tuple[tuple[str, float], ...], fresh: tuple[Score, ...]) -> tuple[tuple[str, float], ...]:
    merged = dict(scores) | {s.profile: s.value for s in fresh}
    return tuple(sorted(merged.items(), key=lambda s: (-s[1], s[0])))
