"""Comparison of a file's arrays with a network's variables, by names and shapes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from maskseg_cli.checkpoints.matterport_layers import is_backbone_layer
from maskseg_cli.messages import counted

Shape = tuple[int, ...]

#: Number of names that a sentence lists; of the others it gives the number.
_NAMED = 3


@dataclass(frozen=True)
class Comparison:
    """Differences between a file's arrays and a network's variables.

    Attributes:
        missing: names that the network has and the file has not.
        left_over: names that the file has and the network has not.
        mismatched: (name, shape in the file, shape in the network).
        matched: number of arrays that fit.
    """

    missing: tuple[str, ...]
    left_over: tuple[str, ...]
    mismatched: tuple[tuple[str, Shape, Shape], ...]
    matched: int

    @property
    def sound(self) -> bool:
        """Whether every array fits and none is missing."""
        return not (self.missing or self.left_over or self.mismatched)

    def problems(self) -> list[str]:
        """Describes each kind of difference in a part of a sentence: the first names, and the number of others."""
        parts = []
        if self.mismatched:
            shapes = [f"{name} is {_by(file)}, not {_by(network)}" for name, file, network in self.mismatched]
            parts.append(f"{counted(len(shapes), 'array')} of the wrong shape ({_some(shapes)})")
        if self.missing:
            parts.append(f"{counted(len(self.missing), 'array')} missing ({_some(self.missing)})")
        if self.left_over:
            parts.append(f"{counted(len(self.left_over), 'array')} left over ({_some(self.left_over)})")
        return parts


def compare(arrays: Mapping[str, Any], expected: Mapping[str, Any]) -> Comparison:
    """Compares a file's arrays with a network's variables.

    Args:
        arrays: name -> array, or its shape.
        expected: name -> variable, or its shape.

    Example:
        >>> compare({"a/kernel": (3, 4)}, {"a/kernel": (3, 5), "a/bias": (5,)}).problems()[0]
        '1 array of the wrong shape (a/kernel is 3 x 4, not 3 x 5)'
    """
    here = {name: _shape(value) for name, value in arrays.items()}
    there = {name: _shape(value) for name, value in expected.items()}
    common = [name for name in there if name in here]
    mismatched = tuple((name, here[name], there[name]) for name in common if here[name] != there[name])
    return Comparison(
        missing=tuple(name for name in there if name not in here),
        left_over=tuple(name for name in here if name not in there),
        mismatched=mismatched,
        matched=len(common) - len(mismatched),
    )


def non_finite(arrays: Mapping[str, Any]) -> list[str]:
    """Names of the arrays that hold NaN or infinity."""
    return [name for name, array in arrays.items() if not np.isfinite(array).all()]


def remedy(comparison: Comparison) -> str:
    """A sentence that says how the user can correct the difference."""
    # A damaged file may hold an array without a dimension where one is expected: no remedy is derived from that one.
    shapes = {name: (file, network) for name, file, network in comparison.mismatched if len(file) == len(network)}
    for logits in ("mrcnn_class_logits/bias", "box.class_logits/bias"):
        if logits in shapes:
            file, network = shapes[logits]
            return (
                f"The file has {file[-1]} classes (with the background) and the network {network[-1]}: give "
                "the labels file or num_classes that the weights were trained with."
            )
    if "rpn_bbox_pred/bias" in shapes:
        file, network = shapes["rpn_bbox_pred/bias"]
        return (
            f"The file has {file[-1] // 4} anchors in each cell and the network {network[-1] // 4}: set "
            "rpn_anchor_ratios to the ratios that it was trained with."
        )
    if "conv1/kernel" in shapes and shapes["conv1/kernel"][0][2] != 3:
        channels = shapes["conv1/kernel"][0][2]
        return f"The file is for pictures of {channels} channels; maskseg feeds colour pictures of 3."
    strays = {*comparison.missing, *comparison.left_over}
    if strays and all(name.startswith(("mrcnn_mask", "mask.")) for name in strays):
        return "The file has another mask head than the network: set mask_head (unet, fcn or mobile) as it was trained."
    if comparison.missing and all(is_backbone_layer(name.split("/")[0]) for name in comparison.missing):
        return "The backbone is not whole, or another than the network's: save the whole model's weights again."
    if comparison.missing and not comparison.left_over:
        return "The file holds only a part of the network: save the whole model's weights again."
    return "The file was saved from another network, or options of its network were changed (--set, --config)."


def _shape(value: Any) -> Shape:
    return tuple(int(side) for side in (value if isinstance(value, tuple) else value.shape))


def _by(shape: Shape) -> str:
    return " x ".join(map(str, shape)) or "a single number"


def _some(parts: Sequence[str] | Iterable[str]) -> str:
    parts = list(parts)
    more = len(parts) - _NAMED
    return ", ".join(parts[:_NAMED]) + (f" and {more} more" if more > 0 else "")
