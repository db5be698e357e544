"""Small networks that find something: Matterport's graph with narrow heads, in a second."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from maskseg_cli.config import COCO
from tests.parity.make_matterport_weights import arrays

if TYPE_CHECKING:
    from maskseg_cli.model.mask_rcnn import MaskRCNN

#: ResNet-50, 3 classes, pictures of 64 x 64, every detection kept.
SMALL_MATTERPORT = COCO.replace(
    backbone="resnet50",
    num_classes=3,
    top_down_pyramid_size=8,
    fpn_classif_fc_layers_size=16,
    image_min_dim=64,
    image_max_dim=64,
    post_nms_rois_inference=20,
    detection_min_confidence=0,
)


@functools.cache
def _matterport_arrays() -> dict[str, NDArray[np.float32]]:
    """ "layer/weight" -> values that keep activations in range; they take a second to make and 100 MB."""
    layers = arrays("resnet50", num_classes=3, pyramid=8, fc=16, seed=1)
    return {name.removesuffix(":0"): array for _, weights in layers for name, array in weights}


def small_matterport(**changes: Any) -> MaskRCNN:
    """A new network of `SMALL_MATTERPORT` with some options changed, always with the same weights."""
    from maskseg_cli.model.mask_rcnn import MaskRCNN

    model = MaskRCNN(SMALL_MATTERPORT.replace(**changes))
    for name, variable in model.named_variables().items():
        variable.assign(_matterport_arrays()[name])
    return model
