"""The windows of --show on a real screen."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.cli.running import ENVIRONMENT
from tests.screen import Screen, opened_screen, wait_until

#: Shows a gray picture; ends with what the window said.
_STILL = """
import numpy as np
from maskseg_cli.media.window import Window
with Window() as window:
    print(window.show(np.full((200, 300, 3), 90, np.uint8)))
"""
_LIVE = """
import numpy as np
from maskseg_cli.media.live_window import LiveWindow
with LiveWindow("leave out --show") as window:
    shown = 0
    while window.update(np.full((200, 300, 3), shown % 255, np.uint8)):
        shown += 1
    print(window.closed)
"""


@pytest.fixture(scope="module")
def screen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Screen]:
    with opened_screen(tmp_path_factory.mktemp("screen")) as opened:
        yield opened


@pytest.mark.parametrize(
    ("script", "by_key", "said"),
    [(_STILL, "space", "True"), (_STILL, "q", "False"), (_STILL, None, "True"), (_LIVE, "q", "False")]
    + [(_LIVE, None, "True")],
)
def test_keys_and_the_close_button(screen: Screen, script: str, by_key: str | None, said: str) -> None:
    environment = {**screen.environment, "PYTHONPATH": ENVIRONMENT["PYTHONPATH"]}
    command = [sys.executable, "-c", script]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as one:
        try:
            number = screen.wait_for_window("maskseg")
            if by_key is None:
                screen.close_window(number)
            else:
                screen.key(by_key)
            answer, errors = one.communicate(timeout=20)
        finally:
            one.kill()
    assert (one.returncode, answer.strip()) == (0, said), errors


def test_the_dump_is_what_is_shown(screen: Screen) -> None:
    """The tests' own eye: a blue square at its place."""
    script = _STILL.replace("np.full((200, 300, 3), 90, np.uint8)", "np.full((200, 300, 3), (250, 9, 3), np.uint8)")
    environment = {**screen.environment, "PYTHONPATH": ENVIRONMENT["PYTHONPATH"]}
    with subprocess.Popen([sys.executable, "-c", script], env=environment, stdout=subprocess.DEVNULL) as one:
        try:
            screen.wait_for_window("maskseg")
            wait_until(lambda: screen.picture()[100, 150].tolist() == [250, 9, 3])
            assert screen.picture().shape == (768, 1024, 3)
            assert screen.picture()[700, 900].tolist() == [0, 0, 0]
        finally:
            one.kill()
