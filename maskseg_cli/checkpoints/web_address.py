"""`WebAddress`: an address that weights are fetched from, checked, and apart from the name and password in it."""

from __future__ import annotations

import base64
import urllib.request
from dataclasses import dataclass
from http.client import HTTPMessage
from typing import IO, Any
from urllib.parse import quote, unquote, urlsplit

from maskseg_cli.addresses import hide_passwords
from maskseg_cli.errors import MasksegError
from maskseg_cli.messages import shortened

#: Characters of an address that stay as they are; "%" stands for what is encoded already.
_SAFE = "/%:@!$&'()*+,;=~-._"


@dataclass(frozen=True)
class WebAddress:
    """An address.

    Attributes:
        url: what is asked for, in ASCII, without name and password.
        authorization: the value of the header of that name; None: the address has no name and password.
        shown: for messages, without passwords.
    """

    url: str
    authorization: str | None
    shown: str

    def __str__(self) -> str:
        return self.shown


def web_address(text: str, source: str) -> WebAddress:
    """Checks an address.

    Args:
        text: such as "https://NAME:PASSWORD@mirror.example/folder/file.h5".
        source: what gave the address, for the sentence.

    Raises:
        MasksegError: it does not begin with http:// or https://, or cannot be right.

    Example:
        >>> found = web_address("https://me:secret@mirror.example/a b.h5", "MIRROR")
        >>> found.url, found.authorization, str(found)
        ('https://mirror.example/a%20b.h5', 'Basic bWU6c2VjcmV0', 'https://mirror.example/a%20b.h5')
    """
    if not text.lower().startswith(("http://", "https://")):
        # What stands in front of "@" may be a password, though this is no address.
        shown = shortened(hide_passwords(text).rpartition("@")[2])
        raise MasksegError(f"{source} must start with http:// or https://, and is {shown!r}.")
    try:
        parts = urlsplit(text)
        host = parts.hostname.encode("idna").decode("ascii") if parts.hostname else ""
        port = "" if parts.port is None else f":{parts.port}"
        if not host or any(character.isspace() or not character.isprintable() for character in host):
            raise ValueError
        place = f"[{host}]" if ":" in host else host
        query = f"?{quote(parts.query, safe=_SAFE + '?')}" if parts.query else ""
        url = f"{parts.scheme}://{place}{port}{quote(parts.path, safe=_SAFE)}{query}"
        login = None
        if parts.username is not None:
            pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
            login = f"Basic {base64.b64encode(pair.encode('utf-8', 'surrogateescape')).decode('ascii')}"
    except ValueError:  # brackets, ports, names of computers, and Unicode that they cannot have
        raise MasksegError(f"{source} is no address that can be right: {shortened(hide_passwords(text))!r}.") from None
    return WebAddress(url, login, hide_passwords(url))


class RedirectError(Exception):
    """The server sends the client to an address that cannot be right; the message is the end of a sentence."""


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows redirections to other web addresses only, and never with name and password."""

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> urllib.request.Request | None:
        try:
            target = web_address(newurl, "the redirection")
        except MasksegError as error:
            raise RedirectError(str(error).rstrip(".")) from None
        return super().redirect_request(req, fp, code, msg, headers, target.url)

    def http_error_302(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage
    ) -> Any:
        """As in the library, whose own check of the address raises ValueError for a broken one."""
        try:
            return super().http_error_302(req, fp, code, msg, headers)
        except ValueError:
            raise RedirectError("the redirection is no address that can be right") from None

    http_error_301 = http_error_303 = http_error_307 = http_error_308 = http_error_302


def open_web(address: WebAddress, headers: dict[str, str], timeout: float) -> Any:
    """Sends a request, by http or https only, and through the proxies of the environment.

    Raises:
        RedirectError, urllib.error.URLError, http.client.HTTPException, OSError: there is no answer, or a refusal.
    """
    request = urllib.request.Request(address.url, headers=headers)
    if address.authorization is not None:
        request.add_unredirected_header("Authorization", address.authorization)
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler,
        urllib.request.HTTPHandler,
        urllib.request.HTTPSHandler,
        urllib.request.HTTPDefaultErrorHandler,
        urllib.request.HTTPErrorProcessor,
        _Redirects,
    ):
        opener.add_handler(handler())
    return opener.open(request, timeout=timeout)
