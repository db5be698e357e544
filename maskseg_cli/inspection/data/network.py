"""The network whose training is looked at: its options, as `maskseg train` derives them, and its proposals."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maskseg_cli.config import PRESETS, MaskRCNNConfig
from maskseg_cli.config.overrides import parse_settings
from maskseg_cli.errors import MasksegError
from maskseg_cli.model.mask_rcnn import MaskRCNN
from maskseg_cli.training.choices import Choices, DataChoice
from maskseg_cli.training.setup import network_config
from maskseg_cli.training.start import Start, assign_start, find_start

#: Proposals that stand for a network's where there are no weights: around each object, and anywhere.
_AROUND, _ANYWHERE = 12, 60

#: From a picture's training input and the anchors (A, 4) to proposals (P, 4), all in the network's frame.
Proposer = Callable[[Mapping[str, NDArray[Any]], NDArray[np.float32]], NDArray[np.float32]]


def find_network(model: str | Path) -> Start:
    """The initial weights of a name or a file, as `maskseg train --init` takes them.

    The options of "lite" and "coco" are known without their weights, which may not be on this machine.

    Raises:
        MasksegError: no such file, or a broken one.
    """
    try:
        return find_start(str(model))
    except MasksegError:
        if str(model) not in PRESETS:
            raise
        return Start(PRESETS[str(model)], None, str(model))


def training_config(
    start: Start,
    annotations: str | Path,
    num_classes: int,
    size: int | None = None,
    settings: Sequence[str] = (),
) -> MaskRCNNConfig:
    """The network's options for a data set, as `maskseg train` has them.

    Args:
        start: the initial weights.
        annotations: the file; its name becomes the network's.
        num_classes: of the data set, with the background.
        size: of the pictures, as `load_model(size=...)`; None: the network's.
        settings: options as "OPTION=VALUE".

    Raises:
        UsageError: an unknown option, or a value out of its range.
    """
    choices = Choices([DataChoice(str(annotations))], overrides=parse_settings(tuple(settings)), size=size)
    return network_config(choices, start, num_classes)


@dataclass(frozen=True)
class Proposals:
    """Where the regions of interest come from.

    Attributes:
        of: makes a picture's proposals.
        origin: a sentence about them.
    """

    of: Proposer
    origin: str


def open_proposals(start: Start, config: MaskRCNNConfig) -> Proposals:
    """The proposals of the network with its initial weights, computed as in training; without weights boxes at random.

    Raises:
        MasksegError: the weights do not fit this network.
    """
    if start.checkpoint is None:
        return Proposals(
            lambda inputs, anchors: random_proposals(inputs, config),
            f"The weights of {start.source} are not on this machine. Boxes at random around the objects and elsewhere "
            "stand for its proposals.",
        )
    network = MaskRCNN(config)
    assign_start(start.checkpoint, network.named_variables())
    return Proposals(
        lambda inputs, anchors: network_proposals(network, inputs, anchors),
        f"The proposals are those of {start.source}, as the first step of training has them.",
    )


def network_proposals(
    network: MaskRCNN, inputs: Mapping[str, NDArray[Any]], anchors: NDArray[np.float32]
) -> NDArray[np.float32]:
    """The proposals of one picture as `training.step.picture_losses` computes them, float32 (P, 4)."""
    import tensorflow as tf

    image = tf.constant(inputs["image"][None])
    shape = (tf.shape(image)[1], tf.shape(image)[2])
    logits, deltas = network.region_scores(network.features(image, training=True))
    count = network.config.post_nms_rois_training
    window = tf.constant(inputs["window"])
    found, _ = network.proposals(logits[0], deltas[0], tf.constant(anchors), shape, count, window)
    boxes: NDArray[np.float32] = found.numpy()
    return boxes


def random_proposals(inputs: Mapping[str, NDArray[Any]], config: MaskRCNNConfig, seed: int = 0) -> NDArray[np.float32]:
    """Boxes around the objects, moved and scaled at random, and boxes anywhere in the window.

    Args:
        inputs: a picture's training input.
        config: box_frame.
        seed: of the random numbers.

    Returns:
        float32 (P, 4) in the network's frame, inside the window.
    """
    rng = np.random.default_rng([seed, len(inputs["boxes"])])
    window = np.asarray(inputs["window"], np.float64)
    objects = np.repeat(np.asarray(inputs["boxes"], np.float64).reshape(-1, 4), _AROUND, axis=0)
    extent = objects[:, 2:] - objects[:, :2]
    centres = (objects[:, :2] + objects[:, 2:]) / 2 + extent * rng.normal(0, 0.15, extent.shape)
    half = extent / 2 * np.exp(rng.normal(0, 0.25, extent.shape))
    corners = np.sort(rng.uniform(window[:2], window[2:], (_ANYWHERE, 2, 2)), axis=1)
    found = np.concatenate([np.concatenate([centres - half, centres + half], axis=1), corners.reshape(-1, 4)])
    found = np.clip(found, np.tile(window[:2], 2), np.tile(window[2:], 2))
    least = (window[2:] - window[:2]).max() * 1e-3
    return found[(found[:, 2:] - found[:, :2] > least).all(axis=1)].astype(np.float32)
