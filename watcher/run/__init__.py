"""String the rooms together; decides nothing."""

from watcher.run.collect import RunReport, SourceReport, poll, take_in
from watcher.run.documents import follow, parse_all
from watcher.run.opinions import judge_again, learn_profiles
from watcher.run.present import digest
from watcher.run.trial import Trial, Tried, trial_of, try_out

__all__ = [
    "RunReport",
    "SourceReport",
    "Trial",
    "Tried",
    "digest",
    "follow",
    "judge_again",
    "learn_profiles",
    "parse_all",
    "poll",
    "take_in",
    "trial_of",
    "try_out",
]
