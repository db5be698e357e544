"""Videos as JSON lines, read back by pycocotools."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import Any

import numpy as np
from pycocotools import mask as coco_mask

from maskseg_cli.classes import COCO_CLASSES
from maskseg_cli.detections import Detections, MaskCrop
from maskseg_cli.export.json_lines import JsonLines


def found(score: float = 0.5) -> Detections:
    bitmap = np.array([[True, False, True], [True, True, True]])
    return Detections(
        np.array([[4, 2, 7, 4]], np.float32),
        np.array([COCO_CLASSES.index("zebra")], np.int32),
        np.array([score], np.float32),
        (MaskCrop(2, 4, bitmap),),
        (8, 10),
        COCO_CLASSES,
    )


def written(*frames: tuple[int, Fraction, Detections, int]) -> list[dict[str, Any]]:
    lines: list[bytes] = []
    out = JsonLines(lines.append, COCO_CLASSES)
    for index, time, objects, detected_in in frames:
        out.add("a.mp4", index, time, objects, detected_in)
    assert all(line.endswith(b"\n") and line.count(b"\n") == 1 for line in lines)
    return [json.loads(line) for line in lines]


def test_a_line_holds_the_frame_its_time_and_masks_that_pycocotools_reads() -> None:
    [line] = written((3, Fraction(1001, 10000), found(), 3))
    assert (line["frame"], line["time"], line["width"], line["height"]) == (3, 0.1001, 10, 8)
    [annotation] = line["annotations"]
    assert annotation["category"] == "zebra"
    assert annotation["category_id"] == 24
    assert annotation["image_id"] == 3
    decoded = coco_mask.decode(annotation["segmentation"]).astype(bool)
    assert np.array_equal(decoded, found().masks[0].full(8, 10))


def test_a_kept_result_belongs_to_each_frame_that_shows_it() -> None:
    kept = found()
    first, second, third = written(
        (0, Fraction(0), kept, 0), (1, Fraction(1), kept, 0), (2, Fraction(2), found(0.25), 2)
    )
    assert [line["detected_in"] for line in (first, second, third)] == [0, 0, 2]
    assert [line["annotations"][0]["image_id"] for line in (first, second, third)] == [0, 1, 2]
    assert [line["annotations"][0]["score"] for line in (first, second, third)] == [0.5, 0.5, 0.25]


def test_a_file_name_that_is_no_utf_8_does_not_stop_the_run() -> None:
    lines: list[bytes] = []
    name = b"caf\xe9.mp4".decode("utf-8", "surrogateescape")
    JsonLines(lines.append, COCO_CLASSES).add(name, 0, Fraction(0), Detections.empty((8, 10)), 0)
    assert json.loads(lines[0])["file_name"].startswith("caf")
