"""The files of the page; its colours and controls are those of the camera's page."""

from __future__ import annotations

from functools import cache
from pathlib import Path

_OWN = Path(__file__).parent / "page"
_SHARED = Path(__file__).parents[1] / "serve" / "page"

#: Path -> file and media type. They show nothing of anybody's pictures, and the form for the token needs some.
FILES = {
    "/page.css": (_SHARED / "page.css", "text/css"),
    "/icon.svg": (_SHARED / "icon.svg", "image/svg+xml"),
    "/service.css": (_OWN / "service.css", "text/css"),
    "/service.js": (_OWN / "service.js", "text/javascript"),
    "/outlines.js": (_OWN / "outlines.js", "text/javascript"),
}

#: What is answered without a token.
PUBLIC = {*FILES, "/healthz", "/openapi.json"}


@cache
def content(path: Path) -> bytes:
    """The bytes of a file of the page."""
    return path.read_bytes()


def index_page() -> bytes:
    """The page."""
    return content(_OWN / "index.html")


def token_page(sentence: str) -> bytes:
    """The page that asks for the token.

    Args:
        sentence: why, as HTML.
    """
    page = content(_SHARED / "token.html").replace(b"{{ message }}", sentence.encode())
    return page.replace(b"Open the camera", b"Open the page").replace(b"maskseg live", b"maskseg")
