"""How well the shipped profiles tell their articles from a stream of others, and that the stream is what it says."""

import json
from collections import Counter
from pathlib import Path

import pytest
from click.testing import CliRunner
from stream import LEAST, PROFILES, SEEDS, Labelled, average_precision, mean, measured, stream, unlabelled

from watcher.cli.records import rank_command
from watcher.profiles import ProfileSetting, learn
from watcher.relevance import judge
from watcher.seeds import read_seeds

LEAST_OF_EACH = 0.76  # AP on topic that every single profile reaches
WHERE_ONE_LOOKS = 50.0  # the threshold of a profile for which nobody set another
LEAST_PRECISION, LEAST_RECALL = 0.78, 0.72  # there, over all profiles


@pytest.fixture(scope="module")
def rows() -> tuple[Labelled, ...]:
    return stream()


@pytest.fixture(scope="module")
def judged(rows: tuple[Labelled, ...]) -> list[list[float]]:
    """For each profile, the value that `poll` would store for every article of the stream."""
    folders = [SEEDS / name for name in PROFILES]
    profiles = tuple(learn(read_seeds(folder), ProfileSetting(name=folder.name, seeds=folder)) for folder in folders)
    values = [[score.value for score in judge(row.article, profiles, explained=False)] for row in rows]
    return [list(column) for column in zip(*values, strict=True)]


def check_floors(found: list[dict[str, float]]) -> None:
    means = mean(found)
    assert {name: means[name] for name, floor in LEAST.items() if means[name] < floor} == {}
    each = {name: values["on topic"] for name, values in zip(PROFILES, found, strict=True)}
    assert {name: value for name, value in each.items() if value < LEAST_OF_EACH} == {}


def test_judge_finds_what_belongs_to_each_profile(rows: tuple[Labelled, ...], judged: list[list[float]]) -> None:
    check_floors([measured(scores, rows, profile) for profile, scores in enumerate(judged)])


def test_rank_finds_what_belongs_to_each_profile(rows: tuple[Labelled, ...], tmp_path: Path) -> None:
    file = tmp_path / "stream.jsonl"
    file.write_bytes(unlabelled())
    found = []
    for profile, name in enumerate(PROFILES):
        asked = [str(file), "--seeds", str(SEEDS / name), "--format", "jsonl"]
        said = CliRunner().invoke(rank_command, asked, catch_exceptions=False)
        scores = {line["id"]: float(line["score"]) for line in map(json.loads, said.output.splitlines())}
        found.append(measured([scores[row.article.guid] for row in rows], rows, profile))
    check_floors(found)


def test_the_usual_threshold_is_where_a_researcher_starts_to_look(
    rows: tuple[Labelled, ...], judged: list[list[float]]
) -> None:
    above = [
        row.labels[profile] > 0
        for profile, scores in enumerate(judged)
        for row, score in zip(rows, scores, strict=True)
        if score >= WHERE_ONE_LOOKS
    ]
    wanted = sum(label > 0 for row in rows for label in row.labels)
    assert sum(above) / len(above) >= LEAST_PRECISION
    assert sum(above) / wanted >= LEAST_RECALL


def test_the_stream_is_large_and_mixed(rows: tuple[Labelled, ...]) -> None:
    assert len({row.article.guid for row in rows}) == len({row.article.title for row in rows}) == len(rows) >= 300
    assert sum(not any(row.labels) for row in rows) >= 200
    for profile in range(len(PROFILES)):
        kinds = Counter((row.labels[profile], row.article.language) for row in rows)
        assert all(kinds[label, language] >= 3 for label in (1, 2) for language in ("fr", "en"))


def test_average_precision_of_a_known_order() -> None:
    assert average_precision([0.9, 0.1, 0.5], [True, True, False]) == pytest.approx((1 / 1 + 2 / 3) / 2)
    assert average_precision([0.5, 0.5], [False, True]) == 0.5  # equals stand in the given order
    assert average_precision([1.0], [False]) == 0.0
