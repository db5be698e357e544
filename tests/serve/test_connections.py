"""Who is connected to the page, and who has to make room."""

from __future__ import annotations

import socket
from typing import Any, cast

import pytest

from maskseg_cli.serve import connections
from maskseg_cli.serve.connections import Connections
from maskseg_cli.serve.page_secret import page_secret


class Places:
    """Connections with a clock of their own; sockets are names."""

    def __init__(self) -> None:
        self.now = 0.0
        self.places = Connections(lambda: self.now)

    def add(self, name: str, address: str) -> tuple[bool, Any]:
        self.now += 1
        return self.places.add(cast(socket.socket, name), address)

    def admit(self, name: str, busy: bool = False) -> None:
        self.places.begin(cast(socket.socket, name))
        if not busy:
            self.places.end(cast(socket.socket, name))


@pytest.fixture
def places(monkeypatch: pytest.MonkeyPatch) -> Places:
    monkeypatch.setattr(connections, "MAX_CONNECTIONS", 5)
    monkeypatch.setattr(connections, "MAX_STRANGERS", 3)
    return Places()


def test_the_oldest_stranger_of_the_computer_with_most_of_them_makes_room(places: Places) -> None:
    assert places.add("owner", "10.0.0.1") == (True, None)
    assert places.add("b1", "10.0.0.2") == (True, None)
    assert places.add("b2", "10.0.0.2") == (True, None)
    assert places.add("b3", "10.0.0.2") == (True, "b1")
    assert places.add("c1", "10.0.0.3") == (True, "b2")
    assert set(places.places.all()) == {"owner", "b3", "c1"}


def test_strangers_never_take_the_place_of_an_admitted_connection(places: Places) -> None:
    for name in ("one", "two", "three"):
        places.add(name, "10.0.0.1")
        places.admit(name)
    assert [places.add(f"s{number}", "10.0.0.2")[1] for number in range(5)] == [None, None, "s0", "s1", "s2"]
    assert set(places.places.all()) == {"one", "two", "three", "s3", "s4"}


def test_idle_connections_make_room_and_busy_ones_do_not(places: Places) -> None:
    for number in range(5):
        places.add(f"c{number}", "10.0.0.1")
        places.admit(f"c{number}", busy=number != 2)
    assert places.add("new", "10.0.0.2") == (True, "c2")
    places.admit("new", busy=True)
    assert places.add("newer", "10.0.0.3") == (False, None)
    places.places.remove(cast(socket.socket, "c0"))
    assert places.add("newer", "10.0.0.3") == (True, None)


def test_a_stranger_is_overdue_and_an_admitted_connection_is_not(places: Places) -> None:
    places.add("stranger", "10.0.0.1")
    places.add("viewer", "10.0.0.1")
    places.admit("viewer")
    assert places.places.overdue() == []
    places.now += connections.STRANGER_TIME + 1
    assert places.places.overdue() == ["stranger"]
    assert places.places.all() == ["viewer"]


def test_the_secret_of_cookies_is_made_once_and_is_the_users_own(tmp_path: Any) -> None:
    folder = tmp_path / "cache/maskseg"
    secret = page_secret(folder)
    assert len(secret) == 32
    assert page_secret(folder) == secret
    assert (folder / "page-secret").stat().st_mode & 0o077 == 0
    (folder / "page-secret").write_bytes(b"short")
    assert len(page_secret(folder)) == 32  # broken: a new one for this run
    (tmp_path / "file").write_text("")
    assert len(page_secret(tmp_path / "file")) == 32
