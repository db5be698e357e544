"""MOTA and IDF1 on generated clips with known identities, by py-motmetrics."""

from __future__ import annotations

import pytest

from benchmarks.synthetic_tracks import SyntheticClip

pytest.importorskip("motmetrics")

from benchmarks.tracking import accuracy, steadiness
from tests.tracking.test_tracker import found


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("setting", [{"seed": 50}, {"seed": 51, "rate": 25, "every": 3}], ids=str)
def test_crossings_occlusions_misses_and_false_positives(setting: dict[str, int]) -> None:
    mota, idf1, _, _ = accuracy(SyntheticClip(seconds=6, **setting))
    assert mota >= 0.95
    assert idf1 >= 0.95


def test_flicker_changes_of_class_and_new_objects_are_counted() -> None:
    thing, phone = (10.0, 10.0, 1, 0.9), (10.0, 10.0, 2, 0.9)
    scenes = [[thing], [], [thing], [phone], [phone], [phone, (100.0, 10.0, 3, 0.9)]]
    counts = steadiness([(0.2 * i, found(*scene)) for i, scene in enumerate(scenes)])
    assert (counts.flicker, counts.class_changes, counts.new) == (1, 1, 2)
