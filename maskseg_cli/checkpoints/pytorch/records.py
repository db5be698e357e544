"""What a file says of its tensors before their values are read; nothing here holds more than a few numbers."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import IO, Any

#: Largest length of a side, offset or stride: more bytes than any file has.
_MOST = 1 << 48
_MOST_DIMENSIONS = 16


class RefusedError(Exception):
    """The file is not read; the message goes on behind the file's name."""


class DamagedError(ValueError):
    """The file contradicts itself; the message says where."""


@dataclass(frozen=True)
class Name:
    """What a pickle names ("torch._utils._rebuild_tensor_v2"). It is a text: nothing of that name is imported."""

    text: str


@dataclass(frozen=True)
class Placeholder:
    """An object of a class that is not read, without its content.

    Attributes:
        name: of the class.
        why: what it is, where that can be said: "is a sparse tensor".
    """

    name: str
    why: str = ""


@dataclass(frozen=True, eq=False)
class Payload:
    """A sequence of bytes that still lies in the file.

    Attributes:
        size: its bytes, at most; a text may have fewer as bytes.
        open: a new stream that begins with its first byte, and may go on behind its last one.
        is_text: the bytes are UTF-8, each character (up to U+00FF) one byte: so Python 3 writes bytes for Python 2.
    """

    size: int
    open: Callable[[], IO[bytes]]
    is_text: bool = False


@dataclass(frozen=True, eq=False)
class Storage:
    """Values that lie behind one another; a tensor shows all or some of them.

    Attributes:
        dtype: "float32", "bfloat16", "int64", ... (`dtypes.py`).
        count: the number of values.
        payload: their bytes.
        big_endian: the order of bytes in a value.
    """

    dtype: str
    count: int
    payload: Payload
    big_endian: bool = False


@dataclass(frozen=True, eq=False)
class Tensor:
    """A tensor whose values lie in a storage.

    Attributes:
        storage: its values.
        offset: of its first value, in values.
        shape: its shape.
        strides: values from one index to the next in each dimension, as in PyTorch.
    """

    storage: Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]

    @property
    def size(self) -> int:
        """The number of values."""
        return math.prod(self.shape)

    def check(self) -> None:
        """Compares it with its storage.

        Raises:
            DamagedError: it goes beyond its storage, or shows values more than once.
        """
        if len(self.shape) != len(self.strides):
            raise DamagedError(f"a tensor has {len(self.shape)} dimensions and {len(self.strides)} strides")
        if not self.size:
            return
        last = self.offset + sum((side - 1) * stride for side, stride in zip(self.shape, self.strides, strict=True))
        if last >= self.storage.count or self.size > self.storage.count:
            raise DamagedError(
                f"a tensor of the shape {self.shape} is larger than its storage of {self.storage.count:,} values"
            )


def whole_number(value: Any) -> int:
    """An int of a pickle that is to be a size or offset.

    Raises:
        DamagedError: another type, negative, or beyond any file.
    """
    if type(value) is not int:
        raise DamagedError(f"a size is a {type(value).__name__} and not a number")
    if not 0 <= value < _MOST:
        raise DamagedError("a size is negative" if value < 0 else "a size is larger than any file")
    return value


def whole_numbers(value: Any) -> tuple[int, ...]:
    """A shape or strides, as `whole_number`."""
    if not isinstance(value, (tuple, list)) or len(value) > _MOST_DIMENSIONS:
        raise DamagedError(f"a shape is no tuple of at most {_MOST_DIMENSIONS} numbers")
    return tuple(whole_number(side) for side in value)


def contiguous_strides(shape: tuple[int, ...], fortran: bool = False) -> tuple[int, ...]:
    """The strides of an array without gaps, its last index the fastest; its first one in Fortran's order."""
    sides = shape if fortran else shape[::-1]
    strides = [1]
    for side in sides[:-1]:
        strides.append(strides[-1] * side)
    strides = strides[: len(shape)]
    return tuple(strides if fortran else strides[::-1])
