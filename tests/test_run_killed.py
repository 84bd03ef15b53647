"""Polls that die at any moment: no acknowledged article is lost, no source is half recorded, the next run makes up."""

from pathlib import Path

from killed_polls import polls

ROUNDS = 5  # benchmarks/kills.py does two hundred


def test_polls_killed_at_any_moment(tmp_path: Path) -> None:
    with polls(tmp_path) as killed:
        killed.one()  # while the database is made
        killed.measured()
        for _ in range(ROUNDS):
            killed.one()
    assert killed.ended["in time, killed"] + killed.ended["at a call, killed"] >= ROUNDS // 3, killed.ended
