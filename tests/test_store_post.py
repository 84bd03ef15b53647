"""Lists, editions and letters in the database: what is told is never told again, one edition a period."""

import sqlite3
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from lists import Post
from test_post import LETTER, NOW

from watcher.outbox import MailSettings
from watcher.post import again, begun, dropped
from watcher.store import Edition, Store, Told

UNTIL = datetime(2026, 3, 9, 23, 0, tzinfo=UTC)


@pytest.fixture
def post(store: Store) -> Post:
    post = Post(store=store, mail=MailSettings(sender="veille@chu.example"))
    post.add("Une", "Deux", "Trois")
    return post


def begin(store: Store, name: str = "hebdo") -> None:
    with store.transaction():
        store.begin_list(name, UNTIL)


def close(store: Store, period: str, told: tuple[int, ...] = (), carried: tuple[int, ...] = ()) -> None:
    with store.transaction():
        edition = Edition(list="hebdo", period=period, made=NOW, stories=len(told))
        store.close_period("hebdo", UNTIL, edition, told=told, carried=carried)


def untold(store: Store, since: datetime = NOW + timedelta(days=999), kept: tuple[int, ...] = ()) -> list[int]:
    return [known.id for known in store.untold("hebdo", since, kept)]


def test_a_new_list_knows_what_was_there(post: Post) -> None:
    assert post.store.told_of("hebdo") is None
    begin(post.store)
    assert post.store.told_of("hebdo") == Told(cursor=3, until=UNTIL)
    assert untold(post.store, NOW - timedelta(days=999)) == []
    assert post.store.told_of("other") is None


def test_an_empty_database_is_a_baseline_too(store: Store) -> None:
    begin(store)
    assert store.told_of("hebdo") == Told(cursor=0, until=UNTIL)


def test_news_are_what_came_behind_the_cursor_whatever_the_clock_said(post: Post) -> None:
    begin(post.store)
    post.now = datetime(1999, 1, 1, tzinfo=UTC)
    assert untold(post.store) == [] != list(post.add("Quatre"))
    assert untold(post.store) == [4]
    close(post.store, "2026-W10", told=(4,))
    assert untold(post.store) == []
    assert untold(post.store, datetime(1998, 1, 1, tzinfo=UTC)) == []
    assert post.store.told_of("hebdo") == Told(cursor=4, until=UNTIL)


def test_what_was_left_comes_back_and_what_was_set_aside_only_lately(post: Post) -> None:
    begin(post.store)
    post.add("Quatre", "Cinq", "Six")
    close(post.store, "2026-W10", told=(4,), carried=(5,))
    assert untold(post.store) == [5]
    assert untold(post.store, post.now) == [5, 6]
    close(post.store, "2026-W11", told=(5,))
    assert untold(post.store) == []


def test_the_background_is_told_only_where_a_person_kept_it(post: Post) -> None:
    begin(post.store)
    post.add("Quatre")
    with post.store.transaction():
        post.store._write("UPDATE articles SET background = 1 WHERE id = ?", [(4,)])
    assert untold(post.store) == []
    assert untold(post.store, kept=(1, 4)) == [4]


def test_the_database_itself_refuses_a_second_edition(post: Post) -> None:
    begin(post.store)
    close(post.store, "2026-W10", told=(1,))
    with pytest.raises(sqlite3.IntegrityError):
        close(post.store, "2026-W10")
    with pytest.raises(sqlite3.IntegrityError):
        close(post.store, "2026-W11", told=(1,))
    assert [(e.period, e.stories) for e in post.store.editions("hebdo")] == [("2026-W10", 1)]
    assert post.store.editions("hebdo", "2026-W10")[0].made == NOW
    assert post.store.editions("other") == ()
    assert post.store.editions(period="2026-W11") == ()


def test_a_letter_comes_back_as_it_was_frozen(store: Store) -> None:
    content = bytes(range(256)) * 400
    with store.transaction():
        number = store.keep_letter(replace(LETTER, id=0, content=content))
    letter = store.letter(number)
    assert letter == replace(LETTER, id=number, content=content)
    assert store.letters() == (replace(LETTER, id=number, content=b""),)
    assert store.letter(99) is None
    with store.transaction():
        store.keep_letter(replace(begun(LETTER, NOW), id=number, content=b"", subject="other", recipient="x"))
    assert store.letter(number) == replace(begun(LETTER, NOW), id=number, content=content)


def test_one_letter_a_reader_and_period(store: Store) -> None:
    with store.transaction():
        store.keep_letter(replace(LETTER, id=0))
    with pytest.raises(sqlite3.IntegrityError), store.transaction():
        store.keep_letter(replace(LETTER, id=0, message_id="<2@chu.example>"))
    assert len(store.letters()) == 1


def test_letters_that_wait_and_letters_of_a_period(store: Store) -> None:
    with store.transaction():
        for n, state in enumerate(("ready", "sending", "sent", "unknown", "later", "refused", "given-up"), 1):
            store.keep_letter(
                replace(LETTER, id=0, message_id=str(n), recipient=str(n), state=state)  # type: ignore[arg-type]
            )
        store.keep_letter(replace(dropped(again(LETTER, NOW), NOW), id=0, message_id="8", period="2026-W11"))
    assert [letter.id for letter in store.letters(waiting=True)] == [1, 2, 4, 5]
    assert [letter.id for letter in store.letters(period="2026-W11")] == [8]
    assert len(store.letters(name="hebdo")) == 8
    assert store.letters(name="other") == ()


def test_letters_are_packed(store: Store) -> None:
    with store.transaction():
        store.keep_letter(replace(LETTER, id=0, content=b"<p>Une histoire</p>\r\n" * 5000))
    (size,) = store._rows("SELECT length(content) FROM letters")[0]
    assert size < 1000
