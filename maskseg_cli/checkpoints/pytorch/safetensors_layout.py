"""Files of safetensors: the length of a header (8 bytes), the header in JSON, and the values of all tensors.

The format is simple enough to be read here: its library gives bfloat16 to NumPy only through other packages.
https://huggingface.co/docs/safetensors
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import IO, Any

from maskseg_cli.checkpoints.pytorch.dtypes import SAFETENSORS, STORED
from maskseg_cli.checkpoints.pytorch.records import (
    DamagedError,
    Payload,
    RefusedError,
    Storage,
    Tensor,
    contiguous_strides,
    whole_number,
    whole_numbers,
)
from maskseg_cli.checkpoints.pytorch.state import Layout
from maskseg_cli.printable import printable

#: Bytes of a header; a large network's has some hundred thousand.
_MOST_HEADER = 1 << 23
_METADATA = "__metadata__"


class SafetensorsLayout:
    """A file. Used as a context manager, as the other layouts are.

    Args:
        path: the file.

    Attributes:
        capacity: bytes that all storages can have together.
    """

    layout: Layout = "safetensors"

    def __init__(self, path: Path) -> None:
        self._path = path
        self._size = self.capacity = path.stat().st_size

    def __enter__(self) -> SafetensorsLayout:
        return self

    def __exit__(self, *exc: object) -> None:
        pass  # each tensor opens the file for itself

    def load(self) -> dict[str, Any]:
        """{"__metadata__": texts, "model": name -> tensor}, in the order of the values.

        Raises:
            RefusedError: a tensor of a type that is not read.
            DamagedError: tensors overlap, leave gaps, or go beyond the file.
        """
        with self._path.open("rb") as stream:
            length = int.from_bytes(stream.read(8), "little")
            if length > self._size - 8:
                raise DamagedError(f"its header declares {length:,} bytes and it has {self._size:,}")
            if length > _MOST_HEADER:
                raise DamagedError(f"its header has {length:,} bytes")
            header = _json(stream.read(length))
        metadata = header.pop(_METADATA, {})
        if not isinstance(metadata, dict) or not all(isinstance(text, str) for text in metadata.values()):
            raise DamagedError("its metadata are no texts")
        found = [(*_offsets(name, entry), name, entry) for name, entry in header.items()]
        found.sort(key=lambda one: one[:2])
        end = 0
        for start, stop, name, _ in found:
            if start != end or stop < start:
                raise DamagedError(f"the values of {_shown(name)} overlap with others or leave a gap")
            end = stop
        if end != self._size - 8 - length:
            raise DamagedError(f"its tensors have {end:,} bytes and it has {self._size - 8 - length:,}")
        return {
            _METADATA: metadata,
            "model": {
                name: self._tensor(name, entry, 8 + length + start, stop - start) for start, stop, name, entry in found
            },
        }

    def _tensor(self, name: str, entry: dict[str, Any], start: int, size: int) -> Tensor:
        kind = entry.get("dtype")
        if not isinstance(kind, str) or kind not in SAFETENSORS:
            raise RefusedError(f"is not read: {_shown(name)} in it is of the type {_shown(kind)}.")
        dtype, shape = SAFETENSORS[kind], whole_numbers(entry.get("shape"))
        count = 1
        for side in shape:
            count *= side
        if count * STORED[dtype].itemsize != size:
            raise DamagedError(f"{_shown(name)} has {size:,} bytes and a shape of {count:,} values")
        storage = Storage(dtype, count, Payload(size, lambda: self._open(start)))
        return Tensor(storage, 0, shape, contiguous_strides(shape))

    def _open(self, start: int) -> IO[bytes]:
        stream = self._path.open("rb")
        stream.seek(start)
        return stream


def _offsets(name: str, entry: Any) -> tuple[int, int]:
    offsets = entry.get("data_offsets") if isinstance(entry, dict) else None
    if not isinstance(offsets, list) or len(offsets) != 2:
        raise DamagedError(f"{_shown(name)} has no offsets")
    return whole_number(offsets[0]), whole_number(offsets[1])


def _json(data: bytes) -> dict[str, Any]:
    try:
        header = json.loads(data.decode("utf-8"), object_pairs_hook=_unique)
    except RecursionError:
        raise DamagedError("its header has brackets in brackets without an end") from None
    if not isinstance(header, dict):
        raise DamagedError("its header is no table")
    return header


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise DamagedError("its header has a name twice")
    return made


def _shown(name: Any) -> str:
    return printable(str(name)[:200])
