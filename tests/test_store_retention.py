"""Old texts go; what makes an article known, judged and told stays, so that nothing is ever new again."""

import sqlite3
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from indoors import NOW, add
from lists import HEBDO, MONDAY, Post

from watcher.articles import Article
from watcher.identity import identify
from watcher.outbox import MailSettings
from watcher.ownpages import OwnPage
from watcher.periods import kept_for
from watcher.profiles import ProfileSetting, learn
from watcher.run import judge_again, take_in
from watcher.run.upkeep import today, upkeep
from watcher.seeds import Seed
from watcher.store import Store, copies, look_through

OLD = NOW - timedelta(days=800)
SINCE = NOW - timedelta(days=730)


def texts(store: Store) -> dict[int, bool]:
    """Which articles have a text."""
    return {known.id: bool(known.article.summary or known.article.body) for known in store.all()}


def test_old_texts_go_and_what_is_known_stays(store: Store) -> None:
    add(store, 1, 2, seen=OLD)
    add(store, 3)
    before = {known.id: known for known in store.all()}
    assert store.prunable(SINCE, NOW) == (2, 0)
    pruned = store.prune(SINCE, NOW)
    assert (pruned.articles, pruned.letters, store.prunable(SINCE, NOW)) == (2, 0, (0, 0))
    assert texts(store) == {1: False, 2: False, 3: True}
    for known in store.all():
        was = before[known.id]
        assert replace(known, article=was.article, pruned=None) == was
        assert (known.article.title, known.article.url) == (was.article.title, was.article.url)
        assert known.pruned == (NOW if known.id < 3 else None)


def test_the_search_follows(store: Store) -> None:
    add(store, 1, seen=OLD)
    add(store, 2)
    store.prune(SINCE, NOW)
    assert [known.id for known in store.search("étude institut", 9)] == [1, 2]
    assert [known.id for known in store.search("mot2x3", 9)] == [2]
    assert store.search("mot1x3", 9) == ()
    store._connection.execute("INSERT INTO articles_fts (articles_fts, rank) VALUES ('integrity-check', 1)")


def test_the_room_goes_back_to_the_disk(store: Store) -> None:
    add(store, *range(150), seen=OLD, words=300)
    size = store.file.stat().st_size
    pruned = store.prune(SINCE, NOW)
    assert (pruned.before, pruned.after) == (size, store.file.stat().st_size)
    assert pruned.freed > size / 2
    assert b"mot7x123" not in store.file.read_bytes()
    again = store.prune(SINCE, NOW)
    assert (again.articles, again.freed) == (0, 0)


def test_what_was_let_go_is_not_new_when_its_source_brings_it_again(store: Store) -> None:
    add(store, 1, 2, seen=OLD)
    store.prune(SINCE, NOW)
    article = Article(
        source="presse",
        guid="a1",
        url="https://presse.example/1",
        title="Un tout autre titre",
        summary="Un autre texte",
    )
    assert take_in(iter(identify((article,))), (), store, NOW) == (0, 1)
    with store.transaction():
        assert not store.meet(1, identify((article,))[0], NOW)
    assert texts(store) == {1: False, 2: False}
    assert store.news(NOW - timedelta(days=30), NOW + timedelta(days=1)) == ()


def test_scores_of_what_was_let_go_stay_when_a_profile_changes(store: Store) -> None:
    def profile(words: str) -> ProfileSetting:
        return ProfileSetting(name="ferro", seeds=Path("ferro"), include=tuple(words.split()))

    seeds = (Seed(name="a.md", title="La ferroptose", text="Le fer des lysosomes."),)
    first, second = (learn(seeds, profile(words)) for words in ("mot1x1", "lysosomes"))
    add(store, 1, seen=OLD)
    add(store, 2)
    judge_again((first,), store)
    before = {known.id: known.scores for known in store.all()}
    store.prune(SINCE, NOW)
    assert judge_again((second,), store) == ("ferro",)
    after = {known.id: known.scores for known in store.all()}
    assert after[1] == before[1] != ()
    assert after[2] != before[2]
    judge_again((), store)
    assert store.get([1])[0].scores == before[1]


def test_what_a_person_judged_and_what_is_to_come_keeps_its_text(store: Store) -> None:
    add(store, 1, 2, 3, 4, seen=OLD)
    with store.transaction():
        store.keep_verdict(1, "ferro", NOW, keep=True)
        store.keep_verdict(2, "ferro", NOW, keep=False)
        store._write("UPDATE articles SET event = ? WHERE id = 3", [((NOW + timedelta(days=9)).isoformat(),)])
    store.prune(SINCE, NOW)
    assert texts(store) == {1: True, 2: True, 3: True, 4: False}


def test_the_text_of_an_articles_own_page_goes_and_it_is_not_asked_for_again(store: Store) -> None:
    add(store, 1, 2, seen=OLD)
    with store.transaction():
        for number in (1, 2):
            page = OwnPage(article=number, url="https://a.example", asked=OLD, outcome="read", tries=1, text="Le zinc")
            store.keep_page(page)
        store._write("UPDATE articles SET summary = '', body = '' WHERE id = ?", [(2,)])  # its page is all that it has
    assert len(store.search("zinc", 9)) == 2
    store.prune(SINCE, NOW)
    assert store.search("zinc", 9) == ()
    (known,) = store.get([2])
    assert known.page is not None
    assert (known.page.text, known.page.outcome) == ("", "read")
    assert store.pages_wanted(["presse"], OLD - timedelta(days=1), NOW) == ()


def test_letters_that_wait_keep_all_and_of_a_digest_that_was_sent_one_letter_stays(tmp_path: Path) -> None:
    lists = (replace(HEBDO, to=("anne@chu.example", "marc@chu.example", "zoe@chu.example", "b@chu.example")),)
    mail = MailSettings(sender="veille@chu.example", maildir=tmp_path / "mails")
    with Store(tmp_path / "watcher.db") as store:
        post = Post(store=store, mail=mail, lists=lists)
        post.send()
        sent = post.add("La ferroptose des lysosomes")
        post.send(weeks=1)
        post.mail = MailSettings(sender="veille@chu.example", host="127.0.0.1", port=1, security="none")
        waiting = post.add("La ferroptose des lysosomes, suite")
        post.send(weeks=1)
        later = post.now + timedelta(days=800)
        before = [store.letter(letter.id) for letter in store.letters()]
        pruned = store.prune(later - timedelta(days=730), later)
        after = [store.letter(letter.id) for letter in store.letters()]
        left = texts(store)
    assert [left[n] for n in (*sent, *waiting)] == [False, True]
    states = [letter.state for letter in before if letter]
    assert states.count("sent") >= 3
    assert pruned.letters == sum(state == "sent" for state in states) - 1
    for was, now in zip(before, after, strict=True):
        assert was
        assert now
        kept = was.state != "sent" or was.id == min(letter.id for letter in before if letter and letter.state == "sent")
        assert now == (was if kept else replace(was, content=b""))


def test_with_a_retention_texts_go_once_a_week_after_the_copy(store: Store) -> None:
    add(store, 1, seen=OLD)
    add(store, 2)
    assert upkeep(store, today(NOW), NOW).pruned is None
    assert texts(store) == {1: True, 2: True}
    assert upkeep(store, today(NOW), NOW, timedelta(days=730)).pruned is None  # the copy of the week is made already
    later = NOW + timedelta(days=7)
    done = upkeep(store, today(later), later, timedelta(days=730))
    assert done.pruned is not None
    assert done.pruned.articles == 1
    assert texts(store) == {1: False, 2: True}
    with Store(copies(store.file, store.backups)[0].file) as kept:
        assert texts(kept) == {1: True, 2: True}
    assert look_through(store.file).articles == 2


@pytest.mark.parametrize(("text", "days"), [("24m", 730), ("3m", 91), ("2y", 730), ("10a", 3652), ("1y", 365)])
def test_spans_of_months_and_years(text: str, days: int) -> None:
    assert kept_for(text) == timedelta(days=days)


@given(
    st.one_of(st.text(max_size=6), st.sampled_from(["2m", "0y", "m", "", "24", "90d", "-5y", "1.5y", "²y", "12345m"]))
)
def test_anything_else_is_none_or_three_months_at_least(text: str) -> None:
    span = kept_for(text)
    assert span is None or span >= timedelta(days=91)


def test_a_bug_is_not_taken_for_the_disk(store: Store) -> None:
    with pytest.raises(sqlite3.IntegrityError), store.transaction():
        store._write("INSERT INTO profiles VALUES (?, ?)", [("p", None)])


def test_nothing_told_is_told_again(tmp_path: Path) -> None:
    with Store(tmp_path / "watcher.db") as store:
        post = Post(store=store, mail=MailSettings(sender="v@chu.example", maildir=tmp_path / "m"), now=MONDAY)
        post.send()
        post.add("La ferroptose des lysosomes")
        post.send(weeks=1)
        later = post.now + timedelta(days=100)
        store.prune(later - timedelta(days=91), later)
        post.send(weeks=20)
        assert [len(numbers) for _, numbers in post.told()] == [1]
