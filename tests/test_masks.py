"""How to reach people is taken out of what articles say; what only looks like it stays to the last byte."""

import io
import re
import time
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watcher.articles import Article, Parsed
from watcher.masks import MASK, masked, masked_article, masked_guid
from watcher.parse import parse
from watcher.parse.files import read_articles
from watcher.parse.fulltext import text_of
from watcher.sources import Source

ADDRESSES = (
    *("marie.dupont@inserm.fr", "Marie.Dupont@INSERM.FR", "m@x.fr", "marie_dupont+veille@chu-lyon.example.fr"),
    *("marie.dupont [at] inserm.fr", "marie.dupont(at)inserm.fr", "marie (at) inserm (dot) fr", "m[arobase]inserm.fr"),
    *("marie @ inserm.fr", "mailto:marie@inserm.fr", "{marie,jean}@inserm.fr", '"marie dupont"@inserm.fr'),
    *(
        "marie＠inserm.fr",
        "éléonore@hôpital.fr",
        "marie@xn--hpital-xxa.fr",
        "163user@163.com",
        "marie(AT)inserm(DOT)fr",
    ),
)
NUMBERS = (
    *("01 23 45 67 89", "01.23.45.67.89", "01-23-45-67-89", "01/23/45/67/89", "0123456789", "06 12 34 56 78"),
    *("01\u00a023\u00a045\u00a067\u00a089", "01\u202f23\u202f45\u202f67\u202f89", "01 - 23 - 45 - 67 - 89"),
    *("+33 1 23 45 67 89", "+33 (0)1 23 45 67 89", "+33(0)123456789", "+33123456789", "+33.1.23.45.67.89"),
    *("0033 1 23 45 67 89", "0033123456789", "00 33 1 23 45 67 89", "(+33) 1 23 45 67 89", "(+33)1 23 45 67 89"),
    *("+33-1-23-45-67-89", "+33 1.23.45.67.89", "33 (0)1 23 45 67 89", "(0)1 23 45 67 89", "+33 123 456 789"),
    *("(33) 1 23 45 67 89", "+33 0 1 23 45 67 89", "01 23 45 67 89/01 23 45 67 90"),
    *("+1 (212) 555-0123", "+1-212-555-0123", "+1 212 555 0123", "+1.212.555.0123", "+442079460958"),
    *("+44 20 7946 0958", "(+44) 20 7946 0958", "+49 (0) 30 1234567", "+32 2 123 45 67", "+41 22 123 45 67"),
    *("0041 22 123 45 67", "+352 26 12 34 56"),
)
CALLED = (
    "Tél. : 022 123 45 67",
    "Tel: (212) 555-0123",
    "Téléphone : 26 12 34 56",
    "Fax: 020 7946 0958",
    "tél.01 23 45 67 89",
)
LOOK_ALIKES = (
    *("https://doi.org/10.1000/01.23.45.67.89", "10.1016/0123456789", "doi:10.1002/jcp.0123456789", "PMID 31234567"),
    *("10.1002/(SICI)1097-0258(19980815)17:15<1661::AID-SIM968>3.0.CO;2-2", "10.1371/a@b.fr", "PMC0123456"),
    *("NCT04123456", "EudraCT 2019-001234-56", "2023-504567-12-00", "ISRCTN01234567", "hal-04123456v2"),
    *("ISSN 1234-5678", "ISSN 0123-4567", "978-2-1234-5680-3", "0-306-40615-2", "rs0123456789", "ENSG00000139618"),
    *("01.02.2024", "01/02/2024", "01-02-2024 10:30", "2024-01-02T10:00:00+01:00", "du 01.02 au 05.03.24"),
    *("01.02-05.03.24", "01.02-05.03.2024", "2019-2021", "p. 123-145", "vol. 12(3):45-67", "UMR 0033", "00 12 34"),
    *("0000-0002-1825-0097", "https://orcid.org/0000-0002-1825-0097", "0009-0001-2345-6789"),
    *("+12 345 678 euros", "(+12 345 678)", "+25 %", "+1 234 567 cas", "+ 1 200 000 personnes", "+10 000 000 000 €"),
    *("1 234 567 890", "12 345 678,90 €", "10 000 000", "+3.14159265", "+1.23 4.56 7.89", "+48.856614, +2.352222"),
    *(
        "CD4+ 123 456 789",
        "[M+H]+ 523.2345",
        "Ca2+ 12 34",
        "n = 1234 (+/- 12)",
        "0,05 mg",
        "0.0123456789",
        "05 10 15 20",
    ),
    *("05 10 15 20 25 mg", "12,01 23 45 67 89", "a0123456789", "12-01-23-45-67-89", "+12345678 %", "00123456789012"),
    *("https://www.youtube.com/@Inserm.officiel", "https://medium.com/@marie.dupont/abc", "http://marie@x.example/a"),
    *("https://cdn.example/react@1.2.3/dist", "@Inserm", "@inserm.fr", "precision@10.The results", "p@k", "mAP@0.5"),
    *("N[C@@H](C)C(=O)O", "look at this.example", "p<0.05 (at 5.mg)", "root@localhost", "0 800 123 456", "3114"),
    *(
        "Tél. : 3646",
        "Tél. : 12.05.2021",
        "fax. 2019-2020",
        "par mobile. 12.05.2021",
        "(at) (dot)",
        "@",
        "[…]",
        "+",
        "(0)",
    ),
)
AROUND = ("{}", "Contact : {}.", "({})", "Écrire à {}, Paris", "tél. {} ; suite", "« {} »", "{}\n{}")


@pytest.mark.parametrize("around", AROUND)
@pytest.mark.parametrize("told", [*ADDRESSES, *NUMBERS])
def test_every_form_is_masked_wherever_it_stands(told: str, around: str) -> None:
    shown = masked(around.replace("{}", told))
    assert not re.search(r"[@＠\d]|inserm|dupont", shown, re.IGNORECASE), shown
    assert re.sub(r"\[…\](?:/\[…\])?", "{}", shown).replace("mailto:", "") == around


@pytest.mark.parametrize("told", CALLED)
def test_what_is_called_a_number_is_one_in_whatever_form(told: str) -> None:
    assert re.fullmatch(r"\D+\[…\]", masked(told))


@pytest.mark.parametrize("around", ["{}", "Voir {}.", "({})", "Selon {}, oui", "« {} »"])
@pytest.mark.parametrize("told", LOOK_ALIKES)
def test_what_looks_like_it_stays_to_the_last_byte(told: str, around: str) -> None:
    assert masked(around.replace("{}", told)) == around.replace("{}", told)


def test_an_address_ends_where_the_next_sentence_begins() -> None:
    assert masked("Contact : marie@inserm.fr.Les auteurs") == "Contact : […].Les auteurs"
    assert masked("+1 212 555 0123 45678901 ensuite") == "[…] 45678901 ensuite"


def test_an_address_that_a_link_has_as_a_parameter_is_masked_and_the_link_stays() -> None:
    assert masked("https://x.example/?a=1&email=marie@inserm.fr&b=2") == "https://x.example/?a=1&email=[…]&b=2"


_TOLD = st.sampled_from((*ADDRESSES, *NUMBERS))
_PLAIN = st.sampled_from((*LOOK_ALIKES, "Les cellules tumorales", "à Paris", "et", "CD44", "MT2A", "95 %", "."))


@given(st.lists(st.one_of(_PLAIN, _TOLD), max_size=8))
def test_a_text_of_such_parts_loses_what_it_must_and_nothing_else(parts: list[str]) -> None:
    wanted = [re.sub(r"[^/]+", MASK, part) if part in NUMBERS and "/01 " in part else part for part in parts]
    wanted = [MASK if part in ADDRESSES or (part in NUMBERS and "/01 " not in part) else part for part in wanted]
    assert masked(" | ".join(parts)) == " | ".join(wanted)


@given(st.text(alphabet='01239 .-/()+@＠[]{}"atdo:=é_,\n', max_size=60))
def test_masked_is_masked(prose: str) -> None:
    once = masked(prose)
    assert masked(once) == once
    assert len(once) <= len(prose) + 2 * once.count(MASK)


@pytest.mark.parametrize(
    "hostile",
    [
        *("a" * 60_000 + "@", "a." * 30_000 + "@", "a@" + "b-" * 30_000, "a@" + "b." * 30_000, "@a" * 30_000),
        *("(at)" * 15_000, "{" * 60_000 + "@", '"' * 60_000 + "@x.fr", "=a" * 30_000 + "@ http://x/" + "=a" * 20_000),
        *("+1 " + "2 " * 30_000, "01 " * 20_000, "tel:" * 15_000, "+33" * 20_000, "00 1" * 15_000, " " * 60_000 + "@"),
    ],
    ids=lambda text: text[:8],
)
def test_no_text_takes_long(hostile: str) -> None:
    began = time.process_time()
    masked(hostile)
    assert time.process_time() - began < 0.5


def test_a_usual_article_costs_next_to_nothing() -> None:
    prose = (
        "Les cellules résistantes expriment CD44 (p = 0,03 ; IC 95 % : 1,2-3,4) chez 1 234 patients de 2012 à 2021. "
        * 9
    )
    article = Article(source="s", title="CD44 et la résistance au cisplatine", summary=prose, authors=("Marie Dupont",))
    assert len(prose.split()) > 150

    def cost() -> float:
        began = time.process_time()
        for _ in range(1_000):
            masked_article(article)
        return time.process_time() - began  # seconds for a thousand are milliseconds for one

    assert min(cost() for _ in range(5)) < 0.1  # five times what a quiet machine takes
    assert masked_article(article) is article


def test_all_words_of_an_article_are_masked_and_its_names_and_addresses_stay() -> None:
    told = Article(
        source="s",
        guid="tag:marie@inserm.fr,2026:1",
        url="https://x.example/@marie/1",
        title="Écrire à marie@inserm.fr",
        summary="Tél. : 01 23 45 67 89",
        body="+33 1 23 45 67 89",
        authors=(
            "marie@inserm.fr (Marie Dupont)",
            "Jean Petit <jean@inserm.fr>",
            "luc@inserm.fr",
            "Anne Roux",
            "Paul a@b.fr Noir",
        ),
        published=datetime(2026, 1, 2, tzinfo=UTC),
    )
    shown = masked_article(told)
    assert (shown.title, shown.summary, shown.body) == ("Écrire à […]", "Tél. : […]", "[…]")
    assert shown.authors == ("Marie Dupont", "Jean Petit", "Anne Roux", "Paul Noir")
    assert (shown.guid, shown.url, shown.published) == (told.guid, told.url, told.published)


def test_a_guid_stays_a_name_and_names_nobody() -> None:
    tags = [masked_guid(f"tag:{who}@inserm.fr,2026:1") for who in ("marie", "jean", "Marie")]
    assert len(set(tags)) == 2
    assert not any("marie" in tag.lower() or "jean" in tag or "inserm" in tag for tag in tags)
    for guid in ("", "123@", "https://x.example/@marie@inserm.fr", "urn:uuid:1", "p@1.2"):
        assert masked_guid(guid) == guid


RSS = """<rss version="2.0"><channel><title>x</title><item><title>MT2A : contact marie@inserm.fr</title>
<link>https://x.example/1</link><description>&lt;a href="mailto:jean@inserm.fr"&gt;jean&lt;b&gt;@&lt;/b&gt;inserm.fr
&lt;/a&gt; tél. 01&amp;nbsp;23&amp;nbsp;45&amp;nbsp;67&amp;nbsp;89</description></item></channel></rss>"""


def test_what_comes_out_of_a_feed_is_masked() -> None:
    parsed = parse(
        RSS.encode(), Source(id="s", url="https://x.example/"), address="https://x.example/", content_type=""
    )
    assert isinstance(parsed, Parsed)
    (article,) = parsed.articles
    assert (article.title, article.summary) == ("MT2A : contact […]", "[…] tél. […]")


def test_what_comes_out_of_a_file_is_masked() -> None:
    record = b"TY  - JOUR\nTI  - MT2A\nAB  - Contact: marie@inserm.fr\nER  - \n"
    (article,) = read_articles(io.BytesIO(record), name="a.ris")
    assert article.summary == "Contact: […]"


def test_what_comes_out_of_an_own_page_is_masked() -> None:
    prose = "<p>" + "Les cellules tumorales résistantes expriment CD44 chez les patients suivis. " * 8 + "</p>"
    prose += "<p>Contact presse : marie@inserm.fr, 01 23 45 67 89.</p>"
    page = f"<html><body><article><h1>CD44</h1>{prose}</article></body></html>"
    text = text_of(page.encode(), "https://x.example/1")
    assert "Contact presse : […], […]." in text
