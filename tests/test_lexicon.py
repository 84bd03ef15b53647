"""French and English words read into the same keys; names of genes and drugs kept as names."""

import unicodedata
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watcher.lexicon import BREAK, concepts, keys_of, plain_keys, read, root


def keys(prose: str) -> tuple[str, ...]:
    return read(prose).keys


PAIRS = """
    ferroptose = ferroptosis
    apoptose = apoptosis
    nécrose = necrosis
    autophagie = autophagy
    chimiorésistance = chemoresistance
    chimiorésistant = chemoresistant
    métastases = metastases
    métastatique = metastatic
    tumeurs = tumours
    immunothérapie = immunotherapy
    chimiothérapie = chemotherapy
    radiothérapie = radiotherapy
    mélanome = melanoma
    glioblastome = glioblastoma
    lymphome = lymphoma
    sarcome = sarcoma
    myélome = myeloma
    adénocarcinome = adenocarcinoma
    leucémie = leukemia
    leucémie = leukaemia
    oncologie = oncology
    oncologue = oncologist
    hématologie = hematology
    hématologie = haematology
    œsophage = esophagus
    œstrogène = estrogen
    angiogenèse = angiogenesis
    épigénétique = epigenetics
    génomique = genomics
    phosphorylation = phosphorylation
    méthylation = methylation
    prolifération = proliferation
    inflammatoire = inflammatory
    microenvironnement = microenvironment
    biomarqueurs = biomarkers
    inhibiteur = inhibitor
    récepteurs = receptors
    macrophage = macrophage
    neutrophiles = neutrophils
    fibroblaste = fibroblast
    hypoxie = hypoxia
    sénescence = senescence
    sénescent = senescent
    toxicité = toxicity
    plasticité = plasticity
    hétérogénéité = heterogeneity
    sensibilité = sensitivity
    survie = survival
    rechute = relapse
    dépistage = screening
    sein = breast
    poumon = lung
    foie = liver
    hépatique = hepatic
    ovarien = ovarian
    pancréatique = pancreatic
    colorectaux = colorectal
    cerveau = brain
    moelle osseuse = bone marrow
    cellules souches = stem cells
    essais cliniques = clinical trials
    glycation = glycation
    peroxydation = peroxidation
    oxydatif = oxidative
    glutathion = glutathione
    cystéine = cysteine
    kinase = kinase
    mitochondries = mitochondria
    antigène = antigen
    anticorps = antibodies
    vaccin = vaccine
    biopsie = biopsy
    pronostique = prognostic
    thérapeutique = therapeutic
    ménopause = menopause
    cohorte = cohort
    cancer du sein = breast cancer
    cancer du sein = cancer of the breast
    cancer du poumon = lung cancer
    microenvironnement tumoral = tumour microenvironment
    postménopausique = post-menopausal
    antitumoral = anti-tumour
    fer = iron
    souris = mice
"""


@pytest.mark.parametrize("pair", [line.strip() for line in PAIRS.strip().splitlines()])
def test_the_french_and_the_english_name_have_one_key(pair: str) -> None:
    french, _, english = pair.partition(" = ")
    assert keys(french) == keys(english) != ()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("bronchite", "bronchique"),  # the inflammation is not the organ
        ("survie", "survey"),
        ("hépatite", "hépatique"),
        ("MET", "met"),  # the gene, the verb
        ("RAGE", "rage"),  # the receptor, rabies
        ("cancer du sein", "cancer du poumon"),
        ("S100A9", "S100A8"),
        ("CD44", "CD4"),
        ("interféron", "interférence"),
        ("mutation", "mutualité"),
    ],
)
def test_what_differs_is_kept_apart(one: str, other: str) -> None:
    assert keys(one) != keys(other)


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("S100A9", "S100A9"),
        ("s100a9", "S100A9"),
        ("FPS-ZM1", "FPSZM1"),
        ("FPS\u2011ZM1", "FPSZM1"),
        ("FPS\u2010ZM1", "FPSZM1"),
        ("FPSZM1", "FPSZM1"),
        ("Fento-1", "FENTO1"),
        ("Fento\u20111", "FENTO1"),
        ("NF-κB", "NFKB"),
        ("NF\u2011κB", "NFKB"),
        ("NF-kB", "NFKB"),
        ("NFκB", "NFKB"),
        ("NFKB", "NFKB"),
        ("TGF-β", "TGFB"),
        ("CD44", "CD44"),
        ("MET", "MET"),
        ("RAGE", "RAGE"),
        ("IL-6", "IL6"),
        ("p53", "P53"),
        ("miR-21", "MIR21"),
        ("Ki-67", "KI67"),
        ("G12C", "G12C"),
        ("BRCA1", "BRCA1"),
        ("AGEs", "AGE"),
    ],
)
def test_a_symbol_has_one_key_however_it_is_typed(written: str, key: str) -> None:
    assert keys(written) == (key,)
    assert keys(f"de {written} puis ({written})") == (key, BREAK, key, BREAK)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ARNm", "mRNA"),
        ("ARN messager", "messenger RNA"),
        ("ARNm", "messenger RNA"),
        ("ADN", "DNA"),
        ("VIH", "HIV"),
        ("TKI", "TKIs"),
        ("TKIs", "inhibiteurs de tyrosine kinase"),
        ("cellules CAR-T", "CAR T cells"),
        ("PD-1", "PD1"),
        ("anti-PD-1", "anti\u2011PD\u20111"),
        ("anti-PD-1", "PD-1"),
        ("Covid-19", "COVID-19"),
    ],
)
def test_acronyms_meet_across_languages(one: str, other: str) -> None:
    assert keys(one) == keys(other) != ()


@pytest.mark.parametrize(
    "nothing",
    [
        "2024",
        "12,5 %".replace(",", ""),
        "5mg",
        "48h",
        "3e",
        "1er",
        "2nd",
        "20kg",
        "5-year",
        "l'",
        "de la",
        "the of",
        "",
        " ",
    ],
)
def test_numbers_with_their_units_and_small_words_have_no_key(nothing: str) -> None:
    assert keys(nothing) == ()


def test_a_number_beside_a_word_leaves_the_word() -> None:
    assert keys("150 patients") == keys("patients")
    assert keys("en 2024 et 48h") == ()


@pytest.mark.parametrize(
    "idiom", ["au sein de l'équipe", "au sein d'une équipe", "Au sein d’équipes", "au sein des équipes"]
)
def test_within_is_not_the_breast(idiom: str) -> None:
    assert keys(idiom) == keys("équipe")


@pytest.mark.parametrize(
    "organ", ["le sein", "du sein", "les seins", "douleur au sein droit", "SEIN droit, biopsie du sein"]
)
def test_the_breast_is_the_breast(organ: str) -> None:
    assert "=breast" in keys(organ)


@pytest.mark.parametrize(
    ("orders", "concept", "inner"),
    [
        (
            (
                "resistance to chemotherapy",
                "chemotherapy resistance",
                "résistance à la chimiothérapie",
                "chimiorésistance",
            ),
            "=chemoresistance",
            {"=resistance", "=chemotherapy"},
        ),
        (
            ("cancer du sein", "breast cancer", "cancer of the breast", "cancer mammaire", "tumeur mammaire"),
            "=breast cancer",
            {"=cancer", "=breast", "=tumour"},
        ),
        (("cellule souche", "stem cell", "cellules souches"), "=stem cell", {"=cell", "=strain"}),
    ],
)
def test_a_phrase_is_one_concept_in_the_orders_that_the_lexicon_knows(
    orders: tuple[str, ...], concept: str, inner: set[str]
) -> None:
    for phrase in orders:
        found = read(phrase)
        assert found.keys == (concept,), phrase
        assert set(found.inner) <= inner, phrase
        assert bool(found.inner) == (" " in phrase), phrase


def test_punctuation_parts_a_phrase() -> None:
    assert keys("cancer du sein") == ("=breast cancer",)
    assert keys("cancer. Sein") == ("=cancer", BREAK, "=breast")


def test_compounds_come_apart_unless_the_first_part_is_a_prefix() -> None:
    assert keys("bénéfice-risque") == keys("bénéfice risque")
    assert keys("chimio-résistance") == keys("chimiorésistance")
    assert keys("anti-tumoral") == keys("antitumoral")
    assert "=week" in keys("8-weeks-old")


def test_it_leaves_a_quality_and_an_inflammation_apart() -> None:
    assert root("toxicité") == root("toxicity")
    assert root("bronchite") == root("bronchitis") != root("bronchité")


@cache
def _ordinary_forms() -> tuple[str, ...]:
    """Forms of the lexicon in small letters; those in -ité left out, whose accent is their meaning."""
    forms = {f for c in concepts().values() for f in c.french + c.english if f.islower() and "œ" not in f}
    return tuple(sorted(f for f in forms if not any(w.endswith(("ité", "ités")) for w in f.split())))


@given(st.data())
def test_a_capital_never_changes_what_is_read(data: st.DataObject) -> None:
    form = data.draw(st.sampled_from(_ordinary_forms()))
    assert keys(form.capitalize()) == keys(form)
    assert keys(form.title()) == keys(form)


@given(st.data())
def test_an_accent_left_out_or_spelled_apart_never_changes_what_is_read(data: st.DataObject) -> None:
    form = data.draw(st.sampled_from(_ordinary_forms()))
    bare = "".join(c for c in unicodedata.normalize("NFD", form) if not unicodedata.combining(c))
    assert keys(bare) == keys(form)


@given(st.data())
def test_a_form_in_a_sentence_is_still_read(data: st.DataObject) -> None:
    form = data.draw(st.sampled_from(_ordinary_forms()))
    assert keys(f"« {form} »") == (BREAK, *keys(form), BREAK)


@given(st.text(max_size=120))
def test_any_text_is_read_into_clean_keys(prose: str) -> None:
    found = read(prose)
    assert all(k == BREAK or k == k.strip() for k in found.keys)
    assert all(k in concepts() for k in found.inner)
    assert len(found.keys) <= len(plain_keys(prose))


@given(st.text(st.sampled_from("abcéèœABCκβ019-\u2011"), min_size=1, max_size=12).filter(lambda w: w[0].isalnum()))
def test_a_word_never_reads_as_punctuation(word: str) -> None:
    assert BREAK not in keys_of(word)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("tumeur", "tumor"),
        ("tumour", "tumors"),
        ("brain tumour", "brain tumor"),
        ("randomised", "randomized"),
        ("différenciation", "differentiation"),
        ("anti-CD44", "CD44"),
        ("Œil", "œil"),
        ("10 mg", "10mg"),
    ],
)
def test_two_spellings_of_one_word(one: str, other: str) -> None:
    assert keys(one) == keys(other)


# Small things that tell


@pytest.mark.parametrize(
    ("french", "english", "other"),
    [
        ("les lymphocytes T", "T cells", "B cells"),
        ("un lymphocyte B", "B-cell", "cellule"),
        ("le diabète de type 1", "type 1 diabetes", "type 2 diabetes"),
        ("le diabète de type 2", "type-2 diabetes", "gestational diabetes"),
        ("le virus de l’hépatite C", "hepatitis C", "hepatitis B"),
        ("la vitamine D", "vitamin D", "vitamin K"),
        ("un essai de phase III", "a phase 3 trial", "a phase 2 trial"),
        ("le cancer du poumon non à petites cellules", "non-small-cell lung cancer", "small-cell lung cancer"),
        ("le cancer bronchique à petites cellules", "small cell lung cancer", "lung cancer"),
    ],
)
def test_a_letter_or_a_number_makes_another_thing(french: str, english: str, other: str) -> None:
    assert keys(french) == keys(english) != keys(other)
    assert len(keys(french)) == 1


@pytest.mark.parametrize("kind", ["diabète de type 2", "lymphocyte T", "hépatite C"])
def test_and_is_still_what_it_is_a_kind_of(kind: str) -> None:
    assert keys(kind.split(maxsplit=1)[0])[0] in read(kind).inner


@pytest.mark.parametrize("nothing", ["T", "3", "A registry of 8", "non", "L'étude de 5 D", "Appel D'Offres"])
def test_but_alone_it_is_nothing(nothing: str) -> None:
    assert not [key for key in read(nothing).keys if key.startswith("#")]


@pytest.mark.parametrize(
    ("shouted", "said"),
    [
        ("T CELLS IN LUPUS: A NEW TREATMENT", "T cells in lupus: a new treatment"),
        ("LES LYMPHOCYTES T DANS LE LUPUS", "Les lymphocytes T dans le lupus"),
        ("L'HÉPATITE C EN FRANCE : LE POINT", "L'hépatite C en France : le point"),
        ("TYPE 2 DIABETES IN CHILDREN", "Type 2 diabetes in children"),
    ],
)
def test_capitals_all_through_lose_no_letter(shouted: str, said: str) -> None:
    assert keys(shouted) == keys(said)


@pytest.mark.parametrize(
    ("french", "english"),
    [
        ("interleukine-6", "interleukin-6"),
        ("métallothionéine-2A", "metallothionein-2A"),
        ("fentomycine-1", "fentomycin-1"),
    ],
)
def test_a_name_in_full_with_its_number_is_one_thing_in_both_languages(french: str, english: str) -> None:
    assert keys(french) == keys(english)
    assert keys(french.rpartition("-")[0])[0] in keys(french)  # and is met where the number is left out
    assert keys(english) != keys(english.rpartition("-")[0] + "-9")


def test_elided_capitals_are_not_letters_of_a_name() -> None:
    assert keys("L'Appel D'Offres") == keys("l'appel d'offres")
    assert keys("cellules L'Asthme") == keys("cellules l'asthme")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Aedes aegypti", "Égypte"),
        ("réduire les risques", "harm reduction"),
        ("biologique", "biologiste"),
        ("population générale", "médicament générique"),
        ("général", "générique"),
        ("soigner", "soignant"),
        ("rayons X", "radiothérapie"),
    ],
)
def test_words_that_only_look_related(one: str, other: str) -> None:
    assert not set(keys(one)) & set(keys(other))
