"""Which references are one work: what agrees, what contradicts, and that the order does not matter."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watcher.articles import Article
from watcher.references import contradict, likeness, reference_of, same_work, same_works

WORK = Article(
    source="s",
    title="Lysosomal iron drives ferroptosis of persister cells in pancreatic tumours",
    authors=("Lambert, M. C.", "Okafor, J."),
    year="2021",
    journal="Journal of Clinical Oncology",
    volume="39",
    pages="1204-1213",
)


def sure(one: Article, other: Article) -> float:
    return same_work(reference_of(one), reference_of(other))


@pytest.mark.parametrize(
    "written",
    [
        {"title": "[Lysosomal iron drives ferroptosis of persister cells in pancreatic tumours]"},
        {"title": f"{WORK.title}. [French]"},
        {"title": f"{WORK.title} [see comment]."},
        {"title": f"T262. {WORK.title}"},
        {"title": "Lysosomal iron drives feroptosis of persister cells in pancreatic tumors"},
        {"title": "Lysosomal iron drives ferroptosis of persister cells"},
        {"authors": ("Marie-Claire Lambert", "John Okafor")},
        {"authors": ("de Lambert MC",)},
        {"authors": ("Okafor J", "Lambert MC")},
        {"authors": ()},
        {"journal": "J Clin Oncol"},
        {"journal": "JCO"},
        {"journal": "", "volume": ""},
        {"volume": "39(11)", "pages": "1204"},
        {"volume": "", "pages": ""},
        {"pages": "01-Dec"},
        {"pages": "P1204"},
        {"year": "2020"},
    ],
)
def test_one_work_is_written_in_many_ways(written: dict[str, object]) -> None:
    assert sure(WORK, replace(WORK, **written)) > 0  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "other",
    [
        {"journal": "Annals of Oncology", "volume": "32", "pages": "S114"},  # an abstract of another congress
        {"volume": "40", "pages": "88-97"},
        {"pages": "1301-1309"},
        {"year": "2018"},
        {"year": "2020", "volume": "", "pages": "", "journal": ""},
        {"authors": ("Nguyen T",), "pages": ""},
        {"title": f"Reply to: {WORK.title}"},
        {"title": f"Erratum: {WORK.title}"},
        {"title": "Outcome of liver transplantation in children with biliary atresia"},  # two abstracts on one page
        {"title": WORK.title + ": part 2", "pages": ""},
        {"ids": (("doi", "10.1200/other"),)},
    ],
)
def test_what_contradicts_keeps_works_apart(other: dict[str, object]) -> None:
    work = replace(WORK, ids=(("doi", "10.1200/one"),))
    assert sure(work, replace(work, **other)) == 0  # type: ignore[arg-type]


def test_a_title_that_says_little_needs_its_place() -> None:
    short = replace(WORK, title="Pleural empyema")
    assert sure(short, short) > 0
    assert sure(short, replace(short, volume="", pages="")) == 0
    assert sure(short, replace(short, title="Empyema of the chest", pages="")) == 0


def test_a_slip_in_the_volume_is_forgiven_when_all_else_agrees() -> None:
    assert sure(WORK, replace(WORK, volume="93")) > 0
    assert sure(WORK, replace(WORK, volume="93", year="2020")) == 0
    assert sure(WORK, replace(WORK, volume="93", journal="Gut")) == 0


def test_titles_in_brackets_keep_the_brackets_inside() -> None:
    nested = replace(WORK, title="[Lysosomal iron drives ferroptosis (the [Fe] hypothesis) of persister cells]")
    assert "persister" in reference_of(nested).title
    assert likeness(reference_of(nested), reference_of(replace(nested, title=nested.title[1:-1]))) == 1


def test_two_that_contradict_each_other_are_not_joined_by_a_third() -> None:
    """A record without volume and pages could be either of two abstracts."""
    one, other = replace(WORK, journal=""), replace(WORK, journal="", volume="32", pages="114")
    silent = replace(WORK, journal="", volume="", pages="")
    references = [reference_of(a) for a in (one, silent, other)]
    assert contradict(references[0], references[2])
    (group,) = same_works(references)
    assert len(group) == 2


REFERENCES = st.builds(
    lambda title, author, year, volume, pages: Article(
        source="s", title=title, authors=author, year=year, journal="Gut", volume=volume, pages=pages
    ),
    st.sampled_from([WORK.title, f"[{WORK.title}]", WORK.title[:50], "Pleural empyema", "", f"Reply to: {WORK.title}"]),
    st.sampled_from([(), ("Lambert M",), ("Marie Lambert", "John Okafor"), ("Nguyen T",)]),
    st.sampled_from(["2020", "2021", "2023", ""]),
    st.sampled_from(["39", "40", ""]),
    st.sampled_from(["1204-13", "e55", "", "12"]),
)


@given(st.lists(REFERENCES, max_size=10), st.randoms(use_true_random=False))
def test_works_do_not_depend_on_the_order(articles: list[Article], random: object) -> None:
    order = list(range(len(articles)))
    random.shuffle(order)  # type: ignore[attr-defined]
    references = [reference_of(a) for a in articles]
    found = {frozenset(_keyed(references[n] for n in group)) for group in same_works(references)}
    again = [references[n] for n in order]
    assert {frozenset(_keyed(again[n] for n in group)) for group in same_works(again)} == found


def _keyed(references: object) -> list[tuple[int, str]]:
    counted: dict[str, int] = {}
    for reference in references:  # type: ignore[attr-defined]
        counted[repr(reference)] = counted.get(repr(reference), 0) + 1
    return [(count, name) for name, count in counted.items()]


@given(st.lists(REFERENCES, max_size=8))
def test_nobody_in_a_group_contradicts_another(articles: list[Article]) -> None:
    references = [reference_of(a) for a in articles]
    for group in same_works(references):
        assert not any(contradict(references[a], references[b]) for a in group for b in group)
