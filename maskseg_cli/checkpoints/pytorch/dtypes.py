"""The types of values in weight files, and their conversion to float32."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

#: Types that are read -> NumPy's type with the same bytes. NumPy has no bfloat16.
STORED: dict[str, np.dtype[Any]] = {
    "float64": np.dtype("<f8"),
    "float32": np.dtype("<f4"),
    "float16": np.dtype("<f2"),
    "bfloat16": np.dtype("<u2"),
    "int64": np.dtype("<i8"),
    "int32": np.dtype("<i4"),
    "int16": np.dtype("<i2"),
    "int8": np.dtype("i1"),
    "uint8": np.dtype("u1"),
    "uint16": np.dtype("<u2"),
    "uint32": np.dtype("<u4"),
    "uint64": np.dtype("<u8"),
    "bool": np.dtype("?"),
}

#: Names of PyTorch's types in pickles, as storages ("torch.FloatStorage") and as types ("torch.float32").
TORCH_STORAGES = {
    "DoubleStorage": "float64",
    "FloatStorage": "float32",
    "HalfStorage": "float16",
    "BFloat16Storage": "bfloat16",
    "LongStorage": "int64",
    "IntStorage": "int32",
    "ShortStorage": "int16",
    "CharStorage": "int8",
    "ByteStorage": "uint8",
    "BoolStorage": "bool",
    "UntypedStorage": "uint8",
}

#: Types of PyTorch that are not read.
UNREAD_STORAGES = (
    "ComplexDoubleStorage",
    "ComplexFloatStorage",
    "QUInt8Storage",
    "QInt8Storage",
    "QInt32Storage",
    "QUInt4x2Storage",
    "QUInt2x4Storage",
)

#: Names of types in the header of a safetensors file.
SAFETENSORS = {
    "F64": "float64",
    "F32": "float32",
    "F16": "float16",
    "BF16": "bfloat16",
    "I64": "int64",
    "I32": "int32",
    "I16": "int16",
    "I8": "int8",
    "U8": "uint8",
    "U16": "uint16",
    "U32": "uint32",
    "U64": "uint64",
    "BOOL": "bool",
}

#: The second part of NumPy's names for types ("f4") -> type.
NUMPY = {
    "f8": "float64",
    "f4": "float32",
    "f2": "float16",
    "i8": "int64",
    "i4": "int32",
    "i2": "int16",
    "i1": "int8",
    "u8": "uint64",
    "u4": "uint32",
    "u2": "uint16",
    "u1": "uint8",
    "b1": "bool",
}

FLOATS = ("float64", "float32", "float16", "bfloat16")


def loaded_dtype(stored: str) -> np.dtype[Any]:
    """The type of the array that is made of such values: float32 for all floating-point numbers."""
    return np.dtype(np.float32) if stored in FLOATS else STORED[stored].newbyteorder("=")


def convert(values: NDArray[Any], stored: str, out: NDArray[Any]) -> None:
    """Converts values, as `STORED` names their type, into an array of `loaded_dtype`.

    bfloat16 is the upper half of a float32; what float64 has beyond float32 becomes infinite.
    """
    if stored == "bfloat16":
        np.left_shift(values, 16, out=out.view(np.uint32), dtype=np.uint32)
        return
    with np.errstate(over="ignore"):
        out[...] = values
