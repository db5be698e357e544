"""The files of the page; its colours and the form for the token are those of the camera's page."""

from __future__ import annotations

from pathlib import Path

from maskseg_cli.serve.page_files import FOLDER

_OWN = Path(__file__).parent / "page"

#: They show nothing of anybody's pictures, and the form for the token needs some.
_FILES = {
    **{f"/{name}": FOLDER / name for name in ("page.css", "icon.svg")},
    **{f"/{name}": _OWN / name for name in ("service.css", "service.js", "client.js", "outlines.js", "strip.js")},
}

#: Path -> file.
PAGE = {"/": _OWN / "index.html", **_FILES}

#: Paths that need no token.
PUBLIC = {*_FILES, "/healthz", "/openapi.json"}
