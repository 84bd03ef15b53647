"""What news say of the study they tell: the journal that brought it out, and on which day."""

import re
from dataclasses import dataclass

from watcher.text import fold

MOST = 3  # journals that are read out of one text


@dataclass(frozen=True, slots=True, kw_only=True)
class Echo:
    """Where a text says that a study came out."""

    journal: str  # its name in folded words
    day: str = ""  # "05-07", as far as the same sentence says one


_MONTHS = {
    name: number
    for names in (
        "janvier fevrier mars avril mai juin juillet aout septembre octobre novembre decembre",
        "january february march april may june july august september october november december",
    )
    for number, name in enumerate(names.split(), 1)
}
_MONTH = "|".join(_MONTHS)
_DAY = re.compile(rf"\b(?:(\d{{1,2}})(?:er|st|nd|rd|th)?(?: of)? ({_MONTH})|({_MONTH}) (\d{{1,2}})(?:st|nd|rd|th)?)\b")
# A journal is named behind words that say that something came out in it. "In" alone names anything.
_CUE = re.compile(
    r"(?i:(?:\b(?:publi(?:é|ée|és|ées|ent|cation)|paru(?:e|s|es)?|paraissent|paraît|détaillée?s?|décrite?s?|rapportée?s?)"
    r"\b[^.;!?]{0,60}?\b(?:dans|par)\b|\bdans la (?:revue|publication)\b|\bdans le journal\b"
    r"|\b(?:published|appears?|appeared|reported|reports?|described|writing|detailed|write|out)\b[^.;!?]{0,60}?\bin\b)"
    r"(?:\s+(?:la|le|the|les))?(?:\s+(?:prestigieuse revue|revue|journal|publication))?"
    r"(?:\s+(?:scientifique|médicale|américaine|britannique|spécialisée|scientific|medical))?\s+[«“\"‘]?\s*)(?=[A-Z])",
)
_IN_BRACKETS = re.compile(rf"\((?=[^()]{{2,60}},\s*(?:le\s+)?\d{{1,2}}(?:er)?\s+(?:{_MONTH})\b)", re.IGNORECASE)
_NAME = re.compile(r"[A-Z][\w&-]*(?:,?\s+(?:(?:of|the|and|for|in|de|du|des|la|et|&)\s+)*[A-Z][\w&-]*)*")
_NO_JOURNALS = frozenset(
    """france paris europe lyon marseille lille nantes toulouse bordeaux strasbourg new york london boston january
    february march april may june july august september october november december medicine human humans mice
    """.split()
)
# One journal goes by its name and by its initials.
_CALLED = {
    "nejm": "new england journal of medicine", "pnas": "proceedings of the national academy of sciences",
    "jama": "journal of the american medical association", "bmj": "british medical journal",
    "jci": "journal of clinical investigation", "jnci": "journal of the national cancer institute",
}  # fmt: skip


def journal_key(name: str) -> str:
    """The name of a journal in folded words, without an article before it or a country behind it."""
    spoken = re.findall(r"[a-z0-9]+", fold(name.partition(":")[0].partition("(")[0]))
    key = " ".join(spoken[1:] if spoken[:1] == ["the"] else spoken).removesuffix(" of the united states of america")
    return _CALLED.get(key, key)


def echoes_in(prose: str) -> tuple[Echo, ...]:
    """The journals in which a text says that something came out, each once, in order."""
    found: dict[str, Echo] = {}
    for form in (_CUE, _IN_BRACKETS):
        for cue in form.finditer(prose):
            name = _NAME.match(prose, cue.end())
            key = journal_key(name[0]) if name else ""
            if name and key and key not in found and not set(key.split()) <= _NO_JOURNALS:
                begin = max(prose.rfind(mark, 0, cue.start()) for mark in ".;!?") + 1
                after = re.search(r"[.;!?](?:\s|$)", prose[name.end() :])
                found[key] = Echo(journal=key, day=_day(prose[begin : name.end() + (after.start() if after else 200)]))
    return tuple(found.values())[:MOST]


def _day(sentence: str) -> str:
    said = _DAY.search(fold(sentence))
    if not said:
        return ""
    day, month = (said[1], said[2]) if said[1] else (said[4], said[3])
    return f"{_MONTHS[month]:02}-{int(day):02}"


def days_apart(one: str, other: str) -> int:
    """How many days lie between two days of a year ("05-07"), whichever way round the year is shorter."""
    a, b = (31 * int(day[:2]) + int(day[3:]) for day in (one, other))
    return min(abs(a - b), 372 - abs(a - b))
