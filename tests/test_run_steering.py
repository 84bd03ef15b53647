"""Marking, undoing, looking back: with a real database."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from watcher.articles import Article
from watcher.digest import Digest
from watcher.errors import UsageError
from watcher.identity import identify
from watcher.profiles import Profile, ProfileSetting
from watcher.rules import Rules
from watcher.run import audit, difference, digest, learn_profiles, mark, previous, replayed, take_in, undo, why_not
from watcher.sources import Source
from watcher.store import Remembered, Store

NOW = datetime(2026, 3, 9, 7, 0, tzinfo=UTC)
DAY = timedelta(days=1)
SEED = """# La ferroptose des cellules persistantes

Le fer des lysosomes déclenche la ferroptose. Les cellules persistantes portent CD44.
La peroxydation lipidique des membranes tue les cellules cancéreuses du pancréas.
"""
TEXTS = (
    ("Ferroptose : le fer des lysosomes", "La ferroptose des cellules persistantes, par le fer et CD44."),
    ("Le pancréas et ses îlots", "Un organoïde de pancréas pour étudier le diabète des enfants."),
    ("La tarte aux pommes", "Trois pommes, du beurre, du sucre."),
    ("Fer et membranes", "Une histoire de fer dans les membranes des organoïdes."),
)
SOURCES = (Source(id="a", url="https://a.example/feed"),)


@pytest.fixture
def settings(tmp_path: Path) -> tuple[ProfileSetting, ...]:
    for name, text in (("fer", SEED), ("os", "# L’ostéosarcome\n\nLe méthotrexate soigne l’ostéosarcome des enfants.")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.md").write_text(text, encoding="utf-8")
    return tuple(ProfileSetting(name=name, seeds=tmp_path / name, threshold=70.0) for name in ("fer", "os"))


@pytest.fixture
def filled(store: Store, settings: tuple[ProfileSetting, ...]) -> Store:
    articles = tuple(
        Article(source="a", guid=str(n), url=f"https://a.example/{n}", title=title, summary=text, language="fr")
        for n, (title, text) in enumerate(TEXTS, 1)
    )
    take_in(iter(identify(articles)), learn_profiles(settings, store, keep=True), store, NOW - DAY)
    return store


def known(store: Store, *numbers: int) -> tuple[Remembered, ...]:
    return store.get(numbers)


def shown(store: Store, settings: tuple[ProfileSetting, ...], rules: tuple[Rules, ...] = ()) -> list[int]:
    return [line.lead.id for section in composed(store, settings, rules).sections for line in section.lines]


def composed(store: Store, settings: tuple[ProfileSetting, ...], rules: tuple[Rules, ...] = ()) -> Digest:
    return digest(SOURCES, learn_profiles(settings, store), store, since=7 * DAY, now=NOW, rules=rules)


def weights(profile: Profile) -> dict[str, float]:
    return {term.key: term.weight for term in profile.terms}


def test_a_verdict_goes_to_the_profile_that_fits_best_and_teaches_it(
    filled: Store, settings: tuple[ProfileSetting, ...]
) -> None:
    before = learn_profiles(settings, filled)
    marked, learnt = mark(known(filled, 2), settings, filled, NOW, keep=True)
    assert [(m.article.id, m.profile, m.keep) for m in marked] == [(2, "fer", True)]
    assert [one.profile.name for one in learnt] == ["fer"]
    assert {c.kind for c in learnt[0].changes} == {"up", "added"}
    after = learn_profiles(settings, filled)
    assert after[0] == learnt[0].profile != before[0]
    assert after[1] == before[1]
    assert learn_profiles(settings, filled) == after  # from what was kept of it
    assert learn_profiles(settings) == before  # without the database, what the seeds teach


def test_a_kept_article_is_in_the_digest_and_a_rejected_one_is_not(
    filled: Store, settings: tuple[ProfileSetting, ...]
) -> None:
    assert shown(filled, settings) == [1]
    mark(known(filled, 3), settings, filled, NOW, keep=True, profile="os")
    mark(known(filled, 1), settings, filled, NOW, keep=False)
    assert shown(filled, settings) == [3]
    mark(known(filled, 1, 3), settings, filled, NOW, keep=None)
    assert shown(filled, settings) == [1]
    assert learn_profiles(settings, filled) == learn_profiles(settings)
    with pytest.raises(UsageError):
        mark(known(filled, 1), settings, filled, NOW, keep=None)


def test_a_kept_article_of_the_background_is_in_the_digest(filled: Store, settings: tuple[ProfileSetting, ...]) -> None:
    with filled.transaction():
        filled._write("UPDATE articles SET background = 1 WHERE id = ?", [(1,)])
    assert shown(filled, settings) == []
    assert filled.background([1, 2]) == {1}
    mark(known(filled, 1), settings, filled, NOW, keep=True)
    assert shown(filled, settings) == [1]
    assert composed(filled, settings).read == 4


def test_what_changed_and_undoing_it_step_by_step(filled: Store, settings: tuple[ProfileSetting, ...]) -> None:
    first = learn_profiles(settings, filled)[0]
    assert difference(first, filled).since is None
    mark(known(filled, 1), settings, filled, NOW, keep=True)
    second = learn_profiles(settings, filled)[0]
    mark(known(filled, 2, 4), settings, filled, NOW, keep=False, profile="fer")
    third = learn_profiles(settings, filled)[0]
    found = difference(third, filled)
    assert found.since == NOW
    assert {origin for c in found.changes for origin in c.because} <= {"-#2", "-#4"}
    assert undo("fer", settings, filled, NOW)[0] == (2, 4)
    assert weights(learn_profiles(settings, filled)[0]) == weights(second)
    assert undo("fer", settings, filled, NOW)[0] == (1,)
    assert learn_profiles(settings, filled)[0] == first
    assert undo("fer", settings, filled, NOW) == ((), ())
    assert {(v.article, v.keep, v.learnt) for v in filled.verdicts()} == {
        (1, True, False), (2, False, False), (4, False, False)
    }  # fmt: skip
    mark(known(filled, 1), settings, filled, NOW, keep=True)  # it teaches again
    assert weights(learn_profiles(settings, filled)[0]) == weights(second)


def test_rules_are_display_only(filled: Store, settings: tuple[ProfileSetting, ...]) -> None:
    rules = (Rules(profile="fer", never=("lysosome",), always=("tarte",)),)
    assert shown(filled, settings, rules) == [3]
    assert composed(filled, settings, rules).by_rules == 1
    assert shown(filled, settings) == [1]


def test_why_not(filled: Store, settings: tuple[ProfileSetting, ...]) -> None:
    def why(key: str, since: timedelta = 7 * DAY) -> str:
        profiles = learn_profiles(settings, filled)
        return why_not(key, SOURCES, profiles, filled, since=since, now=NOW).stage

    assert [why(key) for key in ("1", "2", "https://a.example/99")] == ["shown", "below", "unknown"]
    assert why("1", timedelta(hours=2)) == "outside"
    mark(known(filled, 1), settings, filled, NOW, keep=False)
    assert why("1") == "rejected"


def test_replay_against_the_state_before_and_against_other_settings(
    filled: Store, settings: tuple[ProfileSetting, ...]
) -> None:
    ours = learn_profiles(settings, filled)
    low = tuple(replace(p, threshold=1.0) for p in ours)
    fer, _ = replayed(filled, ours, low, since=7 * DAY, now=NOW)
    assert {s.article.id for s in fer.added} == {2, 4}
    mark(known(filled, 1), settings, filled, NOW, keep=True)
    now_ours = learn_profiles(settings, filled)
    before = previous(now_ours[0], filled)
    assert before
    assert before[0] == ours[0]
    assert filled.verdicts()[0].article == 1


def test_an_audit_asks_until_it_is_answered_and_its_sample_stays(
    filled: Store, settings: tuple[ProfileSetting, ...]
) -> None:
    def audited(now: datetime = NOW) -> object:
        return audit(learn_profiles(settings, filled)[0], filled, size=20, since=56 * DAY, now=now)

    first = audit(learn_profiles(settings, filled)[0], filled, size=20, since=56 * DAY, now=NOW)
    near = [n for n, value in ((k.id, dict(k.scores).get("fer", 0.0)) for k in filled.all()) if 28 <= value < 70]
    assert [k.id for k in first.asked] == near == [2, 4]
    assert first.recall is None
    assert audited() == first
    mark(known(filled, 2), settings, filled, NOW, keep=True)
    mark(known(filled, 4), settings, filled, NOW, keep=False, profile="fer")
    last = audit(learn_profiles(settings, filled)[0], filled, size=20, since=56 * DAY, now=NOW)
    assert (last.asked, last.labelled, last.found) == ((), 2, 1)
    assert last.recall
    assert (last.recall.shown, last.recall.value) == (1, 0.5)
