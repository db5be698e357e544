"""Initial weights of a training run: random ones, or those of another network where their shapes fit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from maskseg_cli.checkpoints import Checkpoint, compare, find_weights, read_checkpoint
from maskseg_cli.config import PRESETS, MaskRCNNConfig
from maskseg_cli.errors import MasksegError


@dataclass(frozen=True)
class Start:
    """Initial weights.

    Attributes:
        config: the options that the weights were made for, or a preset's.
        checkpoint: the weights, or None for random ones.
        source: their name in messages.
    """

    config: MaskRCNNConfig
    checkpoint: Checkpoint | None
    source: str


def find_start(init: str, preset: str = "lite") -> Start:
    """Finds and reads the initial weights.

    Args:
        init: "lite", "coco", a weights file (an ImageNet backbone alone is enough), or "random".
        preset: "lite" or "coco": the network's family for random weights.

    Raises:
        MasksegError: no such file, or a broken one.
    """
    if init == "random":
        return Start(PRESETS[preset], None, "random weights")
    checkpoint = read_checkpoint(find_weights(init), backbone_only=True)
    return Start(checkpoint.config, checkpoint, init)


def assign_start(checkpoint: Checkpoint, named_variables: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    """Assigns the arrays that fit to the network's variables; the other layers keep their random values.

    Returns:
        names of the layers that start fresh because their shapes differ (another number of classes), and of those
        that the file does not have.

    Raises:
        MasksegError: not one array fits.
    """
    comparison = compare(checkpoint.arrays, named_variables)
    if not comparison.matched:
        raise MasksegError("No layer of the initial weights fits this network: choose others with --init.")
    fresh = {name.split("/")[0] for name, _, _ in comparison.mismatched}
    absent = {name.split("/")[0] for name in comparison.missing}
    # A layer starts fresh as a whole: an old bias is useless with new kernels.
    for name, variable in named_variables.items():
        if name in checkpoint.arrays and name.split("/")[0] not in fresh:
            variable.assign(checkpoint.arrays[name])
    return sorted(fresh), sorted(absent - fresh)
