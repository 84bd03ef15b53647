"""Harvesting a literature service that a scripted server imitates, for tests."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode

from watcher.articles import Article, Parsed
from watcher.fetch import Manners
from watcher.parse import KINDS, parse
from watcher.run import SourceReport, poll
from watcher.sources import Source, Trouble, Window
from watcher.store import Store

NOW = datetime(2026, 11, 22, 7, 30, tzinfo=UTC)
LATER = NOW + timedelta(days=1)
WINDOW = Window(since=datetime(2026, 11, 19, 7, 30, tzinfo=UTC), until=NOW, contact="vous@labo.example")
LOCAL = Manners(allow_hosts=("127.0.0.0/8",), deadline=5.0)


def at(path: str, parameters: Mapping[str, object]) -> str:
    """A path with a query string."""
    return f"{path}?{urlencode(list(parameters.items()))}"


def asked(source: Source, window: Window = WINDOW) -> str:
    """The address of the first page."""
    return KINDS[source.kind].address(source, window)


def following(source: Source, document: bytes, address: str) -> str:
    """The address of the page after this one."""
    return KINDS[source.kind].more(document, address=address, source=source)


def read(source: Source, document: bytes, address: str = "", content_type: str = "application/json") -> Parsed:
    parsed = parse(document, source, address=address or asked(source), content_type=content_type)
    assert isinstance(parsed, Parsed), parsed
    return parsed


def refused(source: Source, document: bytes, address: str = "", content_type: str = "application/json") -> Trouble:
    trouble = parse(document, source, address=address or asked(source), content_type=content_type)
    assert isinstance(trouble, Trouble), trouble
    return trouble


def only(parsed: Parsed) -> Article:
    (article,) = parsed.articles
    return article


class Harvest:
    """A database that harvests one source time after time."""

    def __init__(self, folder: Path, source: Source) -> None:
        self.source = source
        self.file = folder / "watcher.db"

    def take(self, now: datetime) -> SourceReport:
        """Ask the source now, and say what it brought."""
        with Store(self.file) as store:
            (report,) = poll((self.source,), (), store, LOCAL, clock=lambda: now, everyone=True).sources
        return report

    def titles(self) -> list[str]:
        """What the database holds."""
        with Store(self.file) as store:
            return sorted(known.article.title for known in store.all())
