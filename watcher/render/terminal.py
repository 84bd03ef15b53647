"""The digest on a screen."""

import math
from datetime import tzinfo

from rich.console import Console, Group, JustifyMethod, OverflowMethod
from rich.containers import Lines
from rich.style import Style
from rich.table import Table
from rich.text import Text

from watcher.digest import Digest, Line, Outlet, Section, Turn, is_paper
from watcher.health import NOTICED, TROUBLED, Health
from watcher.render.extract import extract
from watcher.render.sheet import SHOWN
from watcher.render.words import (
    THIN,
    WIDE,
    advice_said,
    date_said,
    notice_said,
    period_said,
    say,
    status_said,
    trouble_said,
    units,
)

REASONS = 5  # terms named in the "pourquoi" line
OUTLETS = 4  # others named in "aussi dans"
DOT = f"{WIDE}· "  # between facts; a line may end with it, none begins with it

# Private characters stand in for no-break spaces while lines are broken; no text of an article holds them.
_HELD = str.maketrans({WIDE: "\ue000", THIN: "\ue001"})
_FREED = str.maketrans({"\ue000": WIDE, "\ue001": THIN})


class Prose(Text):
    """Text that keeps together what a no-break space joins; rich takes that space for any other.

    To be printed inside something (a Group, a Table): rich copies a text that is printed alone into a plain one.
    """

    def wrap(
        self,
        console: Console,
        width: int,
        *,
        justify: JustifyMethod | None = None,
        overflow: OverflowMethod | None = None,
        tab_size: int = 8,
        no_wrap: bool | None = None,
    ) -> Lines:
        """Break into lines of at most `width` cells."""
        held = self.copy()
        held.plain = held.plain.translate(_HELD)
        lines = held.wrap(console, width, justify=justify, overflow=overflow, tab_size=tab_size, no_wrap=no_wrap)
        for line in lines:
            line.plain = line.plain.translate(_FREED)
        return lines


class _Console(Console):
    def on_broken_pipe(self) -> None:
        """Leave it to the command line: a reader who has seen enough (`| head`) is not a failure."""
        raise BrokenPipeError


def console(*, width: int | None = None, record: bool = False, colour: bool | None = None) -> Console:
    """A console on which no text of an article is taken for markup, an emoji or something to colour."""
    return _Console(
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
    title = Prose(period_said(language, digest.start, digest.end, zone), style="bold")
    kept = sum(len(s.lines) for s in digest.sections)
    counts = [("kept", kept), ("read", digest.read), ("aside", digest.set_aside)]
    counts += [("by-rules", digest.by_rules)] * bool(digest.by_rules) + [("sources", digest.sources)]
    screen.print(Group(title, Prose(DOT.join(say(language, key, n) for key, n in counts), style="dim")))
    if digest.outcome != "news":
        said = digest.outcome if digest.outcome == "failed" or not digest.troubles else "nothing-partly"
        screen.print(Group(Prose("\n" + say(language, said), style="bold yellow" if said == "failed" else "")))
    elif kept:
        for section in digest.sections:
            _section(section, screen, language, zone)
    if digest.turns:
        screen.print()
        screen.print(_heading(say(language, "turns"), say(language, "once"), "magenta"))
        for turn in digest.turns:
            screen.print(_hung(Text("↻", style="magenta"), _turned(turn, language, zone)))
    if digest.troubles or digest.notices:
        screen.print()
        screen.print(_heading(say(language, "health"), "", "yellow"))
        for health in (*digest.troubles, *digest.notices):
            screen.print(health_line(health, language, zone))


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
    for place, line in enumerate(section.lines):
        if place:
            screen.print()
        score = Text(f"{line.score.value:.0f}", style=_warmth(line.score.value))
        screen.print(_hung(score, _story(line, language, zone)))


def _turned(turn: Turn, language: str, zone: tzinfo) -> Text:
    article, text = turn.article.article, Prose()
    text.append(status_said(language, turn.step.after), style="bold magenta")
    text.append(" — ")
    text.append(article.title or say(language, "untitled"), style=Style(link=linked(article.url)))
    facts = [article.journal] * bool(article.journal)
    facts += [date_said(language, article.published, zone)] if article.published else []
    facts += [f"doi:{value}" for scheme, value in turn.article.aliases if scheme == "doi"][:1]
    text.append("\n" + DOT.join((*facts, say(language, "numbered", id=turn.article.id))), style="dim")
    return text


def _hung(mark: Text, text: Text) -> Table:
    """A mark in the margin, and a text that stays beside it."""
    row = Table.grid(padding=(0, 2))
    row.add_column(width=3, justify="right", no_wrap=True)
    row.add_column(ratio=1, overflow="fold")
    row.add_row(mark, text)
    return row


def _warmth(value: float) -> str:
    return "bold green" if value >= 75 else "green" if value >= 50 else "dim"


def _story(line: Line, language: str, zone: tzinfo) -> Text:
    article = line.lead.article
    text = Prose()
    text.append(article.title or say(language, "untitled"), style=Style(bold=True, link=linked(article.url)))
    text.append("\n")
    if article.status in SHOWN:
        text.append(status_said(language, article.status) + DOT, style="bold magenta")
    first = line.outlets[0]
    facts = [first.source + _flag(article.language, language)]
    if article.journal and article.journal != first.source:
        facts.append(article.journal)
    facts.append(date_said(language, article.published, zone) if article.published else say(language, "undated"))
    facts += [f"doi:{value}" for scheme, value in line.lead.aliases if scheme == "doi"][:1]
    facts.append(say(language, "numbered", id=line.lead.id))
    text.append(DOT.join(facts), style="dim")
    if others := _others(line, language):
        text.append(f"\n{others}", style="dim")
    for place, piece in enumerate(extract(article.summary or article.body, (m.key for m in line.score.matches))):
        text.append(piece.text if place else f"\n{piece.text}", style="bold" if piece.marked else "")
    if line.score.matches:
        text.append(f"\n{say(language, 'why')}{reasons(line, language)}", style="italic cyan")
    if line.kept:
        text.append(f"\n{say(language, 'kept-by-you')}", style="italic cyan")
    elif line.rule:
        text.append(f"\n{say(language, 'always-shown', word=line.rule.word)}", style="italic cyan")
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
    named = [o.source + _flag(o.language, language) for o in others[:OUTLETS]]
    if len(others) > OUTLETS:
        named.append(say(language, "more", len(others) - OUTLETS))
    before = say(language, "echoes", len(others)) if is_paper(line.lead) else say(language, "also-in")
    return before + DOT.join(named)  # names of sources hold commas


def _flag(spoken: str, language: str) -> str:
    return f"{WIDE}[{spoken}]" if spoken and spoken != language else ""


def reasons(line: Line, language: str) -> str:
    """The heaviest terms with their points, and what the others bring; the points add up to the score shown."""
    named, others = line.score.matches[:REASONS], line.score.matches[REASONS:]
    said = [m.label for m in named]
    points = [m.contribution for m in named]
    if others:
        said.append(say(language, "more", len(others)))
        points.append(math.fsum(m.contribution for m in others))
    return DOT.join(f"{name}{WIDE}+{p}" for name, p in zip(said, units(points), strict=True))


def linked(url: str) -> str | None:
    """An address that a click may open: the web's and no other."""
    return url if url.startswith(("https://", "http://")) else None


def health_line(health: Health, language: str, zone: tzinfo) -> Table:
    """What is wrong with a source or noticed of it, since when, and what to do."""
    text = Prose()
    text.append(health.source.label, style="bold")
    if trouble := health.state.trouble if health.word in TROUBLED else None:
        text.append(f" {trouble_said(language, trouble)}")
        if since := health.state.since:
            text.append(f" ({say(language, 'since', date=date_said(language, since, zone))}", style="dim")
            text.append(f", {say(language, 'attempts', health.state.failures)})", style="dim")
    elif health.word in NOTICED:
        text.append(f" {notice_said(language, health, zone)}")
    if advice := advice_said(language, health):
        text.append(f" — {advice}", style="dim")
    return _hung(Text("!", style="yellow") if trouble else Text("?", style="cyan"), text)
