"""A ResNet alone under torchvision's names, as trained on ImageNet: training can start from it."""

from __future__ import annotations

import re
from collections.abc import Collection

from maskseg_cli.checkpoints.pytorch.families.family import Clues, Family
from maskseg_cli.checkpoints.pytorch.families.name_tables import torchvision_resnet
from maskseg_cli.config import MaskRCNNConfig
from maskseg_cli.config.torch_presets import TORCHVISION


def is_bare_resnet(names: Collection[str]) -> bool:
    """Whether all names are those of a ResNet alone."""
    pattern = re.compile(r"(conv1|bn1|fc|layer[1-4]\..*)\.[a-z_]+")
    return "conv1.weight" in names and "layer1.0.conv1.weight" in names and all(map(pattern.fullmatch, names))


def _preset(clues: Clues) -> MaskRCNNConfig:
    """torchvision's options, with the epsilon that the backbone was trained with."""
    return TORCHVISION.replace(norm_epsilon=1e-5)


FAMILY = Family(
    name="torchvision",
    marks=(r"conv1\.", r"layer1\."),
    layers=torchvision_resnet(""),
    preset=_preset,
    mask_head="",
    background="first",
    unused=r"fc\.(weight|bias)|.*\.num_batches_tracked",
)
