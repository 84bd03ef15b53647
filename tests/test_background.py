"""How rare a key is, in the language at large and in biomedical writing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watcher.background import rarity
from watcher.lexicon import BREAK, concepts, read

RAREST = (7.7, 4.0)


def of(word: str) -> tuple[float, float]:
    (key,) = read(word).keys
    return rarity(key)


@pytest.mark.parametrize(
    ("common", "rare"),
    [
        ("patients", "ferroptose"),
        ("patients", "cancer du sein"),
        ("étude", "glioblastome"),
        ("study", "ferroptosis"),
        ("cancer", "chimiorésistance"),
        ("cellule", "S100A9"),
        ("équipe", "organoïde"),
        ("treatment", "immunotherapy"),
    ],
)
def test_a_telling_word_is_rarer_than_a_common_one_in_both_backgrounds(common: str, rare: str) -> None:
    assert of(common)[0] < of(rare)[0]
    assert of(common)[1] < of(rare)[1]


@pytest.mark.parametrize(
    ("french", "english"), [("sein", "breast"), ("ferroptose", "ferroptosis"), ("tumeur", "tumour")]
)
def test_two_names_of_one_concept_are_equally_rare(french: str, english: str) -> None:
    assert of(french) == of(english)


@pytest.mark.parametrize("key", ["FENTO1", "qzwxjk", "=no such concept", ""])
def test_a_key_in_no_list_is_the_rarest(key: str) -> None:
    assert rarity(key) == RAREST


def test_every_concept_has_a_rarity_in_range() -> None:
    for key in concepts():
        general, biomedical = rarity(key)
        assert 2 <= general <= RAREST[0], key
        assert 0 <= biomedical <= RAREST[1], key


@given(st.text(max_size=60))
def test_whatever_is_read_has_a_rarity_in_range(prose: str) -> None:
    for key in read(prose).keys:
        if key != BREAK:
            general, biomedical = rarity(key)
            assert 2 <= general <= RAREST[0]
            assert 0 <= biomedical <= RAREST[1]
