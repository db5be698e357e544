"""Matterport's log lines: name, shape, range and type of an array, on stdout."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from maskseg_cli.inference.molding import Molded


def log_array(name: str, array: NDArray[Any]) -> None:
    """Prints one line in the format of Matterport's `log`.

    Example:
        >>> log_array("image", np.zeros((2, 2, 3), np.uint8))
        image                    shape: (2, 2, 3)             min:    0.00000  max:    0.00000  uint8
    """
    line = f"{name:25}shape: {array.shape!s:20}  "
    if array.size:
        line += f"min: {array.min():10.5f}  max: {array.max():10.5f}"
    else:
        line += f"min: {'':10}  max: {'':10}"
    print(f"{line}  {array.dtype}")


def log_inputs(images: Sequence[NDArray[np.uint8]], molded: Sequence[Molded], anchors: NDArray[np.float32]) -> None:
    """Prints the lines of Matterport's `detect`: each image, then the inputs of the network.

    Args:
        images: uint8 arrays (h, w, 3).
        molded: the same images after `mold`, of equal size.
        anchors: float32 array (A, 4); the line shows it once for each image.
    """
    for image in images:
        log_array("image", image)
    # Matterport subtracts the mean in float64 and shows that; the cast to float32 left a little noise
    log_array("molded_images", np.stack([one.image for one in molded]).astype(np.float64).round(4))
    log_array("image_metas", np.stack([one.meta for one in molded]))
    log_array("anchors", np.broadcast_to(anchors, (len(molded), *anchors.shape)))
