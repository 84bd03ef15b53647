"""News and the study that they tell: read out of the words, and tied to the right paper among look-alikes."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watcher.articles import Article
from watcher.echoes import days_apart, echoes_in, journal_key
from watcher.identity import Identified, identify
from watcher.stories import Memory, group, regroup, relate, telling_of

ROWS = [json.loads(line) for line in (Path(__file__).parent / "echoes.jsonl").read_text("utf-8").splitlines()]
FIRST_DAY = datetime(2026, 6, 1, 8, tzinfo=UTC)
LEAST_PRECISION, LEAST_RECALL = 0.97, 0.82


@pytest.mark.parametrize(
    ("prose", "journal", "day"),
    [
        ("Ces travaux, publiés le 7 mai dans Nature, montrent que", "nature", "05-07"),
        ("L’étude est parue le 12 juin 2024 dans la revue Cell Reports.", "cell reports", "06-12"),
        ("à lire dans la revue « The Lancet Oncology »", "lancet oncology", ""),
        ("publiés dans Nature Medicine le 1er juin", "nature medicine", "06-01"),
        ("une étude publiée mardi par le NEJM", "new england journal of medicine", ""),
        ("Published in Nature Communications on May 7th, the work", "nature communications", "05-07"),
        ("Writing in The New England Journal of Medicine, the team", "new england journal of medicine", ""),
        ("was published in 2024 in Science Translational Medicine.", "science translational medicine", ""),
        ("un essai (Blood, 3 mars) le montre", "blood", "03-03"),
    ],
)
def test_where_news_say_that_a_study_came_out(prose: str, journal: str, day: str) -> None:
    (echo,) = echoes_in(prose)
    assert (echo.journal, echo.day) == (journal, day)


@pytest.mark.parametrize(
    "prose",
    [
        "In Nature, nothing is lost.",
        "Published in mice and men",
        "Publié dans le cadre du plan cancer",
        "reported in Paris on 7 May",
        "dans la nature",
        "",
    ],
)
def test_what_names_no_journal(prose: str) -> None:
    assert echoes_in(prose) == ()


@given(st.text(max_size=200))
def test_any_text_is_read(prose: str) -> None:
    assert len(echoes_in(prose)) <= 3


def test_a_journal_has_one_name() -> None:
    assert journal_key("The Lancet. Oncology") == journal_key("Lancet Oncology")
    assert journal_key("Science (New York, N.Y.)") == "science"
    assert journal_key("NEJM") == journal_key("The New England journal of medicine")
    whole = "Proceedings of the National Academy of Sciences of the United States of America"
    assert journal_key(whole) == journal_key("PNAS")


def test_days_of_a_year_are_near_across_its_end() -> None:
    assert days_apart("05-07", "05-10") == days_apart("05-10", "05-07") == 3
    assert days_apart("12-31", "01-01") == 1


# --- tied to the right paper


def articles() -> list[Identified]:
    made = []
    for number, row in enumerate(ROWS):
        paper = row["kind"] == "paper"
        made.append(
            Article(
                source=f"s{number}",
                guid=str(number),
                url=f"https://s{number}.example/{number}",
                title=row["title"],
                summary=row["text"],
                published=FIRST_DAY + timedelta(days=row["day"]),
                journal=row.get("journal", ""),
                authors=tuple(row.get("authors", ())),
                ids=(("doi", f"10.5555/{row['study']}"),) if paper else (),
            )
        )
    return list(identify(tuple(made)))


@dataclass(frozen=True)
class Measured:
    precision: float
    recall: float
    wrong: list[tuple[str, str]]


def measured(stories: dict[int, int]) -> Measured:
    """Of the pairs of news and paper that are told together those that are right; and of the right ones those told."""
    papers = [n for n, row in enumerate(ROWS) if row["kind"] == "paper"]
    news = [n for n, row in enumerate(ROWS) if row["kind"] == "press"]
    made = [(a, b) for a in news for b in papers if stories[a] == stories[b]]
    hits = [(a, b) for a, b in made if ROWS[a]["study"] == ROWS[b]["study"]]
    wrong = [(ROWS[a]["title"], ROWS[b]["title"]) for a, b in made if (a, b) not in hits]
    return Measured(len(hits) / max(1, len(made)), len(hits) / sum(bool(ROWS[n]["study"]) for n in news), wrong)


def test_the_set_is_large_and_full_of_look_alikes() -> None:
    assert len({row["study"] for row in ROWS if row["study"]}) >= 25
    journals = [row["journal"] for row in ROWS if row["kind"] == "paper"]
    assert all(journals.count(journal) == 2 for journal in journals)  # on one subject, in one week


def test_news_are_told_with_their_paper_and_with_no_other() -> None:
    found = measured(dict(enumerate(story for _, story in group(articles()))))
    assert found.precision >= LEAST_PRECISION, found.wrong
    assert found.recall >= LEAST_RECALL


@pytest.mark.parametrize("order", [1, -1], ids=["papers first", "news first"])
def test_whichever_comes_first(order: int) -> None:
    told, memory = articles(), Memory()
    numbers = sorted(range(len(told)), key=lambda n: (ROWS[n]["kind"] == "press", n))[::order]
    for number in numbers:
        telling = telling_of(told[number])
        story = relate(told[number], telling, memory).story
        memory.add(number, telling, number if story is None else story)
    memory.move(regroup(memory, numbers))
    found = measured(memory.story)
    assert found.precision >= LEAST_PRECISION, found.wrong
    assert found.recall >= LEAST_RECALL
