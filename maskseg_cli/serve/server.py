"""`start_server`: serves the live page in threads of its own."""

from __future__ import annotations

from types import TracebackType
from urllib.parse import quote

from maskseg_cli.camera.controls import Controls
from maskseg_cli.camera.feed import LiveFeed
from maskseg_cli.serve.access import Access
from maskseg_cli.serve.listen_address import DEFAULT_HOST, DEFAULT_PORT, warning
from maskseg_cli.serve.page_app import page_app
from maskseg_cli.serve.pictures import Pictures
from maskseg_cli.serve.stream import Viewers
from maskseg_cli.serve.web_server import WebServer, listen


class Server:
    """A page that is being served; `start_server` makes it. Closes at the end of a `with` block.

    Attributes:
        url: for a browser, with the token if there is one.
        warning: a sentence for the user if other computers can reach the page, else None.
        web: the server of its requests.
    """

    def __init__(self, web: WebServer, viewers: Viewers, token: str | None) -> None:
        self.url = web.url if token is None else f"{web.url}?token={quote(token, safe='')}"
        self.warning = warning(web.address, token is not None)
        self.web = web
        self._viewers = viewers

    @property
    def port(self) -> int:
        """The port in use, also if any free one was requested."""
        return self.web.port

    @property
    def viewers(self) -> int:
        """Number of viewers of the live picture now."""
        return self._viewers.count

    @property
    def encoded(self) -> int:
        """Number of pictures encoded so far: each once, for any number of viewers."""
        return self._viewers.pictures.encoded

    def close(self) -> None:
        """Ends the server and all connections, usually within a second; a second call does nothing."""
        self.web.close()
        self._viewers.close()

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
    listening = listen(host, port)
    access = Access(host, listening.getsockname()[1], token, secret)
    viewers = Viewers(Pictures(feed))
    return Server(WebServer(page_app(viewers, controls, access), listening), viewers, token)
