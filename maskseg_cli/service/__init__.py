"""`maskseg serve`: an HTTP service that finds the objects in pictures, and a web page for it."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from maskseg_cli.service.app import make_app
    from maskseg_cli.service.options import ServiceOptions
    from maskseg_cli.service.run import serve, start_service

_HOMES = {"ServiceOptions": "options", "make_app": "app", "serve": "run", "start_service": "run"}

__all__ = ["ServiceOptions", "make_app", "serve", "start_service"]


def __getattr__(name: str) -> Any:
    # Starlette and OpenCV are imported with the first use, not with the options, so that --help is shown at once.
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
