"""What goes into the database comes out of it, and nothing is half written."""

import os
import sqlite3
import stat
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from watcher.articles import Article
from watcher.errors import LockedError, StorageError
from watcher.health import Arrival
from watcher.identity import Identified, identify
from watcher.ownpages import OwnPage
from watcher.relevance import Score
from watcher.sources import SourceState, Trouble
from watcher.store import Remembered, RunSummary, Store, exclusive
from watcher.stories import Known, Related, Tie

NOW = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
PAPER = Article(
    source="oncoabstracts",
    guid="paper-1",
    url="https://journal.example/articles/1",
    title="Ferroptose des cellules persistantes de l’œsophage",
    summary="Un résumé où l’on parle de fer, de lysosomes et d’essai NCT01234567.",
    body="Le texte entier, un peu plus long que son résumé.",
    language="fr",
    published=datetime(2026, 2, 28, 12, 30, 5, tzinfo=UTC),
    authors=("Müller, É.", 'O’Neil "Bob", T.'),
    journal="Revue d’exemple",
    year="2026",
    volume="12",
    pages="34-56",
    ids=(("doi", "10.1000/Ferro.1"), ("pmid", "31234567"), ("hal", "hal-04512345")),
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "watcher.db"


@pytest.fixture
def store(file: Path) -> Iterator[Store]:
    with Store(file) as store:
        yield store


def named(article: Article) -> Identified:
    (identified,) = identify((article,))
    return identified


def plain(
    number: int, source: str = "s", *, title: str = "", summary: str = "", body: str = "", url: str = ""
) -> Article:
    return Article(
        source=source,
        guid=f"g{number}",
        title=title or f"Article {number}",
        url=url or f"https://{source}.example/{number}",
        summary=summary,
        body=body,
    )


@contextmanager
def scratch() -> Iterator[Store]:
    """A store of its own for each example that hypothesis makes up."""
    with tempfile.TemporaryDirectory() as folder, Store(Path(folder) / "watcher.db") as store:
        yield store


def add(
    store: Store, article: Article, *, now: datetime = NOW, story: int | None = None, scores: tuple[Score, ...] = ()
) -> int:
    with store.transaction():
        return store.add(Related(identified=named(article), story=story, ties=()), scores, now)


def get(store: Store, number: int) -> Remembered:
    (known,) = store.get([number])
    return known


def rows(file: Path) -> dict[str, int]:
    """How many rows each table holds, as another program sees them."""
    tables = "sources articles aliases cites sightings ties profiles scores runs".split()
    with closing(sqlite3.connect(file)) as line:
        return {table: line.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in tables}


# ---- sources


STATES = (
    SourceState(source="new"),
    SourceState(
        source="well", etag='W/"é1"', modified="Mon, 02 Mar 2026", checked=NOW, ok=NOW, due=NOW + HOUR, articles=3,
        newest=NOW - HOUR,
    ),
    SourceState(
        source="ill", checked=NOW, ok=NOW - HOUR, due=NOW + HOUR, failures=4, since=NOW - HOUR,
        trouble=Trouble(kind="http", detail="Bad Gateway", status=502),
    ),
    SourceState(source="deaf", checked=NOW, due=NOW, failures=1, since=NOW, trouble=Trouble(kind="dns")),
)  # fmt: skip


def test_states_of_sources_come_back_as_they_were(file: Path) -> None:
    with Store(file) as store, store.transaction():
        for state in STATES:
            store.keep_state(state)
    with Store(file) as store:
        assert store.states() == {state.source: state for state in STATES}


def test_a_state_is_replaced_by_the_next_one(store: Store) -> None:
    with store.transaction():
        store.keep_state(replace(STATES[2], source="one"))
        store.keep_state(replace(STATES[1], source="one"))
    assert store.states() == {"one": replace(STATES[1], source="one")}


# ---- articles' own pages


def own(number: int, text: str = "", **facts: object) -> OwnPage:
    page = OwnPage(article=number, url=f"https://s.example/{number}", asked=NOW, outcome="read", text=text)
    return replace(page, **facts)  # type: ignore[arg-type]


def test_a_page_comes_back_and_takes_the_scores_away(store: Store) -> None:
    number = add(store, plain(1), scores=(Score(profile="a", value=12.0),))
    pages = [own(number, outcome="http", status=503, due=NOW + DAY), own(number, "Un texte.", tries=2)]
    for page, scores in zip(pages, ((("a", 12.0),), ()), strict=True):
        with store.transaction():
            store.keep_page(page)
        assert get(store, number).page == page
        assert get(store, number).scores == scores


def test_the_text_of_a_page_is_found_and_no_longer_when_it_is_gone(store: Store) -> None:
    first, second = add(store, plain(1)), add(store, replace(plain(2), summary="La ferroptose des cellules"))
    for page in (own(first, "La ferroptose détruit"), own(second, "Les cellules et la ferroptose")):
        with store.transaction():
            store.keep_page(page)
    assert [known.id for known in store.search("FERROPTOSE", 5)] == [second, first]
    assert [known.id for known in store.search("ferroptose", 1)] == [second]
    with store.transaction():
        store.keep_page(own(first, "Autre chose"))
    assert [known.id for known in store.search("ferroptose", 5)] == [second]
    assert [known.id for known in store.search("autre chose", 5)] == [first]


def test_the_pages_that_are_wanted(store: Store) -> None:
    scored = (Score(profile="a", value=50.0),)
    plain_one, best = add(store, plain(1)), add(store, plain(2), scores=scored)
    newer = add(store, plain(3), now=NOW + DAY)
    add(store, replace(plain(4), url=""))
    add(store, replace(plain(5), source="other"))
    old = add(store, plain(6), now=NOW - 20 * DAY)

    def wanted(now: datetime = NOW + DAY) -> list[int]:
        return [one.article for one in store.pages_wanted(["s"], NOW - DAY, now)]

    assert old not in wanted()
    assert wanted() == [best, newer, plain_one]
    with store.transaction():
        store.keep_page(own(best, "Un texte."))
        store.keep_page(own(newer, outcome="timeout", due=NOW + 3 * DAY, tries=2))
    assert wanted() == [plain_one]
    again = store.pages_wanted(["s"], NOW - DAY, NOW + 3 * DAY)
    assert [(one.article, one.tries) for one in again] == [(newer, 2), (plain_one, 0)]
    assert store.pages_wanted([], NOW - DAY, NOW) == ()


# ---- articles


def test_an_article_comes_back_with_all_its_fields(file: Path) -> None:
    identified = named(PAPER)
    scores = (Score(profile="b", value=12.25), Score(profile="a", value=88.125), Score(profile="none", value=0.0))
    with Store(file) as store:
        number = add(store, PAPER, scores=scores)
    with Store(file) as store:
        known = get(store, number)
    assert known == Remembered(
        id=number,
        article=replace(PAPER, ids=()),  # they are aliases now
        first_seen=NOW,
        changed=None,
        story=number,
        sources=("oncoabstracts",),
        aliases=identified.aliases,
        cites=(("nct", "nct01234567"),),
        scores=(("a", 88.125), ("b", 12.25)),
    )
    assert [scheme for scheme, _ in known.aliases] == ["doi", "pmid", "hal", "url", "guid", "title", "title"]


def test_an_article_of_which_nothing_is_known_comes_back_too(store: Store) -> None:
    bare = Article(source="s", title="Titre")
    assert get(store, add(store, bare)).article == bare


LETTERS = st.text(st.characters(codec="utf-8"), max_size=20)


@settings(deadline=None, max_examples=50)
@given(
    st.builds(
        Article,
        source=st.just("s"),
        guid=LETTERS,
        title=LETTERS,
        summary=LETTERS,
        body=LETTERS,
        authors=st.lists(LETTERS, max_size=3).map(tuple),
        published=st.none() | st.datetimes(timezones=st.just(UTC)).map(lambda d: d.replace(microsecond=0)),
        journal=LETTERS,
        pages=LETTERS,
    )
)
def test_any_text_and_any_date_come_back(article: Article) -> None:
    with scratch() as store:
        assert get(store, add(store, article)).article == article


@pytest.mark.parametrize("zone", [timezone(timedelta(hours=2)), timezone(-timedelta(hours=9, minutes=30))])
def test_a_time_of_another_zone_is_the_same_moment(store: Store, zone: timezone) -> None:
    number = add(store, replace(plain(1), published=NOW.astimezone(zone)), now=NOW.astimezone(zone))
    known = get(store, number)
    assert (known.article.published, known.first_seen) == (NOW, NOW)
    assert known.first_seen.utcoffset() == timedelta(0)


@settings(deadline=None, max_examples=50)
@given(st.lists(st.datetimes(timezones=st.timezones()), min_size=2, max_size=6))
def test_times_sort_as_text(moments: list[datetime]) -> None:
    whole = sorted({m.astimezone(UTC).replace(microsecond=0) for m in moments if 1 < m.year < 9999})
    with scratch() as store:
        with store.transaction():
            for moment in whole:
                store.keep_state(SourceState(source=str(len(store.states())), checked=moment))
        kept = store._rows("SELECT checked FROM sources ORDER BY CAST(id AS INTEGER)")
    assert sorted(kept) == kept
    assert [datetime.fromisoformat(text) for (text,) in kept] == whole


def test_known_says_which_article_an_alias_names_and_which_study_it_is(store: Store) -> None:
    paper, news = add(store, PAPER), add(store, plain(2))
    asked = (("doi", "10.1000/ferro.1"), ("url", "s.example/2"), ("doi", "10.1000/other"))
    assert store.known(asked) == {
        asked[0]: Known(article=paper, story=paper, work=("doi", "10.1000/ferro.1"), volumes=frozenset({"12"})),
        asked[1]: Known(article=news, story=news, work=None),
    }
    assert store.known(()) == {}


def test_an_alias_stays_with_the_article_that_had_it_first(store: Store) -> None:
    shared = "https://journal.example/shared"
    first = add(store, plain(1, url=shared))
    add(store, replace(plain(2, url=shared), ids=(("doi", "10.1000/b"),)))
    assert store.known([("url", "journal.example/shared")])["url", "journal.example/shared"].article == first


def test_members_of_a_story_and_their_ties(store: Store) -> None:
    first, second = add(store, plain(1)), add(store, plain(2))
    ties = (Tie(article=second, strength=1.0, shared=("doi:10.1000/é",)), Tie(article=first, strength=0.5, shared=()))
    with store.transaction():
        third = store.add(Related(identified=named(plain(3)), story=first, ties=ties), (), NOW)
    assert [m.id for m in store.story(first)] == [first, third]
    assert store.ties(third) == ties[1:]  # the other one is of another story
    assert store.ties(first) == ()


def test_an_article_moves_to_another_story_with_what_ties_it_there(store: Store) -> None:
    first, second, third = (add(store, plain(n)) for n in (1, 2, 3))
    tie = Tie(article=second, strength=0.75, shared=("CD44", "=iron"))
    with store.transaction():
        store.move_to_stories([(third, second, (tie,))])
    assert [[m.id for m in store.story(n)] for n in (first, second, third)] == [[first], [second, third], []]
    assert store.ties(third) == (tie,)
    assert [m.id for m in store.search(plain(3).title, 5)] == [third]


@pytest.mark.parametrize(
    "key",
    [
        "1",
        "10.1000/ferro.1",
        "doi:10.1000/FERRO.1",
        "DOI:10.1000/ferro.1",
        "https://doi.org/10.1000/ferro.1",
        "31234567",
        "pmid:31234567",
        "https://pubmed.ncbi.nlm.nih.gov/31234567/",
        "hal-04512345",
        "https://journal.example/articles/1?utm_source=rss",
        "http://www.journal.example/articles/1/#top",
        "url:journal.example/articles/1",
        "  10.1000/ferro.1\n",
    ],
)
def test_an_article_is_found_by_whatever_names_it(store: Store, key: str) -> None:
    number = add(store, PAPER)
    add(store, plain(2))
    found = store.find(key)
    assert found is not None
    assert found.id == number


@pytest.mark.parametrize(
    "key", ["", "3", "0", "-1", "999999999999", "٣", "doi:", "10.1000/none", "https://", "url:\udcff", "x" * 9999]
)
def test_what_names_no_article_finds_none(store: Store, key: str) -> None:
    add(store, PAPER)
    add(store, plain(2))
    assert store.find(key) is None


def test_a_number_is_an_article_before_it_is_a_pmid(store: Store) -> None:
    add(store, replace(plain(1), ids=(("pmid", "2"),)))
    second = add(store, plain(2))
    found = store.find("2")
    assert found is not None
    assert found.id == second


def test_search_passes_over_accents_and_case_and_wants_all_words(store: Store) -> None:
    number = add(store, plain(1, title="Métastases cérébrales", summary="À l’hôpital, un traitement du sein"))
    add(store, plain(2, title="Métastases osseuses"))
    for words in ("metastases cerebrales", "CÉRÉBRALES métastases", "Me\u0301tastases HOPITAL", "l'hôpital", "sein"):
        assert [k.id for k in store.search(words, 10)] == [number], words
    assert store.search("cerebrales osseuses", 10) == ()
    assert len(store.search("metastases", 10)) == 2
    assert len(store.search("metastases", 1)) == 1


def test_search_puts_a_word_of_the_title_first_and_sees_the_body(store: Store) -> None:
    body = add(store, plain(1, title="Autre chose", body="un mot sur la ferroptose"))
    title = add(store, plain(2, title="La ferroptose", body="un mot de plus"))
    assert [k.id for k in store.search("ferroptose", 10)] == [title, body]


@pytest.mark.parametrize(
    "words", ['a" OR (', "*", "NEAR", "NEAR(a b)", "", " ", '"', "title:x", "a AND", "^", "_", "-", "\0", "\udcff"]
)
def test_no_words_break_the_search(store: Store, words: str) -> None:
    add(store, PAPER)
    assert store.search(words, 10) == ()


@settings(deadline=None, max_examples=50)
@given(st.text(max_size=30))
def test_any_words_can_be_searched(words: str) -> None:
    with scratch() as store:
        add(store, PAPER)
        assert len(store.search(words, 10)) <= 1


def test_search_forgets_the_words_that_an_edit_took_away(store: Store) -> None:
    number = add(store, plain(1, title="Titre ancien"))
    with store.transaction():
        assert store.meet(number, named(plain(1, title="Titre nouveau")), NOW)
    assert store.search("ancien", 10) == ()
    assert [k.article.title for k in store.search("nouveau", 10)] == ["Titre nouveau"]


# ---- meeting again


def test_an_article_met_again_changes_at_its_own_source_only(store: Store) -> None:
    number = add(store, plain(1, "zeta", summary="avant"))
    elsewhere = plain(1, "alpha", url="https://zeta.example/1", title="Autre titre", summary="ailleurs")
    with store.transaction():
        assert not store.meet(number, named(elsewhere), NOW)  # the same second, and before it in the alphabet
        assert not store.meet(number, named(elsewhere), NOW + HOUR)
    known = get(store, number)
    assert (known.article.title, known.changed) == ("Article 1", None)
    assert known.sources == ("zeta", "alpha")
    with store.transaction():
        assert store.meet(number, named(plain(1, "zeta", summary="après")), NOW + HOUR)
    known = get(store, number)
    assert (known.article.summary, known.article.source, known.changed) == ("après", "zeta", NOW + HOUR)
    assert known.first_seen == NOW


def test_an_article_met_again_unchanged_is_left_alone(store: Store) -> None:
    number = add(store, PAPER)
    before = get(store, number)
    with store.transaction():
        assert not store.meet(number, named(PAPER), NOW + HOUR)
        assert not store.meet(number, named(replace(PAPER, title="", summary="", body="")), NOW + HOUR)
    assert get(store, number) == before


def test_a_new_name_is_learnt_when_an_article_is_met_again(store: Store) -> None:
    number = add(store, plain(1))
    with store.transaction():
        store.meet(number, named(replace(plain(1), ids=(("doi", "10.1000/late"),))), NOW)
    found = store.find("10.1000/late")
    assert found is not None
    assert found.id == number


# ---- many


def test_thousands_come_out_in_order(store: Store) -> None:
    with store.transaction():
        for number in range(1, 2_102):
            store.add(
                Related(identified=named(plain(number)), story=None, ties=()), (Score(profile="p", value=1),), NOW
            )
    assert [k.id for k in store.all()] == list(range(1, 2_102))
    assert [k.article.title for k in store.all()][-1] == "Article 2101"
    wanted = list(range(2_101, 0, -1))
    assert [k.id for k in store.get([*wanted, 9_999])] == wanted
    assert all(k.aliases and k.scores and k.sources for k in store.all())
    assert len(store.recent(NOW)) == store.count() == 2_101


def test_recent_takes_both_ends_of_the_period(store: Store) -> None:
    numbers = [add(store, plain(n), now=NOW + n * HOUR) for n in range(5)]
    assert [k.id for k in store.recent(NOW + HOUR, NOW + 3 * HOUR)] == numbers[1:4]
    assert [k.id for k in store.recent(NOW + 3 * HOUR)] == numbers[3:]
    assert store.recent(NOW + 9 * HOUR) == ()


# ---- every write, and what is left of it


def _keep_run(store: Store) -> None:
    store.keep_run(RunSummary(started=NOW, finished=NOW + HOUR, asked=3, failed=1, new=2, known=9))


WRITES: dict[str, tuple[Callable[[Store], object], dict[str, int]]] = {
    "keep_state": (lambda s: s.keep_state(STATES[2]), {"sources": 1}),
    "add": (
        lambda s: s.add(Related(identified=named(plain(2)), story=1, ties=(Tie(article=1, strength=1, shared=()),)),
                        (Score(profile="q", value=3),), NOW),
        {"articles": 1, "aliases": 2, "sightings": 1, "ties": 1, "scores": 1},
    ),
    "meet": (lambda s: s.meet(1, named(replace(PAPER, source="other")), NOW), {"aliases": 1, "sightings": 1}),
    "keep_fingerprint": (lambda s: s.keep_fingerprint("q", "f"), {"profiles": 1}),
    "drop_scores": (lambda s: s.drop_scores("p"), {"profiles": -1, "scores": -1}),
    "keep_scores": (
        lambda s: s.keep_scores([(1, Score(profile="r", value=1)), (1, Score(profile="z", value=0))]),
        {"scores": 1},
    ),
    "keep_run": (_keep_run, {"runs": 1}),
}  # fmt: skip


@pytest.mark.parametrize("name", WRITES)
def test_what_is_written_is_there_for_the_next_process_and_what_failed_is_not(file: Path, name: str) -> None:
    write, more = WRITES[name]
    with Store(file) as store:
        add(store, PAPER, scores=(Score(profile="p", value=50),))
        with store.transaction():
            store.keep_fingerprint("p", "f")
        before = rows(file)
        with suppress(RuntimeError), store.transaction():
            write(store)
            raise RuntimeError("after the write")
        assert rows(file) == before
        with store.transaction():
            write(store)
    after = rows(file)
    assert {table: after[table] - before[table] for table in before if after[table] != before[table]} == more


def test_a_transaction_takes_back_all_of_it(file: Path) -> None:
    with Store(file) as store:
        before = rows(file)
        with suppress(KeyboardInterrupt), store.transaction():
            store.keep_state(STATES[1])
            store.add(Related(identified=named(PAPER), story=None, ties=()), (Score(profile="p", value=9),), NOW)
            _keep_run(store)
            raise KeyboardInterrupt
        assert rows(file) == before
        assert store.search("ferroptose", 5) == ()
        assert add(store, PAPER) == 1


def test_what_a_run_did_comes_back(store: Store) -> None:
    assert store.runs(5) == ()
    later = RunSummary(
        command="run", started=NOW + HOUR, finished=NOW + HOUR, outcome="failed", reason="disk-full", asked=9,
        unchanged=5, failed=1, new=2, known=3, sent=4, waiting=6, seconds=1.5, memory=7, version="0.1.0",
    )  # fmt: skip
    with store.transaction():
        _keep_run(store)
        number = store.keep_run(later)
    last, first = store.runs(5)
    assert last == replace(later, id=number)
    assert (first.id, first.outcome, first.asked, first.new) == (1, "done", 3, 2)
    assert store.runs(1) == (last,)
    with store.transaction():
        assert store.keep_run(replace(last, outcome="done", sent=5)) == number
    assert store.runs(1) == (replace(last, outcome="done", sent=5),)


def test_of_runs_older_than_a_moment_the_last_of_each_day_is_kept(store: Store) -> None:
    with store.transaction():
        for hours in (0, 1, 2, 24, 25, 48, 49):
            store.keep_run(RunSummary(started=NOW + hours * HOUR, finished=NOW))
        store.thin_runs(NOW + 48 * HOUR)
    kept = sorted((run.started - NOW) / HOUR for run in store.runs(99))
    assert kept == [2, 25, 48, 49]


def test_runs_that_ended_without_a_word_are_closed(store: Store) -> None:
    with store.transaction():
        _keep_run(store)
        store.keep_run(RunSummary(started=NOW, finished=NOW, outcome=""))
        store.close_lost_runs()
    assert [run.outcome for run in store.runs(9)] == ["interrupted", "done"]


def test_scores_are_kept_and_dropped_by_profile(store: Store) -> None:
    number = add(store, PAPER, scores=(Score(profile="p", value=50), Score(profile="q", value=20)))
    with store.transaction():
        store.keep_fingerprint("p", "one")
        store.keep_fingerprint("p", "two")
        store.keep_scores([(number, Score(profile="q", value=30))])
        assert store.fingerprints() == {"p": "two"}
        store.drop_scores("p")
    assert store.fingerprints() == {}
    assert get(store, number).scores == (("q", 30),)


# ---- the file


@pytest.mark.parametrize("mask", [0o000, 0o022, 0o077])
def test_nobody_else_may_read_the_file(tmp_path: Path, mask: int) -> None:
    file = tmp_path / "new folder" / "watcher.db"
    before = os.umask(mask)
    try:
        with exclusive(file), Store(file) as store:
            add(store, PAPER)
    finally:
        os.umask(before)
    assert {f.name: stat.S_IMODE(f.stat().st_mode) & 0o177 for f in file.parent.iterdir()} == {
        f.name: 0 for f in file.parent.iterdir()
    }
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_two_may_have_the_file_open(file: Path) -> None:
    with Store(file) as one, Store(file, create=False) as other:
        number = add(one, PAPER)
        assert get(other, number) == get(one, number)
        add(other, plain(2))
        assert one.count() == other.count() == 2


def test_only_one_may_be_at_work(file: Path) -> None:
    with exclusive(file):
        with pytest.raises(LockedError) as caught, exclusive(file):
            pass
        assert caught.value.exit_code == 75
    with exclusive(file):
        pass


def test_a_database_is_not_made_where_only_reading_is_wanted(file: Path) -> None:
    with pytest.raises(StorageError) as caught:
        Store(file, create=False)
    assert caught.value.reason == "no-database"
    assert not file.exists()


def _text(file: Path) -> None:
    file.write_text("Ceci n’est pas une base.\n" * 100, encoding="utf-8")


def _foreign(file: Path) -> None:
    with closing(sqlite3.connect(file)) as line:
        line.execute("CREATE TABLE notes (x)")


def _newer(file: Path) -> None:
    Store(file)._connection.close()
    with closing(sqlite3.connect(file)) as line, line:
        line.execute("INSERT INTO _sqlite_migrations (migration_set, name) VALUES ('watcher', 'of_next_year')")


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (_text, "not-a-database"),
        (Path.mkdir, "a-folder"),
        (_foreign, "foreign-database"),
        (_newer, "newer-database"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_and_left_as_it_is(
    file: Path, spoil: Callable[[Path], None], reason: str
) -> None:
    spoil(file)
    before = file.read_bytes() if file.is_file() else b""
    with pytest.raises(StorageError) as caught:
        Store(file)
    assert (caught.value.reason, caught.value.exit_code) == (reason, 74)
    assert (file.read_bytes() if file.is_file() else b"") == before


def test_two_periods_that_meet_share_no_article_and_miss_none(store: Store) -> None:
    numbers = []
    with store.transaction():
        for n in range(5):
            one = named(replace(PAPER, guid=str(n), url=f"https://journal.example/{n}", ids=(), title=str(n)))
            numbers.append(store.add(Related(identified=one, story=None, ties=()), (), NOW + n * HOUR))
    periods = [(NOW - HOUR, NOW), (NOW, NOW + 2 * HOUR), (NOW + 2 * HOUR, NOW + 4 * HOUR)]
    assert [[known.id for known in store.news(*period)] for period in periods] == [
        numbers[:1],
        numbers[1:3],
        numbers[3:],
    ]


def test_what_is_in_the_background_is_known_and_no_news(store: Store) -> None:
    old, new = (named(replace(PAPER, guid=g, url=f"https://journal.example/{g}", ids=(), title=g)) for g in "ab")
    with store.transaction():
        first = store.add(Related(identified=old, story=None, ties=()), (), NOW, background=True)
        second = store.add(Related(identified=new, story=None, ties=()), (), NOW + HOUR)
    assert [known.id for known in store.news(NOW, NOW + HOUR)] == [second]
    assert [known.id for known in store.recent(NOW)] == [first, second]
    assert store.arrivals("oncoabstracts") == (
        Arrival(published=PAPER.published, seen=NOW + HOUR),
        Arrival(published=PAPER.published, seen=NOW),
    )
    assert store.arrivals("oncoabstracts", 1) == store.arrivals("oncoabstracts")[:1]
    assert store.arrivals("other") == ()
    assert store.brought("oncoabstracts", [first, second, second, 99]) == 2
    assert store.brought("other", [first]) == 0


def test_a_flood_is_remembered(store: Store) -> None:
    state = SourceState(source="s", flood=NOW, held=41, gap=NOW, usual_gap=HOUR * 30)
    with store.transaction():
        store.keep_state(state)
    assert store.states() == {"s": state}
