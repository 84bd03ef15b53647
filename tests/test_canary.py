"""Whatever fails, nothing that opens something is said or kept: secrets in every place, faults of every class."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
import zlib
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from urllib.parse import quote, unquote

import pytest
from mailservers import Heard, scripted
from servers import Answer, Asked, http_server, reply

from watcher.config import load
from watcher.config.secrets import read_mail_password, read_secrets
from watcher.fetch import Manners
from watcher.sources import Secret, opened_by, shown_address
from watcher.store import Store

# One for each place that may hold a secret; the odd characters show encodings.
SECRETS = {
    "file password": "canari-é1&file",
    "file user": "canari-user-2",
    "file header": "canari-header-3",
    "file parameter": "canari/key+4",
    "environment login": "canari-env-5",
    "environment key": "canari-envkey-6",
    "address login": "canari-url-7",
    "address key": "canari-urlkey-8",
    "mail password": "canari-mail-9",
    "keyring": "canari-ring-10",
    "cookie": "canari-cookie-11",
    "push": "canari-push-12",
}


def forms(secret: str) -> Iterator[str]:
    """What a secret looks like on its way through headers, addresses, JSON and bytes that were misread."""
    yield from (secret, quote(secret, safe=""), json.dumps(secret)[1:-1], secret.encode().decode("latin-1"))
    yield secret.replace("&", "&amp;")
    for start in range(3):  # wherever it begins in what is packed
        yield b64encode(b"x" * start + secret.encode())[4 if start else 0 : -4].decode()


def found_in(said: str | bytes) -> list[str]:
    text = said if isinstance(said, str) else said.decode("utf-8", "replace") + said.decode("latin-1")
    return [place for place, secret in SECRETS.items() if any(form in text for form in forms(secret))]


def test_the_net_would_catch_one() -> None:
    for place, secret in SECRETS.items():
        basic = b64encode(f"somebody:{secret}".encode()).decode()
        for said in (secret, quote(secret, safe=""), f"Basic {basic}", secret.encode()):
            assert place in found_in(said), (place, said)


def echoed(asked: Asked) -> str:
    """All that a server was told, as a careless one repeats it."""
    said = [asked.path, unquote(asked.path), *asked.headers.values()]
    kind, _, login = asked.headers.get("authorization", "").partition(" ")
    said.append(b64decode(login).decode() if kind == "Basic" else "")
    return " ".join(said)


def feed(asked: Asked) -> bytes:
    """A good feed of a server that repeats what it was told, in titles, links and texts."""
    said = echoed(asked).replace("&", "&amp;").replace("<", "&lt;")
    link = asked.path.replace("&", "&amp;")
    item = f"<item><title>{said}</title><link>{link}#1</link><guid>{said}</guid><description>{said}</description>"
    empty = "<item><title>MT2A sans lien</title><link>#2</link></item>"
    body = f"<rss><channel><title>{said}</title>{item}</item>{empty}</channel></rss>".encode()
    return reply(body=body, Content_Type="application/rss+xml", Set_Cookie=f"sid={SECRETS['cookie']}")


def _raw(text: str) -> bytes:
    return text.encode("latin-1", "replace")


def cut(asked: Asked) -> bytes:
    return _raw(f"HTTP/1.1 200 OK\r\nContent-Length: 900000\r\n\r\n<rss>{echoed(asked)}")


def status(code: int) -> Answer:
    return lambda asked: _raw(f"HTTP/1.1 {code} {echoed(asked)}\r\nX-Why: {echoed(asked)}\r\nContent-Length: 0\r\n\r\n")


def away(where: str) -> Answer:
    return lambda asked: reply(302, Location=where.replace("{}", quote(echoed(asked), safe="/?=&:@")))


# Thirty faults: refusals, redirects, damaged answers, things that are no feed.
FAULTS: Mapping[str, Answer] = {
    **{f"s{code}": status(code) for code in (400, 401, 402, 403, 404, 405, 407, 410, 418, 429, 451, 500, 503, 599)},
    "nowhere": away(""),
    "loop": away("/loop?{}"),
    "private": away("http://10.0.0.1/?{}"),
    "scheme": away("file:///{}"),
    "host": away("http://a..b/{}"),
    "userinfo": away("http://{}@127.0.0.1:9/"),
    "dead": away("http://127.0.0.1:9/{}"),
    "cut": cut,
    "garbage": lambda asked: _raw(f"{echoed(asked)}\r\n\r\n"),
    "login": lambda asked: reply(body=f"<html><title>{echoed(asked)}</title><form></form></html>".encode()),
    "json": lambda asked: reply(body=json.dumps({"error": echoed(asked)}).encode(), Content_Type="application/json"),
    "denied": lambda asked: reply(body=b"<rss><channel><item><title>Access denied</title></item></channel></rss>"),
    "packed": lambda asked: reply(body=b"\x1f\x8b" + _raw(echoed(asked)), Content_Encoding="gzip"),
    "coding": lambda asked: reply(body=b"x", Content_Encoding=quote(echoed(asked))),
    "validators": lambda asked: reply(body=b"<rss>", ETag=quote(echoed(asked)), Last_Modified=quote(echoed(asked))),
    "empty": lambda asked: reply(body=b""),
    "silent": lambda asked: b"",
}
EVERY_WAY = """
import sys, contextlib, io
from watcher.cli import watcher
for words in eval(sys.stdin.read()):
    print("$", *words)
    try:
        watcher.main(words, standalone_mode=False)
    except Exception as error:
        print(repr(error), str(error))
"""
RING = """
from keyring.backend import KeyringBackend
class Ring(KeyringBackend):
    priority = 1
    def get_password(self, service, user):
        return "canari-ring-10"
    def set_password(self, *_): pass
    def delete_password(self, *_): pass
"""


def settle(folder: Path, base: str, port: int) -> None:
    """Settings that hold secrets wherever they can stand."""
    login, key = SECRETS["address login"], SECRETS["address key"]
    host = base.removeprefix("http://")
    ways = (f"{base}/{{}}?a=1", f"http://{login}:{login}@{host}/{{}}?a=1&api_key={key}")
    names = ("feed", *FAULTS)
    lines = [
        f"  - {{id: {name}-{n}, every: 5m, url: '{way.format(name)}'}}" for name in names for n, way in enumerate(ways)
    ]
    digests = "digests: [{name: hebdo, to: [anne@chu.example], when_empty: yes}]"
    mail = f"mail: {{from: v@chu.example, host: 127.0.0.1, port: {port}, security: none, user: veille}}"
    text = "\n".join(["allow_hosts: [127.0.0.0/8]", "profiles: []", digests, mail, "sources:", *lines, ""])
    (folder / "feeds.yaml").write_text(text, encoding="utf-8")
    secret = {
        "user": SECRETS["file user"],
        "password": SECRETS["file password"],
        "headers": {"X-Key": SECRETS["file header"]},
        "parameters": {"token": SECRETS["file parameter"]},
    }
    held = {f"{name}-0": secret for name in names} | {"push": {"address": f"json://{SECRETS['push']}@127.0.0.1:9"}}
    (folder / "secrets.yaml").write_text(json.dumps(held, ensure_ascii=False), encoding="utf-8")
    (folder / "secrets.yaml").chmod(0o600)
    (folder / "ring.py").write_text(RING, encoding="utf-8")


def environment(folder: Path, **more: str) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.upper().endswith("_PROXY") and not k.startswith("WATCHER_")}
    kept |= {"HOME": str(folder), "PYTHON_KEYRING_BACKEND": "ring.Ring", "TMPDIR": str(folder)}
    kept["PYTHONPATH"] = os.pathsep.join(filter(None, (str(folder), os.environ.get("PYTHONPATH"), *sys.path[:1])))
    kept["WATCHER_SECRET_S403_0"] = f"veille:{SECRETS['environment login']}"
    kept["WATCHER_KEY_S404_0"] = f"api_key={SECRETS['environment key']}"
    return kept | more


def typed(folder: Path, *words: str, also: str = "", **more: str) -> bytes:
    done = subprocess.run(
        [sys.executable, *words], cwd=folder, env=environment(folder, **more), input=also.encode(),
        capture_output=True, timeout=60, check=False,
    )  # fmt: skip
    assert b"Traceback" not in done.stdout + done.stderr, done.stderr.decode()
    return done.stdout + done.stderr


@pytest.mark.parametrize("password", ["mail password", "keyring"])
def test_no_secret_is_said_or_kept_whatever_fails(tmp_path: Path, password: str) -> None:
    def refused(heard: Heard) -> bytes:
        said = b64decode(heard.lines[-1].split()[-1]).replace(b"\0", b" ")
        return f"535 5.7.8 {heard.lines[-1]} {said.decode()}\r\n".encode()

    greeting = b"250-mail.example\r\n250 AUTH PLAIN LOGIN\r\n"
    own = {} if password == "keyring" else {"WATCHER_MAIL_PASSWORD": SECRETS["mail password"]}
    routes = _Anything({**FAULTS, "feed": feed})
    with http_server({}) as server, scripted({"EHLO": greeting, "AUTH": refused}) as post:
        server.routes = routes
        settle(tmp_path, server.url, post.port)
        first = [sys.executable, "-m", "watcher", "-v", "run", "--all"]
        with subprocess.Popen(
            first, cwd=tmp_path, env=environment(tmp_path, **own), stdout=subprocess.PIPE, stderr=subprocess.PIPE
        ) as run:
            arguments = Path(f"/proc/{run.pid}/cmdline").read_bytes()
            told = b"".join(run.communicate(timeout=60))
        with Store(tmp_path / "watcher.db") as store, store.transaction():
            store._write("UPDATE lists SET baseline = 0, cursor = 0, until = ?", [("2026-01-05T00:00:00+00:00",)])
        forms_of = ("text", "html", "markdown", "json", "atom", "ris", "bibtex", "csv")
        ways = [["-v", "poll", "--all", "--json"], ["send"], ["send", "--json"], ["send", "--dry-run", "--json"]]
        ways += [["outbox", "list", "--all", "--json"], ["outbox", "show", "1", "--json"], ["sources", "check"]]
        ways += [["sources", "check", "--json"], ["sources", "list", "--json"], ["sources"], ["sources", "export-opml"]]
        ways += [["sources", "test", "feed-1", "--json"], ["sources", "test", "s403-1"], ["export"], ["show", "1"]]
        ways += [["digest", "--format", form] for form in forms_of] + [["explain", "1"], ["search", "MT2A"]]
        told += typed(tmp_path, "-c", EVERY_WAY, also=repr(ways), **own)
    assert b"NoSuchOption" not in told
    assert b"\n! s403-0" in told
    assert b"MT2A sans lien" in told
    assert b"535 5.7.8 AUTH PLAIN ***" in told
    assert any(SECRETS["address key"] in asked.path for asked in server.asked)  # they were used
    assert any(asked.headers.get("x-key") == SECRETS["file header"] for asked in server.asked)
    assert not found_in(arguments)
    assert not found_in(told), [line for line in told.splitlines() if found_in(line)][:4]
    with closing(sqlite3.connect(tmp_path / "watcher.db")) as line:
        dump = "\n".join(line.iterdump())
        letters = [zlib.decompress(content) for (content,) in line.execute("SELECT content FROM letters")]
    assert letters
    assert not found_in(dump), [row for row in dump.splitlines() if found_in(row)][:3]
    for file in (f for f in tmp_path.rglob("*") if f.is_file() and f.name not in ("secrets.yaml", "feeds.yaml")):
        if file.name != "ring.py" and file.suffix != ".pyc":
            assert not found_in(file.read_bytes()), file
    assert not any(found_in(letter) for letter in letters)


class _Anything(dict[str, Answer]):
    """Answers by the first part of a path, whatever its query."""

    def get(self, path: str, default: Answer | None = None) -> Answer:  # type: ignore[override]
        return dict.get(self, path.partition("?")[0].strip("/").partition("/")[0]) or default or reply(404)


def test_a_run_that_is_interrupted_says_nothing_either(tmp_path: Path) -> None:
    def hang(asked: Asked) -> bytes:
        asked.stopped.wait(20)
        return b""

    with http_server({}) as server:
        server.routes = _Anything(dict.fromkeys(("feed", *FAULTS), hang))
        settle(tmp_path, server.url, 9)
        command = [sys.executable, "-X", "faulthandler", "-m", "watcher", "-v", "poll", "--all"]
        with subprocess.Popen(
            command, cwd=tmp_path, env=environment(tmp_path), stdout=subprocess.PIPE, stderr=subprocess.PIPE
        ) as run:
            until = time.monotonic() + 30
            while not server.asked and time.monotonic() < until:
                time.sleep(0.02)
            run.send_signal(signal.SIGABRT)  # a crash that tells where every thread was
            told = b"".join(run.communicate(timeout=30))
    assert b"Fatal Python error" in told
    assert not found_in(told)


def test_no_value_shows_a_secret_when_it_is_printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WATCHER_MAIL_PASSWORD", SECRETS["mail password"])
    settle(tmp_path, "http://127.0.0.1:9", 9)
    (tmp_path / "feeds.yaml").write_text(
        (tmp_path / "feeds.yaml").read_text().replace(f"{SECRETS['address login']}:{SECRETS['address login']}@", "")
    )
    settings = load(tmp_path / "feeds.yaml")
    secrets = read_secrets(tmp_path / "secrets.yaml", settings.sources, environment(tmp_path))
    password = read_mail_password(tmp_path / "secrets.yaml", "veille", os.environ)
    assert password.value == SECRETS["mail password"]
    printed = repr((secrets, password, Manners(secrets=secrets), settings.mail, Secret("canari-mail-9")))
    assert not found_in(printed)


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("https://a.example/feed", "https://a.example/feed"),
        ("https://u:p%40w@a.example/feed", "https://a.example/feed"),
        ("https://a.example/?q=cancer&api_key=abcd1234efgh&x=1", "https://a.example/?q=cancer&api_key=***&x=1"),
        ("https://a.example/?key=cancer", "https://a.example/?key=cancer"),
        ("https://a.example/?key=12345678", "https://a.example/?key=12345678"),
        ("https://a.example/@user?feed_token=0a1b2c3d4e", "https://a.example/@user?feed_token=***"),
        ("https://a.example/?author=marie1dupont2", "https://a.example/?author=marie1dupont2"),
    ],
)
def test_an_address_is_shown_without_what_opens_it(address: str, shown: str) -> None:
    assert shown_address(address) == shown
    found = opened_by(address)
    assert "***" not in found.home
    assert "@" not in found.home or "/@" in found.home
    assert bool(found.parameters) == ("***" in shown)


def test_what_opens_an_address_is_read_from_it() -> None:
    found = opened_by("https://u:p%40w@a.example/feed?api_key=abcd%2B1234")
    assert (found.user.value, found.password.value, found.home) == ("u", "p@w", "https://a.example/feed")
    assert [(name, key.value) for name, key in found.parameters] == [("api_key", "abcd+1234")]
