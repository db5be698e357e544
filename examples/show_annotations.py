"""Draws the annotations of a data set over its pictures, to look at before training.

    python examples/show_annotations.py annotations.json photos marked [--limit 20]

Reads what `maskseg train` reads, COCO's and VIA's format, and names the same problems in the data.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from maskseg_cli import draw
from maskseg_cli.datasets.data_source import open_source
from maskseg_cli.errors import MasksegError
from maskseg_cli.media.images import write_image


def main() -> None:
    parser = argparse.ArgumentParser(description="Draws the annotations of a data set over its pictures.")
    parser.add_argument("annotations", type=Path)
    parser.add_argument("images", type=Path, help="folder of the pictures")
    parser.add_argument("folder", type=Path, help="where to write; made if needed")
    parser.add_argument("--limit", type=int, metavar="COUNT", help="only the first pictures")
    arguments = parser.parse_args()
    try:
        source = open_source(arguments.annotations, arguments.images)
        for problem in source.problems:
            print(problem.message, file=sys.stderr)
        for number in range(min(len(source), arguments.limit or len(source))):
            example = source[number]
            marked = draw(example.image, example.to_detections(source.class_names), scores=False, color_by="class")
            path = arguments.folder / f"{Path(example.name).stem}.jpg"
            write_image(path, marked)
            print(path)
    except MasksegError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
