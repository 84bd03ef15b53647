"""Words out of prose: what is cleaned away, what two spellings share, what tells French from English."""

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from watcher.text import STOP_WORDS, clean, fold, language, latin, words

ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=200)  # lone surrogates too
MARKS = st.text(st.sampled_from("ae\u0627\u0300\u0301\u0316\u0327\u0345\u0653\u093f\ufe0f"), max_size=20)


@pytest.mark.parametrize(
    ("raw", "kept"),
    [
        ("  deux   espaces ", "deux espaces"),
        ("une\tligne\r\npuis\nl'autre", "une ligne puis l'autre"),
        ("un\x85deux\u2028trois\u2029", "un deux trois"),
        ("10\u00a0000\u202fcas", "10 000 cas"),
        ("\x1b[31mrouge\x07", "[31mrouge"),  # what a terminal would obey
        ("nul\x00 octet", "nul octet"),
        ("pdf\u202egpj.exe", "pdfgpj.exe"),  # right-to-left override
        ("\u2066isolé\u2069", "isolé"),
        ("fer\u200bro\u200cpto\u200dse", "ferroptose"),
        ("\ufefftitre", "titre"),
        ("méta\u00adstase", "métastase"),  # soft hyphen
        ("a\U000e0041b", "ab"),  # tag characters
        ("e\u0301tude", "\u00e9tude"),
        ("e" + "\u0301" * 60, "\u00e9" + "\u0301" * 3),
        ("a\ud800b", "ab"),
        ("priv\ue000é", "privé"),
        ("\ufffe", ""),
        ("", ""),
        ("NF-κB ≥ 5 µm – « œdème » … “x”", "NF-κB ≥ 5 µm – « œdème » … “x”"),
        ("FPS‑ZM1", "FPS‑ZM1"),  # a non-breaking hyphen is text
    ],
)
def test_clean(raw: str, kept: str) -> None:
    assert clean(raw) == kept


@given(ANY_TEXT | MARKS)
@example("\u0627\u0316\u0316\u0316\u0300\u0653")  # a mark cut away had kept two others from joining
def test_clean_text_is_fit_to_be_kept_and_stays_as_it_is(raw: str) -> None:
    kept = clean(raw)
    assert clean(kept) == kept
    assert unicodedata.is_normalized("NFC", kept)
    assert not {unicodedata.category(c) for c in kept} & {"Cc", "Cf", "Cs", "Co", "Cn"}
    assert kept == kept.strip()
    assert "  " not in kept
    kept.encode("utf-8")  # what is kept can be written to a file


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("Éléphant", "elephant"),
        ("cœur", "coeur"),
        ("Œdème", "oedeme"),
        ("Æther", "aether"),
        ("ǽ", "ae"),
        ("ﬁbrose", "fibrose"),
        ("Straße", "strasse"),
        ("Łódź", "lodz"),
        ("Ørsted", "orsted"),
        ("naïve", "naive"),
        ("İstanbul", "istanbul"),
        ("Marque™", "marquetm"),
        ("e\u0301", "e"),
        ("RAS", "ras"),
        ("κ", "κ"),
        ("", ""),
    ],
)
def test_fold(written: str, folded: str) -> None:
    assert fold(written) == folded


@given(ANY_TEXT)
@example("™")
@example("ǽ")
def test_fold_is_idempotent(written: str) -> None:
    assert fold(fold(written)) == fold(written)


@given(st.text(st.sampled_from("aàâeéèêëiîïoôuùûüyÿcçnñœæ AEÉÇŒ'"), max_size=40))
def test_fold_does_not_depend_on_how_accents_are_encoded_nor_on_case(written: str) -> None:
    assert fold(unicodedata.normalize("NFD", written)) == fold(written) == fold(written.upper())


@pytest.mark.parametrize(
    ("prose", "split"),
    [
        ("l'étude d’un cancer", ["l", "étude", "d", "un", "cancer"]),
        ("aujourd'hui", ["aujourd", "hui"]),
        ("non-small-cell", ["non-small-cell"]),
        ("FPS\u2011ZM1 et anti\u2010tumoral", ["FPS\u2011ZM1", "et", "anti\u2010tumoral"]),
        ("- un tiret – isolé -", ["un", "tiret", "isolé"]),
        ("le NF-κB, (vu) « ici ».", ["le", "NF-κB", ",", "(", "vu", ")", "«", "ici", "»", "."]),
        ("a_b", ["a", "b"]),
        ("12,5 %", ["12", "5"]),
        ("LE CANCER DU SEIN EN FRANCE", ["le", "cancer", "du", "sein", "en", "france"]),
        ("IRM et TEP", ["IRM", "et", "TEP"]),
        ("L'ARNm de MET dans le mélanome", ["L", "ARNm", "de", "MET", "dans", "le", "mélanome"]),
        ("KRAS G12C", ["KRAS", "G12C"]),  # too short to be a shouted title
        ("", []),
        ("–  …", []),
    ],
)
def test_words(prose: str, split: list[str]) -> None:
    assert words(prose) == split


@given(ANY_TEXT)
def test_no_word_is_empty_or_holds_a_space(prose: str) -> None:
    assert all(w and not any(map(str.isspace, w)) for w in words(prose))


@pytest.mark.parametrize(
    ("prose", "spoken"),
    [
        ("Le cancer du sein est la tumeur la plus fréquente chez la femme.", "fr"),
        ("Une équipe montre comment les cellules échappent à la chimiothérapie", "fr"),
        ("L’ÉTUDE A ÉTÉ MENÉE CHEZ DES SOURIS", "fr"),
        ("Breast cancer is the most common tumour and this was shown in mice.", "en"),
        ("How the immune system turns against a tumour", "en"),
        ("Une étude parue dans la revue The Lancet et chez nous", "fr"),
        ("ferroptose", ""),
        ("Ferroptosis in cancer cells", ""),
        ("Nature Medicine", ""),
        ("le the la of", ""),
        ("", ""),
    ],
)
def test_language(prose: str, spoken: str) -> None:
    assert language(prose) == spoken


def test_greek_letters_are_typed_as_latin_ones() -> None:
    assert latin("NF-κB") == "NF-kB"
    assert latin("TNFα") == "TNFa"
    assert latin("CD44") == "CD44"


def test_stop_words_hold_no_word_of_the_clinic() -> None:
    assert not STOP_WORDS & {"sein", "cancer", "breast", "cell", "gene", "os", "rage"}
