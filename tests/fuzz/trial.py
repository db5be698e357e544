"""A fuzzer whose inputs say what goes wrong, for tests of the frame."""

from __future__ import annotations

import os
import time
from pathlib import Path

from maskseg_cli.errors import MasksegError
from tests.fuzz.fuzzer import Fuzzer


def _attack(data: bytes, folder: Path) -> None:
    assert list(folder.iterdir()) == []
    (folder / "input").write_bytes(data)
    if data == b"crash":
        os.abort()
    if data == b"hang":
        time.sleep(3600)
    if data == b"traceback":
        raise ValueError("unforeseen")
    if data != b"sound":
        raise MasksegError(f"{folder} is damaged.")


FUZZER = Fuzzer("trial", lambda: [b"sound"], _attack)
