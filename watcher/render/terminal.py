"""The digest on a screen."""

from collections.abc import Iterable
from datetime import tzinfo

from rich.console import Console, Group, JustifyMethod, OverflowMethod
from rich.containers import Lines
from rich.style import Style
from rich.table import Table
from rich.text import Text

from watcher.digest import Digest
from watcher.render.sheet import DOT, Ailing, Glance, Link, Part, Sheet, Story, Turned, points, sheet
from watcher.render.words import THIN, WIDE

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
    read = sheet(digest, language, zone)
    told = (read.told,) if read.outcome == "news" else ()
    counts = Prose(DOT.join((*told, *read.counts)), style="dim")
    if read.failing:
        counts.append(f"{DOT}{read.failing}", style="not dim yellow")
    screen.print(Group(Prose(read.title, style="bold"), counts))
    if not told:
        screen.print(Group(Prose(f"\n{read.told}", style="bold yellow" if read.outcome == "failed" else "")))
    for part in read.parts:
        _part(part, screen, read)
    if read.turned:
        screen.print()
        screen.print(_heading(read.turns, "", "magenta"))
        for turned in read.turned:
            screen.print(_hung(Text("↻", style="magenta"), _turned(turned, read)))
    if read.left_out:
        screen.print(Group(Prose(f"\n{read.left_out}", style="dim")))
    if read.ailing:
        screen.print()
        screen.print(_heading(read.health, "", "yellow"))
        for one in read.ailing:
            screen.print(_ailing(one))


def _heading(title: str, right: str, style: str) -> Table:
    row = Table.grid(expand=True, padding=(0, 1))
    row.add_column(no_wrap=True)
    row.add_column(ratio=1, no_wrap=True, overflow="crop")
    row.add_column(no_wrap=True, justify="right")
    row.add_row(Text(title, style=f"bold {style}"), Text("─" * 400, style=f"dim {style}"), Text(right, style="dim"))
    return row


def _part(part: Part, screen: Console, read: Sheet) -> None:
    screen.print()
    screen.print(_heading(part.profile, part.told, "cyan"))
    for place, story in enumerate(part.stories):
        if place:
            screen.print()
        screen.print(_hung(Text(story.score, style=_warmth(int(story.score))), _story(story, read)))
    if part.near:
        if part.stories:
            screen.print()
        screen.print(_hung(Text(), Prose(read.near, style="dim bold")))
        for one in part.near:
            screen.print(_hung(Text(one.score, style="dim"), _glance(one, read)))


def _hung(mark: Text, text: Text) -> Table:
    """A mark in the margin, and a text that stays beside it."""
    row = Table.grid(padding=(0, 2))
    row.add_column(width=3, justify="right", no_wrap=True)
    row.add_column(ratio=1, overflow="fold")
    row.add_row(mark, text)
    return row


def _warmth(value: int) -> str:
    return "bold green" if value >= 75 else "green" if value >= 50 else "dim"


def _story(story: Story, read: Sheet) -> Text:
    text = Prose()
    text.append(story.title, style=Style(bold=True, link=story.url or None))
    text.append("\n")
    for flag in _tongue(story.language, read):
        text.append(f"{flag}{DOT}", style="dim")
    if story.status:
        text.append(f"{story.status}{DOT}", style="bold magenta")
    _facts(text, story.facts, story.links, story.number)
    if story.event:
        text.append(f"\n{story.event}", style="bold")
    if story.outlets:
        others = DOT.join((*(one.name for one in story.outlets), *filter(None, [story.more])))
        text.append(f"\n{story.beside}{others}", style="dim")
    for place, piece in enumerate(story.extract):
        text.append(piece.text if place else f"\n{piece.text}", style="bold" if piece.marked else "")
    if story.reasons:
        text.append(f"\n{read.why}{points(story.reasons)}", style="italic cyan")
    if story.said:
        text.append(f"\n{story.said}", style="italic cyan")
    if story.also:
        text.append(f"\n{read.also_fits}{', '.join(story.also)}", style="dim")
    return text


def _glance(one: Glance, read: Sheet) -> Text:
    text = Prose()
    text.append(one.title, style=Style(link=one.url or None))
    facts = (*_tongue(one.language, read), *one.facts, points(one.reasons), one.number)
    text.append(f"\n{DOT.join(facts)}", style="dim")
    return text


def _turned(turned: Turned, read: Sheet) -> Text:
    text = Prose()
    text.append(turned.status, style="bold magenta")
    text.append(" — ")
    text.append(turned.title, style=Style(link=turned.url or None))
    text.append("\n")
    _facts(text, (*_tongue(turned.language, read), *turned.facts), turned.links, turned.number, turned.said)
    return text


def _tongue(spoken: str, read: Sheet) -> tuple[str, ...]:
    """The language of an article, where it is not the reader's."""
    return (spoken.upper(),) if spoken not in ("", read.language) else ()


def _facts(text: Text, facts: Iterable[str], links: Iterable[Link], *rest: str) -> None:
    """Facts of an article, the archives that hold it between them."""
    said: list[tuple[str, str | None]] = [(fact, None) for fact in facts]
    said += [(_written(link), link.url) for link in links]
    said += [(fact, None) for fact in rest]
    for place, (fact, url) in enumerate(said):
        text.append(DOT if place else "", style="dim")
        text.append(fact, style=Style(dim=True, link=url))


def _written(link: Link) -> str:
    """A DOI in full, to be copied; of another archive its name."""
    return link.url.removeprefix("https://") if link.name == "DOI" else link.name


def _ailing(one: Ailing) -> Table:
    """What is wrong with a source or noticed of it, since when, and what to do."""
    text = Prose()
    text.append(one.name, style="bold")
    text.append(f" {one.said}")
    if one.since:
        text.append(f" ({one.since})", style="dim")
    if one.advice:
        text.append(f" — {one.advice}", style="dim")
    return _hung(Text("!", style="yellow") if one.troubled else Text("?", style="cyan"), text)
