"""Tables of names that several libraries share: of the blocks of a ResNet, and of layers that are counted."""

from __future__ import annotations

import string
from collections.abc import Callable

from maskseg_cli.checkpoints.pytorch.families.layers import MOST_BLOCKS, MOST_HIDDEN, norm_of


def resnet_blocks(
    block: Callable[[int, int], str], shortcut: tuple[str, str], norms: Callable[[int], str]
) -> dict[str, str]:
    """The names of the stages 2 to 5 of a ResNet.

    Args:
        block: (stage 2..5, block from 0) -> the block's module.
        shortcut: the modules of the shortcut's convolution and normalisation in a block.
        norms: number of a convolution, 1..3 -> the module of its normalisation in a block.

    Returns:
        our layer -> module.
    """
    table = {}
    for stage in (2, 3, 4, 5):
        for index, letter in enumerate(string.ascii_lowercase[:MOST_BLOCKS]):
            module = block(stage, index)
            for number, branch in ((1, "2a"), (2, "2b"), (3, "2c")):
                table[f"res{stage}{letter}_branch{branch}"] = f"{module}.conv{number}"
                table[f"bn{stage}{letter}_branch{branch}"] = f"{module}.{norms(number)}"
            table[f"res{stage}{letter}_branch1"] = f"{module}.{shortcut[0]}"
            table[f"bn{stage}{letter}_branch1"] = f"{module}.{shortcut[1]}"
    return table


def torchvision_resnet(prefix: str) -> dict[str, str]:
    """The names of torchvision's ResNets, which mmdetection has too; `prefix` ends in a dot or is empty."""
    blocks = resnet_blocks(
        lambda stage, index: f"{prefix}layer{stage - 1}.{index}", ("downsample.0", "downsample.1"), "bn{}".format
    )
    return {"conv1": f"{prefix}conv1", "bn_conv1": f"{prefix}bn1", **blocks}


def counted(
    layer: Callable[[int], str], conv: Callable[[int], str], norm: Callable[[int], str] | None = None
) -> dict[str, str]:
    """The names of layers that follow each other.

    Args:
        layer: number from 1 -> our layer.
        conv: index from 0 -> the library's module.
        norm: the module of the batch normalisation behind it; None: there is none in any network of the library.
    """
    table = {}
    for index in range(MOST_HIDDEN):
        ours = layer(index + 1)
        table[ours] = conv(index)
        if norm is not None:
            table[norm_of(ours)] = norm(index)
    return table
