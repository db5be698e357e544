"""The web page of `maskseg webcam --serve`: the live picture and its controls in any browser, a phone's too.

The live loop publishes into a `LiveFeed`; each viewer's connection reads the newest picture from it and changes
`Controls`, which the loop applies. The loop never waits for a viewer.

Example:
    >>> from maskseg_cli.camera.controls import Controls
    >>> from maskseg_cli.camera.feed import LiveFeed
    >>> from maskseg_cli.serve import start_server
    >>> with start_server(LiveFeed(), Controls(), port=0) as server:
    ...     server.url.startswith("http://127.0.0.1:")
    True
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from maskseg_cli.serve.listen_address import DEFAULT_HOST, DEFAULT_PORT, parse_address

if TYPE_CHECKING:
    from maskseg_cli.serve.server import Server, start_server

__all__ = ["DEFAULT_HOST", "DEFAULT_PORT", "Server", "parse_address", "start_server"]


def __getattr__(name: str) -> Any:
    # The server needs OpenCV, a check of its address does not: wrong options are reported at once.
    if name not in ("Server", "start_server"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from maskseg_cli.serve import server

    return getattr(server, name)
