"""Titles that say what becomes of another article: corrections, retractions, expressions of concern."""

import re
from dataclasses import dataclass
from typing import Literal

from watcher.text import STOP_WORDS, fold

LEAST_WORDS = 5  # telling ones, from which on a title names an article


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What a title says: of which kind it is, and the title of the article that it is about."""

    kind: Literal["corrects", "questions", "retracts"]
    about: str  # in folded words, "" when it says nothing or too little of it
    own: bool = False  # it may be the article itself, marked by its journal ("RETRACTED: …")


# By what titles begin with, folded. "Correction of anaemia in…" is an ordinary title, and so is "Retraction of the…":
# unless the word says enough, a colon, "to" or the end has to follow.
_END = r"\s*(?:[:.\-–—]|$)"
_OPEN = rf"(?:\s*(?:to|for|of|a|au|de|du|sur|concernant)\b)?(?:{_END}|\s)"
_BY = r"(?:author |publisher |editorial |editor'?s )?"
_FORMS: tuple[tuple[Literal["corrects", "questions", "retracts"], bool, re.Pattern[str]], ...] = (
    ("questions", False, re.compile(rf"{_BY}expression of concern{_OPEN}")),
    ("questions", False, re.compile(rf"mise en garde (?:editoriale|de la redaction){_OPEN}")),
    ("retracts", True, re.compile(
        r"[\[(]?(?:retracted|withdrawn|article retracte|article retire)(?: article| paper)?"
        r"[\])]?\s*(?:[:.\-–—]|(?<=[\])])\s)"
    )),
    ("retracts", False, re.compile(rf"(?:retraction|withdrawal) (?:note|notice|statement){_OPEN}")),
    ("retracts", False, re.compile(rf"(?:notice of|avis de) (?:retraction|retractation|retrait){_OPEN}")),
    ("retracts", False, re.compile(rf"(?:retraction|retractation|withdrawal)(?:{_END}|\s+to\b{_END}?)")),
    ("corrects", False, re.compile(rf"{_BY}correction(?: to\b)?{_END}")),
    ("corrects", False, re.compile(rf"{_BY}correction to\s")),
    ("corrects", False, re.compile(rf"(?:erratum|errata|corrigend(?:um|a)|correctif|rectificatif){_OPEN}")),
)  # fmt: skip


def notice_of(title: str) -> Notice | None:
    """What a title says of another article; None for an ordinary one."""
    folded = fold(title).strip()
    for kind, own, form in _FORMS:
        if found := form.match(folded):
            return Notice(kind=kind, about=named(folded[found.end() :]), own=own)
    return None


def named(title: str) -> str:
    """A title in folded words, as notices and articles share it; "" for one that may be that of several articles."""
    spoken = re.findall(r"[a-z0-9]+", fold(title))
    telling = [word for word in spoken if word not in STOP_WORDS and len(word) > 2]
    return " ".join(spoken) if len(telling) >= LEAST_WORDS else ""
