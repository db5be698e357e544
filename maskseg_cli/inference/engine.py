"""`Engine`: what computes the network, whichever library does it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from maskseg_cli.config import MaskRCNNConfig

if TYPE_CHECKING:
    from maskseg_cli.inference.test_time_augmentation import ViewInput


class Segmented(NamedTuple):
    """The network's output for a batch; the rows of all images one after the other, best score first in each.

    Attributes:
        boxes: float32 (D, 4), (y1, x1, y2, x2) in the network's frame (`config.box_frame`).
        class_ids: int32 (D,), 1..
        scores: float32 (D,), 0..1.
        masks: float32 (D, h, w), probabilities over the box.
        image_index: int32 (D,), the image that each row belongs to.
    """

    boxes: NDArray[np.float32]
    class_ids: NDArray[np.int32]
    scores: NDArray[np.float32]
    masks: NDArray[np.float32]
    image_index: NDArray[np.int32]


class Engine(Protocol):
    """Runs the network on molded images. Several threads may call it at the same time.

    Attributes:
        config: the options of the network.
    """

    config: MaskRCNNConfig

    def run(self, images: NDArray[np.float32], anchors: NDArray[np.float32], windows: NDArray[np.float32]) -> Segmented:
        """Runs the whole network.

        Args:
            images: float32 (B, H, W, 3), molded.
            anchors: float32 (A, 4) in the network's frame, for H x W.
            windows: float32 (B, 4), each image without its padding, in the network's frame.
        """
        ...

    def run_views(self, views: Sequence[ViewInput], window: NDArray[np.float32]) -> Segmented:
        """Runs the network on several views of one picture and averages them (test-time augmentation).

        Args:
            views: the first one gives the frame of the result.
            window: float32 (4,), the picture without its padding in the first view, in the network's frame.
        """
        ...

    def set_min_confidence(self, confidence: float) -> None:
        """Finds objects from this score on, 0..1, from the next call on."""
        ...
