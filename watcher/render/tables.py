"""Everything but the digest that is listed on a screen, and the profile as text to edit."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import tzinfo
from pathlib import Path

from rich import box
from rich.console import Group, RenderableType
from rich.style import Style
from rich.table import Table
from rich.text import Text

from watcher.articles import Article
from watcher.profiles import Profile, ProfileSetting, Term
from watcher.relevance import Score
from watcher.render.sheet import linked
from watcher.render.words import (
    HEADS,
    LABELS,
    date_said,
    day_said,
    moment_said,
    number,
    origin_said,
    page_said,
    say,
    spaced,
    status_said,
    tenths,
)
from watcher.rules import Rules
from watcher.run import Trial
from watcher.sources import Source, shown_address
from watcher.store import Remembered
from watcher.stories import Tie
from watcher.works import Step


def empty_table(language: str, *heads: str, right: Iterable[str] = (), whole: Iterable[str] = ()) -> Table:
    """An empty table; `right` are the columns of numbers, `whole` the others that are not broken into lines."""
    table = Table(box=box.SIMPLE_HEAD, header_style="bold", pad_edge=False)
    for head in heads:
        table.add_column(
            spaced(language, HEADS[head][language == "en"]),
            justify="right" if head in right else "left",
            no_wrap=head in right or head in whole,
            overflow="fold",
        )
    return table


def _said(language: str, key: str) -> str:
    return LABELS[key][language == "en"]


def sources_table(sources: tuple[Source, ...], language: str) -> Table:
    """The sources as the settings give them."""
    table = empty_table(language, "id", "name", "every", "address", right=["every"], whole=["id"])
    for source in sources:
        hours, minutes = divmod(int(source.every.total_seconds()) // 60, 60)
        every = f"{hours * 60 + minutes} min" if minutes else f"{hours} h"
        table.add_row(Text(source.id), Text(source.label), every, Text(shown_address(source.url)))
    return table


def trial_table(trial: Trial, language: str, zone: tzinfo) -> RenderableType:
    """What a source would bring: what is new first, then what is known."""
    if not trial.items:
        return Text(_said(language, "nothing"), style="dim")
    table = empty_table(language, "score", "known", "date", "title", right=["score"], whole=["known", "date"])
    for item in trial.items:
        article = item.article
        table.add_row(
            number(language, item.scores[0].value) if item.scores else "—",
            _said(language, "is-known" if item.known else "is-new"),
            day_said(language, article.published, zone) if article.published else "—",
            Text(article.title or say(language, "untitled"), style=Style(link=linked(article.url) or None)),
        )
    return table


def profiles_table(profiles: tuple[Profile, ...], language: str) -> Table:
    """The profiles with their heaviest terms."""
    heads = ("profile", "seeds", "terms", "threshold", "heaviest")
    table = empty_table(language, *heads, right=["seeds", "terms", "threshold"], whole=["profile"])
    for profile in profiles:
        heaviest = ", ".join(term.label for term in profile.terms[:6])
        table.add_row(
            Text(profile.name),
            number(language, len(profile.seeds)),
            number(language, len(profile.terms)),
            number(language, profile.threshold, 0 if profile.threshold.is_integer() else 1),
            Text(heaviest),
        )
    return table


def profile_table(profile: Profile, language: str) -> Table:
    """A profile's vocabulary, heaviest first."""
    table = empty_table(language, "weight", "french", "english", "facet", "rare", "from", right=["weight"])
    for term in profile.terms:
        table.add_row(
            number(language, term.weight, 2),
            Text(", ".join(term.french) or ("—" if term.english else term.key)),
            Text(", ".join(term.english) or "—"),
            _said(language, term.facet),
            f"{number(language, term.general, 1)} / {number(language, term.biomedical, 1)}",
            Text(", ".join(origin_said(language, one) for one in term.seeds) or _said(language, "you")),
        )
    return table


def profile_yaml(profile: Profile, setting: ProfileSetting, folder: Path, rules: Rules | None = None) -> str:
    """A profile as an entry of `profiles:` in the feeds.yaml of a folder.

    What a person said comes as settings, what was learnt as comments.
    """
    seeds = setting.seeds.relative_to(folder) if setting.seeds.is_relative_to(folder) else setting.seeds.absolute()
    lines = [
        "profiles:",
        f"  - name: {_quoted(profile.name)}",
        f"    seeds: {_quoted(seeds.as_posix())}",
        f"    threshold: {_plain(profile.threshold)}",
        f"    include: [{', '.join(_quoted(w) for w in setting.include)}]",
        f"    exclude: [{', '.join(_quoted(w) for w in setting.exclude)}]",
        "    weights:" if setting.weights else "    weights: {}",
        *(f"      {_quoted(word)}: {_plain(factor)}" for word, factor in setting.weights),
        *_rules_yaml(rules or Rules()),
        "    # poids appris / learnt weights :",
        *(f"    #   {term.weight:.3f}  {_forms(term)}" for term in profile.terms),
    ]
    return "\n".join(lines) + "\n"


def _rules_yaml(rules: Rules) -> list[str]:
    lists = (("always", rules.always), ("never", rules.never), ("must", rules.must))
    return [f"    {name}: [{', '.join(map(_quoted, said))}]" for name, said in lists if said]


def _quoted(word: str) -> str:
    return '"' + word.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _plain(value: float) -> str:
    """A number without an exponent, which settings do not take."""
    return f"{value:.12f}".rstrip("0").rstrip(".")


def _forms(term: Term) -> str:
    return " | ".join(f for f in (", ".join(term.french), ", ".join(term.english)) if f) or term.key


def articles_table(found: Sequence[Remembered], language: str, zone: tzinfo) -> RenderableType:
    """Articles, one a line."""
    if not found:
        return Text(_said(language, "nothing"), style="dim")
    table = empty_table(language, "number", "date", "score", "title", "outlets", right=["number", "score"])
    for known in found:
        published = known.article.published or known.first_seen
        best = f"{known.scores[0][1]:.0f}" if known.scores else "—"
        title = Text(
            known.article.title or say(language, "untitled"), style=Style(link=linked(known.article.url) or None)
        )
        table.add_row(str(known.id), date_said(language, published, zone), best, title, Text(", ".join(known.sources)))
    return table


def article_page(  # noqa: PLR0913 - all that is known of it
    known: Remembered,
    story: Sequence[Remembered],
    ties: Sequence[Tie],
    names: Mapping[str, str],
    language: str,
    zone: tzinfo,
    *,
    steps: Sequence[Step] = (),
) -> RenderableType:
    """One article with all it is known by, and its story."""
    article, judged = known.article, known.reading
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
        ("history", "\n".join(_history(known, steps, language, zone))),
        ("own-page", page_said(language, known.page, zone, judged=judged != article) if known.page else ""),
        ("scores", " · ".join(f"{name} {number(language, value, 1)}" for name, value in known.scores)),
    ):
        if value:
            facts.add_row(_said(language, key), Text(value))
    parts: list[RenderableType] = [
        Text(article.title or say(language, "untitled"), style="bold"),
        Text(article.url, style="dim"),
        facts,
    ]
    if text := judged.body or judged.summary:
        parts += [Text(""), Text(text)]
    if len(story) > 1:
        parts += [Text(""), Text(_said(language, "same-story"), style="bold")]
        parts += [_member(m, ties, names, language) for m in story if m.id != known.id]
    return Group(*parts)


def _history(known: Remembered, steps: Sequence[Step], language: str, zone: tzinfo) -> Iterator[str]:
    """What an article was when it was first seen, and what became of it since then."""
    status = steps[0].before if steps else known.article.status
    if steps or status:
        yield f"{date_said(language, known.first_seen, zone)}  {status_said(language, status)}"
    for step in steps:
        because = f" ({step.because})" if step.because else ""
        yield f"{date_said(language, step.at, zone)}  {status_said(language, step.after)}{because}"


def _member(member: Remembered, ties: Sequence[Tie], names: Mapping[str, str], language: str) -> Text:
    text = Text(f"  {say(language, 'numbered', id=member.id)} ", style="dim")
    text.append(member.article.title or say(language, "untitled"), style="")
    text.append(f" ({', '.join(names.get(s, s) for s in member.sources)})", style="dim")
    for tie in ties:
        if tie.article == member.id:
            name = f"{_said(language, 'tied')} {number(language, tie.strength, 2)}"
            said = say(language, "pair", name=name, value=", ".join(tie.shared))
            text.append(f"\n      {said}", style="italic cyan")
    return text


def explanation(known: Remembered, scores: Sequence[Score], language: str) -> Iterable[RenderableType]:
    """Every score of an article, taken apart; the points shown add up to the score shown."""
    yield Text(known.article.title or say(language, "untitled"), style="bold")
    for score in scores:
        points = tenths([m.contribution for m in score.matches])
        value = f"{number(language, math.fsum(points), 1)} / 100"
        yield Text("\n" + say(language, "pair", name=score.profile, value=value), style="bold cyan")
        if not score.matches:
            yield Text(_said(language, "no-match"), style="dim")
            continue
        table = empty_table(language, "points", "term", "field", "count", "weight", right=["points", "count", "weight"])
        for match, point in zip(score.matches, points, strict=True):
            where = ", ".join(_said(language, f) for f in match.fields)
            table.add_row(
                number(language, point, 1),
                Text(match.label),
                where,
                str(match.count),
                number(language, match.weight, 2),
            )
        table.add_row(number(language, math.fsum(points), 1), Text(_said(language, "total"), style="bold"), "", "", "")
        yield table


def ranking_table(judged: Sequence[tuple[Article, Score]], language: str) -> Table:
    """Articles of a file, best first."""
    table = empty_table(language, "score", "id", "title", "why", right=["score"])
    for article, score in judged:
        why = ", ".join(f"− {m.label}" if m.contribution < 0 else m.label for m in score.matches[:4])
        table.add_row(
            number(language, score.value, 1),
            Text(article.guid),
            Text(article.title or article.summary[:80]),
            Text(why, style="cyan"),
        )
    return table


def groups_table(articles: Sequence[Article], groups: Sequence[tuple[int, int]], language: str) -> Table:
    """Which records of a file belong together."""
    table = empty_table(language, "id", "article", "story", "title")
    for article, (same, story) in zip(articles, groups, strict=True):
        table.add_row(
            Text(article.guid),
            Text(articles[same].guid),
            Text(articles[story].guid),
            Text(article.title or article.summary[:80]),
        )
    return table
