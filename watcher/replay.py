"""What another state of the profiles would have changed in past digests; article by article."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from watcher.digest import Steering, standing
from watcher.profiles import Profile
from watcher.relevance import judge
from watcher.store import Remembered


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """One article under two states of a profile."""

    article: Remembered
    before: float  # score
    after: float
    was: int = 0  # its place among those shown, from 1; 0: not shown
    now: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """What a change of one profile would have done, the most important first."""

    profile: str
    added: tuple[Shift, ...]  # best score first
    dropped: tuple[Shift, ...]
    moved: tuple[Shift, ...]  # shown in another place, the farthest first
    same: int  # shown in the same place


def replay(
    articles: Iterable[Remembered],
    before: tuple[Profile, ...],
    after: tuple[Profile, ...],
    said: Steering,
    said_after: Steering | None = None,
) -> tuple[Replayed, ...]:
    """Hold articles against two states of the profiles and their rules; a profile may be in one of them only."""
    known = tuple(articles)
    names = dict.fromkeys(p.name for p in (*before, *after))
    old, new = _shown(known, before, said), _shown(known, after, said_after or said)
    return tuple(_replayed(name, known, old.get(name, {}), new.get(name, {})) for name in names)


_Scores = Mapping[int, tuple[float, bool]]  # of an article: its score, and whether it is shown


def _shown(known: tuple[Remembered, ...], profiles: tuple[Profile, ...], said: Steering) -> dict[str, _Scores]:
    found: dict[str, dict[int, tuple[float, bool]]] = {p.name: {} for p in profiles}
    for one in known:
        scores = judge(one.reading, profiles, explained=False)
        judged = replace(one, scores=tuple((s.profile, s.value) for s in scores))
        for profile in profiles:
            stand = standing(judged, profile, said)
            found[profile.name][one.id] = stand.value, stand.shown
    return dict(found)


def _replayed(name: str, known: tuple[Remembered, ...], before: _Scores, after: _Scores) -> Replayed:
    was, now = _places(before), _places(after)
    shifts = [
        Shift(
            article=one,
            before=before.get(one.id, (0.0, False))[0],
            after=after.get(one.id, (0.0, False))[0],
            was=was.get(one.id, 0),
            now=now.get(one.id, 0),
        )
        for one in known
        if one.id in was or one.id in now
    ]
    moved = [s for s in shifts if s.was and s.now and s.was != s.now]
    return Replayed(
        profile=name,
        added=tuple(sorted((s for s in shifts if not s.was), key=lambda s: (-s.after, s.article.id))),
        dropped=tuple(sorted((s for s in shifts if not s.now), key=lambda s: (-s.before, s.article.id))),
        moved=tuple(sorted(moved, key=lambda s: (-abs(s.was - s.now), -abs(s.after - s.before), s.article.id))),
        same=sum(s.was == s.now for s in shifts),
    )


def _places(scores: _Scores) -> dict[int, int]:
    shown = sorted((-value, number) for number, (value, shown) in scores.items() if shown)
    return {number: place for place, (_, number) in enumerate(shown, 1)}
