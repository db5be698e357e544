"""Description of a weight file, as text and as JSON values."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from maskseg_cli.checkpoints.checkpoint import Checkpoint
from maskseg_cli.checkpoints.download import file_digests
from maskseg_cli.checkpoints.releases import ALGORITHMS, release_of
from maskseg_cli.classes import is_unused
from maskseg_cli.config import RESNETS
from maskseg_cli.printable import printable

_KINDS = {
    "maskseg": "maskseg's own",
    "matterport": "Matterport HDF5",
    "mask_rcnn2go": "Mask R-CNN2Go arrays",
    "torchvision": "torchvision state dict",
    "detectron2": "detectron2 state dict",
    "mmdetection": "mmdetection state dict",
    "pytorch-mask-rcnn": "state dict of pytorch-mask-rcnn",
}
#: Backbones in words.
BACKBONES = {"resnet50": "ResNet-50", "resnet101": "ResNet-101", "mobile": "mobile inverted residuals"}
_MASK_HEADS = {"fcn": "fcn", "unet": "unet", "mobile": "mobile inverted residuals"}


def describe(path: Path, checkpoint: Checkpoint) -> dict[str, Any]:
    """Describes a checkpoint by values that JSON can hold; a file of others is compared with the known releases."""
    config = checkpoint.config
    whole = not checkpoint.backbone_only
    found: dict[str, Any] = {
        "file": str(path),
        "bytes": path.stat().st_size,
        "kind": checkpoint.kind,
        "backbone": config.backbone,
        "backbone_only": checkpoint.backbone_only,
        "mask_head": config.mask_head if whole else None,
        "num_classes": config.num_classes if whole else None,
        "class_names": None if checkpoint.class_names is None else list(checkpoint.class_names),
        "arrays": len(checkpoint.arrays),
        "parameters": checkpoint.parameters,
        "dtype": checkpoint.stored_dtype,
        "provenance": {**checkpoint.provenance, **_published(path, checkpoint)},
        "notes": list(checkpoint.notes),
        "config": config.to_dict(),
    }
    if whole and config.backbone in RESNETS:
        found["sizes"] = {
            "pyramid": config.top_down_pyramid_size,
            "box_head": config.fpn_classif_fc_layers_size,
            "box_pool": config.pool_size,
            "mask": list(config.mask_shape),
            "anchors_per_cell": _anchors_per_cell(checkpoint),
        }
    elif whole:
        found["sizes"] = {
            "box_pool": config.pool_size,
            "mask": list(config.mask_shape),
            "anchors_per_cell": _anchors_per_cell(checkpoint),
        }
    return found


def _published(path: Path, checkpoint: Checkpoint) -> dict[str, str]:
    """Origin and licence of a published file; maskseg's own files hold theirs."""
    if checkpoint.kind == "maskseg":
        return {}
    release = release_of(file_digests(path, ALGORITHMS))
    return {} if release is None else {"origin": f"{release.name}, {release.address}", "licence": release.licence}


def _anchors_per_cell(checkpoint: Checkpoint) -> int | None:
    for name, share in (("rpn_class_raw/bias", checkpoint.config.rpn_logits), ("rpn.logits/bias", 1)):
        if name in checkpoint.arrays:
            return int(checkpoint.arrays[name].size) // share
    return None


def describe_as_text(found: dict[str, Any]) -> str:
    """Formats the result of `describe` as lines of text, without the configuration."""
    lines = [
        ("file", f"{found['file']} ({found['bytes']:,} bytes)"),
        ("kind", _KINDS[found["kind"]]),
        ("backbone", BACKBONES[found["backbone"]]),
    ]
    if found["backbone_only"]:
        lines.append(("use", "training can start from it; it has no layers that find objects"))
    else:
        lines.append(("mask head", _MASK_HEADS[found["mask_head"]]))
        unused = sum(map(is_unused, found["class_names"] or ()))
        gaps = f", {unused} of them not used" if unused else ""
        lines.append(("classes", f"{found['num_classes']} with the background{gaps}"))
        sizes = found["sizes"]
        words = [f"{name.replace('_', ' ')} {_size(value)}" for name, value in sizes.items()]
        lines.append(("sizes", ", ".join(words)))
    lines.append(("parameters", f"{found['parameters']:,} in {found['arrays']} arrays, stored as {found['dtype']}"))
    lines += [(key.replace("_", " "), value) for key, value in found["provenance"].items()]
    names = found["class_names"]
    if not found["backbone_only"]:
        text = ", ".join(name for name in (names or ())[1:] if not is_unused(name))
        lines.append(("class names", text or "not in the file: give them with --labels"))
    lines += [("note", note) for note in found["notes"]]
    width = max(len(label) for label, _ in lines)
    return "\n".join(printable(f"{label:<{width}}  {value}") for label, value in lines)


def _size(value: Any) -> str:
    return " x ".join(map(str, value)) if isinstance(value, list) else str(value)
