"""What was said of stories by hand, and what became of them."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import tzinfo

from watcher.render.sheet import shown
from watcher.render.words import date_said, say
from watcher.run import Arranged
from watcher.store import Remembered, Word


def arranged_said(arranged: Arranged, language: str) -> Iterator[str]:
    """The stories of the articles that were named, each with its members."""
    if not arranged.changed:
        yield say(language, "as-before")
    yield say(language, "arranged", len(arranged.stories))
    for story in arranged.stories:
        yield ""
        yield from (_member(member, language) for member in story)


def words_said(words: Sequence[Word], articles: Mapping[int, Remembered], language: str, zone: tzinfo) -> Iterator[str]:
    """The pairs of articles of which something was said."""
    if not words:
        yield say(language, "no-words")
    for place, word in enumerate(words):
        if place:
            yield ""
        yield say(language, "apart" if word.apart else "together", date=date_said(language, word.at, zone))
        yield from (_member(articles[number], language) for number in word.pair)


def _member(member: Remembered, language: str) -> str:
    title = shown(member.article.title) or say(language, "untitled")
    return f"  {say(language, 'numbered', id=member.id)} {title}"
