"""Hostile requests to `maskseg serve`, as bytes and the way in which they are sent."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from random import Random
from typing import Literal

from PIL import Image

from tests.cli.running import encoded
from tests.fuzz.mutation import mutate

#: Limits of the server that is attacked.
MAX_BYTES, MAX_PIXELS = 200_000, 200_000

End = Literal["shut", "leave", "reset", "hold"]


@dataclass(frozen=True)
class Exchange:
    """What one hostile client does.

    Attributes:
        name: of the kind of attack.
        pieces: bytes that are sent one after the other.
        pause: seconds between them.
        end: "shut": the client closes its side and reads to the end; "leave": it closes the connection at once;
            "reset": with a reset; "hold": it sends nothing more, and reads until the server closes.
        codes: status codes of which the first answer has one; (): any that is no defect.
        most: answers, at most.
    """

    name: str
    pieces: tuple[bytes, ...]
    pause: float = 0.0
    end: End = "shut"
    codes: tuple[int, ...] = ()
    most: int = 1000


@cache
def picture() -> bytes:
    """A sound JPEG in which the stand-in of the network finds two objects."""
    return encoded()


def head(
    first: str | bytes = "POST /v1/segment HTTP/1.1", *lines: str | bytes, host: bytes = b"Host: 127.0.0.1\r\n"
) -> bytes:
    """The header of a request."""
    parts = [first, *lines]
    one, *rest = (part.encode("latin-1") if isinstance(part, str) else part for part in parts)
    return one + b"\r\n" + host + b"".join(line + b"\r\n" for line in rest) + b"\r\n"


def post(body: bytes, kind: str = "image/jpeg", *lines: str | bytes, query: str = "") -> bytes:
    """A POST with the right length."""
    return (
        head(f"POST /v1/segment{query} HTTP/1.1", f"Content-Type: {kind}", f"Content-Length: {len(body)}", *lines)
        + body
    )


def form(content: bytes, name: str = "a.jpg", boundary: str = "x", field: str = "image") -> bytes:
    """The body of a form with one file."""
    begin = f'--{boundary}\r\nContent-Disposition: form-data; name="{field}"; filename="{name}"\r\n\r\n'
    return begin.encode("latin-1", "replace") + content + f"\r\n--{boundary}--\r\n".encode("latin-1", "replace")


def png(width: int, height: int, pixels: bytes = b"") -> bytes:
    """A gray PNG whose header says any size."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(pixels)) + chunk(b"IEND", b"")


def _oversized(random: Random) -> Exchange:
    much = MAX_BYTES + random.choice((1, 1000, 100_000))
    chunk = b"10000\r\n" + b"0" * 65536 + b"\r\n"
    chunks = head("POST /v1/segment HTTP/1.1", "Content-Type: image/jpeg", "Transfer-Encoding: chunked") + chunk * (
        much // 65536 + 1
    )
    return random.choice(
        (
            Exchange("oversized", (head("POST /v1/segment HTTP/1.1", f"Content-Length: {much}"),), codes=(413,)),
            Exchange("oversized", (post(b"0" * much),), codes=(413,)),
            Exchange("oversized", (post(form(b"0" * much), "multipart/form-data; boundary=x"),), codes=(413,)),
            Exchange("oversized", (chunks + b"0\r\n\r\n",), codes=(413,)),
            Exchange("oversized", (head("POST /v1/segment HTTP/1.1", "Content-Length: 9" + "9" * 17),), codes=(413,)),
        )
    )


def _cut(random: Random) -> Exchange:
    whole = random.choice((post(picture()), post(form(picture()), "multipart/form-data; boundary=x")))
    start = whole.index(b"\r\n\r\n") + 4
    end: End = random.choice(("shut", "leave", "reset"))
    return Exchange("cut", (whole[: random.randrange(start, len(whole))],), end=end, codes=(400,))


def _cut_header(random: Random) -> Exchange:
    whole = post(picture())
    end: End = random.choice(("shut", "leave", "reset"))
    return Exchange("cut header", (whole[: random.randrange(whole.index(b"\r\n\r\n") + 3)],), end=end)


def _slow_body(random: Random) -> Exchange:
    whole = post(picture())
    cut = random.randrange(whole.index(b"\r\n\r\n") + 4, len(whole) - 20)
    pieces = (whole[:cut], *(whole[cut + i : cut + i + 1] for i in range(10)))
    return Exchange("slow body", pieces, 0.15, "hold", codes=(408,))


def _slow_header(random: Random) -> Exchange:
    pieces = tuple(b"%c" % byte for byte in random.choice((post(picture()), head("GET / HTTP/1.1")))[:12])
    return Exchange("slow header", pieces, 0.1, "hold")


def _half_open(random: Random) -> Exchange:
    sent = random.choice((b"", b"G", b"POST /v1/segment HTTP/1.1\r\n", head("GET /healthz HTTP/1.1"), b"\r\n" * 9))
    return Exchange("half open", (sent,), end="hold")


def _wrong_type(random: Random) -> Exchange:
    kind = random.choice(
        (
            "text/plain",
            "application/json",
            "application/x-www-form-urlencoded",
            "multipart/mixed",
            "*/*",
            ";",
            "a" * 9000,
        )
    )
    return Exchange("wrong type", (post(picture(), kind),), codes=(415,))


def _lengths(random: Random) -> Exchange:
    size = len(picture())
    lines = random.choice(
        (
            (f"Content-Length: {size}", "Content-Length: 0"),
            (f"Content-Length: {size}", f"Content-Length: {size + 5}"),
            (f"Content-Length: 0, {size}",),
            ("Content-Length: -1",),
            (f"Content-Length: +{size}",),
            ("Content-Length: 0x10",),
            ("Content-Length: 1e3",),
            ("Content-Length: \xb2",),
            ("Content-Length: ",),
            (f"Content-Length: {size} {size}",),
            ("Content-Length: " + "9" * 400,),
            (f"Content-Length : {size}",),
            (f" Content-Length: {size}",),
        )
    )
    attack = head("POST /v1/segment HTTP/1.1", "Content-Type: image/jpeg", *lines)
    return Exchange("lengths", (attack + picture() + _smuggled(),), codes=(400, 413), most=1)


def _smuggled() -> bytes:
    return head("GET /smuggled HTTP/1.1")


def _smuggling(random: Random) -> Exchange:
    """A body with two ends: what lies behind one of them must not be answered as a request of its own."""
    coding = random.choice(
        (
            "Transfer-Encoding: chunked",
            "Transfer-Encoding: Chunked",
            "Transfer-Encoding: chunked, identity",
            "Transfer-Encoding: gzip, chunked",
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: x",
            "Transfer-Encoding:\tchunked",
            "Transfer-Encoding: xchunked",
            "Transfer-Encoding: chunked\x0b",
            "Transfer-Encoding : chunked",
            "Transfer-Encoding\r\n : chunked",
            "X: y\r\n Transfer-Encoding: chunked",
            "Transfer_Encoding: chunked\r\nTransfer-Encoding: identity",
        )
    )
    body = b"0\r\n\r\n" + _smuggled()
    length = random.choice((5, len(body), 4))
    both = [f"Content-Length: {length}", coding]
    random.shuffle(both)
    return Exchange("smuggling", (head("POST /v1/segment HTTP/1.1", *both) + body,), codes=(400, 501), most=1)


def _smuggling_get(random: Random) -> Exchange:
    """A GET whose body is a request."""
    body = _smuggled()
    if random.random() < 0.5:
        return Exchange(
            "GET with a body", (head("GET /healthz HTTP/1.1", f"Content-Length: {len(body)}") + body,), most=1
        )
    chunked = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
    attack = head(f"{random.choice(('GET', 'HEAD'))} /healthz HTTP/1.1", "Transfer-Encoding: chunked") + chunked
    return Exchange("GET with a body", (attack,), codes=(400,), most=1)


def _chunks(random: Random) -> Exchange:
    size = b"%x" % len(picture())
    bad = random.choice(
        (
            b"zz\r\n", b"-1\r\n", b"f" * 30 + b"\r\n", b"0x5\r\n", b" 5\r\n", b"5 \r\n", b"\r\n", b"5\n", b"5;" + b"a" * 70_000,
            b"5\r\nhelloX\r\n", b"%b\r\n" % (b"0" * 40 + b"5"), b"5;\x00=\r\nhello\r\n", b"\xb2\r\n", b"5_0\r\n",
        )
    )  # fmt: skip
    begin = head("POST /v1/segment HTTP/1.1", "Content-Type: image/jpeg", "Transfer-Encoding: chunked")
    good = size + b"\r\n" + picture() + b"\r\n"
    sent = begin + random.choice((bad, good + bad, bad + good)) + b"0\r\n\r\n"
    return Exchange("chunks", (sent,), most=1)


def _trailers(random: Random) -> Exchange:
    begin = head("POST /v1/segment HTTP/1.1", "Content-Type: image/jpeg", "Transfer-Encoding: chunked")
    tail = b"0\r\n" + random.choice(
        (b"X: y\r\n", b"Content-Length: 5\r\n", b"X: " + b"y" * 70_000 + b"\r\n", b"broken\r\n")
    )
    return Exchange("trailers", (begin + b"%x\r\n%s\r\n" % (len(picture()), picture()) + tail + b"\r\n",))


_PATHS = (
    "/../../etc/passwd", "/..%2f..%2fetc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "//etc/passwd", "/page/../service.js",
    "/....//service.js", "/service.js/..", "/service.js%00.html", "/..\\..\\windows", "/service.js;x", "/./service.js",
    "/%c0%ae%c0%ae/etc/passwd", "/" + "a/" * 20_000, "/%ff%fe", "/%", "/%zz", "/\xe4", "/v1/segment/", "/v1//segment",
    "/%2Fetc%2Fpasswd", "/file:///etc/passwd", "/__init__.py", "/maskseg_cli/service/app.py", "/\x7f", "/V1/MODEL",
)  # fmt: skip


def _traversal(random: Random) -> Exchange:
    path = random.choice(_PATHS)
    return Exchange("traversal", (head(f"GET {path} HTTP/1.1"),), codes=(400, 404, 405, 431))


def _file_names(random: Random) -> Exchange:
    name = random.choice(
        (
            "../../etc/passwd",
            "/etc/passwd",
            "..\\..\\x",
            "C:\\x",
            "",
            "a" * 5000,
            "\x00.jpg",
            'a;b="c',
            "%2e%2e%2f",
            "\xff",
        )
    )
    body = form(picture(), name)
    return Exchange("file names", (post(body, "multipart/form-data; boundary=x"),), codes=(200, 400, 503))


def _query(random: Random) -> Exchange:
    query = random.choice(
        (
            "min_score=" + "9" * 60_000, "x=" + "y" * 63_000, "&" * 50_000, "=&" * 20_000, "min_score=%00", "%00=%00",
            "classes=" + ",".join(["dog"] * 9000), "classes=%ff%fe", "classes=" + "," * 30_000, "name=%ed%a0%80",
            "min_score=nan", "min_score=-0", "min_score=1e-999", "max_detections=%C2%B2", "max_detections=0", "quality=1e1",
            "format=coco&format=png", "format=../../x", "palette=%0d%0aX:y", "name=%0d%0aSet-Cookie:%20a=b", "alpha=inf",
            "name=" + "%F0%9F%90%B6" * 3000, "token=" + "t" * 30_000, "a[]=1", "min_score=0.5;min_score=1", "%", "%u0041=1",
        )
    )  # fmt: skip
    return Exchange("query", (post(picture(), query=f"?{query}"),))


def _header_lines(random: Random) -> Exchange:
    lines: tuple[bytes, ...] = random.choice(
        (
            (b"X: a\0b",), (b"X\0: a",), (b"no colon",), (b": empty",), (b"X : y",), (b"X: a\r\n b",), (b"X: a\rb",),
            (b"X: a\nY: b",), (b"\xff: x",), (b"X: " + b"y" * 70_000,), (b"X: y",) * 1500, (b"X" * 30_000 + b": y",),
            (b"Host: evil.example",), (b"Cookie: " + b"a=b; " * 9000,), (b"Authorization: Bearer \xff\xfe",),
            (b"Origin: http://[",), (b"Origin: null",), (b"X-Forwarded-Host: 127.0.0.1", b"Origin: http://127.0.0.1"),
            (b"Sec-Fetch-Site: cross-site",), (b"Connection: " + b"close, " * 5000,), (b"Accept-Encoding: \0",),
            (b"Content-Encoding: gzip",), (b"Range: bytes=0-18446744073709551616",), (b"Referer: \x1b[31m",),
        )
    )  # fmt: skip
    return Exchange("header lines", (head(random.choice(("GET / HTTP/1.1", "GET /v1/model HTTP/1.1")), *lines),))


def _hosts(random: Random) -> Exchange:
    hosts = (
        b"", b"Host:\r\n", b"Host: evil.example\r\n", b"Host: 127.0.0.1\r\nHost: evil.example\r\n", b"Host: [::1\r\n",
        b"Host: \xff\r\n", b"Host: a b\r\n", b"Host: 127.0.0.1@evil.example\r\n",
    )  # fmt: skip
    return Exchange("hosts", (head("GET /v1/model HTTP/1.1", host=random.choice(hosts)),), codes=(400, 403))


def _boundaries(random: Random) -> Exchange:
    kind = random.choice(
        (
            "multipart/form-data", "multipart/form-data; boundary=", 'multipart/form-data; boundary=""',
            "multipart/form-data; boundary=y", "multipart/form-data; boundary=" + "b" * 60_000,
            'multipart/form-data; boundary="x', "multipart/form-data; boundary=x; boundary=y",
            "multipart/form-data; boundary=\xff\x01", "multipart/form-data; boundary*=utf-8''x",
            "multipart/form-data;boundary=x;charset=utf-16", "multipart/form-data; boundary=\t", "multipart/form-data;;;;",
            "multipart/form-data; " + "a=b;" * 9000, "multipart/form-data; boundary*0=x; boundary*1=y",
        )
    )  # fmt: skip
    return Exchange("boundaries", (post(form(picture()), kind),), codes=(200, 400, 413, 431, 503))


def _parts(random: Random) -> Exchange:
    field = b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n'
    file = b'--x\r\nContent-Disposition: form-data; name="a"; filename="a"\r\n\r\nb\r\n'
    end = b"--x--\r\n"
    body = random.choice(
        (
            field * 3000 + end, file * 2000 + end, field * 3000 + form(picture()), b"--x\r\n" * 30_000 + end,
            b"--x\r\n" + b"A: b\r\n" * 25_000 + b"\r\n" + end, b"--x\r\n" + b"A" * 180_000, b"\r\n--" * 45_000,
            b"--x\r\nA: " + b"b" * 180_000 + b"\r\n\r\n" + end, b"\r" * 190_000, b"--x" + b"-" * 150_000, form(b"\r\n--" * 45_000),
            b'--x\r\nContent-Disposition: form-data; filename="' + b"\\" * 150_000 + b'"\r\n\r\nb\r\n' + end,
            b"--x\r\nContent-Disposition: form-data" + b"; a=b" * 30_000 + b"\r\n\r\nb\r\n" + end,
            form(form(picture(), boundary="y")), form(b""), end, b"", form(picture()) * 2, form(picture()) + b"tail" * 999,
            b"--x\r\nContent-Disposition: form-data; filename*=utf-8''%ff%fe\r\n\r\n" + picture() + b"\r\n" + end,
        )
    )  # fmt: skip
    return Exchange("parts", (post(body, "multipart/form-data; boundary=x"),), codes=(200, 400, 422, 503))


def _bombs(random: Random) -> Exchange:
    zeros = b"\0" * 10_000_000
    huge = struct.pack("<I", 60_000)
    body = random.choice(
        (
            png(60_000, 60_000), png(2**31 - 1, 2**31 - 1), png(0, 0), png(2**31, 1), png(447, 447, zeros), png(1, 200_000),
            png(60_000, 3, zeros), png(447, 448, b""), b"BM" + b"\0" * 12 + struct.pack("<I", 40) + huge + huge + b"\1\0\x18\0" + b"\0" * 30,
            b"II*\0\x08\0\0\0" + b"\x01\x00" + struct.pack("<HHII", 256, 4, 1, 60_000) + b"\x08\0\0\0",
            b"RIFF\x24\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0\xff\xff\xff\xff\xff\xff" + b"\0" * 20,
            picture()[:2] + b"\xff\xc2\0\x11\x08\xff\xff\xff\xff\x03\x01\x22\0\x02\x11\1\x03\x11\1" + b"\xff\xda" * 50,
            b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + b"\0" * 300, b"\0\0\0\x1cftypavif" + b"\xff" * 3000,
        )
    )  # fmt: skip
    return Exchange("picture bombs", (post(body, "application/octet-stream"),), codes=(200, 400, 413, 422, 503))


def _polyglots(random: Random) -> Exchange:
    stream = io.BytesIO()
    Image.new("P", (30, 20)).save(stream, "GIF")
    body = random.choice(
        (
            picture() + b"PK\x03\x04" + b"x" * 1000, picture() + b"<script>alert(1)</script>", stream.getvalue(),
            b"GIF89a/*" + b"\0" * 90 + b"*/=1;", b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>", b"%PDF-1.7\n" * 99,
            b"<html><script>1</script>" + picture(), b"#!/bin/sh\nrm -rf /\n" + picture(), b"PK\x03\x04" + picture(),
            picture()[:20] + b"\xff\xfe\xff\xff" + b"<?php system('x');" * 20 + picture()[20:], b"\x7fELF" + b"\0" * 3000,
            encoded("PNG") + encoded("PNG"), b"\xff\xd8" * 9000, b"\xff\xd8\xff\xe1\xff\xffExif\0\0II*\0" + b"\xff" * 66_000,
        )
    )  # fmt: skip
    return Exchange("polyglots", (post(body, "image/jpeg"),), codes=(200, 400, 413, 422, 503))


def _accepts(random: Random) -> Exchange:
    accept = random.choice(
        (
            "image/png;" * 6000, "a/b," * 15_000, "*/*;q=" + "9" * 9000, "image/png;q=nan", "image/png;q=inf,image/jpeg;q=-inf",
            "image/png;q=1e400", ";" * 60_000, "," * 60_000, "image/png;q=0", "text/html", "\xff", "*", "image/", "/", "q=1",
            "image/*;q=0.5,application/json;q=0.5," + "x/y;q=0.9," * 5000,
        )
    )  # fmt: skip
    return Exchange("accept", (post(picture(), "image/jpeg", f"Accept: {accept}"),), codes=(200, 406, 431, 400, 503))


def _pipelines(random: Random) -> Exchange:
    get = head("GET /healthz HTTP/1.1")
    sent = random.choice(
        (
            get * 60, post(picture()) * 4, post(picture()) + get * 20, get + post(picture()) + b"garbage", get * 5 + b"\0" * 3000,
            post(picture())[:-50] + get, (head("HEAD / HTTP/1.1") + get) * 20, b"\r\n" * 50 + get, get[:-2] * 40,
        )
    )  # fmt: skip
    return Exchange("pipelines", (sent,), end=random.choice(("shut", "leave")))


def _first_lines(random: Random) -> Exchange:
    first = random.choice(
        (
            "TRACE / HTTP/1.1", "CONNECT evil.example:443 HTTP/1.1", "PUT /v1/segment HTTP/1.1", "DELETE / HTTP/1.1",
            "PRI * HTTP/2.0", "get / HTTP/1.1", "OPTIONS * HTTP/1.1", "GET /", "GET / HTTP/0.9", "GET / HTTP/2.0", "GET / HTTP/1.9",
            "GET  /  HTTP/1.1", "GET http://evil.example/ HTTP/1.1", "GET * HTTP/1.1", "A" * 70_000 + " / HTTP/1.1",
            "GET / HTTP/1.1\0", "\0 / HTTP/1.1", "GET / FTP/1.1", "GET / HTTP/1.1 x", "G\u00ebT / HTTP/1.1", "POST / HTTP/1.1",
            "GET http://[ HTTP/1.1", "GET ://x HTTP/1.1", "GET /#x HTTP/1.1", "\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03",
        )
    )  # fmt: skip
    return Exchange("first lines", (head(first),))


def _upgrades(random: Random) -> Exchange:
    lines = random.choice(
        (
            ("Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Key: x", "Sec-WebSocket-Version: 13"),
            ("Upgrade: h2c", "Connection: Upgrade, HTTP2-Settings", "HTTP2-Settings: AAMAAABkAAQ"),
            ("Expect: 100-continue", "Content-Length: 50"),
            ("Expect: the-impossible",),
            ("TE: trailers, deflate;q=0.5",),
        )
    )
    return Exchange("upgrades", (head(random.choice(("GET / HTTP/1.1", "POST /v1/segment HTTP/1.1")), *lines),))


def _leaves(random: Random) -> Exchange:
    """A good request, whose client does not wait for the answer."""
    accept = random.choice(("application/json", "image/png", "application/zip"))
    end: End = random.choice(("leave", "reset"))
    return Exchange("leaves", (post(picture(), "image/jpeg", f"Accept: {accept}"),), end=end)


def _damaged(random: Random) -> Exchange:
    pool = [picture(), encoded("PNG"), encoded("WEBP"), encoded("TIFF"), encoded("BMP")]
    body = mutate(random, random.choice(pool), pool)[:MAX_BYTES]
    return Exchange("damaged pictures", (post(body, "application/octet-stream"),), codes=(200, 400, 413, 422, 503))


def _mutated(random: Random) -> Exchange:
    return Exchange("mutated requests", (mutate(random, random.choice(seeds()), seeds(), TOKENS),))


@cache
def seeds() -> list[bytes]:
    """Sound requests."""
    chunked = head("POST /v1/segment HTTP/1.1", "Content-Type: image/jpeg", "Transfer-Encoding: chunked")
    return [
        post(picture()),
        post(picture(), "image/jpeg", "Accept: image/png", query="?min_score=0.3&classes=dog,person&name=a"),
        post(form(picture()), "multipart/form-data; boundary=x"),
        chunked + b"%x\r\n%s\r\n0\r\n\r\n" % (len(picture()), picture()),
        head("GET / HTTP/1.1") + head("GET /v1/model HTTP/1.1", "Accept-Encoding: gzip"),
        head("HEAD /openapi.json HTTP/1.1"),
    ]


TOKENS = (
    b"\r\n\r\n", b"\r\n", b"\n", b"Content-Length: ", b"Content-Length: 0\r\n", b"Transfer-Encoding: chunked\r\n", b"0\r\n\r\n",
    b"Expect: 100-continue\r\n", b"Connection: close\r\n", b"HTTP/1.0", b"POST /v1/segment", b"OPTIONS * ", b"--x--\r\n",
    b"--x\r\n", b"Host: evil.example\r\n", b"Origin: http://[\r\n", b"%00", b"?min_score=", b"&classes=", b"multipart/form-data;",
    b"Accept: image/webp\r\n", b"filename=", b"boundary=",
)  # fmt: skip

#: Attacks that take seconds, since the server waits for them.
SLOW: tuple[Callable[[Random], Exchange], ...] = (_slow_body, _slow_header, _half_open)

QUICK: tuple[Callable[[Random], Exchange], ...] = (
    _oversized, _cut, _cut_header, _wrong_type, _lengths, _smuggling, _smuggling_get, _chunks, _trailers, _traversal,
    _file_names, _query, _header_lines, _hosts, _boundaries, _parts, _bombs, _polyglots, _accepts, _pipelines, _first_lines,
    _upgrades, _leaves, _damaged, _mutated, _mutated,
)  # fmt: skip


def hostile(random: Random, slow: float = 0.04) -> Exchange:
    """A hostile exchange of any kind; `slow` is the share of those that take seconds."""
    exchange = random.choice(SLOW if random.random() < slow else QUICK)(random)
    if exchange.end == "shut" and len(exchange.pieces) == 1 and random.random() < 0.2:  # in pieces, as networks send
        data = exchange.pieces[0]
        cuts = sorted(random.randrange(len(data) + 1) for _ in range(3))
        parts = tuple(data[a:b] for a, b in zip([0, *cuts], [*cuts, len(data)], strict=True))
        return replace(exchange, pieces=parts)
    return exchange
