"""Pseudo-random weights in the layout of Mask R-CNN2Go's arrays: what the lite network reads, without the real file.

Each value is a pure function of (seed, name, shape), the same on every machine (see `bell`).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.parity.make_matterport_weights import Weight, bell

#: (block, output channels); strides and additions are defined by the network.
TRUNK = (
    ("block0_0", 16),
    ("block1_0", 32),
    ("block1_1", 32),
    ("block2_0", 48),
    ("block2_1", 48),
    ("block2_2", 48),
    ("block3_0", 96),
    ("block3_1", 96),
    ("block3_2", 96),
    ("block3_3", 96),
    ("block3_4", 128),
    ("block3_5", 128),
    ("block3_6", 128),
)
RPN = (("block3_4", 128), ("block3_5", 128), ("block3_6", 128))
HEAD = (("block4_0", 128), ("block4_1", 128), ("block4_2", 128), ("block4_3", 160))

#: Fifteen anchors for pictures of about 100 pixels; (width, height), around the middle of the first cell.
ANCHOR_SIZES = tuple((w * s, h * s) for s in (12, 20, 32, 48, 70) for w, h in ((1, 1), (0.7, 1.4), (1.4, 0.7)))


def _conv(name: str, *kernel: int, gain: float = 1.0, centre: int = 0, bias: float = 0.1) -> Iterator[Weight]:
    """Kernel (..., in, out) and bias of one layer."""
    inputs = kernel[0] * kernel[1] if name.endswith("depthwise") else int(np.prod(kernel[:-1]))
    outputs = kernel[2] if name.endswith("depthwise") else kernel[-1]
    yield Weight(f"{name}/kernel", kernel, gain / np.sqrt(inputs), 0.0, centre)
    yield Weight(f"{name}/bias", (outputs,), bias)


def _blocks(part: str, blocks: tuple[tuple[str, int], ...], channels: int) -> Iterator[Weight]:
    for block, filters in blocks:
        inner = channels * (1 if block == "block0_0" else 6)
        yield from _conv(f"{part}/{block}/expand", 1, 1, channels, inner, gain=1.4)
        yield from _conv(f"{part}/{block}/depthwise", 3, 3, inner, 1)
        yield from _conv(f"{part}/{block}/project", 1, 1, inner, filters)
        channels = filters


def _weights(classes: int) -> Iterator[Weight]:
    yield from _conv("trunk/stem", 3, 3, 3, 32, gain=0.02, centre=1)  # for values of 0 to 255
    yield from _blocks("trunk", TRUNK, 32)
    yield from _blocks("rpn", RPN, 128)
    yield from _conv("rpn/logits", 1, 1, 128, len(ANCHOR_SIZES), gain=0.3, centre=1)
    yield from _conv("rpn/deltas", 1, 1, 128, 4 * len(ANCHOR_SIZES), gain=0.05, centre=1)
    yield from _blocks("box", HEAD, 128)
    yield from _conv("box/conv1x1", 1, 1, 160, 160, gain=1.4)
    yield from _conv("box/class_logits", 160, classes, gain=0.5, centre=1)
    yield from _conv("box/deltas", 160, 4 * classes, gain=0.4, centre=1)
    yield from _blocks("mask", HEAD, 128)
    upsample, bias = _conv("mask/upsample", 2, 2, 128, 160, gain=2.0)
    yield from (upsample, bias._replace(shape=(128,)))
    yield from _conv("mask/logits", 1, 1, 128, classes, gain=0.5, centre=1)


def lite_arrays(classes: int = 5, seed: int = 9) -> dict[str, NDArray[Any]]:
    """ "trunk/block0_0/expand/kernel" -> float32 array, for `classes` classes with the background."""
    arrays = {weight.name: bell(seed, weight.name.rpartition("/")[0], weight) for weight in _weights(classes)}
    sizes = np.array(ANCHOR_SIZES)
    arrays["rpn/anchors_xyxy"] = np.concatenate([8.5 - sizes / 2, 8.5 + sizes / 2 - 1], axis=1).astype(np.float32)
    # one kernel for all classes, asymmetric so that a shift by one cell is visible
    kernel = bell(seed, "mask/logits_upsample", Weight("kernel", (4, 4, 1, 1), 0.3, 0.25))
    arrays["mask/logits_upsample/kernel"] = kernel * np.eye(classes, dtype=np.float32)
    arrays["mask/logits_upsample/bias"] = np.full(classes, 0.05, np.float32)
    return arrays


def write_lite_arrays(path: Path, classes: int = 5, seed: int = 9) -> Path:
    """Writes them as the .npz that `load_model` takes."""
    np.savez(path, allow_pickle=False, **lite_arrays(classes, seed))
    return path
