"""The proposal layer in NumPy against that of training."""

from __future__ import annotations

import numpy as np
import pytest

from maskseg_cli.config import COCO, LITE, MaskRCNNConfig
from maskseg_cli.inference import proposals
from maskseg_cli.model.proposals import propose as propose_in_training

SHAPE = (64, 96)


@pytest.mark.parametrize("first", [1, 2, 1000])
@pytest.mark.parametrize("config", [COCO.replace(pad_proposals=False), LITE], ids=["normalized", "pixels"])
@pytest.mark.parametrize("seed", range(8))
def test_few_candidates_at_first_give_what_all_give(
    monkeypatch: pytest.MonkeyPatch, config: MaskRCNNConfig, first: int, seed: int
) -> None:
    monkeypatch.setattr(proposals, "_FIRST", first)
    rng = np.random.default_rng(seed)
    count = int(rng.integers(1, 30))
    config = config.replace(pre_nms_limit=int(rng.integers(5, 120)), post_nms_rois_inference=count)
    near = rng.uniform(0, 0.7, (100, 2))
    anchors = np.concatenate([near, near + rng.uniform(0.1, 0.5, (100, 2))], axis=1).astype(np.float32)
    window = np.float32([0, 0, 1, 1])
    if config.box_frame == "pixels":
        anchors, window = anchors * 64, np.float32([0, 0, SHAPE[0] - 1, SHAPE[1] - 1])
    scores = (rng.integers(0, 40, 100) / 40).astype(np.float32)  # with equal ones
    deltas = rng.normal(0, 0.5, (100, 4)).astype(np.float32)
    boxes, indices = proposals.propose(scores, deltas, anchors, SHAPE, config)
    wanted = propose_in_training(scores, deltas, anchors, window, config, count)
    assert indices.dtype == np.int32
    np.testing.assert_array_equal(indices, wanted[1].numpy())
    np.testing.assert_allclose(boxes, wanted[0].numpy(), rtol=1e-5, atol=1e-5)
