"""Makes a `Checkpoint` of a state dict."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Literal

from maskseg_cli.checkpoints.checkpoint import Checkpoint
from maskseg_cli.checkpoints.comparison import Comparison
from maskseg_cli.checkpoints.matterport_layers import is_backbone_layer
from maskseg_cli.checkpoints.pytorch.families import bare_resnet
from maskseg_cli.checkpoints.pytorch.families.bare_resnet import is_bare_resnet
from maskseg_cli.checkpoints.pytorch.families.family import Clues, Family
from maskseg_cli.checkpoints.pytorch.families.layers import array_names
from maskseg_cli.checkpoints.pytorch.families.layouts import to_our_layout
from maskseg_cli.checkpoints.pytorch.families.recognition import recognise
from maskseg_cli.checkpoints.pytorch.families.renaming import Renamed, rename, their_name
from maskseg_cli.checkpoints.pytorch.families.sizes import (
    anchor_count_options,
    backbone_options,
    check_kinds,
    head_options,
)
from maskseg_cli.checkpoints.pytorch.records import RefusedError
from maskseg_cli.checkpoints.pytorch.state import TorchState
from maskseg_cli.checkpoints.size_limit import check_size
from maskseg_cli.config import MaskRCNNConfig
from maskseg_cli.errors import MasksegError, UsageError
from maskseg_cli.printable import printable


def checkpoint_of(path: Path, state: TorchState, backbone_only: bool = False) -> Checkpoint:
    """Recognises the family of a state dict, and brings it to our names, axes and order of classes.

    Args:
        path: its file, for messages and for the network's name.
        state: as `read_torch_state` returns it.
        backbone_only: also accept a ResNet alone, to start training from.

    Raises:
        MasksegError: no network that is read, or not whole.
    """
    try:
        if is_bare_resnet(state.arrays):
            return _backbone(path, state, backbone_only)
        return _network(path, state)
    except RefusedError as error:
        raise MasksegError(f"{path} {error}") from None
    except UsageError as error:
        raise MasksegError(f"{path} describes a network that maskseg cannot build: {error}") from None


def _network(path: Path, state: TorchState) -> Checkpoint:
    family = recognise(state.arrays)
    renamed = rename(family, state.arrays)
    logits = renamed.arrays.get("mrcnn_class_logits/bias")
    clues = Clues(path, state.arrays, None if logits is None else logits.size, state.meta)
    preset = family.preset(clues)
    config = _config(family, renamed, preset, clues)
    _check_whole(family, renamed, array_names(config), f"Mask R-CNN with {_display_name(config)}")
    check_size(path, config, [array.size for array in renamed.arrays.values()])
    names = family.class_names(clues)
    if names is not None and len(names) != config.num_classes - 1:
        clues.notes.append(f"The file names {len(names)} classes, and its network has {config.num_classes - 1}.")
        names = None
    if config.num_classes != family.coco_classes:
        config = config.replace(name=printable(path.name.split(".")[0]))
    background = _background(family, renamed, config)
    return Checkpoint(
        arrays=to_our_layout(renamed.arrays, config, background, family.deltas),
        config=config,
        class_names=None if names is None else ("background", *names),
        provenance={"made_by": family.name, "source_file": path.name, **clues.provenance},
        kind=family.name,
        stored_dtype=state.stored_dtype,
        notes=tuple(clues.notes),
    )


def _backbone(path: Path, state: TorchState, accepted: bool) -> Checkpoint:
    """The checkpoint of a ResNet alone."""
    family = bare_resnet.FAMILY
    renamed = rename(family, state.arrays)
    check_kinds(renamed.arrays, lambda key: their_name(family, key))
    config = family.preset(Clues(path, state.arrays)).replace(
        name=printable(path.stem), **backbone_options(renamed.arrays)
    )
    if not accepted:
        raise RefusedError(
            f"holds a {_display_name(config)} backbone alone, as trained on ImageNet: training can start from it, but "
            "it has no layers that find objects."
        )
    expected = [name for name in array_names(config) if is_backbone_layer(name.split("/")[0])]
    _check_whole(family, renamed, expected, _display_name(config))
    return Checkpoint(
        arrays=to_our_layout(renamed.arrays, config, family.background, family.deltas),
        config=config,
        class_names=None,
        provenance={"made_by": family.name, "source_file": path.name},
        kind=family.name,
        stored_dtype=state.stored_dtype,
    )


def _background(family: Family, renamed: Renamed, config: MaskRCNNConfig) -> Literal["first", "last"]:
    """Where the background is in the class logits: first, too, where boxes or masks are as many as these.

    mmdetection 1 had it first.
    """
    for layer, each in (("mrcnn_bbox_fc", 4), ("mrcnn_mask", 1)):
        kernel = renamed.arrays.get(f"{layer}/kernel")
        if kernel is not None and len(kernel) == each * config.num_classes and config.num_classes > 1:
            return "first"
    return family.background


def _display_name(config: MaskRCNNConfig) -> str:
    return config.backbone.replace("resnet", "ResNet-")


def _config(family: Family, renamed: Renamed, preset: MaskRCNNConfig, clues: Clues) -> MaskRCNNConfig:
    def named(key: str) -> str:
        return their_name(family, key)

    check_kinds(renamed.arrays, named)
    options = backbone_options(renamed.arrays) | head_options(renamed.arrays, named)
    config = preset.replace(**(clues.options | options))
    known = bool({"rpn_anchor_ratios", "rpn_anchor_sizes"} & set(clues.options))
    anchors, note = anchor_count_options(renamed.arrays, config, known, family.anchors, named)
    clues.notes += [note] if note else []
    return config.replace(**anchors)


def _check_whole(family: Family, renamed: Renamed, expected: Collection[str], what: str) -> None:
    """Raises RefusedError that counts what is missing and left over, and names the first."""
    strange = tuple(their_name(family, key) for key in renamed.arrays if key not in set(expected))
    missing = tuple(their_name(family, key) for key in expected if key not in renamed.arrays)
    comparison = Comparison(missing, (*strange, *map(printable, renamed.left_over)), (), len(renamed.arrays))
    if not comparison.sound:
        raise RefusedError(
            f"is not {family.name}'s {what}: {'; '.join(comparison.problems())}. Save the whole model's state_dict() "
            "again."
        )
