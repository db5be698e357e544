"""`WebServer`: serves a Starlette app by uvicorn, in a thread of its own."""

from __future__ import annotations

import errno
import functools
import socket
import threading
import traceback
from collections.abc import Callable
from urllib.parse import quote

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from maskseg_cli import __version__
from maskseg_cli.errors import MasksegError
from maskseg_cli.serve.connection import Connection
from maskseg_cli.serve.connections import IDLE_TIME, Connections
from maskseg_cli.serve.listen_address import DEFAULT_PORT, as_url, reachable, resolve

_WAITING = 64  # connections that the system keeps until they are accepted

#: Bytes of the header of a request, at most.
_MAX_HEADER = 64 * 1024


class _Uvicorn(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, places: Connections[Connection]) -> None:
        super().__init__(config)
        self._places = places

    async def on_tick(self, counter: int) -> bool:
        for connection in self._places.overdue():
            connection.transport.abort()
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await super().shutdown(sockets)
        for connection in self._places.all():
            connection.transport.abort()


class WebServer:
    """An app that is being served. Closes at the end of a `with` block.

    Args:
        app: to serve; `Protection` in it decides who has access.
        listening: where, of `listen`; it is closed with the server.
        grace: seconds that `close` gives requests under way.
        token: for the URL, or None.

    Attributes:
        url: for a browser, with the token if there is one.
        address: numeric, that the server listens at.
        port: in use, also if any free one was requested.
        on_error: called with each exception of the app, a defect; by default it is printed to stderr.
    """

    def __init__(self, app: ASGIApp, listening: socket.socket, grace: float, token: str | None = None) -> None:
        self.address, self.port = listening.getsockname()[:2]
        self.url = as_url(reachable(self.address), self.port)
        if token is not None:
            self.url += f"?token={quote(token, safe='')}"
        self.on_error: Callable[[Exception], None] = traceback.print_exception
        self._app, self._grace = app, grace
        places: Connections[Connection] = Connections()
        config = uvicorn.Config(
            self._call,
            loop="asyncio",
            http=functools.partial(Connection, places),  # type: ignore[arg-type]
            ws="none",
            interface="asgi3",
            log_config=None,
            log_level="critical",  # says nothing: addresses may hold the token
            access_log=False,
            proxy_headers=False,
            server_header=False,
            headers=[("Server", f"maskseg/{__version__}")],
            backlog=_WAITING,
            h11_max_incomplete_event_size=_MAX_HEADER,
            timeout_keep_alive=int(IDLE_TIME),
            timeout_graceful_shutdown=grace,  # type: ignore[arg-type]
        )
        self._uvicorn = _Uvicorn(config, places)
        self._thread = threading.Thread(
            target=self._uvicorn.run, kwargs={"sockets": [listening]}, name="maskseg-page", daemon=True
        )
        self._thread.start()

    @property
    def running(self) -> bool:
        """Whether the server has not ended."""
        return self._thread.is_alive()

    def close(self) -> None:
        """Ends the server and all connections; a second call does nothing."""
        self._uvicorn.should_exit = True
        self._thread.join(2 * self._grace + 1)

    def __enter__(self) -> WebServer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    async def _call(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._app(scope, receive, send)
        except OSError:  # the client has disconnected
            raise
        except Exception as error:
            self.on_error(error)
            raise


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens there.

    Args:
        host: address or name of this computer; 0.0.0.0 or :: for all its networks.
        port: 0 takes any free one.

    Raises:
        MasksegError: the port is in use or not allowed, or the host is not this computer.
    """
    family, address = resolve(host, port)
    both = family == socket.AF_INET6 and socket.has_dualstack_ipv6()
    try:
        return socket.create_server(address, family=family, backlog=_WAITING, dualstack_ipv6=both)
    except OSError as error:
        raise MasksegError(_describe(error, host, port)) from error


def _describe(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} is taken by another program: serve at another one, or at 0 for any that is free."
    if error.errno == errno.EACCES:
        return f"Port {port} needs an administrator: serve at one from 1024 on, such as {DEFAULT_PORT}."
    if error.errno == errno.EADDRNOTAVAIL:
        return f"{host} is no address of this computer: serve at 127.0.0.1 for this computer alone, at 0.0.0.0 for all."
    return f"{host}:{port} cannot be served at: {error.strerror or error}."
