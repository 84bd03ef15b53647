"""What a person says of stories holds: through the command line, across further polls, until it is taken back."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from servers import Asked, http_server, reply

from watcher.cli import watcher
from watcher.errors import LockedError, UsageError
from watcher.store import Store, exclusive

FENTO = "Dans les lysosomes des cellules CD44 persistantes, la fento-1 active le fer et déclenche la ferroptose"
TEXTS = {
    "a": ("La fento-1 réveille le fer des lysosomes", f"{FENTO}, selon l’institut Curie."),
    "b": ("Fento-1 : le fer des lysosomes contre les cellules CD44", f"{FENTO}. Des chercheurs l’ont montré à Paris."),
    "c": ("Ferroptose : la fento-1 vise les cellules persistantes", f"{FENTO} de tumeurs traitées."),
    "d": ("Fento-1, lysosomes et CD44 : la ferroptose en marche", f"{FENTO} chez la souris aussi."),
    "z": ("La grippe arrive en Bretagne", "Le vaccin est en pharmacie à Rennes et à Brest dès la mi-octobre."),
}


class Watch:
    """A folder with one source that brings more at every poll."""

    def __init__(self, folder: Path, url: str) -> None:
        self.file = folder / "feeds.yaml"
        self.file.write_text(
            f"allow_hosts: [127.0.0.1]\nsources:\n  - {{id: lettre, url: '{url}/feed', language: fr}}\nprofiles: []\n",
            encoding="utf-8",
        )
        self.database = folder / "watcher.db"
        self.shown = ""

    def answer(self, _: Asked) -> bytes:
        now = datetime.now(UTC)
        items = "".join(
            f"<item><title>{TEXTS[key][0]}</title><link>https://lettre.example/{key}</link><guid>{key}</guid>"
            f"<description>{TEXTS[key][1]}</description><pubDate>{format_datetime(now - timedelta(hours=ord(key) % 9))}"
            "</pubDate></item>"
            for key in self.shown
        )
        feed = f'<rss version="2.0"><channel><title>Lettre</title>{items}</channel></rss>'
        return reply(200, feed.encode(), Content_Type="application/rss+xml; charset=utf-8")

    def type(self, *words: object) -> Any:
        """Type a command; what it prints as JSON."""
        said = CliRunner().invoke(
            watcher, ["--config", str(self.file), *map(str, words), "--json"], catch_exceptions=False
        )
        assert said.exit_code == 0, said.output
        return json.loads(said.stdout)

    def say(self, *words: object) -> str:
        """Type a command; what it prints for a person."""
        typed = ["--config", str(self.file), *map(str, words)]
        return CliRunner().invoke(watcher, typed, catch_exceptions=False).stdout

    def poll(self, shown: str) -> None:
        self.shown = shown
        self.type("poll", "--all")

    def stories(self) -> list[set[str]]:
        """The stories there are, by the keys of their members."""
        with Store(self.database) as store:
            found: dict[int, set[str]] = {}
            for known in store.all():
                found.setdefault(known.story, set()).add(known.article.guid)
        return sorted(found.values(), key=sorted)

    def number(self, key: str) -> int:
        with Store(self.database) as store:
            return next(known.id for known in store.all() if known.article.guid == key)


@pytest.fixture
def watch(tmp_path: Path) -> Iterator[Watch]:
    with http_server({}) as server:
        made = Watch(tmp_path, server.url)
        server.routes = {"/feed": made.answer}
        yield made


def test_what_was_split_stays_apart_as_more_comes(watch: Watch) -> None:
    watch.poll("abz")
    assert watch.stories() == [{"a", "b"}, {"z"}]
    said = watch.type("story", "split", watch.number("b"))
    assert said["changed"]
    assert [len(story["members"]) for story in said["stories"]] == [1]
    assert watch.type("story", "split", watch.number("b")) == said | {"changed": False}
    watch.poll("abcz")
    watch.poll("abcdz")
    (one,) = (story for story in watch.stories() if "a" in story)
    assert "b" not in one
    assert sum(len(story) for story in watch.stories()) == 5
    watch.type("story", "join", watch.number("a"), watch.number("b"))
    assert watch.stories() == [{"a", "b", "c", "d"}, {"z"}]
    assert [word["apart"] for word in watch.type("story", "list")] == [False]


def test_what_was_joined_stays_together_as_more_comes(watch: Watch) -> None:
    watch.poll("az")
    a, z = watch.number("a"), watch.number("z")
    said = watch.type("story", "join", z, "https://lettre.example/a", z)
    assert [{m["id"] for m in story["members"]} for story in said["stories"]] == [{str(a), str(z)}]
    assert not watch.type("story", "join", a, z)["changed"]
    watch.poll("abz")
    watch.poll("abcz")
    assert watch.stories() == [{"a", "b", "c", "z"}]
    watch.type("story", "split", z)
    watch.poll("abcdz")
    assert watch.stories() == [{"a", "b", "c", "d"}, {"z"}]
    assert watch.type("story", "list")[0]["articles"] == sorted([str(a), str(z)])


def test_a_whole_story_is_taken_apart_and_put_together_again(watch: Watch) -> None:
    watch.poll("abc")
    numbers = [watch.number(key) for key in "abc"]
    assert len(watch.type("story", "split", *numbers)["stories"]) == 3
    assert watch.stories() == [{"a"}, {"b"}, {"c"}]
    assert len(watch.type("story", "join", *numbers)["stories"]) == 1
    assert watch.stories() == [{"a", "b", "c"}]


def test_those_named_together_leave_together_and_what_was_joined_stays_so(watch: Watch) -> None:
    watch.poll("abcz")
    watch.type("story", "join", *(watch.number(key) for key in "az"))
    watch.type("story", "split", watch.number("c"), watch.number("a"))
    assert watch.stories() in ([{"a", "c"}, {"b"}, {"z"}], [{"a", "c"}, {"b", "z"}])
    watch.poll("abcdz")
    assert not any({"a", "b"} <= story or {"c", "z"} <= story for story in watch.stories())
    assert any({"a", "c"} <= story for story in watch.stories())


def test_the_one_in_the_middle_leaves_and_the_others_stay_joined(watch: Watch) -> None:
    watch.poll("az")
    watch.shown = "azb"
    watch.poll("azb")
    a, b, z = (watch.number(key) for key in "abz")
    watch.type("story", "split", a)
    watch.type("story", "join", a, z)
    watch.type("story", "join", z, b)
    assert watch.stories() == [{"a", "b", "z"}]
    middle = next(n for n in sorted((a, b, z)) if n == z)
    watch.type("story", "split", middle)
    assert watch.stories() == [{"a", "b"}, {"z"}]


def test_a_person_reads_what_became_of_the_stories(watch: Watch) -> None:
    watch.poll("abz")
    assert watch.say("story", "list") == "Aucune histoire n’a été séparée ni réunie à la main.\n"
    number = watch.number("b")
    said = watch.say("story", "split", number).splitlines()
    assert said == ["1 histoire", "", f"  n°\u00a0{number} {TEXTS['b'][0]}"]
    assert "rien n’a changé" in watch.say("story", "split", number)
    watch.say("story", "join", watch.number("a"), watch.number("z"))
    listed = watch.say("story", "list")
    assert "séparés le" in listed
    assert "réunis le" in listed
    assert TEXTS["z"][0] in listed


def test_what_cannot_be_done_is_said(watch: Watch) -> None:
    watch.poll("ab")
    with pytest.raises(UsageError, match="join-one"):
        watch.type("story", "join", 1, 1)
    with pytest.raises(UsageError, match="no-such-article"):
        watch.type("story", "split", 99)
    with exclusive(watch.database), pytest.raises(LockedError):
        watch.type("story", "split", 1)


def test_an_old_article_stays_joined_to_a_new_one(watch: Watch) -> None:
    watch.poll("z")
    with Store(watch.database) as store, store.transaction():
        store._write("UPDATE articles SET first_seen = '2020-01-01T00:00:00+00:00', published = NULL", [()])
    watch.poll("za")
    watch.type("story", "join", watch.number("a"), watch.number("z"))
    watch.poll("zab")
    watch.poll("zabc")
    assert watch.stories() == [{"a", "b", "c", "z"}]
