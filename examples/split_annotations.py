"""Splits marked photos at random into those to train on and those to measure on, as COCO annotation files.

    python examples/split_annotations.py annotations.json photos data [--val 0.2]
    maskseg train data/train.json photos --val data/val.json photos -o run

Reads every format that `maskseg train` reads. The photos stay where they are; bad records are named and left out.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

from maskseg_cli.datasets.annotated_images import AnnotatedImages
from maskseg_cli.datasets.data_source import open_source
from maskseg_cli.errors import MasksegError
from maskseg_cli.media.atomic_file import write_atomic
from maskseg_cli.rle import encode_rle


def coco_document(source: AnnotatedImages, folder: Path, numbers: list[int]) -> dict[str, Any]:
    """The photos of these numbers and their objects in COCO's format, outlines as run lengths."""
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    for number in numbers:
        example = source[number]
        height, width = example.size
        path = source.images[number].path
        images.append({"id": number + 1, "file_name": path.relative_to(folder).as_posix()})
        images[-1] |= {"height": height, "width": width}
        if example.complete_class_ids is not None:
            images[-1]["complete_classes"] = sorted(example.complete_class_ids)
        objects = zip(
            example.class_ids.tolist(), example.boxes.tolist(), example.masks, example.has_mask.tolist(), strict=True
        )
        for class_id, (x1, y1, x2, y2), mask, outlined in objects:
            record = {"id": len(annotations) + 1, "image_id": number + 1, "category_id": abs(class_id)}
            record |= {"iscrowd": int(class_id < 0), "bbox": [x1, y1, x2 - x1, y2 - y1], "area": mask.area}
            annotations.append(record | ({"segmentation": encode_rle(mask, height, width)} if outlined else {}))
    categories = [{"id": number, "name": name} for number, name in enumerate(source.class_names) if number]
    return {"images": images, "categories": categories, "annotations": annotations}


def main() -> None:
    parser = argparse.ArgumentParser(description="Splits marked photos into training and validation.")
    parser.add_argument("annotations", type=Path)
    parser.add_argument("images", type=Path, help="folder of the photos")
    parser.add_argument("folder", type=Path, help="where train.json and val.json go; made if needed")
    parser.add_argument("--val", type=float, default=0.2, metavar="SHARE", help="of the photos, to measure on (0.2)")
    parser.add_argument("--seed", type=int, default=0, help="another seed, another split")
    arguments = parser.parse_args()
    try:
        source = open_source(arguments.annotations, arguments.images)
        assert isinstance(source, AnnotatedImages)
        for problem in source.problems:
            print(problem.message, file=sys.stderr)
        count = round(len(source) * arguments.val)
        if not 0 < count < len(source):
            sys.exit(f"{len(source)} photos, of which {arguments.val:g} are for validation: one part would be empty.")
        order = np.random.default_rng(arguments.seed).permutation(len(source)).tolist()
        for name, numbers in (("train", order[count:]), ("val", order[:count])):
            document = coco_document(source, arguments.images, sorted(numbers))
            path = arguments.folder / f"{name}.json"
            write_atomic(path, json.dumps(document).encode())
            print(f"{path}: {len(numbers)} photos, {len(document['annotations'])} objects")
    except MasksegError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
