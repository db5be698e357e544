"""`equipped`: what the features, transforms and sinks of a run add up to."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from maskseg_cli.detections import Detections
from maskseg_cli.drawing.drawing_options import DrawingOptions
from maskseg_cli.features.feature import Feature, RunKind, RunParts
from maskseg_cli.features.registry import add_features, lowest_score
from maskseg_cli.frame import Frame
from maskseg_cli.reporter import Reporter
from maskseg_cli.sink import Sink
from maskseg_cli.transform import Transform

if TYPE_CHECKING:
    from maskseg_cli.inference.predictor import Predictor


class ScoreFilter:
    """A transform that leaves out objects of a lower score than `min_score`."""

    def __init__(self, min_score: float) -> None:
        self.min_score = min_score

    def __call__(self, frame: Frame, detections: Detections) -> Detections:
        return detections.filter(min_confidence=self.min_score)


@contextlib.contextmanager
def equipped(
    features: Sequence[Feature],
    kind: RunKind,
    predictor: Predictor | None,
    drawing: DrawingOptions,
    transforms: Sequence[Transform] = (),
    sinks: Sequence[Sink] = (),
    output: Path | None = None,
    overwrite: bool = False,
    skip_existing: bool = False,
    reporter: Reporter | None = None,
) -> Iterator[RunParts]:
    """Lets the features add their parts, and the network find objects of lower scores while they need that.

    Args:
        predictor: the loaded network; None where no photo needs it.
        transforms, sinks: the caller's own, which come after those of the features.
        kind, drawing, output, overwrite, skip_existing, reporter: see `RunParts`.
    """
    config = None if predictor is None else predictor.config
    parts = RunParts(
        kind,
        () if predictor is None else predictor.class_names,
        config,
        0.0 if config is None else config.detection_min_confidence,
        given=tuple(transforms),
        output=output,
        overwrite=overwrite,
        skip_existing=skip_existing,
        reporter=reporter,
        drawing=drawing,
    )
    lowest = lowest_score(features, kind)
    lowers = predictor is not None and lowest is not None and lowest < parts.min_score
    try:
        if lowers:
            assert predictor is not None
            assert lowest is not None
            predictor.set_min_confidence(lowest)
        add_features(features, parts)
        if lowers:
            parts.transforms.append(ScoreFilter(parts.min_score))
        parts.transforms.extend(transforms)
        parts.sinks.extend(sinks)
        yield parts
    finally:
        if lowers:
            assert predictor is not None
            predictor.set_min_confidence(parts.min_score)
