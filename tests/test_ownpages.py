"""Which articles' own pages are asked for, what an answer means, and when one is asked for again."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watcher.articles import Article
from watcher.ownpages import (
    PER_RUN,
    PER_SOURCE,
    TRIES,
    OwnPage,
    Wanted,
    answered,
    choose,
    failed,
    is_of,
    reading,
)
from watcher.sources import Source, Trouble

NOW = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
ARTICLE = Article(
    source="s",
    title="La ferroptose des cellules tumorales persistantes",
    summary="Le fer des lysosomes oxyde leurs membranes, selon une équipe de l’institut Curie.",
)
WANTED = Wanted(article=1, source="s", url="https://s.example/1")


def source(name: str) -> Source:
    return Source(id=name, url=f"https://{name}.example/feed", full_text=True)


@given(st.lists(st.tuples(st.integers(1, 30), st.sampled_from("abcdef"), st.integers(1, 30)), max_size=60))
def test_a_few_pages_of_each_source_and_none_twice(rows: list[tuple[int, str, int]]) -> None:
    wanted = [Wanted(article=n, source=s, url=f"https://{s}.example/{u}") for n, s, u in rows]
    chosen = choose(wanted, [source(s) for s in "abcdef"])
    articles, addresses = [one.article for _, one in chosen], [one.url for _, one in chosen]
    assert len(chosen) <= PER_RUN
    assert len(set(articles)) == len(set(addresses)) == len(chosen)
    assert all([one.source for _, one in chosen].count(s) <= PER_SOURCE for s in "abcdef")
    assert all((asked.id, asked.url) == (one.source, one.url) for asked, one in chosen)
    places = [wanted.index(one) for _, one in chosen]
    assert places == sorted(places)
    assert bool(chosen) == bool(wanted)


def test_the_address_of_a_source_is_no_articles_own_page() -> None:
    wanted = [Wanted(article=n, source="a", url=f"https://a.example/feed{end}") for n, end in enumerate(("", "#1"))]
    assert choose(wanted, [source("a")]) == ()


@pytest.mark.parametrize(
    ("trouble", "again"),
    [
        (Trouble(kind="timeout"), True),
        (Trouble(kind="dns"), True),
        (Trouble(kind="unreachable"), True),
        (Trouble(kind="broken"), True),
        (Trouble(kind="http", status=500), True),
        (Trouble(kind="http", status=429), True),
        (Trouble(kind="http", status=404), False),
        (Trouble(kind="http", status=400), False),
        (Trouble(kind="gone", status=410), False),
        (Trouble(kind="blocked", status=403), False),
        (Trouble(kind="robots"), False),
        (Trouble(kind="private-address"), False),
        (Trouble(kind="too-large"), False),
        (Trouble(kind="redirects"), False),
        (Trouble(kind="empty"), False),
    ],
)
def test_what_may_pass_is_tried_again(trouble: Trouble, *, again: bool) -> None:
    page = failed(WANTED, trouble, NOW)
    assert (page.outcome, page.status, page.tries, page.text) == (trouble.kind, trouble.status, 1, "")
    assert (page.due is not None) == again
    last = failed(Wanted(article=1, source="s", url=WANTED.url, tries=TRIES - 1), trouble, NOW)
    assert (last.tries, last.due) == (TRIES, None)


@pytest.mark.parametrize(
    ("tries", "patience", "wait"),
    [
        (0, None, HOUR / 2),
        (1, None, HOUR),
        (0, 6 * HOUR, 6 * HOUR),
        (0, timedelta(seconds=1), HOUR / 2),
        (0, timedelta(days=400), timedelta(days=7)),
    ],
)
def test_each_failure_is_given_more_time(tries: int, patience: timedelta | None, wait: timedelta) -> None:
    wanted = Wanted(article=1, source="s", url=WANTED.url, tries=tries)
    assert failed(wanted, Trouble(kind="http", status=503, retry_after=patience), NOW).due == NOW + wait


@pytest.mark.parametrize(
    ("text", "reserved", "outcome"),
    [
        (f"{ARTICLE.title}. {ARTICLE.summary}", False, "read"),
        (f"{ARTICLE.title}. {ARTICLE.summary}", True, "reserved"),
        ("", True, "reserved"),
        ("", False, "nothing"),
        ("Acceptez les cookies pour continuer votre lecture sur ce site.", False, "other"),
    ],
)
def test_only_the_articles_own_text_is_kept(text: str, outcome: str, *, reserved: bool) -> None:
    page = answered(WANTED, text, ARTICLE, NOW, reserved=reserved)
    assert (page.outcome, page.due) == (outcome, None)
    assert page.text == (text if outcome == "read" else "")


def test_an_article_is_known_by_its_words() -> None:
    assert is_of("FERROPTOSE : des cellules tumorales persistantes meurent, leurs membranes oxydées.", ARTICLE)
    assert not is_of("Une page introuvable. Retournez vers notre accueil.", ARTICLE)
    assert is_of("Une page dont rien ne se dit.", Article(source="s"))


@pytest.mark.parametrize(
    ("body", "text", "judged"),
    [
        ("", "a" * 200, "a" * 200),
        ("", "court", ""),
        ("b" * 300, "a" * 200, "b" * 300),
        ("b" * 100, "a" * 200, "a" * 200),
    ],
)
def test_the_longer_text_is_judged(body: str, text: str, judged: str) -> None:
    article = Article(source="s", title="Titre", summary="résumé bref", body=body)
    page = OwnPage(article=1, url=WANTED.url, asked=NOW, outcome="read", text=text)
    assert reading(article, page).body == judged
    assert reading(article, page).summary == article.summary
    assert reading(article, None) is article
