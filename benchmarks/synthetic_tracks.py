"""A clip whose objects are known: shapes that move, cross, hide behind others and leave, seen by an imperfect detector.

The detector moves boxes and masks by noise, misses objects, gives some a low score or a wrong class for a frame, and
finds some that are not there. So a tracker can be measured against the truth, without a network.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction

import cv2
import numpy as np
from numpy.typing import NDArray

from maskseg_cli import Detections, Frame, MaskCrop

NAMES = ("background", "car", "person", "dog", "cell phone")


@dataclass
class Shape:
    """An ellipse that moves on a straight or wavy line.

    Attributes:
        class_id: of `NAMES`.
        start, speed: pixels and pixels a second, x and y.
        size: width and height in pixels.
        wave: amplitude in pixels of a slow movement across.
        since, until: seconds between which it exists.
    """

    class_id: int
    start: tuple[float, float]
    speed: tuple[float, float]
    size: tuple[int, int]
    wave: float = 0.0
    since: float = 0.0
    until: float = 1e9

    def box(self, time: float) -> NDArray[np.float64]:
        """x1 y1 x2 y2 at a time."""
        x = self.start[0] + self.speed[0] * (time - self.since)
        y = self.start[1] + self.speed[1] * (time - self.since) + self.wave * np.sin(2 * np.pi * time / 3)
        w, h = self.size
        return np.array([x - w / 2, y - h / 2, x + w / 2, y + h / 2])


@dataclass
class SyntheticClip:
    """A clip of moving shapes; iterating gives frames, the truth, and what the detector finds.

    The truth is the boxes by identity of the shapes of which more than a third can be seen.

    Args:
        seconds, rate: its length and frames a second.
        size: (width, height).
        count: how many shapes there are.
        seed: of all noise.
        every: the detector sees every n-th frame only, as with `--every`.
        missed, weak, wrong_class: shares of objects that are missed, or get a low score, or a class that is wrong.
        false_ones: objects a frame that are not there.
        shapes: filled in.
    """

    seconds: float = 8.0
    rate: int = 15
    size: tuple[int, int] = (768, 432)
    count: int = 10
    seed: int = 0
    every: int = 1
    missed: float = 0.08
    weak: float = 0.15
    wrong_class: float = 0.08
    false_ones: float = 0.15
    shapes: list[Shape] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._random = np.random.default_rng(self.seed)
        width, height = self.size
        for number in range(self.count):
            # Two shapes a row, towards each other: they meet, and the one in front hides the other.
            row = (number // 2 + 0.5) / ((self.count + 1) // 2) * (height - 60) + 30
            rightwards = number % 2 == 0
            speed = float(self._random.uniform(40, 110)) * (1 if rightwards else -1)
            start = (
                float(self._random.uniform(60, 200)) if rightwards else width - float(self._random.uniform(60, 200)),
                row,
            )
            size = (int(self._random.integers(36, 80)), int(self._random.integers(30, 56)))
            late = 0.0 if number < self.count - 2 else 1.5
            self.shapes.append(Shape(1 + number % 3, start, (speed, 0.0), size, 14.0, late))

    def truth(self, time: float) -> dict[int, NDArray[np.float64]]:
        """Identity -> box of the shapes that can be seen: inside the picture, not hidden by those before them."""
        return {number: self.shapes[number].box(time) for number, _ in self._masks(time)}

    def __iter__(self) -> Iterator[tuple[Frame, dict[int, NDArray[np.float64]], Detections]]:
        detections, detected_in = Detections.empty((self.size[1], self.size[0]), NAMES), 0
        image = np.zeros((self.size[1], self.size[0], 3), np.uint8)
        for index in range(round(self.seconds * self.rate)):
            time = Fraction(index, self.rate)
            if index % self.every == 0:
                detections, detected_in = self._detect(float(time)), index
            frame = Frame(image, index, time, Fraction(1, self.rate), "clip", detected_in)
            yield frame, self.truth(float(time)), detections

    def _masks(self, time: float) -> list[tuple[int, NDArray[np.uint8]]]:
        """Visible masks by identity; the shapes with higher numbers lie in front."""
        width, height = self.size
        covered = np.zeros((height, width), np.uint8)
        found = []
        for number in reversed(range(len(self.shapes))):
            shape = self.shapes[number]
            if not shape.since <= time <= shape.until:
                continue
            mask = np.zeros((height, width), np.uint8)
            x1, y1, x2, y2 = shape.box(time)
            centre = (round((x1 + x2) / 2), round((y1 + y2) / 2))
            cv2.ellipse(mask, centre, (shape.size[0] // 2, shape.size[1] // 2), 0, 0, 360, 1, -1)
            whole = np.pi * shape.size[0] * shape.size[1] / 4
            visible = mask & (1 - covered)
            covered |= mask
            if visible.sum() > 0.35 * whole:
                found.append((number, visible))
        return found

    def _detect(self, time: float) -> Detections:
        random, (width, height) = self._random, self.size
        rows: list[tuple[NDArray[np.float64], int, float, MaskCrop]] = []
        for number, mask in self._masks(time):
            if random.random() < self.missed:
                continue
            class_id = self.shapes[number].class_id
            if random.random() < self.wrong_class:
                class_id = 4
            score = random.uniform(0.15, 0.45) if random.random() < self.weak else random.uniform(0.6, 0.98)
            moved = np.roll(mask, random.integers(-2, 3, 2), axis=(0, 1))
            kernel = np.ones((3, 3), np.uint8)
            noisy = cv2.erode(moved, kernel) if random.random() < 0.5 else cv2.dilate(moved, kernel)
            rows.append(_row(noisy, class_id, score))
        for _ in range(random.poisson(self.false_ones)):
            mask = np.zeros((height, width), np.uint8)
            centre = (int(random.integers(40, width - 40)), int(random.integers(40, height - 40)))
            cv2.ellipse(mask, centre, (int(random.integers(10, 40)), int(random.integers(10, 40))), 0, 0, 360, 1, -1)
            rows.append(_row(mask, int(random.integers(1, 5)), random.uniform(0.3, 0.8)))
        if not rows:
            return Detections.empty((height, width), NAMES)
        rows.sort(key=lambda row: -row[2])
        return Detections(
            np.array([row[0] for row in rows], np.float32),
            np.array([row[1] for row in rows], np.int32),
            np.array([row[2] for row in rows], np.float32),
            tuple(row[3] for row in rows),
            (height, width),
            NAMES,
        )


def _row(mask: NDArray[np.uint8], class_id: int, score: float) -> tuple[NDArray[np.float64], int, float, MaskCrop]:
    crop = MaskCrop.from_full(mask)
    h, w = crop.bitmap.shape
    return np.array([crop.left, crop.top, crop.left + w, crop.top + h], float), class_id, float(score), crop
