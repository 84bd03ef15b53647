"""Copies of the database and what was let go, in words."""

from collections.abc import Iterable, Sequence
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Any

from rich.table import Table
from rich.text import Text

from watcher.render.tables import empty_table
from watcher.render.words import counted, moment_said, number, spaced
from watcher.run.upkeep import Backup
from watcher.store import Contents, Copy, Pruned

_SAYINGS: dict[str, tuple[str, str]] = {
    "made": ("{file} : {articles}, {size}, copie vérifiée", "{file}: {articles}, {size}, copy checked"),
    "removed": ("− {file} (trop ancienne)", "- {file} (too old)"),
    "articles": ("{n} article|{n} articles", "{n} article|{n} articles"),
    "before": ("avant {name}", "before {name}"),
    "none": ("Aucune sauvegarde dans {folder} ; « watcher backup » en fait une, « watcher poll » une par semaine.",
             "No backup in {folder}; `watcher backup` makes one, `watcher poll` one a week."),
    "how": ("Pour en remettre une en place : « watcher restore {file} » ; la base présente est mise de côté.",
            "To put one back: `watcher restore {file}`; the present database is put aside."),
    "restored": ("{file} : sauvegarde remise en place ({articles}, dernier passage : {run})",
                 "{file}: backup put back ({articles}, last run: {run})"),
    "aside": ("La base d’avant est gardée : {file}", "The database of before is kept: {file}"),
    "repeats": ("Ce qui fut relevé, dit et envoyé depuis cette copie n’y est pas : le prochain digest peut se répéter.",
                "What was brought, said and sent since this copy is not in it: the next digest may repeat some of it."),
    "never": ("jamais", "never"),
    "pruned": ("Textes retirés : {articles}, {letters} ; {size} rendus au disque",
               "Texts let go: {articles}, {letters}; {size} given back to the disk"),
    "prunable": ("Textes à retirer : {articles}, {letters} ; rien n’est fait",
                 "Texts to let go: {articles}, {letters}; nothing was done"),
    "letters": ("{n} lettre déjà partie|{n} lettres déjà parties",
                "{n} letter that was sent|{n} letters that were sent"),
    "let-go": ("Texte retiré de la base le {date} ; le titre, les noms et les notes restent.",
               "Text let go on {date}; title, names and scores stay."),
    "letter-let-go": ("Texte retiré de la base ; « watcher digest --again {period} --list {name} » montre ce digest.",
                      "Text let go; `watcher digest --again {period} --list {name}` shows that digest."),
}  # fmt: skip


def copy_say(language: str, key: str, **facts: object) -> str:
    """One saying about copies."""
    return spaced(language, _SAYINGS[key][language == "en"]).format(**facts)


def backup_said(language: str, backup: Backup) -> list[str]:
    """A copy that was made, and those that were removed then; a line each."""
    size = size_said(language, backup.file.stat().st_size)
    said = copy_say(language, "made", file=backup.file, size=size, articles=_articles(language, backup.contents))
    return [said, *(copy_say(language, "removed", file=file) for file in backup.removed)]


def copies_table(found: Iterable[tuple[Copy, Contents | str]], language: str, zone: tzinfo) -> Table:
    """The copies, each with what it holds or what is wrong with it."""
    table = empty_table(
        language, "file", "copy-of", "size", "articles", "last-run", "remark", right=["size", "articles"]
    )
    for copy, contents in found:
        remark = copy_say(language, "before", name=copy.before) if copy.before else ""
        row = [str(copy.file), copy.day.isoformat(), size_said(language, copy.size)]
        if isinstance(contents, str):
            row += ["–", "–", contents]
        else:
            row += [number(language, contents.articles), _run(contents.last_run, language, zone), remark]
        table.add_row(*(Text(cell) for cell in row))
    return table


def restored_said(language: str, copy: Path, contents: Contents, aside: Path | None, zone: tzinfo) -> list[str]:
    """What was put back, where the rest is, and what to expect; a line each."""
    run = _run(contents.last_run, language, zone)
    said = [copy_say(language, "restored", file=copy, articles=_articles(language, contents), run=run)]
    if aside:
        said.append(copy_say(language, "aside", file=aside))
    return [*said, copy_say(language, "repeats")]


def pruned_said(language: str, pruned: Pruned) -> str:
    """What was let go, in one line."""
    articles, letters = _counts(language, pruned.articles, pruned.letters)
    return copy_say(language, "pruned", articles=articles, letters=letters, size=size_said(language, pruned.freed))


def prunable_said(language: str, articles: int, letters: int) -> str:
    """What would be let go, in one line."""
    said = _counts(language, articles, letters)
    return copy_say(language, "prunable", articles=said[0], letters=said[1])


def backup_json(backup: Backup) -> dict[str, Any]:
    """A copy that was made."""
    return _facts(backup.file, backup.contents) | {"removed": [str(file) for file in backup.removed]}


def copy_json(copy: Copy, contents: Contents | str) -> dict[str, Any]:
    """A copy that there is; `trouble` says what is wrong with it."""
    dated = {"date": copy.day.isoformat(), "before": copy.before or None}
    if isinstance(contents, str):
        return {"file": str(copy.file), "bytes": copy.size, "trouble": contents} | dated
    return _facts(copy.file, contents) | dated


def pruned_json(pruned: Pruned) -> dict[str, Any]:
    """What was let go."""
    return {
        "articles": pruned.articles, "letters": pruned.letters, "bytes_before": pruned.before,
        "bytes_after": pruned.after,
    }  # fmt: skip


def size_said(language: str, size: int) -> str:
    """`12,3 Mo`, `12.3 MB`."""
    for unit, bytes_in_it in (("M", 1_000_000), ("k", 1_000)):
        if size >= bytes_in_it:
            return f"{number(language, size / bytes_in_it, 1)}\u00a0{unit}{'B' if language == 'en' else 'o'}"
    return f"{size}\u00a0{'B' if language == 'en' else 'o'}"


def _facts(file: Path, contents: Contents) -> dict[str, Any]:
    last = contents.last_run.isoformat() if contents.last_run else None
    return {"file": str(file), "bytes": file.stat().st_size, "articles": contents.articles, "last_run": last}


def _articles(language: str, contents: Contents) -> str:
    return counted(language, _SAYINGS["articles"], contents.articles)


def _counts(language: str, *counts: int) -> Sequence[str]:
    return [counted(language, _SAYINGS[key], n) for key, n in zip(("articles", "letters"), counts, strict=True)]


def _run(moment: datetime | None, language: str, zone: tzinfo) -> str:
    return moment_said(language, moment, zone) if moment else copy_say(language, "never")
