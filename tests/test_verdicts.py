"""Learning from verdicts: readable, bounded, without order, and never against the person who said it."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from watcher.articles import Article
from watcher.profiles import Profile, ProfileSetting, learn
from watcher.relevance import judge
from watcher.seeds import Seed
from watcher.verdicts import FARTHEST, MOST, NEW_TERM, STEP, Verdict, changes, taught

SETTING = ProfileSetting(name="p", seeds=Path("p"))
SEEDS = (
    Seed(
        name="fer.md",
        title="La ferroptose des cellules persistantes",
        text="Le fer des lysosomes déclenche la ferroptose. Les cellules persistantes portent CD44.\n"
        "La peroxydation lipidique des membranes tue les cellules cancéreuses.",
    ),
    Seed(
        name="os.md",
        title="Ostéosarcome et ferroptose",
        text="Le méthotrexate et la ferroptose dans l’ostéosarcome ; les métallothionéines protègent la tumeur.",
    ),
)
PROFILE = learn(SEEDS, SETTING)
KEPT = Article(
    source="a",
    title="Ferroptose : le fer des lysosomes",
    summary="Des organoïdes de pancréas meurent de ferroptose quand le fer des lysosomes est libéré.",
)
REJECTED = Article(
    source="a", title="Tarif du méthotrexate", summary="Le remboursement du méthotrexate et des tumeurs."
)
STRANGE = Article(source="a", title="La tarte aux pommes", summary="Trois pommes, du beurre, du sucre.")

WORDS = """ferroptose fer lysosome cellule persistante CD44 peroxydation lipidique membrane cancer ostéosarcome
méthotrexate métallothionéine tumeur organoïde pancréas mouton tracteur ferroptosis iron lysosomal apoptosis senescence
le des et dans . ,""".split()
prose = st.lists(st.sampled_from(WORDS), min_size=1, max_size=60).map(" ".join)
articles = st.builds(Article, source=st.just("a"), title=prose, summary=prose)
several = st.lists(articles, max_size=5)


def value(article: Article, profile: Profile) -> float:
    return judge(article, (profile,))[0].value


def numbered(found: list[Article], first: int = 1) -> dict[int, Article]:
    return dict(enumerate(found, first))


def weights(profile: Profile) -> dict[str, float]:
    return {term.key: term.weight for term in profile.terms}


def test_nothing_said_nothing_learnt() -> None:
    assert taught(PROFILE, SETTING, {}, {}) is PROFILE


def test_each_term_says_what_moved_it() -> None:
    after = taught(PROFILE, SETTING, {12: KEPT}, {13: REJECTED})
    by_label = {term.label: term for term in after.terms}
    assert by_label["ferroptose"].seeds == ("fer.md", "os.md", "+#12")
    assert by_label["méthotrexate"].seeds == ("os.md", "-#13")
    assert by_label["organoïde"].seeds == ("+#12",)
    found = {change.term.label: change for change in changes(PROFILE, after)}
    assert found["ferroptose"].kind == "up"
    assert found["méthotrexate"].kind == "down"
    assert (found["organoïde"].kind, found["organoïde"].because) == ("added", ("+#12",))
    assert changes(after, PROFILE)[0].term == changes(PROFILE, after)[0].term or len(found) > 1
    assert {c.kind for c in changes(after, PROFILE)} == {"dropped", "up", "down"}
    assert changes(after, after) == ()


@settings(max_examples=60, deadline=None)
@given(articles)
def test_a_kept_article_never_falls_by_it_and_a_rejected_one_never_rises(article: Article) -> None:
    before = value(article, PROFILE)
    assert value(article, taught(PROFILE, SETTING, {1: article}, {})) >= before - 1e-9
    assert value(article, taught(PROFILE, SETTING, {}, {1: article})) <= before + 1e-9


@settings(max_examples=60, deadline=None)
@given(articles, several, several)
def test_nor_does_it_in_company(article: Article, kept: list[Article], rejected: list[Article]) -> None:
    """Among other verdicts that pull elsewhere, within two points of a hundred."""
    yes, no = numbered(kept), numbered(rejected, 100)
    before = value(article, taught(PROFILE, SETTING, yes, no))
    assert value(article, taught(PROFILE, SETTING, yes | {50: article}, no)) >= before - 2
    assert value(article, taught(PROFILE, SETTING, yes, no | {150: article})) <= before + 2


@settings(max_examples=40, deadline=None)
@given(several, several)
def test_bounded_readable_and_without_order(kept: list[Article], rejected: list[Article]) -> None:
    yes, no = numbered(kept), numbered(rejected, 100)
    after = taught(PROFILE, SETTING, yes, no)
    assert after == taught(PROFILE, SETTING, dict(reversed(yes.items())), dict(reversed(no.items())))
    assert len(after.terms) <= MOST
    before = weights(PROFILE)
    for term in after.terms:
        assert term.weight > 0
        assert term.label
        if term.key in before:
            assert 1 / FARTHEST <= term.weight / before[term.key] <= FARTHEST
        else:
            assert term.weight <= 1
    assert [t.weight for t in after.terms] == sorted((t.weight for t in after.terms), reverse=True)
    assert (after.seeds, after.threshold) == (PROFILE.seeds, PROFILE.threshold)


@settings(max_examples=40, deadline=None)
@given(articles)
def test_one_verdict_moves_little(article: Article) -> None:
    before = weights(PROFILE)
    for kept, rejected in (({1: article}, {}), ({}, {1: article})):
        for key, weight in weights(taught(PROFILE, SETTING, kept, rejected)).items():
            if key in before:
                assert 1 / STEP - 1e-9 <= weight / before[key] <= STEP + 1e-9
            else:
                assert weight <= NEW_TERM + 1e-9


def test_ten_verdicts_move_much() -> None:
    kept = dict.fromkeys(range(1, 11), KEPT)
    before, after = weights(PROFILE), weights(taught(PROFILE, SETTING, kept, {}))
    assert max(after[key] / before[key] for key in before) > 3


def test_a_strange_article_changes_others_by_nothing_but_the_whole_weight() -> None:
    for kept, rejected in (({1: STRANGE}, {}), ({}, {1: STRANGE})):
        after = taught(PROFILE, SETTING, kept, rejected)
        for article in (KEPT, REJECTED):
            one, other = (judge(article, (p,))[0] for p in (PROFILE, after))
            assert [m.key for m in one.matches] == [m.key for m in other.matches]
            assert [m.contribution / one.value for m in one.matches] == pytest.approx(
                [m.contribution / other.value for m in other.matches],
                rel=0.05,  # what a facet brings is bent, more or less so with the whole weight
            )
    assert taught(PROFILE, SETTING, {}, {1: STRANGE}) == PROFILE


def test_what_the_settings_say_stays() -> None:
    setting = ProfileSetting(
        name="p", seeds=Path("p"), include=("organoïde", "ferroptose"), exclude=("pancréas",), weights=(("fer", 0.5),)
    )
    profile = learn(SEEDS, setting)
    kept = dict.fromkeys(range(1, 6), KEPT)
    before, after = weights(profile), weights(taught(profile, setting, kept, {9: REJECTED}))
    by_label = {t.label: t.key for t in profile.terms}
    for label in ("organoïde", "ferroptose"):
        assert after[by_label[label]] == before[by_label[label]]
    assert not any("pancréas" in " ".join(t.french) for t in taught(profile, setting, kept, {}).terms)


def test_what_many_documents_hold_is_lowered_less() -> None:
    shared = Article(source="a", title="Ferroptose et méthotrexate", summary="Ferroptose et méthotrexate.")
    after = weights(taught(PROFILE, SETTING, {}, {1: shared}))
    by_label = {t.label: t.key for t in PROFILE.terms}
    lost = {
        label: after[by_label[label]] / PROFILE_WEIGHTS[by_label[label]] for label in ("ferroptose", "méthotrexate")
    }
    assert lost["méthotrexate"] < lost["ferroptose"] < 1


PROFILE_WEIGHTS = weights(PROFILE)


def test_a_verdict_is_a_value() -> None:
    at = datetime(2026, 3, 2, tzinfo=UTC)
    assert Verdict(article=1, profile="p", keep=True, at=at).learnt
