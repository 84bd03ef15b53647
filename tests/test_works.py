"""Works with a history: preprint, journal, correction, retraction; one record, each step said once."""

import io
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from harvest import only, read
from hypothesis import given
from hypothesis import strategies as st
from lists import FERRO, HEBDO, PLAIN, Post

from watcher.articles import Article, Relation, Status
from watcher.digest import Digest
from watcher.identity import identify
from watcher.notices import named, notice_of
from watcher.outbox import MailSettings
from watcher.parse.pubmedxml import read_pubmed
from watcher.parse.records import read_records
from watcher.render.json import article_json, dumped
from watcher.run import digest, take_in
from watcher.sources import Source
from watcher.store import Remembered, Store
from watcher.works import STAGES, further, is_step

NOW = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
DAY = timedelta(days=1)
PAPER = Article(
    source="crossref",
    guid="10.1038/fer.1",
    url="https://doi.org/10.1038/fer.1",
    title="Ferroptosis of persister cells is set off by iron in lysosomes",
    summary="La ferroptose des lysosomes : le fer des lysosomes déclenche la ferroptose.",
    authors=("Anne Dupré",),
    journal="Nature",
    year="2026",
    ids=(("doi", "10.1038/fer.1"),),
)
PREPRINT = replace(
    PAPER,
    source="biorxiv",
    guid="10.1101/2025.01.02.3",
    url="https://doi.org/10.1101/2025.01.02.3",
    title="Iron of lysosomes sets off ferroptosis: a first look at persister cells",
    journal="bioRxiv",
    ids=(("doi", "10.1101/2025.01.02.3"),),
    status="preprint",
)
IN_NATURE = Relation(kind="preprint_of", of=("doi", "10.1038/fer.1"))
NOTICE = Article(
    source="crossref",
    guid="10.1038/notice.9",
    url="https://doi.org/10.1038/notice.9",
    title="Retraction Note: Ferroptosis of persister cells is set off by iron in lysosomes",
    ids=(("doi", "10.1038/notice.9"),),
    journal="Nature",
)
RETRACTS = replace(NOTICE, relations=(Relation(kind="retracts", of=("doi", "10.1038/FER.1")),))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "w.db") as opened:
        yield opened


def bring(store: Store, *articles: Article, now: datetime = NOW) -> None:
    take_in(iter(identify(articles)), (FERRO,), store, now)


def all_of(store: Store) -> list[Remembered]:
    return list(store.all())


def steps(store: Store) -> list[tuple[int, str, str, str]]:
    return [(step.article, step.before, step.after, step.because) for step in store.steps()]


def shown(store: Store, now: datetime = NOW, days: int = 7) -> Digest:
    return digest((), (FERRO,), store, since=days * DAY, now=now)


# --- titles


@pytest.mark.parametrize(
    ("title", "kind", "own", "about"),
    [
        ("Retraction Note: Iron and lysosomes in persister cells of melanoma", "retracts", False, True),
        ("RETRACTED: Iron and lysosomes in persister cells of melanoma", "retracts", True, True),
        ("RETRACTED ARTICLE: Iron and lysosomes in persister cells of melanoma", "retracts", True, True),
        ("[Retracted] Iron and lysosomes in persister cells of melanoma", "retracts", True, True),
        ("Retraction: “Iron and lysosomes in persister cells of melanoma”", "retracts", False, True),
        ("Rétractation : le fer des lysosomes et les cellules persistantes du mélanome", "retracts", False, True),
        ("Avis de rétractation de l’article", "retracts", False, False),
        ("Correction to: Iron and lysosomes in persister cells of melanoma", "corrects", False, True),
        ("Correction to Iron and lysosomes in persister cells of melanoma", "corrects", False, True),
        ("Author Correction: Iron", "corrects", False, False),
        ("Erratum", "corrects", False, False),
        ("Corrigendum à Fer et lysosomes des cellules persistantes du mélanome", "corrects", False, True),
        (
            "Editorial Expression of Concern: Iron and lysosomes in persister cells of melanoma",
            "questions",
            False,
            True,
        ),
        (
            "Mise en garde de la rédaction : fer et lysosomes des cellules persistantes du mélanome",
            "questions",
            False,
            True,
        ),
    ],
)
def test_titles_of_notices(title: str, kind: str, own: bool, about: bool) -> None:  # noqa: FBT001 - a table
    found = notice_of(title)
    assert found is not None
    assert (found.kind, found.own, bool(found.about)) == (kind, own, about)


@pytest.mark.parametrize(
    "title",
    [
        "Correction of anaemia in chronic kidney disease",
        "Correction for multiple testing in genome-wide studies",
        "Retraction of the tongue in sleep apnoea",
        "Withdrawal from opioids: what helps",
        "Retracting fibres of migrating cells",
        "La correction du strabisme de l’enfant",
        "Errance et vieillesse",
        "",
    ],
)
def test_ordinary_titles(title: str) -> None:
    assert notice_of(title) is None


@given(st.text(max_size=60))
def test_any_title_is_read(title: str) -> None:
    notice_of(title)
    assert named(named(title)) == named(title)


@given(st.sampled_from(STAGES), st.sampled_from(STAGES))
def test_works_only_go_on(one: Status, other: Status) -> None:
    assert further(one, other) == further(other, one)
    assert not (is_step(one, other) and is_step(other, one))
    assert not is_step(one, one)


# --- what the services say


def source(kind: str, **more: Any) -> Source:
    return Source(id=kind, url="https://service.example/api", kind=kind, query="fer", **more)


def test_crossref_says_what_a_work_is_to_others() -> None:
    work = {
        "DOI": "10.1038/n.9",
        "title": ["Retraction Note: Iron"],
        "type": "journal-article",
        "update-to": [
            {"DOI": "10.1038/fer.1", "type": "retraction", "label": "Retraction"},
            {"DOI": "10.1038/fer.2", "type": "new_version"},
            {"type": "correction"},
        ],
        "updated-by": [{"DOI": "10.1038/n.10", "type": "expression-of-concern"}],
        "relation": {
            "is-preprint-of": [
                {"id-type": "doi", "id": "10.1016/j.x.1"},
                {"id-type": "uri", "id": "https://x.example"},
            ],
            "has-translation": [{"id-type": "doi", "id": "10.1051/fr.1"}],
            "references": [{"id-type": "doi", "id": "10.1/x"}],
        },
    }
    page = {"status": "ok", "message": {"items": [work, work | {"type": "posted-content", "relation": []}]}}
    first, second = read(source("crossref"), json.dumps(page).encode()).articles
    assert first.relations == (
        Relation(kind="preprint_of", of=("doi", "10.1016/j.x.1")),
        Relation(kind="translation_of", of=("doi", "10.1051/fr.1"), passive=True),
        Relation(kind="retracts", of=("doi", "10.1038/fer.1")),
        Relation(kind="questions", of=("doi", "10.1038/n.10"), passive=True),
    )
    assert (first.status, second.status) == ("", "preprint")


@pytest.mark.parametrize(("published", "status"), [("NA", "preprint"), ("10.1038/fer.1", "published")])
def test_biorxiv_says_where_a_preprint_came_out(published: str, status: str) -> None:
    record = {
        "doi": "10.1101/2025.01.02.3",
        "title": "Iron",
        "version": "1",
        "published": published,
        "server": "bioRxiv",
    }
    page = {"messages": [{"status": "ok", "count": 1, "total": "1"}], "collection": [record]}
    article = only(read(source("biorxiv"), json.dumps(page).encode()))
    assert article.status == status
    assert bool(article.relations) == (status == "published")


def test_europepmc_says_what_became_of_a_record() -> None:
    listed = [
        {"type": "Retraction in", "id": "41", "source": "MED"},
        {"type": "Erratum for", "id": "42", "source": "MED"},
        {"type": "Preprint in", "id": "PPR1", "source": "PPR", "reference": "bioRxiv. doi: 10.1101/2025.01.02.3."},
        {"type": "Comment in", "id": "43", "source": "MED"},
        {"type": "Expression of concern in", "id": "", "source": "MED"},
    ]
    result = {
        "id": "40",
        "source": "MED",
        "title": "Iron",
        "pubTypeList": {"pubType": ["Journal Article", "Retracted Publication"]},
        "commentCorrectionList": {"commentCorrection": listed},
    }
    pages = {"resultList": {"result": [result, {"id": "PPR1", "source": "PPR", "title": "Iron, first"}]}}
    first, second = read(source("europepmc"), json.dumps(pages).encode()).articles
    assert first.relations == (
        Relation(kind="retracts", of=("pmid", "41"), passive=True),
        Relation(kind="corrects", of=("pmid", "42")),
        Relation(kind="preprint_of", of=("doi", "10.1101/2025.01.02.3"), passive=True),
    )
    assert (first.status, second.status) == ("retracted", "preprint")


PUBMED = """<PubmedArticleSet><PubmedArticle><MedlineCitation><PMID>{pmid}</PMID><Article>
<ArticleTitle>[{title}].</ArticleTitle><VernacularTitle>Le fer</VernacularTitle>
<PublicationTypeList><PublicationType>Journal Article</PublicationType><PublicationType>{type}</PublicationType>
</PublicationTypeList></Article><CommentsCorrectionsList>{notices}</CommentsCorrectionsList></MedlineCitation>
</PubmedArticle></PubmedArticleSet>"""


def noted(word: str, said: str, pmid: str = "") -> str:
    number = f"<PMID Version='1'>{pmid}</PMID>" if pmid else ""
    return f"<CommentsCorrections RefType='{word}'><RefSource>{said}</RefSource>{number}</CommentsCorrections>"


def test_pubmed_says_what_became_of_a_record() -> None:
    notices = "".join(
        (
            noted("RetractionIn", "Nature. 2026", "51"),
            noted("ErratumIn", "Nature. 2026;1. doi: 10.1038/n.7."),
            noted("UpdateOf", "bioRxiv. 2025 Jan. doi: 10.1101/2025.01.02.3.", "52"),
            noted("UpdateOf", "Cochrane Database Syst Rev. 2019", "53"),
            noted("UpdateIn", "Nature. 2026", "54"),
            noted("CommentIn", "Science. 2026", "55"),
            noted("RetractionOf", "nowhere"),
        )
    )
    document = PUBMED.format(pmid="50", title="Iron", type="Retracted Publication", notices=notices)
    (article,) = read_pubmed(io.BytesIO(document.encode()), source="pubmed")
    assert article.status == "retracted"
    assert article.relations == (
        Relation(kind="retracts", of=("pmid", "51"), passive=True),
        Relation(kind="corrects", of=("doi", "10.1038/n.7"), passive=True),
        Relation(kind="preprint_of", of=("pmid", "52"), passive=True),
        Relation(kind="translation_of", of=("title", "Le fer")),
    )
    preprint = PUBMED.format(pmid="52", title="Iron", type="Preprint", notices=noted("UpdateIn", "Nature. 2026", "50"))
    (article,) = read_pubmed(io.BytesIO(preprint.encode()), source="pubmed")
    assert (article.status, article.relations[0]) == ("preprint", Relation(kind="preprint_of", of=("pmid", "50")))


def test_openalex_knows_what_was_retracted_and_where_else_a_work_is() -> None:
    work = {
        "id": "https://openalex.org/W1",
        "doi": "https://doi.org/10.1038/fer.1",
        "title": "Iron",
        "type": "article",
        "is_retracted": True,
        "locations": [
            {"version": "publishedVersion", "landing_page_url": "https://doi.org/10.1038/fer.1"},
            {"version": "submittedVersion", "landing_page_url": "https://doi.org/10.1101/2025.01.02.3"},
            {"version": "acceptedVersion", "landing_page_url": "https://doi.org/10.5281/zenodo.1"},
            {"version": "submittedVersion", "landing_page_url": None},
        ],
    }
    preprint = {
        "id": "https://openalex.org/W2",
        "doi": "https://doi.org/10.1101/5",
        "title": "Zinc",
        "type": "preprint",
    }
    page = json.dumps({"meta": {"count": 2}, "results": [work, preprint]}).encode()
    first, second = read(source("openalex"), page).articles
    assert first.status == "retracted"
    assert first.relations == (Relation(kind="preprint_of", of=("doi", "10.1101/2025.01.02.3"), passive=True),)
    assert second.status == "preprint"


def test_hal_tells_a_preprint_from_a_paper() -> None:
    docs = [
        {"halId_s": f"hal-0500000{n}", "title_s": ["Fer"], "docType_s": kind}
        for n, kind in enumerate(("UNDEFINED", "ART"))
    ]
    articles = read(source("hal"), json.dumps({"response": {"numFound": 2, "docs": docs}}).encode()).articles
    assert [article.status for article in articles] == ["preprint", ""]


# --- what becomes of them


@pytest.mark.parametrize("first", ["preprint", "paper"])
def test_a_preprint_and_its_paper_are_one_record(store: Store, first: str) -> None:
    named_by = replace(PREPRINT, relations=(IN_NATURE,), status="published")
    bring(store, *((named_by, PAPER) if first == "preprint" else (PAPER, named_by)))
    (known,) = all_of(store)
    assert [value for scheme, value in known.aliases if scheme == "doi"] == ["10.1038/fer.1", "10.1101/2025.01.02.3"]


def test_a_preprint_that_comes_out_takes_the_words_of_its_journal(store: Store) -> None:
    bring(store, PREPRINT)
    bring(
        store,
        replace(PAPER, relations=(Relation(kind="preprint_of", of=PREPRINT.ids[0], passive=True),)),
        now=NOW + DAY,
    )
    (known,) = all_of(store)
    assert (known.article.title, known.article.journal, known.article.status) == (PAPER.title, "Nature", "published")
    assert known.article.url == PAPER.url
    assert known.scores
    assert steps(store) == [(1, "preprint", "published", "doi:10.1038/fer.1")]
    bring(store, replace(PAPER, volume="650", pages="1-9"), now=NOW + 2 * DAY)
    bring(store, replace(PAPER, volume="650", pages="1-9"), now=NOW + 3 * DAY)
    assert [(before, after) for _, before, after, _ in steps(store)] == [
        ("preprint", "published"),
        ("published", "issue"),
    ]
    assert all_of(store)[0].article.volume == "650"


def test_a_preprint_whose_journal_is_named_later_came_out(store: Store) -> None:
    bring(store, PREPRINT)
    bring(
        store,
        replace(PREPRINT, status="published", relations=(IN_NATURE,)),
    )
    assert steps(store) == [(1, "preprint", "published", "doi:10.1038/fer.1")]
    bring(store, PAPER)
    assert len(all_of(store)) == 1
    assert len(steps(store)) == 1


def test_two_records_whose_relation_is_learnt_late_tell_one_story(store: Store) -> None:
    bring(store, PREPRINT, replace(PAPER, title="A quite different heading of words", summary="Nothing of it."))
    assert len({known.story for known in store.all()}) == 2
    bring(store, replace(PREPRINT, relations=(IN_NATURE,)))
    assert len(all_of(store)) == 2
    assert len({known.story for known in store.all()}) == 1
    bring(store, replace(PAPER, guid="z", ids=(), url="https://z.example/z", title="Autre chose", summary="Rien."))
    assert len({known.story for known in store.all()}) == 2


@pytest.mark.parametrize("years", [0, 2])
@pytest.mark.parametrize("notice", [NOTICE, RETRACTS], ids=["by its title", "by its relation"])
def test_a_notice_is_told_with_its_paper_and_never_is_it(store: Store, notice: Article, years: int) -> None:
    bring(store, PAPER, now=NOW - 365 * years * DAY)
    bring(store, notice)
    paper, retraction = all_of(store)
    assert (paper.article.status, retraction.article.status) == ("retracted", "")
    assert paper.story == retraction.story
    assert steps(store) == [(1, "", "retracted", "doi:10.1038/notice.9")]
    assert [tie.shared for tie in store.ties(2)] == [("doi:10.1038/fer.1",)]
    bring(store, notice, PAPER, now=NOW + DAY)
    assert len(steps(store)) == 1
    bring(store, replace(notice, guid="e", url="", ids=(("doi", "10.1038/notice.10"),), title="Correction to: x",
                         relations=(Relation(kind="corrects", of=("doi", "10.1038/fer.1")),)))  # fmt: skip
    assert len(steps(store)) == 1  # what is retracted is not corrected any more
    assert len({known.story for known in store.all()}) == 1


def test_a_paper_that_comes_after_its_retraction_is_known_to_be_retracted(store: Store) -> None:
    bring(store, RETRACTS)
    bring(store, PAPER)
    assert all_of(store)[1].article.status == "retracted"
    assert len({known.story for known in store.all()}) == 1
    assert steps(store) == []  # it was retracted when it was first seen


def test_a_title_that_two_papers_share_names_none(store: Store) -> None:
    bring(store, PAPER, replace(PAPER, guid="b", url="", ids=(("doi", "10.1038/b"),), volume="9"))
    bring(store, NOTICE)
    assert steps(store) == []


def test_what_a_journal_marks_is_the_article_itself(store: Store) -> None:
    bring(store, PAPER)
    marked = replace(PAPER, title=f"RETRACTED: {PAPER.title}")
    bring(store, marked, now=NOW + DAY)
    assert [step[2] for step in steps(store)] == ["retracted"]
    of_itself = replace(PAPER, ids=(("doi", "10.1038/b"),), url="", guid="b", title="Zinc",
                        relations=(Relation(kind="corrects", of=("doi", "10.1038/b")),))  # fmt: skip
    bring(store, of_itself)
    assert all_of(store)[1].article.status == "corrected"


def test_the_french_original_and_its_translation_are_one_work(store: Store) -> None:
    french = replace(
        PAPER, ids=(("doi", "10.1051/ms.1"),), url="", guid="fr", language="fr", title="Le fer des lysosomes"
    )
    bring(store, french)
    bring(store, replace(PAPER, relations=(Relation(kind="translation_of", of=("doi", "10.1051/ms.1")),)))
    assert len(all_of(store)) == 1


@pytest.mark.parametrize("first", [0, 1])
def test_a_title_that_pubmed_translated_and_the_french_one_are_one_work(store: Store, first: int) -> None:
    title = "Le fer des lysosomes déclenche la ferroptose des cellules persistantes"
    french = Article(
        source="hal", guid="hal-05000001", title=title, authors=("Anne Dupré",), year="2026", language="fr"
    )
    original = Relation(kind="translation_of", of=("title", f"{title}."))
    english = replace(PAPER, ids=(("pmid", "40000001"),), url="", relations=(original,))
    bring(store, *((french, english), (english, french))[first])
    (known,) = all_of(store)
    assert ("pmid", "40000001") in known.aliases


def test_a_relation_to_no_title_at_all_is_nothing(store: Store) -> None:
    bring(store, PAPER, replace(NOTICE, relations=(Relation(kind="corrects", of=("title", "…")),)))
    assert steps(store) == []


# --- in digests


def test_a_digest_says_once_what_became_of_a_paper(store: Store) -> None:
    bring(store, PAPER, now=NOW - 30 * DAY)
    bring(store, RETRACTS)
    found = shown(store)
    assert [(turn.article.id, turn.step.after) for turn in found.turns] == [(1, "retracted")]
    assert not any(section.lines for section in found.sections)  # the notice is no article to read
    assert found.outcome == "news"
    assert shown(store, now=NOW + 30 * DAY).turns == ()


def test_two_digests_that_meet_share_no_turn(store: Store) -> None:
    bring(store, PAPER, now=NOW - 30 * DAY)
    bring(store, RETRACTS)
    assert len(store.steps(since=NOW - DAY)) == 1
    assert store.steps(since=NOW) == ()  # the first moment is not of the period


def test_what_is_news_carries_its_own_status(store: Store) -> None:
    bring(store, PAPER)
    bring(store, RETRACTS)
    found = shown(store)
    assert found.turns == ()
    (line,) = (line for section in found.sections for line in section.lines)
    assert (line.lead.id, line.lead.article.status) == (1, "retracted")


@pytest.mark.parametrize("title", [NOTICE.title, "Le fer des lysosomes et la ferroptose des cellules persistantes"])
def test_a_notice_is_not_worth_an_eye(store: Store, title: str) -> None:
    bring(store, replace(PAPER, title="Le béton des ponts de Bretagne", summary="Rien."), now=NOW - 30 * DAY)
    notice = RETRACTS if title == NOTICE.title else replace(NOTICE, title=title)
    bring(store, notice)
    (score,) = (dict(known.scores)["ferro"] for known in all_of(store) if known.id == 2)
    high = replace(FERRO, threshold=score / 0.9)
    (section,) = digest((), (high,), store, since=7 * DAY, now=NOW).sections
    assert [one.article.id for one in section.near] == ([] if notice is RETRACTS else [2])


def test_what_never_fitted_is_not_said(store: Store) -> None:
    bring(
        store,
        replace(PAPER, title="Le béton des ponts de Bretagne et ses fissures", summary="Rien."),
        now=NOW - 30 * DAY,
    )
    bring(store, RETRACTS)
    assert steps(store)
    assert shown(store).turns == ()


def test_a_notice_of_an_unknown_paper_is_an_article(store: Store) -> None:
    bring(store, replace(RETRACTS, summary=PAPER.summary))
    assert [line.lead.id for section in shown(store).sections for line in section.lines] == [1]


def test_a_list_says_it_once_to_those_who_had_the_paper(store: Store, tmp_path: Path) -> None:
    folder = tmp_path / "box"
    post = Post(store=store, mail=MailSettings(sender="veille@chu.example", maildir=folder), writer=PLAIN)
    post.send()  # a new list
    bring(store, PAPER, now=post.now)
    post.send(weeks=1)
    assert post.told()[-1][1] == (1,)
    post.lists += (replace(HEBDO, name="autre"),)
    bring(store, RETRACTS, now=post.now)
    post.profiles = (replace(FERRO, threshold=99.0),)  # it fits no more, but was told
    turns = [[turn.step.after for turn in made.digest.turns] for _ in range(3)
             for made in post.send(weeks=1).made if made.digest and made.setting.name == "hebdo"]  # fmt: skip
    assert turns == [["retracted"], [], []]


def test_many_turns_come_in_several_digests(store: Store, tmp_path: Path) -> None:
    post = Post(store=store, mail=MailSettings(sender="v@chu.example", maildir=tmp_path / "b"), writer=PLAIN)
    papers = [replace(PAPER, guid=f"{n}", url=f"https://a.example/{n}", ids=(("doi", f"10.5555/f.{n}"),),
                      title=f"{PAPER.title} {n}") for n in range(35)]  # fmt: skip
    bring(store, *papers, now=post.now)
    post.send()
    bring(store, *(replace(paper, status="retracted") for paper in papers), now=post.now)
    said = [turn.article.id for _ in range(3) for made in post.send(weeks=1).made if made.digest
            for turn in made.digest.turns]  # fmt: skip
    assert sorted(said) == list(range(1, 36))


# --- handed on


def test_relations_and_status_go_out_and_come_in_again(store: Store) -> None:
    bring(store, replace(RETRACTS, status="corrected"))
    line = dumped(article_json(all_of(store)[0]))
    (again,) = read_records([line], source="file")
    assert again.relations == (Relation(kind="retracts", of=("doi", "10.1038/fer.1")),)
    assert again.status == "corrected"
    odd = {
        "id": "1",
        "title": "x",
        "relations": ["x", {"kind": "eats", "of": "doi:1"}, {"kind": "corrects"}],
        "status": "lost",
    }
    (none,) = read_records([json.dumps(odd)], source="file")
    assert (none.relations, none.status) == ((), "")
