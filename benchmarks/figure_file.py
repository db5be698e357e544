"""Reads a file of measured figures (JSON)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from maskseg_cli.errors import MasksegError


def read_figures(path: Path, key: str, what: str) -> dict[str, Any]:
    """Figures that were measured before; {} where there is no file.

    Args:
        path: the file.
        key: what every such file has.
        what: of what they are, for the message.

    Raises:
        MasksegError: the file is not one of ours.
    """
    if not path.exists():
        return {}
    try:
        figures = json.loads(path.read_bytes())
    except ValueError:
        figures = None
    if not isinstance(figures, dict) or key not in figures:
        raise MasksegError(f"{path} holds no figures of {what}.")
    return figures
