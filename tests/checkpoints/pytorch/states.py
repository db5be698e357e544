"""State dicts of zeros with the names and shapes of real networks: each array is one zero, shown many times."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maskseg_cli.checkpoints import Checkpoint
from maskseg_cli.checkpoints.pytorch.families.conversion import checkpoint_of
from maskseg_cli.checkpoints.pytorch.state import TorchState
from tests.parity_torch.make_torch_weights import DATA

Arrays = dict[str, NDArray[Any]]


def zeros(*shape: int, dtype: str = "float32") -> NDArray[Any]:
    """An array that takes no memory."""
    return np.broadcast_to(np.zeros((), dtype), shape)


def published(spec: str) -> Arrays:
    """The names and shapes of a published network: "torchvision-v1", "torchvision-v2" or "detectron2-r50"."""
    tensors = json.loads((DATA / f"{spec}.json").read_text())["tensors"]
    return {name: zeros(*shape, dtype=dtype) for name, shape, dtype in tensors}


def renamed(arrays: Mapping[str, NDArray[Any]], *pairs: tuple[str, str]) -> Arrays:
    """A copy with parts of names replaced."""
    found = {}
    for name, array in arrays.items():
        for old, new in pairs:
            name = name.replace(old, new)
        found[name] = array
    return found


def with_deep_stage(arrays: Arrays, block: str, blocks: int = 23) -> Arrays:
    """A copy with more blocks in the stage that has 6 in a ResNet-50; `block` is the beginning of its blocks' names."""
    more = {
        name.replace(f"{block}5.", f"{block}{index}."): array
        for name, array in arrays.items()
        if name.startswith(f"{block}5.")
        for index in range(6, blocks)
    }
    return arrays | more


def without(arrays: Mapping[str, NDArray[Any]], *beginnings: str) -> Arrays:
    """A copy without the arrays whose names begin so."""
    return {name: array for name, array in arrays.items() if not name.startswith(beginnings)}


def read(
    folder: Path, arrays: Mapping[str, NDArray[Any]], meta: dict[str, Any] | None = None, **options: Any
) -> Checkpoint:
    """The checkpoint of a state dict that lies in a file of this folder."""
    path = folder / "mine.pth"
    path.touch()
    return checkpoint_of(path, TorchState(dict(arrays), "zip", meta=meta or {}), **options)
