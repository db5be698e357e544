"""`use_own_token`: a token for a cluster on this machine, which no other program knows."""

from __future__ import annotations

import contextlib
import importlib
import os
from typing import Any


def use_own_token(stack: contextlib.ExitStack) -> None:
    """Protects the cluster that is started next by a token of its own, until `stack` ends.

    Ray would write one for all clusters into the user's home, where two that start at the same time overwrite it.
    """
    try:
        from ray._private.authentication.authentication_token_generator import generate_new_authentication_token
    except ImportError:  # Ray before 2.60 has no tokens
        return
    raylet: Any = importlib.import_module("ray._raylet")
    names = ("RAY_AUTH_MODE", "RAY_AUTH_TOKEN")
    before = {name: os.environ[name] for name in names if name in os.environ}
    if before.get("RAY_AUTH_MODE", "token") != "token" or "RAY_AUTH_TOKEN" in before:
        return

    def read_again() -> None:
        raylet.Config.initialize("")
        raylet.AuthenticationTokenLoader.instance().reset_cache()

    def restore() -> None:
        for name in names:
            os.environ.pop(name, None)
        os.environ.update(before)
        read_again()

    stack.callback(restore)
    os.environ.update({"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": generate_new_authentication_token()})
    read_again()
