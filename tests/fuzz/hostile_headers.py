"""Requests whose first line, query or header is hostile."""

from __future__ import annotations

from random import Random

from tests.fuzz.exchange import Exchange, head, picture, post

_PATHS = (
    "/../../etc/passwd", "/..%2f..%2fetc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "//etc/passwd", "/page/../service.js",
    "/....//service.js", "/service.js/..", "/service.js%00.html", "/..\\..\\windows", "/service.js;x",
    "/./service.js",
    "/%c0%ae%c0%ae/etc/passwd", "/" + "a/" * 20_000, "/%ff%fe", "/%", "/%zz", "/\xe4", "/v1/segment/", "/v1//segment",
    "/%2Fetc%2Fpasswd", "/file:///etc/passwd", "/__init__.py", "/maskseg_cli/service/app.py", "/\x7f", "/V1/MODEL",
)  # fmt: skip


def traversal(random: Random) -> Exchange:
    path = random.choice(_PATHS)
    return Exchange("traversal", (head(f"GET {path} HTTP/1.1"),), codes=(400, 404, 405, 431))


def query(random: Random) -> Exchange:
    query = random.choice(
        (
            "min_score=" + "9" * 60_000, "x=" + "y" * 63_000, "&" * 50_000, "=&" * 20_000, "min_score=%00", "%00=%00",
            "classes=" + ",".join(["dog"] * 9000), "classes=%ff%fe", "classes=" + "," * 30_000, "name=%ed%a0%80",
            "min_score=nan", "min_score=-0", "min_score=1e-999", "max_detections=%C2%B2", "max_detections=0",
            "quality=1e1",
            "format=coco&format=png", "format=../../x", "palette=%0d%0aX:y", "name=%0d%0aSet-Cookie:%20a=b",
            "alpha=inf",
            "name=" + "%F0%9F%90%B6" * 3000, "token=" + "t" * 30_000, "a[]=1", "min_score=0.5;min_score=1", "%",
            "%u0041=1",
        )
    )  # fmt: skip
    return Exchange("query", (post(picture(), query=f"?{query}"),))


def header_lines(random: Random) -> Exchange:
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


def hosts(random: Random) -> Exchange:
    hosts = (
        b"", b"Host:\r\n", b"Host: evil.example\r\n", b"Host: 127.0.0.1\r\nHost: evil.example\r\n", b"Host: [::1\r\n",
        b"Host: \xff\r\n", b"Host: a b\r\n", b"Host: 127.0.0.1@evil.example\r\n",
    )  # fmt: skip
    return Exchange("hosts", (head("GET /v1/model HTTP/1.1", host=random.choice(hosts)),), codes=(400, 403))


def accepts(random: Random) -> Exchange:
    accept = random.choice(
        (
            "image/png;" * 6000, "a/b," * 15_000, "*/*;q=" + "9" * 9000, "image/png;q=nan",
            "image/png;q=inf,image/jpeg;q=-inf",
            "image/png;q=1e400", ";" * 60_000, "," * 60_000, "image/png;q=0", "text/html", "\xff", "*", "image/",
            "/", "q=1",
            "image/*;q=0.5,application/json;q=0.5," + "x/y;q=0.9," * 5000,
        )
    )  # fmt: skip
    return Exchange("accept", (post(picture(), "image/jpeg", f"Accept: {accept}"),), codes=(200, 406, 431, 400, 503))


def pipelines(random: Random) -> Exchange:
    get = head("GET /healthz HTTP/1.1")
    sent = random.choice(
        (
            get * 60, post(picture()) * 4, post(picture()) + get * 20, get + post(picture()) + b"garbage",
            get * 5 + b"\0" * 3000,
            post(picture())[:-50] + get, (head("HEAD / HTTP/1.1") + get) * 20, b"\r\n" * 50 + get, get[:-2] * 40,
        )
    )  # fmt: skip
    return Exchange("pipelines", (sent,), end=random.choice(("shut", "leave")))


def first_lines(random: Random) -> Exchange:
    first = random.choice(
        (
            "TRACE / HTTP/1.1", "CONNECT evil.example:443 HTTP/1.1", "PUT /v1/segment HTTP/1.1", "DELETE / HTTP/1.1",
            "PRI * HTTP/2.0", "get / HTTP/1.1", "OPTIONS * HTTP/1.1", "GET /", "GET / HTTP/0.9", "GET / HTTP/2.0",
            "GET / HTTP/1.9",
            "GET  /  HTTP/1.1", "GET http://evil.example/ HTTP/1.1", "GET * HTTP/1.1", "A" * 70_000 + " / HTTP/1.1",
            "GET / HTTP/1.1\0", "\0 / HTTP/1.1", "GET / FTP/1.1", "GET / HTTP/1.1 x", "G\u00ebT / HTTP/1.1",
            "POST / HTTP/1.1",
            "GET http://[ HTTP/1.1", "GET ://x HTTP/1.1", "GET /#x HTTP/1.1",
            "\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03",
        )
    )  # fmt: skip
    return Exchange("first lines", (head(first),))


def upgrades(random: Random) -> Exchange:
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
