"""Digests to be put into every form: one with everything in it, the three outcomes, titles that attack, and many."""

import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from watcher.articles import Article
from watcher.digest import Digest, Line, Near, Outlet, Section, Turn
from watcher.health import Health
from watcher.relevance import Match, Score
from watcher.rules import Ruling
from watcher.sources import Source, SourceState, Trouble
from watcher.store import Remembered
from watcher.works import Step

PARIS = ZoneInfo("Europe/Paris")
NOW = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
_GOLDEN = Path(__file__).parent / "golden"


def golden(name: str, made: str | bytes) -> None:
    """Compare with a golden file; `WATCHER_GOLDEN=write pytest` writes it: look at what changed before keeping it."""
    document = made.encode() if isinstance(made, str) else made
    file = _GOLDEN / name
    if os.environ.get("WATCHER_GOLDEN") == "write":
        file.write_bytes(document)
    assert document.decode() == file.read_bytes().decode()


def match(label: str, key: str, contribution: float) -> Match:
    return Match(key=key, label=label, fields=("text",), count=1, weight=0.5, contribution=contribution)


def remembered(number: int, article: Article, *aliases: tuple[str, str]) -> Remembered:
    return Remembered(
        id=number,
        article=article,
        first_seen=NOW - timedelta(hours=1),
        changed=None,
        story=number,
        sources=(article.source,),
        aliases=aliases,
        cites=(),
        scores=(),
    )


def outlet(name: str, article: int, language: str = "fr", url: str = "") -> Outlet:
    url = url or f"https://outlet-{article}.example/story?id={article}&from=rss"
    return Outlet(source=name, article=article, url=url, title="Ailleurs", language=language, published=None)


def line(lead: Remembered, matches: tuple[Match, ...], *others: Outlet, also: tuple[str, ...] = ()) -> Line:
    score = Score(profile="ferroptose", value=sum(m.contribution for m in matches), matches=matches)
    first = outlet(lead.article.source, lead.id, lead.article.language, lead.article.url)
    return Line(lead=lead, score=score, scored=lead.id, outlets=(first, *others), also=also, fresh=(lead.id,))


PAPER = remembered(
    1204,
    Article(
        source="Flux de Nature",
        url="https://www.nature.example/articles/s41586-1?a=1&b=2",
        title="Lysosomal iron makes drug-tolerant persister cells prone to ferroptosis: 50 % of them & more",
        summary="Every oncologist knows the relapse that comes years after a treatment that went well. Persister cells"
        " outlive every drug, for reasons that Dr. Martin and co. have looked for in vain. We show that the iron they"
        " hoard in their lysosomes triggers ferroptosis, once it is set free: a small molecule is enough in mice, and"
        " in the samples of nine patients whose tumours had come back after surgery.",
        language="en",
        journal="Nature",
        published=datetime(2026, 2, 28, 23, 30, tzinfo=UTC),
        authors=("Lefebvre C", "Zoé Œuvrard", "Consortium Fer and Fils"),
        year="2026",
        volume="641",
        pages="112-119",
    ),
    ("doi", "10.5555/iron.2026_1"),
    ("pmid", "40000001"),
    ("hal", "hal-05000001"),
    ("url", "nature.example/articles/s41586-1"),
)
STORY = line(
    PAPER,
    (
        match("ferroptose", "=ferroptosis", 21.4),
        match("cellule persistante", "=persister cell", 14.4),
        match("lysosome", "=lysosome", 9.4),
        match("fer", "=iron", 8.4),
        match("tolérance aux médicaments", "=drug tolerance", 7.4),
        match("tumeur", "=tumour", 6.4),
        match("souris", "=mouse", 5.1),
    ),
    outlet("Inserm, salle de presse", 1205),
    outlet("Le Monde, santé", 1206),
    outlet("Bench & Bedside", 1207, "en"),
    outlet("Inserm, salle de presse", 1208),
    outlet("Le Figaro, santé", 1209),
    outlet("Egora", 1210),
    also=("melanome-senescence",),
)
UNDATED = replace(
    line(
        remembered(7, Article(source="Gazette des hôpitaux", summary="Une dépêche sans titre ni date.", language="fr")),
        (match("ferroptose", "=ferroptosis", 50.6),),
    ),
    kept=True,
)
RULED = replace(
    line(
        remembered(
            8,
            Article(
                source="Institut Curie",
                url="https://curie.example/actualites/fer",
                title="Le fer, talon d’Achille des tumeurs : « une piste », dit l’Institut",
                summary="Le fer nourrit la tumeur ; il la tue aussi ! Des chercheurs l’ont vu chez la souris.",
                language="fr",
                published=datetime(2026, 3, 1, 9, 0, tzinfo=UTC),
                event=datetime(2026, 3, 10, 13, 30, tzinfo=UTC),
            ),
        ),
        (match("fer", "=iron", 22.5), match("tumeur", "=tumour", 9.5)),
    ),
    rule=Ruling(name="always", word="Institut Curie", profile=""),
)
ALMOST = Near(
    article=remembered(
        9,
        Article(
            source="Bench & Bedside",
            url="https://bench.example/iron?a=1&b=2",
            title="Iron in <melanoma>: what a dozen mice can & cannot tell",
            language="en",
            published=datetime(2026, 2, 27, 9, 0, tzinfo=UTC),
        ),
    ),
    score=Score(
        profile="ferroptose",
        value=46.2,
        matches=(match("fer", "=iron", 22.5), match("tumeur", "=tumour", 13.5), match("souris", "=mouse", 10.2)),
    ),
    source="Bench & Bedside",
)
ALSO = Near(
    article=remembered(10, Article(source="Egora", title="", language="fr")),
    score=Score(profile="melanome-senescence", value=40.0, matches=(match("sénescence", "=senescence", 40.0),)),
    source="Egora",
)
SILENT = Health(
    source=Source(id="egora", url="https://egora.example/rss", name="Egora & Cie"),
    state=SourceState(source="egora", usual_gap=timedelta(days=3)),
    word="silent",
    since=datetime(2026, 1, 31, 7, 0, tzinfo=UTC),
    advice="open-it",
)
BLOCKED = Health(
    source=Source(id="curie", url="https://curie.example/feed", name="Institut Curie"),
    state=SourceState(
        source="curie",
        failures=3,
        trouble=Trouble(kind="blocked", status=403),
        since=datetime(2026, 2, 27, 5, 0, tzinfo=UTC),
    ),
    word="blocked",
    since=datetime(2026, 2, 27, 5, 0, tzinfo=UTC),
    advice="ask-publisher",
)
RETRACTED = Turn(
    article=remembered(
        311,
        Article(
            source="Flux de PLOS",
            url="https://journals.example/pone.0300001",
            title="Ferritinophagy & relapse: a cohort",
            language="en",
            journal="PLOS ONE",
            published=datetime(2025, 9, 4, 10, 0, tzinfo=UTC),
            status="retracted",
        ),
        ("doi", "10.5555/pone.0300001"),
    ),
    step=Step(
        id=1, article=311, at=NOW - timedelta(days=2), before="", after="retracted", because="doi:10.5555/pone.0399999"
    ),
)
DIGEST = Digest(
    start=NOW - timedelta(days=7),
    end=NOW,
    sections=(
        Section(profile="ferroptose", threshold=50.0, lines=(STORY, UNDATED, RULED), near=(ALMOST,)),
        Section(profile="melanome-senescence", threshold=50.0, lines=(), near=(ALSO,)),
    ),
    read=1312,
    set_aside=1309,
    by_rules=2,
    sources=3,
    troubles=(BLOCKED,),
    notices=(SILENT,),
    turns=(RETRACTED,),
)
QUIET = replace(DIGEST, turns=(), sections=(), read=0, set_aside=0, by_rules=0, troubles=(), notices=())
PARTLY = replace(QUIET, troubles=(BLOCKED,))
FAILED = replace(PARTLY, sources=1)

# Texts as a careless room might let them through: no form relies on their having been cleaned.
HOSTILE = (
    "[/x] [red]rouge[/red] :smile: [link=file:///etc/passwd]cliquez[/link]",
    "\x1b[2J\x1b[H effacé \x1b]8;;file:///etc/passwd\x1b\\cliquez\x1b]8;;\x1b\\ \x9b31m",
    "\u202eà l’envers\u202c et \u2066isolé\u2069, z\u200bé\u200bro",
    "<script src=https://evil.example/x.js></script><img src='https://evil.example/p.gif' onerror=alert(1)>",
    "</mark></p></article></style><style>@import 'https://evil.example/a.css'</style>&lt;b&gt;",
    "{{ 7*7 }} {% include '/etc/passwd' %} ${x} #{y}",
    '=HYPERLINK("https://evil.example";"x")',
    "@article{x, title = {{a}}} } { \\input{/etc/passwd} 100 % $x_1^2$ ~ # & ER  - ",
    "ER  - \r\nTY  - JOUR\r\nTI  - glissé",
    "Subject: glissé\r\nBcc: tous@evil.example\r\n\r\n<b>corps</b>",
    "](https://evil.example) ![x](https://evil.example/p.gif) `code` *a* _b_ <https://evil.example> www.evil.example",
    "- liste ]]> <!-- --> &nbsp; &#x3c; 1. un | deux | trois @quelqu’un #12",
    "1. une liste\u2028\u2029\x85 et \x00 la fin \ufffe",
    "mot" * 400,
)


def titled(text: str, url: str = "https://a.example/1") -> Digest:
    """A digest in which everything that a feed says is this text."""
    article = Article(
        source="s",
        title=text,
        url=url,
        summary=f"{text} La ferroptose tue. {text}",
        language="fr",
        journal=text,
        authors=(text,),
        pages="1",
        volume=text[:40],
    )
    lead = remembered(1, article, ("doi", f"10.5555/{text[:60]}"))
    made = line(lead, (match(text[:60], "=ferroptosis", 60.0),), outlet(text, 2))
    made = replace(made, outlets=(replace(made.outlets[0], source=text), *made.outlets[1:]), also=(text[:50],))
    section = Section(profile="ferroptose", threshold=50.0, lines=(made,))
    ill = replace(BLOCKED, source=Source(id="s", url="https://s.example/feed", name=text))
    return replace(QUIET, sections=(section,), read=1, sources=2, troubles=(ill,))


def many(stories: int) -> Digest:
    """A digest of that many stories, each as long as they come."""
    lines = tuple(
        replace(STORY, lead=replace(PAPER, id=number, story=number, article=_long(number)), scored=number)
        for number in range(1, stories + 1)
    )
    return replace(DIGEST, sections=(Section(profile="ferroptose", threshold=50.0, lines=lines),))


def _long(number: int) -> Article:
    title = (
        "Une étude de phase III à l’échelle européenne évalue l’effet du fer lysosomal sur la ferroptose des tumeurs"
    )
    return replace(
        PAPER.article, title=f"{title} ({number})", url=f"https://revue.example/articles/{number}/" + "x" * 60
    )
