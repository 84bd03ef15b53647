"""Verdicts and looking back, as a person types them."""

import json
import shutil
from pathlib import Path

import pytest
from test_cli import SETTINGS, Watcher, filled, model, watcher

from watcher.starter import starter

__all__ = ["filled", "model", "watcher"]  # fixtures


def profile_of(watcher: Watcher, folder: Path) -> dict[str, float]:
    facts = json.loads(watcher("profiles", "show", "ferroptose-cd44", "--json", cwd=folder).stdout)
    return {term["key"]: term["weight"] for term in facts["terms"]}


def test_mark_says_what_it_did_and_what_it_changed(watcher: Watcher, filled: Path) -> None:
    before = profile_of(watcher, filled)
    said = watcher("mark", "1", "keep", cwd=filled).stdout
    assert len(said.splitlines()) == 1
    assert said.startswith("n°\u00a01 gardé pour ferroptose-cd44\u202f; ")
    assert "termes pèsent plus\u00a0: " in said
    after = profile_of(watcher, filled)
    assert any(after[key] > before[key] for key in before)
    assert "+\u00a0n°\u00a01" in watcher("profiles", "show", "ferroptose-cd44", cwd=filled).stdout
    assert (
        "no.\u00a01 rejected for ferroptose-cd44; " in watcher("mark", "1", "reject", cwd=filled, language="en").stdout
    )


def test_a_verdict_always_wins_and_can_be_taken_back(watcher: Watcher, filled: Path) -> None:
    watcher("mark", "10.5555/fer.1", "reject", cwd=filled)
    watcher("mark", "https://cuisine.example/tarte", "3", "keep", cwd=filled)
    digest = watcher("digest", cwd=filled).stdout
    assert "La ferroptose tue" not in digest
    assert digest.count("gardé par vous") == 2
    facts = json.loads(watcher("digest", "--json", cwd=filled).stdout)
    assert [line["kept"] for section in facts["sections"] for line in section["lines"]] == [True, True]
    assert "verdict repris pour ferroptose-cd44" in watcher("mark", "--undo", "2", cwd=filled).stdout
    again = json.loads(watcher("mark", "--undo", "1", "3", "--json", cwd=filled).stdout)
    assert [m["keep"] for m in again["marked"]] == [None, None]
    assert "La ferroptose tue" in watcher("digest", cwd=filled).stdout
    assert "rien n’a été dit" in watcher("mark", "--undo", "1", cwd=filled, code=2).stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["1"], "finissez par keep"),
        (["keep"], "finissez par keep"),
        (["1", "peut-être"], "finissez par keep"),
        (["99", "keep"], "aucun article"),
        (["1", "keep", "--profile", "inconnu"], "profil inconnu"),
    ],
)
def test_what_mark_cannot_do_is_said(watcher: Watcher, filled: Path, words: list[str], said: str) -> None:
    assert said in watcher("mark", *words, cwd=filled, code=2).stderr


def test_without_profiles_there_is_nothing_to_learn(watcher: Watcher, filled: Path) -> None:
    (filled / "feeds.yaml").write_text(SETTINGS.partition("profiles:")[0] + "profiles: []\n", encoding="utf-8")
    assert "aucun profil" in watcher("mark", "1", "keep", cwd=filled, code=2).stderr


def test_what_changed_and_undoing_it(watcher: Watcher, filled: Path) -> None:
    before = profile_of(watcher, filled)
    assert "pas d’état antérieur" in watcher("profiles", "diff", cwd=filled).stdout
    watcher("mark", "1", "keep", cwd=filled)
    (facts,) = json.loads(watcher("profiles", "diff", "ferroptose-cd44", "--json", cwd=filled).stdout)
    assert {c["kind"] for c in facts["changes"]} <= {"up", "added"}
    assert all(c["because"] == ["+#1"] for c in facts["changes"])
    table = watcher("profiles", "diff", cwd=filled).stdout
    assert facts["changes"][0]["label"] in table
    assert "+\u00a0n°\u00a01" in table
    assert (
        "oublie ce que n°\u00a01 lui avait appris" in watcher("profiles", "undo", "ferroptose-cd44", cwd=filled).stdout
    )
    assert profile_of(watcher, filled) == before
    assert "gardé par vous" in watcher("digest", cwd=filled).stdout
    assert "n’a rien appris" in watcher("profiles", "undo", "ferroptose-cd44", cwd=filled).stdout
    assert json.loads(watcher("profiles", "undo", "ferroptose-cd44", "--json", cwd=filled).stdout)["forgotten"] == []


def test_rules_set_aside_and_give_back(watcher: Watcher, filled: Path) -> None:
    settings = filled / "feeds.yaml"
    plain = settings.read_text(encoding="utf-8")
    settings.write_text(plain + "rules: {never: [iron lysosomes | fer]}\n", encoding="utf-8")
    digest = watcher("digest", cwd=filled).stdout
    assert "La ferroptose tue" not in digest
    assert "dont\u00a01 par vos règles" in digest
    assert "la règle «\u00a0never\u00a0»" in watcher("why-not", "1", cwd=filled).stdout
    settings.write_text(plain + "rules: {always: [sugar]}\n", encoding="utf-8")
    digest = watcher("digest", cwd=filled).stdout
    assert "vos règles le montrent toujours\u00a0: sugar" in digest
    settings.write_text(plain, encoding="utf-8")
    assert "La ferroptose tue" in watcher("digest", cwd=filled).stdout


def test_why_not(watcher: Watcher, filled: Path) -> None:
    assert "Rien ne l’écarte" in watcher("why-not", "1", cwd=filled).stdout
    below = watcher("why-not", "2", cwd=filled).stdout
    assert "Sous le seuil\u00a0: 0,0 pour ferroptose-cd44, il en faut 50." in below
    assert "il lui manque\u00a0: " in below
    unknown = watcher("why-not", "https://www.gazette.example/absent", cwd=filled).stdout
    assert "Jamais vu" in unknown
    assert "gazette\u00a0: " in unknown
    facts = json.loads(watcher("why-not", "1", "--since", "0m", "--json", cwd=filled).stdout)
    assert (facts["stage"], facts["article"]["id"]) == ("outside", "1")
    assert "No source that is watched" in watcher("why-not", "10.1038/x", cwd=filled, language="en").stdout


def test_replay_with_other_settings_writes_nothing(watcher: Watcher, filled: Path, tmp_path: Path) -> None:
    with starter() as shipped:
        shutil.copytree(shipped / "seeds" / "ferroptose-cd44", tmp_path / "essai" / "seeds" / "ferroptose-cd44")
    trial = tmp_path / "essai" / "feeds.yaml"
    trial.write_text(SETTINGS.replace("ferroptose-cd44}", "ferroptose-cd44, threshold: 100}"), encoding="utf-8")
    before = (filled / "watcher.db").read_bytes()
    text = watcher("replay", "--since", "8w", "--profile-from", trial, cwd=filled).stdout
    assert "ferroptose-cd44\u00a0: 1 disparaîtrait" in text
    assert "La ferroptose tue" in text
    (facts,) = json.loads(watcher("replay", "--profile-from", trial, "--json", cwd=filled).stdout)
    assert [s["id"] for s in facts["dropped"]] == ["1"]
    assert facts["dropped"][0]["before"] > 50
    assert (filled / "watcher.db").read_bytes() == before
    assert "rien ne changerait" in watcher("replay", cwd=filled).stdout


def test_audit_asks_then_estimates(watcher: Watcher, filled: Path) -> None:
    more = [
        {"id": "b1", "title": "Un état des lieux", "text": "La chimiothérapie des cellules cancéreuses du pancréas."},
        {"id": "b2", "title": "Sarcome : un colloque", "text": "La chimiothérapie du sarcome et ses cellules."},
    ]
    (filled / "more.jsonl").write_text("".join(json.dumps(one) + "\n" for one in more), encoding="utf-8")
    watcher("import", "more.jsonl", cwd=filled)
    (facts,) = json.loads(watcher("audit", "--json", cwd=filled).stdout)
    assert facts["recall"] is None
    assert facts["missing"] == len(facts["asked"]) > 0
    asked = [one["id"] for one in facts["asked"]]
    page = watcher("audit", "--profile", "ferroptose-cd44", cwd=filled).stdout
    assert all(one["title"] in page for one in facts["asked"])
    assert "watcher mark" in page
    watcher("mark", *asked, "reject", "--profile", "ferroptose-cd44", cwd=filled)
    done = watcher("audit", cwd=filled).stdout
    assert "tout est jugé" in done
    assert "Rappel estimé\u00a0: 100 % (intervalle à 95 %\u00a0: " in done
    (facts,) = json.loads(watcher("audit", "--json", cwd=filled).stdout)
    assert (facts["missing"], facts["labelled"], facts["found"]) == (0, len(asked), 0)
    assert facts["recall"]["shown"] == len(more) + 1 - len(asked)
