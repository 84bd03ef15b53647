"""Who an article is: addresses and identifiers in one canonical form, and what may name an article."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from watcher.articles import Article
from watcher.identity import (
    SCHEMES,
    Alias,
    alias,
    canonical_doi,
    canonical_url,
    identify,
    ids_in_address,
    ids_in_text,
    surname,
    title_key,
    volumes_of,
    without_ids,
)

DAY = datetime(2025, 5, 7, 9, tzinfo=UTC)
ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=80)
ADDRESSES = st.builds(
    "{}://{}{}{}{}".format,
    st.sampled_from(["http", "https", "HTTPS"]),
    st.sampled_from(["www.a.fr", "m.amp.a.fr:8080", "A.fr.:443", "v2-dev.www.é.fr", "[::1]:81", "www.fr", "amp.fr"]),
    st.text(st.sampled_from("/a.mp%20;éA+~\\ "), max_size=12).map(lambda p: f"/{p}"),
    st.text(st.sampled_from("?&=;abutm_%5B+é\ud800"), max_size=15).map(lambda q: f"?{q}"),
    st.sampled_from(["", "#", "#top", "#xtor=RSS-3-[lestitres]"]),
)


# --- addresses


@pytest.mark.parametrize(
    ("url", "canonical"),
    [
        ("https://www.Example.org/Actu/", "example.org/Actu"),  # hosts have no case, paths do
        ("http://example.org/actu", "example.org/actu"),
        ("  https://a.fr/x\n", "a.fr/x"),
        ("https://a.fr", "a.fr"),
        ("https://a.fr/", "a.fr"),
        ("https://a.fr./x", "a.fr/x"),
        ("https://a.fr//x///y/", "a.fr/x/y"),
        # what changes from reader to reader
        ("https://a.fr/x?utm_source=rss&utm_medium=feed&utm_campaign=a", "a.fr/x"),
        ("https://a.fr/x?UTM_Source=rss", "a.fr/x"),
        ("https://a.fr/x?xtor=RSS-3-[lestitres]", "a.fr/x"),
        ("https://a.fr/x?xtor=RSS-3-%5Blestitres%5D", "a.fr/x"),
        ("https://a.fr/x#xtor=RSS-3-[lestitres]", "a.fr/x"),
        ("https://a.fr/x#xtor=RSS-3-%5Blestitres%5D", "a.fr/x"),
        ("https://a.fr/x.html#xtor%3DRSS-3208", "a.fr/x.html"),
        ("https://a.fr/x?fbclid=1&gclid=2&mc_cid=3&at_medium=4", "a.fr/x"),
        ("https://a.fr/x#haut", "a.fr/x"),
        # the same page at another door
        ("https://m.a.fr/x", "a.fr/x"),
        ("https://mobile.a.fr/x", "a.fr/x"),
        ("https://amp.a.fr/x/amp/", "a.fr/x"),
        ("https://a.fr/x.amp", "a.fr/x"),
        ("https://v2-dev.a.fr/x", "a.fr/x"),
        ("https://www2.a.fr/x", "a.fr/x"),
        ("https://www.m.a.fr/x", "a.fr/x"),
        ("https://www.fr/x", "www.fr/x"),  # what is left must still be a host
        ("https://media.a.fr/x", "media.a.fr/x"),
        ("https://presse.inserm.fr/x", "presse.inserm.fr/x"),
        # ports and readers
        ("https://a.fr:443/x", "a.fr/x"),
        ("http://a.fr:80/x", "a.fr/x"),
        ("http://a.fr:8080/x", "a.fr:8080/x"),
        ("https://user:secret@a.fr/x", "a.fr/x"),
        ("https://[::1]:81/x", "[::1]:81/x"),
        # parameters that say which page
        ("https://a.fr/?p=123", "a.fr?p=123"),
        ("https://a.fr/x?id=5&utm_medium=rss", "a.fr/x?id=5"),
        ("https://a.fr/x?b=2&a=1", "a.fr/x?a=1&b=2"),
        ("https://a.fr/x?a=2&a=1", "a.fr/x?a=1&a=2"),
        ("https://a.fr/x?q", "a.fr/x?q="),
        ("https://a.fr/x?q=cancer+sein", "a.fr/x?q=cancer+sein"),
        # not an address of the web
        ("ftp://a.fr/x", ""),
        ("mailto:a@b.fr", ""),
        ("javascript:alert(1)", ""),
        ("urn:uuid:1", ""),
        ("//a.fr/x", ""),
        ("/x", ""),
        ("https://", ""),
        ("https://a.fr:99999/x", ""),
        ("https://a.fr:x/", ""),
        ("https://[", ""),
        ("", ""),
    ],
)
def test_canonical_url(url: str, canonical: str) -> None:
    assert canonical_url(url) == canonical


@given(ADDRESSES | ANY_TEXT | ANY_TEXT.map("https://a.fr/{}".format))
@example("https://[::1]/x")
@example("https://a.fr/x?a=\ud800")
def test_canonical_url_is_idempotent(url: str) -> None:
    once = canonical_url(url)
    assert canonical_url(f"https://{once}") == once or not once


# --- identifiers


@pytest.mark.parametrize(
    ("text", "doi"),
    [
        ("10.1038/S41586-025-08974-4", "10.1038/s41586-025-08974-4"),
        ("doi:10.1038/abc", "10.1038/abc"),
        ("DOI: 10.1038/abc.", "10.1038/abc"),
        ("https://doi.org/10.1038/abc", "10.1038/abc"),
        ("http://dx.doi.org/10.1038/ABC", "10.1038/abc"),
        ("https://doi.org/10.1002%2Fcncr.123", "10.1002/cncr.123"),
        ("https://doi.org/10.1038/abc?utm_source=x#y", "10.1038/abc"),
        ("https://a.org/file?id=10.1371/journal.pone.0012345&type=printable", "10.1371/journal.pone.0012345"),
        # what a sentence puts around it
        ("(10.1038/abc)", "10.1038/abc"),
        ("[10.1038/abc].", "10.1038/abc"),
        ("(voir https://doi.org/10.1038/abc/full).", "10.1038/abc"),
        ("« 10.1038/abc »", "10.1038/abc"),
        ("“10.1038/abc”", "10.1038/abc"),
        ("l'étude '10.1038/abc', et", "10.1038/abc"),
        ("10.1038/abc et 10.1038/def", "10.1038/abc"),
        # what an address puts behind it
        ("https://www.frontiersin.org/articles/10.3389/fonc.2020.00123/full", "10.3389/fonc.2020.00123"),
        ("https://onlinelibrary.wiley.com/doi/full/10.1002/cncr.123", "10.1002/cncr.123"),
        ("https://onlinelibrary.wiley.com/doi/10.1002/cncr.123/abstract", "10.1002/cncr.123"),
        ("https://link.springer.com/content/pdf/10.1007/s00262-020-02536-1.pdf", "10.1007/s00262-020-02536-1"),
        ("https://link.springer.com/article/10.1007/s00262-020-02536-1/fulltext.html", "10.1007/s00262-020-02536-1"),
        ("https://pubs.org/doi/10.1200/JCO.20.01?role=tab", "10.1200/jco.20.01"),
        # bioRxiv and medRxiv: one preprint, several versions
        ("10.1101/2020.01.02.123456v2", "10.1101/2020.01.02.123456"),
        ("https://www.biorxiv.org/content/10.1101/2020.01.02.123456v1?rss=1", "10.1101/2020.01.02.123456"),
        ("https://www.biorxiv.org/content/10.1101/2020.01.02.123456v3.full.pdf", "10.1101/2020.01.02.123456"),
        ("https://www.biorxiv.org/content/10.1101/2020.01.02.123456v3.full-text", "10.1101/2020.01.02.123456"),
        ("https://www.medrxiv.org/content/10.64898/2026.01.02.26000001v1.article-info", "10.64898/2026.01.02.26000001"),
        ("10.1371/journal.pone.0000001v2", "10.1371/journal.pone.0000001v2"),  # only there
        # parentheses and angle brackets that belong to it
        ("10.1016/S0140-6736(20)30183-5", "10.1016/s0140-6736(20)30183-5"),
        ("(10.1016/S0140-6736(20)30183-5)", "10.1016/s0140-6736(20)30183-5"),
        (
            "10.1002/(SICI)1097-0142(19990101)85:1<12::AID-CNCR3>3.0.CO;2-K.",
            "10.1002/(sici)1097-0142(19990101)85:1<12::aid-cncr3>3.0.co;2-k",
        ),
        (
            "https://doi.org/10.1002/(SICI)1097-0142(19990101)85:1%3C12::AID-CNCR3%3E3.0.CO;2-%23",
            "10.1002/(sici)1097-0142(19990101)85:1<12::aid-cncr3>3.0.co;2-#",
        ),
        # not one
        ("nothing", ""),
        ("10.12/abc", ""),
        ("10.1038/", ""),
        ("10.1038/full", ""),
        ("10.1038/).", ""),
        ("version 10.5", ""),
        ("DOI:10.1038/s41586-02…", ""),  # cut short: half a name is another name
        ("", ""),
    ],
)
def test_canonical_doi(text: str, doi: str) -> None:
    assert canonical_doi(text) == doi


@given(
    ANY_TEXT.filter(lambda t: "%" not in t).map("10.1101/{}".format)
    | st.text(st.sampled_from("abv12/.()<>;:&=?#full-pdsci,…"), max_size=40).map("10.1002/{}".format)
)
@example("10.1101/gr.123456.v2")
@example("10.1002/(sici)1-2(3)4:1<5::a>3.0.co;2-#")
def test_canonical_doi_is_idempotent(text: str) -> None:
    assert canonical_doi(canonical_doi(text)) == canonical_doi(text)


@pytest.mark.parametrize(
    ("scheme", "value", "canonical"),
    [
        ("doi", "doi:10.1038/ABC", "10.1038/abc"),
        ("pmid", "12345678", "12345678"),
        ("pmid", "PMID: 12345678", "12345678"),
        ("pmid", "pubmed:12345678", "12345678"),
        ("pmid", " 0123 ", "123"),
        ("pmcid", "PMC123456", "pmc123456"),
        ("pmcid", "pmc123456", "pmc123456"),
        ("pmcid", "123456", "pmc123456"),
        ("hal", "hal-01234567", "hal-01234567"),
        ("hal", "HAL-01234567v2", "hal-01234567"),
        ("hal", "inserm-00123456v1", "inserm-00123456"),
        ("hal", "tel-01234567", "tel-01234567"),
        ("nct", "NCT01234567", "nct01234567"),
        ("nct", "nct 1234567", "nct01234567"),
        ("nct", "NCT00000102", "nct00000102"),
        ("arxiv", "arXiv:2101.00001v3", "2101.00001"),
        ("arxiv", "q-bio/0501001", "q-bio/0501001"),
        ("arxiv", "math.GT/0309136v1", "math.gt/0309136"),
    ],
)
def test_a_declared_identifier_has_one_form(scheme: str, value: str, canonical: str) -> None:
    assert alias(scheme, value) == (scheme, canonical)
    assert alias(scheme, canonical) == (scheme, canonical)


@pytest.mark.parametrize(
    ("scheme", "value"),
    [
        ("doi", "see the paper"),
        ("pmid", "PMC123"),
        ("pmid", "0"),
        ("pmid", "1234567890"),
        ("pmid", "١٢٣"),
        ("pmcid", "PMC"),
        ("hal", "hal_01234567"),
        ("nct", "NCT"),
        ("nct", "NCT00000000"),
        ("arxiv", "2101.1"),
        ("isbn", "9780000000000"),
        ("url", "https://a.fr"),
        ("", ""),
    ],
)
def test_what_is_not_an_identifier_names_nothing(scheme: str, value: str) -> None:
    assert alias(scheme, value) is None


@pytest.mark.parametrize(
    ("url", "named"),
    [
        ("https://pubmed.ncbi.nlm.nih.gov/12345678/?utm_source=rss&fc=20250101&v=2.18", ("pmid", "12345678")),
        ("https://pubmed.ncbi.nlm.nih.gov/12345678/", ("pmid", "12345678")),
        ("https://www.ncbi.nlm.nih.gov/pubmed/12345678", ("pmid", "12345678")),
        ("https://europepmc.org/article/MED/12345678", ("pmid", "12345678")),
        ("https://europepmc.org/article/PMC/PMC123456", ("pmcid", "pmc123456")),
        ("https://www.ncbi.nlm.nih.gov/pmc/articles/PMC123456/", ("pmcid", "pmc123456")),
        ("https://pmc.ncbi.nlm.nih.gov/articles/PMC123456/", ("pmcid", "pmc123456")),
        ("https://hal.science/hal-01234567v1", ("hal", "hal-01234567")),
        ("https://inserm.hal.science/inserm-01234567/document", ("hal", "inserm-01234567")),
        ("https://hal.archives-ouvertes.fr/hal-01234567", ("hal", "hal-01234567")),
        ("https://theses.hal.science/tel-01234567", ("hal", "tel-01234567")),
        ("https://clinicaltrials.gov/study/NCT01234567", ("nct", "nct01234567")),
        ("https://clinicaltrials.gov/ct2/show/NCT01234567?term=x", ("nct", "nct01234567")),
        ("https://arxiv.org/abs/2101.00001v2", ("arxiv", "2101.00001")),
        ("https://arxiv.org/pdf/2101.00001.pdf", ("arxiv", "2101.00001")),
        ("https://www.nature.com/articles/s41586-025-08974-4", ("doi", "10.1038/s41586-025-08974-4")),
        ("https://www.nature.com/articles/s41586-025-08974-4.pdf", ("doi", "10.1038/s41586-025-08974-4")),
        ("https://www.nature.com/articles/d41586-025-01234-5?x=1", ("doi", "10.1038/d41586-025-01234-5")),
        ("https://doi.org/10.1038/ABC", ("doi", "10.1038/abc")),
        ("https://journals.plos.org/plosone/article?id=10.1371/journal.pone.001", ("doi", "10.1371/journal.pone.001")),
        ("https://www.nature.com/collections/abcdefghij", None),
        ("https://a.fr/actu-10.1234", None),
        ("https://pubmed.ncbi.nlm.nih.gov/?term=ferroptosis", None),
        ("https://hal.science/search/index?q=ferroptose", None),
        ("https://a.fr/pmc123456", None),
        ("", None),
    ],
)  # fmt: skip
def test_identifiers_in_an_address(url: str, named: Alias | None) -> None:
    assert ids_in_address(url) == ([named] if named else [])


def test_identifiers_in_a_text_come_once_and_in_order() -> None:
    text = (
        "Parue dans Nature (doi: 10.1038/ABC), puis 10.1002/def. PMID: 12345678, PMC7654321, essai NCT01234567 ; "
        "encore https://doi.org/10.1038/abc, PMID 12 et le NCT012."
    )
    assert ids_in_text(text) == (
        ("doi", "10.1038/abc"),
        ("doi", "10.1002/def"),
        ("pmid", "12345678"),
        ("pmcid", "pmc7654321"),
        ("nct", "nct01234567"),
    )


def test_a_text_without_its_identifiers_keeps_its_words() -> None:
    text = (
        "Le gène MET. DOI : https://doi.org/10.1038/s41586-025-08974-4 et doi:10.1038/abc, "
        "PMID: 12345678 | PMC:PMC7654321, essai NCT01234567 sur https://a.fr/x fin"
    )
    assert without_ids(text).split() == ["Le", "gène", "MET.", "et", "|", ",", "essai", "sur", "fin"]
    assert without_ids("S100A9 et FPS-ZM1") == "S100A9 et FPS-ZM1"


def test_two_articles_of_one_old_issue_keep_two_names() -> None:
    issue = "10.1002/(SICI)1097-0142(19990101)85:1<{}::AID-CNCR{}>3.0.CO;2-{}"
    text = f"Voir {issue.format(1, 1, 'K')} et {issue.format(9, 2, 'B')}."
    assert len(ids_in_text(text)) == 2


# --- what names an article


def aliases(**fields: object) -> dict[str, str]:
    (one,) = identify((Article(source="inserm", **fields),))  # type: ignore[arg-type]
    return dict(one.aliases)


def test_aliases_come_strongest_first() -> None:
    (one,) = identify(
        (
            Article(
                source="inserm",
                guid="g1",
                url="https://pubmed.ncbi.nlm.nih.gov/12345678/?fc=1",
                title="Un nouveau mécanisme de résistance des tumeurs",
                published=DAY,
                ids=(("nct", "NCT01234567"), ("doi", "10.1038/ABC"), ("isbn", "1")),
            ),
        )
    )
    assert [scheme for scheme, _ in one.aliases] == ["doi", "pmid", "nct", "url", "guid", "title"]
    assert dict(one.aliases)["guid"] == "g1@inserm"
    assert [SCHEMES.index(s) for s, _ in one.aliases] == sorted(SCHEMES.index(s) for s, _ in one.aliases)


def test_a_pubmed_link_that_changes_with_every_query_names_one_article() -> None:
    links = (f"https://pubmed.ncbi.nlm.nih.gov/12345678/?fc=2025&ff=20250507{n}&v=2.18" for n in range(3))
    assert {aliases(url=link)["pmid"] for link in links} == {"12345678"}


def test_a_guid_that_is_an_address_may_hold_an_identifier() -> None:
    assert aliases(guid="https://doi.org/10.1038/ABC")["doi"] == "10.1038/abc"
    assert "doi" not in aliases(guid="tag:10.1038/ABC")


def test_what_a_text_names_is_cited_and_is_not_the_article() -> None:
    (one,) = identify(
        (
            Article(
                source="s",
                url="https://a.fr/x",
                summary="Les travaux (doi: 10.1038/abc) sont parus.",
                body="Essai NCT01234567, PMID: 12345678. https://doi.org/10.1038/abc",
            ),
        )
    )
    assert one.aliases == (("url", "a.fr/x"),)
    assert one.cites == (("doi", "10.1038/abc"), ("pmid", "12345678"), ("nct", "nct01234567"))


@pytest.mark.parametrize(
    "tail",
    [
        "PMID:12345678 | DOI:10.1038/abc",
        "PMID:12345678 | PMC:PMC7654321 | DOI:10.1038/abc",
    ],
)
def test_the_tail_of_a_pubmed_summary_is_the_article_itself(tail: str) -> None:
    (one,) = identify((Article(source="s", summary=f"Nat Med. 2025 May 7. ABSTRACT Cells die. {tail}"),))
    assert dict(one.aliases).items() >= {("pmid", "12345678"), ("doi", "10.1038/abc")}
    assert one.cites == ()


def test_the_same_numbers_in_the_middle_are_not() -> None:
    (one,) = identify((Article(source="s", summary="Voir PMID:12345678 | DOI:10.1038/abc pour la suite."),))
    assert {scheme for scheme, _ in one.aliases} == {"title"}
    assert set(one.cites) == {("pmid", "12345678"), ("doi", "10.1038/abc")}


def test_what_an_article_is_it_does_not_cite() -> None:
    (one,) = identify((Article(source="s", url="https://doi.org/10.1038/abc", summary="doi:10.1038/ABC"),))
    assert ("doi", "10.1038/abc") in one.aliases
    assert one.cites == ()


def test_a_guid_shared_by_two_items_of_one_document_names_neither() -> None:
    shared = tuple(Article(source="s", guid="1", url=f"https://a.fr/{n}") for n in range(2))
    assert [dict(i.aliases).get("guid") for i in identify(shared)] == [None, None]
    untitled = tuple(Article(source="s", guid="1", title=f"Titre {n}") for n in range(2))
    assert [i.aliases for i in identify(untitled)] == [(("title", f"titre {n}@s"),) for n in range(2)]


def test_a_guid_repeated_for_one_item_still_names_it() -> None:
    twice = (
        Article(source="s", guid="1", url="https://a.fr/x"),
        Article(source="s", guid="1", url="http://www.a.fr/x/"),
    )
    assert [dict(i.aliases)["guid"] for i in identify(twice)] == ["1@s", "1@s"]


def test_the_same_guid_at_two_sources_is_two_names() -> None:
    both = identify((Article(source="a", guid="1", url="https://a.fr/x"),)) + identify(
        (Article(source="b", guid="1", url="https://b.fr/x"),)
    )
    assert not set(both[0].aliases) & set(both[1].aliases)


# --- titles and names

TOLD = "Un nouveau mécanisme de résistance des tumeurs"


def test_the_title_of_a_reference_is_told_by_author_and_year() -> None:
    reference = Article(source="s", title=TOLD, authors=("Ziegler, T. R.", "Petit A"), year="2024")
    assert title_key(reference) == "un nouveau mecanisme de resistance des tumeurs|ziegler|2024"
    again = Article(
        source="t", title="Un nouveau MÉCANISME de résistance, des tumeurs.", authors=("Ziegler TR",), year="2024"
    )
    assert title_key(again) == title_key(reference)
    (printed,) = identify((replace(reference, volume="28(3)"),))
    assert printed.aliases == (("title", f"{title_key(reference)}|28"), ("title", title_key(reference)))
    assert volumes_of(printed.aliases) == {"28"}


def test_the_title_of_a_news_item_is_told_by_host_and_day() -> None:
    news = Article(source="s", title=TOLD, url="https://www.a.fr/x", published=DAY)
    assert title_key(news) == "un nouveau mecanisme de resistance des tumeurs|a.fr|2025-05-07"
    elsewhere = Article(source="s", title=TOLD, url="https://b.fr/x", published=DAY)
    tomorrow = Article(source="s", title=TOLD, url="https://a.fr/y", published=DAY.replace(day=8))
    assert len({title_key(a) for a in (news, elsewhere, tomorrow)}) == 3


@pytest.mark.parametrize(
    "title",
    [
        "Éditorial",
        "Brèves",
        "En bref",
        "Agenda de la semaine",
        "Le point sur les news",
        "Actualités du mois de mai",
        "",
        "…",
    ],
)
def test_a_title_that_tells_nothing_is_no_name(title: str) -> None:
    assert title_key(Article(source="s", title=title, url="https://a.fr/x", published=DAY)) == ""
    assert title_key(Article(source="s", title=title, authors=("Petit A",), year="2024")) == ""


def test_a_title_without_who_and_when_is_no_name() -> None:
    assert title_key(Article(source="s", title=TOLD)) == ""
    assert title_key(Article(source="s", title=TOLD, url="https://a.fr/x")) == ""
    assert title_key(Article(source="s", title=TOLD, published=DAY, authors=("Petit A",))) == ""


@pytest.mark.parametrize(
    ("author", "family"),
    [
        ("Ziegler, T. R.", "ziegler"),
        ("Ziegler TR", "ziegler"),
        ("Ziegler T.R.", "ziegler"),
        ("Thomas R. Ziegler", "ziegler"),
        ("T. R. Ziegler", "ziegler"),
        ("Dupont J-P", "dupont"),
        ("Jean-Pierre Dupont", "dupont"),
        ("Éric Müller", "muller"),
        ("Müller É", "muller"),
        ("De La Cruz, J.", "delacruz"),
        ("Le Goff C", "legoff"),
        ("O'Neill L", "oneill"),
        ("Marie Curie-Skłodowska", "curiesklodowska"),
        ("Li W", "li"),
        ("Thomas Ziegler R", "thomasziegler"),
        ("TR", ""),
        (" ", ""),
        ("", ""),
    ],
)
def test_surname(author: str, family: str) -> None:
    assert surname(author) == family


# --- whatever comes


@given(
    st.builds(
        Article,
        source=st.just("s"),
        guid=ANY_TEXT | ADDRESSES,
        url=ANY_TEXT | ADDRESSES,
        title=ANY_TEXT,
        summary=ANY_TEXT | ANY_TEXT.map("PMID:1234 | DOI:10.1038/{}".format),
        authors=st.tuples(ANY_TEXT),
        year=st.sampled_from(["", "2024"]),
        published=st.none() | st.just(DAY),
        ids=st.tuples(st.tuples(st.sampled_from([*SCHEMES, "isbn"]), ANY_TEXT)),
    )
)
def test_no_text_stops_identify(article: Article) -> None:
    (one,) = identify((article,))
    assert one.article is article
    assert len(set(one.aliases)) == len(one.aliases)
    assert all(scheme in SCHEMES and value for scheme, value in one.aliases)
    assert not set(one.cites) & set(one.aliases)


def test_an_address_shared_by_different_items_of_one_document_names_neither() -> None:
    agenda = tuple(
        Article(source="s", guid=str(n), url="https://a.fr/agenda", title=f"Réunion du {n} mai") for n in (3, 4)
    )
    assert [dict(i.aliases).get("url") for i in identify(agenda)] == [None, None]
    twice = tuple(Article(source="s", guid=str(n), url="https://a.fr/x", title="Une même nouvelle") for n in (3, 4))
    assert [dict(i.aliases)["url"] for i in identify(twice)] == ["a.fr/x", "a.fr/x"]


def test_an_article_without_any_name_is_known_by_its_words() -> None:
    (one,) = identify((Article(source="s", title="Brèves"),))
    assert one.aliases == (("title", "breves@s"),)
    (empty,) = identify((Article(source="s"),))
    assert empty.aliases == ()
