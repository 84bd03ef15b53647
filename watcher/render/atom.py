"""The digest as a feed (Atom, RFC 4287), for those who read everything in one feed reader."""

from collections.abc import Iterator
from datetime import UTC, datetime, tzinfo
from hashlib import sha256
from html import escape
from xml.etree.ElementTree import Element, SubElement, indent, register_namespace, tostring

from watcher.digest import Digest, Line, Section, Turn
from watcher.render.extract import Passage
from watcher.render.sheet import DOT, Glance, Part, Sheet, Story, Turned, points, sheet, worth_showing

_ATOM = "http://www.w3.org/2005/Atom"
_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
_TAG = "tag:localhost,2026:watcher"  # names are unique by what follows: the watcher has no host of its own

register_namespace("", _ATOM)


def atom(digest: Digest, language: str, zone: tzinfo) -> bytes:
    """A digest as a feed, an entry a story, and one for the sources that are to be looked at.

    A story keeps its id from one digest to the next, so that a reader shows it once; so does the entry of the sources,
    as long as nothing new is wrong with them.
    """
    read = sheet(digest, language, zone)
    feed = Element(f"{{{_ATOM}}}feed", {_LANGUAGE: language})
    selection = "\0".join(section.profile for section in digest.sections)
    _add(feed, "id", f"{_TAG}/{_mark(selection)}")
    _add(feed, "title", read.title)
    _add(feed, "subtitle", DOT.join(filter(None, (read.told, *read.counts, read.failing, read.left_out))))
    _add(feed, "updated", _time(digest.end))
    _add(feed, "generator", "watcher")
    _add(SubElement(feed, f"{{{_ATOM}}}author"), "name", "watcher")
    for section, part in zip(worth_showing(digest), read.parts, strict=True):
        for line, story in zip(section.lines, part.stories, strict=True):
            _entry(feed, line, story, read, part.profile)
        if part.near:
            _near(feed, section, part, read, digest.end)
    for turn, turned in zip(digest.turns, read.turned, strict=True):
        _turn(feed, turn, turned)
    if read.ailing:
        _health(feed, digest, read)
    indent(feed)
    document: bytes = tostring(feed, encoding="utf-8", xml_declaration=True)
    return document + b"\n"


def _entry(feed: Element, line: Line, story: Story, digest: Sheet, profile: str) -> None:
    entry = SubElement(feed, f"{{{_ATOM}}}entry", {_LANGUAGE: story.language} if story.language else {})
    _add(entry, "id", f"{_TAG}/story/{_mark(_founder(line))}")
    _add(entry, "title", story.title)
    if story.url:
        _add(entry, "link", rel="alternate", href=story.url)
    for link in story.links:
        _add(entry, "link", rel="related", href=link.url, title=link.name)
    if line.lead.article.published:
        _add(entry, "published", _time(line.lead.article.published))
    _add(entry, "updated", _time(line.lead.changed or line.lead.first_seen))
    for author in line.lead.article.authors or line.outlets[:1]:
        name = author if isinstance(author, str) else author.source
        _add(SubElement(entry, f"{{{_ATOM}}}author"), "name", "".join(c for c in name if c.isprintable()))
    _add(entry, "category", term=profile)
    _add(entry, "content", "".join(_content(story, digest)), type="html")


def _turn(feed: Element, turn: Turn, turned: Turned) -> None:
    """What became of an article: an entry of its own, since readers do not show again what they have shown."""
    entry = SubElement(feed, f"{{{_ATOM}}}entry", {_LANGUAGE: turned.language} if turned.language else {})
    named = next((":".join(alias) for alias in turn.article.aliases), str(turn.article.id))
    _add(entry, "id", f"{_TAG}/step/{_mark(named, turn.step.after)}")
    _add(entry, "title", f"{turned.status} — {turned.title}")
    if turned.url:
        _add(entry, "link", rel="alternate", href=turned.url)
    for link in turned.links:
        _add(entry, "link", rel="related", href=link.url, title=link.name)
    _add(entry, "updated", _time(turn.step.at))
    _add(entry, "content", _paragraph(DOT.join((*turned.facts, turned.number, turned.said))), type="html")


def _founder(line: Line) -> str:
    """What names a story for ever: the article that it began with, and not the one that leads it today."""
    first = next((o for o in line.outlets if o.article == line.lead.story), line.outlets[0])
    return first.url or f"{first.source} {first.title} {line.lead.story}"


def _content(story: Story, digest: Sheet) -> Iterator[str]:
    """The rest of a story as HTML."""
    yield _paragraph(DOT.join((story.score, *filter(None, [story.status]), *story.facts)))
    if story.event:
        yield f"<p><b>{escape(story.event)}</b></p>"
    if story.extract:
        yield f"<p>{''.join(map(_piece, story.extract))}</p>"
    if story.outlets:
        yield _paragraph(story.beside + DOT.join([*(o.name for o in story.outlets), *filter(None, [story.more])]))
    if story.reasons:
        yield _paragraph(digest.why + points(story.reasons))
    if story.said:
        yield _paragraph(story.said)
    if story.also:
        yield _paragraph(digest.also_fits + ", ".join(story.also))


def _near(feed: Element, section: Section, part: Part, read: Sheet, end: datetime) -> None:
    """One entry for all that is just below a threshold: an entry each would count as something to read."""
    entry = SubElement(feed, f"{{{_ATOM}}}entry", {_LANGUAGE: read.language})
    numbers = sorted(str(one.article.id) for one in section.near)
    _add(entry, "id", f"{_TAG}/near/{_mark(section.profile, *numbers)}")
    _add(entry, "title", f"{part.profile}{DOT}{read.near}")
    _add(entry, "updated", _time(max((one.article.first_seen for one in section.near), default=end)))
    _add(entry, "category", term=part.profile)
    _add(entry, "content", f"<ul>{''.join(map(_glance, part.near))}</ul>", type="html")


def _glance(one: Glance) -> str:
    title = escape(one.title)
    title = f'<a href="{escape(one.url)}">{title}</a>' if one.url else title
    said = DOT.join((*one.facts, points(one.reasons), one.number))
    return f"<li>{escape(one.score)}{DOT}{title}<br>{escape(said)}</li>"


def _health(feed: Element, digest: Digest, read: Sheet) -> None:
    ill = (*digest.troubles, *digest.notices)
    began = [since for h in ill if (since := h.since or h.state.since)]
    entry = SubElement(feed, f"{{{_ATOM}}}entry", {_LANGUAGE: read.language})
    _add(entry, "id", f"{_TAG}/sources/{_mark(*(f'{h.source.id} {h.word} {h.since or h.state.since}' for h in ill))}")
    _add(entry, "title", DOT.join(filter(None, (read.health, read.failing))))
    _add(entry, "updated", _time(max(began, default=digest.end)))
    lines = [
        f"<li><b>{escape(one.name)}</b> {escape(DOT.join(filter(None, (one.said, one.since, one.advice))))}</li>"
        for one in read.ailing
    ]
    _add(entry, "content", f"<ul>{''.join(lines)}</ul>", type="html")


def _piece(passage: Passage) -> str:
    return f"<b>{escape(passage.text)}</b>" if passage.marked else escape(passage.text)


def _paragraph(text: str) -> str:
    return f"<p>{escape(text)}</p>"


def _add(parent: Element, name: str, text: str | None = None, **attributes: str) -> None:
    SubElement(parent, f"{{{_ATOM}}}{name}", attributes).text = text


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()


def _mark(*facts: str) -> str:
    return sha256("\0".join(facts).encode("utf-8", "replace")).hexdigest()[:32]
