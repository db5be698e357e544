"""The measured numbers of Matterport's own code, and the network that must repeat them.

`data/*.npz` and `data/*.json` come from a TensorFlow 2.14 port of Matterport's Mask R-CNN; the weights behind them are
pseudo-random and made by `make_matterport_weights.py`. A big tensor T is stored as `T/index` (places in the
ravelled tensor), `T/value`, `T/shape` and `T/mean_std_min_max`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import skimage.data
from numpy.typing import NDArray

from maskseg_cli.config import MaskRCNNConfig
from tests.recorded_case import RecordedCase, read_arrays

DATA = Path(__file__).parent / "data"
CASES = ("small", "small_pad64", "small_edge")

#: Options of the recording code that its own display() does not keep, or that have no meaning here.
_DERIVED = ("batch_size", "image_meta_size", "image_shape")


@dataclass(frozen=True)
class Case(RecordedCase):
    """One recorded run, its options, and the picture that went in; tensors have no batch axis."""

    config: MaskRCNNConfig

    @property
    def image(self) -> NDArray[np.uint8]:
        """The picture, RGB uint8 (h, w, 3)."""
        return self.arrays["image"]


def load_case(name: str) -> Case:
    """Reads one recorded run."""
    arrays = read_arrays(DATA / f"{name}.npz")
    record = json.loads((DATA / f"{name}.json").read_text())
    options = {key.lower(): value for key, value in record["config"].items()}
    options = {key: value for key, value in options.items() if key not in _DERIVED}
    case = Case(name, arrays, MaskRCNNConfig(**options))
    photo = getattr(skimage.data, Path(record["photo"]).stem)()
    if record["crop"]:
        y1, x1, y2, x2 = record["crop"]
        photo = photo[y1:y2, x1:x2]
    assert np.array_equal(photo, case.image), "scikit-image's photo has changed"
    return case
