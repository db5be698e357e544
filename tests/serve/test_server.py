"""Start and end of the server, and errors of its address."""

from __future__ import annotations

import contextlib
import errno
import socket
import time
from contextlib import ExitStack

import pytest

from maskseg_cli.camera.controls import Controls
from maskseg_cli.camera.feed import LiveFeed
from maskseg_cli.errors import MasksegError, UsageError
from maskseg_cli.serve import DEFAULT_PORT, page_server, start_server
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
    def bind(_: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(page_server.PageServer, "server_bind", bind)
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
    monkeypatch.setattr(page_server, "MAX_CONNECTIONS", 3)
    feed = LiveFeed()
    with start_server(feed, Controls(), port=0) as served:
        with ExitStack() as stack:
            for _ in range(3):
                stack.enter_context(watching(served))
            wait_until(lambda: served.viewers == 3)
            assert ask(served, "/")[0] == 503
        feed.publish(picture(1), STATUS)
        wait_until(lambda: served.viewers == 0 and ask(served, "/")[0] == 200)


_POST = b"POST /controls HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01",  # https
        b"GET\r\n\r\n",
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
    ],
    ids=range(13),
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
