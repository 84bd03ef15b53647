"""What a feed said the last time is left out before it is read; nothing that is stored may tell the difference."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from html import escape
from pathlib import Path

import pytest
from servers import Server, reply

from watcher.fetch import Manners
from watcher.run import SourceReport, poll
from watcher.sources import Source, SourceState
from watcher.store import Remembered, Store

NOW = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)
DAY = timedelta(days=1)
LOCAL = Manners(allow_hosts=("127.0.0.0/8",), deadline=5.0)
SUBJECTS = "ferroptose ostéosarcome lysosome méthotrexate glioblastome macrophage mitochondrie télomère".split()


@dataclass(slots=True)
class Item:
    """One item of a feed that changes from day to day."""

    guid: str
    path: str
    title: str
    summary: str
    published: datetime | None
    doi: str = ""
    entity: str = ""  # one that XML does not know

    def xml(self, advertisement: str) -> str:
        parts = [
            f"<guid isPermaLink='false'>{self.guid}</guid>" if self.guid else "",
            f"<link>https://presse.example/{self.path}</link>" if self.path else "",
            f"<title>{escape(self.title)}{self.entity}</title>",
            f"<description><![CDATA[<p>{self.summary}</p>{advertisement}]]></description>",
            f"<pubDate>{format_datetime(self.published)}</pubDate>" if self.published else "",
            f"<prism:doi>{self.doi}</prism:doi>" if self.doi else "",
        ]
        return f"<item>{''.join(parts)}</item>\n"


@dataclass(slots=True)
class Press:
    """A feed as a careless publisher keeps it: sooner or later everything goes wrong."""

    dice: random.Random
    items: list[Item] = field(default_factory=list)
    advertisement: str = ""
    made: int = 0

    def write(self, now: datetime) -> Item:
        self.made += 1
        n, subject = self.made, self.dice.choice(SUBJECTS)
        item = Item(
            guid=f"g{n}",
            path=f"communique/{n}",
            title=f"Nouvelle étude sur le sujet {subject} numéro {n}",
            summary=f"Une équipe de Lyon décrit {subject} dans la cellule tumorale n° {n}.",
            published=now - timedelta(hours=self.dice.randrange(40)),
        )
        self.items.insert(0, item)
        return item

    def nothing(self, now: datetime) -> None: ...

    def edit(self, now: datetime) -> None:
        item = self.dice.choice(self.items)
        item.title += " (corrigé)"

    def lengthen(self, now: datetime) -> None:
        self.dice.choice(self.items).summary += f" Ajouté le {now:%d/%m}."

    def drop(self, now: datetime) -> None:
        self.items.remove(self.dice.choice(self.items))

    def name_again(self, now: datetime) -> None:
        """The same page under a new guid."""
        self.made += 1
        self.dice.choice(self.items).guid = f"g{self.made}"

    def share_a_guid(self, now: datetime) -> None:
        old = self.dice.choice(self.items)
        self.write(now).guid = old.guid

    def share_an_address(self, now: datetime) -> None:
        old = self.dice.choice(self.items)
        self.write(now).path = old.path

    def two_of_one_guid(self, now: datetime) -> None:
        one, other = self.write(now), self.write(now)
        one.guid, one.path, other.path = other.guid, "", ""

    def repeat(self, now: datetime) -> None:
        self.items.append(replace(self.dice.choice(self.items)))

    def repeat_otherwise(self, now: datetime) -> None:
        old = self.dice.choice(self.items)
        self.items.insert(0, replace(old, title=f"{old.title} : la suite"))

    def cite(self, now: datetime) -> None:
        """Two items of one paper, and a third of another one under the guid of an old item."""
        doi = f"10.1234/presse.{self.made}"
        self.write(now).doi = doi
        self.write(now).doi = doi

    def other_paper(self, now: datetime) -> None:
        old = self.dice.choice(self.items)
        old.doi = old.doi or f"10.1234/vieux.{self.made}"
        new = self.write(now)
        new.guid, new.doi = old.guid, f"10.1234/neuf.{self.made}"

    def misspell(self, now: datetime) -> None:
        self.write(now).entity = "&nbsp;!"

    def nameless(self, now: datetime) -> None:
        item = self.write(now)
        item.guid = item.path = ""

    def foresee(self, now: datetime) -> None:
        self.write(now).published = now + timedelta(days=self.dice.choice((1, 3, 5, 400)))

    def advertise(self, now: datetime) -> None:
        self.advertisement = f"<p>Abonnez-vous avant le {now:%d/%m} !</p>"

    def shuffle(self, now: datetime) -> None:
        self.dice.shuffle(self.items)

    def document(self) -> bytes:
        body = "".join(item.xml(self.advertisement) for item in self.items)
        head = "<rss version='2.0' xmlns:prism='http://prismstandard.org/namespaces/basic/2.0/'><channel>"
        return f"<?xml version='1.0' encoding='utf-8'?>{head}<title>Presse</title>{body}</channel></rss>".encode()

    def day(self, now: datetime) -> bytes:
        """What the feed says now."""
        for _ in range(self.dice.choice((0, 0, 1, 2))):
            self.write(now)
        chances: dict[Callable[[datetime], None], int] = {
            self.nothing: 350, self.edit: 6, self.lengthen: 4, self.drop: 4, self.name_again: 3, self.share_a_guid: 2,
            self.share_an_address: 2, self.two_of_one_guid: 2, self.repeat: 1, self.repeat_otherwise: 2, self.cite: 2,
            self.other_paper: 2, self.nameless: 3, self.foresee: 2, self.advertise: 1, self.shuffle: 2,
            self.misspell: 2,
        }  # fmt: skip
        for happens in self.dice.choices(list(chances), list(chances.values()), k=2):
            happens(now)
        del self.items[18:]
        document = self.document()
        if self.dice.random() < 0.04:  # the line broke
            document = document[: self.dice.randrange(len(document) // 2, len(document))]
        return document


def take(store: Store, source: Source, now: datetime) -> SourceReport:
    (report,) = poll((source,), (), store, LOCAL, clock=lambda: now, everyone=True).sources
    return report


def forget_marks(store: Store) -> None:
    with store.transaction():
        for state in store.states().values():
            store.keep_state(replace(state, marks=b""))


def kept(store: Store) -> tuple[tuple[Remembered, ...], list[tuple[object, ...]], SourceState]:
    """All that is stored of a source, without what is there to save work."""
    everything = tuple(store.all())
    state = store.state("presse")
    without = replace(state, marks=b"", full=None, etag="", modified="")
    return everything, [store.ties(one.id) for one in everything], without


@pytest.fixture
def twin(tmp_path: Path) -> Iterator[Store]:
    """A database whose runs read everything whole."""
    with Store(tmp_path / "twin.db") as store:
        yield store


@pytest.mark.parametrize("seed", range(4))
def test_a_feed_read_in_part_leaves_what_it_would_leave_read_whole(
    server: Server, store: Store, twin: Store, seed: int
) -> None:
    press = Press(random.Random(seed))
    source = Source(id="presse", url=f"{server.url}/feed")
    in_part = 0
    for _ in range(8):
        press.write(NOW - 3 * DAY)
    for turn in range(70):
        now = NOW + turn * DAY / 3
        server.routes["/feed"] = reply(body=press.day(now))
        before = press.items[:]
        take(store, source, now)
        forget_marks(twin)
        take(twin, source, now)
        assert kept(store) == kept(twin), (turn, before)
        state = store.state("presse")
        in_part += state.trouble is None and state.full != now
    assert in_part > 5


# ---- one by one


@pytest.fixture
def press() -> Press:
    press = Press(random.Random(0))
    for _ in range(12):
        press.write(NOW)
    return press


@pytest.fixture
def source(server: Server) -> Source:
    return Source(id="presse", url=f"{server.url}/feed")


def visit(server: Server, store: Store, source: Source, press: Press, *, days: int = 0) -> SourceReport:
    server.routes["/feed"] = reply(body=press.document())
    return take(store, source, NOW + days * DAY)


def test_what_is_new_is_read_and_the_rest_is_counted(
    server: Server, store: Store, source: Source, press: Press
) -> None:
    visit(server, store, source, press)
    press.write(NOW)
    report = visit(server, store, source, press, days=1)
    assert (report.new, report.known, report.changed) == (1, 12, 0)
    state = store.state("presse")
    assert (state.full, state.ok, len(state.marks)) == (NOW, NOW + DAY, 13 * 8)  # it was not read whole


def test_an_edit_of_an_old_item_is_noticed(server: Server, store: Store, source: Source, press: Press) -> None:
    visit(server, store, source, press)
    press.items[7].title = "Un tout autre titre pour cette étude"
    press.write(NOW)
    report = visit(server, store, source, press, days=1)
    assert (report.new, report.known, report.changed) == (1, 12, 1)
    assert store.search("tout autre titre", 5)[0].changed == NOW + DAY
    assert store.state("presse").full == NOW + DAY


def test_an_item_that_takes_the_guid_of_one_that_was_left_out_is_not_lost(
    server: Server, store: Store, source: Source, press: Press
) -> None:
    visit(server, store, source, press)
    press.write(NOW).guid = press.items[5].guid
    assert visit(server, store, source, press, days=1).new == 1
    assert not store.state("presse").marks  # such a feed is read whole


def test_two_new_items_of_one_guid_stay_two_when_they_are_edited(
    server: Server, store: Store, source: Source, press: Press
) -> None:
    visit(server, store, source, press)
    press.two_of_one_guid(NOW)
    assert visit(server, store, source, press, days=1).new == 2
    press.items[0].title = "Une phrase que personne encore n’avait lue"
    press.items[1].title = "Des mots dont aucun ne se retrouve ailleurs"
    assert visit(server, store, source, press, days=2).new == 2
    assert not store.known([("guid", f"{press.items[0].guid}@presse")])


def test_of_two_items_that_are_one_article_the_first_gives_its_words(
    server: Server, store: Store, source: Source, press: Press
) -> None:
    press.items[3].doi = press.items[9].doi = "10.1234/presse.1"
    visit(server, store, source, press)
    (one,) = store.search(press.items[3].title, 5)
    for day in (1, 2):
        assert visit(server, store, source, press, days=day).changed == 0
    assert store.get([one.id])[0] == one


def test_once_a_week_all_of_it_is_read(server: Server, store: Store, source: Source, press: Press) -> None:
    visit(server, store, source, press)
    for day in range(1, 9):
        press.write(NOW + day * DAY)
        visit(server, store, source, press, days=day)
    assert store.state("presse").full == NOW + 7 * DAY


def test_what_is_no_feed_any_more_is_read_whole(server: Server, store: Store, source: Source, press: Press) -> None:
    visit(server, store, source, press)
    assert store.state("presse").marks
    server.routes["/robots.txt"] = reply(404)
    visit(server, store, replace(source, kind="page", select=(("item", "item"), ("title", "title"))), press, days=1)
    state = store.state("presse")
    assert (state.trouble, state.full, state.marks) == (None, NOW + DAY, b"")
