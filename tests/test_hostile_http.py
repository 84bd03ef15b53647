"""Servers that behave in every wrong way known to us, each polled beside healthy ones, which all come in whole."""

import gzip
import multiprocessing
import ssl
import time
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme
from servers import Answer, Asked, Server, http_server, reply

from watcher.fetch import Manners
from watcher.run import SourceReport, poll
from watcher.sources import Credentials, Secret, Source, SourceState
from watcher.store import Store

FIRST = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)
THEN = FIRST + timedelta(days=2)
HOME, ELSEWHERE, HIDDEN = "127.0.0.2", "127.0.0.3", "127.0.0.1"  # only the last one is not allowed
DEADLINE = 1.0
HEALTHY = 6
SOON = timedelta(minutes=30)


def feed(*numbers: int) -> bytes:
    items = "".join(
        f"<item><guid isPermaLink='false'>g{n}</guid><link>n{n}</link><title>Nouvelle {n}</title></item>"
        for n in numbers
    )
    return f"<rss version='2.0'><channel><title>Institut</title>{items}</channel></rss>".encode()


def titles(*numbers: int) -> tuple[str, ...]:
    return tuple(f"Nouvelle {n}" for n in numbers)


FEED = feed(1, 2, 3)
PACKED = gzip.compress(FEED)
OK = b'HTTP/1.1 200 OK\r\nConnection: close\r\nETag: "1"\r\n'


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """The servers that an answer may speak of."""

    here: str
    elsewhere: str
    hidden: str  # at a private address that nobody allowed

    @property
    def hidden_port(self) -> str:
        return self.hidden.rpartition(":")[2]


Make = Callable[[Places], Answer]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """How a server behaves on the first day, and what the database must hold of its source that evening."""

    answer: Make
    trouble: str = ""
    titles: tuple[str, ...] = ()
    etag: str = ""
    wait: timedelta = SOON  # before it is asked again, when there was trouble


def broken(raw: bytes) -> Case:
    return Case(answer=lambda at: raw, trouble="broken")


def led(location: Callable[[Places], str], trouble: str) -> Case:
    return Case(answer=lambda at: reply(302, Location=location(at)), trouble=trouble)


def drip(start: bytes, drop: bytes) -> Case:
    """Bytes that come too slowly, but never late enough for the timeout of a socket."""

    def answer(asked: Asked) -> Iterator[bytes]:
        yield start
        while not asked.stopped.wait(0.1):
            yield drop

    return Case(answer=lambda at: answer, trouble="timeout")


def silent(start: bytes) -> Case:
    def answer(asked: Asked) -> Iterator[bytes]:
        yield start
        asked.stopped.wait(20)

    return Case(answer=lambda at: answer, trouble="timeout")


def patience(status: int, asks: str, wait: timedelta) -> Case:
    answer = reply(status, Retry_After=asks, Date="Mon, 02 Mar 2026 07:00:00 GMT")
    return Case(answer=lambda at: answer, trouble="http", wait=wait)


def private(host: str) -> Case:
    return led(lambda at: f"http://{host}:{at.hidden_port}/hidden", "private-address")


SLOW: dict[str, Case] = {
    "a byte of the body now and then": drip(OK + b"Content-Length: 1000\r\n\r\n", b"<"),
    "a byte of a body without length": drip(OK + b"\r\n", b"<"),
    "a header now and then": drip(OK, b"X-Wait: please\r\n"),
    "a byte of the first line now and then": drip(b"HTTP/1.1 200 ", b"O"),
    "a byte of a header now and then": drip(OK + b"X: ", b"y"),
    "a chunk now and then": drip(OK + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n<\r\n"),
    "silence after the call": silent(b""),
    "silence after the headers": silent(OK + b"Content-Length: 1000\r\n\r\n"),
    "silence before the last byte": silent(OK + b"Content-Length: %d\r\n\r\n" % len(FEED) + FEED[:-1]),
}

CUT: dict[str, Case] = {
    "less than the length that was promised": broken(OK + b"Content-Length: 9000\r\n\r\n" + FEED),
    "chunks that break off": broken(
        OK + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n" % len(FEED) + FEED + b"\r\n40\r\n<it"
    ),
    "chunks without a length": broken(OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n" + FEED),
    "a packed body that breaks off": broken(
        OK + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % (len(PACKED) - 12) + PACKED[:-12]
    ),
    "a body that ends with the line": Case(
        answer=lambda at: OK + b"\r\n" + FEED.partition(b"Nouvelle 3")[0], titles=titles(1, 2)
    ),
    "a body that says packed and is not": broken(reply(body=FEED, Content_Encoding="gzip")),
    "a body packed in a way that nobody offered": broken(reply(body=FEED, Content_Encoding="br")),
    "a line that is closed at once": broken(b""),
}

STRANGE: dict[str, Case] = {
    "two hundred headers": broken(OK + b"".join(b"X-%d: 1\r\n" % n for n in range(200)) + b"\r\n" + FEED),
    "a header of 100,000 bytes": broken(OK + b"X: " + b"a" * 100_000 + b"\r\n\r\n" + FEED),
    "another protocol": broken(b"SSH-2.0-OpenSSH_9.2p1 \x1b]8;;http://evil.example\x07\r\n"),
    "a status that is no number": broken(b"HTTP/1.1 OK ok\r\n\r\n" + FEED),
    "unchanged since never": broken(reply(304, ETag='"1"')),
    "a validator that is longer than a page": Case(
        answer=lambda at: reply(body=FEED, ETag='"' + "a" * 5000 + '"'), titles=titles(1, 2, 3)
    ),
    "a validator over two lines": Case(
        answer=lambda at: b'HTTP/1.1 200 OK\r\nETag: "a"\r\n\tX-Evil: 1\r\nConnection: close\r\n\r\n' + FEED,
        titles=titles(1, 2, 3),
        etag='"a" X-Evil: 1',
    ),
    "a feed that calls itself an image": Case(
        answer=lambda at: reply(body=FEED, Content_Type="image/png", ETag='"1"'), titles=titles(1, 2, 3), etag='"1"'
    ),
    "eighty cookies": Case(
        answer=lambda at: OK + b"".join(b"Set-Cookie: c%d=1; Path=/\r\n" % n for n in range(80)) + b"\r\n" + FEED,
        titles=titles(1, 2, 3),
        etag='"1"',
    ),
    "a patience of thirty years": patience(429, "1000000000", timedelta(days=7)),
    "a patience until yesterday": patience(429, "Sun, 01 Mar 2026 07:00:00 GMT", SOON),
    "a patience until later": patience(429, "soon", SOON),
    "a patience of two hours": patience(503, "7200", timedelta(hours=2)),
}

REDIRECTS: dict[str, Case] = {
    "a redirect to itself": led(lambda at: "", "redirects"),
    "a circle": led(lambda at: "feed", "redirects"),
    "a redirect to a file": led(lambda at: "file:///etc/passwd", "redirects"),
    "a redirect to another protocol": led(lambda at: f"gopher://{HOME}/", "redirects"),
    "a redirect to a script": led(lambda at: "javascript:alert(1)", "redirects"),
    "a redirect to a text": led(lambda at: "data:text/xml,<rss/>", "redirects"),
    "a redirect to the computer itself": private("127.0.0.1"),
    "a redirect to the short name of the computer itself": private("127.1"),
    "a redirect to a decimal number": private("2130706433"),
    "a redirect to a hexadecimal number": private("0x7f.1"),
    "a redirect to an octal number": private("0177.0.0.1"),
    "a redirect to nowhere in particular": private("0.0.0.0"),
    "a redirect to an address in another one": private("[::ffff:127.0.0.1]"),
    "a redirect to the newer address of the computer itself": private("[::1]"),
    "a redirect to its name": private("localhost"),
    "a redirect to a cloud's secrets": led(lambda at: "http://169.254.169.254/latest/meta-data/", "private-address"),
    "a redirect in the letters of another age": Case(
        answer=lambda at: reply(302, Location="/\xe9t\xe9"), titles=titles(1, 2, 3), etag='"1"'
    ),
    "a redirect to a name with a hole": led(lambda at: "http://a..b/", "dns"),
    "a redirect that two readers read differently": led(lambda at: f"{at.hidden}\\@example.org/", "redirects"),
    "a redirect with spaces of all sorts in it": Case(
        answer=lambda at: reply(302, Location="/a b\tc\x0bd"), titles=titles(1, 2, 3), etag='"1"'
    ),
}

FAST = CUT | STRANGE | REDIRECTS
CASES = SLOW | FAST


# ---- one poll of them all, and one a week later, when all is well again ----


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """What one poll left behind."""

    reports: dict[str, SourceReport]
    states: dict[str, SourceState]
    titles: dict[str, tuple[str, ...]]
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Two days, and who was asked for what."""

    days: tuple[Day, Day]
    asked: dict[str, list[Asked]]  # by source, of the second day
    hidden: list[Asked]


def _again(asked: Asked) -> bytes:
    """A server that is well, and has nothing to add for whoever shows it the validator of the first day."""
    return reply(304) if asked.headers.get("if-none-match") == '"1"' else reply(body=FEED, ETag='"2"')


def _polled(store: Store, sources: tuple[Source, ...], manners: Manners, now: datetime) -> Day:
    started = time.monotonic()
    report = poll(sources, (), store, manners, clock=lambda: now, everyone=True)
    seconds = time.monotonic() - started
    kept: dict[str, tuple[str, ...]] = {source.id: () for source in sources}
    for one in store.all():
        for name in one.sources:
            kept[name] += (one.article.title,)
    reports = {r.source.id: r for r in report.sources}
    return Day(reports=reports, states=store.states(), titles=kept, seconds=seconds)


def _healthy(n: int) -> str:
    return f"sain {n}"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    manners = Manners(allow_hosts=(HOME, ELSEWHERE), deadline=DEADLINE, workers=24)
    with (
        ExitStack() as stack,
        pytest.MonkeyPatch.context() as outside,
        Store(tmp_path_factory.mktemp("http") / "w.db") as store,
    ):
        for name in ("http_proxy", "https_proxy", "all_proxy"):
            outside.delenv(name, raising=False)
            outside.delenv(name.upper(), raising=False)
        here, elsewhere, hidden = (
            stack.enter_context(http_server({}, host=host)) for host in (HOME, ELSEWHERE, HIDDEN)
        )
        hidden.routes["/hidden"] = reply(body=FEED)
        places = Places(here=here.url, elsewhere=elsewhere.url, hidden=hidden.url)
        alone = {name: stack.enter_context(http_server({}, host=HOME)) for name in SLOW}
        names = list(CASES)
        for n in range(HEALTHY):
            names.insert(n * (len(CASES) // HEALTHY + 1), _healthy(n))
        served: dict[str, tuple[Server, str]] = {}
        for n, name in enumerate(names):
            served[name] = (alone.get(name, elsewhere if name == _healthy(0) else here), f"/{n}/feed")
        sources = tuple(Source(id=name, url=server.url + path) for name, (server, path) in served.items())
        for name, (server, path) in served.items():
            server.routes[path] = CASES[name].answer(places) if name in CASES else reply(body=FEED, ETag='"1"')
        here.routes |= dict.fromkeys(("/%E9t%E9", "/a%20b%09c%0Bd"), reply(body=FEED, ETag='"1"'))
        first = _polled(store, sources, manners, FIRST)
        for server, path in served.values():
            server.asked.clear()
            server.routes[path] = _again
        second = _polled(store, sources, manners, THEN)
        return World(
            days=(first, second),
            asked={name: [a for a in s.asked if a.path == path] for name, (s, path) in served.items()},
            hidden=hidden.asked,
        )


@pytest.mark.parametrize("name", CASES)
def test_a_hostile_server_costs_its_own_source_only_what_it_must(world: World, name: str) -> None:
    case, day = CASES[name], world.days[0]
    report, state = day.reports[name], day.states[name]
    assert (report.trouble.kind if report.trouble else "") == case.trouble
    assert (day.titles[name], state.etag) == (case.titles, case.etag)
    if report.trouble:
        assert state.due == FIRST + case.wait
        assert report.trouble.detail.isprintable()


@pytest.mark.parametrize("name", CASES)
def test_what_a_bad_day_held_back_comes_when_the_server_is_well(world: World, name: str) -> None:
    day, case = world.days[1], CASES[name]
    assert (day.reports[name].trouble, day.titles[name]) == (None, titles(1, 2, 3))
    assert day.states[name].etag == ('"1"' if case.etag == '"1"' else '"2"')


@pytest.mark.parametrize("name", [_healthy(n) for n in range(HEALTHY)])
def test_healthy_servers_beside_them_are_read_whole(world: World, name: str) -> None:
    first, second = world.days
    assert (first.reports[name].trouble, first.titles[name]) == (None, titles(1, 2, 3))
    assert (second.reports[name].trouble, second.titles[name]) == (None, titles(1, 2, 3))


def test_the_run_ends_with_the_deadline_of_its_slowest_server(world: World) -> None:
    assert world.days[0].seconds < DEADLINE + 4
    assert world.days[1].seconds < 5


def test_no_private_server_was_ever_asked(world: World) -> None:
    assert world.hidden == []


def test_a_question_after_trouble_holds_nothing_of_it(world: World) -> None:
    for name in CASES:
        for asked in world.asked[name]:
            assert not {"cookie", "x-evil"} & asked.headers.keys()
            assert asked.headers.get("if-none-match", "") == CASES[name].etag
    assert [len(world.asked[name]) for name in CASES] == [1] * len(CASES)


# ---- what proves who asks ----


def test_a_laptop_without_a_network_holds_nothing_against_its_sources(store: Store) -> None:
    hosts = ("127.255.255.255", "sans..reseau", "encore..sans")
    away = tuple(Source(id=host, url=f"http://{host}/") for host in hosts)
    manners = Manners(allow_hosts=("127.0.0.0/8",), deadline=DEADLINE)
    report = poll(away, (), store, manners, clock=lambda: FIRST)
    assert (report.offline, report.summary.failed, store.states()) == (True, 3, {})
    with http_server({"/feed": reply(body=FEED)}) as server:  # at home again, all three are asked at once
        home = tuple(Source(id=source.id, url=f"{server.url}/feed") for source in away)
        report = poll(home, (), store, manners, clock=lambda: FIRST + timedelta(minutes=1))
    assert (report.offline, report.resting, report.summary.failed, report.summary.new) == (False, 0, 0, 3)


def test_a_redirect_to_another_server_takes_no_secret_along(store: Store) -> None:
    with http_server({"/feed": reply(body=FEED)}, host=ELSEWHERE) as other, http_server({}, host=HOME) as server:
        server.routes |= {
            "/a": reply(302, Location=f"{other.url}/feed"),
            "/b": reply(302, Location=f"{other.url}/feed"),
            "/sain": reply(body=FEED),
        }
        sources = (
            Source(id="in the address", url=server.url.replace("//", "//reader:hunter2@") + "/a"),
            Source(id="beside the settings", url=f"{server.url}/b"),
            Source(id="sain", url=f"{server.url}/sain"),
        )
        secret = Credentials(
            home=f"{server.url}/b", user=Secret("u"), password=Secret("p"), headers=(("X-Api-Key", Secret("k3y")),)
        )
        manners = Manners(allow_hosts=(HOME, ELSEWHERE), deadline=DEADLINE, secrets={"beside the settings": secret})
        day = _polled(store, sources, manners, FIRST)
    assert [report.trouble for report in day.reports.values()] == [None] * 3
    proofs = [{"authorization", "x-api-key"} & asked.headers.keys() for asked in server.asked]
    assert proofs == [{"authorization"}, {"authorization", "x-api-key"}, set()]
    assert len(other.asked) == 2
    for asked in other.asked:
        assert not {"authorization", "x-api-key", "cookie"} & asked.headers.keys()
        assert "hunter2" not in repr(asked)


# ---- encryption ----


def _serving(certificate: trustme.LeafCert) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return context


def test_a_line_that_is_not_safe_is_not_used(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    known, nobody = trustme.CA(), trustme.CA()
    known.cert_pem.write_to_path(tmp_path / "known.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "known.pem"))
    context, strange = _serving(known.issue_cert(HOME)), _serving(nobody.issue_cert(HOME))
    past = datetime.now(UTC) - timedelta(days=1)
    late = _serving(known.issue_cert(HOME, not_before=past - timedelta(days=90), not_after=past))
    with (
        http_server({"/feed": reply(body=FEED)}, host=HOME) as plain,
        http_server({"/sain": reply(body=FEED)}, host=HOME, tls=context) as safe,
        http_server({"/feed": reply(body=FEED)}, host=HOME, tls=strange) as unsigned,
        http_server({"/feed": reply(body=FEED)}, host=HOME, tls=late) as expired,
        http_server({"/feed": reply(body=FEED)}, host=ELSEWHERE, tls=context) as other,
    ):
        safe.routes["/down"] = reply(301, Location=f"{plain.url}/feed")
        addresses = {
            "sain": f"{safe.url}/sain",
            "back to plain text": f"{safe.url}/down",
            "signed by nobody": f"{unsigned.url}/feed",
            "signed for another name": f"{other.url}/feed",
            "expired": f"{expired.url}/feed",
        }
        sources = tuple(Source(id=name, url=url) for name, url in addresses.items())
        manners = Manners(allow_hosts=(HOME, ELSEWHERE), deadline=DEADLINE)
        day = _polled(store, sources, manners, FIRST)
    kinds = {name: report.trouble.kind if report.trouble else "" for name, report in day.reports.items()}
    assert kinds == {
        "sain": "",
        "back to plain text": "redirects",
        "signed by nobody": "tls",
        "signed for another name": "tls",
        "expired": "tls",
    }
    assert day.titles["sain"] == titles(1, 2, 3)
    assert (plain.asked, unsigned.asked, other.asked, expired.asked) == ([], [], [], [])


# ---- bodies made to fill the memory, each polled in a process that is measured ----


def _zeros(megabytes: int) -> bytes:
    """Packed zeros, the same megabyte over and over; that the last of them is missing nobody should live to see."""
    packer = zlib.compressobj(9, wbits=31)
    first, other = (packer.compress(bytes(1_000_000)) + packer.flush(zlib.Z_FULL_FLUSH) for _ in range(2))
    return first + other * (megabytes - 1)


def _endless(start: bytes, piece: bytes) -> Answer:
    def answer(asked: Asked) -> Iterator[bytes]:
        yield start
        while not asked.stopped.is_set():
            yield piece

    return answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Bomb:
    """A body, and what becomes of it."""

    answer: Callable[[bytes], Answer]  # of a thousand million packed zeros
    trouble: str = "too-large"


BOMBS: dict[str, Bomb] = {
    "a thousand megabytes in one": Bomb(answer=lambda zeros: reply(body=zeros, Content_Encoding="gzip")),
    "a thousand megabytes packed twice": Bomb(
        answer=lambda zeros: reply(body=gzip.compress(zeros), Content_Encoding="gzip, gzip"), trouble="broken"
    ),
    "a thousand megabytes packed twice and told once": Bomb(
        answer=lambda zeros: reply(body=gzip.compress(zeros), Content_Encoding="gzip"), trouble="not-a-feed"
    ),
    "a thousand megabytes behind a redirect": Bomb(
        answer=lambda zeros: reply(302, zeros, Content_Encoding="gzip", Location="file:///x"), trouble="redirects"
    ),
    "a thousand megabytes behind an error": Bomb(
        answer=lambda zeros: reply(500, zeros, Content_Encoding="gzip"), trouble="http"
    ),
    "a body without end": Bomb(answer=lambda zeros: _endless(OK + b"\r\n", b"<a>" * 20_000)),
    "chunks without end": Bomb(
        answer=lambda zeros: _endless(OK + b"Transfer-Encoding: chunked\r\n\r\n", b"8000\r\n" + b"x" * 0x8000 + b"\r\n")
    ),
    "headers without end": Bomb(answer=lambda zeros: _endless(OK, b"X: y\r\n" * 1000), trouble="broken"),
    "one header without end": Bomb(answer=lambda zeros: _endless(OK + b"X: ", b"y" * 60_000), trouble="broken"),
    "hints without end before the answer": Bomb(
        answer=lambda zeros: _endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 1000), trouble="timeout"
    ),
    "a length that no disk could hold": Bomb(
        answer=lambda zeros: OK + b"Content-Length: 99999999999999999999\r\n\r\n" + FEED, trouble="broken"
    ),
    "a chunk that no disk could hold": Bomb(
        answer=lambda zeros: OK + b"Transfer-Encoding: chunked\r\n\r\nffffffffffffff\r\n" + FEED, trouble="broken"
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What polling one bomb beside a healthy source took."""

    trouble: str
    healthy: tuple[str, ...]
    seconds: float
    megabytes: float


def _memory(name: str) -> int:
    """Kilobytes of this process, as Linux counts them."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition(f"{name}:")[2].split()[0])


def _measure(database: Path, sources: tuple[Source, ...]) -> Measured:
    """Poll in this very process, and say what that took."""
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # forget the highest mark so far
    before = _memory("VmRSS")
    with Store(database) as store:
        day = _polled(store, sources, Manners(allow_hosts=(HOME,), deadline=DEADLINE), FIRST)
    trouble = day.reports["bombe"].trouble
    return Measured(
        trouble=trouble.kind if trouble else "",
        healthy=day.titles["sain"],
        seconds=day.seconds,
        megabytes=(_memory("VmHWM") - before) / 1024,
    )


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Measured]:
    """Each bomb polled once, in one process for them all."""
    if not Path("/proc/self/clear_refs").exists():
        pytest.skip("memory is measured the way of Linux")
    folder = tmp_path_factory.mktemp("bombs")
    zeros = _zeros(1000)
    assert len(zeros) < 1_100_000
    found = {}
    with (
        http_server({"/sain": reply(body=FEED)}, host=HOME) as healthy,
        ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as apart,
    ):
        for n, (name, bomb) in enumerate(BOMBS.items()):
            with http_server({"/feed": bomb.answer(zeros)}, host=HOME) as server:
                pair = (Source(id="bombe", url=f"{server.url}/feed"), Source(id="sain", url=f"{healthy.url}/sain"))
                found[name] = apart.submit(_measure, folder / f"{n}.db", pair).result(60)
    return found


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_refused_in_time_and_takes_little_memory(measured: dict[str, Measured], name: str) -> None:
    got = measured[name]
    assert (got.trouble, got.healthy) == (BOMBS[name].trouble, titles(1, 2, 3))
    assert got.seconds < DEADLINE + 3
    assert got.megabytes < 100
