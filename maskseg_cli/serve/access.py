"""Access control of the page: the token, and protection against other web pages in the same browser."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from enum import Enum
from urllib.parse import urlsplit

from maskseg_cli.errors import UsageError
from maskseg_cli.serve.guess_brake import Guess, GuessBrake
from maskseg_cli.serve.listen_address import names_this_computer

#: Of a request: names in any case.
Headers = Mapping[str, str]


class TokenCheck(Enum):
    """Result of checking the token of a request."""

    VALID = "valid"
    MISSING = "missing"
    WRONG = "wrong"
    TOO_SOON = "too soon"


class Access:
    """Decides which requests to a server are allowed.

    The token is read from `?token=` of the URL or `Authorization: Bearer`; in its place counts the cookie that the page
    sets after a valid token. Both are compared in constant time. Wrong tokens of one computer are
    compared once a second only (`GuessBrake`); the cookie, which cannot be guessed, opens the page at any time.

    Args:
        host: that the user chose to serve at.
        port: part of the cookie's name, because the ports of a computer share their cookies.
        token: that requests must have, or None.
        secret: from which, and the token, the cookie is made; None: one that lasts as long as this object.

    Raises:
        UsageError: an empty token.
    """

    def __init__(self, host: str, port: int, token: str | None = None, secret: bytes | None = None) -> None:
        if token is not None and not token.strip():
            raise UsageError("The token is empty: give a word that nobody guesses.")
        self.host = host
        self.token = token
        self.cookie_name = f"maskseg-{port}"
        self._cookie = hmac.new(secret or secrets.token_bytes(32), _bytes(token or ""), "sha256").hexdigest()
        self._brake = GuessBrake()

    def check_token(self, given: str | None, headers: Headers, address: str = "") -> TokenCheck:
        """Checks the token of a request.

        Args:
            given: `?token=` of the URL, or None.
            headers: of the request.
            address: of the other computer.
        """
        token = self.token
        if token is None:
            return TokenCheck.VALID
        cookie = _cookies(headers.get("Cookie", "")).get(self.cookie_name)
        if cookie is not None and _equal(cookie, self._cookie):
            return TokenCheck.VALID
        scheme, _, bearer = headers.get("Authorization", "").partition(" ")
        if given is None and scheme.lower() == "bearer":
            given = (
                bearer.strip().encode("latin-1", "replace").decode("utf-8", "replace")
            )  # headers are read as Latin-1
        if given is None:
            return TokenCheck.MISSING if cookie is None else TokenCheck.WRONG
        word = given
        guess = self._brake.try_token(address, lambda: _equal(word, token))
        return {Guess.RIGHT: TokenCheck.VALID, Guess.WRONG: TokenCheck.WRONG}.get(guess, TokenCheck.TOO_SOON)

    def may_embed(self, given: str | None, headers: Headers, address: str = "") -> bool:
        """Whether the address of a picture in another web page holds the valid token, so that it may be shown there.

        Args:
            given: `?token=` of the URL, or None.
            headers: of the request.
            address: of the other computer.
        """
        if self.token is None or given is None:
            return False
        without_cookies: Headers = {}  # the browser may send them for any page
        return self.check_token(given, without_cookies, address) is TokenCheck.VALID

    def set_cookie(self) -> str:
        """The Set-Cookie header with which this browser has access for 30 days.

        `Lax`, not `Strict`: a link to the page in another page, such as a web mail, works too.
        """
        return f"{self.cookie_name}={self._cookie}; Path=/; Max-Age=2592000; HttpOnly; SameSite=Lax"

    def foreign_origin(self, headers: Headers, changes: bool) -> str | None:
        """Checks whether another web page has sent the request; returns the reason for a refusal, or None.

        Args:
            headers: of the request.
            changes: whether the request changes something (POST).
        """
        name = headers.get("Host", "")
        # With a token DNS rebinding is harmless: the foreign domain has no cookie.
        if self.token is None and not names_this_computer(name, self.host):
            return (
                f"{name or 'This address'} is not known to be this computer: open the page by the address that "
                "maskseg has printed."
            )
        origin = headers.get("Origin")
        site = headers.get("Sec-Fetch-Site", "none")
        # A proxy may have put another name into Host. Pages can set neither Sec-Fetch-Site nor, without asking this
        # server first, X-Forwarded-Host.
        forwarded = headers.get("X-Forwarded-Host", "").lower().split(",")
        names = {name.lower(), *(part.strip() for part in forwarded)} - {""}  # "null" and files have an empty host
        if changes and origin is not None and site != "same-origin" and _host_of(origin) not in names:
            return "Requests from other pages are refused."
        is_link = headers.get("Sec-Fetch-Mode") == "navigate" and not changes
        if site not in ("same-origin", "none") and not is_link:
            return "Requests from other pages are refused."
        return None


def _host_of(origin: str) -> str | None:
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return None


def _equal(given: str, expected: str) -> bool:
    """Compares in a time that depends on neither content nor length."""
    return hmac.compare_digest(*(hashlib.sha256(_bytes(text)).digest() for text in (given, expected)))


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _cookies(header: str) -> dict[str, str]:
    pairs = (part.strip().partition("=") for part in header.split(";"))
    return {name: value for name, equals, value in pairs if equals}
