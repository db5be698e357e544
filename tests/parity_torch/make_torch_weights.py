#!/usr/bin/env python3
"""Writes a PyTorch-trained Mask R-CNN's weight file with seeded pseudo-random values, as its users have it.

That is torchvision's and mmdetection's `.pth` (a zip of a pickle and raw values), detectron2's `.pkl` (a pickle of
NumPy arrays), `.safetensors`, or, with --legacy, the `.pth` of torch before 1.6. Needs NumPy only, no torch.

The file is for tests and holds no trained weights. Every value is a pure function of (seed, tensor name, shape), by
integer arithmetic up to one final float64 multiply-add and one rounding to float32: equal bytes on every machine.

    python -m tests.parity_torch.make_torch_weights torchvision-v1.json out.pth --seed 1 --classes 5
    python -m tests.parity_torch.make_torch_weights detectron2-r50.json out.pkl --seed 3 --classes 4

The JSON files in `data/` list the tensors: [name, shape, dtype], taken from the libraries' own models.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.torch_files import bfloat16, tensors, write_legacy, write_pickle, write_safetensors, write_zip

DATA = Path(__file__).parent / "data"
SCHEME = "maskseg-torch-parity-1"

#: Standard deviation of the sum of four independent 16-bit words.
_UNIT = math.sqrt(4 * (65536**2 - 1) / 12.0)


def _integers(seed: int, name: str, shape: tuple[int, ...]) -> NDArray[np.int64]:
    """Integers of mean 0, bell shaped: each is a sum of four 16-bit words."""
    entropy = int.from_bytes(hashlib.sha256(f"{SCHEME}|{seed}|{name}".encode()).digest()[:16], "little")
    count = int(np.prod(shape))
    words = np.random.PCG64(entropy).random_raw(count).astype("<u8").view("<u2")
    return (words.reshape(count, 4).astype(np.int64).sum(axis=1) - 2 * 65535).reshape(shape)


def bell(
    seed: int, name: str, shape: tuple[int, ...], std: float, mean: float = 0.0, centre: bool = False
) -> NDArray[np.float32]:
    """A float32 array, about normal(mean, std).

    With `centre` each output unit ignores what all of its inputs have in common.
    """
    values = _integers(seed, name, shape)
    if centre:
        count = int(np.prod(shape[1:]))
        values = values * count - values.sum(axis=tuple(range(1, len(shape))), keepdims=True)
        std = std / count
    return (values * (std / _UNIT) + mean).astype(np.float32)


def tensor(rules: list[Any], seed: int, name: str, shape: tuple[int, ...], dtype: str) -> NDArray[Any]:
    """One tensor; `rules` are [regular expression of the name, gain, centre] for weights of two or more dimensions."""
    if dtype == "int64":
        return np.zeros(shape, np.int64)
    if len(shape) >= 2:
        gain, centre = next((gain, centre) for pattern, gain, centre in rules if re.search(pattern, name))
        transposed = "deconv" in name or "conv5_mask" in name or "upsample" in name
        fan_in = shape[0] if transposed else int(np.prod(shape[1:]))
        return bell(seed, name, shape, gain * math.sqrt(2.0 / fan_in), 0.0, centre and not transposed)
    if name.endswith("running_var"):
        return bell(seed, name, shape, 0.06, 1.0)
    if name.endswith("running_mean"):
        return bell(seed, name, shape, 0.05)
    if name.endswith("weight"):  # of a batch normalisation
        return bell(seed, name, shape, 0.06, 1.0)
    return bell(seed, name, shape, 0.03)


def with_classes(spec: dict[str, Any], classes: int) -> dict[str, Any]:
    """The spec for another number of classes: torchvision's counts the background, detectron2's does not."""
    spec = json.loads(json.dumps(spec))
    foreground_only = spec["note"].startswith("detectron2")
    for name, shape, _ in spec["tensors"]:
        if "cls_score" in name:
            shape[0] = classes + foreground_only
        elif "box_predictor.bbox_pred" in name:
            shape[0] = 4 * classes
        elif "mask_fcn_logits" in name or "mask_head.predictor" in name:
            shape[0] = classes
    return spec


def state_dict(spec: str | Path, seed: int, classes: int | None = None) -> dict[str, NDArray[Any]]:
    """name -> array, for a spec by its name ("torchvision-v1") or file."""
    path = Path(spec) if Path(spec).suffix == ".json" else DATA / f"{spec}.json"
    described = json.loads(path.read_text())
    if classes:
        described = with_classes(described, classes)
    return {
        name: tensor(described["rules"], seed, name, tuple(shape), kind) for name, shape, kind in described["tensors"]
    }


def digest(state: Mapping[str, NDArray[Any]]) -> str:
    """The sha256 of names and values that a case file names."""
    hashed = hashlib.sha256()
    for name, array in state.items():
        hashed.update(name.encode() + b"\0")
        hashed.update(np.ascontiguousarray(array).astype(array.dtype.newbyteorder("<")).tobytes())
    return hashed.hexdigest()


def write(path: Path, state: Mapping[str, NDArray[Any]], wrap: str | None = None, legacy: bool = False) -> Path:
    """Writes a file; its ending decides the format.

    Args:
        path: `.pth`, `.pkl` or `.safetensors`.
        state: name -> array.
        wrap: the key below which a `.pth` has it, as checkpoints of a training do ("model", "state_dict").
        legacy: a `.pth` as torch wrote it before 1.6.
    """
    if path.suffix == ".pkl":
        return write_pickle(path, {"model": dict(state), "__author__": "maskseg parity fixture"})
    if path.suffix == ".safetensors":
        return write_safetensors(path, state, {"format": "pt"})
    content = {wrap: tensors(state), "epoch": 3} if wrap else tensors(state)
    return (write_legacy if legacy else write_zip)(path, content)


def main(arguments: list[str] | None = None) -> None:
    """Writes the file that the command line describes, and prints what is in it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("spec")
    parser.add_argument("out", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--classes", type=int, help="other than COCO's")
    parser.add_argument("--wrap", help='put the state below this key ("model", "state_dict")')
    parser.add_argument("--legacy", action="store_true", help="the format of torch before 1.6")
    parser.add_argument("--dtype", choices=("float32", "float16", "bfloat16"), default="float32")
    given = parser.parse_args(arguments)
    state = state_dict(given.spec, given.seed, given.classes)
    stored = {
        name: array if array.dtype != np.float32 else _narrow(array, given.dtype) for name, array in state.items()
    }
    write(given.out, stored, given.wrap, given.legacy)
    parameters = sum(array.size for array in state.values())
    print(json.dumps({"tensors": len(state), "parameters": parameters, "sha256": digest(state)}))


def _narrow(array: NDArray[Any], dtype: str) -> NDArray[Any]:
    return bfloat16(array).reshape(array.shape) if dtype == "bfloat16" else array.astype(dtype)


if __name__ == "__main__":
    main()
