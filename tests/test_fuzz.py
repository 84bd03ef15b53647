"""A few damaged documents for every reader; `make fuzz` tries them for a minute each."""

import pytest
from fuzzing import TARGETS, Target, hunt
from hypothesis import strategies as st

from watcher.parse import KINDS


@pytest.mark.parametrize("name", TARGETS)
def test_no_reader_stumbles(name: str) -> None:
    hunt(TARGETS[name], examples=TARGETS[name].short, shrinking=False)


def test_every_kind_is_tried() -> None:
    assert set(KINDS) <= set(TARGETS)


def test_a_reader_that_stumbles_is_noticed() -> None:
    def stumble(document: bytes) -> None:
        assert b"x" not in document

    with pytest.raises(AssertionError):
        hunt(Target(given=st.sampled_from((b"x", b"y")), check=stumble), examples=20)
