"""The digest on a screen: golden texts, and screens that no title can take over.

The golden texts are in tests/golden/digest-<language>-<width>.txt, without the spaces that rich leaves at line ends.
`WATCHER_GOLDEN=write pytest tests/test_render_terminal.py` writes them again; look at what changed before keeping it.
"""

import io
import os
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from rich.console import Console

from watcher.articles import Article
from watcher.digest import Digest, Line, Near, Outlet, Section
from watcher.health import Health
from watcher.relevance import Match, Score
from watcher.render.sheet import linked, reasons
from watcher.render.terminal import console, show_digest
from watcher.rules import Ruling
from watcher.sources import Source, SourceState, Trouble
from watcher.store import Remembered
from watcher.text import clean

GOLDEN = Path(__file__).parent / "golden"
PARIS = ZoneInfo("Europe/Paris")
NOW = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
ESCAPE = re.compile(r"\x1b\[[0-9;]*m|\x1b\]8;[^\x1b\x07]*\x1b\\")  # the two kinds that rich writes: styles and links


def match(label: str, contribution: float, weight: float = 0.5) -> Match:
    return Match(key=label, label=label, fields=("title",), count=1, weight=weight, contribution=contribution)


def remembered(number: int, article: Article, **known: object) -> Remembered:
    facts: dict[str, object] = {"changed": None, "aliases": (), "cites": (), "scores": (), "first_seen": NOW}
    return Remembered(id=number, article=article, story=number, sources=(article.source,), **(facts | known))  # type: ignore[arg-type]


def outlet(name: str, article: int, language: str = "fr") -> Outlet:
    return Outlet(
        source=name, article=article, url="https://a.example/", title="Ailleurs", language=language, published=None
    )


def line(lead: Remembered, matches: tuple[Match, ...], *others: Outlet, also: tuple[str, ...] = ()) -> Line:
    score = Score(profile="ferroptose", value=sum(m.contribution for m in matches), matches=matches)
    first = outlet(lead.article.source, lead.id, lead.article.language)
    return Line(lead=lead, score=score, scored=lead.id, outlets=(first, *others), also=also, fresh=(lead.id,))


PAPER = remembered(
    1204,
    Article(
        source="Nature",
        url="https://www.nature.example/articles/s41586-1",
        title="Lysosomal iron makes drug-tolerant persister cells prone to ferroptosis",
        summary="Persister cells outlive every treatment. We show that the iron they hoard in their lysosomes is also"
        " what kills them, once it is set free: a small molecule is enough in mice, and in the samples of nine patients"
        " whose tumours had come back after surgery.",
        language="en",
        journal="Nature",
        published=datetime(2026, 2, 28, 23, 30, tzinfo=UTC),
    ),
    aliases=(("doi", "10.5555/iron.2026.1"), ("url", "https://www.nature.example/articles/s41586-1")),
)
STORY = line(
    PAPER,
    (
        match("ferroptose", 21.4),
        match("cellule persistante", 14.4),
        match("lysosome", 9.4),
        match("fer", 8.4),
        match("tolérance aux médicaments", 7.4),
        match("tumeur", 6.4),
        match("souris", 5.1),
    ),
    outlet("Nature", 1204, "en"),
    outlet("Inserm, salle de presse", 1205),
    outlet("Le Monde, santé", 1206),
    outlet("Bench & Bedside", 1207, "en"),
    outlet("Le Figaro, santé", 1208),
    outlet("Egora", 1209),
    also=("melanome-senescence",),
)
UNDATED = line(
    remembered(7, Article(source="Gazette des hôpitaux", summary="Une dépêche sans titre ni date.", language="fr")),
    (match("ferroptose", 50.6),),
)
DIGEST = Digest(
    start=NOW - timedelta(days=7),
    end=NOW,
    sections=(
        Section(profile="ferroptose", threshold=50.0, lines=(STORY, UNDATED)),
        Section(profile="melanome-senescence", threshold=50.0, lines=()),
    ),
    read=1312,
    set_aside=1310,
    sources=3,
    troubles=(
        Health(
            source=Source(id="curie", url="https://curie.example/feed", name="Institut Curie"),
            state=SourceState(
                source="curie",
                failures=3,
                trouble=Trouble(kind="blocked", status=403),
                since=datetime(2026, 2, 27, 5, 0, tzinfo=UTC),
            ),
        ),
    ),
)


def shown(digest: Digest, language: str = "fr", width: int = 80) -> str:
    """What a pipe gets: no colour, no terminal."""
    return printed(digest, console(width=width, colour=False), language)


def printed(digest: Digest, screen: Console, language: str = "fr") -> str:
    screen.file = io.StringIO()
    show_digest(digest, screen, language=language, zone=PARIS)
    return screen.file.getvalue()


def trimmed(text: str) -> str:
    return "".join(f"{one.rstrip()}\n" for one in text.splitlines())


def titled(title: str, url: str = "https://a.example/1") -> Digest:
    article = Article(source="Source", title=title, url=url, summary=title, language="fr")
    one = line(remembered(1, article), (match(title[:40], 60.0),))
    section = Section(profile="ferroptose", threshold=50.0, lines=(one,))
    return Digest(start=NOW, end=NOW, sections=(section,), read=1, set_aside=0, sources=1, troubles=())


@pytest.fixture(autouse=True)
def no_wishes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The screen of the one who runs the tests changes nothing."""
    for name in ("FORCE_COLOR", "NO_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE", "COLUMNS", "LINES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")


@pytest.fixture
def in_colour(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")


@pytest.mark.parametrize("width", [60, 80, 120])
@pytest.mark.parametrize("language", ["fr", "en"])
def test_golden(language: str, width: int) -> None:
    text = trimmed(shown(DIGEST, language, width))
    file = GOLDEN / f"digest-{language}-{width}.txt"
    if os.environ.get("WATCHER_GOLDEN") == "write":
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")
    assert text == file.read_text(encoding="utf-8")
    assert max(len(one) for one in text.splitlines()) <= width


@pytest.mark.parametrize("width", [20, 40])
@pytest.mark.parametrize("language", ["fr", "en"])
def test_a_narrow_screen_still_shows_every_story(language: str, width: int) -> None:
    text = shown(DIGEST, language, width)
    assert max(len(one) for one in text.splitlines()) <= width
    assert "Lysosomal" in text
    assert "10.5555/iron" in text.replace("\n", "").replace(" ", "")


@pytest.mark.usefixtures("in_colour")
def test_colour_changes_only_the_look(monkeypatch: pytest.MonkeyPatch) -> None:
    coloured = printed(DIGEST, console(width=80))
    monkeypatch.delenv("FORCE_COLOR")
    assert "\x1b[" in coloured
    assert ESCAPE.sub("", coloured) == shown(DIGEST)


@pytest.mark.usefixtures("in_colour")
def test_no_colour_on_request() -> None:
    assert not re.search(r"\x1b\[[0-9;]*3[0-9]m", printed(DIGEST, console(width=80, colour=False)))


def test_a_pipe_gets_no_escape_sequence() -> None:
    assert "\x1b" not in shown(DIGEST)


HOSTILE = (
    "[/x] fermé sans être ouvert",
    "[red]rouge[/red] et [bold]gras",
    "[link=file:///etc/passwd]cliquez[/link]",
    ":smile: :warning:",
    "une barre à la fin \\",
    "\\[red] et \\",
    "[2024/] bilan [1/2]",
    "[@click=app.quit]x[/]",
)


@pytest.mark.parametrize("title", HOSTILE)
def test_a_title_is_shown_as_it_is_written(title: str) -> None:
    text = shown(titled(title))
    assert text.count(title) == 3  # title, extract, reason


@pytest.mark.usefixtures("in_colour")
@pytest.mark.parametrize("title", HOSTILE)
def test_a_title_is_shown_as_it_is_written_in_colour(title: str) -> None:
    text = printed(titled(title), console(width=80))
    assert "\x1b" not in ESCAPE.sub("", text)
    assert ESCAPE.sub("", text).count(title) == 3
    assert {link for link in re.findall(r"\x1b\]8;id=[0-9]+;([^\x1b]*)", text) if link} == {"https://a.example/1"}


@pytest.mark.usefixtures("in_colour")
@pytest.mark.parametrize(
    "attack",
    [
        "\x1b[2J\x1b[H effacé",
        "\x1b]0;titre de fenêtre\x07 suite",
        "\x1b]8;;file:///etc/passwd\x1b\\cliquez\x1b]8;;\x1b\\",
        "\x9b31m rouge à l’ancienne",
        "retour\rchariot et \x08 recul",
        "\u202eà l’envers",
    ],
)
def test_a_cleaned_title_commands_nothing(attack: str) -> None:
    text = printed(titled(clean(attack)), console(width=80))
    rest = ESCAPE.sub("", text)
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]", rest)
    assert clean(attack) in rest
    assert "file:" not in "".join(re.findall(r"\x1b\]8;[^\x1b]*", text))


@pytest.mark.usefixtures("in_colour")
@pytest.mark.parametrize("url", ["", "file:///etc/passwd", "javascript:alert(1)", "ftp://a.example/", "/relative"])
def test_only_web_addresses_become_links(url: str) -> None:
    assert "\x1b]8" not in printed(titled("Titre", url), console(width=80))
    assert linked(url) == ""


def test_a_word_longer_than_the_screen_is_folded_and_whole() -> None:
    word = "ferroptose" * 30
    text = shown(titled(word), width=60)
    assert max(len(one) for one in text.splitlines()) <= 60
    assert word in "".join(one.strip() for one in text.splitlines())


def test_the_points_named_add_up_to_the_score_shown() -> None:
    for one in (STORY, UNDATED):
        assert sum(reason.points for reason in reasons(one.score, "fr")) == int(f"{one.score.value:.0f}")


def test_a_line_says_that_a_person_or_a_rule_put_it_there() -> None:
    plain = titled("Titre").sections[0].lines[0]
    kept = replace(plain, kept=True, score=Score(profile="ferroptose", value=0.0))
    ruled = replace(plain, rule=Ruling(name="always", word="souris", profile=""))
    digest = replace(titled("Titre"), sections=(Section(profile="f", threshold=50, lines=(kept, ruled)),), by_rules=3)
    text = shown(digest, width=120)
    assert "gardé par vous" in text
    assert text.count("pourquoi") == 1  # nothing of the profile was met in the first
    assert "vos règles le montrent toujours\u00a0: souris" in text
    assert "dont 3 par vos règles" in text.replace("\u00a0", " ")
    assert "règles" not in shown(titled("Titre"))
    assert "kept by you" in shown(digest, "en")


def test_what_waits_and_when_a_talk_is() -> None:
    talk = replace(PAPER, article=replace(PAPER.article, event=datetime(2026, 3, 10, 13, 30, tzinfo=UTC)))
    day = replace(PAPER, article=replace(PAPER.article, event=datetime(2026, 3, 9, 23, 0, tzinfo=UTC), published=None))
    lines = tuple(replace(STORY, lead=lead) for lead in (talk, day))
    digest = replace(DIGEST, carried=3, sections=(Section(profile="f", threshold=50, lines=lines),))
    text = shown(digest, width=120).replace("\u00a0", " ")
    assert "3 histoires attendent la prochaine lettre" in text
    assert "rendez-vous : mardi 10 mars 2026, 14:30\n" in trimmed(text)
    assert "rendez-vous : mardi 10 mars 2026\n" in trimmed(text)  # an hour that nobody said
    assert "sans date" not in text
    assert "takes place: Tuesday 10 March 2026, 14:30" in shown(digest, "en", 120).replace("\u00a0", " ")


def test_what_is_just_below_the_threshold_has_a_line_also_when_there_is_nothing_to_read() -> None:
    near = Near(article=PAPER, score=replace(STORY.score, value=45.2), source="Nature")
    section = Section(profile="ferroptose", threshold=50.0, lines=(), near=(near,))
    text = shown(replace(DIGEST, sections=(section,)), width=120).replace("\u00a0", " ")
    assert "Rien de nouveau à lire" in text
    assert "À surveiller : un peu sous le seuil" in text
    assert " 45  Lysosomal iron makes" in text
    assert "EN · Nature · 1er mars 2026 · ferroptose +21" in text


def test_no_news_is_told_apart_from_no_answer() -> None:
    quiet = Digest(start=NOW, end=NOW, sections=(), read=0, set_aside=0, sources=1, troubles=())
    failed = Digest(start=NOW, end=NOW, sections=(), read=0, set_aside=0, sources=1, troubles=DIGEST.troubles)
    partly = Digest(start=NOW, end=NOW, sections=(), read=0, set_aside=0, sources=2, troubles=DIGEST.troubles)
    texts = [shown(d, width=200) for d in (quiet, failed, partly)]
    assert "les sources ont répondu" in texts[0]
    assert "n’est pas une absence de nouvelles" in texts[1]
    assert "dans les sources qui ont répondu" in texts[2]
    assert [("Sources à surveiller" in text) for text in texts] == [False, True, True]


@pytest.mark.parametrize(
    ("language", "said"),
    [
        (
            "fr",
            "Curie se tait depuis le 1er mars 2026, elle qui publie d’ordinaire tous les jours — ouvrez son adresse",
        ),
        ("en", "Curie silent since 1 March 2026; it usually publishes every day — open its address in a browser"),
    ],
)
def test_what_is_noticed_is_said_with_what_to_do(language: str, said: str) -> None:
    since = datetime(2026, 3, 1, 7, 0, tzinfo=UTC)
    state = SourceState(source="curie", usual_gap=timedelta(days=1))
    source = Source(id="curie", url="https://curie.example/feed", name="Curie")
    notice = Health(source=source, state=state, word="silent", since=since, advice="open-it")
    digest = Digest(start=NOW, end=NOW, sections=(), read=0, set_aside=0, sources=1, troubles=(), notices=(notice,))
    text = shown(digest, language)
    assert said in " ".join(text.replace("\u00a0", " ").split())
    assert ("Sources à surveiller" if language == "fr" else "Sources to look at") in text
