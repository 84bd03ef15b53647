"""String the rooms together; decides nothing."""

from watcher.run.collect import RunReport, SourceReport, poll, take_in
from watcher.run.documents import follow, parse_all
from watcher.run.hindsight import Audit, audit, replayed, why_not
from watcher.run.opinions import judge_again, learn_profiles
from watcher.run.present import digest
from watcher.run.steering import Difference, Learnt, Marked, difference, keep_versions, mark, previous, undo
from watcher.run.stories import Arranged, join, split
from watcher.run.trial import Trial, Tried, trial_of, try_out

__all__ = [
    "Arranged",
    "Audit",
    "Difference",
    "Learnt",
    "Marked",
    "RunReport",
    "SourceReport",
    "Trial",
    "Tried",
    "audit",
    "difference",
    "digest",
    "follow",
    "join",
    "judge_again",
    "keep_versions",
    "learn_profiles",
    "mark",
    "parse_all",
    "poll",
    "previous",
    "replayed",
    "split",
    "take_in",
    "trial_of",
    "try_out",
    "undo",
    "why_not",
]
