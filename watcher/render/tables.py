"""Everything but the digest that is listed on a screen, and the profile as text to edit."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import tzinfo

from rich import box
from rich.console import Group, RenderableType
from rich.style import Style
from rich.table import Table
from rich.text import Text

from watcher.articles import Article
from watcher.profiles import Profile, ProfileSetting, Term
from watcher.relevance import Score
from watcher.render.words import date_said, moment_said, number, say, spaced, tenths, trouble_said
from watcher.sources import Source, SourceState, state_of
from watcher.store import Remembered
from watcher.stories import Tie

_HEADS: dict[str, tuple[str, str]] = {
    "id": ("identifiant", "id"), "name": ("nom", "name"), "address": ("adresse", "address"), "every": ("toutes les", "every"),
    "state": ("état", "state"), "articles": ("articles", "articles"), "newest": ("dernière nouveauté", "last news"),
    "asked": ("interrogée", "asked"), "profile": ("profil", "profile"), "seeds": ("documents", "documents"), "terms": ("termes", "terms"),
    "threshold": ("seuil", "threshold"), "heaviest": ("les plus lourds", "heaviest"), "term": ("terme", "term"), "french": ("français", "French"),
    "english": ("anglais", "English"), "facet": ("facette", "facet"), "weight": ("poids", "weight"), "rare": ("rare : langue / biomédecine", "rare: language / biomedicine"),
    "from": ("vient de", "comes from"), "score": ("note", "score"), "title": ("titre", "title"), "date": ("date", "date"), "outlets": ("sources", "sources"),
    "why": ("pourquoi", "why"), "points": ("points", "points"), "field": ("où", "where"), "count": ("fois", "times"), "article": ("article", "article"),
    "story": ("histoire", "story"), "number": ("n°", "no."),
}  # fmt: skip
_SAID: dict[str, tuple[str, str]] = {
    "never": ("jamais interrogée", "never asked"), "well": ("va bien", "well"), "you": ("vous (feeds.yaml)", "you (feeds.yaml)"),
    "title": ("titre", "title"), "text": ("texte", "text"), "total": ("total", "total"), "no-match": ("aucun terme du profil", "no term of the profile"),
    "first-seen": ("vu le", "first seen"), "published": ("publié le", "published"), "names": ("connu comme", "known as"), "cites": ("cite", "cites"),
    "seen-in": ("vu dans", "seen in"), "scores": ("notes", "scores"), "changed": ("modifié le", "changed"), "same-story": ("Même histoire", "Same story"),
    "tied": ("lien", "tie"), "nothing": ("rien trouvé", "nothing found"), "disease": ("maladie", "disease"), "phenomenon": ("phénomène", "phenomenon"),
    "mechanism": ("mécanisme", "mechanism"), "method": ("méthode", "method"), "": ("", ""),
}  # fmt: skip


def _table(language: str, *heads: str, right: Iterable[str] = ()) -> Table:
    table = Table(box=box.SIMPLE_HEAD, header_style="bold", pad_edge=False)
    for head in heads:
        table.add_column(
            spaced(language, _HEADS[head][language == "en"]),
            justify="right" if head in right else "left",
            no_wrap=head in right,
            overflow="fold",
        )
    return table


def _said(language: str, key: str) -> str:
    return _SAID[key][language == "en"]


def sources_table(sources: tuple[Source, ...], language: str) -> Table:
    """The sources as the settings give them."""
    table = _table(language, "id", "name", "every", "address", right=["every"])
    for source in sources:
        hours = source.every.total_seconds() / 3600
        every = f"{hours:g} h" if hours >= 1 else f"{hours * 60:g} min"
        table.add_row(Text(source.id), Text(source.label), every, Text(source.url))
    return table


def health_table(sources: tuple[Source, ...], states: Mapping[str, SourceState], language: str, zone: tzinfo) -> Table:
    """How every source fares."""
    table = _table(language, "id", "state", "articles", "newest", "asked", right=["articles"])
    for source in sources:
        state = state_of(source, dict(states))
        table.add_row(
            Text(source.id),
            _state_said(state, language, zone),
            number(language, state.articles),
            moment_said(language, state.newest, zone) if state.newest else "—",
            moment_said(language, state.checked, zone) if state.checked else "—",
        )
    return table


def _state_said(state: SourceState, language: str, zone: tzinfo) -> Text:
    if state.checked is None:
        return Text(_said(language, "never"), style="dim")
    if state.trouble is None:
        return Text(_said(language, "well"), style="green")
    text = Text(trouble_said(language, state.trouble), style="yellow")
    if state.since:
        text.append(f" ({say(language, 'since', date=date_said(language, state.since, zone))})", style="dim")
    return text


def profiles_table(profiles: tuple[Profile, ...], language: str) -> Table:
    """The profiles with their heaviest terms."""
    table = _table(language, "profile", "seeds", "terms", "threshold", "heaviest", right=["terms", "threshold"])
    for profile in profiles:
        heaviest = ", ".join(term.label for term in profile.terms[:6])
        table.add_row(
            Text(profile.name),
            Text(", ".join(profile.seeds)),
            str(len(profile.terms)),
            f"{profile.threshold:g}",
            Text(heaviest),
        )
    return table


def profile_table(profile: Profile, language: str) -> Table:
    """A profile's vocabulary, heaviest first."""
    table = _table(language, "weight", "french", "english", "facet", "rare", "from", right=["weight"])
    for term in profile.terms:
        table.add_row(
            number(language, term.weight, 2),
            Text(", ".join(term.french) or ("—" if term.english else term.key)),
            Text(", ".join(term.english) or "—"),
            _said(language, term.facet),
            f"{number(language, term.general, 1)} / {number(language, term.biomedical, 1)}",
            Text(", ".join(term.seeds) or _said(language, "you")),
        )
    return table


def profile_yaml(profile: Profile, setting: ProfileSetting) -> str:
    """A profile as an entry of `profiles:` in feeds.yaml: what was learnt as comments, what a person said as settings."""
    lines = [
        "profiles:",
        f"  - name: {profile.name}",
        f"    seeds: seeds/{setting.seeds.name}",
        f"    threshold: {profile.threshold:g}",
        f"    include: [{', '.join(_quoted(w) for w in setting.include)}]",
        f"    exclude: [{', '.join(_quoted(w) for w in setting.exclude)}]",
        "    weights:" if setting.weights else "    weights: {}",
        *(f"      {_quoted(word)}: {factor:g}" for word, factor in setting.weights),
        "    # poids appris / learnt weights :",
        *(f"    #   {term.weight:.3f}  {_forms(term)}" for term in profile.terms),
    ]
    return "\n".join(lines) + "\n"


def _quoted(word: str) -> str:
    return '"' + word.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _forms(term: Term) -> str:
    return " | ".join(f for f in (", ".join(term.french), ", ".join(term.english)) if f) or term.key


def articles_table(found: Sequence[Remembered], language: str, zone: tzinfo) -> RenderableType:
    """Articles, one a line."""
    if not found:
        return Text(_said(language, "nothing"), style="dim")
    table = _table(language, "number", "date", "score", "title", "outlets", right=["number", "score"])
    for known in found:
        published = known.article.published or known.first_seen
        best = f"{known.scores[0][1]:.0f}" if known.scores else "—"
        title = Text(known.article.title or say(language, "untitled"), style=Style(link=known.article.url or None))
        table.add_row(str(known.id), date_said(language, published, zone), best, title, Text(", ".join(known.sources)))
    return table


def article_page(
    known: Remembered,
    story: Sequence[Remembered],
    ties: Sequence[Tie],
    names: Mapping[str, str],
    language: str,
    zone: tzinfo,
) -> RenderableType:
    """One article with all it is known by, and its story."""
    article = known.article
    facts = Table.grid(padding=(0, 2))
    facts.add_column(style="dim", no_wrap=True)
    facts.add_column(ratio=1, overflow="fold")
    for key, value in (
        ("published", date_said(language, article.published, zone) if article.published else say(language, "undated")),
        ("first-seen", moment_said(language, known.first_seen, zone)),
        ("changed", moment_said(language, known.changed, zone) if known.changed else ""),
        ("seen-in", ", ".join(names.get(s, s) for s in known.sources)),
        ("names", "\n".join(f"{scheme}:{value}" for scheme, value in known.aliases)),
        ("cites", "\n".join(f"{scheme}:{value}" for scheme, value in known.cites)),
        ("scores", " · ".join(f"{name} {number(language, value, 1)}" for name, value in known.scores)),
    ):
        if value:
            facts.add_row(_said(language, key), Text(value))
    parts: list[RenderableType] = [
        Text(article.title or say(language, "untitled"), style="bold"),
        Text(article.url, style="dim"),
        facts,
    ]
    if text := article.body or article.summary:
        parts += [Text(""), Text(text)]
    if len(story) > 1:
        parts += [Text(""), Text(_said(language, "same-story"), style="bold")]
        parts += [_member(m, known, ties, names, language) for m in story if m.id != known.id]
    return Group(*parts)


def _member(
    member: Remembered, known: Remembered, ties: Sequence[Tie], names: Mapping[str, str], language: str
) -> Text:
    text = Text(f"  n°{member.id} ", style="dim")
    text.append(member.article.title or say(language, "untitled"), style="")
    text.append(f" ({', '.join(names.get(s, s) for s in member.sources)})", style="dim")
    for tie in ties:
        if tie.article == member.id:
            text.append(
                f"\n      {_said(language, 'tied')} {number(language, tie.strength, 2)} : {', '.join(tie.shared)}",
                style="italic cyan",
            )
    return text


def explanation(known: Remembered, scores: Sequence[Score], language: str) -> Iterable[RenderableType]:
    """Every score of an article, taken apart; the points shown add up to the score shown."""
    yield Text(known.article.title or say(language, "untitled"), style="bold")
    for score in scores:
        points = tenths([m.contribution for m in score.matches])
        yield Text(f"\n{score.profile} : {number(language, sum(points), 1)} / 100", style="bold cyan")
        if not score.matches:
            yield Text(_said(language, "no-match"), style="dim")
            continue
        table = _table(language, "points", "term", "field", "count", "weight", right=["points", "count", "weight"])
        for match, point in zip(score.matches, points, strict=True):
            where = ", ".join(_said(language, f) for f in match.fields)
            table.add_row(
                number(language, point, 1),
                Text(match.label),
                where,
                str(match.count),
                number(language, match.weight, 2),
            )
        table.add_row(number(language, sum(points), 1), Text(_said(language, "total"), style="bold"), "", "", "")
        yield table


def ranking_table(judged: Sequence[tuple[Article, Score]], language: str) -> Table:
    """Articles of a file, best first."""
    table = _table(language, "score", "id", "title", "why", right=["score"])
    for article, score in judged:
        why = ", ".join(m.label for m in score.matches[:4])
        table.add_row(
            number(language, score.value, 1),
            Text(article.guid),
            Text(article.title or article.summary[:80]),
            Text(why, style="cyan"),
        )
    return table


def groups_table(articles: Sequence[Article], groups: Sequence[tuple[int, int]], language: str) -> Table:
    """Which records of a file belong together."""
    table = _table(language, "id", "article", "story", "title")
    for article, (same, story) in zip(articles, groups, strict=True):
        table.add_row(
            Text(article.guid),
            Text(articles[same].guid),
            Text(articles[story].guid),
            Text(article.title or article.summary[:80]),
        )
    return table
