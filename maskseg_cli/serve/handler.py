"""`Handler`: handles the HTTP requests of one connection."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from email.errors import MissingHeaderBodySeparatorDefect
from email.message import Message
from functools import cache, partial
from html import escape
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

from maskseg_cli import __version__
from maskseg_cli.camera.controls import Controls
from maskseg_cli.errors import UsageError
from maskseg_cli.serve import api, stream
from maskseg_cli.serve.access import TokenCheck
from maskseg_cli.serve.page_server import PageServer

_FOLDER = Path(__file__).parent / "page"
_HTML = "text/html; charset=utf-8"
_JSON = "application/json"

#: Files that need no token: they show nothing of the camera, and the page that asks for the token needs them.
_PUBLIC_FILES = {
    "/page.css": ("page.css", "text/css; charset=utf-8"),
    "/page.js": ("page.js", "text/javascript; charset=utf-8"),
    "/mjpeg.js": ("mjpeg.js", "text/javascript; charset=utf-8"),
    "/icon.svg": ("icon.svg", "image/svg+xml"),
}

#: Browsers load nothing from other servers, and no other page may embed this one.
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}

#: What the pages of others may show, if the address in them holds the token.
_EMBEDDABLE = ("/stream.mjpg", "/snapshot.jpg")

#: Bytes of the body of a request, at most.
_MAX_BODY = 10_000


#: Result of the check of a token -> status, message and headers of the response.
_REFUSALS: dict[TokenCheck, tuple[HTTPStatus, str, dict[str, str]]] = {
    TokenCheck.MISSING: (
        HTTPStatus.UNAUTHORIZED,
        "This camera needs a token.",
        {"WWW-Authenticate": 'Bearer realm="maskseg"'},
    ),
    TokenCheck.WRONG: (HTTPStatus.FORBIDDEN, "This token is wrong.", {}),
    TokenCheck.TOO_SOON: (
        HTTPStatus.TOO_MANY_REQUESTS,
        "A wrong token has just come from your network: try again in a second.",
        {"Retry-After": "1"},
    ),
}


class Handler(BaseHTTPRequestHandler):
    """Handles the requests of one connection, in a thread of its own.

    | request | response |
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
    #: Of an answer to what is no request: that of HTTP/0.9 would have no header.
    default_request_version = "HTTP/1.0"
    raw_requestline: bytes
    #: Seconds after which a connection without data is closed; strangers have less, see `Connections`.
    timeout = 20
    disable_nagle_algorithm = True
    #: Whether the request is for a picture in a page of others, whose address holds the token.
    _embedded = False
    error_content_type = "text/plain; charset=utf-8"
    error_message_format = "%(code)d %(message)s\n"

    @property
    def page(self) -> PageServer:
        """The server, with the state that all requests share."""
        return cast(PageServer, self.server)

    def parse_request(self) -> bool:
        """Reads the header, and refuses one about whose end a proxy and this server could differ."""
        if not self.raw_requestline.endswith(b"\n"):  # the connection ended in the middle of a line
            self.close_connection = True
            return False
        if not super().parse_request():
            return False
        is_old = len(self.requestline.split()) == 2  # HTTP/0.9, which has no header
        problem = "Requests have HTTP/1.1." if is_old else _ambiguity(self.headers)
        if problem:
            self.close_connection = True
            self._send_error(HTTPStatus.BAD_REQUEST, problem)
            return False
        if self.command != "POST" and self.headers.get("Content-Length", "0").strip() != "0":
            self.close_connection = True  # the body is not read: it must not be taken for the next request
        return True

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Answers with an error, which has a header also where the request says HTTP/0.9."""
        if self.request_version == "HTTP/0.9":
            self.request_version = self.default_request_version
        super().send_error(code, message, explain)

    def do_GET(self) -> None:
        """Returns a file, the picture or the status."""
        routes = {
            "/": self._page,
            "/stream.mjpg": self._stream,
            "/snapshot.jpg": self._snapshot,
            "/status.json": self._status,
        }
        self._handle(routes, changes=False)

    do_HEAD = do_GET  # noqa: N815

    def do_POST(self) -> None:
        """Changes the controls."""
        changes = {
            "/controls": api.apply_controls,
            "/recording": api.apply_recording,
            "/snapshot": api.apply_snapshot,
        }
        self._handle({path: partial(self._change, apply) for path, apply in changes.items()}, changes=True)

    def _handle(self, routes: dict[str, Callable[[], None]], changes: bool) -> None:
        """Calls the function of the path if the request is allowed.

        Args:
            routes: path -> function.
            changes: whether the request changes something (POST).
        """
        try:
            url = urlsplit(self.path)
        except ValueError:
            self._send_error(HTTPStatus.BAD_REQUEST, "The address cannot be read.")
            return
        given = parse_qs(url.query, keep_blank_values=True).get("token", [None])[0]
        refusal = self.page.access.foreign_origin(self.headers, changes)
        self._embedded = False
        if refusal:
            pictures = not changes and url.path in _EMBEDDABLE
            self._embedded = pictures and self.page.access.may_embed(given, self.headers, self.client_address[0])
            if not self._embedded:
                self._send_error(HTTPStatus.FORBIDDEN, refusal)
                return
        if not changes and url.path in _PUBLIC_FILES:
            name, kind = _PUBLIC_FILES[url.path]
            self._send(HTTPStatus.OK, kind, _file(name))
            return
        check = TokenCheck.VALID
        if not self._embedded:
            check = self.page.access.check_token(given, self.headers, self.client_address[0])
        if check is not TokenCheck.VALID:
            self._ask_for_token(check, as_page=not changes and url.path == "/")
            return
        self.page.connections.begin(self.connection)
        try:
            self._answer(routes, url.path, given, changes)
        finally:
            self.page.connections.end(self.connection)

    def _answer(self, routes: dict[str, Callable[[], None]], path: str, given: str | None, changes: bool) -> None:
        """Answers a request that has access to the camera."""
        if path not in routes:
            self._send_error(HTTPStatus.NOT_FOUND, f"There is no {path} here.")
        elif given is not None and self.page.access.token is not None and path == "/" and not changes:
            # The redirect removes the token from the address bar and the history.
            self._send(
                HTTPStatus.SEE_OTHER, _HTML, b"", {"Location": "./", "Set-Cookie": self.page.access.set_cookie()}
            )
        else:
            routes[path]()

    def _page(self) -> None:
        self._send(HTTPStatus.OK, _HTML, _file("index.html"))

    def _ask_for_token(self, check: TokenCheck, as_page: bool) -> None:
        code, message, headers = _REFUSALS[check]
        if as_page:
            self._send(code, _HTML, _file("token.html").replace(b"{{ message }}", escape(message).encode()), headers)
        else:
            self._send_error(code, message, headers)

    def _stream(self) -> None:
        self.close_connection = True
        self._send(HTTPStatus.OK, stream.CONTENT_TYPE, None)
        if self.command != "HEAD":
            with self.page.count_viewer():
                stream.send_pictures(self.connection, self.page.pictures, self.page.closing)

    def _snapshot(self) -> None:
        picture = self.page.pictures.snapshot()
        if picture is None:
            self._send_error(HTTPStatus.SERVICE_UNAVAILABLE, "There is no picture yet.", {"Retry-After": "1"})
            return
        name = time.strftime("maskseg-%Y%m%d-%H%M%S.jpg")
        self._send(HTTPStatus.OK, "image/jpeg", picture, {"Content-Disposition": f'inline; filename="{name}"'})

    def _status(self) -> None:
        status = api.status_of(self.page.pictures.feed, self.page.controls, self.page.viewers)
        self._send(HTTPStatus.OK, _JSON, json.dumps(status).encode())

    def _change(self, apply: Callable[[dict[str, Any], Controls], None]) -> None:
        # A browser lets scripts of other pages send this type only after asking this server, which refuses.
        if self.headers.get_content_type() != _JSON:
            self._send_error(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"The body of a request must be {_JSON}.")
            return
        try:
            apply(self._body(), self.page.controls)
        except UsageError as error:
            self._send_error(HTTPStatus.BAD_REQUEST, str(error))
            return
        self._status()

    def _body(self) -> dict[str, Any]:
        length = self.headers.get("Content-Length", "")
        if not re.fullmatch("[0-9]{1,9}", length) or int(length) > _MAX_BODY:
            self.close_connection = True  # the next bytes are no request
            raise UsageError(f"A request has a Content-Length of at most {_MAX_BODY}.")
        body = self.rfile.read(int(length))
        if len(body) < int(length):
            self.close_connection = True
            raise UsageError("The request is incomplete.")
        return api.read_object(body)

    def _send_error(self, code: HTTPStatus, sentence: str, headers: dict[str, str] | None = None) -> None:
        if self.command == "POST":
            self.close_connection = True  # its body may not have been read
        self._send(code, _JSON, json.dumps({"error": sentence}).encode(), headers)

    def _send(self, code: HTTPStatus, kind: str, body: bytes | None, headers: dict[str, str] | None = None) -> None:
        """Sends a response; without a body only its header, and the caller sends the body until the connection ends."""
        self.send_response(code)
        self.send_header("Content-Type", kind)
        if body is not None:
            self.send_header("Content-Length", str(len(body)))
        embedding = {"Cross-Origin-Resource-Policy": "cross-origin"} if self._embedded else {}
        for name, value in {**_HEADERS, **embedding, **(headers or {})}.items():
            self.send_header(name, value)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if body and self.command != "HEAD":
            self.wfile.write(body)

    def version_string(self) -> str:
        """The value of the header Server."""
        return f"maskseg/{__version__}"

    def log_message(self, format: str, *args: Any) -> None:
        """Logs nothing: URLs may hold the token."""


def _ambiguity(headers: Message) -> str | None:
    """Why it is not clear where a request ends, or None (RFC 9112, sections 5 and 6)."""
    broken = any(isinstance(defect, MissingHeaderBodySeparatorDefect) for defect in headers.defects)
    if broken or any("\n" in value or "\r" in value for value in headers.values()):
        return "The header of the request is not correct."
    if "Transfer-Encoding" in headers:
        return "A request has a Content-Length, and no Transfer-Encoding."
    if len(set(headers.get_all("Content-Length", []))) > 1:
        return "A request has one Content-Length."
    return None


@cache
def _file(name: str) -> bytes:
    return (_FOLDER / name).read_bytes()
