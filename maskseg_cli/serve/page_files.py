"""`file_routes`: the files of a page as routes of a Starlette app."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

FOLDER = Path(__file__).parent / "page"

#: Not from the system, whose list of types may be another one.
_KINDS = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


def file_routes(files: Mapping[str, Path]) -> list[Route]:
    """Routes by which files are sent; they are read once.

    Args:
        files: path of an address -> file.
    """
    return [_route(path, file) for path, file in files.items()]


def _route(path: str, file: Path) -> Route:
    content = file.read_bytes()

    async def send(_: Request) -> Response:
        return Response(content, media_type=_KINDS[file.suffix])

    return Route(path, send)
