"""`Connection`: uvicorn's protocol for one connection, with the limits that a page in a network needs."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from typing import Any

import h11
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from maskseg_cli.serve.connections import IDLE_TIME, Connections

_FULL = b"HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\nRetry-After: 5\r\n\r\n"
#: Bytes: room for about two pictures of a camera; more would be too old when they arrive.
_SEND_BUFFER = 256 * 1024

#: Seconds in which a client that gets no place can read that.
_FULL_TIME = 0.2


class Connection(H11Protocol):
    """One connection. Requests find it as `scope["state"]["connection"]`.

    Args:
        places: where it needs a place.
        uvicorns: the arguments of uvicorn's protocol.
    """

    def __init__(self, places: Connections[Connection], **uvicorns: Any) -> None:
        super().__init__(**uvicorns)
        self.app_state = {**self.app_state, "connection": self}
        self._places = places

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        # Writing pauses until the system has taken all: pictures that wait here would be old when they arrive.
        transport.set_write_buffer_limits(high=0)
        with contextlib.suppress(OSError):
            transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER)
        has_place, leaving = self._places.add(self, self.client[0] if self.client else "")
        if leaving is not None:
            leaving.transport.abort()
        if not has_place:
            transport.pause_reading()
            transport.write(_FULL)
            self.loop.call_later(_FULL_TIME, transport.abort)

    def connection_lost(self, exc: Exception | None) -> None:
        self._places.remove(self)
        super().connection_lost(exc)

    def eof_received(self) -> bool:  # type: ignore[override]
        """A client may close its side after its request and still wait for the answer."""
        if self.cycle is None or self.cycle.response_complete:
            return False
        if self.cycle.more_body:
            self.conn.receive_data(b"")  # h11 finds that the body is not complete
            self.handle_events()
        self.cycle.keep_alive = False
        return True

    def send_400_response(self, msg: str) -> None:
        try:
            super().send_400_response(msg)
        except h11.LocalProtocolError:  # an answer has begun
            self.transport.abort()

    @property
    def ending(self) -> bool:
        """Whether the client has closed its side, or the server ends: an answer without an end has to end."""
        return not self.cycle.keep_alive

    async def call(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles a request with access: the connection keeps its place until the client has taken the answer."""
        self._places.begin(self)
        try:
            await app(scope, receive, send)
            await self.drain(IDLE_TIME)
        finally:
            if self.cycle.response_complete:  # else the next request has begun
                self._places.end(self)

    async def drain(self, timeout: float) -> None:
        """Waits until the system has taken all that was written.

        Args:
            timeout: seconds after which a client that takes nothing is disconnected.
        """
        while left := self.transport.get_write_buffer_size():
            try:
                await asyncio.wait_for(self.flow.drain(), timeout)
            except asyncio.TimeoutError:
                if self.transport.get_write_buffer_size() == left:
                    self.transport.abort()

    def without_chunks(self) -> None:
        """The body of the answer has no length and ends with the connection, as cameras send MJPEG.

        Simple readers of MJPEG do not know the chunks of HTTP/1.1, which h11 leaves out for a client of HTTP/1.0.
        """
        self.conn.their_http_version = b"1.0"
