"""Start and end of the server, and errors of its address."""

from __future__ import annotations

import contextlib
import errno
import http.client
import socket
import time
from contextlib import ExitStack

import pytest

from maskseg_cli.camera.controls import Controls
from maskseg_cli.camera.feed import LiveFeed
from maskseg_cli.errors import MasksegError, UsageError
from maskseg_cli.serve import DEFAULT_PORT, connections, start_server
from tests.screen import wait_until
from tests.serve.watching import STATUS, ask, ask_json, picture, watching


def test_any_free_port() -> None:
    with start_server(LiveFeed(), Controls(), port=0) as first, start_server(LiveFeed(), Controls(), port=0) as second:
        assert first.port != second.port
        assert first.url == f"http://127.0.0.1:{first.port}/"
        assert first.warning is None
        assert ask(first, "/")[0] == ask(second, "/")[0] == 200


def test_a_port_in_use() -> None:
    with (
        start_server(LiveFeed(), Controls(), port=0) as first,
        pytest.raises(MasksegError, match=f"Port {first.port} is taken by another program"),
    ):
        start_server(LiveFeed(), Controls(), port=first.port)


def test_a_port_is_free_again_at_once() -> None:
    with start_server(LiveFeed(), Controls(), port=0) as first, watching(first):
        port = first.port
    with start_server(LiveFeed(), Controls(), port=port) as again:
        assert ask(again, "/")[0] == 200


def test_addresses_of_other_computers() -> None:
    with pytest.raises(MasksegError, match=r"192\.0\.2\.1 is no address of this computer"):
        start_server(LiveFeed(), Controls(), host="192.0.2.1", port=0)
    with pytest.raises(MasksegError, match=r"no\.such\.host\.invalid.*is not known"):
        start_server(LiveFeed(), Controls(), host="no.such.host.invalid", port=0)


def test_privileged_ports(monkeypatch: pytest.MonkeyPatch) -> None:
    def bind(*_: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(socket.socket, "bind", bind)
    with pytest.raises(MasksegError, match=f"Port 80 needs an administrator: .*{DEFAULT_PORT}"):
        start_server(LiveFeed(), Controls(), port=80)


def test_an_empty_token() -> None:
    with pytest.raises(UsageError, match="token is empty"):
        start_server(LiveFeed(), Controls(), port=0, token="")


def test_all_networks() -> None:
    with start_server(LiveFeed(), Controls(), host="0.0.0.0", port=0, token="a/b") as everywhere:
        assert everywhere.warning is not None
        address = everywhere.url.removeprefix("http://").removesuffix(f":{everywhere.port}/?token=a%2Fb")
        assert address != "0.0.0.0"
        with socket.create_connection((address, everywhere.port), timeout=5):
            pass


def test_ipv6() -> None:
    try:
        with socket.socket(socket.AF_INET6) as trial:
            trial.bind(("::1", 0))
    except OSError:
        pytest.skip("this computer has no IPv6")
    with start_server(LiveFeed(), Controls(), host="::1", port=0) as served:
        assert served.url == f"http://[::1]:{served.port}/"
        assert served.warning is None
        with socket.create_connection(("::1", served.port), timeout=5) as link:
            link.sendall(f"GET /status.json HTTP/1.0\r\nHost: [::1]:{served.port}\r\n\r\n".encode())
            assert link.recv(100).startswith(b"HTTP/1.1 200 OK")


def test_closing_does_not_wait_for_viewers() -> None:
    feed = LiveFeed()
    feed.publish(picture(1), STATUS)
    served = start_server(feed, Controls(), port=0)
    with ExitStack() as stack:
        for _ in range(5):
            stack.enter_context(watching(served))
        silent = stack.enter_context(socket.create_connection(("127.0.0.1", served.port)))
        wait_until(lambda: served.viewers == 5)
        start = time.monotonic()
        served.close()
        assert time.monotonic() - start < 9  # usually less than one; a viewer is disconnected by itself after 10
        wait_until(lambda: served.viewers == 0)
        silent.settimeout(5)
        assert silent.recv(1) == b""
    served.close()  # a second time does nothing
    with pytest.raises(ConnectionRefusedError):
        ask(served, "/")


def test_too_many_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "MAX_CONNECTIONS", 3)
    feed = LiveFeed()
    with start_server(feed, Controls(), port=0) as served:
        with ExitStack() as stack:
            for _ in range(3):
                stack.enter_context(watching(served))
            wait_until(lambda: served.viewers == 3)
            assert ask(served, "/")[0] == 503
        feed.publish(picture(1), STATUS)
        wait_until(lambda: served.viewers == 0 and ask(served, "/")[0] == 200)


def test_the_owner_gets_in_among_hundreds_of_silent_strangers() -> None:
    with ExitStack() as stack:
        served = stack.enter_context(start_server(LiveFeed(), Controls(), port=0, token="sesame"))
        viewer = stack.enter_context(watching(served, token="sesame"))
        wait_until(lambda: served.viewers == 1)
        strangers = []
        for number in range(500):
            link = stack.enter_context(socket.create_connection(("127.0.0.1", served.port), timeout=30))
            link.sendall(b"GET /status.json?token=sesam HTTP/1.1\r\n"[: number % 38])
            strangers.append(link)
            if number % 100 == 99:
                assert ask(served, "/")[0] == 401
                assert ask(served, "/status.json?token=sesame")[0] == 200
        assert served.viewers == 1
        assert strangers[0].recv(100) == b""  # it had to make room
        assert viewer.recv(100).startswith(b"HTTP/1.1 200 OK")


def test_a_stranger_has_little_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "STRANGER_TIME", 0.2)
    with ExitStack() as stack:
        served = stack.enter_context(start_server(LiveFeed(), Controls(), port=0, token="sesame"))
        owner = http.client.HTTPConnection("127.0.0.1", served.port, timeout=30)
        stack.callback(owner.close)
        stranger = stack.enter_context(socket.create_connection(("127.0.0.1", served.port), timeout=30))
        for _ in range(3):
            owner.request("GET", "/status.json?token=sesame")
            assert owner.getresponse().read()
            time.sleep(0.25)
        stranger.sendall(b"GET /page.css HTTP/1.1\r\nHost: localhost\r\n\r\n")
        with contextlib.suppress(ConnectionResetError):
            assert stranger.recv(100) == b""


def test_guessing_tries_one_token_a_second() -> None:
    with start_server(LiveFeed(), Controls(), port=0, token="sesame") as served:
        cookie = ask(served, "/?token=sesame")[1]["Set-Cookie"].partition(";")[0]
        began = time.monotonic()
        codes = [ask(served, f"/status.json?token={number}")[0] for number in range(40)]
        assert codes[:3] == [403] * 3
        assert set(codes) == {429, 403}
        assert codes.count(403) <= 3 + time.monotonic() - began
        assert ask(served, "/status.json", headers={"Cookie": cookie})[0] == 200


_POST = b"POST /controls HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01",  # https
        b"GET\r\n\r\n",
        b"GET /\r\n\r\n",
        b"GET /status.json",
        b"GET /status.json HTTP/1.1\rHTTP/0.9\nHost: 127.0.0.1\r\n\r\n",
        b"GET / HTTP/9\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\n\r\n",
        b"GET http://[ HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost:x:y\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 500 + b"\r\n",
        b"GET /" + b"a" * 70_000,
        _POST + b"Origin: http://[\r\n\r\n",
        _POST + b"Content-Length: -5\r\n\r\n",
        _POST + b"Content-Length: 50\r\n\r\n{}",
        _POST + b"\r\n{}",
        _POST + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\n",
        _POST + b"Content-Length: \xb2\r\n\r\n{}",
        _POST + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}",
        _POST + b"Content-Length: 2\r\nContent-Length: 4\r\n\r\n{}",
        _POST + b"Content-Length : 2\r\n\r\n{}",
        _POST + b"A: b\r\n Content-Length: 2\r\n\r\n{}",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ],
    ids=range(23),
)
def test_invalid_requests(request_bytes: bytes, capfd: pytest.CaptureFixture[str]) -> None:
    with start_server(LiveFeed(), Controls(), port=0) as served:
        with socket.create_connection(("127.0.0.1", served.port), timeout=5) as link:
            link.sendall(request_bytes)
            link.shutdown(socket.SHUT_WR)
            with contextlib.suppress(ConnectionResetError):
                assert b"200 OK" not in link.recv(1000)
        assert ask_json(served, "/status.json")["picture"] == 0
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_the_body_of_a_request_without_one_is_not_taken_for_the_next_request(method: str) -> None:
    controls = Controls()
    hidden = _POST + b"Content-Length: 15\r\n\r\n" + b'{"masks":false}'
    with start_server(LiveFeed(), controls, port=0) as served:
        with socket.create_connection(("127.0.0.1", served.port), timeout=30) as link:
            length = b"Content-Length: %d\r\n\r\n" % len(hidden)
            link.sendall(method.encode() + b" /status.json HTTP/1.1\r\nHost: localhost\r\n" + length + hidden)
            received = b"".join(iter(lambda: _received(link), b""))
        assert received.count(b"HTTP/1.1 ") == 1
        assert b"Connection: close" in received
        assert controls.drawing.masks


def _received(link: socket.socket) -> bytes:
    try:
        return link.recv(10_000)
    except ConnectionResetError:  # the rest of the request was not read
        return b""
