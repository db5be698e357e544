"""`start_server`: serves the live page in threads of its own."""

from __future__ import annotations

import socket

from maskseg_cli.camera.controls import Controls
from maskseg_cli.camera.feed import LiveFeed
from maskseg_cli.serve.access import Access
from maskseg_cli.serve.listen_address import DEFAULT_HOST, DEFAULT_PORT, warning
from maskseg_cli.serve.page_app import page_app
from maskseg_cli.serve.pictures import Pictures
from maskseg_cli.serve.stream import Viewers
from maskseg_cli.serve.web_server import WebServer, listen

#: Seconds that `close` gives viewers and requests.
_GRACE = 0.5


class Server(WebServer):
    """A page that is being served; `start_server` makes it. Closes at the end of a `with` block.

    Attributes:
        warning: a sentence for the user if other computers can reach the page, else None.
    """

    def __init__(self, viewers: Viewers, controls: Controls, access: Access, listening: socket.socket) -> None:
        super().__init__(page_app(viewers, controls, access), listening, _GRACE, access.token)
        self.warning = warning(self.address, access.token is not None)
        self._viewers = viewers

    @property
    def viewers(self) -> int:
        """Number of viewers of the live picture now."""
        return self._viewers.count

    @property
    def encoded(self) -> int:
        """Number of pictures encoded so far: each once, for any number of viewers."""
        return self._viewers.pictures.encoded

    def close(self) -> None:
        """Ends the server and all connections, usually within half a second; a second call does nothing."""
        super().close()
        self._viewers.close()

    def __enter__(self) -> Server:
        return self


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
    listening = listen(host, port)
    access = Access(host, listening.getsockname()[1], token, secret)
    return Server(Viewers(Pictures(feed)), controls, access, listening)
