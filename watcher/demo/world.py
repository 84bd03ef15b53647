"""Three days of a small world: what its outlets publish, served from this machine."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from watcher.demo.content import Item, Outlet, read_content
from watcher.demo.server import serve
from watcher.demo.shapes import Document, write
from watcher.sources import Source

DAYS = (1, 2, 3)
LAST_NEWS = 2  # nothing is published on day 3, so that every conditional request gets a 304


class World:
    """The sample world on one of its three days; `open_world` makes one."""

    def __init__(self, day_one: datetime) -> None:
        self.address = ""
        self._day = 1
        # To the second, because Last-Modified knows nothing smaller.
        self._day_one = day_one.astimezone(UTC).replace(microsecond=0)
        self._outlets, self.items = read_content(self._day_one)
        self._editions = {day: self._edition(day) for day in range(1, LAST_NEWS + 1)}

    @property
    def sources(self) -> tuple[Source, ...]:
        """The outlets as sources to ask, at the address where they are served."""
        return tuple(
            Source(id=one.id, name=one.name, language=one.language, url=self.address + one.path)
            for one in self._outlets
        )

    def now(self, day: int) -> datetime:
        """The moment of a day at which the world is looked at."""
        return self._day_one + timedelta(days=_known(day) - 1)

    def set_day(self, day: int) -> None:
        """Turn the calendar to a day, 1 to 3; the addresses stay the same."""
        self._day = _known(day)

    def find(self, path: str) -> Document | None:
        """What is served today at a path of the address."""
        return self._editions[min(self._day, LAST_NEWS)].get(path)

    def _edition(self, day: int) -> dict[str, Document]:
        moment = self.now(day)
        return {outlet.path: write(outlet, _listed(self.items, outlet, day), moment) for outlet in self._outlets}


@contextmanager
def open_world(day_one: datetime) -> Iterator[World]:
    """Serve the sample world on a free port of 127.0.0.1; its bytes depend on `day_one` (aware) and the day alone."""
    world = World(day_one)
    with serve(world.find) as world.address:
        yield world


def _listed(items: tuple[Item, ...], outlet: Outlet, day: int) -> tuple[Item, ...]:
    """An outlet's items on a day, newest first, undated ones last."""
    never = datetime.min.replace(tzinfo=UTC)
    served = [item.on(day) for item in items if item.source == outlet.id and item.day <= day]
    return tuple(sorted(served, key=lambda item: item.published or never, reverse=True))


def _known(day: int) -> int:
    if day not in DAYS:
        raise ValueError(day)
    return day
