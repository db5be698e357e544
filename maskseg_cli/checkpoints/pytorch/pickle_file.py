"""Reads the parts of a pickle's opcodes: numbers, lines, texts. Nothing is reserved for what a length declares."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import IO

from maskseg_cli.checkpoints.pytorch.records import DamagedError, Payload

#: Longer texts and bytes stay in the file.
_LONG = 1 << 12
_MOST_LINE = 1 << 16


class PickleFile:
    """The bytes of a pickle.

    Args:
        stream: where the pickle begins; it can be sought in.
        reopen: opens the same bytes again, from their beginning, for values that stay in the file.

    Attributes:
        size: of all bytes, those before the pickle too.

    Raises:
        DamagedError: it ends early; so in all methods.
    """

    def __init__(self, stream: IO[bytes], reopen: Callable[[], IO[bytes]]) -> None:
        self._stream, self._reopen = stream, reopen
        here = stream.tell()
        self.size = stream.seek(0, io.SEEK_END)
        stream.seek(here)

    def read(self, size: int) -> bytes:
        """So many bytes."""
        data = self._stream.read(size)
        if len(data) != size:
            raise DamagedError("a pickle ends early")
        return data

    def line(self) -> str:
        """The text up to the end of the line, one character for each byte."""
        line = self._stream.readline(_MOST_LINE)
        if not line.endswith(b"\n"):
            raise DamagedError("a line of a pickle has no end")
        return line[:-1].decode("latin-1")

    def data(self, size: int, is_text: bool = False) -> bytes | Payload:
        """So many bytes of a value; long ones are passed over, to be read later.

        Args:
            size: as the pickle declares it.
            is_text: whether they are a text, see `Payload`.
        """
        start = self._stream.tell()
        if not 0 <= size <= self.size - start:
            raise DamagedError(f"a pickle declares {size:,} bytes and has {self.size - start:,}")
        if size <= _LONG:
            return self.read(size)
        self._stream.seek(start + size)

        def reopened() -> IO[bytes]:
            stream = self._reopen()
            stream.seek(start)
            return stream

        return Payload(size, reopened, is_text)
