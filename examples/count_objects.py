"""Counts the objects in every photo of a folder and prints a CSV table: photo, class, count.

python examples/count_objects.py photos [--weights FILE] > counts.csv
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections import Counter
from pathlib import Path

from maskseg_cli import load_model
from maskseg_cli.errors import MasksegError
from maskseg_cli.media.images import read_image
from maskseg_cli.media.input_files import find_sources


def main() -> None:
    parser = argparse.ArgumentParser(description="Counts the objects in every photo of a folder.")
    parser.add_argument("folder")
    parser.add_argument("--weights", default="lite", help="lite, coco or a weights file")
    arguments = parser.parse_args()

    model = load_model(arguments.weights)
    table = csv.writer(sys.stdout, lineterminator="\n")
    table.writerow(["photo", "class", "count"])
    failed = False
    for source in find_sources([arguments.folder]):
        try:
            found = model(read_image(Path(source.name)))
        except MasksegError as error:  # one bad file must not end the whole count
            print(error, file=sys.stderr)
            failed = True
            continue
        for name, count in Counter(found.names).most_common():
            table.writerow([source.relative.as_posix(), name, count])
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
