"""Decides what a name in a pickle means: read, left out, or the reason why the file is not read.

A pickle names functions and classes that Python would import and call. maskseg calls none of them
(`pickle_machine.py`), whatever is decided here; a name that is not known is refused because the file then is not what
it seems to be.
"""

from __future__ import annotations

import functools
import sys

from maskseg_cli.checkpoints.pytorch.dtypes import TORCH_STORAGES, UNREAD_STORAGES
from maskseg_cli.checkpoints.pytorch.records import Name, RefusedError
from maskseg_cli.printable import printable

#: Python 2's names of modules.
_RENAMED = {"__builtin__": "builtins", "copy_reg": "copyreg", "numpy._core": "numpy.core"}

_REBUILD = "torch._utils."

#: Names that `rebuild.py` makes something of, or that are values.
KNOWN = frozenset(
    [
        *(f"torch.{kind}" for kind in (*TORCH_STORAGES, *UNREAD_STORAGES)),
        *(f"torch.cuda.{kind}" for kind in (*TORCH_STORAGES, *UNREAD_STORAGES)),
        "torch.storage.UntypedStorage",
        *(
            _REBUILD + name
            for name in (
                "_rebuild_tensor",
                "_rebuild_tensor_v2",
                "_rebuild_tensor_v3",
                "_rebuild_device_tensor_from_cpu_tensor",
                "_rebuild_device_tensor_from_numpy",
                "_rebuild_parameter",
                "_rebuild_parameter_with_state",
                "_rebuild_sparse_tensor",
                "_rebuild_sparse_csr_tensor",
                "_rebuild_nested_tensor",
                "_rebuild_qtensor",
                "_rebuild_meta_tensor_no_storage",
            )
        ),
        "torch._tensor._rebuild_from_type_v2",
        *(
            f"torch.{dtype}"
            for dtype in (
                *("float64", "float32", "float16", "bfloat16", "int64", "int32", "int16", "int8", "uint8", "bool"),
                *("uint16", "uint32", "uint64", "complex64", "complex128", "qint8", "quint8", "qint32"),
                *("float8_e4m3fn", "float8_e5m2", "float8_e4m3fnuz", "float8_e5m2fnuz"),
                *("strided", "sparse_coo", "contiguous_format", "preserve_format", "channels_last"),
                *("per_tensor_affine", "per_channel_affine", "per_tensor_symmetric", "per_channel_symmetric"),
            )
        ),
        "torch.Size",
        "torch.device",
        "torch.Tensor",
        "torch.Generator",
        "torch.serialization._get_layout",
        "collections.OrderedDict",
        "collections.defaultdict",
        "collections.Counter",
        "collections.deque",
        "numpy.core.multiarray._reconstruct",
        "numpy.core.multiarray.scalar",
        "numpy.core.numeric._frombuffer",
        "numpy.ndarray",
        "numpy.dtype",
        *("numpy.bool_", "numpy.float32", "numpy.float64", "numpy.int32", "numpy.int64"),
        "_codecs.encode",
        "copyreg._reconstructor",
        "copyreg.__newobj__",
        *(
            f"builtins.{kind}"
            for kind in (
                *("set", "frozenset", "list", "tuple", "dict", "bytes", "bytearray", "complex", "slice", "range"),
                *("object", "int", "float", "str", "bool", "NoneType"),
            )
        ),
    ]
)

_MOST_NAME = 300

#: Python's getattr, which reads any attribute of anything. Only checkpoints of mmengine need it, for the methods of
#: their HistoryBuffer; `rebuild.py` refuses all other uses.
GETATTR = "builtins.getattr"

#: Packages whose classes have objects beside the weights in checkpoints of a training, or are networks, and single
#: classes: their objects become placeholders without content.
_LEFT_OUT = frozenset(
    [
        *("torch.nn", "torch.optim", "torch.torch_version", "torchvision", "detectron2", "fvcore", "iopath", "yacs"),
        *("mmengine", "mmcv", "mmdet", "addict", "timm", "ultralytics", "omegaconf", "easydict"),
        *("pytorch_lightning", "lightning", "lightning_fabric", "lightning_utilities"),
        *("numpy.dtypes", "numpy.random"),
        *(
            "argparse.Namespace",
            "types.SimpleNamespace",
            "pathlib",
            "packaging.version",
            "uuid.UUID",
            "decimal.Decimal",
        ),
        *("fractions.Fraction", "typing.Any"),
    ]
)

#: Functions, and classes in lower case, that are left out too: methods of HistoryBuffer in checkpoints of mmengine,
#: parts of whole networks (so that these are refused for what they are), states of random numbers, dates.
_LEFT_OUT_IN_LOWER_CASE = (
    "mmengine.logging.history_buffer.HistoryBuffer.",
    *("torch.nn.", "torchvision.ops.", "torchvision.models.", "detectron2.modeling.", "detectron2.layers."),
    *("mmdet.models.", "mmcv.cnn.", "mmcv.ops.", "timm.models.", "timm.layers.", "ultralytics.nn."),
    "numpy.random._pickle.",
    *("datetime.datetime", "datetime.date", "datetime.time", "datetime.timedelta", "datetime.timezone"),
)

#: Python's own modules, those of Python 2 too: their functions and classes act on the computer when they are called.
_ACTING = sys.stdlib_module_names | {"builtins", "posix", "nt", "commands", "urllib2", "cPickle", "imp"}

_STATE_DICT = "save the state dict alone: torch.save(model.state_dict(), ...)"


@functools.lru_cache(maxsize=4096)
def known_name(module: str, name: str) -> Name:
    """The name that an opcode gives in two parts.

    Raises:
        RefusedError: a name that neither tensors nor plain values need; the sentence says which.
    """
    full = _full_name(module, name)
    if len(full) <= _MOST_NAME and (full in KNOWN or full == GETATTR or is_left_out(full)):
        return Name(full)
    raise RefusedError(refusal(full))


def is_left_out(full: str) -> bool:
    """Whether objects of this name become placeholders. Functions of the same packages can act, and are refused."""
    for name in _LEFT_OUT_IN_LOWER_CASE:
        if full == name or (name.endswith(".") and full.startswith(name)):
            return True
    parts = full.split(".")
    known = any(".".join(parts[:count]) in _LEFT_OUT for count in range(1, min(len(parts), 3) + 1))
    return known and _is_class(parts[-1])


def _is_class(name: str) -> bool:
    """Whether this is written as classes are, and not functions: HistoryBuffer, _LRScheduler."""
    return name.lstrip("_")[:1].isupper()


def _full_name(module: str, name: str) -> str:
    for start, new in _RENAMED.items():
        if module == start or module.startswith(f"{start}."):
            module = new + module[len(start) :]
    return f"{module}.{name}"


def refusal(full: str) -> str:
    """The rest of a sentence about a file that names this function or class."""
    shown = printable(full[:200])
    if full == "torch.storage._load_from_bytes":
        return (
            "was written by pickle and not by torch.save: its tensors are files within the file, which are not "
            "opened; save it again: torch.save(model.state_dict(), ...)."
        )
    top, _, last = full.partition(".")[0], *full.rpartition(".")[1:]
    if top in ("posix", "nt"):
        shown = f"{shown} (os.{printable(last[:200])})"
    if top in _ACTING or not _is_class(last):
        return (
            f"would run {shown} when Python opens it, which weights do not need, so it is not read: do not open it "
            "with torch.load or pickle either, unless you trust its origin."
        )
    return f"holds an object of {shown}, which only its own program can read: {_STATE_DICT}."


def whole_model(full: str) -> str:
    """The rest of a sentence about a file whose only content is an object of this class."""
    return f"is a whole pickled model ({printable(full[:200])}), not a state dict: torch.save(model.state_dict(), ...)."
