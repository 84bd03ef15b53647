"""A web server on this machine only, as publishers' servers are: validators, 304 and gzip."""

import gzip
import socketserver
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.utils import format_datetime, parsedate_to_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import socket
from threading import Thread
from urllib.parse import unquote, urlsplit

from watcher.demo.shapes import Document

Find = Callable[[str], Document | None]


@contextmanager
def serve(find: Find) -> Iterator[str]:
    """Answer with what `find` has at a path, on a free port of 127.0.0.1, and yield the address ("http://127.0.0.1:PORT")."""
    with _Server(find) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, name="demo-world", daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = False  # so that closing the server waits for every answer under way

    def __init__(self, find: Find) -> None:
        self.find = find
        super().__init__(("127.0.0.1", 0), _Handler)

    def server_bind(self) -> None:
        # HTTPServer asks the name service who 127.0.0.1 is, which takes seconds on a machine without network.
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = "127.0.0.1", self.socket.getsockname()[1]

    def handle_error(self, request: socket | tuple[bytes, socket], client_address: object) -> None:
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)  # a bug is shown; a client that went away is not


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "demo", ""
    timeout = 5  # a client that connects and says nothing must not keep the server from closing
    server: _Server

    def do_GET(self) -> None:
        document = self.server.find(unquote(urlsplit(self.path).path))
        if document is None:
            self._answer(404, b"", {})
        elif document.status != 200:
            self._answer(document.status, document.content, {"Content-Type": document.content_type})
        else:
            self._answer_with(document)

    def _answer_with(self, document: Document) -> None:
        headers = {"Last-Modified": format_datetime(document.modified, usegmt=True), "Vary": "Accept-Encoding"}
        zipped = "gzip" in self.headers.get("Accept-Encoding", "")
        headers["ETag"] = f"W/{document.etag}" if zipped else document.etag  # other bytes, so no longer a strong one
        if self._holds(document):
            self._answer(304, b"", headers)
            return
        headers["Content-Type"] = document.content_type
        if zipped:
            headers["Content-Encoding"] = "gzip"
        self._answer(200, gzip.compress(document.content, mtime=0) if zipped else document.content, headers)

    def _holds(self, document: Document) -> bool:
        """Whether the client already has this document; the tag counts before the date."""
        if tags := self.headers.get("If-None-Match"):
            return document.etag in {tag.strip().removeprefix("W/") for tag in tags.split(",")}
        try:
            return parsedate_to_datetime(self.headers.get("If-Modified-Since", "")) >= document.modified
        except (ValueError, TypeError):
            return False

    def _answer(self, status: int, content: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if status != 304:
            self.send_header("Content-Length", str(len(content)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name the library calls it by
        """Say nothing: what the demo prints is the demo's business."""
