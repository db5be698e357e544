"""Reads Matterport's HDF5 weight files, as any Keras wrote them, and writes such files.

Matterport's own loader goes by layer names and skips unknown ones; this one gives every array of the file a name, so
that `apply_checkpoint` can check each.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np

from maskseg_cli.checkpoints.checkpoint import Checkpoint
from maskseg_cli.checkpoints.hdf5_file import MOST_DEPTH, Dataset, Group, Hdf5File
from maskseg_cli.checkpoints.matterport_layers import (
    UNET_PREFIX,
    grouped,
    is_anchors,
    is_backbone_layer,
    is_known_layer,
    known_layer,
    weight_name,
)
from maskseg_cli.checkpoints.size_limit import check_size
from maskseg_cli.classes import COCO_CLASSES
from maskseg_cli.config import COCO, RESNETS, MaskRCNNConfig
from maskseg_cli.errors import MasksegError, UsageError
from maskseg_cli.media.atomic_file import atomic_path

Datasets = dict[str, Dataset]

#: Blocks in the fourth stage -> backbone; the other stages are equal in both.
_BACKBONES = {6: "resnet50", 23: "resnet101"}


def read_matterport(path: str | Path, backbone_only: bool = False) -> Checkpoint:
    """Reads a Matterport weight file: `save_weights` files, whole models (.h5), and Keras 3's `.weights.h5`.

    Backbone, number of classes, kind of the mask head, pyramid and head sizes come from names and shapes. Optimizer
    state and anchor boxes are ignored.

    Args:
        path: an HDF5 file.
        backbone_only: also accept a ResNet alone (ImageNet weights), to start training from.

    Raises:
        MasksegError: damaged, no Mask R-CNN in it, a backbone alone, or a backbone that maskseg does not
            have.
    """
    path = Path(path)
    with Hdf5File(path) as file:
        root = file.root.group("model_weights") or file.root
        if "layer_names" in root.texts:
            found, writer = _by_layer(path, root), _writer(file.root, root)
        elif root.group("layers"):
            found, writer = _of_keras3(path, root), "Keras 3"
        else:
            raise MasksegError(
                f"{path} is an HDF5 file without Keras layers (it has no layer_names), not a network's weights."
            )
        config = config_of(path, found, backbone_only)
        check_size(path, config, [dataset.size for dataset in found.values()])
        arrays = {key: file.read(dataset) for key, dataset in found.items()}
    stored = {str(array.dtype) for key, array in arrays.items() if array.ndim > 1}
    return Checkpoint(
        arrays={key: array.astype(np.float32, copy=False) for key, array in arrays.items()},
        config=config,
        class_names=COCO_CLASSES if config.num_classes == 81 and not backbone_only else None,
        provenance={"made_by": writer, "source_file": path.name},
        kind="matterport",
        stored_dtype=" and ".join(sorted(stored)) or "float32",
    )


def config_of(path: Path, arrays: Datasets, backbone_only: bool = False) -> MaskRCNNConfig:
    """Derives the configuration of the saved network from the names and shapes of its arrays."""
    layers = {key.split("/")[0] for key in arrays}
    if not any(is_known_layer(layer) for layer in layers):
        raise MasksegError(_explain_other_layers(path, arrays))
    changes: dict[str, Any] = {"backbone": _backbone(path, layers)}
    if all(is_backbone_layer(layer) or layer == "fc1000" for layer in layers):
        if not backbone_only:
            raise MasksegError(
                f"{path} holds a {_display_name(changes['backbone'])} backbone alone, as trained on ImageNet: "
                "training can start from it, but it has no layers that find objects."
            )
        return COCO.replace(**changes, name=path.stem)
    classes = arrays.get("mrcnn_class_logits/bias")
    if classes is None or classes.ndim != 1 or not classes.size:
        raise MasksegError(
            f"{path} has no usable layer mrcnn_class_logits, which has the number of classes: it holds a "
            "part of a Mask R-CNN; save the whole model's weights again."
        )
    changes["num_classes"] = classes.size
    if any(layer.startswith(UNET_PREFIX) for layer in layers):
        changes["mask_head"] = "unet"
    lateral, first = arrays.get("fpn_c5p5/kernel"), arrays.get("mrcnn_class_conv1/kernel")
    if lateral is not None and lateral.ndim == 4:
        changes["top_down_pyramid_size"] = lateral.shape[-1]
    if first is not None and first.ndim == 4:
        changes["fpn_classif_fc_layers_size"], changes["pool_size"] = first.shape[-1], first.shape[0]
    if classes.size != 81:
        changes["name"] = path.name.split(".")[0]
    try:
        return COCO.replace(**changes)
    except UsageError as error:
        raise MasksegError(f"{path} is damaged: {error}") from None


def _backbone(path: Path, layers: set[str]) -> str:
    letters = sorted(layer[4] for layer in layers if re.fullmatch(r"res4[a-z]_branch2a", layer))
    backbone = _BACKBONES.get(len(letters))
    if backbone is None or letters[-1] != chr(ord("a") + len(letters) - 1):
        raise MasksegError(
            f"{path} has {len(letters)} blocks in the backbone's fourth stage; maskseg has ResNet-50 (6 "
            "blocks, a to f) and ResNet-101 (23, a to w)."
        )
    return backbone


def _display_name(backbone: str) -> str:
    return backbone.replace("resnet", "ResNet-")


def _explain_other_layers(path: Path, arrays: Datasets) -> str:
    if any(re.match(r"conv2_block1_1_conv/|conv5_block3_", key) for key in arrays):
        return (
            f"{path} holds an ImageNet backbone of Keras Applications in its newer layer names: use the file "
            "resnet50_weights_tf_dim_ordering_tf_kernels_notop.h5 to start training, and Mask R-CNN weights "
            "to find objects."
        )
    some = ", ".join(sorted({key.split("/")[0] for key in arrays})[:3])
    held = f"its layers are {some}, ..." if some else "it has no arrays at all"
    return f"{path} holds no Mask R-CNN with Matterport's layer names: {held}"[:400].rstrip(" .") + "."


def _writer(first: Group, root: Group) -> str:
    versions = root.texts.get("keras_version") or first.texts.get("keras_version") or [""]
    return f"Keras {versions[0]}".strip()


def _by_layer(path: Path, root: Group) -> Datasets:
    """The layout with `layer_names` and `weight_names`, of Keras 1, 2 and 3."""
    arrays: Datasets = {}
    seen: set[int] = set()
    for layer in root.texts["layer_names"]:
        group = root.group(layer)
        if group is None:
            raise MasksegError(_damaged(path, f"it has no group {layer!r}, which its list of layers names"))
        names = group.texts.get("weight_names", [])
        for key, name in zip(_keys(layer, names), names, strict=True):
            dataset = group.get(name)
            if not isinstance(dataset, Dataset):
                raise MasksegError(_damaged(path, f"it has no array {name!r} in {layer!r}, which its lists name"))
            seen.add(dataset.address)
            _put(path, arrays, key, dataset)
    for name, dataset in root.datasets():
        if dataset.address not in seen and not name.startswith("optimizer_weights/"):
            _put(path, arrays, name, dataset)
    return arrays


def _damaged(path: Path, reason: str) -> str:
    return f"{path} is a damaged HDF5 file ({reason}); fetch or copy it again."


def _keys(group: str, names: list[str]) -> list[str]:
    """ "layer/weight" of each weight in a group.

    A group is a layer, whatever name scopes lie in between (`conv1/conv1_1/kernel:0`, or the wrapped layer's
    name in a TimeDistributed one), or a nested model, in which case the scopes name its layers.
    """
    last = [re.sub(r":\d+$", "", name).rpartition("/")[2] for name in names]
    nested = len(set(last)) < len(last)
    keys = []
    for name in names:
        *scopes, end = name.split("/")
        layer = group if is_known_layer(group) else next(filter(None, map(known_layer, scopes)), None)
        if layer is None:
            layer = scopes[-1] if nested and scopes else group
        keys.append(f"{layer}/{weight_name(layer, end)}")
    return keys


#: Keras 3 stores a layer's variables by number: number of variables -> their names.
_KERAS3_WEIGHTS = {
    1: ("kernel",),
    2: ("kernel", "bias"),
    4: ("gamma", "beta", "moving_mean", "moving_variance"),
}


def _of_keras3(path: Path, root: Group) -> Datasets:
    """The layout of Keras 3's `.weights.h5`: layers/conv2d/vars/0, with the layer's name as an attribute."""
    arrays: Datasets = {}

    def layers_of(holder: Group, depth: int) -> None:
        layers = holder.group("layers")
        for _, item in layers.children() if layers else ():
            if isinstance(item, Group):
                layer(item, None, depth + 1)

    def layer(group: Group, outer: str | None, depth: int) -> None:
        if depth > MOST_DEPTH:
            raise MasksegError(_damaged(path, "its groups lie in each other without an end"))
        variables = group.group("vars")
        own = variables.texts.get("name") if variables else None
        datasets = dict(variables.children()) if variables else {}
        if not own and datasets:
            raise MasksegError(
                f"{path} was written by an early Keras 3 without layer names, so its arrays cannot be told "
                "apart: "
                'load it there and save it again with model.save("weights.h5").'
            )
        # A wrapper such as TimeDistributed has the name of the layer in it.
        name = outer or (own[0] if own else None)
        weights = _KERAS3_WEIGHTS.get(len(datasets), tuple(str(i) for i in range(len(datasets))))
        for i, weight in enumerate(weights):
            dataset = datasets.get(str(i))
            if not isinstance(dataset, Dataset):
                raise MasksegError(_damaged(path, f"it has no array {i} in the layer {name!r}"))
            _put(path, arrays, f"{name}/{weight}", dataset)
        wrapped = group.group("layer")
        if wrapped:
            layer(wrapped, name, depth + 1)
        layers_of(group, depth)

    layers_of(root, 0)
    return arrays


def _put(path: Path, arrays: Datasets, key: str, dataset: Dataset) -> None:
    if is_anchors(key, dataset.shape):
        return
    if key in arrays:
        raise MasksegError(f"{path} has two arrays for {key}: it holds more than one network.")
    if not dataset.dtype:
        raise MasksegError(f"{path} holds no numbers for {key}, so it is not a network's weights.")
    arrays[key] = dataset


#: Options of the graph that Matterport's own `Config` has, and the mask head, which shows in the names of the arrays.
_FREE = frozenset(
    (
        "backbone",
        "backbone_strides",
        "fpn_classif_fc_layers_size",
        "image_channel_count",
        "mask_head",
        "mask_pool_size",
        "mask_shape",
        "num_classes",
        "pool_size",
        "rpn_anchor_ratios",
        "rpn_anchor_scales",
        "rpn_anchor_stride",
        "top_down_pyramid_size",
    )
)


def check_matterports(file: str, config: MaskRCNNConfig) -> None:
    """Refuses a network with a ResNet that differs from Matterport's in what its files do not hold.

    Args:
        file: its name, for the message.
        config: of the network.

    Raises:
        MasksegError: it differs; the options are named.
    """
    others = [option for option, value in COCO.graph.items() if option not in _FREE and config.graph[option] != value]
    if config.backbone in RESNETS and others:
        more = f" and {len(others) - 3} more" if len(others) > 3 else ""
        raise MasksegError(
            f"{file} is not Matterport's network, the only one that fits into an .h5 file: it differs in "
            f"{', '.join(others[:3])}{more}. Give the output the ending .npz or .xml."
        )


def write_matterport(path: str | Path, checkpoint: Checkpoint) -> None:
    """Writes the `save_weights` layout of Keras 2, which Matterport's own code loads (by name or by order).

    Raises:
        MasksegError: the network is not Matterport's, or the file cannot be written.
    """
    unknown = [key for key in checkpoint.arrays if not is_known_layer(key.split("/")[0])]
    if unknown:
        raise MasksegError(
            f"Only networks with Matterport's layers fit into an .h5 file; this one has {unknown[0]}: "
            "give the output the ending .npz."
        )
    check_matterports(checkpoint.provenance.get("source_file", "This"), checkpoint.config)
    import h5py

    groups = grouped(checkpoint.arrays)
    with atomic_path(path) as temporary, h5py.File(temporary, "w", track_order=True) as file:
        file.attrs["layer_names"] = np.array([name.encode() for name in groups])
        file.attrs["backend"] = np.bytes_(b"tensorflow")
        file.attrs["keras_version"] = np.bytes_(b"2.2.4")
        for group_name, keys in groups.items():
            group = file.create_group(group_name)
            group.attrs["weight_names"] = np.array([f"{key}:0".encode() for key in keys])
            for key in keys:
                group.create_dataset(f"{key}:0", data=checkpoint.arrays[key].astype(np.float32, copy=False))
