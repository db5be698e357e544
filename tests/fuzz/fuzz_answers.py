"""Answers of web servers to `maskseg weights fetch`, as raw bytes of HTTP; no other server than ours is asked."""

from __future__ import annotations

import hashlib
import os
import socket
import threading
from pathlib import Path
from typing import Any

from maskseg_cli.checkpoints.download import fetch
from maskseg_cli.checkpoints.releases import Release
from tests.fuzz.fuzzer import Fuzzer

_CONTENT = bytes(range(256)) * 4
_RELEASE = Release("x", "x.h5", "http://mirror", len(_CONTENT), hashlib.md5(_CONTENT).hexdigest(), "test", "MIT")
_HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nContent-Type: application/octet-stream\r\nConnection: close\r\n\r\n"


def _seeds() -> list[bytes]:
    size = len(_CONTENT)
    return [
        _HEAD % size + _CONTENT,
        b"HTTP/1.0 200 OK\r\n\r\n" + _CONTENT,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n400\r\n" + _CONTENT + b"\r\n0\r\n\r\n",
        # What has arrived already is asked for from byte 1000 on.
        b"HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 1000-%d/%d\r\n\r\n" % (size - 1, size) + _CONTENT[1000:],
    ]


class _Server:
    """Answers every connection with the same bytes."""

    def __init__(self) -> None:
        self.answer = b""
        self._listening = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._run, daemon=True).start()
        real = socket.create_connection
        place = self._listening.getsockname()

        def connect(address: Any, *rest: Any, **options: Any) -> socket.socket:
            return real(place, timeout=10)

        socket.create_connection = connect  # type: ignore[assignment]

    def _run(self) -> None:
        while True:
            connection, _ = self._listening.accept()
            with connection:
                try:
                    connection.recv(65536)
                    connection.sendall(self.answer)
                except OSError:
                    pass  # the client has heard enough


_RUNNING: list[_Server] = []


def _attack(data: bytes, folder: Path) -> None:
    if not _RUNNING:
        _RUNNING.append(_Server())
    _RUNNING[0].answer = data
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        os.environ.pop(name, None)
    os.environ["MASKSEG_HOME"], os.environ["MASKSEG_WEIGHTS_URL"] = str(folder), "http://mirror.invalid/a"
    if data.startswith(b"HTTP/1.1 206"):
        (folder / "x.h5.part").write_bytes(_CONTENT[:1000])
    assert fetch(_RELEASE).read_bytes() == _CONTENT


FUZZER = Fuzzer(
    "answers",
    _seeds,
    _attack,
    tokens=(
        b"\r\n",
        b"\r\nContent-Length: ",
        b"\r\nContent-Range: bytes ",
        b"\r\nTransfer-Encoding: chunked",
        b"\r\nLocation: http://[x",
        b"HTTP/1.1 302 Found\r\nLocation: ",
        b"HTTP/1.1 301 \r\nLocation: file:///etc/passwd\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n",
        b"HTTP/1.1 999 x",
        b"<html>",
        b"\xb2",
        b"http://a:99999/",
    ),
)
