"""PubMed's XML."""

import io
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watcher.articles import Article, Relation
from watcher.errors import UsageError
from watcher.parse.pubmedxml import articles_of, read_pubmed

RECORD = """\
<PubmedArticle>
  <MedlineCitation Status="MEDLINE" Owner="NLM">
    <PMID Version="1">31234567</PMID>
    <DateRevised><Year>2025</Year><Month>01</Month><Day>02</Day></DateRevised>
    <Article PubModel="Print-Electronic">
      <Journal>
        <JournalIssue CitedMedium="Internet">
          <Volume>20</Volume><Issue>3</Issue>
          <PubDate><Year>2024</Year><Month>Oct</Month></PubDate>
        </JournalIssue>
        <Title>Revue d’exemple</Title>
        <ISOAbbreviation>Rev Ex</ISOAbbreviation>
      </Journal>
      <ArticleTitle>[Ferroptosis of <i>persister</i> cells].</ArticleTitle>
      <Pagination><StartPage>91</StartPage><EndPage>92</EndPage><MedlinePgn>91-92</MedlinePgn></Pagination>
      <ELocationID EIdType="doi" ValidYN="Y">10.1000/abc</ELocationID>
      <Abstract>
        <AbstractText Label="BACKGROUND" NlmCategory="METHODS">Iron &amp; CD44<sup>+</sup>, n &lt; 5.</AbstractText>
        <AbstractText Label="RESULTS">They die.</AbstractText>
        <AbstractText Label="UNLABELLED">More.</AbstractText>
        <CopyrightInformation>Copyright.</CopyrightInformation>
      </Abstract>
      <AuthorList CompleteYN="Y">
        <Author ValidYN="Y"><LastName>Dupont</LastName><ForeName>Zoé</ForeName><Initials>Z</Initials>
          <AffiliationInfo><Affiliation>Nancy</Affiliation></AffiliationInfo></Author>
        <Author ValidYN="Y"><CollectiveName>Le groupe d’étude</CollectiveName></Author>
      </AuthorList>
      <Language>fre</Language>
      <VernacularTitle>La ferroptose des cellules persistantes.</VernacularTitle>
      <ArticleDate DateType="Electronic"><Year>2024</Year><Month>09</Month><Day>03</Day></ArticleDate>
    </Article>
  </MedlineCitation>
  <PubmedData>
    <ArticleIdList>
      <ArticleId IdType="pubmed">31234567</ArticleId>
      <ArticleId IdType="doi">10.1000/abc</ArticleId>
      <ArticleId IdType="pmc">PMC1234567</ArticleId>
      <ArticleId IdType="pii">S1</ArticleId>
    </ArticleIdList>
    <ReferenceList><Reference><Citation>Another.</Citation>
      <ArticleIdList><ArticleId IdType="pubmed">99</ArticleId></ArticleIdList></Reference></ReferenceList>
  </PubmedData>
</PubmedArticle>
"""
HEAD = """<?xml version="1.0" ?>
<!DOCTYPE PubmedArticleSet PUBLIC "-//NLM//DTD PubMedArticle, 1st January 2025//EN"
 "https://dtd.nlm.nih.gov/ncbi/pubmed/out/pubmed_250101.dtd">
<PubmedArticleSet>
"""


def document(*records: str) -> bytes:
    return (HEAD + "".join(records) + "</PubmedArticleSet>").encode()


def one(article: str) -> Article:
    citation = f"<MedlineCitation><PMID>1</PMID><Article>{article}</Article></MedlineCitation>"
    (found,) = articles_of(document(f"<PubmedArticle>{citation}</PubmedArticle>"), "pubmed")
    return found


def test_a_full_record() -> None:
    assert articles_of(document(RECORD), "pubmed") == (
        Article(
            source="pubmed",
            guid="31234567",
            url="https://pubmed.ncbi.nlm.nih.gov/31234567/",
            title="Ferroptosis of persister cells",
            summary="BACKGROUND: Iron & CD44+, n < 5. RESULTS: They die. More."
            " La ferroptose des cellules persistantes.",
            language="fr",
            published=datetime(2024, 9, 3, tzinfo=UTC),
            authors=("Dupont, Zoé", "Le groupe d’étude"),
            journal="Revue d’exemple",
            year="2024",
            volume="20",
            pages="91-92",
            ids=(("pmid", "31234567"), ("doi", "10.1000/abc"), ("pmcid", "PMC1234567")),
            relations=(Relation(kind="translation_of", of=("title", "La ferroptose des cellules persistantes.")),),
        ),
    )


ISSUE = "<Journal><JournalIssue><PubDate>{}</PubDate></JournalIssue></Journal>"


@pytest.mark.parametrize(
    ("article", "name", "expected"),
    [
        ("<ArticleTitle>Cells and iron.</ArticleTitle>", "title", "Cells and iron"),
        ("<ArticleTitle>What next?</ArticleTitle>", "title", "What next?"),
        ("<ArticleTitle>And so on...</ArticleTitle>", "title", "And so on..."),
        ("<ArticleTitle>[18F]FDG in [11C] scans.</ArticleTitle>", "title", "[18F]FDG in [11C] scans"),
        ("<VernacularTitle>Le fer.</VernacularTitle>", "title", "Le fer."),
        ("<VernacularTitle>Le fer.</VernacularTitle>", "summary", ""),
        (
            ISSUE.format("<Year>2024</Year><Month>Sep</Month><Day>3</Day>"),
            "published",
            datetime(2024, 9, 3, tzinfo=UTC),
        ),
        (ISSUE.format("<Year>2024</Year><Month>09</Month>"), "published", datetime(2024, 9, 1, tzinfo=UTC)),
        (ISSUE.format("<Year>2024</Year>"), "published", None),
        (ISSUE.format("<MedlineDate>2024 Sep-Oct</MedlineDate>"), "year", "2024"),
        (ISSUE.format("<Year>2024</Year><Month>Sep</Month><Day>31</Day>"), "published", None),
        ("<Pagination><StartPage>1</StartPage><EndPage>9</EndPage></Pagination>", "pages", "1-9"),
        ("<ELocationID EIdType='doi' ValidYN='N'>10.1000/x</ELocationID>", "ids", (("pmid", "1"),)),
        ("<Language>eng</Language>", "language", "en"),
        ("<ArticleTitle>Le fer et la ferroptose dans les cellules</ArticleTitle>", "language", "fr"),
    ],
)
def test_what_records_may_say_otherwise(article: str, name: str, expected: object) -> None:
    assert getattr(one(article), name) == expected


def test_a_chapter_of_a_book() -> None:
    book = """<PubmedBookArticle><BookDocument><PMID>20301295</PMID>
    <ArticleIdList><ArticleId IdType="bookaccession">NBK1116</ArticleId></ArticleIdList>
    <Book><BookTitle>Gene<i>Book</i></BookTitle><PubDate><Year>1993</Year></PubDate></Book>
    <ArticleTitle>Iron.</ArticleTitle><Language>eng</Language>
    <AuthorList Type="authors"><Author><LastName>Dupont</LastName><Initials>Z</Initials></Author></AuthorList>
    <Abstract><AbstractText>Iron.</AbstractText></Abstract></BookDocument></PubmedBookArticle>"""
    (article,) = articles_of(document(book), "pubmed")

    assert (article.title, article.journal, article.year, article.authors) == (
        "Iron",
        "GeneBook",
        "1993",
        ("Dupont, Z",),
    )


def test_an_empty_set_holds_nothing() -> None:
    assert articles_of(document(), "pubmed") == ()
    assert articles_of(b"<PubmedArticleSet></PubmedArticleSet>", "pubmed") == ()


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (b"", 1),
        (b"not XML", 1),
        (b"\n<rss><channel/></rss>", 2),
        (document(RECORD)[:-200], HEAD.count("\n") + RECORD.count("\n")),
    ],
)
def test_what_is_damaged_or_something_else_is_named_by_its_line(text: bytes, line: int) -> None:
    with pytest.raises(UsageError) as raised:
        articles_of(text, "notices.xml")
    assert raised.value.reason == "bad-record"
    assert raised.value.facts["file"] == "notices.xml"
    assert abs(int(str(raised.value.facts["line"])) - line) <= 3
    assert raised.value.facts["detail"]


def test_what_came_before_the_damage_is_given() -> None:
    reading = read_pubmed(io.BytesIO(document(RECORD, RECORD, RECORD)[:-600]), source="pubmed")

    assert next(reading).guid == next(reading).guid == "31234567"
    with pytest.raises(UsageError):
        next(reading)


def test_no_entity_is_resolved(tmp_path_factory: pytest.TempPathFactory) -> None:
    secret = tmp_path_factory.mktemp("secret") / "secret.txt"
    secret.write_text("a secret")
    entities = f'<!DOCTYPE x [<!ENTITY file SYSTEM "{secret.as_uri()}"><!ENTITY a "ha"><!ENTITY b "&a;&a;">]>'
    citation = "<PMID>1</PMID><Article><ArticleTitle>A &file;&b; title</ArticleTitle></Article>"
    record = f"<PubmedArticle><MedlineCitation>{citation}</MedlineCitation></PubmedArticle>"
    (article,) = articles_of(f"{entities}<PubmedArticleSet>{record}</PubmedArticleSet>".encode(), "pubmed")

    assert article.title == "A title"


@given(st.binary(max_size=80), st.integers(0, 3000))
def test_any_bytes_are_read_or_refused(junk: bytes, at: int) -> None:
    whole = document(RECORD)
    for text in (junk, whole[:at] + junk + whole[at:], whole[:at] + junk):
        with suppress(UsageError):
            articles_of(text, "pubmed")
