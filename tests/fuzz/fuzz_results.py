"""Files of results in COCO's format, which `maskseg evaluate --from-results` scores."""

from __future__ import annotations

from pathlib import Path
from random import Random

from maskseg_cli.evaluation.evaluator import score_results
from tests.fuzz.fuzzer import Fuzzer
from tests.fuzz.mutation import change_text
from tests.fuzz.pictures import annotations, encoded


def _seeds() -> list[bytes]:
    box = {"image_id": 1, "category_id": 1, "bbox": [2, 2, 18, 18], "score": 0.9}
    mask = {
        "image_id": 2,
        "category_id": 7,
        "segmentation": {"size": [30, 40], "counts": "a9:d00000000000000000000000000000000000000W9"},
        "score": 0.5,
    }
    plain = {**mask, "segmentation": {"size": [30, 40], "counts": [400, 200, 600]}}
    lines = b"\n".join(encoded(row) for row in (box, mask))
    return [encoded([box, {**box, "image_id": 2, "score": 1}]), encoded([mask, plain]), encoded([box, mask]), lines]


def _craft(random: Random, start: bytes) -> bytes:
    return change_text(random, start, FUZZER.tokens)


def _attack(data: bytes, folder: Path) -> None:
    truth, results = folder / "annotations.json", folder / "results.json"
    truth.write_bytes(encoded(annotations()))
    results.write_bytes(data)
    evaluation = score_results(truth, results)
    assert all(figure is None or -1e-9 <= figure <= 1 + 1e-9 for figure in evaluation.boxes.figures.values())


FUZZER = Fuzzer(
    "results",
    _seeds,
    _attack,
    tokens=(
        b'{"size": [30, 40], "counts": "PPPPPPPP"}',
        b'{"size": [30, 40], "counts": ""}',
        b'{"size": [0, 0], "counts": []}',
        b'"category_id"',
        b'"a.png"',
        b'"dog"',
        b"[0.1, 0.1, 0.5, 0.5]",
        b"[1e300, 5, 7, -1e300]",
    ),
    craft=_craft,
    cost=2,
)
