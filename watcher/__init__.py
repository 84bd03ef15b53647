"""A literature watcher for French biomedical research."""

__version__ = "0.1.0"
