"""Rules: one word works in both languages, phrases too, and the stronger rule decides."""

import pytest

from watcher.articles import Article
from watcher.rules import Rules, heard, ruled, says, sought

MICE = Article(source="a", title="Des souris guéries d’un ostéosarcome", summary="La chimiothérapie à haute dose.")
ENGLISH = Article(source="a", title="Mice cured of osteosarcoma", summary="High-dose chemotherapy.")


@pytest.mark.parametrize("word", ["souris", "mice", "Mouse", "OSTÉOSARCOME", "osteosarcoma", "chimiothérapie"])
@pytest.mark.parametrize("article", [MICE, ENGLISH])
def test_one_word_stands_for_both_languages(article: Article, word: str) -> None:
    assert says(heard(article), word)


def test_a_phrase_wants_its_words_side_by_side() -> None:
    keys = heard(
        Article(source="a", title="Fatigue chronique des soignants", summary="Une douleur. Chronique d’un soir")
    )
    assert says(keys, "fatigue chronique")
    assert not says(keys, "douleur chronique")  # a full stop stands between them
    assert not says(keys, "soignants fatigue")


def test_alternatives() -> None:
    keys = heard(MICE)
    assert says(keys, "rat | souris")
    assert not says(keys, "rat | lapin")


def test_a_word_that_says_nothing_is_never_said() -> None:
    assert not sought("de la")
    assert not says(heard(MICE), "de la")
    assert not says(heard(MICE), "")


def test_never_is_stronger_than_always_and_always_than_must() -> None:
    never, always = Rules(never=("souris",)), Rules(profile="os", always=("ostéosarcome",))
    must = Rules(profile="os", must=("patients", "ostéosarcome"))

    def decides(*rules: Rules, profile: str = "os") -> tuple[str, str] | None:
        ruling = ruled(MICE, profile, rules)
        return (ruling.name, ruling.word) if ruling else None

    assert decides(must, always, never) == ("never", "souris")
    assert decides(must, always) == ("always", "ostéosarcome")
    assert decides(must) == ("must", "patients")
    assert decides(Rules(profile="os", must=("ostéosarcome",))) is None
    assert decides(must, always, profile="other") is None
    assert decides(never, profile="other") == ("never", "souris")
    assert decides() is None
