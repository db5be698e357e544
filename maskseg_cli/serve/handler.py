"""One viewer's requests: which path gives what."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from functools import cache, partial
from html import escape
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import parse_qs, urlsplit

from maskseg_cli import __version__
from maskseg_cli.errors import UsageError
from maskseg_cli.serve import api, stream
from maskseg_cli.serve.access import Answer

if TYPE_CHECKING:
    from maskseg_cli.camera.controls import Controls
    from maskseg_cli.serve.server import PageServer

_FOLDER = Path(__file__).parent / "page"
_HTML = "text/html; charset=utf-8"
_JSON = "application/json"

#: Open to everybody: they show nothing of the camera, and the page that asks for the token needs them.
_OPEN = {
    "/page.css": ("page.css", "text/css; charset=utf-8"),
    "/page.js": ("page.js", "text/javascript; charset=utf-8"),
    "/mjpeg.js": ("mjpeg.js", "text/javascript; charset=utf-8"),
    "/icon.svg": ("icon.svg", "image/svg+xml"),
}

#: Nothing from elsewhere is loaded, and nothing from elsewhere may show this page inside its own.
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}

_LARGEST_BODY = 10_000


class Handler(BaseHTTPRequestHandler):
    """Answers the requests of one connection, in its own thread.

    | request | answer |
    |---|---|
    | GET / | the page |
    | GET /stream.mjpg | the live picture, multipart/x-mixed-replace |
    | GET /snapshot.jpg | the newest picture |
    | GET /status.json | `api.status_of` |
    | POST /controls | `api.apply_controls`, then the status |
    | POST /recording | `api.apply_recording`, then the status |
    | POST /snapshot | a snapshot is saved on the camera's computer, then the status |

    Bodies are JSON, and so are errors: `{"error": "a sentence"}`.
    """

    protocol_version = "HTTP/1.1"
    #: Seconds that a connection may say nothing.
    timeout = 20
    disable_nagle_algorithm = True
    error_content_type = "text/plain; charset=utf-8"
    error_message_format = "%(code)d %(message)s\n"

    @property
    def page(self) -> PageServer:
        return cast("PageServer", self.server)

    def do_GET(self) -> None:
        """Shows something."""
        routes = {
            "/": self._page,
            "/stream.mjpg": self._stream,
            "/snapshot.jpg": self._snapshot,
            "/status.json": self._status,
        }
        self._answer(routes, changes=False)

    do_HEAD = do_GET  # noqa: N815

    def do_POST(self) -> None:
        """Heeds a wish."""
        wish = {
            "/controls": api.apply_controls,
            "/recording": api.apply_recording,
            "/snapshot": api.apply_snapshot,
        }
        self._answer({path: partial(self._change, apply) for path, apply in wish.items()}, changes=True)

    def _answer(self, routes: dict[str, Callable[[], None]], changes: bool) -> None:
        """Answers a request, if its sender may ask."""
        try:
            address = urlsplit(self.path)
        except ValueError:
            self._problem(HTTPStatus.BAD_REQUEST, "The address cannot be read.")
            return
        problem = self.page.access.stranger(self.headers, changes)
        if problem:
            self._problem(HTTPStatus.FORBIDDEN, problem)
            return
        if not changes and address.path in _OPEN:
            name, kind = _OPEN[address.path]
            self._send(HTTPStatus.OK, kind, _file(name))
            return
        given = parse_qs(address.query, keep_blank_values=True).get("token", [None])[0]
        token = self.page.access.token_of(given, self.headers)
        if token is not Answer.WELCOME:
            self._ask_for_token(token, as_page=not changes and address.path == "/")
        elif address.path not in routes:
            self._problem(HTTPStatus.NOT_FOUND, f"There is no {address.path} here.")
        elif given is not None and self.page.access.token is not None and address.path == "/" and not changes:
            # The token leaves the address bar, the history and what is copied from there.
            self._send(
                HTTPStatus.SEE_OTHER, _HTML, b"", {"Location": "./", "Set-Cookie": self.page.access.set_cookie()}
            )
        else:
            routes[address.path]()

    def _page(self) -> None:
        self._send(HTTPStatus.OK, _HTML, _file("index.html"))

    def _ask_for_token(self, token: Answer, as_page: bool) -> None:
        wrong = token is Answer.WRONG
        code = HTTPStatus.FORBIDDEN if wrong else HTTPStatus.UNAUTHORIZED
        says = "This token is not the right one." if wrong else "This camera asks for a token."
        headers = {} if wrong else {"WWW-Authenticate": 'Bearer realm="maskseg"'}
        if as_page:
            self._send(code, _HTML, _file("token.html").replace(b"{{ says }}", escape(says).encode()), headers)
        else:
            self._problem(code, says, headers)

    def _stream(self) -> None:
        self.close_connection = True
        self._send(HTTPStatus.OK, stream.CONTENT_TYPE, None)
        if self.command != "HEAD":
            with self.page.watched():
                stream.send_pictures(self.connection, self.page.pictures, self.page.closing)

    def _snapshot(self) -> None:
        picture = self.page.pictures.snapshot()
        if picture is None:
            self._problem(HTTPStatus.SERVICE_UNAVAILABLE, "There is no picture yet.", {"Retry-After": "1"})
            return
        name = time.strftime("maskseg-%Y%m%d-%H%M%S.jpg")
        self._send(HTTPStatus.OK, "image/jpeg", picture, {"Content-Disposition": f'inline; filename="{name}"'})

    def _status(self) -> None:
        status = api.status_of(self.page.pictures.feed, self.page.controls, self.page.viewers)
        self._send(HTTPStatus.OK, _JSON, json.dumps(status).encode())

    def _change(self, apply: Callable[[dict[str, Any], Controls], None]) -> None:
        # Only scripts of this page can send this type without being asked first by the browser.
        if self.headers.get_content_type() != _JSON:
            self._problem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"CaptureSettings are sent as {_JSON}.")
            return
        try:
            apply(self._body(), self.page.controls)
        except UsageError as error:
            self._problem(HTTPStatus.BAD_REQUEST, str(error))
            return
        self._status()

    def _body(self) -> dict[str, Any]:
        length = self.headers.get("Content-Length", "")
        if not (length.isascii() and length.isdigit()) or int(length) > _LARGEST_BODY:
            self.close_connection = True  # what follows is no request
            raise UsageError(f"A request has a Content-Length of at most {_LARGEST_BODY}.")
        body = self.rfile.read(int(length))
        if len(body) < int(length):
            self.close_connection = True
            raise UsageError("The request breaks off.")
        return api.read_object(body)

    def _problem(self, code: HTTPStatus, sentence: str, headers: dict[str, str] | None = None) -> None:
        if self.command == "POST":
            self.close_connection = True  # its body may not have been read
        self._send(code, _JSON, json.dumps({"error": sentence}).encode(), headers)

    def _send(self, code: HTTPStatus, kind: str, body: bytes | None, headers: dict[str, str] | None = None) -> None:
        """Sends an answer; without a body only its header, and the body follows until the connection ends."""
        self.send_response(code)
        self.send_header("Content-Type", kind)
        if body is not None:
            self.send_header("Content-Length", str(len(body)))
        for name, value in {**_HEADERS, **(headers or {})}.items():
            self.send_header(name, value)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if body and self.command != "HEAD":
            self.wfile.write(body)

    def version_string(self) -> str:
        """What the header Server says."""
        return f"maskseg/{__version__}"

    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing: the terminal is the camera's, and addresses may hold the token."""


@cache
def _file(name: str) -> bytes:
    return (_FOLDER / name).read_bytes()
