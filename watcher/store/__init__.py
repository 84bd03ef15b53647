"""Remember; values in, values out.

Facts are written first, those of one source together with its validators. Opinions (stories, scores) can always
be computed again from them.
"""

from watcher.store.by_hand import ByHand, Word
from watcher.store.line import copy_of, exclusive
from watcher.store.pages import Pages
from watcher.store.post import Edition, Post, Told
from watcher.store.rows import Remembered, RunSummary
from watcher.store.sources import Sources
from watcher.store.verdicts import Verdicts

__all__ = ["Edition", "Remembered", "RunSummary", "Store", "Told", "Word", "copy_of", "exclusive"]


class Store(Post, ByHand, Pages, Sources, Verdicts):
    """The open database. Use it as a context manager; every write belongs in `transaction()`."""
