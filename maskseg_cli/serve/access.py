"""Who may see the picture and use the controls: the token, and protection from other pages in the same browser."""

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

#: Seconds that a wrong token costs; wrong ones wait for each other, so that guessing takes years.
_BRAKE = 0.5


class Answer(Enum):
    """What a request's token says."""

    WELCOME = "welcome"
    MISSING = "missing"
    WRONG = "wrong"


class Access:
    """The rules for requests to one server.

    The token is asked for in this order: `?token=` of the address, `Authorization: Bearer`, the cookie that the page
    sets once a token was right. It is compared in constant time, and the cookie holds only its hash.

    Args:
        host: that the user named to serve at.
        port: that is served at: cookies are shared between the ports of a computer, so its name holds it.
        token: the word that is asked for, or None.

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

    def token_of(self, given: str | None, headers: Message) -> Answer:
        """Judges a request's token; a wrong one is answered with some delay.

        Args:
            given: `?token=` of the address, or None.
            headers: of the request.
        """
        if self.token is None:
            return Answer.WELCOME
        scheme, _, bearer = headers.get("Authorization", "").partition(" ")
        if given is None and scheme.lower() == "bearer":
            given = (
                bearer.strip().encode("latin-1", "replace").decode("utf-8", "replace")
            )  # headers are read as Latin-1
        if given is not None:
            right = _equal(given, self.token)
        else:
            cookie = _cookies(headers.get("Cookie", "")).get(self.cookie_name)
            if cookie is None:
                return Answer.MISSING
            right = _equal(cookie, self._cookie)
        if right:
            return Answer.WELCOME
        if self._guessing.acquire(timeout=10 * _BRAKE):
            try:
                time.sleep(_BRAKE)
            finally:
                self._guessing.release()
        return Answer.WRONG

    def set_cookie(self) -> str:
        """The Set-Cookie header that lets this browser in from now on, for 30 days.

        `Lax`, not `Strict`: the page also opens when its link was followed from a message in another page.
        """
        return f"{self.cookie_name}={self._cookie}; Path=/; Max-Age=2592000; HttpOnly; SameSite=Lax"

    def stranger(self, headers: Message, changes: bool) -> str | None:
        """Why a request does not come from this page or its user, in a sentence; None if nothing speaks against it.

        Args:
            headers: of the request.
            changes: whether the request changes something (POST).
        """
        name = headers.get("Host", "")
        # With a token no rebinding is to be feared: the foreign domain has no cookie.
        if self.token is None and not names_this_computer(name, self.host):
            return (
                f"{name or 'This address'} is not known to be this computer: open the page by the address that "
                "maskseg has printed."
            )
        origin = headers.get("Origin")
        if changes and origin is not None and _host_of(origin) != name.lower():
            return "Requests from other pages are refused."
        site = headers.get("Sec-Fetch-Site", "none")
        followed = headers.get("Sec-Fetch-Mode") == "navigate" and not changes
        if site not in ("same-origin", "none") and not followed:
            return "Requests from other pages are refused."
        return None


def _host_of(origin: str) -> str | None:
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return None


def _equal(given: str, right: str) -> bool:
    """Compares in a time that tells neither letters nor length."""
    digests = (hashlib.sha256(text.encode("utf-8", "surrogateescape")).digest() for text in (given, right))
    return hmac.compare_digest(*digests)


def _cookies(header: str) -> dict[str, str]:
    pairs = (part.strip().partition("=") for part in header.split(";"))
    return {name: value for name, equals, value in pairs if equals}
