"""Access control of the page: the token, and protection against other web pages in the same browser."""

from __future__ import annotations

import hashlib
import hmac
import threading
import time
from email.message import Message
from enum import Enum
from urllib.parse import urlsplit

from maskseg_cli.errors import UsageError
from maskseg_cli.serve.listen_address import names_this_computer

#: Seconds of delay for a wrong token; such requests wait for each other, so that guessing takes years.
_DELAY = 0.5


class TokenCheck(Enum):
    """Result of checking the token of a request."""

    VALID = "valid"
    MISSING = "missing"
    WRONG = "wrong"


class Access:
    """Decides which requests to a server are allowed.

    The token is read from `?token=` of the URL, `Authorization: Bearer`, or the cookie that the page sets after a valid
    token, in this order. It is compared in constant time, and the cookie holds only its hash.

    Args:
        host: that the user chose to serve at.
        port: part of the cookie's name, because the ports of a computer share their cookies.
        token: that requests must have, or None.

    Raises:
        UsageError: an empty token.
    """

    def __init__(self, host: str, port: int, token: str | None = None) -> None:
        if token is not None and not token.strip():
            raise UsageError("The token is empty: give a word that nobody guesses.")
        self.host = host
        self.token = token
        self.cookie_name = f"maskseg-{port}"
        self._cookie = hashlib.sha256(f"maskseg page {token}".encode()).hexdigest()
        self._guessing = threading.Lock()

    def check_token(self, given: str | None, headers: Message) -> TokenCheck:
        """Checks the token of a request; a wrong one is delayed.

        Args:
            given: `?token=` of the URL, or None.
            headers: of the request.
        """
        if self.token is None:
            return TokenCheck.VALID
        scheme, _, bearer = headers.get("Authorization", "").partition(" ")
        if given is None and scheme.lower() == "bearer":
            given = (
                bearer.strip().encode("latin-1", "replace").decode("utf-8", "replace")
            )  # headers are read as Latin-1
        if given is not None:
            is_valid = _equal(given, self.token)
        else:
            cookie = _cookies(headers.get("Cookie", "")).get(self.cookie_name)
            if cookie is None:
                return TokenCheck.MISSING
            is_valid = _equal(cookie, self._cookie)
        if is_valid:
            return TokenCheck.VALID
        if self._guessing.acquire(timeout=10 * _DELAY):
            try:
                time.sleep(_DELAY)
            finally:
                self._guessing.release()
        return TokenCheck.WRONG

    def may_embed(self, given: str | None, headers: Message) -> bool:
        """Whether the address of a picture in another web page holds the valid token, so that it may be shown there.

        Args:
            given: `?token=` of the URL, or None.
            headers: of the request.
        """
        if self.token is None or given is None:
            return False
        return self.check_token(given, headers) is TokenCheck.VALID

    def set_cookie(self) -> str:
        """The Set-Cookie header with which this browser has access for 30 days.

        `Lax`, not `Strict`: a link to the page in another page, such as a web mail, works too.
        """
        return f"{self.cookie_name}={self._cookie}; Path=/; Max-Age=2592000; HttpOnly; SameSite=Lax"

    def foreign_origin(self, headers: Message, changes: bool) -> str | None:
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
    digests = (hashlib.sha256(text.encode("utf-8", "surrogateescape")).digest() for text in (given, expected))
    return hmac.compare_digest(*digests)


def _cookies(header: str) -> dict[str, str]:
    pairs = (part.strip().partition("=") for part in header.split(";"))
    return {name: value for name, equals, value in pairs if equals}
