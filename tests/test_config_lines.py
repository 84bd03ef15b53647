"""Sources put into settings and taken out of them: nothing else in the file changes, or nothing at all does."""

import stat
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from watcher.config import load
from watcher.config.lines import add_sources, remove_source, source_line
from watcher.errors import ConfigError, UsageError
from watcher.parse import SERVICES
from watcher.sources import Source
from watcher.starter import starter
from watcher.text import clean

NEW = Source(id="neuve", name="La « neuve » : d’à côté", url="https://neuve.example/feed?a=1#b", language="fr")
PLAIN = """\
# en tête
language: fr   # la langue
sources:

  # les unes
  - {id: a, url: https://a.example/feed}   # celle-ci
  - id: b
    url: https://b.example/feed
    # pas trop souvent
    every: 12h

  # les autres, plus tard

# les profils
timezone: Europe/Paris
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "feeds.yaml"


def written(file: Path, text: str) -> Path:
    file.write_bytes(text.encode())
    return file


def ids(file: Path) -> list[str]:
    return [source.id for source in load(file, kinds=SERVICES).sources]


def test_a_source_is_added_after_the_last_one_and_nothing_else_changes(file: Path) -> None:
    (line,) = add_sources(written(file, PLAIN), (NEW,))
    shown = f"  {line}\n"
    assert file.read_text(encoding="utf-8") == PLAIN.replace("    every: 12h\n", "    every: 12h\n" + shown)
    assert load(file).sources[-1] == NEW
    assert line == (
        '- {id: neuve, name: "La « neuve » : d’à côté", url: "https://neuve.example/feed?a=1#b", kind: feed, '
        "language: fr, every: 6h}"
    )
    assert [path.name for path in file.parent.iterdir()] == ["feeds.yaml"]


def test_several_at_once(file: Path) -> None:
    more = tuple(Source(id=f"n{n}", url=f"https://n{n}.example/", every=timedelta(minutes=90)) for n in range(3))
    assert len(add_sources(written(file, PLAIN), more)) == 3
    assert load(file).sources[-3:] == more
    assert "every: 90m" in file.read_text(encoding="utf-8")


@pytest.mark.parametrize("key", ["a", "b"])
def test_what_is_removed_stays_as_a_comment_and_can_come_back(file: Path, key: str) -> None:
    gone = remove_source(written(file, PLAIN), key)
    assert gone[0].startswith(f"  - {'{' if key == 'a' else ''}id: {key}")
    text = file.read_text(encoding="utf-8")
    assert ids(file) == [other for other in ("a", "b") if other != key]
    assert len(text.splitlines()) == len(PLAIN.splitlines())
    assert [line.replace("# ", "", 1) if line.startswith("  # ") else line for line in text.splitlines()] == [
        line.replace("# ", "", 1) if line.startswith("  # ") else line for line in PLAIN.splitlines()
    ]


def test_what_is_deleted_is_gone(file: Path) -> None:
    remove_source(written(file, PLAIN), "b", delete=True)
    block = "  - id: b\n    url: https://b.example/feed\n    # pas trop souvent\n    every: 12h\n"
    assert file.read_text(encoding="utf-8") == PLAIN.replace(block, "")


LAYOUTS = {
    "no line end": "sources:\n  - {id: a, url: https://a.example}\n  - {id: b, url: https://b.example}",
    "at the margin": "sources:\n- {id: a, url: https://a.example}\n- {id: b, url: https://b.example}\nlanguage: en\n",
    "windows": "# é\r\nsources:\r\n  - {id: a, url: https://a.example}\r\n  - id: b\r\n    url: https://b.example\r\n",
    "mark": "\ufeffsources:\n  - {id: a, url: https://a.example}\n  - {id: b, url: https://b.example}\n",
    "wide": "sources:\n  -   id: a\n      url: https://a.example\n  -   id: b\n      url: https://b.example\n",
    "folded": "sources:\n  - id: a\n    url: https://a.example\n  - {id: b,\n     url: https://b.example}\n"
    "language: fr\n",
    "several lines": "sources:\n  - {id: a, url: https://a.example}\n  - id: b\n    url: https://b.example\n"
    "    name: >\n      deux\n      lignes\n\nlanguage: fr\n",
    "quoted": '"sources":\n  - {"id": "a", \'url\': "https://a.example"}\n  - {id: b, url: https://b.example}\n',
    "unusual lines": "# \u2028 \x85\nsources:\n  - {id: a, url: https://a.example}\n  - {id: b, url: https://b.example}\n",
}


@pytest.mark.parametrize("name", LAYOUTS)
def test_layouts_of_all_sorts(file: Path, name: str) -> None:
    before = LAYOUTS[name]
    add_sources(written(file, before), (NEW,))
    assert ids(file) == ["a", "b", "neuve"]
    assert file.read_bytes().decode().startswith(before.rstrip("\r\n").split("language")[0].rstrip())
    remove_source(file, "b", delete=True)
    remove_source(file, "neuve")
    assert ids(file) == ["a"]
    if name == "windows":
        assert file.read_bytes().count(b"\n") == file.read_bytes().count(b"\r\n")


REFUSED = {
    "brackets": "sources: [{id: a, url: https://a.example}, {id: b, url: https://b.example}]\n",
    "all in braces": "{sources: [{id: a, url: https://a.example}, {id: b, url: https://b.example}]}\n",
    "dash alone": "sources:\n  -\n    id: a\n    url: https://a.example\n  -\n    id: b\n    url: https://b.example\n",
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_done_for_sure_is_not_done(file: Path, name: str) -> None:
    written(file, REFUSED[name])
    with pytest.raises(UsageError, match="cannot-edit"):
        add_sources(file, (NEW,))
    with pytest.raises(UsageError, match="cannot-edit"):
        remove_source(file, "a")
    assert file.read_bytes().decode() == REFUSED[name]
    assert [path.name for path in file.parent.iterdir()] == ["feeds.yaml"]


def test_what_would_be_wrong_afterwards_is_not_written(file: Path) -> None:
    written(file, PLAIN)
    with pytest.raises(UsageError, match="cannot-edit"):
        add_sources(file, (replace(NEW, id="a"),))
    with pytest.raises(UsageError, match="no-such-source"):
        remove_source(file, "zzz")
    assert file.read_text(encoding="utf-8") == PLAIN
    remove_source(file, "a")
    with pytest.raises(UsageError, match="last-source"):
        remove_source(file, "b")
    with pytest.raises(ConfigError):
        add_sources(written(file, "sources: {\n"), (NEW,))


def test_a_file_named_from_its_own_folder(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (file.parent / "seeds" / "p").mkdir(parents=True)
    written(file, PLAIN + "profiles: [{name: p}]\n")
    monkeypatch.chdir(file.parent)
    add_sources(Path("feeds.yaml"), (NEW,))
    remove_source(Path("feeds.yaml"), "a")
    assert ids(file) == ["b", "neuve"]


def test_rights_and_links_stay(file: Path, tmp_path: Path) -> None:
    real = written(tmp_path / "vrai.yaml", PLAIN)
    real.chmod(0o640)
    file.symlink_to(real)
    add_sources(file, (NEW,))
    assert file.is_symlink()
    assert stat.S_IMODE(real.stat().st_mode) == 0o640
    assert ids(real) == ids(file) == ["a", "b", "neuve"]


def test_every_source_of_the_starter_can_be_removed(tmp_path: Path) -> None:
    with starter() as model:
        text = (model / "feeds.yaml").read_bytes()
    (tmp_path / "seeds").mkdir()
    for folder in ("osteosarcome-mt2a", "ferroptose-cd44", "metastases-cerebrales-s100a9", "sein-triple-negatif-fosl1"):
        (tmp_path / "seeds" / folder).mkdir()
    (tmp_path / "seeds" / "melanome-senescence").mkdir()
    file = tmp_path / "feeds.yaml"
    file.write_bytes(text)
    names = ids(file)
    for name in names[:-1]:
        remove_source(file, name, kinds=SERVICES)
    assert ids(file) == names[-1:]
    assert len(file.read_bytes().splitlines()) == len(text.splitlines())


_PROSE = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=40)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=_PROSE, path=st.text("abc/?&=#%:,[]{}'\"!*@ü", max_size=20), hours=st.integers(1, 200))
def test_a_line_says_what_its_source_is(file: Path, name: str, path: str, hours: int) -> None:
    source = Source(id="x", name=name, url=f"https://x.example/{path}", every=timedelta(hours=hours))
    written(file, f"sources:\n  - {source_line(source)}\n")
    (read,) = load(file).sources
    assert read == replace(source, name=clean(name))
