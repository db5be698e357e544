"""Ways to run `maskseg webcam` in tests."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from click.testing import CliRunner, Result

from maskseg_cli.cli.main import main
from tests.screen import wait_until

from . import fake_model
from .fake_model import DELAY, scene
from .running import ENVIRONMENT

#: The real program in a process of its own, with the stand-in.
PROGRAM = [sys.executable, "-m", fake_model.__name__, "webcam"]

#: Seconds after which a test no longer waits for what should happen at once: a busy machine may stand still for long.
PATIENCE = 60


def run(*arguments: str | Path, code: int = 0) -> Result:
    """Runs `maskseg webcam` in this process."""
    result = CliRunner().invoke(main, ["webcam", *map(str, arguments)])
    assert result.exit_code == code, result.output
    return result


def yard(number: int) -> np.ndarray:
    """A picture of a test's camera: 480 x 320 pixels, a person and a dog that stay, and a green patch that moves."""
    image = cv2.resize(scene(), (480, 320), interpolation=cv2.INTER_NEAREST)
    left = 10 + 7 * number % 440
    image[290:310, left : left + 20] = (0, 160, 0)
    return image


class Program:
    """`maskseg webcam`, running in a process of its own.

    Attributes:
        said: what it has written to stderr so far.
    """

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.said = ""
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.said += line

    def wait_for(self, pattern: str, seconds: float = PATIENCE) -> re.Match[str]:
        """Waits until it has written something."""

        def find() -> re.Match[str] | None:
            assert self.process.poll() is None or re.search(pattern, self.said), self.said
            return re.search(pattern, self.said)

        found = wait_until(find, seconds)
        assert isinstance(found, re.Match)
        return found

    def status(self) -> dict[str, Any]:
        """The status of its page, which needs --serve."""
        url = self.wait_for(r"The picture is at (http://[^\s?]+)").group(1)
        with urllib.request.urlopen(f"{url}status.json", timeout=PATIENCE) as response:
            status = json.load(response)
        assert isinstance(status, dict)
        return status

    def wait_recorded(self, seconds: float) -> None:
        """Waits until the running recording has this length; needs --serve."""
        wait_until(lambda: self.status()["recorded"] > seconds, PATIENCE)

    def end(self, number: int | None = None) -> int:
        """Sends a signal, waits for the end, and returns the exit code."""
        if number is not None:
            self.process.send_signal(number)
        code = self.process.wait(PATIENCE)
        self._reader.join(5)
        return code


@contextmanager
def program(
    folder: Path, *arguments: str | Path, environment: dict[str, str] | None = None, delay: float | str = 0.01
) -> Iterator[Program]:
    """The program, running in a folder; the network takes `delay` for a picture (see `fake_model.DELAY`)."""
    process = subprocess.Popen(
        [*PROGRAM, *map(str, arguments)],
        cwd=folder,
        stderr=subprocess.PIPE,
        text=True,
        env={**ENVIRONMENT, **(environment or {}), DELAY: str(delay)},
        # A shell that runs tests in the background lets its children ignore Ctrl-C.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    try:
        yield Program(process)
    finally:
        process.kill()
        process.wait()
