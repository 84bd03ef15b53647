"""What strangers write, damaged at random and given to each reader: it may refuse, and must not stumble.

`python tests/fuzzing.py --seconds 60 [TARGET...]` looks for as long as it is told, and prints what it found.
"""

import argparse
import io
import json
import re
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import test_parse_arxiv as arxiv
import test_parse_biorxiv as biorxiv
import test_parse_clinicaltrials as trials
import test_parse_crossref as crossref
import test_parse_europepmc as europepmc
import test_parse_hal as hal
import test_parse_openalex as openalex
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from mailservers import HANG_UP, scripted
from pdfs import pdf
from services import pubmed_xml

from watcher.articles import Article, Parsed
from watcher.config import load
from watcher.errors import ConfigError, Mistake, UsageError
from watcher.fetch.reservations import reservations_in
from watcher.fetch.robots import rules_for
from watcher.identity import identify
from watcher.lexicon import read
from watcher.masks import masked, masked_article
from watcher.outbox import Letter, MailSettings, deliver
from watcher.parse import KINDS, parse
from watcher.parse.dates import parse_date
from watcher.parse.files import read_articles
from watcher.parse.fulltext import reserved_in, text_of
from watcher.parse.html import absolute, paragraphs, plain
from watcher.parse.repeats import marks_of, shortened
from watcher.sources import Source, Trouble
from watcher.text import clean, fold, language, words

SLOWEST = 8.0  # seconds of CPU for one small document; far more than any takes, far less than for ever

RSS = """<?xml version="1.0" encoding="utf-8"?><rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel><title>Institut</title><ttl>60</ttl>
<skipHours><hour>3</hour></skipHours><item><title>Résistance &amp; MT2A</title><link>https://a.example/1</link>
<guid isPermaLink="false">g1</guid><pubDate>Tue, 03 Sep 2024 10:00:00 +0200</pubDate><dc:creator>Marie D.</dc:creator>
<description><![CDATA[<p>Des <b>cellules</b> &eacute;chappent.</p>]]></description>
<content:encoded>&lt;p&gt;Texte&lt;/p&gt;</content:encoded></item><item><title>Deux</title></item></channel></rss>"""
ATOM = """<feed xmlns="http://www.w3.org/2005/Atom" xml:base="https://a.example/"><title>A</title><entry><id>urn:1</id>
<title type="html">Un &lt;i&gt;titre&lt;/i&gt;</title><link href="/1"/><updated>2024-09-03T10:00:00Z</updated>
<author><name>Marie</name></author><content type="xhtml"><div>Texte</div></content></entry></feed>"""
JSON_FEED = {
    "version": "https://jsonfeed.org/version/1.1",
    "title": "A",
    "items": [
        {"id": 1, "url": "https://a.example/1", "title": "Un", "content_html": "<p>x</p>", "authors": [{"name": "M"}]}
    ],
}
PAGE = """<html><head><title>Actualités</title><meta charset="utf-8"></head><body><nav><a href="/">x</a></nav><main>
<ul><li class="n"><h3><a href="/1">Séminaire : MT2A</a></h3><time datetime="2026-11-20">20 novembre 2026</time>
<p>Par M.</p></li><li class="n"><a href="/2">Deux</a> 12/03/2026 14h30</li></ul>
<table><tr><td colspan="3">x</td></tr></table></main></body></html>"""
SITEMAP = """<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><url>
<loc>https://a.example/actualites/un-titre</loc><lastmod>2026-11-20</lastmod></url></urlset>"""
RIS = "TY  - JOUR\nTI  - Os and zinc\nAU  - Curie, M.\nPY  - 2024/09/03\nDO  - 10.1000/x.1\nAB  - Words.\nER  - \n"
BIBTEX = '@article{a1, title = {{Os} and "zinc"}, author = {Curie, M. and others}, month = sep, doi={10.1/x}}\n'
RECORD = {"id": "1", "title": "Os", "text": "Words.", "published": "2024-09-03", "authors": ["M"], "doi": "10.1000/x.1"}
FEEDS = """contact: a@b.fr
sources:
  - {id: a, url: https://a.example/feed, every: 6h}
  - id: b
    kind: page
    url: "https://b.example/?a=1"
    select: {item: li, date: time}
profiles: []
digests: [{name: hebdo, to: [a@b.fr], every: week}]
mail: {from: a@b.fr, host: smtp.b.fr, security: starttls}
"""
SELECT = (("item", "li"), ("title", "h3"), ("date", "time"), ("summary", "p"), ("next", "a"))

# What breaks readers: ends of things, numbers at the edge, characters that are none, what opens and never closes.
_PIECES = [
    *(b"<", b">", b"&", b"]]>", b"<![CDATA[", b"<!--", b"-->", b"<!DOCTYPE x [", b"<!ENTITY a '&a;'>"),
    *(b"&#0;", b"&#xD800;", b"&#27;", b"&amp;#x202e;"),
    *(b"\x00", b"\x1b[2J", b"\xff\xfe", b"\xef\xbb\xbf", b"\xed\xa0\x80", b"\xe2\x80\xae", b"\x85", b"\r", b"\n\n"),
    *(b"null", b"true", b"-1", b"1e999", b"NaN", b"9" * 400, b'"\\ud800"', b"[" * 300, b"{", b"}", b"[]", b"{}", b'""'),
    *(b"9999-12-31T23:59:59-14:00", b"0000-00-00", b"32/13/2026", b"javascript:x"),
    *(b"//a", b"http://[::", b"http://a:99999/", b"mailto:a@b.fr", b"01 23 45 67 89"),
    *(b'xml:base="http://[' + b'"', b' xmlns="', b"encoding='utf-7'", b"</item>", b"<item>"),
    *(b"</channel>", b"<entry", b"%00", b"\\"),
    *(b"\n- ", b": ", b"*a", b"&a ", b"!x ", b"'", b'"', b"@article{", b"TY  - ", b"ER  - ", b"#", b"\t", b"|"),
]  # fmt: skip


@st.composite
def damaged(draw: st.DrawFn, *samples: bytes) -> bytes:
    """A good document with a few things put in, taken out, doubled or changed."""
    document = draw(st.sampled_from(samples))
    for _ in range(draw(st.integers(0, 6))):
        at = draw(st.integers(0, len(document)))
        end = min(len(document), at + draw(st.sampled_from((0, 0, 1, 2, 8, 60))))
        part = document[at:end] * draw(st.integers(2, 60)) if draw(st.booleans()) else b""
        piece = draw(st.one_of(st.sampled_from(_PIECES), st.binary(max_size=6), st.just(part)))
        document = document[:at] + piece + document[end:]
    return document


def _is_sound(article: Article) -> None:
    """What every article is, whatever it was read from."""
    for name in ("title", "summary", "journal", "year", "volume", "pages", "language"):
        text = getattr(article, name)
        assert isinstance(text, str), (name, text)
        assert clean(text) == text, (name, text)
    assert masked_article(article) == article
    assert "\x00" not in article.body
    assert all(isinstance(author, str) and clean(author) == author for author in article.authors)
    assert not article.url or re.match(r"https?://[^\s<>\"]+$", article.url), article.url
    for moment in (article.published, article.event):
        assert moment is None or (moment.tzinfo is not None and 1 < moment.year < 9999)
    json.dumps([article.title, article.summary, article.body, article.guid, *article.authors]).encode("ascii")
    article.guid.encode("utf-8")


def _kind(kind: str, **more: Any) -> Callable[[bytes], None]:
    source = Source(id="s", url=KINDS[kind].service or "https://a.example/news", kind=kind, **more)

    def check(document: bytes) -> None:
        read = parse(document, source, address=source.url, content_type="")
        assert isinstance(read, Parsed | Trouble)
        if isinstance(read, Parsed):
            for article in read.articles:
                _is_sound(article)
            identify(read.articles)
        KINDS[kind].more(document, address=source.url, source=source)
        if kind == "feed":
            shortened(document, marks_of(document))

    return check


def _file(name: str) -> Callable[[bytes], None]:
    def check(document: bytes) -> None:
        try:
            for article in read_articles(io.BytesIO(document), name=name):
                _is_sound(replace(article, summary=clean(article.summary)))
        except UsageError as error:
            named = error.facts["file"]
        else:
            named = name
        assert named == name

    return check


def _page(document: bytes) -> None:
    text_of(document, "https://a.example/1").encode()
    reserved_in(document)
    paragraphs(document.decode("utf-8", "replace")).encode()


def _text(prose: str) -> None:
    once = clean(prose)
    assert clean(once) == once
    assert masked(masked(once)) == masked(once)
    fold(prose), words(prose), language(prose), read(prose)
    assert clean(plain(prose)) == plain(prose)
    address = absolute(prose, "https://a.example/b/")
    assert not address or re.match(r"https?://[^\s<>\"]+$", address), address


def _date(text: str) -> None:
    moment = parse_date(text)
    assert moment is None or (isinstance(moment, datetime) and moment.tzinfo is not None)


def _rules(document: bytes) -> None:
    rules_for("watcher", document)
    reservations_in(document)


def _config(document: bytes) -> None:
    with TemporaryDirectory() as folder:
        file = Path(folder) / "feeds.yaml"
        file.write_bytes(document)
        mistakes: tuple[Mistake, ...] = ()
        try:
            load(file)
        except ConfigError as error:
            mistakes = error.mistakes
        assert all(clean(mistake.got) == mistake.got and mistake.line >= 0 for mistake in mistakes)


MAIL = Letter(id="<1@a>", recipients=("a@b.example",), content=b"Subject: x\r\n\r\nx\r\n")


def _smtp(reply: tuple[str, bytes | None]) -> None:
    verb, said = reply
    with scripted({verb: HANG_UP if said is None else said}) as server:
        way = MailSettings(sender="v@b.example", host="127.0.0.1", port=server.port, security="none")
        (answer,) = deliver(MAIL, replace(way, deadline=0.5), before_data=lambda: None)
    assert answer.state in ("sent", "unknown", "refused", "later")
    assert clean(answer.text) == answer.text


_REPLIES = damaged(b"250 ok\r\n", b"250-mail\r\n250 SIZE 10\r\n", b"354 go\r\n", b"550 5.1.1 no\r\n", b"421 later\r\n")
_VERBS = st.sampled_from(("greeting", "EHLO", "MAIL", "RCPT", "DATA", ".", "QUIT"))
_PROSE = st.one_of(
    st.text(max_size=300), damaged(RSS.encode(), PAGE.encode()).map(lambda b: b.decode("utf-8", "replace"))
)
_DATES = ("Tue, 03 Sep 2024 10:00:00 +0200", "2024-09-03T10:00:00Z", "mar., 3 février 2024 à 14h30", "12/03/2026")


def _prose(*samples: str) -> st.SearchStrategy[str]:
    return damaged(*(sample.encode() for sample in samples)).map(lambda damage: damage.decode("utf-8", "replace"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One reader, what it is given, and what must hold of what it makes of that."""

    given: st.SearchStrategy[Any]
    check: Callable[[Any], None]
    short: int = 25  # examples in the tests


TARGETS = {
    "feed": Target(
        given=damaged(RSS.encode(), ATOM.encode(), json.dumps(JSON_FEED).encode(), RSS.encode("utf-16"), b""),
        check=_kind("feed"),
        short=60,
    ),
    "page": Target(given=damaged(PAGE.encode()), check=_kind("page", select=SELECT)),
    "seminars": Target(given=damaged(PAGE.encode()), check=_kind("seminars", select=(*SELECT[:4], ("speaker", "p")))),
    "sitemap": Target(given=damaged(SITEMAP.encode(), b"Sitemap: https://a.example/s.xml\n"), check=_kind("sitemap")),
    "pdf": Target(given=damaged(pdf(["Un titre", "Des mots."])), check=_kind("pdf"), short=15),
    "europepmc": Target(
        given=damaged(europepmc.page(europepmc.record(1), europepmc.preprint())),
        check=_kind("europepmc", query="x"),
    ),
    "pubmed": Target(
        given=damaged(pubmed_xml({"pmid": "1", "title": "T", "doi": "10.1/x"}), b'{"esearchresult": {"count": "1"}}'),
        check=_kind("pubmed", query="x"),
    ),
    "hal": Target(given=damaged(hal.page(hal.deposit(1))), check=_kind("hal", query="x")),
    "crossref": Target(given=damaged(crossref.page(crossref.work(1))), check=_kind("crossref", query="x")),
    "openalex": Target(given=damaged(openalex.page(openalex.work(1), count=1)), check=_kind("openalex", query="x")),
    "biorxiv": Target(given=damaged(biorxiv.page(biorxiv.preprint(1))), check=_kind("biorxiv", query="x")),
    "arxiv": Target(given=damaged(arxiv.page(arxiv.entry("2611.00001"), total=1)), check=_kind("arxiv", query="x")),
    "clinicaltrials": Target(given=damaged(trials.page(trials.study(1))), check=_kind("clinicaltrials", query="x")),
    "ris": Target(given=damaged(RIS.encode()), check=_file("a.ris")),
    "bibtex": Target(given=damaged(BIBTEX.encode()), check=_file("a.bib")),
    "jsonl": Target(given=damaged(json.dumps(RECORD).encode() + b"\n"), check=_file("a.jsonl")),
    "pubmedxml": Target(given=damaged(pubmed_xml({"pmid": "1", "title": "T"})), check=_file("a.xml")),
    "fulltext": Target(given=damaged(PAGE.encode()), check=_page, short=15),
    "text": Target(given=st.one_of(st.text(max_size=300), _prose(RSS, PAGE)), check=_text),
    "dates": Target(given=_prose(*_DATES), check=_date, short=60),
    "robots": Target(given=damaged(b"User-agent: *\nDisallow: /a*b$\n", b'[{"location": "/a"}]'), check=_rules),
    "config": Target(given=damaged(FEEDS.encode()), check=_config),
    "smtp": Target(given=st.tuples(_VERBS, st.one_of(st.none(), _REPLIES)), check=_smtp, short=10),
}


def hunt(target: Target, *, examples: int, number: int = 0, shrinking: bool = True) -> None:
    """Try a target that many times; raises what it stumbled over, made as small as can be."""

    def checked(what: Any) -> None:
        began = time.thread_time()
        target.check(what)
        assert time.thread_time() - began < SLOWEST

    phases = [Phase.generate, Phase.shrink] if shrinking else [Phase.generate]
    quiet = settings(
        max_examples=examples, deadline=None, database=None, suppress_health_check=list(HealthCheck), phases=phases
    )
    seed(number)(quiet(given(target.given)(checked)))()


def main() -> int:
    """Hunt in each target for some seconds; returns how many of them stumbled."""
    said = argparse.ArgumentParser(description="Damaged documents for every reader.")
    said.add_argument("--seconds", type=float, default=60.0, help="for each target")
    said.add_argument("--seed", type=int, default=int(time.time()))
    said.add_argument("targets", nargs="*", default=list(TARGETS), metavar="TARGET")
    asked = said.parse_args()
    bad = 0
    for name in asked.targets:
        tries, until, number, found = 0, time.monotonic() + asked.seconds, asked.seed, ""
        while time.monotonic() < until and not found:
            try:
                hunt(TARGETS[name], examples=TARGETS[name].short * 5, number=number)
            except Exception:  # whatever it is, it is what we look for
                found = traceback.format_exc()
            tries, number = tries + TARGETS[name].short * 5, number + 1
        bad += bool(found)
        sys.stdout.write(f"{name}: {tries} documents, seed {number - 1}: {'STUMBLED' if found else 'well'}\n{found}")
        sys.stdout.flush()
    return bad


if __name__ == "__main__":
    sys.exit(min(main(), 1))
