"""Reading of any weight file; its content and not its name decides the format."""

from __future__ import annotations

from pathlib import Path

from maskseg_cli.checkpoints.checkpoint import Checkpoint
from maskseg_cli.checkpoints.sniff import identify


def read_checkpoint(path: str | Path, backbone_only: bool = False) -> Checkpoint:
    """Reads Matterport's .h5 files, maskseg's own files, Mask R-CNN2Go's weights, and networks from PyTorch.

    Of PyTorch's it reads torchvision's, detectron2's, mmdetection's and pytorch-mask-rcnn's Mask R-CNNs.

    Args:
        path: the file, see also `find_weights`.
        backbone_only: also accept a ResNet alone (ImageNet weights), to start training from.

    Raises:
        MasksegError: the file does not exist, is damaged, or of another kind; the sentence says which, and what to
            do.

    Example:
        >>> checkpoint = read_checkpoint("mask_rcnn_coco.h5")            # doctest: +SKIP
        >>> checkpoint.config.backbone, checkpoint.config.num_classes    # doctest: +SKIP
        ('resnet101', 81)
    """
    kind = identify(path)
    if kind == "hdf5":
        from maskseg_cli.checkpoints.matterport import read_matterport

        return read_matterport(path, backbone_only)
    if kind in ("pytorch", "safetensors"):
        from maskseg_cli.checkpoints.pytorch.families.conversion import checkpoint_of
        from maskseg_cli.checkpoints.pytorch.reading import read_torch_state

        return checkpoint_of(Path(path), read_torch_state(path), backbone_only)
    from maskseg_cli.checkpoints.native import read_npz

    return read_npz(path)
