"""What we ship to start with: the settings file and the seed documents it names."""

import re
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml

from watcher.config import load
from watcher.parse import KINDS

ROOT = Path(__file__).resolve().parent.parent
SETTINGS: dict[str, Any] = yaml.safe_load((ROOT / "feeds.yaml").read_text(encoding="utf-8"))
SOURCES: list[dict[str, Any]] = SETTINGS["sources"]
PROFILES: list[dict[str, Any]] = SETTINGS["profiles"]
LANGUAGES = {
    "osteosarcome-mt2a": "en",
    "ferroptose-cd44": "fr",
    "metastases-cerebrales-s100a9": "fr",
    "sein-triple-negatif-fosl1": "fr",
    "melanome-senescence": "fr",
}
# Small words that the one language uses all the time and the other never does.
TELLTALES = {"en": {"the", "and", "of", "with", "that"}, "fr": {"le", "les", "des", "une", "dans"}}
REQUIRED = {"title", "source", "address", "date", "language"}


def documents(profile: str) -> list[Path]:
    return sorted((ROOT / "seeds" / profile).glob("*.md"))


def taken_apart(document: Path) -> tuple[dict[str, Any], str]:
    """The header and the body of a seed document."""
    opening, header, body = document.read_text(encoding="utf-8").split("---\n", 2)
    assert opening == ""
    return yaml.safe_load(header), body.strip()


def repeated(values: list[str]) -> list[str]:
    return [value for value, count in Counter(values).items() if count > 1]


def test_settings_have_the_agreed_keys() -> None:
    assert set(SETTINGS) == {"contact", "language", "timezone", "database", "sources", "profiles"}
    assert (SETTINGS["language"], SETTINGS["timezone"]) == ("fr", "Europe/Paris")
    assert not Path(SETTINGS["database"]).is_absolute()


def test_no_real_contact_is_shipped() -> None:
    assert SETTINGS["contact"].endswith("@example.org")


def test_ids_and_urls_are_unique() -> None:
    assert repeated([source["id"] for source in SOURCES]) == []
    assert repeated([f"{source['kind']} {source.get('url')} {source.get('query')}" for source in SOURCES]) == []
    assert repeated([source["name"] for source in SOURCES]) == []


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source["id"])
def test_source_is_well_formed(source: dict[str, Any]) -> None:
    asked = "query" if KINDS[source["kind"]].service else "url"
    assert set(source) - {"language"} == {"id", "name", asked, "kind", "every"}
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", source["id"])
    assert source.get("language", "fr") in {"fr", "en"}
    assert source["every"] in {"6h", "12h", "24h"}


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source["id"])
def test_address_is_plain_https(source: dict[str, Any]) -> None:
    url = source.get("url") or KINDS[source["kind"]].service
    parts = urlsplit(url)
    assert parts.scheme == "https"
    assert parts.hostname is not None
    assert parts.username is None
    assert url.isascii()
    assert not re.search(r"[\s<>{}…]", url), "a template that nobody filled in"


def test_commented_lines_can_be_taken_into_use() -> None:
    text = (ROOT / "feeds.yaml").read_text(encoding="utf-8")
    uncommented = re.sub(r"^( *)# ( *- \{|digests:|allow_hosts:)", r"\1\2", text, flags=re.MULTILINE)
    settings = yaml.safe_load(uncommented)
    assert set(settings) - set(SETTINGS) == {"digests", "allow_hosts"}
    assert {source["kind"] for source in settings["sources"]} >= {kind for kind in KINDS if KINDS[kind].service}
    (digest,) = settings["digests"]
    assert digest["profiles"] == [profile["name"] for profile in PROFILES]


def test_the_settings_are_read_as_they_are_shipped_and_with_every_line_in_use(tmp_path: Path) -> None:
    kinds = {name: kind.service for name, kind in KINDS.items()}
    assert len(load(ROOT / "feeds.yaml", kinds=kinds).sources) == len(SOURCES)
    text = (ROOT / "feeds.yaml").read_text(encoding="utf-8")
    (tmp_path / "seeds").symlink_to(ROOT / "seeds")
    (tmp_path / "feeds.yaml").write_text(
        re.sub(r"^( *)# ( *- \{id)", r"\1\2", text, flags=re.MULTILINE), encoding="utf-8"
    )
    assert len(load(tmp_path / "feeds.yaml", kinds=kinds).sources) > len(SOURCES) + 5


def test_every_profile_has_its_folder_and_every_folder_its_profile() -> None:
    assert {profile["name"] for profile in PROFILES} == set(LANGUAGES)
    assert {folder.name for folder in (ROOT / "seeds").iterdir() if folder.is_dir()} == set(LANGUAGES)
    for profile in PROFILES:
        assert set(profile) == {"name", "seeds", "threshold"}
        assert profile["seeds"] == f"seeds/{profile['name']}"
        assert profile["threshold"] == 50
        assert documents(profile["name"])


@pytest.mark.parametrize("document", [d for p in LANGUAGES for d in documents(p)], ids=lambda d: d.stem)
def test_seed_document_has_its_header_and_enough_words(document: Path) -> None:
    header, body = taken_apart(document)
    assert REQUIRED <= set(header) <= REQUIRED | {"doi"}
    assert isinstance(header["date"], date)
    assert header["address"].startswith("https://")
    assert re.fullmatch(r"10\.\d{4,}/\S+", header.get("doi", "10.1000/none"))
    assert len(body.split()) >= 150


@pytest.mark.parametrize("document", [d for p in LANGUAGES for d in documents(p)], ids=lambda d: d.stem)
def test_seed_document_is_in_the_language_it_says(document: Path) -> None:
    header, body = taken_apart(document)
    words = Counter(re.findall(r"\w+", body.lower()))
    seen = {language: sum(words[word] for word in telltales) for language, telltales in TELLTALES.items()}
    assert header["language"] == LANGUAGES[document.parent.name]
    assert max(seen, key=lambda language: seen[language]) == header["language"]
