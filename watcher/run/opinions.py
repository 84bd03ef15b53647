"""Profiles, and the scores they give: computed again whenever a profile changed."""

from collections.abc import Mapping
from contextlib import suppress
from hashlib import blake2b

from watcher.articles import Article
from watcher.profiles import Profile, ProfileSetting, learn, profile_of, written
from watcher.program import mark
from watcher.relevance import judge
from watcher.seeds import contents, read_seeds, seed_files
from watcher.store import Store
from watcher.verdicts import taught


def learn_profiles(
    settings: tuple[ProfileSetting, ...], store: Store | None = None, *, keep: bool = False
) -> tuple[Profile, ...]:
    """Learn every profile from its seeds; raises UsageError naming the folder or file that cannot be read.

    With a store, they also learn from its verdicts. A profile whose seeds, settings and verdicts are those that it was
    last learnt from is taken from the store; with `keep`, those that were learnt are put there.
    """
    kept = store.learnt() if store else {}
    profiles = []
    fresh = []
    for setting in settings:
        source = _made_of(setting)
        profile = _kept(kept.get(setting.name), source)
        if profile is None:
            profile = learn(read_seeds(setting.seeds), setting)
            fresh.append((setting.name, source, written(profile)))
        profiles.append(profile)
    if store and keep and fresh:
        with store.transaction():
            for name, source, line in fresh:
                store.keep_learnt(name, source, line)
    return _taught(tuple(profiles), settings, store, keep=keep) if store else tuple(profiles)


def _taught(
    profiles: tuple[Profile, ...], settings: tuple[ProfileSetting, ...], store: Store, *, keep: bool
) -> tuple[Profile, ...]:
    """The profiles as the verdicts that they learn from make them."""
    lessons = [v for v in store.verdicts() if v.learnt]
    articles = {known.id: known.reading for known in store.get(sorted({v.article for v in lessons}))}
    held = store.taught() if lessons else {}
    done = []
    fresh = []
    for profile, setting in zip(profiles, settings, strict=True):
        own = {v.article: v.keep for v in lessons if v.profile == profile.name and v.article in articles}
        kept, rejected = ({n: articles[n] for n in sorted(own) if own[n] is keep} for keep in (True, False))
        source = _taught_of(profile, setting, kept, rejected)
        after = _kept(held.get(profile.name), source) if own else profile
        if after is None:
            after = taught(profile, setting, kept, rejected)
            fresh.append((profile.name, source, written(after)))
        done.append(after)
    if keep and fresh:
        with store.transaction():
            for name, source, line in fresh:
                store.keep_taught(name, source, line)
    return tuple(done)


def _taught_of(
    profile: Profile, setting: ProfileSetting, kept: Mapping[int, Article], rejected: Mapping[int, Article]
) -> str:
    """A digest of all that a taught profile is made of; of an article, the words that are judged."""
    digest = blake2b(f"{mark()} {setting} {written(profile)}".encode(), digest_size=16)
    for articles in (kept, rejected):
        digest.update(b"\0\0")
        for number, article in articles.items():
            digest.update(f"\0{number}\0{article.title}\0{article.body or article.summary}".encode())
    return digest.hexdigest()


def _made_of(setting: ProfileSetting) -> str:
    """A digest of all that a profile is learnt from: its seeds, what the settings say of it, this program."""
    digest = blake2b(f"{mark()} {setting}".encode(), digest_size=16)
    for file in seed_files(setting.seeds):
        raw = contents(file)
        digest.update(f"\0{file.name}\0{len(raw)}\0".encode(errors="surrogateescape") + raw)
    return digest.hexdigest()


def _kept(kept: tuple[str, str] | None, source: str) -> Profile | None:
    if kept is None or kept[0] != source:
        return None
    with suppress(ValueError, KeyError, TypeError):
        return profile_of(kept[1])
    return None


def stale_profiles(profiles: tuple[Profile, ...], store: Store) -> tuple[Profile, ...]:
    """The profiles that changed since their scores were stored."""
    kept = store.fingerprints()
    return tuple(p for p in profiles if kept.get(p.name) != p.fingerprint)


def judge_again(profiles: tuple[Profile, ...], store: Store) -> tuple[str, ...]:
    """Compute the scores of every profile that changed since they were stored; returns the names of those."""
    stale = stale_profiles(profiles, store)
    gone = set(store.fingerprints()) - {p.name for p in profiles}
    if stale or gone:
        with store.transaction():
            for name in (*gone, *(p.name for p in stale)):
                store.drop_scores(name)
            for known in (one for one in store.all() if not one.pruned) if stale else ():
                store.keep_scores((known.id, s) for s in judge(known.reading, stale, explained=False))
            for profile in stale:
                store.keep_fingerprint(profile.name, profile.fingerprint)
    return tuple(p.name for p in stale)
