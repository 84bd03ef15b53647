"""What opens the sources: who may read it, what is wrong with it, and that nothing of it is ever shown."""

import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
from servers import Answer, Asked, http_server, reply

from watcher.cli.words import error_said
from watcher.config.secrets import read_secrets
from watcher.errors import ConfigError, UsageError, WatcherError
from watcher.sources import Credentials, Secret, Source

SOURCES = (Source(id="one", url="https://one.example/rss"), Source(id="la-deux", url="https://two.example/rss"))


def written(folder: Path, text: str, mode: int = 0o600) -> Path:
    file = folder / "secrets.yaml"
    file.write_text(text, encoding="utf-8")
    file.chmod(mode)
    return file


def read(folder: Path, text: str, **environment: str) -> dict[str, Credentials]:
    return read_secrets(written(folder, text), SOURCES, environment)


def test_without_secrets_there_are_none(tmp_path: Path) -> None:
    assert read_secrets(tmp_path / "secrets.yaml", SOURCES, {}) == {}
    assert read(tmp_path, "") == {}
    assert read(tmp_path, "# nothing yet\n") == {}


def test_secrets_come_from_the_file_with_the_address_they_are_for(tmp_path: Path) -> None:
    text = "one: {user: reader, password: 0123}\nla-deux:\n  headers:\n    X-Api-Key: 'k: 3y'\n    Cookie: a=b\n"
    assert read(tmp_path, text) == {
        "one": Credentials(home=SOURCES[0].url, user=Secret("reader"), password=Secret("0123")),
        "la-deux": Credentials(
            home=SOURCES[1].url, headers=(("X-Api-Key", Secret("k: 3y")), ("Cookie", Secret("a=b")))
        ),
    }


def test_the_environment_comes_first_and_leaves_the_headers(tmp_path: Path) -> None:
    text = "la-deux: {user: file, password: file, headers: {X-Key: k3y}}\n"
    found = read(tmp_path, text, WATCHER_SECRET_LA_DEUX="reader:hunter2:é", WATCHER_SECRET_OTHER="x:y")
    assert found == {
        "la-deux": Credentials(
            home=SOURCES[1].url,
            user=Secret("reader"),
            password=Secret("hunter2:é"),
            headers=(("X-Key", Secret("k3y")),),
        )
    }
    assert read_secrets(tmp_path / "none.yaml", SOURCES, {"WATCHER_SECRET_ONE": ":token"})["one"].password.value == (
        "token"
    )


SERVICES = (
    Source(id="alex", url="https://alex.example/works", kind="openalex", query="zinc"),
    Source(id="alex-fer", url="https://alex.example/works", kind="openalex", query="fer"),
    Source(id="flux", url="https://alex.example/feed"),
)


def keys(found: dict[str, Credentials]) -> dict[str, tuple[tuple[str, str], ...]]:
    return {name: tuple((n, v.value) for n, v in secret.parameters) for name, secret in found.items()}


def test_the_key_of_a_service_is_said_once_for_all_its_sources(tmp_path: Path) -> None:
    file = written(tmp_path, "openalex: {parameters: {api_key: one}}\nalex-fer: {parameters: {api_key: own}}\n")
    found = read_secrets(file, SERVICES, {})
    assert keys(found) == {"alex": (("api_key", "one"),), "alex-fer": (("api_key", "own"),)}
    assert found["alex"].home == SERVICES[0].url
    said = read_secrets(file, SERVICES, {"WATCHER_KEY_OPENALEX": "api_key=t+w=o"})
    assert keys(said) == {"alex": (("api_key", "t+w=o"),), "alex-fer": (("api_key", "own"),)}
    both = read_secrets(file, SERVICES, {"WATCHER_KEY_FLUX": "k=1", "WATCHER_SECRET_FLUX": "u:p"})["flux"]
    assert (both.user.value, both.password.value, both.parameters) == ("u", "p", (("k", Secret("1")),))


def test_an_id_that_is_also_a_kind_is_an_id(tmp_path: Path) -> None:
    sources = (*SERVICES, Source(id="openalex", url="https://elsewhere.example/feed"))
    found = read_secrets(written(tmp_path, "openalex: {headers: {X-Key: k}}"), sources, {})
    assert list(found) == ["openalex"]
    assert found["openalex"].home == "https://elsewhere.example/feed"


@pytest.mark.parametrize("said", ["hunter2", "=hunter2", "api key=hunter2", "api_key=hunter2\x07"])
def test_a_variable_that_names_no_parameter_is_refused_and_not_repeated(said: str) -> None:
    with pytest.raises(UsageError) as raised:
        read_secrets(Path("/nonexistent/secrets.yaml"), SOURCES, {"WATCHER_KEY_ONE": said})
    (line,) = error_said(raised.value)
    assert "WATCHER_KEY_ONE" in line
    assert "hunter2" not in line


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660, 0o601])
def test_a_file_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    with pytest.raises(UsageError) as raised:
        read_secrets(written(tmp_path, "one: {user: reader}", mode), SOURCES, {})
    assert raised.value.reason == "open-secrets"
    (line,) = error_said(raised.value)
    assert "chmod 600" in line


def test_a_variable_without_a_colon_is_refused_and_not_repeated() -> None:
    with pytest.raises(UsageError) as raised:
        read_secrets(Path("/nonexistent/secrets.yaml"), SOURCES, {"WATCHER_SECRET_ONE": "hunter2"})
    (line,) = error_said(raised.value)
    assert "WATCHER_SECRET_ONE" in line
    assert "hunter2" not in line


@pytest.mark.parametrize(
    ("text", "reason", "line"),
    [
        ("- hunter2", "not-a-mapping", 1),
        ("hunter2", "not-a-mapping", 1),
        ("one: hunter2", "not-a-mapping", 1),
        ("on: {password: hunter2}", "unknown-key", 1),
        ("one:\n  password: hunter2\n  hunter2: x", "unknown-key", 3),
        ("one: {password: hunter2}\none: {password: hunter2}", "duplicate-key", 2),
        ("one: {password: [hunter2]}", "not-a-text", 1),
        ("one: {password: {hunter2: x}}", "not-a-text", 1),
        ('one: {password: "hunter2\\r\\nX-Evil: 1"}', "control-character", 1),
        ("one: {user: 'reader:hunter2'}", "not-a-name", 1),
        ("one: {headers: hunter2}", "not-a-mapping", 1),
        ("one: {headers: {'X Key': hunter2}}", "unknown-key", 1),
        ("one: {headers: {Host: hunter2}}", "unknown-key", 1),
        ("one: {headers: {X-Key: hunter2é}}", "not-a-text", 1),
        ("one: {headers: {X-Key: [hunter2]}}", "not-a-text", 1),
        ("one: {password: *hunter2}", "alias", 1),
        ("one: {password: &hunter2 x}", "alias", 1),
        ("one: {password: !hunter2 x}", "tag", 1),
        ("one:\n\tpassword: hunter2", "tab", 2),
        ("one: {password: 'hunter2", "syntax", 1),
        ("one: {password: @hunter2}", "syntax", 1),
        ("one: {password: x}\n---\nhunter2: x", "several-documents", 2),
        ("one: {parameters: hunter2}", "not-a-mapping", 1),
        ("one: {parameters: {'api key': hunter2}}", "unknown-key", 1),
        ("one: {parameters: {api_key: [hunter2]}}", "not-a-text", 1),
    ],
)
def test_mistakes_are_told_with_their_line_and_without_what_is_there(
    tmp_path: Path, text: str, reason: str, line: int
) -> None:
    with pytest.raises(ConfigError) as raised:
        read(tmp_path, text)
    assert reason in [mistake.reason for mistake in raised.value.mistakes]
    assert line in [mistake.line for mistake in raised.value.mistakes]
    for said in error_said(raised.value):
        assert said.startswith(f"{tmp_path / 'secrets.yaml'}:")
        assert "hunter2" not in said


def test_a_near_miss_gets_its_hint(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as raised:
        read(tmp_path, "la-deu: {user: x}")
    assert raised.value.mistakes[0].hint == "la-deux"


def test_a_folder_in_place_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "secrets.yaml").mkdir(mode=0o700)
    with pytest.raises(WatcherError):
        read_secrets(tmp_path / "secrets.yaml", SOURCES, {})


# ---- the canary: whatever fails, no secret is said or stored

CANARIES = ("canari-user", "canari-password", "canari-header", "canari-env", "Y2FuYXJp")  # the last: base64


def test_no_secret_is_ever_said_or_stored(tmp_path: Path) -> None:
    def echo(asked: Asked) -> bytes:
        said = f"{asked.headers['authorization']} canari-user canari-password {asked.headers.get('x-key', '')}"
        return f"HTTP/1.1 403 {said}\r\nX: {said}\r\nContent-Length: 0\r\n\r\n".encode()

    def away(asked: Asked) -> bytes:
        return reply(302, Location="http://canari-user:canari-password@127.0.0.1:9/canari-header?canari-env")

    with http_server({"/echo": echo, "/away": away, "/break": b"canari-password\r\n\r\n"}) as server:
        names = ("echo", "away", "break", "dead")
        urls = [f"{server.url}/{name}" for name in names[:3]] + ["http://127.0.0.1:9/dead"]
        lines = [f"  - {{id: {name}, url: '{url}'}}" for name, url in zip(names, urls, strict=True)]
        settings = "\n".join(["allow_hosts: [127.0.0.0/8]", "sources:", *lines, ""])
        (tmp_path / "feeds.yaml").write_text(settings, encoding="utf-8")
        secret = "{user: canari-user, password: canari-password, headers: {X-Key: canari-header}}"
        written(tmp_path, "".join(f"{name}: {secret}\n" for name in names[:3]))
        environment = {name: value for name, value in os.environ.items() if not name.upper().endswith("_PROXY")}
        environment |= {"WATCHER_SECRET_DEAD": "canari-user:canari-env", "HOME": str(tmp_path)}
        told = ""
        for words in (["-v", "poll", "--all"], ["poll", "--all", "--json"], ["sources", "check"], ["digest"]):
            command = [sys.executable, "-m", "watcher", *words]
            done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, timeout=60, check=False)
            told += (done.stdout + done.stderr).decode()
    assert "403" in told
    assert "Traceback" not in told
    echoed = [asked for asked in server.asked if asked.path == "/echo"]
    assert echoed[0].headers["x-key"] == "canari-header"
    with closing(sqlite3.connect(tmp_path / "watcher.db")) as database:
        told += "\n".join(database.iterdump())
    assert "CREATE TABLE" in told
    assert not [canary for canary in CANARIES if canary in told]
    kept = [file for file in tmp_path.rglob("*") if file.is_file() and file.name != "secrets.yaml"]
    assert not [file for file in kept for canary in CANARIES if canary.encode() in file.read_bytes()]


def test_a_file_that_is_open_to_others_stops_the_run_with_one_line(tmp_path: Path) -> None:
    (tmp_path / "feeds.yaml").write_text("sources: [{id: one, url: 'http://127.0.0.1:9/'}]", encoding="utf-8")
    written(tmp_path, "one: {user: canari-user}", 0o644)
    command = [sys.executable, "-m", "watcher", "poll"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, timeout=60, check=False)
    assert done.returncode == 2
    assert done.stderr.decode().count("\n") == 1
    assert b"chmod 600" in done.stderr
    assert not (tmp_path / "watcher.db").exists()


def test_the_key_of_a_service_goes_to_it_and_nowhere_else(tmp_path: Path) -> None:
    """Whatever the service makes of it: repeats it in an answer, in an error, in a redirect to itself or to others."""
    work = {"id": "https://openalex.org/W1", "title": "A canari-key in a title", "publication_date": "2026-11-20"}

    def answer(asked: Asked) -> bytes:
        query = dict(parse_qsl(urlsplit(asked.path).query))
        if query.get("api_key") != "canari-key":
            return reply(401)
        if asked.path.startswith("/wrong"):
            return reply(body=b'{"error": "no", "message": "canari-key is spent"}')
        if asked.path.startswith("/home"):
            return reply(301, Location=asked.path.replace("/home", "/works"))
        if asked.path.startswith("/away"):
            return reply(301, Location=f"{other.url}{asked.path}&token=canari-key")
        cursor = query["cursor"]
        results = [work | {"id": f"https://openalex.org/W{len(cursor)}"}]
        meta = {"count": 2, "per_page": 1, "next_cursor": "next" if cursor == "*" else None}
        return reply(body=json.dumps({"meta": meta, "results": results}).encode())

    with http_server({}) as server, http_server({}, host="127.0.0.2") as other:
        server.routes = other.routes = _Anything(answer)
        names = ("works", "home", "away", "wrong")
        lines = [f"  - {{id: {n}, kind: openalex, query: zinc {n}, url: '{server.url}/{n}'}}" for n in names]
        settings = "\n".join(["allow_hosts: [127.0.0.0/8]", "sources:", *lines, ""])
        (tmp_path / "feeds.yaml").write_text(settings, encoding="utf-8")
        environment = {name: value for name, value in os.environ.items() if not name.upper().endswith("_PROXY")}
        environment |= {"WATCHER_KEY_OPENALEX": "api_key=canari-key", "HOME": str(tmp_path)}
        told = ""
        commands = (["-v", "poll", "--all"], ["poll", "--all", "--json"], ["sources", "check"], ["sources", "--json"])
        for words in (*commands, ["sources", "test", "works", "--json"], ["sources", "list"], ["digest"]):
            command = [sys.executable, "-m", "watcher", *words]
            done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, timeout=60, check=False)
            told += (done.stdout + done.stderr).decode()
    assert "Traceback" not in told
    asked_for = [asked.path.partition("?")[0] for asked in server.asked]
    assert asked_for.count("/home") == 2
    assert asked_for.count("/works") == 2 * (2 + 2) + 2  # two pages of each of two sources, twice, and one trial
    assert all(asked.path.count("canari-key") == 1 for asked in server.asked)
    assert other.asked
    assert not [asked for asked in other.asked if "canari-key" in asked.path + str(asked.headers)]
    with closing(sqlite3.connect(tmp_path / "watcher.db")) as database:
        told += "\n".join(database.iterdump())
    assert "in a title" in told
    assert "is spent" in told
    assert "canari-key" not in told


class _Anything(dict[str, Answer]):
    """Whatever is asked for is answered by one."""

    def __init__(self, answer: Answer) -> None:
        super().__init__()
        self.answer = answer

    def get(self, path: str, default: object = None) -> Answer:
        return self.answer
