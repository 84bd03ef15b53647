"""How many polls may be killed without anything lost.

    python benchmarks/kills.py [--rounds 200] [--sources 6] [--seed 7]

Each round brings three new articles to every source (on the loopback), starts a run that does what `watcher poll` does,
the copy of the week included, and kills it with SIGKILL: half of the times from outside after a random time, half at a
call into C chosen by lot. Then the database must be whole, hold every article that was acknowledged and no half source,
and one more run must bring what is missing, each article once. With `--sources 20` or more a second process reads the
documents, and must be gone with the first. Prints what was hit. Linux only.
"""

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from killed_polls import polls


def left_behind(database: Path) -> int:
    """How many processes still work on a database, beside the one that forks."""
    found = 0
    for process in Path("/proc").iterdir():
        if process.name.isdecimal() and int(process.name) != os.getpid():
            try:
                found += str(database).encode() in (process / "cmdline").read_bytes()
            except OSError:  # it has ended since
                continue
    return found - 1


def main() -> int:
    """Kill, and print the counts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--sources", type=int, default=6)
    parser.add_argument("--seed", type=int, default=7)
    wanted = parser.parse_args()
    begun = time.monotonic()
    with (
        tempfile.TemporaryDirectory() as folder,
        polls(Path(folder), count=wanted.sources, seed=wanted.seed) as killed,
    ):
        killed.one()
        killed.measured()
        print(f"a run makes {killed.calls} calls into C and takes {killed.seconds:.2f} s")
        for _ in range(wanted.rounds - 1):
            killed.one()
        time.sleep(2)
        orphans = left_behind(killed.database)
        articles = sum(killed.known().values())
    print(f"{wanted.rounds} rounds, {wanted.sources} sources, {articles} articles, {time.monotonic() - begun:.0f} s")
    for what, count in sorted(killed.ended.items()):
        print(f"  {what}: {count}")
    print(f"  lost: 0, half sources: 0, twice: 0, processes left behind: {orphans}")
    return int(orphans > 0)


if __name__ == "__main__":
    sys.exit(main())
