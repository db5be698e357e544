"""Time a photo, several networks turn by turn in one run, so that all meet the same state of the machine."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maskseg_cli.benchmark.interleaving import interleaved as turns
from maskseg_cli.benchmark.interleaving import seconds_of
from maskseg_cli.benchmark.statistics import ratio_of_pairs
from maskseg_cli.inference.molding import mold
from maskseg_cli.inference.predictor import Predictor

Picture = NDArray[np.uint8]
#: Seconds of every counted call, in the same order for all networks.
Times = dict[str, dict[str, list[float]]]

#: What is timed: the network alone, from molded pixels to boxes and masks; and the whole call of the predictor, from
#: the photo to its `Detections`.
KINDS = ("network", "whole")


def network_call(predictor: Predictor, image: Picture) -> Callable[[], Any]:
    """The network alone on one picture: from the molded picture to boxes and masks as arrays."""
    ordered = image if predictor.config.channel_order == "BGR" else image[:, :, ::-1]
    inputs = predictor.engine_inputs([mold(ordered, predictor.config)])
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
        timed = {(name, kind): partial(seconds_of, call) for name, kind, call in calls}
        for (name, kind), seconds in turns(timed, rounds, warm_up=1).items():
            times[name][kind] += seconds
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
    return {kind: round(ratio_of_pairs(seconds, times[other][kind]), 4) for kind, seconds in times[name].items()}
