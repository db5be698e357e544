"""Test-time augmentation: one picture seen at several sizes and mirrored, so that the answers can be averaged.

The views share one frame of boxes, the *picture's*: first and last pixels of the original picture for a network
that counts in pixels, 0..1 over the picture for a normalized one. Each view says how that frame maps into its own.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from maskseg_cli.config import MaskRCNNConfig
from maskseg_cli.inference.molding import Molded, mold

#: Sizes of the views, as multiples of the config's; the first view is the one whose frame the answer has.
SCALES = (1.0, 0.8, 1.2)


class MoldedView(NamedTuple):
    """A picture as one view shows it.

    Attributes:
        molded: what `mold` makes of the resized, perhaps mirrored picture.
        mirrored: left and right have changed places.
        frame: float64 (2, 4): factors and shifts; boxes in the picture's frame, times the factors, plus the shifts,
            are the view's (x1 and x2 change places where the view is mirrored).
    """

    molded: Molded
    mirrored: bool
    frame: NDArray[np.float64]


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
    if config.box_frame == "pixels":
        # the way back from here is `unmold_pixel_boxes`
        factors, shifts = np.array([(bottom - top) / height, (right - left) / width]), np.array([top, left], float)
        far = width - 1.0
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
