"""Times counting alone and after tracking, its drawing and the report's part, on 768 x 432 pixels with ten objects.

    python benchmarks/counting.py [--rounds 2000]

Ten ellipses of 60 x 110 to 150 x 200 pixels move over two lines and two zones. The goals are
1 ms a frame for counting, and 3 ms for tracking with its votes and counting together.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np

from maskseg_cli.counting.counters import Counters
from maskseg_cli.counting.overlay import CountOverlay
from maskseg_cli.counting.regions import parse_lines, parse_zones
from maskseg_cli.counting.sizes import object_sizes
from maskseg_cli.detections import Detections, MaskCrop
from maskseg_cli.export.report.report import Report
from maskseg_cli.frame import Frame
from maskseg_cli.tracking.tracker import Tracker
from maskseg_cli.transform import TransformChain

WIDTH, HEIGHT, COUNT = 768, 432, 10
GOAL_MS = {"counting": 1.0, "tracking and counting": 3.0}
LINES = ("gate=0.02,0.6,0.98,0.6", "door=0.5,0,0.5,1")
ZONES = ("bay=0.3,0.1,0.7,0.1,0.7,0.5,0.3,0.5", "far=0.1,0.1,0.4,0.2,0.3,0.5,0.2,0.6,0.05,0.4")
CLASSES = ("background", "car", "person", "bus")


def objects(index: int) -> Detections:
    """The ten objects of the frame of this index."""
    boxes, masks = [], []
    for number in range(COUNT):
        width, height = 60 + 10 * number, 110 + 10 * number
        left = (40 * number + 3 * index) % (WIDTH - width)
        top = (70 * number + 2 * index) % (HEIGHT - height)
        bitmap = np.zeros((height, width), np.uint8)
        cv2.ellipse(bitmap, (width // 2, height // 2), (width // 2 - 1, height // 2 - 1), 0, 0, 360, 1, -1)
        boxes.append((left, top, left + width, top + height))
        masks.append(MaskCrop(top, left, bitmap.astype(bool)))
    return Detections(
        np.array(boxes, np.float32),
        np.arange(COUNT, dtype=np.int32) % 3 + 1,
        np.linspace(0.9, 0.6, COUNT).astype(np.float32),
        tuple(masks),
        (HEIGHT, WIDTH),
        CLASSES,
        np.arange(COUNT, dtype=np.int32),
    )


def milliseconds(calls: list[Callable[[], object]]) -> list[float]:
    """How long each call took."""
    times = []
    for call in calls:
        start = time.perf_counter()
        call()
        times.append(1000 * (time.perf_counter() - start))
    return times


def main() -> None:
    parser = argparse.ArgumentParser(description="Times counting.")
    parser.add_argument("--rounds", type=int, default=2000, help="frames (default 2000)")
    rounds = parser.parse_args().rounds
    image = np.random.default_rng(3).integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)
    found = [objects(index) for index in range(200)]
    frames = [Frame(image, index, Fraction(index, 25), Fraction(1, 25), "a.mp4") for index in range(rounds)]
    counters = Counters(parse_lines(LINES), parse_zones(ZONES))
    overlay = CountOverlay(counters)
    pairs = [(frame, found[frame.index % len(found)]) for frame in frames]
    chain = TransformChain([Tracker(), Counters(parse_lines(LINES), parse_zones(ZONES))])
    unknown = [(frame, replace(detections, tracker_id=None)) for frame, detections in pairs]
    results = {
        "tracking and counting": milliseconds([lambda one=one: chain.push(*one) for one in unknown]),  # type: ignore[misc]
        "counting": milliseconds([lambda one=one: counters(*one) for one in pairs]),  # type: ignore[misc]
        "sizes": milliseconds([lambda one=one: object_sizes(one[1]) for one in pairs]),  # type: ignore[misc]
        "drawing of counts": milliseconds(
            [lambda one=one: overlay(one[0], one[0].image, one[1]) for one in pairs]  # type: ignore[misc]
        ),
    }
    with tempfile.TemporaryDirectory() as folder:
        report = Report(Path(folder) / "report.html", counters)
        results["report"] = milliseconds(
            [lambda one=one: report.add(one[0], one[1], one[0].image) for one in pairs]  # type: ignore[misc]
        )
        start = time.perf_counter()
        report.finish()
        written = time.perf_counter() - start
    print(f"{COUNT} objects on {WIDTH} x {HEIGHT}, {len(LINES)} lines, {len(ZONES)} zones, {rounds} frames")
    for name, times in results.items():
        slow = sorted(times)[int(0.95 * len(times))]
        print(f"{name:22} median {statistics.median(times):.3f} ms, 95 % below {slow:.3f} ms")
    print(f"writing the report once: {written:.2f} s")
    for name, goal in GOAL_MS.items():
        good = statistics.median(results[name]) <= goal
        print(f"goal of {goal:g} ms for {name}: {'reached' if good else 'missed'}")


if __name__ == "__main__":
    main()
