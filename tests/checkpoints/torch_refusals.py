"""Files that `read_torch_state` must refuse: how they are written, and what a refusal looks like."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pytest

from maskseg_cli.checkpoints.pytorch.reading import read_torch_state
from maskseg_cli.errors import MasksegError
from tests.torch_files import Stored

VALUES = Stored(np.arange(6, dtype=np.float32), "0")
SOUND = {"a": np.ones((2, 3), np.float32)}


def refusal(path: Path) -> str:
    with pytest.raises(MasksegError) as caught:
        read_torch_state(path)
    message = str(caught.value)
    assert message.startswith(str(path))
    assert message.endswith(".")
    assert "\n" not in message
    return message


def raw(folder: Path, data: bytes) -> Path:
    path = folder / "w.pkl"
    path.write_bytes(data)
    return path


def zipped(folder: Path, data: bytes, **members: bytes) -> Path:
    path = folder / "w.pth"
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in {"archive/data.pkl": data, **members}.items():
            archive.writestr(name, content)
    return path


def outcome(path: Path) -> str | None:
    """The sentence of a refusal; None: it was read."""
    try:
        read_torch_state(path)
    except MasksegError as error:
        return str(error)
    return None
