"""Documents that are wrong in every way known to us, each polled beside healthy sources, which all come in whole."""

import json
import multiprocessing
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from servers import Answer, Server, http_server, reply

from watcher.articles import Article, Parsed
from watcher.fetch import Manners
from watcher.parse import parse
from watcher.parse.html import MAX_TEXT, MAX_TITLE
from watcher.parse.pointers import outlines
from watcher.run import SourceReport, digest, poll
from watcher.sources import Source, SourceState
from watcher.store import Remembered, Store

FIRST = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)
THEN = FIRST + timedelta(days=1)
LOCAL = Manners(allow_hosts=("127.0.0.0/8",), deadline=2.0)
HEALTHY = 8  # sources among the hostile ones
SAFE = "Un titre de bonne foi"
PAGE = (("item", "tr"), ("title", "td"))

DECLARED = b'<?xml version="1.0" encoding="utf-8"?>\n'
TAIL = "</channel></rss>"


def item(title: str, number: int = 1, more: str = "") -> str:
    return f"<item><guid isPermaLink='false'>g{number}</guid><link>n{number}</link><title>{title}</title>{more}</item>"


def feed(*items: str) -> str:
    return f"<rss version='2.0'><channel><title>Institut</title>{''.join(items)}{TAIL}"


def rss(*items: str, head: bytes = DECLARED) -> bytes:
    return head + feed(*items).encode()


def doctype(*lines: str) -> bytes:
    return DECLARED + b"<!DOCTYPE rss [" + "".join(lines).encode() + b"]>\n"


def json_feed(*items: object) -> bytes:
    return json.dumps({"version": "https://jsonfeed.org/version/1.1", "title": "Labo", "items": items}).encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A document as it is served, and what the database must hold of its source in the end."""

    document: bytes  # @SERVER@ and @SECRET@ stand for our server, and for a file that nobody may read
    before: bytes = b""  # what the source served the day before
    titles: tuple[str, ...] = ()
    new: int | None = None  # articles of the second day; all of them when there was none before
    trouble: str = ""
    whole: bool = True  # False: it came damaged, so that its validators are not kept
    status: int = 200
    content_type: str = "application/rss+xml"
    kind: str = "feed"

    @property
    def expected(self) -> tuple[str, tuple[str, ...], int]:
        return self.trouble, self.titles, len(self.titles) if self.new is None else self.new


def good(*titles: str, document: bytes, whole: bool = True) -> Case:
    return Case(document=document, titles=titles, whole=whole)


def bad(trouble: str, document: bytes) -> Case:
    return Case(document=document, trouble=trouble)


# ---- the documents ----

KEPT = item("Ce qui était là", 9)
ENTRY = item(SAFE)
TWENTY = tuple(item(f"Communiqué {n}", n) for n in range(20))
SIXTY = "https://{}.example/communique/{}"
SUMMER = "Étude d’été"
LOGIN = "<!DOCTYPE html><html lang='fr'><head><title>Connexion</title></head><body><form>{}</form></body></html>"
LITERAL = (
    "[/2024/] et la suite",
    "[red]x",
    "[link=file:///etc/passwd]x",
    "une barre \\",
    '=HYPERLINK("http://x","y")',
    "{{7*7}}",
    "$(id)",
    "%s%n",
)


def moved(host: str) -> bytes:
    return rss(
        *(
            f"<item><guid>{SIXTY.format(host, n)}</guid><link>{SIXTY.format(host, n)}</link>"
            f"<title>Communiqué {n}</title></item>"
            for n in range(60)
        )
    )


EMPTY: dict[str, Case] = {
    name: Case(document=document, before=rss(KEPT), titles=("Ce qui était là",), new=0, trouble="empty")
    for name, document in {
        "an empty body": b"",
        "only a byte-order mark": b"\xef\xbb\xbf",
        "only white space": b" \r\n\t",
        "a feed that lost all its items": rss(),
    }.items()
} | {
    "a feed that lost its twenty items": Case(
        document=rss(),
        before=rss(*TWENTY),
        titles=tuple(f"Communiqué {n}" for n in range(20)),
        new=0,
        trouble="empty",
    )
}

XML: dict[str, Case] = {
    "entities that hold each other": good(
        "&l9;",
        SAFE,
        document=rss(
            item("&l9;", 2),
            ENTRY,
            head=doctype(
                '<!ENTITY l0 "lol">', *(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
            ),
        ),
    ),
    "an entity that names a file": good(
        "avant &x;", document=rss(item("avant &x;"), head=doctype('<!ENTITY x SYSTEM "file://@SECRET@">'))
    ),
    "an entity that names a file in single quotes": good(
        "avant &x;", document=rss(item("avant &x;"), head=doctype("<!ENTITY x SYSTEM 'file://@SECRET@'>"))
    ),
    "an entity that names an address": good(
        "avant &x;", document=rss(item("avant &x;"), head=doctype('<!ENTITY x SYSTEM "@SERVER@/entity">'))
    ),
    "a parameter entity that names an address": good(
        SAFE, document=rss(ENTRY, head=doctype('<!ENTITY % x SYSTEM "@SERVER@/parameter"> %x;'))
    ),
    "a document type at an address": good(
        SAFE, document=rss(ENTRY, head=DECLARED + b'<!DOCTYPE rss SYSTEM "@SERVER@/dtd">\n')
    ),
    "a style sheet and an inclusion": good(
        SAFE,
        document=rss(
            ENTRY.replace("</item>", "<xi:include xmlns:xi='http://www.w3.org/2001/XInclude' "
                "href='@SERVER@/in'/></item>"),
            head=DECLARED + b'<?xml-stylesheet href="@SERVER@/style"?>\n',
        ),
    ),
    "cut in the middle of an item": Case(
        document=rss(item("un", 1), item("deux", 2), item("trois", 3)).partition(b"trois")[0],
        before=rss(KEPT),
        titles=("Ce qui était là", "un", "deux"),
        new=2,
        whole=False,
    ),
    "cut in the middle of its first item": bad("broken", rss(ENTRY).partition(b"bonne")[0]),
    "cut in the middle of a letter": Case(
        document=rss(item("un", 1), item("é", 2)).partition(b"\xa9")[0], titles=("un",), whole=False
    ),
    "junk behind the end": good(SAFE, document=rss(ENTRY) + b"<script>pub()</script>\n<!-- cache --> Warning: x <br>"),
    "a warning of PHP before the start": good(
        SAFE, document=b"\n<br />\n<b>Warning</b>: mysql_connect() in <b>/a.php</b><br />\n" + rss(ENTRY)
    ),
    "an item that a reader stumbles over": Case(
        document=rss(
            item("un", 1), item("deux", 2, "<textinput><link>x</link></textinput>"), item("trois", 3), KEPT
        ),
        titles=("un", "trois", "Ce qui était là"),
        whole=False,
    ),
    "an item without link, guid or title": good(
        SAFE, document=rss("<item><author>personne</author></item>", "<item/>", ENTRY)
    ),
}  # fmt: skip

CHARSETS: dict[str, Case] = {
    "Windows-1252 that says UTF-8": good(SUMMER, document=DECLARED + feed(item(SUMMER)).encode("cp1252")),
    "UTF-8 that says Latin-1": good(
        SUMMER, document=rss(item(SUMMER), head=b'<?xml version="1.0" encoding="iso-8859-1"?>')
    ),
    "no declaration at all": Case(
        document=feed(item(SUMMER)).encode("cp1252"), titles=(SUMMER,), content_type="text/xml"
    ),
    "a charset in the header only": Case(
        document=feed(item("Łódź et Gdańsk")).encode("cp1250"),
        titles=("Łódź et Gdańsk",),
        content_type="text/xml; charset=windows-1250",
    ),
    "UTF-16 with its mark": good(
        SUMMER, document=('<?xml version="1.0" encoding="utf-16"?>' + feed(item(SUMMER))).encode("utf-16")
    ),
    "UTF-16 without its mark": good(SUMMER, document=feed(item(SUMMER)).encode("utf-16-be")),
    "encoded twice through Windows-1252": good(
        SUMMER.encode().decode("cp1252"), document=rss(item(SUMMER.encode().decode("cp1252")))
    ),
    "two encodings in one file": good(
        "café crème",
        "début d’été",
        document=rss(item("café crème", 1), head=DECLARED).removesuffix(TAIL.encode())
        + item("début d’été", 2).encode("cp1252")
        + TAIL.encode(),
    ),
    "bytes that mean nothing anywhere": good(
        "a\N{REPLACEMENT CHARACTER} été", document=rss(item("a@ été")).replace(b"@", b"\x81")
    ),
    "a charset that nobody knows": good(
        SUMMER,
        document=b'<?xml version="1.0" encoding="x-klingon-7"?>' + feed(item(SUMMER)).encode("cp1252"),
    ),
    "a charset that is a program": good(
        SUMMER, document=b'<?xml version="1.0" encoding="unicode_escape"?>' + feed(item(SUMMER)).encode("cp1252")
    ),
}

CHARACTERS: dict[str, Case] = {
    "escape sequences for a terminal": good(
        "a[31mb ]8;;http://evil.example c]52;c;Y2Q=…d",
        document=rss(item("a&#27;[31mb\x1b ]8;;http://evil.example\x07\rc\x1b]52;c;Y2Q=\x85d\x00")),
    ),
    "control characters of every kind": good(
        "a b c", document=rss(item("a&#10;&#13;&#9;b&#7;&#0;\x00\x08\x7f\u2028\u2029 c\x0b\x0c"))
    ),
    "writing that turns round or hides": good(
        "abcdef", document=rss(item("a\u202eb\u2066c\u200bd\u200fe\U000e0041\U000e0042\ufefff\u00ad"))
    ),
    "five thousand accents on one letter": good("ạ" + "\u0323" * 3, document=rss(item("a" + "\u0323" * 5000))),
    "numbers that are no characters": good(
        "avant",
        "un visage \N{GRINNING FACE}",
        "près",
        "loin",
        "très loin",
        "après",
        document=rss(
            item("avant", 1),
            item("un visage &#55357;&#56832;", 2),
            item("&#xD800;près&#xDC00;", 3),
            item("l&#x110000;oin", 4),
            item(f"très &#{'9' * 5000};loin", 5),
            item("&#1;&#0;après&#xFFFF;", 6),
        ),
    ),
    "half a character in JSON": Case(
        document=b'{"items": [{"id": "1", "title": "avant \\ud800apr\\u00e8s"}]}', titles=("avant après",)
    ),
    "words that are commands elsewhere": good(
        *LITERAL, document=rss(*(item(title, n) for n, title in enumerate(LITERAL)))
    ),
    "a script in a title": good(
        "alerte vue", document=rss(item("alerte &lt;script&gt;alert(1)&lt;/script&gt;vue"))
    ),
    "a formula and an image in a title": good(
        "=1+1 vu", document=rss(item("=1+1 &lt;img src=x onerror=alert(1)&gt;vu"))
    ),
}  # fmt: skip

LINKS = ("javascript:alert(1)", "JaVaScRiPt:x", "java\nscript:x", "data:text/html,x", "file:///etc/passwd",
         "vbscript:x", "http://[::1", "http://a\\@b.example/", "mailto:a@b.example")  # fmt: skip

NAMES: dict[str, Case] = {
    "twenty items with one guid": Case(
        document=rss(*(item(f"Bref {n}", n).replace(f"g{n}", "toujours") for n in range(20))),
        before=rss(*(item(f"Bref {n}", n).replace(f"g{n}", "toujours") for n in range(20))),
        titles=tuple(f"Bref {n}" for n in range(20)),
        new=0,
    ),
    "ten items with one guid and no link": Case(
        document=rss(*(f"<item><guid>x</guid><title>Bref {n}</title></item>" for n in range(10))),
        before=rss(*(f"<item><guid>x</guid><title>Bref {n}</title></item>" for n in range(10))),
        titles=tuple(f"Bref {n}" for n in range(10)),
        new=0,
    ),
    "guids that are empty, blank or look alike": Case(
        document=rss(
            *(
                f"<item><guid isPermaLink='false'>{guid}</guid><title>{title}</title></item>"
                for guid, title in (("", "vide"), (" \n ", "blanc"), ("007", "agent"), ("7", "sept"))
            )
        ),
        before=rss("<item><guid isPermaLink='false'>7</guid><title>sept</title></item>"),
        titles=("sept", "vide", "blanc", "agent"),
        new=3,
    ),
    "links that are no web addresses": good(
        *(f"lien {n}" for n in range(len(LINKS))),
        document=rss(
            *(
                f"<item><guid isPermaLink='false'>{n}</guid><link>{link}</link><title>lien {n}</title></item>"
                for n, link in enumerate(LINKS)
            )
        ),
    ),
    "an old friend with a new title at every visit": Case(
        document=rss(item("Il est 8 h 00")), before=rss(item("Il est 7 h 00")), titles=("Il est 8 h 00",), new=0
    ),
    "guids and links that became secure": Case(
        document=moved("sur").replace(b"http:", b"https:"),
        before=moved("sur").replace(b"https:", b"http:"),
        titles=tuple(f"Communiqué {n}" for n in range(60)),
        new=0,
    ),
    "guids and links at a new address": Case(
        document=moved("neuf"),
        before=moved("vieux"),
        titles=tuple(f"Communiqué {n}" for n in range(60)) * 2,
        new=60,
    ),
}

STUDY = rss("<item><guid isPermaLink='false'>doi:10.1234/ABC.Def</guid><link>n1</link><title>Une étude</title></item>")
DOIS: dict[str, Case] = {
    "a study in capitals": Case(document=STUDY, before=STUDY, titles=("Une étude",), new=0),
    "the same study by its address": Case(
        document=rss(item("La même étude", 1).replace("n1", "https://dx.doi.org/10.1234/abc.DEF?utm_source=rss")),
        titles=("Une étude",),
        new=0,
    ),
}

PAGES: dict[str, Case] = {
    "a login page": Case(document=LOGIN.format("").encode(), trouble="not-a-feed", content_type="text/html"),
    "a login page with a feed inside": Case(
        document=LOGIN.format(feed(ENTRY)).encode(), trouble="not-a-feed", content_type="application/rss+xml"
    ),
    "a login page where a feed was": Case(
        document=LOGIN.format("").encode(),
        before=rss(KEPT),
        titles=("Ce qui était là",),
        new=0,
        trouble="not-a-feed",
    ),
    "a challenge to prove that one is human": Case(
        document=b"<html><head><title>Just a moment...</title></head></html>", trouble="blocked", status=403
    ),
    "a list of feeds": bad("not-a-feed", b"<opml version='2.0'><body><outline xmlUrl='file:///x'/></body></opml>"),
    "a page with a cell as wide as the sea": Case(
        document=b"<table><tr><td colspan=9007199254740991 rowspan=99999999999>" + "Café du midi".encode("cp1252"),
        titles=("Café du midi",),
        kind="page",
        content_type="text/html",
    ),
    "an image": bad("not-a-feed", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"),
}

JSON: dict[str, Case] = {
    "JSON without a list": bad("empty", b'{"version": "https://jsonfeed.org/version/1", "items": null}'),
    "JSON that is a list": bad("not-a-feed", b'[{"id": "1", "title": "x"}]'),
    "JSON with items that are nothing": good(
        SAFE, document=json_feed(None, 3, [], {}, {"id": ""}, {"id": "1", "title": SAFE})
    ),
    "JSON with numbers for names": good(
        "sept", "agent", document=json_feed({"id": 7, "title": "sept"}, {"id": "007", "title": "agent"})
    ),
    "JSON that says everything twice": good(
        "le second", document=b'{"items": [], "items": [{"id": "1", "title": "le premier", "title": "le second"}]}'
    ),
    "JSON with five thousand digits": good(
        "long", document=b'{"items": [{"id": %s, "title": "long"}]}' % (b"9" * 5000)
    ),
    "JSON with numbers that are none": good(
        SAFE, document=b'{"items": [{"id": NaN, "title": "Un titre de bonne foi", "x": [Infinity, -Infinity, 1e999]}]}'
    ),
    "JSON with a byte-order mark": good("été", document=b"\xef\xbb\xbf" + json_feed({"id": "1", "title": "été"})),
    "JSON in UTF-16": good("été", document=json_feed({"id": "1", "title": "été"}).decode().encode("utf-16")),
    "JSON cut short": bad("broken", json_feed({"id": "1", "title": SAFE})[:-5]),
    "JSON with dangerous attachments": good(
        SAFE,
        document=json_feed(
            {"id": "1", "title": SAFE, "url": "javascript:x", "attachments": [{"url": "javascript:x"}], "image": 3}
        ),
    ),
    "JSON nested without end": bad("not-a-feed", b"[" * 200_000),
    "JSON nested without end inside an item": bad("not-a-feed", b'{"items": [{"id": ' + b'{"a": ' * 100_000),
}  # fmt: skip

LIGHT = EMPTY | XML | CHARSETS | CHARACTERS | NAMES | DOIS | PAGES | JSON

DATES: dict[str, tuple[str, datetime | None]] = {
    "the last moment that can be written": ("9999-12-31T23:59:59-14:00", None),
    "all zeros": ("0000-00-00T00:00:00Z", None),
    "before Christ": ("-0001-11-30T00:00:00+00:00", None),
    "the year ten thousand": ("Sat, 01 Jan 10000 00:00:00 GMT", None),
    "the year nought by RFC": ("Mon, 01 Jan 0000 00:00:00 GMT", None),
    "the beginning of time for a computer": ("Thu, 01 Jan 1970 00:00:00 GMT", datetime(1970, 1, 1, tzinfo=UTC)),
    "a year of two digits": ("Tue, 03 Sep 24 10:00:00 GMT", datetime(2024, 9, 3, 10, tzinfo=UTC)),
    "the thirtieth of February": ("2024-02-30", None),
    "a date in French": ("mar., 03 sept. 2024 10:00:00 +0200", datetime(2024, 9, 3, 8, tzinfo=UTC)),
    "no date but words": ("hier soir", None),
    "a zone that no clock has": ("2026-03-01T10:00:00+99:99", datetime(2026, 3, 1, 10, tzinfo=UTC)),
}
FUTURE = format_datetime(THEN + timedelta(days=366))


def dated(text: str) -> Case:
    return Case(
        document=rss(KEPT, item("daté", 1, f"<pubDate>{text}</pubDate>")),
        before=rss(KEPT),
        titles=("Ce qui était là", "daté"),
        new=1,
    )


CASES = LIGHT | {name: dated(text) for name, (text, _) in DATES.items()} | {"a date in a year": dated(FUTURE)}


# ---- one poll of them all ----


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What two days of polling left behind."""

    reports: dict[str, SourceReport]  # of the second day
    states: dict[str, SourceState]
    articles: tuple[Remembered, ...]
    news: tuple[Remembered, ...]  # of the second day
    told: tuple[tuple[str, str], ...]  # in the second day's digest, of sources: which one, in a word
    asked: tuple[str, ...]
    seconds: float  # that the second day took

    def of(self, name: str) -> tuple[Article, ...]:
        return tuple(a.article for a in self.articles if name in a.sources)


def _healthy(*numbers: int) -> bytes:
    return rss(*(item(f"Nouvelle {n} d’une source saine", n) for n in numbers))


def _addresses(server: Server) -> tuple[Source, ...]:
    """The hostile sources with healthy ones at even distances among them."""
    names = list(CASES)
    step = len(names) // HEALTHY
    for n in range(HEALTHY):
        names.insert(n * (step + 1), f"sain {n}")
    kinds = {name: case.kind for name, case in CASES.items()}
    return tuple(
        Source(
            id=name,
            url=f"{server.url}/{n}/feed",
            kind=kinds.get(name, "feed"),
            select=PAGE if kinds.get(name) == "page" else (),
        )
        for n, name in enumerate(names)
    )


def _answer(case: Case, document: bytes, etag: str, server: Server, secret: Path) -> bytes:
    document = document.replace(b"@SERVER@", server.url.encode()).replace(b"@SECRET@", str(secret).encode())
    return reply(case.status, document, Content_Type=case.content_type, ETag=etag)


def _polled(store: Store, asked: tuple[Source, ...], now: datetime) -> tuple[dict[str, SourceReport], float]:
    """One poll: what each source brought, and how many seconds it took."""
    started = time.monotonic()
    report = poll(asked, (), store, LOCAL, clock=lambda: now, everyone=True)
    return {one.source.id: one for one in report.sources}, time.monotonic() - started


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    folder = tmp_path_factory.mktemp("hostile")
    secret = folder / "secret.txt"
    secret.write_text("SECRET")
    with http_server({}) as server, Store(folder / "w.db") as store:
        sources = _addresses(server)
        paths = {source.id: source.url.removeprefix(server.url) for source in sources}
        first = tuple(s for s in sources if s.id not in CASES or CASES[s.id].before)
        for day, (now, asked) in enumerate(((FIRST, first), (THEN, sources)), 1):
            for name, path in paths.items():
                etag = f'"{day}"'
                if name in CASES:
                    case = CASES[name]
                    document = case.before if day == 1 else case.document
                    server.routes[path] = _answer(case, document, etag, server, secret)
                else:
                    server.routes[path] = reply(body=_healthy(*range(2 + day)), ETag=etag)
            reports, seconds = _polled(store, asked, now)
        composed = digest(sources, (), store, since=timedelta(hours=12), now=THEN)
        return World(
            reports=reports,
            states=store.states(),
            articles=tuple(store.all()),
            news=store.news(THEN - timedelta(hours=12), THEN),
            told=tuple((health.source.id, health.word) for health in composed.troubles + composed.notices),
            asked=tuple(a.path for a in server.asked),
            seconds=seconds,
        )


@pytest.mark.parametrize("name", CASES)
def test_a_hostile_document_leaves_what_it_should_and_nothing_else(world: World, name: str) -> None:
    case, report, state = CASES[name], world.reports[name], world.states[name]
    titles = tuple(article.title for article in world.of(name))
    assert (report.trouble.kind if report.trouble else "", titles, report.new) == case.expected
    if case.trouble:
        assert state.etag == ('"1"' if case.before else "")
        assert (state.failures, state.due) == (1, THEN + timedelta(minutes=30))
    else:
        assert state.etag == ('"2"' if case.whole else "")
        assert state.failures == 0


@pytest.mark.parametrize("name", [f"sain {n}" for n in range(HEALTHY)])
def test_healthy_sources_among_them_come_in_whole(world: World, name: str) -> None:
    report = world.reports[name]
    assert (report.trouble, report.new, report.known) == (None, 1, 3)
    assert [a.title for a in world.of(name)] == [f"Nouvelle {n} d’une source saine" for n in range(4)]
    assert world.states[name].etag == '"2"'


def test_the_run_has_asked_everybody_and_is_soon_over(world: World) -> None:
    assert len(world.reports) == len(CASES) + HEALTHY
    assert world.seconds < 20


def test_nothing_but_the_sources_was_asked_and_no_file_was_read(world: World) -> None:
    assert {path.rpartition("/")[2] for path in world.asked} <= {"feed", "robots.txt"}
    assert not [a for a in world.articles if "SECRET" in repr(a)]


def test_all_that_is_kept_is_clean_and_on_one_line(world: World) -> None:
    for one in world.articles:
        a = one.article
        assert all(text.isprintable() for text in (a.title, a.summary, a.body, a.guid, a.url, *a.authors)), a
        assert a.url.startswith("http://127.0.0.1:") or "example/" in a.url or "doi.org/" in a.url or not a.url


def test_links_that_are_no_web_addresses_are_not_kept(world: World) -> None:
    for name in ("links that are no web addresses", "JSON with dangerous attachments"):
        assert {article.url for article in world.of(name)} == {""}


def test_guids_that_look_alike_stay_what_they_are(world: World) -> None:
    found = world.of("guids that are empty, blank or look alike")
    assert [article.guid for article in found] == ["7", "", "", "007"]


@pytest.mark.parametrize("name", DATES)
def test_an_absurd_date_is_mended_or_dropped_and_its_article_is_read_once(world: World, name: str) -> None:
    assert world.of(name)[1].published == DATES[name][1]
    assert [a.article.title for a in world.news if name in a.sources] == ["daté"]


@pytest.mark.xfail(strict=True, reason="run.collect keeps a date that lies in the future as it is")
def test_a_date_in_a_year_is_dropped(world: World) -> None:
    assert world.of("a date in a year")[1].published is None


def test_an_article_with_a_date_in_a_year_is_read_once_today(world: World) -> None:
    assert [a.article.title for a in world.news if "a date in a year" in a.sources] == ["daté"]


def test_items_that_were_given_new_names_are_no_news(world: World) -> None:
    for name in ("guids and links that became secure", "guids and links at a new address"):
        assert not [a for a in world.news if name in a.sources]
    assert ("guids and links at a new address", "flood") in world.told
    assert world.reports["guids and links at a new address"].held == 60
    assert ("guids and links that became secure", "flood") not in world.told


def test_a_feed_that_lost_its_items_is_told_of(world: World) -> None:
    for name in EMPTY:
        assert (name, "empty") in world.told
    assert not [name for name, _ in world.told if name.startswith("sain")]


def test_one_study_in_two_sources_is_one_article(world: World) -> None:
    [study] = [a for a in world.articles if "a study in capitals" in a.sources]
    assert study.sources == ("a study in capitals", "the same study by its address")
    assert ("doi", "10.1234/abc.def") in study.aliases
    assert world.reports["the same study by its address"].known == 1


def test_a_changed_title_is_no_news(world: World) -> None:
    name = "an old friend with a new title at every visit"
    assert world.reports[name].changed == 1
    assert not [a for a in world.news if name in a.sources]


# ---- documents made to take time and memory, each polled in a process that is measured ----


@dataclass(frozen=True, slots=True, kw_only=True)
class Bomb:
    """A large document, and what may come of it."""

    answer: Callable[[], Answer]
    titles: tuple[str, ...] = ()
    articles: int | None = None
    trouble: str = ""
    content_type: str = "application/rss+xml"
    kind: str = "feed"
    seconds: float = 5.0
    megabytes: int = 120  # that reading it may add


def _pieces(start: bytes, piece: bytes, times: int, end: bytes) -> Answer:
    """A body that is made while it is sent."""

    def answer(asked: object) -> Iterator[bytes]:
        yield reply().replace(b"Content-Length: 0\r\n", b"") + start
        for _ in range(times):
            yield piece
        yield end

    return answer


def _body(document: bytes) -> Answer:
    return reply(body=document, Content_Type="application/rss+xml")


CLOSE = TAIL.encode()
OPEN = rss().removesuffix(CLOSE)
SAFE_ITEM = ENTRY.encode()

BOMBS: dict[str, Bomb] = {
    "80,000 empty lines before the root": Bomb(
        answer=lambda: _body(DECLARED + b"\n" * 80_000 + rss(ENTRY, head=b"")), titles=(SAFE,)
    ),
    "20,000 entities that nobody closes": Bomb(
        answer=lambda: _body(DECLARED + b"\n<!ENTITY a " * 20_000 + rss(ENTRY, head=b"")), titles=(SAFE,)
    ),
    "200,000 elements inside each other": Bomb(
        answer=lambda: _body(OPEN + b"<a>" * 200_000 + b"</a>" * 200_000 + SAFE_ITEM + CLOSE),
        titles=(SAFE,),
        seconds=20,
    ),
    "200,000 elements left open": Bomb(
        answer=lambda: _body(OPEN + SAFE_ITEM + b"<a>" * 200_000), titles=(SAFE,), seconds=20
    ),
    "100,000 beginnings of a declaration": Bomb(
        answer=lambda: _body(OPEN + SAFE_ITEM + b"<!" * 100_000 + CLOSE), titles=(SAFE,), seconds=20
    ),
    "20,000 comments before the root": Bomb(
        answer=lambda: _body(b"<!-- -->\n" * 20_000 + rss(ENTRY, head=b"")), titles=(SAFE,)
    ),
    "20,000 channels inside each other": Bomb(
        answer=lambda: _body(b"<rss><channel><item>" * 20_000), trouble="broken", seconds=20
    ),
    "100,000 items": Bomb(
        answer=lambda: _body(OPEN + b"".join(b"<item><guid>%d</guid></item>" % n for n in range(100_000)) + CLOSE),
        articles=2_000,
        seconds=20,
        megabytes=200,
    ),
    "a title of nine megabytes": Bomb(
        answer=lambda: _body(OPEN + b"<item><title>" + b"un " * 3_000_000 + b"</title></item>" + CLOSE),
        titles=(("un " * 1000)[:MAX_TITLE].rstrip(),),
    ),
    "a guid of five megabytes": Bomb(
        answer=lambda: _body(OPEN + b"<item><guid>" + b"g" * 5_000_000 + b"</guid><title>un</title></item>" + CLOSE),
        titles=("un",),
    ),
    "one long entity many times over": Bomb(
        answer=lambda: _body(
            rss(item("&x;" * 5_000), ENTRY, head=doctype(f'<!ENTITY x "{"x" * 50_000}">'))
        ),
        titles=(SAFE,),
    ),
    "100,000 elements in a summary": Bomb(
        answer=lambda: _body(rss(item(SAFE, 1, f"<description>{'&lt;div&gt;' * 100_000}x</description>"))),
        titles=(SAFE,),
        seconds=2,
    ),
    "100,000 elements in JSON": Bomb(
        answer=lambda: _body(json_feed({"id": "1", "title": SAFE, "content_html": "<div>" * 100_000 + "fin"})),
        titles=(SAFE,),
        seconds=2,
    ),
    "200,000 brackets": Bomb(answer=lambda: _body(b"[" * 200_000), trouble="not-a-feed"),
    "a JSON text of fifty megabytes": Bomb(
        answer=lambda: _pieces(b'{"items": [{"id": "', b"x" * 1_000_000, 50, b'"}]}'), trouble="too-large"
    ),
    "a page of a million rows": Bomb(
        answer=lambda: _body(b"<table>" + b"<tr><td>Ligne" * 700_000),
        kind="page",
        articles=1,
        seconds=10,
    ),
    "a list of ten thousand feeds": Bomb(
        answer=lambda: _body(b"<opml><body>" + b"<outline xmlUrl='http://a.example/'/>" * 10_000 + b"</body></opml>"),
        trouble="not-a-feed",
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What polling one bomb beside a healthy source took, and brought."""

    trouble: str
    titles: tuple[str, ...]
    longest: int  # characters of one field
    healthy: int
    seconds: float
    megabytes: float


def _memory(field: str) -> int:
    """Kilobytes of this process, as Linux counts them."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition(f"{field}:")[2].split()[0])


def _measure(database: Path, sources: tuple[Source, ...]) -> Measured:
    """Poll in this very process, and say what that took."""
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # forget the highest mark so far
    before = _memory("VmRSS")
    with Store(database) as store:
        reports, seconds = _polled(store, sources, FIRST)
        brought = [a.article for a in store.all() if "malin" in a.sources]
        healthy = sum("sain" in a.sources for a in store.all())
    trouble = reports["malin"].trouble
    return Measured(
        trouble=trouble.kind if trouble else "",
        titles=tuple(a.title for a in brought),
        longest=max((len(text) for a in brought for text in (a.title, a.summary, a.body, a.guid)), default=0),
        healthy=healthy,
        seconds=seconds,
        megabytes=(_memory("VmHWM") - before) / 1024,
    )


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Measured]:
    """Each bomb polled once, in one of two processes."""
    if not Path("/proc/self/clear_refs").exists():
        pytest.skip("memory is measured the way of Linux")
    folder = tmp_path_factory.mktemp("bombs")
    with (
        http_server({"/sain": reply(body=_healthy(1, 2, 3))}) as server,
        ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as apart,
    ):
        healthy = Source(id="sain", url=f"{server.url}/sain")
        polls = {}
        for n, (name, bomb) in enumerate(BOMBS.items()):
            server.routes[f"/{n}"] = bomb.answer()
            page = PAGE if bomb.kind == "page" else ()
            hostile = Source(id="malin", url=f"{server.url}/{n}", kind=bomb.kind, select=page)
            polls[name] = apart.submit(_measure, folder / f"{n}.db", (hostile, healthy))
        return {name: running.result(60) for name, running in polls.items()}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_read_or_refused_in_little_time_and_memory(measured: dict[str, Measured], name: str) -> None:
    bomb, got = BOMBS[name], measured[name]
    assert got.healthy == 3
    assert got.trouble == bomb.trouble
    if bomb.articles is None:
        assert got.titles == bomb.titles
    else:
        assert len(got.titles) == bomb.articles
    assert got.longest <= MAX_TEXT
    assert got.seconds < bomb.seconds
    assert got.megabytes < bomb.megabytes


def test_items_that_a_reader_stumbles_over_cost_a_fixed_number_of_readings() -> None:
    odd = "<textinput><link>x</link></textinput>"
    document = rss(*(item(f"Bref {n}", n, odd if n % 2 else "") for n in range(400)))
    started = time.monotonic()
    read = parse(document, Source(id="inst", url="https://inst.fr/rss"), address="https://inst.fr/rss", content_type="")
    assert time.monotonic() - started < 10
    assert isinstance(read, Parsed)
    assert not read.complete
    assert {article.title for article in read.articles} < {f"Bref {n}" for n in range(0, 400, 2)}


@pytest.mark.xfail(strict=True, reason="parse.html decodes the two halves of a letter one by one")
@pytest.mark.parametrize("face", ["<![CDATA[&#55357;&#56832;]]>", "&amp;#xD83D;&amp;#xDE00;"])
def test_the_halves_of_a_letter_inside_markup_are_joined(face: str) -> None:
    read = parse(rss(item(face)), Source(id="inst", url="https://inst.fr/rss"), address="", content_type="")
    assert isinstance(read, Parsed)
    assert [article.title for article in read.articles] == ["\N{GRINNING FACE}"]


def test_a_hostile_list_of_feeds_opens_no_file_and_gives_web_addresses_only(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("SECRET")
    listed = outlines(
        b'<?xml version="1.0"?><!DOCTYPE opml [<!ENTITY x SYSTEM "file://%s">]><opml><body>'
        b"<outline text='&x;' xmlUrl='file://%s'/><outline xmlUrl='javascript:x'/>"
        % ((str(secret).encode(),) * 2)
        + b"".join(b"<outline xmlUrl='http://a.example/%d'/>" % n for n in range(10_000))
    )
    assert "SECRET" not in repr(listed)
    assert [one.url for one in listed[:3]] == ["", "", "http://a.example/0"]
    assert len(listed) <= 10_002
