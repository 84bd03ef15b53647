"""French and English articles out of generated prose: the same ones in every run, none of them anybody's.

A few hundred words of a trade are widened by prefixes and endings to some thousand forms, and drawn so that a word of
rank r comes about 1/r as often as the first one, as words do: indexes, caches and stemmers meet what they meet in life.
"""

import random
import unicodedata
from bisect import bisect
from dataclasses import dataclass
from functools import cache
from itertools import accumulate

_SMALL = {
    "fr": "le la les de des du un une et à au aux en dans par pour sur avec sans que qui dont où ce cette ces son sa"
    " ses leur nous vous est sont a ont été sera plus moins très aussi mais ou ne pas selon entre vers chez".split(),
    "en": "the of and to in a is that for it as was with be by on not at are this have from or had an they which you"
    " were her all there been if more when will would who so no".split(),
}
_ROOTS = {
    "fr": """santé recherche donnée modèle système réseau méthode analyse résultat mesure génome protéine cellule
    bactérie virus vaccin médecin hôpital patient maladie cancer tumeur métastase diabète épidémie mortalité dépistage
    médicament traitement essai résistance récepteur inhibiteur mutation inflammation immunité anticorps lymphocyte
    neurone synapse cerveau cœur artère foie rein poumon sang muscle embryon hormone métabolisme nutrition obésité
    chirurgie imagerie biopsie diagnostic pronostic survie cohorte registre prévention soignant clinique université
    laboratoire institut équipe découverte mécanisme fonction structure molécule enzyme expression régulation climat
    énergie lumière matière étoile planète océan forêt espèce oiseau logiciel algorithme mémoire capteur robot budget
    réforme ministère loi élection économie école culture musée""".split(),
    "en": """health research data model system network method analysis result measure genome protein cell bacteria virus
    vaccine doctor hospital patient disease cancer tumour metastasis diabetes epidemic mortality screening drug therapy
    trial resistance receptor inhibitor mutation inflammation immunity antibody lymphocyte neuron synapse brain heart
    artery liver kidney lung blood muscle embryo hormone metabolism nutrition obesity surgery imaging biopsy diagnosis
    prognosis survival cohort registry prevention nurse clinic university laboratory institute team discovery mechanism
    function structure molecule enzyme expression regulation climate energy light matter star planet ocean forest
    species bird software algorithm memory sensor robot budget reform ministry law election economy school""".split(),
}
_BEFORE = {"fr": ("", "re", "pré", "bio", "micro", "anti"), "en": ("", "re", "pre", "bio", "micro", "anti")}
_BEHIND = {
    "fr": (
        "",
        "s",
        "ement",
        "eur",
        "ation",
        "ations",
        "ique",
        "iques",
        "iste",
        "able",
        "ité",
        "és",
        "ées",
        "er",
        "ait",
    ),
    "en": ("", "s", "ed", "ing", "ers", "ation", "ations", "al", "ally", "ist", "able", "ity", "ful"),
}
_AUTHORS = ("É. Lefèvre", "Zoé Marchand", "J. O'Neill", "François Noël", "M. Dupré-Klein", "K. Sørensen", "Li Wei")


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """One generated article."""

    title: str
    lead: str
    body: str
    author: str
    slug: str


def piece(feed: int, number: int) -> Piece:
    """The article of that number in a feed, about 60 words; every fourth feed is English."""
    language = "en" if feed % 4 == 3 else "fr"
    rng = random.Random(feed * 1_000_003 + number)
    title = _sentence(rng, language, 7, 11)[:-1]
    return Piece(
        title=title,
        lead=_sentence(rng, language, 12, 20),
        body=" ".join(_sentence(rng, language, 9, 20) for _ in range(3)),
        author=rng.choice(_AUTHORS),
        slug=f"{_slug(title)}-{feed}-{number}",
    )


def _sentence(rng: random.Random, language: str, shortest: int, longest: int) -> str:
    words, weights = _vocabulary(language)
    drawn = [words[bisect(weights, rng.random() * weights[-1])] for _ in range(rng.randint(shortest, longest))]
    said = " ".join(drawn)
    return f"{said[0].upper()}{said[1:]}."


@cache
def _vocabulary(language: str) -> tuple[list[str], list[float]]:
    """Words, and their weights summed up: small words are two in five."""
    rng = random.Random(language)
    small, roots = _SMALL[language], _ROOTS[language]
    derived = [
        before + root.rstrip("e") + behind
        for root in roots
        for before in _BEFORE[language]
        for behind in _BEHIND[language]
        if (before or behind) and rng.random() < (0.15 if before and behind else 0.8)
    ]
    rng.shuffle(derived)
    content = roots + derived
    shares = [[1 / (rank + 2) for rank in range(len(small))], [1 / (rank + 8) for rank in range(len(content))]]
    scaled = [0.4 * share / sum(shares[0]) for share in shares[0]] + [0.6 * s / sum(shares[1]) for s in shares[1]]
    return small + content, list(accumulate(scaled))


def _slug(title: str) -> str:
    letters = unicodedata.normalize("NFKD", title.lower()).encode("ascii", "ignore").decode()
    return "-".join("".join(c if c.isalnum() else " " for c in letters).split())[:70]
