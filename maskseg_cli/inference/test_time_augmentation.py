"""Test-time augmentation: one picture at several sizes and mirrored, so that the results can be averaged.

All views share one frame of boxes, that of the picture: pixels of the original picture for a network with boxes in
pixels, 0..1 over the picture for one with normalized boxes. Each view has the factors and shifts from
that frame to its own.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from maskseg_cli.config import MaskRCNNConfig
from maskseg_cli.inference.molding import Molded, mold
from maskseg_cli.model.box_frames import LAST_PIXEL

#: Sizes of the views, as multiples of the config's; the result has the frame of the first view.
SCALES = (1.0, 0.8, 1.2)


class MoldedView(NamedTuple):
    """One molded view of a picture.

    Attributes:
        molded: the resized, perhaps mirrored picture after `mold`.
        mirrored: left and right are swapped.
        frame: float64 (2, 4): factors and shifts; boxes in the picture's frame, times the factors, plus the shifts,
            are boxes in the view's frame (with x1 and x2 swapped where the view is mirrored).
    """

    molded: Molded
    mirrored: bool
    frame: NDArray[np.float64]


class ViewInput(NamedTuple):
    """One view, ready for an engine.

    Attributes:
        image: float32 (1, H, W, 3), molded.
        anchors: float32 (A, 4) for H x W, in the view's frame.
        frame: float32 (2, 4), factors and shifts from the first view's frame into this one's.
        mirrored: left and right are swapped.
        window: float32 (4,), the picture without its padding, in the view's frame.
    """

    image: NDArray[np.float32]
    anchors: NDArray[np.float32]
    frame: NDArray[np.float32]
    mirrored: bool
    window: NDArray[np.float32] | None = None


def mold_views(image: NDArray[np.uint8], config: MaskRCNNConfig) -> list[MoldedView]:
    """The views of a picture: each size as it is and mirrored, the plain one at the config's own size first.

    Args:
        image: uint8 array (h, w, 3), channels in the network's order.
    """
    views = []
    for view_config in view_configs(config):
        for mirrored in (False, True):
            molded = mold(np.ascontiguousarray(image[:, ::-1]) if mirrored else image, view_config)
            views.append(MoldedView(molded, mirrored, view_frame(molded, mirrored, view_config)))
    return views


def view_configs(config: MaskRCNNConfig) -> list[MaskRCNNConfig]:
    """A config for each size; only the given one where pictures are not resized.

    The sides that must be multiples of 64 become the nearest ones; equal sizes are left out.
    """
    mode = config.image_resize_mode
    sized = []
    for scale in SCALES if mode != "none" else SCALES[:1]:
        short, long = config.image_min_dim * scale, config.image_max_dim * scale
        one = config.replace(
            image_min_dim=_multiple(short) if mode == "pad64" else round(short),
            image_max_dim=_multiple(long) if mode == "square" else round(long),
            image_min_scale=config.image_min_scale * scale,
        )
        if one not in sized:
            sized.append(one)
    return sized


def _multiple(side: float) -> int:
    return max(64, round(side / 64) * 64)


def view_frame(molded: Molded, mirrored: bool, config: MaskRCNNConfig) -> NDArray[np.float64]:
    """Factors and shifts, float64 (2, 4), from the picture's frame to that of a molded view (see `MoldedView`)."""
    top, left, bottom, right = molded.window
    height, width = molded.original_shape[:2]
    if config.box_frame != "normalized":
        # `unmold_pixel_boxes` is the inverse
        factors, shifts = np.array([(bottom - top) / height, (right - left) / width]), np.array([top, left], float)
        far = width - LAST_PIXEL[config.box_frame]
    else:
        shape = np.array(molded.image.shape[:2])
        shifts = np.array([top, left]) / (shape - 1)
        factors = (np.array([bottom, right]) - 1) / (shape - 1) - shifts
        far = 1.0
    if mirrored:  # x becomes far - x before it is scaled
        shifts[1] += factors[1] * far
        factors[1] = -factors[1]
    return np.stack([np.tile(factors, 2), np.tile(shifts, 2)])


def relative_frame(view: MoldedView, first: MoldedView) -> NDArray[np.float32]:
    """Factors and shifts, float32 (2, 4), from the frame of the first view to that of another."""
    factors = view.frame[0] / first.frame[0]
    return np.stack([factors, view.frame[1] - first.frame[1] * factors]).astype(np.float32)
