"""The trace holds what the network really computed, for networks of both frames and with every option between."""

from __future__ import annotations

import numpy as np
import pytest

from maskseg_cli import load_model
from maskseg_cli.errors import UsageError
from maskseg_cli.inference.predictor import Predictor
from maskseg_cli.inspection import network_trace
from maskseg_cli.inspection.image.times_step import times_step
from maskseg_cli.inspection.network_trace import trace_network
from tests.cli.fake_model import BlobEngine
from tests.inspection.networks import photo, resnet


def check(predictor: Predictor, image: np.ndarray) -> None:
    trace = trace_network(predictor, image)
    molded_anchors = predictor.engine_inputs([trace.molded])[1]
    assert np.array_equal(trace.anchors, molded_anchors)
    assert [trace.levels[0].start, trace.levels[-1].end] == [0, len(trace.anchors)]
    assert all(one.end - one.start == one.rows * one.columns * one.per_cell for one in trace.levels)
    assert len(trace.objectness) == len(trace.rpn_deltas) == len(trace.anchors)
    assert len(trace.proposals) == len(trace.probabilities) == len(trace.deltas) == len(trace.proposal_anchors)
    real = trace.proposal_anchors >= 0
    assert (np.diff(trace.objectness[trace.proposal_anchors[real]]) <= 0).all()
    np.testing.assert_allclose(trace.probabilities.sum(axis=1), 1, atol=1e-2)
    assert len(trace.masks) == len(trace.detected.boxes)
    direct = predictor(image)
    assert np.array_equal(trace.detections.xyxy, direct.xyxy)
    assert np.array_equal(trace.detections.confidence, direct.confidence)
    assert np.array_equal(trace.detected.class_ids[trace.shown_rows], direct.class_id)
    scores = dict(zip(trace.final_rows.tolist(), trace.final_scores.tolist(), strict=True))
    assert [scores[row] for row in trace.shown_rows.tolist()] == direct.confidence.tolist()
    # Boxes of the network's frame lie on those of the photo; Matterport's are rounded to whole pixels.
    height, width = image.shape[:2]
    placed = trace.to_photo(trace.detected.boxes[trace.shown_rows])
    np.testing.assert_allclose(placed.clip(0, [width, height, width, height]), direct.xyxy, atol=0.51)
    assert next(iter(trace.seconds)) == "molding"
    assert sum(trace.seconds.values()) > 0


def test_lite() -> None:
    predictor = load_model("lite", precision="float32")
    check(predictor, photo())
    everything = trace_network(predictor, photo())
    assert len(everything.detections) > 0
    predictor.class_ids, predictor.max_detections = {1}, 1
    check(predictor, photo())
    predictor.class_ids = {80}
    check(predictor, photo())
    assert len(trace_network(predictor, photo()).shown_rows) == 0


@pytest.mark.parametrize("options", [{}, {"pad_proposals": True, "detection_mask_scoring": 0.5}])
def test_a_resnet_in_the_normalized_frame(options: dict[str, object]) -> None:
    with resnet(**options) as predictor:
        trace = trace_network(predictor, photo()[:300, :200])
        assert [one.name for one in trace.levels] == ["P2", "P3", "P4", "P5", "P6"]
        assert len(trace.detected.boxes) > 0
        check(predictor, photo()[:300, :200])


def test_an_engine_without_stages_is_named() -> None:
    with pytest.raises(UsageError, match="does not show its stages"):
        trace_network(Predictor(BlobEngine(), ["BG", "blob"]), photo())  # type: ignore[arg-type]


def test_times_are_of_a_second_run_only_where_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    predictor = load_model("lite", precision="float32", size=64)
    monkeypatch.setattr(network_trace, "_SLOW", 1e9)
    twice = trace_network(predictor, photo())
    monkeypatch.setattr(network_trace, "_SLOW", 0.0)
    once = trace_network(predictor, photo())
    assert (twice.runs, once.runs) == (2, 1)
    assert "in the second of two runs, on this machine" in times_step(twice).sentence
    assert "run" not in times_step(once).sentence
