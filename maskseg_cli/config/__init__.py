"""The options of a network: `MaskRCNNConfig`, its presets, and how they are read and shown."""

from maskseg_cli.config.mask_rcnn_config import RESNETS, SCORE_FLOOR, MaskRCNNConfig, option_types
from maskseg_cli.config.option_checks import LOSSES
from maskseg_cli.config.presets import COCO, LITE, MASK_RCNN2GO, PRESETS

__all__ = [
    "COCO",
    "LITE",
    "LOSSES",
    "MASK_RCNN2GO",
    "PRESETS",
    "RESNETS",
    "SCORE_FLOOR",
    "MaskRCNNConfig",
    "option_types",
]
