"""`TorchState`: the arrays of a state dict, by the names that their library gave them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from numpy.typing import NDArray

#: How the file keeps its arrays: torch.save since 1.6, torch.save before, a pickle of NumPy arrays, safetensors.
Layout = Literal["zip", "legacy", "pickle", "safetensors"]


@dataclass(frozen=True, eq=False)
class TorchState:
    """A state dict, and what lies beside it in the file.

    Attributes:
        arrays: name -> array, in the order of the file and in PyTorch's axes: convolutions (out, in, kh, kw),
            transposed ones (in, out, kh, kw), dense ones (out, in). Floating-point numbers are float32; integers, such
            as "bn1.num_batches_tracked", keep their type. The prefixes "module." and "model." are removed where all
            names have them. Arrays that the file stores once share memory, and need not be contiguous.
        layout: how the file keeps them.
        stored_dtype: the type of most of the floating-point values in the file: "float32", "float16", "bfloat16" or
            "float64".
        meta: plain values beside the state dict (texts, numbers, lists, dicts): {"meta": {"CLASSES": (...)}} of
            mmdetection, "__author__" of detectron2, the metadata of safetensors. Long or deeply nested ones are left
            out.
    """

    arrays: dict[str, NDArray[Any]]
    layout: Layout
    stored_dtype: str = "float32"
    meta: dict[str, Any] = field(default_factory=dict)
