"""Remember; values in, values out.

Facts are written first, one transaction per source together with its validators. Opinions (stories, scores) can always
be computed again from them.
"""

from watcher.store.line import at_work, exclusive
from watcher.store.pages import Pages
from watcher.store.post import Edition, Post, Told
from watcher.store.rows import Remembered, RunOutcome, RunSummary
from watcher.store.sources import Sources
from watcher.store.verdicts import Verdicts

__all__ = ["Edition", "Remembered", "RunOutcome", "RunSummary", "Store", "Told", "at_work", "exclusive"]


class Store(Post, Pages, Sources, Verdicts):
    """The open database. Use it as a context manager; every write belongs in `transaction()`."""
