"""What no feed, no page and no server may ever do to this machine."""

import ast
import json
import os
import re
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from servers import Server, reply

import watcher
from watcher.parse.limits import Limits, read_apart
from watcher.sources import Source, Trouble
from watcher.store import Store

HOME = Path(watcher.__file__).parent
MODULES = sorted(HOME.rglob("*.py"))


def calls(module: Path) -> list[tuple[str, ast.Call]]:
    tree = ast.parse(module.read_text(encoding="utf-8"))
    return [(ast.unparse(node.func), node) for node in ast.walk(tree) if isinstance(node, ast.Call)]


# What runs text as a program, or reads values that may run one; with the only rooms that may.
DANGEROUS: dict[str, set[str]] = {
    "eval": set(),
    "exec": set(),
    "compile": set(),
    "os.system": set(),
    "os.popen": set(),
    "yaml.load": {"demo/content.py"},  # what we ship, by the loader that makes texts only
    "yaml.unsafe_load": set(),
    "pickle.loads": set(),
    "pickle.load": {"parse/limits.py"},  # what our own parent sends; the way back takes our values only
    "subprocess.run": {"parse/limits.py", "schedule/values.py"},
    "subprocess.Popen": {"outbox/local.py"},
    "jinja2.Environment": set(),
    "Environment": set(),
    "Markup": set(),
    "tempfile.mktemp": set(),
    "ssl._create_unverified_context": set(),
}


def test_nothing_runs_what_a_text_says() -> None:
    assert len(MODULES) > 100
    for module in MODULES:
        name = module.relative_to(HOME).as_posix()
        for called, node in calls(module):
            assert name in DANGEROUS.get(called, {name}), (name, node.lineno, called)
            said = {keyword.arg: ast.unparse(keyword.value) for keyword in node.keywords}
            assert said.get("shell", "False") == "False", (name, node.lineno)
            assert said.get("verify", "True") != "False", (name, node.lineno)
            assert said.get("autoescape", "True") == "True", (name, node.lineno)


def test_no_template_lets_text_through_as_markup() -> None:
    templates = list((HOME / "render" / "templates").glob("*.html"))
    assert templates
    for template in templates:
        assert not re.search(
            r"\|\s*(safe|attr|map)\b|autoescape|{%-?\s*(include|import|from)\s+[^\"']", template.read_text()
        )


def test_no_pattern_is_made_of_what_was_read() -> None:
    """A pattern built at run time takes only words of ours, escaped ones, or the names of tags."""
    made = set()
    for module in MODULES:
        for called, node in calls(module):
            if re.fullmatch(r"re\.(compile|search|match|fullmatch|sub|split|findall|finditer)", called):
                first = node.args[0]
                plain = isinstance(first, ast.Constant) or "re.escape" in ast.unparse(first)
                if not plain and not isinstance(first, ast.JoinedStr):
                    made.add((module.relative_to(HOME).as_posix(), ast.unparse(first)))
    assert made == {
        ("parse/records.py", "';' if ';' in authors else '\\\\s+and\\\\s+'"),
        ("parse/repeats.py", "b'</%s\\\\s*+>' % name"),
        ("relevance.py", "_BEFORE"),
    }


# ---- a hostile feed, the real program, and what is left on the disk

NAMES = (
    *("../../etc/cron.d/x", "/etc/passwd", "..\\..\\x", "CON", "x" * 300, "a\x00b", "$(touch pwned)", "`touch pwned`"),
    *("{{7*7}}", "{% import os %}", "; touch pwned", "-oProxyCommand=x", "%s%n", "~root", "file:///etc/passwd"),
)


def hostile_feed() -> bytes:
    def cdata(text: str) -> str:
        return f"<![CDATA[{text}]]>".replace("\x00", "")

    items = "".join(
        f"<item><title>{cdata(name)} MT2A</title><link>https://a.example/{n}?f=../../x</link><guid>{cdata(name)}</guid>"
        f"<author>{cdata(name)}</author><category>{cdata(name)}</category><description>{cdata(name)}</description>"
        f"<enclosure url='https://a.example/../../x{n}' type='a/b' length='1'/></item>"
        for n, name in enumerate(NAMES)
    )
    return f"<rss><channel><title>{cdata(NAMES[0])}</title>{items}</channel></rss>".encode()


def test_nothing_that_a_feed_says_becomes_a_file_and_what_is_ours_is_private(tmp_path: Path, server: Server) -> None:
    server.routes["/feed"] = reply(body=hostile_feed(), Content_Disposition='attachment; filename="../../pwned"')
    home = tmp_path / "home"
    home.mkdir()
    (home / "feeds.yaml").write_text(
        f"allow_hosts: [127.0.0.0/8]\nprofiles: []\nsources: [{{id: a, url: '{server.url}/feed'}}]\n"
        "mail: {from: v@chu.example, maildir: boite}\n"
        "digests: [{name: hebdo, to: [anne@chu.example], when_empty: yes}]\n",
        encoding="utf-8",
    )
    environment = {k: v for k, v in os.environ.items() if not k.startswith("WATCHER_")}
    environment |= {"HOME": str(home), "TMPDIR": str(home), "BROWSER": "true"}

    def typed(*words: str) -> str:
        run = subprocess.run(
            [sys.executable, "-m", "watcher", *words], cwd=home, env=environment, umask=0,
            capture_output=True, encoding="utf-8", timeout=60, check=False,
        )  # fmt: skip
        assert "Traceback" not in run.stderr
        return run.stdout

    typed("run", "--all")
    with Store(home / "watcher.db") as store, store.transaction():
        assert store.count() == len(NAMES)
        store._write("UPDATE lists SET baseline = 0, cursor = 0, until = ?", [("2026-01-05T00:00:00+00:00",)])
    typed("send")
    typed("digest", "--open")
    assert "49" not in json.loads(typed("export").splitlines()[8])["title"]
    found = {path.relative_to(home).as_posix() for path in home.rglob("*") if path.is_file()}
    mails = {name for name in found if name.startswith("boite/new/")}
    pages = {name for name in found if re.fullmatch(r"watcher-\w+/digest\.html", name)}
    assert (len(mails), len(pages)) == (1, 1)
    copies = {name for name in found if re.fullmatch(r"backups/watcher-[\d-]{10}\.db", name)}
    assert found - mails - pages - copies <= {"feeds.yaml", "watcher.db", "watcher.db.lock"}
    assert {path.name for path in tmp_path.iterdir()} == {"home"}
    for private in ("watcher.db", "watcher.db.lock", *mails):
        assert stat.S_IMODE((home / private).stat().st_mode) == 0o600, private
    assert stat.S_IMODE((home / pages.pop()).parent.stat().st_mode) == 0o700


@pytest.mark.skipif(sys.platform != "linux", reason="/proc tells what a process was given")
def test_the_process_that_reads_what_strangers_wrote_has_no_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WATCHER_SECRET_A", "u:canari")
    slow = b"<?xml version='1.0'?>" + b"\n<!ENTITY a " * 20_000
    outcome: list[object] = []
    source = Source(id="a", url="https://a.example/")
    reader = threading.Thread(
        target=lambda: outcome.append(read_apart(slow, source, source.url, Limits(cpu=1, wall=8)))
    )
    reader.start()
    given = b""
    until = time.monotonic() + 8
    while not given and time.monotonic() < until:
        for task in Path("/proc/self/task").iterdir():
            for child in (task / "children").read_text().split() if (task / "children").exists() else ():
                said = Path(f"/proc/{child}/environ").read_bytes()
                if b"watcher.parse.limits" in Path(f"/proc/{child}/cmdline").read_bytes():
                    given = said
        time.sleep(0.005)
    reader.join()
    assert b"PATH=" in given
    assert b"canari" not in given
    assert isinstance(outcome[0], Trouble)


def test_the_tests_that_the_document_names_are_there() -> None:
    """docs/security.md promises nothing that no test shows."""
    document = (HOME.parent / "docs" / "security.md").read_text(encoding="utf-8")
    there = "\n".join(file.read_text(encoding="utf-8") for file in Path(__file__).parent.glob("test_*.py"))
    promises = [line for line in document.splitlines() if re.match(r"\| (?!threat|duty|-)", line)]
    assert len(promises) > 20
    for line in promises:
        named = re.findall(r"`(test_\w+)`", line)
        assert named, line
        assert not [name for name in named if f"def {name}(" not in there], line
