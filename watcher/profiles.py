"""A weighted vocabulary learnt from seeds."""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from watcher.background import rarity
from watcher.lexicon import BREAK, concepts, keys_of, read
from watcher.seeds import Seed
from watcher.text import fold, language, words

MOST_TERMS = 60  # single keys; a list that a person still reads
MOST_PHRASES = 20
SATURATION = 1.2  # k1 of BM25: the fifth mention of a word says little more than the third
TITLE_COUNTS = 3  # a word of the title weighs as much as three of the text
LEAST_WEIGHT = 0.04  # of the heaviest term; below, a term is noise

PHRASE = " + "  # between the two keys of a phrase


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileSetting:
    """What a person says about one profile."""

    name: str
    seeds: Path  # folder of seed documents
    threshold: float = 50.0  # 0-100; articles below stay out of the digest
    include: tuple[str, ...] = ()  # terms to add
    exclude: tuple[str, ...] = ()  # terms to ban
    weights: tuple[tuple[str, float], ...] = ()  # term -> factor on its learnt weight


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One thing a profile looks for, under all its names."""

    key: str  # a key of the lexicon, or two joined by PHRASE: side by side, in either order
    french: tuple[str, ...]  # names as a person writes them; empty when none is known
    english: tuple[str, ...]
    facet: str  # disease, phenomenon, mechanism, method, or ""
    weight: float  # heaviest learnt term = 1
    general: float  # -log10 of its frequency in the language at large
    biomedical: float  # -log10 of its share of biomedical abstracts
    seeds: tuple[str, ...]  # names of the seeds it comes from; empty: added by a person

    @property
    def label(self) -> str:
        """The name to show when there is room for one: French first."""
        return (self.french or self.english or (self.key,))[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What one subject is about, learnt from its seeds and adjusted by a person; terms by weight, heaviest first."""

    name: str
    terms: tuple[Term, ...]
    seeds: tuple[str, ...]
    threshold: float = 50.0

    @property
    def fingerprint(self) -> str:
        """Changes whenever a score by this profile may change."""
        facts = [[term.key, round(term.weight, 6)] for term in self.terms]
        return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:16]


def learn(seeds: Iterable[Seed], setting: ProfileSetting) -> Profile:
    """Learn a profile from its seeds.

    A term's weight is its salience (rare in the language at large and in biomedical writing) times its saturated count
    in each seed (BM25 tf, k1 = 1.2), summed over the seeds and divided by the heaviest. The order of seeds never matters.
    """
    documents = sorted(seeds, key=lambda s: s.name)
    banned = {key for word in setting.exclude for key in _keys_of_term(word)}
    weights: Counter[str] = Counter()
    origin: dict[str, list[str]] = {}
    names: dict[str, Counter[str]] = {}
    for seed in documents:
        for key, weight in seed_weights(seed).items():
            weights[key] += weight
            origin.setdefault(key, []).append(seed.name)
        _collect_names(seed, names)
    singles = [k for k in _heaviest(weights) if PHRASE not in k and k not in banned][:MOST_TERMS]
    phrases = [k for k in _heaviest(weights) if PHRASE in k and not banned & {k, *k.split(PHRASE)}][:MOST_PHRASES]
    top = max((weights[k] for k in singles), default=1.0)
    terms = [_term(k, weights[k] / top, tuple(origin[k]), names) for k in singles + phrases]
    terms = [t for t in terms if t.weight >= LEAST_WEIGHT]
    terms = _adjusted(terms, setting, names)
    return Profile(
        name=setting.name,
        terms=tuple(sorted(terms, key=lambda t: (-t.weight, t.key))),
        seeds=tuple(seed.name for seed in documents),
        threshold=setting.threshold,
    )


def _heaviest(weights: Counter[str]) -> list[str]:
    return sorted(weights, key=lambda k: (-weights[k], k))


def salience(key: str) -> float:
    """How telling a key is, 0 to about 1: rare in the language at large and rare in biomedical writing.

    A phrase is as telling as its two keys together, each counted less than alone.
    """
    if PHRASE in key:
        one, other = (salience(k) for k in key.split(PHRASE))
        return 0.45 * (one + other) if min(one, other) > 0.02 else 0.0
    general, biomedical = rarity(key)
    return max(0.0, min(1.0, (general - 3.2) / 3.0)) ** 0.7 * max(0.0, min(1.0, (biomedical - 0.3) / 2.5)) ** 1.0


def seed_weights(seed: Seed) -> dict[str, float]:
    """Key or phrase -> salience times saturated count, for one seed; names of people and places are left out."""
    dropped = _proper_names(seed.text) | _press_keys()
    counts: Counter[str] = Counter()
    for field, times in ((seed.title, TITLE_COUNTS), (seed.text, 1)):
        reading = read(field)
        for key in (*reading.keys, *reading.inner):
            counts[key] += times
        for phrase in phrases_of(reading.keys):
            counts[phrase] += times
    found = {}
    for key, count in counts.items():
        if key == BREAK or dropped & {key, *key.split(PHRASE)} or (PHRASE in key and count < 2):
            continue
        weight = salience(key) * count * (SATURATION + 1) / (count + SATURATION)
        if weight > 0:
            found[key] = weight
    return found


def phrases_of(keys: tuple[str, ...]) -> list[str]:
    """Neighbouring keys as phrases, in one order for both languages (`métastases cérébrales`, `brain metastases`)."""
    return [
        f"{min(a, b)}{PHRASE}{max(a, b)}"
        for a, b in zip(keys, keys[1:], strict=False)
        if a != BREAK and b != BREAK and a != b
    ]


_PRESS = """chercheur researcher recherche research scientifique scientist étude study équipe team communiqué revue journal
publier publication published découverte discovery découvrir avancée prometteur professeur docteur professor Dr Pr institut
institute université university résultat result travaux work article auteur author mettre montrer montre show évidence
identifier expliquer explique explain révéler reveal récemment recently nouveau nouvelle new mieux better pouvoir permettre
permet chiffre année year mois month jour day pays country France français french international monde world hôpital hospital
laboratoire laboratory directeur director coordonner webinaire webinar séminaire seminar invité lien mail site numéro
CNRS INSERM CHU IUCT APHP INCA HAS ANSM CEA INRAE AACR ASCO ESMO NIH FDA EMA AFP OMS WHO USA UK UE EU Inserm UMR SA"""


def _press_keys() -> frozenset[str]:
    """Keys of how science is told, which say nothing of what it is about."""
    return frozenset(k for k in (*read(_PRESS).keys, *read(_PRESS).inner) if k != BREAK)


_OPENING = re.compile(r"(?:^|[.!?:;«\"“(\n•]\s*)$")
_UNIT_CODE = re.compile(r"UMR\w*|U\d{3,4}|INSERM\w*")


def _proper_names(text: str) -> set[str]:
    """Keys of words that are only ever written with a capital inside a sentence: people, places, journals."""
    small: set[str] = set()
    tall: set[str] = set()
    for found in re.finditer(r"[^\W_]+(?:[-‑][^\W_]+)*", text):
        word = found.group()
        if _UNIT_CODE.fullmatch(word):
            tall.update(keys_of(word))
        elif not word[0].isupper():
            small.update(keys_of(word))
        elif not word.isupper() and not _OPENING.search(text[max(0, found.start() - 3) : found.start()]):
            tall.update(keys_of(word))
    known = {k for k in tall if read(k).keys and read(k).keys[0] in concepts()}
    return {k for k in tall - small - known if not k[:1].isupper() or _UNIT_CODE.fullmatch(k)}


def _collect_names(seed: Seed, names: dict[str, Counter[str]]) -> None:
    """How each key is written in the seeds, by language: `fr:key` -> spellings."""
    for line in (seed.title, *seed.text.splitlines()):
        spoken = language(line) or seed.language or "en"
        for word in words(line):
            for key in keys_of(word) if word[0].isalnum() else ():
                names.setdefault(f"{spoken}:{key}", Counter())[word if key.isupper() else word.lower()] += 1


def _named(key: str, spoken: str, names: dict[str, Counter[str]]) -> tuple[str, ...]:
    concept = concepts().get(key)
    if concept:
        return concept.french if spoken == "fr" else concept.english
    if key.isupper():  # a symbol is written alike in both languages
        met = names.get(f"fr:{key}", Counter()) + names.get(f"en:{key}", Counter())
        return (_commonest(met) or key,)
    met_word = _commonest(names.get(f"{spoken}:{key}", Counter()))
    return (met_word,) if met_word else ()


def _commonest(spellings: Counter[str]) -> str:
    return min(spellings, key=lambda w: (-spellings[w], len(w), w), default="")


def _term(key: str, weight: float, origin: tuple[str, ...], names: dict[str, Counter[str]]) -> Term:
    parts = key.split(PHRASE)
    shown: dict[str, tuple[str, ...]] = {}
    for spoken in ("fr", "en"):
        each = [_named(part, spoken, names) for part in parts]
        shown[spoken] = each[0] if len(parts) == 1 else (PHRASE.join(n[0] for n in each),) if all(each) else ()
    rarities = [rarity(part) for part in parts]
    facets = [concepts()[p].facet for p in parts if p in concepts()]
    return Term(
        key=key,
        french=shown["fr"],
        english=shown["en"],
        facet=next((f for f in facets if f), ""),
        weight=weight,
        general=max(r[0] for r in rarities),
        biomedical=max(r[1] for r in rarities),
        seeds=origin,
    )


def _keys_of_term(written: str) -> tuple[str, ...]:
    """The key a person means: one key, or the phrase that two or more words make."""
    keys = tuple(k for k in read(written).keys if k != BREAK)
    return keys if len(keys) < 2 else tuple(phrases_of(keys))


def _adjusted(terms: list[Term], setting: ProfileSetting, names: dict[str, Counter[str]]) -> list[Term]:
    """Add, re-weight and ban as the person says; an added term weighs as much as the heaviest learnt one."""
    by_key = {term.key: term for term in terms}
    for written in setting.include:
        for key in _keys_of_term(written):
            known = by_key.get(key)
            by_key[key] = replace(known, weight=1.0) if known else _included(key, written, names)
    for written, factor in setting.weights:
        for key in _keys_of_term(written):
            known = by_key.get(key) or _included(key, written, names)
            by_key[key] = replace(known, weight=known.weight * factor)
    return [term for term in by_key.values() if term.weight > 0]


def _included(key: str, written: str, names: dict[str, Counter[str]]) -> Term:
    term = _term(key, 1.0, (), names)
    if term.french or term.english:
        return term
    return replace(
        term, french=(written,) if language(written) != "en" and not fold(written).isupper() else (), english=(written,)
    )
