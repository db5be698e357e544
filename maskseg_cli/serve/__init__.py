"""The web page of `maskseg webcam --serve`: the live picture and its controls in any browser, a phone's too.

Data flows one way: the live loop publishes into a `LiveFeed`, connections of viewers read the newest picture from it,
and what viewers wish for goes into `Controls`, which the loop heeds. Nothing here is ever waited for by the loop.

Example:
    >>> from maskseg_cli.camera.controls import Controls, LiveFeed
    >>> from maskseg_cli.serve import start_server
    >>> with start_server(LiveFeed(), Controls(), port=0) as server:
    ...     server.url.startswith("http://127.0.0.1:")
    True
"""

from __future__ import annotations

from maskseg_cli.serve.listen_address import DEFAULT_HOST, DEFAULT_PORT, parse_address
from maskseg_cli.serve.server import Server, start_server

__all__ = ["DEFAULT_HOST", "DEFAULT_PORT", "Server", "parse_address", "start_server"]
