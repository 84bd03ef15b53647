"""The digest, and whatever else is listed, for other programs."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from watcher.absence import Absence
from watcher.articles import Article
from watcher.digest import Digest, Line, Near, Turn, is_paper
from watcher.health import Health
from watcher.ownpages import OwnPage
from watcher.post import Posted
from watcher.profiles import Profile
from watcher.relevance import Score
from watcher.replay import Replayed, Shift
from watcher.run import Arranged, Audit, Difference, Learnt, Marked, RunReport, Trial
from watcher.run.send import Made, SendReport, stories_of
from watcher.sources import Source, SourceState, Trouble, moved_to, shown_address
from watcher.store import Remembered, Word
from watcher.stories import Tie
from watcher.verdicts import Change
from watcher.works import Step


def dumped(value: object) -> str:
    """One JSON document on one line, accents as they are; lone surrogates cannot occur, texts are clean."""
    return json.dumps(value, ensure_ascii=False)


def digest_document(digest: Digest) -> str:
    """A digest as one JSON document, with the end of its line."""
    return dumped(digest_json(digest)) + "\n"


def digest_json(digest: Digest) -> dict[str, Any]:
    """A digest with everything that is on the screen, and the exact contributions."""
    return {
        "start": time(digest.start),
        "end": time(digest.end),
        "outcome": digest.outcome,
        "read": digest.read,
        "set_aside": digest.set_aside,
        "by_rules": digest.by_rules,
        "sources": digest.sources,
        "carried": digest.carried,
        "sections": [
            {
                "profile": s.profile,
                "threshold": s.threshold,
                "lines": [_line(line) for line in s.lines],
                "near": [_near(one) for one in s.near],
            }
            for s in digest.sections
        ],
        "turns": [_turn(turn) for turn in digest.turns],
        "troubles": [_health(h) for h in digest.troubles],
        "notices": [_health(h) for h in digest.notices],
    }


def _turn(turn: Turn) -> dict[str, Any]:
    known = turn.article
    return {
        "id": known.id,
        "title": known.article.title,
        "url": known.article.url,
        "aliases": [f"{scheme}:{value}" for scheme, value in known.aliases],
        **step_json(turn.step),
    }


def step_json(step: Step) -> dict[str, Any]:
    """One thing that became of an article."""
    return {"seen": time(step.at), "from": step.before, "to": step.after, "because": step.because or None}


def _line(line: Line) -> dict[str, Any]:
    return {
        "id": line.lead.id,
        "story": line.lead.story,
        "title": line.lead.article.title,
        "url": line.lead.article.url,
        "summary": line.lead.article.summary,
        "language": line.lead.article.language,
        "published": time(line.lead.article.published),
        "event": time(line.lead.article.event),
        "first_seen": time(line.lead.first_seen),
        "score": score_json(line.score) | {"article": line.scored},
        "also": list(line.also),
        "kept": line.kept,
        "rule": line.rule and line.rule.word,
        "new": len(line.fresh),
        "status": line.lead.article.status or None,
        "echoes": len({o.source for o in line.outlets[1:]} - {line.outlets[0].source}) if is_paper(line.lead) else None,
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


def _near(one: Near) -> dict[str, Any]:
    """An article just below the threshold."""
    article = one.article.article
    return {
        "id": one.article.id,
        "title": article.title,
        "url": article.url,
        "source": one.source,
        "language": article.language,
        "published": time(article.published),
        "status": article.status or None,
        "score": score_json(one.score),
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
    } | _rarely(article)


def _rarely(article: Article) -> dict[str, Any]:
    """What few articles have."""
    said: dict[str, Any] = {"event": time(article.event)} if article.event else {}
    if article.status:
        said["status"] = article.status
    if article.relations:
        said["relations"] = [
            {"kind": r.kind, "of": ":".join(r.of)} | ({"passive": True} if r.passive else {}) for r in article.relations
        ]
    return said


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


def change_json(change: Change) -> dict[str, Any]:
    """One term that two states of a profile weigh differently."""
    return {
        "key": change.term.key,
        "label": change.term.label,
        "kind": change.kind,
        "before": round(change.before, 4),
        "after": round(change.after, 4),
        "because": list(change.because),
    }


def learnt_json(learnt: Learnt) -> dict[str, Any]:
    """What a profile made of what was said."""
    return {"profile": learnt.profile.name, "changes": [change_json(c) for c in learnt.changes]}


def difference_json(found: Difference) -> dict[str, Any]:
    """What changed in a profile since its state before."""
    changed = [change_json(c) for c in found.changes]
    return {"profile": found.profile.name, "since": time(found.since), "changes": changed}


def marked_json(marked: Marked) -> dict[str, Any]:
    """What was said of one article; `keep` is null when it was taken back."""
    return {"id": str(marked.article.id), "profile": marked.profile, "keep": marked.keep}


def absence_json(found: Absence) -> dict[str, Any]:
    """The stage that kept an article out."""
    return {
        "stage": found.stage,
        "article": article_json(found.known) if found.known else None,
        "profile": found.profile or None,
        "threshold": found.threshold,
        "score": score_json(found.score) if found.score else None,
        "lacking": [{"key": t.key, "label": t.label, "weight": round(t.weight, 4)} for t in found.lacking],
        "rule": {"name": found.ruling.name, "word": found.ruling.word} if found.ruling else None,
        "lead": str(found.lead.id) if found.lead else None,
        "sources": [_health(h) for h in found.sources],
    }


def replayed_json(found: Replayed) -> dict[str, Any]:
    """What a change of one profile would have done."""

    def shifts(those: tuple[Shift, ...]) -> list[dict[str, Any]]:
        return [
            {
                "id": str(s.article.id),
                "title": s.article.article.title,
                "before": s.before,
                "after": s.after,
                "was": s.was or None,
                "now": s.now or None,
            }
            for s in those
        ]

    kinds = {"added": shifts(found.added), "dropped": shifts(found.dropped), "moved": shifts(found.moved)}
    return {"profile": found.profile} | kinds | {"same": found.same}


def audit_json(found: Audit) -> dict[str, Any]:
    """The sample of one profile, and what its labels tell."""
    recall = found.recall
    return {
        "profile": found.profile,
        "week": found.week,
        "since": time(found.since),
        "floor": found.floor,
        "asked": [{"id": str(k.id), "title": k.article.title, "url": k.article.url} for k in found.asked],
        "labelled": found.labelled,
        "found": found.found,
        "missing": len(found.asked),
        "recall": recall
        and {
            "value": recall.value,
            "low": recall.low,
            "high": recall.high,
            "shown": recall.shown,
            "missed": recall.missed,
        },
    }


def source_json(source: Source, state: SourceState) -> dict[str, Any]:
    """A source and how it fares."""
    trouble = state.trouble
    return {
        "id": source.id,
        "name": source.label,
        "url": shown_address(source.url),
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
        "url": shown_address(trial.source.url),
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


def arranged_json(arranged: Arranged) -> dict[str, Any]:
    """What became of the stories of some articles."""
    return {
        "changed": arranged.changed,
        "stories": [
            {"story": story[0].story, "members": [{"id": str(m.id), "title": m.article.title} for m in story]}
            for story in arranged.stories
        ],
    }


def word_json(word: Word) -> dict[str, Any]:
    """What a person said of two articles."""
    return {"articles": [str(number) for number in word.pair], "apart": word.apart, "at": time(word.at)}


def report_json(report: RunReport) -> dict[str, Any]:
    """What one run did, source by source."""
    total = report.summary
    return {
        "started": time(total.started),
        "finished": time(total.finished),
        "asked": total.asked,
        "resting": report.resting,
        "failed": total.failed,
        "offline": report.offline,
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


def sent_json(report: SendReport) -> dict[str, Any]:
    """What became of the digests and letters that were due."""
    return {
        "made": [made_json(made) for made in report.made],
        "letters": [letter_json(letter) for letter in report.letters],
        "waiting": report.waiting,
    }


def made_json(made: Made, *, whole: bool = False) -> dict[str, Any]:
    """What became of one list that was due; with the `whole` letters, as they are sent."""
    return {
        "list": made.setting.name,
        "period": made.period.name,
        "outcome": made.outcome,
        "digest": made.digest and made.digest.outcome,
        "stories": stories_of(made.digest) if made.digest else 0,
        "carried": len(made.left),
        "letters": [letter_json(letter, whole=whole) for letter in made.letters],
        "error": str(made.error) if made.error else None,
    }


def letter_json(letter: Posted, *, whole: bool = False) -> dict[str, Any]:
    """A letter and its fate; the `whole` one with what is sent."""
    return {
        "id": letter.id,
        "list": letter.list,
        "period": letter.period,
        "way": letter.way,
        "recipient": letter.recipient,
        "part": letter.part,
        "subject": letter.subject,
        "message_id": letter.message_id,
        "made": time(letter.made),
        "state": letter.state,
        "reason": letter.reason,
        "code": letter.code,
        "text": letter.text,
        "tries": letter.tries,
        "changed": time(letter.changed),
        "due": time(letter.due),
    } | ({"content": letter.content.decode("ascii", "replace")} if whole else {})


def _trouble(trouble: Trouble | None) -> dict[str, Any] | None:
    return {"kind": trouble.kind, "status": trouble.status, "detail": trouble.detail} if trouble else None


def time(moment: datetime | None) -> str | None:
    """ISO 8601, or null."""
    return None if moment is None else moment.isoformat()
