"""`show`: a photo with its objects in a notebook or a window; `detections_html`: what a notebook shows of Detections.

IPython is not needed: where a program runs in a notebook, it has been imported already.
"""

from __future__ import annotations

import base64
import dataclasses
import html
import sys
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from maskseg_cli.detections import Detections, MaskCrop
from maskseg_cli.drawing.drawing_options import DrawingOptions
from maskseg_cli.drawing.renderer import draw
from maskseg_cli.errors import MasksegError
from maskseg_cli.media.given_pictures import as_array
from maskseg_cli.media.images import encode_image
from maskseg_cli.media.pixels import on_white
from maskseg_cli.media.window import Window, display_problem
from maskseg_cli.messages import counted

#: Longest side in pixels of the picture of `detections_html`, and of a picture in a notebook.
_SMALL, _LARGE = 360, 1200
#: A notebook keeps what it shows: JPEG of this quality.
_QUALITY = 90
#: Gray of the picture where the photo is not known, and rows of the table.
_GRAY, _MOST_ROWS = 232, 100


def show(
    image: Any, detections: Detections | None = None, options: DrawingOptions | None = None, **changes: Any
) -> None:
    """Shows a picture with its objects: below the cell of a notebook; elsewhere in a window, until a key is pressed.

    Args:
        image: as for `draw`: a BGR array, the path of a photo, or a picture of PIL. Transparent parts of a BGRA array
            are white.
        detections: found in it; None: the picture alone.
        options, changes: as for `draw`.

    Raises:
        UsageError: as `draw`.
        MasksegError: this is no notebook, and there is no display.

    Example:
        >>> show("photo.jpg", model("photo.jpg"), boxes=False)      # doctest: +SKIP
    """
    picture = _opaque(image)
    if detections is None:
        height, width = picture.shape[:2] if isinstance(picture, np.ndarray) and picture.ndim >= 2 else (0, 0)
        detections = Detections.empty((height, width))
    drawn = draw(picture, detections, options, **changes)
    shell = _notebook()
    if shell is not None:
        scale = min(1.0, _LARGE / max(1, *drawn.shape[:2]))
        if scale < 1:
            size = max(1, round(drawn.shape[1] * scale)), max(1, round(drawn.shape[0] * scale))
            drawn = np.asarray(cv2.resize(drawn, size, interpolation=cv2.INTER_AREA), np.uint8)
        kind, data = _encoded(drawn)
        shell.display_pub.publish({kind: data, "text/plain": repr(detections)})
        return
    problem = display_problem()
    if problem:
        raise MasksegError(f"{problem}, and this is no notebook: draw(image, detections) returns the picture.")
    with Window() as window:
        window.show(drawn)


def detections_html(detections: Detections, image: Any = None) -> str:
    """A small picture of the objects and a table of them, as HTML.

    Args:
        detections: the objects of one picture.
        image: the picture, as for `draw`; None: the objects are drawn on gray.

    Example:
        >>> "2 x 4 pixels" in detections_html(Detections.empty((4, 2)))
        True
    """
    height, width = detections.image_size
    words = counted(len(detections), "object")
    head = f"<p>{html.escape(words)} in {width} x {height} pixels</p>"
    if not height or not width:
        return head
    small = _scaled(detections, min(1.0, _SMALL / max(height, width)))
    if image is None:
        canvas = np.full((*small.image_size, 3), _GRAY, np.uint8)
    else:
        picture = _opaque(image)
        draw(picture, detections, masks=False, contours=False, boxes=False, captions=False)  # checks kind and size
        size = small.image_size[1], small.image_size[0]
        canvas = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)
    kind, data = _encoded(draw(canvas, small, boxes=False, text_size=12))
    picture_html = f'<img src="data:{kind};base64,{data}" alt="{html.escape(words)}">'
    return f"<div>{head}{picture_html}{_table(detections)}</div>"


def _opaque(image: Any) -> Any:
    """A picture as `as_array` gives it, with transparent parts laid on white."""
    picture = as_array(image)
    has_alpha = isinstance(picture, np.ndarray) and picture.dtype == np.uint8 and picture.shape[2:] == (4,)
    return on_white(picture) if has_alpha and picture.size else picture


def _table(detections: Detections) -> str:
    tracked = detections.tracker_id is not None
    columns = ["", *(["id"] if tracked else []), "class", "score", "x1", "y1", "x2", "y2", "pixels"]
    ids = detections.tracker_id.tolist() if detections.tracker_id is not None else [None] * len(detections)
    areas = detections[:_MOST_ROWS].area.tolist()
    found = zip(areas, detections.labels, detections.confidence.tolist(), detections.xyxy.tolist(), ids, strict=False)
    rows = []
    for number, (area, label, score, box, identity) in enumerate(found):
        cells = [number, *([identity] if tracked else []), label, f"{score:.2f}", *(f"{x:.1f}" for x in box), area]
        rows.append("<tr>" + "".join(f"<td>{html.escape(str(cell))}</td>" for cell in cells) + "</tr>")
    if not rows:
        return ""
    heads = "".join(f"<th>{name}</th>" for name in columns)
    left = len(detections) - len(rows)
    more = f"<p>and {counted(left, 'object')} more</p>" if left else ""
    return f"<table><thead><tr>{heads}</tr></thead><tbody>{''.join(rows)}</tbody></table>{more}"


def _scaled(detections: Detections, scale: float) -> Detections:
    """The objects of the same picture at a smaller scale."""
    if scale == 1:
        return detections
    height, width = (max(1, round(side * scale)) for side in detections.image_size)
    return dataclasses.replace(
        detections,
        xyxy=(detections.xyxy * np.float32(scale)).astype(np.float32),
        masks=tuple(_scaled_mask(mask, scale, height, width) for mask in detections.masks),
        image_size=(height, width),
    )


def _scaled_mask(mask: MaskCrop, scale: float, height: int, width: int) -> MaskCrop:
    rows, columns = mask.bitmap.shape
    top, left = (min(int(mask.top * scale), height - 1), min(int(mask.left * scale), width - 1))
    size = (max(1, min(round(columns * scale), width - left)), max(1, min(round(rows * scale), height - top)))
    if not rows or not columns:
        return MaskCrop(0, 0, np.zeros((0, 0), bool))
    cover = cv2.resize(mask.bitmap.astype(np.uint8) * 255, size, interpolation=cv2.INTER_AREA)
    return MaskCrop(top, left, np.asarray(cover >= 128))


def _encoded(picture: NDArray[np.uint8]) -> tuple[str, str]:
    """A picture's MIME type and its file in base64."""
    return "image/jpeg", base64.b64encode(encode_image(picture, ".jpg", _QUALITY)).decode("ascii")


def _notebook() -> Any:
    """The running IPython shell that shows pictures; None: a terminal, or no IPython."""
    ipython = sys.modules.get("IPython")
    shell = None if ipython is None else ipython.get_ipython()
    return shell if shell is not None and hasattr(shell, "kernel") else None
