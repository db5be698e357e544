"""Box and mask AP of a network at several sizes, with the time a photo takes.

    python benchmarks/coco_ap.py --weights FILE [--sizes 320 400] [--limit N] [--reference]
                                 [--annotations FILE --images FOLDER]

Without --annotations and --images: the 100 photos of COCO val2017 in the folder ../shared/data/coco beside
the checkout. The time runs from the photo's pixels to its `Detections`, after one photo to warm up; reading
and scoring are left out. The score floor is 0.05.

With --reference, Mask R-CNN2Go's weights are compared with what an independent implementation of their graph
reached on those 100 photos; more than 0.5 points below in any figure is an error. We stand above it:
boxes are written with their last pixel (+0.5 box AP at both sizes), and RoIAlign does not fade to zero at the
picture's right and lower border (+0.5 box and +0.6 mask AP at 320, +0.1 at 400).
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from maskseg_cli import load_model
from maskseg_cli.detections import Detections
from maskseg_cli.evaluation import CocoDataset, evaluate
from maskseg_cli.inference.predictor import Predictor

COCO_FOLDER = Path(__file__).resolve().parents[2] / "shared" / "data" / "coco"

#: Size -> box AP, box AP50, mask AP, mask AP50 in percent, for Mask R-CNN2Go's weights in float32.
REFERENCE = {320: (26.9, 41.9, 23.7, 39.9), 400: (28.6, 45.3, 26.6, 44.5)}
TOLERANCE = 0.5


class Timed:
    """A predictor that remembers how long each photo took, in seconds."""

    def __init__(self, predictor: Predictor) -> None:
        self.predictor = predictor
        self.class_names = predictor.class_names
        self.seconds: list[float] = []

    def __call__(self, image: NDArray[np.uint8]) -> Detections:
        if not self.seconds:
            self.predictor(image)
        start = time.perf_counter()
        found = self.predictor(image)
        self.seconds.append(time.perf_counter() - start)
        return found


def measure(weights: str, size: int, dataset: CocoDataset, images: Path, limit: int | None) -> dict[str, Any]:
    """Figures in percent, and the median time in milliseconds."""
    timed = Timed(load_model(weights, size=size, detection_min_confidence=0.05, detection_duplicate_threshold=None))

    def progress(records: Sequence[Any]) -> Iterable[Any]:
        return tqdm(records, desc=str(size), unit="photo", disable=not sys.stderr.isatty())

    metrics = evaluate(timed, dataset, images, limit=limit, progress=progress).metrics
    figures = {
        f"{name} {figure}": 100 * metrics[kind][figure]
        for name, kind in (("box", "bbox"), ("mask", "segm"))
        for figure in ("AP", "AP50")
    }
    return {"photos": metrics["images"], **figures, "ms a photo": 1000 * statistics.median(timed.seconds)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weights", default="lite")
    parser.add_argument("--sizes", type=int, nargs="+", default=[320, 400])
    parser.add_argument("--annotations", type=Path, default=COCO_FOLDER / "instances_val.json")
    parser.add_argument("--images", type=Path, default=COCO_FOLDER / "val")
    parser.add_argument("--limit", type=int)
    parser.add_argument("--reference", action="store_true")
    options = parser.parse_args()
    if not options.annotations.is_file():
        parser.error(f"there is no file {options.annotations}: name one with --annotations and --images")

    dataset = CocoDataset.read(options.annotations)
    off = []
    for size in options.sizes:
        row = measure(options.weights, size, dataset, options.images, options.limit)
        if size == options.sizes[0]:
            print(f"{'size':>6}" + "".join(f"{name:>12}" for name in row))
        print(f"{size:6}" + "".join(f"{value:12.{0 if name == 'photos' else 1}f}" for name, value in row.items()))
        if options.reference and size in REFERENCE:
            found = [row[name] for name in ("box AP", "box AP50", "mask AP", "mask AP50")]
            print(f"{'reference':>18}" + "".join(f"{value:12.1f}" for value in REFERENCE[size]))
            off += [size for a, b in zip(found, REFERENCE[size], strict=True) if a < b - TOLERANCE]
    if off:
        sys.exit(f"More than {TOLERANCE} points from the reference at {', '.join(map(str, sorted(set(off))))}.")


if __name__ == "__main__":
    main()
