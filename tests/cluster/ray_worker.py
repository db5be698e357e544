"""What a process of the test cluster does at its start: the stand-in of the network, which also kills its process.

A picture with a large coloured area makes the process end, as long as the file of that colour in the folder
`TROUBLE` says so; green makes the stand-in slow.
"""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Any

import numpy as np

from tests.cli import fake_model

#: Environment variable: the folder of the files.
TROUBLE = "MASKSEG_TEST_TROUBLE"

#: BGR colours; the network's input has the same order of channels.
COLOURS = {"red": (0, 0, 255), "blue": (255, 0, 0), "green": (0, 255, 0)}

#: Seconds for a green picture.
SLOW = 0.05


def start() -> None:
    """Called in each process before its first task."""
    fake_model.use_blob_engine(setattr)
    find = fake_model.BlobEngine._find

    def in_trouble(self: Any, image: Any, number: int) -> Any:
        shown = colour_of(image)
        if shown == "green":
            time.sleep(SLOW)
        elif shown is not None and left(shown):
            leave(shown, left(shown) - 1)
            os.kill(os.getpid(), signal.SIGKILL)
        return find(self, image, number)

    fake_model.BlobEngine._find = in_trouble  # type: ignore[method-assign]


def colour_of(image: Any) -> str | None:
    """The colour of the lower left corner, where it is one of `COLOURS`."""
    corner = np.asarray(image)[-12:-4, 4:12].reshape(-1, 3).mean(axis=0)
    for name, colour in COLOURS.items():
        if np.abs(corner - colour).max() < 90:
            return name
    return None


def left(colour: str) -> int:
    """How many processes are still to end at a picture of this colour."""
    path = Path(os.environ[TROUBLE], colour)
    return int(path.read_text()) if path.is_file() else 0


def leave(colour: str, number: int) -> None:
    """Sets that."""
    Path(os.environ[TROUBLE], colour).write_text(str(number))
