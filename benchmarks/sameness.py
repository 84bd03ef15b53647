"""How well, and at what cost, articles are told to be the same: `group` and `relate` measured in this process.

    python benchmarks/sameness.py cost [--articles 100000]   made-up articles: grouped at once, and one more added
    python benchmarks/sameness.py twins FILE.jsonl.gz        {"en", "fr"} per line: is the twin the most alike of all?
    python benchmarks/sameness.py stories FILE.jsonl.gz      {"id", "gold", "title", "text"} per line, on two halves
    python benchmarks/sameness.py references FILE.jsonl.gz   {"id", "gold", "title", "authors", ...} per line

A half is made of the groups with an even, or an odd, checksum of their name: a number chosen on one of them has to
hold on the other one.
"""

import argparse
import gzip
import json
import random
import resource
import time
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import accumulate, combinations
from pathlib import Path
from typing import Any

from watcher.articles import Article
from watcher.identity import Identified, identify
from watcher.lexicon import concepts
from watcher.stories import Memory, group, relate
from watcher.tellings import Weighed, Weights, likelihood, parts_of, shares, telling_of, weighed

CUT = 60  # words of a text whose twin is looked for
FIRST_DAY = datetime(2025, 1, 1, tzinfo=UTC)


def records(file: str) -> list[dict[str, Any]]:
    """The lines of a packed file."""
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines if line.strip()]


# --- cost


def made_up(count: int) -> list[Identified]:
    """News of a year: words drawn as often as words are, stories told by one to six outlets, sixty words each."""
    draw = random.Random(7)
    names = [n for c in concepts().values() for n in (*c.french, *c.english) if " " not in n and len(n) > 4]
    draw.shuffle(names)
    ranked = list(accumulate(1 / rank for rank in range(1, len(names) + 1)))  # the word of rank r comes 1/r as often
    articles: list[Article] = []
    while len(articles) < count:
        day = FIRST_DAY + timedelta(days=365 * draw.random())
        own = ["".join(draw.choices("abcdefghilmnoprstu", k=8)).capitalize() for _ in range(6)] + draw.sample(names, 6)
        for _ in range(min(draw.choice((1, 1, 1, 2, 3, 6)), count - len(articles))):
            spoken = [*draw.sample(own, 8), *draw.choices(names, cum_weights=ranked, k=52)]
            draw.shuffle(spoken)
            number = len(articles)
            articles.append(
                Article(
                    source=f"s{number % 50}",
                    guid=str(number),
                    url=f"https://s{number % 50}.fr/{number}",
                    title=" ".join(spoken[:10]),
                    summary=". ".join(" ".join(spoken[n : n + 12]) for n in range(10, 60, 12)),
                    published=day + timedelta(hours=30 * draw.random()),
                )
            )
    return list(identify(tuple(articles)))


def cost(count: int) -> None:
    """Print what grouping costs as articles become more, and what one more costs beside all of them."""
    for size in (count // 4, count // 2, count):
        articles = made_up(size)
        start = time.perf_counter()
        found = group(articles)
        taken = time.perf_counter() - start
        stories = len({story for _, story in found})
        print(f"group {size:7d} articles: {taken:6.1f} s, {stories} stories, {peak():.0f} MB at most", flush=True)
    memory = Memory()
    for number, (article, (_, story)) in enumerate(zip(articles, found, strict=True)):
        memory.add(number, telling_of(article), story)
    times = []
    for article in made_up(count + 200)[-200:]:
        start = time.perf_counter()
        relate(article, telling_of(article), memory)
        times.append((time.perf_counter() - start) * 1000)
    times.sort()
    print(f"relate 1 to {count}: median {times[100]:.1f} ms, worst {times[-1]:.1f} ms; {peak():.0f} MB at most")


def peak() -> float:
    """Megabytes that this process held at most."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


# --- two languages


def twins(file: str) -> None:
    """Print for how many texts the most alike one in the other language is its translation."""
    pairs = records(file)
    sides = [[_cut(pair[language], language) for pair in pairs] for language in ("fr", "en")]
    keys = [[parts_of(telling_of(one).keys) for one in identify(tuple(side))] for side in sides]
    held = Counter(key for side in keys for parts in side for key in parts.keys)
    weights = Weights(held, 2 * len(pairs))
    sorted_out = [[weighed(parts, weights) for parts in side] for side in keys]
    for one, other, name in ((0, 1, "fr -> en"), (1, 0, "en -> fr")):
        by_key: defaultdict[str, list[int]] = defaultdict(list)
        for number, parts in enumerate(keys[other]):
            for key in parts.keys:
                by_key[key].append(number)
        hits = 0
        for number, text in enumerate(sorted_out[one]):
            best = _most_alike(text, sorted_out[other], by_key, weights)
            hits += best is not None and (best == number or _one_text(pairs[best], pairs[number]))
        print(f"{name}: twin first for {hits / len(pairs):.4f} of {len(pairs)}", flush=True)


def _most_alike(
    text: Weighed, others: Sequence[Weighed], by_key: Mapping[str, Sequence[int]], weights: Weights
) -> int | None:
    """The most alike of all others, looked for among the twenty with the greatest share of common keys."""
    common: defaultdict[int, float] = defaultdict(float)
    for key in text.parts.keys:
        for met in by_key.get(key, ()):
            common[met] += weights[key]
    near = sorted(common, key=lambda met: -common[met] / max(1.0, text.keys + others[met].keys))[:20]
    return max(near, key=lambda met: likelihood(shares(text, others[met], weights), across=True), default=None)


def _one_text(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return bool(one["fr"] == other["fr"] or one["en"] == other["en"])


def _cut(text: str, language: str) -> Article:
    return Article(source="twins", summary=" ".join(text.split()[:CUT]), language=language)


# --- labelled groups


def pairs_of(labels: Sequence[object], kept: Iterable[int]) -> set[tuple[int, int]]:
    """The pairs of positions that have one label."""
    by_label: defaultdict[object, list[int]] = defaultdict(list)
    for position in kept:
        by_label[labels[position]].append(position)
    return {pair for positions in by_label.values() for pair in combinations(positions, 2)}


def labelled(file: str, *, stories: bool) -> None:
    """Print precision and recall of the pairs that `group` makes, for all and for two halves, set by set."""
    everything = records(file)
    for name in sorted({record["set"] for record in everything}):
        rows = [record for record in everything if record["set"] == name]
        found = group(identify(tuple(_article(row) for row in rows)))
        made = [pair[1] if stories else pair[0] for pair in found]
        gold = [row["gold"] for row in rows]
        known = [position for position, label in enumerate(gold) if label is not None]
        print(f"{name:14s}", " | ".join(_measured(made, gold, part) for part in (known, *_halves(known, gold))))


def _halves(known: Sequence[int], gold: Sequence[str]) -> tuple[list[int], list[int]]:
    def odd(label: str) -> bool:  # look-alikes stay together: "1_ecb" and "1_ecbplus" are halves of one subject
        return bool(zlib.crc32(label.partition("_")[0].encode()) % 2)

    return [n for n in known if not odd(gold[n])], [n for n in known if odd(gold[n])]


def _measured(made: Sequence[object], gold: Sequence[object], kept: Sequence[int]) -> str:
    ours, right = pairs_of(made, kept), pairs_of(gold, kept)
    hit = len(ours & right)
    precision, recall = hit / max(1, len(ours)), hit / max(1, len(right))
    f1 = 2 * precision * recall / max(1e-9, precision + recall)
    return f"P {precision:.4f} R {recall:.4f} F1 {f1:.3f}, {len(ours - right)} false"


def _article(row: dict[str, Any]) -> Article:
    authors = str(row.get("authors") or "").replace(" and ", ";").split(";")
    return Article(
        source=str(row["set"]),
        guid=str(row["id"]),
        title=row.get("title") or "",
        summary=row.get("text") or "",
        language=row.get("language") or "",
        authors=tuple(author.strip() for author in authors if author.strip()),
        journal=str(row.get("journal") or ""),
        year=str(row.get("year") or ""),
        volume=str(row.get("volume") or ""),
        pages=str(row.get("pages") or ""),
        ids=(("doi", row["doi"]),) if row.get("doi") else (),
    )


def main() -> None:
    """Measure what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["cost", "twins", "stories", "references"])
    parser.add_argument("file", nargs="?", type=Path)
    parser.add_argument("--articles", type=int, default=100_000)
    asked = parser.parse_args()
    if asked.what == "cost":
        cost(asked.articles)
    elif asked.file is None:
        parser.error(f"{asked.what} needs a file")
    elif asked.what == "twins":
        twins(str(asked.file))
    else:
        labelled(str(asked.file), stories=asked.what == "stories")


if __name__ == "__main__":
    main()
