"""`Engine`: what computes the network for the predictor, and `Stages`: what a library computes of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from maskseg_cli.config import MaskRCNNConfig
from maskseg_cli.errors import MasksegError

if TYPE_CHECKING:
    from maskseg_cli.inference.test_time_augmentation import ViewInput


class EngineUnavailableError(MasksegError):
    """This engine does not work here; another one may. The message has no full stop: what is done instead follows."""


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
        workers: threads that should call it at the same time, each with pictures of its own.
        config: the options of the network; those that do not shape its graph may be replaced at any time.
        observe: called after each part of the computation with its name and its seconds; None: no call.
    """

    workers: int
    config: MaskRCNNConfig
    observe: Callable[[str, float], None] | None

    @property
    def name(self) -> str:
        """The library and the precision, for messages and reports: "openvino bfloat16"."""
        ...

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


class Stages(Protocol):
    """The parts of a network that a library computes; `StagedEngine` connects them.

    `maps` is whatever a library needs of an image for its later stages: only these three methods look into it.
    """

    @property
    def name(self) -> str:
        """As in `Engine`."""
        ...

    def features(self, images: NDArray[np.float32]) -> tuple[Any, NDArray[np.float32], NDArray[np.float32]]:
        """Computes the feature maps of molded images (B, H, W, 3) and what the region-proposal network says of them.

        Returns:
            the maps, the objectness of all anchors float32 (B, A), 0..1, and their deltas float32 (B, A, 4),
            (dy, dx, log dh, log dw) before scaling; in the order of the anchors, level by level.
        """
        ...

    def classify(
        self, maps: Any, boxes: NDArray[np.float32], image_index: NDArray[np.int32]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Pools the boxes (N, 4), at least one, in the network's frame, and applies the box head.

        Args:
            maps: from `features`.
            boxes: float32 (N, 4).
            image_index: int32 (N,), the image that each box belongs to.

        Returns:
            class probabilities float32 (N, classes), and deltas float32 (N, classes, 4) before scaling.
        """
        ...

    def masks(
        self, maps: Any, boxes: NDArray[np.float32], image_index: NDArray[np.int32], class_ids: NDArray[np.int32]
    ) -> NDArray[np.float32]:
        """Pools the boxes (D, 4), at least one, and applies the mask head.

        Returns:
            mask probabilities float32 (D, h, w) of each row's class.
        """
        ...
