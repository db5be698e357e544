"""A web server on 127.0.0.1 that serves one file, with faults on request."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class FileServer(ThreadingHTTPServer):
    """Serves `content` for every path.

    Attributes:
        content: the file.
        ranges: whether Range requests are honoured.
        cut_after: the connection breaks after so many bytes of the body; None: never.
        chunked: send no Content-Length.
        redirect: redirect the client to another path first, as GitHub does.
        status: answer with this code instead.
        content_type: of the answer.
        gate: when set to an Event, the answer's second half waits for it.
        waiting: set when the first half of an answer is sent and the second one waits.
        location: where the redirection leads.
        length: Content-Length instead of the right one.
        range_header: Content-Range instead of the right one.
        asked: (path, Range header) of each request.
        logins: the Authorization header of each request.
    """

    daemon_threads = True

    def __init__(self, content: bytes) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.content = content
        self.ranges = True
        self.cut_after: int | None = None
        self.chunked = False
        self.redirect = False
        self.status = 200
        self.content_type = "application/octet-stream"
        self.gate: threading.Event | None = None
        self.waiting = threading.Event()
        self.location = "/storage/0123?signature=abc"
        self.length: str | None = None
        self.range_header: str | None = None
        self.asked: list[tuple[str, str | None]] = []
        self.logins: list[str | None] = []

    def handle_error(self, request: object, client_address: object) -> None:
        """Ignores clients that close the connection, as some tests do."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/weights"


class _Handler(BaseHTTPRequestHandler):
    server: FileServer

    def do_GET(self) -> None:
        server, wanted = self.server, self.headers.get("Range")
        server.asked.append((self.path, wanted))
        server.logins.append(self.headers.get("Authorization"))
        if server.redirect and not self.path.startswith("/storage"):
            self.send_response(302)
            # As UTF-8, which browsers understand, though headers are Latin-1.
            self.send_header("Location", server.location.encode().decode("latin-1"))
            self.end_headers()
            return
        if server.status != 200:
            self.send_error(server.status)
            return
        start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted and server.ranges else 0
        size = len(server.content)
        if start >= size > 0:
            self.send_response(416)
            self.send_header("Content-Range", f"bytes */{size}")
            self.end_headers()
            return
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", server.range_header or f"bytes {start}-{size - 1}/{size}")
        if not server.chunked:
            self.send_header("Content-Length", str(size - start) if server.length is None else server.length)
        self.send_header("Content-Type", server.content_type)
        self.end_headers()
        body = server.content[start:]
        if server.cut_after is not None:
            body = body[: server.cut_after]
        half = len(body) // 2
        self.wfile.write(body[:half])
        if server.gate is not None:
            self.wfile.flush()
            server.waiting.set()
            server.gate.wait(20)
        self.wfile.write(body[half:])
        self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:
        """Keeps the test's output clean."""


@contextmanager
def serving(content: bytes) -> Iterator[FileServer]:
    """Runs a server in a thread for the length of the block."""
    server = FileServer(content)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
