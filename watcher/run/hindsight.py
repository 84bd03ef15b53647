"""Looking back: why an article was not shown, what other profiles would have shown, what a profile misses."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from watcher.absence import Absence, absence, never_seen
from watcher.audit import SHOWN, Recall, Reject, Sampled, floor, recall, sample, week_of
from watcher.digest import standing, steering
from watcher.profiles import Profile
from watcher.relevance import judge
from watcher.replay import Replayed, replay
from watcher.rules import Rules
from watcher.sources import Source
from watcher.store import Remembered, Store


def why_not(  # noqa: PLR0913 - each is a place where an article may be stopped
    key: str,
    sources: tuple[Source, ...],
    profiles: tuple[Profile, ...],
    store: Store,
    *,
    since: timedelta,
    now: datetime,
    rules: tuple[Rules, ...] = (),
) -> Absence:
    """What kept an article out of the digest of the period that ends now. Reads only."""
    known = store.find(key)
    if known is None:
        return never_seen(key, sources, store.states(), now)
    (judged,) = _judged((known,), profiles)
    story = _judged(store.story(known.story), profiles)
    held = store.background([member.id for member in story])
    return absence(judged, story, profiles, steering(rules, store.verdicts()), (now - since, now), held)


def _judged(articles: Iterable[Remembered], profiles: tuple[Profile, ...]) -> tuple[Remembered, ...]:
    """Articles with their scores by these profiles, whatever the database holds."""
    return tuple(
        replace(known, scores=tuple((s.profile, s.value) for s in judge(known.reading, profiles, explained=False)))
        for known in articles
    )


def replayed(  # noqa: PLR0913 - two states of the profiles, each with its rules
    store: Store,
    before: tuple[Profile, ...],
    after: tuple[Profile, ...],
    *,
    since: timedelta,
    now: datetime,
    rules: tuple[Rules, ...] = (),
    rules_after: tuple[Rules, ...] = (),
) -> tuple[Replayed, ...]:
    """What a second state of the profiles would have changed in the period that ends now. Reads only."""
    verdicts = store.verdicts()
    news = store.news(now - since, now)
    return replay(news, before, after, steering(rules, verdicts), steering(rules_after, verdicts))


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """The sample of one profile for one week, and what its labels tell."""

    profile: str
    week: str
    since: datetime
    floor: float  # what scores less is not looked at
    asked: tuple[Remembered, ...]  # still without a label, in the order of arrival, which tells nothing
    labelled: int
    found: int  # of those, the relevant ones
    recall: Recall | None  # None while a stratum has no label


def audit(
    profile: Profile,
    store: Store,
    *,
    size: int,
    since: timedelta,
    now: datetime,
    rules: tuple[Rules, ...] = (),
) -> Audit:
    """A sample of what a profile did not show in the period that ends now, to be labelled by `mark`.

    It is drawn once a week and kept, because labels teach the profile: a second drawing would be another one.
    """
    seed = f"{profile.name} {week_of(now)} {since.days}d {size}"
    said = steering(rules, store.verdicts())
    drawn = store.sample(seed)
    if not drawn:
        articles = _judged(store.news(now - since, now), (profile,))
        stands = [(one.id, standing(one, profile, said)) for one in articles]
        rejects = (Reject(article=n, value=s.value) for n, s in stands if not s.shown and s.by == "score")
        shown = [n for n, s in stands if s.shown]
        drawn = sample(rejects, profile.threshold, seed, size)
        drawn += tuple(Sampled(article=n, stratum=SHOWN, population=len(shown)) for n in shown)
        with store.transaction():
            store.keep_sample(seed, drawn)
    labels = {n: keep for (n, name), keep in said.verdicts.items() if name == profile.name}
    rejects_drawn = tuple(one for one in drawn if one.stratum != SHOWN)
    given = [labels[one.article] for one in rejects_drawn if one.article in labels]
    return Audit(
        profile=profile.name,
        week=week_of(now),
        since=now - since,
        floor=floor(profile.threshold),
        asked=store.get(sorted(one.article for one in rejects_drawn if one.article not in labels)),
        labelled=len(given),
        found=sum(given),
        recall=recall(drawn, labels, seed),
    )
