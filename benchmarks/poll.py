"""How long a poll takes, and how much memory, beside lemon24/reader in the same run.

    python benchmarks/poll.py [--feeds 200] [--items 30] [--rounds 3] [--latency 0] [--peers newsboat sfeed]

Serves generated feeds on the loopback (feedserver.py), and polls them three times with each program: the first time,
with nothing new, with one new item in each feed. Ours scores every article by the five sample profiles, groups the
stories and stores all; reader stores all and updates with ten workers. They take turns, so that whatever else the
machine is doing slows both, and every round begins with new databases. `--latency` is how many milliseconds a server
thinks before it answers; `--peers` lets newsboat (`reload-threads 8`) and sfeed (`maxjobs 8`) take part where they are
installed. Prints medians and ratios; exits with 1 when a goal is missed, and with a message when a program did not
store every article.
"""

import argparse
import os
import resource
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from feedserver import host
from startup import OURS, peer

SEEDS = Path(__file__).parent.parent / "seeds"
STEPS = ("first poll", "nothing new", "one new item each")
GOALS = {"first poll": 0.35, "nothing new": 1.0, "one new item each": 0.35}  # ours / reader's, wall time
MANY = 1_000  # feeds, from which the first poll has a goal of its own, and must be shorter than that of every peer
FIRST_OF_MANY = 0.25
MEMORY = 150  # MB, ours at its largest


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What one command took."""

    wall: float  # seconds
    cpu: float  # seconds of all its threads
    memory: float  # MB at its largest


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """One way to poll: its command, where it keeps articles, and how many it has."""

    name: str
    command: tuple[str, ...]
    database: Path
    stored: Callable[[], int]


def cost(command: tuple[str, ...]) -> Cost:
    """Run a command that must succeed."""
    start = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        assert process.stderr is not None
        said = process.stderr.read()
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    wall = time.perf_counter() - start
    if process.returncode:
        sys.exit(f"{command[0]} failed:\n{said.decode(errors='replace')[-2000:]}")
    return Cost(wall=wall, cpu=used.ru_utime + used.ru_stime, memory=used.ru_maxrss / 1024)


@contextmanager
def feeds(count: int, items: int, latency: float = 0) -> Iterator[tuple[str, ...]]:
    """Serve that many feeds; their addresses."""
    command = [sys.executable, str(Path(__file__).with_name("feedserver.py"))]
    with subprocess.Popen(
        [*command, "--feeds", str(count), "--items", str(items), "--latency", str(latency)],
        stdout=subprocess.PIPE,
        text=True,
    ) as server:
        assert server.stdout is not None
        port = int(server.stdout.readline())
        try:
            yield tuple(f"http://{host(feed)}:{port}/{feed}.xml" for feed in range(count))
        finally:
            server.terminate()


def watcher(folder: Path, addresses: tuple[str, ...]) -> Program:
    """Our own program with its settings: the sample profiles, every feed a source."""
    folder.mkdir()
    profiles = "".join(
        f"  - {{name: {p.name}, seeds: '{p}', threshold: 50}}\n" for p in sorted(SEEDS.iterdir()) if p.is_dir()
    )
    sources = "".join(f"  - {{id: f{i}, url: '{url}', kind: feed}}\n" for i, url in enumerate(addresses))
    settings = folder / "feeds.yaml"
    settings.write_text(
        "contact: bench@example.org\nlanguage: fr\ndatabase: watcher.db\nallow_hosts: [127.0.0.0/8]\n"
        f"sources:\n{sources}profiles:\n{profiles}",
        encoding="utf-8",
    )
    command = (str(OURS), "--config", str(settings), "poll", "--all")
    database = folder / "watcher.db"
    return Program(name="watcher", command=command, database=database, stored=partial(rows, database, "articles"))


def reader(folder: Path, addresses: tuple[str, ...]) -> Program:
    """The peer with the same feeds."""
    folder.mkdir()
    python, database = str(peer("reader", "reader[cli]", "sgmllib3k") / "python"), folder / "reader.db"
    add = (
        "import sys, reader\nr = reader.make_reader(sys.argv[1])\nfor url in sys.stdin.read().split(): r.add_feed(url)"
    )
    subprocess.run([python, "-c", add, str(database)], input="\n".join(addresses), text=True, check=True)
    command = (python, "-m", "reader", "--db", str(database), "update", "--no-scheduled", "--workers", "10")
    return Program(name="reader", command=command, database=database, stored=partial(rows, database, "entries"))


def newsboat(folder: Path, addresses: tuple[str, ...]) -> Program:
    """A reader for the terminal, without its screen."""
    folder.mkdir()
    settings, urls, database = folder / "config", folder / "urls", folder / "cache.db"
    settings.write_text("reload-threads 8\nmax-items 0\ndownload-timeout 30\n", encoding="utf-8")
    urls.write_text("\n".join(addresses), encoding="utf-8")
    command = ("newsboat", "-q", "-C", str(settings), "-c", str(database), "-u", str(urls), "-x", "reload")
    return Program(name="newsboat", command=command, database=database, stored=partial(rows, database, "rss_item"))


def sfeed(folder: Path, addresses: tuple[str, ...]) -> Program:
    """A few small programs in C, strung together by the shell; it keeps lines in files."""
    folder.mkdir()
    listed = "".join(f'\tfeed "f{i}" "{url}"\n' for i, url in enumerate(addresses))
    settings, kept = folder / "sfeedrc", folder / "feeds"
    settings.write_text(f'sfeedpath="{kept}"\nmaxjobs=8\nfeeds() {{\n{listed}}}\n', encoding="utf-8")
    return Program(name="sfeed", command=("sfeed_update", str(settings)), database=kept, stored=partial(lines, kept))


PEERS = {"newsboat": newsboat, "sfeed": sfeed}


def rows(database: Path, table: str) -> int:
    """How many articles a database has."""
    with closing(sqlite3.connect(database)) as connection:
        return int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


def lines(folder: Path) -> int:
    """How many articles there are in files that have one on each line."""
    return sum(file.read_bytes().count(b"\n") for file in folder.iterdir())


def one_round(
    addresses: tuple[str, ...], items: int, peers: tuple[str, ...], taken: dict[tuple[str, str], list[Cost]]
) -> None:
    """Let all programs poll three times from nothing, and note what that took."""
    folder = Path(tempfile.mkdtemp(prefix="poll-"))
    try:
        programs = [watcher(folder / "watcher", addresses), reader(folder / "reader", addresses)]
        programs += [PEERS[name](folder / name, addresses) for name in peers]
        for step in STEPS:
            if step == "one new item each":
                with urllib.request.urlopen(f"{addresses[0].rpartition('/')[0]}/next") as answer:
                    answer.read()
            for program in programs:
                taken[program.name, step].append(cost(program.command))
                expected = len(addresses) * (items + (step == "one new item each"))
                if (count := program.stored()) != expected:
                    sys.exit(f"{program.name} has {count} articles after “{step}”, not {expected}")
    finally:
        shutil.rmtree(folder)


def report(taken: dict[tuple[str, str], list[Cost]], feeds: int, peers: tuple[str, ...]) -> bool:
    """Print the table; True when every goal is reached."""
    reached = True
    wall = {named: statistics.median(c.wall for c in costs) for named, costs in taken.items()}
    cpu = {named: statistics.median(c.cpu for c in costs) for named, costs in taken.items()}
    names = ("watcher", "reader", *peers)
    print(f"{'':20s}{'ratio':>6s}  goal  {''.join(f'{name:>22s}' for name in names)}")
    for step in STEPS:
        many = step == STEPS[0] and feeds >= MANY
        ratio, goal = wall["watcher", step] / wall["reader", step], FIRST_OF_MANY if many else GOALS[step]
        told = (f"{wall[name, step]:7.2f} s{cpu[name, step]:7.2f} s CPU" for name in names)
        print(f"{step:20s}{ratio:6.2f}  {goal:<4.2f}{''.join(f'{one:>22s}' for one in told)}")
        reached = reached and ratio <= goal
        reached = reached and not (many and any(wall["watcher", step] >= wall[name, step] for name in peers))
    largest = {name: max(c.memory for step in STEPS for c in taken[name, step]) for name in names}
    print("largest process, MB:          " + "".join(f"{largest[name]:22.0f}" for name in names))
    reached = reached and largest["watcher"] <= MEMORY
    print(f"goals {'reached' if reached else 'MISSED'} (ratios to reader's wall time; ours at most {MEMORY} MB)")
    return reached


def main() -> int:
    """Poll in rounds and report; 0 when every goal is reached."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--feeds", type=int, default=200)
    parser.add_argument("--items", type=int, default=30)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--latency", type=float, default=0)
    parser.add_argument("--peers", nargs="*", choices=sorted(PEERS), default=())
    options = parser.parse_args()
    open_files, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(open_files, min(most, 4 * options.feeds + 256)), most))
    taken: dict[tuple[str, str], list[Cost]] = defaultdict(list)
    for _ in range(options.rounds):
        with feeds(options.feeds, options.items, options.latency) as addresses:
            one_round(addresses, options.items, tuple(options.peers), taken)
    return 0 if report(taken, options.feeds, tuple(options.peers)) else 1


if __name__ == "__main__":
    sys.exit(main())
