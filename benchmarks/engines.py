"""Engines and precisions against TensorFlow, turn by turn in one run: time of a photo, frames a second, masks.

    python -m benchmarks.engines [PHOTO ...] [--weights FILE] [--int8 FILE.xml] [--rounds 20] [--video FILE]

Each photo is in memory and goes through every engine once a round, to full-size masks; the ratios are medians of the
ratios of calls side by side. `--video` runs `maskseg video`'s pipeline on the first frames of a video with each engine.
For each engine it also prints the lowest and the mean overlap (IoU) of its masks with those of OpenVINO in float32,
over objects of a score of 0.5 or more that both find (same class, boxes that overlap by half). Without photos it takes
those beside the checkout, or scikit-image's. `--random resnet101` measures a network with made weights, whose time is
that of trained ones.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import skimage.data
from numpy.typing import NDArray

from maskseg_cli import Detections, Predictor, load_model
from maskseg_cli.benchmark.interleaving import interleaved
from maskseg_cli.benchmark.statistics import ratio_of_pairs, spread_of
from maskseg_cli.inference.box_arithmetic import pairwise_iou
from maskseg_cli.media.images import read_image
from maskseg_cli.pipeline.reading_options import ReadingOptions
from maskseg_cli.pipeline.video_run import VideoRun

PHOTOS = Path(__file__).resolve().parents[2] / "shared" / "photos"
PRECISIONS = ("float32", "bfloat16", "int8")
BASE = "tensorflow float32"


def engines(weights: str, int8: str | None, precisions: Sequence[str], throughput: bool) -> dict[str, Predictor]:
    """The network in TensorFlow and in each precision of OpenVINO, by name."""
    found = {BASE: load_model(weights, engine="tensorflow")}
    for precision in precisions:
        source = int8 if precision == "int8" and int8 else weights
        options = {"engine": "openvino", "precision": precision, "throughput": throughput}
        found[f"openvino {precision}"] = load_model(source, **options)  # type: ignore[arg-type]
    return found


def timed(work: Callable[[], Any]) -> float:
    """Seconds of a call."""
    before = time.perf_counter()
    work()
    return time.perf_counter() - before


def to_masks(predictor: Predictor, photo: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """From a photo in memory to its full-size masks."""
    return predictor(photo).mask


def mask_overlaps(found: Detections, wanted: Detections) -> list[float]:
    """IoU of the masks of objects that both find, of a score of 0.5 or more."""
    overlaps = pairwise_iou(found.xyxy, wanted.xyxy)
    same = (found.class_id[:, None] == wanted.class_id[None, :]) & (overlaps >= 0.5)
    sure = (found.confidence >= 0.5)[:, None] & (wanted.confidence >= 0.5)[None, :]
    pairs = np.where(same & sure, overlaps, 0)
    result = []
    for row in range(len(found)):
        if pairs.shape[1] and pairs[row].max() > 0:
            here, there = found.mask[row], wanted.mask[int(pairs[row].argmax())]
            result.append(float((here & there).sum() / max(1, (here | there).sum())))
    return result


def report(times: dict[str, list[float]], per: int, unit: str) -> None:
    """Prints medians, quartiles and ratios."""
    for name, seconds in times.items():
        spread = spread_of([1000 * one / per for one in seconds])
        ratio = ratio_of_pairs(seconds, times[BASE])
        print(
            f"| {name} | {spread.median:.1f} ({spread.low:.1f} to {spread.high:.1f}) | {1000 / spread.median:.1f} "
            f"| {ratio:.2f} |"
        )
    print(f"milliseconds a {unit} (middle half), {unit}s a second, time as a share of TensorFlow's\n", flush=True)


def measure_photos(networks: dict[str, Predictor], photos: Sequence[NDArray[np.uint8]], rounds: int) -> None:
    """Prints the time of a photo, and the overlaps of masks."""
    times: dict[str, list[float]] = {name: [] for name in networks}
    for photo in photos:
        calls = {name: partial(timed, partial(to_masks, network, photo)) for name, network in networks.items()}
        for name, seconds in interleaved(calls, rounds).items():
            times[name] += seconds
    report(times, 1, "photo")
    exact = {id(photo): networks["openvino float32"](photo) for photo in photos} if photos else {}
    for name, network in networks.items():
        overlaps = [one for photo in photos for one in mask_overlaps(network(photo), exact[id(photo)])]
        if overlaps and name != "openvino float32":
            print(
                f"{name}: masks of {len(overlaps)} objects overlap those of openvino float32 by {min(overlaps):.4f} "
                f"at least, {np.mean(overlaps):.4f} on average"
            )
    print(flush=True)


def measure_video(networks: dict[str, Predictor], video: Path, frames: int, rounds: int) -> None:
    """Prints the frames a second of `maskseg video`'s pipeline: decoding, network, drawing and encoding."""
    with tempfile.TemporaryDirectory() as folder:

        def run(network: Predictor) -> None:
            VideoRun(str(video), Path(folder) / "out.mp4", network, ReadingOptions(), limit=frames).run()

        calls = {name: partial(timed, partial(run, network)) for name, network in networks.items()}
        report(interleaved(calls, rounds, warm_up=1), frames, "frame")


def random_weights(backbone: str, folder: Path) -> Path:
    """A Matterport file of made weights for COCO's classes."""
    from tests.parity.make_matterport_weights import write

    path = folder / f"{backbone}.h5"
    write(path, backbone, num_classes=81, seed=1)
    return path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("photos", nargs="*", type=Path)
    parser.add_argument("--weights", default="lite")
    parser.add_argument("--random", choices=("resnet50", "resnet101"), help="made weights instead")
    parser.add_argument("--int8", metavar="FILE.xml", help="the quantised network; lite has its own")
    parser.add_argument("--precisions", nargs="+", choices=PRECISIONS, help="default: all that there are")
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--limit", type=int, default=8, help="photos")
    parser.add_argument("--video", type=Path)
    parser.add_argument("--frames", type=int, default=150)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        weights = str(random_weights(options.random, Path(folder))) if options.random else options.weights
        has_int8 = options.int8 or weights == "lite"
        precisions = options.precisions or (PRECISIONS if has_int8 else PRECISIONS[:2])
        networks = engines(weights, options.int8, precisions, throughput=options.video is not None)
        if options.video:
            measure_video(networks, options.video, options.frames, options.rounds)
            return
        paths = options.photos or sorted(PHOTOS.glob("*.jpg"))
        photos = [read_image(path) for path in paths[: options.limit]]
        photos = photos or [np.ascontiguousarray(skimage.data.coffee()[:, :, ::-1])]
        measure_photos(networks, photos, options.rounds)


if __name__ == "__main__":
    main()
