"""What a person said and what came of it: verdicts, profiles that changed, absences, replays, audits."""

from collections.abc import Iterable, Sequence
from datetime import tzinfo

from rich.console import Group, RenderableType
from rich.style import Style
from rich.table import Table
from rich.text import Text

from watcher.absence import Absence
from watcher.audit import Recall
from watcher.health import NOTICED, Health
from watcher.render.sheet import linked
from watcher.render.tables import empty_table
from watcher.render.words import (
    advice_said,
    briefly_said,
    counted,
    date_said,
    moment_said,
    number,
    origin_said,
    say,
    spaced,
)
from watcher.replay import Replayed
from watcher.run import Audit, Difference, Learnt, Marked
from watcher.store import Remembered
from watcher.verdicts import Change

NAMED = 4  # terms named in one line

_SAYINGS: dict[str, tuple[str, str]] = {
    "kept": ("{articles} gardé pour {profile}|{articles} gardés pour {profile}", "{articles} kept for {profile}"),
    "rejected": ("{articles} écarté de {profile}|{articles} écartés de {profile}", "{articles} rejected for {profile}"),
    "taken-back": ("{articles} : verdict repris pour {profile}", "{articles}: verdict taken back for {profile}"),
    "up": ("{n} terme pèse plus|{n} termes pèsent plus", "{n} term weighs more|{n} terms weigh more"),
    "down": ("{n} terme pèse moins|{n} termes pèsent moins", "{n} term weighs less|{n} terms weigh less"),
    "added": ("{n} terme nouveau|{n} termes nouveaux", "{n} new term|{n} new terms"),
    "dropped": ("{n} terme disparu|{n} termes disparus", "{n} term gone"),
    "unmoved": ("aucun terme ne change", "no term changes"),
    "unlearnt": (
        "{profile} oublie ce que {articles} lui avait appris ; le verdict vaut toujours pour l’article|"
        "{profile} oublie ce que {articles} lui avaient appris ; les verdicts valent toujours pour les articles",
        "{profile} forgets what {articles} taught it; the verdict still holds for the article|"
        "{profile} forgets what {articles} taught it; the verdicts still hold for the articles",
    ),
    "nothing-learnt": ("{profile} n’a rien appris de verdicts", "{profile} learnt nothing from verdicts"),
    "first-state": ("{profile} : pas d’état antérieur différent", "{profile}: no earlier state that differs"),
    "since-state": ("{profile}, par rapport à son état du {date}", "{profile}, against its state of {date}"),
    "settings": ("réglages ou documents", "settings or documents"),
    "unknown": ("Jamais vu : aucune source ne l’a apporté.", "Never seen: no source brought it."),
    "no-source": (
        "Aucune source suivie n’est de ce site : « watcher sources add » peut l’ajouter.",
        "No source that is watched is of this site: `watcher sources add` may add it.",
    ),
    "source-well": ("{name} va bien, prochaine visite {due}", "{name} is well, next visit {due}"),
    "background": (
        "Vu le {date}, mais tenu hors des digests : déjà ancien quand sa source fut ajoutée, ou venu dans un afflux.",
        "Seen on {date}, but kept out of the digests: old already when its source was new, or come in a flood.",
    ),
    "stage-rejected": ("Écarté par votre verdict pour {profile}.", "Rejected by your verdict for {profile}."),
    "rule-never": ("Écarté par la règle « never » : {word}.", "Kept out by the rule `never`: {word}."),
    "rule-must": (
        "Écarté par la règle « must » : il ne dit pas {word}.",
        "Kept out by the rule `must`: it does not say {word}.",
    ),
    "notice": (
        "Correction ou rétractation, dite avec son article, {lead} : {title}",
        "A correction or a retraction, told with its paper, {lead}: {title}",
    ),
    "merged": ("Dans l’histoire que mène {lead} : {title}", "In the story led by {lead}: {title}"),
    "below": (
        "Sous le seuil : {value} pour {profile}, il en faut {threshold}.",
        "Below the threshold: {value} for {profile}, {threshold} are wanted.",
    ),
    "holds": ("il dit : ", "it says: "),
    "lacks": ("il lui manque : ", "it lacks: "),
    "no-profile": ("Il n’y a pas de profil.", "There is no profile."),
    "outside": (
        "Au-dessus du seuil, mais hors de la période : vu la première fois le {date} (--since).",
        "Above the threshold, but outside of the period: first seen on {date} (--since).",
    ),
    "shown": (
        "Rien ne l’écarte : il est dans le digest de la période.",
        "Nothing keeps it out: it is in the digest of the period.",
    ),
    "replay-none": ("rien ne changerait", "nothing would change"),
    "replay-added": (
        "{n} article s’ajouterait|{n} articles s’ajouteraient",
        "{n} article would be added|{n} articles would be added",
    ),
    "replay-dropped": ("{n} disparaîtrait|{n} disparaîtraient", "{n} would go"),
    "replay-moved": ("{n} changerait de place|{n} changeraient de place", "{n} would move"),
    "replay-same": ("{n} resterait en place|{n} resteraient en place", "{n} would stay"),
    "+": ("en plus", "added"),
    "-": ("en moins", "dropped"),
    "~": ("de {was} à {now}", "{was} to {now}"),
    "audit": (
        "{profile} : {n} article sous le seuil à juger, tiré au sort (semaine {week})|"
        "{profile} : {n} articles sous le seuil à juger, tirés au sort (semaine {week})",
        "{profile}: {n} article below the threshold to label, drawn at random (week {week})|"
        "{profile}: {n} articles below the threshold to label, drawn at random (week {week})",
    ),
    "audit-none": (
        "{profile} : aucun article entre {floor} et le seuil, rien à juger (semaine {week})",
        "{profile}: no article between {floor} and the threshold, nothing to label (week {week})",
    ),
    "audit-done": ("{profile} : tout est jugé (semaine {week})", "{profile}: all are labelled (week {week})"),
    "audit-how": (
        "Pour juger : « watcher mark N° N°... keep --profile {profile} » ou « reject », puis relancez cette commande.",
        "To label: `watcher mark NO NO... keep --profile {profile}` or `reject`, then run this command again.",
    ),
    "recall": (
        "Rappel estimé : {value} % (intervalle à 95 % : {low} à {high} %), parmi les articles notés {floor} ou plus.",
        "Estimated recall: {value}% (95% interval: {low} to {high}%), among articles that score {floor} or more.",
    ),
    "recall-of": ("{shown} montrés, {missed} manqués environ", "{shown} shown, about {missed} missed"),
    "labels-missing": (
        "{n} réponse manque encore|{n} réponses manquent encore",
        "{n} label still missing|{n} labels still missing",
    ),
    "labelled": (
        "{n} jugé, dont {found} à garder|{n} jugés, dont {found} à garder",
        "{n} labelled, {found} of them to keep",
    ),
    "more": ("{n} autre|{n} autres", "{n} more"),
}  # fmt: skip


def _say(language: str, key: str, n: int | None = None, **facts: object) -> str:
    pair = _SAYINGS[key]
    # Facts are put in last: a title may hold braces, and its own spaces.
    text = pair[language == "en"] if n is None else counted(language, pair, n)
    text = spaced(language, text)
    for name, value in facts.items():
        text = text.replace(f"{{{name}}}", str(value))
    return text


def _articles(language: str, numbers: Iterable[int]) -> str:
    return ", ".join(say(language, "numbered", id=one) for one in numbers)


def _terms(language: str, found: Sequence[Change]) -> str:
    labels = [change.term.label for change in found[:NAMED]]
    rest = len(found) - NAMED
    return ", ".join([*labels, *([_say(language, "more", rest)] if rest > 0 else [])])


def changes_said(learnt: Learnt | None, language: str) -> str:
    """What changed in a profile, in one line."""
    by_kind = {
        kind: [change for change in (learnt.changes if learnt else ()) if change.kind == kind]
        for kind in ("up", "down", "added", "dropped")
    }
    said = [
        say(language, "pair", name=_say(language, kind, len(found)), value=_terms(language, found))
        for kind, found in by_kind.items()
        if found
    ]
    return spaced(language, " ; ".join(said) if language == "fr" else "; ".join(said)) or _say(language, "unmoved")


def marked_said(marked: Sequence[Marked], learnt: Sequence[Learnt], language: str) -> Iterable[str]:
    """What was said and what it changed, one line a profile."""
    by_profile: dict[str, list[Marked]] = {}
    for one in marked:
        by_profile.setdefault(one.profile, []).append(one)
    changed = {one.profile.name: one for one in learnt}
    for name, those in by_profile.items():
        key = {True: "kept", False: "rejected", None: "taken-back"}[those[0].keep]
        articles = _articles(language, (one.article.id for one in those))
        said = _say(language, key, len(those), articles=articles, profile=name)
        yield _joined(language, said, changes_said(changed.get(name), language))


def undone_said(name: str, articles: Sequence[int], learnt: Sequence[Learnt], language: str) -> str:
    """What a profile forgot."""
    if not articles:
        return _say(language, "nothing-learnt", profile=name)
    said = _say(language, "unlearnt", len(articles), profile=name, articles=_articles(language, articles))
    return _joined(
        language, said, changes_said(next((one for one in learnt if one.profile.name == name), None), language)
    )


def _joined(language: str, one: str, other: str) -> str:
    return spaced(language, f"{one} ; {other}") if language == "fr" else f"{one}; {other}"


def difference_table(found: Difference, language: str, zone: tzinfo) -> RenderableType:
    """Term by term what changed in a profile, and why."""
    if found.since is None:
        return Text(_say(language, "first-state", profile=found.profile.name), style="dim")
    table = empty_table(language, "weight", "was", "term", "because", right=["weight", "was"])
    for change in found.changes:
        because = ", ".join(origin_said(language, one) for one in change.because)
        style = "green" if change.after > change.before else "red"
        table.add_row(
            Text(number(language, change.after, 2) if change.after else "—", style=style),
            number(language, change.before, 2) if change.before else "—",
            Text(change.term.label),
            Text(because or _say(language, "settings"), style="dim"),
        )
    date = moment_said(language, found.since, zone)
    return Group(Text(_say(language, "since-state", profile=found.profile.name, date=date), style="bold"), table)


# Absences


def absence_page(found: Absence, language: str, zone: tzinfo) -> RenderableType:
    """The stage that kept an article out, in words."""
    parts: list[RenderableType] = []
    if found.known:
        title = found.known.article.title or say(language, "untitled")
        parts.append(Text(f"{say(language, 'numbered', id=found.known.id)}  {title}", style="bold"))
    parts += [Text(line) for line in _stage_said(found, language, zone)]
    return Group(*parts)


def _stage_said(found: Absence, language: str, zone: tzinfo) -> Iterable[str]:
    known = found.known
    if known is None:
        yield _say(language, "unknown")
        yield from (_source_said(health, language, zone) for health in found.sources)
        if not found.sources:
            yield _say(language, "no-source")
    elif found.stage == "background":
        yield _say(language, "background", date=date_said(language, known.first_seen, zone))
    elif found.stage == "rejected":
        yield _say(language, "stage-rejected", profile=found.profile)
    elif found.stage == "rule" and found.ruling:
        yield _say(language, f"rule-{found.ruling.name}", word=found.ruling.word)
    elif found.stage in ("notice", "merged") and found.lead:
        title = found.lead.article.title or say(language, "untitled")
        yield _say(language, found.stage, lead=say(language, "numbered", id=found.lead.id), title=title)
    elif found.stage == "outside":
        yield _say(language, "outside", date=date_said(language, known.first_seen, zone))
    elif found.stage == "below":
        yield from _below_said(found, language)
    else:
        yield _say(language, "shown")


def _below_said(found: Absence, language: str) -> Iterable[str]:
    if found.score is None:
        yield _say(language, "no-profile")
        return
    value, threshold = number(language, found.score.value, 1), number(language, found.threshold)
    yield _say(language, "below", value=value, profile=found.profile, threshold=threshold)
    if found.score.matches:
        yield _say(language, "holds") + ", ".join(match.label for match in found.score.matches[:NAMED])
    if found.lacking:
        yield _say(language, "lacks") + ", ".join(term.label for term in found.lacking)


def _source_said(health: Health, language: str, zone: tzinfo) -> str:
    due = health.state.due
    if health.word == "well" and due:
        return _say(language, "source-well", name=health.source.label, due=moment_said(language, due, zone))
    told = briefly_said(language, health) if health.state.trouble or health.word in NOTICED else ""
    said = ", ".join(part for part in (told, advice_said(language, health)) if part)
    return say(language, "pair", name=health.source.label, value=said or health.word)


# Replays


def replay_page(replayed: Sequence[Replayed], language: str) -> Iterable[RenderableType]:
    """What would have been otherwise, profile by profile."""
    for one in replayed:
        counts = [_say(language, f"replay-{key}", n) for key, n in _counts(one) if n]
        changed = one.added or one.dropped or one.moved
        said = ", ".join(counts) if changed else _say(language, "replay-none")
        yield Text(say(language, "pair", name=one.profile, value=said), style="bold")
        if changed:
            yield _shifts(one, language)


def _counts(one: Replayed) -> tuple[tuple[str, int], ...]:
    return ("added", len(one.added)), ("dropped", len(one.dropped)), ("moved", len(one.moved)), ("same", one.same)


def _shifts(one: Replayed, language: str) -> Table:
    table = empty_table(
        language, "change", "score", "was", "number", "title", right=["score", "was", "number"], whole=["change"]
    )
    for sign, style, shifts in (("+", "green", one.added), ("-", "red", one.dropped), ("~", "", one.moved)):
        for shift in shifts:
            table.add_row(
                Text(_say(language, sign, was=shift.was, now=shift.now), style=style),
                number(language, shift.after),
                number(language, shift.before),
                str(shift.article.id),
                _linked(shift.article, language),
            )
    return table


def _linked(known: Remembered, language: str) -> Text:
    return Text(known.article.title or say(language, "untitled"), style=Style(link=linked(known.article.url) or None))


# Audits


def audit_page(found: Audit, language: str, zone: tzinfo) -> Iterable[RenderableType]:
    """What is to be labelled, and what the labels tell."""
    key = "audit" if found.asked else "audit-done" if found.labelled else "audit-none"
    count, least = len(found.asked) or None, number(language, found.floor)
    yield Text(_say(language, key, count, profile=found.profile, week=found.week, floor=least), style="bold")
    if found.asked:
        table = empty_table(language, "number", "date", "title", right=["number"], whole=["date"])
        for known in found.asked:
            day = date_said(language, known.article.published or known.first_seen, zone)
            table.add_row(str(known.id), day, _linked(known, language))
        yield table
        yield Text(_say(language, "audit-how", profile=found.profile), style="dim")
    if found.labelled:
        yield Text(_say(language, "labelled", found.labelled, found=found.found))
    if found.recall and found.labelled:
        yield Text(_recall_said(found.recall, found.floor, language), style="bold")
    if found.asked:
        yield Text(_say(language, "labels-missing", len(found.asked)), style="dim")


def _recall_said(recall: Recall, floor: float, language: str) -> str:
    value, low, high = (number(language, 100 * share) for share in (recall.value, recall.low, recall.high))
    of = _say(language, "recall-of", shown=number(language, recall.shown), missed=number(language, recall.missed))
    said = _say(language, "recall", floor=number(language, floor), value=value, low=low, high=high)
    return f"{said} ({of})"


__all__ = [
    "absence_page",
    "audit_page",
    "changes_said",
    "difference_table",
    "marked_said",
    "replay_page",
    "undone_said",
]
