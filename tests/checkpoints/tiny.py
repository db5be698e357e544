"""Weight files with Matterport's names and small arrays: names and layout in milliseconds."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from tests.parity.make_matterport_weights import inventory

Arrays = dict[str, NDArray[np.float32]]
Groups = list[tuple[str, list[tuple[str, NDArray[np.float32]]]]]


def tiny_arrays(
    backbone: str = "resnet50", num_classes: int = 3, pyramid: int = 6, fc: int = 5, anchors: int = 3
) -> Arrays:
    """ "layer/weight" -> random array; channels that no reader looks at are cut down to four."""
    return {
        f"{name.removesuffix(':0')}": array
        for _, weights in tiny_groups(backbone, num_classes, pyramid, fc, anchors)
        for name, array in weights
    }


def tiny_groups(
    backbone: str = "resnet50", num_classes: int = 3, pyramid: int = 6, fc: int = 5, anchors: int = 3
) -> Groups:
    """(group, [("layer/weight:0", array), ...]) of each layer with weights, in Matterport's order."""
    rng = np.random.default_rng(7)
    groups: Groups = []
    for layer, weights in inventory(backbone, num_classes, pyramid, fc):
        arrays = []
        for weight in weights:
            shape = tuple(4 if side in (64, 128, 256, 512, 1024, 2048) else side for side in weight.shape)
            if weight.name.startswith("rpn_class_raw"):
                shape = (*shape[:-1], 2 * anchors)
            if weight.name.startswith("rpn_bbox_pred"):
                shape = (*shape[:-1], 4 * anchors)
            arrays.append((weight.name, rng.normal(1, 0.1, shape).astype(np.float32)))
        if arrays:
            groups.append((layer, arrays))
    return groups


def write_h5(
    path: Path,
    groups: Sequence[tuple[str, Sequence[tuple[str, NDArray[Any]]]]],
    below: str = "",
    text: type = bytes,
) -> Path:
    """Writes groups in Keras' layout, names as fixed-length bytes or as variable-length str."""

    def names(values: list[str]) -> Any:
        if text is bytes:
            return np.array([value.encode() for value in values]) if values else np.array([])
        return np.array(values, dtype=h5py.string_dtype())

    with h5py.File(path, "w") as file:
        root = file.create_group(below) if below else file
        for group_name, weights in groups:
            group = root.create_group(group_name)
            group.attrs["weight_names"] = names([name for name, _ in weights])
            for name, array in weights:
                group.create_dataset(name, data=array)
        root.create_group("activation_1").attrs["weight_names"] = np.array([])
        root.attrs["layer_names"] = names([name for name, _ in groups] + ["activation_1"])
        root.attrs["keras_version"] = np.bytes_(b"2.2.4") if text is bytes else "2.14.0"
    return path


def assert_same(found: dict[str, Any], expected: dict[str, Any]) -> None:
    """The same names and, bit for bit, the same arrays."""
    assert set(found) == set(expected)
    for name, array in expected.items():
        np.testing.assert_array_equal(found[name], array, err_msg=name)
