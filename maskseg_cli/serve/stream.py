"""The live picture as MJPEG (multipart/x-mixed-replace) to one viewer, who may be slow or vanish."""

from __future__ import annotations

import contextlib
import socket
import threading
import time

from maskseg_cli.serve.pictures import Jpeg, Pictures

BOUNDARY = "maskseg-picture"
CONTENT_TYPE = f"multipart/x-mixed-replace; boundary={BOUNDARY}"

#: Seconds until a viewer who takes nothing is given up.
SEND_TIMEOUT = 10.0

#: Two pictures or so may be under way to a viewer; more would only be old when they arrive.
_SEND_BUFFER = 256 * 1024

#: How often a waiting connection looks whether its viewer has gone and the server still runs.
_LOOK = 0.25

#: Chromium's <img> shows a picture when the next one starts: one that stays is sent twice, after this time.
_REPEAT_ONCE = 0.5
#: ... and then now and then, so that viewers can tell a picture that stands still from a dead connection.
_REPEAT = 5.0


def send_pictures(connection: socket.socket, pictures: Pictures, closing: threading.Event) -> None:
    """Sends the newest picture, again and again, until the viewer or the server ends it.

    Pictures that come while one is being sent are left out: a slow viewer sees fewer, and never old ones.

    Args:
        connection: to the viewer; the HTTP header has been sent.
        pictures: to send.
        closing: set when the server ends.

    Raises:
        OSError: the viewer has gone, or has taken nothing for `SEND_TIMEOUT` seconds.
    """
    connection.settimeout(SEND_TIMEOUT)
    with contextlib.suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER)
    connection.sendall(f"--{BOUNDARY}\r\n".encode())
    sent = Jpeg(0, b"")
    sent_at, wait = time.monotonic(), _REPEAT_ONCE
    while not closing.is_set():
        newer = pictures.newer(sent.number, _LOOK)
        if newer is not None:
            sent, wait = newer, _REPEAT_ONCE
        elif has_gone(connection):
            return
        elif pictures.feed.closed:
            # The feed answers at once from now on.
            closing.wait(_LOOK)
        if newer is None:
            if not sent.data or time.monotonic() - sent_at < wait:
                continue
            wait = _REPEAT
        _send(connection, sent)
        sent_at = time.monotonic()


def _send(connection: socket.socket, picture: Jpeg) -> None:
    header = f"Content-Type: image/jpeg\r\nContent-Length: {len(picture.data)}\r\nX-Picture: {picture.number}\r\n\r\n"
    # The boundary follows at once: viewers need it to know that the picture is whole.
    connection.sendall(b"".join((header.encode(), picture.data, f"\r\n--{BOUNDARY}\r\n".encode())))


def has_gone(connection: socket.socket) -> bool:
    """Whether the other side has closed the connection; seen without sending anything."""
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
