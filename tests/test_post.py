"""What becomes of a letter when the mail server has answered."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watcher.outbox import REPAIR, Answer, Reason
from watcher.post import (
    DOUBTS,
    OPEN,
    TRIED_AT_LEAST,
    WAITS,
    Posted,
    State,
    again,
    answered,
    begun,
    cut_short,
    dropped,
    is_due,
    is_ill,
)

NOW = datetime(2026, 3, 9, 6, 0, tzinfo=UTC)
LETTER = Posted(
    id=1,
    list="hebdo",
    period="2026-W10",
    recipient="anne@chu.example",
    made=NOW,
    since=NOW,
    changed=NOW,
    subject="Veille",
    message_id="<1@chu.example>",
    content=b"To: anne@chu.example\r\n\r\n",
)
SENT = Answer(recipient="anne@chu.example", state="sent", code=250, text="queued")
LATER = replace(SENT, state="later", code=450, text="greylisted")
UNKNOWN = replace(SENT, state="unknown", reason="timeout", code=0)


def tried(letter: Posted, *answers: Answer, wait: timedelta | None = None) -> tuple[Posted, datetime]:
    """A letter after these answers, each given when it was due or so much later."""
    now = letter.due or NOW
    for answer in answers:
        letter = answered(begun(letter, now), answer, now)
        last, now = now, (now + wait) if wait else (letter.due or now)
    return letter, last


def test_a_letter_that_is_taken_waits_for_nothing() -> None:
    letter, _ = tried(LETTER, SENT)
    assert (letter.state, letter.tries, letter.doubts, letter.due) == ("sent", 1, 0, None)
    assert (letter.code, letter.text) == (250, "queued")
    assert not is_due(letter, NOW + timedelta(days=9))


def test_a_try_counts_once_whether_it_came_to_the_mail_or_not() -> None:
    assert answered(LETTER, LATER, NOW).tries == answered(begun(LETTER, NOW), LATER, NOW).tries == 1
    assert cut_short(begun(LETTER, NOW)).tries == 1


def test_a_letter_cut_short_is_tried_by_the_next_run_and_not_by_the_one_after() -> None:
    letter = cut_short(begun(LETTER, NOW))
    assert (letter.state, letter.reason, letter.due) == ("unknown", "broken", NOW + WAITS[0])
    assert is_due(letter, NOW + timedelta(days=1))


def test_waits_become_longer() -> None:
    letter, now, waits = LETTER, NOW, []
    for _ in range(9):
        letter = answered(letter, LATER, now)
        assert letter.due is not None
        waits.append(letter.due - now)
        now = letter.due
    assert waits == [*WAITS, *[WAITS[-1]] * 3]


@pytest.mark.parametrize("cut", [True, False], ids=["killed", "no answer"])
def test_a_doubt_is_repeated_and_not_for_ever(cut: bool) -> None:  # noqa: FBT001 - pytest gives it by name
    letter, seen = LETTER, []
    while letter.state in OPEN:
        letter = begun(letter, NOW)
        letter = cut_short(letter) if cut else answered(letter, UNKNOWN, NOW)
        seen.append(letter.state)
    assert seen == ["unknown"] * (DOUBTS - 1) + ["given-up"]
    assert letter.due is None


def test_greylisting_ends_after_days_and_many_tries() -> None:
    letter, _ = tried(LETTER, *[LATER] * (TRIED_AT_LEAST - 1), wait=timedelta(days=10))
    assert letter.state == "later"  # the machine was asleep in between
    assert tried(LETTER, *[LATER] * TRIED_AT_LEAST, wait=timedelta(days=10))[0].state == "given-up"
    letter, last = LETTER, NOW
    while letter.state in OPEN:
        letter, last = tried(letter, LATER)
    assert timedelta(days=5) < last - NOW < timedelta(days=5, hours=9)


@pytest.mark.parametrize("reason", sorted(REPAIR))
def test_what_a_person_has_to_mend_waits_for_one(reason: Reason) -> None:
    letter, last = LETTER, NOW
    while letter.state in OPEN:
        letter, last = tried(letter, replace(LATER, reason=reason))
    assert timedelta(days=30) < last - NOW < timedelta(days=31)


def test_a_person_has_the_last_word() -> None:
    refused, _ = tried(LETTER, replace(SENT, state="refused", reason="recipient", code=550))
    assert (refused.state, refused.due) == ("refused", None)
    later = NOW + timedelta(days=40)
    fresh = again(refused, later)
    assert (fresh.state, fresh.tries, fresh.reason, fresh.code, fresh.text) == ("ready", 0, "", 0, "")
    assert is_due(fresh, later)
    assert (fresh.content, fresh.message_id) == (LETTER.content, LETTER.message_id)
    assert answered(fresh, LATER, later).state == "later"  # patience begins anew
    gone = dropped(fresh, later)
    assert gone.state == "dropped"
    assert not is_due(gone, later)


def test_a_letter_is_due_when_its_wait_is_over_or_the_clock_was_wrong() -> None:
    letter, _ = tried(LETTER, LATER)
    assert not is_due(letter, NOW + timedelta(minutes=14))
    assert is_due(letter, NOW + timedelta(minutes=15))
    assert is_due(letter, NOW - timedelta(days=1))


@given(
    answers=st.lists(st.sampled_from([SENT, LATER, UNKNOWN, replace(LATER, reason="tls")]), max_size=200),
    hours=st.lists(st.integers(-48, 400), min_size=200, max_size=200),
)
def test_whatever_happens_a_letter_comes_to_an_end_and_stays_as_it_is(answers: list[Answer], hours: list[int]) -> None:
    letter, now, doubts = LETTER, NOW, 0
    for answer, wait in zip(answers, hours, strict=False):
        if letter.state not in OPEN:
            assert not is_due(letter, now)
            break
        now += timedelta(hours=wait)
        if is_due(letter, now):
            letter = answered(begun(letter, now), answer, now)
            doubts += answer.state == "unknown"
    assert (letter.content, letter.message_id, letter.made) == (LETTER.content, LETTER.message_id, NOW)
    assert letter.doubts == doubts <= DOUBTS
    assert (letter.due is None) == (letter.state not in OPEN or letter is LETTER)


@pytest.mark.parametrize(
    ("state", "reason", "ill"),
    [
        ("ready", "", False), ("sent", "", False), ("later", "timeout", False), ("unknown", "broken", False),
        ("later", "auth-refused", True), ("refused", "recipient", True), ("given-up", "timeout", True),
        ("dropped", "auth-refused", False),
    ],
)  # fmt: skip
def test_which_letters_wait_for_a_person(state: State, reason: Reason, *, ill: bool) -> None:
    assert is_ill(replace(LETTER, state=state, reason=reason)) is ill
