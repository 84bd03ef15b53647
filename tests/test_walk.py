"""One article, from the bytes of a feed to what a reader sees: through the program, and through every room."""

import json
import math
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from servers import Asked, Server, http_server, reply

# CDATA, an entity escaped twice, markup in the prose, an address with what the outlet adds to count its readers.
FEED = """<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/">
<channel>
<title>La Lettre de la pompe à fer</title>
<link>https://lettre.example/</link>
<language>fr</language>
<item>
<title><![CDATA[Ferroptose : l&amp;rsquo;arme qui vise les cellules <em>persistantes</em>]]></title>
<link>https://lettre.example/2026/ferroptose.html#xtor=RSS-1-[actu]</link>
<guid isPermaLink="false">lettre-4217</guid>
<pubDate>Sun, 01 Mar 2026 00:30:00 +0100</pubDate>
<dc:creator>Zoé Œuvrard</dc:creator>
<description><![CDATA[<p>Gorgées de fer, les cellules canc&eacute;reuses persistantes qui portent <b>CD44</b> meurent
par ferroptose&nbsp;: l&rsquo;oxydation part des lysosomes.</p><script>alert(1)</script>
<p>L&rsquo;&eacute;tude est en ligne : doi.org/10.5555/pompe.2026.7</p>]]></description>
</item>
</channel>
</rss>
""".encode()

TITLE = "Ferroptose : l’arme qui vise les cellules persistantes"
TEXT = "Gorgées de fer, les cellules cancéreuses persistantes qui portent CD44 meurent par ferroptose"
ADDRESS = "https://lettre.example/2026/ferroptose.html"

SETTINGS = """
contact: veille@hopital.example
language: fr
timezone: Europe/Paris
allow_hosts: [127.0.0.1]
sources:
  - {{id: lettre, name: "La Lettre, pompe à fer", url: "{url}/feed.xml", language: fr, every: 6h}}
profiles:
  - {{name: fer, seeds: seeds/fer, threshold: 50}}
"""
SEED = """---
title: La ferroptose des cellules persistantes
language: fr
---
Les cellules cancéreuses persistantes survivent aux traitements. Riches en fer, elles portent le récepteur CD44.
Leur mort par ferroptose part des lysosomes, où le fer déclenche l'oxydation des lipides. La ferroptose vise ainsi
les cellules persistantes que la chimiothérapie épargne.
"""

Typed = Callable[..., str]


def answer(asked: Asked) -> bytes:
    """The feed, or "nothing new" to whoever has seen it."""
    if asked.headers.get("if-none-match") == '"v1"':
        return reply(304, ETag='"v1"')
    return reply(200, FEED, Content_Type="application/rss+xml; charset=utf-8", ETag='"v1"')


@pytest.fixture
def server() -> Iterator[Server]:
    with http_server({"/feed.xml": answer}) as server:
        yield server


@pytest.fixture
def typed(tmp_path: Path, server: Server) -> Typed:
    """Type a command in a folder to watch from; returns what it printed, standard error last."""
    (tmp_path / "feeds.yaml").write_text(SETTINGS.format(url=server.url), encoding="utf-8")
    (tmp_path / "seeds" / "fer").mkdir(parents=True)
    (tmp_path / "seeds" / "fer" / "note.md").write_text(SEED, encoding="utf-8")
    environment = {k: v for k, v in os.environ.items() if k in ("PATH", "PYTHONPATH") or k.startswith("COV")}
    environment |= {"HOME": str(tmp_path), "PYTHONIOENCODING": "utf-8", "PYTHONWARNINGS": "error", "COLUMNS": "120"}

    def typed(*words: str) -> str:
        run = subprocess.run(
            [sys.executable, "-m", "watcher", *words],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            encoding="utf-8",
            timeout=60,
            check=False,
        )
        assert run.returncode == 0, run.stderr
        return run.stdout + run.stderr

    return typed


def test_one_article_walks_through_the_house(typed: Typed, server: Server) -> None:
    # fetch, parse, identify, relate, judge, record
    report = json.loads(typed("poll", "--json", "--backlog", "5200w"))
    assert (report["asked"], report["failed"], report["new"], report["known"]) == (1, 0, 1, 0)
    (asked,) = server.asked
    assert "veille@hopital.example" in asked.headers["user-agent"]
    assert "if-none-match" not in asked.headers

    exported = the_article_as_exported(typed)
    the_digest_shows_it(typed, exported)
    the_page_tells_all_it_is_known_by(typed)
    the_score_can_be_taken_apart(typed, exported)
    assert [a["id"] for a in json.loads(typed("search", "oxydation", "canceréuses", "--json"))] == ["1"]
    assert "rien trouvé" in typed("search", "alert")  # the script was no text

    # the second time: nothing new, and nothing twice
    again = json.loads(typed("poll", "--all", "--json"))
    assert (again["new"], again["known"], again["failed"]) == (0, 0, 0)
    assert again["sources"][0]["unchanged"] is True
    assert server.asked[1].headers["if-none-match"] == '"v1"'
    assert len(server.asked) == 2
    assert "1 pas encore échue" in typed("-v", "poll")  # six hours have not gone by
    assert len(server.asked) == 2
    assert typed("export").splitlines() == [json.dumps(exported, ensure_ascii=False)]
    assert "va bien" in typed("sources", "check")


def the_article_as_exported(typed: Typed) -> dict[str, Any]:
    (line,) = typed("export").splitlines()
    article: dict[str, Any] = json.loads(line)
    assert article["title"] == TITLE
    assert article["text"].startswith(TEXT)
    assert "<" not in article["text"]
    assert "alert" not in article["text"]
    assert "&" not in article["text"]
    assert article["url"].startswith(ADDRESS)
    assert article["published"] == "2026-02-28T23:30:00+00:00"
    assert (article["language"], article["sources"]) == ("fr", ["lettre"])
    assert {"guid:lettre-4217@lettre", "url:lettre.example/2026/ferroptose.html"} <= set(article["aliases"])
    assert not any("xtor" in alias for alias in article["aliases"])
    assert article["scores"]["fer"] > 50
    return article


def the_digest_shows_it(typed: Typed, exported: dict[str, Any]) -> None:
    text = typed("digest", "--since", "1d").replace("\u00a0", " ")
    assert "1 histoire à lire · 1 article lu · 0 article mis de côté · 1 source suivie" in text
    assert f" {exported['scores']['fer']:.0f}  {TITLE}" in text
    assert "La Lettre, pompe à fer · 1er mars 2026 · n° 1" in text  # half past midnight in Paris
    assert "pourquoi : " in text
    assert "ferroptose +" in text
    (section,) = json.loads(typed("digest", "--json"))["sections"]
    (line,) = section["lines"]
    assert (line["title"], line["new"], line["also"]) == (TITLE, 1, [])
    assert math.isclose(line["score"]["value"], exported["scores"]["fer"], abs_tol=1e-9)


def the_page_tells_all_it_is_known_by(typed: Typed) -> None:
    for key in ("1", ADDRESS, f"{ADDRESS}#xtor=AL-32"):
        page = typed("show", key)
        for fact in (TITLE, "1er mars 2026", "La Lettre, pompe à fer", "guid:lettre-4217@lettre"):
            assert fact in page
        assert "doi:10.5555/pompe.2026.7" in page  # the study that it tells of


def the_score_can_be_taken_apart(typed: Typed, exported: dict[str, Any]) -> None:
    (score,) = json.loads(typed("explain", "1", "--json"))["scores"]
    assert math.isclose(math.fsum(m["contribution"] for m in score["matches"]), score["value"], abs_tol=1e-9)
    assert math.isclose(score["value"], exported["scores"]["fer"], abs_tol=1e-9)
    text = typed("explain", "1").replace(",", ".")
    said = re.search(r"fer\u00a0: ([0-9.]+) / 100", text)
    assert said
    *points, total = (float(p) for p in re.findall(r"^ *([0-9]+\.[0-9]) ", text, re.MULTILINE))
    assert f"{math.fsum(points):.1f}" == f"{total:.1f}" == said[1] == f"{score['value']:.1f}"
