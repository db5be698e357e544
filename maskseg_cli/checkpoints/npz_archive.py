"""`NpzArchive`: the arrays of an .npz file, whose sizes are known before anything is unpacked.

`numpy.load` unpacks whatever a file says; a file of 3 MB may say 6 GB.
"""

from __future__ import annotations

import contextlib
import math
import struct
import tokenize
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from maskseg_cli.errors import MasksegError

#: What the libraries for zip files and arrays raise for damaged ones. RuntimeError has NotImplementedError (unknown
#: methods of packing) and RecursionError (brackets in brackets in an array's header).
DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    tokenize.TokenError,
    EOFError,
    IndexError,
    KeyError,
    MemoryError,
    OSError,
    OverflowError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
)

_HEADERS = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
_ENCRYPTED = 1


@dataclass(frozen=True)
class ArrayHeader:
    """What a file says of an array.

    Attributes:
        shape: its shape.
        dtype: its type; never one that holds Python objects.
    """

    shape: tuple[int, ...]
    dtype: np.dtype[Any]

    @property
    def size(self) -> int:
        """The number of values."""
        return math.prod(self.shape)


class NpzArchive:
    """An .npz file that is open for reading. Used as a context manager.

    Args:
        path: the file.

    Attributes:
        members: the names of all members.
        names: the names of the arrays, without ".npy".

    Raises:
        MasksegError: the file is damaged; so in all methods.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        with self._naming_damage():
            self._archive = zipfile.ZipFile(path)
        self.members = self._archive.namelist()
        self.names = [name.removesuffix(".npy") for name in dict.fromkeys(self.members) if name.endswith(".npy")]

    def __enter__(self) -> NpzArchive:
        return self

    def __exit__(self, *exc: object) -> None:
        self._archive.close()

    def header(self, name: str) -> ArrayHeader:
        """Shape and type of an array, which is not unpacked; its size is what the file's directory says."""
        with self._naming_damage(), self._open(f"{name}.npy") as stream:
            version = np.lib.format.read_magic(stream)
            if version not in _HEADERS:
                raise ValueError(f"{name} is stored in an unknown way")
            shape, _, dtype = _HEADERS[version](stream)
            header = ArrayHeader(shape, dtype)
            if dtype.hasobject or any(side < 0 for side in shape):
                raise ValueError(f"{name} does not hold numbers")
            size = self._archive.getinfo(f"{name}.npy").file_size
            if header.size * dtype.itemsize != size - stream.tell():
                raise ValueError(f"{name} has another size than its shape says")
            return header

    def array(self, name: str) -> NDArray[Any]:
        """An array; its `header` is checked first."""
        self.header(name)
        with self._naming_damage(), self._open(f"{name}.npy") as stream:
            array: NDArray[Any] = np.lib.format.read_array(stream, allow_pickle=False)
            if stream.read(1):  # to the end, where zipfile compares the checksum
                raise ValueError(f"{name} is longer than its shape says")
            return array

    def text(self, member: str, most: int) -> bytes:
        """A member that is no array, of at most so many bytes."""
        with self._naming_damage(), self._open(member) as stream:
            data = stream.read(most + 1)
            if len(data) > most:
                raise ValueError(f"{member} has more than {most:,} bytes")
            return data

    def _open(self, member: str) -> IO[bytes]:
        info = self._archive.getinfo(member)
        if info.flag_bits & _ENCRYPTED:
            raise ValueError("it is locked with a password")
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise ValueError(f"{member} is packed in another way than NumPy does")
        return self._archive.open(info)

    @contextlib.contextmanager
    def _naming_damage(self) -> Iterator[None]:
        try:
            yield
        except DAMAGE as error:
            reason = " ".join(str(error).split())[:300] or type(error).__name__
            raise MasksegError(f"{self._path} is damaged ({reason}); fetch or copy it again.") from None
