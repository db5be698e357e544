"""Finds the objects in one photo with maskseg's Python API, lists them, and writes the outlined photo.

python examples/segment_photo.py photo.jpg outlined.jpg [--weights FILE]
"""

from __future__ import annotations

import argparse
from pathlib import Path

from maskseg_cli import draw, load_model
from maskseg_cli.media.images import read_image, write_image


def main() -> None:
    parser = argparse.ArgumentParser(description="Outlines the objects in one photo.")
    parser.add_argument("photo", type=Path)
    parser.add_argument("result", type=Path)
    parser.add_argument("--weights", default="lite", help="lite, coco or a weights file")
    arguments = parser.parse_args()

    model = load_model(arguments.weights, detection_min_confidence=0.7)
    photo = read_image(arguments.photo)  # uint8 (H, W, 3), BGR, upright
    found = model(photo)
    for name, score, area, (x1, y1, x2, y2) in zip(found.names, found.confidence, found.area, found.xyxy, strict=True):
        print(f"{name:15}{score:6.3f}{area:9} pixels  box {x1:.0f} {y1:.0f} {x2:.0f} {y2:.0f}")
    write_image(arguments.result, draw(photo, found, color_by="class", alpha=0.4))


if __name__ == "__main__":
    main()
