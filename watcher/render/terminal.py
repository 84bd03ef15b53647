"""The digest on a screen."""

from datetime import tzinfo

from rich.console import Console
from rich.padding import Padding
from rich.style import Style
from rich.table import Table
from rich.text import Text

from watcher.digest import Digest, Health, Line, Outlet, Section
from watcher.render.words import date_said, say, tenths, trouble_said

REASONS = 5  # terms named in the "pourquoi" line
OUTLETS = 4  # others named in "aussi dans"
EXTRACT = 220  # characters


def console(*, width: int | None = None, record: bool = False, colour: bool | None = None) -> Console:
    """A console on which no text of an article is taken for markup, an emoji or something to colour."""
    return Console(
        markup=False,
        emoji=False,
        highlight=False,
        soft_wrap=False,
        width=width,
        record=record,
        no_color=None if colour is None else not colour,
    )


def show_digest(digest: Digest, screen: Console, *, language: str, zone: tzinfo) -> None:
    """Print a digest."""
    start, end = (date_said(language, moment, zone) for moment in (digest.start, digest.end))
    screen.print(Text(say(language, "title", start=start, end=end), style="bold"))
    kept = sum(len(s.lines) for s in digest.sections)
    counts = (("kept", kept), ("read", digest.read), ("aside", digest.set_aside), ("sources", digest.sources))
    screen.print(Text(" · ".join(say(language, key, n) for key, n in counts), style="dim"))
    if digest.outcome != "news":
        said = digest.outcome if digest.outcome == "failed" or not digest.troubles else "nothing-partly"
        screen.print(Text("\n" + say(language, said), style="bold yellow" if said == "failed" else ""))
    else:
        for section in digest.sections:
            _section(section, screen, language, zone)
    if digest.troubles:
        screen.print()
        screen.print(_heading(say(language, "health"), "", "yellow"))
        for health in digest.troubles:
            screen.print(_trouble(health, language, zone))


def _heading(title: str, right: str, style: str) -> Table:
    row = Table.grid(expand=True, padding=(0, 1))
    row.add_column(no_wrap=True)
    row.add_column(ratio=1, no_wrap=True, overflow="crop")
    row.add_column(no_wrap=True, justify="right")
    row.add_row(Text(title, style=f"bold {style}"), Text("─" * 400, style=f"dim {style}"), Text(right, style="dim"))
    return row


def _section(section: Section, screen: Console, language: str, zone: tzinfo) -> None:
    screen.print()
    right = say(language, "to-read", len(section.lines)) if section.lines else say(language, "none")
    screen.print(_heading(section.profile, right, "cyan"))
    for line in section.lines:
        row = Table.grid(padding=(0, 2))
        row.add_column(width=3, justify="right", no_wrap=True)
        row.add_column(ratio=1)
        row.add_row(Text(f"{line.score.value:.0f}", style=_warmth(line.score.value)), _story(line, language, zone))
        screen.print(Padding(row, (0, 0, 1, 0)))


def _warmth(value: float) -> str:
    return "bold green" if value >= 75 else "green" if value >= 50 else "dim"


def _story(line: Line, language: str, zone: tzinfo) -> Text:
    article = line.lead.article
    text = Text(article.title or say(language, "untitled"), style=Style(bold=True, link=article.url or None))
    text.append("\n")
    first = line.outlets[0]
    facts = [first.source]
    if article.journal:
        facts.append(article.journal)
    facts.append(date_said(language, article.published, zone) if article.published else say(language, "undated"))
    facts += [f"doi:{value}" for scheme, value in line.lead.aliases if scheme == "doi"][:1]
    text.append(" · ".join(facts) + _flag(article.language, language) + f" · n°{line.lead.id}", style="dim")
    if others := _others(line, language):
        text.append(f"\n{others}", style="dim")
    if extract := shortened(article.summary or article.body, EXTRACT):
        text.append(f"\n{extract}")
    text.append(f"\n{say(language, 'why')}{reasons(line, language)}", style="italic cyan")
    if line.also:
        text.append(f"\n{say(language, 'also-fits')}{', '.join(line.also)}", style="dim")
    return text


def _others(line: Line, language: str) -> str:
    seen = {line.outlets[0].source}
    others: list[Outlet] = []
    for outlet in line.outlets[1:]:
        if outlet.source not in seen:
            seen.add(outlet.source)
            others.append(outlet)
    if not others:
        return ""
    named = ", ".join(o.source + _flag(o.language, language) for o in others[:OUTLETS])
    rest = f", {say(language, 'more', len(others) - OUTLETS)}" if len(others) > OUTLETS else ""
    return say(language, "also-in") + named + rest


def _flag(spoken: str, language: str) -> str:
    return f" [{spoken}]" if spoken and spoken != language else ""


def reasons(line: Line, language: str) -> str:
    """The heaviest terms with their points, and how many points the others bring."""
    matches = line.score.matches
    points = tenths([m.contribution for m in matches])
    named = [f"{m.label} +{p:.0f}" for m, p in zip(matches[:REASONS], points, strict=False)]
    rest = len(matches) - REASONS
    if rest > 0:
        named.append(f"{say(language, 'more', rest)} +{sum(points[REASONS:]):.0f}")
    return " · ".join(named)


def shortened(prose: str, limit: int) -> str:
    """The beginning of a text, cut between two words."""
    if len(prose) <= limit:
        return prose
    return prose[:limit].rsplit(" ", 1)[0].rstrip(" ,;:.–-") + "…"


def _trouble(health: Health, language: str, zone: tzinfo) -> Text:
    assert health.state.trouble is not None  # noqa: S101 - that is what makes it a Health
    text = Text("  ! ", style="yellow")
    text.append(health.source.label, style="bold")
    text.append(f" {trouble_said(language, health.state.trouble)}")
    if health.state.since:
        text.append(f" ({say(language, 'since', date=date_said(language, health.state.since, zone))}", style="dim")
        text.append(f", {say(language, 'attempts', health.state.failures)})", style="dim")
    return text
