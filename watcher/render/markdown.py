"""The digest as Markdown (CommonMark), for a page of a wiki, a repository or a notebook."""

import re
from collections.abc import Iterator
from datetime import tzinfo

from watcher.digest import Digest
from watcher.render.sheet import DOT, Glance, Link, Sheet, Story, Turned, points, sheet

# What a title must not set: emphasis, code, links, HTML, entities, tables, mentions, formulas. What has a meaning only
# at the beginning of a line is left alone: no text of an article stands there, but for the quotations.
_ACTIVE = re.compile(r"[\\`*_{}\[\]<>#|~&$@^]|(?<=[a-z])(?=://)|(?<=www)(?=\.)|:(?=[\w+-]+:)", re.IGNORECASE)
_OPENING = re.compile(r"^(\d*)([-+=.)])")  # where a quotation begins it would be a list


def markdown(digest: Digest, language: str, zone: tzinfo) -> str:
    """A digest as Markdown; matched words are bold."""
    read = sheet(digest, language, zone)
    failing = (f"**{escaped(read.failing)}**",) if read.failing else ()
    told = escaped(read.told)
    blocks = [
        f"# {escaped(read.title)}",
        f"**{told}**" if read.outcome == "failed" else told,
        DOT.join((*map(escaped, read.counts), *failing)),
    ]
    for part in read.parts:
        blocks.append(f"## {escaped(part.profile)} — {escaped(part.told)}")
        for story in part.stories:
            blocks += _story(story, read)
        if part.near:
            blocks += [f"**{escaped(read.near)}**", "\n".join(map(_glance, part.near))]
    if read.turned:
        blocks.append(f"## {escaped(read.turns)}")
        blocks.append("\n".join(map(_turned, read.turned)))
    if read.left_out:
        blocks.append(escaped(read.left_out))
    if read.ailing:
        blocks.append(f"## {escaped(read.health)}")
        blocks.append("\n".join(_ailing(read)))
    if read.footnote:
        blocks += ["---", escaped(read.footnote)]
    return "\n\n".join(blocks) + "\n"


def escaped(prose: str) -> str:
    """A text of which Markdown makes nothing but that text."""
    return _ACTIVE.sub(lambda found: f"\\{found[0]}" if found[0] else "\\", prose)


def _story(story: Story, digest: Sheet) -> Iterator[str]:
    yield f"### {_link(Link(name=story.title, url=story.url))}"
    status = (f"**{escaped(story.status)}**",) if story.status else ()
    lines = [DOT.join((f"**{story.score}**", *_tongue(story.language), *status, *map(escaped, story.facts)))]
    if story.event:
        lines.append(f"**{escaped(story.event)}**")
    if story.outlets:
        others = [*map(_link, story.outlets), *([escaped(story.more)] if story.more else [])]
        lines.append(escaped(story.beside) + DOT.join(others))
    yield "  \n".join(lines)
    if story.extract:
        said = "".join(f"**{escaped(p.text)}**" if p.marked else escaped(p.text) for p in story.extract)
        yield "> " + _OPENING.sub(r"\1\\\2", said)
    lines = []
    if story.reasons:
        lines.append(escaped(digest.why + points(story.reasons)))
    if story.said:
        lines.append(escaped(story.said))
    if story.also:
        lines.append(escaped(digest.also_fits + ", ".join(story.also)))
    lines.append(DOT.join((*map(_link, story.links), escaped(story.number))))
    yield "  \n".join(lines)


def _glance(one: Glance) -> str:
    facts = (*_tongue(one.language), *map(escaped, (*one.facts, points(one.reasons), one.number)))
    return f"- {one.score}{DOT}{_link(Link(name=one.title, url=one.url))}{DOT}{DOT.join(facts)}"


def _turned(turned: Turned) -> str:
    title = _link(Link(name=turned.title, url=turned.url))
    facts = DOT.join(
        (
            *_tongue(turned.language),
            *map(escaped, turned.facts),
            *map(_link, turned.links),
            escaped(turned.number),
            escaped(turned.said),
        )
    )
    return f"- **{escaped(turned.status)}** — {title}  \n  {facts}"


def _tongue(spoken: str) -> tuple[str, ...]:
    return (escaped(spoken.upper()),) if spoken else ()


def _link(one: Link) -> str:
    return f"[{escaped(one.name)}](<{one.url}>)" if one.url else escaped(one.name)


def _ailing(digest: Sheet) -> Iterator[str]:
    for one in digest.ailing:
        said = DOT.join(escaped(part) for part in (one.since, one.advice) if part)
        yield f"- **{escaped(one.name)}** {escaped(one.said)}" + (f"  \n  {said}" if said else "")
