"""Why not: the first stage that kept an article out."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from watcher.absence import absence, never_seen
from watcher.articles import Article, Relation
from watcher.digest import Steering, steering
from watcher.profiles import Profile, ProfileSetting, learn
from watcher.rules import Rules
from watcher.seeds import Seed
from watcher.sources import Source, SourceState, Trouble
from watcher.store import Remembered
from watcher.verdicts import Verdict

NOW = datetime(2026, 3, 9, 7, 0, tzinfo=UTC)
PERIOD = (NOW - timedelta(days=7), NOW)


def profile(name: str, words: str) -> Profile:
    return learn((Seed(name="a.md", title=words, text=f"{words}."),), ProfileSetting(name=name, seeds=Path(name)))


PROFILES = (profile("ferro", "ferroptose lysosomes cuivre"), profile("bone", "ostéosarcome"))


def remembered(number: int, value: float, story: int = 0) -> Remembered:
    article = Article(source="a", title="La ferroptose", summary="Au microscope.", language="fr")
    return Remembered(
        id=number, article=article, first_seen=NOW, changed=None, story=story or number, sources=("a",), aliases=(),
        cites=(), scores=(("ferro", value),),
    )  # fmt: skip


def why(
    known: Remembered, *others: Remembered, said: Steering | None = None, background: frozenset[int] = frozenset()
) -> tuple[str, str]:
    found = absence(known, (*others, known), PROFILES, said or Steering(), PERIOD, background)
    return found.stage, found.profile


def verdict(*, keep: bool) -> Verdict:
    return Verdict(article=1, profile="ferro", keep=keep, at=NOW)


GOOD, POOR = remembered(1, 90), remembered(1, 20)
BETTER = replace(remembered(2, 95, story=1), article=replace(GOOD.article, source="b"), aliases=(("doi", "10.1/x"),))
NEVER = Rules(never=("ferroptose",))


@pytest.mark.parametrize(
    ("known", "said", "stage"),
    [
        (GOOD, Steering(), "shown"),
        (POOR, Steering(), "below"),
        (GOOD, steering((), [verdict(keep=False)]), "rejected"),
        (POOR, steering((), [verdict(keep=True)]), "shown"),
        (GOOD, steering((NEVER,), ()), "rule"),
        (POOR, steering((NEVER,), ()), "below"),
        (GOOD, steering((Rules(profile="ferro", must=("souris",)),), ()), "rule"),
        (replace(GOOD, first_seen=NOW - timedelta(days=9)), Steering(), "outside"),
    ],
)
def test_the_first_stage_is_named(known: Remembered, said: Steering, stage: str) -> None:
    assert why(known, said=said) == (stage, "ferro")


def test_what_is_in_the_background_is_never_news_unless_it_was_kept() -> None:
    assert why(GOOD, background=frozenset({1}))[0] == "background"
    assert why(GOOD, background=frozenset({1}), said=steering((), [verdict(keep=True)]))[0] == "shown"


def test_a_story_led_by_another() -> None:
    found = absence(GOOD, (BETTER, GOOD), PROFILES, Steering(), PERIOD)
    assert found.stage == "merged"
    assert found.lead
    assert found.lead.id == 2
    assert why(GOOD, BETTER, said=steering((), [verdict(keep=False)]))[0] == "rejected"
    assert why(GOOD, replace(BETTER, first_seen=NOW - timedelta(days=20)))[0] == "shown"  # that was another digest
    assert why(GOOD, BETTER, background=frozenset({2}))[0] == "shown"


def test_a_notice_is_told_with_its_paper() -> None:
    notice = replace(GOOD.article, title="Correction", relations=(Relation(kind="corrects", of=("doi", "10.1/x")),))
    correction = replace(GOOD, article=notice)
    found = absence(correction, (BETTER, correction), PROFILES, Steering(), PERIOD)
    assert (found.stage, found.lead) == ("notice", BETTER)
    assert why(correction) == ("shown", "ferro")  # of a paper that is not known
    assert why(correction, BETTER, said=steering((), [verdict(keep=True)]))[0] != "notice"
    assert why(replace(POOR, article=notice), BETTER)[0] != "notice"


def test_below_names_what_it_holds_and_what_it_lacks() -> None:
    found = absence(POOR, (POOR,), PROFILES, Steering(), PERIOD)
    assert found.score
    assert [m.label for m in found.score.matches] == ["ferroptose"]
    assert {term.label for term in found.lacking} >= {"lysosome"}
    assert not {term.key for term in found.lacking} & {m.key for m in found.score.matches}
    assert absence(POOR, (POOR,), (), Steering(), PERIOD).stage == "below"


def test_never_seen_names_the_sources_of_its_site() -> None:
    sources = (
        Source(id="presse", url="https://presse.inserm.example/feed/"),
        Source(id="autre", url="https://www.autre.example/feed"),
    )
    states = {"presse": SourceState(source="presse", trouble=Trouble(kind="dns"), checked=NOW, since=NOW)}
    found = never_seen("https://www.inserm.example/actualite/1", sources, states, NOW)
    assert found.stage == "unknown"
    assert [(h.source.id, h.word) for h in found.sources] == [("presse", "broken")]
    assert never_seen("10.1038/x", sources, states, NOW).sources == ()
    assert never_seen("https://[", sources, states, NOW).sources == ()
