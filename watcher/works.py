"""What becomes of a published work: a preprint appears, is printed, is corrected, is retracted."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from watcher.articles import Relation, Status
from watcher.identity import PREPRINTS, Alias, Identified

# A work only goes on from one to a later one of these.
STAGES: tuple[Status, ...] = ("", "preprint", "published", "issue", "corrected", "questioned", "retracted")
SAID_OF_PAPERS: tuple[Status, ...] = ("corrected", "questioned", "retracted")  # whoever reads them should know
TOLD: tuple[Status, ...] = ("published", *SAID_OF_PAPERS)  # what a digest tells of a work that it told before
_OUTCOMES: dict[str, Status] = {"corrects": "corrected", "questions": "questioned", "retracts": "retracted"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing that became of a work."""

    id: int
    article: int
    at: datetime  # when it was seen
    before: Status
    after: Status
    because: str  # the notice or the journal's version that says so: "doi:10.…"; "" when its own source did


def further(one: Status, other: Status) -> Status:
    """The later of two stages."""
    return max(one, other, key=STAGES.index)


def outcome(relation: Relation) -> Status:
    """What becomes of the work that a relation is about; "" where nothing does."""
    return _OUTCOMES.get(relation.kind, "")


def notices(relations: Iterable[Relation], own: Iterable[Alias] = ()) -> tuple[Relation, ...]:
    """What an article says of others as a notice; not what a journal says of the article itself."""
    mine = frozenset(own)
    return tuple(r for r in relations if r.kind in _OUTCOMES and not r.passive and r.of not in mine)


def status_of(identified: Identified) -> Status:
    """What an article and its relations say of itself."""
    status = identified.article.status
    own = frozenset(identified.aliases)
    for relation in identified.relations:
        if relation.passive or relation.of in own:
            status = further(status, outcome(relation))
        if relation.kind == "preprint_of" and not relation.passive:
            status = further(status, "published")
    return status


def is_journals(identified: Identified) -> bool:
    """Whether an article is the one that a journal brought out: it has a DOI of its own that is no preprint's."""
    of = {relation.of for relation in identified.relations}
    dois = [value for scheme, value in identified.aliases if scheme == "doi" and (scheme, value) not in of]
    return identified.article.status != "preprint" and any(not value.startswith(PREPRINTS) for value in dois)


def is_step(before: Status, after: Status) -> bool:
    """Whether something became of a work; to learn that one is a preprint, or is not, is none."""
    later = STAGES.index(after) > STAGES.index(before)
    return later and after != "preprint" and not (before == "" and after == "published")
