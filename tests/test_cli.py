"""What a person types: every command, as a program, with real files and a real database."""

import csv
import io
import json
import math
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from watcher import __version__, config
from watcher.cli import COMMANDS
from watcher.parse import SERVICES
from watcher.starter import starter

Watcher = Callable[..., subprocess.CompletedProcess[str]]

RECORDS = (
    {
        "id": "007",
        "title": "La ferroptose tue les cellules persistantes",
        "text": "Le fer des lysosomes déclenche la ferroptose des cellules cancéreuses persistantes qui portent CD44.",
        "url": "https://gazette.example/fer?utm_source=rss",
        "published": "2026-11-01T08:00:00+01:00",
        "doi": "10.5555/FER.1",
    },
    {
        "id": "10.10",
        "title": "La tarte aux pommes de nos grands-mères",
        "text": "Trois pommes, du beurre, du sucre.",
        "url": "https://cuisine.example/tarte",
    },
    {
        "id": "a-3",
        "title": "La ferroptose tue les cellules persistantes",
        "text": "Le fer des lysosomes déclenche la ferroptose des cellules cancéreuses persistantes qui portent CD44.",
        "url": "https://gazette.example/fer",
        "pmid": "31234567",
    },
    {"id": "=1+1", "title": '=HYPERLINK("https://a.example")', "text": "[link=file:///etc/passwd]x[/link] :smile:"},
)


SETTINGS = """
sources:
  - {id: gazette, url: "https://gazette.example/rss"}
  - {id: cuisine, url: "https://cuisine.example/rss"}
profiles:
  - {name: ferroptose-cd44}
"""


@pytest.fixture
def watcher(tmp_path: Path) -> Watcher:
    """Type a command in an empty folder that is also a home."""

    def typed(*words: str | Path, code: int = 0, language: str = "", cwd: Path = tmp_path) -> Any:
        environment = {k: v for k, v in os.environ.items() if k in ("PATH", "LANG", "SYSTEMROOT", "PYTHONPATH")}
        environment |= {"HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path / ".config"), "COLUMNS": "150"}
        environment |= {"PYTHONIOENCODING": "utf-8", "PYTHONWARNINGS": "error", "TMPDIR": str(tmp_path)}
        environment |= {k: v for k, v in os.environ.items() if k.startswith("COV")}
        if language:
            environment["WATCHER_LANG"] = language
        command = [sys.executable, "-m", "watcher", *map(str, words)]
        run = subprocess.run(
            command, cwd=cwd, env=environment, capture_output=True, encoding="utf-8", timeout=60, check=False
        )
        assert run.returncode == code, run.stderr
        assert "Traceback" not in run.stderr
        assert "\x1b" not in run.stdout
        return run

    return typed


@pytest.fixture
def records(tmp_path: Path) -> Path:
    file = tmp_path / "articles.jsonl"
    file.write_text("".join(json.dumps(r) + "\n" for r in RECORDS), encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder to watch from, with one profile of the starter and the records in its database; made once."""
    folder = tmp_path_factory.mktemp("model")
    (folder / "feeds.yaml").write_text(SETTINGS, encoding="utf-8")
    (folder / "articles.jsonl").write_text("".join(json.dumps(r) + "\n" for r in RECORDS), encoding="utf-8")
    with starter() as shipped:
        shutil.copytree(shipped / "seeds" / "ferroptose-cd44", folder / "seeds" / "ferroptose-cd44")
    command = [sys.executable, "-m", "watcher", "import", "articles.jsonl"]
    subprocess.run(command, cwd=folder, capture_output=True, timeout=60, check=True)
    return folder


@pytest.fixture
def filled(model: Path, tmp_path: Path) -> Path:
    """A folder to watch from that knows the records."""
    return shutil.copytree(model, tmp_path / "veille")


@pytest.fixture
def folder(filled: Path) -> Path:
    """A folder to watch from in which nothing was done yet."""
    (filled / "watcher.db").unlink()
    return filled


def lines(run: subprocess.CompletedProcess[str]) -> list[Any]:
    return [json.loads(line) for line in run.stdout.splitlines()]


# Help


HELPS = """
import click
from watcher.cli import COMMANDS, watcher

for name in COMMANDS:
    watcher.main([name, "--help"], prog_name="watcher", standalone_mode=False)
    command = watcher.get_command(click.Context(watcher), name)
    for inner in getattr(command, "commands", {}):
        watcher.main([name, inner, "-h"], prog_name="watcher", standalone_mode=False)
"""


def helps(language: str) -> dict[str, str]:
    """Every command's help by its name."""
    environment = os.environ | {"WATCHER_LANG": language, "PYTHONIOENCODING": "utf-8"}
    run = subprocess.run(
        [sys.executable, "-c", HELPS], env=environment, capture_output=True, encoding="utf-8", timeout=60, check=True
    )
    return {text.split(" [", 1)[0]: text for text in run.stdout.split("Usage: ")[1:]}


def test_every_command_has_help_with_an_example_in_both_languages() -> None:
    french, english = helps(""), helps("en")
    of_sources = ("list", "check", "add", "remove", "test", "import-opml", "export-opml")
    subcommands = {f"watcher sources {name}" for name in of_sources}
    subcommands |= {f"watcher profiles {name}" for name in ("list", "show", "diff", "undo")}
    subcommands |= {f"watcher outbox {name}" for name in ("list", "show", "retry", "drop")}
    subcommands |= {f"watcher story {name}" for name in ("split", "join", "list")}
    assert set(french) == set(english) == {f"watcher {name}" for name in COMMANDS} | subcommands
    for name in french:
        for text, example, help_said in (
            (french[name], "Exemple :", "Afficher cette aide."),
            (english[name], "Example:", "Show this help."),
        ):
            assert help_said in text, name
            assert f"watcher {name.split()[1]}" in text.partition(example)[2], name
        explained = [text.split("\n\n")[1].strip() for text in (french[name], english[name])]
        assert all(explained), name
        assert explained[0] != explained[1], name


def test_help_lists_every_command_in_both_languages(watcher: Watcher) -> None:
    french, english = watcher("--help").stdout, watcher("-h", language="en").stdout
    for name, (_, in_french, in_english) in COMMANDS.items():
        assert re.search(rf"^  {name} +{re.escape(in_french)}$", french, re.MULTILINE)
        assert re.search(rf"^  {name} +{re.escape(in_english)}$", english, re.MULTILINE)


def test_version(watcher: Watcher) -> None:
    assert watcher("--version").stdout == f"watcher, version {__version__}\n"


@pytest.mark.parametrize("words", [["nonsense"], ["poll", "--nonsense"], ["rank"], ["sources", "nonsense"], []])
def test_what_is_no_command_exits_with_2(watcher: Watcher, words: list[str]) -> None:
    run = watcher(*words, code=2)
    assert run.stdout == ""
    assert "watcher" in run.stderr


def test_help_loads_no_library_that_it_does_not_need() -> None:
    heavy = "requests feedparser sqlite_utils sqlite3 rich lxml bs4 yaml jinja2 filelock platformdirs urllib3"
    program = f"""
import sys
from watcher.cli import watcher
watcher.main(["--help"], standalone_mode=False)
print([name for name in {heavy.split()!r} if name in sys.modules])
"""
    unmeasured = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True, env=unmeasured
    )
    assert run.stdout.splitlines()[-1] == "[]"


# init, sources, profiles


def test_init_makes_a_folder_that_is_accepted(watcher: Watcher, tmp_path: Path) -> None:
    folder = tmp_path / "ma veille"
    assert "watcher run" in watcher("init", folder).stdout
    listed = json.loads(watcher("sources", "list", "--json", cwd=folder).stdout)
    assert len(listed) > 10
    table = watcher("sources", "list", cwd=folder).stdout
    assert all(source["id"] in table for source in listed)
    profiles = json.loads(watcher("profiles", "list", "--json", cwd=folder).stdout)
    table = watcher("profiles", "list", cwd=folder).stdout
    assert len(profiles) == 5
    assert all(profile["name"] in table for profile in profiles)


def test_init_writes_the_contact(watcher: Watcher, tmp_path: Path) -> None:
    watcher("init", "ici/et/la", "--contact", "moi@hopital.example")
    assert config.load(tmp_path / "ici/et/la/feeds.yaml", kinds=SERVICES).contact == "moi@hopital.example"


@pytest.mark.parametrize("kept", ["feeds.yaml", "seeds"])
def test_init_overwrites_nothing(watcher: Watcher, folder: Path, kept: str) -> None:
    other = "seeds" if kept == "feeds.yaml" else "feeds.yaml"
    shutil.rmtree(folder / other) if other == "seeds" else (folder / other).unlink()
    before = sorted(folder.rglob("*"))
    run = watcher("init", folder, code=2)
    assert "existe déjà" in run.stderr
    assert sorted(folder.rglob("*")) == before


def test_init_into_a_file_is_said_in_one_line(watcher: Watcher, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert len(watcher("init", "file", code=2).stderr.splitlines()) == 1


def test_sources_fare(watcher: Watcher, filled: Path) -> None:
    assert "Jamais interrogées" in watcher("sources", "check", cwd=filled).stdout
    assert all(s["checked"] is None for s in json.loads(watcher("sources", "check", "--json", cwd=filled).stdout))


def test_no_database_yet(watcher: Watcher, folder: Path) -> None:
    assert "pas encore de base" in watcher("digest", cwd=folder, code=74).stderr


def test_a_profile_is_shown_and_written_for_the_settings(watcher: Watcher, folder: Path) -> None:
    table = watcher("profiles", "show", "ferroptose-cd44", cwd=folder).stdout
    facts = json.loads(watcher("profiles", "show", "ferroptose-cd44", "--json", cwd=folder).stdout)
    assert "ferroptosis" in table
    assert facts["terms"][0]["weight"] == 1.0
    file = folder / "feeds.yaml"
    before = config.load(file, kinds=SERVICES)
    raw = yaml.safe_load(file.read_text(encoding="utf-8"))
    raw["profiles"] = yaml.safe_load(watcher("profiles", "show", "ferroptose-cd44", "--yaml", cwd=folder).stdout)[
        "profiles"
    ]
    file.write_text(yaml.safe_dump(raw, allow_unicode=True), encoding="utf-8")
    assert config.load(file, kinds=SERVICES).profiles == tuple(
        p for p in before.profiles if p.name == "ferroptose-cd44"
    )


def test_an_unknown_profile_is_answered_with_the_known_ones(watcher: Watcher, folder: Path) -> None:
    run = watcher("profiles", "show", "inconnu", cwd=folder, code=2)
    assert "ferroptose-cd44" in run.stderr


def test_settings_that_are_missing_or_wrong(watcher: Watcher, tmp_path: Path) -> None:
    assert "watcher init" in watcher("sources", "list", code=2).stderr
    (tmp_path / "feeds.yaml").write_text("langage: fr\nsources: []\n")
    said = watcher("sources", "list", code=2).stderr.splitlines()
    assert len(said) == 2
    assert said[0].startswith("watcher: feeds.yaml:1: langage ")
    assert "did you mean `language`?" in watcher("sources", "list", code=2, language="en").stderr


# Files of articles


def test_rank_jsonl(watcher: Watcher, folder: Path, records: Path) -> None:
    found = lines(watcher("rank", "--seeds", folder / "seeds/ferroptose-cd44", records, "--format", "jsonl"))
    assert found[0]["id"] == "007"
    assert {one["id"] for one in found} == {"007", "10.10", "a-3", "=1+1"}
    scores = [one["score"] for one in found]
    assert scores == sorted(scores, reverse=True)
    assert scores[0] > 50
    assert scores[-1] == 0


def test_rank_table(watcher: Watcher, folder: Path, records: Path) -> None:
    text = watcher("rank", "--seeds", folder / "seeds/ferroptose-cd44", records).stdout
    assert text.index("007") < text.index("10.10")
    assert "[link=file:///etc/passwd]" not in text  # that article has a title
    assert '=HYPERLINK("https://a.example")' in text


def test_group_jsonl_keeps_the_order_of_the_file(watcher: Watcher, records: Path) -> None:
    found = lines(watcher("group", records, "--format", "jsonl"))
    assert [list(one) for one in found] == [["id", "article", "story"]] * 4
    assert [one["id"] for one in found] == ["007", "10.10", "a-3", "=1+1"]
    assert [one["article"] for one in found] == ["007", "10.10", "007", "=1+1"]  # one address but for its utm_source
    assert found[2]["story"] == "007"
    assert "La tarte" in watcher("group", records).stdout


@pytest.mark.parametrize("words", [["group"], ["rank", "--seeds", "veille/seeds/ferroptose-cd44"]])
def test_a_bad_record_is_named_by_its_line(watcher: Watcher, folder: Path, words: list[str]) -> None:
    (folder.parent / "bad.jsonl").write_text('{"id": "1"}\n\nnot json\n')
    run = watcher(*words, "bad.jsonl", "--format", "jsonl", code=2)
    assert "bad.jsonl, ligne 3" in run.stderr
    assert "missing.jsonl" in watcher(*words, "missing.jsonl", code=2).stderr


# The database


def test_import_then_export_and_back(watcher: Watcher, folder: Path, records: Path, tmp_path: Path) -> None:
    first = watcher("import", records, cwd=folder)
    assert "3 articles nouveaux, 1 déjà connu" in first.stderr
    exported = watcher("export", cwd=folder)
    articles = lines(exported)
    assert [a["id"] for a in articles] == ["1", "2", "3"]
    assert {"doi:10.5555/fer.1", "pmid:31234567", "url:gazette.example/fer"} <= set(articles[0]["aliases"])
    assert articles[0]["published"] == "2026-11-01T07:00:00+00:00"
    (tmp_path / "export.jsonl").write_text(exported.stdout, encoding="utf-8")

    def take_in() -> str:
        return str(watcher("--database", "new.db", "import", tmp_path / "export.jsonl", cwd=folder).stderr)

    assert "3 articles nouveaux, 0 déjà connu" in take_in()
    assert "0 article nouveau, 3 déjà connus" in take_in()
    again = lines(watcher("--database", "new.db", "export", cwd=folder))
    for before, after in zip(articles, again, strict=True):
        same = ("title", "text", "url", "published", "language", "scores")
        assert {k: before[k] for k in same} == {k: after[k] for k in same}
        assert {a for a in before["aliases"] if not a.startswith("guid:")} <= set(after["aliases"])


def test_an_article_known_by_nothing_but_its_guid_is_known_again(watcher: Watcher, filled: Path) -> None:
    (filled / "export.jsonl").write_text(watcher("export", cwd=filled).stdout, encoding="utf-8")
    assert "0 article nouveau" in watcher("import", "export.jsonl", cwd=filled).stderr


def test_export_csv(watcher: Watcher, filled: Path) -> None:
    rows = list(csv.DictReader(io.StringIO(watcher("export", "--format", "csv", cwd=filled).stdout, newline="")))
    assert [row["id"] for row in rows] == ["1", "2", "3"]
    assert rows[2]["title"] == '\'=HYPERLINK("https://a.example")'


def test_search(watcher: Watcher, filled: Path) -> None:
    assert [a["id"] for a in json.loads(watcher("search", "FERROPTOSÉ", "--json", cwd=filled).stdout)] == ["1"]
    assert "rien trouvé" in watcher("search", "introuvable", cwd=filled).stdout
    assert "La ferroptose tue" in watcher("search", "ferroptose", "--limit", "1", cwd=filled).stdout


@pytest.mark.parametrize("key", ["1", "10.5555/fer.1", "https://gazette.example/fer?utm_medium=x", "pmid:31234567"])
def test_an_article_is_found_by_any_of_its_names(watcher: Watcher, filled: Path, key: str) -> None:
    assert json.loads(watcher("show", key, "--json", cwd=filled).stdout)["id"] == "1"


def test_show(watcher: Watcher, filled: Path) -> None:
    page = watcher("show", "1", cwd=filled).stdout
    assert "doi:10.5555/fer.1" in page
    assert "1er novembre 2026" in page
    assert "[link=file:///etc/passwd]x[/link] :smile:" in watcher("show", "3", cwd=filled).stdout
    assert "aucun article" in watcher("show", "99", cwd=filled, code=2).stderr


def test_explain_adds_up(watcher: Watcher, filled: Path) -> None:
    facts = json.loads(watcher("explain", "1", "--json", cwd=filled).stdout)
    best = facts["scores"][0]
    stored = lines(watcher("export", cwd=filled))[0]["scores"]
    for score in facts["scores"]:
        total = math.fsum(m["contribution"] for m in score["matches"])
        assert math.isclose(total, score["value"], abs_tol=1e-9)
        assert math.isclose(total, stored.get(score["profile"], 0.0), abs_tol=1e-9)
    shown = watcher("explain", "1", cwd=filled).stdout
    assert f"{best['profile']}\u00a0: {best['value']:.1f} / 100".replace(".", ",") in shown


def test_digest_and_its_period(watcher: Watcher, filled: Path) -> None:
    text = watcher("digest", cwd=filled).stdout
    assert "La ferroptose tue les cellules persistantes" in text
    assert "1 histoire à lire\u00a0· 3\u00a0articles lus\u00a0· 2\u00a0articles mis de côté" in text
    facts = json.loads(watcher("digest", "--format", "json", "--since", "12h", cwd=filled).stdout)
    assert (facts["outcome"], facts["read"], facts["set_aside"]) == ("news", 3, 2)
    assert "12h, 7d, 2w" in watcher("digest", "--since", "bientôt", cwd=filled, code=2).stderr
    assert "1 story to read" in watcher("digest", cwd=filled, language="en").stdout


def test_a_reader_that_stops_reading_is_no_error(watcher: Watcher, folder: Path, tmp_path: Path) -> None:
    many = tmp_path / "many.jsonl"
    many.write_text("".join(json.dumps({"id": str(n), "title": f"Titre {n}"}) + "\n" for n in range(5000)))
    command = f"{sys.executable} -m watcher group --format jsonl {many} | head -n 1; echo ${{PIPESTATUS[0]}}"
    run = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=60, check=True)
    assert run.stdout.splitlines()[1:] == ["0"]
    assert run.stderr == ""


# demo


@pytest.mark.parametrize("language", ["", "en"])
def test_demo_lives_three_days_and_leaves_nothing(watcher: Watcher, tmp_path: Path, language: str) -> None:
    started = time.monotonic()
    run = watcher("demo", language=language)
    assert time.monotonic() - started < 15
    assert run.stderr == ""
    assert list(tmp_path.iterdir()) == []  # the folder it is typed in, its home, and its temporary folder
    days = re.split(r"^─+ (?:Jour|Day) \d · .* ─+$", run.stdout, flags=re.MULTILINE)[1:]
    counts = [[int(n) for n in re.findall(r"\d+", day.strip().splitlines()[0])] for day in days]
    assert [asked for asked, *_ in counts] == [12, 12, 12]
    assert [failed for _, _, failed, *_ in counts] == [2, 2, 2]
    news = [new for *_, new, _ in counts]
    assert news[0] > news[1] > news[2] == 0
    nothing = "Nothing new" if language == "en" else "Rien de nouveau"
    assert [nothing in day for day in days] == [False, False, True]
    assert re.search(r"Monday 23 November 2026" if language == "en" else r"lundi 23 novembre 2026", run.stdout)


def test_demo_speaks_to_this_machine_only(tmp_path: Path) -> None:
    program = """
import sys
spoken = []
def hook(event, args):
    if event in ("socket.connect", "socket.sendto", "socket.bind"):
        spoken.append(args[1])
    elif event == "socket.getaddrinfo":
        spoken.append((args[0],))
sys.addaudithook(hook)
from watcher.cli import watcher
watcher.main(["demo"], standalone_mode=False)
strangers = [a for a in spoken if isinstance(a, tuple) and a[0] not in ("127.0.0.1", "::1", "localhost")]
assert len(spoken) > 10, spoken
assert not strangers, strangers
"""
    subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, timeout=60, check=True)


def test_the_shell_completes_commands() -> None:
    asked = {"_WATCHER_COMPLETE": "bash_complete", "COMP_WORDS": "watcher ex", "COMP_CWORD": "1"}
    program = Path(sys.executable).parent / "watcher"
    run = subprocess.run([program], env=os.environ | asked, capture_output=True, encoding="utf-8", check=False)
    assert run.stdout.split() == ["plain,explain", "plain,export"]


@pytest.mark.parametrize("group", ["sources", "profiles", "outbox"])
def test_a_group_without_more_lists(watcher: Watcher, filled: Path, group: str) -> None:
    assert watcher(group, cwd=filled).stdout == watcher(group, "list", cwd=filled).stdout
