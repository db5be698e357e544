"""HTTP requests to `maskseg serve`; as a program, thousands of hostile clients of a server in a process of its own.

    python -m tests.fuzz.fuzz_service [--requests 3000] [--real] [--seed N]

The program prints what was answered and the memory of the server, and fails where there was a defect.
"""

from __future__ import annotations

import argparse
import errno
import socket
import time
from functools import cache
from pathlib import Path
from random import Random

from maskseg_cli.errors import MasksegError
from maskseg_cli.serve.web_server import WebServer, listen
from maskseg_cli.service.app import make_app
from maskseg_cli.service.options import ServiceOptions
from tests.cli.fake_model import blob_predictor
from tests.fuzz.attacked_service import SOUND, AttackedService, status_codes
from tests.fuzz.exchange import MAX_BYTES, MAX_PIXELS, head
from tests.fuzz.fuzzer import Fuzzer
from tests.fuzz.hostile_requests import QUICK, TOKENS, hostile, seeds

_DEFECTS: list[BaseException] = []

#: Megabytes by which the server may grow from a third of the requests to their end; the network in the box keeps
#: memory for each size of pictures.
_GROWTH, _REAL_GROWTH = 10.0, 30.0


@cache
def _server() -> WebServer:
    listening = listen("127.0.0.1", 0)
    options = ServiceOptions(max_bytes=MAX_BYTES, max_pixels=MAX_PIXELS, timeout=2)
    server = WebServer(make_app(blob_predictor(), options), listening, 0.5)
    server.on_error = _DEFECTS.append
    return server


def _attack(data: bytes, folder: Path) -> None:
    _DEFECTS.clear()
    answer = _answer(data)
    if _DEFECTS:
        raise _DEFECTS[0]
    assert _answer(head("GET /healthz HTTP/1.1")).startswith(b"HTTP/1.1 200 ")
    codes = status_codes(answer)
    assert set(codes) <= SOUND, codes
    if not codes or codes[0] >= 400:
        raise MasksegError(f"The answers are {codes[:1]}.")


def _answer(data: bytes) -> bytes:
    answer = b""
    with socket.create_connection(("127.0.0.1", _server().port), timeout=20) as link:
        try:
            link.sendall(data)
            link.shutdown(socket.SHUT_WR)
            while piece := link.recv(65536):
                answer += piece
        except OSError as error:
            if error.errno not in (errno.ECONNRESET, errno.EPIPE, errno.ENOTCONN):  # it was hung up on
                raise
    return answer


def _craft(random: Random, _: bytes) -> bytes:
    return b"".join(random.choice(QUICK)(random).pieces)


FUZZER = Fuzzer("service", seeds, _attack, TOKENS, _craft, cost=5)


def main() -> int:
    """Attacks a server and prints what it answered."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.fuzz.fuzz_service", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("--requests", type=int, default=3000)
    parser.add_argument("--real", action="store_true", help="with the network in the box, not the stand-in")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    random = Random(given.seed)
    third = given.requests // 3
    service = AttackedService(*(("maskseg_cli",) if given.real else ()))
    memory = []
    with service:
        service.attack(hostile(random) for _ in range(third))
        time.sleep(1)
        before = service.open_things()
        begun = time.perf_counter()
        for _ in range(2):
            memory.append(service.resident())
            service.attack(hostile(random) for _ in range(third))
        seconds = time.perf_counter() - begun
        service.good_request()
        after = service.settled(before)
        memory.append(service.resident())
    for (name, code), count in sorted(service.counts.items()):
        print(f"{name:20}{code or 'no answer'!s:>10}{count:7}")
    print(f"{3 * third} exchanges, the last two thirds in {seconds:.0f} s")
    print(f"memory after 1/3, 2/3 and all: {', '.join(f'{one:.1f}' for one in memory)} MB")
    print(f"open files and threads before and after: {before}, {after}")
    if after[0] > before[0] or after[1] > before[1]:
        service.defects.append("Sockets or threads are left.")
    if memory[-1] - memory[0] > (_REAL_GROWTH if given.real else _GROWTH):
        service.defects.append("Memory has grown.")
    print(f"{len(service.defects)} defects", *service.defects[:40], sep="\n")
    return 1 if service.defects else 0


if __name__ == "__main__":
    raise SystemExit(main())
