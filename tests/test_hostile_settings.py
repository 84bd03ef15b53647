"""Settings that are wrong, dangerous or gone (rows C1 to C12), as a person meets them: one clear line, nothing lost."""

import os
import re
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

import pytest
from servers import Asked, Server, reply

from watcher.articles import Article
from watcher.config import load
from watcher.config.secrets import read_secrets
from watcher.errors import ConfigError, StorageError
from watcher.fetch import Manners
from watcher.parse import SERVICES, parse
from watcher.periods import latest
from watcher.rules import Rules, ruled
from watcher.sources import Source, Trouble, shown_address
from watcher.store import Store, exclusive

SOURCES = "sources: [{id: a, url: https://a.example/}]\n"
LOCAL = Manners(allow_hosts=("127.0.0.0/8",), deadline=5.0)


class Said(NamedTuple):
    code: int
    out: str
    err: str


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder to watch from whose database holds something."""
    (tmp_path / "feeds.yaml").write_text(SOURCES, encoding="utf-8")
    with Store(tmp_path / "watcher.db"):
        pass
    return tmp_path


def typed(folder: Path, *words: str) -> Said:
    command = [sys.executable, "-m", "watcher", *words]
    environment = {k: v for k, v in os.environ.items() if not k.startswith("WATCHER_")} | {"HOME": str(folder)}
    run = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, encoding="utf-8", timeout=60, check=False
    )
    assert "Traceback" not in run.stderr
    return Said(run.returncode, run.stdout, run.stderr)


def sums(folder: Path) -> dict[str, str]:
    return {p.name: sha256(p.read_bytes()).hexdigest() for p in folder.iterdir() if p.is_file()}


def reasons(folder: Path, text: str) -> list[tuple[str, int, str]]:
    (folder / "feeds.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load(folder / "feeds.yaml", kinds=SERVICES)
    return [(mistake.reason, mistake.line, mistake.hint) for mistake in caught.value.mistakes]


def test_c1_a_slip_of_syntax_is_named_by_its_line_and_nothing_is_touched(folder: Path) -> None:
    (folder / "feeds.yaml").write_text(SOURCES + "profiles: [{name: 'a\n", encoding="utf-8")
    before = sums(folder)
    said = typed(folder, "run", "--all")
    assert said.code == 2
    assert re.fullmatch(r"watcher: feeds\.yaml:2: YAML .*\n", said.err)
    assert sums(folder) == before


def test_c2_an_unknown_key_gets_a_suggestion(folder: Path) -> None:
    assert reasons(folder, SOURCES + "langage: fr\n") == [("unknown-key", 2, "language")]


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o602])
def test_c3_passwords_that_others_can_read_are_refused(folder: Path, mode: int) -> None:
    (folder / "secrets.yaml").write_text("a: {password: canari}\n", encoding="utf-8")
    (folder / "secrets.yaml").chmod(mode)
    said = typed(folder, "poll")
    assert (said.code, said.err.count("\n")) == (2, 1)
    assert "chmod 600" in said.err
    assert "canari" not in said.err


def test_c4_the_same_source_twice(folder: Path) -> None:
    rows = (
        "{id: a, url: https://a.example/f}",
        "{id: a, url: https://b.example/f}",
        "{id: c, url: http://A.example/f/}",
    )
    text = "sources:\n" + "".join(f"  - {row}\n" for row in rows)
    assert reasons(folder, text) == [("duplicate-id", 3, "2"), ("duplicate-url", 4, "2")]


def test_c5_a_password_in_an_address_opens_the_source_and_is_shown_nowhere(folder: Path, server: Server) -> None:
    def asked_for(asked: Asked) -> bytes:
        return reply(body=b"<rss><channel><item><title>MT2A</title><link>#1</link></item></channel></rss>")

    server.routes["/feed?api_key=canari-key-1"] = asked_for
    url = server.url.replace("//", "//veille:canari-2@") + "/feed?api_key=canari-key-1"
    text = f"allow_hosts: [127.0.0.0/8]\nsources: [{{id: a, url: '{url}'}}]\n"
    (folder / "feeds.yaml").write_text(text, encoding="utf-8")
    polled, listed = typed(folder, "-v", "poll"), typed(folder, "sources", "list", "--json")
    assert (polled.code, listed.code) == (0, 0)
    assert server.asked[0].headers["authorization"].startswith("Basic ")
    assert "canari" not in "".join((*polled[1:], *listed[1:]))
    assert b"canari" not in (folder / "watcher.db").read_bytes()
    (source,) = load(folder / "feeds.yaml").sources
    (secret,) = read_secrets(folder / "none", (source,), {}).values()
    assert (secret.password.value, secret.parameters[0][1].value) == ("canari-2", "canari-key-1")
    assert "canari" not in shown_address(source.url)


@pytest.mark.parametrize(
    "to",
    [
        r'["a@b.example\nBcc: x@y.example"]',
        r'["a@b.example\r\n\r\nbody"]',
        r'["a@b.example, c@d.example"]',
        '[""]',
        '["Marie <a@b.example>"]',
        f"[{', '.join(f'r{n}@b.example' for n in range(200))}]",
    ],
)
def test_c6_recipients_that_are_none_or_a_crowd(folder: Path, to: str) -> None:
    ((reason, line, _),) = reasons(folder, SOURCES + f"digests: [{{name: a, to: {to}}}]\n")
    assert reason in ("not-an-email", "control-character", "too-many-readers", "missing")
    assert line == 2


HUNGRY = ("(a+)+$", "(.*a){20}", "(a|a)*b", "(?:a?){30}a{30}", "*a" * 30 + "b")


@pytest.mark.parametrize("pattern", HUNGRY)
def test_c7_what_a_person_looks_for_is_never_run_as_a_pattern(pattern: str) -> None:
    """Rules are words, `match` is a piece of an address, `select` is CSS: none of them can go back on itself."""
    began = time.process_time()
    article = Article(source="a", title="a" * 1_000, summary="a" * 50_000, body="a " * 20_000)
    ruled(article, "", [Rules(always=(pattern,), never=(pattern,), must=(pattern,))])
    pages = b"".join(b"<url><loc>https://a.example/%s</loc></url>" % (b"a" * 1_500) for _ in range(200))
    for kind, document in (("sitemap", b"<urlset>" + pages + b"</urlset>"), ("page", b"<p>" + b"a" * 50_000)):
        select = (("match", pattern),) if kind == "sitemap" else (("item", pattern),)
        source = Source(id="a", url="https://a.example/", kind=kind, select=select)
        assert isinstance(parse(document, source, address=source.url, content_type=""), Trouble)
    assert time.process_time() - began < 5


@pytest.mark.parametrize(
    "selector", ["div:has(div:has(b))", "b ~ p", "p:nth-last-child(7n+3)", ":not(" * 90 + "b" + ")" * 90]
)
def test_c7_no_selector_takes_long_on_a_page_made_to_measure(selector: str) -> None:
    page = b"<div>" * 180 + b"<p>x</p>" * 4_000 + b"</div>" * 180
    source = Source(id="a", url="https://a.example/", kind="page", select=(("item", selector),))
    began = time.process_time()
    parse(page, source, address=source.url, content_type="")
    assert time.process_time() - began < 5


def test_c8_a_zone_that_is_none_gets_the_nearest(folder: Path) -> None:
    assert reasons(folder, SOURCES + "timezone: Europe/Pariss\n") == [("unknown-zone", 2, "Europe/Paris")]


def test_c9_an_hour_that_does_not_exist_makes_one_period_and_no_second() -> None:
    """A digest is due by its day, at midnight; the hour that summer time leaves out or repeats changes nothing."""
    paris = ZoneInfo("Europe/Paris")
    for night in (datetime(2026, 3, 28, 22, tzinfo=UTC), datetime(2026, 10, 24, 22, tzinfo=UTC)):
        met = [latest("day", "monday", paris, night + timedelta(minutes=10 * n)).name for n in range(6 * 27)]
        assert len(set(met)) <= 3
        assert met == sorted(met)


@pytest.mark.parametrize("left", [None, "", "sources: []\n", "# rien\n"])
def test_c10_settings_that_are_gone_take_no_data_along(folder: Path, left: str | None) -> None:
    (folder / "feeds.yaml").unlink()
    if left is not None:
        (folder / "feeds.yaml").write_text(left, encoding="utf-8")
    before = sums(folder)
    assert typed(folder, "run").code == 2
    assert sums(folder) == before


def test_c11_a_folder_that_is_none_is_named(folder: Path) -> None:
    (folder / "occupied").write_text("", encoding="utf-8")
    (folder / "feeds.yaml").write_text(SOURCES + "database: occupied/veille.db\n", encoding="utf-8")
    said = typed(folder, "poll")
    assert (said.code, said.err.count("\n")) == (74, 1)
    assert "occupied/veille.db" in said.err


def test_c11_a_link_of_ours_is_followed_and_what_it_leads_to_is_private(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "watcher.db").symlink_to(tmp_path / "disk" / "veille.db")
    with exclusive(tmp_path / "watcher.db"), Store(tmp_path / "watcher.db") as store:
        assert store.count() == 0
    assert (tmp_path / "disk" / "veille.db").stat().st_mode & 0o777 == 0o600


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="only root can give a link away")
@pytest.mark.parametrize("there", [True, False])
def test_c11_a_link_that_another_user_put_there_is_not_followed(tmp_path: Path, *, there: bool) -> None:
    target, link = tmp_path / "precious", tmp_path / "watcher.db"
    if there:
        target.write_bytes(b"precious")
    link.symlink_to(target)
    os.lchown(link, 12345, 12345)
    for use in (lambda: Store(link), lambda: exclusive(link).__enter__()):
        with pytest.raises(StorageError) as caught:
            use()
        assert caught.value.reason == "foreign-link"
    assert target.exists() == there
    assert not there or target.read_bytes() == b"precious"


def test_c11_a_link_in_the_place_of_the_lock_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "precious").write_bytes(b"precious")
    (tmp_path / "watcher.db.lock").symlink_to(tmp_path / "precious")
    with pytest.raises(StorageError), exclusive(tmp_path / "watcher.db"):
        pass
    assert (tmp_path / "precious").read_bytes() == b"precious"


@pytest.mark.parametrize("host", ["smtp.chu.example", "10.0.0.1", "0.0.0.0", "localhost.chu.example", "::2"])
def test_c12_mail_does_not_leave_this_machine_in_the_clear(folder: Path, host: str) -> None:
    mail = f"mail: {{from: v@chu.example, host: '{host}', security: none}}\n"
    assert [(reason, line) for reason, line, _ in reasons(folder, SOURCES + mail)] == [("cleartext", 2)]


def test_yaml_does_nothing_but_say_texts(folder: Path) -> None:
    bomb = "a: &a [x, x]\n" + "".join(f"{c}: &{c} [*{p}, *{p}]\n" for p, c in zip("abcdefgh", "bcdefghi", strict=True))
    for text in (bomb, SOURCES + "language: !!python/object/apply:os.system ['id']\n", SOURCES + "language: !x fr\n"):
        found = {reason for reason, *_ in reasons(folder, text)}
        assert found & {"alias", "tag"}, found
