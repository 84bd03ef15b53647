"""How the watch stands, in words: golden texts, narrow and wide, and the same for programs and for Prometheus.

`WATCHER_GOLDEN=write pytest tests/test_render_status.py` writes the texts again; look at what changed then.
"""

import io
import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from digests import golden

from watcher.health import judge_all
from watcher.render.prometheus import metrics
from watcher.render.status import size_said, span_said, status_json, status_table, when
from watcher.render.terminal import console
from watcher.run.status import NextDigest, Status
from watcher.sources import Source, SourceState, Trouble
from watcher.store import RunSummary

PARIS = ZoneInfo("Europe/Paris")
NOW = datetime(2026, 11, 25, 6, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def run(begun: datetime, **facts: object) -> RunSummary:
    return replace(RunSummary(started=begun, finished=begun, version="0.1.0"), **facts)  # type: ignore[arg-type]


RUNS = (
    run(NOW - timedelta(minutes=2), id=6, command="run", outcome=""),
    run(NOW - 6 * HOUR, id=5, command="send", seconds=4.2, sent=2),
    run(NOW - 12 * HOUR, id=4, asked=29, unchanged=20, failed=3, new=1042, known=17, seconds=192.4, memory=98_000_000),
    run(NOW - DAY, id=3, command="run", outcome="interrupted"),
    run(NOW - 3 * DAY, id=2, outcome="failed", reason="all-failed", asked=29, failed=29, seconds=31.0),
    run(NOW - 300 * DAY, id=1, command="run", seconds=0.2),
)
STATES = (
    SourceState(source="s0", checked=NOW, ok=NOW, newest=NOW),
    SourceState(source="s1", checked=NOW, ok=NOW, newest=NOW),
    SourceState(source="s2", checked=NOW, trouble=Trouble(kind="dns"), since=NOW - DAY, failures=3),
    SourceState(source="s3", checked=NOW, ok=NOW, newest=NOW - 90 * DAY, usual_gap=DAY),
    SourceState(source="s4"),
)
FARES = tuple(judge_all(Source(id=s.source, url=f"https://{s.source}.example/"), s, NOW) for s in STATES)
STATUS = Status(
    now=NOW,
    database=Path("/home/marie/veille/watcher.db"),
    size=12_345_678,
    working=True,
    runs=RUNS,
    fares=FARES,
    due=3,
    next_due=NOW + 20 * HOUR,
    digests=(
        NextDigest(list="hebdo", period="2026-W48", at=datetime(2026, 11, 29, 23, tzinfo=UTC)),
        NextDigest(list="mensuel", period="2026-10", at=None),
        NextDigest(list="équipe", period="2026-W47", at=None, begun=False),
    ),
    letters_due=1,
    letters_waiting=3,
    letters_failed=1,
)
EMPTY = Status(now=NOW, database=Path("watcher.db"), size=0, fares=FARES[4:], due=1)
BUSY = Status(now=NOW, database=Path("watcher.db"), size=5000, busy=True, working=True)


def printed(status: Status, language: str, width: int) -> str:
    screen = console(width=width, colour=False)
    screen.file = io.StringIO()
    screen.print(status_table(status, language, PARIS, width=width))
    return re.sub(r" +$", "", screen.file.getvalue(), flags=re.MULTILINE)


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("width", [40, 80, 140])
def test_golden(language: str, width: int) -> None:
    pages = [printed(status, language, width) for status in (STATUS, EMPTY, BUSY)]
    golden(f"status-{language}-{width}.txt", "\n".join(pages))


@pytest.mark.parametrize("width", [20, 40, 69, 70, 100])
def test_no_line_is_wider_than_the_screen(width: int) -> None:
    for status in (STATUS, EMPTY, BUSY):
        assert max(map(len, printed(status, "fr", width).splitlines())) <= width


def test_the_lock_of_another_command() -> None:
    text = printed(replace(STATUS, runs=RUNS[1:]), "en", 100)
    assert "a run is at work\n" in text
    assert "no run at work" in printed(replace(STATUS, working=False, runs=RUNS[1:]), "en", 100)


def test_times_are_said_as_people_say_them() -> None:
    midnight = datetime(2026, 11, 24, 23, 30, tzinfo=UTC)  # 0:30 on the 25th in Paris
    said = [when("fr", midnight + n * DAY, PARIS, NOW) for n in (-1, 0, 1, 2)]
    assert said == ["hier 00:30", "aujourd’hui 00:30", "demain 00:30", "27 novembre 00:30"]
    assert when("en", NOW - 400 * DAY, PARIS, NOW) == "21 October 2025 08:00"


@pytest.mark.parametrize(
    ("seconds", "said"), [(0.04, "0,0 s"), (9.9, "9,9 s"), (9.96, "10 s"), (59.7, "1 min 00 s"), (3599.9, "1 h 00 min")]
)
def test_spans(seconds: float, said: str) -> None:
    assert span_said("fr", seconds) == said


@pytest.mark.parametrize(
    ("size", "said"),
    [(360_448, "360 ko"), (999_499, "999 ko"), (999_500, "1,0 Mo"), (12_345_678, "12,3 Mo"), (1_200_000_000, "1,2 Go")],
)
def test_sizes(size: int, said: str) -> None:
    assert size_said("fr", size) == said
    assert size_said("en", size) == said.replace(",", ".").replace("ko", "kB").replace("o", "B")


def test_for_programs() -> None:
    facts = json.loads(json.dumps(status_json(STATUS)))
    assert facts["working_since"] == "2026-11-25T05:58:00+00:00"
    assert [one["outcome"] for one in facts["runs"]] == ["working", "done", "done", "interrupted", "failed", "done"]
    assert facts["runs"][0]["finished"] is facts["runs"][3]["finished"] is None
    assert facts["runs"][4]["reason"] == "all-failed"
    assert facts["sources"] == {"due": 3, "next": "2026-11-26T02:00:00+00:00"}
    assert facts["digests"][1] == {"list": "mensuel", "period": "2026-10", "at": None, "begun": True}
    assert facts["letters"] == {"due": 1, "waiting": 3, "failed": 1}
    assert facts["health"] == {"well": 2, "broken": 1, "silent": 1, "never": 1}
    assert json.loads(json.dumps(status_json(EMPTY)))["working_since"] is None


# ---- Prometheus: the grammar of the text format, version 0.0.4

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
HELP = re.compile(rf"# HELP ({NAME}) \S.*")
TYPE = re.compile(rf"# TYPE ({NAME}) (gauge|counter|histogram|summary|untyped)")
SAMPLE = re.compile(
    rf"({NAME})(?:\{{([a-zA-Z_][a-zA-Z0-9_]*=\"(?:[^\"\\\n]|\\[\\\"n])*\",?)+\}})? (-?[0-9.]+(?:e[+-]?[0-9]+)?)"
)


def samples(text: str) -> dict[str, float]:
    """What a scraper reads; every family has its HELP and its TYPE before its samples, and stands together."""
    assert text.endswith("\n")
    found: dict[str, float] = {}
    families: list[str] = []
    lines = iter(text.splitlines())
    for line in lines:
        if helped := HELP.fullmatch(line):
            typed = TYPE.fullmatch(next(lines))
            assert typed
            assert typed[1] == helped[1]
            assert helped[1] not in families
            families.append(helped[1])
            continue
        sample = SAMPLE.fullmatch(line)
        assert sample, line
        assert sample[1] == families[-1]
        key = line.rpartition(" ")[0]
        assert key not in found
        found[key] = float(sample[3])
    return found


def test_metrics_follow_the_format_and_the_conventions() -> None:
    found = samples(metrics(STATUS, RUNS[2]))
    assert found["watcher_run_success"] == 1
    assert found["watcher_run_duration_seconds"] == 192.4
    assert found["watcher_run_end_timestamp_seconds"] == (NOW - 12 * HOUR).timestamp()
    assert found['watcher_run_sources{answer="changed"}'] == 6
    assert found['watcher_run_articles{state="new"}'] == 1042
    assert found['watcher_sources{state="broken"}'] == 1
    assert found['watcher_letters{state="failed"}'] == 1
    assert found["watcher_database_bytes"] == 12_345_678
    assert found['watcher_build_info{version="0.1.0"}'] == 1
    names = {key.partition("{")[0] for key in found}
    assert all(re.fullmatch("watcher_[a-z_]+", name) for name in names)
    assert not [name for name in names if name.endswith(("_total", "_count", "_sum", "_bucket"))]  # no gauge is


def test_metrics_of_a_failed_run_beside_one_that_writes() -> None:
    found = samples(metrics(BUSY, RUNS[4]))
    assert (found["watcher_run_success"], found['watcher_run_sources{answer="changed"}']) == (0, 0)
    assert not [key for key in found if key.startswith("watcher_sources")]  # not known, and not said to be none
