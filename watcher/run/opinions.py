"""Profiles, and the scores they give: computed again whenever a profile changed."""

from watcher.profiles import Profile, ProfileSetting, learn
from watcher.relevance import judge
from watcher.seeds import read_seeds
from watcher.store import Store


def learn_profiles(settings: tuple[ProfileSetting, ...]) -> tuple[Profile, ...]:
    """Learn every profile from its seeds; raises UsageError naming the folder or file that cannot be read."""
    return tuple(learn(read_seeds(setting.seeds), setting) for setting in settings)


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
            for known in store.all() if stale else ():
                store.keep_scores((known.id, s) for s in judge(known.article, stale))
            for profile in stale:
                store.keep_fingerprint(profile.name, profile.fingerprint)
    return tuple(p.name for p in stale)
