"""`start_server`: serves the live page in threads of its own."""

from __future__ import annotations

import errno
import threading
from types import TracebackType
from urllib.parse import quote

from maskseg_cli.camera.controls import Controls
from maskseg_cli.camera.feed import LiveFeed
from maskseg_cli.errors import MasksegError
from maskseg_cli.serve.access import Access
from maskseg_cli.serve.handler import Handler
from maskseg_cli.serve.listen_address import DEFAULT_HOST, DEFAULT_PORT, as_url, reachable, resolve, warning
from maskseg_cli.serve.page_server import PageServer

#: Seconds that `close` waits for the threads of connections.
_CLOSE_TIMEOUT = 0.7


class Server:
    """A page that is being served; `start_server` makes it. Closes at the end of a `with` block.

    Attributes:
        url: for a browser, with the token if there is one.
        warning: a sentence for the user if other computers can reach the page, else None.
    """

    def __init__(self, http: PageServer, url: str, warning: str | None) -> None:
        self.url = url
        self.warning = warning
        self._http = http
        self._thread = threading.Thread(
            target=http.serve_forever, kwargs={"poll_interval": 0.1}, name="maskseg-page", daemon=True
        )
        self._thread.start()

    @property
    def port(self) -> int:
        """The port in use, also if any free one was requested."""
        return self._http.server_port

    @property
    def viewers(self) -> int:
        """Number of viewers of the live picture now."""
        return self._http.viewers

    @property
    def encoded(self) -> int:
        """Number of pictures encoded so far: each once, for any number of viewers."""
        return self._http.pictures.encoded

    def close(self) -> None:
        """Ends the server and all connections, within a second; a second call does nothing."""
        if self._http.closing.is_set():
            return
        self._http.closing.set()
        self._http.shutdown()
        self._http.server_close()
        self._http.close_connections(_CLOSE_TIMEOUT)

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
    secret: bytes | None = None,
) -> Server:
    """Serves the live page in threads of its own, until `Server.close`.

    Args:
        feed: the newest picture and the status.
        controls: changed by the viewers.
        host: address or name of this computer to serve at; 0.0.0.0 or :: for all its networks.
        port: 0 takes any free one.
        token: that viewers must give, or None.
        secret: see `Access`.

    Raises:
        UsageError: an empty token.
        MasksegError: the port is in use or not allowed, or the host is not this computer.
    """
    Access(host, port, token)  # refuses an empty token before anything starts
    family, address = resolve(host, port)
    try:
        http = PageServer(family, address, Handler, feed, controls)
    except OSError as error:
        raise MasksegError(_describe(error, host, port)) from error
    http.access = Access(host, http.server_port, token, secret)
    url = as_url(reachable(address[0]), http.server_port)
    if token is not None:
        url += f"?token={quote(token, safe='')}"
    return Server(http, url, warning(address[0], token is not None))


def _describe(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} is taken by another program: serve at another one, or at 0 for any that is free."
    if error.errno == errno.EACCES:
        return f"Port {port} needs an administrator: serve at one from 1024 on, such as {DEFAULT_PORT}."
    if error.errno == errno.EADDRNOTAVAIL:
        return f"{host} is no address of this computer: serve at 127.0.0.1 for this computer alone, at 0.0.0.0 for all."
    return f"{host}:{port} cannot be served at: {error.strerror or error}."
