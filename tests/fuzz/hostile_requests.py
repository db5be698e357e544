"""Hostile requests to `maskseg serve` of all kinds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from random import Random

from tests.fuzz import hostile_bodies, hostile_framing, hostile_headers
from tests.fuzz.exchange import End, Exchange, form, head, picture, post
from tests.fuzz.mutation import mutate


def _leaves(random: Random) -> Exchange:
    """A good request, whose client does not wait for the answer."""
    accept = random.choice(("application/json", "image/png", "application/zip"))
    end: End = random.choice(("leave", "reset"))
    return Exchange("leaves", (post(picture(), "image/jpeg", f"Accept: {accept}"),), end=end)


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
    b"\r\n\r\n", b"\r\n", b"\n", b"Content-Length: ", b"Content-Length: 0\r\n", b"Transfer-Encoding: chunked\r\n",
    b"0\r\n\r\n",
    b"Expect: 100-continue\r\n", b"Connection: close\r\n", b"HTTP/1.0", b"POST /v1/segment", b"OPTIONS * ",
    b"--x--\r\n",
    b"--x\r\n", b"Host: evil.example\r\n", b"Origin: http://[\r\n", b"%00", b"?min_score=", b"&classes=",
    b"multipart/form-data;",
    b"Accept: image/webp\r\n", b"filename=", b"boundary=",
)  # fmt: skip

#: Attacks that take seconds, since the server waits for them.
SLOW: tuple[Callable[[Random], Exchange], ...] = (
    hostile_framing.slow_body,
    hostile_framing.slow_header,
    hostile_framing.half_open,
)

QUICK: tuple[Callable[[Random], Exchange], ...] = (
    hostile_framing.oversized, hostile_framing.cut, hostile_framing.cut_header, hostile_framing.wrong_type,
    hostile_framing.lengths, hostile_framing.smuggling, hostile_framing.smuggling_get, hostile_framing.chunks,
    hostile_framing.trailers, hostile_headers.traversal,
    hostile_bodies.file_names, hostile_headers.query, hostile_headers.header_lines, hostile_headers.hosts,
    hostile_bodies.boundaries, hostile_bodies.parts, hostile_bodies.bombs, hostile_bodies.polyglots,
    hostile_headers.accepts, hostile_headers.pipelines, hostile_headers.first_lines,
    hostile_headers.upgrades, _leaves, hostile_bodies.damaged, _mutated, _mutated,
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
