"""The digest as a page: golden, harmless whatever a title says, and silent on the network in a real browser."""

import http.server
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from html.parser import HTMLParser
from pathlib import Path

import pytest
from digests import DIGEST, FAILED, HOSTILE, PARIS, PARTLY, QUIET, golden, many, titled

from watcher.errors import UsageError
from watcher.render.html import page
from watcher.render.mail import Envelope, mail
from watcher.render.sheet import sheet, shown


@pytest.mark.parametrize("language", ["fr", "en"])
def test_golden(language: str) -> None:
    golden(f"digest-{language}.html", page(DIGEST, language, PARIS))


def test_the_outcomes_are_told_apart_in_words() -> None:
    quiet, partly, failed = (page(d, "fr", PARIS).replace("\u00a0", " ") for d in (QUIET, PARTLY, FAILED))
    assert "les sources ont répondu" in quiet
    assert "dans les sources qui ont répondu" in partly
    assert "n’est pas une absence de nouvelles" in failed
    assert ["1 source en panne" in said for said in (quiet, partly, failed)] == [False, True, True]
    assert ["Institut Curie</b> refuse les programmes" in said for said in (quiet, partly, failed)] == [
        False,
        True,
        True,
    ]


def test_forty_stories_are_a_small_page() -> None:
    assert len(page(many(40), "fr", PARIS).encode()) < 90_000


class _Seen(HTMLParser):
    """What a page is made of: its elements, whether they are closed in order, its addresses, its text."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: set[str] = set()
        self.attributes: set[tuple[str, str]] = set()
        self.addresses: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        self.attributes |= {(tag, name) for name, _ in attrs}
        self.addresses += [value or "" for name, value in attrs if name in ("href", "src")]
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.text += data


def seen(document: str) -> _Seen:
    found = _Seen()
    found.feed(document)
    found.close()
    assert not found.open
    return found


ELEMENTS = set(
    "html head meta title style body header main footer section article"
    " div h1 h2 h3 h4 p span a bdi b mark ul li small".split()
)


@pytest.mark.parametrize("attack", HOSTILE)
def test_a_title_stays_a_text(attack: str) -> None:
    found = seen(page(titled(attack), "fr", PARIS))
    assert found.elements <= ELEMENTS
    assert not {name for _, name in found.attributes if name.startswith("on") or name in ("src", "style", "srcdoc")}
    assert all(re.match(r"https://(a\.example/1|outlet-2\.example/|doi\.org/)", url) for url in found.addresses)
    assert found.text.count(shown(attack).strip()) >= 3
    assert all(c.isprintable() or c in "\n\u00a0\u202f" for c in found.text)


@pytest.mark.parametrize("url", ["", "file:///etc/passwd", "javascript:alert(1)", "data:text/html,x", "/relative"])
def test_only_web_addresses_become_links(url: str) -> None:
    assert not [a for a in seen(page(titled("Titre", url), "fr", PARIS)).addresses if not a.startswith("https://")]
    (story,) = sheet(titled("Titre", url), "fr", PARIS).parts[0].stories
    assert story.url == ""


def test_an_address_cannot_leave_its_attribute() -> None:
    url = "https://a.example/1\"onmouseover='alert(1)'><script>\\`\u202e é"
    (story,) = sheet(titled("Titre", url), "fr", PARIS).parts[0].stories
    assert re.fullmatch(r"https://[!-~]+", story.url)
    assert not set("\"'<>`\\ ") & set(story.url)


# A person's own templates


def test_an_own_template_takes_the_place_of_ours(tmp_path: Path) -> None:
    (tmp_path / "story.html").write_text("<h3>{{ story.title }}</h3>", encoding="utf-8")
    found = seen(page(titled("<b>x"), "fr", PARIS, tmp_path))
    assert "article" not in found.elements
    assert "<b>x" in found.text


@pytest.mark.parametrize(
    "template",
    [
        "{{ digest.__class__.__mro__ }}",
        "{{ ''.__class__.__base__.__subclasses__() }}",
        "{% for x in %}",
        "{{ unknown }}",
        "{{ 1 / 0 }}",
        "{% include '../../etc/passwd' %}",
        "{{ digest.parts.append(1) }}",
        "{% for x in range(10 ** 9) %}{% endfor %}",
        "{% macro again() %}{{ again() }}{% endmacro %}{{ again() }}",
    ],
)
def test_a_template_that_fails_or_looks_elsewhere_is_refused(template: str, tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text(f"\n{template}\n", encoding="utf-8")
    with pytest.raises(UsageError) as raised:
        page(DIGEST, "fr", PARIS, tmp_path)
    assert raised.value.reason == "bad-template"
    assert raised.value.facts["file"] == f"{tmp_path / 'page.html'}:2"
    assert raised.value.facts["detail"]


def test_a_mistake_in_an_included_template_is_named_there(tmp_path: Path) -> None:
    (tmp_path / "story.html").write_text("\n\n{{ story.nothing }}", encoding="utf-8")
    with pytest.raises(UsageError) as raised:
        page(DIGEST, "fr", PARIS, tmp_path)
    assert raised.value.facts["file"] == f"{tmp_path / 'story.html'}:3"


def test_a_template_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_bytes(b"\xe9t\xe9")
    with pytest.raises(UsageError) as raised:
        page(DIGEST, "fr", PARIS, tmp_path)
    assert raised.value.facts["file"] == str(tmp_path / "page.html")


# In a browser

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


class _Gate(http.server.BaseHTTPRequestHandler):
    """A proxy that notes what it is asked for and lets nothing through."""

    def _refuse(self) -> None:
        self.server.asked.append(self.path)  # type: ignore[attr-defined]
        self.send_error(502)

    do_GET = do_POST = do_HEAD = do_CONNECT = _refuse  # noqa: N815 - names of http.server

    def log_message(self, *said: object) -> None:
        """Nobody reads it."""


@contextmanager
def gate() -> Iterator[tuple[str, list[str]]]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Gate) as server:
        server.asked = []  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"127.0.0.1:{server.server_address[1]}", server.asked  # type: ignore[attr-defined]
        server.shutdown()
        thread.join(5)


def opened(file: Path, folder: Path) -> tuple[str, list[str]]:
    """What a browser made of a page, and the addresses of ours that it asked for."""
    assert CHROMIUM
    with gate() as (proxy, asked):
        run = subprocess.run(
            [
                *(CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"),
                *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
                *(f"--user-data-dir={folder / 'profile'}", f"--proxy-server=http://{proxy}"),
                *("--proxy-bypass-list=<-loopback>", "--virtual-time-budget=3000", "--dump-dom", file.as_uri()),
            ],
            capture_output=True,
            encoding="utf-8",
            timeout=100,
            check=False,
        )
    return run.stdout, [address for address in asked if ".example" in address]


@pytest.mark.skipif(not CHROMIUM, reason="no chromium on this machine")
def test_no_request_leaves_the_page_in_a_browser(tmp_path: Path) -> None:
    control = tmp_path / "control.html"
    control.write_text('<img src="http://control.example/p.gif">', encoding="utf-8")
    assert any("control.example" in address for address in opened(control, tmp_path)[1])
    pages = "".join(page(d, "fr", PARIS) for d in (DIGEST, *map(titled, HOSTILE)))  # a browser reads on
    file = tmp_path / "digest.html"
    file.write_text(pages, encoding="utf-8")
    made, asked = opened(file, tmp_path)
    assert asked == []
    assert made.count("<article") == 3 + len(HOSTILE)
    assert not re.search(r"<(?:script|img)\b", made)


@pytest.mark.skipif(not CHROMIUM, reason="no chromium on this machine")
def test_no_request_leaves_the_mail_in_a_browser(tmp_path: Path) -> None:
    """Nothing but its own restraint keeps a mail from asking: it has no policy for the browser."""
    bodies = [mail(d, Envelope(sender="veille@chu.example"), "fr", PARIS) for d in (DIGEST, *map(titled, HOSTILE))]
    pages = "".join(str(body.get_content()) for one in bodies if (body := one.get_body(("html",))))
    assert "Content-Security-Policy" not in pages
    file = tmp_path / "mail.html"
    file.write_text('<meta charset="utf-8">' + pages, encoding="utf-8")
    made, asked = opened(file, tmp_path)
    assert asked == []
    assert made.count("<h3") == 3 + len(HOSTILE)
