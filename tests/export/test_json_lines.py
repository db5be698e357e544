"""Videos as JSON lines, read back by pycocotools."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from pycocotools import mask as coco_mask

from maskseg_cli.classes import COCO_CLASSES
from maskseg_cli.detections import Detections, MaskCrop
from maskseg_cli.export.json_lines import JsonLines
from maskseg_cli.frame import Frame


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


def frame_at(index: int, time: Fraction, detected_in: int | None = None, source: str = "a.mp4") -> Frame:
    return Frame(np.zeros((8, 10, 3), np.uint8), index, time, Fraction(1), source, detected_in)


def written(path: Path, *frames: tuple[Frame, Detections]) -> list[dict[str, Any]]:
    out = JsonLines(path)
    out.start(COCO_CLASSES)
    for frame, detections in frames:
        out.add(frame, detections, None)
    out.finish()
    lines = path.read_bytes().splitlines(keepends=True)
    assert all(line.endswith(b"\n") for line in lines)
    assert out.written == len(lines)
    return [json.loads(line) for line in lines]


def test_a_line_holds_the_frame_its_time_and_masks_that_pycocotools_reads(tmp_path: Path) -> None:
    [line] = written(tmp_path / "a.jsonl", (frame_at(3, Fraction(1001, 10000)), found()))
    assert (line["file_name"], line["detected_in"]) == ("a.mp4", 3)
    assert (line["frame"], line["time"], line["width"], line["height"]) == (3, 0.1001, 10, 8)
    [annotation] = line["annotations"]
    assert annotation["category"] == "zebra"
    assert annotation["category_id"] == 24
    assert annotation["image_id"] == 3
    decoded = coco_mask.decode(annotation["segmentation"]).astype(bool)
    assert np.array_equal(decoded, found().masks[0].full(8, 10))


def test_a_kept_result_belongs_to_each_frame_that_shows_it(tmp_path: Path) -> None:
    kept = found()
    first, second, third = written(
        tmp_path / "a.jsonl",
        (frame_at(0, Fraction(0), 0), kept),
        (frame_at(1, Fraction(1), 0), kept),
        (frame_at(2, Fraction(2), 2), found(0.25)),
    )
    assert [line["detected_in"] for line in (first, second, third)] == [0, 0, 2]
    assert [line["annotations"][0]["image_id"] for line in (first, second, third)] == [0, 1, 2]
    assert [line["annotations"][0]["score"] for line in (first, second, third)] == [0.5, 0.5, 0.25]


def test_a_file_name_that_is_no_utf_8_does_not_stop_the_run(tmp_path: Path) -> None:
    name = b"caf\xe9.mp4".decode("utf-8", "surrogateescape")
    [line] = written(tmp_path / "a.jsonl", (frame_at(0, Fraction(0), source=name), Detections.empty((8, 10))))
    assert line["file_name"].startswith("caf")


def test_lines_that_were_written_are_kept_and_an_older_file_only_goes_for_new_lines(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    out = JsonLines(path)
    out.discard()
    assert not path.exists()
    out = JsonLines(path)
    out.add(frame_at(0, Fraction(0)), found(), None)
    out.discard()
    before = path.read_bytes()
    assert json.loads(before)["frame"] == 0
    JsonLines(path).finish()
    assert path.read_bytes() == before
