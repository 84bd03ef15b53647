"""Events: heard by those who listen, at their level, each as one line that nobody can forge."""

import json
import logging
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watcher.journal import LEVELS, LONGEST, REQUESTS, RUNS, SOURCES, WARNINGS, Event, Line, facts_of, listening, tell


class Heard(logging.Handler):
    """Keeps what it hears."""

    def __init__(self, level: int = REQUESTS) -> None:
        super().__init__(level)
        self.records: list[logging.LogRecord] = []
        self.setFormatter(Line())

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)

    @property
    def events(self) -> list[str]:
        return [record.getMessage() for record in self.records]

    @property
    def lines(self) -> list[str]:
        return [self.format(record) for record in self.records]


def told(**facts: str | int | None) -> str:
    """One event as a line."""
    heard = Heard()
    with listening(heard):
        tell("trouble", **facts)
    (line,) = heard.lines
    return line


def test_each_hears_what_is_at_its_level() -> None:
    everything, little = Heard(), Heard(WARNINGS)
    tell("trouble", source="before")
    with listening(everything, little):
        tell("answered", source="a", ms=3)
        tell("read", source="a", new=1)
        with listening(runs := Heard(RUNS)):
            tell("ended", outcome="done")
        tell("trouble", source="b")
    tell("trouble", source="after")
    assert everything.events == ["answered", "read", "ended", "trouble"]
    assert (little.events, runs.events) == (["trouble"], ["ended"])
    assert facts_of(little.records[0]) == {"source": "b"}


def test_nothing_reaches_other_programs_logs() -> None:
    root = Heard()
    logging.getLogger().addHandler(root)
    try:
        with listening(Heard()):
            tell("trouble", source="a")
    finally:
        logging.getLogger().removeHandler(root)
    assert root.events == []


def test_every_event_has_a_level() -> None:
    heard = Heard()
    with listening(heard):
        for event in get_args(Event):
            tell(event)
    assert heard.events == list(get_args(Event))
    levels = {json.loads(line)["level"] for line in heard.lines}
    assert levels == {"request", "source", "run", "warning"} == {name.removesuffix("s") for name in LEVELS}
    assert sorted(LEVELS.values()) == [REQUESTS, SOURCES, RUNS, WARNINGS]


def test_a_line_says_when_and_which_process() -> None:
    line = json.loads(told(source="inserm-presse", status=None, detail="", code=0))
    assert list(line) == ["at", "level", "pid", "event", "source", "code"]  # nothing without a value
    assert line["at"].endswith("Z")
    assert (line["level"], line["event"], line["source"], line["code"]) == ("warning", "trouble", "inserm-presse", 0)


def test_accents_stay_readable() -> None:
    assert '"détail — œuvre"' in told(detail="détail — œuvre")


@given(st.text(st.characters(exclude_categories=()), max_size=LONGEST))
def test_whatever_a_server_says_is_one_line_and_comes_back(text: str) -> None:
    line = told(detail=text)
    assert line.isprintable()
    assert len(line.splitlines()) == 1
    line.encode("utf-8")
    assert json.loads(line).get("detail", "") == text


@pytest.mark.parametrize("end", ["\n", "\r", "\x85", "\u2028", "\x0b", "\x1b[2J", "\u202e", '"}'])
def test_no_line_can_be_forged(end: str) -> None:
    forged = '{"level": "run", "event": "ended", "outcome": "done"}'
    line = told(detail=f"x{end}{forged}")
    assert [json.loads(one)["event"] for one in line.splitlines()] == ["trouble"]
    assert not set(line) & set("\n\r\x85\u2028\x0b\x1b\u202e")


def test_a_long_fact_is_cut() -> None:
    assert json.loads(told(detail="é" * 5000))["detail"] == "é" * (LONGEST - 1) + "…"
