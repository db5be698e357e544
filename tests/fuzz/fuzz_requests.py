"""HTTP requests to the page of a camera, with and without its token."""

from __future__ import annotations

import errno
import json
import socket
import urllib.request
from functools import cache
from pathlib import Path

import numpy as np

from maskseg_cli.camera.controls import Controls
from maskseg_cli.camera.feed import LiveFeed, LiveStatus
from maskseg_cli.errors import MasksegError
from maskseg_cli.serve import Server, guess_brake, start_server
from tests.fuzz.fuzzer import Fuzzer

_TOKEN = "sesame"
_DEFECTS: list[BaseException] = []


@cache
def _server() -> Server:
    """A page that shows one picture, served as long as the process lives."""
    guess_brake.PAUSE = 0.0  # a wrong token must not keep out the next input
    feed = LiveFeed()
    feed.publish(np.zeros((24, 32, 3), np.uint8), LiveStatus(counts={"dog": 1}))
    feed.finish()  # a stream of a camera that has ended stands still
    server = start_server(feed, Controls(), port=0, token=_TOKEN)
    server.on_error = _DEFECTS.append
    return server


def _seeds() -> list[bytes]:
    head = b" HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: a=b; maskseg-8000=c\r\n"
    get = [
        b"GET " + path + head + b"\r\n"
        for path in (b"/?token=sesame", b"/status.json?token=sesame", b"/snapshot.jpg?token=sesame", b"/page.css")
    ]
    body = b'{"masks": false, "min_score": 0.5}'
    post = b"POST /controls" + head + b"Authorization: Bearer sesame\r\nContent-Type: application/json\r\n"
    record = b"POST /recording" + head + b"Authorization: Bearer sesame\r\nContent-Type: application/json\r\n"
    return [
        *get,
        post + b"Content-Length: %d\r\n\r\n" % len(body) + body + get[1],
        record + b'Content-Length: 12\r\nOrigin: http://127.0.0.1\r\n\r\n{"on": true}',
        get[1].replace(b"GET", b"HEAD") + get[2],
    ]


def _attack(data: bytes, folder: Path) -> None:
    server = _server()
    _DEFECTS.clear()
    answer = b""
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as link:
        try:
            link.sendall(data)
            link.shutdown(socket.SHUT_WR)
            while len(answer) < 4_000_000 and (piece := link.recv(65536)):
                answer += piece
        except OSError as error:
            if error.errno not in (errno.ECONNRESET, errno.EPIPE, errno.ENOTCONN):  # it was hung up on
                raise
    if _DEFECTS:
        raise _DEFECTS[0]
    with urllib.request.urlopen(f"http://127.0.0.1:{server.port}/status.json?token={_TOKEN}", timeout=20) as response:
        assert json.load(response)["counts"] == {"dog": 1}
    answer = answer.removeprefix(b"HTTP/1.1 100 Continue\r\n\r\n")  # what `Expect` asks for
    if not answer.startswith(b"HTTP/1."):
        assert not answer, answer[:200]
        raise MasksegError("It was hung up on.")
    code = int(answer.split(b" ", 2)[1])
    assert 200 <= code < 600
    if code >= 400:
        raise MasksegError(f"The answer is {code}.")


FUZZER = Fuzzer(
    "requests",
    _seeds,
    _attack,
    tokens=(
        b"\r\n\r\n",
        b"\r\n",
        b"Content-Length: ",
        b"Transfer-Encoding: chunked\r\n",
        b"Expect: 100-continue\r\n",
        b"Connection: keep-alive\r\n",
        b"Connection: close\r\n",
        b"HTTP/1.0",
        b"HTTP/0.9",
        b"POST /snapshot",
        b"GET /stream.mjpg?token=sesame",
        b"OPTIONS * ",
        b"Host: evil.example\r\n",
        b"Origin: http://[\r\n",
        b"Sec-Fetch-Site: cross-site\r\n",
        b"%00",
        b"token=%ff",
        b"5\r\nhello\r\n0\r\n\r\n",
    ),
)
