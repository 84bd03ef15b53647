"""How every source fares, as a table: what needs doing first, by what is to be done; those that fare well last."""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, tzinfo
from math import ceil
from typing import get_args

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from watcher.health import TROUBLED, Health, Word
from watcher.render.terminal import Prose
from watcher.render.words import FARES, HEADS, TO_DO, briefly_said, counted, number, say, short_day, spaced
from watcher.render.words import WIDE as SPACE

GAP = 2  # cells between two columns
SHORTEST_NAME = 26  # cells; less, and two sources of one institute look the same
WIDE, WIDER = 100, 140  # cells of a screen on which there is room for the latest news, for the id

_Said = Callable[[Health], str]


def health_table(
    fares: Sequence[Sequence[Health]], language: str, zone: tzinfo, *, now: datetime, width: int
) -> RenderableType:
    """All sources on a screen of that many cells, in the order of the settings under each thing to do.

    `fares` has of each source all that is to know, as `judge_all` gives it; a source is named once for each.
    """
    blocks: dict[str, list[Health]] = {key: [] for key in TO_DO}
    for health in (health for found in fares for health in found):
        blocks["silent" if health.word == "silent" else health.advice or "well"].append(health)
    well, never = blocks.pop("well"), blocks.pop("poll")
    columns = _Columns([h for block in blocks.values() for h in block], language, zone, now, width)
    parts: list[RenderableType] = []
    for key, block in blocks.items():
        if block:
            parts += [*(() if parts else (columns.heads(),)), _heading(key, block, language), columns.rows(block), ""]
    facts = [("articles", columns.articles), ("newest", columns.newest)]
    for key, block, beside in (("poll", never, []), ("well", well, facts)):
        if block:
            parts += [_heading(key, block, language), _abreast(block, beside, language, width), ""]
    return Group(*parts, Prose(counts_said(fares, language), style="bold"))


def _heading(key: str, block: Sequence[Health], language: str) -> Text:
    word = block[0].word
    colour = "green" if word == "well" else "yellow" if word in TROUBLED and key != "wait" else "cyan"
    return Prose(spaced(language, TO_DO[key][language == "en"]), style=f"bold {colour}")


class _Columns:
    """The columns that all blocks share, so that they stand under one another."""

    def __init__(self, shown: Sequence[Health], language: str, zone: tzinfo, now: datetime, width: int) -> None:
        self.language, self.zone, self.now = language, zone, now
        facts: list[tuple[str, _Said]] = [("from-day", self.since), ("articles", self.articles)]
        if width >= WIDE:
            facts.append(("newest", self.newest))
        self.facts = [(head, said, _widest(shown, said, head, language)) for head, said in facts]
        self.names = min(max((Text(h.source.label).cell_len for h in shown), default=0), max(width * 3 // 10, 1))
        self.ids = max((len(h.source.id) for h in shown), default=0) if width >= WIDER else 0
        self.ids = min(self.ids, width // 5)

    def since(self, health: Health) -> str:
        return self._day(health.since)

    def newest(self, health: Health) -> str:
        return self._day(health.state.newest)

    def articles(self, health: Health) -> str:
        return number(self.language, health.state.articles)

    def _day(self, moment: datetime | None) -> str:
        return short_day(self.language, moment, self.zone, now=self.now) if moment else "—"

    def heads(self) -> Table:
        """What stands in each column, over the first block."""
        grid, ids = self._grid(), ["id"] if self.ids else []
        heads = ["source", *ids, *(head for head, *_ in self.facts), "remark"]
        grid.add_row("", *(Text(HEADS[head][self.language == "en"], style="dim") for head in heads))
        return grid

    def rows(self, block: Sequence[Health]) -> Table:
        """One block."""
        grid = self._grid()
        for health in block:
            mark = Text("!", style="yellow") if health.word in TROUBLED else Text("?", style="cyan")
            ids = [Text(health.source.id, style="dim")] if self.ids else []
            facts = [Text(said(health)) for _, said, _ in self.facts]
            grid.add_row(mark, Text(health.source.label), *ids, *facts, Prose(briefly_said(self.language, health)))
        return grid

    def _grid(self) -> Table:
        grid = Table.grid(padding=(0, GAP, 0, 0), expand=True)
        grid.add_column(width=1)
        for cells in filter(None, (self.names, self.ids)):
            grid.add_column(width=cells, no_wrap=True, overflow="ellipsis")
        for *_, cells in self.facts:
            grid.add_column(width=cells, justify="right", no_wrap=True)
        grid.add_column(ratio=1, overflow="fold")
        return grid


def _widest(shown: Sequence[Health], said: _Said, head: str, language: str) -> int:
    return max(len(text) for text in (HEADS[head][language == "en"], *map(said, shown)))


def _abreast(block: Sequence[Health], facts: Sequence[tuple[str, _Said]], language: str, width: int) -> Table:
    """Names with a fact or two, as many beside one another as there is room for, to be read downwards."""
    cells = [_widest(block, said, head, language) for head, said in facts]
    beside = sum(cells) + GAP * (len(cells) + 1)
    longest = max(Text(health.source.label).cell_len for health in block)
    across = max(width // (min(longest, SHORTEST_NAME) + beside), 1)
    height = max(ceil(len(block) / across), min(len(block), 5))
    grid = Table.grid(padding=(0, GAP, 0, 0))
    for _ in range(0, len(block), height):
        grid.add_column(width=max(min(longest, width // across - beside), 1), no_wrap=True, overflow="ellipsis")
        for wide in cells:
            grid.add_column(width=wide, justify="right", no_wrap=True)
    heads = [HEADS["source"][language == "en"], *(HEADS[head][language == "en"] for head, _ in facts)]
    if facts:
        grid.add_row(*(Text(head, style="dim") for head in heads * len(range(0, len(block), height))))
    for line in range(height):
        row = block[line::height]
        grid.add_row(*(text for h in row for text in (Text(h.source.label), *(Text(said(h)) for _, said in facts))))
    return grid


def counts_said(fares: Sequence[Sequence[Health]], language: str) -> str:
    """How all sources fare, in a few words: `29 sources : 27 vont bien, 1 en panne`."""
    words = Counter(found[0].word for found in fares)
    order: tuple[Word, ...] = ("well", *(word for word in get_args(Word) if word != "well"))
    said = ", ".join(counted(language, FARES[w], words[w]).replace(" ", SPACE) for w in order if words[w])
    return say(language, "pair", name=say(language, "all-sources", len(fares)), value=said)
