"""A network camera for tests: an HTTP server on 127.0.0.1 that sends MJPEG, as real cameras do."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import cv2
import numpy as np

from tests.video.samples import picture

#: Number of a picture -> the picture.
Scene = Callable[[int], np.ndarray]


class MjpegServer:
    """Sends a picture every `1 / rate` seconds to each client.

    Args:
        scene: makes the pictures, BGR; the default carries its number as a bar code (`tests.video.samples`).
        rate: pictures a second.
        length: whether each part says its Content-Length, as most cameras do.
        port: 0 for any.
        first: send the boundary before the first picture, too; an ESP32-CAM sends it behind each picture only.

    Attributes:
        sent: number of pictures sent so far; the next picture has this number.
        clients: connections that were made so far.
        mode: "send"; "silent" (connected, but nothing comes); "drop" (each connection ends at once); "error" (404);
            "refuse" (401).
    """

    def __init__(
        self, scene: Scene = picture, rate: float = 25, length: bool = True, port: int = 0, first: bool = True
    ) -> None:
        self.scene, self.rate, self.length = scene, rate, length
        self.first = first
        self.sent = self.clients = 0
        self.mode = "send"
        self._ended = threading.Event()
        self._sockets: list[socket.socket] = []
        camera = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                camera._serve(self)

            def log_message(self, *_: object) -> None:
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self._http.daemon_threads = True
        self.port = self._http.server_port
        self.url = f"http://127.0.0.1:{self.port}/video.mjpg"
        threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def _serve(self, handler: BaseHTTPRequestHandler) -> None:
        self.clients += 1
        self._sockets.append(handler.connection)
        if self.mode in ("error", "refuse"):
            handler.send_error(404 if self.mode == "error" else 401)
            return
        handler.send_response(200)
        handler.send_header("Content-Type", "multipart/x-mixed-replace; boundary=picture")
        handler.end_headers()
        due = time.monotonic()
        try:
            while not self._ended.is_set() and self.mode != "drop":
                if self.mode == "send":
                    self._send(handler)
                due = max(due + 1 / self.rate, time.monotonic())
                time.sleep(max(0.0, due - time.monotonic()))
        except OSError:  # the client has gone
            pass

    def _send(self, handler: BaseHTTPRequestHandler) -> None:
        data = cv2.imencode(".jpg", self.scene(self.sent))[1].tobytes()
        length = f"Content-Length: {len(data)}\r\n" if self.length else ""
        part = f"Content-Type: image/jpeg\r\n{length}\r\n".encode() + data + b"\r\n"
        handler.wfile.write(b"--picture\r\n" + part if self.first else part + b"--picture\r\n")
        self.sent += 1

    def hang_up(self) -> None:
        """Ends all connections, as a camera does that is switched off and on."""
        for connection in self._sockets:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self._sockets.clear()

    def close(self) -> None:
        """Ends the server; new connections are refused."""
        self._ended.set()
        self._http.shutdown()
        self._http.server_close()
        self.hang_up()


@contextmanager
def network_camera(**options: object) -> Iterator[MjpegServer]:
    """A running `MjpegServer`."""
    server = MjpegServer(**options)  # type: ignore[arg-type]
    try:
        yield server
    finally:
        server.close()
