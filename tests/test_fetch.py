"""One conversation: what is asked, where it leads, what comes home, how long it may take."""

import gzip
import shutil
import socket
import ssl
import struct
import subprocess
import threading
import time
import zlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from asking import FEED, LOCAL, ask, ask_for, document, trouble
from hypothesis import given
from hypothesis import strategies as st
from servers import Answer, Asked, http_server, reply

from watcher import __version__
from watcher.fetch import Fetched, Manners, Unchanged
from watcher.fetch.conversation import decoded
from watcher.sources import Credentials, Secret, Source, TroubleKind

HASTY = Manners(allow_hosts=("127.0.0.0/8",), deadline=0.5)

# ---- what is asked, and what comes home ----


def test_a_document_comes_home_with_its_address_and_validators() -> None:
    answer = reply(body=FEED, Content_Type="text/xml; charset=utf-8", ETag='W/"a1"', Last_Modified="yesterday-ish")
    with http_server({"/feed?x=1": answer}) as server:
        got = document(ask(f"{server.url}/feed?x=1#top"))
    assert got == Fetched(
        source=Source(id="s", url=f"{server.url}/feed?x=1#top"),
        url=f"{server.url}/feed?x=1",
        status=200,
        content=FEED,
        content_type="text/xml; charset=utf-8",
        etag='W/"a1"',
        modified="yesterday-ish",
    )


@pytest.mark.parametrize(
    ("contact", "tail"),
    [("", ""), ("a@chu.fr", " (+mailto:a@chu.fr)"), ("https://chu.fr/veille", " (+https://chu.fr/veille)")],
)
def test_we_say_who_we_are_and_what_we_read(contact: str, tail: str) -> None:
    with http_server({"/feed": reply(body=FEED)}) as server:
        ask(f"{server.url}/feed", Manners(contact=contact, allow_hosts=("127.0.0.1",)))
    headers = server.asked[0].headers
    assert headers["user-agent"] == f"literature-watcher/{__version__}{tail}"
    assert headers["accept"].startswith("application/rss+xml, application/atom+xml, application/feed+json")
    assert headers["accept-encoding"] == "gzip, deflate"
    assert not {"cookie", "authorization", "if-none-match", "if-modified-since"} & set(headers)


def test_validators_go_back_as_they_came_and_304_means_unchanged() -> None:
    def answer(asked: Asked) -> bytes:
        known = (asked.headers.get("if-none-match"), asked.headers.get("if-modified-since")) == ('W/"1"', "x y")
        return reply(304) if known else reply(body=FEED, ETag='W/"1"', Last_Modified="x y")

    with http_server({"/feed": answer}) as server:
        first = document(ask(f"{server.url}/feed"))
        again = ask(f"{server.url}/feed", etag=first.etag, modified=first.modified)
    assert again == Unchanged(source=Source(id="s", url=f"{server.url}/feed"))


def test_304_to_a_question_without_validators_is_trouble() -> None:
    assert (trouble(ask_for(reply(304))).kind, trouble(ask_for(reply(304))).status) == ("broken", 304)


@pytest.mark.parametrize("value", ['"a"\r\nX-Evil: 1', '"' + "a" * 1000 + '"', '"\x1b[31m"', '"\N{SNOWMAN}"'])
def test_validators_that_cannot_be_sent_back_safely_are_dropped(value: str) -> None:
    with http_server({"/feed": reply(body=FEED)}) as server:
        document(ask(f"{server.url}/feed", etag=value, modified=value))
    assert not {"if-none-match", "if-modified-since", "x-evil"} & set(server.asked[0].headers)


def test_a_validator_as_long_as_a_novel_is_not_kept() -> None:
    assert document(ask_for(reply(body=FEED, ETag='"' + "a" * 5000 + '"'))).etag == ""


# ---- statuses ----


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        *((s, "blocked") for s in (401, 402, 403, 405, 451)),
        (410, "gone"),
        *((s, "http") for s in (400, 404, 406, 418, 429, 500, 502, 503, 504, 520)),
        *((s, "empty") for s in (204, 205)),
        *((s, "broken") for s in (206, 300, 305)),
    ],
)
def test_every_status_has_its_trouble(status: int, kind: TroubleKind) -> None:
    got = trouble(ask_for(reply(status, b"" if status in (204, 205) else b"<html>no</html>")))
    assert (got.kind, got.status) == (kind, status)


@pytest.mark.parametrize("body", [b"", b" \r\n", b"\xef\xbb\xbf"])
def test_an_empty_body_is_empty(body: bytes) -> None:
    assert trouble(ask_for(reply(body=body))).kind == "empty"


NOON = "Wed, 21 Oct 2015 12:00:00 GMT"


@pytest.mark.parametrize(
    ("value", "date", "wait"),
    [
        ("120", NOON, timedelta(minutes=2)),
        ("120", "", timedelta(minutes=2)),
        (" 0 ", NOON, timedelta(0)),
        ("1000000000", NOON, timedelta(seconds=10**9)),
        ("9" * 5000, NOON, None),
        ("soon", NOON, None),
        ("-5", NOON, None),
        ("", NOON, None),
        ("Wed, 21 Oct 2015 13:30:00 GMT", NOON, timedelta(minutes=90)),
        ("Wed, 21 Oct 2015 15:30:00 +0200", NOON, timedelta(minutes=90)),
        ("Wed, 21 Oct 2015 07:28:00 GMT", NOON, timedelta(0)),
        ("Wed, 99 Oct 2015 13:00:00 GMT", NOON, None),
        ("Wed, 21 Oct 2015 13:30:00 GMT", "", None),
        ("Wed, 21 Oct 2015 13:30:00 GMT", "today", None),
    ],
)
def test_retry_after(value: str, date: str, wait: timedelta | None) -> None:
    for status in (429, 503):
        assert trouble(ask_for(reply(status, Retry_After=value, Date=date))).retry_after == wait


@pytest.mark.parametrize(
    ("headers", "fresh"),
    [
        ({}, None),
        ({"Cache-Control": "max-age=3600"}, timedelta(hours=1)),
        ({"Cache-Control": 'public, Max-Age="60", must-revalidate'}, timedelta(minutes=1)),
        ({"Cache-Control": "max-age=3600", "Age": "600"}, timedelta(minutes=50)),
        ({"Cache-Control": "max-age=3600", "Age": "9999"}, timedelta(0)),
        (
            {"Cache-Control": "max-age=60", "Expires": "Wed, 21 Oct 2015 13:00:00 GMT", "Date": NOON},
            timedelta(minutes=1),
        ),
        ({"Cache-Control": "max-age=0"}, timedelta(0)),
        ({"Cache-Control": "max-age=soon"}, None),
        ({"Cache-Control": "max-age=-1"}, None),
        ({"Cache-Control": "max-age=" + "9" * 5000}, None),
        ({"Cache-Control": "s-maxage=60"}, None),
        ({"Cache-Control": "no-cache, max-age=60"}, None),
        ({"Cache-Control": "no-store", "Expires": "Wed, 21 Oct 2015 13:00:00 GMT", "Date": NOON}, None),
        ({"Expires": "Wed, 21 Oct 2015 13:00:00 GMT", "Date": NOON}, timedelta(hours=1)),
        ({"Expires": "Wed, 21 Oct 2015 15:00:00 +0200", "Date": NOON}, timedelta(hours=1)),
        ({"Expires": "Thu, 19 Nov 1981 08:52:00 GMT", "Date": NOON}, timedelta(0)),
        ({"Expires": "Wed, 21 Oct 2015 13:00:00 GMT"}, None),
        ({"Expires": "0", "Date": NOON}, None),
        ({"Expires": "-1", "Date": NOON}, None),
    ],
)
def test_how_long_an_answer_holds(headers: dict[str, str], fresh: timedelta | None) -> None:
    with http_server({"/feed": reply(200, FEED, **headers), "/same": reply(304, b"", **headers)}) as server:
        assert document(ask(f"{server.url}/feed")).fresh == fresh
        same = ask(f"{server.url}/same", etag='"1"')
    assert isinstance(same, Unchanged)
    assert same.fresh == fresh


# ---- bodies ----


def deflated(body: bytes, window: int) -> bytes:
    packer = zlib.compressobj(wbits=window)
    return packer.compress(body) + packer.flush()


@pytest.mark.parametrize(
    ("coding", "packed"),
    [
        ("gzip", gzip.compress(FEED)),
        ("GZIP", gzip.compress(FEED)),
        ("x-gzip", gzip.compress(FEED[:20]) + gzip.compress(FEED[20:])),
        ("gzip", gzip.compress(FEED) + b"\0" * 512),
        ("deflate", deflated(FEED, 15)),
        ("deflate", deflated(FEED, -15)),
        ("identity", FEED),
    ],
)
def test_bodies_are_unpacked(coding: str, packed: bytes) -> None:
    assert document(ask_for(reply(body=packed, Content_Encoding=coding))).content == FEED


@given(body=st.binary(min_size=1, max_size=2000).filter(lambda b: b.strip() not in (b"", b"\xef\xbb\xbf")))
def test_what_was_packed_is_what_comes_out(body: bytes) -> None:
    long = body * 200
    for coding, packed in (("gzip", gzip.compress(long)), ("deflate", deflated(long, -15))):
        pieces = (packed[i : i + 7] for i in range(0, len(packed), 7))
        assert decoded(pieces, coding, 10**6) == long


def test_chunked_bodies_arrive_whole() -> None:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert document(ask_for(head + b"5\r\n<rss>\r\n6\r\n</rss>\r\n0\r\n\r\n")).content == b"<rss></rss>"


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n<rss>",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n<rss>\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n<rss>\r\n",
        reply(body=gzip.compress(FEED)[:-9], Content_Encoding="gzip"),
        reply(body=gzip.compress(FEED)[:3], Content_Encoding="gzip"),
        reply(body=deflated(FEED, -15)[:-2], Content_Encoding="deflate"),
        reply(body=FEED, Content_Encoding="gzip"),
        reply(body=gzip.compress(gzip.compress(FEED)), Content_Encoding="gzip, gzip"),
        reply(body=FEED, Content_Encoding="br"),
        b"",
        b"HTTP/1.1",
        b"SSH-2.0-OpenSSH_9.2\x1b]8;;evil\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"".join(b"X-%d: 1\r\n" % n for n in range(200)) + b"\r\n<rss/>",
        b"HTTP/1.1 200 OK\r\nX: " + b"a" * 100_000 + b"\r\n\r\n<rss/>",
    ],
)
def test_what_breaks_off_or_makes_no_sense_is_broken(answer: bytes) -> None:
    got = trouble(ask_for(answer))
    assert got.kind == "broken"
    assert got.detail.isprintable()
    assert got.detail


def test_too_much_is_too_large_packed_or_not() -> None:
    small = Manners(allow_hosts=("127.0.0.1",), max_bytes=1000)
    assert document(ask_for(reply(body=b"a" * 1000), small)).content == b"a" * 1000
    assert trouble(ask_for(reply(body=b"a" * 1001), small)).kind == "too-large"
    assert trouble(ask_for(reply(body=gzip.compress(b"a" * 1001), Content_Encoding="gzip"), small)).kind == "too-large"


# ---- redirects ----


def test_a_chain_is_followed_and_the_last_address_kept() -> None:
    routes: dict[str, Answer] = {
        "/a": reply(301, Location="/b/"),
        "/b/": reply(302, Location="../c", Set_Cookie="seen=1; Path=/"),
        "/c": reply(307, Location="?page=1"),
        "/c?page=1": reply(308, Location="/caf\xe9 noir"),
        "/caf%E9%20noir": reply(body=FEED),
    }
    with http_server(routes) as server:
        got = document(ask(f"{server.url}/a"))
    assert got.url == f"{server.url}/caf%E9%20noir"
    assert [a.headers.get("cookie") for a in server.asked] == [None, None, "seen=1", "seen=1", "seen=1"]


@pytest.mark.parametrize(
    ("hops", "moved"),
    [
        ((), ""),
        ((301,), "/1"),
        ((308,), "/1"),
        ((301, 308), "/2"),
        ((302,), ""),
        ((303,), ""),
        ((307,), ""),
        ((301, 302), "/1"),
        ((301, 307, 301), "/1"),
        ((302, 301), ""),
    ],
)
@pytest.mark.parametrize("status", [200, 304])
def test_only_permanent_hops_from_the_first_on_say_that_a_source_moved(
    hops: tuple[int, ...], moved: str, status: int
) -> None:
    routes: dict[str, Answer] = {f"/{n}": reply(hop, Location=f"/{n + 1}") for n, hop in enumerate(hops)}
    routes[f"/{len(hops)}"] = reply(status, FEED if status == 200 else b"")
    with http_server(routes) as server:
        got = ask(f"{server.url}/0", etag='"1"')
    assert isinstance(got, Fetched | Unchanged)
    assert got.moved == (server.url + moved if moved else "")


def test_a_redirect_to_the_same_address_is_no_move() -> None:
    def answer(asked: Asked) -> bytes:
        if asked.headers.get("cookie"):
            return reply(body=FEED)
        return reply(301, Location="/feed", Set_Cookie="seen=1")

    assert document(ask_for(answer)).moved == ""


@pytest.mark.parametrize("known", ["", '"1"'])
def test_validators_travel_along_a_chain(known: str) -> None:
    with http_server({"/a": reply(302, Location="/b"), "/b": reply(body=FEED)}) as server:
        document(ask(f"{server.url}/a", etag=known))
    assert server.asked[1].headers.get("if-none-match", "") == known


def test_a_loop_ends() -> None:
    with http_server({"/a": reply(302, Location="/b"), "/b": reply(302, Location="/a")}) as server:
        got = trouble(ask(f"{server.url}/a"))
    assert got.kind == "redirects"
    assert len(server.asked) == LOCAL.max_redirects + 1


@pytest.mark.parametrize(
    "location",
    [
        "file:///etc/passwd",
        "gopher://127.0.0.1/",
        "javascript:alert(1)",
        "data:text/xml,<rss/>",
        "http://",
        "http://[::1/",
        "http://127.0.0.1:99999/",
        "http://127.0.0.1\\@example.org/",
        "//user@:80/",
        "",
    ],
)
def test_redirects_lead_to_web_addresses_only(location: str) -> None:
    assert trouble(ask_for(reply(302, Location=location))).kind == "redirects"


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://example.org/", "feeds/inserm.xml", "", "http://[", "x:y"])
def test_only_web_addresses_are_asked(url: str) -> None:
    assert trouble(ask(url)).kind == "redirects"


def test_a_name_with_an_empty_label_is_an_unknown_name() -> None:
    assert trouble(ask_for(reply(302, Location="http://a..b/"))).kind == "dns"


def test_a_redirect_without_credentials_of_ours_in_it() -> None:
    with http_server({"/b": reply(body=FEED)}, host="127.0.0.2") as other:
        away = other.url.replace("http://", "http://evil:choice@") + "/b"
        with http_server({"/a": reply(302, Location="/a2"), "/a2": reply(302, Location=away)}) as server:
            got = document(ask(server.url.replace("http://", "http://us%40er:s%3Acret@") + "/a"))
    assert [a.headers.get("authorization") for a in server.asked] == ["Basic dXNAZXI6czpjcmV0"] * 2
    assert "authorization" not in other.asked[0].headers
    assert got.url == f"{other.url}/b"


# ---- TLS ----


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-signed certificate for 127.0.0.1 and its key, in one file."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("needs the openssl program")
    file = tmp_path_factory.mktemp("tls") / "both.pem"
    settings = "-x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=test"
    names = ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(file), "-out", str(file) + ".crt"]
    subprocess.run([openssl, "req", *settings.split(), *names], check=True, capture_output=True)
    file.write_text(file.read_text() + Path(f"{file}.crt").read_text())
    return file


@pytest.fixture(scope="session")
def tls(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


def test_a_certificate_nobody_signed_does_not_hold(tls: ssl.SSLContext) -> None:
    with http_server({"/feed": reply(body=FEED)}, tls=tls) as server:
        assert trouble(ask(f"{server.url}/feed")).kind == "tls"
    assert server.asked == []


def test_plain_text_where_tls_should_be() -> None:
    with socket.create_server(("127.0.0.1", 0)) as door:

        def talk_plainly() -> None:
            line, _ = door.accept()
            with line:
                line.sendall(reply(400))
                line.recv(4096)

        thread = threading.Thread(target=talk_plainly)
        thread.start()
        assert trouble(ask(f"https://127.0.0.1:{door.getsockname()[1]}/")).kind == "tls"
        thread.join()


@pytest.mark.parametrize("setting", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"])
def test_trusted_certificates_may_come_from_a_file(
    setting: str, certificate: Path, tls: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(setting, str(certificate))
    routes = {"/feed": reply(body=FEED), "/down": reply(302, Location="http://127.0.0.1:9/")}
    with http_server(routes, tls=tls) as server, http_server({"/feed": reply(body=FEED)}, host="127.0.0.2") as plain:
        assert document(ask(f"{server.url}/feed")).content == FEED
        server.routes["/down"] = reply(302, Location=f"{plain.url}/feed")
        assert trouble(ask(f"{server.url}/down")).kind == "redirects"
    assert plain.asked == []


# ---- time ----


def drip(head: bytes, tail: bytes) -> Answer:
    def answer(asked: Asked) -> Iterator[bytes]:
        yield head
        while not asked.stopped.wait(0.1):
            yield tail

    return answer


def hang(asked: Asked) -> bytes:
    asked.stopped.wait(20)
    return b""


SLOW: dict[str, Answer] = {
    "hang": hang,
    "status line": drip(b"HTTP/1.1 200 ", b"O"),
    "headers": drip(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n"),
    "one header": drip(b"HTTP/1.1 200 OK\r\nX: ", b"y"),
    "body": drip(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", b"<"),
    "body without an end": drip(b"HTTP/1.1 200 OK\r\n\r\n", b"<"),
    "chunks": drip(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\n<\r\n"),
    "silence after the headers": lambda asked: (
        b"HTTP/1.1 200 OK\r\n\r\n" if n == 0 else hang(asked) for n in range(2)
    ),
    "slow redirects": lambda asked: (reply(302, Location="/feed") for _ in range(1) if not asked.stopped.wait(0.3)),
}


@pytest.mark.parametrize("case", SLOW)
def test_the_whole_conversation_has_a_deadline(case: str) -> None:
    started = time.monotonic()
    with http_server({"/feed": SLOW[case]}) as server:
        got = ask(f"{server.url}/feed", HASTY)
        took = time.monotonic() - started
    assert trouble(got).kind == "timeout"
    assert took < 1.5


def test_the_deadline_holds_over_tls(certificate: Path, tls: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with http_server({"/feed": SLOW["one header"]}, tls=tls) as server:
        assert trouble(ask(f"{server.url}/feed", HASTY)).kind == "timeout"


def test_the_deadline_holds_in_the_handshake() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:  # takes the connection, never says a word
        started = time.monotonic()
        got = ask(f"https://127.0.0.1:{silent.getsockname()[1]}/", HASTY)
    assert trouble(got).kind == "timeout"
    assert time.monotonic() - started < 1.5


def test_the_deadline_holds_while_connecting() -> None:
    with socket.socket() as full:  # a queue of one, and it is taken: further calls are left ringing
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        callers = [socket.socket() for _ in range(4)]
        for caller in callers:
            caller.settimeout(0)
            caller.connect_ex(full.getsockname())
        started = time.monotonic()
        got = ask(f"http://127.0.0.1:{full.getsockname()[1]}/", HASTY)
        took = time.monotonic() - started
        for caller in callers:
            caller.close()
    assert trouble(got).kind == "timeout"
    assert took < 1.5


def test_a_line_that_is_reset_is_broken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as door:

        def reset() -> None:
            line, _ = door.accept()
            line.recv(4096)
            line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            line.close()

        thread = threading.Thread(target=reset)
        thread.start()
        got = ask(f"http://127.0.0.1:{door.getsockname()[1]}/")
        thread.join()
    assert trouble(got).kind == "broken"


# ---- what is told ----


def test_credentials_and_queries_are_never_told() -> None:
    secret = "http://reader:hunter2@"
    with http_server({"/loop?key=k3y": reply(302, Location="/loop?key=k3y")}) as server:
        port = server.url.rpartition(":")[2]
        outcomes = [
            ask(secret + rest, manners)
            for rest in (f"127.0.0.1:{port}/loop?key=k3y", "127.0.0.1:9/?key=k3y", "a..b/?key=k3y", "[::1/", "")
            for manners in (LOCAL, Manners(deadline=2))
        ]
        for location in ("ftp://reader:hunter2@x/?key=k3y", "http://reader:hunter2@[/?key=k3y", "http://r:hunter2/@h/"):
            server.routes["/"] = reply(302, Location=location)
            outcomes.append(ask(server.url + "/"))
        server.routes["/"] = b"http://reader:hunter2@x/?key=k3y \r\n"
        outcomes.append(ask(server.url + "/"))
    for outcome in outcomes:
        assert [word for word in ("reader", "hunter2", "k3y") if word in trouble(outcome).detail] == []


# ---- secrets ----


def armed(home: str, *, user: str = "us:er", password: str = "s:é cret", allow: str = "127.0.0.0/8") -> Manners:
    """Manners that know what opens the source at this address."""
    secret = Credentials(
        home=home, user=Secret(user), password=Secret(password), headers=(("X-Api-Key", Secret("k3y")),)
    )
    return Manners(allow_hosts=(allow,), deadline=2, secrets={"s": secret})


def test_secrets_are_sent_to_the_server_they_are_for_and_to_no_other() -> None:
    with http_server({"/b": reply(body=FEED)}, host="127.0.0.2") as other:
        routes = {"/a": reply(302, Location="/a2"), "/a2": reply(302, Location=f"{other.url}/b")}
        with http_server(routes) as server:
            home = f"{server.url}/a"
            document(ask(home, armed(home, user="reader", password="hunter2")))
            document(ask(f"{other.url}/b", armed(home)))  # where it moved to
    for asked in server.asked:
        assert asked.headers["authorization"] == "Basic cmVhZGVyOmh1bnRlcjI="
        assert asked.headers["x-api-key"] == "k3y"
    assert len(other.asked) == 2
    assert not [asked for asked in other.asked if {"authorization", "x-api-key"} & set(asked.headers)]


def test_one_source_does_not_borrow_the_secrets_of_another() -> None:
    with http_server({"/a": reply(body=FEED)}) as server:
        manners = replace(armed(f"{server.url}/a"), secrets={"t": armed(f"{server.url}/a").secrets["s"]})
        document(ask(f"{server.url}/a", manners))
    assert not {"authorization", "x-api-key"} & set(server.asked[0].headers)


def test_secrets_of_ours_are_stronger_than_those_in_the_address() -> None:
    with http_server({"/a": reply(body=FEED)}) as server:
        home = server.url.replace("http://", "http://old:old@") + "/a"
        document(ask(home, armed(home, user="a", password="b")))
    assert server.asked[0].headers["authorization"] == "Basic YTpi"


def test_a_server_that_repeats_a_secret_is_not_quoted() -> None:
    def answer(asked: Asked) -> bytes:
        return (
            f"HTTP/1.1 401 No hunter2 k3y reader {asked.headers['authorization']}\r\nContent-Length: 0\r\n\r\n".encode()
        )

    with http_server({"/a": answer}) as server:
        told = trouble(ask(f"{server.url}/a", armed(server.url, user="reader", password="hunter2"))).detail
        server.routes["/a"] = reply(302, Location="ftp://x/hunter2/k3y")
        told += trouble(ask(f"{server.url}/a", armed(server.url, user="reader", password="hunter2"))).detail
    assert "***" in told
    assert not [word for word in ("hunter2", "k3y", "reader", "cmVhZGVyOmh1bnRlcjI=") if word in told]
