"""`Protection`: access control and security headers around a Starlette app."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from html import escape
from urllib.parse import parse_qs, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import HTMLResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from maskseg_cli.serve.access import Access, TokenCheck
from maskseg_cli.serve.http_error import error
from maskseg_cli.serve.page_files import FOLDER

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

#: Lines of a header, at most.
_MAX_LINES = 100

#: Result of the check of a token -> status, message and headers of the response.
_REFUSALS: dict[TokenCheck, tuple[int, str, dict[str, str]]] = {
    TokenCheck.MISSING: (401, "This {what} needs a token.", {"WWW-Authenticate": 'Bearer realm="maskseg"'}),
    TokenCheck.WRONG: (403, "This token is wrong.", {}),
    TokenCheck.TOO_SOON: (
        429,
        "A wrong token has just come from your network: try again in a second.",
        {"Retry-After": "1"},
    ),
}


class Protection:
    """Lets allowed requests through to the app; errors are `{"error": "a sentence"}`.

    Args:
        app: gets requests with access.
        access: decides which requests are allowed.
        what: is protected, such as "camera", for the sentences.
        public: paths that need no token.
        embeddable: paths that pages of others may show if the address in them holds the token.
        origins: pages of others that have the rights of the server's own page (CORS).
    """

    def __init__(
        self,
        app: ASGIApp,
        access: Access,
        what: str,
        public: Collection[str] = (),
        embeddable: Collection[str] = (),
        origins: Collection[str] = (),
    ) -> None:
        self._app, self._access, self._what = app, access, what
        self._public, self._embeddable, self._origins = public, embeddable, origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        path, changes = scope["path"], scope["method"] == "POST"
        if not path.startswith("/"):  # the whole address, as clients write it for a proxy
            with suppress(ValueError):
                path = urlsplit(path).path
            scope = {**scope, "path": path}
        public = path in self._public and not changes
        # A body that is not read must not be taken for the next request.
        problem = _problem(scope, headers)
        closes = problem is not None or (not changes and headers.get("Content-Length", "0").strip() != "0")
        given = parse_qs(scope["query_string"].decode("latin-1"), keep_blank_values=True).get("token", [None])[0]
        address = scope["client"][0] if scope.get("client") else ""
        named = headers.get("Origin") in self._origins
        foreign = None if named else self._access.foreign_origin(headers, changes)
        embedded = bool(
            foreign and path in self._embeddable and not changes and self._access.may_embed(given, headers, address)
        )

        async def send_protected(message: Message) -> None:
            if message["type"] == "http.response.start":
                sent = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    sent.setdefault(name, value)
                if embedded or named:
                    sent["Cross-Origin-Resource-Policy"] = "cross-origin"
                # After an error a client may leave out the body that it has announced by Expect.
                if closes or message["status"] == 408 or (message["status"] >= 400 and "Expect" in headers):
                    sent.raw.append((b"Connection", b"close"))
            await send(message)

        answer: Response | None = None
        if problem:
            answer = error(*problem)
        elif foreign and not embedded:
            answer = error(403, foreign)
        elif not (public or embedded):
            answer = self._check_token(given, headers, address, is_page=path == "/" and not changes)
        connection = scope.get("state", {}).get("connection")  # absent where another server runs the app
        if answer or public or connection is None:
            await (answer or self._app)(scope, receive, send_protected)
        else:
            await connection.call(self._app, scope, receive, send_protected)

    def _check_token(self, given: str | None, headers: Headers, address: str, is_page: bool) -> Response | None:
        """The response to a request without access, or one that brings the token; None: it has access."""
        check = self._access.check_token(given, headers, address)
        if check is not TokenCheck.VALID:
            code, message, more = _REFUSALS[check]
            message = message.format(what=self._what)
            return _token_page(code, message, self._what, more) if is_page else error(code, message, more)
        if is_page and given is not None and self._access.token is not None:
            # The redirect removes the token from the address bar and the history.
            return HTMLResponse("", 303, {"Location": "./", "Set-Cookie": self._access.set_cookie()})
        return None


def _problem(scope: Scope, headers: Headers) -> tuple[int, str] | None:
    """Why a request is not understood, or could end elsewhere for a proxy than here (RFC 9112, sections 5 and 6)."""
    if scope["http_version"] not in ("1.0", "1.1", "2", "3"):  # "2.0" is what uvicorn reads in a line of HTTP/1
        return 505, "Requests have HTTP/1.1."
    if scope["method"] not in ("GET", "HEAD", "POST"):
        return 501, "Requests are GET, HEAD or POST."
    if len(scope["headers"]) > _MAX_LINES:
        return 431, f"The header of a request has at most {_MAX_LINES} lines."
    if "Transfer-Encoding" in headers and (scope["method"] != "POST" or "Content-Length" in headers):
        return 400, "A request has a Content-Length or a Transfer-Encoding, and only POST has a body."
    return None


def _token_page(code: int, message: str, what: str, headers: dict[str, str]) -> Response:
    page = (FOLDER / "token.html").read_text("utf-8")
    return HTMLResponse(page.replace("{{ message }}", escape(message)).replace("{{ what }}", what), code, headers)
