"""What the sample world says: its outlets and what they publish, read from `world.yaml`."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from importlib.resources import files
from typing import Any, Literal

import yaml

Shape = Literal["rss", "atom", "rdf", "json", "page", "error"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlet:
    """One invented publisher's feed, and how it is written; `world.yaml` says what each option means."""

    id: str
    name: str
    language: str
    home: str
    path: str
    shape: Shape
    declared: str = "UTF-8"
    bytes: str = "utf-8"
    prose: Literal["plain", "twice-escaped"] = "plain"
    guids: Literal["own", "link", "none"] = "own"
    suffix: str = ""
    text: str = ""  # what a page or an error says


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One item of one feed as it is first served, with the answers a measurement needs.

    An article listed in two feeds of an outlet is two items with the same `article`.
    """

    source: str
    day: int  # 1 or 2: the first day it is served
    article: str  # its address without what the feed added to it
    link: str
    title: str
    summary: str
    language: str
    guid: str = ""  # empty: the feed gives none
    published: datetime | None = None
    updated: datetime | None = None  # when it was edited; None: never
    doi: str = ""
    authors: tuple[str, ...] = ()
    story: str = ""  # the finding it tells, named after its profile; empty: none of the five
    about: tuple[str, ...] = ()  # the profiles a reader would want it for
    edits: tuple[tuple[str, str | datetime], ...] = ()  # the fields that read otherwise from day 2 on

    def on(self, day: int) -> "Item":
        """The item as it is served on a day."""
        changes: dict[str, Any] = dict(self.edits) if day > 1 else {}
        return replace(self, **changes)


def read_content(day_one: datetime) -> tuple[tuple[Outlet, ...], tuple[Item, ...]]:
    """Read the outlets and their items, dated as seen from the first day."""
    text = files("watcher.demo").joinpath("world.yaml").read_text(encoding="utf-8")
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the C one reads this file ten times faster
    raw = yaml.load(text, Loader=loader)  # noqa: S506 - both loaders are the safe ones
    outlets = tuple(Outlet(**one) for one in raw["sources"])
    by_id = {outlet.id: outlet for outlet in outlets}
    items = tuple(_item(one, by_id[source], day_one) for one in raw["items"] for source in _as_list(one["source"]))
    return outlets, items


def _item(raw: dict[str, Any], outlet: Outlet, day_one: datetime) -> Item:
    link = raw["link"] + outlet.suffix
    age = raw["age"]
    moment = day_one + timedelta(days=raw["day"] - 1)
    return Item(
        source=outlet.id,
        day=raw["day"],
        article=raw["link"],
        link=link,
        title=raw["title"],
        summary=raw["summary"],
        language=raw.get("language", outlet.language),
        guid=link if outlet.guids == "link" else raw.get("guid", ""),
        published=None if age is None else moment - timedelta(hours=age),
        doi=raw.get("doi", ""),
        authors=tuple(raw.get("authors", ())),
        story=raw.get("story") or "",
        about=tuple(raw.get("about", ())),
        edits=_edits(raw, day_one),
    )


def _edits(raw: dict[str, Any], day_one: datetime) -> tuple[tuple[str, str | datetime], ...]:
    if "day2" not in raw:
        return ()
    return (*raw["day2"].items(), ("updated", day_one + timedelta(hours=22)))


def _as_list(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value
