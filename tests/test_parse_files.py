"""Files of articles, by the endings of their names, and through the commands that read them."""

import gzip
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from watcher.articles import Article
from watcher.errors import UsageError
from watcher.parse.files import read_articles

TITLES = ("La ferroptose tue les cellules persistantes", "La tarte aux pommes de nos grands-mères")
TEXTS = (
    "Le fer des lysosomes déclenche la ferroptose des cellules cancéreuses persistantes qui portent CD44.",
    "Trois pommes, du beurre, du sucre.",
)
DOIS = ("10.5555/fer.1", "10.5555/tarte.2")
PARTS = tuple(zip(("a1", "b2"), TITLES, TEXTS, DOIS, strict=True))

JSONL = "".join(json.dumps({"id": i, "title": t, "text": s, "doi": d}) + "\n" for i, t, s, d in PARTS)
RIS = "".join(f"TY  - JOUR\nID  - {i}\nTI  - {t}\nAB  - {s}\nDO  - {d}\nER  - \n\n" for i, t, s, d in PARTS)
BIB = "".join(f"@article{{{i},\n title = {{{t}}},\n abstract = {{{s}}},\n doi = {{{d}}}\n}}\n" for i, t, s, d in PARTS)
XML = "".join(
    f"""<PubmedArticle><MedlineCitation><Article><ArticleTitle>{t}</ArticleTitle>
    <Abstract><AbstractText>{s}</AbstractText></Abstract><ELocationID EIdType="doi">{d}</ELocationID></Article>
    </MedlineCitation></PubmedArticle>"""
    for _, t, s, d in PARTS
)
FORMS = {"jsonl": JSONL, "ris": RIS, "bib": BIB, "xml": f"<PubmedArticleSet>{XML}</PubmedArticleSet>"}
NAMES = [f"notices.{ending}{packed}" for ending in FORMS for packed in ("", ".gz")]


def bytes_of(name: str) -> bytes:
    whole = FORMS[name.removesuffix(".gz").rpartition(".")[2]].encode()
    return gzip.compress(whole) if name.endswith(".gz") else whole


def read(document: bytes, name: str) -> list[Article]:
    return list(read_articles(io.BytesIO(document), name=name))


@pytest.mark.parametrize("name", [*NAMES, "NOTICES.RIS", "a.b.Bib.GZ"])
def test_every_form_says_the_same(name: str) -> None:
    articles = read(bytes_of(name.lower()), name)

    assert tuple(article.title for article in articles) == TITLES
    assert tuple(article.summary for article in articles) == TEXTS
    assert tuple(article.ids for article in articles) == tuple((("doi", doi),) for doi in DOIS)
    assert (articles[0].source, articles[0].language) == (name, "fr")


@pytest.mark.parametrize("name", ["notices", "notices.json", "notices.txt", "folder.ris/notices"])
def test_any_other_ending_is_json_lines(name: str) -> None:
    assert [article.guid for article in read(JSONL.encode(), name)] == ["a1", "b2"]


@pytest.mark.parametrize("form", ["ris", "bib"])
def test_references_in_an_old_charset(form: str) -> None:
    assert read(FORMS[form].encode("cp1252"), f"notices.{form}")[1].title == TITLES[1]


def test_json_lines_are_read_one_by_one() -> None:
    many = 200_000
    stream = io.BytesIO(b'{"id": "1"}\n' * many)
    reading = read_articles(stream, name="notices.jsonl")

    assert [next(reading).guid for _ in range(5_000)] == ["1"] * 5_000
    assert stream.tell() < many


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("damage", ["cut", "changed", "not packed"])
def test_a_damaged_package_is_named(form: str, damage: str) -> None:
    packed = gzip.compress(FORMS[form].encode())
    changed = packed[:40] + bytes([packed[40] ^ 255]) + packed[41:]
    document = {"cut": packed[:-20], "changed": changed, "not packed": FORMS[form].encode()}[damage]
    with pytest.raises(UsageError) as raised:
        read(document, f"notices.{form}.gz")
    assert raised.value.facts["file"] == f"notices.{form}.gz"
    assert raised.value.facts["detail"]


def test_json_lines_that_are_no_utf8_are_named() -> None:
    with pytest.raises(UsageError) as raised:
        read(b'{"id": "\xe9"}\n', "notices.jsonl")
    assert (raised.value.reason, raised.value.facts["file"]) == ("unreadable-file", "notices.jsonl")


# Through the commands


@pytest.fixture
def watcher(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Type a command in a folder with settings and one profile."""
    (tmp_path / "seeds" / "fer").mkdir(parents=True)
    (tmp_path / "seeds" / "fer" / "fer.txt").write_text(f"{TITLES[0]}\n\n{TEXTS[0]}\n" * 2, encoding="utf-8")
    (tmp_path / "feeds.yaml").write_text("sources: [{id: a, url: 'https://a.example/rss'}]\n", encoding="utf-8")

    def typed(*typed_words: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        environment = {k: v for k, v in os.environ.items() if k in ("PATH", "PYTHONPATH") or k.startswith("COV")}
        environment |= {"HOME": str(tmp_path), "PYTHONIOENCODING": "utf-8", "PYTHONWARNINGS": "error"}
        command = [sys.executable, "-m", "watcher", *typed_words]
        run = subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, encoding="utf-8", timeout=60, check=False
        )
        assert run.returncode == code, run.stderr
        assert "Traceback" not in run.stderr
        return run

    return typed


@pytest.mark.parametrize("name", ["notices.jsonl.gz", "notices.ris", "notices.bib.gz", "notices.xml"])
def test_rank_group_and_import(
    watcher: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path, name: str
) -> None:
    (tmp_path / name).write_bytes(bytes_of(name))
    guids = ["a1", "b2"] if "xml" not in name else list(DOIS)

    ranked = watcher("rank", "--seeds", "seeds/fer", name, "--format", "jsonl").stdout.splitlines()
    assert [json.loads(line)["id"] for line in ranked] == guids
    grouped = watcher("group", name, "--format", "jsonl").stdout.splitlines()
    assert [json.loads(line)["article"] for line in grouped] == guids
    assert "2 articles nouveaux" in watcher("import", name).stderr
    assert "0 article nouveau" in watcher("import", name).stderr
    exported = [json.loads(line) for line in watcher("export").stdout.splitlines()]
    assert {record["title"] for record in exported} == set(TITLES)


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("bad.ris", "words", "bad.ris, ligne 1"),
        ("bad.bib", "@a{b, c = {d}}\n@a{b, c = e # {d}}", "bad.bib, ligne 2"),
        ("bad.xml", "<PubmedArticleSet>\n<PubmedArticle>", "bad.xml, ligne 2"),
        ("bad.xml.gz", "<PubmedArticleSet/>", "bad.xml.gz : lecture impossible"),
    ],
)
def test_what_cannot_be_read_is_one_line(
    watcher: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path, name: str, text: str, said: str
) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")

    run = watcher("group", name, code=2)
    assert said in run.stderr
    assert run.stderr.count("\n") == 1
