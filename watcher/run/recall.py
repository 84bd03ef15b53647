"""The memory of what was told lately, read from the database, and the stories of it looked at again."""

from collections.abc import Collection, Iterable
from datetime import datetime

from watcher.identity import Identified
from watcher.store import Remembered, Store
from watcher.stories import WINDOW, Memory, Telling, regroup, telling_of, ties_of
from watcher.stories import retold as as_written


def remember(store: Store, now: datetime) -> Memory:
    """The memory of the articles that a new one may tell the same story as; asked for inside a transaction."""
    memory = Memory()
    _take(store.told(now - WINDOW), store, memory)
    return memory


def recall(numbers: Collection[int], store: Store, memory: Memory) -> None:
    """Remember older articles as well; asked for inside a transaction."""
    if forgotten := [number for number in numbers if number not in memory.tellings]:
        _take(store.told_by(forgotten), store, memory)


def bind(number: int, store: Store, memory: Memory) -> None:
    """Remember what a known article names by now, and the articles that this binds it to; inside a transaction."""
    (known,) = store.get([number])
    identified = Identified(article=known.article, aliases=known.aliases, cites=known.cites)
    recall([number, *store.bound(identified)], store, memory)
    keys = memory.tellings[number].keys
    memory.retell(number, as_written(keys, known.aliases, known.cites, memory.tellings[number].day))


def _take(told: Collection[tuple[int, int, Telling | None]], store: Store, memory: Memory) -> None:
    again = {known.id: retold(known) for known in store.get([number for number, _, telling in told if not telling])}
    store.keep_tellings(again.items())
    for number, story, telling in told:
        memory.add(number, telling or again[number], story)


def retold(known: Remembered) -> Telling:
    """What a stored article tells."""
    identified = Identified(article=known.article, aliases=known.aliases, cites=known.cites)
    return telling_of(identified, seen=known.first_seen)


def look_again(touched: Iterable[int], store: Store, memory: Memory) -> tuple[int, ...]:
    """Make the stories around some articles anew, with what a person said of them; returns those that moved.

    Asked for inside a transaction.
    """
    words = store.words()
    apart, together = ([word.pair for word in words if word.apart is side] for side in (True, False))
    found = regroup(memory, [n for n in touched if n in memory.tellings], apart=apart, together=together)
    moved = tuple(number for number, story in found.items() if memory.story[number] != story)
    memory.move(found)
    if moved:
        store.move_to_stories((n, found[n], ties_of(memory, n)) for n in moved)
    return moved
