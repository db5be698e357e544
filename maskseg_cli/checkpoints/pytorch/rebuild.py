"""What the known names of a pickle make: tensors and arrays as records, containers as Python's own, nothing else.

Each function gets the arguments that the pickle has for the name, of any type, and returns a value.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import Any

import numpy as np

from maskseg_cli.checkpoints.pytorch.dtypes import NUMPY, STORED
from maskseg_cli.checkpoints.pytorch.pickle_names import GETATTR, is_left_out, refusal
from maskseg_cli.checkpoints.pytorch.records import (
    DamagedError,
    Name,
    Payload,
    Placeholder,
    RefusedError,
    Storage,
    Tensor,
    contiguous_strides,
    whole_number,
    whole_numbers,
)

_MOST_KEY = 1 << 32
_MOST_ATTRIBUTE = 100

_SPARSE, _QUANTIZED = "is a sparse tensor", "is a quantized tensor"
_UNREAD = {
    "torch._utils._rebuild_sparse_tensor": _SPARSE,
    "torch._utils._rebuild_sparse_csr_tensor": _SPARSE,
    "torch._utils._rebuild_nested_tensor": "is a nested tensor",
    "torch._utils._rebuild_qtensor": _QUANTIZED,
    "torch._utils._rebuild_meta_tensor_no_storage": "is a tensor without values (of the device meta)",
}


class ArrayType:
    """numpy.dtype in a pickle; its order of bytes comes behind it."""

    def __init__(self, code: str) -> None:
        self.code = code
        self.big_endian = False

    def set_state(self, state: Any) -> None:
        """Takes what `numpy.dtype.__setstate__` would: (version, order, ...)."""
        if not isinstance(state, tuple) or len(state) < 2:
            raise DamagedError("a type of an array has no order of bytes")
        self.big_endian = state[1] in (">", b">")

    @property
    def dtype(self) -> str | None:
        """The type, as `dtypes.STORED` has it; None: not of numbers."""
        return NUMPY.get(self.code)


class Array:
    """numpy.ndarray in a pickle; its shape and values come behind it."""

    def __init__(self) -> None:
        self.tensor: Tensor | Placeholder | None = None

    def set_state(self, state: Any) -> None:
        """Takes what `numpy.ndarray.__setstate__` would: (version, shape, dtype, Fortran's order, bytes)."""
        if not isinstance(state, tuple) or len(state) != 5:
            raise DamagedError("an array has no shape and values")
        self.tensor = _array(*state[1:])


def _array(shape: Any, kind: Any, fortran: Any, data: Any) -> Tensor | Placeholder:
    if not isinstance(kind, ArrayType):
        raise DamagedError("an array has no type")
    if kind.dtype is None:
        return Placeholder("numpy.ndarray", "is an array of other values than numbers")
    shape = whole_numbers(shape)
    count = int(np.prod(shape, dtype=object)) if shape else 1
    storage = Storage(kind.dtype, count, _payload(data), kind.big_endian)
    return Tensor(storage, 0, shape, contiguous_strides(shape, bool(fortran)))


def _payload(data: Any) -> Payload:
    if isinstance(data, Payload):
        return data
    if isinstance(data, str):  # Python 2's bytes; copied when they are used, for a file may have one text many times
        return Payload(len(data), lambda: io.BytesIO(data.encode("latin-1")))
    if not isinstance(data, bytes):
        raise DamagedError("an array's values are no bytes")
    return Payload(len(data), lambda: io.BytesIO(data))


def _frombuffer(data: Any, kind: Any, shape: Any, order: Any) -> Tensor | Placeholder:
    return _array(shape, kind, order in ("F", b"F"), data)


def _dtype(code: Any, *_: Any) -> ArrayType:
    code = code.decode("latin-1") if isinstance(code, bytes) else code
    if not isinstance(code, str) or not re.fullmatch(r"[A-Za-z?]\d{0,9}", code):
        raise DamagedError("a type of an array has no name")
    return ArrayType(code)


def _scalar(kind: Any, data: Any = None) -> Any:
    if not isinstance(kind, ArrayType) or kind.dtype is None:
        return Placeholder("numpy.generic")
    data = data.encode("latin-1") if isinstance(data, str) else data
    stored = STORED[kind.dtype]
    if not isinstance(data, bytes) or len(data) != stored.itemsize:
        raise DamagedError("a number has another size than its type")
    return np.frombuffer(data, stored.newbyteorder(">") if kind.big_endian else stored)[0].item()


def _encode(text: Any, *_: Any) -> bytes | Payload:
    if isinstance(text, Payload):
        return text
    if not isinstance(text, str):
        raise DamagedError("bytes are not written as a text")
    return text.encode("latin-1")


def _tensor(storage: Any, offset: Any, shape: Any, strides: Any, *_: Any) -> Tensor | Placeholder:
    if isinstance(storage, Placeholder):
        return storage
    if not isinstance(storage, Storage):
        raise DamagedError("a tensor has no storage")
    return Tensor(storage, whole_number(offset), whole_numbers(shape), whole_numbers(strides))


def _tensor_v3(storage: Any, offset: Any, shape: Any, strides: Any, *rest: Any) -> Tensor | Placeholder:
    """A tensor whose type stands beside its bytes, for types without a storage of their own."""
    kind = rest[2] if len(rest) > 2 else None
    dtype = kind.text.removeprefix("torch.") if isinstance(kind, Name) else ""
    if dtype not in STORED:
        return Placeholder("torch.Tensor", f"is a tensor of the type {dtype or 'None'}")
    if isinstance(storage, Storage):
        storage = Storage(dtype, storage.count // STORED[dtype].itemsize, storage.payload, storage.big_endian)
    return _tensor(storage, offset, shape, strides)


def _first(value: Any = None, *_: Any) -> Any:
    return value


def _from_type(function: Any = None, kind: Any = None, arguments: Any = (), *_: Any) -> Any:
    """A tensor of a class derived from torch.Tensor: how to make a plain one, and its class."""
    if not isinstance(function, Name) or not function.text.startswith("torch._utils."):
        raise DamagedError("a tensor cannot be made")
    return call(function, arguments)


def _pairs(items: Any = (), *_: Any) -> dict[Any, Any]:
    """An OrderedDict; Python 2 writes its items as arguments."""
    if isinstance(items, dict):
        return dict(items)
    if not isinstance(items, (list, tuple)):
        raise DamagedError("a dict has no items")
    made: dict[Any, Any] = {}
    for pair in items:
        if not isinstance(pair, (list, tuple)) or len(pair) != 2:
            raise DamagedError("a dict has no items")
        set_item(made, *pair)
    return made


def _listed(items: Any = (), *_: Any) -> list[Any]:
    return list(items) if isinstance(items, (list, tuple)) else []


def _tupled(items: Any = (), *_: Any) -> tuple[Any, ...]:
    return tuple(_listed(items))


def _getattr(owner: Any = None, attribute: Any = None, *_: Any) -> Placeholder:
    if isinstance(owner, Name) and is_left_out(owner.text) and isinstance(attribute, str):
        attribute = attribute[:_MOST_ATTRIBUTE]
        return Placeholder(f"{owner.text}.{attribute}")
    raise RefusedError(refusal(GETATTR))


def _reconstructor(kind: Any = None, *_: Any) -> Any:
    return call(kind, ()) if isinstance(kind, Name) else Placeholder("object")


def _bytes(text: Any = "", *_: Any) -> bytes | Payload:
    """Python 3 writes b"" for Python 2 as a call without arguments, and with a text and its encoding the others."""
    return _encode(text)


_MAKERS: dict[str, Callable[..., Any]] = {
    "torch._utils._rebuild_tensor": _tensor,
    "torch._utils._rebuild_tensor_v2": _tensor,
    "torch._utils._rebuild_tensor_v3": _tensor_v3,
    "torch._utils._rebuild_device_tensor_from_cpu_tensor": _first,
    "torch._utils._rebuild_device_tensor_from_numpy": _first,
    "torch._utils._rebuild_parameter": _first,
    "torch._utils._rebuild_parameter_with_state": _first,
    "torch._tensor._rebuild_from_type_v2": _from_type,
    "torch.Size": _tupled,
    "collections.OrderedDict": _pairs,
    "collections.defaultdict": lambda *_: {},
    "collections.Counter": _pairs,
    "collections.deque": _listed,
    "numpy.core.multiarray._reconstruct": lambda *_: Array(),
    "numpy.core.multiarray.scalar": _scalar,
    "numpy.core.numeric._frombuffer": _frombuffer,
    "numpy.dtype": _dtype,
    "_codecs.encode": _encode,
    "copyreg._reconstructor": _reconstructor,
    "copyreg.__newobj__": _reconstructor,
    GETATTR: _getattr,
    "builtins.bytes": _bytes,
    "builtins.set": _listed,
    "builtins.frozenset": _listed,
    "builtins.list": _listed,
    "builtins.tuple": _tupled,
    "builtins.dict": _pairs,
}


def call(function: Any, arguments: Any) -> Any:
    """What a pickle makes by calling a name, or by making an object of it.

    Raises:
        DamagedError: the arguments are of another form than the name needs.
        RefusedError: a use of getattr that can act.
    """
    if isinstance(function, Placeholder):
        return function
    if not isinstance(function, Name) or not isinstance(arguments, tuple):
        raise DamagedError("something is called that is no name")
    maker = _MAKERS.get(function.text)
    if maker is None:
        return Placeholder(function.text, _UNREAD.get(function.text, ""))
    try:
        return maker(*arguments)
    except TypeError:
        raise DamagedError(f"{function.text} has {len(arguments)} arguments") from None


def set_item(target: dict[Any, Any], key: Any, value: Any) -> None:
    """Adds an item to a dict; other keys than texts and small numbers are left out, for no weight has such a name.

    Of large numbers, a file can choose a million that have the same hash, with which a dict takes hours.
    """
    if isinstance(key, (str, bytes)) or key is None or (isinstance(key, int) and abs(key) < _MOST_KEY):
        target[key] = value


def set_state(target: Any, state: Any) -> None:
    """What a pickle gives an object after it is made; containers and placeholders do not keep it."""
    if isinstance(target, (Array, ArrayType)):
        target.set_state(state)
    elif not isinstance(target, (dict, list, Placeholder, Tensor)):
        raise DamagedError(f"a {type(target).__name__} gets attributes")
