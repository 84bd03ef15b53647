"""Events in words, for a person who looks on."""

from collections.abc import Mapping
from typing import cast

from watcher.journal import Fact
from watcher.render.words import WARNINGS, number, say, spaced, trouble_said
from watcher.sources import Trouble, TroubleKind


def event_said(language: str, event: str, facts: Mapping[str, Fact], *, verbose: bool) -> str:
    """One line for an event; "" for one that is not worth it. `verbose`: details, and sources without news too."""
    source = facts.get("source")
    if event == "trouble":
        trouble = Trouble(kind=cast(TroubleKind, facts["kind"]), detail=_text(facts, "detail"), status=_status(facts))
        detail = f" [{trouble.detail}]" if verbose and trouble.detail else ""
        return f"! {source} : {trouble_said(language, trouble)}{detail}"
    if event == "read" and facts["new"]:
        held = int(facts.get("held") or 0)
        return f"+ {source} : {facts['new']}" + (f" ({say(language, 'held', held)})" if held else "")
    if event in ("read", "unchanged"):
        return f"= {source}" if verbose else ""
    if event == "answered":
        return _answered(language, facts)
    if event == "warning":
        file, detail = _text(facts, "file"), _text(facts, "detail")
        return "! " + spaced(language, WARNINGS[_text(facts, "what")][language == "en"]).format(
            file=file, detail=detail
        )
    return ""


def _answered(language: str, facts: Mapping[str, Fact]) -> str:
    """`  200 · 310 ms · 12 345 B · https://…`."""
    seconds = f"{number(language, int(facts['ms'] or 0))} ms"
    size = f"{number(language, int(facts['bytes'] or 0))} B" if "bytes" in facts else _text(facts, "trouble")
    parts = [str(facts.get("status") or "---"), seconds, size, _text(facts, "address")]
    return "  " + " · ".join(filter(None, parts))


def _text(facts: Mapping[str, Fact], name: str) -> str:
    return str(facts.get(name) or "")


def _status(facts: Mapping[str, Fact]) -> int | None:
    status = facts.get("status")
    return status if isinstance(status, int) else None
