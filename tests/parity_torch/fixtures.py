"""The measured numbers of torchvision's and detectron2's own code, and the weights behind them.

`data/*.npz` and `data/*.case.json` come from torchvision 0.29 and detectron2 0.6. The weights are pseudo-random:
`make_torch_weights.py` makes them from the lists of tensors in `data/`. A big tensor T is stored as `T/index` (places
in the ravelled tensor), `T/value`, `T/shape` and `T/mean_std_min_max`. Tensors are NCHW, boxes (x1, y1, x2, y2) in
pixels of the resized picture (`final/boxes`: of the original). `final/masks_packed`: np.packbits over (instance, y, x).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import skimage.data
from numpy.typing import NDArray

from tests.parity_torch.make_torch_weights import DATA, digest, state_dict, write
from tests.recorded_case import RecordedCase, read_arrays

CASES = ("torchvision_v1_small", "torchvision_v2_small", "detectron2_small")


@dataclass(frozen=True)
class Case(RecordedCase):
    """One recorded run, its options, and the picture that went in (RGB uint8)."""

    record: dict[str, Any]
    image: NDArray[np.uint8]


def load_case(name: str) -> Case:
    """Reads one recorded run."""
    arrays = read_arrays(DATA / f"{name}.npz")
    record = json.loads((DATA / f"{name}.case.json").read_text())
    photo, _, crop = record["image"].partition("()")
    (rows, columns) = (int(part.strip(" :]")) for part in crop.removesuffix(" RGB").lstrip("[").split(","))
    image = getattr(skimage.data, photo.removeprefix("skimage.data."))()[:rows, :columns]
    return Case(name, arrays, record, np.ascontiguousarray(image))


def write_weights(name: str, folder: Path) -> Path:
    """Writes the weights of a case as its library would: `.pth` of torchvision, `.pkl` of detectron2."""
    made = json.loads((DATA / f"{name}.case.json").read_text())["weights"]
    state = state_dict(Path(made["spec"]).stem, made["seed"], made["class_layers"])
    assert digest(state) == made["sha256"]
    return write(folder / f"{name}{'.pkl' if name.startswith('detectron2') else '.pth'}", state)
