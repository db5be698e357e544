"""`PhotoCanvas`: a photo at the size of a page, on which boxes of the network are drawn."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from maskseg_cli.drawing.box_drawing import pixel_boxes
from maskseg_cli.drawing.captions import draw_captions
from maskseg_cli.drawing.drawing_options import Color
from maskseg_cli.drawing.free_boxes import draw_dashed_box, draw_solid_box
from maskseg_cli.pages.legends import heat_picture

#: Longer side in pixels of pictures alone in a row, and of those with others beside them.
WIDE, NARROW = 920, 640

#: Small photos are enlarged by this factor at most.
_MOST_ENLARGED = 16

#: Widest border, as a share of the photo's longer side, and its colour.
_WIDEST, _OUTSIDE = 0.25, (70, 70, 70)

#: Most captions on a picture.
_CAPTIONS = 20

#: Share of the photo's brightness that is left below lines.
_DIMMED = 0.55

#: Colours of boxes by what became of them: blue, green, red.
GONE: Color = (150, 150, 150)
KEPT: Color = (255, 190, 70)
FOUND: Color = (90, 230, 90)
MISSED: Color = (60, 140, 255)


class PhotoCanvas:
    """A dimmed photo with boxes on it, so that lines are seen on any photo.

    Args:
        image: uint8 (H, W, 3) BGR.
        side: longer side of the photo on the canvas, in pixels.
        around: float32 (N, 4), x1 y1 x2 y2 in pixels of the photo: where these boxes reach out of it, the canvas gets a
            gray border, up to `_WIDEST`.
        dimmed: whether the photo loses light and colour.

    Attributes:
        picture: uint8 (h, w, 3) BGR, drawn on in place.
        scale: pixels of the canvas for one of the photo.
    """

    def __init__(
        self,
        image: NDArray[np.uint8],
        side: int = WIDE,
        around: NDArray[np.float32] | None = None,
        dimmed: bool = True,
    ) -> None:
        self.scale = photo_scale(image, side)
        photo = scaled_photo(image, side)
        if dimmed:
            gray = cv2.cvtColor(cv2.cvtColor(photo, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
            photo = np.asarray(cv2.addWeighted(photo, _DIMMED / 2, gray, _DIMMED / 2, 0), np.uint8)
        left, top, right, bottom = (round(part * self.scale) for part in _borders(image, around))
        self._corner = np.array([left, top, left, top])
        self.picture = np.asarray(
            cv2.copyMakeBorder(photo, top, bottom, left, right, cv2.BORDER_CONSTANT, value=_OUTSIDE), np.uint8
        )

    def place(self, boxes: NDArray[np.float32]) -> NDArray[np.float32]:
        """Boxes (N, 4) x1 y1 x2 y2 of the photo -> of the canvas."""
        placed = np.asarray(boxes, np.float64).reshape(-1, 4) * self.scale + self._corner
        return placed.clip(-1e6, 1e6).astype(np.float32)

    def boxes(self, boxes: NDArray[np.float32], colors: Sequence[Color], width: int = 2, dashed: bool = False) -> None:
        """Draws boxes (N, 4) of the photo, the first one over the others, each in its colour."""
        draw = draw_dashed_box if dashed else draw_solid_box
        for box, color in list(zip(self.place(boxes), colors, strict=True))[::-1]:
            draw(self.picture, box, color, width)

    def captions(self, boxes: NDArray[np.float32], texts: Sequence[str], colors: Sequence[Color]) -> None:
        """Writes a text beside each box (N, 4) of the photo, where there is room; the first `_CAPTIONS` only."""
        boxes, texts, colors = boxes[:_CAPTIONS], texts[:_CAPTIONS], colors[:_CAPTIONS]
        height, width = self.picture.shape[:2]
        size = float(np.clip(max(height, width) / 56, 8, 17))
        draw_captions(self.picture, pixel_boxes(self.place(boxes), height, width), texts, colors, size, 2)

    def point(self, x: float, y: float, color: Color) -> None:
        """Draws a dot at a point of the photo."""
        left, top = self.place(np.array([[x, y, x, y]], np.float32))[0, :2].tolist()
        spot = (round(left), round(top))
        cv2.circle(self.picture, spot, 4, color, cv2.FILLED, cv2.LINE_AA)

    def heat(self, cells: NDArray[np.float32], area: NDArray[np.float32], share: float = 0.75) -> None:
        """Lays a grid of values over the photo, without smoothing.

        Args:
            cells: float32 (rows, columns), 0..1.
            area: float32 (4,), x1 y1 x2 y2: what the whole grid covers, in pixels of the photo; what of it lies outside
                is cut off.
            share: of the colours in the result.
        """
        x1, y1, x2, y2 = self.place(area)[0].tolist()
        rows, columns = cells.shape
        height, width = self.picture.shape[:2]
        # centre of each pixel -> number of the cell
        down = np.floor((np.arange(height) + 0.5 - y1) * rows / max(y2 - y1, 1e-6)).clip(0, rows - 1).astype(int)
        across = np.floor((np.arange(width) + 0.5 - x1) * columns / max(x2 - x1, 1e-6)).clip(0, columns - 1)
        colors = heat_picture(cells)[down[:, None], across.astype(int)[None, :]]
        cv2.addWeighted(colors, share, self.picture, 1 - share, 0, dst=self.picture)


def _borders(image: NDArray[np.uint8], around: NDArray[np.float32] | None) -> list[float]:
    """Border at the left, top, right and bottom, in pixels of the photo, that boxes need."""
    if around is None or not len(around):
        return [0.0] * 4
    height, width = image.shape[:2]
    boxes = np.nan_to_num(np.asarray(around, np.float64))
    beyond = np.concatenate([-boxes[:, :2], boxes[:, 2:] - [width, height]], axis=1).max(axis=0)
    longer = max(height, width)
    return [min(side + 0.01 * longer, _WIDEST * longer) if side > 0.5 else 0.0 for side in beyond.tolist()]


def photo_scale(image: NDArray[np.uint8], side: int) -> float:
    """The factor by which a photo is drawn so that its longer side has `side` pixels."""
    return min(side / max(image.shape[:2]), _MOST_ENLARGED)


def scaled_photo(image: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """The photo with its longer side of `side` pixels (less for tiny ones), at least one pixel high and wide."""
    factor = photo_scale(image, side)
    height, width = (max(1, round(length * factor)) for length in image.shape[:2])
    method = cv2.INTER_AREA if factor < 1 else cv2.INTER_NEAREST if factor > 4 else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(image, (width, height), interpolation=method), np.uint8)
