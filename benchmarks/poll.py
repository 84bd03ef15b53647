"""How long a poll takes, and how much memory, beside lemon24/reader in the same run.

    python benchmarks/poll.py [--feeds 200] [--items 30] [--rounds 3]

Serves generated feeds on the loopback (feedserver.py), and polls them three times with each program: the first time,
with nothing new, with one new item in each feed. Ours scores every article by the five sample profiles, groups the
stories and stores all; reader stores all and updates with ten workers. They take turns, so that whatever else the
machine is doing slows both, and every round begins with new databases. Prints medians and ratios; exits with 1 when a
goal is missed, and with a message when a program did not store every article.
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
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from feedserver import host
from startup import OURS, peer

SEEDS = Path(__file__).parent.parent / "seeds"
STEPS = ("first poll", "nothing new", "one new item each")
GOALS = {"first poll": 0.35, "nothing new": 1.0, "one new item each": 0.35}  # ours / reader's, wall time
MEMORY = 150  # MB, ours at its largest


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What one command took."""

    wall: float  # seconds
    cpu: float  # seconds of all its threads
    memory: float  # MB at its largest


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """One way to poll: its command, and where and how it keeps articles."""

    name: str
    command: tuple[str, ...]
    database: Path
    table: str


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
def feeds(count: int, items: int) -> Iterator[tuple[str, ...]]:
    """Serve that many feeds; their addresses."""
    command = [sys.executable, str(Path(__file__).with_name("feedserver.py"))]
    with subprocess.Popen(
        [*command, "--feeds", str(count), "--items", str(items)], stdout=subprocess.PIPE, text=True
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
    return Program(name="watcher", command=command, database=folder / "watcher.db", table="articles")


def reader(folder: Path, addresses: tuple[str, ...]) -> Program:
    """The peer with the same feeds."""
    folder.mkdir()
    python, database = str(peer("reader", "reader[cli]", "sgmllib3k") / "python"), folder / "reader.db"
    add = (
        "import sys, reader\nr = reader.make_reader(sys.argv[1])\nfor url in sys.stdin.read().split(): r.add_feed(url)"
    )
    subprocess.run([python, "-c", add, str(database)], input="\n".join(addresses), text=True, check=True)
    command = (python, "-m", "reader", "--db", str(database), "update", "--no-scheduled", "--workers", "10")
    return Program(name="reader", command=command, database=database, table="entries")


def stored(program: Program) -> int:
    """How many articles a program has."""
    with closing(sqlite3.connect(program.database)) as connection:
        return int(connection.execute(f"SELECT count(*) FROM {program.table}").fetchone()[0])


def one_round(addresses: tuple[str, ...], items: int, taken: dict[tuple[str, str], list[Cost]]) -> None:
    """Let both programs poll three times from nothing, and note what that took."""
    folder = Path(tempfile.mkdtemp(prefix="poll-"))
    try:
        programs = [watcher(folder / "watcher", addresses), reader(folder / "reader", addresses)]
        for step in STEPS:
            if step == "one new item each":
                with urllib.request.urlopen(f"{addresses[0].rpartition('/')[0]}/next") as answer:
                    answer.read()
            for program in programs:
                taken[program.name, step].append(cost(program.command))
                expected = len(addresses) * (items + (step == "one new item each"))
                if (count := stored(program)) != expected:
                    sys.exit(f"{program.name} has {count} articles after “{step}”, not {expected}")
    finally:
        shutil.rmtree(folder)


def report(taken: dict[tuple[str, str], list[Cost]]) -> bool:
    """Print the table; True when every goal is reached."""
    reached = True
    print(
        f"{'':20s}{'watcher':>9s}{'reader':>9s}{'ratio':>7s}  goal    CPU: watcher  reader   peak MB: watcher  reader"
    )
    for step in STEPS:
        ours, theirs = taken["watcher", step], taken["reader", step]
        wall, other = (statistics.median(c.wall for c in costs) for costs in (ours, theirs))
        cpu, other_cpu = (statistics.median(c.cpu for c in costs) for costs in (ours, theirs))
        memory, other_memory = (max(c.memory for c in costs) for costs in (ours, theirs))
        print(
            f"{step:20s}{wall:7.2f} s{other:7.2f} s{wall / other:7.2f}  {GOALS[step]:<4.2f}"
            f"{cpu:14.2f} s{other_cpu:6.2f} s{memory:19.0f}{other_memory:8.0f}"
        )
        reached = reached and wall / other <= GOALS[step] and memory <= MEMORY
    print(f"goals {'reached' if reached else 'MISSED'} (ratios as shown; ours at most {MEMORY} MB)")
    return reached


def main() -> int:
    """Poll in rounds and report; 0 when every goal is reached."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--feeds", type=int, default=200)
    parser.add_argument("--items", type=int, default=30)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    open_files, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(open_files, min(most, 4 * options.feeds + 256)), most))
    taken: dict[tuple[str, str], list[Cost]] = defaultdict(list)
    for _ in range(options.rounds):
        with feeds(options.feeds, options.items) as addresses:
            one_round(addresses, options.items, taken)
    return 0 if report(taken) else 1


if __name__ == "__main__":
    sys.exit(main())
