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
    from maskseg_cli.detections import Detections, MaskCrop
    from maskseg_cli.drawing import draw
    from maskseg_cli.drawing.drawing_options import DrawingOptions
    from maskseg_cli.export.coco_sink import CocoJson
    from maskseg_cli.export.cvat_images import CvatImages
    from maskseg_cli.export.cvat_tracks import CvatTracks
    from maskseg_cli.export.json_lines import JsonLines
    from maskseg_cli.export.labelme import LabelmeFiles
    from maskseg_cli.export.mask_pictures import MaskPictures
    from maskseg_cli.export.mots import MotsFiles
    from maskseg_cli.export.object_lines import ObjectLines
    from maskseg_cli.export.object_rows import ObjectTable
    from maskseg_cli.export.picture_files import PictureFiles
    from maskseg_cli.export.video_file import VideoFile
    from maskseg_cli.export.voc import VocFiles
    from maskseg_cli.export.yolo import YoloFolder
    from maskseg_cli.frame import Frame
    from maskseg_cli.inference.loading import load_model
    from maskseg_cli.inference.predictor import Predictor
    from maskseg_cli.pipeline.cameras import process_camera
    from maskseg_cli.pipeline.images import process_images, segment_images
    from maskseg_cli.pipeline.videos import process_video, process_videos, segment_video
    from maskseg_cli.progress import ProgressReporter
    from maskseg_cli.reporter import Reporter
    from maskseg_cli.sink import Sink
    from maskseg_cli.stop_token import StopToken
    from maskseg_cli.transform import Transform

__version__ = "0.1.0"

_HOMES = {
    "CocoJson": "maskseg_cli.export.coco_sink",
    "CvatImages": "maskseg_cli.export.cvat_images",
    "CvatTracks": "maskseg_cli.export.cvat_tracks",
    "Detections": "maskseg_cli.detections",
    "DrawingOptions": "maskseg_cli.drawing.drawing_options",
    "Frame": "maskseg_cli.frame",
    "JsonLines": "maskseg_cli.export.json_lines",
    "LabelmeFiles": "maskseg_cli.export.labelme",
    "MaskCrop": "maskseg_cli.detections",
    "MaskPictures": "maskseg_cli.export.mask_pictures",
    "MotsFiles": "maskseg_cli.export.mots",
    "ObjectLines": "maskseg_cli.export.object_lines",
    "ObjectTable": "maskseg_cli.export.object_rows",
    "PictureFiles": "maskseg_cli.export.picture_files",
    "Predictor": "maskseg_cli.inference.predictor",
    "ProgressReporter": "maskseg_cli.progress",
    "Reporter": "maskseg_cli.reporter",
    "Sink": "maskseg_cli.sink",
    "StopToken": "maskseg_cli.stop_token",
    "Transform": "maskseg_cli.transform",
    "VideoFile": "maskseg_cli.export.video_file",
    "VocFiles": "maskseg_cli.export.voc",
    "YoloFolder": "maskseg_cli.export.yolo",
    "draw": "maskseg_cli.drawing",
    "load_model": "maskseg_cli.inference.loading",
    "process_camera": "maskseg_cli.pipeline.cameras",
    "process_images": "maskseg_cli.pipeline.images",
    "process_video": "maskseg_cli.pipeline.videos",
    "process_videos": "maskseg_cli.pipeline.videos",
    "segment_images": "maskseg_cli.pipeline.images",
    "segment_video": "maskseg_cli.pipeline.videos",
}
__all__ = [
    "CocoJson",
    "CvatImages",
    "CvatTracks",
    "Detections",
    "DrawingOptions",
    "Frame",
    "JsonLines",
    "LabelmeFiles",
    "MaskCrop",
    "MaskPictures",
    "MotsFiles",
    "ObjectLines",
    "ObjectTable",
    "PictureFiles",
    "Predictor",
    "ProgressReporter",
    "Reporter",
    "Sink",
    "StopToken",
    "Transform",
    "VideoFile",
    "VocFiles",
    "YoloFolder",
    "__version__",
    "draw",
    "load_model",
    "process_camera",
    "process_images",
    "process_video",
    "process_videos",
    "segment_images",
    "segment_video",
]


def __getattr__(name: str) -> Any:
    # Each name is imported at its first use, so that `maskseg --help` loads no NumPy, OpenCV or TensorFlow.
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)
