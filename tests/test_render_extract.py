"""The passage of a text that is shown: the telling one, its matched words marked, cut where a reader would cut it."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from watcher.lexicon import BREAK, read
from watcher.profiles import phrases_of
from watcher.render.extract import LONGEST, Passage, extract, marked

TEXT = (
    "L’hôpital rouvre ses portes. Selon le Dr. Martin, rien ne change pour les patients ni pour le personnel, malgré"
    " les travaux. Les cellules persistantes meurent par ferroptose quand le fer sort des lysosomes. La suite paraîtra"
    " au printemps, après les essais."
)


def shown(passages: tuple[Passage, ...]) -> str:
    return "".join(f"*{p.text}*" if p.marked else p.text for p in passages)


def plain(passages: tuple[Passage, ...]) -> str:
    return "".join(p.text for p in passages)


@pytest.mark.parametrize(
    ("prose", "keys", "said"),
    [
        ("La ferroptose tue.", ["=ferroptosis"], "La *ferroptose* tue."),
        ("Ferroptosis kills CD44+ cells.", ["=ferroptosis", "CD44"], "*Ferroptosis* kills *CD44*+ cells."),
        ("les cellules persistantes du sein", ["=persister cell"], "les *cellules persistantes* du sein"),
        ("les cellules persistantes du sein", ["=persister cell", "=cell"], "les *cellules persistantes* du sein"),
        ("au sein de l’équipe, le cancer du sein", ["=breast"], "au sein de l’équipe, le cancer du *sein*"),
        ("LA FERROPTOSE TUE LES CELLULES", ["=ferroptosis"], "LA *FERROPTOSE* TUE LES CELLULES"),
        ("tumeur du fer", ["=iron + =tumour"], "*tumeur du fer*"),
        ("tumeur. Le fer", ["=iron + =tumour"], "tumeur. Le fer"),
        ("rien de tel", ["=ferroptosis"], "rien de tel"),
        ("La ferroptose tue.", [], "La ferroptose tue."),
        ("", ["=ferroptosis"], ""),
    ],
)
def test_words_of_a_matched_key_are_marked(prose: str, keys: list[str], said: str) -> None:
    assert shown(marked(prose, keys)) == said


def test_the_sentences_that_say_most_are_chosen() -> None:
    keys = ["=ferroptosis", "=iron", "=lysosome", "=persister cell"]
    assert shown(extract(TEXT, keys, 120)) == (
        "Les *cellules persistantes* meurent par *ferroptose* quand le *fer* sort des *lysosomes*."
    )


def test_without_a_match_it_is_the_beginning() -> None:
    assert shown(extract(TEXT, ["=melanoma"], 60)) == "L’hôpital rouvre ses portes. Selon le Dr. Martin, rien ne…"
    assert shown(extract(TEXT, [], 28)) == "L’hôpital rouvre ses portes."


def test_a_match_deep_inside_a_long_sentence_is_found() -> None:
    long = f"Il était une fois {'un mot puis ' * 60}la ferroptose qui tue"
    said = shown(extract(long, ["=ferroptosis"], 80))
    assert said.startswith("… ")
    assert "*ferroptose*" in said


def test_marked_words_are_never_cut() -> None:
    prose = "Ceci est la mort des cellules persistantes dans un texte qui continue encore longtemps sans point"
    for limit in range(20, 60):
        said = plain(extract(prose, ["=persister cell"], limit))
        assert ("cellules" in said) == ("cellules persistantes" in said)
        assert len(said) <= limit


def test_short_texts_stay_whole() -> None:
    assert plain(extract("Une dépêche.", ["=ferroptosis"])) == "Une dépêche."
    assert extract("   ", ["=ferroptosis"]) == ()


prose = st.lists(
    st.sampled_from(
        [
            "la ferroptose",
            "fer",
            "CD44",
            "cellules persistantes",
            "Le",
            "au sein de",
            "mot.",
            "fin !",
            "«",
            "»",
            "-",
            "İ",
        ]
    )
    | st.text(max_size=12),
    max_size=60,
).map(" ".join)


@given(prose=prose, limit=st.integers(min_value=10, max_value=LONGEST))
@example(prose="mot " * 100, limit=10)
@example(prose="mot" * 100, limit=10)
def test_an_extract_is_a_piece_of_its_text(prose: str, limit: int) -> None:
    keys = [key for key in read(prose).keys if key != BREAK][::2] + list(phrases_of(read(prose).keys))[:3]
    passages = extract(prose, keys, limit)
    said = plain(passages)
    assert len(said) <= limit
    assert said.removeprefix("… ").removesuffix("…") in prose or said in prose
    assert all(piece.text for piece in passages)
    assert plain(marked(prose, keys)) == prose
