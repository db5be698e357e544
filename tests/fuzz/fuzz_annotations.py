"""Annotation files, COCO's and VIA's, as training and evaluation read them, with masks and AP computed."""

from __future__ import annotations

import itertools
from pathlib import Path
from random import Random

from maskseg_cli.datasets.data_source import open_source
from maskseg_cli.errors import MasksegError
from maskseg_cli.evaluation.evaluator import score_results
from tests.fuzz.fuzzer import Fuzzer
from tests.fuzz.mutation import change_text
from tests.fuzz.pictures import annotations, encoded, write_pictures


def _via(shape: dict[str, object], attributes: dict[str, object]) -> dict[str, object]:
    region = {"shape_attributes": shape, "region_attributes": attributes}
    return {"filename": "a.png", "size": 100, "regions": [region], "file_attributes": {}}


def _seeds() -> list[bytes]:
    polygon = {"name": "polygon", "all_points_x": [2, 20, 20], "all_points_y": [2, 2, 20]}
    ellipse = {"name": "ellipse", "cx": 10, "cy": 12.5, "rx": 6, "ry": 4, "theta": 0.5}
    return [
        encoded(annotations()),
        encoded({"a.png100": _via(polygon, {"kind": "cat"}), "b.png100": {**_via(ellipse, {}), "filename": "b.png"}}),
        encoded({"_via_settings": {}, "_via_img_metadata": {"a.png100": _via(polygon, {"kind": {"cat": True}})}}),
    ]


def _craft(random: Random, start: bytes) -> bytes:
    return change_text(random, start, FUZZER.tokens)


def _attack(data: bytes, folder: Path) -> None:
    write_pictures(folder)
    path, results = folder / "annotations.json", folder / "results.json"
    path.write_bytes(data)
    results.write_bytes(encoded([{"image_id": 1, "category_id": 1, "bbox": [2, 2, 18, 18], "score": 0.9}]))
    refusals = []
    try:
        source = open_source(path, folder)
        for example in itertools.islice((source[index] for index in range(len(source))), 3):
            assert example.image.shape[:2] == (30, 40)
    except MasksegError as error:
        refusals.append(error)
    try:
        score_results(path, results, folder)
    except MasksegError as error:
        refusals.append(error)
    if len(refusals) == 2:
        raise refusals[0]


FUZZER = Fuzzer(
    "annotations",
    _seeds,
    _attack,
    tokens=(
        b'"1"',
        b'"\\ud800"',
        b'"a\\u0000b"',
        b'"../../../etc/passwd"',
        b'"inner/a.png"',
        b'{"size": [30, 40], "counts": "PPPP"}',
        b'{"size": [30, 40], "counts": [1200]}',
        b'{"size": [100000, 100000], "counts": [1]}',
        b"[[0.1, 0.1, 0.5, 0.1, 0.5, 0.9]]",
        b"[[[1, 2], [30, 4], [5, 26]]]",
        b"[[1e300, 5, 7, -1e300, 3, 3]]",
        b'"counts"',
        b'"regions"',
    ),
    craft=_craft,
    cost=2,
)
