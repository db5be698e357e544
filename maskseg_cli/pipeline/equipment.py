"""`equipped`: what the features, transforms and sinks of a run add up to; `rendering_of`: how it makes pictures."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from maskseg_cli.detections import Detections
from maskseg_cli.drawing.drawing_options import DrawingOptions
from maskseg_cli.drawing.rendering import Rendering
from maskseg_cli.features.feature import Feature, NetworkOutput, RunKind, RunParts
from maskseg_cli.features.registry import add_features, lowest_score, saves_from
from maskseg_cli.frame import Frame
from maskseg_cli.reporter import Reporter
from maskseg_cli.score_filter import ScoreFilter
from maskseg_cli.sink import Sink
from maskseg_cli.transform import Transform

if TYPE_CHECKING:
    from maskseg_cli.inference.predictor import Predictor

#: Where all that the network finds is recorded, it finds at least so many objects in a picture.
_LIMIT = 100


class Choice:
    """A transform that leaves what the network would have found without recorders.

    Args:
        min_score: objects of lower scores are left out.
        limit: the network's own limit of objects a picture.
        class_ids, max_detections: as for `Predictor`.
    """

    def __init__(
        self, min_score: float, limit: int, class_ids: Collection[int] | None, max_detections: int | None
    ) -> None:
        self._min_score, self._limit = min_score, limit
        self._class_ids, self._max_detections = class_ids, max_detections
        self._last: tuple[Detections, Detections] | None = None

    def __call__(self, frame: Frame, detections: Detections) -> Detections:
        if self._last is None or self._last[0] is not detections:  # a result that several frames keep stays one
            found = detections.filter(min_confidence=self._min_score)[: self._limit]
            if self._class_ids is not None:
                found = found.filter(self._class_ids)
            self._last = detections, found if self._max_detections is None else found[: self._max_detections]
        return self._last[1]

    def reset(self) -> None:
        """Forgets the last frame."""
        self._last = None


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
    part: bool = False,
    part_folder: Path | None = None,
) -> Iterator[RunParts]:
    """Lets the features add their parts, and the network find more objects while they need that.

    Args:
        predictor: the loaded network; None where no photo needs it.
        transforms, sinks: the caller's own, which come after those of the features.
        kind, drawing, output, overwrite, skip_existing, reporter, part, part_folder: see `RunParts`.
    """
    parts = RunParts(
        kind,
        given=tuple(transforms),
        output=output,
        overwrite=overwrite,
        skip_existing=skip_existing,
        part=part,
        reporter=reporter,
        part_folder=part_folder,
        drawing=drawing,
    )
    with contextlib.ExitStack() as stack:
        choice = [] if predictor is None else stack.enter_context(_finding(predictor, features, parts))
        add_features(features, parts)
        filters = []
        if parts.class_scores or (predictor is not None and _lowered(features, parts)):
            filters = [ScoreFilter(parts.min_score, parts.class_scores)]
        parts.transforms[:] = [*parts.recorders, *choice, *parts.transforms, *filters, *parts.given]
        parts.sinks.extend(sinks)
        yield parts


def rendering_of(parts: RunParts) -> Rendering:
    """What makes the pictures of a run with these parts."""
    return Rendering(parts.drawing, tuple(parts.effects), tuple(parts.overlays), parts.draws, parts.drawn_objects)


def _lowered(features: Sequence[Feature], parts: RunParts) -> bool:
    """Whether transforms get objects of lower scores than the run shows."""
    lowest = lowest_score(features, parts.kind)
    return lowest is not None and lowest < parts.min_score


@contextlib.contextmanager
def _finding(predictor: Predictor, features: Sequence[Feature], parts: RunParts) -> Iterator[list[Transform]]:
    """Makes the network find what the features need, and describes it in `parts`.

    Yields:
        what leaves out, after the recorders, what only they need.
    """
    config, class_ids, max_detections = predictor.config, predictor.class_ids, predictor.max_detections
    parts.class_names, parts.config, parts.min_score = predictor.class_names, config, config.detection_min_confidence
    lowest, recorded = lowest_score(features, parts.kind), saves_from(features)
    wanted = parts.min_score if lowest is None else min(lowest, parts.min_score)
    found = wanted if recorded is None else min(recorded, wanted)
    choice: list[Transform] = []
    changes: dict[str, Any] = {}
    if found < parts.min_score:
        changes["detection_min_confidence"] = found
    try:
        if recorded is not None:
            limit = config.detection_max_instances
            most = max(limit, _LIMIT)
            parts.output_of_network = NetworkOutput(config, found, most, class_ids, max_detections, predictor.name)
            choice = [Choice(wanted, limit, class_ids, max_detections)]
            changes["detection_max_instances"] = most
            predictor.class_ids = predictor.max_detections = None
        if changes:
            predictor.set_options(**changes)
        yield choice
    finally:
        predictor.class_ids, predictor.max_detections = class_ids, max_detections
        if changes:
            predictor.set_options(**{name: getattr(config, name) for name in changes})
