"""`Exchange`: what one hostile client of `maskseg serve` sends, and the pieces that requests are made of."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal

from tests.cli.running import encoded

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
