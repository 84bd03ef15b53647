"""A second process that studies documents: nothing is different with it, and nothing is lost when it dies."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from servers import Asked, Server, reply

from watcher.articles import Article
from watcher.cli.choices import Choices, now
from watcher.fetch import Manners
from watcher.run import poll
from watcher.store import Store

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or len(os.sched_getaffinity(0)) < 2,
    reason="there is a second process on Linux, with two cores",
)

SOURCES = 25
SEED = """# La ferroptose des cellules tumorales

La ferroptose détruit les cellules tumorales persistantes quand le fer des lysosomes oxyde leurs membranes lipidiques.
"""


def rss(source: int) -> bytes:
    shared = "La ferroptose des cellules tumorales persistantes passe par le fer des lysosomes"
    items = "".join(
        f"<item><guid isPermaLink='false'>a{n}</guid><link>https://presse{source}.example/{n}</link><title>{title}</title>"
        f"<description>Le fer des lysosomes, vu par le laboratoire {source}.</description></item>"
        for n, title in enumerate((shared, f"Autre nouvelle {source} du service de presse"))
    )
    return f"<?xml version='1.0'?><rss version='2.0'><channel><title>Presse</title>{items}</channel></rss>".encode()


class Desk:
    """A folder with settings that name many sources."""

    def __init__(self, folder: Path, server: Server) -> None:
        self.folder = folder
        (folder / "seeds" / "ferro").mkdir(parents=True)
        (folder / "seeds" / "ferro" / "seed.md").write_text(SEED, encoding="utf-8")
        lines = [f'  - {{id: s{n}, url: "{server.url}/{n}"}}' for n in range(SOURCES)]
        text = "\n".join(["allow_hosts: [127.0.0.0/8]", "database: watcher.db", "sources:", *lines, ""])
        (folder / "feeds.yaml").write_text(text, encoding="utf-8")
        server.routes |= {f"/{n}": reply(body=rss(n)) for n in range(SOURCES)}

    def start(self) -> subprocess.Popen[str]:
        kept = {name: value for name, value in os.environ.items() if not name.upper().endswith("_PROXY")}
        return subprocess.Popen(
            [sys.executable, "-m", "watcher", "poll"],
            cwd=self.folder,
            env=kept | {"WATCHER_LANG": "fr", "HOME": str(self.folder)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )


@pytest.fixture
def desk(tmp_path: Path, server: Server) -> Desk:
    return Desk(tmp_path, server)


def stored(database: Path) -> dict[Article, tuple[object, ...]]:
    """What a run left in a database, without its moment and the order in which sources happened to answer."""
    with Store(database, create=False) as store:
        return {
            known.article: (
                known.aliases,
                known.sources,
                known.scores,
                frozenset(member.article for member in store.story(known.story)),
            )
            for known in store.all()
        }


def wait(condition: Callable[[], object]) -> None:
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.005)


def children(process: int) -> list[int]:
    """Who was started by a process and has not ended."""
    return [
        int(child) for child in Path(f"/proc/{process}/task/{process}/children").read_text(encoding="ascii").split()
    ]


def ended(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


@contextmanager
def halfway(desk: Desk, server: Server) -> Iterator[tuple[subprocess.Popen[str], int, Callable[[], None]]]:
    """A run in the middle of its sources: the run, its second process, and what makes it go on."""
    waiting = True

    def slow(asked: Asked) -> bytes:
        while waiting and not asked.stopped.wait(0.01):
            pass
        return reply(body=rss(12))

    def go_on() -> None:
        nonlocal waiting
        waiting = False

    server.routes["/12"] = slow
    with desk.start() as process:
        try:
            wait(lambda: any(asked.path == "/12" for asked in server.asked))
            (second,) = children(process.pid)
            yield process, second, go_on
        finally:
            go_on()
            process.kill()


def test_a_run_with_a_second_process_stores_what_a_run_without_it_does(desk: Desk, server: Server) -> None:
    with halfway(desk, server) as (process, second, go_on):
        go_on()
        _, err = process.communicate(timeout=30)
    assert process.returncode == 0, err
    assert ended(second)
    chosen = Choices(config=desk.folder / "feeds.yaml", database=None, verbose=False)
    manners = Manners(allow_hosts=chosen.settings.allow_hosts)
    with Store(desk.folder / "here.db") as store:
        # Tests run beside the threads of their server, where no second process is made.
        poll(chosen.settings.sources, chosen.profiles, store, manners, clock=now)
    there = stored(desk.folder / "watcher.db")
    assert there == stored(desk.folder / "here.db")
    assert len(there) == 2 * SOURCES
    assert any(scores for _, _, scores, _ in there.values())
    assert len({story for *_, story in there.values()}) < SOURCES + 2


def test_when_the_second_process_is_gone_the_first_one_does_its_work(desk: Desk, server: Server) -> None:
    with halfway(desk, server) as (process, second, go_on):
        os.kill(second, signal.SIGKILL)
        wait(lambda: ended(second))
        go_on()
        out, err = process.communicate(timeout=30)
    assert (process.returncode, out) == (0, ""), err
    lost = err.count("! s")  # it may have had a document in its hands
    assert lost <= 1
    assert len(stored(desk.folder / "watcher.db")) == 2 * (SOURCES - lost)


def test_a_run_that_is_killed_leaves_no_second_process_behind(desk: Desk, server: Server) -> None:
    with halfway(desk, server) as (process, second, _):
        process.kill()
        process.wait()
        wait(lambda: ended(second))


def test_control_c_reaches_both_and_nobody_complains(desk: Desk, server: Server) -> None:
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # or those started in the background ignore it
    try:
        with halfway(desk, server) as (process, second, _):
            for one in (second, process.pid):
                os.kill(one, signal.SIGINT)
            out, err = process.communicate(timeout=20)
    finally:
        signal.signal(signal.SIGINT, before)
    assert (process.returncode, out) == (130, "")
    assert [line[:6] for line in err.split("\n") if line] == ["arrêté"]  # what is stored, and no complaint
    assert ended(second)


# One process of its own, because a process with threads, as this one may be, must not be copied.
DEADLY = """
import json, os, signal, sys, time
from datetime import UTC, datetime
from watcher.articles import Parsed
from watcher.fetch import Fetched
from watcher.run.apart import Helper
from watcher.run.documents import Reading
from watcher.sources import Source, Trouble

first = os.getpid()
source = Source(id="s", url="https://s.example/")


def work(source, fetched, now, marks):
    if fetched.content == b"die":
        os.kill(os.getpid(), signal.SIGKILL)
    if fetched.content == b"end":
        sys.exit(3)
    return Reading(parsed=Parsed(articles=()), digest="here" if os.getpid() == first else "there")


said = []
helper = Helper(work)
for content in sys.argv[1:]:
    fetched = Fetched(source=source, url=source.url, status=200, content=content.encode())
    read = helper.study(source, fetched, datetime.now(UTC), b"")
    said.append(read.parsed.kind if isinstance(read.parsed, Trouble) else read.digest)
helper.close()
print(json.dumps(said))
"""


@pytest.mark.parametrize("deadly", ["die", "end"])
def test_a_document_that_kills_its_reader_is_trouble_and_the_next_ones_are_read_here(deadly: str) -> None:
    contents = ["a", "b", deadly, *"cdef"]
    done = subprocess.run(
        [sys.executable, "-c", DEADLY, *contents], capture_output=True, encoding="utf-8", timeout=30, check=True
    )
    assert json.loads(done.stdout) == ["there", "there", "broken", "here", "here", "here", "here"]
    assert done.stderr == ""
