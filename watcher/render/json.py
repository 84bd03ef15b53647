"""The digest, and whatever else is listed, for other programs."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from watcher.digest import Digest, Line
from watcher.health import Health
from watcher.ownpages import OwnPage
from watcher.profiles import Profile
from watcher.relevance import Score
from watcher.run import RunReport, Trial
from watcher.sources import Source, SourceState, Trouble, moved_to
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
        "notices": [_health(h) for h in digest.notices],
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
    } | ({"event": time(article.event)} if article.event else {})


def own_page_json(page: OwnPage) -> dict[str, Any]:
    """What came of an article's own page; without its text, which is long and not ours to hand on."""
    return {
        "article": str(page.article),
        "url": page.url,
        "asked": time(page.asked),
        "outcome": page.outcome,
        "status": page.status,
        "due": time(page.due),
        "characters": len(page.text),
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
        "query": source.query,
        "select": dict(source.select),
        "every_minutes": int(source.every.total_seconds() // 60),
        "checked": time(state.checked),
        "ok": time(state.ok),
        "due": time(state.due),
        "newest": time(state.newest),
        "articles": state.articles,
        "failures": state.failures,
        "since": time(state.since),
        "trouble": _trouble(trouble),
        "first": time(state.first),
        "full": time(state.full),
        "same_since": time(state.same_since),
        "usual_gap_hours": None if state.usual_gap is None else state.usual_gap.total_seconds() / 3600,
        "gap": time(state.gap),
        "flood": time(state.flood),
        "held": state.held,
        "moved": moved_to(source, state),
        "moved_since": time(state.moved_since),
    }


def _health(health: Health) -> dict[str, Any]:
    return source_json(health.source, health.state) | {"health": [_faring(health)]}


def health_json(found: Sequence[Health]) -> dict[str, Any]:
    """A source with all that is to know of how it fares, as `judge_all` gives it."""
    return source_json(found[0].source, found[0].state) | {"health": [_faring(health) for health in found]}


def _faring(health: Health) -> dict[str, Any]:
    return {"word": health.word, "since": time(health.since), "advice": health.advice}


def trial_json(trial: Trial) -> dict[str, Any]:
    """What a source would bring, in the order of its document."""
    return {
        "source": trial.source.id,
        "url": trial.source.url,
        "newest": time(trial.newest),
        "complete": trial.complete,
        "items": [
            {
                "title": item.article.title,
                "url": item.article.url,
                "published": time(item.article.published),
                "language": item.article.language,
                "known": item.known,
                "scores": {score.profile: score.value for score in item.scores},
            }
            for item in trial.items
        ],
    }


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
                "held": r.held,
                "unchanged": r.unchanged,
                "trouble": _trouble(r.trouble),
            }
            for r in report.sources
        ],
        "pages": [own_page_json(page) for page in report.pages],
    }


def _trouble(trouble: Trouble | None) -> dict[str, Any] | None:
    return {"kind": trouble.kind, "status": trouble.status, "detail": trouble.detail} if trouble else None


def time(moment: datetime | None) -> str | None:
    """ISO 8601, or null."""
    return None if moment is None else moment.isoformat()
