"""Reading JSON files, with a sentence for whatever is wrong with one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from maskseg_cli.datasets.foreign_formats import explain_bytes
from maskseg_cli.datasets.json_faults import explain_fault
from maskseg_cli.errors import MasksegError


def read_json(path: Path) -> Any:
    """The content of a JSON file.

    Raises:
        MasksegError: it cannot be read or is not JSON (with the line, or the format that it has).
    """
    return parse_json(read_bytes(path), path)


def read_bytes(path: Path) -> bytes:
    """The bytes of a file.

    Raises:
        MasksegError: it cannot be read.
    """
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise MasksegError(f"There is no file {path}.") from None
    except OSError as error:
        raise MasksegError(f"{path} cannot be read: {error.strerror}.") from None


def parse_json(data: bytes, path: Path, **remedy: str) -> Any:
    """The content of a JSON file whose bytes have been read; `path` is for messages, `remedy` for `explain_bytes`.

    Raises:
        MasksegError: as `read_json`.
    """
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        if known := explain_bytes(data, **remedy):
            raise MasksegError(f"{path} {known}.") from None
        raise MasksegError(f"{path} {explain_fault(data, error)}.") from None
