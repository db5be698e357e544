"""What the protocol of a connection adds to uvicorn's: strict headers, time limits, half-closed clients, defects."""

from __future__ import annotations

import contextlib
import itertools
import socket
import time

import numpy as np
import pytest

from maskseg_cli.camera.controls import Controls
from maskseg_cli.camera.feed import LiveFeed
from maskseg_cli.serve import Server, api, connection, connections, start_server
from tests.serve.watching import STATUS, ask, picture, pictures

_GET = b"GET /status.json HTTP/1.1\r\nHost: localhost\r\n"


def _answer(server: Server, *sent: bytes, half_close: bool = False) -> bytes:
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as link:
        for part in sent:
            link.sendall(part)
        if half_close:
            link.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: link.recv(10_000), b""))


@pytest.mark.parametrize(
    ("code", "header"),
    [
        (400, _GET + b"A: b\rC: d\r\n\r\n"),
        (400, _GET + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        (400, _GET.replace(b"GET", b"POST") + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n"),
        (400, _GET + b"Transfer-Encoding: identity\r\n\r\n"),
        (431, _GET + b"a: b\r\n" * 101 + b"\r\n"),
        (505, _GET.replace(b"1.1", b"2.0") + b"\r\n"),
    ],
    ids=["bare CR", "chunked GET", "two lengths", "Transfer-Encoding", "many lines", "HTTP/2.0"],
)
def test_headers_that_a_proxy_may_read_differently_are_refused(code: int, header: bytes) -> None:
    with start_server(LiveFeed(), Controls(), port=0) as server:
        assert _answer(server, header).startswith(b"HTTP/1.1 %d " % code)
        # The same after a good request, on one connection.
        both = _answer(server, _GET + b"\r\n" + header)
        assert both.startswith(b"HTTP/1.1 200 ")
        assert both.count(b"HTTP/1.1 %d " % code) == 1


def test_a_continued_line_is_part_of_its_header() -> None:
    with start_server(LiveFeed(), Controls(), port=0) as server:
        assert _answer(server, _GET + b"A: b\r\n c\r\nConnection: close\r\n\r\n").startswith(b"HTTP/1.1 200 ")
        post = _GET.replace(b"GET", b"POST") + b"A: b\r\n Transfer-Encoding: chunked\r\n\r\n"
        assert b" 200 " not in _answer(server, post, half_close=True)


def test_an_address_in_full_is_the_same_as_its_path() -> None:
    with start_server(LiveFeed(), Controls(), port=0) as server:
        full = _GET.replace(b"/status.json", b"http://localhost/status.json") + b"Connection: close\r\n\r\n"
        assert _answer(server, full).startswith(b"HTTP/1.1 200 ")


def test_a_client_that_closes_its_side_gets_its_answer() -> None:
    with start_server(LiveFeed(), Controls(), port=0) as server:
        assert _answer(server, _GET + b"\r\n", half_close=True).startswith(b"HTTP/1.1 200 ")
        cut = (
            _GET.replace(b"GET /status.json", b"POST /controls")
            + b"Content-Type: application/json\r\nContent-Length: 50\r\n\r\n{}"
        )
        assert _answer(server, cut, half_close=True).startswith(b"HTTP/1.1 400 ")


def test_a_second_header_that_never_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "IDLE_TIME", 0.3)
    with (
        start_server(LiveFeed(), Controls(), port=0) as server,
        socket.create_connection(("127.0.0.1", server.port), timeout=10) as link,
    ):
        link.sendall(_GET + b"\r\n")
        assert link.recv(10_000).startswith(b"HTTP/1.1 200 ")
        link.sendall(b"GET /")
        with contextlib.suppress(ConnectionResetError):
            assert b"".join(iter(lambda: link.recv(10_000), b"")).count(b"HTTP/1.1 ") == 0


def _large() -> LiveFeed:
    """A feed whose snapshot does not fit into the system's buffers."""
    feed = LiveFeed()
    feed.publish(np.random.default_rng(1).integers(0, 256, (2500, 3000, 3), np.uint8), STATUS)
    return feed


def test_a_slow_client_gets_its_answer_and_one_that_reads_nothing_is_disconnected(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(connection, "IDLE_TIME", 0.8)
    asked = _GET.replace(b"/status.json", b"/snapshot.jpg") + b"\r\n"
    with start_server(_large(), Controls(), port=0) as server, socket.socket() as slow, socket.socket() as silent:
        for link in (slow, silent):
            link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            link.settimeout(10)
            link.connect(("127.0.0.1", server.port))
            link.sendall(asked)
        head, _, body = slow.recv(1000).partition(b"\r\n\r\n")
        length, read = int(head.lower().partition(b"content-length: ")[2].split()[0]), len(body)
        for wait in itertools.chain([0.2] * 6, itertools.repeat(0)):  # longer than IDLE_TIME in all
            time.sleep(wait)
            limit = read + 300_000
            while read < min(limit, length):
                piece = slow.recv(100_000)
                assert piece, f"disconnected after {read} of {length} bytes"
                read += len(piece)
            if read == length:
                break
        assert sum(len(piece) for piece in iter(lambda: silent.recv(1_000_000), b"")) < length


def test_the_header_of_the_stream() -> None:
    with start_server(LiveFeed(), Controls(), port=0) as server:
        status, headers, body = ask(server, "/stream.mjpg", method="HEAD")
        assert (status, headers.get_content_type(), body) == (200, "multipart/x-mixed-replace", b"")
        assert server.viewers == 0


def test_a_defect_is_visible(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    def status_of(*_: object) -> None:
        raise ZeroDivisionError("a defect")

    monkeypatch.setattr(api, "status_of", status_of)
    with start_server(LiveFeed(), Controls(), port=0) as server:
        assert ask(server, "/status.json")[0] == 500
    assert capfd.readouterr().err.count("ZeroDivisionError: a defect") == 1


def test_the_stream_of_a_client_that_wants_one_answer_only() -> None:
    feed = LiveFeed()
    with (
        start_server(feed, Controls(), port=0) as server,
        socket.create_connection(("127.0.0.1", server.port), timeout=10) as link,
    ):
        link.sendall(_GET.replace(b"/status.json", b"/stream.mjpg") + b"Connection: close\r\n\r\n")
        seen = pictures(link)
        for number in (1, 2, 3):
            feed.publish(picture(number), STATUS)
            assert next(seen)[0] == number
