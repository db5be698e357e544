"""Weights: reading and writing files, and assigning them to a network.

path = find_weights("coco")                     # a name or a path -> a file
checkpoint = read_checkpoint(path)              # any kind of file -> arrays, config, class names
network = MaskRCNN(checkpoint.config)
apply_checkpoint(checkpoint, network.named_variables())
"""

from __future__ import annotations

from maskseg_cli.checkpoints.assign import apply_checkpoint
from maskseg_cli.checkpoints.checkpoint import Checkpoint
from maskseg_cli.checkpoints.comparison import Comparison, compare
from maskseg_cli.checkpoints.native import write_checkpoint
from maskseg_cli.checkpoints.reading import read_checkpoint
from maskseg_cli.checkpoints.registry import find_weights

__all__ = [
    "Checkpoint",
    "Comparison",
    "apply_checkpoint",
    "compare",
    "find_weights",
    "read_checkpoint",
    "write_checkpoint",
]
