"""Asks a web server why a video on it cannot be read: `index_is_last`."""

from __future__ import annotations

import base64
import urllib.request
from urllib.parse import unquote, urlsplit, urlunsplit

#: Bytes that are read of a file, and seconds that a server has for them.
_BYTES, _TIMEOUT = 2**16, 5.0


def index_is_last(address: str) -> bool:
    """Whether an address is that of an MP4 or MOV whose index comes last, on a server that sends whole files only.

    Such a file cannot be read from there: the index, which is needed first, would be passed before the pictures.
    False also if the server does not answer.
    """
    parts = urlsplit(address)
    if parts.scheme.lower() not in ("http", "https"):
        return False
    plain = urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
    request = urllib.request.Request(plain, headers={"Range": f"bytes=0-{_BYTES - 1}"})
    if parts.username is not None:
        names = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        request.add_header("Authorization", "Basic " + base64.b64encode(names.encode()).decode())
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT) as answer:
            return answer.status == 200 and _data_comes_first(answer.read(_BYTES))
    except (OSError, ValueError):
        return False


def _data_comes_first(start: bytes) -> bool:
    """Whether the pictures (`mdat`) come before the index (`moov`) at the start of an MP4 (ISO/IEC 14496-12, 4.2)."""
    at = 0
    while at + 16 <= len(start):
        size, kind = int.from_bytes(start[at : at + 4], "big"), start[at + 4 : at + 8]
        if kind in (b"moov", b"mdat"):
            return kind == b"mdat"
        if size == 1:
            size = int.from_bytes(start[at + 8 : at + 16], "big")
        if size < 8:
            return False
        at += size
    return False
