"""Writes the files that PyTorch, detectron2 and safetensors write, without any of them.

A pickle holds names of functions and classes: `Named` and `Made` are pickled as such names and calls.
"""

from __future__ import annotations

import io
import json
import pickle
import zipfile
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

#: NumPy's type -> PyTorch's name of a storage. NumPy has no bfloat16: `bfloat16` gives its bytes as uint16.
_STORAGES = {
    "float64": "DoubleStorage",
    "float32": "FloatStorage",
    "float16": "HalfStorage",
    "uint16": "BFloat16Storage",
    "int64": "LongStorage",
    "int32": "IntStorage",
    "int16": "ShortStorage",
    "int8": "CharStorage",
    "uint8": "ByteStorage",
    "bool": "BoolStorage",
}
_SAFETENSORS = {"float64": "F64", "float32": "F32", "float16": "F16", "uint16": "BF16", "int64": "I64", "bool": "BOOL"}

LEGACY_MAGIC = 0x1950A86A20F9469CFC6C


class Named:
    """A function or class that a pickle names."""

    def __init__(self, module: str, name: str) -> None:
        self.module, self.name = module, name

    def __call__(self, *arguments: Any) -> Any:
        raise NotImplementedError  # the pickler only asks whether it could be called


class Made:
    """What a pickle makes by calling a name, and then gives a state."""

    def __init__(self, function: Named, *arguments: Any, state: Any = None, items: Any = None) -> None:
        self.reduced = (function, arguments, state, None, items)

    def __reduce__(self) -> Any:
        return self.reduced


class Stored:
    """Values behind the pickle of a PyTorch file: a one-dimensional array, under a key."""

    def __init__(self, values: NDArray[Any], key: str, kind: str | None = None, count: int | None = None) -> None:
        self.values, self.key = values, key
        self.kind = kind or _STORAGES[values.dtype.name]
        self.count = values.size if count is None else count


class _Pickler(pickle._Pickler):  # type: ignore[name-defined]
    dispatch: ClassVar[dict[Any, Any]] = dict(pickle._Pickler.dispatch)  # type: ignore[attr-defined]

    def __init__(self, stream: Any, protocol: int, legacy: bool) -> None:
        super().__init__(stream, protocol)
        self.legacy = legacy
        self.storages: dict[str, Stored] = {}

    def save_named(self, named: Named) -> None:
        if self.proto >= 4:
            self.save(named.module)
            self.save(named.name)
            self.write(pickle.STACK_GLOBAL)
        else:
            self.write(f"c{named.module}\n{named.name}\n".encode())
        self.memoize(named)

    dispatch[Named] = save_named

    def persistent_id(self, value: Any) -> Any:
        if not isinstance(value, Stored):
            return None
        self.storages[value.key] = value
        found = ("storage", Named("torch", value.kind), value.key, "cpu", value.count)
        return (*found, None) if self.legacy else found


def dumps(content: Any, protocol: int = 2, legacy: bool = False) -> tuple[bytes, dict[str, Stored]]:
    """A pickle, and the storages that it names."""
    stream = io.BytesIO()
    pickler = _Pickler(stream, protocol, legacy)
    pickler.dump(content)
    return stream.getvalue(), pickler.storages


def bfloat16(array: NDArray[Any]) -> NDArray[np.uint16]:
    """The upper halves of float32 values."""
    return (np.ascontiguousarray(array, np.float32).view(np.uint32) >> 16).astype(np.uint16)


def tensor(stored: Stored, offset: int, shape: tuple[int, ...], strides: tuple[int, ...]) -> Made:
    """A tensor as torch.save pickles it."""
    rebuild = Named("torch._utils", "_rebuild_tensor_v2")
    return Made(rebuild, stored, offset, shape, strides, False, OrderedDict())


def tensors(arrays: Mapping[str, NDArray[Any]]) -> dict[str, Any]:
    """A state dict: a storage for each array."""
    made: dict[str, Any] = OrderedDict()
    for index, (name, array) in enumerate(arrays.items()):
        whole = np.array(array, order="C")
        strides = tuple(stride // whole.itemsize for stride in whole.strides)
        made[name] = tensor(Stored(whole.reshape(-1), str(index)), 0, whole.shape, strides)
    return made


def write_zip(path: Path, content: Any, big_endian: bool = False, protocol: int = 2, **members: bytes) -> Path:
    """Writes a file of torch.save since 1.6."""
    data, storages = dumps(content, protocol)
    order = ">" if big_endian else "<"
    parts = {"data.pkl": data, "byteorder": b"big" if big_endian else b"little"}
    parts |= {
        f"data/{key}": one.values.astype(one.values.dtype.newbyteorder(order)).tobytes()
        for key, one in storages.items()
    }
    parts |= {"version": b"3\n", **members}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for name, part in parts.items():
            archive.writestr(zipfile.ZipInfo(f"archive/{name}"), part)
    return path


def legacy_bytes(content: Any, protocol: int = 2) -> bytes:
    """A file of torch.save before 1.6."""
    system = {"protocol_version": 1001, "little_endian": True, "type_sizes": {"short": 2, "int": 4, "long": 4}}
    data, storages = dumps(content, protocol, legacy=True)
    keys = sorted(storages)
    heads = [pickle.dumps(one, protocol) for one in (LEGACY_MAGIC, 1001, system)]
    values = [storages[key].values.size.to_bytes(8, "little") + storages[key].values.tobytes() for key in keys]
    return b"".join([*heads, data, pickle.dumps(keys, protocol), *values])


def write_legacy(path: Path, content: Any) -> Path:
    """Writes a file of torch.save before 1.6."""
    path.write_bytes(legacy_bytes(content))
    return path


def write_pickle(path: Path, content: Any, protocol: int = 2) -> Path:
    """Writes a pickle, of NumPy arrays as detectron2's model zoo has it."""
    path.write_bytes(dumps(content, protocol)[0])
    return path


def write_safetensors(path: Path, arrays: Mapping[str, NDArray[Any]], metadata: dict[str, str] | None = None) -> Path:
    """Writes a file of safetensors."""
    header: dict[str, Any] = {} if metadata is None else {"__metadata__": metadata}
    end = 0
    for name, array in arrays.items():
        kind = _SAFETENSORS[array.dtype.name]
        header[name] = {"dtype": kind, "shape": list(array.shape), "data_offsets": [end, end + array.nbytes]}
        end += array.nbytes
    text = json.dumps(header).encode()
    with path.open("wb") as stream:
        stream.write(len(text).to_bytes(8, "little") + text)
        for array in arrays.values():
            stream.write(np.ascontiguousarray(array).tobytes())
    return path
