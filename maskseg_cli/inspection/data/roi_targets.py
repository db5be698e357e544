"""Which regions the heads are trained on, by `training.detection_targets`: with refined boxes and mask targets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maskseg_cli.config import MaskRCNNConfig
from maskseg_cli.model.box_frames import LAST_PIXEL
from maskseg_cli.model.boxes import decode_boxes
from maskseg_cli.training.detection_targets import OBJECT_IOU, detection_targets
from maskseg_cli.training.matching import overlaps


@dataclass(frozen=True, eq=False)
class RegionTargets:
    """Regions of one picture, those that show an object first.

    Attributes:
        rois: float32 (R, 4) in the network's frame.
        class_ids: int32 (R,), 0 background.
        refined: float32 (R, 4), each region after its wanted shift: the object's box; of background the region.
        masks: float32 (R, h, w) of 0 and 1, the wanted mask over each region.
        proposals: how many the regions were chosen from, with the objects' own boxes where the config adds them.
        unmatched: how many objects no proposal shows with IoU 0.5 or more; their own boxes do not count.
        objects: how many there are.
    """

    rois: NDArray[np.float32]
    class_ids: NDArray[np.int32]
    refined: NDArray[np.float32]
    masks: NDArray[np.float32]
    proposals: int
    unmatched: int
    objects: int

    @property
    def positives(self) -> int:
        """How many regions show an object."""
        return int(np.count_nonzero(self.class_ids))


def region_targets(
    inputs: Mapping[str, NDArray[Any]],
    proposals: NDArray[np.float32],
    config: MaskRCNNConfig,
    seed: tuple[int, int] = (0, 0),
) -> RegionTargets:
    """The regions that a training step takes of one picture.

    Args:
        inputs: the picture's training input (`training.inputs.make_input`).
        proposals: float32 (P, 4) in the network's frame; rows of zeros are padding.
        config: of the network.
        seed: of the sampling.
    """
    import tensorflow as tf

    last = LAST_PIXEL[config.box_frame]
    found = detection_targets(
        tf.constant(proposals),
        **{name: tf.constant(inputs[name]) for name in ("boxes", "class_ids", "masks", "weights", "has_mask")},
        config=config,
        seed=tf.constant(list(seed), tf.int32),
    )
    deltas = found.deltas * tf.constant(config.bbox_std_dev, tf.float32)
    refined = decode_boxes(found.rois, deltas, None, last).numpy()
    real = proposals[(proposals != 0).any(axis=1)]
    objects = inputs["boxes"][(inputs["class_ids"] > 0) & (inputs["weights"] > 0)]
    best = overlaps(tf.constant(objects), tf.constant(real), last).numpy().max(axis=1, initial=0.0)
    return RegionTargets(
        found.rois.numpy(),
        found.class_ids.numpy(),
        refined,
        found.masks.numpy(),
        len(real) + (len(objects) if config.use_box_rois else 0),
        int((best < OBJECT_IOU).sum()),
        len(objects),
    )
