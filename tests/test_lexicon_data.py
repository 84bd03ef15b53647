"""The lexicon as data: its shape, and that no form stands for two concepts."""

import re
import unicodedata
from collections import defaultdict
from importlib.resources import files
from typing import NamedTuple

import pytest

from watcher.lexicon import concepts, read

FACETS = {"disease", "phenomenon", "mechanism", "method", ""}
# Common words of one language that a bare form of the lexicon must not catch: small words, and words that the two
# languages spell alike for different things (`rate` is the spleen in French, `pain` is bread).
_BANNED = """
    all an as but car chat coin comment des dos et face fin fine for four in it la large le main men met on or pain par
    pas per place plus pour rat rate sale sept son sur tire ton trouble un une
"""
_ALLOWED_IN = {"english": {"men", "pain", "large"}, "french": {"trouble"}}


class Line(NamedTuple):
    number: int
    french: list[str]
    english: list[str]
    facet: str


def _data() -> list[tuple[int, str]]:
    text = files("watcher").joinpath("lexicon.tsv").read_text(encoding="utf-8")
    return [(n, line) for n, line in enumerate(text.splitlines(), 1) if line.strip() and not line.startswith("#")]


def _lines() -> list[Line]:
    rows = [(n, line.split("\t")) for n, line in _data()]
    return [Line(n, row[0].split("; "), row[1].split("; "), row[2]) for n, row in rows]


def _is_acronym(form: str) -> bool:
    return re.fullmatch(r"[A-Z0-9/+-]{2,8}", form) is not None


def _folded(form: str) -> str:
    """One spelling for all the ways to write a form: no case, accent, hyphen or regular plural."""
    if _is_acronym(form):
        return form
    plain = form.lower().replace("œ", "oe").replace("æ", "ae").replace("’", "'").replace("-", " ")
    plain = "".join(c for c in unicodedata.normalize("NFKD", plain) if not unicodedata.combining(c))
    return " ".join(_singular(word) for word in plain.split())


def _singular(word: str) -> str:
    if len(word) < 4:
        return word
    if word.endswith("aux") and not word.endswith("eaux"):
        return word[:-3] + "al"
    if word.endswith("eaux"):
        return word[:-1]
    return word[:-1] if word.endswith("s") and not word.endswith(("ss", "us", "is")) else word


def test_every_line_has_three_columns_and_names_in_both_languages() -> None:
    for number, line in _data():
        assert line.count("\t") == 2, number
        french, english, facet = line.split("\t")
        assert facet in FACETS, (number, facet)
        for column in (french, english):
            for form in column.split("; "):
                assert form, number
                assert form == form.strip(), (number, form)
                assert ";" not in form, (number, form)
                assert "  " not in form, (number, form)


def test_there_are_enough_concepts() -> None:
    assert len(_lines()) >= 1200


@pytest.mark.parametrize("language", ["french", "english"])
def test_no_form_stands_on_two_lines(language: str) -> None:
    owners: dict[str, set[int]] = defaultdict(set)
    for line in _lines():
        for form in getattr(line, language):
            owners[_folded(form)].add(line.number)
    assert {form: numbers for form, numbers in owners.items() if len(numbers) > 1} == {}


@pytest.mark.parametrize("language", ["french", "english"])
def test_no_form_stands_twice_on_one_line(language: str) -> None:
    for line in _lines():
        forms = [_folded(form) for form in getattr(line, language)]
        assert len(forms) == len(set(forms)), (line.number, forms)


def test_a_spelling_shared_by_the_languages_means_the_same_in_both() -> None:
    french = {_folded(form): line.number for line in _lines() for form in line.french}
    english = {_folded(form): line.number for line in _lines() for form in line.english}
    assert {
        form: (french[form], english[form]) for form in french.keys() & english.keys() if french[form] != english[form]
    } == {}


@pytest.mark.parametrize("language", ["french", "english"])
def test_no_small_or_two_faced_word_is_a_form(language: str) -> None:
    forms = {form for line in _lines() for form in getattr(line, language)}
    assert forms & (set(_BANNED.split()) - _ALLOWED_IN[language]) == set()
    assert {form for form in forms if len(form) < 3 and not form.isupper()} - {"os"} == set()


def test_every_form_is_read_as_its_own_concept() -> None:
    astray = []
    for concept in concepts().values():
        for form in concept.french + concept.english:
            found = read(form).keys
            if found != (concept.key,):
                astray.append((form, concept.key, found))
    assert astray == []
