"""The last run and how the watch stands, in Prometheus's text format (version 0.0.4)."""

from collections.abc import Iterable, Mapping
from typing import get_args

from watcher import __version__
from watcher.health import Word
from watcher.render.status import health_counts
from watcher.run.status import Status
from watcher.store import RunSummary

Labels = Mapping[str, str]
_PLAIN: Labels = {}


def metrics(status: Status, run: RunSummary) -> str:
    """All metrics, after a run that ended; names after Prometheus's conventions, base units (seconds, bytes)."""
    counts = health_counts(status)
    families: list[tuple[str, str, Iterable[tuple[Labels, float]]]] = [
        ("build_info", "Version of the program.", [({"version": __version__}, 1)]),
        ("run_success", "Whether the last run ended well.", [(_PLAIN, run.outcome == "done")]),
        ("run_end_timestamp_seconds", "When the last run ended.", [(_PLAIN, run.finished.timestamp())]),
        ("run_duration_seconds", "How long the last run took.", [(_PLAIN, round(run.seconds, 3))]),
        ("run_memory_bytes", "Memory of the last run at its largest.", [(_PLAIN, run.memory)]),
        ("run_sources", "Sources asked in the last run, by how they answered.", [
            ({"answer": "changed"}, run.asked - run.unchanged - run.failed), ({"answer": "unchanged"}, run.unchanged),
            ({"answer": "failed"}, run.failed),
        ]),
        ("run_articles", "Articles met in the last run.", [
            ({"state": "new"}, run.new), ({"state": "known"}, run.known),
        ]),
        ("run_letters_sent", "Letters sent in the last run.", [(_PLAIN, run.sent)]),
    ]  # fmt: skip
    if not status.busy:
        families += [
            ("sources", "Sources by how they fare.", [({"state": w}, counts.get(w, 0)) for w in get_args(Word)]),
            ("sources_due", "Sources that the next run asks.", [(_PLAIN, status.due)]),
            ("letters", "Letters that have not left, by why.", [
                ({"state": "due"}, status.letters_due), ({"state": "waiting"}, status.letters_waiting),
                ({"state": "failed"}, status.letters_failed),
            ]),
        ]  # fmt: skip
    families.append(("database_bytes", "Size of the database.", [(_PLAIN, status.size)]))
    return "".join(_family(f"watcher_{name}", said, samples) for name, said, samples in families)


def _family(name: str, said: str, samples: Iterable[tuple[Labels, float]]) -> str:
    lines = [f"# HELP {name} {said}", f"# TYPE {name} gauge"]
    lines += [f"{name}{_labels(labels)} {_value(value)}" for labels, value in samples]
    return "\n".join(lines) + "\n"


def _labels(labels: Labels) -> str:
    inside = ",".join(f'{key}="{_escaped(value)}"' for key, value in labels.items())
    return f"{{{inside}}}" if inside else ""


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _value(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(value)
