"""Networks of all kinds with weights that keep values in range, and images and boxes for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from maskseg_cli.config import COCO, LITE, MaskRCNNConfig
from tests.small_networks import SMALL_MATTERPORT, small_matterport

if TYPE_CHECKING:
    from maskseg_cli.model.mask_rcnn import MaskRCNN

#: Name -> options; pool sizes, kinds of RoIAlign and of heads, class counts.
CONFIGS: dict[str, MaskRCNNConfig] = {
    "lite": LITE,
    "lite_bins": LITE.replace(detail=False, roi_align="bins", num_classes=5),
    "resnet50_fcn": SMALL_MATTERPORT,
    "resnet50_unet": SMALL_MATTERPORT.replace(
        mask_head="unet", num_classes=2, pool_size=6, mask_pool_size=7, mask_shape=(14, 14)
    ),
    "resnet50_strided_rpn": COCO.replace(
        backbone="resnet50", num_classes=7, top_down_pyramid_size=8, fpn_classif_fc_layers_size=16, rpn_anchor_stride=2
    ),
}


def network(name: str) -> MaskRCNN:
    """A network of `CONFIGS`; its weights are pseudo-random, batch normalisation's statistics too."""
    if name == "resnet50_fcn":
        return small_matterport()
    from maskseg_cli.model.mask_rcnn import MaskRCNN
    from tests.model.random_weights import fill

    model = MaskRCNN(CONFIGS[name])
    for seed, stage in enumerate(model.stages):
        fill(stage, seed)
        for layer in stage.layers:  # what a residual block adds is small, or a hundred of them overflow
            for variable in layer.variables:
                if "gamma" in variable.name:
                    variable.assign(0.5 + 0.1 * np.asarray(variable))
    return model


_CONVERTED: dict[str, Any] = {}


def converted(name: str, model: MaskRCNN | None = None) -> Any:
    """The network in OpenVINO's form, for all tests that do not change it; `model` is `network(name)`, made already."""
    if name not in _CONVERTED:
        from maskseg_cli.model.openvino_conversion import convert

        _CONVERTED[name] = convert(network(name) if model is None else model)
    return _CONVERTED[name]


def images_of(config: MaskRCNNConfig, count: int = 2) -> NDArray[np.float32]:
    """Blotches of 8 pixels; odd sizes where the network takes them."""
    height, width = (193, 149) if config.backbone == "mobile" else (192, 128)
    rng = np.random.default_rng(2)
    cells = rng.uniform(0, 255, (count, height // 8 + 1, width // 8 + 1, 3))
    scale = 1 if config.backbone == "mobile" else 1 / 128
    return (np.kron(cells, np.ones((1, 8, 8, 1)))[:, :height, :width] * scale).astype(np.float32)


def boxes_of(config: MaskRCNNConfig, height: int, width: int, count: int = 40) -> NDArray[np.float32]:
    """Boxes of all sizes in the network's frame: the whole image, of no area, and a third of them at the far edge."""
    rng = np.random.default_rng(3)
    centres, sides = rng.uniform(0, 1, (count, 2)), np.exp(rng.uniform(-4, 0, (count, 2)))
    boxes = np.clip(np.concatenate([centres - sides / 2, centres + sides / 2], axis=1), 0, 1)
    boxes[:3] = (0, 0, 1, 1), (0.5, 0.5, 0.5, 0.5), (1, 1, 1, 1)
    boxes[3::3, 2:] = 1
    if config.box_frame == "pixels":
        boxes *= (height - 1, width - 1, height - 1, width - 1)
    return boxes.astype(np.float32)
