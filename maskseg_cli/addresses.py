"""Addresses on the network; their user names and passwords are hidden in messages, file names and what viewers get."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from maskseg_cli.errors import UsageError

#: Where an address was taken for a file, it has one slash instead of two.
_ADDRESS = re.compile(r"([a-z][a-z0-9+.-]*://|\b[a-z][a-z0-9+.-]+:/)(\S+)", re.IGNORECASE)

#: Name and value of a parameter, behind "?" or "&" or, as some cameras want it, in the path.
_PARAMETER = re.compile(
    r"(?<![a-z0-9])([a-z0-9_-]*?(?:pas|pw|psw|token|secret|auth|key|sig|sid|session|cred)[a-z0-9_-]*=)[^&;\s\"'<>]+",
    re.IGNORECASE,
)

#: What our own messages write in the place of a name and a password.
_EXAMPLE = "NAME:PASSWORD"


_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+)://")


def is_address(text: str) -> bool:
    """Whether a text is an address on the network rather than a file.

    Example:
        >>> is_address("rtsp://camera/1"), is_address("C:/film.mp4")
        (True, False)
    """
    return _SCHEME.match(text) is not None


def sound_address(text: str) -> str:
    """An address as FFmpeg takes it: http, rtsp and so on in small letters.

    Raises:
        UsageError: there is a space where a password may be: messages could not tell the part behind it from words;
            or a bracket that belongs to no IPv6 address.

    Example:
        >>> sound_address("RTSP://Camera/1")
        'rtsp://Camera/1'
    """
    if re.search(r"\s.*@|[?=].*\s", text):
        raise UsageError("A name or password in an address holds no spaces: write %20 in their place.")
    try:
        urlsplit(text)
    except ValueError as error:
        raise UsageError(
            f"{hide_passwords(text)} is no address: its [ and ] do not stand around an IPv6 address; in a password "
            "write %5B for [ and %5D for ]."
        ) from error
    return _SCHEME.sub(lambda found: found.group().lower(), text, count=1)


def has_login(address: str) -> bool:
    """Whether an address holds a name or a password.

    Example:
        >>> has_login("rtsp://me:secret@camera/1"), has_login("http://camera/1?pwd=secret"), has_login("http://camera")
        (True, True, False)
    """
    return hide_passwords(address) != address


def hide_logins(text: str) -> str:
    """Removes the part NAME:PASSWORD@ of all addresses in a text.

    A password may hold "/", "?", "#" and "@", though it should be written with %2F and so on: what looks like one is
    removed too.

    Example:
        >>> hide_logins("rtsp://me:pa/ss@camera:554/1 does not answer")
        'rtsp://camera:554/1 does not answer'
    """
    return _ADDRESS.sub(lambda found: found.group(1) + _without_login(found.group(2)), text)


def hide_passwords(text: str, keep_user: bool = False) -> str:
    """Removes logins, as `hide_logins`, and the values of parameters of addresses that are passwords or keys.

    Args:
        keep_user: the user's name stays, with *** in the place of the password.

    Example:
        >>> hide_passwords("http://camera/video?user=me&pwd=secret&channel=1")
        'http://camera/video?user=me&pwd=***&channel=1'
        >>> hide_passwords("rtsp://me:secret@camera/1", keep_user=True)
        'rtsp://me:***@camera/1'
    """

    def hide(found: re.Match[str]) -> str:
        return found.group(1) + _PARAMETER.sub(r"\1***", _without_login(found.group(2), keep_user))

    return _ADDRESS.sub(hide, text)


def _without_login(rest: str, keep_user: bool = False) -> str:
    """An address behind "://" without its login."""
    host = re.split(r"[/?#]", rest, maxsplit=1)[0]
    login, at, _ = host.rpartition("@")
    # "me:pa/ss@camera": without the login there would be a port in front of the slash, and no "@" behind it.
    if not at and ":" in re.sub(r"^\[[^]]*\]", "", host):
        login, at, _ = rest.rpartition("@")
    if not at or login == _EXAMPLE or login.endswith(":***"):
        return rest
    user, colon, _ = login.partition(":")
    return (f"{user}:***@" if keep_user and colon else "") + rest[len(login) + 1 :]
