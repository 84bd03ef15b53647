"""A weighted vocabulary learnt from seeds."""

import hashlib
import json
import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from functools import cache
from itertools import pairwise
from pathlib import Path

from watcher.background import rarest, rarity
from watcher.lexicon import BREAK, concepts, keys_of, read
from watcher.program import mark
from watcher.seeds import Seed
from watcher.text import STOP_WORDS, fold, language, words

MOST_TERMS = 60  # single keys; a list that a person still reads
MOST_PHRASES = 20
SATURATION = 1.2  # k1 of BM25: the fifth mention of a word says little more than the third
TITLE_COUNTS = 3  # a word of the title weighs as much as three of the text
LEAST_WEIGHT = 0.04  # of the heaviest term; below, a term is noise

NAMED = 2.0  # a gene or a molecule is named on purpose, and others who tell of the same finding will name it too
LITERARY = 0.5  # a word of the language at large that no abstract uses colours a text; it is not its subject

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
        """Changes whenever a score by this profile may change: with its terms, and with the program that judges."""
        facts = [mark(), *([term.key, round(term.weight, 6)] for term in self.terms)]
        return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:16]


def written(profile: Profile) -> str:
    """A profile as one line of JSON, from which `profile_of` makes it again."""
    return json.dumps(asdict(profile), ensure_ascii=False)


def profile_of(line: str) -> Profile:
    """The profile that `written` made a line of; raises ValueError, KeyError or TypeError for any other line."""
    facts = json.loads(line)
    lists = ("french", "english", "seeds")
    terms = tuple(Term(**term | {name: tuple(term[name]) for name in lists}) for term in facts["terms"])
    return Profile(name=facts["name"], terms=terms, seeds=tuple(facts["seeds"]), threshold=facts["threshold"])


def learn(seeds: Iterable[Seed], setting: ProfileSetting) -> Profile:
    """Learn a profile from its seeds.

    A term's weight is its salience (rare in the language at large and in biomedical writing), NAMED times as much for
    a gene or a molecule, times its saturated count in each seed (BM25 tf, k1 = 1.2), summed over the seeds, times the
    share of the seeds that hold it (what they share is the theme), divided by the heaviest. The order of the seeds does
    not matter.
    """
    documents = sorted(seeds, key=lambda s: (s.name, s.title, s.text))
    banned = {key for word in setting.exclude for key in _keys_of_term(word)}
    weights: dict[str, float] = defaultdict(float)
    origin: dict[str, list[str]] = {}
    names = names_in(documents)
    for seed in documents:
        for key, weight in seed_weights(seed).items():
            weights[key] += weight
            origin.setdefault(key, []).append(seed.name)
    for key in weights:
        weights[key] *= len(origin[key]) / len(documents)
    singles = [k for k in _heaviest(weights) if PHRASE not in k and k not in banned][:MOST_TERMS]
    phrases = [k for k in _heaviest(weights) if PHRASE in k and not banned & {k, *k.split(PHRASE)}][:MOST_PHRASES]
    top = max((weights[k] for k in singles), default=1.0)
    terms = [learnt_term(k, weights[k] / top, tuple(origin[k]), names) for k in singles + phrases]
    terms = [t for t in terms if t.weight >= LEAST_WEIGHT]
    terms = _adjusted(terms, setting, names)
    return Profile(
        name=setting.name,
        terms=tuple(sorted(terms, key=lambda t: (-t.weight, t.key))),
        seeds=tuple(seed.name for seed in documents),
        threshold=setting.threshold,
    )


def _heaviest(weights: dict[str, float]) -> list[str]:
    return sorted(weights, key=lambda k: (-weights[k], k))


def salience(key: str) -> float:
    """How telling a key is, 0 to about 1: rare in the language at large and rare in biomedical writing.

    A phrase is as telling as its two keys together, each counted less than alone.
    """
    if PHRASE in key:
        one, other = (salience(k) for k in key.split(PHRASE))
        return 0.45 * (one + other) if min(one, other) > 0.02 else 0.0
    general, biomedical = rarity(key)
    at_large = max(0.0, min(1.0, (general - 3.2) / 3.0))
    telling = math.pow(at_large, 0.7) * max(0.0, min(1.0, (biomedical - 0.3) / 2.5))
    literary = general < rarest()[0] and biomedical >= rarest()[1] and key.islower() and not key.startswith("=")
    return telling * LITERARY if literary else telling


def named(key: str) -> float:
    """How much of a key or phrase names a gene or a molecule, 0 to 1: letters and a number (`MT2A`).

    Acronyms without a number mean too many things.
    """
    parts = key.split(PHRASE)
    return sum(p.isupper() and p[0] != "=" and any(map(str.isdigit, p)) for p in parts) / len(parts)


def seed_weights(seed: Seed) -> dict[str, float]:
    """Key or phrase -> salience times saturated count, for one seed; names of people and places are left out."""
    title, text = seed_counts(seed)
    found = {}
    for key in {**title, **text}:
        count = TITLE_COUNTS * title[key] + text[key]
        if PHRASE in key and count < 2:
            continue
        weight = salience(key) * (NAMED if named(key) == 1 else 1.0) * count * (SATURATION + 1) / (count + SATURATION)
        if weight > 0:
            found[key] = weight
    return found


def seed_counts(seed: Seed) -> tuple[Counter[str], Counter[str]]:
    """How often a seed says each key and phrase, in its title and in its text, names of people and places left out."""
    dropped = {BREAK} | _proper_names(seed.text) | _of_places(seed.text) | _telling_words(seed) | _press_keys()
    found = []
    for prose in (seed.title, _without_names(seed.text)):
        reading = read(prose)
        counts = Counter((*reading.keys, *reading.inner, *phrases_of(reading.keys)))
        found.append(Counter({k: n for k, n in counts.items() if not dropped & {k, *k.split(PHRASE)}}))
    return found[0], found[1]


def phrases_of(keys: tuple[str, ...]) -> list[str]:
    """Neighbouring keys as phrases, in one order for both languages (`métastases cérébrales`, `brain metastases`)."""
    return [f"{min(a, b)}{PHRASE}{max(a, b)}" for a, b in pairwise(keys) if BREAK not in (a, b) and a != b]


_PRESS = """
    chercheur researcher recherche research scientifique scientist étude study équipe team communiqué revue
    journal publier publication published découverte discovery découvrir avancée prometteur professeur docteur
    professor Dr Pr institut institute université university résultat result travaux work article auteur author
    mettre montrer montre show évidence identifier expliquer explique explain révéler reveal récemment recently
    nouveau nouvelle new mieux better pouvoir permettre permet chiffre année year mois month jour day pays
    country France français french international monde world hôpital hospital laboratoire laboratory directeur
    director coordonner webinaire webinar séminaire seminar invité lien mail site numéro prestigieux paru voulu
    véritable dévoiler Espagne Allemagne Italie Royaume-Uni Suisse Belgique Canada Chine Japon Europe janvier
    février mars avril mai juin juillet août septembre octobre novembre décembre January February March April
    June July August September October November December lundi mardi mercredi jeudi vendredi samedi dimanche
    Monday Tuesday Wednesday Thursday Friday Saturday Sunday deux trois quatre cinq six sept huit neuf dix two
    three four five seven eight nine ten CNRS INSERM CHU IUCT APHP INCA HAS ANSM CEA INRAE AACR ASCO ESMO NIH
    FDA EMA AFP OMS WHO USA UK UE EU Inserm UMR SA
"""


@cache
def _press_keys() -> frozenset[str]:
    """Keys of how science is told, which say nothing of what it is about."""
    reading = read(_PRESS)
    return frozenset(k for k in (*reading.keys, *reading.inner) if k != BREAK)


_OPENING = re.compile(r"(?:^|[.!?:;«\"“(\n•]\s*)$")
_UNIT_CODE = re.compile(r"UMR\w*|U\d{3,4}|INSERM\w*")
_PROSE_WORD = re.compile(r"[^\W_]+(?:[-‑][^\W_]+)*")
_CAPITALISED = r"[A-ZÀ-ÖØ-Þ][^\W\d_]*[a-zß-öø-ÿ][^\W\d_]*(?![-‑]?\d)"
_NAME_RUN = re.compile(
    rf"\b{_CAPITALISED}\b(?:(?:\s+(?:&|de|du|des|la|of|for|and|et|the)(?:\s+the)?)?[\s-]+(?:d[’'])?{_CAPITALISED}\b)+"
)
# Names that belong to a subject: of a disease, a cell, a species, or explained by an acronym.
_NAME_OF_A_THING = (
    re.compile(r"(?i:maladie|syndrome|sarcome|lymphome|tumeur|cellule|corps|effet|mutation)s? d(?:e |[’'])$"),
    re.compile(
        r"\s*\([A-Z]{2}|(?:[’']s)? (?:disease|syndrome|sarcoma|lymphoma|tumou?r|cell|bod(?:y|ies)|effect|mutation)"
        r"| (?:[a-z]{2,}(?:us|um|ae|ii|ensis|alis|aris|idis|icans|osa)|coli|elegans|aegypti|melanogaster)\b"
    ),
)


def _without_names(text: str) -> str:
    """A text without its runs of capitalised words, which name people, institutes and journals (`Nature Medicine`).

    A line in capitals all through is a heading, and the name of a thing is a subject: both are left alone.
    """
    return "\n".join(line if _is_title_case(line) else _NAME_RUN.sub(_unnamed, line) for line in text.splitlines())


def _is_title_case(line: str) -> bool:
    long: list[str] = [word for word in _PROSE_WORD.findall(line) if len(word) > 3]
    return sum(word[0].isupper() for word in long) > 0.6 * len(long)


def _unnamed(run: re.Match[str]) -> str:
    first, _, rest = run[0].partition(" ")
    opens = fold(first) in STOP_WORDS  # "Les Toulousains": only the place of the first word makes it tall
    if _names_a_thing(run) or (opens and not _NAME_RUN.fullmatch(rest)):
        return run[0]
    return f"{first} ;" if opens else ";"


def _names_a_thing(name: re.Match[str]) -> bool:
    before, after = _NAME_OF_A_THING
    known = after.match(name.string, name.end())
    return bool(known and known[0].strip() not in STOP_WORDS) or bool(
        before.search(name.string[max(0, name.start() - 20) : name.start()])
    )


def _proper_names(text: str) -> set[str]:
    """Keys of words that are only ever written with a capital inside a sentence: people, places, journals."""
    small: set[str] = set()
    tall: set[str] = set()
    for found in _PROSE_WORD.finditer(text):
        word = found.group()
        if _UNIT_CODE.fullmatch(word):
            tall.update(keys_of(word))
        elif not word[0].isupper() or _names_a_thing(found):
            small.update(keys_of(word))
        elif not word.isupper() and not _OPENING.search(text[max(0, found.start() - 3) : found.start()]):
            tall.update(keys_of(word))
    known = {k for k in tall if _is_concept(k)}
    return {k for k in tall - small - known if not k[:1].isupper() or _UNIT_CODE.fullmatch(k)}


_OF_A_PLACE = re.compile(r"(?:ain|ais|ois|ien|een)(?:e?s?|nes?)")


def _of_places(text: str) -> set[str]:
    """Keys of adjectives made of a name that the text holds (`Toulouse`, `toulousain`)."""
    spelt = {fold(word): word for word in _PROSE_WORD.findall(text)}
    names = {folded.removesuffix("s").removesuffix("e") for folded, word in spelt.items() if word.istitle()}
    return {
        key
        for folded, word in spelt.items()
        if (ending := _OF_A_PLACE.search(folded, 4))
        and ending.end() == len(folded)
        and folded[: ending.start()] in names
        for key in keys_of(word)
        if not _is_concept(key)
    }


_BEFORE_VERB = frozenset("ne n se s il ils elle elles on qui".split())
_AFTER_VERB = frozenset("le la les l un une pas leur leurs que qu".split())
_VERB_ENDING = re.compile(r"\w{3,}(?:er|rait|raient|aient|ront)")
_ADVERB = re.compile(
    r"\w{2,}(?:(?:[inrstu]ell|qu|al|iv|air|i[eè]r|eus|abl|ibl|ist)e|[ae]m|[éiu])ment|\w{4,}(?:al|iv|ous|ent|ant|ed|ar)ly"
)
_MAYBE_VERB = re.compile(r"\w+(?:[^m]ent|it)")


def _telling_words(seed: Seed) -> set[str]:
    """Keys of verbs and adverbs of the story, which no subject is named by; never those of a word of the lexicon.

    Only French verbs can be told without a grammar: English ones look like nouns (`trigger`, `enhancer`).
    """
    verbs: set[str] = set()
    others: set[str] = set()
    for line in (seed.title, *seed.text.splitlines()):
        french = (language(line) or seed.language) == "fr"
        said = re.findall(r"[^\W_]+(?:[-‑][^\W_]+)*|[.,;:!?()]", line.lower())
        for before, word, after in zip(["", *said], said, [*said[1:], ""], strict=False):
            told = _ADVERB.fullmatch(word) or (french and _is_verb(before, word, after))
            keys = {k for k in keys_of(word) if k and not _is_concept(k) and k.islower()}
            (verbs if told else others).update(keys)
    return verbs - others


def _is_verb(before: str, word: str, after: str) -> bool:
    """Whether a French word is a verb, by its ending or by the small words around (`qui survivent`, `butent la`)."""
    if before in _BEFORE_VERB or (before == "en" and word.endswith("ant")) or _VERB_ENDING.fullmatch(word):
        return True
    follows_plural = word.endswith("ent") and before.endswith("s")  # an adjective would have its own -s
    return bool(_MAYBE_VERB.fullmatch(word)) and (after in _AFTER_VERB or follows_plural)


def _is_concept(key: str) -> bool:
    keys = read(key).keys if key else ()
    return key in concepts() or bool(keys and keys[0] in concepts())


def names_in(documents: Iterable[Seed]) -> dict[str, Counter[str]]:
    """How each key is written in some documents, by language: `fr:key` -> spellings."""
    names: dict[str, Counter[str]] = {}
    for seed in documents:
        for line in (seed.title, *seed.text.splitlines()):
            spoken = language(line) or seed.language or "en"
            for word in words(line):
                for key in keys_of(word) if word[0].isalnum() else ():
                    names.setdefault(f"{spoken}:{key}", Counter())[word if key.isupper() else word.lower()] += 1
    return names


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


def learnt_term(key: str, weight: float, origin: tuple[str, ...], names: dict[str, Counter[str]]) -> Term:
    """A term under the names that are known for its key; origin names the seeds that hold it."""
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
    term = learnt_term(key, 1.0, (), names)
    if term.french or term.english:
        return term
    return replace(
        term, french=(written,) if language(written) != "en" and not fold(written).isupper() else (), english=(written,)
    )
