"""The passage of a text that says best why it was chosen, its matched words marked."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from watcher.lexicon import BREAK, concepts, plain_keys, read
from watcher.profiles import PHRASE
from watcher.text import words

LONGEST = 220  # characters: two lines
READ = 20_000  # characters of a text that are looked through
BEFORE = 60  # characters shown before the first match, where its sentence is longer than the extract

_Span = tuple[int, int, frozenset[str]]  # where words stand, and the matched keys that they are

# After a mark that ends a sentence, before a capital; an initial or an abbreviation ends none.
_SENTENCE = re.compile(r"(?<=[.!?…»”])\s+(?=[«“\"(]?\s?[A-ZÀ-ÖØ-Þ])")
_NO_END = re.compile(r"(?:\b[A-Z]|\b(?:Dr|Pr|Prof|MM?|Mme|Mlle|St|Ste|al|vs|cf|fig|Fig|no|ex))\.$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A piece of prose, and whether it is what was looked for."""

    text: str
    marked: bool = False


def marked(prose: str, keys: Iterable[str]) -> tuple[Passage, ...]:
    """A text cut into passages that join to the very text; marked are the words that a profile's matched keys name."""
    return _passages(prose, 0, len(prose), _spans(prose, frozenset(keys)))


def extract(prose: str, keys: Iterable[str], limit: int = LONGEST) -> tuple[Passage, ...]:
    """The passage of at most `limit` characters that holds the most different keys, the first one when several do.

    It begins with a sentence and ends with one or between two words, never inside of marked ones; what is left out of a
    sentence is an ellipsis. Empty for an empty text.
    """
    prose = prose[:READ].strip()
    if not prose:
        return ()
    spans = _spans(prose, frozenset(keys))
    starts = list(_sentences(prose))
    best = max(starts, key=lambda start: (_said(start, _end(prose, start, limit, spans), spans), -start), default=0)
    if spans and not _said(best, _end(prose, best, limit, spans), spans):
        near = prose.rfind(" ", 0, max(spans[0][0] - min(BEFORE, limit // 4), 0)) + 1
        best = max(near, *(start for start in starts if start <= spans[0][0]))
    end = _end(prose, best, limit - (best not in starts) * 2, spans)
    passages = _passages(prose, best, end, spans)
    opening = () if best in starts else (Passage(text="… "),)
    closing = () if _is_ended(prose, end) else (Passage(text="…"),)
    return (*opening, *passages, *closing)


def _sentences(prose: str) -> Iterator[int]:
    """Where each sentence begins."""
    if prose:
        yield 0
    for found in _SENTENCE.finditer(prose):
        if not _NO_END.search(prose, max(found.start() - 8, 0), found.start()):
            yield found.end()


def _said(start: int, end: int, spans: tuple[_Span, ...]) -> int:
    """How many different keys a passage says."""
    return len(frozenset[str]().union(*(keys for at, to, keys in spans if start <= at and to <= end)))


def _end(prose: str, start: int, limit: int, spans: tuple[_Span, ...]) -> int:
    """Where a passage that begins there ends: with a sentence where that leaves it long enough, else between words."""
    if len(prose) - start <= limit:
        return len(prose)
    whole = [found.start() for found in _SENTENCE.finditer(prose, start, start + limit + 2)]
    whole = [at for at in whole if at <= start + limit and not _NO_END.search(prose, max(at - 8, 0), at)]
    if whole and whole[-1] - start >= limit * 0.6:
        return whole[-1]
    last = start + limit - 1  # the ellipsis takes one
    end = prose.rfind(" ", start, last + 1)
    end = last if end <= start else end
    while inside := next((at for at, to, _ in spans if start < at < end < to), None):
        end = inside
    while end > start + 1 and not (prose[end - 1].isalnum() or prose[end - 1] in ")%»”"):
        end -= 1
    return end


def _is_ended(prose: str, end: int) -> bool:
    return end == len(prose) or _SENTENCE.match(prose, end) is not None


def _passages(prose: str, start: int, end: int, spans: tuple[_Span, ...]) -> tuple[Passage, ...]:
    found: list[Passage] = []
    done = start
    for at, to in ((max(at, start), min(to, end)) for at, to, _ in spans if at < end and to > start):
        if done < at:
            found.append(Passage(text=prose[done:at]))
        found.append(Passage(text=prose[at:to], marked=True))
        done = to
    if done < end:
        found.append(Passage(text=prose[done:end]))
    return tuple(found)


# Which words name a key


@dataclass(frozen=True, slots=True, kw_only=True)
class _Unit:
    """Words that are read as one: where they stand and the keys that they are; none for punctuation."""

    start: int
    end: int
    keys: tuple[str, ...]
    place: int = -1  # of its last word


def _spans(prose: str, keys: frozenset[str]) -> tuple[_Span, ...]:
    """The places of a text that are to be marked, in order, none within another."""
    if not keys:
        return ()
    pairs = {frozenset(key.split(PHRASE)): key for key in keys if PHRASE in key}
    single = frozenset(key for key in keys if PHRASE not in key)
    units = list(_units(prose, single.union(*pairs)))
    found = [(u.start, u.end, met) for u in units if (met := single.intersection(u.keys))]
    for one, other in pairwise(units):
        met = frozenset(key for pair, key in pairs.items() if len(pair) == 2 and _makes(pair, one, other))
        if met:
            found.append((one.start, other.end, met))
    return tuple(_joined(sorted(found, key=lambda span: span[:2])))


def _makes(pair: frozenset[str], one: _Unit, other: _Unit) -> bool:
    return any(pair == {a, b} for a in one.keys[-1:] for b in other.keys[:1])


def _joined(spans: Iterable[_Span]) -> Iterator[_Span]:
    """Places that overlap become one."""
    last: _Span | None = None
    for span in spans:
        if last and span[0] < last[1]:
            last = (last[0], max(last[1], span[1]), last[2] | span[2])
        else:
            if last:
                yield last
            last = span
    if last:
        yield last


def _units(prose: str, keys: frozenset[str]) -> Iterator[_Unit]:
    """A text word by word, the names of the wanted concepts as one; words that say nothing are passed over."""
    tokens = list(_tokens(prose))
    forms = _forms(keys)
    place = 0
    while place < len(tokens):
        start, end, word = tokens[place]
        if _keys(word) == (BREAK,):
            yield _Unit(start=start, end=end, keys=(), place=place)
        elif last := _phrase(tokens, place, forms):
            concept, place = last
            yield _Unit(start=start, end=tokens[place][1], keys=(concept,), place=place)
        elif (met := _alone(word)) and _stands(prose, tokens, place, met):
            yield _Unit(start=start, end=end, keys=met, place=place)
        place += 1


_Token = tuple[int, int, str]


def _tokens(prose: str) -> Iterator[_Token]:
    """Every word and mark of punctuation with its place; a shouted passage is read in small letters."""
    for written in (prose, prose.lower()):
        found: list[_Token] = []
        at = 0
        for word in words(prose):
            start = written.find(word, at)
            if start < 0:
                break
            at = start + len(word)
            found.append((start, at, word))
        else:
            if len(written) == len(prose):
                yield from found
            return


def _forms(keys: frozenset[str]) -> dict[str, list[tuple[tuple[str, ...], str]]]:
    """The names of several words that concepts have, longest first, by their first key."""
    found: dict[str, list[tuple[tuple[str, ...], str]]] = {}
    known = concepts()
    for concept in (known[key] for key in keys if key in known):
        for name in concept.french + concept.english:
            form = tuple(key for key in plain_keys(name) if key != BREAK)
            if len(form) > 1:
                found.setdefault(form[0], []).append((form, concept.key))
    return {first: sorted(forms, key=lambda form: -len(form[0])) for first, forms in found.items()}


def _phrase(
    tokens: list[_Token], place: int, forms: dict[str, list[tuple[tuple[str, ...], str]]]
) -> tuple[str, int] | None:
    """The concept whose name begins with a word, and the place of the name's last one."""
    first = _keys(tokens[place][2])
    for form, concept in forms.get(first[0], ()) if first else ():
        met: tuple[str, ...] = ()
        for at in range(place, len(tokens)):
            met += _keys(tokens[at][2])
            if met == form:
                return concept, at
            if met != form[: len(met)]:
                break
    return None


def _keys(word: str) -> tuple[str, ...]:
    return tuple(plain_keys(word))


@lru_cache(maxsize=20_000)
def _alone(word: str) -> tuple[str, ...]:
    """What one word is by itself."""
    reading = read(word)
    return tuple(key for key in reading.keys if key != BREAK)


def _stands(prose: str, tokens: list[_Token], place: int, keys: tuple[str, ...]) -> bool:
    """Whether a word is read as these keys between its neighbours too ("sein" is none in "au sein de")."""
    if prose[tokens[place][0] : tokens[place][1]].lower() != "sein":
        return True
    around = prose[tokens[max(place - 1, 0)][0] : tokens[min(place + 1, len(tokens) - 1)][1] + 1]
    return bool(set(keys) & set(read(around).keys))


__all__ = ["LONGEST", "Passage", "extract", "marked"]
