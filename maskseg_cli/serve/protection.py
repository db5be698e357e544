"""`Protection`: access control and security headers around a Starlette app."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Collection
from html import escape
from urllib.parse import parse_qs, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from maskseg_cli.errors import UsageError
from maskseg_cli.serve.access import Access, TokenCheck
from maskseg_cli.serve.connection import TIMEOUT

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
        app: gets requests with access; the path in their scope is as the client wrote it, without escapes resolved.
        access: decides which requests are allowed.
        what: is protected, such as "camera", for the sentences.
        public: paths that need no token.
        embeddable: paths that pages of others may show if the address in them holds the token.
        token_page: HTML that asks for the token in place of "/", with `{{ message }}`.
    """

    def __init__(
        self,
        app: ASGIApp,
        access: Access,
        what: str,
        public: Collection[str] = (),
        embeddable: Collection[str] = (),
        token_page: str = "{{ message }}",
    ) -> None:
        self.access = access
        self._app = app
        self._what = what
        self._public = public
        self._embeddable = embeddable
        self._token_page = token_page

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        changes = scope["method"] == "POST"
        embedded = False
        unread = not changes and headers.get("Content-Length", "0").strip() != "0"

        async def send_protected(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = MutableHeaders(raw=message["headers"])
                for name, value in _HEADERS.items():
                    given.setdefault(name, value)
                if embedded:
                    given["Cross-Origin-Resource-Policy"] = "cross-origin"
                if unread or (changes and message["status"] >= 400):
                    given["Connection"] = "close"  # a body that was not read must not be taken for the next request
                message = {**message, "headers": given.raw}
            await send(message)

        try:
            target = scope["raw_path"].decode("latin-1")
            # A path that begins with // names no other computer.
            path = target if target.startswith("/") else urlsplit(target).path
            given = parse_qs(scope["query_string"].decode("latin-1"), keep_blank_values=True).get("token", [None])[0]
        except ValueError:
            await error(400, "The address cannot be read.")(scope, receive, send_protected)
            return
        address = scope["client"][0] if scope["client"] else ""
        refusal = self.access.foreign_origin(headers, changes)
        if refusal:
            pictures = not changes and path in self._embeddable
            embedded = pictures and self.access.may_embed(given, headers, address)
        answer: Response | None = None
        if scope["method"] not in ("GET", "HEAD", "POST"):
            unread, answer = True, error(501, "Requests are GET, HEAD or POST.")
        elif refusal and not embedded:
            answer = error(403, refusal)
        elif changes or path not in self._public:
            check = TokenCheck.VALID if embedded else self.access.check_token(given, headers, address)
            if check is not TokenCheck.VALID:
                answer = self._ask_for_token(check, as_page=not changes and path == "/")
            elif given is not None and self.access.token is not None and path == "/" and not changes:
                # The redirect removes the token from the address bar and the history.
                answer = HTMLResponse("", 303, {"Location": "./", "Set-Cookie": self.access.set_cookie()})
            else:
                await self._admit({**scope, "path": path}, receive, send_protected)
                return
        await (answer or self._app)({**scope, "path": path}, receive, send_protected)

    async def _admit(self, scope: Scope, receive: Receive, send: Send) -> None:
        connection = scope["state"]["connection"]
        connection.begin()
        try:
            await self._app(scope, receive, send)
        finally:
            connection.end()

    def _ask_for_token(self, check: TokenCheck, as_page: bool) -> Response:
        code, message, headers = _REFUSALS[check]
        message = message.format(what=self._what)
        if as_page:
            return HTMLResponse(self._token_page.replace("{{ message }}", escape(message)), code, headers)
        return error(code, message, headers)


def error(code: int, sentence: str, headers: dict[str, str] | None = None) -> Response:
    """The response `{"error": sentence}`."""
    return JSONResponse({"error": sentence}, code, headers)


async def read_body(request: Request, most: int) -> bytes:
    """The body of a request.

    Args:
        request: with a Content-Length.
        most: bytes.

    Raises:
        UsageError: it is longer, incomplete, or does not come within `connection.TIMEOUT` seconds.
    """
    length = request.headers.get("Content-Length", "")
    if not re.fullmatch("[0-9]{1,12}", length) or int(length) > most:
        raise UsageError(f"A request has a Content-Length of at most {most}.")
    try:
        return await asyncio.wait_for(request.body(), TIMEOUT)
    except (ClientDisconnect, asyncio.TimeoutError):
        raise UsageError("The request is incomplete.") from None
