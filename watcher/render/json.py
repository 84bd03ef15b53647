"""The digest, and whatever else is listed, for other programs."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from watcher.digest import Digest, Health, Line
from watcher.profiles import Profile
from watcher.relevance import Score
from watcher.run import RunReport
from watcher.sources import Source, SourceState, Trouble
from watcher.store import Remembered
from watcher.stories import Tie


def dumped(value: object) -> str:
    """One JSON document on one line, accents as they are; lone surrogates cannot occur, texts are clean."""
    return json.dumps(value, ensure_ascii=False)


def digest_json(digest: Digest) -> dict[str, Any]:
    """A digest with everything that is on the screen, and the exact contributions."""
    return {
        "start": time(digest.start),
        "end": time(digest.end),
        "outcome": digest.outcome,
        "read": digest.read,
        "set_aside": digest.set_aside,
        "sources": digest.sources,
        "sections": [
            {"profile": s.profile, "threshold": s.threshold, "lines": [_line(line) for line in s.lines]}
            for s in digest.sections
        ],
        "troubles": [_health(h) for h in digest.troubles],
    }


def _line(line: Line) -> dict[str, Any]:
    return {
        "id": line.lead.id,
        "story": line.lead.story,
        "title": line.lead.article.title,
        "url": line.lead.article.url,
        "summary": line.lead.article.summary,
        "language": line.lead.article.language,
        "published": time(line.lead.article.published),
        "first_seen": time(line.lead.first_seen),
        "score": score_json(line.score) | {"article": line.scored},
        "also": list(line.also),
        "new": line.new,
        "outlets": [
            {
                "source": o.source,
                "article": o.article,
                "url": o.url,
                "title": o.title,
                "language": o.language,
                "published": time(o.published),
            }
            for o in line.outlets
        ],
    }


def score_json(score: Score) -> dict[str, Any]:
    """A score with its matches; their contributions sum to it."""
    return {
        "profile": score.profile,
        "value": score.value,
        "matches": [
            {
                "key": m.key,
                "label": m.label,
                "fields": list(m.fields),
                "count": m.count,
                "weight": m.weight,
                "contribution": m.contribution,
            }
            for m in score.matches
        ],
    }


def article_json(known: Remembered) -> dict[str, Any]:
    """One article as `export` writes it and `import` reads it."""
    article = known.article
    return {
        "id": str(known.id),
        "title": article.title,
        "text": article.body or article.summary,
        "url": article.url,
        "published": time(article.published),
        "first_seen": time(known.first_seen),
        "language": article.language,
        "sources": list(known.sources),
        "aliases": [f"{scheme}:{value}" for scheme, value in known.aliases],
        "story": known.story,
        "scores": dict(known.scores),
    }


def profile_json(profile: Profile) -> dict[str, Any]:
    """A profile with all its terms."""
    return {
        "name": profile.name,
        "threshold": profile.threshold,
        "seeds": list(profile.seeds),
        "fingerprint": profile.fingerprint,
        "terms": [
            {
                "key": t.key,
                "french": list(t.french),
                "english": list(t.english),
                "facet": t.facet,
                "weight": round(t.weight, 4),
                "general": t.general,
                "biomedical": t.biomedical,
                "seeds": list(t.seeds),
            }
            for t in profile.terms
        ],
    }


def source_json(source: Source, state: SourceState) -> dict[str, Any]:
    """A source and how it fares."""
    trouble = state.trouble
    return {
        "id": source.id,
        "name": source.label,
        "url": source.url,
        "kind": source.kind,
        "language": source.language,
        "every_minutes": int(source.every.total_seconds() // 60),
        "checked": time(state.checked),
        "ok": time(state.ok),
        "due": time(state.due),
        "newest": time(state.newest),
        "articles": state.articles,
        "failures": state.failures,
        "since": time(state.since),
        "trouble": _trouble(trouble),
    }


def _health(health: Health) -> dict[str, Any]:
    return source_json(health.source, health.state)


def story_json(members: Sequence[Remembered], ties: Sequence[Tie]) -> dict[str, Any]:
    """The members of a story and what tied one of them to the others."""
    return {
        "members": [{"id": str(m.id), "title": m.article.title, "sources": list(m.sources)} for m in members],
        "ties": [{"article": str(t.article), "strength": t.strength, "shared": list(t.shared)} for t in ties],
    }


def report_json(report: RunReport) -> dict[str, Any]:
    """What one run did, source by source."""
    total = report.summary
    return {
        "started": time(total.started),
        "finished": time(total.finished),
        "asked": total.asked,
        "resting": report.resting,
        "failed": total.failed,
        "new": total.new,
        "known": total.known,
        "sources": [
            {
                "id": r.source.id,
                "new": r.new,
                "known": r.known,
                "changed": r.changed,
                "unchanged": r.unchanged,
                "trouble": _trouble(r.trouble),
            }
            for r in report.sources
        ],
    }


def _trouble(trouble: Trouble | None) -> dict[str, Any] | None:
    return {"kind": trouble.kind, "status": trouble.status, "detail": trouble.detail} if trouble else None


def time(moment: datetime | None) -> str | None:
    """ISO 8601, or null."""
    return None if moment is None else moment.isoformat()
