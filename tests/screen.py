"""A real screen without a monitor (Xvfb), and a user at it (xdotool), for tests of windows."""

from __future__ import annotations

import ctypes
import os
import shutil
import struct
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from tests.browser import wait_for

#: Fields of an X window dump's header that are needed here (X11/XWDFile.h), each a big-endian 32-bit number.
_HEADER_SIZE, _WIDTH, _HEIGHT, _BYTES_PER_LINE, _COLORS = 0, 4, 5, 12, 19


class _ClientMessage(ctypes.Structure):
    """XClientMessageEvent of Xlib, in the 24 longs of an XEvent."""

    _fields_ = (
        ("type", ctypes.c_int),
        ("serial", ctypes.c_ulong),
        ("send_event", ctypes.c_int),
        ("display", ctypes.c_void_p),
        ("window", ctypes.c_ulong),
        ("message_type", ctypes.c_ulong),
        ("format", ctypes.c_int),
        ("data", ctypes.c_long * 5),
        ("padding", ctypes.c_long * 12),
    )


class Screen:
    """A running Xvfb.

    Attributes:
        environment: for programs that are to appear on it.
    """

    def __init__(self, number: str, dump: Path) -> None:
        self.environment = {**os.environ, "DISPLAY": f":{number}", "QT_QPA_PLATFORM": "xcb"}
        self.environment.pop("WAYLAND_DISPLAY", None)
        self._dump = dump

    def picture(self) -> np.ndarray:
        """What is on the screen, BGR uint8 (768, 1024, 3)."""
        data = self._dump.read_bytes()
        header = struct.unpack(">25I", data[:100])
        start = header[_HEADER_SIZE] + 12 * header[_COLORS]
        rows = np.frombuffer(data, np.uint8, header[_HEIGHT] * header[_BYTES_PER_LINE], start)
        return rows.reshape(header[_HEIGHT], -1, 4)[:, : header[_WIDTH], :3].copy()

    def key(self, *keys: str) -> None:
        """Presses keys, as xdotool names them ("space", "Escape", "m"), one after the other."""
        self.tool("key", "--delay", "60", *keys)

    def tool(self, *arguments: str) -> str:
        """Runs xdotool and returns what it prints."""
        done = subprocess.run(
            ["xdotool", *arguments], env=self.environment, capture_output=True, text=True, timeout=20, check=False
        )
        return done.stdout

    def close_window(self, number: str) -> None:
        """What the close button of a window does: asks the program to close it."""
        x11 = ctypes.CDLL("libX11.so.6")
        x11.XOpenDisplay.restype = ctypes.c_void_p
        x11.XInternAtom.argtypes = (ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int)
        x11.XInternAtom.restype = ctypes.c_ulong
        x11.XSendEvent.argtypes = (ctypes.c_void_p, ctypes.c_ulong, ctypes.c_int, ctypes.c_long, ctypes.c_void_p)
        x11.XCloseDisplay.argtypes = (ctypes.c_void_p,)
        display = x11.XOpenDisplay(self.environment["DISPLAY"].encode())
        event = _ClientMessage(
            type=33,  # ClientMessage
            window=int(number),
            message_type=x11.XInternAtom(display, b"WM_PROTOCOLS", 0),
            format=32,
        )
        event.data[0] = x11.XInternAtom(display, b"WM_DELETE_WINDOW", 0)
        x11.XSendEvent(display, int(number), 0, 0, ctypes.byref(event))
        x11.XCloseDisplay(display)

    def wait_for_window(self, title: str) -> str:
        """Waits until a window of this title is painted, gives it the keyboard and the upper left corner of the screen.

        OpenCV's Qt loses its first events now and then on a busy machine, the one that says that the window is on the
        screen among them, and then never paints it: so 23 of 120 windows of a script of five lines stayed black, and
        none of 120 beside a window manager. There is none here, so the window is hidden and shown again, as a user
        would do.

        Returns:
            its X number.
        """
        found = wait_until(lambda: self.tool("search", "--onlyvisible", "--name", f"^{title}$").split(), 20)
        window = str(found[-1])
        self.tool("windowmove", window, "0", "0")  # there is no window manager that would say where
        end = time.monotonic() + 20
        while not self._is_painted(1.0):
            assert time.monotonic() < end, "the window stays black"
            self.tool("windowunmap", window)
            self.tool("windowmap", window)
        self.tool("windowfocus", "--sync", window)
        return window

    def _is_painted(self, seconds: float) -> bool:
        """Whether anything can be seen in the upper left corner of the screen, after so many seconds at most."""
        end = time.monotonic() + seconds
        while not (painted := self.picture()[:100, :100].any()) and time.monotonic() < end:
            time.sleep(0.02)
        return bool(painted)


@contextmanager
def opened_screen(folder: Path) -> Iterator[Screen]:
    """An Xvfb of 1024 x 768 pixels; skips the test where it cannot be had."""
    for program, package in (("Xvfb", "xvfb"), ("xdotool", "xdotool")):
        if shutil.which(program) is None:
            pytest.skip(f"needs {program}, which is not installed (Debian: apt-get install {package})")
    reading, writing = os.pipe()
    # Without -noreset it starts anew whenever its last client leaves, and meanwhile nobody gets in.
    command = ["Xvfb", "-displayfd", str(writing), "-screen", "0", "1024x768x24", "-fbdir", str(folder), "-noreset"]
    server = subprocess.Popen(
        [*command, "-nolisten", "tcp"], pass_fds=[writing], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    os.close(writing)
    try:
        with os.fdopen(reading) as answer:
            number = answer.readline().strip()
        if not number:
            pytest.skip("needs Xvfb, which does not start here")
        yield Screen(number, folder / "Xvfb_screen0")
    finally:
        server.terminate()
        server.wait(10)


def wait_until(check: Callable[[], object], seconds: float = 10) -> object:
    """Waits until `check` answers something true, and returns it; fails after so many seconds."""
    return wait_for(check, "nothing came", seconds)
