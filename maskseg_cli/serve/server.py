"""The server behind the page: a thread for each viewer, none of which anything else ever waits for."""

from __future__ import annotations

import contextlib
import errno
import socket
import sys
import threading
import time
from collections.abc import Iterator
from http.server import ThreadingHTTPServer
from types import TracebackType
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from maskseg_cli.errors import MasksegError
from maskseg_cli.serve.access import Access
from maskseg_cli.serve.handler import Handler
from maskseg_cli.serve.listen_address import DEFAULT_HOST, DEFAULT_PORT, as_url, reachable, resolve, warning
from maskseg_cli.serve.pictures import Pictures

if TYPE_CHECKING:
    from maskseg_cli.camera.controls import Controls
    from maskseg_cli.camera.feed import LiveFeed

#: Browsers hold up to six connections each.
MAX_CONNECTIONS = 128

#: Seconds that `close` waits for threads of viewers.
_PATIENCE = 0.7

_FULL = b"HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\nRetry-After: 5\r\n\r\n"


class PageServer(ThreadingHTTPServer):
    """What the requests of all viewers share."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 64
    # On Windows this would let a second program take the same port.
    allow_reuse_address = sys.platform != "win32"

    def __init__(
        self, family: socket.AddressFamily, address: tuple[str, int], feed: LiveFeed, controls: Controls
    ) -> None:
        self.address_family = family
        self.pictures = Pictures(feed)
        self.controls = controls
        self.closing = threading.Event()
        self.viewers = 0
        self._connections: set[socket.socket] = set()
        self._lock = threading.Lock()
        super().__init__(address, Handler)
        self.access = Access(address[0], self.server_address[1])

    def server_bind(self) -> None:
        # Not HTTPServer's own, which asks the network for this computer's name: that can take many seconds.
        if self.allow_reuse_address:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])

    @contextlib.contextmanager
    def watched(self) -> Iterator[None]:
        """Counts a viewer of the live picture."""
        with self._lock:
            self.viewers += 1
        try:
            yield
        finally:
            with self._lock:
                self.viewers -= 1

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._lock:
            full = len(self._connections) >= MAX_CONNECTIONS
            if not full:
                self._connections.add(request)
        if full:
            with contextlib.suppress(OSError):
                request.setblocking(False)
                request.send(_FULL)
            self.shutdown_request(request)
        else:
            super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._lock:
            self._connections.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        # Viewers come and go in the middle of a picture; anything else is a defect of ours and shows as such.
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)

    def hang_up(self, patience: float) -> None:
        """Ends all connections, and waits so many seconds for their threads."""
        end = time.monotonic() + patience
        while True:
            with self._lock:
                connections = list(self._connections)
            if not connections or time.monotonic() > end:
                return
            for connection in connections:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
            time.sleep(0.01)


class Server:
    """A page that is being served; `start_server` makes it. Closes at the end of a `with` block.

    Attributes:
        url: to open in a browser, with the token if there is one.
        warning: what the user is to be told because others can reach the page; None if only this computer can.
    """

    def __init__(self, http: PageServer, url: str, warning: str | None) -> None:
        self.url = url
        self.warning = warning
        self._http = http
        self._thread = threading.Thread(
            target=http.serve_forever, kwargs={"poll_interval": 0.1}, name="page", daemon=True
        )
        self._thread.start()

    @property
    def port(self) -> int:
        """The port that is served at, also where any free one was asked for."""
        return self._http.server_port

    @property
    def viewers(self) -> int:
        """How many watch the live picture now."""
        return self._http.viewers

    @property
    def encoded(self) -> int:
        """How many pictures were encoded so far: each once, whatever the number of viewers."""
        return self._http.pictures.encoded

    def close(self) -> None:
        """Ends the server and all connections, within a second; a second call does nothing."""
        if self._http.closing.is_set():
            return
        self._http.closing.set()
        self._http.shutdown()
        self._http.server_close()
        self._http.hang_up(_PATIENCE)

    def __enter__(self) -> Server:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def start_server(
    feed: LiveFeed,
    controls: Controls,
    host: str = DEFAULT_HOST,
    port: int = DEFAULT_PORT,
    token: str | None = None,
) -> Server:
    """Serves the live page from threads of its own, until `Server.close`.

    Args:
        feed: where the newest picture and the status come from.
        controls: where the viewers' wishes go.
        host: address or name of this computer to serve at; 0.0.0.0 or :: for all its networks.
        port: 0 takes any free one.
        token: a word that viewers must know, or None.

    Raises:
        UsageError: an empty token.
        MasksegError: the port is taken or may not be used, or the host is not this computer's.
    """
    Access(host, port, token)  # an empty token is told before anything starts
    family, address = resolve(host, port)
    try:
        http = PageServer(family, address, feed, controls)
    except OSError as error:
        raise MasksegError(_why_not(error, host, port)) from error
    http.access = Access(host, http.server_port, token)
    url = as_url(reachable(address[0]), http.server_port)
    if token is not None:
        url += f"?token={quote(token, safe='')}"
    return Server(http, url, warning(address[0], token is not None))


def _why_not(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} is taken by another program: serve at another one, or at 0 for any that is free."
    if error.errno == errno.EACCES:
        return f"Port {port} needs an administrator: serve at one from 1024 on, such as {DEFAULT_PORT}."
    if error.errno == errno.EADDRNOTAVAIL:
        return f"{host} is no address of this computer: serve at 127.0.0.1 for this computer alone, at 0.0.0.0 for all."
    return f"{host}:{port} cannot be served at: {error.strerror or error}."
