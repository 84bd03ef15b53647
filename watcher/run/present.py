"""From what is stored to what is read."""

from dataclasses import replace
from datetime import datetime, timedelta

from watcher.digest import (
    WATCHED,
    Digest,
    DigestSetting,
    Steering,
    compose,
    nearness,
    standing,
    steering,
    with_near,
    with_turns,
)
from watcher.profiles import Profile
from watcher.relevance import Score, judge
from watcher.rules import Rules
from watcher.run.opinions import stale_profiles
from watcher.sources import Source
from watcher.store import Remembered, Store, Told
from watcher.works import Step


def digest(  # noqa: PLR0913 - each is a part of what a digest is made of
    sources: tuple[Source, ...],
    profiles: tuple[Profile, ...],
    store: Store,
    *,
    since: timedelta,
    now: datetime,
    language: str = "fr",
    rules: tuple[Rules, ...] = (),
) -> Digest:
    """Compose the digest of what was first seen in the period that ends now. Reads only.

    What a person kept is in it even where it is no news.
    """
    said = steering(rules, store.verdicts())
    news = store.news(now - since, now)
    met = {article.id for article in news}
    kept = store.get(sorted({number for (number, _), keep in said.verdicts.items() if keep} - met))
    news += tuple(article for article in kept if now - since < article.first_seen <= now)
    news = _judged(news, profiles, store)
    made = _composed(news, sources, profiles, store, (now - since, now), language, said)
    made = _with_near(made, news, sources, profiles, store, said, seen=frozenset(), most=WATCHED)
    return _with_turns(made, store, profiles, said, store.steps(since=now - since))


def list_digest(  # noqa: PLR0913 - each is a part of what a digest is made of
    setting: DigestSetting,
    sources: tuple[Source, ...],
    profiles: tuple[Profile, ...],
    store: Store,
    told: Told,
    *,
    now: datetime,
    language: str,
    rules: tuple[Rules, ...] = (),
) -> Digest:
    """Compose all that a list has to tell: what came since it last looked, and what it never told. Reads only.

    What it looked at before is in it only when it fits by now: its own page was read, a profile or a rule was changed,
    a person kept it, or there was no room for it. What is just below the threshold is shown once.
    """
    wanted = tuple(profile for profile in profiles if profile.name in setting.profiles)
    said = steering(rules, store.verdicts())
    kept = {number for (number, profile), keep in said.verdicts.items() if keep and profile in setting.profiles}
    found = _judged(store.untold(setting.name, min(now, told.until) - REACH, kept), wanted, store)
    news = tuple(a for a in found if a.id > told.cursor or any(standing(a, p, said).shown for p in wanted))
    made = _composed(news, sources, wanted, store, (min(told.until, now), now), language, said)
    seen = store.shown_by(setting.name) if setting.watch else frozenset()
    made = _with_near(made, found, sources, wanted, store, said, seen=seen, most=setting.watch)
    steps = store.steps(after=told.step)
    already = store.told_to(setting.name, {step.article for step in steps})
    return _with_turns(made, store, wanted, said, steps, already)


def _with_turns(
    made: Digest,
    store: Store,
    profiles: tuple[Profile, ...],
    said: Steering,
    steps: tuple[Step, ...],
    told: frozenset[int] = frozenset(),
) -> Digest:
    """A digest with what became of works."""
    numbers = sorted({step.article for step in steps})
    articles = {known.id: known for known in _judged(store.get(numbers), profiles, store)}
    return with_turns(made, ((step, articles[step.article]) for step in steps), told, profiles, said)


REACH = timedelta(days=28)  # before its last period; what a list looked at before that and left, it has left for good


def _composed(  # noqa: PLR0913, PLR0917 - each is a part of what a digest is made of
    news: tuple[Remembered, ...],
    sources: tuple[Source, ...],
    profiles: tuple[Profile, ...],
    store: Store,
    period: tuple[datetime, datetime],
    language: str,
    said: Steering,
) -> Digest:
    stories = {number: store.story(number) for number in {article.story for article in news}}
    return compose(news, stories, profiles, sources, store.states(), period, language, said)


def _with_near(  # noqa: PLR0913 - each is a part of what decides it
    made: Digest,
    found: tuple[Remembered, ...],
    sources: tuple[Source, ...],
    profiles: tuple[Profile, ...],
    store: Store,
    said: Steering,
    *,
    seen: frozenset[int],
    most: int,
) -> Digest:
    """A digest with what is just below its thresholds, unless none of it is wanted."""
    close = [a for a in found if most and any(nearness(a, p, said) for p in profiles)]
    stories = {number: store.story(number) for number in {article.story for article in close}}
    return with_near(made, close, stories, profiles, sources, said, seen=seen, most=most)


def _judged(news: tuple[Remembered, ...], profiles: tuple[Profile, ...], store: Store) -> tuple[Remembered, ...]:
    """Articles with their scores by the profiles as they are: one may have been edited after the last poll."""
    stale = stale_profiles(profiles, store)
    if not stale:
        return news
    return tuple(n if n.pruned else replace(n, scores=_with(n.scores, judge(n.reading, stale))) for n in news)


def _with(scores: tuple[tuple[str, float], ...], fresh: tuple[Score, ...]) -> tuple[tuple[str, float], ...]:
    merged = dict(scores) | {s.profile: s.value for s in fresh}
    return tuple(sorted(merged.items(), key=lambda s: (-s[1], s[0])))
