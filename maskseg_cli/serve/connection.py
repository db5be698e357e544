"""`Connection`: uvicorn's protocol for one connection, with the limits that a page in a network needs."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from maskseg_cli.serve.connections import Connections

#: Seconds after which a connection without data, or one that does not take what is sent to it, is closed.
TIMEOUT = 20.0

#: Bytes of the header of a request, and number of its lines, at most.
MAX_HEADER = 64 * 1024
_MAX_LINES = 100

_FULL = b"HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\nRetry-After: 5\r\n\r\n"
#: Seconds in which a client that gets no place can read that.
_FULL_TIME = 0.2

_HEADER_END = re.compile(rb"\n\r?\n")
#: A continued line (obsolete), or a CR that ends no line: proxies differ about them.
_AMBIGUOUS = re.compile(rb"\n[ \t]|\r(?=[^\n])")


class _Strict(h11.Connection):
    """Refuses requests about whose end a proxy and this server could differ (RFC 9112, sections 5 and 6)."""

    def next_event(self) -> Any:
        if self.their_state is h11.IDLE:
            received, _ = self.trailing_data
            end = _HEADER_END.search(received)
            if _AMBIGUOUS.search(received[: end.start()] if end else received):
                raise h11.RemoteProtocolError("The header of the request is not correct.")
        event = super().next_event()
        if isinstance(event, h11.Request):
            if event.http_version not in (b"1.0", b"1.1"):
                raise h11.RemoteProtocolError("Requests have HTTP/1.1.")
            if len(event.headers) > _MAX_LINES or any(name == b"transfer-encoding" for name, _ in event.headers):
                raise h11.RemoteProtocolError("A request has a Content-Length, and no Transfer-Encoding.")
        return event


class Connection(H11Protocol):
    """One connection. Requests find it as `scope["state"]["connection"]`.

    Attributes:
        send_timeout: seconds after which a client that does not take what was written is disconnected.
        half_closed: whether the client will send nothing more.
    """

    def __init__(self, places: Connections[Connection], **uvicorns: Any) -> None:
        super().__init__(**uvicorns)
        self.conn = _Strict(h11.SERVER, MAX_HEADER)
        self.app_state = {**self.app_state, "connection": self}
        self.send_timeout = TIMEOUT
        self.half_closed = False
        self._places = places
        self._refused = False
        self._send_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        # Writing pauses until the system has taken all: what waits here would be old when it arrives.
        transport.set_write_buffer_limits(high=0)
        has_place, leaving = self._places.add(self, self.client[0] if self.client else "")
        if leaving is not None:
            leaving.leave()
        if not has_place:
            self._refused = True
            transport.write(_FULL)
            self.loop.call_later(_FULL_TIME, transport.abort)

    def connection_lost(self, exc: Exception | None) -> None:
        self._places.remove(self)
        self._stop_send_timer()
        super().connection_lost(exc)
        self._unset_keepalive_if_required()

    def data_received(self, data: bytes) -> None:
        if self._refused:
            return
        super().data_received(data)
        waits = self.cycle is None or self.cycle.response_complete
        if waits and self.timeout_keep_alive_task is None and not self.transport.is_closing():
            # uvicorn has no limit for a header that never ends.
            self.timeout_keep_alive_task = self.loop.call_later(TIMEOUT, self.leave)

    def eof_received(self) -> bool | None:  # type: ignore[override]
        self.half_closed = True
        # A client may close its side after its request and still wait for the answer.
        return self.cycle is not None and not self.cycle.response_complete and not self.cycle.more_body

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.half_closed and self.cycle.response_complete:
            self.transport.close()

    def send_400_response(self, msg: str) -> None:
        try:
            super().send_400_response(msg)
        except h11.LocalProtocolError:  # an answer has begun
            self.transport.abort()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._stop_send_timer()
        self._send_timer = self.loop.call_later(self.send_timeout, self.transport.abort)

    def resume_writing(self) -> None:
        self._stop_send_timer()
        super().resume_writing()

    def leave(self) -> None:
        """Ends the connection; waits for no client."""
        if self.transport.get_write_buffer_size():
            self.transport.abort()
        else:
            self.transport.close()

    def begin(self) -> None:
        """Marks that this connection makes a request with access: see `Connections`."""
        self._places.begin(self)

    def end(self) -> None:
        """Marks that it waits for its next request."""
        self._places.end(self)

    async def drain(self) -> None:
        """Waits until the system has taken all that was written."""
        await self.flow.drain()

    def without_chunks(self) -> None:
        """The body of the answer has no length and ends with the connection, as cameras send MJPEG.

        Simple readers of MJPEG do not know the chunks of HTTP/1.1, which h11 leaves out for a client of HTTP/1.0.
        """
        self.conn.their_http_version = b"1.0"

    def _stop_send_timer(self) -> None:
        if self._send_timer is not None:
            self._send_timer.cancel()
            self._send_timer = None
