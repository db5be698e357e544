"""The final picture, as `maskseg image` draws it."""

from __future__ import annotations

from maskseg_cli.drawing.drawing_options import DrawingOptions
from maskseg_cli.drawing.renderer import draw
from maskseg_cli.inspection.image.photo_canvas import WIDE, scaled_photo
from maskseg_cli.inspection.image.step import Panel, Step, numbers
from maskseg_cli.inspection.network_trace import NetworkTrace
from maskseg_cli.messages import counted


def result_step(trace: NetworkTrace, drawing: DrawingOptions | None = None) -> Step:
    """The objects on the photo, drawn by the usual renderer."""
    found = trace.detections
    picture = draw(trace.image, found, drawing)
    sentence = "This is what maskseg image draws with the same options."
    hidden = len(trace.final_rows) - len(found)
    if hidden:
        sentence += (
            f" {counted(hidden, 'detection', ',')} of the step before {'is' if hidden == 1 else 'are'} not shown: of a "
            "class that was not chosen, beyond the largest number, or without a pixel."
        )
    caption = f"{counted(len(found), 'object', ',')}." if len(found) else "No object was found."
    figures = {
        "objects": [
            {"class": name, "score": round(score, 6), "box": box, "area": int(area)}
            for name, score, box, area in zip(
                found.names, found.confidence.tolist(), numbers(found.xyxy), found.area.tolist(), strict=True
            )
        ]
    }
    return Step("result", "Result", sentence, (Panel("objects", scaled_photo(picture, WIDE), caption),), "", figures)
