"""The commands about sources, typed as a program, with real files, a real database and a real server."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from servers import Server, http_server, reply

from watcher.config import load
from watcher.starter import starter

Watcher = Callable[..., subprocess.CompletedProcess[str]]

FEED = """<rss version='2.0'><channel><title>Salle de presse</title><language>fr</language>
<item><guid isPermaLink='false'>1</guid><title>La ferroptose des cellules persistantes</title>
<link>https://presse.example/1</link><pubDate>Mon, 02 Mar 2026 07:00:00 GMT</pubDate>
<description>Le fer des lysosomes déclenche la mort des cellules cancéreuses persistantes.</description></item>
<item><guid isPermaLink='false'>2</guid><title>Les horaires du secrétariat pour cet été</title>
<link>https://presse.example/2</link><pubDate>Sun, 01 Mar 2026 07:00:00 GMT</pubDate></item>
</channel></rss>""".encode()
UNTITLED = FEED.replace(b"<title>Salle de presse</title>", b"")
PAGE = """<!doctype html><html><head><title>Institut</title>
<link rel="alternate" type="application/rss+xml" title="Institut » Commentaires" href="/comments/feed/">
<link rel='ALTERNATE' type='application/rss+xml; charset=utf-8' title="Actualités de l’institut" href="fil.xml">
<link rel="alternate" hreflang="en" href="/en/"></head><body>Accueil</body></html>""".encode()
SETTINGS = """\
# mes réglages
allow_hosts: [127.0.0.1]   # la machine d’essai
sources:
  - {{id: presse, url: "{url}/presse"}}   # la première
  # fin
profiles:
  - {{name: ferroptose-cd44}}
"""


@pytest.fixture
def server() -> Iterator[Server]:
    with http_server({"/presse": reply(body=FEED)}) as server:
        yield server


@pytest.fixture
def folder(tmp_path: Path, server: Server) -> Path:
    (tmp_path / "feeds.yaml").write_text(SETTINGS.format(url=server.url), encoding="utf-8")
    with starter() as shipped:
        shutil.copytree(shipped / "seeds" / "ferroptose-cd44", tmp_path / "seeds" / "ferroptose-cd44")
    return tmp_path


@pytest.fixture
def watcher(folder: Path) -> Watcher:
    def typed(*words: str | Path, code: int = 0, language: str = "", width: int = 150) -> Any:
        environment = {k: v for k, v in os.environ.items() if k in ("PATH", "LANG", "PYTHONPATH") or k[:3] == "COV"}
        environment |= {"HOME": str(folder), "COLUMNS": str(width), "PYTHONIOENCODING": "utf-8"}
        environment |= {"PYTHONWARNINGS": "error", "WATCHER_LANG": language}
        command = [sys.executable, "-m", "watcher", *map(str, words)]
        run = subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, encoding="utf-8", timeout=60, check=False
        )
        assert run.returncode == code, run.stderr
        assert "Traceback" not in run.stderr
        return run

    return typed


def settings_of(folder: Path) -> str:
    return (folder / "feeds.yaml").read_text(encoding="utf-8")


# ---- add


@pytest.mark.parametrize(
    ("routes", "path", "found", "name"),
    [
        ({"/fil": reply(body=FEED)}, "/fil", "/fil", "salle-presse"),  # the feed itself
        ({"/": reply(body=PAGE), "/fil.xml": reply(body=FEED)}, "/", "/fil.xml", "salle-presse"),
        # a feed without a title of its own has that of the link to it, or of the page
        ({"/": reply(body=PAGE), "/fil.xml": reply(body=UNTITLED)}, "/", "/fil.xml", "actualites-institut"),
        (
            {"/": reply(body=b"<html><title>Institut</title>"), "/rss.xml": reply(body=UNTITLED)},
            "/",
            "/rss.xml",
            "institut",
        ),
        ({"/feed/": reply(body=FEED)}, "/une/page", "/feed/", "salle-presse"),  # the page itself is not there
        ({"/feed/": reply(body=UNTITLED)}, "/une/page", "/feed/", "127-0-0-1"),
    ],
)
def test_a_feed_is_found_and_its_line_added(
    watcher: Watcher, server: Server, folder: Path, routes: dict[str, bytes], path: str, found: str, name: str
) -> None:
    server.routes |= routes
    before = settings_of(folder)
    run = watcher("sources", "add", server.url + path)
    source = load(folder / "feeds.yaml").sources[-1]
    assert (source.id, source.url, source.language) == (name, server.url + found, "fr")
    assert run.stdout.startswith(f"- {{id: {name}, ")
    assert settings_of(folder) == before.replace("  # fin\n", f"  {run.stdout}  # fin\n")
    assert "2 mars 2026" in run.stderr
    again = watcher("sources", "add", server.url + found, code=2)
    assert f"est déjà suivie : {name}" in again.stderr


def test_what_is_added_can_be_named_and_tried_first(watcher: Watcher, server: Server, folder: Path) -> None:
    server.routes["/fil"] = reply(body=FEED)
    before = settings_of(folder)
    words = ("sources", "add", f"{server.url}/fil", "--id", "mon-fil", "--name", 'Mon "fil"', "--every", "12h")
    shown = watcher(*words, "--dry-run").stdout
    assert settings_of(folder) == before
    assert watcher(*words, language="en").stdout == shown
    source = load(folder / "feeds.yaml").sources[-1]
    assert (source.id, source.name, source.every.total_seconds()) == ("mon-fil", 'Mon "fil"', 12 * 3600)
    assert "mon-fil est déjà pris" in watcher("sources", "add", server.url, "--id", "mon-fil", code=2).stderr


def test_a_site_without_feed_is_told_and_nothing_is_written(watcher: Watcher, server: Server, folder: Path) -> None:
    server.routes["/"] = reply(body=b"<html><title>Rien</title>", Content_Type="text/html")
    before = settings_of(folder)
    assert "aucun flux trouvé" in watcher("sources", "add", f"{server.url}/", code=3).stderr
    assert {asked.path for asked in server.asked} >= {"/feed/", "/rss.xml", "/feed.xml", "/atom.xml", "/rss"}
    assert "http:// ou https://" in watcher("sources", "add", "http://", code=2).stderr
    assert settings_of(folder) == before


# ---- remove, test, check


def test_a_source_is_removed_as_a_comment(watcher: Watcher, server: Server, folder: Path) -> None:
    server.routes["/fil"] = reply(body=FEED)
    assert "seule source" in watcher("sources", "remove", "presse", code=2).stderr
    watcher("sources", "add", f"{server.url}/fil")
    watcher("sources", "remove", "presse")
    assert f'  # - {{id: presse, url: "{server.url}/presse"}}   # la première\n' in settings_of(folder)
    assert "connues : salle-presse" in watcher("sources", "remove", "presse", code=2).stderr


def test_a_source_is_tried_without_leaving_a_trace(watcher: Watcher, server: Server, folder: Path) -> None:
    facts = json.loads(watcher("sources", "test", "presse", "--json").stdout)
    assert [(item["title"][:13], item["known"]) for item in facts["items"]] == [
        ("La ferroptose", False),
        ("Les horaires ", False),
    ]
    assert facts["items"][0]["scores"]["ferroptose-cd44"] > 0
    assert facts["newest"] == "2026-03-02T07:00:00+00:00"
    assert sorted(path.name for path in folder.iterdir()) == ["feeds.yaml", "seeds"]
    watcher("poll")
    database = (folder / "watcher.db").read_bytes()
    run = watcher("sources", "test", f"{server.url}/presse")
    assert run.stdout.count("connu") >= 2
    assert "0 article nouveau · 2 déjà connus · le plus récent" in run.stderr
    assert (folder / "watcher.db").read_bytes() == database
    server.routes["/presse"] = reply(403)
    assert "refuse les programmes (403)" in watcher("sources", "test", "presse", code=3).stderr
    assert "source inconnue" in watcher("sources", "test", "autre", code=2).stderr


def test_how_sources_fare_fits_a_screen_of_eighty(watcher: Watcher, server: Server) -> None:
    watcher("poll")
    server.routes["/presse"] = reply(403)
    watcher("poll", "--all", code=3)
    run = watcher("sources", "check", width=80)
    assert max(map(len, run.stdout.splitlines())) <= 80
    assert "Accès refusé" in run.stdout
    assert "refuse les programmes (403)" in run.stdout
    (facts,) = json.loads(watcher("sources", "check", "--json").stdout)
    (health,) = facts["health"]
    assert (health["word"], health["advice"], facts["articles"], facts["trouble"]["status"]) == (
        "blocked", "ask-publisher", 2, 403,
    )  # fmt: skip
    assert health["since"] == facts["since"]
    facts_of_time = {"first", "full", "same_since", "usual_gap_hours", "gap", "flood", "moved_since"}
    assert facts_of_time | {"query", "select", "held", "moved"} <= set(facts)


def test_the_backlog_is_a_choice(watcher: Watcher) -> None:
    assert json.loads(watcher("poll", "--all", "--backlog", "5200w", "--json").stdout)["sources"][0]["held"] == 0
    assert "durée illisible" in watcher("run", "--backlog", "long", code=2).stderr


# ---- lists of other readers

OPML = """<?xml version="1.0"?><!DOCTYPE opml [<!ENTITY secret SYSTEM "file:///etc/passwd">]>
<opml version="2.0"><head><title>Mes flux</title></head><body>
<outline text="Dossier">
  <outline type="rss" text="Un &amp; deux &secret;" xmlUrl="https://un.example/feed?a=1&amp;b=2"/>
  <outline type="rss" text="Encore un" xmlUrl="http://un.example/feed?a=1&amp;b=2"/>
  <outline type="rss" title="Presse" text="x" xmlUrl="{url}/presse"/>
  <outline type="rss" text="Fichier" xmlUrl="file:///etc/passwd"/>
  <outline type="rss" text="" xmlUrl="https://deux.example/rss"/>
</outline></body></opml>"""


def test_a_list_of_another_reader_is_taken_over_once(watcher: Watcher, server: Server, folder: Path) -> None:
    (folder / "mes.opml").write_text(OPML.format(url=server.url), encoding="utf-8")
    run = watcher("sources", "import-opml", "mes.opml")
    assert len(run.stdout.splitlines()) == 2
    assert "file:///etc/passwd : laissé de côté" in run.stderr
    assert "root:" not in settings_of(folder)
    one, two = load(folder / "feeds.yaml").sources[1:]
    assert (one.url, two.id, two.url) == ("https://un.example/feed?a=1&b=2", "deux", "https://deux.example/rss")
    assert "aucune source" in watcher("sources", "import-opml", "mes.opml", code=2).stderr
    assert "lecture impossible" in watcher("sources", "import-opml", "autre.opml", code=2).stderr
    assert server.asked == []


def test_the_list_for_other_readers_comes_back_whole(watcher: Watcher, server: Server, folder: Path) -> None:
    server.routes["/fil"] = reply(body=FEED)
    watcher("sources", "add", f"{server.url}/fil", "--name", 'A & "c" é')
    text = watcher("sources", "export-opml").stdout
    (folder / "sortie.opml").write_text(text, encoding="utf-8")
    before = load(folder / "feeds.yaml").sources
    settings = settings_of(folder).replace("/fil", "/autre").replace("/presse", "/ailleurs")
    (folder / "feeds.yaml").write_text(settings, encoding="utf-8")
    watcher("sources", "import-opml", "sortie.opml")
    back = load(folder / "feeds.yaml").sources[2:]
    assert [source.url for source in back] == [source.url for source in before]
    assert back[1].name == 'A & "c" é'
