"""Asking a scripted server one thing, for tests."""

from servers import Answer, http_server

from watcher.fetch import Fetched, Manners, Outcome, fetch
from watcher.sources import Source, SourceState, Trouble

LOCAL = Manners(allow_hosts=("127.0.0.0/8",), deadline=5.0)
FEED = b"<rss><channel><title>" + "Actualités".encode() + b"</title></channel></rss>"


def ask(url: str, manners: Manners = LOCAL, *, etag: str = "", modified: str = "") -> Outcome:
    return fetch(Source(id="s", url=url), SourceState(source="s", etag=etag, modified=modified), manners)


def ask_for(answer: Answer, manners: Manners = LOCAL) -> Outcome:
    with http_server({"/feed": answer}) as server:
        return ask(f"{server.url}/feed", manners)


def trouble(outcome: Outcome) -> Trouble:
    assert isinstance(outcome, Trouble), outcome
    return outcome


def document(outcome: Outcome) -> Fetched:
    assert isinstance(outcome, Fetched), outcome
    return outcome
