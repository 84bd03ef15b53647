"""A sample world to try watcher on: invented outlets, in every shape the wild has, on three days."""

from watcher.demo.content import Item
from watcher.demo.world import World, open_world

__all__ = ["Item", "World", "open_world"]
