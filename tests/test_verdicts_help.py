"""Verdicts on one half of the labelled stream help to find what the other half holds."""

import random

from stream import PROFILES, SEEDS, Labelled, average_precision, stream

from watcher.profiles import Profile, ProfileSetting, learn
from watcher.relevance import judge
from watcher.seeds import read_seeds
from watcher.verdicts import taught

LABELS = 5  # kept, and as many rejected, of one half
REACHED = 0.85  # average precision in the other half, as a mean; 0.81 before the verdicts, 0.87 after them
GAIN = 0.04  # the difference, as a mean
LOSS = 0.15  # of a single half


def value(profile: Profile, row: Labelled) -> float:
    return judge(row.article, (profile,), explained=False)[0].value


def tried(number: int, profile: Profile, setting: ProfileSetting, rows: list[Labelled]) -> tuple[float, float]:
    """Average precision in one half before and after verdicts on the best articles of the other."""
    known, unseen = rows[::2], rows[1::2]
    best = sorted(known, key=lambda row: -value(profile, row))
    kept, rejected = ([row.article for row in best if bool(row.labels[number]) is keep] for keep in (True, False))
    lessons = (dict(enumerate(articles[:LABELS])) for articles in (kept, rejected))
    after = taught(profile, setting, *lessons)
    wanted = [row.labels[number] > 0 for row in unseen]
    old, new = (average_precision([value(p, row) for row in unseen], wanted) for p in (profile, after))
    return old, new


def test_verdicts_on_one_half_help_in_the_other() -> None:
    """The seed's own finding is left out: it is told in both halves."""
    found = []
    for number, name in enumerate(PROFILES):
        setting = ProfileSetting(name=name, seeds=SEEDS / name)
        profile = learn(read_seeds(setting.seeds), setting)
        rows = [row for row in stream() if row.labels[number] < 2]
        for seed in range(3):
            random.Random(seed).shuffle(rows)
            found.append(tried(number, profile, setting, rows))
    gains = [new - old for old, new in found]
    assert sum(new for _, new in found) / len(found) >= REACHED
    assert sum(gains) / len(gains) >= GAIN
    assert min(gains) > -LOSS
