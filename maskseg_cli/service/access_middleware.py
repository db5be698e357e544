"""`AccessMiddleware`: checks the token, the host and the origin of each request, and adds headers to each response."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from urllib.parse import parse_qs

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from maskseg_cli.serve.access import Access, TokenCheck
from maskseg_cli.service.page_files import PUBLIC, token_page

_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}

_REFUSALS = {
    TokenCheck.MISSING: (401, "This service needs a token.", {"WWW-Authenticate": 'Bearer realm="maskseg"'}),
    TokenCheck.WRONG: (403, "This token is wrong.", {}),
    TokenCheck.TOO_SOON: (
        429,
        "A wrong token has just come from your network: try again in a second.",
        {"Retry-After": "1"},
    ),
}


class AccessMiddleware:
    """Lets only allowed requests through.

    Args:
        app: the application behind it.
        access: the rules; called at each request, because the port is known only when the server listens.
        origins: whose pages may use the service (CORS).
    """

    def __init__(self, app: ASGIApp, access: Callable[[], Access], origins: tuple[str, ...] = ()) -> None:
        self._app, self._access = app, access
        self._origins = {origin.rstrip("/").lower() for origin in origins}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles one request of ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        origin = headers.get("Origin", "")
        named = bool(origin) and origin.lower() in self._origins

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                added = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    added.setdefault(name, value)
                added["Cross-Origin-Resource-Policy"] = "cross-origin" if named else "same-origin"
                if self._origins:
                    added.add_vary_header("Origin")
                if named:
                    added["Access-Control-Allow-Origin"] = origin
                    added["Access-Control-Expose-Headers"] = "Retry-After, Content-Disposition"
            await send(message)

        refusal = self._check(scope, headers, named)
        await (refusal or self._app)(scope, receive, send_with_headers)

    def _check(self, scope: Scope, headers: Headers, named: bool) -> Response | None:
        """The response to a request that is not allowed, or None."""
        access, path, method = self._access(), scope["path"], scope["method"]
        changes = method not in ("GET", "HEAD")
        if named:
            kept = [pair for pair in scope["headers"] if pair[0].lower() not in (b"origin", b"sec-fetch-site")]
            headers = Headers(raw=kept)
        reason = access.foreign_origin(headers, changes)
        if reason:
            return JSONResponse({"error": reason}, 403)
        if named and method == "OPTIONS":
            allowed = {
                "Access-Control-Allow-Methods": "GET, POST",
                "Access-Control-Allow-Headers": "Authorization, Content-Type, Accept",
                "Access-Control-Max-Age": "600",
            }
            return Response(status_code=204, headers=allowed)
        if not changes and path in PUBLIC:
            return None
        query = scope["query_string"].decode("latin-1")
        given = parse_qs(query, keep_blank_values=True).get("token", [None])[0]
        address = scope["client"][0] if scope.get("client") else ""
        check = access.check_token(given, headers, address)
        if check is not TokenCheck.VALID:
            code, sentence, more = _REFUSALS[check]
            if path == "/" and not changes:
                return HTMLResponse(token_page(escape(sentence)), code, more)
            return JSONResponse({"error": sentence}, code, more)
        if given is not None and access.token is not None and path == "/" and not changes:
            # The redirect removes the token from the address bar and the history.
            return RedirectResponse("./", 303, {"Set-Cookie": access.set_cookie()})
        return None
