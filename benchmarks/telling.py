"""What it costs a poll to tell what it does: the bar at a terminal, and a log of every request.

    python benchmarks/telling.py [--feeds 200] [--rounds 5] [--latency 100]

Polls generated feeds on the loopback (feedserver.py) behind a real terminal, in turns: silent (`-q`), with the bar,
with the bar and a log of every request. Prints the medians of wall time and of processor time. Then adds up what the
bar's own work takes, by itself: every event of such a poll, a drawing each half second, and the loading of its library;
that is the number with a goal, because the medians of whole polls differ by more than 1 % without any reason. Exits
with 1 when it is more than 1 % of the silent poll's wall time.
"""

import argparse
import io
import logging
import os
import pty
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from poll import Cost, feeds, watcher
from rich.console import Console

from watcher.cli.progress import REFRESHED, Bar
from watcher.journal import listening, tell

GOAL = 0.01  # of a poll's wall time
LOG = "log: {path: watcher.log, level: requests}\n"
EVENTS = 3  # of one source: asked, answered, read


def behind_a_terminal(command: tuple[str, ...]) -> Cost:
    """Run a command that must succeed, with its error stream at a terminal that somebody reads."""
    ours, theirs = pty.openpty()
    begun = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=theirs, stdin=subprocess.DEVNULL) as process:
        os.close(theirs)
        reader = threading.Thread(target=_read, args=(ours,), daemon=True)
        reader.start()
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    wall = time.perf_counter() - begun
    reader.join()
    os.close(ours)
    if process.returncode:
        sys.exit(f"{command} failed")
    return Cost(wall=wall, cpu=used.ru_utime + used.ru_stime, memory=used.ru_maxrss / 1024)


def _read(line: int) -> None:
    try:
        while os.read(line, 65536):
            pass
    except OSError:  # how Linux says that the other end is closed
        return


def bar_alone(sources: int, seconds: float) -> float:
    """Seconds of the processor that the bar takes in a poll of that many sources and seconds."""
    code = (
        "from time import process_time as t; import watcher.cli.collect; b = t(); import rich.progress; print(t() - b)"
    )
    loading = float(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout)
    bar = Bar(Console(file=io.StringIO(), force_terminal=True, width=100), "fr")
    begun = time.thread_time()
    with listening(bar):
        tell("asking", sources=sources)
        for n in range(sources):
            tell("asked", source=f"f{n}", host=f"host{n}:443")
            tell("answered", source=f"f{n}", host=f"host{n}:443", address="https://a.example/", status=200, ms=3)
            tell("read", source=f"f{n}", new=1, known=0, changed=0, held=0)
        told = time.thread_time() - begun
        progress = bar._progress
        assert progress is not None
        begun = time.thread_time()
        for _ in range(50):
            progress.refresh()
        drawing = (time.thread_time() - begun) / 50
    drawn = drawing * seconds * REFRESHED
    print(f"  loading {loading * 1000:.1f} ms, {sources * EVENTS} events {told * 1000:.1f} ms,"
          f" drawing {drawing * 1000:.2f} ms each, {drawn * 1000:.1f} ms in all")  # fmt: skip
    return loading + told + drawn


def main() -> None:
    """Measure, print, judge."""
    said = argparse.ArgumentParser(description=__doc__)
    said.add_argument("--feeds", type=int, default=200)
    said.add_argument("--rounds", type=int, default=5)
    said.add_argument("--latency", type=float, default=100, help="milliseconds that a server thinks")
    chosen = said.parse_args()
    costs: dict[str, list[Cost]] = {}
    with tempfile.TemporaryDirectory() as place, feeds(chosen.feeds, 10, chosen.latency) as addresses:
        program = watcher(Path(place) / "watch", addresses)
        plain = (sys.executable, "-m", "watcher", *program.command[1:])
        settings = Path(program.command[2])
        loud = settings.with_name("loud.yaml")
        loud.write_text(settings.read_text("utf-8") + LOG, encoding="utf-8")
        ways = {
            "silent": (*plain[:3], "-q", *plain[3:]),
            "bar": plain,
            "bar and log": tuple(str(loud) if word == str(settings) else word for word in plain),
        }
        behind_a_terminal(ways["silent"])  # the first poll is another work
        for _ in range(chosen.rounds):
            for name, command in ways.items():
                costs.setdefault(name, []).append(behind_a_terminal(command))
    for name, taken in costs.items():
        wall, cpu = (statistics.median(getattr(c, what) for c in taken) for what in ("wall", "cpu"))
        print(f"{name:12} {wall:6.2f} s   {cpu:6.2f} s of the processor")
    wall = statistics.median(cost.wall for cost in costs["silent"])
    share = bar_alone(chosen.feeds, wall) / wall
    print(f"the bar alone: {share:.2%} of a poll (goal: {GOAL:.0%})")
    logging.shutdown()
    sys.exit(share > GOAL)


if __name__ == "__main__":
    main()
