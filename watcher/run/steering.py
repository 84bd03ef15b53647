"""What a person says of articles, kept with what the profiles make of it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from watcher.errors import UsageError
from watcher.profiles import Profile, ProfileSetting
from watcher.relevance import judge
from watcher.run.opinions import learn_profiles
from watcher.store import Remembered, Store
from watcher.verdicts import Change, Verdict, changes, same_terms


@dataclass(frozen=True, slots=True, kw_only=True)
class Marked:
    """What was said of one article for one profile."""

    article: Remembered
    profile: str
    keep: bool | None  # None: taken back


@dataclass(frozen=True, slots=True, kw_only=True)
class Learnt:
    """What one profile made of what was said."""

    profile: Profile  # as it is now
    changes: tuple[Change, ...]


def best_profile(known: Remembered, profiles: tuple[Profile, ...]) -> str:
    """The profile that an article fits best; the first one when it fits none."""
    scores = judge(known.reading, profiles, explained=False)
    return max(scores, key=lambda s: s.value).profile


def mark(
    articles: tuple[Remembered, ...],
    settings: tuple[ProfileSetting, ...],
    store: Store,
    now: datetime,
    *,
    keep: bool | None,
    profile: str = "",
) -> tuple[tuple[Marked, ...], tuple[Learnt, ...]]:
    """Keep or reject articles, for a profile or for the one that each fits best; with `keep=None`, take back.

    Taking back without a profile takes back what was said of the article for any. Raises UsageError when nothing was.
    """
    before = learn_profiles(settings, store, keep=True)
    keep_versions(before, store, now)
    marked = [
        Marked(article=one, profile=name, keep=keep)
        for one in articles
        for name in ([profile] if profile else _meant(one, before, store.verdicts(), taken_back=keep is None))
    ]
    with store.transaction():
        for one in marked:
            store.keep_verdict(one.article.id, one.profile, now, keep=keep)
    return tuple(marked), _after(before, settings, store, now)


def _meant(
    known: Remembered, profiles: tuple[Profile, ...], verdicts: Iterable[Verdict], *, taken_back: bool
) -> list[str]:
    if not taken_back:
        return [best_profile(known, profiles)]
    said = [v.profile for v in verdicts if v.article == known.id]
    if not said:
        raise UsageError("nothing-said", key=known.id)
    return said


def _after(
    before: tuple[Profile, ...], settings: tuple[ProfileSetting, ...], store: Store, now: datetime
) -> tuple[Learnt, ...]:
    after = learn_profiles(settings, store, keep=True)
    keep_versions(after, store, now)
    pairs = zip(before, after, strict=True)
    return tuple(Learnt(profile=new, changes=changes(old, new)) for old, new in pairs if not same_terms(old, new))


def keep_versions(profiles: tuple[Profile, ...], store: Store, now: datetime) -> None:
    """Remember the states of profiles that are not those remembered last."""
    latest = {profile.name: next(store.versions(profile.name), None) for profile in profiles}
    fresh = [p for p in profiles if (last := latest[p.name]) is None or not same_terms(last.profile, p)]
    if fresh:
        with store.transaction():
            for profile in fresh:
                store.keep_version(profile, now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What changed between a state of a profile and the one before."""

    profile: Profile  # as it is now
    since: datetime | None  # of the state before; None: there is none
    changes: tuple[Change, ...]


def previous(profile: Profile, store: Store) -> tuple[Profile, datetime] | None:
    """The last state of a profile that differs from the present one, and since when it was so."""
    return next(((v.profile, v.at) for v in store.versions(profile.name) if not same_terms(v.profile, profile)), None)


def difference(profile: Profile, store: Store) -> Difference:
    """What changed in a profile since its state before."""
    before = previous(profile, store)
    if before is None:
        return Difference(profile=profile, since=None, changes=())
    return Difference(profile=profile, since=before[1], changes=changes(before[0], profile))


def undo(
    name: str, settings: tuple[ProfileSetting, ...], store: Store, now: datetime
) -> tuple[tuple[int, ...], tuple[Learnt, ...]]:
    """Let a profile forget what it learnt last: the verdicts since the state before, which hold for their articles.

    Again, and it forgets what it had learnt before that. Returns those articles, none when it learnt from no verdict.
    """
    before = learn_profiles(settings, store, keep=True)
    keep_versions(before, store, now)
    last = store.last_lesson(name)
    if not last:
        return (), ()
    known = next((v.verdict for v in store.versions(name) if v.verdict < last), last - 1)
    forgotten = [v for v in store.verdicts(known) if v.profile == name and v.learnt]
    with store.transaction():
        for verdict in forgotten:
            store.keep_verdict(verdict.article, name, now, keep=verdict.keep, learnt=False)
    return tuple(v.article for v in forgotten), _after(before, settings, store, now)
