"""What an article tells: its telling keys, its names, its phrases and its lead, and how alike two tellings are."""

import re
import sys
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache, cached_property, lru_cache
from itertools import chain, pairwise, takewhile
from math import exp, log10

from watcher.background import rarity
from watcher.echoes import days_apart, echoes_in, journal_key
from watcher.identity import PREPRINTS, SAME_WORK, Alias, Identified, without_ids
from watcher.lexicon import BREAK, keys_of, read
from watcher.text import STOP_WORDS, fold, language, words
from watcher.works import notices

WINDOW = timedelta(days=21)  # articles further apart tell two stories, or the second one retells an old one
READ_TO = 250  # keys of an article that are compared: title, lead and the better part of a page
LEAD = 50  # of those, the ones that make title and lead
NUMBERS = 12  # figures of an article that are compared
FEW_STUDIES = 3  # an article that cites more studies is a review: it tells the story of none of them
LOOKED_UP = 30  # the rarest keys of an article, by which it finds others and others find it

# A key's weight is the -log10 of the share of articles that hold it, above COMMON. The share is the one among the
# recent articles, and the one in the language stands for as many articles as EXPECTED: a key that is rare in the
# language and frequent in the week's news ties nothing.
COMMON = 1.2
EXPECTED = 1000
OUTLETS = 30  # articles; what more of them hold may be one great story, and still ties its tellings
WORDS_OF_AN_ARTICLE = 300  # makes of the frequency of a word the share of articles that hold it
NUMBER_RARITY = 4.5  # of a figure, in the language
NAME_RARITY = 3.8  # a capitalised word that is more frequent is no name

# How alike two tellings are: a logistic sum of what they share (see `shares`), chosen on news in English and on
# abstracts in both languages: a constant, then one factor each for names, phrases, leads and all keys. Two languages
# have few phrases in common, and say more of the same in other words.
ALIKE = (-6.0, 9.0, 8.0, 0.0, 9.0)
ALIKE_ACROSS = (-7.2, 4.0, 3.5, 10.0, 20.0)
# What news say of the study they tell counts beside that, when one of two articles is a paper: an author with a rare
# name, and a little the journal and the day, which many papers share. Another journal is another study. It makes no
# story of two that have hardly anything else in common.
SAME_JOURNAL, SAME_AUTHOR, SAME_DAY = 0.5, 2.0, 0.5
OTHER_JOURNAL, OTHER_DAY = -3.0, -1.5
DAYS_AGREE, DAYS_DIFFER = 3, 10
NAMED_AUTHORS = 3  # of a paper: the first one and the last two

HARDLY = 0.05  # of the weight of two articles together; two that share less are not compared any further
SHOWN = 8  # keys of a tie
LEAST_COMPARED = 8.0  # weight that very short articles are measured against, so that two words are not a story


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """What is compared of one article; `keys` holds all of it but the studies and the day, fit to be written down.

    First what it is ("@fr" for its language, "@column", "@notice") and which study it is or tells of ("@of=gut"); then
    its keys as they are read, a name marked by "^", with BREAK between phrases and the end of the title as "|"; its
    figures last.
    """

    keys: tuple[str, ...]
    rarest: tuple[str, ...]  # of the keys, those that are rarest in the language
    studies: frozenset[Alias]
    cites: frozenset[Alias]  # of the studies, those that are not the article itself
    work: Alias | None  # the DOI that the article itself carries: two different ones are two articles
    day: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """The keys of a telling taken apart."""

    language: str
    keys: frozenset[str]
    names: frozenset[str]
    phrases: frozenset[tuple[str, str]]
    lead: frozenset[str]
    study: Mapping[str, frozenset[str]]  # which study it is ("of", "out", "by") or tells of ("in", "on")


def telling_of(identified: Identified, seen: datetime | None = None) -> Telling:
    """What tells one article from others; `seen` stands in for a missing date."""
    article = identified.article
    text = without_ids(article.summary or article.body)
    if text.startswith(article.title):
        text = text[len(article.title) :]
    title, lead = list(read(article.title).keys), list(read(text).keys)[:READ_TO]
    names = _names(article.title) | _names(text[: READ_TO * 9])
    spoken = article.language or language(f"{article.title}. {text[:600]}")
    nature = (NOTICE,) if notices(identified.relations, identified.aliases) else _nature(article.title)
    keys = (f"@{spoken}", *nature, *_study(identified, f"{article.title}. {text[: READ_TO * 9]}"))
    calendar = _calendar()
    said = (k for k in (*title, "|", *lead) if k not in calendar)
    keys += tuple(sys.intern(f"^{k}") if k in names or k.isupper() else k for k in said)  # one copy of each for all
    keys += tuple(dict.fromkeys(_figures(f"{article.title}. {text[: READ_TO * 9]}")))[:NUMBERS]
    return retold(keys, identified.aliases, identified.cites, article.published or seen)


def _study(identified: Identified, prose: str) -> Iterator[str]:
    """Which study a paper is, by its journal, its day and its rarely named authors; or what news say of one."""
    article = identified.article
    if not any(scheme in ("doi", "pmid") for scheme, _ in identified.aliases):
        for echo in echoes_in(prose):
            yield f"@in={echo.journal}"
            if echo.day:
                yield f"@on={echo.day}"
    elif journal := journal_key(article.journal):
        yield f"@of={journal}"
        if article.published:
            yield f"@out={article.published:%m-%d}"
        authors = dict.fromkeys((*article.authors[:1], *article.authors[1:][1 - NAMED_AUTHORS :]))
        families = (author.partition(",")[0] if "," in author else author.rpartition(" ")[2] for author in authors)
        for key in dict.fromkeys(key for family in families for word in words(family) for key in keys_of(word)):
            if len(key) > 2 and rarity(key)[0] > NAME_RARITY:
                yield f"@by={key}"


def retold(
    keys: tuple[str, ...], aliases: tuple[Alias, ...], cites: tuple[Alias, ...], day: datetime | None
) -> Telling:
    """A telling from its keys as `telling_of` once wrote them down."""
    own = frozenset(a for a in aliases if a[0] in SAME_WORK)
    cited = frozenset(cites if len(cites) <= FEW_STUDIES else ()) - own
    return Telling(
        keys=keys,
        rarest=() if COLUMN in keys[:3] else _rarest(keys),
        studies=frozenset() if COLUMN in keys[:3] else own | cited,
        cites=cited,
        work=next((a for a in aliases if a[0] == "doi"), None),
        day=day,
    )


COLUMN, NOTICE = "@column", "@notice"
_COLUMN_WORDS = frozenset(
    """agenda edito editorial editoriaux breve breves bref actualites actualite actus actu news brief briefs briefing
    newsletter lettre information infos info revue presse press review sommaire contents table semaine week weekly
    hebdo hebdomadaire mois month monthly mensuel jour daily quotidien programme calendrier calendar evenements events
    seminaires seminars chronique rubrique podcast podcasts numero issue vient paraitre cover masthead index mardi
    lundi mercredi jeudi vendredi samedi dimanche janvier fevrier mars avril mai juin juillet aout septembre octobre
    novembre decembre january february march april may june july august september october november december""".split()
)
_COLUMN_NAMES = re.compile(
    r"(?:agenda|edito|editorial|breves|en bref|news in brief|in brief|revue de presse|newsletter|sommaire|"
    r"la semaine en bref|le programme|programme|podcast)\b\s*(?:$|[:|\-–—]|d[ue]s?\b|of\b|n[o°])"
)
_NOTICE_NAMES = re.compile(
    r"(?:author |publisher |editorial )?(?:correction|erratum|errata|corrigendum|correctif|retraction|retracted|"
    r"expression of concern|withdrawn|addendum)\b"
)


def _nature(title: str) -> tuple[str, ...]:
    """Whether a title is that of a column, which is another one every week, or of a notice about an article."""
    folded = fold(title).strip()
    spoken = [w for w in re.findall(r"[a-z]+", folded) if w not in STOP_WORDS]
    if _COLUMN_NAMES.match(folded) or (spoken and all(w in _COLUMN_WORDS for w in spoken)):
        return (COLUMN,)
    return (NOTICE,) if _NOTICE_NAMES.match(folded) else ()


def names_its_paper(one: Telling, other: Telling) -> Alias | None:
    """The study that one of two articles with different DOIs is and that the other one names, or that both name.

    So do corrections, retractions and preprints; an article that only cites another one is another study.
    """
    derived = [NOTICE in t.keys[:3] or (t.work or ("", ""))[1].startswith(PREPRINTS) for t in (one, other)]
    named = one.cites & (other.studies if derived[1] else other.studies - other.cites) if derived[0] else frozenset()
    if derived[1]:
        named |= other.cites & (one.studies - one.cites)
    return min(named, default=None)


@cache
def _calendar() -> frozenset[str]:
    written = """monday tuesday wednesday thursday friday saturday sunday january february march april june july august
    september october november december lundi mardi mercredi jeudi vendredi samedi dimanche janvier fevrier mars avril
    juin juillet aout septembre octobre novembre decembre mon tue wed thu fri sat sun jan feb apr jun jul aug sep sept
    oct nov dec gmt est edt pst pdt cet cest utc am pm bst""".split()
    return frozenset(k for w in written for form in (w, w.upper(), w.capitalize()) for k in keys_of(form)) - {BREAK}


_OPENING = frozenset('.;:!?()[]«»"“”')


def _names(prose: str) -> set[str]:
    """The keys of words that are capitalised inside a sentence; none of a passage where most words are."""
    found: set[str] = set()
    capitals = others = 0
    begins = True
    for word in words(prose):
        if not word[0].isalnum():
            begins = word in _OPENING
            continue
        if word[0].isupper():
            capitals += 1
            if not begins and len(word) > 1:
                found.update(keys_of(word))
        elif word[0].isalpha():
            others += 1
        begins = False
    found.discard(BREAK)
    return found if capitals < _MOSTLY * (capitals + others) else set()


_MOSTLY = 0.6
_TIMES = re.compile(r"\d+ ?[:h] ?\d+|\d+ ?/ ?\d+(?: ?/ ?\d+)?|\b(?:19|20)\d\d\b")
_FIGURE = re.compile(r"\d+(?:[.,]\d+)*")


def _figures(prose: str) -> Iterator[str]:
    """The figures of a text but for times, dates and single digits; 1.5 and 1,5 are one."""
    if any(map(str.isdigit, prose)):
        for found in _FIGURE.findall(_TIMES.sub(" ", prose)):
            if len(found) > 1:
                yield "#" + found.replace(",", ".")


def _bare(key: str) -> str:
    return key[1:] if key[:1] == "^" else key


def _rarest(keys: tuple[str, ...]) -> tuple[str, ...]:
    bare = {_bare(k) for k in keys if k and k[0] not in "@|#"}
    ordered = sorted((-r, k) for k in bare if (r := rarity(k)[0]) > NAME_RARITY)
    return tuple(k for _, k in ordered[:LOOKED_UP])


@lru_cache(maxsize=4_000)
def parts_of(keys: tuple[str, ...]) -> Parts:
    """The keys of a telling taken apart; kept for those that were compared last."""
    what = list(takewhile(lambda k: k[:1] == "@", keys))
    study: defaultdict[str, set[str]] = defaultdict(set)
    for name, _, value in (k[1:].partition("=") for k in what[1:] if "=" in k):
        study[name].add(value)
    read_keys = [k for k in keys[len(what) :] if k[:1] != "#"]
    title = read_keys.index("|") if "|" in read_keys else 0
    bare = [BREAK if k == "|" else _bare(k) for k in read_keys]
    lead = [k for k in bare[title:] if k][:LEAD]
    return Parts(
        language=what[0][1:] if what else "",
        keys=frozenset(k for k in bare if k) | frozenset(k for k in keys if k[:1] == "#"),
        names=frozenset(k[1:] for k in read_keys if k[:1] == "^" and rarity(k[1:])[0] > NAME_RARITY),
        phrases=frozenset((a, b) for a, b in pairwise(bare) if a and b),
        lead=frozenset(k for k in bare[:title] if k) | frozenset(lead),
        study={name: frozenset(values) for name, values in study.items()},
    )


class Weights(dict[str, float]):
    """How much each key tells, among so many articles of which so many hold it; worked out when first asked for."""

    def __init__(self, held: Counter[str], articles: int, common: float = COMMON) -> None:
        super().__init__()
        self._held, self._articles, self._common = held, articles, common
        self.plain = Weights(held, articles, 0.0) if common else self  # in which frequent keys tell a little as well

    def __missing__(self, key: str) -> float:
        expected = EXPECTED * _expected_share(key)
        held = min(max(self._held[key], 2), OUTLETS)
        share: float = (held + expected) / (EXPECTED + self._articles)
        self[key] = weight = max(0.0, -log10(share) - self._common)
        return weight

    def of(self, keys: Iterable[str]) -> float:
        """The weight of several keys together."""
        return sum(map(self.__getitem__, keys))

    def of_phrases(self, phrases: Collection[tuple[str, str]]) -> float:
        """The weight of several phrases together: of each the mean of its two keys."""
        return sum(map(self.__getitem__, chain.from_iterable(phrases))) / 2


@lru_cache(maxsize=200_000)
def _expected_share(key: str) -> float:
    general = NUMBER_RARITY if key[0] == "#" else rarity(key)[0]
    return min(1.0, float(WORDS_OF_AN_ARTICLE * 10.0**-general))


@dataclass(frozen=True, kw_only=True)
class Weighed:
    """The keys of a telling with what each part of them weighs, worked out when first asked for: few pairs need all."""

    parts: Parts
    weights: Weights

    @cached_property
    def keys(self) -> float:
        return self.weights.plain.of(self.parts.keys)

    @cached_property
    def names(self) -> float:
        return self.weights.of(self.parts.names)

    @cached_property
    def phrases(self) -> float:
        return self.weights.of_phrases(self.parts.phrases)

    @cached_property
    def lead(self) -> float:
        return self.weights.of(self.parts.lead)


def weighed(parts: Parts, weights: Weights) -> Weighed:
    """What each part of a telling weighs."""
    return Weighed(parts=parts, weights=weights)


def alike(one: Weighed, other: Weighed, weights: Weights) -> float:
    """How alike two tellings are, from 0 to 1; 0 for two that have hardly a telling key in common."""
    mine, theirs = one.parts, other.parts
    common = sum(map(weights.plain.__getitem__, mine.keys & theirs.keys))
    if common < HARDLY * (one.keys + other.keys):
        return 0.0
    across = bool(mine.language and theirs.language and mine.language != theirs.language)
    leads = _leads(one, other, weights) if across else 0.0  # they count for nothing in one language
    names, phrases = _names_and_phrases(one, other, weights)
    found = (names, phrases, leads, _share(common, one.keys + other.keys))
    return likelihood(found, across=across, echo=_echo(mine, theirs) if mine.study or theirs.study else 0.0)


def _echo(one: Parts, other: Parts) -> float:
    """What one article says for or against telling of the study that the other one is."""
    for news, paper in ((one, other), (other, one)):
        journal, echoed = paper.study.get("of"), news.study.get("in", frozenset())
        if not journal or "of" in news.study:
            continue
        if echoed and not journal & echoed:
            return OTHER_JOURNAL
        found = SAME_JOURNAL if echoed else 0.0
        found += SAME_AUTHOR * min(2, len(paper.study.get("by", frozenset()) & news.names))
        if echoed and (
            days := [days_apart(a, b) for a in paper.study.get("out", ()) for b in news.study.get("on", ())]
        ):
            found += SAME_DAY if min(days) <= DAYS_AGREE else OTHER_DAY if min(days) > DAYS_DIFFER else 0.0
        return found
    return 0.0


def shared_keys(one: Parts, other: Parts, weights: Weights) -> tuple[str, ...]:
    """What two tellings have in common, the most telling first; a figure without its mark."""
    telling = sorted((-weights[k], k.lstrip("#")) for k in one.keys & other.keys if weights[k] > 0)
    return tuple(key for _, key in telling[:SHOWN])


def likelihood(found: tuple[float, float, float, float], *, across: bool, echo: float = 0.0) -> float:
    """What the four shares say together, and what one article says of the study that the other one is: 0 to 1."""
    constant, names, phrases, leads, keys = ALIKE_ACROSS if across else ALIKE
    told = names * found[0] + phrases * found[1] + leads * found[2] + keys * found[3]
    return 1 / (1 + exp(-constant - told - echo))


def shares(one: Weighed, other: Weighed, weights: Weights) -> tuple[float, float, float, float]:
    """What two tellings have in common, by weight: names, phrases, title and lead, all keys.

    Names, leads and keys are shares of the two tellings, from 0 to 1; phrases are measured against the root of how
    many there are, because two articles of some length share few of theirs.
    """
    common = weights.plain.of(one.parts.keys & other.parts.keys)
    names, phrases = _names_and_phrases(one, other, weights)
    return names, phrases, _leads(one, other, weights), _share(common, one.keys + other.keys)


def _names_and_phrases(one: Weighed, other: Weighed, weights: Weights) -> tuple[float, float]:
    mine, theirs = one.parts, other.parts
    names = phrases = 0.0
    if both_name := mine.names & theirs.names:
        names = _share(weights.of(both_name), one.names + other.names)
    if both := mine.phrases & theirs.phrases:
        phrases = weights.of_phrases(both) / max(LEAST_COMPARED, one.phrases * other.phrases) ** 0.25
    return names, phrases


def _leads(one: Weighed, other: Weighed, weights: Weights) -> float:
    held = weights.of(one.parts.lead & other.parts.keys) / max(LEAST_COMPARED / 2, one.lead)
    holds = weights.of(other.parts.lead & one.parts.keys) / max(LEAST_COMPARED / 2, other.lead)
    return (held + holds) / 2


def _share(common: float, whole: float) -> float:
    return 2 * common / max(LEAST_COMPARED, whole)
