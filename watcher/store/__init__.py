"""Remember; values in, values out.

Facts are written first, those of one source together with its validators. Opinions (stories, scores) can always
be computed again from them.
"""

from watcher.store.by_hand import ByHand, Word
from watcher.store.copies import Contents, Copy, copies, copy_named, folder_beside, look_through, restore
from watcher.store.forgetting import Forgetting, Forgotten
from watcher.store.line import ENGINE, at_work, copy_of, exclusive
from watcher.store.pages import Pages
from watcher.store.post import Edition, Post, Told
from watcher.store.retention import Pruned, Retention
from watcher.store.rows import Remembered, RunOutcome, RunSummary
from watcher.store.sources import Sources
from watcher.store.verdicts import Verdicts

__all__ = [
    "ENGINE",
    "Contents",
    "Copy",
    "Edition",
    "Forgotten",
    "Pruned",
    "Remembered",
    "RunOutcome",
    "RunSummary",
    "Store",
    "Told",
    "Word",
    "at_work",
    "copies",
    "copy_named",
    "copy_of",
    "exclusive",
    "folder_beside",
    "look_through",
    "restore",
]


class Store(Post, ByHand, Pages, Sources, Verdicts, Retention, Forgetting):
    """The open database. Use it as a context manager; every write belongs in `transaction()`."""
