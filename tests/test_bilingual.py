"""Stories told in French and in English, beside look-alikes on the same subjects, as `watcher group` makes them.

None of the numbers by which stories are made was chosen on this set.
"""

import json
from collections import Counter
from itertools import combinations
from pathlib import Path

import pytest
from click.testing import CliRunner

from watcher.cli.records import group_command

ROWS = [json.loads(line) for line in (Path(__file__).parent / "bilingual.jsonl").read_text("utf-8").splitlines()]
LEAST_PRECISION, LEAST_RECALL, LEAST_ACROSS = 0.97, 0.92, 0.93


@pytest.fixture(scope="module")
def stories(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The story of each row."""
    file = tmp_path_factory.mktemp("bilingual") / "articles.jsonl"
    records = (
        {
            "id": f"a{number}",
            "title": row["title"],
            "text": row["text"],
            "url": f"https://s{number}.example/{number}",
            "published": f"2026-09-{row['day'] + 1:02}T09:00:00Z",
        }
        for number, row in enumerate(ROWS)
    )
    file.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    said = CliRunner().invoke(group_command, [str(file), "--format", "jsonl"], catch_exceptions=False)
    return [json.loads(line)["story"] for line in said.stdout.splitlines()]


def pairs(labels: list[str]) -> set[tuple[int, int]]:
    return {(a, b) for a, b in combinations(range(len(labels)), 2) if labels[a] and labels[a] == labels[b]}


def test_the_set_is_what_it_says() -> None:
    told = Counter(row["story"] for row in ROWS if row["story"])
    assert len(ROWS) >= 60
    assert len(told) >= 20
    assert all({row["lang"] for row in ROWS if row["story"] == story} == {"fr", "en"} for story in told)


def test_stories_are_held_together_across_languages_and_apart(stories: list[str]) -> None:
    right, made = pairs([row["story"] for row in ROWS]), pairs(stories)
    across = {(a, b) for a, b in right if ROWS[a]["lang"] != ROWS[b]["lang"]}
    wrong = [(ROWS[a]["title"], ROWS[b]["title"]) for a, b in made - right]
    assert len(right & made) / len(made) >= LEAST_PRECISION, wrong
    assert len(right & made) / len(right) >= LEAST_RECALL
    assert len(across & made) / len(across) >= LEAST_ACROSS
