"""maskseg: finds the objects in a photo or video and draws their outlines.

Example:
    >>> from maskseg_cli import load_model, draw          # doctest: +SKIP
    >>> model = load_model("lite")                        # doctest: +SKIP
    >>> annotated = draw(image_bgr, model(image_bgr))     # doctest: +SKIP
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from maskseg_cli.conversion.convert import convert_data
    from maskseg_cli.counting.line_counter import LineCounter
    from maskseg_cli.counting.object_counter import ObjectCounter
    from maskseg_cli.counting.zone_counter import ZoneCounter
    from maskseg_cli.detections import Detections, MaskCrop
    from maskseg_cli.drawing import draw
    from maskseg_cli.drawing.drawing_options import DrawingOptions
    from maskseg_cli.drawing.effects.building import apply_effect
    from maskseg_cli.drawing.notebook import detections_html, show
    from maskseg_cli.export.coco_sink import CocoJson
    from maskseg_cli.export.cutouts import Cutouts
    from maskseg_cli.export.cvat_images import CvatImages
    from maskseg_cli.export.cvat_tracks import CvatTracks
    from maskseg_cli.export.json_lines import JsonLines
    from maskseg_cli.export.labelme import LabelmeFiles
    from maskseg_cli.export.mask_pictures import MaskPictures
    from maskseg_cli.export.mots import MotsFiles
    from maskseg_cli.export.object_lines import ObjectLines
    from maskseg_cli.export.object_rows import ObjectTable
    from maskseg_cli.export.picture_files import PictureFiles
    from maskseg_cli.export.report.report import Report
    from maskseg_cli.export.saved_detections import SavedDetections
    from maskseg_cli.export.video_file import VideoFile
    from maskseg_cli.export.voc import VocFiles
    from maskseg_cli.export.yolo import YoloFolder
    from maskseg_cli.frame import Frame
    from maskseg_cli.inference.loading import load_model
    from maskseg_cli.inference.predictor import Predictor
    from maskseg_cli.inspection.data.inspect_data import inspect_data
    from maskseg_cli.inspection.image.inspect_image import inspect_image
    from maskseg_cli.inspection.weights.inspect_weights import inspect_weights
    from maskseg_cli.pipeline.cameras import process_camera
    from maskseg_cli.pipeline.images import process_images
    from maskseg_cli.pipeline.segmentation import segment_images
    from maskseg_cli.pipeline.videos import process_video, process_videos, segment_video
    from maskseg_cli.progress import ProgressReporter
    from maskseg_cli.reporter import Reporter
    from maskseg_cli.sink import Sink
    from maskseg_cli.stop_token import StopToken
    from maskseg_cli.tracking.tracker import Tracker
    from maskseg_cli.transform import Transform

__version__ = "0.1.0"

_HOMES = {
    "CocoJson": "maskseg_cli.export.coco_sink",
    "Cutouts": "maskseg_cli.export.cutouts",
    "CvatImages": "maskseg_cli.export.cvat_images",
    "CvatTracks": "maskseg_cli.export.cvat_tracks",
    "Detections": "maskseg_cli.detections",
    "DrawingOptions": "maskseg_cli.drawing.drawing_options",
    "Frame": "maskseg_cli.frame",
    "JsonLines": "maskseg_cli.export.json_lines",
    "LineCounter": "maskseg_cli.counting.line_counter",
    "MaskCrop": "maskseg_cli.detections",
    "ObjectCounter": "maskseg_cli.counting.object_counter",
    "LabelmeFiles": "maskseg_cli.export.labelme",
    "MaskPictures": "maskseg_cli.export.mask_pictures",
    "MotsFiles": "maskseg_cli.export.mots",
    "ObjectLines": "maskseg_cli.export.object_lines",
    "ObjectTable": "maskseg_cli.export.object_rows",
    "PictureFiles": "maskseg_cli.export.picture_files",
    "Predictor": "maskseg_cli.inference.predictor",
    "ProgressReporter": "maskseg_cli.progress",
    "Report": "maskseg_cli.export.report.report",
    "Reporter": "maskseg_cli.reporter",
    "SavedDetections": "maskseg_cli.export.saved_detections",
    "Sink": "maskseg_cli.sink",
    "StopToken": "maskseg_cli.stop_token",
    "Tracker": "maskseg_cli.tracking.tracker",
    "Transform": "maskseg_cli.transform",
    "VideoFile": "maskseg_cli.export.video_file",
    "convert_data": "maskseg_cli.conversion.convert",
    "apply_effect": "maskseg_cli.drawing.effects.building",
    "detections_html": "maskseg_cli.drawing.notebook",
    "ZoneCounter": "maskseg_cli.counting.zone_counter",
    "VocFiles": "maskseg_cli.export.voc",
    "YoloFolder": "maskseg_cli.export.yolo",
    "draw": "maskseg_cli.drawing",
    "inspect_data": "maskseg_cli.inspection.data.inspect_data",
    "inspect_image": "maskseg_cli.inspection.image.inspect_image",
    "inspect_weights": "maskseg_cli.inspection.weights.inspect_weights",
    "load_model": "maskseg_cli.inference.loading",
    "process_camera": "maskseg_cli.pipeline.cameras",
    "process_images": "maskseg_cli.pipeline.images",
    "process_video": "maskseg_cli.pipeline.videos",
    "process_videos": "maskseg_cli.pipeline.videos",
    "segment_images": "maskseg_cli.pipeline.segmentation",
    "segment_video": "maskseg_cli.pipeline.videos",
    "show": "maskseg_cli.drawing.notebook",
}
__all__ = [
    "CocoJson",
    "Cutouts",
    "CvatImages",
    "CvatTracks",
    "Detections",
    "DrawingOptions",
    "Frame",
    "JsonLines",
    "LabelmeFiles",
    "LineCounter",
    "MaskCrop",
    "MaskPictures",
    "MotsFiles",
    "ObjectCounter",
    "ObjectLines",
    "ObjectTable",
    "PictureFiles",
    "Predictor",
    "ProgressReporter",
    "Report",
    "Reporter",
    "SavedDetections",
    "Sink",
    "StopToken",
    "Tracker",
    "Transform",
    "VideoFile",
    "VocFiles",
    "YoloFolder",
    "ZoneCounter",
    "__version__",
    "apply_effect",
    "convert_data",
    "detections_html",
    "draw",
    "inspect_data",
    "inspect_image",
    "inspect_weights",
    "load_model",
    "process_camera",
    "process_images",
    "process_video",
    "process_videos",
    "segment_images",
    "segment_video",
    "show",
]


def __getattr__(name: str) -> Any:
    # Each name is imported at its first use, so that `maskseg --help` loads no NumPy, OpenCV or TensorFlow.
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)
