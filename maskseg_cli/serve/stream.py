"""Sends the live picture to one viewer as MJPEG (multipart/x-mixed-replace)."""

from __future__ import annotations

import contextlib
import socket
import threading
import time

from maskseg_cli.serve.pictures import Jpeg, Pictures

BOUNDARY = "maskseg-picture"
CONTENT_TYPE = f"multipart/x-mixed-replace; boundary={BOUNDARY}"

#: Seconds after which a viewer that receives nothing is disconnected.
SEND_TIMEOUT = 10.0

#: Bytes: room for about two pictures; more would be too old when they arrive.
_SEND_BUFFER = 256 * 1024

#: Seconds between two checks of a waiting connection for its viewer and for the end of the server.
_CHECK_EVERY = 0.25

#: Seconds after which a picture without a successor is sent again: Chromium's <img> shows a picture only when the next
#: one begins.
_REPEAT_ONCE = 0.5
#: Seconds between further repetitions, by which viewers can tell a picture that stands still from a lost connection.
_REPEAT = 5.0


def send_pictures(connection: socket.socket, pictures: Pictures, closing: threading.Event) -> None:
    """Sends the newest picture repeatedly until the viewer or the server closes the connection.

    Pictures that come while one is being sent are dropped: a slow viewer sees fewer pictures, but no old ones.

    Args:
        connection: to the viewer; the HTTP header has been sent.
        pictures: to send.
        closing: set when the server ends.

    Raises:
        OSError: the viewer has disconnected, or has received nothing for `SEND_TIMEOUT` seconds.
    """
    connection.settimeout(SEND_TIMEOUT)
    with contextlib.suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER)
    connection.sendall(f"--{BOUNDARY}\r\n".encode())
    sent = Jpeg(0, b"")
    sent_at, wait = time.monotonic(), _REPEAT_ONCE
    while not closing.is_set():
        newer = pictures.newer(sent.number, _CHECK_EVERY)
        if newer is not None:
            sent, wait = newer, _REPEAT_ONCE
        elif is_disconnected(connection):
            return
        elif pictures.feed.ended:
            # `newer` no longer waits.
            closing.wait(_CHECK_EVERY)
        if newer is None:
            if not sent.data or time.monotonic() - sent_at < wait:
                continue
            wait = _REPEAT
        _send(connection, sent)
        sent_at = time.monotonic()


def _send(connection: socket.socket, picture: Jpeg) -> None:
    header = f"Content-Type: image/jpeg\r\nContent-Length: {len(picture.data)}\r\nX-Picture: {picture.number}\r\n\r\n"
    # The boundary follows at once, because it tells viewers that the picture is complete.
    connection.sendall(b"".join((header.encode(), picture.data, f"\r\n--{BOUNDARY}\r\n".encode())))


def is_disconnected(connection: socket.socket) -> bool:
    """Whether the other side has closed the connection; checked without sending anything."""
    before = connection.gettimeout()
    try:
        connection.settimeout(0)
        return connection.recv(1, socket.MSG_PEEK) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True
    finally:
        with contextlib.suppress(OSError):
            connection.settimeout(before)
