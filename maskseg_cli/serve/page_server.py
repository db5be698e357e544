"""`PageServer`: an HTTP server with a thread for each connection, and the state that its requests share."""

from __future__ import annotations

import contextlib
import socket
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from maskseg_cli.camera.controls import Controls
from maskseg_cli.camera.feed import LiveFeed
from maskseg_cli.serve.access import Access
from maskseg_cli.serve.connections import Connections
from maskseg_cli.serve.pictures import Pictures

_FULL = b"HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\nRetry-After: 5\r\n\r\n"


class PageServer(ThreadingHTTPServer):
    """Serves the page; nothing waits for the threads of its connections.

    Args:
        family, address: to listen at.
        handler: handles the requests of one connection.
        feed: the newest picture and the status.
        controls: changed by requests.

    Attributes:
        pictures: the pictures of the feed as JPEG.
        controls: the argument.
        access: decides which requests are allowed.
        closing: set when the server ends.
        viewers: number of connections that receive the stream.
        connections: the open ones.
    """

    daemon_threads = True
    block_on_close = False
    request_queue_size = 64
    # On Windows this would let a second program take the same port.
    allow_reuse_address = sys.platform != "win32"

    def __init__(
        self,
        family: socket.AddressFamily,
        address: tuple[str, int],
        handler: type[BaseHTTPRequestHandler],
        feed: LiveFeed,
        controls: Controls,
    ) -> None:
        self.address_family = family
        self.pictures = Pictures(feed)
        self.controls = controls
        self.closing = threading.Event()
        self.viewers = 0
        self.connections = Connections()
        self._lock = threading.Lock()
        super().__init__(address, handler)
        self.access = Access(address[0], self.server_address[1])

    def server_bind(self) -> None:
        # Not HTTPServer's own, which asks the network for this computer's name: that can take many seconds.
        if self.allow_reuse_address:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])

    @contextlib.contextmanager
    def count_viewer(self) -> Iterator[None]:
        """Counts a viewer of the stream during the block."""
        with self._lock:
            self.viewers += 1
        try:
            yield
        finally:
            with self._lock:
                self.viewers -= 1

    def process_request(self, request: Any, client_address: Any) -> None:
        has_place, leaving = self.connections.add(request, client_address[0])
        if leaving is not None:
            _end(leaving)
        if has_place:
            super().process_request(request, client_address)
            return
        with contextlib.suppress(OSError):
            request.setblocking(False)
            request.send(_FULL)
        self.shutdown_request(request)

    def service_actions(self) -> None:
        for connection in self.connections.overdue():
            _end(connection)

    def shutdown_request(self, request: Any) -> None:
        self.connections.remove(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        # Viewers disconnect in the middle of a picture; any other error is a defect of ours and must be visible.
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)

    def close_connections(self, timeout: float) -> None:
        """Closes all connections, and waits at most `timeout` seconds for their threads."""
        end = time.monotonic() + timeout
        while True:
            connections = self.connections.all()
            if not connections or time.monotonic() > end:
                return
            for connection in connections:
                _end(connection)
            time.sleep(0.01)


def _end(connection: socket.socket) -> None:
    """Ends a connection; its thread notices and closes the socket."""
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
