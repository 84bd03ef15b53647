"""The French and the English names of one concept.

Prose is read into keys. A key is a root (lower case: what `ferroptose` and `ferroptosis` share), a symbol (capitals:
`CD44`, `TKI`) or a concept of `lexicon.tsv` (`=breast`), so that one key stands for one idea in both languages.
"""

import re
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from itertools import chain

from watcher.text import STOP_WORDS, fold, latin, words

BREAK = ""  # between two keys of a reading: a mark of punctuation, across which no phrase is made
SMALL = (
    "#"  # before a capital, a digit or a "non" that tells only in a form of the lexicon ("T cell", "type 2 diabetes")
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Concept:
    """One line of the lexicon."""

    key: str
    french: tuple[str, ...]
    english: tuple[str, ...]
    facet: str  # disease, phenomenon, mechanism, method, or ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A text as keys, in order, concepts in the place of the words that name them."""

    keys: tuple[str, ...]  # with BREAK between phrases
    inner: tuple[str, ...]  # the concepts inside phrases of the lexicon ("resistance" in "resistance to chemotherapy")


@lru_cache(maxsize=16)  # a title is read for the stories and for the scores, one right after the other
def read(prose: str) -> Reading:
    """Read prose into keys; stop words and bare numbers are left out."""
    plain = _all_keys(prose)
    index = _index()
    keys: list[str] = []
    inner: list[str] = []
    done = 0  # how many of the plain keys have been read
    for i in [i for i, key in enumerate(plain) if key in index]:
        if i < done:  # inside a phrase that was recognised
            continue
        longer, alone = index[plain[i]]
        for form, concept in longer.get(plain[i + 1], ()) if longer and i + 1 < len(plain) else ():
            if tuple(plain[i : i + len(form)]) == form:
                keys += (*plain[done:i], concept)
                inner.extend(c for k in form if (c := _concept_of(k)) and c != concept)
                done = i + len(form)
                break
        else:
            if alone:
                keys += (*plain[done:i], alone)
                done = i + 1
    keys += plain[done:]
    if not _SMALL_KEYS.isdisjoint(keys):
        keys = [key for key in keys if key not in _SMALL_KEYS]
    return Reading(keys=tuple(keys), inner=tuple(inner))


_IDIOM = re.compile(r"\bau sein (?=d[eu'’])", re.IGNORECASE)  # "within" in French, and the commonest "sein" by far


_ELIDED = re.compile("[CDJLMNST](?<!\\w.)['\u2019]")  # "L'asthme": not a small capital as in "cellule T"


def plain_keys(prose: str) -> list[str]:
    """The keys of a text word by word, in order, before phrases are recognised."""
    return [key for key in _all_keys(prose) if key not in _SMALL_KEYS]


def _all_keys(prose: str) -> list[str]:
    """The same with what is too small to be a key alone."""
    if "sein " in prose:
        prose = _IDIOM.sub("", prose)
    if "'" in prose or "\u2019" in prose:
        prose = _ELIDED.sub("", prose)
    return list(chain.from_iterable(map(_KEYS.__getitem__, words(prose))))


class _Keys(dict[str, tuple[str, ...]]):
    """The keys of every word that was met; a plain dictionary, because every word of every text is looked up in it."""

    def __missing__(self, word: str) -> tuple[str, ...]:
        if len(self) >= 200_000:
            self.clear()
        self[word] = keys = keys_of(word)
        return keys


_KEYS = _Keys()


def keys_of(word: str) -> tuple[str, ...]:
    """The keys of one word as written: none for a stop word, BREAK for punctuation, several for a compound."""
    if not word[0].isalnum():
        return (BREAK,)
    symbol = None if _NUMBERED.fullmatch(word) else _symbol(word)
    if symbol:
        named = _NAMED.fullmatch(word)
        stem = root(named[1]) if named else ""
        return (stem, f"{stem.upper()}{fold(named[2]).upper()}") if named else (symbol,)
    if _SMALL.fullmatch(word):
        return (SMALL + word.lower(),)
    if symbol is not None:
        return ()
    folded = _HYPHEN.sub("-", fold(word))
    exact = _exact().get(_american(folded))
    if exact:
        return (exact,)
    if folded in STOP_WORDS:
        return ()
    if "-" not in folded:
        return (root(word),) if len(folded) > 1 else ()
    if folded.partition("-")[0] in _PREFIXES:
        first, *rest = _HYPHEN.split(_HYPHEN.sub("", word, count=1))
        return tuple(key for part in (first, *rest) if part for key in keys_of(part))
    return tuple(key for part in _HYPHEN.split(word) if part for key in keys_of(part))


_NUMBERED = re.compile("(?:type|phase|stage|grade)[-\u2010\u2011][0-9]{1,2}", re.IGNORECASE)  # no name of a molecule
# A name in full and its number: the two languages end it in their own ways ("interleukine-6", "interleukin-6").
_NAMED = re.compile("((?:[^\\W\\d_]){7,})[-\u2010\u2011]([0-9]{1,3}[A-Za-z]?)")
_SMALL = re.compile("[A-Z]|[0-9]|[Nn]on")
_SMALL_KEYS = frozenset(SMALL + small for small in (*"abcdefghijklmnopqrstuvwxyz0123456789", "non"))
_HYPHEN = re.compile("[-\u2010\u2011]")
_PREFIXES = frozenset(
    """anti chemo chimio co hyper hypo immuno inter intra micro multi neo neuro non onco pan post pre pro radio re sub
    super supra trans ultra auto bio cardio electro endo epi exo extra gastro hemato hepato macro mono nano osteo poly
    pseudo thermo""".split()
)
_ANTI = re.compile("^[Aa]nti[-\u2010\u2011]")
_UNIT = re.compile(
    r"\d+h\d*|\d+(?:e|er|ere|re|eme|nd|nde|st|th|rd|h|mg|g|kg|ml|l|mm|cm|km|m|s|min|j|ans|d|x|k|eur|fold|year|day|month|week)?s?"
)


def _symbol(word: str) -> str | None:
    """The key of a gene, a molecule or an acronym, in capitals; "" for a bare number; None for an ordinary word."""
    if word.islower() and word.isalpha() and word.isascii():
        return None
    bare = _HYPHEN.sub("", _ANTI.sub("", _unaccented(word)))
    if any(map(str.isdigit, bare)):
        if bare.isdigit() or _UNIT.fullmatch(fold(bare)) or (len(bare) == 2 and bare[0].isdigit()):
            return ""
        if _long_words(_ANTI.sub("", word)) and not _ends_in_number(word):
            return None  # "8-weeks-old", "covid-positive": words and a number, not a name
        return fold(bare).upper()
    core = bare[:-1] if bare.endswith("s") and bare[:-1].isupper() else bare
    capitals = sum(map(str.isupper, core))
    shouted = capitals == len(core) >= _SHOUTED  # a word in capitals, not an acronym
    if capitals >= 2 and len(core) <= 8 and capitals >= len(core) - 2 and not shouted:
        return fold(core).upper()
    return None


_SHOUTED = 6  # letters


def _unaccented(word: str) -> str:
    """A word without accents and Greek letters, in its own case."""
    return word if word.isascii() else "".join(fold(c).capitalize() if c.isupper() else fold(c) for c in latin(word))


def _long_words(word: str) -> bool:
    """Whether a compound holds an ordinary word (`8-weeks-old`, `covid-positive`)."""
    parts = _HYPHEN.split(word)
    return len(parts) > 1 and any(len(p) > 3 and p.isalpha() and not p.isupper() for p in parts)


def _ends_in_number(word: str) -> bool:
    return bool(re.search("[-\u2010\u2011][0-9]{1,4}[a-zA-Z]?$", word))


# Regular correspondences of learned French and English words, applied to folded forms in this order. They are the
# neo-Latin and neo-Greek endings on which the two medical vocabularies agree.
_SPELLING = (
    ("oe", "e"),
    ("ae", "e"),
    ("ph", "f"),
    ("th", "t"),
    ("rh", "r"),
    ("y", "i"),
    ("k", "c"),
    ("z", "s"),
    ("chimi", "chemi"),
    ("chimio", "chemio"),
)
_DOUBLED = re.compile(r"([a-z])\1+")
_ENDINGS: tuple[tuple[str, str, int], ...] = (
    # ending, what remains of it, letters that must stand before it
    ("logiquement", "log", 3), ("icalement", "", 4), ("iquement", "", 4), ("icali", "", 4),
    ("logique", "log", 3), ("logical", "log", 3), ("logiste", "log", 3), ("logist", "log", 3), ("logic", "log", 3),
    ("logie", "log", 3), ("logue", "log", 3), ("logi", "log", 3),
    ("isation", "", 4), ("isateur", "", 4),
    ("abilite", "", 4), ("abiliti", "", 4), ("ibilite", "", 4), ("ibiliti", "", 4),
    ("statique", "stas", 3), ("static", "stas", 3), ("otique", "os", 4), ("otic", "os", 4),
    ("litique", "lis", 3), ("litic", "lis", 3),
    ("ateur", "", 4), ("atrice", "", 4), ("atoire", "", 4), ("atori", "", 4), ("ator", "", 4),
    ("ations", "", 4), ("ation", "", 4), ("ition", "", 4), ("ement", "", 4),
    ("ivite", "", 4), ("iviti", "", 4), ("atif", "", 4), ("ative", "", 4),
    ("itis", "it", 3), ("osis", "os", 3), ("isis", "is", 3), ("asis", "as", 3), ("esis", "es", 3),
    ("omata", "om", 3), ("oma", "om", 3), ("ome", "om", 3),
    ("icite", "ic", 3), ("iciti", "ic", 3), ("alite", "al", 3), ("aliti", "al", 3), ("iti", "", 5),
    ("ique", "", 3), ("ical", "", 3), ("ic", "", 3),
    ("enciation", "ent", 4), ("entiation", "ent", 4),
    ("ance", "", 4), ("ence", "", 4), ("anci", "", 4), ("enci", "", 4),
    ("ante", "", 4), ("ente", "", 4), ("ant", "", 4), ("ent", "", 4),
    ("aire", "", 4), ("ari", "", 4), ("ar", "", 5),
    ("euse", "", 4), ("eus", "", 4), ("eux", "", 4), ("ous", "", 4),
    ("elle", "", 4), ("el", "", 5), ("ale", "", 4), ("aux", "", 4), ("al", "", 4),
    ("ive", "", 4), ("if", "", 4), ("iv", "", 4),
    ("eur", "", 3), ("our", "", 3), ("or", "", 3), ("trice", "t", 4),
    ("iser", "", 4), ("ise", "", 4), ("ing", "", 4), ("ed", "", 4), ("er", "", 5), ("ee", "", 4),
    ("ion", "", 4), ("ment", "", 5),
    # French verbs: what would, will and did happen is not a rare word
    ("eraient", "", 4), ("erait", "", 4), ("eront", "", 4), ("iraient", "", 4), ("irait", "", 4), ("iront", "", 4),
    ("aient", "", 4), ("erent", "", 4), ("issent", "", 4), ("ait", "", 4), ("era", "", 4), ("ira", "", 4),
    ("ie", "", 3), ("ia", "", 3), ("i", "", 4), ("is", "", 4), ("us", "", 4), ("um", "", 4), ("a", "", 4), ("e", "", 3),
)  # fmt: skip


@lru_cache(maxsize=200_000)
def root(word: str) -> str:
    """The root that the French and the English form of a learned word share (`chimiorésistance`, `chemoresistant`)."""
    lowered = word.lower()
    quality = lowered.endswith(("ité", "ités"))  # -ité is English -ity; without the accent -ite is -itis
    stem = fold(lowered)
    if len(stem) < 4:
        return stem
    stem = _singular(stem)
    for old, new in _SPELLING:
        stem = stem.replace(old, new)
    stem = _DOUBLED.sub(r"\1", stem.replace("chemio", "chemo"))
    if quality and stem.endswith("ite"):
        stem = stem[:-1] + "i"
    elif stem.endswith("ite"):
        stem = stem + "s" if len(stem) > 6 else stem
        stem = stem.replace("ites", "itis") if stem.endswith("ites") else stem
    for _ in range(2):
        shorter = _without_ending(stem)
        if shorter == stem:
            break
        stem = shorter
    return stem


_BRITISH = (
    (re.compile(r"our\b"), "or"),
    (re.compile(r"[ao]e"), "e"),
    (re.compile(r"is(?=(?:ation|e|ed|er|ing|es)\b)"), "iz"),
    (re.compile(r"ys(?=(?:e|ed|er|ing|es)\b)"), "yz"),
    (re.compile(r"\b(cent|fib|lit|calib|theat)re\b"), r"\1er"),
)


def _american(folded: str) -> str:
    """A folded word in the singular and in American spelling, the shorter one; French words go the same way."""
    word = _singular(folded)
    for british, american in _BRITISH:
        word = british.sub(american, word)
    return word


def _singular(word: str) -> str:
    if word.endswith("aux") and len(word) > 5:
        return word[:-3] + "al"
    if word.endswith("ies") and len(word) > 4:
        return word[:-2]
    if word.endswith(("sis", "tis", "us", "ss", "eus", "eux")) and not word.endswith("ess"):
        return word
    return word[:-1] if word.endswith(("s", "x")) else word


@cache
def _endings_by_last() -> dict[str, tuple[tuple[str, str, int], ...]]:
    by_last: dict[str, list[tuple[str, str, int]]] = {}
    for ending in sorted(_ENDINGS, key=lambda e: -len(e[0])):
        by_last.setdefault(ending[0][-1], []).append(ending)
    return {last: tuple(endings) for last, endings in by_last.items()}


def _without_ending(stem: str) -> str:
    for ending, rest, before in _endings_by_last().get(stem[-1:], ()):
        if stem.endswith(ending) and len(stem) - len(ending) >= before:
            return stem[: len(stem) - len(ending)] + rest
    return stem


@cache
def concepts() -> dict[str, Concept]:
    """Every concept of the lexicon by its key."""
    found: dict[str, Concept] = {}
    for line in files("watcher").joinpath("lexicon.tsv").read_text(encoding="utf-8").splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        french, english, facet = [*line.split("\t"), "", ""][:3]
        names = tuple(f.strip() for f in english.split(";") if f.strip())
        key = f"={names[0].lower()}"
        found[key] = Concept(
            key=key, french=tuple(f.strip() for f in french.split(";") if f.strip()), english=names, facet=facet.strip()
        )
    return found


@cache
def _exact() -> dict[str, str]:
    """Folded singular word -> the concept it names by itself; asked before roots, which `survey` and `survie` share."""
    found: dict[str, str] = {}
    for concept in concepts().values():
        for name in concept.french + concept.english:
            if " " not in name and _symbol(name) is None:
                found.setdefault(_american(_HYPHEN.sub("-", fold(name))), concept.key)
    return found


_Forms = dict[str, tuple[tuple[tuple[str, ...], str], ...]]  # by the second key, longest first, each with its concept


@cache
def _index() -> dict[str, tuple[_Forms, str]]:
    """First key of a form -> the longer forms that begin with it, and the concept that it is alone ("" for none).

    A root stands for a concept when it is long enough to be told from others and no second concept claims it.
    """
    phrases: dict[str, dict[str, dict[tuple[str, ...], str]]] = {}
    single: dict[str, str] = {}
    claimed: dict[str, set[str]] = {}
    for concept in concepts().values():
        for name in concept.french + concept.english:
            form = tuple(k for k in _all_keys(name) if k != BREAK)
            if len(form) > 1:
                phrases.setdefault(form[0], {}).setdefault(form[1], {}).setdefault(form, concept.key)
            elif form and form[0].isupper():
                single.setdefault(form[0], concept.key)
            elif " " not in name and _symbol(name) is None:
                claimed.setdefault(root(name), set()).add(concept.key)
    for stem, keys in claimed.items():
        if len(keys) == 1 and len(stem) >= _TELLING_ROOT:
            single.setdefault(stem, next(iter(keys)))
    return {
        first: (
            {
                second: tuple(sorted(f.items(), key=lambda f: -len(f[0])))
                for second, f in phrases.get(first, {}).items()
            },
            single.get(first, ""),
        )
        for first in {**phrases, **single}
    }


_TELLING_ROOT = 5  # letters


@cache
def _concept_of(key: str) -> str | None:
    """The concept that one key of a phrase is or stands for."""
    if key in concepts():
        return key
    return _index().get(key, ({}, ""))[1] or None
