"""How much a profile misses: a random sample of what lies just below its threshold, labelled by a person."""

import math
import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b

BANDS = (0.8, 0.6, 0.4)  # lower ends of the strata, as shares of the threshold, the nearest first
SHARES = (0.5, 0.3, 0.2)  # of the sample; what lies near the threshold is missed most
DRAWS = 4_000
SHOWN = -1  # the stratum of what a profile showed when the sample was drawn


@dataclass(frozen=True, slots=True, kw_only=True)
class Reject:
    """An article that a profile did not show."""

    article: int
    value: float  # its score


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampled:
    """One article of a sample, and the stratum that it stands for."""

    article: int
    stratum: int  # 0: nearest to the threshold; SHOWN: none, it was shown
    population: int  # of that stratum


@dataclass(frozen=True, slots=True, kw_only=True)
class Recall:
    """How much of what is relevant was shown: an estimate with its 95 % interval, 0 to 1."""

    value: float
    low: float
    high: float
    shown: int  # relevant ones that were shown
    missed: float  # relevant ones that were not, as estimated
    missing: int  # labels still to be given


def floor(threshold: float) -> float:
    """The score from which an article counts as near a threshold."""
    return BANDS[-1] * threshold


def week_of(now: datetime) -> str:
    """The week of a moment, which a sample is drawn for: `2026-W48`."""
    year, week, _ = now.isocalendar()
    return f"{year}-W{week:02}"


def sample(rejects: Iterable[Reject], threshold: float, seed: str, size: int) -> tuple[Sampled, ...]:
    """A random sample of near rejects, stratified by score; the same for the same seed, nearest stratum first.

    A stratum that holds fewer than its share leaves the rest to the others.
    """
    strata: list[list[int]] = [[] for _ in BANDS]
    for one in rejects:
        band = next((i for i, share in enumerate(BANDS) if one.value >= share * threshold), None)
        if band is not None and one.value < threshold:
            strata[band].append(one.article)
    wanted = _allotted([len(stratum) for stratum in strata], size)
    return tuple(
        Sampled(article=article, stratum=i, population=len(stratum))
        for i, (stratum, n) in enumerate(zip(strata, wanted, strict=True))
        for article in sorted(stratum, key=lambda article: _lot(seed, article))[:n]
    )


def _lot(seed: str, article: int) -> bytes:
    return blake2b(f"{seed} {article}".encode(), digest_size=8).digest()


def _allotted(populations: list[int], size: int) -> list[int]:
    wanted = [0 for _ in populations]
    while sum(wanted) < min(size, sum(populations)):
        open_ones = [i for i, population in enumerate(populations) if wanted[i] < population]
        wanted[min(open_ones, key=lambda i: ((wanted[i] + 1) / SHARES[i], i))] += 1
    return wanted


def recall(drawn: tuple[Sampled, ...], labels: Mapping[int, bool], seed: str) -> Recall | None:
    """The recall above `floor`, from the labels of a sample (article -> relevant); None while a stratum has none.

    Of what was shown, everything counts as relevant that was not rejected. The missed ones are the stratified estimate:
    the sum over the strata of population times share of relevant labels (Cochran 1977, Sampling Techniques, chapter 5).
    For the interval, the share of each stratum among the articles without a label has the Jeffreys distribution
    Beta(k + 1/2, n - k + 1/2) (Brown, Cai & DasGupta 2001, Statistical Science 16:101-133); its ends are the 2.5th and
    the 97.5th of a hundred, in DRAWS draws of all strata together.
    """
    rejects = tuple(one for one in drawn if one.stratum != SHOWN)
    shown = sum(labels.get(one.article, True) for one in drawn if one.stratum == SHOWN)
    populations = {one.stratum: one.population for one in rejects}
    strata: dict[int, list[bool]] = {stratum: [] for stratum in populations}
    for one in rejects:
        strata[one.stratum] += [labels[one.article]] if one.article in labels else []
    if not all(strata.values()):
        return None
    missed = math.fsum(populations[i] * sum(given) / len(given) for i, given in strata.items())
    lot = random.Random(seed)  # noqa: S311 - nothing is kept secret by it
    draws = sorted(_recalled(shown, _drawn(strata, populations, lot)) for _ in range(DRAWS))
    value = _recalled(shown, missed)
    return Recall(
        value=value,
        low=min(draws[round(0.025 * DRAWS)], value),
        high=max(draws[round(0.975 * DRAWS) - 1], value),
        shown=shown,
        missed=missed,
        missing=len(rejects) - sum(map(len, strata.values())),
    )


def _drawn(strata: Mapping[int, list[bool]], populations: Mapping[int, int], lot: random.Random) -> float:
    """How many relevant articles are missed, in one draw: those labelled so, and a share of those without a label."""
    missed = 0.0
    for i, given in strata.items():
        hits = sum(given)
        share = lot.betavariate(hits + 0.5, len(given) - hits + 0.5)
        missed += hits + (populations[i] - len(given)) * share
    return missed


def _recalled(shown: float, missed: float) -> float:
    return shown / (shown + missed) if shown + missed else 1.0
