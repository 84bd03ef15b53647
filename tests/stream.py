"""A stream of short articles whose place is known, for tests and benchmarks of relevance.

Every line of stream.jsonl is {"id", "title", "text", "lang", "labels"}; the articles are invented or retold. `labels`
says for each of the five profiles that the project ships seeds for: 2, the finding of the seed itself (also among
others in a round-up, or as a bare title); 1, the same subject; 0, neither. What is the same subject was settled before
anything was scored:

    p0  what makes osteosarcoma withstand its drugs, or yield to them
    p1  cancer cells that outlive treatment or spread: their iron, ferroptosis or CD44, or drug-tolerant persister
        cells as such; not the finding of p3, nor tolerance told of melanoma or the triple-negative breast alone
    p2  what makes metastases of the brain withstand treatment, above all radiation
    p3  what makes triple-negative breast cancer withstand treatment or come back
    p4  what makes melanoma withstand treatment or come back, or what senescence does in it

The same disease without resistance, and resistance in any other disease, are 0.
"""

import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from watcher.articles import Article
from watcher.parse.files import read_articles

FILE = Path(__file__).parent / "stream.jsonl"
SEEDS = Path(__file__).parent.parent / "seeds"
PROFILES = (  # by the number in their label
    "osteosarcome-mt2a",
    "ferroptose-cd44",
    "metastases-cerebrales-s100a9",
    "sein-triple-negatif-fosl1",
    "melanome-senescence",
)

LEAST = {"on topic": 0.88, "same finding": 0.91, "French": 0.88, "English": 0.87}  # AP, as means of the profiles


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """One article and how near it is to each of the profiles: 0, 1 or 2."""

    article: Article
    labels: tuple[int, ...]


def stream() -> tuple[Labelled, ...]:
    """The whole stream, in an order that says nothing."""
    rows = [json.loads(line) for line in FILE.read_text(encoding="utf-8").splitlines()]
    articles = read_articles(io.BytesIO(unlabelled()), name="stream.jsonl")
    return tuple(
        Labelled(article=article, labels=tuple(row["labels"][f"p{p}"] for p in range(len(PROFILES))))
        for row, article in zip(rows, articles, strict=True)
    )


def unlabelled() -> bytes:
    """The stream as `watcher rank` reads it: JSON lines that do not say what is sought."""
    rows = [json.loads(line) for line in FILE.read_text(encoding="utf-8").splitlines()]
    for row in rows:
        row["language"] = row.pop("lang")
        del row["labels"]
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()


def average_precision(scores: Sequence[float], wanted: Sequence[bool]) -> float:
    """The mean, over the wanted, of the share of wanted ones down to each; equals stand in the given order."""
    hits, total = 0, 0.0
    for place, n in enumerate(sorted(range(len(scores)), key=lambda n: -scores[n]), 1):
        if wanted[n]:
            hits += 1
            total += hits / place
    return total / hits if hits else 0.0


def measured(scores: Sequence[float], rows: Sequence[Labelled], profile: int) -> dict[str, float]:
    """Average precisions of one profile's scores: on topic, of the seed's own finding, and on topic by language."""

    def among(language: str) -> float:
        kept = [n for n, row in enumerate(rows) if row.article.language == language]
        return average_precision([scores[n] for n in kept], [rows[n].labels[profile] > 0 for n in kept])

    return {
        "on topic": average_precision(scores, [row.labels[profile] > 0 for row in rows]),
        "same finding": average_precision(scores, [row.labels[profile] == 2 for row in rows]),
        "French": among("fr"),
        "English": among("en"),
    }


def mean(found: Sequence[dict[str, float]]) -> dict[str, float]:
    """Each measure averaged over the profiles."""
    return {name: sum(row[name] for row in found) / len(found) for name in found[0]}
