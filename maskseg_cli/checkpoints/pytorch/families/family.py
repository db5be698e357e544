"""`Family`: one library's names, and what its networks have in common."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from numpy.typing import NDArray

from maskseg_cli.config import MaskRCNNConfig

Arrays = Mapping[str, NDArray[Any]]

#: A family's name, which is also `Checkpoint.kind`.
FamilyName = Literal["torchvision", "detectron2", "mmdetection", "pytorch-mask-rcnn"]


@dataclass
class Clues:
    """What a file says about its network beside names and shapes of layers.

    Attributes:
        path: the file.
        arrays: the whole state dict, under the library's names.
        classes: of the network, with the background; None where its class logits are missing.
        meta: plain values beside it, see `TorchState`.
        options: options that follow from them.
        notes: what was assumed, see `Checkpoint.notes`.
        provenance: see `Checkpoint.provenance`.
    """

    path: Path
    arrays: Arrays
    classes: int | None = None
    meta: Mapping[str, Any] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    provenance: dict[str, str] = field(default_factory=dict)


def same_names(names: Iterable[str]) -> dict[str, str]:
    """The names of a library that never changed them."""
    return {name: name for name in names}


def no_classes(clues: Clues) -> tuple[str, ...] | None:
    """For files without class names."""
    return None


@dataclass(frozen=True)
class Family:
    """A library's names for the layers of `MaskRCNN`, and its conventions.

    Attributes:
        name: of the family.
        marks: regular expressions; a state dict is of this family where each matches the beginning of a name.
        layers: our layer -> the library's module, whose arrays are "<module>.weight", "<module>.bias", ...
        preset: the options that networks of the family have by default, given what the file says.
        class_names: the names of the classes without the background, where the file has them.
        mask_head: a regular expression for the beginning of a name that only networks with masks have.
        background: whether the background is the first or the last of the class logits.
        deltas: the order of the numbers of a box: "xywh" (dx, dy, dw, dh), or "yxhw" as in `MaskRCNN`.
        anchors: the order of the anchors in a cell: those of a "ratio", or of a "scale", follow each other.
        refused: (regular expression that is searched in names, what the network is), in the order of the checks.
        unused: regular expression of names whose arrays are no weights, or not of the Mask R-CNN.
        current_names: all names of a state dict -> the names of the library's newest version.
        coco_classes: classes with the background of the library's own weights, which were trained on COCO.
    """

    name: FamilyName
    marks: tuple[str, ...]
    layers: Mapping[str, str]
    preset: Callable[[Clues], MaskRCNNConfig]
    mask_head: str
    background: Literal["first", "last"]
    coco_classes: int = 81
    deltas: Literal["xywh", "yxhw"] = "xywh"
    anchors: Literal["ratio", "scale"] = "ratio"
    refused: tuple[tuple[str, str], ...] = ()
    unused: str = r".*\.num_batches_tracked"
    current_names: Callable[[Iterable[str]], dict[str, str]] = same_names
    class_names: Callable[[Clues], tuple[str, ...] | None] = no_classes
