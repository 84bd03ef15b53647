"""How well the five shipped profiles find their articles in the labelled stream of the tests, beside plain TF-IDF.

    python benchmarks/relevance.py [--seeds DIR] [--misses 5]

Four rankers on the same articles: `watcher rank`, started as a person would; `judge` with the learnt profile, which is
the value that `watcher poll` stores; and cosines of TF-IDF vectors, over words, and over folded words and their pairs.
Then what each threshold lets through. Exits with 1 when a floor is missed.
--seeds: a folder of five other documents, in the order of the labels (tests/stream.py) when sorted by name.
"""

import argparse
import json
import math
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))  # the stream lives with the tests

from stream import LEAST, PROFILES, SEEDS, Labelled, mean, measured, stream, unlabelled

from watcher.profiles import ProfileSetting, learn
from watcher.relevance import judge
from watcher.seeds import read_seeds
from watcher.text import fold

LEAST_RATIO = 1.6  # AP on topic of ours over that of the better TF-IDF
THRESHOLDS = range(30, 75, 5)

Scores = list[float]


def by_command(folder: Path, rows: tuple[Labelled, ...]) -> Scores:
    """The scores that `watcher rank` prints, in the order of the stream."""
    with tempfile.NamedTemporaryFile(suffix=".jsonl") as file:
        file.write(unlabelled())
        file.flush()
        # -P: the watcher that is installed (or named by PYTHONPATH), not what stands in the present folder
        command = [
            sys.executable,
            "-P",
            "-m",
            "watcher",
            "rank",
            "--seeds",
            str(folder),
            file.name,
            "--format",
            "jsonl",
        ]
        run = subprocess.run(command, check=True, stdout=subprocess.PIPE)
    scores = {said["id"]: float(said["score"]) for said in map(json.loads, run.stdout.splitlines())}
    return [scores[row.article.guid] for row in rows]


def by_judge(folder: Path, rows: tuple[Labelled, ...]) -> Scores:
    """The scores that `watcher poll` stores."""
    profile = learn(read_seeds(folder), ProfileSetting(name=folder.name, seeds=folder))
    return [judge(row.article, (profile,), explained=False)[0].value for row in rows]


def plain_words(prose: str) -> list[str]:
    """Lower-case words of three letters or more."""
    return re.findall(r"\w{3,}", prose.lower())


def folded_pairs(prose: str) -> list[str]:
    """Words without accents, whole when hyphenated, and each two that follow one another."""
    words = re.findall(r"\w+(?:-\w+)*", fold(prose))
    words = [word for word in words if len(word) > 2]
    return words + [f"{a} {b}" for a, b in pairwise(words)]


def by_cosine(split: Callable[[str], list[str]]) -> Callable[[Path, tuple[Labelled, ...]], Scores]:
    """A ranker by TF-IDF: (1 + ln tf) ln((1 + n) / (1 + df)), titles twice, cosine to the mean of the seeds."""

    def scores(folder: Path, rows: tuple[Labelled, ...]) -> Scores:
        seeds = [Counter(split(f"{seed.title}. {seed.title}. {seed.text}")) for seed in read_seeds(folder)]
        articles = [row.article for row in rows]
        bags = [Counter(split(f"{a.title}. {a.title}. {a.body or a.summary}")) for a in articles]
        held = Counter(token for bag in bags for token in bag)

        def vector(bag: Counter[str]) -> dict[str, float]:
            raw = {t: (1 + math.log(n)) * math.log((1 + len(bags)) / (1 + held[t])) for t, n in bag.items()}
            length = math.hypot(*raw.values()) or 1.0
            return {token: weight / length for token, weight in raw.items()}

        sought: Counter[str] = Counter()
        for seed in seeds:
            sought.update(vector(seed))
        return [sum(weight * sought[t] for t, weight in vector(bag).items() if t in sought) for bag in bags]

    return scores


RANKERS: dict[str, Callable[[Path, tuple[Labelled, ...]], Scores]] = {
    "watcher rank": by_command,
    "judge": by_judge,
    "TF-IDF, words": by_cosine(plain_words),
    "TF-IDF, folded words and pairs": by_cosine(folded_pairs),
}


def seed_folders(given: Path | None) -> Iterator[Path]:
    """One folder of seeds for each profile; those of a folder that was given exist only while they are looked at."""
    if given is None:
        yield from (SEEDS / name for name in PROFILES)
        return
    files = sorted(file for file in given.iterdir() if file.is_file())
    with tempfile.TemporaryDirectory() as there:
        for name, file in zip(PROFILES, files, strict=True):
            folder = Path(there) / name
            folder.mkdir()
            shutil.copy(file, folder)
            yield folder


def show(name: str, values: dict[str, float]) -> None:
    """One line of a table."""
    print(f"{name:32s}" + "".join(f"{measure:>14s} {value:.3f}" for measure, value in values.items()))


def show_misses(title: str, scores: Scores, rows: tuple[Labelled, ...], profile: int, most: int) -> None:
    """The wanted articles that stand lowest and the others that stand highest, each with its place and score."""
    order = sorted(range(len(rows)), key=lambda n: -scores[n])
    place = {n: position for position, n in enumerate(order, 1)}
    low = [n for n in reversed(order) if rows[n].labels[profile]][:most]
    high = [n for n in order if not rows[n].labels[profile]][:most]
    print(f"  {title}: lowest of the wanted, highest of the others")
    for n in low + high:
        article = rows[n].article
        print(f"    {rows[n].labels[profile]} {place[n]:4d}. {scores[n]:6.2f}  {article.language} {article.title[:90]}")


def show_thresholds(scores: dict[str, Scores], rows: tuple[Labelled, ...]) -> None:
    """Precision and recall on topic for each threshold, and how many are let through."""
    print(f"\n{'judge: precision/recall (count)':32s}" + "".join(f"{threshold:>15d}" for threshold in THRESHOLDS))
    sums = {threshold: [0, 0, 0] for threshold in THRESHOLDS}  # found, let through, wanted
    for profile, (name, values) in enumerate(scores.items()):
        wanted = [row.labels[profile] > 0 for row in rows]
        said = []
        for threshold in THRESHOLDS:
            through = [value >= threshold for value in values]
            found = sum(w and t for w, t in zip(wanted, through, strict=True))
            sums[threshold] = [a + b for a, b in zip(sums[threshold], (found, sum(through), sum(wanted)), strict=True)]
            said.append(_cell(found, sum(through), sum(wanted)))
        print(f"{name:32s}" + "".join(said))
    print(f"{'all five':32s}" + "".join(_cell(*sums[threshold]) for threshold in THRESHOLDS))


def _cell(found: int, through: int, wanted: int) -> str:
    return f"{found / max(1, through):>6.2f}/{found / wanted:.2f}({through:2d})"


def main() -> int:
    """Print the tables; 0 when the floors hold."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=Path)
    parser.add_argument("--misses", type=int, default=0, metavar="N")
    asked = parser.parse_args()
    rows = stream()
    found: dict[str, list[dict[str, float]]] = {name: [] for name in RANKERS}
    judged: dict[str, Scores] = {}
    for profile, folder in enumerate(seed_folders(asked.seeds)):
        print(f"\n{folder.name}")
        for name, ranker in RANKERS.items():
            scores = ranker(folder, rows)
            found[name].append(measured(scores, rows, profile))
            show(f"  {name}", found[name][-1])
            if asked.misses and not name.startswith("TF"):
                show_misses(name, scores, rows, profile, asked.misses)
            if ranker is by_judge:
                judged[folder.name] = scores
    means = {name: mean(values) for name, values in found.items()}
    print("\nmean of the profiles")
    for name, values in means.items():
        show(f"  {name}", values)
    show_thresholds(judged, rows)
    return int(not _floors_hold(means))


def _floors_hold(means: dict[str, dict[str, float]]) -> bool:
    """Say how far ours stand above their floors and above the better TF-IDF."""
    plain = max(values["on topic"] for name, values in means.items() if name.startswith("TF"))
    held = True
    print()
    for name in ("watcher rank", "judge"):
        for measure, floor in LEAST.items():
            held &= means[name][measure] >= floor
            print(f"{name}: AP {measure} {means[name][measure]:.3f} (floor {floor:.2f})")
        ratio = means[name]["on topic"] / plain
        held &= ratio >= LEAST_RATIO
        print(f"{name}: {ratio:.2f} times the better TF-IDF on topic (floor {LEAST_RATIO:.2f})")
    return held


if __name__ == "__main__":
    sys.exit(main())
