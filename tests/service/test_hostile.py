"""Hostile requests to the real command in a process of its own; the long run is `python -m tests.fuzz.fuzz_service`."""

from __future__ import annotations

import socket
import sys
from random import Random

import pytest

from tests.fuzz.attacked_service import AttackedService, judge, status_codes
from tests.fuzz.exchange import Exchange, head
from tests.fuzz.hostile_requests import QUICK

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")


def test_the_service_survives_hostile_requests() -> None:
    random = Random(1)
    with AttackedService() as service:
        service.good_request()
        before = service.open_things()
        idle = [socket.create_connection(("127.0.0.1", service.port)) for _ in range(40)]
        idle[0].sendall(b"POST /v1/segment HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9\r\n")
        service.attack(kind(random) for _ in range(5) for kind in QUICK)
        service.good_request()
        for link in idle:
            link.close()
        files, threads = service.settled(before, 8)
        assert files <= before[0]
        assert threads <= before[1]
    assert service.defects == []


def test_defects_would_be_seen() -> None:
    twice = Exchange("x", (), codes=(400,), most=1)
    answer = b"HTTP/1.1 %d X\r\nContent-Length: 2\r\n\r\nab"
    assert status_codes(answer % 200 + answer % 404) == [200, 404]
    assert judge(twice, [400]) is None
    assert judge(twice, []) is None
    for codes in ([500], [400, 404], [200]):
        assert judge(twice, codes)
    with pytest.raises(ValueError, match="no HTTP"):
        status_codes(head())
