"""Cuts every object out of a photo: one PNG each, transparent outside the object's outline.

python examples/cut_out.py photo.jpg cutouts [--weights FILE]
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from maskseg_cli import load_model
from maskseg_cli.media.images import read_image, write_image


def main() -> None:
    parser = argparse.ArgumentParser(description="Cuts every object out of a photo.")
    parser.add_argument("photo", type=Path)
    parser.add_argument("folder", type=Path, help="where to write the cut-outs; made if needed")
    parser.add_argument("--weights", default="lite", help="lite, coco or a weights file")
    arguments = parser.parse_args()

    model = load_model(arguments.weights)
    photo = read_image(arguments.photo)
    found = model(photo)
    for number, (name, mask) in enumerate(zip(found.names, found.masks, strict=True), start=1):
        if not mask.area:
            continue
        # A mask is kept as a crop: where it lies in the photo, and the object's pixels in it.
        height, width = mask.bitmap.shape
        pixels = photo[mask.top : mask.top + height, mask.left : mask.left + width]
        alpha = np.where(mask.bitmap, 255, 0).astype(np.uint8)
        path = arguments.folder / f"{number:02}-{name.replace(' ', '-')}.png"
        write_image(path, np.dstack([pixels, alpha]))
        print(path)


if __name__ == "__main__":
    main()
