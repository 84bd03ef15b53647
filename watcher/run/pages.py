"""Articles' own pages: asked for after the sources, a few in each run, and judged at once."""

from collections.abc import Callable
from contextlib import closing
from datetime import datetime

from watcher.errors import WatcherError
from watcher.fetch import Fetched, Manners, Outcome, fetch_all
from watcher.fetch.reservations import place_of, reservations_in, reserves
from watcher.fetch.robots import Rules
from watcher.journal import tell
from watcher.ownpages import FRESH, OwnPage, Wanted, answered, choose, failed
from watcher.parse.fulltext import reserved_in, text_of
from watcher.profiles import Profile
from watcher.relevance import judge
from watcher.run.documents import fault
from watcher.sources import Source, SourceState, Trouble
from watcher.store import Store


def read_pages(
    sources: tuple[Source, ...],
    profiles: tuple[Profile, ...],
    store: Store,
    manners: Manners,
    clock: Callable[[], datetime],
) -> tuple[OwnPage, ...]:
    """Ask for the pages of recent articles whose sources say so (`full_text`), and judge those articles by them.

    The stored scores of `profiles` must be those of their present state. One transaction for each page; robots.txt is
    asked for once for each site. Returns what came of each page.
    """
    now = clock()
    asking = tuple(source for source in sources if source.full_text)
    if not asking:
        return ()
    chosen = choose(store.pages_wanted([source.id for source in asking], now - FRESH, now), asking)
    wanted = {(source.id, source.url): one for source, one in chosen}
    questions = [(source, SourceState(source=source.id)) for source, _ in chosen]
    reader = _Reader(profiles, store)
    pages = []
    with closing(fetch_all(questions, manners, reader.follow, _always, rested=False)) as outcomes:
        for source, outcome in outcomes:
            page = reader.take(wanted[source.id, source.url], outcome, clock())
            tell("page", article=page.article, source=source.id, outcome=page.outcome, status=page.status)
            pages.append(page)
    return tuple(pages)


def _always(source: Source) -> bool:  # noqa: ARG001 - the signature of a Crawls
    return True


class _Reader:
    """Takes pages one by one; knows what the sites of this run reserve."""

    def __init__(self, profiles: tuple[Profile, ...], store: Store) -> None:
        self.profiles, self.store = profiles, store
        self._reservations: dict[tuple[str, str], Rules] = {}  # by the site that was asked and the one that answered
        self._awaited: dict[
            str, tuple[str, str]
        ] = {}  # whose reservations are on their way, by the page that led there

    def follow(self, source: Source, page: Fetched) -> str:
        """A page that does not say what is reserved is followed by its site's file that does, once for each site.

        Called between the requests to one host, from one thread at a time.
        """
        if page.number > 1:
            self._reservations[self._awaited[source.url]] = reservations_in(page.content)
            return ""
        site = place_of(source.url), place_of(page.url)
        if site in self._reservations or page.reserved is not None or reserved_in(page.content) is not None:
            return ""
        self._awaited[source.url], self._reservations[site] = site, ()
        return site[1]

    def take(self, wanted: Wanted, outcome: Outcome, now: datetime) -> OwnPage:
        """Record what came of one page; a fault in one of them is that page's trouble and no other's."""
        try:
            return self._record(self._read(wanted, outcome, now))
        except WatcherError:
            raise
        except Exception as error:
            return self._record(failed(wanted, fault(error), now))

    def _read(self, wanted: Wanted, outcome: Outcome, now: datetime) -> OwnPage:
        """What a page says, read before the write lock is taken: it may last."""
        if not isinstance(outcome, Fetched):
            return failed(wanted, outcome if isinstance(outcome, Trouble) else Trouble(kind="broken"), now)
        reserved = self._reserved(wanted, outcome)
        text = "" if reserved else text_of(outcome.content, outcome.url)
        return answered(wanted, text, self.store.get([wanted.article])[0].article, now, reserved=reserved)

    def _reserved(self, wanted: Wanted, page: Fetched) -> bool:
        """Whether a page may not be mined; its own word comes before its server's, and that before its site's."""
        said = reserved_in(page.content)
        said = page.reserved if said is None else said
        if said is not None:
            return said
        return reserves(self._reservations.get((place_of(wanted.url), place_of(page.url)), ()), page.url)

    def _record(self, page: OwnPage) -> OwnPage:
        with self.store.transaction():
            self.store.keep_page(page)
            if page.text:
                known = self.store.get([page.article])[0]
                self.store.keep_scores((known.id, score) for score in judge(known.reading, self.profiles))
        return page
