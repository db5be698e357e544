"""What each engine and precision costs in accuracy and takes in time, at the default settings."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from benchmarks.model_card import speed
from benchmarks.model_card.accuracy import Figures, Progress, at_default
from maskseg_cli import load_model
from maskseg_cli.evaluation import CocoDataset
from maskseg_cli.inference.openvino_cache import INT8_SUFFIX

#: Engine and precision; the first is what the others are compared with.
WAYS = (("tensorflow", "float32"), ("openvino", "float32"), ("openvino", "bfloat16"), ("openvino", "int8"))


def int8_digest(weights: Path) -> str | None:
    """SHA-256 of the quantised network beside a weights file, graph and weights; None: there is none."""
    graph = weights.with_name(weights.stem + INT8_SUFFIX)
    if not graph.is_file():
        return None
    digest = hashlib.sha256(graph.read_bytes())
    digest.update(graph.with_suffix(".bin").read_bytes())
    return digest.hexdigest()


def measure(
    weights: Path,
    dataset: CocoDataset,
    images: Path,
    limit: int | None,
    progress: Progress,
    photos: Sequence[speed.Picture],
    rounds: int,
) -> Figures:
    """AP of each way, and the time of the whole call at the settings of `maskseg image`, turn by turn.

    Args:
        photos, rounds: what is timed, as for `speed.interleaved`.

    Returns:
        int8_sha256, and ways: engine, precision, bbox, segm, whole_ms (median), and to_first (the median of the ratios
        to the first way's calls) of each. A way that the weights lack, int8 without its file, is left out.
    """
    digest = int8_digest(weights)
    ways = [way for way in WAYS if way[1] != "int8" or digest]
    names = [" ".join(way) for way in ways]
    found = [
        at_default(weights, dataset, images, limit, progress, name, computed=way)
        for name, way in zip(names, ways, strict=True)
    ]
    predictors = {
        name: load_model(weights, engine=engine, precision=precision)
        for name, (engine, precision) in zip(names, ways, strict=True)
    }
    times = speed.interleaved(predictors, photos, rounds, lambda all_: progress("precisions", all_))
    medians = speed.median_ms(times)
    rows = [
        {
            "engine": engine,
            "precision": precision,
            **figures,
            "whole_ms": medians[name]["whole"],
            "to_first": speed.ratio(times, name, names[0])["whole"],
        }
        for name, (engine, precision), figures in zip(names, ways, found, strict=True)
    ]
    return {"int8_sha256": digest, "photos": len(photos), "rounds": rounds, "ways": rows}
