"""Assigns a checkpoint's arrays to a network: all of them, or none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from maskseg_cli.checkpoints.checkpoint import Checkpoint
from maskseg_cli.checkpoints.comparison import compare, non_finite, remedy
from maskseg_cli.config import MaskRCNNConfig
from maskseg_cli.errors import MasksegError


def apply_checkpoint(
    checkpoint: Checkpoint, named_variables: Mapping[str, Any], labels: Sequence[str] | None = None
) -> None:
    """Assigns every array to the variable of its name.

    Everything is checked before the first assignment: a network is never loaded in part.

    Args:
        checkpoint: as `read_checkpoint` returns it.
        named_variables: "layer/weight" -> variable (with `shape` and `assign`), see
            `MaskRCNN.named_variables`.
        labels: class names of the network, background first; their number is checked.

    Raises:
        MasksegError: arrays missing, left over, of the wrong shape or not finite, or another number of
            labels. All are counted, the first are named, in one message with what to do.
    """
    check_labels(checkpoint, labels)
    check_fits(checkpoint, named_variables)
    for name, variable in named_variables.items():
        variable.assign(checkpoint.arrays[name])


def check_labels(checkpoint: Checkpoint, labels: Sequence[str] | None) -> None:
    """Raises MasksegError where the number of labels is not that of the network's classes."""
    check_label_count(_file(checkpoint), checkpoint.config, labels)


def check_label_count(file: str, config: MaskRCNNConfig, labels: Sequence[str] | None) -> None:
    """Raises MasksegError where the number of labels is not that of the config's classes; `file` is named."""
    if labels is not None and len(labels) != config.num_classes:
        raise MasksegError(
            f"{file} has {config.num_classes} classes and the labels file "
            f"{len(labels)} (both with the background): give the labels that the weights were trained with."
        )


def check_fits(checkpoint: Checkpoint, expected: Mapping[str, Any]) -> None:
    """Raises MasksegError where arrays are missing, left over, of the wrong shape or not finite.

    Args:
        checkpoint: as `read_checkpoint` returns it.
        expected: "layer/weight" -> variable or shape.
    """
    if checkpoint.backbone_only:
        backbone = checkpoint.config.backbone.replace("resnet", "ResNet-")
        raise MasksegError(
            f"{_file(checkpoint)} holds a {backbone} backbone alone: training can start from it, but it has "
            "no layers that find objects."
        )
    comparison = compare(checkpoint.arrays, expected)
    if not comparison.sound:
        raise MasksegError(
            f"{_file(checkpoint)} does not fit the network: {'; '.join(comparison.problems())}. {remedy(comparison)}"
        )
    broken = non_finite(checkpoint.arrays)
    if broken:
        more = f" and {len(broken) - 3} more" if len(broken) > 3 else ""
        raise MasksegError(
            f"{_file(checkpoint)} holds values that are not finite (NaN or infinity) in "
            f"{', '.join(broken[:3])}{more}: its training went wrong; use an earlier checkpoint."
        )


def expected_shapes(config: MaskRCNNConfig) -> dict[str, tuple[int, ...]]:
    """Maps "layer/weight" to the shape in the network of a configuration (imports TensorFlow)."""
    from maskseg_cli.model.tensorflow_start import import_tensorflow

    import_tensorflow()
    from maskseg_cli.model.mask_rcnn import MaskRCNN

    named = MaskRCNN(config).named_variables()
    return {name: tuple(int(side) for side in variable.shape) for name, variable in named.items()}


def _file(checkpoint: Checkpoint) -> str:
    name = checkpoint.provenance.get("source_file")
    return f"The weights file {name}" if name else "The weights file"
