"""Reads Mask R-CNN2Go's weights (facebookarchive/models), from which the network `lite` starts.

They are a plain .npz of arrays named "trunk/block0_0/expand/kernel", batch normalisation already folded.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maskseg_cli.checkpoints.checkpoint import Checkpoint
from maskseg_cli.classes import COCO_CLASSES
from maskseg_cli.config import MASK_RCNN2GO, MaskRCNNConfig
from maskseg_cli.errors import MasksegError, UsageError

#: Layers that these files and no others have.
ANCHORS = "rpn/anchors_xyxy"
_LOGITS = "box/class_logits/bias"
_UPSAMPLING = "mask/logits_upsample"


def is_mask_rcnn2go(names: list[str]) -> bool:
    """Whether an .npz with these array names is of this kind."""
    return ANCHORS in names and _LOGITS in names


def from_mask_rcnn2go(path: Path, raw: dict[str, NDArray[Any]]) -> Checkpoint:
    """Renames the arrays, and converts anchors and mask upsampling to the form that `MaskRCNN` has.

    Args:
        path: the file, for messages.
        raw: its arrays, unchanged.

    Raises:
        MasksegError: anchors or upsampling are not of the form that the network needs.
    """
    raw = dict(raw)
    sizes = _anchor_sizes(path, raw.pop(ANCHORS), MASK_RCNN2GO)
    try:
        config = MASK_RCNN2GO.replace(rpn_anchor_sizes=sizes, num_classes=raw[_LOGITS].size)
    except UsageError as error:
        raise MasksegError(f"{path} is damaged: {error}") from None
    kernel, bias = raw.pop(f"{_UPSAMPLING}/kernel", None), raw.pop(f"{_UPSAMPLING}/bias", None)
    arrays = {_key(name): np.asarray(array, np.float32) for name, array in raw.items()}
    if kernel is not None and bias is not None:
        one, same = _class_upsampling(path, kernel, bias)
        arrays[_key(f"{_UPSAMPLING}/kernel")], arrays[_key(f"{_UPSAMPLING}/bias")] = one, same
    return Checkpoint(
        arrays=arrays,
        config=config,
        class_names=COCO_CLASSES if config.num_classes == 81 else None,
        provenance={
            "made_by": "Mask R-CNN2Go, Facebook (facebookarchive/models, mask_rcnn_2go)",
            "licence": "Apache License 2.0",
            "source_file": path.name,
        },
        kind="mask_rcnn2go",
    )


def _key(name: str) -> str:
    """ "trunk/block0_0/expand/kernel" -> "trunk.block0_0.expand/kernel"."""
    layer, slash, weight = name.rpartition("/")
    return layer.replace("/", ".") + slash + weight


def _anchor_sizes(path: Path, xyxy: NDArray[Any], config: MaskRCNNConfig) -> tuple[tuple[float, float], ...]:
    """Converts inclusive boxes (n, 4) around the first cell's centre to (height, width) of half-open ones.

    A box x1..x2 of whole pixels covers x1 to x2 + 1, so its size is one more and its centre half a pixel
    further.
    """
    if xyxy.ndim != 2 or xyxy.shape[1] != 4:
        raise MasksegError(f"{path} is damaged: {ANCHORS} has the shape {xyxy.shape}, not (n, 4).")
    boxes = xyxy.astype(np.float64)
    centres = (boxes[:, :2] + boxes[:, 2:] + 1) / 2
    if not np.allclose(centres, config.rpn_anchor_offset, atol=1e-3):
        raise MasksegError(
            f"{path} has anchors that do not lie around ({config.rpn_anchor_offset}, "
            f"{config.rpn_anchor_offset}), the centre of the first cell; the lite network needs that."
        )
    sizes = boxes[:, 2:] - boxes[:, :2] + 1
    return tuple((round(height, 6), round(width, 6)) for width, height in sizes.tolist())


def _class_upsampling(
    path: Path, kernel: NDArray[Any], bias: NDArray[Any]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """One kernel for all classes: (h, w, n, n) -> (h, w, 1, 1) and (n,) -> (1,).

    The network upsamples only the channel of the detected class, which is the same where the kernel is
    diagonal with equal entries and the bias is equal too.
    """
    if kernel.ndim == 4 and bias.ndim == 1 and bias.size and kernel.shape[2] == kernel.shape[3] == len(bias):
        same = kernel[:, :, :1, :1]
        expected = same * np.eye(len(bias), dtype=kernel.dtype)
        if np.array_equal(kernel, expected) and (bias == bias[0]).all():
            return np.ascontiguousarray(same, np.float32), np.asarray(bias[:1], np.float32)
    raise MasksegError(
        f"{path} upsamples the masks of each class in its own way ({_UPSAMPLING} is not one kernel repeated "
        "on the diagonal); the lite network has one kernel for all classes."
    )
