"""Writes three photos to try maskseg on: an astronaut, a cat and a cup of coffee.

    python examples/make_sample_photos.py photos

They are scikit-image's own sample pictures, part of its package: nothing is downloaded.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from skimage import data

from maskseg_cli.media.images import write_image

PHOTOS = {"astronaut": data.astronaut, "cat": data.chelsea, "coffee": data.coffee}


def main() -> None:
    parser = argparse.ArgumentParser(description="Writes three photos to try maskseg on.")
    parser.add_argument("folder", type=Path, help="where to write them; made if needed")
    folder = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    for name, load in PHOTOS.items():
        path = folder / f"{name}.jpg"
        write_image(path, load()[:, :, ::-1])  # scikit-image gives RGB, OpenCV and maskseg use BGR
        print(path)


if __name__ == "__main__":
    main()
