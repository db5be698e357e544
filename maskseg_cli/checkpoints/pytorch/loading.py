"""Reads the values of tensors into arrays, piece by piece: beside the arrays, a megabyte is in memory."""

from __future__ import annotations

import codecs
import io
from collections.abc import Mapping
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from maskseg_cli.checkpoints.pytorch.dtypes import FLOATS, STORED, convert, loaded_dtype
from maskseg_cli.checkpoints.pytorch.records import DamagedError, Payload, Storage, Tensor

#: Bytes that are read at a time; a multiple of each type's.
_PIECE = 1 << 20

#: Values that tensors may have, for each in their storages: views of the same ones make arrays without memory, but
#: whoever copies them needs it.
_MOST_VIEWS = 4


def load_tensors(tensors: Mapping[str, Tensor], capacity: int) -> dict[str, NDArray[Any]]:
    """Reads each storage once; tensors are views of it.

    Args:
        tensors: name -> tensor.
        capacity: the bytes that all of the file's storages can have together, as they are stored.

    Raises:
        DamagedError: a tensor does not fit its storage, a storage has other bytes than it says, or all of them have
            more than the file.
    """
    storages = {tensor.storage: STORED[tensor.storage.dtype].itemsize for tensor in tensors.values()}
    for tensor in tensors.values():
        tensor.check()
    values = sum(storage.count for storage in storages)
    stored = sum(storage.count * width for storage, width in storages.items())
    if stored > capacity or sum(tensor.size for tensor in tensors.values()) > _MOST_VIEWS * values:
        raise DamagedError("its tensors show the same values many times")
    for storage, width in storages.items():
        _check_size(storage, width)
    loaded: dict[Storage, NDArray[Any]] = {}
    arrays = {}
    for name, tensor in tensors.items():
        if tensor.storage not in loaded:
            loaded[tensor.storage] = _load(tensor.storage)
        arrays[name] = _view(loaded[tensor.storage], tensor)
    return arrays


def stored_dtype(tensors: Mapping[str, Tensor]) -> str:
    """The type of most of the floating-point values; float32 where there are none."""
    counts = dict.fromkeys(FLOATS, 0)
    for tensor in tensors.values():
        if tensor.storage.dtype in counts:
            counts[tensor.storage.dtype] += tensor.size
    return max(counts, key=lambda dtype: counts[dtype]) if any(counts.values()) else "float32"


def _check_size(storage: Storage, width: int) -> None:
    payload, needed = storage.payload, storage.count * width
    if needed > payload.size or (needed != payload.size and not payload.is_text):
        raise DamagedError(f"a tensor of {needed:,} bytes has {payload.size:,} in the file")


def _view(values: NDArray[Any], tensor: Tensor) -> NDArray[Any]:
    if not tensor.size:
        return np.empty(tensor.shape, values.dtype)
    width = values.itemsize
    return np.ndarray(
        tensor.shape, values.dtype, values, tensor.offset * width, tuple(width * stride for stride in tensor.strides)
    )


def _load(storage: Storage) -> NDArray[Any]:
    out: NDArray[Any] = np.empty(storage.count, loaded_dtype(storage.dtype))
    if not storage.count:
        return out
    kind = STORED[storage.dtype]
    if storage.big_endian:
        kind = kind.newbyteorder(">")
    with _bytes_of(storage.payload) as stream:
        if kind == out.dtype:
            _fill(stream, out)
        else:
            step = _PIECE // kind.itemsize
            for start in range(0, storage.count, step):
                piece = np.empty(min(step, storage.count - start), kind)
                _fill(stream, piece)
                convert(piece, storage.dtype, out[start : start + piece.size])
        # A packed member is compared with its checksum at its end, and a text may have more characters than values.
        if stream.read(1) and storage.payload.is_text:
            raise DamagedError("a tensor has more values than its shape says")
    return out


def _fill(stream: IO[bytes], values: NDArray[Any]) -> None:
    room, done = values.view(np.uint8).data, 0
    while done < len(room):
        read = stream.readinto(room[done : done + _PIECE])  # type: ignore[attr-defined]
        if not read:
            raise DamagedError("it ends within a tensor")
        done += read


def _bytes_of(payload: Payload) -> IO[bytes]:
    stream = payload.open()
    return io.BufferedReader(_Latin1Reader(stream, payload.size), _PIECE) if payload.is_text else stream


class _Latin1Reader(io.RawIOBase):
    """The bytes that a UTF-8 text of so many bytes stands for, one for each character."""

    def __init__(self, stream: IO[bytes], size: int) -> None:
        self._stream, self._left = stream, size
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._ready = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        """See `io.RawIOBase`; ValueError for another text (UnicodeError is one)."""
        while not self._ready and self._left:
            data = self._stream.read(min(self._left, _PIECE))
            if not data:
                raise DamagedError("it ends within a tensor")
            self._left -= len(data)
            self._ready = self._decoder.decode(data, final=not self._left).encode("latin-1")
        count = min(len(self._ready), len(buffer))
        buffer[:count], self._ready = self._ready[:count], self._ready[count:]
        return count

    def close(self) -> None:
        """Closes the stream of the text, too."""
        self._stream.close()
        super().close()
