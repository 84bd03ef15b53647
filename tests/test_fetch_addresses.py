"""Which addresses may be asked, and which never."""

import socket
from ipaddress import ip_address

import pytest
from asking import FEED, ask, document, trouble
from servers import http_server, reply

from watcher.fetch import Fetched, Manners
from watcher.fetch.addresses import is_public

PRIVATE = (
    *("127.0.0.1", "127.1", "0x7f.1", "2130706433", "017700000001", "0.0.0.0", "10.1.2.3", "100.64.0.1"),
    *("169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.8", "192.0.2.1", "192.88.99.1", "192.168.1.1"),
    *("198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255"),
    *("[::]", "[::1]", "[::127.0.0.1]", "[::ffff:127.0.0.1]", "[::ffff:a00:1]", "[64:ff9b::7f00:1]"),
    *("[64:ff9b:1::1]", "[2002:7f00:1::]", "[2001::1]", "[2001:db8::1]", "[3fff::1]", "[fc00::1]", "[fd00::1]"),
    *("[fe80::1]", "[fec0::1]", "[ff02::1]", "localhost", "LOCALHOST."),
)


@pytest.mark.parametrize("host", PRIVATE)
def test_private_addresses_are_refused(host: str) -> None:
    got = trouble(ask(f"http://{host}:9/feed", Manners(deadline=2)))
    assert got.kind == "private-address"
    assert trouble(ask(f"https://{host}:9/feed", Manners(deadline=2))).kind == "private-address"


@pytest.mark.parametrize(
    "number", ["8.8.8.8", "193.49.125.1", "2a00:1450:4007::1", "64:ff9b::808:808", "::ffff:8.8.8.8"]
)
def test_public_addresses_are_public(number: str) -> None:
    assert is_public(ip_address(number))


@pytest.mark.parametrize("host", ["127.0.0.1", "0x7f.1", "2130706433", "[::ffff:127.0.0.1]", "localhost"])
def test_a_private_server_is_never_reached_through_a_redirect(host: str) -> None:
    with http_server({"/feed": reply(body=FEED)}) as inner:
        port = inner.url.rpartition(":")[2]
        with http_server({"/a": reply(302, Location=f"http://{host}:{port}/feed")}, host="127.0.0.2") as server:
            got = ask(f"{server.url}/a", Manners(allow_hosts=("127.0.0.2",)))
    assert trouble(got).kind == "private-address"
    assert inner.asked == []


@pytest.mark.parametrize(
    ("host", "allowed"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("127.0.0.1", "127.0.0.0/8"),
        ("localhost", "127.0.0.1"),
        ("localhost", "LocalHost."),
        ("[::ffff:127.0.0.1]", "127.0.0.1"),
    ],
)
def test_what_is_allowed_by_name_address_or_network_is_asked(host: str, allowed: str) -> None:
    with http_server({"/feed": reply(body=FEED)}) as server:
        url = server.url.replace("127.0.0.1", host) + "/feed"
        assert isinstance(ask(url, Manners(allow_hosts=("nonsense//", allowed))), Fetched)


def test_nobody_at_the_address() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    got = trouble(ask(f"http://127.0.0.1:{port}/"))
    assert got.kind == "refused"
    assert f"127.0.0.1:{port}" in got.detail


def test_no_way_to_the_address() -> None:
    got = trouble(ask("http://127.255.255.255/", Manners(allow_hosts=("127.0.0.0/8",))))  # means everybody: nobody
    assert got.kind == "unreachable"
    assert "127.255.255.255:80" in got.detail


def test_an_unknown_name() -> None:
    assert trouble(ask("http://no-such-host.invalid/", Manners(deadline=10))).kind == "dns"


def test_a_proxy_is_used_except_for_allowed_hosts(monkeypatch: pytest.MonkeyPatch) -> None:
    with http_server({"http://institut.example/feed": reply(body=FEED), "/feed": reply(body=b"direct")}) as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        assert document(ask("http://institut.example/feed")).content == FEED
        assert document(ask(f"{proxy.url}/feed")).content == b"direct"
        assert trouble(ask("http://169.254.169.254/feed")).kind == "private-address"
