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
        margin: gray border on each side, as a share of the photo's longer side, for boxes that reach out.
        dimmed: whether the photo loses light and colour.

    Attributes:
        picture: uint8 (h, w, 3) BGR, drawn on in place.
        scale: pixels of the canvas for one of the photo.
    """

    def __init__(self, image: NDArray[np.uint8], side: int = WIDE, margin: float = 0.0, dimmed: bool = True) -> None:
        self.scale = photo_scale(image, side)
        photo = scaled_photo(image, side)
        if dimmed:
            gray = cv2.cvtColor(cv2.cvtColor(photo, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
            photo = np.asarray(cv2.addWeighted(photo, _DIMMED / 2, gray, _DIMMED / 2, 0), np.uint8)
        self._border = round(margin * max(photo.shape[:2]))
        border = self._border
        self.picture = np.asarray(
            cv2.copyMakeBorder(photo, border, border, border, border, cv2.BORDER_CONSTANT, value=(70, 70, 70))
            if border
            else photo,
            np.uint8,
        )

    def place(self, boxes: NDArray[np.float32]) -> NDArray[np.float32]:
        """Boxes (N, 4) x1 y1 x2 y2 of the photo -> of the canvas."""
        boxes = np.asarray(boxes, np.float64).reshape(-1, 4)
        return (boxes * self.scale + self._border).clip(-1e6, 1e6).astype(np.float32)

    def boxes(self, boxes: NDArray[np.float32], colors: Sequence[Color], width: int = 2, dashed: bool = False) -> None:
        """Draws boxes (N, 4) of the photo, the first one over the others, each in its colour."""
        draw = draw_dashed_box if dashed else draw_solid_box
        for box, color in list(zip(self.place(boxes), colors, strict=True))[::-1]:
            draw(self.picture, box, color, width)

    def captions(self, boxes: NDArray[np.float32], texts: Sequence[str], colors: Sequence[Color]) -> None:
        """Writes a text beside each box (N, 4) of the photo, where there is room."""
        height, width = self.picture.shape[:2]
        size = float(np.clip(max(height, width) / 56, 8, 17))
        draw_captions(self.picture, pixel_boxes(self.place(boxes), height, width), texts, colors, size, 2)

    def point(self, x: float, y: float, color: Color) -> None:
        """Draws a dot at a point of the photo."""
        spot = (round(x * self.scale + self._border), round(y * self.scale + self._border))
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


def photo_scale(image: NDArray[np.uint8], side: int) -> float:
    """The factor by which a photo is drawn so that its longer side has `side` pixels."""
    return min(side / max(image.shape[:2]), _MOST_ENLARGED)


def scaled_photo(image: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """The photo with its longer side of `side` pixels (less for tiny ones), at least one pixel high and wide."""
    factor = photo_scale(image, side)
    height, width = (max(1, round(length * factor)) for length in image.shape[:2])
    method = cv2.INTER_AREA if factor < 1 else cv2.INTER_NEAREST if factor > 4 else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(image, (width, height), interpolation=method), np.uint8)
