"""`AttackedService`: `maskseg serve` in a process of its own, hostile exchanges with it, and what they leave behind."""

from __future__ import annotations

import os
import re
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.cli import fake_model
from tests.cli.running import ENVIRONMENT
from tests.fuzz.exchange import MAX_BYTES, MAX_PIXELS, Exchange, picture, post

#: Seconds in which the server must have ended what a client began, with STRANGER_TIME and the time of a request.
PATIENCE = 25.0

#: Codes of which none is a defect of the server.
SOUND = {200, 100, 303, 400, 401, 403, 404, 405, 406, 408, 413, 415, 422, 429, 431, 501, 503, 505}

OPTIONS = ("--max-bytes", str(MAX_BYTES), "--max-pixels", str(MAX_PIXELS), "--timeout", "1")


class AttackedService:
    """Starts the service; ends it at the end of a `with` block.

    Args:
        module: what Python runs: the real program, or the one with the stand-in of the network.
        options: of `maskseg serve`.

    Attributes:
        defects: sentences.
        counts: name of an attack and first status code -> how often; 0: no answer.
    """

    def __init__(self, module: str = fake_model.__name__, options: Sequence[str] = OPTIONS) -> None:
        command = [sys.executable, "-m", module, "serve", "0", *options]
        self._process = subprocess.Popen(command, stderr=subprocess.PIPE, env=ENVIRONMENT)
        assert self._process.stderr is not None
        line = self._process.stderr.readline().decode()
        found = re.fullmatch(r"Serving at http://127.0.0.1:(\d+)/\n", line)
        assert found, line + self._process.stderr.read().decode()
        self.port = int(found[1])
        self.defects: list[str] = []
        self.counts: Counter[tuple[str, int]] = Counter()
        self._lock = threading.Lock()

    def __enter__(self) -> AttackedService:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.send_signal(signal.SIGTERM)
        assert self._process.stderr is not None
        rest = self._process.stderr.read().decode()
        code = self._process.wait(30)
        if rest != "Stopped.\n":
            self.defects.append(f"On stderr: {rest[-3000:]}")
        if code != 143:
            self.defects.append(f"Exit code {code}.")

    def attack(self, exchanges: Iterable[Exchange], clients: int = 8) -> None:
        """Makes the exchanges, several at a time, and checks each answer."""
        with ThreadPoolExecutor(clients) as pool:
            for _ in pool.map(self._one, exchanges):
                pass

    def good_request(self) -> None:
        """Fails where a sound request is not answered; a full queue is one more try."""
        for _ in range(100):
            answer = self.exchange(Exchange("good", (post(picture()),)))
            if b" 503 " not in answer[:20]:
                assert answer.startswith(b"HTTP/1.1 200 "), answer[:300]
                assert b'"annotations"' in answer, answer
                return
            time.sleep(0.1)
        raise AssertionError("The service is busy for ever.")

    def exchange(self, exchange: Exchange) -> bytes:
        """Does what a hostile client does; returns all that the server sends.

        Raises:
            TimeoutError: the server does not end the connection.
        """
        answer = b""
        with socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE) as link:
            try:
                for number, piece in enumerate(exchange.pieces):
                    if number and exchange.pause:
                        time.sleep(exchange.pause)
                    link.sendall(piece)
                if exchange.end == "reset":
                    link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                if exchange.end in ("leave", "reset"):
                    return b""
                if exchange.end == "shut":
                    link.shutdown(socket.SHUT_WR)
            except OSError:  # it was hung up on; what it said before may still be read
                pass
            try:
                while data := link.recv(65536):
                    answer += data
            except TimeoutError:
                raise
            except OSError:
                pass
        return answer

    def open_things(self) -> tuple[int, int]:
        """Open files and sockets of the server, and its threads."""
        folder = Path(f"/proc/{self._process.pid}")
        return len(os.listdir(folder / "fd")), len(os.listdir(folder / "task"))

    def resident(self) -> float:
        """Megabytes of the server that are in memory."""
        pages = int(Path(f"/proc/{self._process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6

    def settled(self, before: tuple[int, int], seconds: float = PATIENCE) -> tuple[int, int]:
        """Waits until no more files and threads are open than before; returns what is open."""
        end = time.monotonic() + seconds
        while True:
            now = self.open_things()
            if (now[0] <= before[0] and now[1] <= before[1]) or time.monotonic() > end:
                return now
            time.sleep(0.05)

    def _one(self, exchange: Exchange) -> None:
        try:
            answer = self.exchange(exchange)
            codes = status_codes(answer)
        except (TimeoutError, ValueError) as error:
            codes, problem = [], f"{type(error).__name__}: {error}"
        else:
            problem = judge(exchange, codes)
        with self._lock:
            self.counts[exchange.name, codes[0] if codes else 0] += 1
            if problem:
                sent = b"".join(exchange.pieces)
                self.defects.append(
                    f"{exchange.name} ({exchange.end}): {problem}; sent {sent[:300]!r} ({len(sent)} bytes)"
                )


def judge(exchange: Exchange, codes: list[int]) -> str | None:
    """What is wrong with the answers to an exchange."""
    if any(code not in SOUND for code in codes):
        return f"answers {codes}"
    codes = [code for code in codes if code != 100]
    if len(codes) > exchange.most:
        return f"answers {codes}, where at most {exchange.most} may come"
    if codes and exchange.codes and codes[0] not in (*exchange.codes, 503):  # which a busy service may always say
        return f"answers {codes} in place of {exchange.codes}"
    return None


def status_codes(stream: bytes) -> list[int]:
    """The status codes of the answers on a connection, one after the other.

    Raises:
        ValueError: it is no HTTP.
    """
    codes = []
    while stream:
        found = re.match(rb"HTTP/1\.[01] (\d{3}) [^\r\n]*\r\n(?:[^\r\n]+\r\n)*\r\n", stream)
        if not found:
            raise ValueError(f"no HTTP: {stream[:200]!r}")
        codes.append(int(found[1]))
        length = re.search(rb"(?i)\r\ncontent-length: (\d+)\r\n", found[0])
        stream = stream[found.end() :]
        if length and not stream.startswith(b"HTTP/1.1 "):  # an answer to HEAD has a length and no body
            stream = stream[int(length[1]) :]
        elif not length and codes[-1] != 100:  # its body ends with the connection
            break
    return codes
