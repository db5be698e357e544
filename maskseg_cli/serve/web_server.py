"""`run_app`: serves a Starlette app by uvicorn, in a thread of its own."""

from __future__ import annotations

import errno
import functools
import logging
import socket
import sys
import threading
import traceback
from collections.abc import Callable
from types import TracebackType

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from maskseg_cli import __version__
from maskseg_cli.errors import MasksegError
from maskseg_cli.serve.connection import MAX_HEADER, TIMEOUT, Connection
from maskseg_cli.serve.connections import Connections
from maskseg_cli.serve.listen_address import DEFAULT_PORT, as_url, reachable, resolve

_WAITING = 64  # connections that the system keeps until they are accepted

#: Seconds that `close` waits for requests under way, and for the thread.
_GRACE = 0.5
_CLOSE_TIMEOUT = 2.0


class _Uvicorn(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, connections: Connections[Connection]) -> None:
        super().__init__(config)
        self._places = connections

    async def on_tick(self, counter: int) -> bool:
        for connection in self._places.overdue():
            connection.leave()
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for connection in self._places.all():
            connection.leave()
        await super().shutdown(sockets)


class WebServer:
    """An app that is being served; `run_app` makes it. Closes at the end of a `with` block.

    Attributes:
        url: for a browser.
        address: numeric, that the server listens at.
        port: in use, also if any free one was requested.
        on_error: called with each exception of the app, a defect; by default it is printed to stderr.
    """

    def __init__(self, app: ASGIApp, listening: socket.socket) -> None:
        self.address, self.port = listening.getsockname()[:2]
        self.url = as_url(reachable(self.address), self.port)
        self.on_error: Callable[[Exception], None] = _print
        self._app = app
        connections: Connections[Connection] = Connections()
        logger = logging.getLogger("uvicorn")
        logger.propagate = False  # addresses may hold the token
        if not logger.handlers:
            logger.addHandler(logging.NullHandler())  # without one Python prints warnings to stderr
        config = uvicorn.Config(
            self._call,
            loop="asyncio",
            http=functools.partial(Connection, connections),  # type: ignore[arg-type]
            ws="none",
            lifespan="off",
            interface="asgi3",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            headers=[("Server", f"maskseg/{__version__}")],
            backlog=_WAITING,
            h11_max_incomplete_event_size=MAX_HEADER,
            timeout_keep_alive=int(TIMEOUT),
            timeout_graceful_shutdown=_GRACE,  # type: ignore[arg-type]
        )
        self._uvicorn = _Uvicorn(config, connections)
        self._thread = threading.Thread(
            target=self._uvicorn.run, kwargs={"sockets": [listening]}, name="maskseg-page", daemon=True
        )
        self._thread.start()

    @property
    def closing(self) -> bool:
        """Whether the server ends."""
        return self._uvicorn.should_exit

    def close(self) -> None:
        """Ends the server and all connections, usually within half a second; a second call does nothing."""
        self._uvicorn.should_exit = True
        self._thread.join(_CLOSE_TIMEOUT)

    def __enter__(self) -> WebServer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    async def _call(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._app(scope, receive, send)
        except OSError:  # the client has disconnected
            raise
        except Exception as error:
            self.on_error(error)
            raise


def run_app(app: ASGIApp, host: str, port: int) -> WebServer:
    """Serves an app in a thread of its own, until `WebServer.close`.

    Args:
        app: to serve; `Protection` around it decides who has access.
        host: address or name of this computer to serve at; 0.0.0.0 or :: for all its networks.
        port: 0 takes any free one.

    Raises:
        MasksegError: the port is in use or not allowed, or the host is not this computer.
    """
    return WebServer(app, listen(host, port))


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens there; what `run_app` serves at.

    Raises:
        MasksegError: as in `run_app`.
    """
    family, address = resolve(host, port)
    listening = socket.socket(family)
    try:
        if sys.platform != "win32":  # there it would let a second program take the same port
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        _bind(listening, address)
        listening.listen(_WAITING)
    except OSError as error:
        listening.close()
        raise MasksegError(_describe(error, host, port)) from error
    return listening


def _bind(listening: socket.socket, address: tuple[str, int]) -> None:
    listening.bind(address)


def _print(error: Exception) -> None:
    traceback.print_exception(error)


def _describe(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} is taken by another program: serve at another one, or at 0 for any that is free."
    if error.errno == errno.EACCES:
        return f"Port {port} needs an administrator: serve at one from 1024 on, such as {DEFAULT_PORT}."
    if error.errno == errno.EADDRNOTAVAIL:
        return f"{host} is no address of this computer: serve at 127.0.0.1 for this computer alone, at 0.0.0.0 for all."
    return f"{host}:{port} cannot be served at: {error.strerror or error}."
