"""Standard input and output, which the shell may have closed (`<&-`, `>&-`, `2>&-`)."""

from __future__ import annotations

import os
import sys
from typing import BinaryIO

from maskseg_cli.errors import MasksegError


def fill_closed_streams() -> None:
    """Opens the null device in the place of each closed standard stream.

    Otherwise the next file that is opened, such as a result, gets the number of standard error, and what a library
    writes to that goes into the file. `sys.stdin` and `sys.stdout` stay None; `sys.stderr` becomes a stream, as
    progress bars need one.
    """
    for descriptor in (0, 1, 2):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest free number, which is this one
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115  as long as the process lives


def binary_stdin() -> BinaryIO:
    """Standard input for bytes.

    Raises:
        MasksegError: it is closed.
    """
    if sys.stdin is None:
        raise MasksegError("Standard input is closed: give it a file, as in maskseg image - < photo.jpg")
    return sys.stdin.buffer


def binary_stdout() -> BinaryIO:
    """Standard output for bytes.

    Raises:
        MasksegError: it is closed.
    """
    if sys.stdout is None:
        raise MasksegError("Standard output is closed: give a file in the place of -.")
    return sys.stdout.buffer
