"""What a digest shows: one line a story, in one section, led by the right article, and counts that add up."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from watcher.articles import Article
from watcher.digest import Digest, Line, Steering, compose, steering
from watcher.profiles import Profile, ProfileSetting, learn
from watcher.relevance import judge
from watcher.rules import Rules, Ruling
from watcher.seeds import Seed
from watcher.sources import Source, SourceState, Trouble
from watcher.store import Remembered
from watcher.verdicts import Verdict

NOW = datetime(2026, 3, 9, 7, 0, tzinfo=UTC)
DAY = timedelta(days=1)
PERIOD = (NOW - 7 * DAY, NOW)


def profile(name: str, words: str, threshold: float = 50.0) -> Profile:
    return learn(
        (Seed(name=f"{name}.md", title=words, text=f"{words}."),),
        ProfileSetting(name=name, seeds=Path(name), threshold=threshold),
    )


FERRO = profile("ferro", "ferroptose lysosomes")
BONE = profile("bone", "ostéosarcome méthotrexate")
PROFILES = (FERRO, BONE)
SOURCES = (
    Source(id="inserm", url="https://inserm.example", name="Inserm"),
    Source(id="daily", url="https://daily.example", name="The Daily"),
    Source(id="nature", url="https://nature.example"),
)


def article(  # each is what a digest looks at
    number: int,
    scores: dict[str, float],
    *,
    story: int = 0,
    language: str = "fr",
    doi: str = "",
    seen: datetime = NOW,
    sources: tuple[str, ...] = ("inserm",),
    summary: str = "La ferroptose et les lysosomes ; l’ostéosarcome et le méthotrexate.",
) -> Remembered:
    return Remembered(
        id=number,
        article=Article(
            source=sources[0],
            url=f"https://x.example/{number}",
            title=f"Titre {number}",
            summary=summary,
            language=language,
        ),
        first_seen=seen,
        changed=None,
        story=story or number,
        sources=sources,
        aliases=(("doi", doi),) if doi else (),
        cites=(),
        scores=tuple(sorted(scores.items(), key=lambda s: -s[1])),
    )


def made(
    *news: Remembered,
    older: tuple[Remembered, ...] = (),
    profiles: tuple[Profile, ...] = PROFILES,
    states: dict[str, SourceState] | None = None,
    language: str = "fr",
) -> Digest:
    stories: dict[int, tuple[Remembered, ...]] = {}
    for one in sorted((*older, *news), key=lambda r: r.id):
        stories[one.story] = (*stories.get(one.story, ()), one)
    return compose(news, stories, profiles, SOURCES, states or {}, PERIOD, language)


def lines(digest: Digest) -> dict[str, list[Line]]:
    return {section.profile: list(section.lines) for section in digest.sections}


def only(digest: Digest) -> Line:
    (line,) = (line for section in digest.sections for line in section.lines)
    return line


def leads(digest: Digest) -> dict[str, list[int]]:
    return {name: [line.lead.id for line in found] for name, found in lines(digest).items()}


def test_a_story_has_one_line_whatever_the_number_of_its_tellings() -> None:
    tellings = [
        article(n, {"ferro": 60 + n}, story=1, sources=(s,)) for n, s in enumerate(("inserm", "daily", "nature"), 1)
    ]
    line = only(made(*tellings))
    assert [o.article for o in line.outlets] == [line.lead.id, *(n for n in (1, 2, 3) if n != line.lead.id)]
    assert len(line.fresh) == 3


def test_each_profile_has_a_section_in_the_order_of_the_settings() -> None:
    assert leads(made(article(1, {"bone": 70}))) == {"ferro": [], "bone": [1]}
    assert [s.profile for s in made(profiles=(BONE, FERRO)).sections] == ["bone", "ferro"]
    assert [s.threshold for s in made().sections] == [50.0, 50.0]


def test_a_line_stands_where_it_fits_best_and_names_the_other_profiles() -> None:
    digest = made(article(1, {"ferro": 60, "bone": 80}), article(2, {"ferro": 70, "bone": 49.9}))
    assert leads(digest) == {"ferro": [2], "bone": [1]}
    assert lines(digest)["bone"][0].also == ("ferro",)
    assert lines(digest)["ferro"][0].also == ()


def test_members_of_one_story_may_fit_different_profiles() -> None:
    line = only(made(article(1, {"ferro": 60}, story=1), article(2, {"bone": 80}, story=1)))
    assert (line.score.profile, line.scored, line.also) == ("bone", 2, ("ferro",))


def test_lines_come_best_first() -> None:
    texts = ("Un fer à repasser", "La ferroptose et les lysosomes : ferroptose des lysosomes", "Des lysosomes")
    scored = []
    for number, text in enumerate(texts, 1):
        one = article(number, {}, summary=text)
        scored.append(replace(one, scores=(("ferro", judge(one.article, (FERRO,))[0].value),)))
    digest = made(*scored, profiles=(replace(FERRO, threshold=0.0),))
    assert leads(digest) == {"ferro": [2, 3, 1]}
    values = [line.score.value for line in lines(digest)["ferro"]]
    assert values == sorted(values, reverse=True)


@pytest.mark.parametrize(("value", "shown"), [(49.999, 0), (50.0, 1), (50.001, 1)])
def test_the_threshold_itself_is_enough(value: float, shown: int) -> None:
    digest = made(article(1, {"ferro": value}), article(2, {}))
    assert (len(lines(digest)["ferro"]), digest.read, digest.set_aside) == (shown, 2, 2 - shown)


def test_a_weak_telling_comes_along_with_a_strong_one_and_is_not_set_aside() -> None:
    digest = made(article(1, {"ferro": 90}, story=1), article(2, {"ferro": 3}, story=1), article(3, {"ferro": 10}))
    assert (len(only(digest).fresh), digest.read, digest.set_aside) == (2, 3, 1)


LEADS: dict[str, tuple[tuple[Remembered, ...], int]] = {
    "the paper before the press": (
        (article(1, {"ferro": 90}, story=1), article(2, {"ferro": 10}, story=1, doi="10.1000/a", language="en")), 2,
    ),
    "the reader's language before the other": (
        (article(1, {"ferro": 90}, story=1, language="en"), article(2, {"ferro": 60}, story=1)), 2,
    ),
    "two papers: the reader's language": (
        (article(1, {"ferro": 90}, story=1, doi="10.1000/a", language="en"),
         article(2, {"ferro": 60}, story=1, doi="10.1000/b")), 2,
    ),
    "what says something before a bare title": (
        (article(1, {"ferro": 90}, story=1, summary=""), article(2, {"ferro": 60}, story=1)), 2,
    ),
    "what fits best": ((article(1, {"ferro": 60}, story=1), article(2, {"ferro": 61}, story=1)), 2),
    "the first one": ((article(1, {"ferro": 60}, story=1), article(2, {"ferro": 60}, story=1)), 1),
}  # fmt: skip


@pytest.mark.parametrize("why", LEADS)
def test_the_lead_is_what_to_read_first(why: str) -> None:
    news, lead = LEADS[why]
    for order in (news, news[::-1]):
        line = only(made(*order))
        assert line.lead.id == line.outlets[0].article == lead


def test_an_english_reader_gets_the_english_telling_first() -> None:
    news = (article(1, {"ferro": 90}, story=1), article(2, {"ferro": 60}, story=1, language="en"))
    assert only(made(*news, language="en")).lead.id == 2


def test_the_score_shown_is_that_of_the_member_that_fits_best_and_can_be_taken_apart() -> None:
    news = (article(1, {"ferro": 60}, story=1), article(2, {"ferro": 55}, story=1, doi="10.1000/a"))
    line = only(made(*news))
    assert (line.lead.id, line.scored) == (2, 1)
    assert line.score == judge(news[0].article, (FERRO,))[0]
    assert sum(m.contribution for m in line.score.matches) == pytest.approx(line.score.value)


def test_older_tellings_are_outlets_but_bring_no_line_by_themselves() -> None:
    old = article(1, {"ferro": 99}, story=1, seen=NOW - 20 * DAY, doi="10.1000/a", sources=("nature",))
    late = article(5, {"ferro": 60}, story=1, seen=NOW - DAY, sources=("daily", "inserm"))
    line = only(made(late, older=(old,)))
    assert (line.lead.id, len(line.fresh), line.scored) == (5, 1, 5)
    assert [(o.article, o.source) for o in line.outlets] == [(5, "The Daily"), (5, "Inserm"), (1, "nature")]
    weak = replace(late, scores=(("ferro", 20.0),))
    assert made(weak, older=(old,)).outcome == "nothing"


def test_outlets_other_than_the_lead_come_in_the_order_of_their_arrival() -> None:
    news = tuple(article(n, {"ferro": 60}, story=1, seen=NOW - at * DAY) for n, at in ((1, 1), (2, 3), (3, 2)))
    assert [o.article for o in only(made(*news)).outlets] == [1, 2, 3]
    assert [o.article for o in only(made(*news, language="en")).outlets] == [1, 2, 3]


def test_a_source_that_left_the_settings_is_named_by_its_id() -> None:
    assert only(made(article(1, {"ferro": 60}, sources=("former",)))).outlets[0].source == "former"


def ill(*names: str) -> dict[str, SourceState]:
    trouble = Trouble(kind="dns")
    return {s.id: SourceState(source=s.id, trouble=trouble if s.id in names else None) for s in SOURCES}


NEWS = article(1, {"ferro": 60})
OUTCOMES: list[tuple[tuple[Remembered, ...], dict[str, SourceState], str, int]] = [
    ((NEWS,), {}, "news", 0),
    ((NEWS,), ill("inserm", "daily", "nature"), "news", 3),
    ((), {}, "nothing", 0),
    ((article(1, {"ferro": 9}),), ill("inserm"), "nothing", 1),
    ((), ill("inserm", "daily"), "nothing", 2),
    ((), ill("inserm", "daily", "nature"), "failed", 3),
    ((article(1, {"ferro": 9}),), ill("inserm", "daily", "nature"), "failed", 3),
    ((), {"former": SourceState(source="former", trouble=Trouble(kind="dns"))}, "nothing", 0),
]


@pytest.mark.parametrize(("news", "states", "outcome", "troubles"), OUTCOMES)
def test_silence_is_told_from_failure(
    news: tuple[Remembered, ...], states: dict[str, SourceState], outcome: str, troubles: int
) -> None:
    digest = made(*news, states=states)
    assert (digest.outcome, len(digest.troubles), digest.sources) == (outcome, troubles, 3)
    assert (digest.start, digest.end) == PERIOD


def test_what_is_noticed_stands_beside_the_troubles() -> None:
    quiet = SourceState(source="inserm", checked=NOW, ok=NOW, newest=NOW - 30 * DAY, usual_gap=DAY, gap=NOW - 2 * DAY)
    states = {"inserm": quiet, "daily": SourceState(source="daily", trouble=Trouble(kind="dns"), gap=NOW - 9 * DAY)}
    digest = made(states=states)
    assert [(h.source.id, h.word) for h in digest.notices] == [("inserm", "gap"), ("inserm", "silent")]
    assert [(h.source.id, h.word) for h in digest.troubles] == [("daily", "broken")]  # its gap is of another period
    assert (digest.outcome, digest.notices[1].since) == ("nothing", NOW - 30 * DAY)


def test_without_profiles_and_without_sources_there_is_still_a_digest() -> None:
    digest = compose((NEWS,), {1: (NEWS,)}, (), (), {}, PERIOD)
    assert (digest.sections, digest.read, digest.set_aside, digest.outcome) == ((), 1, 1, "nothing")


@st.composite
def worlds(draw: Callable[[st.SearchStrategy[int]], int]) -> tuple[tuple[Remembered, ...], tuple[Remembered, ...]]:
    """Articles of the period, and older ones, in a few stories."""
    count = draw(st.integers(0, 12))
    known = []
    for number in range(1, count + 1):
        old = draw(st.integers(0, 3)) == 0
        scores = {"ferro": draw(st.integers(0, 100)) * 1.0, "bone": draw(st.integers(0, 100)) * 1.0}
        known.append(
            article(
                number,
                scores,
                story=draw(st.integers(1, 5)),
                language="fr" if draw(st.integers(0, 1)) else "en",
                doi="10.1000/a" if draw(st.integers(0, 3)) == 0 else "",
                seen=NOW - (20 if old else 1) * DAY,
                sources=("inserm", "daily")[: draw(st.integers(1, 2))],
            )
        )
    fresh = tuple(k for k in known if k.first_seen >= PERIOD[0])
    return fresh, tuple(k for k in known if k.first_seen < PERIOD[0])


@settings(deadline=None)
@given(worlds())
def test_every_new_article_is_in_one_line_or_set_aside(
    world: tuple[tuple[Remembered, ...], tuple[Remembered, ...]],
) -> None:
    fresh, older = world
    digest = made(*fresh, older=older)
    everything = [line for section in digest.sections for line in section.lines]
    shown = Counter(number for line in everything for number in {o.article for o in line.outlets})
    new = {k.id for k in fresh}
    assert set(shown.values()) <= {1}
    assert (
        sum(number in new for number in shown)
        == sum(len(line.fresh) for line in everything)
        == digest.read - digest.set_aside
    )
    assert digest.read == len(fresh)
    stories = {k.story for k in fresh if any(value >= 50 for _, value in k.scores)}
    assert {line.lead.story for line in everything} == stories
    assert all(line.lead.id in new and line.scored in new for line in everything)
    assert leads(made(*reversed(fresh), older=older)) == leads(digest)  # the order of arrival does not matter


# Verdicts and rules


def told(*verdicts: tuple[int, str, bool], rules: tuple[Rules, ...] = ()) -> Steering:
    return steering(rules, [Verdict(article=a, profile=p, keep=k, at=NOW) for a, p, k in verdicts])


def steered(said: Steering, *news: Remembered) -> Digest:
    stories: dict[int, tuple[Remembered, ...]] = {}
    for one in news:
        stories[one.story] = (*stories.get(one.story, ()), one)
    return compose(news, stories, PROFILES, SOURCES, {}, PERIOD, "fr", said)


def test_a_kept_article_is_shown_whatever_its_score_and_says_so() -> None:
    digest = steered(told((1, "bone", True)), article(1, {"bone": 3}))
    assert leads(digest) == {"ferro": [], "bone": [1]}
    assert only(digest).kept
    assert not only(steered(told(), article(1, {"bone": 70}))).kept
    both = steered(told((1, "bone", True)), article(1, {"bone": 3, "ferro": 90}))
    assert leads(both) == {"ferro": [], "bone": [1]}
    assert lines(both)["bone"][0].also == ("ferro",)


def test_a_rejected_article_is_not_shown_for_that_profile() -> None:
    said = told((1, "ferro", False))
    assert leads(steered(said, article(1, {"ferro": 90}))) == {"ferro": [], "bone": []}
    assert leads(steered(said, article(1, {"ferro": 90, "bone": 60}))) == {"ferro": [], "bone": [1]}
    assert steered(said, article(1, {"ferro": 90})).set_aside == 1


def test_the_story_of_a_rejected_article_is_led_by_another() -> None:
    paper, brief = article(1, {"ferro": 90}, doi="10.1/x"), article(2, {"ferro": 60}, story=1)
    line = only(steered(told((1, "ferro", False)), paper, brief))
    assert (line.lead.id, line.scored, len(line.fresh)) == (2, 2, 2)
    assert [o.article for o in line.outlets] == [2, 1]
    assert only(steered(told(), paper, brief)).lead.id == 1


@pytest.mark.parametrize(
    "rule", [Rules(never=("lysosome",)), Rules(profile="ferro", never=("lysosome",)), Rules(must=("rein",))]
)
def test_a_rule_sets_aside_and_is_counted(rule: Rules) -> None:
    digest = steered(told(rules=(rule,)), article(1, {"ferro": 90}), article(2, {"ferro": 20}))
    assert (digest.outcome, digest.by_rules, digest.set_aside) == ("nothing", 1, 2)
    again = steered(told(), article(1, {"ferro": 90}), article(2, {"ferro": 20}))
    assert (again.outcome, again.by_rules, again.set_aside) == ("news", 0, 1)


def test_a_verdict_is_stronger_than_a_rule() -> None:
    rules = (Rules(never=("lysosome",)),)
    assert only(steered(told((1, "ferro", True), rules=rules), article(1, {"ferro": 90}))).kept
    rules = (Rules(always=("lysosome",)),)
    said = told((1, "ferro", False), (1, "bone", False), rules=rules)
    assert steered(said, article(1, {"ferro": 90})).outcome == "nothing"


def test_always_shows_once_under_the_profile_that_fits_best() -> None:
    digest = steered(told(rules=(Rules(always=("lysosome",)),)), article(1, {"ferro": 9, "bone": 20}))
    line = only(digest)
    assert (line.score.profile, line.also) == ("bone", ())
    assert line.rule == Ruling(name="always", word="lysosome", profile="")
    assert only(steered(told(rules=(Rules(always=("lysosome",)),)), article(1, {"ferro": 70}))).rule is None
    mine = steered(told(rules=(Rules(profile="ferro", always=("lysosome",)),)), article(1, {"bone": 70}))
    assert (only(mine).score.profile, only(mine).also) == ("bone", ("ferro",))
