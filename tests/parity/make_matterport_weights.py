#!/usr/bin/env python3
"""Writes a Mask R-CNN weight file with seeded pseudo-random values, in the layout of Matterport's files.

The file is what Keras 2 `save_weights` gives for Matterport's inference model: it tests reading such files,
and the numbers measured with Matterport's own code on these values test the network. It holds no trained
weights. Every value is a pure function of (seed, layer name, weight name, shape); the arithmetic is integer
up to one final float64 multiply-add and one rounding to float32, so the values are the same on every
machine and with every numpy that has PCG64. Needs numpy and h5py only.

Example:
    python tests/parity/make_matterport_weights.py out.h5 --backbone resnet50 --num-classes 4 --seed 1
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import h5py
import numpy as np
from numpy.typing import NDArray

SCHEME = "maskseg-parity-1"

#: Gains of the output layers, chosen so that the network finds objects of several classes in real photos.
RPN_CLASS_GAIN = 0.35
RPN_BBOX_GAIN = 0.8
CLASS_GAIN = 1.8
BBOX_GAIN = 0.8
MASK_GAIN = 2.5

#: Standard deviation of the sum of four independent 16-bit words.
_UNIT = math.sqrt(4 * (65536**2 - 1) / 12.0)


class Weight(NamedTuple):
    """How one array is drawn: see `bell`."""

    name: str
    shape: tuple[int, ...]
    std: float
    mean: float = 0.0
    centre: int = 0


def _integers(seed: int, layer: str, weight: str, shape: Sequence[int]) -> NDArray[np.int64]:
    """Integers of mean 0, bell shaped: each is a sum of four 16-bit words."""
    key = f"{SCHEME}|{seed}|{layer}|{weight}"
    entropy = int.from_bytes(hashlib.sha256(key.encode()).digest()[:16], "little")
    n = int(np.prod(shape))
    words = np.random.PCG64(entropy).random_raw(n).astype("<u8").view("<u2")
    total = words.reshape(n, 4).astype(np.int64).sum(axis=1)
    return (total - 2 * 65535).reshape(shape)


def bell(seed: int, layer: str, weight: Weight) -> NDArray[np.float32]:
    """A float32 array, about normal(mean, std), bounded at 3.47 std.

    With `weight.centre` the average over all axes but the last is subtracted, exactly, so that each output
    unit ignores what all its inputs have in common.
    """
    values = _integers(seed, layer, weight.name, weight.shape)
    std = weight.std
    if weight.centre:
        axes = tuple(range(len(weight.shape) - 1))
        n = int(np.prod(weight.shape[:-1]))
        values = values * n - values.sum(axis=axes, keepdims=True)
        std = std / n
    return (values * (std / _UNIT) + weight.mean).astype(np.float32)


def _conv(
    name: str, kernel: tuple[int, ...], gain: float = 1.0, centre: int = 0, fan_in: int | None = None
) -> list[Weight]:
    """Kernel and bias of a convolution (kh, kw, in, out) or a dense layer (in, out)."""
    fan_in = int(np.prod(kernel[:-1])) if fan_in is None else fan_in
    return [
        Weight(f"{name}/kernel:0", kernel, gain * math.sqrt(2.0 / fan_in), 0.0, centre),
        Weight(f"{name}/bias:0", (kernel[-1],), 0.02),
    ]


def _batch_norm(name: str, channels: int) -> list[Weight]:
    return [
        Weight(f"{name}/gamma:0", (channels,), 0.06, 1.0),
        Weight(f"{name}/beta:0", (channels,), 0.05, 0.0),
        Weight(f"{name}/moving_mean:0", (channels,), 0.05, 0.0),
        Weight(f"{name}/moving_variance:0", (channels,), 0.06, 1.0),
    ]


def inventory(
    backbone: str = "resnet50", num_classes: int = 81, pyramid: int = 256, fc: int = 1024
) -> list[tuple[str, list[Weight]]]:
    """One (layer name, weights) for each layer of the Keras model, in the order of its `layers`."""
    layers: list[tuple[str, list[Weight]]] = []
    counts: dict[str, int] = {}

    def add(name: str, weights: Sequence[Weight] = ()) -> None:
        layers.append((name, list(weights)))

    def auto(kind: str) -> str:
        """Keras' automatic name for the next layer of a kind."""
        counts[kind] = counts.get(kind, 0) + 1
        return f"{kind}_{counts[kind]}"

    def conv(name: str, *kernel: int, gain: float = 1.0, centre: int = 0) -> None:
        add(name, _conv(name, kernel, gain, centre))

    def batch_norm(name: str, channels: int) -> None:
        add(name, _batch_norm(name, channels))

    def block(stage: int, letter: str, inputs: int, filters: int) -> int:
        """One bottleneck block; the first of a stage has a convolution in its shortcut."""
        res, bn = f"res{stage}{letter}_branch", f"bn{stage}{letter}_branch"
        shortcut = letter == "a"
        conv(res + "2a", 1, 1, inputs, filters, centre=1)
        batch_norm(bn + "2a", filters)
        add(auto("activation"))
        conv(res + "2b", 3, 3, filters, filters, centre=1)
        batch_norm(bn + "2b", filters)
        add(auto("activation"))
        conv(res + "2c", 1, 1, filters, 4 * filters, gain=0.7 if shortcut else 0.35, centre=1)
        if shortcut:
            conv(res + "1", 1, 1, inputs, 4 * filters, centre=1)
        batch_norm(bn + "2c", 4 * filters)
        if shortcut:
            batch_norm(bn + "1", 4 * filters)
        add(auto("add"))
        add(f"res{stage}{letter}_out")
        return 4 * filters

    def backbone_layers() -> None:
        add("input_image")
        add(auto("zero_padding2d"))
        conv("conv1", 7, 7, 3, 64, gain=1 / 60.0)
        batch_norm("bn_conv1", 64)
        add(auto("activation"))
        add(auto("max_pooling2d"))
        channels = 64
        blocks = {2: 3, 3: 4, 4: {"resnet50": 6, "resnet101": 23}[backbone], 5: 3}
        for stage, filters in ((2, 64), (3, 128), (4, 256), (5, 512)):
            for i in range(blocks[stage]):
                channels = block(stage, chr(ord("a") + i), channels, filters)

    def pyramid_layers() -> None:
        lateral = math.sqrt(0.5)
        conv("fpn_c5p5", 1, 1, 2048, pyramid, gain=lateral, centre=1)
        for level, channels in ((4, 1024), (3, 512), (2, 256)):
            add(f"fpn_p{level + 1}upsampled")
            conv(f"fpn_c{level}p{level}", 1, 1, channels, pyramid, gain=lateral, centre=1)
            add(f"fpn_p{level}add")
        # the top-down sums grow from P5 to P2; these gains level them out
        for name, gain in (("fpn_p5", 0.95), ("fpn_p2", 0.38), ("fpn_p3", 0.47), ("fpn_p4", 0.60)):
            conv(name, 3, 3, pyramid, pyramid, gain=gain, centre=1)
        add("fpn_p6")

    def proposal_layers() -> None:
        rpn_class = _conv("rpn_class_raw", (1, 1, 512, 6), gain=RPN_CLASS_GAIN, centre=1)
        rpn_class[1] = Weight("rpn_class_raw/bias:0", (6,), 0.05)
        add(
            "rpn_model",
            _conv("rpn_conv_shared", (3, 3, pyramid, 512))
            + rpn_class
            + _conv("rpn_bbox_pred", (1, 1, 512, 12), gain=RPN_BBOX_GAIN, centre=1),
        )
        for name in ("rpn_class", "rpn_bbox", "input_anchors", "ROI", "input_image_meta"):
            add(name)

    def head_layers() -> None:
        add("roi_align_classifier")
        conv("mrcnn_class_conv1", 7, 7, pyramid, fc)
        batch_norm("mrcnn_class_bn1", fc)
        add(auto("activation"))
        conv("mrcnn_class_conv2", 1, 1, fc, fc, centre=1)
        batch_norm("mrcnn_class_bn2", fc)
        add(auto("activation"))
        add("pool_squeeze")
        conv("mrcnn_class_logits", fc, num_classes, gain=CLASS_GAIN, centre=1)
        conv("mrcnn_bbox_fc", fc, 4 * num_classes, gain=BBOX_GAIN, centre=1)
        auto("activation")  # the softmax inside "mrcnn_class"
        for name in ("mrcnn_class", "mrcnn_bbox", "mrcnn_detection", "lambda_3", "roi_align_mask"):
            add(name)
        for i in range(1, 5):
            conv(f"mrcnn_mask_conv{i}", 3, 3, pyramid if i == 1 else 256, 256, centre=int(i > 1))
            batch_norm(f"mrcnn_mask_bn{i}", 256)
            add(auto("activation"))
        # a transposed convolution: (kh, kw, out, in)
        add("mrcnn_mask_deconv", _conv("mrcnn_mask_deconv", (2, 2, 256, 256), fan_in=256))
        conv("mrcnn_mask", 1, 1, 256, num_classes, gain=MASK_GAIN, centre=1)

    backbone_layers()
    pyramid_layers()
    proposal_layers()
    head_layers()
    return layers


def arrays(
    backbone: str, num_classes: int, pyramid: int, fc: int, seed: int
) -> Iterator[tuple[str, list[tuple[str, NDArray[np.float32]]]]]:
    """Yields (layer name, [(weight name, float32 array), ...]) in file order."""
    for layer, weights in inventory(backbone, num_classes, pyramid, fc):
        yield layer, [(weight.name, bell(seed, layer, weight)) for weight in weights]


def _bytes_array(names: list[str]) -> NDArray[Any]:
    # Keras 2 writes an empty list as an empty float64 array
    return np.array([name.encode("utf8") for name in names]) if names else np.array([])


def write(
    path: str | Path,
    backbone: str,
    num_classes: int,
    pyramid: int = 256,
    fc: int = 1024,
    seed: int = 1,
    wrap: bool = False,
) -> dict[str, Any]:
    """Writes the file; `wrap` puts everything below /model_weights, as Keras `save` does.

    Returns:
        The arguments, the number of `parameters` and a `sha256` over layer name, weight name and
        little-endian bytes of every array in file order, which does not depend on HDF5's internals.
    """
    digest, count, names = hashlib.sha256(), 0, []
    with h5py.File(path, "w") as f:
        root = f.create_group("model_weights") if wrap else f
        for layer, weights in arrays(backbone, num_classes, pyramid, fc, seed):
            names.append(layer)
            group = root.create_group(layer)
            group.attrs["weight_names"] = _bytes_array([name for name, _ in weights])
            for name, array in weights:
                group.create_dataset(name, data=array)  # makes the nested groups
                digest.update(layer.encode() + b"\0" + name.encode() + b"\0")
                digest.update(np.ascontiguousarray(array, "<f4").tobytes())
                count += array.size
        root.attrs["layer_names"] = _bytes_array(names)
        root.attrs["backend"] = np.bytes_(b"tensorflow")
        root.attrs["keras_version"] = np.bytes_(b"2.2.4")
    return {
        "scheme": SCHEME,
        "backbone": backbone,
        "num_classes": num_classes,
        "pyramid": pyramid,
        "fc": fc,
        "seed": seed,
        "parameters": count,
        "sha256": digest.hexdigest(),
    }


def main(argv: Sequence[str] | None = None) -> None:
    """The command line: writes a file and prints the result of `write` as JSON."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("out")
    parser.add_argument("--backbone", choices=["resnet50", "resnet101"], default="resnet50")
    parser.add_argument("--num-classes", type=int, default=81)
    parser.add_argument("--pyramid", type=int, default=256)
    parser.add_argument("--fc", type=int, default=1024)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--wrap", action="store_true", help="put everything below /model_weights")
    a = parser.parse_args(argv)
    print(json.dumps(write(a.out, a.backbone, a.num_classes, a.pyramid, a.fc, a.seed, a.wrap)))


if __name__ == "__main__":
    main()
