"""Boundary IoU (https://arxiv.org/abs/2103.16562): the overlap of what lies near the borders of two masks.

The IoU of large masks hardly sees their border. Here a mask is reduced to its pixels within a distance of 2 % of the
photo's diagonal from its border; boundary AP takes the smaller one of both overlaps.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from pycocotools import mask as coco_mask
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from maskseg_cli.mask_crop import MaskCrop
from maskseg_cli.rle import encode_rle

#: Width of the boundary as a share of the photo's diagonal (the paper's, section 3).
SHARE = 0.02


def mask_boundary(mask: NDArray[np.uint8], distance: int) -> NDArray[np.uint8]:
    """The pixels of a mask (H, W) from which at most `distance` steps, also diagonal ones, lead out of it.

    What lies beyond the edge of the picture is outside. Steps of 3 x 3 pixels are those of the paper's own code.

    Example:
        >>> int(mask_boundary(np.ones((5, 5), np.uint8), 1).sum())
        16
    """
    padded = cv2.copyMakeBorder(mask, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    # Unlike an erosion, it takes the same time for each distance.
    steps = cv2.distanceTransform(padded, cv2.DIST_C, 3)[1:-1, 1:-1]
    return np.asarray(mask & (steps <= distance), np.uint8)


def boundary_rle(rle: dict[str, Any], share: float = SHARE) -> dict[str, Any]:
    """The boundary of a mask as COCO's compressed RLE.

    Args:
        rle: the mask, COCO's compressed RLE.
        share: width of the boundary as a share of the picture's diagonal; at least one pixel.
    """
    height, width = rle["size"]
    distance = max(1, round(share * float(np.hypot(height, width))))
    x, y, w, h = (int(side) for side in coco_mask.toBbox(rle))
    if not w or not h:
        return rle
    crop = np.ascontiguousarray(coco_mask.decode(rle)[y : y + h, x : x + w])
    return encode_rle(MaskCrop(y, x, mask_boundary(crop, distance).astype(bool)), height, width)


class BoundaryEvaluation(COCOeval):
    """pycocotools' evaluation of masks with the smaller one of mask IoU and boundary IoU as the overlap.

    Detections on crowds are found by the overlap of masks alone, as in the paper's own code: a crowd's border says
    nothing about the objects in it.
    """

    def __init__(self, truth: COCO, found: COCO) -> None:
        super().__init__(truth, found, "segm")
        self._boundaries: dict[int, dict[str, Any]] = {}

    def computeIoU(self, imgId: int, catId: int) -> Any:  # noqa: N802, N803  pycocotools' names
        """Overlaps (detections, objects) of one class in one image; see `COCOeval`.

        Where the masks overlap less than every threshold of `params`, so does the smaller one of both: the boundary
        is not computed there, and the overlap of masks stays.
        """
        ious = super().computeIoU(imgId, catId)
        if not len(ious):
            return ious
        objects, found = self._gts[imgId, catId], self._dts[imgId, catId]
        # As the inherited method chooses and sorts them.
        order = np.argsort([-one["score"] for one in found], kind="mergesort")[: self.params.maxDets[-1]]
        single = np.array([not one["iscrowd"] for one in objects])
        for place, column in zip(*np.nonzero((ious >= self.params.iouThrs.min()) & single), strict=True):
            boundaries = [self._boundary(one) for one in (found[order[place]], objects[column])]
            near = coco_mask.iou(boundaries[:1], boundaries[1:], [0])
            ious[place, column] = min(ious[place, column], near[0, 0])
        return ious

    def _boundary(self, record: dict[str, Any]) -> dict[str, Any]:
        rle = record["segmentation"]
        key = id(rle)
        if key not in self._boundaries:
            self._boundaries[key] = boundary_rle(rle)
        return self._boundaries[key]
