"""[HOST:]PORT, and who can reach an address."""

from __future__ import annotations

import socket

import pytest

from maskseg_cli.errors import MasksegError, UsageError
from maskseg_cli.serve.listen_address import (
    as_url,
    is_loopback,
    names_this_computer,
    parse_address,
    reachable,
    resolve,
    warning,
)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("8000", ("127.0.0.1", 8000)),
        (":8000", ("127.0.0.1", 8000)),
        ("0", ("127.0.0.1", 0)),
        (" 65535 ", ("127.0.0.1", 65535)),
        ("0.0.0.0:8080", ("0.0.0.0", 8080)),
        ("localhost:80", ("localhost", 80)),
        ("my-pc.local:8000", ("my-pc.local", 8000)),
        ("[::]:8000", ("::", 8000)),
        ("[::1]:8000", ("::1", 8000)),
    ],
)
def test_addresses(text: str, address: tuple[str, int]) -> None:
    assert parse_address(text) == address


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "has no port.*write 8000"),
        ("my-pc", "has no port.*write my-pc:8000"),
        ("192.168.0.7", "has no port.*write 192.168.0.7:8000"),
        ("my-pc:", "has no port"),
        ("my-pc:web", "has no port"),
        ("-1", "has no port"),
        ("8000.0", "has no port"),
        ("٨٠٠٠", "has no port"),
        ("65536", "65536 is no port"),
        ("000065536", "65536 is no port"),
        pytest.param(5000 * "9", "is no port", id="5000 digits"),
        ("::1", r"write \[::1\]:8000"),
        ("[me]:8000", "is not an IPv6 address"),
        ("http://localhost:8000", "write HOST:PORT"),
    ],
)
def test_invalid_addresses(text: str, sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        parse_address(text)


def test_a_name_becomes_numbers_ipv4_first() -> None:
    assert resolve("localhost", 80) == (socket.AF_INET, ("127.0.0.1", 80))
    with pytest.raises(MasksegError, match=r"'no\.such\.host\.invalid' to serve at is not known"):
        resolve("no.such.host.invalid", 80)


def test_only_this_computer_is_loopback() -> None:
    assert [is_loopback(address) for address in ("127.0.0.1", "127.8.8.8", "::1")] == [True] * 3
    assert [is_loopback(address) for address in ("0.0.0.0", "192.168.0.7", "::", "fe80::1%eth0")] == [False] * 4


def test_the_warning_that_others_can_reach_the_page() -> None:
    assert warning("127.0.0.1", token=False) is None
    assert warning("127.0.0.1", token=True) is None
    open_to_all, with_token = warning("0.0.0.0", token=False), warning("192.168.0.7", token=True)
    assert open_to_all is not None
    assert with_token is not None
    assert "everybody who can reach this computer" in open_to_all
    assert "--token" in open_to_all
    assert "everybody with the token" in with_token
    assert "not encrypted" in with_token


def test_all_networks_are_reached_at_an_address_of_this_computer() -> None:
    own = reachable("0.0.0.0")
    with socket.socket() as server:
        server.bind((own, 0))  # fails for an address that is not this computer's
    assert own != "0.0.0.0"
    assert reachable("192.168.0.7") == "192.168.0.7"
    assert as_url("::1", 80) == "http://[::1]:80/"
    assert as_url("127.0.0.1", 8000) == "http://127.0.0.1:8000/"


@pytest.mark.parametrize(
    "name",
    ["localhost", "LOCALHOST:8000", "cam.localhost:1", "127.0.0.1:8000", "192.168.0.7", "[::1]:8000", "[fe80::1]",
     "my-pc:8000", "My-PC.", socket.gethostname(), f"{socket.gethostname().partition('.')[0]}.local:8000"],
)  # fmt: skip
def test_names_of_this_computer(name: str) -> None:
    assert names_this_computer(name, "my-pc")


@pytest.mark.parametrize(
    "name",
    ["", ":8000", "example.com", "example.com:8000", "127.0.0.1.example.com", "localhost.example.com",
     "my-pc.example.com", "notlocalhost", "[::1].example.com"],
)  # fmt: skip
def test_domains_that_others_can_own(name: str) -> None:
    assert not names_this_computer(name, "my-pc")
