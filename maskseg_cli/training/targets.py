"""Training targets of one picture: pure TensorFlow functions of its boxes, its masks and a seed."""

from __future__ import annotations

from maskseg_cli.training.detection_targets import DetectionTargets, detection_targets
from maskseg_cli.training.rpn_targets import RPNTargets, rpn_targets

__all__ = ["DetectionTargets", "RPNTargets", "detection_targets", "rpn_targets"]
