"""How soon a person who screens a review finds what is relevant, beside ASReview's default model on the same draws.

    python benchmarks/screening.py REVIEWS.jsonl.gz [--asreview PYTHON] [--draws 3] [--batch 10]

REVIEWS: JSON lines with topic, title, text, label (1: relevant), gzipped or not. For each review and draw, one relevant
and one irrelevant record are known. Then the best BATCH unread records are read and answered by their labels, and the
ranking is learnt anew, until nothing relevant is left: `screening.screen` here, ASReview's simulation (its default
model, its own features) there. --asreview names a Python that has the package `asreview`.

WSS@95: the share of the records that need not be read to find 95 % of the relevant ones, less 5 %. ATD: the mean share
of the records read when a relevant one is found. Both leave the two known records out.
"""

import argparse
import gzip
import json
import math
import random
import subprocess
import time
from collections import defaultdict
from pathlib import Path
from statistics import mean
from typing import Any

from watcher.articles import Article
from watcher.ranking import Collection, rank, read_collection
from watcher.screening import screen, seeds_of

Records = list[dict[str, Any]]

# Read by the other Python: a review and its draws on the standard input, the order of reading of each draw back.
_THEIRS = """
import json, sys
from dataclasses import replace
import numpy, pandas
from asreview.learner import ActiveLearningCycle
from asreview.models.models import get_ai_config
from asreview.simulation.simulate import Simulate

asked = json.load(sys.stdin)
frame = pandas.DataFrame({"title": asked["titles"], "abstract": asked["texts"]})
for known in asked["draws"]:
    numpy.random.seed(535)
    cycle = ActiveLearningCycle.from_meta(replace(get_ai_config()["value"], n_query=asked["batch"]))
    simulation = Simulate(frame, pandas.Series(asked["labels"]), [cycle], print_progress=False)
    simulation.label(numpy.array(known))
    simulation.review()
    print(json.dumps([int(place) for place in simulation._results["record_id"]]))
"""


def reviews(file: Path) -> dict[str, Records]:
    """The records of each review."""
    found: dict[str, Records] = defaultdict(list)
    with gzip.open(file, "rt", encoding="utf-8") if file.suffix == ".gz" else file.open(encoding="utf-8") as lines:
        for line in lines:
            record = json.loads(line)
            found[record["topic"]].append(record)
    return dict(sorted(found.items()))


def ours(collection: Collection, labels: list[int], known: list[int], batch: int) -> list[int]:
    """The order in which the records are read with `screen`; the relevant one of the known two is the seed."""
    relevant, _ = known
    seeds = seeds_of(collection, [relevant])
    first = rank(seeds, collection)
    read = list(known)
    unread = set(range(len(labels))) - set(read)
    while any(labels[place] for place in unread):
        kept = [place for place in read if labels[place] and place != relevant]
        rejected = [place for place in read if not labels[place]]
        values = screen(seeds, collection, kept, rejected, first=first).values
        read += sorted(unread, key=lambda place: (-values[place], place))[:batch]
        unread -= set(read)
    return read


def theirs(python: str, records: Records, draws: list[list[int]], batch: int) -> list[list[int]]:
    """The orders in which ASReview reads the records, a draw each."""
    asked = {
        "titles": [record["title"] or "" for record in records],
        "texts": [record["text"] or "" for record in records],
        "labels": [record["label"] for record in records],
        "draws": draws,
        "batch": batch,
    }
    run = subprocess.run([python, "-c", _THEIRS], input=json.dumps(asked), capture_output=True, text=True, check=True)
    return [json.loads(line) for line in run.stdout.splitlines()]


def measured(read: list[int], labels: list[int], known: list[int]) -> tuple[float, float]:
    """WSS@95 and ATD."""
    found = [place for place, record in enumerate((r for r in read if r not in known), 1) if labels[record]]
    records = len(labels) - len(known)
    return 0.95 - found[math.ceil(0.95 * len(found)) - 1] / records, mean(found) / records


def main() -> None:
    """Print both measures, for each review and on average."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--asreview", metavar="PYTHON")
    parser.add_argument("--draws", type=int, default=3)
    parser.add_argument("--batch", type=int, default=10)
    asked = parser.parse_args()
    all_of: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for topic, records in reviews(asked.file).items():
        labels = [int(record["label"]) for record in records]
        rng = random.Random(topic)
        places = range(len(records))
        draws = [
            [rng.choice([p for p in places if labels[p] == wanted]) for wanted in (1, 0)] for _ in range(asked.draws)
        ]
        began = time.perf_counter()
        collection = read_collection(
            Article(source="s", guid=str(n), title=r["title"] or "", summary=r["text"] or "", language="en")
            for n, r in enumerate(records)
        )
        orders = {"watcher": [ours(collection, labels, known, asked.batch) for known in draws]}
        spent = time.perf_counter() - began
        if asked.asreview:
            orders["ASReview"] = theirs(asked.asreview, records, draws, asked.batch)
        for name, reads in orders.items():
            got = [measured(read, labels, known) for read, known in zip(reads, draws, strict=True)]
            all_of[name].append((mean(wss for wss, _ in got), mean(atd for _, atd in got)))
            show(f"{topic}, {name}", all_of[name][-1])
        print(f"{'':40s}{len(records)} records, {sum(labels)} relevant; {spent:.0f} s of watcher", flush=True)
    for name, means in all_of.items():
        show(f"mean of {len(means)} reviews, {name}", (mean(wss for wss, _ in means), mean(atd for _, atd in means)))


def show(name: str, got: tuple[float, float]) -> None:
    """One line."""
    print(f"{name:40s}WSS@95 {got[0]:.3f}   ATD {got[1]:.3f}", flush=True)


if __name__ == "__main__":
    main()
