"""Runs that die at any point: every digest arrives, as it was frozen, and comes twice only where nobody can know."""

import os
import signal
import time
from collections import Counter
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from random import Random

from killed import POINTS, Runs, Striker, hasty
from lists import FIT, HOUR, WEEK, Post

from watcher.outbox import MailSettings

ROUNDS = 200
ANY = "any time"  # a point of its own: the test itself strikes, whatever the run is doing


def test_killed_two_hundred_times(tmp_path: Path) -> None:
    lots = Random(7)
    file = tmp_path / "watcher.db"
    struck: dict[str, str] = {}  # the day of a digest -> where its run was killed
    with Striker(lots) as server, Runs(file, server.port) as runs, hasty(file) as store:
        post = Post(store=store, mail=MailSettings(sender="veille@chu.example"))
        post.send()
        for _ in range(ROUNDS):
            post.now += WEEK
            post.add(FIT)
            point = lots.choice((*POINTS, ANY))
            server.point = point
            victim = runs.start(post.now)
            if point == ANY:
                time.sleep(lots.random() * 0.04)
                with suppress(ProcessLookupError):
                    os.kill(victim, signal.SIGKILL)
            else:
                server.victim.put(victim)
            assert runs.ended() in ((0, 9) if point in ("answer", "QUIT", ANY) else (9,)), point
            server.point = ""
            assert runs.start(post.now + HOUR)
            assert runs.ended() == 0
            struck[f"{post.now:%Y%m%d}"] = point
        runs.start(post.now + timedelta(days=3))
        assert runs.ended() == 0
        letters = [store.letter(letter.id) for letter in store.letters()]
    taken = Counter(server.taken)
    assert len(letters) == len(taken) == ROUNDS
    twice: Counter[str] = Counter()
    for letter in letters:
        assert letter is not None
        assert letter.state == "sent", letter
        assert [mail for mail in taken if f"Message-ID: {letter.message_id}".encode() in mail] == [letter.content]
        where = struck[letter.message_id[1:9]]
        assert taken[letter.content] <= (2 if where in ("dot", "answer", ANY) else 1), where
        twice[where] += taken[letter.content] == 2
    assert twice["dot"] > 0
