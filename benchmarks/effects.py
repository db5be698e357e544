"""Time of each effect at 1280 x 720, turn by turn with the plain drawing: `python -m benchmarks.effects`."""

from __future__ import annotations

import argparse
import time

import cv2
import numpy as np
from numpy.typing import NDArray

from maskseg_cli import Detections, MaskCrop, draw
from maskseg_cli.drawing.effects.building import make_effect
from maskseg_cli.drawing.effects.kinds import NAMES
from maskseg_cli.drawing.effects.refinement import Refinement
from maskseg_cli.frame import Frame


def main() -> None:
    """Prints a table of medians."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--objects", type=int, default=6)
    given = parser.parse_args()
    random = np.random.default_rng(1)
    image = cv2.resize(random.integers(0, 256, (72, 128, 3), dtype=np.uint8), (1280, 720))
    frame, found = Frame(np.asarray(image, np.uint8)), scene(given.objects, random)
    effects = {name: make_effect(name) for name in NAMES}
    effects["background blur"] = make_effect("background", background="blur")
    effects["background transparent"] = make_effect("background", background="transparent")
    works = {"drawing": lambda: draw(frame.image, found)}
    works |= {name: lambda effect=effect: effect(frame, frame.image, found) for name, effect in effects.items()}
    works["--refine"] = lambda: Refinement()(frame, found)
    times: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(given.rounds):
        for name, work in works.items():
            started = time.perf_counter()
            work()
            times[name].append(1000 * (time.perf_counter() - started))
    drawing = float(np.median(times["drawing"]))
    print(f"{given.objects} objects, {given.rounds} rounds\n\n| | ms | of the drawing's time |\n|---|---|---|")
    for name, values in times.items():
        print(f"| {name} | {np.median(values):.1f} | {np.median(values) / drawing:.1f} |")


def scene(count: int, random: np.random.Generator) -> Detections:
    """Ellipses of 90 to 400 pixels, some beyond the border."""
    masks: list[NDArray[np.bool_]] = []
    for _ in range(count):
        canvas = np.zeros((720, 1280), np.uint8)
        centre = (int(random.integers(0, 1280)), int(random.integers(0, 720)))
        axes = (int(random.integers(45, 200)), int(random.integers(45, 200)))
        cv2.ellipse(canvas, centre, axes, float(random.integers(0, 180)), 0, 360, 1, -1)
        masks.append(canvas > 0)
    crops = tuple(MaskCrop.from_full(mask) for mask in masks)
    boxes = [(m.left, m.top, m.left + m.bitmap.shape[1], m.top + m.bitmap.shape[0]) for m in crops]
    n = len(crops)
    ids, scores = np.ones(n, np.int32), np.full(n, 0.9, np.float32)
    return Detections(np.array(boxes, np.float32), ids, scores, crops, (720, 1280), ("background", "person"))


if __name__ == "__main__":
    main()
