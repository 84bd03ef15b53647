"""Two years of a watcher, hour by hour: one digest a week, every article once, whatever the machine goes through."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest
from lists import FIT, HEBDO, PARIS, Post

from watcher.outbox import MailSettings
from watcher.periods import WEEKDAYS, latest
from watcher.store import Store

START = datetime(2026, 1, 5, 0, 30, tzinfo=UTC)
HOURS = [START + timedelta(hours=hour) for hour in range(2 * 366 * 24)]  # four changes of the clock, and 2026-W53
END = HOURS[-1] + timedelta(weeks=3)


def machine(lots: Random) -> Iterator[datetime]:
    """What a computer's clock says, hour by hour: it is off for days, goes wrong, and is put right."""
    off, error = 0, timedelta()
    for right in HOURS:
        if off:
            off -= 1
        elif lots.random() < 1 / 400:
            off = lots.choice((3, 20, 70, 9 * 24, 24 * 24))
        else:
            if lots.random() < 1 / 200:
                error = timedelta(hours=lots.choice((0, 0, 0, -2, -1, 1, 3, -30, 26)))
            yield right + error


def lived(folder: Path, hours: Iterator[datetime], lots: Random, day: str) -> tuple[Counter[int], set[int], list[str]]:
    """How often each article was told, which ones were to be told, and the periods of the editions."""
    with Store(folder / "watcher.db") as store:
        store._connection.execute("PRAGMA synchronous = OFF")
        post = Post(store=store, mail=MailSettings(sender="veille@chu.example", maildir=folder / "box"))
        post.lists = (replace(HEBDO, day=day, most=3),)
        wanted = set[int]()
        post.now = START
        post.send()
        for post.now in hours:
            if lots.random() < 1 / 90:
                wanted.update(post.add(FIT))
            post.send()
        post.change(most=200)
        post.now = END
        post.send()
        letters = store.letters()
        editions = [edition.period for edition in store.editions("hebdo")]
    assert {letter.state for letter in letters} == {"sent"}
    assert len(list((folder / "box" / "new").iterdir())) == len(letters) == len(post.told())
    return Counter(number for _, numbers in post.told() for number in numbers), wanted, editions


@pytest.mark.parametrize("day", ["monday", "sunday"])
def test_two_years_without_a_cloud(tmp_path: Path, day: str) -> None:
    told, wanted, editions = lived(tmp_path, iter(HOURS), Random(day), day)
    weeks = dict.fromkeys(latest("week", day, PARIS, hour).name for hour in HOURS)
    assert editions == [*list(weeks)[1:], latest("week", day, PARIS, END).name]
    assert "2026-W53" in editions
    assert told == dict.fromkeys(wanted, 1)


@pytest.mark.parametrize("seed", range(3))
def test_two_years_of_outages_and_clocks_that_jump(tmp_path: Path, seed: int) -> None:
    lots = Random(seed)
    day = WEEKDAYS[2 * seed]
    hours = list(machine(lots))
    told, wanted, editions = lived(tmp_path, iter(hours), lots, day)
    weeks = {latest("week", day, PARIS, hour).name for hour in hours if hour > START} - {
        latest("week", day, PARIS, START).name
    }
    assert told == dict.fromkeys(wanted, 1)
    assert len(editions) == len(set(editions))
    assert len(weeks) > 75
    assert set(editions[:-1]) <= weeks
    missing = weeks - set(editions)
    assert len(missing) <= 2, missing
