"""The digest as plain text, to be read anywhere: lines of 72 characters at most, addresses whole."""

import textwrap
from collections.abc import Iterable, Iterator
from datetime import tzinfo

from watcher.digest import Digest
from watcher.render.extract import Passage
from watcher.render.sheet import DOT, Ailing, Glance, Sheet, Story, Turned, points, sheet

WIDTH = 72
_INDENT = " " * 5


def text(digest: Digest, language: str, zone: tzinfo) -> str:
    """A digest as plain text; matched words stand between asterisks."""
    return written(sheet(digest, language, zone))


def written(digest: Sheet) -> str:
    """A digest in words as plain text."""
    failing = (digest.failing,) if digest.failing else ()
    lines = [*_wrapped(digest.title), "=" * min(len(digest.title), WIDTH), *_wrapped(digest.told)]
    lines += _wrapped(DOT.join((*digest.counts, *failing)))
    for part in digest.parts:
        lines += ["", "", *_headed(f"{part.profile} — {part.told}")]
        for story in part.stories:
            lines += ["", *_story(story, digest)]
        if part.near:
            lines += ["", *_wrapped(digest.near), *(line for one in part.near for line in _glance(one))]
    if digest.turned:
        lines += ["", "", *_headed(digest.turns)]
        for turned in digest.turned:
            lines += ["", *_turned(turned)]
    if digest.left_out:
        lines += ["", *_wrapped(digest.left_out)]
    if digest.ailing:
        lines += ["", "", *_headed(digest.health)]
        for one in digest.ailing:
            lines += ["", *_ailing(one)]
    if digest.footnote:
        lines += ["", "", *_wrapped(digest.footnote)]
    return "\n".join(lines) + "\n"


def _headed(title: str) -> Iterator[str]:
    lines = _wrapped(title)
    yield from lines
    yield "-" * max(map(len, lines))


def _story(story: Story, digest: Sheet) -> Iterator[str]:
    yield from _wrapped(story.title, first=f"[{story.score}]".ljust(len(_INDENT)))
    yield from _wrapped(
        DOT.join((*_tongue(story.language), *filter(None, [story.status]), *story.facts)), first=_INDENT
    )
    if story.event:
        yield from _wrapped(story.event, first=_INDENT)
    if story.outlets:
        others = [one.name for one in story.outlets] + [story.more] * bool(story.more)
        yield from _wrapped(story.beside + DOT.join(others), first=_INDENT)
    if story.extract:
        yield from _wrapped(_starred(story.extract), first=_INDENT)
    if story.reasons:
        yield from _wrapped(digest.why + points(story.reasons), first=_INDENT)
    if story.said:
        yield from _wrapped(story.said, first=_INDENT)
    if story.also:
        yield from _wrapped(digest.also_fits + ", ".join(story.also), first=_INDENT)
    yield from _wrapped(story.number, first=_INDENT)
    for address in dict.fromkeys(a for a in (story.url, *(link.url for link in story.links)) if a):
        yield _INDENT + address


def _glance(one: Glance) -> Iterator[str]:
    yield from _wrapped(one.title, first=f" {one.score}".ljust(len(_INDENT)))
    yield from _wrapped(DOT.join((*_tongue(one.language), *one.facts, points(one.reasons), one.number)), first=_INDENT)
    if one.url:
        yield _INDENT + one.url


def _tongue(spoken: str) -> tuple[str, ...]:
    return (spoken.upper(),) if spoken else ()


def _turned(turned: Turned) -> Iterator[str]:
    yield from _wrapped(f"{turned.status} — {turned.title}", first=_INDENT)
    yield from _wrapped(DOT.join((*_tongue(turned.language), *turned.facts, turned.number, turned.said)), first=_INDENT)
    for address in dict.fromkeys(a for a in (turned.url, *(link.url for link in turned.links)) if a):
        yield _INDENT + address


def _starred(passages: Iterable[Passage]) -> str:
    return "".join(f"*{piece.text}*" if piece.marked else piece.text for piece in passages)


def _ailing(one: Ailing) -> Iterator[str]:
    yield from _wrapped(f"{one.name} {one.said}", first=("!" if one.troubled else "?").ljust(len(_INDENT)))
    if said := DOT.join(part for part in (one.since, one.advice) if part):
        yield from _wrapped(said, first=_INDENT)


def _wrapped(prose: str, first: str = "") -> list[str]:
    """Lines broken at spaces and nowhere else; a no-break space holds."""
    return textwrap.wrap(
        prose,
        WIDTH,
        initial_indent=first,
        subsequent_indent=" " * len(first),
        break_long_words=False,
        break_on_hyphens=False,
    )
