"""Counts in English."""

from __future__ import annotations

import numpy as np
import pytest

from maskseg_cli.classes import COCO_CLASSES
from maskseg_cli.detections import Detections, MaskCrop
from maskseg_cli.messages import cut_endless, describe, plural

#: The plurals of COCO's classes that are not the name with an s.
UNUSUAL = {
    "bus": "buses",
    "bench": "benches",
    "sheep": "sheep",
    "skis": "skis",
    "wine glass": "wine glasses",
    "knife": "knives",
    "sandwich": "sandwiches",
    "broccoli": "broccoli",
    "couch": "couches",
    "mouse": "mice",
    "scissors": "scissors",
    "toothbrush": "toothbrushes",
}


@pytest.mark.parametrize("name", COCO_CLASSES[1:])
def test_every_coco_class(name: str) -> None:
    assert plural(name) == UNUSUAL.get(name, name + "s")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Mouse", "Mice"),
        ("computer mouse", "computer mice"),
        ("berry", "berries"),
        ("key", "keys"),
        ("tax", "taxes"),
        ("woman", "women"),
        ("German", "Germans"),
        ("class 7", "class 7"),
        ("汽车", "汽车"),
        ("", ""),
    ],
)
def test_other_names(name: str, expected: str) -> None:
    assert plural(name) == expected


def found(*class_ids: int, names: tuple[str, ...] = ("background", "dog", "person")) -> Detections:
    n = len(class_ids)
    return Detections(
        np.zeros((n, 4), np.float32),
        np.array(class_ids, np.int32),
        np.linspace(0.9, 0.5, n).astype(np.float32),
        tuple(MaskCrop(0, 0, np.zeros((0, 0), bool)) for _ in class_ids),
        (4, 4),
        names,
    )


def test_counts() -> None:
    assert describe(found().names) == "nothing found"
    assert describe(found(1, 2, 2).names) == "2 persons, 1 dog"
    assert describe(found(2, 1).names) == "1 person, 1 dog"  # as many of each: the surer one first
    assert describe(found(7, 7).names) == "2 class 7"


def test_endless_words_are_cut() -> None:
    assert cut_endless("Straße\u3000東京 " + "x" * 999) == "Straße\u3000東京 " + "x" * 999
    assert cut_endless(f"no {'7' * 5000} here") == f"no {'7' * 60}… (5000 letters) here"
