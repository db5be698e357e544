"""Small video servers on 127.0.0.1: web servers with all kinds of manners, and an RTSP camera."""

from __future__ import annotations

import base64
import contextlib
import re
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path

import av
import cv2

from tests.video.samples import picture

Answer = Callable[[socket.socket, bytes], None]


@contextmanager
def serving(answer: Answer, scheme: str = "http") -> Iterator[str]:
    """Lets `answer(link, request)` handle each connection, in its own thread; yields the address, without a path."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(8)
        threading.Thread(target=_accept, args=(listening, answer), daemon=True).start()
        yield f"{scheme}://127.0.0.1:{listening.getsockname()[1]}"
        with contextlib.suppress(OSError):
            listening.shutdown(socket.SHUT_RDWR)  # ends the thread, which waits for the next client


def _accept(listening: socket.socket, answer: Answer) -> None:
    while True:
        try:
            link, _ = listening.accept()
        except OSError:
            return
        threading.Thread(target=_handle, args=(link, answer), daemon=True).start()


def _handle(link: socket.socket, answer: Answer) -> None:
    link.settimeout(30)
    with link, contextlib.suppress(OSError):
        answer(link, read_request(link))


def read_request(link: socket.socket) -> bytes:
    """The head of the next request."""
    request = b""
    while not request.endswith(b"\r\n\r\n"):
        more = link.recv(1)
        if not more:
            raise OSError("the client has gone")
        request += more
    return request


def file_of(data: bytes) -> Answer:
    """A web server that sends a file, or the part of it that is asked for."""

    def answer(link: socket.socket, request: bytes) -> None:
        wanted = re.search(rb"(?i)range: bytes=(\d+)-", request)
        first = int(wanted[1]) if wanted else 0
        head = f"Content-Range: bytes {first}-{len(data) - 1}/{len(data)}\r\nContent-Length: {len(data) - first}\r\n"
        link.sendall(f"HTTP/1.1 206 Partial Content\r\n{head}Connection: close\r\n\r\n".encode() + data[first:])

    return answer


def whole_file_of(data: bytes) -> Answer:
    """A simple web server that always sends the whole file, whatever part is asked for."""

    def answer(link: socket.socket, request: bytes) -> None:
        link.sendall(f"HTTP/1.0 200 OK\r\nContent-Length: {len(data)}\r\n\r\n".encode() + data)

    return answer


def half_of(data: bytes, then_hang: float = 0) -> Answer:
    """A web server that sends the first half, says nothing for `then_hang` seconds, and is not back afterwards."""
    asked = []

    def answer(link: socket.socket, request: bytes) -> None:
        asked.append(request)
        if len(asked) == 1:
            link.sendall(f"HTTP/1.1 200 OK\r\nContent-Length: {len(data)}\r\n\r\n".encode() + data[: len(data) // 2])
            time.sleep(then_hang)

    return answer


def mjpeg_camera(frames: int, seconds: float) -> Answer:
    """A network camera that sends JPEG pictures as `multipart/x-mixed-replace`, one each `seconds`."""

    def answer(link: socket.socket, request: bytes) -> None:
        link.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=frame\r\n\r\n")
        for index in range(frames):
            jpeg = cv2.imencode(".jpg", picture(index))[1].tobytes()
            head = f"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {len(jpeg)}\r\n\r\n"
            link.sendall(head.encode() + jpeg + b"\r\n")
            time.sleep(seconds)

    return answer


def rtsp_camera(path: Path) -> Answer:
    """A camera that sends an H.264 video as RTSP (RFC 2326) with RTP inside the connection (RFC 6184), then ends."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        to_annex_b = av.BitStreamFilterContext("h264_mp4toannexb", stream)
        packets = [out for packet in container.demux(stream) if packet.size for out in to_annex_b.filter(packet)]
        pictures = [(packet.pts * packet.time_base, _units(bytes(packet))) for packet in packets]
    parameters = ",".join(base64.b64encode(unit).decode() for unit in pictures[0][1] if unit[0] & 31 in (7, 8))
    description = (
        "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=camera\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=video 0 RTP/AVP 96\r\n"
        f"a=rtpmap:96 H264/90000\r\na=fmtp:96 packetization-mode=1;sprop-parameter-sets={parameters}\r\n"
        "a=control:track\r\n"
    )

    def answer(link: socket.socket, request: bytes) -> None:
        while True:
            method, head, body = request.split()[0], "", ""
            if method == b"OPTIONS":
                head = "Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN\r\n"
            elif method == b"DESCRIBE":
                head, body = f"Content-Type: application/sdp\r\nContent-Length: {len(description)}\r\n", description
            elif method == b"SETUP":
                head = "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n"
            number = re.search(rb"(?i)cseq: *(\d+)", request)
            assert number is not None
            link.sendall(f"RTSP/1.0 200 OK\r\nCSeq: {number[1].decode()}\r\nSession: 1\r\n{head}\r\n{body}".encode())
            if method == b"PLAY":
                _play(link, pictures)
                return
            request = read_request(link)

    return answer


def _units(data: bytes) -> list[bytes]:
    return [unit for unit in re.split(rb"\x00\x00\x00?\x01", data) if unit]


def _play(link: socket.socket, pictures: list[tuple[Fraction, list[bytes]]]) -> None:
    sequence = 0
    for shown, units in pictures:
        for unit in units:
            last = unit is units[-1]
            packet = struct.pack("!BBHII", 0x80, 96 | last << 7, sequence, 900_000 + int(shown * 90_000), 7) + unit
            link.sendall(struct.pack("!cBH", b"$", 0, len(packet)) + packet)
            sequence += 1
