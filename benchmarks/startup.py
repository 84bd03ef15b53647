"""How long a person waits for `watcher --help`, beside lemon24/reader's `reader --help`, in one run.

    python benchmarks/startup.py [--runs 15]

Installs the peer from PyPI into a folder of its own (kept in benchmarks/.peers), then times both programs in turns, so
that whatever else the machine is doing slows both. Exits with 1 when ours takes more than half of the peer's time.
"""

import argparse
import statistics
import subprocess
import sys
import time
import venv
from pathlib import Path

PEERS = Path(__file__).parent / ".peers"
OURS = Path(sys.executable).parent / "watcher"
GOAL = 0.5


def peer(name: str, *packages: str) -> Path:
    """The folder of programs of a peer, installed on first use."""
    folder = PEERS / name
    if not (folder / "ready").exists():
        venv.create(folder, with_pip=True, clear=True)
        subprocess.run([folder / "bin/python", "-m", "pip", "install", "--quiet", *packages], check=True)
        (folder / "ready").touch()
    return folder / "bin"


def seconds(command: list[str]) -> float:
    """Wall time of one command that must succeed."""
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - start


def main() -> int:
    """Print a table of medians and the ratio; 0 when the goal is reached."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=15)
    runs = parser.parse_args().runs
    reader = peer("reader", "reader[cli]", "sgmllib3k")
    commands = {
        "python -c pass": [sys.executable, "-c", "pass"],
        "watcher --help": [str(OURS), "--help"],
        "watcher --version": [str(OURS), "--version"],
        "reader --help": [str(reader / "python"), "-m", "reader", "--help"],
    }
    for command in commands.values():
        seconds(command)  # once unmeasured: byte code, page cache
    taken: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(runs):
        for name, command in commands.items():
            taken[name].append(seconds(command))
    for name, times in taken.items():
        print(f"{name:20s} median {statistics.median(times) * 1000:6.0f} ms   best {min(times) * 1000:6.0f} ms")
    ratio = statistics.median(taken["watcher --help"]) / statistics.median(taken["reader --help"])
    print(f"watcher --help / reader --help: {ratio:.2f} (goal: at most {GOAL})")
    return int(ratio > GOAL)


if __name__ == "__main__":
    sys.exit(main())
