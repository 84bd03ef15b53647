"""Tables for people: each one renders, shows what it is given, and adds up."""

import io
import math
import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from rich.console import RenderableType

from watcher import config
from watcher.articles import Article
from watcher.ownpages import OwnPage
from watcher.profiles import ProfileSetting, learn
from watcher.relevance import Match, Score, judge
from watcher.render.tables import (
    article_page,
    articles_table,
    explanation,
    groups_table,
    profile_table,
    profile_yaml,
    profiles_table,
    ranking_table,
    sources_table,
)
from watcher.render.terminal import console
from watcher.seeds import Seed
from watcher.sources import Source
from watcher.store import Remembered
from watcher.stories import Tie

PARIS = ZoneInfo("Europe/Paris")
NOW = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
SOURCES = (
    Source(id="inserm", url="https://inserm.example/feed", name="Inserm [presse]"),
    Source(id="curie", url="https://curie.example/feed", every=timedelta(minutes=90)),
    Source(id="neuve", url="https://neuve.example/feed", every=timedelta(minutes=10)),
)
SEED = Seed(name="a.md", title="Ferroptose", text="La ferroptose part du lysosome. Le fer du lysosome la déclenche.")
SETTING = ProfileSetting(name="fer", seeds=Path("dossier/seeds/fer"))
PROFILE = learn((SEED,), SETTING)
ARTICLE = Article(
    source="inserm",
    guid="007",
    url="https://inserm.example/1",
    title="La ferroptose part du lysosome [vidéo]",
    summary="Le fer s’y accumule.",
    published=NOW - timedelta(days=1),
)
KNOWN = Remembered(
    id=3,
    article=ARTICLE,
    first_seen=NOW,
    changed=NOW,
    story=3,
    sources=("inserm", "disparue"),
    aliases=(("doi", "10.5555/x"), ("url", "https://inserm.example/1")),
    cites=(("pmid", "123"),),
    scores=(("fer", 61.54),),
)
OTHER = replace(KNOWN, id=4, article=replace(ARTICLE, title="Iron in lysosomes", source="curie"), sources=("curie",))


def printed(*parts: RenderableType, width: int = 160) -> str:
    screen = console(width=width, colour=False)
    screen.file = io.StringIO()
    for part in parts:
        screen.print(part)
    return screen.file.getvalue()


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("width", [30, 80, 160])
def test_every_table_renders_within_the_screen(language: str, width: int) -> None:
    scores = judge(ARTICLE, (PROFILE,))
    tables: Iterable[RenderableType] = (
        sources_table(SOURCES, language),
        profiles_table((PROFILE,), language),
        profile_table(PROFILE, language),
        articles_table((KNOWN, OTHER), language, PARIS),
        articles_table((), language, PARIS),
        article_page(KNOWN, (KNOWN, OTHER), (), {}, language, PARIS),
        ranking_table([(ARTICLE, scores[0])], language),
        groups_table((ARTICLE,), ((0, 0),), language),
        *explanation(KNOWN, scores, language),
    )
    for table in tables:
        text = printed(table, width=width)
        assert text.strip()
        assert max(len(line) for line in text.splitlines()) <= width


def test_sources() -> None:
    text = printed(sources_table(SOURCES, "fr"))
    assert "Inserm [presse]" in text
    assert re.findall(r"[\d.,]+ (?:h|min)\b", text) == ["6 h", "90 min", "10 min"]


def test_a_profile_and_its_terms() -> None:
    text = printed(profile_table(PROFILE, "fr"))
    assert "ferroptose" in text
    assert "ferroptosis" in text
    assert "1,00" in text
    assert "a.md" in text
    assert "vous (feeds.yaml)" in printed(profile_table(learn((SEED,), replace(SETTING, include=("licorne",))), "fr"))
    assert "ferroptose" in printed(profiles_table((PROFILE,), "en"))


def test_found_articles() -> None:
    text = printed(articles_table((KNOWN, replace(OTHER, scores=())), "fr", PARIS))
    assert "[vidéo]" in text
    assert "1er mars 2026" in text
    assert " 62 " in text
    assert " — " in text
    assert "rien trouvé" in printed(articles_table((), "fr", PARIS))


def test_an_article_with_its_names_and_ties() -> None:
    ties = (Tie(article=4, strength=0.525, shared=("ferroptose", "lysosome")),)
    text = printed(article_page(KNOWN, (KNOWN, OTHER), ties, {"inserm": "Inserm"}, "fr", PARIS))
    assert "[vidéo]" in text
    for fact in ("Inserm, disparue", "doi:10.5555/x", "pmid:123", "fer 61,5", "1er mars 2026", "2 mars 2026, 07:00"):
        assert fact in text
    assert "Même histoire" in text
    assert "n°\u00a04 Iron in lysosomes (curie)" in text
    assert re.search(r"lien 0,5[23]\u00a0: ferroptose, lysosome", text)
    assert "tie 0.5" in printed(article_page(KNOWN, (KNOWN, OTHER), ties, {}, "en", PARIS))


def test_an_article_says_when_its_text_comes_from_its_own_page() -> None:
    read = OwnPage(article=3, url=ARTICLE.url, asked=NOW, outcome="read", text="Le fer s’y accumule.\nIl y oxyde tout.")
    text = printed(article_page(replace(KNOWN, page=read), (KNOWN,), (), {}, "fr", PARIS))
    assert "sa page  " in text
    assert "le texte ci-dessous et les notes en viennent" in text
    assert "Il y oxyde tout." in text
    refused = replace(read, outcome="robots", text="")
    text = printed(article_page(replace(KNOWN, page=refused), (KNOWN,), (), {}, "en", PARIS))
    assert "not read: robots.txt forbids it" in text
    assert "Le fer s’y accumule." in text


def test_an_article_alone_has_no_story() -> None:
    bare = replace(KNOWN, article=Article(source="inserm"), changed=None, aliases=(), cites=(), scores=())
    text = printed(article_page(bare, (bare,), (), {}, "fr", PARIS))
    assert "(sans titre)" in text
    assert "sans date" in text
    assert "Même histoire" not in text
    assert "modifié" not in text


@pytest.mark.parametrize("language", ["fr", "en"])
def test_an_explanation_adds_up(language: str) -> None:
    matches = tuple(
        Match(key=str(n), label=f"terme {n}", fields=("title", "text"), count=2, weight=0.5, contribution=100 / 17)
        for n in range(11)
    )
    score = Score(profile="fer", value=math.fsum(m.contribution for m in matches), matches=matches)
    text = printed(*explanation(KNOWN, (score,), language)).replace(",", ".")
    said = re.search(r"fer[ \u00a0]?: ([0-9.]+) / 100", text)
    assert said
    assert said[1] == "64.7"
    *points, total = (float(p) for p in re.findall(r"^ *([0-9]+\.[0-9]) ", text, re.MULTILINE))
    assert len(points) == 11
    assert math.isclose(math.fsum(points), total)
    assert math.isclose(total, 64.7)


def test_nothing_to_explain() -> None:
    text = printed(*explanation(KNOWN, (Score(profile="fer", value=0.0),), "fr"))
    assert "aucun terme du profil" in text


def test_a_file_ranked_and_grouped() -> None:
    (score,) = judge(ARTICLE, (PROFILE,))
    bare = Article(source="f", guid="b", summary="Sans titre mais pas sans texte")
    text = printed(ranking_table([(ARTICLE, score), (bare, Score(profile="fer", value=0.0))], "fr"))
    assert text.index("007") < text.index("Sans titre mais")
    assert "[vidéo]" in text
    text = printed(groups_table((ARTICLE, bare), ((0, 0), (1, 0)), "fr"))
    assert re.search(r"^ ?b +b +007 +Sans titre mais", text, re.MULTILINE)


@pytest.mark.parametrize(
    "setting",
    [
        SETTING,
        replace(SETTING, name="null", seeds=Path("dossier/ailleurs/mes documents")),
        replace(
            SETTING,
            threshold=12.3456789,
            include=('guillemets "', "barre \\", "no", "c’est : ça"),
            exclude=("[x]", "# croisillon"),
            weights=(("fer", 0.000001), ("non: oui", 100.0)),
        ),
    ],
)
def test_a_profile_written_for_the_settings_is_read_back(tmp_path: Path, setting: ProfileSetting) -> None:
    setting = replace(setting, seeds=tmp_path / setting.seeds)
    setting.seeds.mkdir(parents=True)
    file = tmp_path / "dossier" / "feeds.yaml"
    text = profile_yaml(learn((SEED,), setting), setting, file.parent)
    file.write_text(f"sources: [{{id: a, url: 'https://a.example/'}}]\n{text}", encoding="utf-8")
    assert config.load(file).profiles == (setting,)
    assert "ferroptose" in text  # what was learnt, as a comment


def test_seeds_outside_the_folder_are_named_in_full(tmp_path: Path) -> None:
    setting = replace(SETTING, seeds=tmp_path / "ailleurs")
    assert f'seeds: "{tmp_path / "ailleurs"}"' in profile_yaml(PROFILE, setting, tmp_path / "dossier")
