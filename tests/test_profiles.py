"""What is learnt from seeds: both languages, nothing but the subject, the same in any order, adjusted by a person.

The heaviest terms of the five shipped profiles stand in `golden/profiles.txt`; after a change that is meant,
`WATCHER_GOLDEN=write pytest tests/test_profiles.py` writes it anew. Read it: every line is a word of the subject.
"""

import os
from dataclasses import replace
from itertools import permutations
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from watcher.lexicon import keys_of
from watcher.profiles import (
    MOST_PHRASES,
    MOST_TERMS,
    PHRASE,
    Profile,
    ProfileSetting,
    Term,
    learn,
    salience,
)
from watcher.seeds import Seed, read_seeds

SHIPPED = Path(__file__).parents[1] / "seeds"
FOLDERS = tuple(sorted(folder.name for folder in SHIPPED.iterdir()))
GOLDEN = Path(__file__).parent / "golden" / "profiles.txt"
ALL_SEEDS = tuple(seed for folder in FOLDERS for seed in read_seeds(SHIPPED / folder))
PLAIN = ProfileSetting(name="one", seeds=Path("one"))


def learnt(folder: str) -> Profile:
    return learn(read_seeds(SHIPPED / folder), replace(PLAIN, name=folder))


def from_text(text: str, *, title: str = "", language: str = "fr", setting: ProfileSetting = PLAIN) -> Profile:
    return learn((Seed(name="a.txt", title=title, text=text, language=language),), setting)


def by_key(profile: Profile) -> dict[str, Term]:
    return {term.key: term for term in profile.terms}


# What is learnt


def test_the_heaviest_terms_of_the_shipped_profiles() -> None:
    blocks = []
    for folder in FOLDERS:
        names = (f"{' / '.join(t.french) or '-'} | {' / '.join(t.english) or '-'}" for t in learnt(folder).terms[:10])
        blocks.append("\n".join((folder, *(f"  {name}" for name in names))))
    text = "\n\n".join(blocks) + "\n"
    if os.environ.get("WATCHER_GOLDEN") == "write":
        GOLDEN.write_text(text, encoding="utf-8")
    assert text == GOLDEN.read_text("utf-8")


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_profile_speaks_both_languages(folder: str) -> None:
    heaviest = [term for term in learnt(folder).terms if PHRASE not in term.key][:10]
    assert sum(bool(term.french and term.english) for term in heaviest) >= 7


def test_the_names_in_the_other_language_are_those_of_the_lexicon() -> None:
    terms = by_key(learnt("ferroptose-cd44"))
    assert "ferroptosis" in terms[keys_of("ferroptose")[0]].english
    assert "pancreatic cancer" in terms["=pancreatic cancer"].english
    assert terms["CD44"].french == terms["CD44"].english == ("CD44",)
    english = by_key(learnt("osteosarcome-mt2a"))
    assert "ostéosarcome" in english["=osteosarcoma"].french


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_profile_can_be_read_by_a_person(folder: str) -> None:
    terms = learnt(folder).terms
    assert sum(PHRASE not in term.key for term in terms) <= MOST_TERMS
    assert sum(PHRASE in term.key for term in terms) <= MOST_PHRASES
    assert max(term.weight for term in terms if PHRASE not in term.key) == 1.0
    assert all(0 < term.weight <= 1 for term in terms)
    assert [term.weight for term in terms] == sorted((term.weight for term in terms), reverse=True)
    assert all(term.label for term in terms)
    assert all(term.general > 0 and term.biomedical >= 0 for term in terms)
    assert len({term.key for term in terms}) == len(terms)


def test_a_long_list_of_seeds_makes_no_longer_profile() -> None:
    terms = learn(ALL_SEEDS, PLAIN).terms
    assert sum(PHRASE not in term.key for term in terms) <= MOST_TERMS
    assert sum(PHRASE in term.key for term in terms) <= MOST_PHRASES


def test_a_word_of_the_title_weighs_more() -> None:
    text = "La ferroptose et le sécrétome sont étudiés."
    bare = by_key(from_text(text))
    titled = by_key(from_text(text, title="La ferroptose"))
    ferroptosis, secretome = keys_of("ferroptose")[0], keys_of("sécrétome")[0]
    assert titled[secretome].weight / titled[ferroptosis].weight < bare[secretome].weight / bare[ferroptosis].weight


def test_nothing_is_learnt_from_nothing() -> None:
    empty = learn((), PLAIN)
    assert (empty.terms, empty.seeds) == ((), ())
    assert from_text("").terms == ()
    assert from_text("Le, la, les ; 12 345 !").terms == ()


def test_a_phrase_is_as_telling_as_its_words() -> None:
    one, other = "CD44", keys_of("ferroptose")[0]
    assert 0 < salience(f"{one}{PHRASE}{other}") < salience(one) + salience(other)
    assert salience(f"{one}{PHRASE}{keys_of('année')[0]}") == 0


# What is not


TOLD = """Une étude de Jeanne Castelnau et du Pr Paul-Henri de La Touche, publiée le lundi 4 mars 2024 dans Nature
Medicine puis reprise par le Journal of Thyroid Studies, éclaire la ferroptose. Les équipes de l'Institut Villedieu,
du CHU de Brive et de l'Inserm (UMR1299) travaillent à Saint-Brieuc ; à Brive, Castelnau espère conclure en septembre.
Les chercheurs brivois, qui espéraient davantage de la ferroptose, précisent que Napoléon n'y est pour rien. Les
cellules dévoilent leur ferroptose en l'éteignant, en cessant et en faiblissant, et succomberont malheureusement."""


@pytest.mark.parametrize(
    "word",
    """Jeanne Castelnau Paul Henri Touche Villedieu Brive brivois Saint-Brieuc Napoléon Nature Thyroid Journal Institut
    Inserm UMR1299 CHU mars septembre lundi équipes chercheurs étude publiée précisent dévoilent succomberont
    malheureusement cessant faiblissant""".split(),
)
def test_how_a_story_is_told_is_not_its_subject(word: str) -> None:
    keys = {part for key in by_key(from_text(TOLD)) for part in key.split(PHRASE)}
    assert keys_of("ferroptose")[0] in keys
    assert not keys & set(keys_of(word))


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("Le traitement du syndrome de Guillain-Barré progresse.", "guillain-barré"),
        ("Cells of Ewing sarcoma divide. The Ewing sarcoma was rare.", "ewing"),
        ("Une souche de Klebsiella pneumoniae a résisté.", "klebsiella"),
        ("Le variant de la Fento-1 est actif.", "fento-1"),
        ("Chez eux, la Triple Thérapie Orale (TTO) échoue.", "orale"),
    ],
)
def test_a_name_that_belongs_to_a_thing_is_learnt(text: str, word: str) -> None:
    profile = from_text(text)
    names = " ".join(name for term in profile.terms for name in (*term.french, *term.english))
    assert word in names.lower()


@pytest.mark.parametrize("word", ["enhancer", "dimer", "microplastic", "glycan"])
def test_english_words_are_not_read_as_french_verbs(word: str) -> None:
    text = (
        f"The {word} is on the cell's surface. We have seen that this {word} acts on {word} and on the cell's {word}."
    )
    keys = set(by_key(from_text(text, language="en")))
    assert set(keys_of(word)) <= keys


def test_a_name_that_is_also_a_word_stays_a_word() -> None:
    profile = from_text(
        "La curiethérapie, née à l'Institut Curie, soigne par les rayons. Les Mélanomes y sont soignés."
    )
    assert {"=brachytherapy", "=melanoma"} <= set(by_key(profile))


# Order


@pytest.mark.parametrize("order", list(permutations(range(4)))[::3])
def test_the_order_of_the_seeds_does_not_matter(order: tuple[int, ...]) -> None:
    assert learn([ALL_SEEDS[i] for i in order], PLAIN) == learn(ALL_SEEDS[:4], PLAIN)


SOME_IN_TWO_ORDERS = st.lists(st.integers(0, len(ALL_SEEDS) - 1), min_size=2, max_size=4).flatmap(
    lambda some: st.tuples(st.just(some), st.permutations(some))
)


@settings(deadline=None, max_examples=25)
@given(SOME_IN_TWO_ORDERS)
def test_neither_in_any_order_of_any_of_them(drawn: tuple[list[int], list[int]]) -> None:
    one, other = ([ALL_SEEDS[i] for i in order] for order in drawn)
    assert learn(one, PLAIN) == learn(other, PLAIN)


def test_nor_among_documents_of_the_same_name() -> None:
    same = [replace(seed, name="article.txt") for seed in ALL_SEEDS]
    assert learn(same, PLAIN) == learn(reversed(same), PLAIN)


def test_every_term_says_where_it_comes_from() -> None:
    two = (ALL_SEEDS[0], ALL_SEEDS[1])
    terms = by_key(learn(two, replace(PLAIN, include=("bortezomib",))))
    assert terms["CD44"].seeds == ("fento-1.md",)
    assert terms["=melanoma"].seeds == ("secretome.md",)
    assert terms["=chemotherapy"].seeds == ("fento-1.md", "secretome.md")
    assert terms[keys_of("bortezomib")[0]].seeds == ()
    assert learn(two, PLAIN).seeds == ("fento-1.md", "secretome.md")


# What a person says


def test_an_included_term_weighs_as_much_as_the_heaviest() -> None:
    terms = by_key(learn(ALL_SEEDS[:1], replace(PLAIN, include=("GPX4", "bortézomib", "cancer du foie", "biopsie"))))
    assert terms["GPX4"].weight == 1.0
    assert terms["=liver cancer"].weight == 1.0
    assert "liver cancer" in terms["=liver cancer"].english
    assert terms["=biopsy"].weight == 1.0
    assert terms["=biopsy"].seeds == ("fento-1.md",)
    assert terms[keys_of("bortézomib")[0]].label == "bortézomib"


def test_an_included_phrase_is_sought_as_a_phrase() -> None:
    terms = by_key(learn((), replace(PLAIN, include=("zinc CD44",))))
    assert list(terms) == [PHRASE.join(sorted(("CD44", *keys_of("zinc"))))]


def test_an_excluded_word_is_gone_with_its_phrases() -> None:
    with_it = by_key(learnt("sein-triple-negatif-fosl1"))
    (key,) = keys_of("sein")
    assert any(key in term.split(PHRASE) and PHRASE in term for term in with_it)
    without = by_key(learn(read_seeds(SHIPPED / "sein-triple-negatif-fosl1"), replace(PLAIN, exclude=("sein",))))
    assert not any(key in term.split(PHRASE) for term in without)
    assert "=breast cancer" in without


@pytest.mark.parametrize("word", ["cancer du sein", "Breast cancer", "cancers du sein", "CANCER MAMMAIRE DU SEIN"])
def test_a_word_is_excluded_under_each_of_its_names(word: str) -> None:
    setting = replace(PLAIN, exclude=(word,))
    if word.isupper():  # two concepts in a row: the phrase is meant, and it is not there
        assert "=breast cancer" in by_key(learn(ALL_SEEDS, setting))
    else:
        assert "=breast cancer" not in by_key(learn(ALL_SEEDS, setting))


def test_a_weight_is_a_factor() -> None:
    before = by_key(learn(ALL_SEEDS[:1], PLAIN))
    factors = (("CD44", 0.5), ("lipide", 3.0), ("biopsie", 0.0), ("GPX4", 0.25))
    after = by_key(learn(ALL_SEEDS[:1], replace(PLAIN, weights=factors)))
    assert after["CD44"].weight == before["CD44"].weight * 0.5
    assert after["=lipid"].weight == before["=lipid"].weight * 3
    assert "=biopsy" not in after
    assert after["GPX4"].weight == 0.25
    others = set(before) - {"CD44", "=lipid", "=biopsy"}
    assert all(after[key] == before[key] for key in others)


def test_terms_stay_in_order_after_the_weights() -> None:
    terms = learn(ALL_SEEDS[:1], replace(PLAIN, weights=(("lipide", 9.0),))).terms
    assert terms[0].key == "=lipid"


# Fingerprint


def test_the_fingerprint_changes_with_the_weights_and_with_nothing_else() -> None:
    seeds = ALL_SEEDS[:1]
    known = learn(seeds, PLAIN)
    assert learn(seeds, PLAIN).fingerprint == known.fingerprint
    unchanged = (
        replace(PLAIN, name="other"),
        replace(PLAIN, threshold=12.0),
        replace(PLAIN, seeds=Path("elsewhere")),
        replace(PLAIN, exclude=("girafe",)),
        replace(PLAIN, weights=(("CD44", 1.0),)),
    )
    for setting in unchanged:
        assert learn(seeds, setting).fingerprint == known.fingerprint
    changed = (
        replace(PLAIN, include=("girafe",)),
        replace(PLAIN, exclude=("CD44",)),
        replace(PLAIN, weights=(("CD44", 1.01),)),
    )
    prints = {learn(seeds, setting).fingerprint for setting in changed}
    assert len(prints) == len(changed)
    assert known.fingerprint not in prints


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 20), st.floats(0.01, 5))
def test_one_weight_is_enough_to_change_it(place: int, weight: float) -> None:
    known = learn(ALL_SEEDS[:1], PLAIN)
    term = known.terms[place]
    other = replace(known, terms=(*known.terms[:place], replace(term, weight=weight), *known.terms[place + 1 :]))
    assert (other.fingerprint == known.fingerprint) == (round(weight, 6) == round(term.weight, 6))
