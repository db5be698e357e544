"""Time a photo, several networks turn by turn in one run, so that all meet the same state of the machine."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maskseg_cli.inference.molding import mold
from maskseg_cli.inference.predictor import Predictor
from maskseg_cli.model.anchors import AnchorCache
from maskseg_cli.model.box_frames import to_frame

Picture = NDArray[np.uint8]
#: Seconds of every counted call, in the same order for all networks.
Times = dict[str, dict[str, list[float]]]

#: What is timed: the network alone, from molded pixels to boxes and masks; and the whole call of the predictor, from
#: the photo to its `Detections`.
KINDS = ("network", "whole")


def network_call(predictor: Predictor, image: Picture) -> Callable[[], Any]:
    """The network alone on one picture: from the molded picture to boxes and masks as arrays."""
    ordered = image if predictor.config.channel_order == "BGR" else image[:, :, ::-1]
    molded = mold(ordered, predictor.config)
    height, width = molded.image.shape[:2]
    config = predictor.config
    window = to_frame(np.array([molded.window]), height, width, config.box_frame)
    inputs = (molded.image[None], AnchorCache(config)(height, width), window)
    return lambda: predictor.engine.run(*inputs)


def interleaved(
    predictors: dict[str, Predictor],
    photos: Sequence[Picture],
    rounds: int,
    progress: Callable[[Sequence[Picture]], Iterable[Picture]] = iter,
) -> Times:
    """Times every network on every photo, one call after the other.

    Each photo goes through all networks, and through all of them again, before the next one; the first round of each
    photo is not counted (TensorFlow prepares itself for each new shape), and every other round goes backwards, so that
    no network always comes after the same one.

    Args:
        predictors: name -> network; put those next to each other that are compared.
        photos: uint8 (H, W, 3), BGR.
        rounds: counted rounds of each photo, at least 1.
    """
    times: Times = {name: {kind: [] for kind in KINDS} for name in predictors}
    for photo in progress(photos):
        calls = [(name, "network", network_call(predictor, photo)) for name, predictor in predictors.items()]
        calls += [(name, "whole", _whole_call(predictor, photo)) for name, predictor in predictors.items()]
        for turn in range(rounds + 1):
            for name, kind, call in calls[:: -1 if turn % 2 else 1]:
                start = time.perf_counter()
                call()
                if turn:
                    times[name][kind].append(time.perf_counter() - start)
    return times


def _whole_call(predictor: Predictor, photo: Picture) -> Callable[[], Any]:
    return lambda: predictor(photo)


def median_ms(times: Times) -> dict[str, dict[str, float]]:
    """Name -> kind -> median milliseconds."""
    return {
        name: {kind: round(1000 * statistics.median(seconds), 2) for kind, seconds in kinds.items()}
        for name, kinds in times.items()
    }


def ratio(times: Times, name: str, other: str) -> dict[str, float]:
    """Kind -> how many times as long `name` takes as `other`: the median of the ratios of calls side by side.

    Example:
        >>> slow, fast = {"whole": [2.0, 4.0, 9.0]}, {"whole": [1.0, 2.0, 3.0]}
        >>> ratio({"slow": slow, "fast": fast}, "slow", "fast")
        {'whole': 2.0}
    """
    return {
        kind: round(statistics.median(a / b for a, b in zip(times[name][kind], times[other][kind], strict=True)), 4)
        for kind in times[name]
    }
