"""The seed documents: the article is found in what was saved, and the page around it is left behind.

The pages are the articles of `seeds/`, put back among the kind of things that surround an article where it is saved.
"""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from watcher.errors import UsageError
from watcher.profiles import ProfileSetting, learn
from watcher.seeds import LARGEST, Seed, main_text, read_seed, read_seeds

SHIPPED = Path(__file__).parents[1] / "seeds"
FOLDERS = tuple(sorted(folder.name for folder in SHIPPED.iterdir()))
PAGES = Path(__file__).parent / "pages"


def shipped(folder: str) -> Seed:
    (seed,) = read_seeds(SHIPPED / folder)
    return seed


def wrapped(text: str, width: int, *, between: str) -> str:
    """Paragraphs cut into lines of at most `width` letters, as a PDF gives them."""
    lines = []
    for paragraph in text.split("\n"):
        line = ""
        for word in paragraph.split():
            if line and len(line) + 1 + len(word) > width:
                lines.append(line)
                line = word
            else:
                line = f"{line} {word}".strip()
        lines.append(line)
    return between.join(lines)


def one_line(text: str) -> str:
    return " ".join(text.split())


def labels(seed: Seed) -> set[str]:
    """Every word of every name of every term learnt from one document, in lower case."""
    profile = learn((seed,), ProfileSetting(name="one", seeds=Path("one")))
    names = [name for term in profile.terms for name in (term.label, *term.french, *term.english)]
    return {word for name in names for word in re.findall(r"[^\W_]+", name.lower())}


# Pages


def magazine(title: str, body: str) -> str:
    """A trade magazine: kicker, lead that repeats the opening, byline, opinion corner, teasers cut short."""
    opening = body.split(". ", maxsplit=1)[0] + "."
    return (
        (PAGES / "magazine.txt").read_text("utf-8").format(title=title, lead=opening, body=body.replace("\n", "\n\n"))
    )


def webpage(title: str, body: str) -> str:
    """A page turned into Markdown: menus and share buttons as links, the title twice, ratings, tags."""
    return (PAGES / "webpage.md").read_text("utf-8").format(title=title, body=body.replace("\n", "\n\n"))


def seminar(title: str, body: str) -> str:
    """A seminar notice: the path of the page, speaker and host, a list of publications."""
    return (PAGES / "seminar.txt").read_text("utf-8").format(title=title, body=body)


def release(title: str, body: str) -> str:
    """A press release out of a PDF: hard wraps with empty lines between them, the paper's reference, contacts."""
    cut = wrapped(body, 96, between=" \n\n")
    page = (PAGES / "release.txt").read_text("utf-8")
    return page.format(title=wrapped(title, 50, between=" \n\n"), body=cut)


def portal(title: str, body: str) -> str:
    """A news portal: cookie banner in full sentences, newsletter, comments of readers, another article's opening."""
    return (PAGES / "portal.txt").read_text("utf-8").format(title=title, body=body.replace("\n", "\n\n"))


KINDS: tuple[Callable[[str, str], str], ...] = (magazine, webpage, seminar, release, portal)
FURNITURE = {
    "magazine": "vaccination pharmaciens labastide tonneau napoléon désert podcast praticien légiste mars",
    "webpage": "tweeter imprimer police vues facebook zoom avis jardinage lundi",
    "seminar": "webinaire zoom kerbrat lemarchand villedieu splicing zebrafish amphithéâtre jeudi",
    "release": "communiqué presse beaulieu rochambeau nat med contact téléphone avril",
    "portal": "cookies audience campagne retraités potager vétérinaire abonnés bovins septembre",
}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("folder", FOLDERS)
def test_the_article_is_found_in_a_page(folder: str, kind: Callable[[str, str], str], tmp_path: Path) -> None:
    clean = shipped(folder)
    file = tmp_path / "saved.txt"
    file.write_text(kind(clean.title, clean.text), encoding="utf-8")
    found = read_seed(file)
    assert found.title == clean.title
    assert one_line(found.text) == one_line(clean.text)
    assert found.language == clean.language


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("folder", FOLDERS)
def test_what_is_not_the_article_becomes_no_keyword(
    folder: str, kind: Callable[[str, str], str], tmp_path: Path
) -> None:
    clean = shipped(folder)
    file = tmp_path / "saved.txt"
    file.write_text(kind(clean.title, clean.text), encoding="utf-8")
    learnt = labels(read_seed(file))
    assert not learnt & set(FURNITURE[kind.__name__].split())
    assert learnt == labels(clean)


LINES = (
    *shipped("ferroptose-cd44").text.split("\n"),
    *shipped("osteosarcome-mt2a").text.split("\n"),
    *(shipped("ferroptose-cd44").text.split(". ")[0] + end for end in (".", " ... Lire plus")),
    *wrapped(shipped("ferroptose-cd44").text, 60, between="\n").split("\n")[:6],
    "La ferroptose contre le cancer",
    "# La ferroptose contre le cancer",
    "Références :",
    "Accueil > Santé > Cancer",
    "- [Tweeter](#)",
    "",
)


def test_paragraphs_stay_apart_outside_of_hard_wraps() -> None:
    clean = shipped("ferroptose-cd44")
    for kind in (magazine, webpage, seminar, portal):
        assert main_text(kind(clean.title, clean.text))[1] == clean.text


def test_headings_inside_the_article_belong_to_it() -> None:
    title, text = main_text(_with_heading("Des essais encore à venir"))
    assert "Des essais encore à venir" in text.splitlines()
    assert title == shipped("ferroptose-cd44").title


def _with_heading(heading: str) -> str:
    clean = shipped("ferroptose-cd44")
    first, *others = clean.text.split("\n")
    return magazine(clean.title, "\n".join((first, heading, *others)))


def test_two_languages_in_one_file_are_both_read(tmp_path: Path) -> None:
    french, english = (
        shipped("sein-triple-negatif-fosl1"),
        (
            "Some triple-negative breast cancer cells outlive chemotherapy and later bring the tumour back. In models "
            "made from the biopsies of eight patients, these persister cells all switch on one transcriptional "
            "programme.\n"
            "One regulator of this programme, FOSL1, works as a switch of chemoresistance. Blocking it could keep the "
            "cells from entering the persister state, and so prevent the relapse of triple-negative breast cancer."
        ),
    )
    file = tmp_path / "both.txt"
    file.write_text(f"{french.title}\n\n{french.text}\n\nEnglish summary\n\n{english}\n", encoding="utf-8")
    found = read_seed(file)
    assert found.title == french.title
    for paragraph in (*french.text.split("\n"), *english.split("\n")):
        assert paragraph in found.text.splitlines()
    terms = learn((found,), ProfileSetting(name="both", seeds=tmp_path)).terms
    (switched,) = [term for term in terms if term.key == "FOSL1"]
    assert switched.french == switched.english == ("FOSL1",)


@pytest.mark.parametrize(
    ("cut", "whole"),
    [
        ("chimio\u00ad\nthérapie", "chimiothérapie"),
        ("chimio-\nthérapie", "chimiothérapie"),
        ("traite-\n\nments", "traitements"),
        ("c'est-à-\ndire", "c'est-à-dire"),
        ("hémato-\nencéphalique", "hémato-encéphalique"),
        ("le blocage de\nTRIB3", "le blocage de TRIB3"),
    ],
)
def test_a_word_cut_at_a_line_end(cut: str, whole: str) -> None:
    sentence = f"La résistance des cellules tumorales à {{}} est fréquente dans ce cancer, et {OTHERS}."
    assert main_text(sentence.format(cut))[1] == sentence.format(whole)


OTHERS = "les équipes qui le soignent n'ont pas encore trouvé comment la prévenir chez leurs malades"


@settings(deadline=None)
@given(st.lists(st.sampled_from(LINES), max_size=30).map("\n".join))
def test_any_page_gives_its_own_words(page: str) -> None:
    title, text = main_text(page)
    said = set(re.findall(r"\w+", page))
    assert set(re.findall(r"\w+", f"{title} {text}")) <= said
    assert bool(text) == bool(said)


@settings(deadline=None)
@given(st.text())
def test_no_text_is_too_strange(page: str) -> None:
    main_text(page)


# Kinds of files


def test_a_page_of_html(tmp_path: Path) -> None:
    clean = shipped("melanome-senescence")
    body = "".join(f"<p>{paragraph.replace('&', '&amp;')}</p>\n" for paragraph in clean.text.split("\n"))
    (tmp_path / "page.html").write_text(
        f"<html><head><title>{clean.title} | La Gazette du Bocage</title><script>var a = 1;</script></head><body>"
        "<nav><ul><li><a href='/'>Accueil</a><li><a href='/bocage'>Bocage</a></ul></nav>"
        f"<article><h1>{clean.title}</h1>{body}</article>"
        "<aside><p>Nos lecteurs ont aussi aimé la grande histoire des fromages de nos régions, racontée par ceux qui "
        "les font.</p></aside><footer><p>Mentions légales</p></footer></body></html>",
        encoding="utf-8",
    )
    found = read_seed(tmp_path / "page.html")
    assert (found.title, found.text, found.language) == (clean.title, clean.text, "fr")


def test_a_title_and_an_abstract(tmp_path: Path) -> None:
    abstract = (
        "Background: Brain metastases respond to whole-brain radiotherapy in some patients only. Methods: We measured "
        "S100A9 in 118 resected metastases and in the blood of the patients. Results: High S100A9 was associated with "
        "radioresistance (hazard ratio 2.1). Conclusion: S100A9 may guide the choice of a treatment."
    )
    file = tmp_path / "abstract.txt"
    file.write_text(f"Reservoirs of radioresistance.\n\n{abstract}", encoding="utf-8")
    found = read_seed(file)
    assert (found.title, found.text, found.language) == ("Reservoirs of radioresistance.", abstract, "en")


def test_a_very_short_text_is_taken_whole(tmp_path: Path) -> None:
    file = tmp_path / "note.txt"
    file.write_text("Ferroptose et CD44\nFento-1\n", encoding="utf-8")
    found = read_seed(file)
    assert "Ferroptose et CD44" in f"{found.title}\n{found.text}"
    assert "Fento-1" in found.text
    terms = learn((found,), ProfileSetting(name="note", seeds=tmp_path)).terms
    assert {"CD44", "FENTO1"} <= {term.key for term in terms}


@pytest.mark.parametrize("content", [b"", b"\n \n\t\n", b"\xef\xbb\xbf", b"---\n---\n"])
def test_an_empty_file(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "empty.txt"
    file.write_bytes(content)
    assert (read_seed(file).title, read_seed(file).text) == ("", "")
    with pytest.raises(UsageError) as raised:
        read_seeds(tmp_path)
    assert raised.value.reason == "no-seeds"


@pytest.mark.parametrize("charset", ["cp1252", "utf-8", "utf-8-sig", "utf-16"])
def test_old_charsets(charset: str, tmp_path: Path) -> None:
    clean = shipped("metastases-cerebrales-s100a9")
    file = tmp_path / "ancien.txt"
    file.write_bytes(magazine(clean.title, clean.text).encode(charset))
    found = read_seed(file)
    assert (found.title, found.text) == (clean.title, clean.text)


@pytest.mark.parametrize("ends", ["\r\n", "\r"])
def test_line_ends_of_other_machines(ends: str, tmp_path: Path) -> None:
    clean = shipped("metastases-cerebrales-s100a9")
    page = f"---\ntitle: Un autre titre\nlanguage: fr\n---\n\n{clean.text}\n"
    (tmp_path / "autre.md").write_bytes(page.replace("\n", ends).encode())
    found = read_seed(tmp_path / "autre.md")
    assert (found.title, found.text) == ("Un autre titre", clean.text)


def test_the_header_of_a_document(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text(
        '---\nTitle: "Fer et ferroptose : l\'essentiel"\nlanguage: fr-FR\naddress: https://example.org/fer\n'
        "doi: 10.1000/fer\nunknown: whatever\nno colon here\n---\nLe fer.\n",
        encoding="utf-8",
    )
    assert read_seed(tmp_path / "a.md") == Seed(
        name="a.md",
        title="Fer et ferroptose : l'essentiel",
        text="Le fer.",
        language="fr",
        address="https://example.org/fer",
        doi="10.1000/fer",
    )


# Folders


def test_a_folder_is_read_in_the_order_of_names(tmp_path: Path) -> None:
    for name in ("b.txt", "a.md", "c.HTML", ".hidden.txt", "notes.docx", "picture.png"):
        (tmp_path / name).write_text("La ferroptose est une mort cellulaire.", encoding="utf-8")
    assert [seed.name for seed in read_seeds(tmp_path)] == ["a.md", "b.txt", "c.HTML"]


def test_one_empty_file_among_others_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("")
    (tmp_path / "b.txt").write_text("La ferroptose est une mort cellulaire.", encoding="utf-8")
    assert len(read_seeds(tmp_path)) == 2


def test_a_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as raised:
        read_seeds(tmp_path / "nowhere")
    assert raised.value.reason == "unreadable-file"
    assert raised.value.facts["file"] == str(tmp_path / "nowhere")


def test_a_folder_without_documents(tmp_path: Path) -> None:
    (tmp_path / "picture.png").write_bytes(b"\x89PNG")
    with pytest.raises(UsageError) as raised:
        read_seeds(tmp_path)
    assert raised.value.reason == "no-seeds"
    assert raised.value.facts["folder"] == str(tmp_path)


def test_a_folder_with_the_name_of_a_document(tmp_path: Path) -> None:
    (tmp_path / "old.txt").mkdir()
    with pytest.raises(UsageError) as raised:
        read_seed(tmp_path / "old.txt")
    assert raised.value.reason == "unreadable-file"


def test_a_huge_file(tmp_path: Path) -> None:
    file = tmp_path / "huge.txt"
    with file.open("wb") as hole:
        hole.truncate(LARGEST + 1)
    with pytest.raises(UsageError) as raised:
        read_seeds(tmp_path)
    assert (raised.value.reason, raised.value.facts["limit"]) == ("too-large", LARGEST)


@pytest.mark.parametrize("folder", FOLDERS)
def test_the_shipped_seeds_are_read_whole(folder: str) -> None:
    (file,) = (SHIPPED / folder).iterdir()
    written = file.read_text("utf-8").split("---\n", 2)[2]
    seed = shipped(folder)
    assert one_line(seed.text) == one_line(written)
    assert seed.title
    assert seed.language in ("fr", "en")
    assert seed.address
