"""Profiles, and the scores they give: computed again whenever a profile changed."""

from contextlib import suppress
from hashlib import blake2b

from watcher.profiles import Profile, ProfileSetting, learn, profile_of, written
from watcher.program import mark
from watcher.relevance import judge
from watcher.seeds import contents, read_seeds, seed_files
from watcher.store import Store


def learn_profiles(
    settings: tuple[ProfileSetting, ...], store: Store | None = None, *, keep: bool = False
) -> tuple[Profile, ...]:
    """Learn every profile from its seeds; raises UsageError naming the folder or file that cannot be read.

    A profile whose seeds and settings are those that it was last learnt from is taken from the store; with `keep`,
    those that were learnt are put there.
    """
    kept = store.learnt() if store else {}
    profiles = []
    fresh = []
    for setting in settings:
        source = _made_of(setting)
        profile = _kept(kept.get(setting.name), source) or learn(read_seeds(setting.seeds), setting)
        profiles.append(profile)
        if store and kept.get(setting.name, ("", ""))[0] != source:
            fresh.append((setting.name, source, written(profile)))
    if store and keep and fresh:
        with store.transaction():
            for name, source, line in fresh:
                store.keep_learnt(name, source, line)
    return tuple(profiles)


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
            for known in store.all() if stale else ():
                store.keep_scores((known.id, s) for s in judge(known.reading, stale, explained=False))
            for profile in stale:
                store.keep_fingerprint(profile.name, profile.fingerprint)
    return tuple(p.name for p in stale)
