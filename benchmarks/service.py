"""Photos per second of `maskseg serve` with several clients, against the network alone, and the time of a request.

    python benchmarks/service.py [FOLDER] [--clients 1 2 4 8] [--rounds 5] [--photos 100] [OPTION OF maskseg serve ...]

"Alone" is `segment_images` in this process: the photos of the folder are read, decoded and go through the network in
as many threads as `maskseg image` uses; nothing is encoded or written. The service runs in a process of its own; its
clients are threads here, on the same cores, which send the bytes of the same files over kept connections and read the
answers. All take turns in each round. `share` is the median of the rounds' ratios to "alone". `ms` is the processor's
time a photo, of the service and its clients together, which other programs on the machine change less than photos a
second. Without a folder it takes the photos of COCO val2017 beside the checkout.
"""

from __future__ import annotations

import argparse
import os
import signal
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from maskseg_cli import segment_images
from maskseg_cli.inference.loading import load_predictor
from maskseg_cli.inference.model_options import ModelOptions

PHOTOS = Path(__file__).resolve().parents[2] / "shared" / "data" / "coco" / "val"
GOAL = 0.9
#: Clients whose times of a request are printed.
TIMED_CLIENTS = 4


@contextmanager
def running_service(options: Sequence[str]) -> Iterator[tuple[int, int]]:
    """`maskseg serve` at a free port; gives its port and its process."""
    command = [sys.executable, "-m", "maskseg_cli", "serve", "0", *options]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    try:
        for line in process.stderr:
            if line.startswith("Serving at"):
                yield int(line.rstrip("/\n").rpartition(":")[2]), process.pid
                return
        raise SystemExit("maskseg serve has not started.")
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)


def resident(pid: int) -> float:
    """Megabytes of a process that are in memory."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def computing(pid: int) -> float:
    """Seconds that the processor has worked for a process and for this one."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK") + time.process_time()


class Client:
    """One kept connection; only what it needs of HTTP, so that it takes little of the cores' time."""

    def __init__(self, port: int, accept: str) -> None:
        self._head = f"POST /v1/segment HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAccept: {accept}\r\n".encode()
        self._link = socket.create_connection(("127.0.0.1", port))
        self._link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def send(self, photo: bytes) -> int:
        """Sends a photo; returns the bytes of the answer.

        Raises:
            SystemExit: the answer is an error.
        """
        self._link.sendall(self._head + b"Content-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % len(photo) + photo)
        data = b""
        while b"\r\n\r\n" not in data:
            piece = self._link.recv(1 << 20)
            if not piece:
                raise SystemExit("The service has closed a connection.")
            data += piece
        head, _, body = data.partition(b"\r\n\r\n")
        if b" 200 " not in head.split(b"\r\n", 1)[0]:
            raise SystemExit(f"The answer is {head.decode()}\n{body.decode()}")
        lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
        length = int(lengths[0].partition(b":")[2])
        count = len(body)
        while count < length:
            count += len(self._link.recv(1 << 20))
        return length

    def close(self) -> None:
        """Closes the connection."""
        self._link.close()


def photos_through(port: int, photos: Sequence[bytes], clients: int, accept: str) -> list[float]:
    """Sends each photo once; returns the seconds that each request took."""
    waiting = iter(photos)
    lock = threading.Lock()
    seconds: list[float] = []

    def work(client: Client) -> None:
        while True:
            with lock:
                photo = next(waiting, None)
            if photo is None:
                return
            before = time.perf_counter()
            client.send(photo)
            seconds.append(time.perf_counter() - before)

    opened = [Client(port, accept) for _ in range(clients)]
    threads = [threading.Thread(target=work, args=(client,)) for client in opened]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for client in opened:
        client.close()
    if len(seconds) != len(photos):
        raise SystemExit("A client has failed.")
    return seconds


def main() -> None:
    """Prints a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("folder", type=Path, nargs="?", default=PHOTOS)
    parser.add_argument("--clients", type=int, nargs="+", default=[1, 2, 4, 8])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--photos", type=int, default=100, help="of the folder, at most")
    given, options = parser.parse_known_args()
    names = sorted(given.folder.glob("*.jpg"))[: given.photos]
    if not names:
        raise SystemExit(f"{given.folder} holds no .jpg.")
    photos = [name.read_bytes() for name in names]
    predictor = load_predictor(ModelOptions(), throughput=True)
    latencies: list[float] = []

    def alone() -> None:
        for _ in segment_images(names, predictor):
            pass

    with running_service(options) as (port, pid):

        def service(clients: int, accept: str) -> Callable[[], None]:
            def turn() -> None:
                seconds = photos_through(port, photos, clients, accept)
                if clients == TIMED_CLIENTS and accept == "application/json":
                    latencies.extend(seconds)

            return turn

        turns: dict[str, Callable[[], None]] = {"alone": alone}
        turns |= {f"{clients} clients, JSON": service(clients, "application/json") for clients in given.clients}
        turns[f"{TIMED_CLIENTS} clients, JPEG"] = service(TIMED_CLIENTS, "image/jpeg")
        for turn in turns.values():
            turn()  # the first ones warm up
        latencies.clear()
        before = resident(pid)
        rates: dict[str, list[float]] = {name: [] for name in turns}
        work: dict[str, list[float]] = {name: [] for name in turns}
        for number in range(given.rounds):
            order = list(turns.items())
            for name, turn in order[number % len(order) :] + order[: number % len(order)]:
                begun, computed = time.perf_counter(), computing(pid)
                turn()
                rates[name].append(len(photos) / (time.perf_counter() - begun))
                work[name].append((computing(pid) - computed) / len(photos))
        after = resident(pid)
    shares = {
        name: statistics.median(one / base for one, base in zip(values, rates["alone"], strict=True))
        for name, values in rates.items()
    }
    print(f"{len(photos)} photos, {given.rounds} rounds; photos a second, medians\n")
    print("| | photos/s | share | ms |\n|---|---|---|---|")
    for name, values in rates.items():
        milliseconds = 1000 * statistics.median(work[name])
        print(f"| {name} | {statistics.median(values):.1f} | {100 * shares[name]:.0f} % | {milliseconds:.0f} |")
    best = max(share for name, share in shares.items() if name.endswith("JSON"))
    if latencies:
        at = statistics.quantiles(latencies, n=20)
        print(f"\n{TIMED_CLIENTS} clients, JSON: p50 {1000 * at[9]:.0f} ms, p95 {1000 * at[18]:.0f} ms a request")
    print(f"memory of the service: {before:.0f} MB after the first turns, {after:.0f} MB at the end")
    print(f"goal of {100 * GOAL:.0f} %: {'met' if best >= GOAL else 'missed'}")


if __name__ == "__main__":
    main()
