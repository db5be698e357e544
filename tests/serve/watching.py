"""A live session without a camera, and viewers without a browser."""

from __future__ import annotations

import http.client
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from maskseg_cli.camera.controls import Controls
from maskseg_cli.camera.feed import LiveFeed, LiveStatus
from maskseg_cli.serve import Server

#: The blue, green and red that fill the right half of each picture.
COLOUR = (40, 80, 200)
STATUS = LiveStatus(
    fps=12.34, latency=0.0567, counts={"person": 2, "dog": 1}, dropped=7, camera="connected", message="Hello."
)


def picture(number: int, height: int = 240, width: int = 320) -> NDArray[np.uint8]:
    """A picture that shows its number: the left half has the value `brightness(number)`."""
    image = np.empty((height, width, 3), np.uint8)
    image[:, : width // 2] = brightness(number)
    image[:, width // 2 :] = COLOUR
    return image


def brightness(number: int) -> int:
    return number * 16 % 256


class LiveView(threading.Thread):
    """Replaces the live loop: publishes pictures 1, 2, 3 ... at a constant rate, and applies the controls."""

    def __init__(self, fps: float = 40, size: tuple[int, int] = (240, 320)) -> None:
        super().__init__(daemon=True)
        self.feed, self.controls = LiveFeed(), Controls(min_score=0.5)
        self.interval, self.size = 1 / fps, size
        self.snapshots = 0
        self.longest = 0.0  # seconds of the slowest call of `publish`

    def run(self) -> None:
        number, started = 0, None
        while not self.controls.stopped:
            if self.controls.take_snapshot_request():
                self.snapshots += 1
            if not self.controls.paused:
                number += 1
                started = (started or time.monotonic()) if self.controls.recording_wanted else None
                status = replace(STATUS, frames=number, message=f"Snapshots: {self.snapshots}")
                if started is not None:
                    status = replace(status, recording="/home/user/clip.mp4", recorded=time.monotonic() - started)
                image = picture(number, *self.size)
                before = time.perf_counter()
                self.feed.publish(image, status)
                self.longest = max(self.longest, time.perf_counter() - before)
            time.sleep(self.interval)

    def __enter__(self) -> LiveView:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.controls.stop()
        self.join()


def ask(
    server: Server,
    path: str,
    changes: Any = None,
    headers: dict[str, str] | None = None,
    method: str | None = None,
    body: bytes | None = None,
) -> tuple[int, http.client.HTTPMessage, bytes]:
    """Sends one request, a POST of `changes` as JSON if there are any; returns status, headers and body."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    sent = dict(headers or {})
    if changes is not None:
        method, body = "POST", json.dumps(changes).encode()
        sent.setdefault("Content-Type", "application/json")
    try:
        connection.request(method or "GET", path, body, sent)
        response = connection.getresponse()
        return response.status, response.headers, response.read()
    finally:
        connection.close()


def ask_json(server: Server, path: str, changes: Any = None, **options: Any) -> dict[str, Any]:
    """The JSON of a response, which must be 200 OK."""
    status, _, body = ask(server, path, changes, **options)
    assert status == 200, body
    value = json.loads(body)
    assert isinstance(value, dict)
    return value


@contextmanager
def watching(server: Server, buffer: int | None = None, token: str = "") -> Iterator[socket.socket]:
    """A connection that has requested the stream and read nothing yet."""
    with socket.socket() as connection:
        if buffer is not None:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        connection.settimeout(10)
        connection.connect(("127.0.0.1", server.port))
        connection.sendall(f"GET /stream.mjpg?token={token} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
        yield connection


def pictures(connection: socket.socket) -> Iterator[tuple[int, NDArray[np.uint8]]]:
    """Number and decoded picture of each part of the stream, as they come."""
    with connection.makefile("rb") as file:
        assert file.readline() == b"HTTP/1.1 200 OK\r\n"
        boundary = ""
        for name, value in iter(lambda: _header(file), ("", "")):
            if name == "content-type":
                kind, _, boundary = value.partition("; boundary=")
                assert kind == "multipart/x-mixed-replace"
        assert file.readline() == f"--{boundary}\r\n".encode()
        while True:
            headers = dict(iter(lambda: _header(file), ("", "")))
            if not headers:
                return
            data = file.read(int(headers["content-length"]))
            assert file.readline() == b"\r\n"
            assert file.readline() == f"--{boundary}\r\n".encode()
            image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
            assert image is not None
            yield int(headers["x-picture"]), np.asarray(image, np.uint8)


def _header(file: Any) -> tuple[str, str]:
    line = file.readline().decode().rstrip("\r\n")
    name, _, value = line.partition(": ")
    return name.lower(), value
