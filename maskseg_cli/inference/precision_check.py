"""Checks once on each machine that a reduced precision gives nearly the results of float32.

Processors and libraries have had defects in their bfloat16 and int8 instructions. The check runs every stage of the
network on a made picture in both precisions and compares the numbers; the verdict is kept in the user's cache.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Callable
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from maskseg_cli.errors import MasksegError
from maskseg_cli.inference.processor import processor_name
from maskseg_cli.inference.weights_source import networks_folder
from maskseg_cli.media.atomic_file import atomic_path
from maskseg_cli.model.box_frames import frame_window

if TYPE_CHECKING:
    from maskseg_cli.inference.openvino_stages import OpenVinoStages

#: Largest difference from float32 that is accepted, as a share of the root mean square of float32's values.
#: Measured on the bundled network: bfloat16 below 0.03, int8 below 0.25; broken arithmetic gives 1 and more.
MAX_DIFFERENCE = {"bfloat16": 0.1, "int8": 0.5}

_SIDE = 128


def passes_check(stages: OpenVinoStages, precision: str, network: str, reference: Callable[[], OpenVinoStages]) -> bool:
    """Whether stages in a reduced precision compute nearly what those in float32 do.

    Args:
        stages: in the reduced precision.
        precision: "bfloat16" or "int8".
        network: digest of the network's weights.
        reference: makes the stages in float32; called only where there is no verdict yet.
    """
    key = "/".join((precision, network, version("openvino"), processor_name()))
    file = networks_folder() / f"check-{hashlib.sha256(key.encode()).hexdigest()[:16]}.json"
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError, RecursionError):
        known = json.loads(file.read_text(encoding="utf-8"))
        if known["key"] == key:
            return bool(known["passed"])
    difference = largest_difference(_outputs(stages), _outputs(reference()))
    passed = difference <= MAX_DIFFERENCE[precision]
    with contextlib.suppress(MasksegError), atomic_path(file) as temporary:
        temporary.write_text(json.dumps({"key": key, "passed": passed, "difference": difference}), encoding="utf-8")
    return passed


def largest_difference(found: list[NDArray[Any]], wanted: list[NDArray[Any]]) -> float:
    """Largest of the arrays' differences: root mean square of the difference by that of the wanted values.

    Infinity where values are not finite.

    Example:
        >>> largest_difference([np.array([1.0, 1.0])], [np.array([1.0, 2.0])]) < 0.5
        True
    """
    worst = 0.0
    for one, other in zip(found, wanted, strict=True):
        if not np.isfinite(one).all():
            return float("inf")
        scale = float(np.sqrt(np.mean(np.square(other, dtype=np.float64))))
        worst = max(worst, float(np.sqrt(np.mean(np.square(one.astype(np.float64) - other)))) / max(scale, 1e-6))
    return worst


def _outputs(stages: OpenVinoStages) -> list[NDArray[Any]]:
    """What each stage gives for a made picture and a few regions of it."""
    maps, objectness, deltas = stages.features(_picture())
    count = 6
    config = stages.config
    far = frame_window(_SIDE, _SIDE, config.box_frame)[2]
    near = np.linspace(0, 0.4, count, dtype=np.float32)[:, None]
    boxes = np.concatenate([near, near, near + 0.5, near + 0.6], axis=1).astype(np.float32) * np.float32(far)
    index = np.zeros(count, np.int32)
    class_ids = (1 + np.arange(count) % (config.num_classes - 1)).astype(np.int32)
    probabilities, box_deltas = stages.classify(maps, boxes, index)
    masks = stages.masks(maps, boxes, index, class_ids)
    return [objectness, deltas, probabilities, box_deltas, masks]


def _picture() -> NDArray[np.float32]:
    """A molded picture, float32 (1, 128, 128, 3): bright shapes on a gradient with noise, always the same."""
    y, x = np.mgrid[:_SIDE, :_SIDE].astype(np.float32)
    picture = np.stack([y, x, 128 - (x + y) / 4], axis=-1)
    picture[20:80, 30:60] += 90
    picture[(y - 80) ** 2 + (x - 90) ** 2 < 900] -= 70
    picture += np.random.default_rng(0).normal(0, 8, picture.shape)
    return np.clip(picture, 0, 255).astype(np.float32)[None]
