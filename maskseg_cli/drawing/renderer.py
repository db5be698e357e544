"""`draw`: masks, contours, boxes and captions, one over the other, on a copy of the picture."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from maskseg_cli.detections import Detections
from maskseg_cli.drawing.box_drawing import draw_boxes, pixel_boxes
from maskseg_cli.drawing.captions import caption_texts, draw_captions
from maskseg_cli.drawing.colours import object_colors
from maskseg_cli.drawing.contours import draw_contours
from maskseg_cli.drawing.drawing_options import DrawingOptions
from maskseg_cli.drawing.masks import draw_masks
from maskseg_cli.errors import UsageError
from maskseg_cli.media.given_pictures import as_array, type_hint


def draw(
    image_bgr: Any,
    detections: Detections,
    options: DrawingOptions | None = None,
    **changes: Any,
) -> NDArray[np.uint8]:
    """Draws detections onto a copy of the picture: masks, contours, boxes and captions.

    Large objects are drawn first, so that small ones in front of them stay visible; all masks lie under all lines, and
    all lines under the captions. Apart from the copy, the time depends on the size of the objects, not of the picture.

    Args:
        image_bgr: uint8 (H, W, 3) blue, green, red; or gray (H, W) or (H, W, 1); or (H, W, 4) with an alpha
            channel, which is dropped; or the path of a photo or a picture of PIL, as for `Predictor`. Never changed.
        detections: found in this picture.
        options: what to draw and how; None: everything.
        **changes: single options by name; they replace those of `options`.

    Returns:
        A new uint8 (H, W, 3) image, BGR.

    Raises:
        UsageError: an image of another kind or size than the detections', or a wrong option.

    Example:
        >>> picture = np.zeros((48, 64, 3), np.uint8)
        >>> draw(picture, Detections.empty((48, 64)), boxes=False, alpha=0.3).shape
        (48, 64, 3)
    """
    if not isinstance(detections, Detections):
        hint = "; Detections.from_supervision converts it" if type(detections).__name__ == "Detections" else ""
        raise UsageError(f"The objects must be Detections of one picture, not {type(detections).__name__}{hint}.")
    options = (options or DrawingOptions()).replace(**changes)
    canvas = _canvas(as_array(image_bgr))
    height, width = canvas.shape[:2]
    if (height, width) != tuple(detections.image_size):
        raise UsageError(
            f"The picture has {width} x {height} pixels, but the detections are of one with "
            f"{detections.image_size[1]} x {detections.image_size[0]}."
        )
    colors = object_colors(detections, options)
    texts = caption_texts(detections, options)
    if not canvas.size or not len(detections):
        return canvas

    boxes = pixel_boxes(detections.xyxy, height, width)
    line_width = options.line_width_for(height, width)
    extent = detections.xyxy[:, 2:] - detections.xyxy[:, :2]
    order = np.argsort(-extent.prod(axis=1), kind="stable").tolist()
    ordered_masks = [detections.masks[i] for i in order]
    ordered_colors = [colors[i] for i in order]
    if options.masks:
        draw_masks(canvas, ordered_masks, ordered_colors, options.alpha)
    if options.contours:
        draw_contours(canvas, ordered_masks, ordered_colors, line_width)
    if options.boxes:
        draw_boxes(canvas, [boxes[i] for i in order], ordered_colors, line_width)
    if options.captions:
        # In the order of scores: captions of objects with high scores are placed first.
        text_size = options.text_size_for(height, width)
        # Texts of the caller are written as they are.
        shorter = caption_texts(detections, options.replace(scores=False)) if options.caption_texts is None else None
        draw_captions(canvas, boxes, texts, colors, text_size, line_width, shorter, options.font)
    return canvas


def _canvas(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Makes a contiguous BGR copy of a picture of any accepted kind."""
    if not isinstance(image, np.ndarray) or image.dtype != np.uint8:
        kind = image.dtype if isinstance(image, np.ndarray) else type(image).__name__
        hint = type_hint(image) if isinstance(image, np.ndarray) else "."
        raise UsageError(f"The picture must be a numpy array of uint8 (values 0 to 255), not {kind}{hint}")
    if image.ndim == 2:
        image = image[:, :, None]
    if image.ndim != 3 or image.shape[2] not in (1, 3, 4):
        raise UsageError(f"The picture must be (H, W), (H, W, 1), (H, W, 3) or (H, W, 4), not {image.shape}.")
    height, width, channels = image.shape
    if not image.size:
        return np.zeros((height, width, 3), np.uint8)
    if channels == 1:
        return np.asarray(cv2.cvtColor(np.ascontiguousarray(image), cv2.COLOR_GRAY2BGR), np.uint8)
    return np.array(image[:, :, :3], np.uint8, order="C")
