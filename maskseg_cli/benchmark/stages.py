"""`PhotoStages`: one photo from the bytes of its file to those of the result, each stage timed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from maskseg_cli.benchmark.photo import BenchmarkPhoto
from maskseg_cli.drawing.renderer import draw
from maskseg_cli.inference.molding import Molded, mold
from maskseg_cli.inference.test_time_augmentation import mold_views
from maskseg_cli.inference.unmolding import unmold
from maskseg_cli.media.images import encode_image

if TYPE_CHECKING:
    from maskseg_cli.detections import Detections
    from maskseg_cli.inference.engine import Engine, Segmented
    from maskseg_cli.inference.predictor import Predictor

#: What happens to a photo, in order: the file's bytes are decoded; the picture is scaled for the network; the network
#: finds boxes and small masks; these are enlarged into the picture; it is drawn; the result is encoded.
STAGES = ("decode", "mold", "network", "paste", "draw", "encode")

#: All stages together.
WHOLE = "whole photo"

#: One call of the predictor, timed by itself: from a picture in memory to its objects with masks of full size.
CALL = "picture to masks"


@dataclass
class StageTimes:
    """Seconds of one photo.

    Attributes:
        stages: by name: `STAGES`, `WHOLE` and `CALL`.
        parts: parts of the stage "network" by name, as far as the engine reports them.
        objects: how many were found.
    """

    stages: dict[str, float] = field(default_factory=dict)
    parts: dict[str, float] = field(default_factory=dict)
    objects: int = 0


class PhotoStages:
    """Calls for one photo the functions that `maskseg image` calls, and times each.

    Args:
        predictor: the network.
        photo: in memory, so that no disk is measured.
    """

    def __init__(self, predictor: Predictor, photo: BenchmarkPhoto) -> None:
        self._predictor = predictor
        self._photo = photo

    def run(self) -> StageTimes:
        """Does the photo once, stage by stage, and then calls the predictor on its picture.

        Raises:
            MasksegError: the photo cannot be read, or the network cannot take its shape.
        """
        times = StageTimes()
        with observed(self._predictor.engine, times.parts):
            image = _timed(times, "decode", self._photo.decode)
            molded, run = _timed(times, "mold", lambda: self._mold(image))
            segmented = _timed(times, "network", run)
        detections = _timed(times, "paste", lambda: self._paste(segmented, molded))
        picture = _timed(times, "draw", lambda: draw(image, detections))
        _timed(times, "encode", lambda: encode_image(picture, self._photo.suffix))
        times.stages[WHOLE] = sum(times.stages.values())
        times.objects = len(_timed(times, CALL, lambda: self._predictor(image)))
        return times

    def _mold(self, image: NDArray[np.uint8]) -> tuple[Molded, Callable[[], Segmented]]:
        """The molded picture, and a call of the network on it; with `tta` on its views."""
        config, engine = self._predictor.config, self._predictor.engine
        ordered = image if config.channel_order == "BGR" else image[:, :, ::-1]
        if not self._predictor.tta:
            molded = mold(ordered, config)
            inputs = self._predictor.engine_inputs([molded])
            return molded, lambda: engine.run(*inputs)
        several = mold_views(ordered, config)
        views = self._predictor.view_inputs(several)
        return several[0].molded, lambda: engine.run_views(*views)

    def _paste(self, found: Segmented, molded: Molded) -> Detections:
        predictor = self._predictor
        arrays = (found.boxes, found.class_ids, found.scores, found.masks)
        return predictor.choose(unmold(*arrays, molded, predictor.config, predictor.class_names))


@contextmanager
def observed(engine: Engine, parts: dict[str, float]) -> Iterator[None]:
    """Adds up the seconds of the parts that the engine reports during the block, by name."""

    def add(name: str, seconds: float) -> None:
        parts[name] = parts.get(name, 0.0) + seconds

    before = engine.observe
    engine.observe = add
    try:
        yield
    finally:
        engine.observe = before


def _timed(times: StageTimes, name: str, call: Callable[[], Any]) -> Any:
    start = time.perf_counter()
    result = call()
    times.stages[name] = time.perf_counter() - start
    return result
