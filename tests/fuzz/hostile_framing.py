"""Requests whose length, chunks or time are wrong: cut, slow, oversized, or with two ends (smuggling)."""

from __future__ import annotations

from random import Random

from tests.fuzz.exchange import MAX_BYTES, End, Exchange, form, head, picture, post


def oversized(random: Random) -> Exchange:
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


def cut(random: Random) -> Exchange:
    whole = random.choice((post(picture()), post(form(picture()), "multipart/form-data; boundary=x")))
    start = whole.index(b"\r\n\r\n") + 4
    end: End = random.choice(("shut", "leave", "reset"))
    return Exchange("cut", (whole[: random.randrange(start, len(whole))],), end=end, codes=(400,))


def cut_header(random: Random) -> Exchange:
    whole = post(picture())
    end: End = random.choice(("shut", "leave", "reset"))
    return Exchange("cut header", (whole[: random.randrange(whole.index(b"\r\n\r\n") + 3)],), end=end)


def slow_body(random: Random) -> Exchange:
    whole = post(picture())
    cut = random.randrange(whole.index(b"\r\n\r\n") + 4, len(whole) - 20)
    pieces = (whole[:cut], *(whole[cut + i : cut + i + 1] for i in range(10)))
    return Exchange("slow body", pieces, 0.15, "hold", codes=(408,))


def slow_header(random: Random) -> Exchange:
    pieces = tuple(b"%c" % byte for byte in random.choice((post(picture()), head("GET / HTTP/1.1")))[:12])
    return Exchange("slow header", pieces, 0.1, "hold")


def half_open(random: Random) -> Exchange:
    sent = random.choice((b"", b"G", b"POST /v1/segment HTTP/1.1\r\n", head("GET /healthz HTTP/1.1"), b"\r\n" * 9))
    return Exchange("half open", (sent,), end="hold")


def wrong_type(random: Random) -> Exchange:
    kind = random.choice(
        (
            "text/plain",
            "application/json",
            "application/x-www-form-urlencoded",
            "multipart/mixed",
            "*/*",
            "a" * 9000,
        )
    )
    return Exchange("wrong type", (post(picture(), kind),), codes=(415,))


def lengths(random: Random) -> Exchange:
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


def smuggling(random: Random) -> Exchange:
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


def smuggling_get(random: Random) -> Exchange:
    """A GET whose body is a request."""
    body = _smuggled()
    if random.random() < 0.5:
        return Exchange(
            "GET with a body", (head("GET /healthz HTTP/1.1", f"Content-Length: {len(body)}") + body,), most=1
        )
    chunked = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
    attack = head(f"{random.choice(('GET', 'HEAD'))} /healthz HTTP/1.1", "Transfer-Encoding: chunked") + chunked
    return Exchange("GET with a body", (attack,), codes=(400,), most=1)


def chunks(random: Random) -> Exchange:
    size = b"%x" % len(picture())
    bad = random.choice(
        (
            b"zz\r\n", b"-1\r\n", b"f" * 30 + b"\r\n", b"0x5\r\n", b" 5\r\n", b"5 \r\n", b"\r\n", b"5\n",
            b"5;" + b"a" * 70_000,
            b"5\r\nhelloX\r\n", b"%b\r\n" % (b"0" * 40 + b"5"), b"5;\x00=\r\nhello\r\n", b"\xb2\r\n", b"5_0\r\n",
        )
    )  # fmt: skip
    begin = head("POST /v1/segment HTTP/1.1", "Content-Type: image/jpeg", "Transfer-Encoding: chunked")
    good = size + b"\r\n" + picture() + b"\r\n"
    sent = begin + random.choice((bad, good + bad, bad + good)) + b"0\r\n\r\n"
    return Exchange("chunks", (sent,), most=1)


def trailers(random: Random) -> Exchange:
    begin = head("POST /v1/segment HTTP/1.1", "Content-Type: image/jpeg", "Transfer-Encoding: chunked")
    tail = b"0\r\n" + random.choice(
        (b"X: y\r\n", b"Content-Length: 5\r\n", b"X: " + b"y" * 70_000 + b"\r\n", b"broken\r\n")
    )
    return Exchange("trailers", (begin + b"%x\r\n%s\r\n" % (len(picture()), picture()) + tail + b"\r\n",))
